/**
 * The grammar of conditions: over the selections of a detection, or over the rules of a correlation.
 *
 * Contract: `or` binds least, then `and`, `not`, `1 of …`, parentheses. Words are known in either case. Names are
 * resolved here, so that what comes out is a formula; every name that stands for nothing is reported, and what
 * was used is told. Bounded in depth and length, for conditions are hostile too. Pure.
 */
import { type Hint, nearestHint, ParseError, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { createMatcher } from '../evaluate/wildcard.ts';
import type { Formula, PatternPart } from '../rule.ts';
import type { ParsedCondition } from './parsed-condition.ts';

type AnyLeaf = { readonly kind: 'leaf' };

/** What a condition speaks of. */
export interface Names<L extends AnyLeaf> {
  /** What it is made of, for messages: "selection", "rule". */
  readonly noun: string;
  /** What each name stands for; null where that has an error of its own. */
  readonly known: ReadonlyMap<string, Formula<L> | null>;
  /** The names that patterns and hints look at; by default all. */
  readonly listed?: readonly string[];
}

const LENGTH_LIMIT = 8_192;
const DEPTH_LIMIT = 64;

/** A condition as it is written, and where. */
export interface ConditionText {
  readonly value: string;
  readonly place: Place;
  /** Where its first character stands; null where that does not tell where the others do. */
  readonly textPlace: Place | null;
}

/** Reads the condition of a detection; null where it, or a selection it names, has an error. */
export function readCondition(
  condition: ConditionText,
  selections: ReadonlyMap<string, ParsedCondition | null>,
  used: Set<string>,
  report: Report,
): ParsedCondition | null {
  return readFormula(condition, { noun: 'selection', known: selections }, used, report);
}

/** Reads a condition; null where it, or something it names, has an error. `used` gains the names it speaks of. */
export function readFormula<L extends AnyLeaf>(
  condition: ConditionText,
  names: Names<L>,
  used: Set<string>,
  report: Report,
): Formula<L> | null {
  if (condition.value.length > LENGTH_LIMIT) {
    report.error(condition.place, `the condition is longer than ${LENGTH_LIMIT} characters`);
    return null;
  }
  try {
    return createReader(condition, names, used, report).read();
  } catch (unreadable) {
    if (!(unreadable instanceof ParseError)) throw unreadable;
    report.error(unreadable.place, `in the condition: ${unreadable.message}`, unreadable.hint);
    return null;
  }
}

function createReader<L extends AnyLeaf>(
  { value, place, textPlace }: ConditionText,
  { noun, known, listed = [...known.keys()] }: Names<L>,
  used: Set<string>,
  report: Report,
) {
  type Read = Formula<L> | null;
  const tokens = [...value.matchAll(/[()|]|[^\s()|]+/g)];
  let next = 0;
  let depth = 0;

  const peek = (ahead = 0): string | null => tokens[next + ahead]?.[0] ?? null;
  /** Where a token stands, the next or one near it; behind the last, where the last does. */
  const here = (ahead = 0): Place => {
    const token = tokens[Math.min(next + ahead, tokens.length - 1)];
    if (token === undefined || textPlace === null) return place;
    return { line: textPlace.line, column: textPlace.column + token.index };
  };
  const isWord = (word: string, ahead = 0) => peek(ahead)?.toLowerCase() === word && !known.has(peek(ahead) ?? '');

  const hintOf = (name: string): Hint => {
    const nameable = listed.filter((one) => !/[\s()|]/.test(one));
    return nameable.length === listed.length
      ? nearestHint(name, listed)
      : 'a name with blanks cannot stand here: use its id';
  };

  const read = (): Read => {
    const whole = readOr();
    const rest = peek();
    if (rest === '|') {
      throw new ParseError(here(), 'aggregations ("| count() …") are not part of Sigma 2', 'write a correlation rule');
    }
    if (rest !== null) throw new ParseError(here(), `"${truncate(rest)}" where "and", "or" or the end should be`);
    return whole;
  };

  const readOr = () => readChain('or', readAnd);
  const readAnd = () => readChain('and', readNot);

  const readChain = (word: 'and' | 'or', readOperand: () => Read): Read => {
    const operands = [readOperand()];
    while (isWord(word)) {
      next++;
      operands.push(readOperand());
    }
    const sound = operands.filter((operand) => operand !== null);
    return sound.length < operands.length ? null : join(word, sound);
  };

  const readNot = (): Read => {
    let negated = false;
    for (; isWord('not'); next++) negated = !negated;
    const operand = readOperand();
    return negated && operand !== null ? { kind: 'not', of: operand } : operand;
  };

  const readOperand = (): Read => {
    const token = peek();
    if (token === null) throw new ParseError(here(), `it ends where a ${noun} should be`);
    if (token === '(') return readParentheses();
    if (isWord('of', 1) && peek(2) !== null) return readOf(token);
    if (token === ')' || token === '|' || isWord('and') || isWord('or')) {
      throw new ParseError(here(), `"${token}" where a ${noun} should be`);
    }
    next++;
    const found = known.get(token);
    if (found === undefined) {
      report.error(here(-1), `there is no ${noun} "${truncate(token)}"`, hintOf(token));
      return null;
    }
    used.add(token);
    return found;
  };

  const readParentheses = (): Read => {
    if (++depth > DEPTH_LIMIT) throw new ParseError(here(), `parentheses deeper than ${DEPTH_LIMIT} levels`);
    next++;
    const inner = readOr();
    if (peek() !== ')') throw new ParseError(here(), 'a "(" is not closed');
    next++;
    depth--;
    return inner;
  };

  const readOf = (quantity: string): Read => {
    const quantifier = quantity.toLowerCase();
    if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all') {
      throw new ParseError(here(), `"${truncate(quantity)} of" is not part of Sigma`, '"1 of", "any of" or "all of"');
    }
    const pattern = peek(2) ?? '';
    if (!/^[^()|]+$/.test(pattern)) throw new ParseError(here(), `"${pattern}" where "them" or a pattern should be`);
    next += 3;
    const names = namesOf(pattern, listed);
    for (const name of names) used.add(name);
    if (names.length === 0) {
      const message = `no ${noun} matches "${truncate(pattern)}"`;
      if (quantifier === 'all') report.notice(here(-1), `${message}: all of none is always true`);
      else report.error(here(-1), message, hintOf(pattern));
      if (quantifier !== 'all') return null;
    }
    const found = names.map((name) => known.get(name) ?? null).filter((formula) => formula !== null);
    if (found.length < names.length) return null;
    return join(quantifier === 'all' ? 'and' : 'or', found);
  };

  return { read };
}

/** Several formulas as one. */
function join<L extends AnyLeaf>(kind: 'and' | 'or', of: readonly Formula<L>[]): Formula<L> {
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind, of };
}

/** The names a pattern stands for: those that begin with `_` only where it does. */
function namesOf(pattern: string, listed: readonly string[]): readonly string[] {
  const names = listed.filter((name) => pattern.startsWith('_') || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return names;
  const parts = pattern.split('*').map((text): PatternPart[] => (text === '' ? [] : [{ text }]));
  const matches = createMatcher(parts.flatMap((part, i) => (i === 0 ? part : [{ wildcard: '*' }, ...part])));
  return names.filter(matches);
}
