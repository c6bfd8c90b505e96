/**
 * Runs a program over a text with a deterministic automaton that is built lazily.
 *
 * Contract: each character costs one table lookup; a transition that was never needed before costs up to the program's
 * length, once. size.ts bounds the table and all transitions at build time, so nothing is ever dropped here. Pure except
 * for the table.
 *
 * A state is the set of instructions waiting for a character, each with the kinds of characters it accepts: so an
 * assertion about the next character is decided when that character comes. The end of the text is a character too.
 */
import { ALL_KINDS, createPages, EDGE, END, NEWLINE, PAGE, PAGE_BITS, PAGE_MASK, PAGES, WORD } from './classes.ts';
import type { Assertion } from './node.ts';
import { ASSERT, MATCH, type Program, SPLIT } from './program.ts';

/** Special entries of the table; those of states are where their row begins. */
const UNKNOWN = 0;
const MATCHED = 1;
const DEAD = 2;
const ROWS = 3;

/** Between a character of the first kinds and one of the second, an assertion holds. */
const HOLDS: { readonly [what in Assertion]: readonly (readonly [last: number, next: number])[] } = {
  start: [[EDGE, ALL_KINDS]],
  end: [[ALL_KINDS, EDGE]],
  lineStart: [[EDGE | NEWLINE, ALL_KINDS]],
  lineEnd: [[ALL_KINDS, EDGE | NEWLINE]],
  word: [
    [WORD, ALL_KINDS - WORD],
    [ALL_KINDS - WORD, WORD],
  ],
  notWord: [
    [WORD, WORD],
    [ALL_KINDS - WORD, ALL_KINDS - WORD],
  ],
};

type Items = readonly number[];

/** Where an unanchored match may begin, after a character of some kind. */
interface Start {
  readonly items: Items;
  /** Per instruction: for which kinds of the next character it is reached. */
  readonly seen: Uint8Array;
  /** Per class: where the items continue, or the match if one has matched. */
  readonly entries: (readonly number[] | undefined)[];
}

/** `items` does not repeat those of the start. */
interface State {
  readonly items: Items;
  /** The kind of the character before. */
  readonly kind: number;
}

export interface Automaton {
  /** Whether the program matches in the text. */
  run(text: string): boolean;
  /** For size.ts and tests: builds all states, up to so many numbers and steps; returns whether these suffice. */
  complete(cellsMax: number, workMax: number): boolean;
  /** The steps taken to build transitions so far, and the numbers in the table. */
  measure(): { readonly work: number; readonly cells: number };
}

/** How many code units a character has in a text. */
function unitsOf(point: number): number {
  return point > 0xffff ? 2 : 1;
}

