/** The tail: what a page means for the checkpoint, in every order of the log; and that no entry is missed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint } from '../../src/audit-log/checkpoint.ts';
import type { Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { PAGE_LIMIT_MAX } from '../../src/audit-log/entry.ts';
import { givenUp, isUnreachable } from '../../src/audit-log/gap.ts';
import { withoutCursor, withoutFilters, withoutOldCursor } from '../../src/audit-log/restart.ts';
import { type ActiveScan, boundsOf } from '../../src/audit-log/scan.ts';
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

/** A page of so many entries from a second on, a second apart. */
function many(from: number, count: number, nextCursor: string | null, servedAt = NOON): Page {
  return page(
    Array.from({ length: count }, (_, i) => from + i),
    nextCursor,
    servedAt,
  );
}

/** The same, newest first. */
function manyDown(from: number, count: number, nextCursor: string | null): Page {
  return page(
    Array.from({ length: count }, (_, i) => from - i),
    nextCursor,
  );
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
    [
      'ascending pages until most of ten entries are after the beginning',
      [page(upTo(9), 'a'), page(upTo(NOW_ISH + 6), 'b', NOON + MINUTE)],
      ['more', 'ended'],
      'record',
    ],
    [
      'half of ten entries after the beginning',
      [page(upTo(9), 'a'), page(upTo(NOW_ISH + 4), 'b', NOON + MINUTE)],
      ['more', 'more'],
      'record',
    ],
    [
      'one entry that claims to be from after the beginning, where entries are listed as they arrive',
      [page([...upTo(109), NOW_ISH + 1], 'a', NOON), page([110, 111], 'b', NOON + MINUTE)],
      ['more', 'more'],
      'record',
    ],
    [
      'six entries that claim to be from after the beginning, but in the future',
      [page(upTo(9), 'a'), page(upTo(NOW_ISH + 12), 'b')],
      ['more', 'more'],
      'record',
    ],
    [
      'entries from after the beginning, of which the first ones were not there before either',
      [page(upTo(NOW_ISH + 10), 'a', NOON), page(upTo(NOW_ISH + 500), 'b', NOON + 10 * MINUTE)],
      ['more', 'more'],
      'record',
    ],
    [
      'ten entries around the beginning show no order',
      [page(upTo(NOW_ISH - 1), 'a'), page(upTo(NOW_ISH + 9), 'b', NOON + MINUTE)],
      ['more', 'more'],
      'record',
    ],
    [
      'a hundred entries around the beginning, in exact order',
      [many(NOW_ISH - 90, 90, 'a'), many(NOW_ISH, 10, 'b', NOON + MINUTE)],
      ['more', 'ended'],
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
      [page(upTo(9), 'a'), page(upTo(NOW_ISH + 60), 'b', NOON + 2 * MINUTE)],
      ['more', 'ended'],
      'record',
    ],
    [
      'a descending page in an ascending scan: only a null cursor can end it',
      [page(upTo(9), 'a'), page([19, 13], 'b'), page(upTo(NOW_ISH + 9), 'c', NOON + MINUTE)],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins before the end of the previous one: the same',
      [page(upTo(9), 'a'), page([4, 16], 'b'), page(upTo(NOW_ISH + 9), 'c', NOON + MINUTE)],
      ['more', 'more', 'more'],
      'record',
    ],
    [
      'a page that begins at the end of the previous one is in order',
      [page(upTo(9), 'a'), page([9, ...upTo(NOW_ISH + 9)], 'b', NOON + MINUTE)],
      ['more', 'ended'],
      'record',
    ],
    ['a descending page', [page([3, 2, 1], 'a')], ['more'], 'stage'],
    ['a descending page, and no more', [page([3, 2, 1], null)], ['ended'], 'stage'],
    [
      'descending pages until most of ten entries are before the watermark',
      [page(downTo(400), 'a'), page(downTo(-6), 'b')],
      ['more', 'ended'],
      'stage',
    ],
    [
      'half of ten entries before the watermark',
      [page(downTo(400), 'a'), page(downTo(-4), 'b')],
      ['more', 'more'],
      'stage',
    ],
    [
      'one entry from before the watermark: it may have any date',
      [page([...downTo(400), -100_000], 'a')],
      ['more'],
      'stage',
    ],
    [
      'ten entries of an oldest-first log, of which the last is late and the others are from one instant',
      [page([-400, -400, -400, -400, -400, -400, -400, -400, -400, -410], 'a')],
      ['more'],
      'stage',
    ],
    ['a hundred entries in exact order before the watermark', [manyDown(-1, 100, 'a')], ['ended'], 'stage'],
    ['ninety-nine of them', [manyDown(-1, 99, 'a')], ['more'], 'stage'],
    ['a hundred entries of one instant show no order', [page(Array(100).fill(-1), 'a')], ['more'], 'stage'],
    [
      'ten entries before the watermark, after ten later ones and an entry that lies between them',
      [page(downTo(400), 'a'), page([30], 'b'), page(downTo(90), 'c'), page(downTo(-610), 'd')],
      ['more', 'more', 'more', 'ended'],
      'stage',
    ],
    [
      'the same, but not two latenesses before the watermark: the order is only a rough one',
      [page(downTo(400), 'a'), page([30], 'b'), page(downTo(90), 'c'), page(downTo(-600), 'd')],
      ['more', 'more', 'more', 'more'],
      'stage',
    ],
    [
      'a page of one instant before the watermark, after a descending one',
      [page(downTo(400), 'a'), page(Array(10).fill(-1), 'b')],
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
      [page([3e7, ...downTo(400), ...downTo(-10)], 'a')],
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

/** What a scan reads next: from and to which second, null: to the end; and from where it has to read. */
function partOf({ scan }: ActiveScan): readonly [number, number | null, number] {
  const { min, max } = boundsOf(scan.query);
  const secondOf = (at: number): number => (at - WATERMARK) / SECOND;
  return [secondOf(min), max === Number.POSITIVE_INFINITY ? null : secondOf(max), secondOf(scan.from)];
}

const ROUGH = { roughUntil: NOON + MINUTE };
const LONG_ROUGH = { roughUntil: NOON + 60 * MINUTE };

describe('a scan without its cursor goes on', () => {
  const rows: readonly [string, readonly Page[], readonly [number, number | null, number], Partial<Checkpoint>?][] = [
    ['at the watermark, if nothing was read', [], [0, null, 0]],
    [
      'oldest first: two latenesses before the last entries read, since they and others may lie one aside',
      [many(1, 2_000, 'a', NOON + 60 * MINUTE)],
      [1_391, null, 1_391],
    ],
    ['in rough order too, a lateness more before', [many(1, 700, 'a', NOON + 10 * MINUTE)], [91, null, 91], LONG_ROUGH],
    ['with what it has followed, if there is no more than two latenesses', [many(1, 100, 'a')], [0, 96, 0]],
    ['at the watermark, if there is less than a page', [many(1, 99, 'a')], [0, null, 0]],
    ['at the watermark, if there is no more than a lateness in rough order', [many(1, 250, 'a')], [0, null, 0], ROUGH],
    ['no later than the beginning minus the allowed lateness', [many(1, 598, 'a'), page([700], 'b')], [0, 300, 0]],
    ['no later than that, whatever entries claim', [many(1, 598, 'a'), page(upTo(9e5), 'b')], [0, 300, 0]],
    [
      'whatever the last entry claims, where entries are listed as they arrive',
      [page([...upTo(9), 3600], 'a', NOON + 2 * 60 * MINUTE)],
      [0, null, 0],
    ],
    [
      'whatever four of the last ten claim',
      [page([...upTo(106), 3601, 3602, 3603, 3604], 'a', NOON + 2 * 60 * MINUTE)],
      [0, null, 0],
    ],
    ['at the watermark, if a page did not ascend', [page([1, 3], 'a'), page([2, 9], 'b')], [0, null, 0]],
    ['at the watermark, if the filter was ignored', [page([-5, ...upTo(110)], 'a')], [0, null, 0]],
    ['never before the watermark', [page([-5], 'a')], [0, null, 0]],
    ['with what it has followed before an empty page', [many(1, 100, 'a'), page([], 'b')], [0, 96, 0]],
    [
      'oldest first: before the earliest of the last entries, whatever the others claim',
      [many(1, 1_991, 'a', NOON + 90 * MINUTE), page(upTo(2_500).slice(1), 'b', NOON + 90 * MINUTE)],
      [1_391, null, 1_391],
    ],
    ['newest first: behind the last entries staged, in two parts', [manyDown(590, 590, 'a')], [6, NOW_ISH, 0]],
    ['newest first, from any page: a part may have any size', [page([500, 499, 498], 'a')], [499, NOW_ISH, 0]],
    ['newest first, in rough order', [page([500, 498, 499], 'a')], [499, NOW_ISH, 0], ROUGH],
    [
      'newest first: behind entries that are not all of one instant',
      [page([500, ...Array<number>(12).fill(0), 1], 'a')],
      [1, NOW_ISH, 0],
    ],
    [
      'newest first: with the same part, if what was read is of the instant where it begins',
      [page([0, -0.5, ...Array<number>(12).fill(0)], 'a')],
      [0, null, 0],
    ],
    [
      'newest first, without what came after its beginning: the next scan reads it',
      [page(downTo(NOW_ISH + 20), 'a'), page(downTo(NOW_ISH + 1), 'b', NOON + MINUTE)],
      [0, NOW_ISH, 0],
    ],
    [
      'in two parts, where a log that lists arrivals begins with old entries that claim to be later',
      [page(downTo(400), 'a'), page(upTo(10), 'b')],
      [6, NOW_ISH, 0],
    ],
  ];
  it.each(rows)('%s', (_, pages, part, more) => {
    const { checkpoint } = followed(pages, start(more));
    const again = withoutCursor(startOrResumeScan(checkpoint), ALLOWED_LATENESS);
    expect(again.scan).toMatchObject({ cursor: null, limit: PAGE_LIMIT_MAX, steps: 0 });
    expect(partOf(again)).toEqual(part);
    expect([again.resumeCursor, again.watermark]).toEqual([null, WATERMARK]);
  });

  it('the second time no earlier than the first', () => {
    let at: Checkpoint = followed([many(1, 100, 'a')]).checkpoint;
    at = withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS);
    expect(partOf(withoutCursor(startOrResumeScan(at), ALLOWED_LATENESS))).toEqual([0, 96, 0]);
  });

  it('oldest first, with what it has followed to its end, and then from there', () => {
    const again = withoutCursor(followed([many(1, 100, 'a')]).checkpoint, ALLOWED_LATENESS);
    // Its cursor is lost too: it asks for less.
    const less = withoutCursor(
      followed([page([...upTo(40), 41, 42], 'b')], start({ ...again })).checkpoint,
      ALLOWED_LATENESS,
    );
    expect(partOf(less)).toEqual([0, 96, 0]);
    const on = followed([many(1, 96, null)], again);
    expect([on.kinds, on.handle, partOf(on.checkpoint)]).toEqual([['more'], 'record', [96, null, 96]]);
    expect(followed([page([700], null)], on.checkpoint).kinds).toEqual(['ended']);
  });

  it('with half of it where all of its last entries are of the instant where it ends', () => {
    const again = withoutCursor(followed([many(1, 100, 'a')]).checkpoint, ALLOWED_LATENESS);
    const instant = page([...Array.from({ length: 90 }, (_, i) => i + 1), ...Array<number>(20).fill(96)], 'b');
    expect(partOf(withoutCursor(followed([instant], again).checkpoint, ALLOWED_LATENESS))).toEqual([0, 48, 0]);
  });

  it('by exact order, where what is certain is a small step', () => {
    const { checkpoint } = followed([many(1, 700, 'a', NOON + 60 * MINUTE)]);
    expect(partOf(withoutCursor(checkpoint, ALLOWED_LATENESS))).toEqual([0, 696, 0]);
  });

  it('and goes on though an earlier version had stored it', () => {
    const at = followed([many(1, 100, 'a')]).checkpoint;
    const { goesOn: _, emptyEnd: __, endedEarly: ___, ...scan } = at.scan;
    const stored = { ...at, scan } as unknown as ActiveScan;
    expect(partOf(withoutCursor(stored, ALLOWED_LATENESS))).toEqual([0, 96, 0]);
    expect(followed([page([101], null)], stored).kinds).toEqual(['ended']);
  });

  it('and where its pages always have a cursor, when an empty page has led to itself three times', () => {
    const again = withoutCursor(followed([many(1, 100, 'a')]).checkpoint, ALLOWED_LATENESS);
    const read = followed([many(1, 96, 'b'), page([], 'b'), page([], 'b'), page([], 'b')], again);
    expect([read.kinds, partOf(read.checkpoint)]).toEqual([
      ['more', 'waits', 'waits', 'more'],
      [96, null, 96],
    ]);
    // In a query without an end, new entries may come there.
    expect(followed([many(1, 96, 'b'), page([], 'b')]).kinds).toEqual(['more', 'cursor cycle']);
  });

  it('where its pages always have a cursor, when a part that nothing else has shown has ended with ten empty pages', () => {
    const half = withoutCursor(followed([manyDown(590, 590, 'a')]).checkpoint, ALLOWED_LATENESS);
    const nine = followed([manyDown(600, 590, 'b'), ...Array<Page>(9).fill(page([], 'b'))], half);
    expect([nine.kinds, partOf(nine.checkpoint)]).toEqual([
      ['more', ...Array<string>(9).fill('waits')],
      [6, NOW_ISH, 0],
    ]);
    const ten = followed([page([], 'b')], nine.checkpoint);
    expect([ten.kinds, partOf(ten.checkpoint)]).toEqual([['more'], [0, 6, 0]]);
    // After an entry, the count begins again.
    expect(followed([page([9], 'c'), page([], 'c')], nine.checkpoint).checkpoint.scan.emptyEnd?.ticks).toBe(1);
    // A page that leads on is followed, except for the last one of a tick.
    const on = follow(nine.checkpoint, page([], 'c'), ALLOWED_LATENESS);
    expect([on.kind, on.checkpoint.scan.emptyEnd?.ticks]).toEqual(['more', 9]);
    expect(follow(nine.checkpoint, page([], 'c'), ALLOWED_LATENESS, true).checkpoint.scan.query).toEqual(
      ten.checkpoint.scan.query,
    );
  });

  it('with the same part, where a cursor dies at its seeming end; and with less where it does not come there again', () => {
    const half = withoutCursor(followed([manyDown(590, 590, 'a')]).checkpoint, ALLOWED_LATENESS);
    const end = followed([manyDown(600, 590, 'b'), page([], 'b')], half).checkpoint;
    const again = withoutOldCursor(end, ALLOWED_LATENESS);
    expect([partOf(again), again.scan.cursorsLost]).toEqual([[6, NOW_ISH, 0], 1]);
    const seen = followed([manyDown(600, 590, 'c'), page([], 'c')], again).checkpoint;
    expect(seen.scan.emptyEnd?.ticks).toBe(2);
    const unseen = followed([manyDown(600, 590, 'c')], again).checkpoint;
    expect(partOf(withoutOldCursor(unseen, ALLOWED_LATENESS))).toEqual([16, NOW_ISH, 0]);
  });

  it('oldest first, in two parts once a cursor has been lost before and that brought nothing', () => {
    const lost = (from: Checkpoint): ActiveScan =>
      withoutOldCursor(followed([page([1, 2, 3], 'a')], from).checkpoint, ALLOWED_LATENESS);
    const once = lost(start());
    expect([partOf(once), once.scan.cursorsLost]).toEqual([[0, null, 0], 1]);
    const twice = lost(once);
    expect([partOf(twice), twice.scan.cursorsLost]).toEqual([[2, NOW_ISH, 0], 1]);
    const rest = followed([page([2, 3, 4], null)], twice);
    expect([rest.kinds, partOf(rest.checkpoint)]).toEqual([['more'], [0, 2, 0]]);
    expect(followed([page([1, 2], null)], rest.checkpoint).kinds).toEqual(['ended']);
    // The later part goes on from what it has followed; what is earlier is still to be read.
    const on = withoutCursor(followed([many(3, 400, 'b')], twice).checkpoint, ALLOWED_LATENESS);
    expect(partOf(on)).toEqual([300, NOW_ISH, 0]);
  });

  it('with the rest of its entries, when a part has come to its end', () => {
    const half = withoutCursor(followed([page([500, 300, 299], 'a')]).checkpoint, ALLOWED_LATENESS);
    expect(partOf(half)).toEqual([300, NOW_ISH, 0]);
    // The first part loses its cursor too.
    const quarter = withoutCursor(followed([page([510, 500], 'b')], half).checkpoint, ALLOWED_LATENESS);
    expect(partOf(quarter)).toEqual([510, NOW_ISH, 0]);
    const first = followed([page([510], null)], quarter);
    expect([first.kinds, first.handle, partOf(first.checkpoint)]).toEqual([['more'], 'stage', [0, 510, 0]]);
    const rest = followed([page([510, 500, 300, 299, 1], null)], first.checkpoint);
    expect([rest.kinds, rest.handle]).toEqual([['ended'], 'stage']);
  });

  it('with the rest, even if a part has more than was asked for: the filter may only be a coarse one', () => {
    const half = withoutCursor(followed([page([500, 300, 299], 'a')]).checkpoint, ALLOWED_LATENESS);
    const first = followed([page([500, 300, 299], null)], half);
    expect([first.kinds, partOf(first.checkpoint)]).toEqual([['more'], [0, 300, 0]]);
    expect(followed([page([500, 300, 299], null)], first.checkpoint).kinds).toEqual(['ended']);
  });

  it('with no part that is asked for in vain: then the upstream ignores its filter', () => {
    const half = withoutCursor(followed([page([500, 300, 299], 'a')]).checkpoint, ALLOWED_LATENESS);
    const again = withoutCursor(followed([page([500, 300, 299], 'a')], half).checkpoint, ALLOWED_LATENESS);
    expect([partOf(again), again.scan.cursorsLost]).toEqual([[300, NOW_ISH, 0], 0]);
    const lost = withoutOldCursor(followed([page([500, 300, 299], 'a')], again).checkpoint, ALLOWED_LATENESS);
    const twice = withoutOldCursor(followed([page([500, 300, 299], 'a')], lost).checkpoint, ALLOWED_LATENESS);
    expect([lost.scan.cursorsLost, twice.scan.cursorsLost]).toEqual([1, 2]);
  });

  it('and reads what it has left out, once it sees that the order was not exact', () => {
    // The log lists arrivals: first those from before the watermark that claim to be later.
    const claims = Array.from({ length: 20 }, (_, i) => 20 * i);
    const again = withoutCursor(followed([page(claims, 'a')]).checkpoint, ALLOWED_LATENESS);
    expect(partOf(again)).toEqual([0, null, 0]);
    const farther = Array.from({ length: 60 }, (_, i) => 20 * i);
    const skipped = withoutCursor(followed([page(farther, 'a', NOON + 60 * MINUTE)]).checkpoint, ALLOWED_LATENESS);
    expect(partOf(skipped)).toEqual([400, null, 400]);
    const seen = followed([page([840, 980, 701], 'b', NOON + 60 * MINUTE)], skipped);
    expect([seen.kinds, partOf(seen.checkpoint)]).toEqual([['more'], [400, null, 0]]);
    const rest = followed([page([1_199], null, NOON + 60 * MINUTE)], seen.checkpoint);
    expect([rest.kinds, partOf(rest.checkpoint)]).toEqual([['more'], [0, 400, 0]]);
    expect(followed([page([1, 2, 400], null)], rest.checkpoint).kinds).toEqual(['ended']);
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

  it('reads no earlier part, though the query of its cursor asks only for what is later', () => {
    const query = { sort: 'created_at:asc', created_at_min: new Date(WATERMARK + MINUTE).toISOString() };
    const resumeCursor = { query, cursor: 'a', skip: null, fallback: null };
    expect(followed([page([400], null)], start({ resumeCursor })).kinds).toEqual(['ended']);
    expect(followed([page(old(-400, 100), 'b'), page([], null)], start({ resumeCursor })).kinds).toEqual([
      'more',
      'ended',
    ]);
  });

  it('requests a first page that ends at the edge of the allowed lateness', () => {
    const spread = Array.from({ length: 28 }, (_, i) => -400 + 25 * i);
    const first = followed([page(old(-500, 100), 'a'), page([...spread, ...old(310, 73)], 'b'), page([500], null)]);
    const { resumeCursor } = endScan(first.checkpoint, ALLOWED_LATENESS);
    expect(resumeCursor).toMatchObject({ cursor: 'a', skip: 28 });
    const next = startOrResumeScan(endScan(first.checkpoint, ALLOWED_LATENESS));
    expect(nextQuery(next.scan)).toMatchObject({ cursor: 'a', limit: 28 });
    for (const short of [spread, old(-400, 28)]) {
      const then = follow(next, page(short, 'edge'), ALLOWED_LATENESS);
      expect(then.checkpoint.resumeCursor).toMatchObject({ cursor: 'edge' });
      expect(nextQuery(then.checkpoint.scan).limit).toBe(100);
    }
    // One that is out of order, that has a recent entry, or fewer than were asked for leaves the cursor where it is.
    const fallen = [...old(-400, 27), -500];
    for (const short of [fallen, [...old(-400, 27), 600], old(-400, 27)]) {
      expect(follow(next, page(short, 'edge'), ALLOWED_LATENESS).checkpoint.resumeCursor?.cursor).toBe('a');
    }
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

  it('keeps no cursor behind an entry from the future, which may lie behind all that is to come', () => {
    const spread = Array.from({ length: 100 }, (_, i) => -2_000 + 10 * i);
    const rough = start(ROUGH);
    expect(followed([page(spread, 'a')], rough).checkpoint.resumeCursor).toMatchObject({ cursor: 'a' });
    expect(followed([page([...spread, 3e6], 'a')], rough).checkpoint.resumeCursor).toBeNull();
    // Where it is listed as it arrived, others follow.
    expect(
      followed([page([...spread, 3e6], 'a'), page([-999, -998], 'b')], rough).checkpoint.resumeCursor,
    ).toMatchObject({
      cursor: 'b',
    });
    // An empty page is behind what the page before it was behind.
    expect(followed([page([...spread, 3e6], 'a'), page([], 'b')], rough).checkpoint.resumeCursor).toBeNull();
  });

  it('keeps no cursor of a log that has shown no order', () => {
    expect(followed([page(old(-500, 99), 'a')]).checkpoint.resumeCursor).toBeNull();
    expect(
      followed([page(Array<number>(100).fill(-500), 'a')], start({ direction: 'forward' })).checkpoint.resumeCursor,
    ).toBeNull();
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
 * A log in memory, in each dialect: entries appear late, within the allowed lateness, some are dated in the future, or
 * long ago; cursors are rejected or repeated at random, pages are empty, a tick reads a limited number of pages and may be
 * overtaken. Whatever the ticks do, an entry must be read before the watermark passes it.
 */

const DIALECTS = ['sorted', 'newest first', 'oldest first', 'filters only', 'refuses filters'] as const;
const LISTINGS = ['by time', 'by arrival', 'about by time'] as const;

interface Shown extends Entry {
  readonly appearsAt: number;
  /** Where it is listed. */
  readonly place: number;
}

interface Case {
  readonly dialect: (typeof DIALECTS)[number];
  readonly listing: (typeof LISTINGS)[number];
  /** A cursor is the number of entries before it, so that a page may have some of the page before. */
  readonly countsEntries: boolean;
  /** Filters know whole seconds only. */
  readonly isCoarse: boolean;
  readonly pageSize: number;
  readonly budget: number;
  /** The log begins so many minutes before it is read first. */
  readonly before: number;
  readonly entries: readonly {
    readonly gap: number;
    readonly late: number;
    readonly claim: number;
    readonly away: number;
  }[];
  readonly faults: readonly number[];
  /** No cursor lasts until the next tick. */
  readonly cursorsDie: boolean;
}

const often = (value: number, weight: number) => ({ weight, arbitrary: fc.constant(value) });
const cases = fc.record<Case>({
  dialect: fc.constantFrom(...DIALECTS),
  listing: fc.constantFrom(...LISTINGS),
  countsEntries: fc.boolean(),
  isCoarse: fc.boolean(),
  pageSize: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(100)),
  budget: fc.integer({ min: 1, max: 12 }),
  before: fc.integer({ min: 0, max: 120 }),
  entries: fc.array(
    fc.record({
      gap: fc.oneof(often(0, 2), { weight: 3, arbitrary: fc.integer({ min: 0, max: 90 }) }, often(400, 1)),
      late: fc.oneof(often(0, 4), { weight: 1, arbitrary: fc.integer({ min: 0, max: 299 }) }),
      claim: fc.oneof(
        often(0, 30),
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 10_000 }) },
        often(3e7, 1),
        often(-90_000, 1),
      ),
      away: fc.integer({ min: -60, max: 60 }),
    }),
    { minLength: 1, maxLength: 150, size: 'max' },
  ),
  faults: fc.array(fc.nat(99), { minLength: 1, maxLength: 50, size: 'max' }),
  cursorsDie: fc.boolean(),
});

/** Entries after the cursor, in the dialect's order; null: rejected. */
function answer(log: readonly Shown[], query: ListQuery, of: Case, now: number): Page | null {
  const { dialect, countsEntries, pageSize } = of;
  const filters = query.sort !== undefined || query.created_at_min !== undefined;
  if (dialect === 'refuses filters' && filters) return null;
  const isFiltering = dialect === 'sorted' || dialect === 'filters only';
  const bounds = isFiltering ? boundsOf(query) : { min: -Infinity, max: Infinity };
  const grain = of.isCoarse ? SECOND : 1;
  const [min, max] = [Math.floor(bounds.min / grain) * grain, Math.floor(bounds.max / grain) * grain];
  const sign = dialect === 'sorted' || dialect === 'oldest first' ? 1 : -1;
  const order = (a: Shown, b: Shown): number => sign * (a.place - b.place || Number(a.id > b.id) - Number(a.id < b.id));
  const listed = log
    .filter((entry) => entry.appearsAt <= now && entry.createdAt >= min && entry.createdAt <= max)
    .sort(order);
  const [id, count] = query.cursor?.split(' ') ?? [];
  const after = log.find((entry) => entry.id === id);
  const shown = countsEntries
    ? listed.slice(Number(count ?? 0))
    : listed.filter((entry) => after === undefined || order(entry, after) > 0);
  const entries = shown.slice(0, Math.min(pageSize, query.limit));
  const last = entries.at(-1);
  const hasMore = last !== undefined && entries.length < shown.length;
  return {
    entries,
    malformed: [],
    nextCursor: hasMore ? `${last.id} ${Number(count ?? 0) + entries.length}` : null,
    times: { ...answeredAt(now), date: Math.floor(now / SECOND) * SECOND },
  };
}

function runCase(of: Case): { readonly missed: readonly string[]; readonly unread: readonly string[] } {
  let at = NOON - of.before * MINUTE;
  const from = NOON - 60 * MINUTE;
  const log: Shown[] = of.entries.map(({ gap, late, claim, away }, i) => {
    at += gap * SECOND;
    const createdAt = at + claim * SECOND + ((i * 7919) % 1_000);
    const appearsAt = Math.max(at + late * SECOND, at + ((i * 7919) % 1_000));
    const places = { 'by time': createdAt, 'by arrival': appearsAt, 'about by time': createdAt + away * SECOND };
    return { id: `e${i}`, createdAt, appearsAt, place: places[of.listing], body: {} };
  });
  // What arrived before reading began is not read where it is listed by its arrival, and what is dated too long ago nowhere.
  const due = log.filter(
    ({ createdAt, appearsAt }) => Math.min(createdAt, appearsAt) >= from && appearsAt - createdAt < ALLOWED_LATENESS,
  );
  const seen = new Set<string>();
  let checkpoint: Checkpoint = firstCheckpoint(from, null);
  const missed = new Set<string>();
  let fault = 0;
  const calmFrom = Math.max(at, NOON) + MINUTE;
  for (let now = NOON; now < calmFrom + 30 * MINUTE; now += 60_137) {
    const calm = now > calmFrom;
    const budget = calm ? 300 : of.budget;
    // Of this tick: what was recorded, and cursors dropped since.
    let current = checkpoint;
    for (let request = 0; request < budget; request++) {
      const active = startOrResumeScan(current);
      const dice = calm ? 99 : (of.faults[fault++ % of.faults.length] ?? 0);
      const isOld = request === 0;
      const hasCursor = active.scan.cursor !== null;
      const rejected = hasCursor && (dice < 15 || (isOld && of.cursorsDie && !calm));
      const answered = rejected ? null : answer(log, nextQuery(active.scan), of, now + request * 100);
      if (answered === null) {
        const without = hasCursor ? (isOld ? withoutOldCursor : withoutCursor)(active, ALLOWED_LATENESS) : null;
        current = without ?? withoutFilters(active) ?? active;
        continue;
      }
      // One that means it is empty again and again, with the same cursor or another.
      const { emptyEnd, goesOn } = active.scan;
      const ticks = emptyEnd?.ticks ?? 0;
      const isEmpty = hasCursor && dice >= 15 && dice < 20 && ticks < (goesOn === null ? 9 : 2);
      const repeats = hasCursor && dice >= 20 && dice < 25 && answered.nextCursor !== null;
      const page: Page = isEmpty
        ? { ...answered, entries: [], nextCursor: `${active.scan.cursor}${dice < 17 ? '' : ' '}` }
        : repeats
          ? { ...answered, nextCursor: active.scan.cursor }
          : answered;
      const result = follow(active, page, ALLOWED_LATENESS, request === budget - 1);
      // Another tick has recorded something: this one stops, and its page is lost.
      if (dice >= 25 && dice < 30) break;
      // Staged or recorded.
      for (const { id } of page.entries) seen.add(id);
      const isCycle = result.kind === 'cursor cycle';
      checkpoint = isCycle ? withoutCursor(result.checkpoint, ALLOWED_LATENESS) : result.checkpoint;
      if (result.kind === 'waits') break;
      const givesUp = result.kind !== 'ended' && request === budget - 1 && isUnreachable(result.checkpoint);
      if (givesUp) checkpoint = givenUp(result.checkpoint, ALLOWED_LATENESS);
      current = checkpoint;
      if (result.kind !== 'ended' && !givesUp) continue;
      checkpoint = endScan(checkpoint, ALLOWED_LATENESS);
      const { gap, watermark } = checkpoint;
      const isInGap = (time: number): boolean => gap !== null && time >= gap.from && time < gap.to;
      for (const { id, createdAt, appearsAt } of due) {
        if (!seen.has(id) && createdAt < watermark && !isInGap(createdAt) && !isInGap(appearsAt)) missed.add(id);
      }
      break;
    }
  }
  if (checkpoint.gap !== null) missed.add('a gap');
  return { missed: [...missed], unread: due.map(({ id }) => id).filter((id) => !seen.has(id)) };
}

describe('no entry is missed', () => {
  it('that claims a later time, where a part of the log answers eight times with an empty page', () => {
    const gaps: Readonly<Record<number, number>> = { 2: 1, 6: 400, 14: 400, 37: 400, 39: 400 };
    const entries = Array.from({ length: 41 }, (_, i) => ({
      ...{ gap: gaps[i] ?? 0, late: 0, claim: i === 1 ? 1_001 : 0, away: 0 },
    }));
    const faults = [0, 0, 0, 0, ...Array<number>(8).fill(30), 15, 0];
    const log = { dialect: 'filters only', listing: 'by arrival', countsEntries: false, isCoarse: false } as const;
    const of = { ...log, pageSize: 4, budget: 3, before: 22, entries, faults, cursorsDie: false };
    expect(runCase(of)).toEqual({ missed: [], unread: [] });
  });

  for (const dialect of DIALECTS) {
    for (const listing of LISTINGS) {
      it(`${dialect}, ${listing}, with any dates, small budgets, and cursors rejected and repeated`, () => {
        fc.assert(
          fc.property(cases, (of) => {
            expect(runCase({ ...of, dialect, listing })).toEqual({ missed: [], unread: [] });
          }),
          { numRuns: 60 },
        );
      });
    }
  }
});
