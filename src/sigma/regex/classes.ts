/**
 * Classes of characters: those that a program does not distinguish.
 *
 * Contract: class 0 is the end of the text; each other class has the characters of the same sets and of one kind. Pure.
 */
import type { Ranges } from './charset.ts';
import type { Assertion } from './node.ts';

export interface Classes {
  /** Where intervals of one class begin, ascending from 0, and their classes. */
  readonly bounds: readonly number[];
  readonly classes: readonly number[];
  /** Per set: the classes that are in it. */
  readonly sets: readonly (readonly number[])[];
  /** Per class: the kind of its characters. */
  readonly kinds: readonly number[];
}

/** Kinds of characters that assertions distinguish, as bits: the edge of the text, a newline, a word character, others. */
export const EDGE = 1;
export const NEWLINE = 2;
export const WORD = 4;
const OTHER = 8;
export const ALL_KINDS = 15;

/** The class of the end of the text. */
export const END = 0;

const NEWLINES: Ranges = [10, 10];
const WORDS: Ranges = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];

/** The classes that the sets, and the assertions, distinguish. */
export function classify(ranges: readonly Ranges[], assertions: readonly Assertion[]): Classes {
  const isAbout = (...some: readonly Assertion[]): boolean => some.some((what) => assertions.includes(what));
  const ofKinds = new Map<Ranges, number>();
  if (isAbout('lineStart', 'lineEnd')) ofKinds.set(NEWLINES, NEWLINE);
  if (isAbout('word', 'notWord')) ofKinds.set(WORDS, WORD);
  const all = [...ranges, ...ofKinds.keys()];

  /** The sets that begin or end at a character. */
  const changes = new Map<number, number[]>([[0, []]]);
  for (const [set, points] of all.entries()) {
    for (const [i, point] of points.entries()) {
      const at = i % 2 === 0 ? point : point + 1;
      const there = changes.get(at);
      if (there === undefined) changes.set(at, [set]);
      else there.push(set);
    }
  }
  const bounds = [...changes.keys()].sort((a, b) => a - b);
  const numbers = new Map<string, number>();
  const sets: number[][] = all.map(() => []);
  const kinds = [EDGE];
  const current = new Set<number>();
  const classes = bounds.map((at) => {
    for (const set of changes.get(at) ?? []) if (!current.delete(set)) current.add(set);
    const sorted = [...current].sort((a, b) => a - b);
    const key = sorted.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const group = kinds.push(sorted.reduce((kind, set) => ofKinds.get(all[set] as Ranges) ?? kind, OTHER)) - 1;
    for (const set of sorted) sets[set]?.push(group);
    numbers.set(key, group);
    return group;
  });
  return { bounds, classes, sets: sets.slice(0, ranges.length), kinds };
}

/** Characters per page of a table of classes. */
export const PAGE_BITS = 10;
export const PAGE = 1 << PAGE_BITS;
export const PAGE_MASK = PAGE - 1;
/** All of them. */
export const PAGES = 0x11_0000 / PAGE;

/** The classes of the characters, in the first so many pages. Pages of one class share their memory. */
export function pagesOf({ bounds, classes }: Classes, count: number): readonly Uint16Array[] {
  const uniform = new Map<number | undefined, Uint16Array>();
  const boundAfter = (interval: number): number => bounds[interval + 1] ?? PAGES * PAGE;
  let interval = 0;
  return Array.from({ length: count }, (_, number) => {
    const first = number * PAGE;
    const after = first + PAGE;
    const isUniform = boundAfter(interval) >= after;
    const group = classes[interval];
    const page = (isUniform ? uniform.get(group) : undefined) ?? new Uint16Array(PAGE);
    if (isUniform) uniform.set(group, page);
    for (let at = first; at < after; ) {
      const to = Math.min(boundAfter(interval), after);
      page.fill(classes[interval] as number, at - first, to - first);
      if (to === boundAfter(interval)) interval++;
      at = to;
    }
    return page;
  });
}
