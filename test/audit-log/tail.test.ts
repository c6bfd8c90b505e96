/** The tail: what a page means for the checkpoint, in every order of the log; and that no entry is missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint } from '../../src/audit-log/checkpoint.ts';
import type { Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { PAGE_LIMIT_MAX } from '../../src/audit-log/entry.ts';
import { givenUp, isUnreachable } from '../../src/audit-log/gap.ts';
import { withoutCursor, withoutFilters, withoutOldCursor } from '../../src/audit-log/restart.ts';
import type { ActiveScan } from '../../src/audit-log/scan.ts';
import { endScan, follow, nextQuery, startOrResumeScan } from '../../src/audit-log/tail.ts';
import { answeredAt } from '../support/answer-times.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOON = Date.UTC(2026, 0, 5, 12);
const ALLOWED_LATENESS = 5 * MINUTE;
/** The watermark of the tests' checkpoints. */
const WATERMARK = NOON - 10 * MINUTE;

/** A page of entries created at these seconds after `WATERMARK`. */
function page(seconds: readonly number[], nextCursor: string | null, servedAt = NOON): Page {
  const entries = seconds.map((at, i) => ({ id: `${nextCursor}-${i}`, createdAt: WATERMARK + at * SECOND, body: {} }));
  return { entries, malformed: [], nextCursor, times: answeredAt(servedAt) };
}

function start(more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...firstCheckpoint(WATERMARK, null), floor: WATERMARK - 60 * MINUTE, ...more };
}

/** Nine seconds before `second`, and it: enough to show an order. */
function upTo(second: number): number[] {
  return Array.from({ length: 10 }, (_, i) => second - 9 + i);
}

/** `second`, and the nine before it, newest first. */
function downTo(second: number): number[] {
  return upTo(second + 9).toReversed();
}

/** Follows pages in turn. */
function followed(pages: readonly Page[], from: Checkpoint = start()) {
  let at: Checkpoint = from;
  const kinds: string[] = [];
  let handle = '';
  for (const each of pages) {
    const result = follow(startOrResumeScan(at), each, ALLOWED_LATENESS);
    kinds.push(result.kind);
    handle = result.handle;
    at = result.checkpoint;
  }
  return { kinds, handle, checkpoint: at as ActiveScan };
}

const NOW_ISH = 600;

