/**
 * Bounds the automaton of a program at build time.
 *
 * Contract: the table of an automaton that is not refused never has more than CELLS_MAX numbers, and building it takes at
 * most WORK_MAX steps, whatever the texts. Pure.
 */
import { createAutomaton } from './automaton.ts';
import type { Program } from './program.ts';

/** Numbers in the table, 4 bytes each: a row per state with a column per class of characters. */
export const CELLS_MAX = 131_072;

/** Steps to build it, which texts can cause once. A step takes about 40 ns. */
export const WORK_MAX = 1_000_000;

/** The size of an automaton: the numbers in its table, and the steps to build it. */
export interface Size {
  readonly cells: number;
  readonly work: number;
}

/** The size of the complete automaton of a program, or which limit it exceeds. Takes time up to the limits. */
export function sizeOf(program: Program): Size | string {
  const cells = `its table would have more than ${CELLS_MAX} cells`;
  if (program.kinds.length * program.sets.length > 4 * CELLS_MAX) return cells;
  const automaton = createAutomaton(program);
  const isComplete = automaton.complete(CELLS_MAX, WORK_MAX);
  const size = automaton.measure();
  if (isComplete) return size;
  return size.cells > CELLS_MAX ? cells : `building its table would take more than ${WORK_MAX} steps`;
}
