/** Numbers of entries. Pure. */
import type { Scalar } from './scalar.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A longer text is no number anyone compares with. */
const NUMBER_TEXT_MAX = 40;

/** The number of a scalar; NaN if it is not a number. */
export function numberOf(value: Scalar): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean' || value.length > NUMBER_TEXT_MAX || !NUMBER.test(value)) return Number.NaN;
  return Number(value);
}