describe('what a page means', () => {
  const rows: readonly [string, readonly Page[], readonly string[], 'record' | 'stage', Partial<Checkpoint>?][] = [
    ['an empty page, and no more', [page([], null)], ['ended'], 'record'],
    ['an empty page, and more', [page([], 'a')], ['more'], 'record'],
    ['three empty pages, and more', [page([], 'a'), page([], 'b'), page([], 'c')], ['more', 'more', 'more'], 'record'],
    ['one entry, and no more', [page([1], null)], ['ended'], 'record'],
    ['an ascending page', [page([1, 2, 3], 'a')], ['more'], 'record'],
    ['an ascending page, and no more', [page([1, 2, 3], null)], ['ended'], 'record'],
    ['an ascending page that ends after the beginning', [page([...upTo(9), NOW_ISH + 1], 'a')], ['ended'], 'record'],
    ['fewer than ten entries show no order', [page([1, 2, NOW_ISH + 1], 'a')], ['more'], 'record'],
    ['an ascending page that ends exactly at the beginning', [page([...upTo(9), NOW_ISH], 'a')], ['more'], 'record'],
    [
      'an ascending page that ends in the future ends nothing',
      [page([...upTo(9), NOW_ISH + 6], 'a')],
      ['more'],
      'record',
    ],
    [
      'an ascending page that ends in a request of this tick, on a clock that is behind',
      [page([1, 2, 3], 'a'), { ...page([4], 'b'), endsInOwnRead: true }],
      ['more', 'ended'],
      'record',
    ],
    [
      'a request of this tick in a scan that does not ascend ends nothing',
      [page([9, 3], 'a'), { ...page([4], 'b'), endsInOwnRead: true }],
      ['more', 'more'],
      'stage',
    ],
    [
      'an end that is after the beginning, in the future at first',
      [page(upTo(9), 'a'), page([10, NOW_ISH + 60], 'b', NOON + 2 * MINUTE)],
      ['more', 'ended'],
      'record',
    ],
    [
      'a descending page in an ascending scan: only a null cursor can end it',
      [page([1, 2], 'a'), page([9, 3], 'b'), page([4, NOW_ISH + 1], 'c')],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins before the end of the previous one: the same',
      [page(upTo(9), 'a'), page([4, 16], 'b'), page([17, NOW_ISH + 1], 'c')],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins at the end of the previous one is in order',
      [page(upTo(9), 'a'), page([9, NOW_ISH + 1], 'b')],
      ['more', 'ended'],
      'record',
    ],
    ['a descending page', [page([3, 2, 1], 'a')], ['more'], 'stage'],
    ['a descending page, and no more', [page([3, 2, 1], null)], ['ended'], 'stage'],
    ['a descending page that ends before the watermark', [page(downTo(-1), 'a')], ['ended'], 'stage'],
    [
      'a descending page that ends exactly at the watermark: others may share its time',
      [page(downTo(0), 'a')],
      ['more'],
      'stage',
    ],
    [
      'a page of one instant before the watermark, after a descending one',
      [page(downTo(2), 'a'), page([-1, -1], 'b')],
      ['more', 'ended'],
      'stage',
    ],
    ['an unordered page ends nothing', [page([3, -9, 1, -1], 'a')], ['more'], 'stage'],
    ['one instant, and more: assumed to be newest first', [page([1, 1, 1], 'a')], ['more'], 'stage'],
    [
      'one instant, and more, if the last scan ascended',
      [page([1, 1], 'a')],
      ['more'],
      'record',
      { direction: 'forward' },
    ],
    [
      'one instant, then a later one',
      [page([1, 1], 'a'), page([2, 2], 'b')],
      ['more', 'more'],
      'record',
      { direction: 'forward' },
    ],
    [
      'one instant, then an earlier one',
      [page([2, 2], 'a'), page([1, 1], 'b')],
      ['more', 'more'],
      'stage',
      { direction: 'forward' },
    ],
    [
      'one instant, then a page that goes up to it and down again is in no order, however old',
      [page(Array(10).fill(-3_000), 'a'), page([-2_990, -3_000], 'b'), page(Array(10).fill(-3_000), 'c')],
      ['more', 'more', 'more'],
      'stage',
    ],
    [
      'pages that descend, each from above the end of the last one, are in no order',
      [page(downTo(5), 'a'), page(downTo(-3), 'b')],
      ['more', 'more'],
      'stage',
    ],
    [
      'entries dated next year at the start of a newest-first log',
      [page([3e7, ...downTo(-1)], 'a')],
      ['ended'],
      'stage',
    ],
  ];
  it.each(rows)('%s', (_, pages, kinds, handle, more) => {
    const result = followed(pages, start(more));
    expect([result.kinds, result.handle]).toEqual([kinds, handle]);
  });

  it('the first answer dates the scan, whatever the later ones say', () => {
    const { checkpoint } = followed([
      page([1], 'a'),
      page([2], 'b', NOON + MINUTE),
      page([3], 'c', NOON - 60 * MINUTE),
    ]);
    expect(checkpoint.scan.began).toBe(NOON);
  });
});

describe('cursor cycles', () => {
  for (const length of [1, 2, 3, 5, 17, 64]) {
    for (const before of [0, 1, 10]) {
      it(`of ${length} cursors after ${before} others are detected within three rounds`, () => {
        let at: Checkpoint = start();
        for (let step = 0; ; step++) {
          const cursor = step < before ? `line ${step}` : `cycle ${(step - before) % length}`;
          const result = follow(startOrResumeScan(at), page([1], cursor), ALLOWED_LATENESS);
          at = result.checkpoint;
          if (result.kind === 'cursor cycle') break;
          expect(step).toBeLessThan(before + 3 * Math.max(length, before) + 2);
        }
      });
    }
  }

  it('are not found in a thousand different cursors', () => {
    const pages = Array.from({ length: 1_000 }, (_, i) => page([i / 10], `c${i}`));
    expect(new Set(followed(pages).kinds)).toEqual(new Set(['more']));
  });
});

