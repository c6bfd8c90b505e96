/**
 * Bounds the automaton of a program at build time.
 *
 * Contract: the table of an automaton that is not refused never has more than CELLS_MAX numbers, and building it takes at
 * most WORK_MAX steps, whatever the texts. Pure.
 */
import { createAutomaton } from './automaton.ts';
import type { Program } from './program.ts';

/** Numbers in the table, 2 bytes each: a row per state with a column per class of characters. */
export const CELLS_MAX = 32_768;

/** A step takes about 40 ns. */
export const WORK_MAX = 400_000;

/** The numbers in the table of the complete automaton; null if it would be too large. Takes time up to the limits. */
export function cellsOf(program: Program): number | null {
  if (program.kinds.length * program.sets > 4 * CELLS_MAX) return null;
  const automaton = createAutomaton(program);
  return automaton.complete(CELLS_MAX, WORK_MAX) ? automaton.measure().cells : null;
}
