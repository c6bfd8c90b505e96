/** The tail: what a page means for the checkpoint, in every dialect; and that nothing the upstream shows is missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint } from '../../src/audit-log/checkpoint.ts';
import type { Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { PAGE_LIMIT_MAX } from '../../src/audit-log/entry.ts';
import {
  type ActiveScan,
  endScan,
  follow,
  nextQuery,
  startOrResumeScan,
  withoutCursor,
  withoutFilters,
} from '../../src/audit-log/tail.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const NOON = Date.UTC(2026, 0, 5, 12);
const ALLOWED_LATENESS = 5 * MINUTE;
/** How far the tests' checkpoints have seen. */
const SEEN = NOON - 10 * MINUTE;

/** A page of entries created at these seconds after `SEEN`. */
function page(seconds: readonly number[], nextCursor: string | null, servedAt = NOON): Page {
  const entries = seconds.map((at, i) => ({ id: `${nextCursor}-${i}`, createdAt: SEEN + at * SECOND, body: {} }));
  return { entries, malformed: [], nextCursor, servedAt };
}

function start(more: Partial<Checkpoint> = {}): Checkpoint {
  return { ...firstCheckpoint(SEEN, null), ...more };
}

/** Follows pages in turn; what each came to. */
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
    ['nothing, and no more', [page([], null)], ['ended'], 'record'],
    ['nothing, but more behind it', [page([], 'a')], ['more'], 'record'],
    [
      'nothing three times, but more behind it',
      [page([], 'a'), page([], 'b'), page([], 'c')],
      ['more', 'more', 'more'],
      'record',
    ],
    ['one entry, and no more', [page([1], null)], ['ended'], 'record'],
    ['an ascending page', [page([1, 2, 3], 'a')], ['more'], 'record'],
    ['an ascending page, and no more', [page([1, 2, 3], null)], ['ended'], 'record'],
    ['an ascending page that has passed the beginning', [page([1, 2, NOW_ISH + 1], 'a')], ['ended'], 'record'],
    ['one that has just reached it', [page([1, 2, NOW_ISH], 'a')], ['more'], 'record'],
    ['one that ends in the future has passed nothing', [page([1, 2, NOW_ISH + 6], 'a')], ['more'], 'record'],
    [
      'one that is passed while the walk goes on',
      [page([0, 1], 'a'), page([2, NOW_ISH + 60], 'b', NOON + 2 * MINUTE)],
      ['more', 'ended'],
      'record',
    ],
    [
      'one page that descends into an ascending walk: it may end at its end alone',
      [page([1, 2], 'a'), page([9, 3], 'b'), page([4, NOW_ISH + 1], 'c')],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins before the last one ended, as well',
      [page([1, 5], 'a'), page([4, 6], 'b'), page([7, NOW_ISH + 1], 'c')],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins where the last one ended is in order',
      [page([1, 5], 'a'), page([5, NOW_ISH + 1], 'b')],
      ['more', 'ended'],
      'record',
    ],
    ['a descending page', [page([3, 2, 1], 'a')], ['more'], 'stage'],
    ['a descending page, and no more', [page([3, 2, 1], null)], ['ended'], 'stage'],
    ['a descending page that ends before seen-through', [page([3, 2, -1], 'a')], ['ended'], 'stage'],
    ['one that ends exactly at seen-through: more may share its time', [page([3, 2, 0], 'a')], ['more'], 'stage'],
    [
      'a page of one instant before seen-through, after one that descends',
      [page([3, 2], 'a'), page([-1, -1], 'b')],
      ['more', 'ended'],
      'stage',
    ],
    ['a page in no order ends nothing', [page([3, -9, 1, -1], 'a')], ['more'], 'stage'],
    ['one instant, and more: assumed to be newest first', [page([1, 1, 1], 'a')], ['more'], 'stage'],
    [
      'one instant, and more, where the last walk ascended',
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
      'entries of a year to come at the head of a log that comes newest first',
      [page([3e7, 2, -1], 'a')],
      ['ended'],
      'stage',
    ],
  ];
  it.each(rows)('%s', (_, pages, kinds, handle, more) => {
    const result = followed(pages, start(more));
    expect([result.kinds, result.handle]).toEqual([kinds, handle]);
  });

  it('its first answer dates the walk, whatever the later ones say', () => {
    const { checkpoint } = followed([
      page([1], 'a'),
      page([2], 'b', NOON + MINUTE),
      page([3], 'c', NOON - 60 * MINUTE),
    ]);
    expect(checkpoint.scan.began).toBe(NOON);
  });
});

