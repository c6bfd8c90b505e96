/** Logs in rough order, lost cursors, and entries that are late: all is recorded, and every alert comes. */
import { describe, expect, it } from 'vitest';
import type { Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { createLedger } from '../../src/ledger/record/ledger.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { poll } from '../../src/poller/poll.ts';
import { compile } from '../../src/sigma/index.ts';
import { ALLOWED_LATENESS, counting, createScene, HOUR, MINUTE, NOON, onAction, SECOND } from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';
import { callable, deps, memoryKv, record, VM_DELETED } from './polling.ts';

/** A log that filters by created_at, and lists what it has in this order; `rejects` some cursors. */
function filtering(all: readonly Entry[], rejects: (cursor: string, nth: number) => boolean, size = 100) {
  const asked: ListQuery[] = [];
  let cursors = 0;
  const list = async (query: ListQuery): Promise<Page> => {
    asked.push(query);
    const { created_at_min: min, created_at_max: max, cursor } = query;
    if (cursor !== undefined && rejects(cursor, cursors++)) throw new UpstreamError('bad-request', 'no such cursor');
    const [from, to] = [min === undefined ? 0 : Date.parse(min), max === undefined ? Infinity : Date.parse(max)];
    const shown = all.filter(({ createdAt }) => createdAt >= from && createdAt <= to);
    const at = Number(cursor ?? 0);
    const end = at + Math.min(size, query.limit);
    return {
      entries: shown.slice(at, end),
      malformed: [],
      nextCursor: end < shown.length ? String(end) : null,
      times: answeredAt(NOON),
    };
  };
  return {
    asked,
    get requests() {
      return asked.length;
    },
    list,
  };
}

const base = NOON - 59 * MINUTE;
const rules = [onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 2, { timespanMs: MINUTE })];

/** One entry a second, listed where they arrived; `late`: place → how long before its place it was created. */
function arrivals(count: number, late: Readonly<Record<number, number>>, deletions: readonly number[]): Entry[] {
  return Array.from({ length: count }, (_, i) =>
    record(`e${i}`, base + i * SECOND - (late[i] ?? 0), deletions.includes(i) ? VM_DELETED : {}),
  );
}

