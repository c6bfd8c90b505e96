/**
 * Parses a regular expression into a tree.
 *
 * Contract: RE2's syntax; throws a Refusal for anything else. Nesting is bounded, so that no recursion over the tree
 * overflows the stack. Pure.
 */

import { ANY, complement, type Ranges } from './charset.ts';
import { readClass, readEscape, readNamedClass } from './class.ts';
import { Cursor } from './cursor.ts';
import {
  type Assertion,
  createAssert,
  createChars,
  createChoice,
  createRepeat,
  createSequence,
  type Node,
} from './node.ts';
import { Refusal, refusedGroup } from './refusal.ts';
import { createSet } from './unicode.ts';

/** Nested groups. */
const DEPTH_MAX = 250;

/** Counted repetitions, nested ones multiplied; the bound of RE2. */
const TIMES_MAX = 1_000;

const UNLIMITED = Number.POSITIVE_INFINITY;

const REPETITION = /[*+?]|\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/y;
const TIMES: { readonly [operator: string]: readonly [min: number, max: number] } = {
  '*': [0, UNLIMITED],
  '+': [1, UNLIMITED],
  '?': [0, 1],
};

/** A group is plain, named, or has flags: for its inside, or after it if it ends at once. */
const GROUP = /\((?:\?P?<(\w+)>|\?([imsU]*)(?:-([imsU]+))?([:)])|(?![?*]))/y;

const ASSERTION = /[\^$]|\\[AzbB]/y;
/** Each without and with the flag m. */
const ASSERTIONS: { readonly [written: string]: readonly [Assertion, Assertion] } = {
  '^': ['start', 'lineStart'],
  $: ['end', 'lineEnd'],
  '\\A': ['start', 'start'],
  '\\z': ['end', 'end'],
  '\\b': ['word', 'word'],
  '\\B': ['notWord', 'notWord'],
};
const QUOTED = /\\Q(.*?)(?:\\E|$)/sy;

const NOT_NEWLINE = complement([10, 10]);

/** Parses a regular expression; `outer`: the flags at its beginning, of i, m and s. */
export function parseRegex(source: string, outer: string): Node {
  const cursor = new Cursor(source);
  let depth = 0;
  let flags = outer;
  const names = new Set<string>();
  const tree = readChoice();
  if (cursor.at < source.length) throw new Refusal(')', cursor.at, 'no open group');
  return tree;

  /** Parses up to the end of the group, without its ")". */
  function readChoice(): Node {
    const choices: Node[] = [];
    do choices.push(readSequence());
    while (cursor.take(/\|/y) !== null);
    return createChoice(choices);
  }

  function readSequence(): Node {
    const items: Node[] = [];
    for (;;) {
      const char = source[cursor.at];
      if (char === undefined || char === ')' || char === '|') return createSequence(items);
      const repetition = cursor.take(REPETITION);
      if (repetition === null) items.push(...readItems(char));
      else items.push(repeated(repetition, items.pop()));
    }
  }

  /** Repeats the item before a repetition. */
  function repeated(repetition: RegExpExecArray, item: Node | undefined): Node {
    const [operator, least, more, most] = repetition;
    const start = repetition.index;
    if (item === undefined) throw new Refusal(operator, start, 'nothing to repeat');
    const counted = [Number(least), more === undefined ? Number(least) : Number(most ?? UNLIMITED)] as const;
    const [min, max] = TIMES[operator] ?? counted;
    if (min > max) throw new Refusal(operator, start, 'the minimum exceeds the maximum');
    const node = createRepeat(item, min, max);
    if (least !== undefined && Math.max(min, Number(most ?? 0), node.times) > TIMES_MAX) {
      throw new Refusal(operator, start, `more than ${TIMES_MAX} repetitions (nested ones multiply)`);
    }
    cursor.take(/\?/y);
    const next = cursor.take(REPETITION)?.[0];
    if (next === undefined) return node;
    const what = next === '+' ? 'a possessive' : 'a repeated';
    throw new Refusal(source.slice(start, cursor.at), start, `${what} repetition is not supported`);
  }

  /** One item, except for what is quoted; none for `(?i)` and the like, which only set flags. */
  function readItems(char: string): readonly Node[] {
    if (char === '(') return readGroup();
    if (char === '[') return [createChars(readClass(cursor, flags.includes('i')))];
    if (cursor.take(/\./y) !== null) return [createChars(flags.includes('s') ? ANY : NOT_NEWLINE)];
    const assertions = ASSERTIONS[cursor.take(ASSERTION)?.[0] ?? ''];
    if (assertions !== undefined) return [createAssert(assertions[flags.includes('m') ? 1 : 0])];
    const quoted = cursor.take(QUOTED)?.[1];
    if (quoted !== undefined) return Array.from(quoted, (one) => createChars(setOf(one.codePointAt(0) as number)));
    const named = readNamedClass(cursor, flags.includes('i'));
    if (named !== null) return [createChars(named)];
    return [createChars(setOf(char === '\\' ? readEscape(cursor, false) : (cursor.takePoint() as number)))];
  }

  function readGroup(): readonly Node[] {
    const start = cursor.at;
    const before = flags;
    const found = cursor.take(GROUP);
    if (found === null) throw refusedGroup(source, start);
    const [written, name, on, off = '', end] = found;
    if (name !== undefined && names.has(name)) throw new Refusal(written, start, 'duplicate group name');
    if (name !== undefined) names.add(name);
    if (on !== undefined)
      flags = [...'ims'].filter((flag) => (flags + on).includes(flag) && !off.includes(flag)).join('');
    if (end === ')') return [];
    if (++depth > DEPTH_MAX) throw new Refusal('(', start, `more than ${DEPTH_MAX} nested groups`);
    const tree = readChoice();
    depth--;
    if (cursor.take(/\)/y) === null) throw new Refusal(source.slice(start, start + 8), start, 'unclosed group');
    flags = before;
    // One item, so that a repetition after it repeats all of it.
    return [tree];
  }

  function setOf(point: number): Ranges {
    return createSet([point, point], flags.includes('i'));
  }
}
