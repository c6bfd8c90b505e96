/**
 * Looking for one of several texts at once.
 *
 * Contract: the time grows with the text, and hardly with the number of the others. Native regular expressions are
 * made of escaped text only: there is nothing in them to go back over. Pure.
 */
import type { TextOp } from '../regex/prepared.ts';

export type TextTest = (text: string) => boolean;

/** Where a text may stand in another. */
type Where = Exclude<TextOp, 'equals'>;

/** From so many on, one look for all is measurably faster than one after the other. */
export const ALTERNATION_FROM: { readonly [where in Where]: number } = { contains: 2, startswith: 4, endswith: 4 };
/** Engines have a limit for regular expressions, and compile the large ones less well. */
const EXPRESSION_LENGTH = 4_096;

/** Whether one of these stands in a text: anywhere, at its start, at its end. */
export function alternation(wanted: readonly string[], where: Where): TextTest {
  return anyOf(chunks(wanted).map((chunk) => expressionTest(chunk, where)));
}

/** Whether any of the tests holds. */
export function anyOf(tests: readonly TextTest[]): TextTest {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (text) => {
    for (const test of tests) if (test(text)) return true;
    return false;
  };
}

function expressionTest(wanted: readonly string[], where: Where): TextTest {
  const any = wanted.map((one) => one.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
  const source = where === 'contains' ? any : where === 'startswith' ? `^(?:${any})` : `(?:${any})$`;
  const expression = new RegExp(source);
  return (text) => expression.test(text);
}

/** In parts that are each a regular expression of moderate size. */
function chunks(wanted: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [[]];
  let length = 0;
  for (const one of new Set(wanted)) {
    length += one.length + 1;
    if (length > EXPRESSION_LENGTH && all.at(-1)?.length !== 0) {
      all.push([]);
      length = one.length + 1;
    }
    all.at(-1)?.push(one);
  }
  return all;
}
