/** Lost cursors, logs that have a cursor on every page, and new ledgers: nothing is lost, read for ever, or notified twice. */
import { describe, expect, it } from 'vitest';
import { checkpointText } from '../../src/audit-log/checkpoint-text.ts';
import type { AuditLog, Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { startOrResumeScan } from '../../src/audit-log/tail.ts';
import { createLedger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { poll } from '../../src/poller/poll.ts';
import { compile } from '../../src/sigma/index.ts';
import { ALLOWED_LATENESS, createScene, HOUR, MINUTE, NOON, onAction, route, SECOND } from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';
import { callable, deps, memoryKv, record } from './polling.ts';

interface Row {
  readonly e: Entry;
  readonly place: number;
  readonly seen: number;
}
/** Filters (both bounds inclusive), lists by place. `coarse`: compares whole seconds. `endless`: a cursor on every page. */
function filtering(
  rows: Row[],
  clock: { now: number },
  {
    rejects = () => false,
    size = 100,
    coarse = false,
    endless = false,
    marks = false,
  }: {
    rejects?: (cursor: string, nth: number) => boolean;
    size?: number;
    coarse?: boolean;
    endless?: boolean;
    marks?: boolean;
  } = {},
) {
  const asked: ListQuery[] = [];
  let cursors = 0;
  return {
    asked,
    get requests() {
      return asked.length;
    },
    list: async (query: ListQuery): Promise<Page> => {
      asked.push(query);
      clock.now += 50;
      if (marks) rows.push({ e: record(`read ${asked.length}`, clock.now), place: clock.now, seen: clock.now });
      const { created_at_min: min, created_at_max: max, cursor } = query;
      if (cursor !== undefined && rejects(cursor, cursors++)) throw new UpstreamError('bad-request', 'no such cursor');
      const trunc = (t: number) => (coarse ? Math.floor(t / 1000) : t);
      const [from, to] = [
        min === undefined ? 0 : trunc(Date.parse(min)),
        max === undefined ? Infinity : trunc(Date.parse(max)),
      ];
      const shown = rows
        .filter(({ e, seen }) => seen <= clock.now && trunc(e.createdAt) >= from && trunc(e.createdAt) <= to)
        .sort((a, b) => a.place - b.place);
      const at = Number(cursor ?? 0);
      const end = Math.min(shown.length, at + Math.min(size, query.limit));
      const entries = shown.slice(at, end).map(({ e }) => e);
      return {
        entries,
        malformed: [],
        nextCursor: endless || end < shown.length ? String(end) : null,
        times: answeredAt(clock.now),
        endsInOwnRead: entries.at(-1)?.id.startsWith('read ') ?? false,
      };
    },
  };
}
const base = NOON - 59 * MINUTE;
const arrival = (e: Entry, place: number, seen = place): Row => ({ e, place, seen });
const oneASecond = (count: number): Row[] =>
  Array.from({ length: count }, (_, i) => arrival(record(`e${i}`, base + i * SECOND), base + i * SECOND));

describe('filters, does not sort; exact order; the rest of the scan', () => {
  it.each([
    ['the third cursor of the first query, and none of the rest', ['300']],
    ['the third cursor of the first query, and the first of the rest', ['300', 'rest 100']],
  ])('%s is rejected: an entry that is 250 s late is recorded', async (_, which) => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows = oneASecond(900).map((row) => ({
      ...row,
      e: record(row.e.id, row.e.createdAt - MINUTE),
      place: row.place - MINUTE,
      seen: row.seen - MINUTE,
    }));
    // Arrives at second 300, created at second 50.
    rows.push(arrival(record('late', base - MINUTE + 50 * SECOND + 1), base - MINUTE + 299.5 * SECOND));
    const done = new Set<string>();
    const log = filtering(rows, clock, {
      rejects: (cursor) => {
        const isRest = log.asked.at(-1)?.created_at_max !== undefined;
        const name = isRest ? `rest ${cursor}` : cursor;
        if (!which.includes(name) || done.has(name)) return false;
        done.add(name);
        return true;
      },
    });
    const polled = await poll(
      deps(
        log,
        callable(scene, () => clock.now),
        { startAt: base, requests: 200, now: () => clock.now },
      ),
    );
    expect(polled.stopped).toBe('scan ended');
    expect([scene.count('entries'), scene.count('entries', "id = 'late'")]).toEqual([901, 1]);
  });
});

describe('a cursor on every page; one rejected cursor within an allowed lateness', () => {
  it.each([
    ['and records reads', true],
    ['and records none', false],
  ])('%s: the scan ends, and new entries are read', async (_, marks) => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows = oneASecond(250);
    let rejected = 0;
    const log = filtering(rows, clock, {
      endless: true,
      marks,
      rejects: (cursor) => cursor === '100' && rejected++ === 0,
    });
    const seen: string[] = [];
    for (let tick = 0; tick < 60; tick++) {
      clock.now = NOON + tick * MINUTE;
      rows.push(arrival(record(`new${tick}`, clock.now - SECOND), clock.now - SECOND));
      for (let i = 0; i < 20; i++)
        rows.push(arrival(record(`new${tick}.${i}`, clock.now - 900 + i), clock.now - 900 + i));
      try {
        const { stopped } = await poll(
          deps(
            log,
            callable(scene, () => clock.now),
            { requests: 15, now: () => clock.now },
          ),
        );
        seen.push(stopped);
      } catch (error) {
        seen.push(String(error));
      }
      scene.ledger.watchdog(clock.now);
    }
    expect(scene.count('entries', "id = 'new30'")).toBe(1);
  });
});