describe('filters without sorting, a whole page in exact order, one rejected cursor', () => {
  it('an entry that is 80 s late, listed just behind the page, is recorded', async () => {
    const scene = createScene(rules);
    const all = arrivals(300, { 100: 80 * SECOND }, []);
    const log = filtering(all, (_, nth) => nth === 0);
    const polled = await poll(deps(log, callable(scene), { requests: 50 }));
    expect(polled.stopped).toBe('scan ended');
    expect(scene.ids().toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });
});

describe('filters without sorting, a rejected cursor, and later entries show that the order is rough', () => {
  it.each([true, false])('an alert that time order opens is opened (a cursor was rejected: %s)', async (rejected) => {
    const scene = createScene(rules);
    // alice deletes at +5 s; at +20 s, 80 s late; and at +150 s.
    const all = arrivals(300, { 100: 80 * SECOND, 230: 60 * SECOND }, [5, 100, 150]);
    const log = filtering(all, (_, nth) => rejected && nth === 0);
    const polled = await poll(deps(log, callable(scene), { requests: 50 }));
    expect(polled.stopped).toBe('scan ended');
    expect(scene.ids().toSorted()).toEqual(all.map(({ id }) => id).toSorted());
    expect(scene.count('alerts')).toBe(1);
  });
});

describe('a log in rough order; the last entries before a rejected cursor claim to be later', () => {
  it.each([0, 4, 5, 6, 9])('%i of ten: every entry is recorded', async (claiming) => {
    const scene = createScene(rules);
    const all = Array.from({ length: 1500 }, (_, i) => {
      const isClaiming = i >= 800 - claiming && i < 800;
      const late = i === 20 ? 10 * SECOND : 0;
      return record(`e${i}`, base + i * SECOND - late + (isClaiming ? 20 * MINUTE : 0));
    });
    let rejected = 0;
    const log = filtering(all, (cursor) => cursor === '800' && rejected++ === 0);
    const polled = await poll(deps(log, callable(scene), { requests: 100 }));
    expect(polled.stopped).toBe('scan ended');
    expect(scene.count('entries')).toBe(all.length);
  });
});

describe('a log that has a cursor on every page and records reads', () => {
  /** Lists in this order, then its reads, for ever. */
  function endless(first: readonly Entry[], clock: { now: number }) {
    const all = [...first];
    let requests = 0;
    return {
      get requests() {
        return requests;
      },
      list: async (query: ListQuery): Promise<Page> => {
        requests++;
        clock.now += 100;
        all.push(record(`read ${requests}`, clock.now, { action: 'audit_log.listed' }));
        const { created_at_min: min, cursor } = query;
        const from = min === undefined ? 0 : Date.parse(min);
        const shown = all.filter(({ createdAt }) => createdAt >= from);
        const at = Number(cursor ?? 0);
        const entries = shown.slice(at, at + query.limit);
        const endsInOwnRead = entries.at(-1)?.id.startsWith('read ') ?? false;
        return {
          entries,
          malformed: [],
          nextCursor: String(at + entries.length),
          times: answeredAt(clock.now),
          endsInOwnRead,
        };
      },
    };
  }

  it.each([
    ['in exact order', {}],
    ['in rough order', { 20: 10 * SECOND }],
  ])('%s: the first scan ends, and all is recorded', async (_, late) => {
    const scene = createScene(rules);
    const clock = { now: NOON };
    const log = endless(arrivals(1000, late, [5, 8]), clock);
    const seen = [];
    for (let tick = 0; tick < 10; tick++) {
      clock.now = NOON + tick * MINUTE;
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => clock.now),
          { requests: 15, now: () => clock.now },
        ),
      );
      seen.push(stopped);
    }
    // Nor does anybody learn of it: the scan seems to move.
    for (let tick = 10; tick < 40; tick++) {
      clock.now = NOON + tick * MINUTE;
      seen.push(
        (
          await poll(
            deps(
              log,
              callable(scene, () => clock.now),
              { requests: 15, now: () => clock.now },
            ),
          )
        ).stopped,
      );
      scene.ledger.watchdog(clock.now);
    }
    expect([scene.count('entries') > 1000, scene.count('alerts'), seen.at(-1)]).toEqual([true, 1, 'scan ended']);
  });
});

/** A log without filters, oldest first by `place`; cursors are places, and last. */
function placed(
  all: readonly { readonly e: Entry; readonly place: number; readonly seen: number }[],
  now: () => number,
  size = 100,
  sign = 1,
) {
  let requests = 0;
  return {
    get requests() {
      return requests;
    },
    list: async (query: ListQuery): Promise<Page> => {
      requests++;
      const after = query.cursor === undefined ? Number.NEGATIVE_INFINITY : Number(query.cursor);
      const shown = all
        .filter(({ seen, place }) => seen <= now() && sign * place > after)
        .sort((a, b) => sign * (a.place - b.place));
      const items = shown.slice(0, Math.min(size, query.limit));
      const next = shown.length > items.length ? String(sign * (items.at(-1)?.place ?? 0)) : null;
      return { entries: items.map(({ e }) => e), malformed: [], nextCursor: next, times: answeredAt(now()) };
    },
  };
}

describe('oldest first without filters, in rough order', () => {
  it.each([0, 290])('an entry that is late, and lies %i s before where it belongs, is recorded', async (aside) => {
    const scene = createScene(rules);
    let now = NOON;
    const at = (id: string, createdAt: number, asideMs: number, seen = createdAt) => ({
      e: record(id, createdAt),
      place: createdAt + asideMs,
      seen,
    });
    const all = [
      // Two of them out of order: it is a rough one.
      ...Array.from({ length: 99 }, (_, i) =>
        at(`old${i}`, NOON - 65 * MINUTE + i * 30 * SECOND, i === 20 ? 60 * SECOND + 1 : 0),
      ),
      at('last of the page', NOON - 10 * MINUTE - SECOND, 290 * SECOND),
      ...Array.from({ length: 20 }, (_, i) => at(`new${i}`, NOON - 4 * MINUTE + i * SECOND, 0)),
      at('late', NOON - 299 * SECOND, -aside * SECOND, NOON + SECOND),
    ];
    const log = placed(all, () => now);
    const kv = memoryKv();
    for (let tick = 0; tick < 10; tick++) {
      now = NOON + tick * MINUTE;
      await poll(
        deps(
          log,
          callable(scene, () => now),
          { kv, now: () => now },
        ),
      );
    }
    // What is from before the first start is left out.
    expect(scene.count('entries')).toBe(all.filter(({ e }) => e.createdAt >= NOON - 60 * MINUTE).length);
  });
});

