/**
 * Comparing a text with one of several others at once.
 *
 * Contract: the time grows with the text, and hardly with the number of the others. Native regular expressions are
 * made of escaped text only: there is nothing in them to go back over. Pure.
 */

export type TextTest = (text: string) => boolean;

/** From so many on, the one is measurably faster than asking one after the other. */
const SET_FROM = 4;
const EXPRESSION_FROM = { contains: 2, startswith: 4, endswith: 4 };
/** Making a regular expression costs as much as so many texts: who asks less often does without. */
const EXPRESSION_AFTER = 1_000;
/** Engines have a limit for regular expressions, and compile the large ones less well. */
const EXPRESSION_LENGTH = 4_096;

/** Whether a text is one of these. */
export function equalsAny(wanted: readonly string[]): TextTest {
  const [first, second, third] = wanted;
  if (wanted.length >= SET_FROM || first === undefined) {
    const known = new Set(wanted);
    return (text) => known.has(text);
  }
  if (second === undefined) return (text) => text === first;
  return (text) => text === first || text === second || text === third;
}

/** Whether one of these stands in a text: anywhere, at its start, at its end. */
export function holdsAny(wanted: readonly string[], where: 'contains' | 'startswith' | 'endswith'): TextTest {
  const oneByOne = anyOf(wanted.map((one) => holds(one, where)));
  if (wanted.length < EXPRESSION_FROM[where]) return oneByOne;
  let asked = 0;
  let atOnce: TextTest | null = null;
  return (text) => {
    if (atOnce !== null) return atOnce(text);
    if (asked++ === EXPRESSION_AFTER) atOnce = anyOf(chunks(wanted).map((chunk) => holdsExpression(chunk, where)));
    return oneByOne(text);
  };
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

function holds(wanted: string, where: 'contains' | 'startswith' | 'endswith'): TextTest {
  switch (where) {
    case 'contains':
      return (text) => text.includes(wanted);
    case 'startswith':
      return (text) => text.startsWith(wanted);
    case 'endswith':
      return (text) => text.endsWith(wanted);
  }
}

function holdsExpression(wanted: readonly string[], where: 'contains' | 'startswith' | 'endswith'): TextTest {
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
