/**
 * Sets of characters.
 *
 * Contract: a character is a code point; a lone surrogate is one too. Plain data. Pure.
 */

/** Sorted and separate: first, last, first, last … */
export type Ranges = readonly number[];

export const LAST = 0x10ffff;

/** Every character. */
export const ANY: Ranges = [0, LAST];

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
