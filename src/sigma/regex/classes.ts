/**
 * Classes of characters: those that a program does not distinguish.
 *
 * Contract: class 0 is the end of the text; each other class has the characters of the same sets and of one kind. Pure.
 */
import { firstAfter } from '../../text/ascending.ts';
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

/** Creates what makes a page: the classes of its characters. Pages of one class share their memory. */
export function createPages({ bounds, classes }: Classes): (number: number) => Uint16Array {
  const uniform = new Map<number, Uint16Array>();
  return (number) => {
    const first = number * PAGE;
    let interval = firstAfter(bounds, first, 0) - 1;
    const whole = classes[interval] as number;
    const isUniform = (bounds[interval + 1] ?? Number.POSITIVE_INFINITY) >= first + PAGE;
    const known = isUniform ? uniform.get(whole) : undefined;
    if (known !== undefined) return known;
    const page = new Uint16Array(PAGE);
    for (let at = 0; at < PAGE; interval++) {
      const to = Math.min(PAGE, (bounds[interval + 1] ?? Number.POSITIVE_INFINITY) - first);
      page.fill(classes[interval] as number, at, to);
      at = to;
    }
    if (isUniform) uniform.set(whole, page);
    return page;
  };
}
