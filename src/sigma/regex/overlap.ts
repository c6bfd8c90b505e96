/**
 * Finds out whether two expressions have a text in common.
 *
 * Contract: both are about the whole text. False only if there is no such text: where that takes too many steps, or depends on
 * what stands on both sides of a place (`\b`, `^` and `$` of lines), it is true. Pure.
 */
import { createChoice, type Node } from './node.ts';
import { ASSERT, CHARS, compileProgram, MATCH, type Program, SPLIT } from './program.ts';

/** How many steps are left, for several calls together. */
export interface Steps {
  left: number;
}

/** Bounds the product of both programs, which is the size of a table of seen places. */
const PLACES_MAX = 4_000_000;

/** Whether some text is matched by both. */
export function overlaps(a: Node, b: Node, steps: Steps): boolean {
  // One program for both, so that they distinguish the same classes of characters.
  const program = compileProgram(createChoice([a, b]));
  const { ops, nexts, args, start } = program;
  // The instructions of `a` come first, after the match.
  const places = (a.size + 1) * ops.length * FLAGS;
  if (places > PLACES_MAX) return true;
  return isReachable(program, nexts[start] as number, args[start] as number, new Uint8Array(places), steps);
}

/** A place is an instruction of each program; the flags say whether a character was taken, and whether the text has ended. */
const FLAGS = 4;
const BEGUN = 1;
const ENDED = 2;

/** Whether both programs can come to their match with the same characters. `seen`: a zero for each place. */
function isReachable(program: Program, startA: number, startB: number, seen: Uint8Array, steps: Steps): boolean {
  const { ops, args, nexts, assertions, sets } = program;
  const count = ops.length;
  const todo: number[] = [];
  const go = (a: number, b: number, flags: number): void => {
    const place = (a * count + b) * FLAGS + flags;
    if (seen[place] === 1) return;
    seen[place] = 1;
    todo.push(place);
  };
  const classes = sets.map((groups) => new Set(groups));
  const share = (one: number, other: number): boolean =>
    one === other || (sets[one] as readonly number[]).some((group) => classes[other]?.has(group));

  go(startA, startB, 0);
  for (let place = todo.pop(); place !== undefined; place = todo.pop()) {
    if (--steps.left < 0) return true;
    const flags = place % FLAGS;
    const pair = (place - flags) / FLAGS;
    const b = pair % count;
    const a = (pair - b) / count;
    if (ops[a] === MATCH && ops[b] === MATCH) return true;
    const [at, stay] = ops[a] === SPLIT || ops[a] === ASSERT ? [a, b] : [b, a];
    // What takes no character is done one program after the other.
    const step = (to: number, then: number): void => (at === a ? go(to, stay, then) : go(stay, to, then));
    if (ops[at] === SPLIT) {
      step(nexts[at] as number, flags);
      step(args[at] as number, flags);
    } else if (ops[at] === ASSERT) {
      const what = assertions[args[at] as number];
      if (what === 'start' && (flags & BEGUN) !== 0) continue;
      step(nexts[at] as number, what === 'end' ? flags | ENDED : flags);
    } else if (ops[a] === CHARS && ops[b] === CHARS && (flags & ENDED) === 0) {
      if (share(args[a] as number, args[b] as number)) go(nexts[a] as number, nexts[b] as number, BEGUN);
    }
  }
  return false;
}