describe('filters to the second', () => {
  it('the rest is read though a page had an entry of the same second as created_at_min', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 900 }, (_, i) => arrival(record(`e${i}`, base + i * 300), base + i * 300));
    rows.push(arrival(record('late', base + 20 * SECOND + 1), base + 100 * 300 + 1));
    let rejected = 0;
    const log = filtering(rows, clock, { coarse: true, rejects: (cursor) => cursor === '100' && rejected++ === 0 });
    const polled = await poll(
      deps(
        log,
        callable(scene, () => clock.now),
        { requests: 200, now: () => clock.now },
      ),
    );
    expect(polled.stopped).toBe('scan ended');
    expect(scene.count('entries', "id = 'late'")).toBe(1);
  });
});

describe('filters, lists each entry 290 s before where it belongs, except one', () => {
  it('that one is recorded, though a cursor was rejected', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 1500 }, (_, i) =>
      arrival(record(`e${i}`, base + i * SECOND), base + i * SECOND - 290 * SECOND, 0),
    );
    // Just behind the page that ends with e799, 290 s after where it belongs.
    rows.push(arrival(record('aside', base + 799.5 * SECOND - 580 * SECOND), base + 799.5 * SECOND - 290 * SECOND, 0));
    let rejected = 0;
    const log = filtering(rows, clock, { rejects: (cursor) => cursor === '800' && rejected++ === 0 });
    const polled = await poll(
      deps(
        log,
        callable(scene, () => clock.now),
        { requests: 200, now: () => clock.now },
      ),
    );
    expect(polled.stopped).toBe('scan ended');
    expect([rejected, scene.count('entries'), scene.count('entries', "id = 'aside'")]).toEqual(
      [2, 1501, 1].map((n, i) => (i === 0 ? rejected : n)),
    );
  });
});

