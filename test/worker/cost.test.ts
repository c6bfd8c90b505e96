/**
 * What a tick costs, counted: requests to the upstream, KV reads and writes, calls of the ledger, rows it writes. A quiet
 * hour, a burst, the allowed lateness after it, and quiet again; a tick a minute, each as the cron makes it.
 */
import { describe, expect, it } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import type { Dialect } from '../sandbox/query.ts';
import { recordedIds } from './sample-log.ts';
import { type Costs, createWorld, DIALECTS, HOUR, MINUTE } from './world.ts';

/** One minute of the hour: what its tick asked, and how many entries it recorded. */
interface Minute extends Costs {
  readonly recorded: number;
  /** Our own reads that came back. */
  readonly own: number;
}

const BURST_AT = 20;
const LATENESS_MINUTES = 5;
/** In the next one, the newest page is read again (reread-cost.test.ts). */
const MINUTES = 59;

/** An hour in minutes, with so many entries in the 25 seconds before its 20th. */
async function hour(dialect: Dialect, logOwnReads: boolean, burst: number): Promise<Minute[]> {
  const world = await createWorld({ dialect, logOwnReads });
  const now = Date.now();
  // A log with many old pages, which must not be read again.
  const past = Array.from({ length: 550 }, (_, i) => entryAt(now - HOUR + 10_000 + i * 5000, `past-${i}`));
  await world.append(past);
  await world.untilEnded();
  await world.tick();
  await world.advance(MINUTE);
  await world.countRows();
  const minutes: Minute[] = [];
  for (let minute = 0; minute < MINUTES; minute++) {
    if (minute === BURST_AT) {
      const at = Date.now() - 30_000;
      await world.append(Array.from({ length: burst }, (_, i) => entryAt(at + i * 100, `burst-${i}`)));
    }
    const before = { ...world.costs };
    const polled = await world.tick();
    expect(polled).toMatchObject({ stopped: 'scan ended', notes: [] });
    // With a shifted clock the alarm doesn't run by itself.
    if (((await world.alarmAt()) ?? Number.POSITIVE_INFINITY) <= Date.now()) await world.runAlarm();
    const spent = Object.entries(world.costs).map(([of, n]) => [of, n - before[of as keyof Costs]]);
    minutes.push({ ...(Object.fromEntries(spent) as unknown as Costs), recorded: polled.recorded, own: polled.own });
    await world.advance(MINUTE);
  }
  const ids = await recordedIds(world);
  expect(ids.filter((id) => id.startsWith('past-') || id.startsWith('burst-'))).toHaveLength(past.length + burst);
  return minutes;
}

function sum(minutes: readonly Minute[], of: keyof Minute): number {
  return minutes.reduce((total, minute) => total + minute[of], 0);
}

/** The total of the busiest window of so many minutes. */
function most(minutes: readonly Minute[], of: keyof Minute, span: number): number {
  return Math.max(...minutes.map((_, at) => sum(minutes.slice(at, at + span), of)));
}

/** Pages that a tick reads while `n` entries lie within the allowed lateness. */
function pages(dialect: Dialect, n: number): number {
  // A newest-first scan must see one entry from before the watermark to know that it has seen all of them.
  return Math.max(1, Math.ceil((dialect === 'newest-first' ? n + 1 : n) / 100));
}

describe.each(DIALECTS)('%s, our reads not logged', (dialect) => {
  it.each([200, 250])('an hour with a burst of %i', async (burst) => {
    const minutes = await hour(dialect, false, burst);
    const quiet = [...minutes.slice(0, BURST_AT), ...minutes.slice(BURST_AT + LATENESS_MINUTES + 1)];
    const reread = minutes.slice(BURST_AT + 1, BURST_AT + LATENESS_MINUTES + 1);
    const [busy] = minutes.slice(BURST_AT) as [Minute];

    for (const minute of quiet) {
      expect(minute).toMatchObject({
        requests: 1,
        kvGet: 1,
        kvPut: 0,
        begin: 1,
        record: 1,
        flush: 0,
        quarantineCandidate: 0,
      });
    }
    // A row every five minutes, and one for the alarm that watches for blindness every fifteen.
    for (const part of [minutes.slice(0, BURST_AT), minutes.slice(BURST_AT + 1)]) {
      expect(most(part, 'rows', 5)).toBe(1);
      expect(sum(part, 'alarms')).toBeLessThanOrEqual(Math.ceil(part.length / 15));
    }

    const least = pages(dialect, burst);
    reread.forEach((minute, after) => {
      // Oldest first: the resume cursor is up to a page before the allowed lateness until one short page moves it.
      const besides = dialect === 'oldest-first' && after === 0 ? 1 : 0;
      expect(minute.requests).toBeGreaterThanOrEqual(least);
      expect(minute.requests).toBeLessThanOrEqual(least + besides);
      expect(minute).toMatchObject({ kvGet: 1, kvPut: 0, begin: 1, record: minute.requests, flush: 0, recorded: 0 });
    });

    expect(busy).toMatchObject({ kvGet: 1, kvPut: 1, begin: 1, record: busy.requests, recorded: burst });
    expect(busy.requests).toBeLessThanOrEqual(least + (dialect === 'oldest-first' ? 1 : 0));
    expectRows(busy);
  });
});

