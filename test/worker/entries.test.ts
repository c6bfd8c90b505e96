/** Unusual and malformed entries: each is recorded once, or quarantined, counted and reported. */
import { describe, expect, it } from 'vitest';
import { entryAt, futureDated, hugeAt, late, malformedAt, oddAt, sharedInstant } from '../sandbox/odd.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { createSampleLog, expectRecordedAndDelivered, recordedIds } from './sample-log.ts';
import { createWorld, DIALECTS, HOUR, MINUTE, type World } from './world.ts';

function idsOf(records: readonly LogRecord[]): string[] {
  return records.map(({ body }) => (body as { id: string }).id).sort();
}

/** `count` ordinary entries, a second apart, up to `to`. */
function ordinary(to: number, count: number, prefix: string): LogRecord[] {
  return Array.from({ length: count }, (_, i) => entryAt(to - (count - i) * 1000, `${prefix}-${i}`));
}

interface Row {
  readonly sentence: string;
  readonly records: (now: number) => LogRecord[];
}

/** Each among 130 ordinary ones, read in one scan and again. */
const ROWS: readonly Row[] = [
  { sentence: '100 entries of one instant', records: (now) => sharedInstant(now - 3 * MINUTE, 100, 'x') },
  { sentence: '101 entries of one instant', records: (now) => sharedInstant(now - 3 * MINUTE, 101, 'x') },
  { sentence: '150 entries of one instant', records: (now) => sharedInstant(now - 3 * MINUTE, 150, 'x') },
  { sentence: '350 entries of one instant', records: (now) => sharedInstant(now - 3 * MINUTE, 350, 'x') },
  {
    sentence: '350 entries of one instant, older than the allowed lateness',
    records: (now) => sharedInstant(now - 20 * MINUTE, 350, 'x'),
  },
  {
    sentence: 'two instants of 150 each',
    records: (now) => [...sharedInstant(now - 20 * MINUTE, 150, 'x'), ...sharedInstant(now - 2 * MINUTE, 150, 'y')],
  },
  { sentence: 'an entry dated an hour ahead', records: (now) => [futureDated(now, HOUR, 'ahead')] },
  { sentence: 'an entry dated ten years ahead', records: (now) => [futureDated(now, 10 * 365 * 24 * HOUR, 'ahead')] },
  {
    sentence: '250 entries dated ahead',
    records: (now) =>
      Array.from({ length: 250 }, (_, i) => futureDated(now, HOUR + i * 1000, `ahead-${String(i).padStart(3, '0')}`)),
  },
  {
    sentence: '250 entries dated ahead to one instant',
    records: (now) => sharedInstant(now + HOUR, 250, 'x').map((record) => ({ ...record, appearsAt: now - MINUTE })),
  },
  { sentence: 'odd entries', records: (now) => oddAt(now - MINUTE, 'odd-') },
  { sentence: 'an entry of 3 MB', records: (now) => [hugeAt(now - MINUTE, 'huge')] },
  {
    sentence: 'four entries of 3 MB',
    records: (now) => [0, 1, 2, 3].map((i) => hugeAt(now - MINUTE - i, `huge-${i}`)),
  },
  {
    sentence: 'an entry of 64 KB in a thousand fields',
    records: (now) => [
      entryAt(
        now - MINUTE,
        'wide',
        Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field-${i}`, 'v'.repeat(64)])),
      ),
    ],
  },
  {
    sentence: 'ids with odd characters and very long ids',
    records: (now) =>
      ['é', 'a\u0000b', '\n', 'x'.repeat(5000), '#x', "' OR 1=1 --", '%_*?'].map((id, i) =>
        entryAt(now - MINUTE - i, id),
      ),
  },
  {
    sentence: 'entries with whole seconds only',
    records: (now) =>
      Array.from({ length: 30 }, (_, i) =>
        entryAt(Math.floor((now - MINUTE) / 1000) * 1000 - Math.floor(i / 10) * 1000, `s-${i}`, {}, 'seconds'),
      ),
  },
];

describe.each(DIALECTS)('%s:', (dialect) => {
  it.each(ROWS)('$sentence', async ({ records }) => {
    const world = await createWorld({ dialect });
    const now = Date.now();
    const all = [...ordinary(now - 4 * MINUTE, 80, 'before'), ...records(now), ...ordinary(now - 5000, 50, 'after')];
    await world.append(all);
    await world.untilEnded();
    await world.evict();
    await world.untilEnded();
    // Other ids are stored as a hash, which begins with #.
    const ids = idsOf(all).filter((id) => /^[\x20-\x7e]{1,128}$/.test(id) && !id.startsWith('#'));
    expect(await recordedIds(world)).toHaveLength(all.length);
    expect(await recordedIds(world)).toEqual(expect.arrayContaining(ids));
    expect((await world.status()).quarantine).toEqual([]);
    // A later entry is still recorded.
    await world.append([entryAt(Date.now(), 'one-more')]);
    await world.untilEnded();
    expect(await recordedIds(world)).toHaveLength(all.length + 1);
  });

  it('late entries within the allowed lateness, over 16 minutes of polling', async () => {
    const world = await createWorld({ dialect });
    const now = Date.now();
    const lates = Array.from({ length: 200 }, (_, i) =>
      late(entryAt(now + i * 3000, `late-${i}`), 1000 + ((i * 7919) % (4.5 * MINUTE))),
    );
    const others = Array.from({ length: 300 }, (_, i) => entryAt(now + i * 2000 + 500, `prompt-${i}`));
    await world.append([...lates, ...others]);
    for (let minute = 0; minute <= 16; minute++) {
      await world.untilEnded();
      if (minute % 5 === 4) await world.evict();
      await world.advance(MINUTE);
    }
    expect(await recordedIds(world)).toEqual(idsOf([...lates, ...others]));
  });

  it('entries dated ahead are recorded once, also after their time has passed', async () => {
    const world = await createWorld({ dialect });
    const records = Array.from({ length: 130 }, (_, i) => futureDated(Date.now(), HOUR + i * 100, `ahead-${i}`));
    await world.append(records);
    for (let n = 0; n < 18; n++) {
      await world.append([entryAt(Date.now(), `now-${n}`)]);
      await world.untilEnded();
      await world.advance(10 * MINUTE);
    }
    expect(await recordedIds(world)).toHaveLength(130 + 18);
  });

  it('malformed records are quarantined and reported once, and block nothing', async () => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now());
    const malformed = malformedAt(Date.now() - 2 * MINUTE);
    await world.append([...sample.records, ...malformed]);
    for (let n = 0; n < 3; n++) {
      await world.untilEnded();
      await world.evict();
    }
    const status = await world.status();
    expect(status.counters).toMatchObject({ recorded: sample.ids.length, quarantined: malformed.length });
    expect(status.healthAlerts).toMatchObject([{ kind: 'quarantine', count: 1 }]);
    expect(await world.sql('SELECT 1 FROM quarantine')).toHaveLength(malformed.length);
    await expectRecordedAndDelivered(world, sample);
    const healthMessages = (await world.slack.read()).messages.filter(({ text }) => text.includes('were quarantined'));
    expect(healthMessages).toHaveLength(1);
  });

  it('a whole page of malformed records', async () => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now());
    const bad = Array.from({ length: 230 }, (_, i) => ({
      createdAt: Date.now() - 15 * MINUTE,
      appearsAt: 0,
      body: { id: `bad-${i}`, created_at: 'never' },
    }));
    await world.append([...sample.records, ...bad]);
    await world.untilEnded();
    await world.untilEnded();
    expect((await world.state()).counters.quarantined).toBe(230);
    await expectRecordedAndDelivered(world, sample);
  });
});

/** The stored body of one entry. */
async function stored(world: World, id: string): Promise<Record<string, unknown>> {
  const [row] = await world.sql<{ body: string }>('SELECT body FROM entries WHERE id = ?', id);
  return JSON.parse(row?.body ?? 'null') as Record<string, unknown>;
}

describe('the stored body of an entry', () => {
  it('contains everything, including unknown fields and types', async () => {
    const world = await createWorld();
    const records = oddAt(Date.now() - MINUTE, 'odd-');
    await world.append(records);
    await world.untilEnded();
    for (const { body } of records) expect(await stored(world, (body as { id: string }).id)).toEqual(body);
  });

  it.each(DIALECTS)('of 3 MB has its long strings cut, with their lengths (%s)', async (dialect) => {
    const world = await createWorld({ dialect });
    await world.append([hugeAt(Date.now() - MINUTE, 'huge'), ...ordinary(Date.now(), 150, 'o')]);
    await world.untilEnded();
    const { user_agent: agent, action } = await stored(world, 'huge');
    expect(action).toBe('vm.listed');
    expect(agent).toMatch(/^Mozilla\/5\.0 A{900,1100}… \(3000012 characters\)$/);
  });

  it("an alert for one of 3 MB is opened, and its message is within Slack's limits", async () => {
    const world = await createWorld({ dialect: 'newest-first' });
    const { body } = hugeAt(Date.now() - MINUTE, 'huge');
    const fields = { action: 'api_key.deleted', status_code: 204 };
    await world.append([{ createdAt: Date.now() - MINUTE, appearsAt: 0, body: { ...(body as object), ...fields } }]);
    await world.untilEnded();
    await world.delivered();
    const { messages } = await world.slack.read();
    expect(messages).toHaveLength(1);
    expect(JSON.stringify(messages[0]).length).toBeLessThan(20_000);
  });
});
