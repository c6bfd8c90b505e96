/**
 * Runs a program over a text with a deterministic automaton that is built lazily.
 *
 * Contract: each character costs one table lookup, or the program's length the first time; never more, even for hostile
 * patterns and texts. The cache is bounded: when it is full it is cleared, and a text that keeps filling it is run without
 * it. Pure except for the cache.
 *
 * A state is the set of instructions waiting for a character, each with the kinds of characters it accepts: so an
 * assertion about the next character is decided when that character comes. The end of the text is a character too.
 */
import { contains } from './charset.ts';
import type { Assertion } from './node.ts';
import { ASSERT, CHARS, MATCH, type Program, SPLIT } from './program.ts';

/** Kinds of characters that assertions distinguish, as bits: the edge of the text, a newline, a word character, others. */
const EDGE = 1;
const NEWLINE = 2;
const WORD = 4;
const OTHER = 8;
const ALL_KINDS = 15;

/** Special entries of the table; those of states are above 0. */
const UNKNOWN = 0;
const MATCHED = -1;
const DEAD = -2;

/** Classes of characters: 0 is unknown, 1 the end of the text; all others have characters that no set distinguishes. */
const END = 1;

/** Bounds of the cache: numbers in the table and the states, classes, and characters. */
const CELLS_MAX = 1 << 14;
const CLASSES_MAX = 1 << 8;
const POINTS_MAX = 1 << 11;

/** How often one text may fill the cache. */
const CLEARS_MAX = 4;

type Items = readonly number[];

export interface Automaton {
  /** Whether the program matches anywhere in the text from the UTF-16 unit `from` on. */
  run(text: string, from: number): boolean;
  /** For tests: the instructions executed so far, and the numbers in the cache. */
  measure(): { readonly work: number; readonly cells: number };
}