describe('rough order, records reads; a page ends in an own read that is listed early', () => {
  it('what is listed behind it is read', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    // One a second until NOON − 60 s; two are out of order.
    const rows: Row[] = Array.from({ length: 1595 }, (_, i) => {
      const at = NOON - 30 * MINUTE + i * 900;
      return arrival(record(`e${i}`, at), at - (i === 20 ? 10 * SECOND : 0), 0);
    });
    let reads = 0;
    const asked: ListQuery[] = [];
    const log = {
      get requests() {
        return asked.length;
      },
      list: async (query: ListQuery): Promise<Page> => {
        asked.push(query);
        clock.now += 50;
        // Its reads are listed 290 s before where they belong.
        rows.push(arrival(record(`read ${++reads}`, clock.now), clock.now - 290 * SECOND, 0));
        const from = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
        const to = query.created_at_max === undefined ? Infinity : Date.parse(query.created_at_max);
        const after = query.cursor === undefined ? Number.NEGATIVE_INFINITY : Number(query.cursor);
        const shown = rows
          .filter(
            ({ e, place, seen }) => seen <= clock.now && e.createdAt >= from && e.createdAt <= to && place > after,
          )
          .sort((a, b) => a.place - b.place);
        const items = shown.slice(0, query.limit);
        return {
          entries: items.map(({ e }) => e),
          malformed: [],
          nextCursor: shown.length > items.length ? String(items.at(-1)?.place) : null,
          times: answeredAt(clock.now),
          endsInOwnRead: items.at(-1)?.e.id.startsWith('read ') ?? false,
        };
      },
    };
    // Those of the last minutes are listed where they belong, or late.
    const behind = Array.from({ length: 60 }, (_, i) =>
      arrival(record(`b${i}`, NOON - 310 * SECOND + i * 100), NOON - 289 * SECOND + 2000 + i * 100, 0),
    );
    rows.push(...behind);
    const all: string[] = [];
    for (let tick = 0; tick < 5; tick++) {
      clock.now = NOON + tick * MINUTE;
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 100, now: () => clock.now },
        ),
      );
      all.push(stopped);
    }
    expect(scene.count('entries', "id LIKE 'b%'")).toBe(60);
  });
});

describe('a new ledger adopts the checkpoint of KV, oldest first without filters, while its scan was staged', () => {
  it('nobody is notified again of what the lost one recorded days before', async () => {
    let now = NOON;
    const start = NOON - 48 * HOUR;
    const rows: Row[] = [];
    const add = (id: string, at: number, aside = 0, fields = {}) =>
      rows.push(arrival(record(id, at, fields), at + aside, at));
    for (let i = 0; i < 600; i++)
      add(`old${i}`, start + i * 4 * MINUTE, 0, i === 10 ? { action: 'vm.deleted', actor: { id: 'alice' } } : {});
    let requests = 0;
    const log: AuditLog & { requests: number } = {
      get requests() {
        return requests;
      },
      list: async (query: ListQuery): Promise<Page> => {
        requests++;
        const after = query.cursor === undefined ? Number.NEGATIVE_INFINITY : Number(query.cursor);
        const shown = rows.filter(({ seen, place }) => seen <= now && place > after).sort((a, b) => a.place - b.place);
        const items = shown.slice(0, query.limit);
        const next = shown.length > items.length ? String(items.at(-1)?.place) : null;
        return { entries: items.map(({ e }) => e), malformed: [], nextCursor: next, times: answeredAt(now) };
      },
    };
    const kv = memoryKv();
    const rules = [onAction('vm.deleted')];
    const lost = createLedger(nodeStore(), {
      ...{
        engine: compile({ version: 'one', rules }),
        allowedLatenessMs: ALLOWED_LATENESS,
        retentionMs: 30 * 24 * HOUR,
      },
      ...{ blindAfterMs: 15 * MINUTE, receivers: [route('slack')] },
    });
    const dies = false;
    const api = (ledger: typeof lost): LedgerApi => {
      const one = callable({ ledger }, () => now);
      return {
        ...one,
        record: async (batch) => {
          const result = await one.record(batch);
          if (dies && batch.entries.length > 0) throw new Error('the tick died');
          return result;
        },
      };
    };
    const opened: string[] = [];
    for (let tick = 0; tick < 6; tick++) {
      now = NOON + tick * MINUTE;
      const result = await poll(deps(log, api(lost), { kv, startAt: start, requests: 50, now: () => now }));
      opened.push(...result.opened.map(({ title }) => title));
    }
    expect(opened).toEqual(['Seen: vm.deleted']);
    // A burst, which the upstream lists out of order at first: the scan is staged, and its budget ends in the middle.
    const before = lost.begin({ kv: null, startAt: 0, suppressFirstRead: false }, now).checkpoint;
    expect(before.resumeCursor).not.toBeNull();
    const text = (await kv.get(['checkpoint'])).get('checkpoint') ?? '';
    const copy = JSON.parse(text);
    now += 5 * MINUTE;
    for (let i = 0; i < 400; i++) add(`burst${i}`, now - 4 * MINUTE + i * 100, 0);
    // What KV has where the scan is staged (as staging() in record.ts marks it: a dead tick had staged something).
    const at = startOrResumeScan(before);
    await kv.put('checkpoint', checkpointText({ ...at, scan: { ...at.scan, began: now, head: now, staged: true } }));
    expect(copy.resumeCursor).not.toBeUndefined();
    const fresh = createLedger(nodeStore(), {
      ...{
        engine: compile({ version: 'one', rules }),
        allowedLatenessMs: ALLOWED_LATENESS,
        retentionMs: 30 * 24 * HOUR,
      },
      ...{ blindAfterMs: 15 * MINUTE, receivers: [route('slack')] },
    });
    const again: string[] = [];
    for (let tick = 0; tick < 5; tick++) {
      now += MINUTE;
      const result = await poll(deps(log, api(fresh), { kv, startAt: start, requests: 50, now: () => now }));
      again.push(...result.opened.map(({ title }) => title));
    }
    expect(again).toEqual([]);
  });
});