/** A page of so many entries, a second apart. */
function many(from: number, count: number, nextCursor: string | null): Page {
  return page(
    Array.from({ length: count }, (_, i) => from + i),
    nextCursor,
  );
}

describe('a scan without its cursor restarts', () => {
  const rows: readonly [string, readonly Page[], number, Partial<Checkpoint>?][] = [
    ['at the watermark, if nothing was read', [], 0],
    ['a lateness before the last time read: others may be listed where they arrived', [many(1, 400, 'a')], 100],
    ['at the last time read, if that has no more than a page since', [many(1, 100, 'a')], 100],
    ['at the watermark, if there is less than a page since', [many(1, 99, 'a')], 0],
    ['no later than the beginning minus the allowed lateness', [many(1, 598, 'a'), page([700], 'b')], 300],
    ['at the watermark, if a page did not ascend', [page([1, 3], 'a'), page([2, 9], 'b')], 0],
    ['at the watermark, if the order is newest first', [page([5, 3], 'a')], 0],
    ['at the watermark, if the filter was ignored', [page([-5, ...upTo(110)], 'a')], 0],
    ['never before the watermark', [page([-5], 'a')], 0],
    ['at the last time read before an empty page', [many(1, 100, 'a'), page([], 'b')], 100],
  ];
  it.each(rows)('%s', (_, pages, second, more) => {
    const { checkpoint } = followed(pages, start(more));
    const again = withoutCursor(startOrResumeScan(checkpoint), ALLOWED_LATENESS);
    expect(again.scan).toMatchObject({
      cursor: null,
      limit: PAGE_LIMIT_MAX,
      steps: 0,
      query: { sort: 'created_at:asc', created_at_min: new Date(WATERMARK + second * SECOND).toISOString() },
    });
    expect([again.resumeCursor, again.watermark]).toEqual([null, WATERMARK]);
  });

  it('the second time no earlier than the first', () => {
    let at: Checkpoint = followed([many(1, 100, 'a')]).checkpoint;
    at = withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS);
    at = withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS);
    expect(at.scan?.query.created_at_min).toBe(new Date(WATERMARK + 100 * SECOND).toISOString());
  });

  const newest: readonly [string, readonly Page[], number | null][] = [
    ['a lateness after the last one staged', [many(1, 590, 'a')], 301],
    ['at the last one staged, if that is less than a lateness away', [many(401, 190, 'a')], 401],
    ['from the newest, if there is less than a page', [many(401, 99, 'a')], null],
  ];
  it.each(newest)('newest first: %s', (_, pages, second) => {
    const { checkpoint } = followed(pages.map((each) => ({ ...each, entries: each.entries.toReversed() })));
    const max = withoutCursor(checkpoint, ALLOWED_LATENESS).scan.query.created_at_max;
    expect(max).toBe(second === null ? undefined : new Date(WATERMARK + second * SECOND).toISOString());
  });

  it('with its beginning: it is the same scan', () => {
    const { checkpoint } = followed([page([1], 'a')]);
    const again = withoutCursor(startOrResumeScan(checkpoint), ALLOWED_LATENESS);
    const { checkpoint: on } = followed([page([2], null, NOON + 60 * MINUTE)], again);
    expect(endScan(on, ALLOWED_LATENESS).watermark).toBe(NOON - ALLOWED_LATENESS);
  });
});

describe('without filters', () => {
  it('this scan and later ones query with only the limit', () => {
    const unfilteredUpstream = withoutFilters(startOrResumeScan(start()));
    expect(nextQuery(startOrResumeScan(unfilteredUpstream ?? start()).scan)).toEqual({ limit: 100 });
    expect(nextQuery(startOrResumeScan(endScan(unfilteredUpstream ?? start(), ALLOWED_LATENESS)).scan)).toEqual({
      limit: 100,
    });
  });
  it('happens once: then there is nothing left to drop', () => {
    expect(withoutFilters(startOrResumeScan(start({ unfilteredUpstream: true })))).toBeNull();
  });
});