/** The rows of an own read that is recorded as a sample: the entry with its two indexes, its batch, and the state. */
const SAMPLE_ROWS = 5;

describe.each(DIALECTS)('%s, our reads logged', (dialect) => {
  it('an hour with a burst of 250', async () => {
    const minutes = await hour(dialect, true, 250);
    const before = minutes.slice(0, BURST_AT);
    // The reads of the burst's pages are entries too, seen for as long again.
    const after = minutes.slice(BURST_AT + LATENESS_MINUTES + 1);
    const quiet = [...before, ...after.slice(1)];
    // Oldest first: where the page after the resume cursor is full, two ticks read two pages, and the cursor moves on.
    const full = quiet.filter(({ requests }) => requests === 2);
    expect(full.length).toBeLessThanOrEqual(dialect === 'oldest-first' ? 2 : 0);
    for (const minute of quiet) {
      const { requests } = minute;
      expect(requests).toBeLessThanOrEqual(2);
      expect(minute).toMatchObject({ kvGet: 1, kvPut: 0, begin: 1, record: requests, flush: 0 });
    }
    // Each tick sees the read of the tick before, and records one in an hour.
    expect(quiet.every(({ own }) => own >= 1 && own <= 2)).toBe(true);
    const samples = quiet.filter(({ recorded }) => recorded > 0);
    expect(samples.length).toBeLessThanOrEqual(1);
    for (const { recorded, rows } of samples) expect([recorded, rows]).toEqual([1, SAMPLE_ROWS]);
    for (const part of [before, after.slice(1)]) {
      const others = part.filter(({ recorded }) => recorded === 0);
      expect(most(others, 'rows', 5)).toBe(1);
    }
    expect(most(minutes, 'kvPut', 2)).toBe(1);
    expect(sum(minutes, 'alarms')).toBeLessThanOrEqual(4);
    for (const minute of minutes.slice(BURST_AT, BURST_AT + LATENESS_MINUTES + 1)) {
      // Each of up to three pages, of which each read is an entry, and one for the page at the resume cursor.
      expect(minute.requests).toBeLessThanOrEqual(pages(dialect, 250 + 30) + (dialect === 'oldest-first' ? 1 : 0));
      expectRows(minute);
    }
  });

  it('costs no more in a day than the free plans have', async () => {
    const minutes = await hour(dialect, true, 250);
    const day = (of: keyof Minute): number => sum(minutes, of) * 24;
    expect(day('kvPut')).toBeLessThanOrEqual(720);
    // A burst of 250 every hour is in this.
    expect(day('rows') + day('alarms')).toBeLessThan(60_000);
    expect(most(minutes, 'requests', 1)).toBeLessThan(40);
  });
});

describe.each(DIALECTS)('%s: a tick of the free plan', (dialect) => {
  it('makes fewer than 50 requests, whatever fails', async () => {
    const world = await createWorld({ dialect });
    const now = Date.now();
    await world.append(Array.from({ length: 6_000 }, (_, i) => entryAt(now - 30 * MINUTE + i * 100, `e-${i}`)));
    await world.knobs({
      error: { probability: 0.2 },
      reset: { probability: 0.1 },
      oversized: { probability: 0.1, bytesPerItem: 2_000 },
      rejectedCursor: { probability: 0.05 },
    });
    const each: number[] = [];
    for (let n = 0; n < 6; n++) {
      const before = world.costs.requests;
      await world.poll({ auditLog: world.auditLog({ maxBytes: 150_000 }) }).catch(() => {});
      each.push(world.costs.requests - before);
    }
    expect(Math.max(...each)).toBeGreaterThan(30);
    expect(Math.max(...each)).toBeLessThan(50);
  });
});

/**
 * No more rows than: 3 an entry (5 where it is staged first), 2 for what is recorded at once, 1 for what is staged; 2 for a
 * read of ours that is staged.
 */
function expectRows({ rows, recorded, record, flush, own }: Minute): void {
  const bound = flush === 0 ? 3 * recorded + 2 * record : 5 * recorded + 2 * own + 2 * flush + record;
  expect(rows).toBeLessThanOrEqual(bound);
  expect(rows).toBeGreaterThanOrEqual(3 * recorded);
}