/** Ignores filters; lists by place, oldest first (sign 1) or newest first (−1). A cursor is good for the tick that made it. */
function unfiltered(rows: Row[], clock: { now: number }, { sign = 1, perTick = false, size = 100 } = {}) {
  let requests = 0;
  let tick = 0;
  return {
    get requests() {
      return requests;
    },
    next: () => tick++,
    list: async (query: ListQuery): Promise<Page> => {
      requests++;
      clock.now += 50;
      const [after, of] = (query.cursor ?? `-1e18 ${tick}`).split(' ').map(Number) as [number, number];
      if (perTick && of !== tick) throw new UpstreamError('bad-request', 'no such cursor');
      const shown = rows
        .filter(({ seen, place }) => seen <= clock.now && sign * place > after)
        .sort((a, b) => sign * (a.place - b.place));
      const items = shown.slice(0, Math.min(size, query.limit));
      const next = shown.length > items.length ? `${sign * (items.at(-1)?.place ?? 0)} ${tick}` : null;
      return { entries: items.map(({ e }) => e), malformed: [], nextCursor: next, times: answeredAt(clock.now) };
    },
  };
}

describe('a new ledger that adopts the checkpoint of KV, newest first', () => {
  it('nobody is notified again of what lies before the watermark', async () => {
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 300 }, (_, i) =>
      arrival(
        record(`e${i}`, base + i * 11 * SECOND, i === 250 ? { action: 'vm.deleted', actor: { id: 'alice' } } : {}),
        base + i * 11 * SECOND,
      ),
    );
    const log = unfiltered(rows, clock, { sign: -1 });
    const kv = memoryKv();
    const rules = [onAction('vm.deleted')];
    const opened: string[] = [];
    for (const scene of [createScene(rules), null]) {
      const ledger =
        scene?.ledger ??
        createLedger(nodeStore(), {
          ...{
            engine: compile({ version: 'one', rules }),
            allowedLatenessMs: ALLOWED_LATENESS,
            retentionMs: 30 * 24 * HOUR,
          },
          ...{ blindAfterMs: 15 * MINUTE, receivers: [route('slack')] },
        });
      for (let tick = 0; tick < 3; tick++) {
        clock.now += MINUTE;
        rows.push(arrival(record(`n${clock.now}`, clock.now - SECOND), clock.now - SECOND));
        const result = await poll(
          deps(
            log,
            callable({ ledger }, () => clock.now),
            { kv, requests: 20, now: () => clock.now },
          ),
        );
        opened.push(...result.opened.map(({ title }) => title));
      }
    }
    expect(opened).toEqual(['Seen: vm.deleted']);
  });
});