describe('the end of a scan', () => {
  it('moves the watermark to its beginning minus the allowed lateness, whatever its entries claim', () => {
    const { checkpoint } = followed([page([1, 1e6], null)]);
    expect(endScan(checkpoint, ALLOWED_LATENESS)).toMatchObject({ watermark: NOON - ALLOWED_LATENESS, scan: null });
  });
  it('never moves it back', () => {
    const { checkpoint } = followed([page([], null, WATERMARK)]);
    expect(endScan(checkpoint, ALLOWED_LATENESS).watermark).toBe(WATERMARK);
  });
  it('ends its suppression', () => {
    const { checkpoint } = followed([page([], null)], start({ suppressBefore: NOON }));
    expect(checkpoint.scan.suppressBefore).toBe(NOON);
    expect(endScan(checkpoint, ALLOWED_LATENESS).suppressBefore).toBeNull();
    expect(startOrResumeScan(endScan(checkpoint, ALLOWED_LATENESS)).scan.suppressBefore).toBeNull();
  });
});

describe('a log that is oldest first and ignores the filter', () => {
  const old = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

  it('resumes from a cursor with only entries before it that are older than the allowed lateness', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page(old(-400, 100), 'b'),
      page([-300, 400], 'c'),
      page([500], null),
    ]);
    expect(first.kinds).toEqual(['more', 'more', 'more', 'ended']);
    const { resumeCursor } = endScan(first.checkpoint, ALLOWED_LATENESS);
    expect(resumeCursor).toMatchObject({ cursor: 'b' });
    const query = nextQuery(startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS)).scan);
    expect(query).toMatchObject({ cursor: 'b', limit: 100 });
  });

  it('keeps a cursor with the query it is bound to', () => {
    const { checkpoint } = followed([page(old(-500, 100), 'a'), page([400], null)]);
    const { sort, created_at_min } = nextQuery(startOrResumeScan(start()).scan);
    expect(endScan(checkpoint, ALLOWED_LATENESS).resumeCursor?.query).toEqual({ sort, created_at_min });
  });

  it('requests a first page that ends at the edge of the allowed lateness', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page([...old(-400, 30), ...old(310, 70)], 'b'),
      page([500], null),
    ]);
    const { resumeCursor } = endScan(first.checkpoint, ALLOWED_LATENESS);
    expect(resumeCursor).toMatchObject({ cursor: 'a', skip: 30 });
    const next = startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS));
    expect(nextQuery(next.scan)).toMatchObject({ cursor: 'a', limit: 30 });
    const then = follow(next, page(old(-400, 30), 'edge'), ALLOWED_LATENESS);
    expect(then.checkpoint.resumeCursor).toMatchObject({ cursor: 'edge' });
    expect(nextQuery(then.checkpoint.scan).limit).toBe(100);
  });

  it('requests no page below the upstream’s least limit', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page([...old(-400, 9), ...old(310, 91)], 'b'),
      page([500], null),
    ]);
    expect(endScan(first.checkpoint, ALLOWED_LATENESS).resumeCursor).toMatchObject({ cursor: 'a', skip: null });
  });

  it('keeps no cursor after an entry within the allowed lateness, even if older ones follow', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page([400], 'b'),
      page(old(401, 99), 'c'),
      page([-1, 700], null),
    ]);
    expect(first.checkpoint.resumeCursor).toMatchObject({ cursor: 'a' });
  });

  it('falls back to the cursor before it if the resume cursor is rejected, and only then to the first entry', () => {
    const first = followed([page(old(-500, 100), 'a'), page(old(-400, 100), 'b'), page([400], null)]);
    const next = startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS));
    expect(nextQuery(next.scan).cursor).toBe('b');
    const once = withoutCursor(next, ALLOWED_LATENESS);
    expect([nextQuery(once.scan).cursor, once.resumeCursor?.cursor]).toEqual(['a', 'a']);
    const again = follow(once, page(old(-400, 100), 'c'), ALLOWED_LATENESS).checkpoint;
    expect(again.resumeCursor).toMatchObject({ cursor: 'c', fallback: 'a' });
    const twice = withoutCursor(once, ALLOWED_LATENESS);
    expect([nextQuery(twice.scan).cursor, twice.resumeCursor]).toEqual([undefined, null]);
  });

  it('goes on from the resume cursor if a later one is rejected', () => {
    const first = followed([page(old(-500, 100), 'a'), page(old(-400, 100), 'b'), page([400], 'c')]);
    const again = withoutCursor(first.checkpoint, ALLOWED_LATENESS);
    expect(nextQuery(again.scan).cursor).toBe('b');
    expect(again.scan.began).toBe(NOON);
  });

  it('keeps no cursor behind a malformed record, which may be recent, and right later', () => {
    const malformed = { ...page(old(-500, 99), 'a'), malformed: [{ problem: 'no created_at', body: {} }] as const };
    expect(followed([malformed]).checkpoint.resumeCursor).toBeNull();
    expect(followed([malformed, page(old(-400, 100), 'b')]).checkpoint.resumeCursor).toMatchObject({ cursor: 'b' });
  });

  it('keeps the cursor before the last malformed record, however many pages have one', () => {
    const malformed = (from: number, cursor: string) => ({
      ...page(old(from, 99), cursor),
      malformed: [{ problem: 'no created_at', body: {} }] as const,
    });
    const first = followed([malformed(-500, 'a'), malformed(-400, 'b'), malformed(-300, 'c')]).checkpoint;
    expect(first.resumeCursor).toMatchObject({ cursor: 'b', fallback: 'a' });
    expect(first.scan.resumeCursorAt).toBe(2 * 99);
    // The same page again, with nothing behind it that is old.
    const next = startOrResumeScan(endScan(first, ALLOWED_LATENESS));
    const again = follow(next, malformed(-300, 'd'), ALLOWED_LATENESS).checkpoint;
    expect(again.resumeCursor).toMatchObject({ cursor: 'b', fallback: 'a' });
    expect(follow(again, page([400], null), ALLOWED_LATENESS).checkpoint.resumeCursor).toMatchObject({ cursor: 'b' });
  });

  it('restarts at its first entry if the resume cursor is rejected', () => {
    const first = followed([page(old(-500, 100), 'a'), page([400], null)]);
    const again = withoutCursor(startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS)), ALLOWED_LATENESS);
    expect(nextQuery(startOrResumeScan(again).scan).cursor).toBeUndefined();
    expect(again.resumeCursor).toBeNull();
  });
});