/** Creates the automaton of a program. */
export function createAutomaton(program: Program): Automaton {
  const { ops, args, nexts, assertions, chains, kinds } = program;

  const makePage = createPages(program);
  /** Most texts need only this one. */
  const firstPage = makePage(0);
  let pages: (Uint16Array | undefined)[] | null = null;

  /** The entry for a state and a class is at their sum. */
  const stride = kinds.length;
  let table = new Int32Array(ROWS + 4 * stride);
  let top = ROWS;
  const numbers = new Map<string, number>();
  const states = new Map<number, State>();
  const starts: (Start | undefined)[] = [];

  /** Per set and class: 1 if the set has the characters. */
  const accepts = program.sets.map((groups) => {
    const row = new Uint8Array(kinds.length);
    for (const group of groups) row[group] = 1;
    return row;
  });

  /** Within one step: the reached instructions, for which kinds of the next character, and the strongest per chain. */
  const seen = new Uint8Array(ops.length);
  const reached: number[] = [];
  const open: number[] = [];
  const strongest = new Int32Array(chains.reduce((most, chain) => Math.max(most, Math.abs(chain)), 0) + 1);
  let work = 0;

  /** Whether a match can only begin at the start of the text. */
  const isAnchored = kinds.every((kind) => kind === EDGE || startAfter(kind).items.length === 0);
  const first = stateAfter([], EDGE);
  return { run, complete, measure: () => ({ work, cells: top }) };

  function run(text: string): boolean {
    let state = first;
    let rows = table;
    for (let at = 0; state >= ROWS; at++) {
      // A loop that does nothing else takes half the time.
      for (; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        if (unit >= PAGE) break;
        const next = rows[state + (firstPage[unit] as number)] as number;
        if (next < ROWS) break;
        state = next;
      }
      if (at >= text.length) return follow(state, END) === MATCHED;
      const unit = text.charCodeAt(at);
      if (unit >= PAGE) return runOn(state, text, at);
      state = follow(state, firstPage[unit] as number);
      rows = table;
    }
    return state === MATCHED;
  }

  /** Runs on, from the first character beyond the first page. */
  function runOn(from: number, text: string, begin: number): boolean {
    pages ??= new Array<Uint16Array | undefined>(PAGES);
    const known = pages;
    let state = from;
    let rows = table;
    for (let at = begin; state >= ROWS; ) {
      let point = 0;
      for (; at < text.length; at += unitsOf(point)) {
        point = text.codePointAt(at) as number;
        const page = known[point >> PAGE_BITS];
        if (page === undefined) break;
        const next = rows[state + (page[point & PAGE_MASK] as number)] as number;
        if (next < ROWS) break;
        state = next;
      }
      if (at >= text.length) return follow(state, END) === MATCHED;
      const page = known[point >> PAGE_BITS] ?? makePage(point >> PAGE_BITS);
      known[point >> PAGE_BITS] = page;
      state = follow(state, page[point & PAGE_MASK] as number);
      rows = table;
      at += unitsOf(point);
    }
    return state === MATCHED;
  }

  function complete(cellsMax: number, workMax: number): boolean {
    // States that are added meanwhile are visited too.
    for (const state of states.keys()) {
      for (let group = 0; group < kinds.length && top <= cellsMax && work <= workMax; group++) follow(state, group);
    }
    return top <= cellsMax && work <= workMax;
  }

  /** The entry for a state and a class, which is made if it is unknown. */
  function follow(state: number, group: number): number {
    const known = table[state + group] as number;
    if (known !== UNKNOWN) return known;
    const next = step(states.get(state) as State, group);
    table[state + group] = next;
    return next;
  }

  function step({ items, kind }: State, group: number): number {
    const start = startAfter(kind);
    const entries = entriesOf(items, group);
    // Most characters lead on only from where a match may begin.
    if (entries.length === 0 && items.length > 0) return isAnchored ? DEAD : follow(stateOf([], kind), group);
    let begun = start.entries[group];
    if (begun === undefined) begun = start.entries[group] = entriesOf(start.items, group);
    if (entries[0] === MATCH || begun[0] === MATCH) return MATCHED;
    for (const entry of begun) entries.push(entry);
    return group === END ? DEAD : stateAfter(entries, kinds[group] as number);
  }

  /** Where the items continue after a character of the class; the match alone, if one has matched. */
  function entriesOf(items: Items, group: number): number[] {
    const kind = kinds[group] as number;
    const entries: number[] = [];
    work += items.length;
    for (const item of items) {
      const at = item >> 4;
      if ((item & kind) === 0) continue;
      if (at === MATCH) return [MATCH];
      if (accepts[args[at] as number]?.[group] === 1) entries.push(nexts[at] as number);
    }
    return entries;
  }

  /** The entry for the state at the entries, after a character of the kind. */
  function stateAfter(entries: readonly number[], kind: number): number {
    const start = startAfter(kind);
    reach(entries, kind, start.seen);
    const hasMatched = ((seen[MATCH] as number) | (start.seen[MATCH] as number)) === ALL_KINDS;
    const items = takeReached();
    return hasMatched ? MATCHED : stateOf(items, kind);
  }

  /** The entry for a state, which is created if it is new. */
  function stateOf(items: Items, kind: number): number {
    if (isAnchored && kind !== EDGE && items.length === 0) return DEAD;
    let key = String.fromCharCode(kind);
    for (const item of items) key += String.fromCharCode(item >> 4, item & ALL_KINDS);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const state = top;
    top += stride;
    if (top > table.length) {
      const grown = new Int32Array(2 * top);
      grown.set(table);
      table = grown;
    }
    numbers.set(key, state);
    states.set(state, { items, kind });
    return state;
  }

  function startAfter(kind: number): Start {
    let start = starts[kind];
    if (start === undefined) {
      reach([program.start], kind, new Uint8Array(ops.length));
      start = { seen: seen.slice(), items: takeReached(), entries: [] };
      starts[kind] = start;
    }
    return start;
  }

  /** Marks the instructions at the entries or after them, after a character of the kind, except those `known`. */
  function reach(entries: readonly number[], kind: number, known: Uint8Array): void {
    for (const entry of entries) open.push(entry, ALL_KINDS);
    while (open.length > 0) {
      const mask = open.pop() as number;
      const at = open.pop() as number;
      const before = seen[at] as number;
      const fresh = mask & ~(before | (known[at] as number));
      if (fresh === 0) continue;
      if (before === 0) reached.push(at);
      seen[at] = before | fresh;
      if (ops[at] === SPLIT) open.push(args[at] as number, fresh, nexts[at] as number, fresh);
      else if (ops[at] === ASSERT) {
        for (const [last, next] of HOLDS[assertions[args[at] as number] as Assertion]) {
          if ((last & kind) !== 0 && (next & fresh) !== 0) open.push(nexts[at] as number, next & fresh);
        }
      }
    }
    work += reached.length;
  }

  /** The items of the marked instructions, in order, without the weaker of each chain; unmarks them. */
  function takeReached(): Items {
    for (const at of reached) {
      const chain = Math.abs(chains[at] as number);
      const best = strongest[chain] as number;
      if (chain !== 0 && seen[at] === ALL_KINDS && (best === 0 || isStronger(at, best))) strongest[chain] = at;
    }
    const items: number[] = [];
    for (const at of reached) {
      const best = strongest[Math.abs(chains[at] as number)] as number;
      if (ops[at] === SPLIT || ops[at] === ASSERT || (best !== 0 && isStronger(best, at))) continue;
      items.push((at << 4) | (seen[at] as number));
    }
    for (const at of reached) {
      seen[at] = 0;
      strongest[Math.abs(chains[at] as number)] = 0;
    }
    reached.length = 0;
    return items.sort((a, b) => a - b);
  }

  /** Of two instructions of one chain: whether the first accepts all that the second accepts. */
  function isStronger(at: number, other: number): boolean {
    return (chains[at] as number) > 0 ? at > other : at < other;
  }
}