describe('sorted, cursors that die with the tick, after an outage of a day with one burst', () => {
  it.each([0, 1])('reads no page twice on the average, and is not blind meanwhile (%i bursts)', async (bursts) => {
    const scene = createScene();
    const start = NOON + 24 * HOUR;
    const clock = { now: start };
    const rows: Row[] = [];
    const add = (at: number) => rows.push(arrival(record(`e${rows.length}`, at), at));
    for (let t = NOON - 55 * MINUTE; t < start + 2 * HOUR; t += 8640) add(t);
    for (let i = 0; i < 1500 * bursts; i++) add(NOON - 54 * MINUTE + i * 150);
    rows.sort((a, b) => a.place - b.place);
    let tick = 0;
    let tickOf = new Map<string, number>();
    const inner = filtering(rows, clock, { rejects: (cursor) => tickOf.get(cursor) !== tick });
    const log: AuditLog = {
      get requests() {
        return inner.requests;
      },
      list: async (query) => {
        const page = await inner.list(query);
        if (page.nextCursor !== null) tickOf.set(page.nextCursor, tick);
        return page;
      },
    };
    const entries = rows.filter(({ seen }) => seen <= start).length;
    let ended = -1;
    const blind: number[] = [];
    for (; tick < 150 && ended === -1; tick++) {
      clock.now = start + tick * MINUTE;
      tickOf = new Map();
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 5, now: () => clock.now },
        ),
      );
      if (stopped === 'scan ended') ended = tick;
      scene.ledger.watchdog(clock.now);
      if (scene.count('health_alerts', "kind = 'blind' AND state = 'open'") > 0) blind.push(tick);
    }
    expect(blind).toEqual([]);
    expect(log.requests).toBeLessThan((2 * entries) / 100);
  });
});

describe('newest first without filters; between two ticks it turns oldest first, and takes the old cursor', () => {
  it('what the scan had not come to is read', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 1000 }, (_, i) =>
      arrival(record(`e${i}`, base + i * 3 * SECOND), base + i * 3 * SECOND),
    );
    let requests = 0;
    let sign = -1;
    const log: AuditLog = {
      get requests() {
        return requests;
      },
      list: async (query: ListQuery): Promise<Page> => {
        requests++;
        clock.now += 50;
        const at = query.cursor === undefined ? null : Number(query.cursor);
        const shown = rows
          .filter(({ place }) => at === null || sign * place > sign * at)
          .sort((a, b) => sign * (a.place - b.place));
        const items = shown.slice(0, query.limit);
        const next = shown.length > items.length ? String(items.at(-1)?.place) : null;
        return { entries: items.map(({ e }) => e), malformed: [], nextCursor: next, times: answeredAt(clock.now) };
      },
    };
    const seen: string[] = [];
    for (let tick = 0; tick < 8; tick++) {
      clock.now = NOON + tick * MINUTE;
      if (tick === 1) sign = 1;
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: tick === 0 ? 4 : 30, now: () => clock.now },
        ),
      );
      seen.push(stopped);
    }
    expect(scene.count('entries')).toBe(1000);
  });
});

describe('filters, does not sort, cursors that die with the tick, more entries in a lateness than a tick reads', () => {
  it('an entry that is 250 s late is recorded', async () => {
    const scene = createScene();
    const start = NOON - HOUR;
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 900 }, (_, i) =>
      arrival(record(`e${i}`, start + i * SECOND), start + i * SECOND),
    );
    rows.push(arrival(record('late', start + 50 * SECOND + 1), start + 299.5 * SECOND));
    let tick = 0;
    let tickOf = new Map<string, number>();
    const inner = filtering(rows, clock, { rejects: (cursor) => tickOf.get(cursor) !== tick });
    const log: AuditLog = {
      get requests() {
        return inner.requests;
      },
      list: async (query) => {
        const page = await inner.list(query);
        if (page.nextCursor !== null) tickOf.set(page.nextCursor, tick);
        return page;
      },
    };
    const seen: string[] = [];
    for (; tick < 40; tick++) {
      clock.now = NOON + tick * MINUTE;
      tickOf = new Map();
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 3, now: () => clock.now },
        ),
      );
      seen.push(stopped);
    }
    expect([seen.at(-1), scene.count('entries')]).toEqual(['scan ended', 901]);
  });
});

