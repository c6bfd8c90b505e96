/**
 * Sets of characters.
 *
 * Contract: a character is a code point; a surrogate that stands alone is one too. A set is ranges, and what only the
 * platform's own tables know: Unicode properties, and what is the same but for case beyond ASCII. No table of Unicode is
 * kept here. "The same but for case" is Unicode's simple case folding. Plain data. Pure.
 */

/** Sorted and apart from each other: first, last, first, last … */
export type Ranges = readonly number[];

export interface CharSet {
  readonly ranges: Ranges;
  readonly others: readonly PlatformSet[];
  /** The set is all that is neither in `ranges` nor in `others`. */
  readonly negated: boolean;
}

/** A set that the platform's RegExp decides, one character at a time. */
export interface PlatformSet {
  /** With the flag `u`. */
  readonly source: string;
  /** Without case. */
  readonly fold: boolean;
  /** The set is all that does not match. */
  readonly negated: boolean;
}

const LAST = 0x10ffff;

/** The letters beyond ASCII that are the same as `k` and as `s` but for case: the Kelvin sign and the long s. */
const KELVIN = 0x212a;
const LONG_S = 0x17f;

/** Makes a set of ranges in any order, and of platform's sets. */
export function createSet(ranges: Ranges, others: readonly PlatformSet[] = [], negated = false): CharSet {
  return { ranges: united(ranges), others, negated };
}

/** Equal for sets that are written alike. */
export function keyOf(set: CharSet): string {
  return `${set.negated}:${set.ranges}:${set.others.map(({ source, fold, negated }) => `${negated}${fold}${source}`)}`;
}

/** Every character. */
export const ANY = /* @__PURE__ */ createSet([0, LAST]);

/** Whether the set holds the character. */
export function contains(set: CharSet, point: number): boolean {
  return (
    (inRanges(set.ranges, point) ||
      (set.others.length > 0 && set.others.some((other) => platformContains(other, point)))) !== set.negated
  );
}

const EXPRESSIONS = new WeakMap<PlatformSet, RegExp>();

function platformContains(set: PlatformSet, point: number): boolean {
  let expression = EXPRESSIONS.get(set);
  if (expression === undefined) {
    expression = new RegExp(set.source, set.fold ? 'iu' : 'u');
    EXPRESSIONS.set(set, expression);
  }
  return expression.test(String.fromCodePoint(point)) !== set.negated;
}

function inRanges(ranges: Ranges, point: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (point < (ranges[i] as number)) return false;
    if (point <= (ranges[i + 1] as number)) return true;
  }
  return false;
}

/** What is in none of the ranges, which are sorted. */
export function complement(ranges: Ranges): Ranges {
  const others: number[] = [];
  let from = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const first = ranges[i] as number;
    if (first > from) others.push(from, first - 1);
    from = (ranges[i + 1] as number) + 1;
  }
  if (from <= LAST) others.push(from, LAST);
  return others;
}

/** Sorted, and overlapping or touching ones made one. */
export function united(ranges: Ranges): Ranges {
  if (ranges.length <= 2) return ranges;
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] as number, ranges[i + 1] as number]);
  pairs.sort((a, b) => a[0] - b[0]);
  const tidy: number[] = [];
  for (const [first, last] of pairs) {
    const end = tidy.length - 1;
    const before = tidy[end];
    if (before !== undefined && first <= before + 1) tidy[end] = Math.max(before, last);
    else tidy.push(first, last);
  }
  return tidy;
}

/** The range and all that is the same but for case, as far as ASCII is part of it; the rest is `foldedBeyond`'s. */
export function folded(first: number, last: number): Ranges {
  const ranges = [first, last];
  const also = (from: number, to: number, by: number) => {
    const start = Math.max(first, from);
    const end = Math.min(last, to);
    if (start <= end) ranges.push(start + by, end + by);
  };
  also(0x41, 0x5a, 0x20);
  also(0x61, 0x7a, -0x20);
  const holds = (point: number) => first <= point && point <= last;
  if (holds(0x4b) || holds(0x6b)) ranges.push(KELVIN, KELVIN);
  if (holds(0x53) || holds(0x73)) ranges.push(LONG_S, LONG_S);
  return ranges;
}

/** What is the same but for case as a character beyond ASCII in the range; null where there is none in it. */
export function foldedBeyond(first: number, last: number): PlatformSet | null {
  if (last < 0x80) return null;
  const hex = (point: number) => `\\u{${point.toString(16)}}`;
  return { source: `[${hex(Math.max(first, 0x80))}-${hex(last)}]`, fold: true, negated: false };
}

/** The set of a property that Unicode gives characters; null where the platform knows none of that name. */
export function createProperty(name: string, fold: boolean, negated: boolean): PlatformSet | null {
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      new RegExp(source, 'u');
      return { source, fold, negated };
    } catch {
      // Not a name of this kind.
    }
  }
  return null;
}
