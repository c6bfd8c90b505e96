/**
 * Sets of characters.
 *
 * Contract: a character is a code point; a lone surrogate is one too. A set has ranges, and sets that the platform's
 * RegExp decides: Unicode properties, and case folding beyond ASCII, so that there are no Unicode tables here. Case
 * folding is Unicode's simple one. Plain data. Pure.
 */

/** Sorted and separate: first, last, first, last … */
export type Ranges = readonly number[];

export interface CharSet {
  readonly ranges: Ranges;
  readonly others: readonly PlatformSet[];
  /** If true, the set is everything outside of `ranges` and `others`. */
  readonly negated: boolean;
}

/** A set that the platform's RegExp decides, character by character. */
export interface PlatformSet {
  /** With the flag `u`. */
  readonly source: string;
  /** Whether case is ignored. */
  readonly fold: boolean;
  /** If true, the set is everything that does not match. */
  readonly negated: boolean;
}

const LAST = 0x10ffff;

/** The non-ASCII letters that fold to `k` and `s`: the Kelvin sign and the long s. */
const KELVIN = 0x212a;
const LONG_S = 0x17f;

/** Creates a set from ranges in any order and platform sets. */
export function createSet(ranges: Ranges, others: readonly PlatformSet[] = [], negated = false): CharSet {
  return { ranges: united(ranges), others, negated };
}

/** A text that is equal for equal sets. */
export function keyOf(set: CharSet): string {
  return `${set.negated}:${set.ranges}:${set.others.map(({ source, fold, negated }) => `${negated}${fold}${source}`)}`;
}

/** Every character. */
export const ANY = /* @__PURE__ */ createSet([0, LAST]);

/** Whether a set contains a character. */
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

/** Everything outside of the sorted ranges. */
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

/** Sorts ranges and merges those that overlap or touch. */
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

/** A range with all case variants that involve ASCII; `foldedBeyond` has the others. */
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

/** The case variants of the non-ASCII characters in a range; null if it has none. */
export function foldedBeyond(first: number, last: number): PlatformSet | null {
  if (last < 0x80) return null;
  const hex = (point: number) => `\\u{${point.toString(16)}}`;
  return { source: `[${hex(Math.max(first, 0x80))}-${hex(last)}]`, fold: true, negated: false };
}

/** The set of a Unicode property; null if the platform knows none with this name. */
export function createProperty(name: string, fold: boolean, negated: boolean): PlatformSet | null {
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      new RegExp(source, 'u');
      return { source, fold, negated };
    } catch {
      // Not a property in this form.
    }
  }
  return null;
}