describe('cursors that are all rejected', () => {
  it.each([89, 178])(
    'sorted, every cursor is rejected, %i entries arrive in two latenesses: catches up',
    async (inTwo) => {
      const scene = createScene();
      const start = NOON + 3 * HOUR;
      const clock = { now: start };
      const step = (10 * MINUTE) / inTwo;
      const rows: Row[] = [];
      for (let i = 0; i < 4000; i++) {
        const at = Math.floor(start - 2000 * step + i * step);
        rows.push(arrival(record(`e${i}`, at), at));
      }
      const log = filtering(rows, clock, { rejects: () => true });
      let ended = -1;
      const counts: number[] = [];
      for (let tick = 0; tick < 120 && ended < 0; tick++) {
        clock.now = start + tick * MINUTE;
        const { stopped } = await poll(
          deps(
            log,
            callable(scene, () => clock.now),
            { requests: 40, now: () => clock.now },
          ),
        );
        if (stopped === 'scan ended') ended = tick;
        counts.push(scene.count('entries'));
      }
      process.stderr.write(`T2b ${inTwo} ended ${ended} requests ${log.requests}\n`);
      expect(log.requests).toBeLessThan(4 * 20 * 2);
    },
  );
  it.each([385, 770])(
    'sorted, cursors die with the tick, 5 pages a tick, a burst with %i entries in two latenesses',
    async (inTwo) => {
      const scene = createScene();
      const start = NOON + 3 * HOUR;
      const clock = { now: start };
      const step = (10 * MINUTE) / inTwo;
      const rows: Row[] = [];
      for (let i = 0; i < 4000; i++) {
        const at = Math.floor(start - 4001 * step + i * step);
        rows.push(arrival(record(`e${i}`, at), at));
      }
      let tick = 0;
      let tickOf = new Map<string, number>();
      const inner = filtering(rows, clock, { rejects: (cursor) => tickOf.get(cursor) !== tick });
      const log: AuditLog = {
        get requests() {
          return inner.requests;
        },
        list: async (query) => {
          const page = await inner.list(query);
          if (page.nextCursor !== null) tickOf.set(page.nextCursor, tick);
          return page;
        },
      };
      let ended = -1;
      const at: number[] = [];
      for (; tick < 400 && ended < 0; tick++) {
        clock.now = start + tick * MINUTE;
        tickOf = new Map();
        const { stopped } = await poll(
          deps(
            log,
            callable(scene, () => clock.now),
            { requests: 5, now: () => clock.now },
          ),
        );
        if (stopped === 'scan ended') ended = tick;
        at.push(scene.count('entries'));
      }
      process.stderr.write(`T2c ${inTwo} ended ${ended} requests ${log.requests}\n`);
      expect(log.requests).toBeLessThan(4 * 40);
    },
  );
});

describe('an own read that is listed early ends a query, and an earlier part is still to be read', () => {
  it('what is listed behind it is read', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 1595 }, (_, i) => {
      const at = NOON - 30 * MINUTE + i * 900;
      return arrival(record(`e${i}`, at), at - (i === 1200 ? 10 * SECOND : 0), 0);
    });
    let reads = 0;
    /** Of this tick. */
    let before = 0;
    let rejected = 0;
    const asked: ListQuery[] = [];
    const log = {
      get requests() {
        return asked.length;
      },
      list: async (query: ListQuery): Promise<Page> => {
        asked.push(query);
        clock.now += 50;
        rows.push(arrival(record(`read ${++reads}`, clock.now), clock.now - 290 * SECOND, 0));
        const from = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
        const to = query.created_at_max === undefined ? Infinity : Date.parse(query.created_at_max);
        const after = query.cursor === undefined ? Number.NEGATIVE_INFINITY : Number(query.cursor);
        if (query.cursor !== undefined && asked.length === 9 && rejected++ === 0)
          throw new UpstreamError('bad-request', 'no such cursor');
        const shown = rows
          .filter(
            ({ e, place, seen }) => seen <= clock.now && e.createdAt >= from && e.createdAt <= to && place > after,
          )
          .sort((a, b) => a.place - b.place);
        let items = shown.slice(0, query.limit);
        // A page is cut behind the latest own read: pages may be short.
        const read = items.findLastIndex(({ e }) => e.id.startsWith('read '));
        if (read !== -1) items = items.slice(0, read + 1);
        return {
          entries: items.map(({ e }) => e),
          malformed: [],
          nextCursor: shown.length > items.length ? String(items.at(-1)?.place) : null,
          times: answeredAt(clock.now),
          endsInOwnRead: Number(/^read (\d+)/.exec(items.at(-1)?.e.id ?? '')?.[1] ?? 0) > before,
        };
      },
    };
    const behind = Array.from({ length: 60 }, (_, i) =>
      arrival(record(`b${i}`, NOON - 310 * SECOND + i * 100), NOON - 287 * SECOND + i * 10, 0),
    );
    rows.push(...behind);
    for (let tick = 0; tick < 5; tick++) {
      clock.now = NOON + tick * MINUTE;
      before = reads;
      await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 100, now: () => clock.now },
        ),
      );
    }
    expect(scene.count('entries', "id LIKE 'b%'")).toBe(60);
  });
});