describe('newest first without filters, in rough order', () => {
  it.each([0, 290])('an entry that is late, and lies %i s before where it belongs, is recorded', async (aside) => {
    const scene = createScene(rules);
    let now = NOON;
    const at = (id: string, createdAt: number, asideMs: number, seen = createdAt) => ({
      e: record(id, createdAt),
      place: createdAt + asideMs,
      seen,
    });
    const all = [
      ...Array.from({ length: 20 }, (_, i) =>
        at(`new${i}`, NOON - 4 * MINUTE + 10 * i * SECOND, i === 5 ? 15 * SECOND : 0),
      ),
      ...Array.from({ length: 10 }, (_, i) => at(`aside${i}`, NOON - 10 * MINUTE - (i + 1) * SECOND, 290 * SECOND)),
      at('late', NOON - 299 * SECOND, -aside * SECOND, NOON + SECOND),
      ...Array.from({ length: 60 }, (_, i) => at(`old${i}`, NOON - 11 * MINUTE - i * 10 * SECOND, 0)),
    ];
    const log = placed(all, () => now, 30, -1);
    for (let tick = 0; tick < 10; tick++) {
      now = NOON + tick * MINUTE;
      const { stopped } = await poll(
        deps(
          log,
          callable(scene, () => now),
          { now: () => now },
        ),
      );
      expect(stopped).toBe('scan ended');
    }
    expect(scene.count('entries', "id = 'late'")).toBe(1);
  });
});

describe('an upstream that asks to be left alone while staged entries are being recorded', () => {
  it('is left alone, and they are recorded', async () => {
    const scene = createScene(rules);
    scene.stage([{ id: 'a', createdAt: NOON, occurredAt: NOON, text: JSON.stringify({ id: 'a', action: 'vm.read' }) }]);
    scene.stage([], { ends: true });
    expect(scene.checkpoint().scan?.flushing).toBe(true);
    // A tick that overlapped was asked to wait, and the one that read all pages died.
    scene.ledger.recordFailedTick({ kind: 'upstream', message: 'it answered 429', retryAfterMs: HOUR }, NOON + 1);
    const later = NOON + MINUTE;
    const log = filtering([], () => false);
    await poll(
      deps(
        log,
        callable(scene, () => later),
        { now: () => later },
      ),
    );
    expect([log.requests, scene.count('entries')]).toEqual([0, 1]);
  });
});

describe('a new ledger that adopts the checkpoint of KV, oldest first without filters', () => {
  it('reads what the lost ledger had only staged', async () => {
    let now = NOON;
    // The first page is out of order, so that the first scan is staged.
    const all = Array.from({ length: 600 }, (_, i) => ({
      e: record(`e${i}`, NOON - 62 * MINUTE + i * 2 * SECOND),
      place: NOON - 62 * MINUTE + i * 2 * SECOND + (i === 20 ? 30 * SECOND + 1 : 0),
      seen: 0,
    }));
    const log = placed(all, () => now);
    const kv = memoryKv();
    const lost = createScene(rules);
    const polled = await poll(deps(log, callable(lost), { kv, requests: 4 }));
    expect([polled.stopped, polled.recorded, polled.staged]).toEqual(['budget', 0, 340]);
    const ledger = createLedger(nodeStore(), {
      engine: compile({ version: 'one', rules }),
      allowedLatenessMs: ALLOWED_LATENESS,
      retentionMs: 30 * 24 * HOUR,
      blindAfterMs: 15 * MINUTE,
      receivers: [],
    });
    now = NOON + 5 * MINUTE;
    let recorded = 0;
    for (let tick = 0; tick < 5; tick++) {
      now += MINUTE;
      const result = await poll(
        deps(
          log,
          callable({ ledger }, () => now),
          { kv, now: () => now, requests: 100 },
        ),
      );
      recorded += result.recorded;
    }
    expect(recorded).toBe(all.filter(({ e }) => e.createdAt >= NOON - 60 * MINUTE).length);
  });
});
