/** What is read again, tick by tick, from a log in each dialect where entries become visible too late. */
import { describe, expect, it } from 'vitest';
import type { AuditLog, Entry, ListQuery } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { type PollResult, poll } from '../../src/poller/poll.ts';
import { compile } from '../../src/sigma/index.ts';
import { ALLOWED_LATENESS, DAY, HOUR, MINUTE, NOON, onAction, route } from '../ledger/scene.ts';
import { DIALECTS, type Dialect } from '../sandbox/query.ts';
import { answeredAt } from '../support/answer-times.ts';

interface Shown {
  readonly id: string;
  readonly createdAt: number;
  readonly visibleAt: number;
}

const entryOf = ({ id, createdAt }: Shown): Entry => {
  const body = { id, created_at: new Date(createdAt).toISOString(), action: 'vm.deleted', actor: { id } };
  return { id, createdAt, body };
};

/** A log that entries are added to, a ledger, and ticks. */
function createWorld(dialect: Dialect, { requests = 40 } = {}) {
  const log: Shown[] = [];
  const asked: ListQuery[] = [];
  let now = NOON;
  let failing: ((query: ListQuery) => UpstreamError | null) | null = null;
  const store = nodeStore();
  const options = {
    engine: compile({ version: 'one', rules: [onAction('vm.deleted')] }),
    allowedLatenessMs: ALLOWED_LATENESS,
    retentionMs: 30 * DAY,
    blindAfterMs: 15 * MINUTE,
    receivers: [route('slack')],
  };
  let ledger = createLedger(store, options);
  const auditLog: AuditLog = {
    get requests() {
      return asked.length;
    },
    list: async (query) => {
      asked.push(query);
      const failure = failing?.(query) ?? null;
      if (failure !== null) throw failure;
      const isSorted = dialect === 'sorted';
      const isDescending = isSorted ? query.sort === 'created_at:desc' : dialect === 'newest-first';
      const min = isSorted && query.created_at_min !== undefined ? Date.parse(query.created_at_min) : 0;
      const [time, id] = query.cursor === undefined ? [null, ''] : (JSON.parse(query.cursor) as [number, string]);
      const order = (a: Pick<Shown, 'createdAt' | 'id'>, b: Pick<Shown, 'createdAt' | 'id'>): number =>
        (a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) * (isDescending ? -1 : 1);
      const rest = log
        .filter((each) => each.visibleAt <= now && each.createdAt >= min)
        .filter((each) => time === null || order(each, { createdAt: time, id }) > 0)
        .sort(order);
      const entries = rest.slice(0, query.limit).map(entryOf);
      const last = entries.at(-1);
      const nextCursor =
        last === undefined || rest.length <= query.limit ? null : JSON.stringify([last.createdAt, last.id]);
      return { entries, malformed: [], nextCursor, times: answeredAt(now) };
    },
  };
  const api = (): LedgerApi => ({
    begin: async (input) => ledger.begin(input, now),
    record: async (batch) => ledger.record(batch, now),
    flush: async (expect, most) => ledger.flush(expect, most, now),
    quarantineCandidate: async (record) => ledger.quarantineCandidate(record, now),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now),
    canRecord: async () => ledger.canRecord(now),
  });
  const changes = (): number => store.all<{ n: number }>('SELECT total_changes() AS n')[0]?.n ?? 0;
  return {
    asked,
    changes,
    get ledger(): Ledger {
      return ledger;
    },
    get now() {
      return now;
    },
    add: (...entries: Shown[]) => log.push(...entries),
    /** Entries every so often, visible so late. */
    traffic(from: number, to: number, stepMs: number, lateMs: number): void {
      for (let at = from; at < to; at += stepMs)
        log.push({ id: `e${log.length}`, createdAt: at, visibleAt: at + lateMs });
    },
    fail: (next: typeof failing) => {
      failing = next;
    },
    /** The ledger forgets what it has only in memory. */
    evict: () => {
      ledger = createLedger(store, options);
    },
    tick: (more: Partial<LedgerApi> = {}): Promise<PollResult> =>
      poll({
        kv: { get: async (keys) => new Map(keys.map((key) => [key, null])), put: async () => {} },
        ledger: { ...api(), ...more },
        auditLog,
        now: () => now,
        allowedLatenessMs: ALLOWED_LATENESS,
        startAt: NOON - HOUR,
        suppressFirstRead: false,
        requests,
        ms: 45_000,
      }),
    /** A tick a minute until a time; `each` sees them. */
    async until(to: number, each: (polled: PollResult) => void = () => {}): Promise<void> {
      for (; now < to; now += MINUTE) each(await this.tick());
    },
    missing: (): string[] => {
      const known = new Set(store.all<{ id: string }>('SELECT id FROM entries').map(({ id }) => id));
      return log.filter(({ id, visibleAt }) => visibleAt <= now && !known.has(id)).map(({ id }) => id);
    },
    count: (table: string, where = 'true') =>
      store.all<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`)[0]?.n ?? 0,
    health: () => ledger.status(now).healthAlerts.map(({ kind }) => kind),
    lateness: () => ledger.status(now).lateness,
  };
}

describe.each(DIALECTS)('entries that are late, %s', (dialect) => {
  it('by a clock of created_at that is 7 minutes behind: noticed within about an hour, and nothing is lost', async () => {
    const world = createWorld(dialect);
    world.traffic(NOON - HOUR, NOON + 30 * HOUR, 2 * MINUTE, 7 * MINUTE);
    let noticedAt = 0;
    await world.until(NOON + 3 * HOUR, () => {
      if (noticedAt === 0 && world.health().includes('late-entries')) noticedAt = world.now;
    });
    expect(noticedAt).toBeGreaterThan(0);
    // Oldest first, re-reads need a resume cursor of that time.
    expect(noticedAt - NOON).toBeLessThanOrEqual(HOUR + 2 * MINUTE);
    // By now each is found within minutes.
    const found = (): number => world.missing().length;
    expect(found()).toBeLessThanOrEqual(10);
    await world.until(NOON + 3 * HOUR + 30 * MINUTE);
    expect(found()).toBeLessThanOrEqual(10);
    expect(world.lateness().again?.depthMs).toBeGreaterThanOrEqual(14 * MINUTE);
  });

  it('by up to 13 hours: recorded once, alerted on, by the next re-read of the last day', async () => {
    const world = createWorld(dialect);
    world.traffic(NOON - HOUR, NOON + 60 * HOUR, 3 * MINUTE, 0);
    const late = [
      { id: 'late-1', createdAt: NOON + 12 * HOUR, visibleAt: NOON + 25 * HOUR },
      { id: 'late-2', createdAt: NOON + 24 * HOUR - 1, visibleAt: NOON + 25 * HOUR },
    ];
    world.add(...late);
    await world.until(NOON + 60 * HOUR);
    expect(world.missing()).toEqual([]);
    for (const { id } of late) {
      expect(world.count('entries', `id = '${id}'`)).toBe(1);
      expect(world.count('alerts', `key LIKE '%${id}%'`)).toBe(1);
    }
    expect(world.count('health_alerts', "kind = 'late-entries'")).toBe(1);
  }, 60_000);

  it('not at all: an hour costs one probe, a day its pages once, and hardly a row', async () => {
    const world = createWorld(dialect);
    world.traffic(NOON - HOUR, NOON + 6 * HOUR, 3 * MINUTE, 0);
    // Until the last alert's period is over.
    await world.until(NOON + 8 * HOUR);
    const before = { requests: world.asked.length, rows: world.changes() };
    let ticks = 0;
    let reread = 0;
    await world.until(NOON + 32 * HOUR, (polled) => {
      ticks++;
      reread += polled.reread;
      expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 0, notes: [] });
    });
    expect(world.asked.length - before.requests).toBe(ticks + reread);
    // 24 probes, and two re-reads of the last day, of 140 entries.
    expect(reread).toBeLessThanOrEqual(24 + 8);
    expect(reread).toBeGreaterThanOrEqual(24);
    // A row in five minutes, and one for each probe and page.
    expect(world.changes() - before.rows).toBeLessThanOrEqual((24 * 60) / 5 + reread + 10);
    expect(world.lateness()).toMatchObject({ seen: null, again: null, problem: null });
    expect(world.lateness().probedAt).toBeGreaterThan(world.now - HOUR - 2 * MINUTE);
    expect(world.lateness().rereadAt).toBeGreaterThanOrEqual(NOON + 24 * HOUR);
  }, 60_000);

  it('a ledger that forgets after each tick repeats no probe, and comes to the end of the last day', async () => {
    const world = createWorld(dialect);
    world.traffic(NOON - HOUR, NOON + 26 * HOUR, 20_000, 0);
    let reread = 0;
    await world.until(NOON + 26 * HOUR);
    await world.until(NOON + 34 * HOUR, (polled) => {
      reread += polled.reread;
      world.evict();
    });
    expect(world.lateness().rereadAt).toBeGreaterThanOrEqual(NOON + 24 * HOUR);
    // 4,320 entries are 44 pages; oldest first the probe has two.
    expect(reread).toBeLessThan(90);
  }, 120_000);

  it('the re-read after a late entry ends after seven quiet days', async () => {
    const world = createWorld(dialect);
    world.traffic(NOON - HOUR, NOON + 2 * HOUR, MINUTE, 0);
    world.add({ id: 'late', createdAt: NOON + HOUR, visibleAt: NOON + HOUR + 20 * MINUTE });
    await world.until(NOON + 3 * HOUR);
    expect(world.missing()).toEqual([]);
    const { again } = world.lateness();
    expect(again?.depthMs).toBeGreaterThanOrEqual(40 * MINUTE);
    expect(again?.everyMs).toBe((again?.depthMs ?? 0) / 10);
    expect(world.ledger.status(world.now + 6 * DAY).lateness.again).toEqual(again);
    expect(world.ledger.status(world.now + 8 * DAY).lateness.again).toBeNull();
  }, 60_000);
});

describe('a re-read', () => {
  /** A sorted log in which an entry is 30 minutes late, an hour after the first tick. */
  async function lateWorld() {
    const world = createWorld('sorted');
    world.traffic(NOON - HOUR, NOON + 2 * HOUR, MINUTE, 0);
    await world.until(NOON + HOUR);
    world.add({ id: 'late', createdAt: NOON + 30 * MINUTE, visibleAt: NOON + HOUR });
    return world;
  }

  it('does not count what was created before reading began', async () => {
    const world = createWorld('sorted');
    world.traffic(NOON - 3 * HOUR, NOON - HOUR, MINUTE, 0);
    await world.until(NOON + 2 * HOUR);
    expect(world.count('entries')).toBe(0);
    expect(world.health()).toEqual([]);
  });

  it('leaves what the scans still look for to the scans', async () => {
    const world = await lateWorld();
    world.fail((query) => {
      const shown = { id: 'in-time', createdAt: world.now - MINUTE, visibleAt: world.now };
      if (query.sort === 'created_at:desc') world.add(shown);
      return null;
    });
    await world.tick();
    expect(world.missing()).toEqual(['in-time']);
    world.fail(null);
    await world.tick();
    expect(world.missing()).toEqual([]);
  });

  it('fails no tick while the upstream refuses it, and comes later', async () => {
    const world = await lateWorld();
    world.fail((query) =>
      query.sort === 'created_at:desc' ? new UpstreamError('unavailable', 'it answered 500') : null,
    );
    const polled = await world.tick();
    expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 1 });
    expect(polled.notes).toEqual(['the log could not be read again (probe): it answered 500']);
    expect(world.missing()).toEqual(['late']);
    world.fail(null);
    await world.tick();
    expect(world.missing()).toEqual([]);
  });

  it('that is asked to wait fails its tick, and is left alone', async () => {
    const world = await lateWorld();
    world.fail((query) =>
      query.sort === 'created_at:desc'
        ? new UpstreamError('rate-limited', 'it answered 429', { retryAfterMs: HOUR })
        : null,
    );
    await expect(world.tick()).rejects.toThrow('it answered 429');
  });

  it('of an upstream that refuses the query goes on without it, or says so', async () => {
    const world = await lateWorld();
    world.fail((query) => (query.sort === 'created_at:desc' ? new UpstreamError('bad-request', 'no') : null));
    expect((await world.tick()).notes).toEqual([]);
    expect(world.lateness()).toMatchObject({ problem: null });
    const other = await lateWorld();
    other.fail((query) => (query.created_at_min === undefined ? new UpstreamError('bad-request', 'no') : null));
    expect((await other.tick()).notes).toEqual([
      'the log could not be read again (probe): the upstream rejects or repeats its query',
    ]);
    expect(other.lateness().problem).toBe('the upstream rejects or repeats its query');
  });

  it('whose answer was lost, or which two ticks make at once, records nothing twice', async () => {
    const world = await lateWorld();
    let lost = false;
    const polled = await world.tick({
      record: async (batch) => {
        const recorded = world.ledger.record(batch, world.now);
        if (batch.reread === null || lost) return recorded;
        lost = true;
        throw new Error('the answer was lost');
      },
    });
    expect(polled.stopped).toBe('scan ended');
    expect(world.missing()).toEqual([]);
    const another = await lateWorld();
    await Promise.all([another.tick(), another.tick()]);
    expect(another.missing()).toEqual([]);
    expect(another.count('entries', "id = 'late'")).toBe(1);
    expect(another.count('alerts', "key LIKE '%late%'")).toBe(1);
  });

  it('with cursors that do not outlive a tick comes to its end all the same', async () => {
    const world = createWorld('newest-first');
    world.traffic(NOON - HOUR, NOON + 24 * HOUR, MINUTE, 0);
    await world.until(NOON + 24 * HOUR);
    world.fail((query) => {
      const isFirst = world.asked.at(-2)?.cursor === undefined && world.asked.at(-2)?.limit === undefined;
      return query.cursor !== undefined && isFirst ? new UpstreamError('bad-request', 'no such cursor') : null;
    });
    await world.until(NOON + 32 * HOUR);
    expect(world.lateness().rereadAt).toBeGreaterThanOrEqual(NOON + 24 * HOUR);
  }, 60_000);
});