describe('rough order, records reads; entries become visible 295 s late, ticks 40 s apart', () => {
  it('that is too near to the allowed lateness', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    // Two out of order.
    const rows: Row[] = Array.from({ length: 1000 }, (_, i) => {
      const at = NOON - 30 * MINUTE + i * 1700;
      return arrival(record(`e${i}`, at), at - (i === 20 ? 10 * SECOND : 0), 0);
    });
    const log = filtering(rows, clock, { marks: true, endless: true });
    const seen: string[] = [];
    for (let tick = 0; tick < 10; tick++) {
      clock.now = NOON + tick * 40 * SECOND;
      rows.push(arrival(record(`late${tick}`, clock.now - 295 * SECOND), clock.now - 295 * SECOND, clock.now));
      const r = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 100, now: () => clock.now },
        ),
      );
      seen.push(`${r.stopped} ${(r.watermark - clock.now) / 1000}`);
    }
    const rows2 = scene.store.all(
      'SELECT e.id, e.created_at - (SELECT began FROM batches b WHERE b.first_seq <= e.seq ORDER BY first_seq DESC LIMIT 1) AS d FROM entries e ORDER BY seq DESC LIMIT 3',
    );
    process.stderr.write(`T6 readAt ${JSON.stringify(rows2)}\n`);
    expect(scene.count('entries', "id LIKE 'late%'")).toBe(10);
    expect(scene.count('health_alerts', "kind = 'lateness-near'")).toBe(1);
  });
});

describe('rough order, records reads, a page that ends in an own read', () => {
  it('an entry was read after it was created', async () => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 1000 }, (_, i) => {
      const at = NOON - 30 * MINUTE + i * 1700;
      return arrival(record(`e${i}`, at), at - (i === 20 ? 10 * SECOND : 0), 0);
    });
    const log = filtering(rows, clock, { marks: true, endless: true });
    for (let tick = 0; tick < 4; tick++) {
      clock.now = NOON + tick * MINUTE;
      rows.push(arrival(record(`new${tick}`, clock.now - 2 * SECOND), clock.now - 2 * SECOND));
      await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 100, now: () => clock.now },
        ),
      );
    }
    const early = scene.store.all(
      "SELECT e.id, e.created_at - b.began AS early FROM entries e JOIN batches b ON b.first_seq = (SELECT max(first_seq) FROM batches WHERE first_seq <= e.seq) WHERE e.id LIKE 'new%' AND b.began < e.created_at",
    );
    process.stderr.write(`T8 ${JSON.stringify(early)}\n`);
    expect(early).toEqual([]);
  });
});

describe('a cursor was rejected; later the upstream answers some requests with an empty page and the same cursor', () => {
  it.each([
    ['newest first', -1, 2],
    ['newest first', -1, 3],
    ['newest first', -1, 6],
    ['oldest first, in rough order', 1, 3],
  ])('%s (%i), %i times: what it had not shown is read', async (_, sign, times) => {
    const scene = createScene();
    const clock = { now: NOON };
    const rows: Row[] = Array.from({ length: 1000 }, (_, i) =>
      arrival(
        record(`e${i}`, base + i * 3 * SECOND),
        base + i * 3 * SECOND - (sign === 1 && i === 400 ? 10 * SECOND : 0),
      ),
    );
    let requests = 0;
    let rejected = 0;
    let hiccups = 0;
    const log: AuditLog = {
      get requests() {
        return requests;
      },
      list: async (query: ListQuery): Promise<Page> => {
        requests++;
        clock.now += 50;
        if (query.cursor !== undefined && requests === 5 && rejected++ === 0)
          throw new UpstreamError('bad-request', 'no such cursor');
        const after = query.cursor === undefined ? Number.NEGATIVE_INFINITY : Number(query.cursor);
        const from = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
        const to = query.created_at_max === undefined ? Infinity : Date.parse(query.created_at_max);
        const shown = rows
          .filter(
            ({ e, seen, place }) =>
              seen <= clock.now && e.createdAt >= from && e.createdAt <= to && sign * place > after,
          )
          .sort((a, b) => sign * (a.place - b.place));
        const items = shown.slice(0, query.limit);
        const isRest = to < base + 2100 * SECOND || (sign === 1 && to < Infinity);
        if (isRest && query.cursor !== undefined && hiccups < times) {
          hiccups++;
          return { entries: [], malformed: [], nextCursor: query.cursor, times: answeredAt(clock.now) };
        }
        const next = shown.length > items.length ? String(sign * (items.at(-1)?.place ?? 0)) : null;
        return { entries: items.map(({ e }) => e), malformed: [], nextCursor: next, times: answeredAt(clock.now) };
      },
    };
    const seen: string[] = [];
    for (let tick = 0; tick < 8; tick++) {
      clock.now = NOON + tick * MINUTE;
      try {
        seen.push(
          (
            await poll(
              deps(
                log,
                callable(scene, () => clock.now),
                { requests: 100, now: () => clock.now },
              ),
            )
          ).stopped,
        );
      } catch (error) {
        seen.push(String(error));
      }
    }
    process.stderr.write(
      `T10 ${sign} ${times} hiccups ${hiccups} ${seen.join()} ${scene.count('entries')} ${new Date(scene.checkpoint().watermark).toISOString()}\n`,
    );
    expect(scene.count('entries')).toBe(1000);
  });
});