describe('circles', () => {
  for (const length of [1, 2, 3, 5, 17, 64]) {
    for (const before of [0, 1, 10]) {
      it(`of ${length} cursors after ${before} others is noticed before it is gone round thrice`, () => {
        let at: Checkpoint = start();
        for (let step = 0; ; step++) {
          const cursor = step < before ? `line ${step}` : `circle ${(step - before) % length}`;
          const result = follow(startOrResumeScan(at), page([1], cursor), ALLOWED_LATENESS);
          at = result.checkpoint;
          if (result.kind === 'cursor cycle') break;
          expect(step).toBeLessThan(before + 3 * Math.max(length, before) + 2);
        }
      });
    }
  }

  it('there is none in a thousand different cursors', () => {
    const pages = Array.from({ length: 1_000 }, (_, i) => page([i / 10], `c${i}`));
    expect(new Set(followed(pages).kinds)).toEqual(new Set(['more']));
  });
});

describe('where a walk without its cursor begins again', () => {
  const rows: readonly [string, readonly Page[], number, Partial<Checkpoint>?][] = [
    ['at seen-through, where nothing was read', [], 0],
    ['at the last time read, which may have more entries', [page([1, 2, 3], 'a')], 3],
    ['no later than the beginning less the overlap', [page([1, 2, 400], 'a')], 300],
    ['at seen-through, where a page did not ascend', [page([1, 3], 'a'), page([2, 9], 'b')], 0],
    ['at seen-through, where they come newest first', [page([5, 3], 'a')], 0],
    ['at seen-through, where the filter was ignored', [page([-5, 3], 'a')], 0],
    ['never before seen-through', [page([-5], 'a')], 0],
    ['where an empty page said nothing', [page([1, 2], 'a'), page([], 'b')], 2],
  ];
  it.each(rows)('%s', (_, pages, second, more) => {
    const { checkpoint } = followed(pages, start(more));
    const again = withoutCursor(startOrResumeScan(checkpoint), ALLOWED_LATENESS);
    expect(again.scan).toMatchObject({
      cursor: null,
      limit: PAGE_LIMIT_MAX,
      steps: 0,
      query: { sort: 'created_at:asc', created_at_min: new Date(SEEN + second * SECOND).toISOString() },
    });
    expect([again.resumeCursor, again.watermark]).toEqual([null, SEEN]);
  });

  it('the second time no earlier than the first', () => {
    let at: Checkpoint = followed([page([1, 2, 3], 'a')]).checkpoint;
    at = withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS);
    at = withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS);
    expect(at.scan?.query.created_at_min).toBe(new Date(SEEN + 3 * SECOND).toISOString());
  });

  it('with the beginning it had: it is the same walk', () => {
    const { checkpoint } = followed([page([1], 'a')]);
    const again = withoutCursor(startOrResumeScan(checkpoint), ALLOWED_LATENESS);
    const { checkpoint: on } = followed([page([2], null, NOON + 60 * MINUTE)], again);
    expect(endScan(on, ALLOWED_LATENESS).watermark).toBe(NOON - ALLOWED_LATENESS);
  });
});

describe('without filters', () => {
  it('asks with nothing but the limit, and of every walk from then on', () => {
    const unfilteredUpstream = withoutFilters(startOrResumeScan(start()));
    expect(nextQuery(startOrResumeScan(unfilteredUpstream ?? start()).scan)).toEqual({ limit: 100 });
    expect(nextQuery(startOrResumeScan(endScan(unfilteredUpstream ?? start(), ALLOWED_LATENESS)).scan)).toEqual({
      limit: 100,
    });
  });
  it('is once: then there is nothing left to leave out', () => {
    expect(withoutFilters(startOrResumeScan(start({ unfilteredUpstream: true })))).toBeNull();
  });
});

describe('the end of a walk', () => {
  it('moves seen-through to its beginning less the overlap, whatever the entries claim', () => {
    const { checkpoint } = followed([page([1, 1e6], null)]);
    expect(endScan(checkpoint, ALLOWED_LATENESS)).toMatchObject({ watermark: NOON - ALLOWED_LATENESS, scan: null });
  });
  it('never moves it back', () => {
    const { checkpoint } = followed([page([], null, SEEN)]);
    expect(endScan(checkpoint, ALLOWED_LATENESS).watermark).toBe(SEEN);
  });
  it('ends the silence it was read in', () => {
    const { checkpoint } = followed([page([], null)], start({ suppressBefore: NOON }));
    expect(checkpoint.scan.suppressBefore).toBe(NOON);
    expect(endScan(checkpoint, ALLOWED_LATENESS).suppressBefore).toBeNull();
    expect(startOrResumeScan(endScan(checkpoint, ALLOWED_LATENESS)).scan.suppressBefore).toBeNull();
  });
});