/*
 * A log in memory, in each dialect: entries appear late, within the allowed lateness, some are dated in the future, cursors
 * are rejected at random, and a tick reads a limited number of pages. Whatever the ticks do, an entry must be read before
 * the watermark passes it.
 */

const DIALECTS = [
  'sorted',
  'newest first',
  'oldest first',
  'by appearance',
  'newest appearance first',
  'sorted by appearance',
  'filters only',
  'refuses filters',
] as const;
type Dialect = (typeof DIALECTS)[number];
interface Shown extends Entry {
  readonly appearsAt: number;
}

interface Case {
  readonly dialect: Dialect;
  readonly pageSize: number;
  readonly budget: number;
  readonly entries: readonly { readonly gap: number; readonly late: number; readonly future: number }[];
  readonly faults: readonly number[];
  /** No cursor lasts until the next tick. */
  readonly cursorsDie: boolean;
}

const cases = fc.record<Case>({
  dialect: fc.constantFrom(...DIALECTS),
  pageSize: fc.integer({ min: 1, max: 7 }),
  budget: fc.integer({ min: 1, max: 12 }),
  entries: fc.array(
    fc.record({
      gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90 })),
      late: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 299 }) },
      ),
      future: fc.oneof(
        { weight: 30, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000 }) },
      ),
    }),
    { minLength: 1, maxLength: 60 },
  ),
  faults: fc.array(fc.nat(99), { minLength: 1, maxLength: 30 }),
  cursorsDie: fc.boolean(),
});