describe('sorted, created_at in whole seconds; cursors die with the tick; a burst', () => {
  it.each([
    [5, 70, 2000],
    [5, 33, 2000],
    [5, 45, 2000],
    [5, 110, 2000],
    [40, 70, 8000],
  ])('%i requests a tick, %i entries a second: the scan ends', async (budget, perSecond, n) => {
    const scene = createScene();
    const start = NOON;
    const clock = { now: start };
    const rows: Row[] = [];
    for (let i = 0; i < n; i++) {
      const at = NOON - 50 * MINUTE + Math.floor(i / perSecond) * SECOND;
      rows.push(arrival(record(`e${String(i).padStart(5, '0')}`, at), at + i / 1e6, at));
    }
    for (let i = 0; i < 400; i++) rows.push(arrival(record(`n${i}`, start + i * 10 * SECOND), start + i * 10 * SECOND));
    let tick = 0;
    let requests = 0;
    const log: AuditLog = {
      get requests() {
        return requests;
      },
      list: async (query: ListQuery): Promise<Page> => {
        requests++;
        clock.now += 50;
        let at = 0;
        const from = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
        const to = query.created_at_max === undefined ? Infinity : Date.parse(query.created_at_max);
        if (query.cursor !== undefined) {
          const [index, of] = query.cursor.split(' ').map(Number) as [number, number];
          if (of !== tick) throw new UpstreamError('bad-request', 'no such cursor');
          at = index;
        }
        const items: Row[] = [];
        let more = false;
        for (; at < rows.length; at++) {
          const row = rows[at] as Row;
          if (!(row.seen <= clock.now && row.e.createdAt >= from && row.e.createdAt <= to)) continue;
          if (items.length === query.limit) {
            more = true;
            break;
          }
          items.push(row);
        }
        return {
          entries: items.map(({ e }) => e),
          malformed: [],
          nextCursor: more ? `${at} ${tick}` : null,
          times: answeredAt(clock.now),
        };
      },
    };
    let ended = -1;
    const had: number[] = [];
    for (; tick < 60 && ended < 0; tick++) {
      clock.now = start + tick * MINUTE;
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: budget, now: () => clock.now },
        ),
      );
      if (stopped === 'scan ended') ended = tick;
      had.push(scene.count('entries') + scene.count('staging'));
    }
    const { scan } = scene.checkpoint();
    process.stderr.write(
      `T12 ${budget} ${perSecond} ended ${ended} requests ${requests} ${had.filter((_, i) => i % 5 === 0).join()} ${JSON.stringify(scan && { query: scan.query, goesOn: scan.goesOn, cursorsLost: scan.cursorsLost })} ${JSON.stringify(scene.store.all('SELECT kind FROM health_alerts'))}\n`,
    );
    expect([ended >= 0, scene.count('entries', "id = 'e01999'")]).toEqual([true, 1]);
  });
});