/** Creates the automaton of a program; `anchored`: it can only match where `run` begins. */
export function createAutomaton(program: Program, anchored: boolean): Automaton {
  const { ops, args, nexts, sets, assertions } = program;
  const hasLineAssertions = assertions.some((what) => what === 'lineStart' || what === 'lineEnd');
  const hasWordAssertions = assertions.some((what) => what === 'word' || what === 'notWord');

  /** Classes: their number by character, which sets accept them, and their kind. */
  const ascii = new Uint16Array(128);
  const points = new Map<number, number>();
  const classes = new Map<string, number>();
  let accepts: Uint8Array[] = [];
  let kinds: number[] = [];

  /** States; their number is where their row in the table begins. */
  let stride = 16;
  let table = new Int32Array(0);
  let top = 0;
  let cells = 0;
  let clears = 0;
  const states = new Map<string, number>();
  const itemsOf = new Map<number, Items>();
  const starts = new Int32Array(ALL_KINDS + 1);

  /** Within one step: the reached instructions, and for which kinds of the next character. */
  const seen = new Uint8Array(ops.length);
  const reached: number[] = [];
  const open: number[] = [];
  let work = 0;

  clearCache();
  return { run, measure: () => ({ work, cells }) };

  function run(text: string, from: number): boolean {
    let state = startAfter(from === 0 ? EDGE : kindOf(text.charCodeAt(from - 1)));
    if (state < 0) return state === MATCHED;
    const limit = clears + CLEARS_MAX;
    const groups = ascii;
    let rows = table;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      let next = code < 128 ? (rows[state + (groups[code] as number)] as number) : UNKNOWN;
      if (next <= 0) {
        if (next === UNKNOWN) {
          if (clears > limit) return runUncached(text, at, itemsOf.get(state) ?? []);
          const point = text.codePointAt(at) as number;
          if (point > 0xffff) at++;
          next = stateAfter(state, point);
          rows = table;
        }
        if (next < 0) return next === MATCHED;
      }
      state = next;
    }
    return follow(state, END) === MATCHED;
  }

  /** The same without the cache. */
  function runUncached(text: string, from: number, start: Items): boolean {
    let items = start;
    for (let at = from; at < text.length; at++) {
      const point = text.codePointAt(at) as number;
      if (point > 0xffff) at++;
      const next = step(items, classOf(point));
      if (next === null) return true;
      items = next;
    }
    return step(items, END) === null;
  }

  function startAfter(kind: number): number {
    if (starts[kind] === UNKNOWN) {
      const items = collect([program.start], kind);
      starts[kind] = items === null ? MATCHED : stateOf(items);
    }
    return starts[kind] as number;
  }

  function stateAfter(state: number, point: number): number {
    const items = itemsOf.get(state) ?? [];
    const before = clears;
    const group = classOf(point);
    return before === clears ? follow(state, group) : followed(items, group);
  }

  function follow(state: number, group: number): number {
    const known = table[state + group] as number;
    if (known !== UNKNOWN) return known;
    const before = clears;
    const next = followed(itemsOf.get(state) ?? [], group);
    if (before === clears) table[state + group] = next;
    return next;
  }

  function followed(items: Items, group: number): number {
    const next = step(items, group);
    return next === null ? MATCHED : group === END ? DEAD : stateOf(next);
  }

  /** The number of a state, which is created if it is new. */
  function stateOf(items: Items): number {
    if (items.length === 0 && anchored) return DEAD;
    let key = '';
    for (const item of items) key += String.fromCharCode(item >> 4, item & ALL_KINDS);
    const known = states.get(key);
    if (known !== undefined) return known;
    if (cells + stride + items.length > CELLS_MAX && states.size > 0) clearCache();
    top += stride;
    cells += stride + items.length;
    if (top + stride > table.length) {
      const grown = new Int32Array(2 * (top + stride));
      grown.set(table);
      table = grown;
    }
    states.set(key, top);
    itemsOf.set(top, items);
    return top;
  }

  function clearCache(): void {
    clears++;
    states.clear();
    itemsOf.clear();
    starts.fill(UNKNOWN);
    table = new Int32Array(4 * stride);
    top = 0;
    cells = stride;
    if (classes.size < CLASSES_MAX && accepts.length > 0) return;
    classes.clear();
    points.clear();
    ascii.fill(0);
    const acceptsNothing = new Uint8Array(sets.length);
    accepts = [acceptsNothing, acceptsNothing];
    kinds = [0, EDGE];
  }

  /** The class of a character, which is created if it is new. */
  function classOf(point: number): number {
    const known = point < 128 ? (ascii[point] as number) : (points.get(point) ?? 0);
    if (known !== 0) return known;
    work += sets.length;
    const kind = kindOf(point);
    const accepted = new Uint8Array(sets.length);
    let key = String.fromCharCode(kind);
    sets.forEach((set, number) => {
      if (!contains(set, point)) return;
      accepted[number] = 1;
      key += String.fromCharCode(number);
    });
    let group = classes.get(key);
    if (group === undefined) {
      if (accepts.length === stride || classes.size >= CLASSES_MAX) {
        if (classes.size < CLASSES_MAX) stride *= 2;
        clearCache();
      }
      group = accepts.push(accepted) - 1;
      kinds.push(kind);
      classes.set(key, group);
    }
    if (point < 128) ascii[point] = group;
    else {
      if (points.size >= POINTS_MAX) points.clear();
      points.set(point, group);
    }
    return group;
  }

  function kindOf(point: number): number {
    if (hasLineAssertions && point === 10) return NEWLINE;
    return hasWordAssertions && isWord(point) ? WORD : OTHER;
  }

  /** The instructions that wait after a character of the class; null if the program has matched. */
  function step(items: Items, group: number): Items | null {
    const kind = kinds[group] as number;
    const accepted = accepts[group] as Uint8Array;
    const entries = anchored ? [] : [program.start];
    work += items.length;
    for (const item of items) {
      if ((item & kind) === 0) continue;
      const at = item >> 4;
      if (ops[at] === MATCH) return null;
      if (accepted[args[at] as number] === 1) entries.push(nexts[at] as number);
    }
    return group === END ? [] : collect(entries, kind);
  }

  /** The instructions that wait at the entries or after them, after a character of the kind; null if matched. */
  function collect(entries: readonly number[], kind: number): Items | null {
    for (const entry of entries) open.push(entry, ALL_KINDS);
    while (open.length > 0) {
      const mask = open.pop() as number;
      const at = open.pop() as number;
      const before = seen[at] as number;
      const fresh = mask & ~before;
      if (fresh === 0) continue;
      if (before === 0) reached.push(at);
      seen[at] = before | fresh;
      if (ops[at] === SPLIT) open.push(args[at] as number, fresh, nexts[at] as number, fresh);
      else if (ops[at] === ASSERT) {
        const kept = fresh & allowedAfter(assertions[args[at] as number] as Assertion, kind);
        if (kept !== 0) open.push(nexts[at] as number, kept);
      }
    }
    work += reached.length;
    const items: number[] = [];
    let matched = false;
    let last = 0;
    let sorted = true;
    for (let at = reached.pop(); at !== undefined; at = reached.pop()) {
      const mask = seen[at] as number;
      seen[at] = 0;
      if (ops[at] === MATCH && mask === ALL_KINDS) matched = true;
      if (ops[at] !== CHARS && ops[at] !== MATCH) continue;
      const item = (at << 4) | mask;
      if (item < last) sorted = false;
      last = item;
      items.push(item);
    }
    if (matched) return null;
    return sorted ? items : items.sort((a, b) => a - b);
  }
}

/** The kinds of the next character for which the assertion holds after a character of `kind`. */
function allowedAfter(what: Assertion, kind: number): number {
  switch (what) {
    case 'start':
      return kind === EDGE ? ALL_KINDS : 0;
    case 'end':
      return EDGE;
    case 'lineStart':
      return kind === EDGE || kind === NEWLINE ? ALL_KINDS : 0;
    case 'lineEnd':
      return EDGE | NEWLINE;
    case 'word':
      return kind === WORD ? ALL_KINDS - WORD : WORD;
    case 'notWord':
      return kind === WORD ? WORD : ALL_KINDS - WORD;
  }
}

function isWord(point: number): boolean {
  return (
    (point >= 0x61 && point <= 0x7a) ||
    (point >= 0x41 && point <= 0x5a) ||
    (point >= 0x30 && point <= 0x39) ||
    point === 0x5f
  );
}