describe('a log that is oldest first and ignores the filter', () => {
  const old = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

  it('is read on from a cursor before which all is older than the overlap', () => {
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

  it('asks for a first page just so long that a cursor comes to stand at the overlap’s edge', () => {
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

  it('has no page shorter than the upstream allows asked for', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page([...old(-400, 9), ...old(310, 91)], 'b'),
      page([500], null),
    ]);
    expect(endScan(first.checkpoint, ALLOWED_LATENESS).resumeCursor).toMatchObject({ cursor: 'a', skip: null });
  });

  it('keeps no cursor behind an entry younger than the overlap, though older ones follow', () => {
    const first = followed([
      page(old(-500, 100), 'a'),
      page([400], 'b'),
      page(old(401, 99), 'c'),
      page([-1, 700], null),
    ]);
    expect(first.checkpoint.resumeCursor).toMatchObject({ cursor: 'a' });
  });

  it('whose kept cursor is refused is read from its first entry on', () => {
    const first = followed([page(old(-500, 100), 'a'), page([400], null)]);
    const again = withoutCursor(startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS)), ALLOWED_LATENESS);
    expect(nextQuery(startOrResumeScan(again).scan).cursor).toBeUndefined();
    expect(again.resumeCursor).toBeNull();
  });
});

/*
 * A log in memory, in each dialect: entries appear up to the overlap late, some are dated in the future, cursors are
 * refused at random, and every tick reads only so many pages. Whatever the ticks do, an entry must have been seen
 * before it falls behind seen-through.
 */

const DIALECTS = ['sorted', 'newest first', 'oldest first', 'by appearance', 'refuses filters'] as const;
type Dialect = (typeof DIALECTS)[number];
interface Shown extends Entry {
  readonly appearsAt: number;
}

interface Story {
  readonly dialect: Dialect;
  readonly pageSize: number;
  readonly budget: number;
  readonly entries: readonly { readonly gap: number; readonly late: number; readonly future: number }[];
  readonly faults: readonly number[];
}

const story = fc.record<Story>({
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
});

/** Entries after `position` in the dialect's order; a cursor is the position of the last entry shown. */
function answer(log: readonly Shown[], query: ListQuery, { dialect, pageSize }: Story, now: number): Page | null {
  const filters = query.sort !== undefined || query.created_at_min !== undefined;
  if (dialect === 'refuses filters' && filters) return null;
  const min = dialect === 'sorted' && query.created_at_min !== undefined ? Date.parse(query.created_at_min) : -Infinity;
  const sign = dialect === 'newest first' || dialect === 'refuses filters' ? -1 : 1;
  const place = (entry: Shown): number => (dialect === 'by appearance' ? entry.appearsAt : entry.createdAt);
  const order = (a: Shown, b: Shown): number =>
    sign * (place(a) - place(b) || Number(a.id > b.id) - Number(a.id < b.id));
  const after = query.cursor === undefined ? undefined : log.find(({ id }) => id === query.cursor);
  const shown = log
    .filter((entry) => entry.appearsAt <= now && entry.createdAt >= min)
    .sort(order)
    .filter((entry) => after === undefined || order(entry, after) > 0);
  // A log in which late entries lie out of order needs pages long enough to show an order.
  const entries = shown.slice(0, Math.min(dialect === 'by appearance' ? pageSize + 9 : pageSize, query.limit));
  const last = entries.at(-1);
  return {
    entries,
    malformed: [],
    nextCursor: last !== undefined && entries.length < shown.length ? last.id : null,
    servedAt: Math.floor(now / SECOND) * SECOND,
  };
}

function runs(of: Story): { readonly missed: readonly string[]; readonly unseen: readonly string[] } {
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
    for (let request = 0; request < (calm ? 200 : of.budget); request++) {
      const walking = startOrResumeScan(checkpoint);
      const dice = of.faults[fault++ % of.faults.length] ?? 0;
      const refused = !calm && walking.scan.cursor !== null && dice < 15;
      const page = refused ? null : answer(log, nextQuery(walking.scan), of, now + request * 100);
      if (page === null) {
        checkpoint =
          (walking.scan.cursor === null ? withoutFilters(walking) : withoutCursor(walking, ALLOWED_LATENESS)) ??
          walking;
        continue;
      }
      const result = follow(walking, page, ALLOWED_LATENESS);
      // Staged or recorded, it is kept.
      for (const { id } of page.entries) seen.add(id);
      checkpoint =
        result.kind === 'cursor cycle' ? withoutCursor(result.checkpoint, ALLOWED_LATENESS) : result.checkpoint;
      if (result.kind !== 'ended') continue;
      checkpoint = endScan(checkpoint, ALLOWED_LATENESS);
      for (const { id, createdAt } of log) {
        if (!seen.has(id) && createdAt < checkpoint.watermark) missed.push(id);
      }
      break;
    }
  }
  return { missed, unseen: log.map(({ id }) => id).filter((id) => !seen.has(id)) };
}

describe('nothing is missed', () => {
  it('in any dialect, with late and future entries, small budgets and refused cursors', () => {
    fc.assert(
      fc.property(story, (of) => {
        expect(runs(of)).toEqual({ missed: [], unseen: [] });
      }),
      { numRuns: 250 },
    );
  });
});