/** Entries after `position` in the dialect's order; a cursor is the position of the last entry shown. */
function answer(log: readonly Shown[], query: ListQuery, { dialect, pageSize }: Case, now: number): Page | null {
  const filters = query.sort !== undefined || query.created_at_min !== undefined;
  if (dialect === 'refuses filters' && filters) return null;
  const isFiltering = dialect.startsWith('sorted') || dialect === 'filters only';
  const { created_at_min: from, created_at_max: to } = query;
  const min = isFiltering && from !== undefined ? Date.parse(from) : -Infinity;
  const max = isFiltering && to !== undefined ? Date.parse(to) : Infinity;
  const sign = ['newest first', 'newest appearance first', 'filters only', 'refuses filters'].includes(dialect)
    ? -1
    : 1;
  const place = (entry: Shown): number => (dialect.includes('appear') ? entry.appearsAt : entry.createdAt);
  const order = (a: Shown, b: Shown): number =>
    sign * (place(a) - place(b) || Number(a.id > b.id) - Number(a.id < b.id));
  const after = query.cursor === undefined ? undefined : log.find(({ id }) => id === query.cursor);
  const shown = log
    .filter((entry) => entry.appearsAt <= now && entry.createdAt >= min && entry.createdAt <= max)
    .sort(order)
    .filter((entry) => after === undefined || order(entry, after) > 0);
  const entries = shown.slice(0, Math.min(pageSize, query.limit));
  const last = entries.at(-1);
  return {
    entries,
    malformed: [],
    nextCursor: last !== undefined && entries.length < shown.length ? last.id : null,
    times: { ...answeredAt(now), date: Math.floor(now / SECOND) * SECOND },
  };
}

function runCase(of: Case): { readonly missed: readonly string[]; readonly unread: readonly string[] } {
  let at = NOON;
  const log: Shown[] = of.entries.map(({ gap, late, future }, i) => {
    at += gap * SECOND;
    return { id: `e${i}`, createdAt: at - late * SECOND + future * SECOND, appearsAt: at, body: {} };
  });
  const seen = new Set<string>();
  let checkpoint: Checkpoint = firstCheckpoint(NOON - 60 * MINUTE, null);
  const missed: string[] = [];
  let fault = 0;
  const calmFrom = at + MINUTE;
  for (let now = NOON; now < calmFrom + 30 * MINUTE; now += 60_137) {
    const calm = now > calmFrom;
    const budget = calm ? 200 : of.budget;
    for (let request = 0; request < budget; request++) {
      const active = startOrResumeScan(checkpoint);
      const dice = of.faults[fault++ % of.faults.length] ?? 0;
      const isOld = request === 0;
      const rejected = !calm && active.scan.cursor !== null && (dice < 15 || (isOld && of.cursorsDie));
      const page = rejected ? null : answer(log, nextQuery(active.scan), of, now + request * 100);
      if (page === null) {
        checkpoint =
          (active.scan.cursor === null
            ? withoutFilters(active)
            : (isOld ? withoutOldCursor : withoutCursor)(active, ALLOWED_LATENESS)) ?? active;
        continue;
      }
      const result = follow(active, page, ALLOWED_LATENESS);
      // Staged or recorded.
      for (const { id } of page.entries) seen.add(id);
      checkpoint =
        result.kind === 'cursor cycle' ? withoutCursor(result.checkpoint, ALLOWED_LATENESS) : result.checkpoint;
      const givesUp = result.kind !== 'ended' && request === budget - 1 && isUnreachable(result.checkpoint);
      if (givesUp) checkpoint = givenUp(result.checkpoint, ALLOWED_LATENESS);
      if (result.kind !== 'ended' && !givesUp) continue;
      checkpoint = endScan(checkpoint, ALLOWED_LATENESS);
      for (const { id, createdAt } of log) {
        const isInGap = checkpoint.gap !== null && createdAt >= checkpoint.gap.from && createdAt < checkpoint.gap.to;
        if (!seen.has(id) && createdAt < checkpoint.watermark && !isInGap) missed.push(id);
      }
      break;
    }
  }
  if (checkpoint.gap !== null) missed.push('a gap');
  return { missed, unread: log.map(({ id }) => id).filter((id) => !seen.has(id)) };
}

describe('no entry is missed', () => {
  it('in any dialect, with late and future entries, small budgets and rejected cursors', () => {
    fc.assert(
      fc.property(cases, (of) => {
        expect(runCase(of)).toEqual({ missed: [], unread: [] });
      }),
      { numRuns: 500 },
    );
  });
});
