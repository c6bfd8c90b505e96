/**
 * Parses a regular expression into a tree.
 *
 * Contract: RE2's syntax; throws a Refusal for anything else. Nesting is bounded, so that no recursion over the tree
 * overflows the stack. Pure.
 */

import { ANY, createSet } from './charset.ts';
import { parseClass, parsePerlClass, parseProperty, readEscape } from './class.ts';
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
import { folded } from './unicode.ts';

export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Nested groups. */
const DEPTH_MAX = 250;

/** Counted repetitions, nested ones multiplied; the bound of RE2. */
const TIMES_MAX = 1_000;

const REPETITION = /[*+?]|\{(0|[1-9]\d*)(,(0|[1-9]\d*)?)?\}/y;
const NAMED = /\(\?P?<(\w+)>/y;
const FLAGGED = /\(\?([imsU]*)(?:-([imsU]+))?([:)])/y;

const NOT_NEWLINE = createSet([10, 10], [], true);

const ASSERTIONS: { readonly [letter: string]: Assertion } = { A: 'start', z: 'end', b: 'word', B: 'notWord' };

/** Parses a regular expression; `outer`: the flags at its beginning. */
export function parseRegex(source: string, outer: Flags): Node {
  let at = 0;
  let depth = 0;
  let flags = outer;
  const names = new Set<string>();
  const tree = readChoice();
  if (at < source.length) throw new Refusal(')', at, 'no open group');
  return tree;

  /** Parses up to the end of the group, without its ")". */
  function readChoice(): Node {
    const choices: Node[] = [];
    let items: Node[] = [];
    for (;;) {
      const char = source[at];
      if (char === undefined || char === ')' || char === '|') {
        choices.push(createSequence(items));
        if (char !== '|') return createChoice(choices);
        items = [];
        at++;
      } else if (!('*+?{'.includes(char) && repeat(items))) {
        readItem(char, items);
      }
    }
  }

  /** Repeats the last item if there is a repetition here; returns whether there is. */
  function repeat(items: Node[]): boolean {
    const found = match(REPETITION);
    if (found === null) return false;
    const [operator, least, more, most] = found;
    const item = items.pop();
    if (item === undefined) throw new Refusal(operator, at, 'nothing to repeat');
    const min = least === undefined ? (operator === '+' ? 1 : 0) : Number(least);
    const max = more === undefined ? (least === undefined ? null : min) : most === undefined ? null : Number(most);
    const limit = operator === '?' ? 1 : (max ?? Number.POSITIVE_INFINITY);
    if (min > limit) throw new Refusal(operator, at, 'the minimum exceeds the maximum');
    const repeated = createRepeat(item, min, limit);
    if (least !== undefined && (Math.max(min, max ?? 0) > TIMES_MAX || repeated.times > TIMES_MAX)) {
      throw new Refusal(operator, at, `more than ${TIMES_MAX} repetitions (nested ones multiply)`);
    }
    items.push(repeated);
    const start = at;
    at += operator.length;
    if (source[at] === '?') at++;
    const next = match(REPETITION);
    if (next === null) return true;
    const both = source.slice(start, at) + next[0];
    throw new Refusal(both, start, `${next[0] === '+' ? 'a possessive' : 'a repeated'} repetition is not supported`);
  }

  function readItem(char: string, items: Node[]): void {
    if (char === '(') {
      const group = readGroup();
      if (group !== null) items.push(group);
    } else if (char === '[') {
      const found = parseClass(source, at, flags.i);
      at = found.end;
      items.push(createChars(found.set));
    } else if (char === '\\') {
      readEscaped(items);
    } else if (char === '.') {
      at++;
      items.push(createChars(flags.s ? ANY : NOT_NEWLINE));
    } else if (char === '^' || char === '$') {
      at++;
      const [edge, line] = char === '^' ? (['start', 'lineStart'] as const) : (['end', 'lineEnd'] as const);
      items.push(createAssert(flags.m ? line : edge));
    } else {
      items.push(readLiteral());
    }
  }

  /** Null for `(?i)` and the like, which only set flags. */
  function readGroup(): Node | null {
    const start = at;
    const before = flags;
    const plain = source[at + 1] !== '?';
    const named = plain ? null : match(NAMED);
    const flagged = plain || named !== null ? null : match(FLAGGED);
    if (named !== null) {
      const name = named[1] ?? '';
      if (names.has(name)) throw new Refusal(named[0], at, 'duplicate group name');
      names.add(name);
    } else if (flagged !== null) {
      flags = flagsAfter(flagged[1] ?? '', flagged[2] ?? '');
    } else if (!plain || source[at + 1] === '*') {
      throw refusedGroup(source, at);
    }
    at += (named ?? flagged)?.[0].length ?? 1;
    if (flagged !== null && flagged[3] === ')') return null;
    if (++depth > DEPTH_MAX) throw new Refusal('(', start, `more than ${DEPTH_MAX} nested groups`);
    const tree = readChoice();
    depth--;
    if (source[at] !== ')') throw new Refusal(source.slice(start, start + 8), start, 'unclosed group');
    at++;
    flags = before;
    // One item, so that a repetition after it repeats all of it.
    return tree;
  }

  function flagsAfter(on: string, off: string): Flags {
    const is = (flag: 'i' | 'm' | 's') => (flags[flag] || on.includes(flag)) && !off.includes(flag);
    return { i: is('i'), m: is('m'), s: is('s') };
  }

  function readEscaped(items: Node[]): void {
    const letter = source[at + 1] ?? '';
    const assertion = ASSERTIONS[letter];
    if (assertion !== undefined) {
      at += 2;
      items.push(createAssert(assertion));
    } else if (letter === 'Q') {
      const found = source.indexOf('\\E', at);
      const end = found === -1 ? source.length : found;
      at += 2;
      while (at < end) items.push(readLiteral());
      at = found === -1 ? end : end + 2;
    } else {
      const found = parseProperty(source, at, flags.i) ?? parsePerlClass(source, at, flags.i);
      if (found !== null) {
        at = found.end;
        items.push(createChars(createSet(found.ranges, found.others)));
      } else {
        const { point, end } = readEscape(source, at, false);
        at = end;
        items.push(charNode(point));
      }
    }
  }

  function readLiteral(): Node {
    const point = source.codePointAt(at) ?? 0;
    at += point > 0xffff ? 2 : 1;
    return charNode(point);
  }

  function charNode(point: number): Node {
    return createChars(createSet(flags.i ? folded(point, point) : [point, point]));
  }

  function match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(source);
  }
}
