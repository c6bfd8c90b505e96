/** KV or the ledger changed by hand, lost, stale or ahead: no entry is lost or recorded twice. */
import { describe, expect, it } from 'vitest';
import { firstCheckpoint, type Scan } from '../../src/audit-log/checkpoint.ts';
import { checkpointFrom, checkpointText, rewindText } from '../../src/audit-log/checkpoint-text.ts';
import { startOrResumeScan } from '../../src/audit-log/tail.ts';
import { KV_CHECKPOINT, KV_REWIND, type PollResult } from '../../src/poller/poll.ts';
import { entryAt } from '../sandbox/odd.ts';
import { createSampleLog, expectRecordedAndDelivered, recordedIds, type SampleLog } from './sample-log.ts';
import { createWorld, DIALECTS, HOUR, MINUTE, type World } from './world.ts';

/** A world that has read some entries, and KV's checkpoint from then. */
async function afterFirstRead(dialect: (typeof DIALECTS)[number], size = 250) {
  const world = await createWorld({ dialect });
  const first = createSampleLog(Date.now() - MINUTE, { size, prefix: 'a' });
  await world.append(first.records);
  await world.untilEnded();
  const resumeCursor = await world.kvText(KV_CHECKPOINT);
  if (resumeCursor === null) throw new Error('nothing was written to KV');
  return { world, first, resumeCursor };
}

/** Adds seven more entries and a deleted key. */
async function more(world: World): Promise<SampleLog> {
  const at = Date.now() - 1000;
  const records = Array.from({ length: 7 }, (_, i) => entryAt(at + i, `b-${i}`));
  const fields = { action: 'api_key.deleted', method: 'DELETE', status_code: 204, actor: { id: 'b', type: 'user' } };
  records.push(entryAt(at + 8, 'b-8', fields));
  await world.append(records);
  return { records, ids: records.map(({ body }) => (body as { id: string }).id), alerts: ['API key deleted'] };
}

function changed(text: string, change: (fields: Record<string, unknown>) => object): string {
  const fields = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify({ ...fields, ...change(fields) });
}

const HOUR_ON = () => new Date(Date.now() + HOUR).toISOString();

/** A change to KV's checkpoint, from its text. */
const MOVES: readonly { readonly sentence: string; readonly to: (text: string) => string | null }[] = [
  { sentence: 'is deleted', to: () => null },
  { sentence: 'is garbage', to: () => '{"watermark":' },
  { sentence: 'is other JSON', to: () => '[1, 2, 3]' },
  { sentence: 'has an invalid time', to: (text) => changed(text, () => ({ watermark: 'tomorrow' })) },
  {
    sentence: 'is stale by an hour',
    to: (text) => changed(text, () => ({ watermark: new Date(Date.now() - 2 * HOUR).toISOString() })),
  },
  { sentence: 'is ahead by an hour', to: (text) => changed(text, () => ({ watermark: HOUR_ON() })) },
  {
    sentence: 'is ahead, with a version of its own',
    to: (text) => changed(text, () => ({ watermark: HOUR_ON(), version: 1_000_000 })),
  },
  {
    sentence: 'has a scan with a cursor of another log',
    to: (text) => changed(text, () => ({ scan: foreignScan(Date.now() - HOUR), resumeCursor: null })),
  },
  {
    sentence: 'has a resume cursor of another log',
    to: (text) => changed(text, () => ({ resumeCursor: { query: {}, cursor: 'bm90LW91cnM', skip: null } })),
  },
];

function foreignScan(from: number): Scan {
  const { scan } = startOrResumeScan(firstCheckpoint(from, null));
  return { ...scan, cursor: 'bm90LW91cnM', began: Date.now(), head: Date.now(), steps: 3, direction: 'forward' };
}

describe.each(DIALECTS)("%s: the ledger's checkpoint is used if the one in KV", (dialect) => {
  it.each(MOVES)('$sentence', async ({ to }) => {
    const { world, first, resumeCursor } = await afterFirstRead(dialect, 120);
    await world.setKv(KV_CHECKPOINT, to(resumeCursor));
    await world.evict();
    const second = await more(world);
    const [polled] = await world.untilEnded();
    expect(polled?.how).toBe('resumed');
    await expectRecordedAndDelivered(world, first, second);
  });

  it('can be neither read nor written', async () => {
    const { world, first } = await afterFirstRead(dialect, 120);
    const second = await more(world);
    const down = () => Promise.reject(new Error('KV is down'));
    const polled = await world.poll({ kv: { get: down, put: down } });
    expect(polled.notes.join()).toContain('KV could not be read');
    await expectRecordedAndDelivered(world, first, second);
  });

  it('was not written: a later tick writes it again', async () => {
    const world = await createWorld({ dialect });
    await world.append(createSampleLog(Date.now()).records);
    const refusing = { get: world.kv.get, put: () => Promise.reject(new Error('429: too many writes')) };
    const polled = await world.poll({ kv: refusing });
    expect(polled.notes.join()).toContain('KV did not take the checkpoint');
    expect(await world.kvText(KV_CHECKPOINT)).toBeNull();
    await world.advance(3 * MINUTE);
    await more(world);
    await world.untilEnded();
    expect(await world.kvText(KV_CHECKPOINT)).not.toBeNull();
  });
});

