/**
 * Compiles a tree into a program for the automaton.
 *
 * Contract: instructions are numbered; number 0 is the match. The program has one instruction more than the tree's `size`.
 * Plain data. Pure.
 */
import type { Ranges } from './charset.ts';
import { type Classes, classify } from './classes.ts';
import type { Assertion, Node } from './node.ts';

export const MATCH = 0;
/** Takes one character of the set `arg`, then continues at `next`. */
export const CHARS = 1;
/** Continues at `next` and at `arg`. */
export const SPLIT = 2;
/** Continues at `next` if the assertion `arg` holds. */
export const ASSERT = 3;

export interface Program extends Classes {
  readonly start: number;
  readonly ops: readonly number[];
  readonly args: readonly number[];
  readonly nexts: readonly number[];
  readonly assertions: readonly Assertion[];
  /**
   * The same place in the copies of a repetition is a chain: what one copy accepts, all that are weaker accept less of. The
   * chain of each instruction, 0 for none; in chains with a positive number the highest instruction is the strongest, in
   * others the lowest.
   */
  readonly chains: readonly number[];
}

/** Compiles a tree from its end to its beginning, so that each part knows what follows. */
export function compileProgram(tree: Node): Program {
  const ops = [MATCH];
  const args = [0];
  const nexts = [0];
  const chains = [0];
  let lastChain = 0;
  const sets: Ranges[] = [];
  const numberOf = new Map<string, number>();
  const assertions: Assertion[] = [];
  const start = emit(tree, 0);
  return { start, ops, args, nexts, assertions, chains, ...classify(sets, assertions) };

  function add(op: number, arg: number, next: number): number {
    args.push(arg);
    nexts.push(next);
    chains.push(0);
    return ops.push(op) - 1;
  }

  function setNumber(set: Ranges): number {
    const key = set.join();
    const known = numberOf.get(key);
    if (known !== undefined) return known;
    numberOf.set(key, sets.length);
    return sets.push(set) - 1;
  }

  /** Compiles a node that continues at `next`; returns its first instruction. */
  function emit(node: Node, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next;
      case 'chars':
        return add(CHARS, setNumber(node.set), next);
      case 'assert':
        return add(ASSERT, assertions.push(node.what) - 1, next);
      case 'sequence':
        return node.of.reduceRight((after, one) => emit(one, after), next);
      case 'choice':
        return node.of.map((one) => emit(one, next)).reduceRight((others, one) => add(SPLIT, others, one));
      case 'repeat':
        return emitRepeat(node.of, node.min, node.max, next);
    }
  }

  function emitRepeat(node: Node, min: number, max: number, next: number): number {
    const first = lastChain + 1;
    lastChain += node.size;
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      // The copy in the loop accepts the most, because any number of copies may follow it.
      const loop = add(SPLIT, next, next);
      start = emitCopy(node, loop, -first);
      nexts[loop] = start;
      if (min === 0) return loop;
      for (let times = 1; times < min; times++) start = emitCopy(node, start, -first);
      return start;
    }
    // Each optional copy accepts more than the one after it.
    for (let left = max - min; left > 0; left--) start = add(SPLIT, next, emitCopy(node, start, first));
    for (let times = min; times > 0; times--) start = emit(node, start);
    return start;
  }

  /** Compiles a copy whose instructions continue the chains that begin with `first`; inner repetitions keep their own. */
  function emitCopy(node: Node, next: number, first: number): number {
    const from = ops.length;
    const start = emit(node, next);
    for (let at = from; at < ops.length; at++)
      if (chains[at] === 0) chains[at] = first + Math.sign(first) * (at - from);
    return start;
  }
}
