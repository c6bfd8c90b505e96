/**
 * Compiles a tree into a program for the automaton.
 *
 * Contract: instructions are numbered; number 0 is the match. The program has one instruction more than the tree's `size`.
 * Pure.
 */
import { type CharSet, keyOf } from './charset.ts';
import type { Assertion, Node } from './node.ts';

export const MATCH = 0;
/** Takes one character of the set `arg`, then continues at `next`. */
export const CHARS = 1;
/** Continues at `next` and at `arg`. */
export const SPLIT = 2;
/** Continues at `next` if the assertion `arg` holds. */
export const ASSERT = 3;

export interface Program {
  readonly start: number;
  readonly ops: readonly number[];
  readonly args: readonly number[];
  readonly nexts: readonly number[];
  /** The sets, each once. */
  readonly sets: readonly CharSet[];
  readonly assertions: readonly Assertion[];
}

/** Compiles a tree from its end to its beginning, so that each part knows what follows. */
export function compileProgram(tree: Node): Program {
  const ops = [MATCH];
  const args = [0];
  const nexts = [0];
  const sets: CharSet[] = [];
  const numberOf = new Map<string, number>();
  const assertions: Assertion[] = [];
  return { start: emit(tree, 0), ops, args, nexts, sets, assertions };

  function add(op: number, arg: number, next: number): number {
    args.push(arg);
    nexts.push(next);
    return ops.push(op) - 1;
  }

  function setNumber(set: CharSet): number {
    const key = keyOf(set);
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
    let start = next;
    let times = min;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = add(SPLIT, next, next);
      const body = emit(node, loop);
      nexts[loop] = body;
      start = min === 0 ? loop : body;
      times = min - 1;
    } else {
      for (let left = max - min; left > 0; left--) start = add(SPLIT, next, emit(node, start));
    }
    for (; times > 0; times--) start = emit(node, start);
    return start;
  }
}