/** A new, empty ledger with the KV of an old one. */
async function withNewLedger(
  dialect: (typeof DIALECTS)[number],
  resumeCursor: string | null,
  sample: SampleLog,
): Promise<World> {
  const world = await createWorld({ dialect });
  await world.append(sample.records);
  await world.setKv(KV_CHECKPOINT, resumeCursor);
  return world;
}

describe.each(DIALECTS)('%s: a new, empty ledger', (dialect) => {
  const through = (ago: number) => ({ watermark: new Date(Date.now() - ago).toISOString() });

  it("resumes from KV's checkpoint", async () => {
    const sample = createSampleLog(Date.now());
    const from = Date.now() - 10.5 * MINUTE;
    const world = await withNewLedger(dialect, JSON.stringify(through(10.5 * MINUTE)), sample);
    const polls = await world.untilEnded();
    expect(polls[0]?.how).toBe('adopted from KV');
    const ids = sample.records
      .filter(({ createdAt }) => createdAt >= from)
      .map(({ body }) => (body as { id: string }).id);
    expect(await recordedIds(world)).toEqual(ids.sort());
  });

  it("begins at START_AT if KV's watermark is in the future", async () => {
    const sample = createSampleLog(Date.now());
    const world = await withNewLedger(dialect, JSON.stringify(through(-HOUR)), sample);
    const [polled] = await world.untilEnded();
    expect(polled?.how).toBe('first start');
    await expectRecordedAndDelivered(world, sample);
  });

  it('recovers from a scan with a cursor of another log', async () => {
    const sample = createSampleLog(Date.now());
    const resumeCursor = JSON.stringify({ ...through(HOUR), scan: { ...foreignScan(Date.now() - HOUR), began: null } });
    const world = await withNewLedger(dialect, resumeCursor, sample);
    const [polled] = await world.untilEnded();
    expect(polled?.how).toBe('adopted from KV');
    await expectRecordedAndDelivered(world, sample);
  });

  it('recovers from a resume cursor of another log', async () => {
    const sample = createSampleLog(Date.now());
    const resumeCursor = { query: {}, cursor: 'bm90LW91cnM', skip: 40 };
    const world = await withNewLedger(
      dialect,
      JSON.stringify({ ...through(HOUR), resumeCursor, direction: 'forward' }),
      sample,
    );
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it('does not resume a newest-first scan, whose staged entries are lost', async () => {
    const sample = createSampleLog(Date.now());
    const from = Date.now() - HOUR;
    const scan: Scan = {
      ...foreignScan(from),
      cursor: null,
      direction: 'backward',
      flushing: true,
      reached: from,
      frontier: from,
    };
    const world = await withNewLedger(dialect, JSON.stringify({ ...through(HOUR), scan }), sample);
    const [polled] = await world.untilEnded();
    expect(polled?.how).toBe('adopted from KV');
    await expectRecordedAndDelivered(world, sample);
  });

  it('begins at START_AT if KV is empty', async () => {
    const sample = createSampleLog(Date.now());
    const world = await withNewLedger(dialect, null, sample);
    const [polled] = await world.untilEnded();
    expect(polled?.how).toBe('first start');
    await expectRecordedAndDelivered(world, sample);
  });

  it('begins at START_AT, with a note, if KV has garbage', async () => {
    const sample = createSampleLog(Date.now());
    const world = await withNewLedger(dialect, 'garbage', sample);
    const [polled] = await world.untilEnded();
    expect(polled?.notes.join()).toContain("can't be read");
    await expectRecordedAndDelivered(world, sample);
  });

  it("does not begin while KV can't be read, and begins when it can", async () => {
    const sample = createSampleLog(Date.now());
    const world = await withNewLedger(dialect, null, sample);
    const down = { get: () => Promise.reject(new Error('KV is down')), put: world.kv.put };
    await expect(world.poll({ kv: down })).rejects.toThrow('the ledger is new and KV');
    expect(world.costs.requests).toBe(0);
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it('with suppressFirstRead notifies nobody of the past, but of new entries', async () => {
    const sample = createSampleLog(Date.now());
    const world = await withNewLedger(dialect, null, sample);
    await world.untilEnded({ suppressFirstRead: true });
    expect(await recordedIds(world)).toEqual(sample.ids);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
    expect(await world.sql('SELECT 1 FROM alerts WHERE backfilled = 1')).toHaveLength(sample.alerts.length);
    await world.append([
      entryAt(Date.now() + 1, 'now', { action: 'api_key.deleted', status_code: 204, actor: { id: 'n', type: 'user' } }),
    ]);
    await world.untilEnded({ suppressFirstRead: true });
    expect(await world.sql('SELECT title FROM alerts WHERE backfilled = 0')).toEqual([{ title: 'API key deleted' }]);
    await world.delivered();
    expect((await world.slack.read()).messages).toHaveLength(1);
  });
});

describe.each(DIALECTS)('%s: a rewind in KV', (dialect) => {
  const order = (id: string, ago: number, suppress: boolean): string =>
    rewindText({ id, to: Date.now() - ago, suppress });

  /** A world that began after all sample entries. */
  async function startedAfterSample() {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now() - 20 * MINUTE);
    await world.append(sample.records);
    await world.untilEnded({ startAt: Date.now() - 10 * MINUTE });
    expect(await recordedIds(world)).toEqual([]);
    return { world, sample };
  }

  it('reads the past once, and notifies', async () => {
    const { world, sample } = await startedAfterSample();
    await world.setKv(KV_REWIND, order('one', 2 * HOUR, false));
    const how: PollResult['how'][] = [];
    for (let n = 0; n < 4; n++) how.push((await world.poll()).how);
    expect(how).toEqual(['rewound', 'resumed', 'resumed', 'resumed']);
    await expectRecordedAndDelivered(world, sample);
  });

  it('with suppress reads the past and notifies nobody', async () => {
    const { world, sample } = await startedAfterSample();
    await world.setKv(KV_REWIND, order('suppressed', 2 * HOUR, true));
    await world.untilEnded();
    expect(await recordedIds(world)).toEqual(sample.ids);
    expect(await world.sql('SELECT 1 FROM alerts WHERE backfilled = 1')).toHaveLength(sample.alerts.length);
    expect(await world.sql('SELECT 1 FROM deliveries')).toEqual([]);
  });

  it('is not applied again after newer ones if KV is stale', async () => {
    const { world, sample } = await startedAfterSample();
    const how: PollResult['how'][] = [];
    for (const id of ['one', 'two', 'one', 'two', 'one']) {
      await world.setKv(KV_REWIND, order(id, 2 * HOUR, false));
      await world.evict();
      how.push((await world.poll()).how);
    }
    expect(how).toEqual(['rewound', 'rewound', 'resumed', 'resumed', 'resumed']);
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it('over recorded entries records nothing and notifies nobody twice', async () => {
    const { world, first } = await afterFirstRead(dialect);
    await world.delivered();
    await world.setKv(KV_REWIND, order('again', 2 * HOUR, false));
    const [polled] = await world.untilEnded();
    expect(polled).toMatchObject({ how: 'rewound', recorded: 0 });
    await expectRecordedAndDelivered(world, first);
  });

  it('during a scan drops the scan, and loses no entry', async () => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now());
    await world.append(sample.records);
    expect((await world.poll({ requests: 1 })).stopped).toBe('budget');
    await world.setKv(KV_REWIND, order('mid', 2 * HOUR, false));
    expect((await world.poll({ requests: 1 })).how).toBe('rewound');
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it('to the future, or with garbage, changes nothing', async () => {
    const { world, first } = await afterFirstRead(dialect);
    const before = (await world.state()).checkpoint.watermark;
    for (const text of [order('on', -HOUR, false), 'garbage', '{"id":"x"}', '{"id":"","to":"2020-01-01T00:00:00Z"}']) {
      await world.setKv(KV_REWIND, text);
      await world.untilEnded();
      expect((await world.status()).watermark).toBeGreaterThanOrEqual(before);
    }
    await expectRecordedAndDelivered(world, first);
  });
});

describe('the checkpoint in KV', () => {
  it("is the ledger's own, and parses to the same value", async () => {
    const { world, resumeCursor } = await afterFirstRead('sorted');
    const read = checkpointFrom(resumeCursor);
    const { checkpoint } = await world.state();
    expect(read).toEqual({ ok: true, value: { ...checkpoint, version: 0 } });
    expect(resumeCursor).toBe(checkpointText(checkpoint));
  });

  it('has the cursor of the scan under way', async () => {
    const world = await createWorld();
    await world.append(createSampleLog(Date.now()).records);
    await world.poll({ requests: 1 });
    const { scan } = JSON.parse((await world.kvText(KV_CHECKPOINT)) ?? '{}') as { scan: { cursor: string } };
    expect(scan.cursor).toMatch(/^[\w-]{20,}$/);
  });
});
