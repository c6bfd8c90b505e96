/**
 * Parses conditions: over the selections of a detection, or over the rules of a correlation.
 *
 * Contract: `or` binds weakest, then `and`, `not`, `1 of …`, parentheses. Keywords ignore case. Names are resolved, so
 * the result is a formula; unknown names are reported, and used names are collected. Depth and length are bounded. Pure.
 */
import { type Hint, nearestHint, ParseError, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { createMatcher } from '../evaluate/wildcard.ts';
import type { Formula, PatternPart } from '../rule.ts';
import { join, type ParsedCondition } from './parsed-condition.ts';

type AnyLeaf = { readonly kind: 'leaf' };

/** The names a condition may use. */
export interface Names<L extends AnyLeaf> {
  /** What a name stands for, in messages: "selection", "rule". */
  readonly noun: string;
  /** Name → formula; null if that has an error of its own. */
  readonly known: ReadonlyMap<string, Formula<L> | null>;
  /** The names for patterns and hints; by default all. */
  readonly listed?: readonly string[];
}

const LENGTH_LIMIT = 8_192;
const DEPTH_LIMIT = 64;

/** The text of a condition and its place. */
export interface ConditionText {
  readonly value: string;
  readonly place: Place;
  /** The place of its first character; null if the places of the others don't follow from it. */
  readonly textPlace: Place | null;
}

/** Reads the condition of a detection; null if it, or a selection it names, has an error. */
export function readCondition(
  condition: ConditionText,
  selections: ReadonlyMap<string, ParsedCondition | null>,
  used: Set<string>,
  report: Report,
): ParsedCondition | null {
  return readFormula(condition, { noun: 'selection', known: selections }, used, report);
}

/** Reads a condition; null if it, or something it names, has an error. Adds the names it uses to `used`. */
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
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.error(error.place, `in the condition: ${error.message}`, error.hint);
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
  /** The place of the next token, or of one `ahead` of it; at the end, that of the last token. */
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
      : "a name with spaces can't be used here: use the id";
  };

  const read = (): Read => {
    const whole = readOr();
    const rest = peek();
    if (rest === '|') {
      throw new ParseError(here(), 'aggregations ("| count() …") are not part of Sigma 2', 'write a correlation rule');
    }
    if (rest !== null) throw new ParseError(here(), `expected "and", "or" or the end, not "${truncate(rest)}"`);
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
    const valid = operands.filter((operand) => operand !== null);
    return valid.length < operands.length ? null : join(word, valid);
  };

  const readNot = (): Read => {
    let negated = false;
    for (; isWord('not'); next++) negated = !negated;
    const operand = readOperand();
    return negated && operand !== null ? { kind: 'not', of: operand } : operand;
  };

  const readOperand = (): Read => {
    const token = peek();
    if (token === null) throw new ParseError(here(), `expected a ${noun} at the end`);
    if (token === '(') return readParentheses();
    if (isWord('of', 1) && peek(2) !== null) return readOf(token);
    if (token === ')' || token === '|' || isWord('and') || isWord('or')) {
      throw new ParseError(here(), `expected a ${noun}, not "${token}"`);
    }
    next++;
    const found = known.get(token);
    if (found === undefined) {
      report.error(here(-1), `unknown ${noun} "${truncate(token)}"`, hintOf(token));
      return null;
    }
    used.add(token);
    return found;
  };

  const readParentheses = (): Read => {
    if (++depth > DEPTH_LIMIT) throw new ParseError(here(), `parentheses nested deeper than ${DEPTH_LIMIT} levels`);
    next++;
    const inner = readOr();
    if (peek() !== ')') throw new ParseError(here(), 'unclosed "("');
    next++;
    depth--;
    return inner;
  };

  const readOf = (quantity: string): Read => {
    const quantifier = quantity.toLowerCase();
    if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all') {
      throw new ParseError(
        here(),
        `"${truncate(quantity)} of" is not part of Sigma`,
        'use "1 of", "any of" or "all of"',
      );
    }
    const pattern = peek(2) ?? '';
    if (!/^[^()|]+$/.test(pattern)) throw new ParseError(here(), `expected "them" or a pattern, not "${pattern}"`);
    next += 3;
    const names = namesOf(pattern, listed);
    for (const name of names) used.add(name);
    if (names.length === 0) {
      const message = `no ${noun} matches "${truncate(pattern)}"`;
      if (quantifier === 'all') report.notice(here(-1), `${message}: "all of" is then always true`);
      else report.error(here(-1), message, hintOf(pattern));
      if (quantifier !== 'all') return null;
    }
    const found = names.map((name) => known.get(name) ?? null).filter((formula) => formula !== null);
    if (found.length < names.length) return null;
    return join(quantifier === 'all' ? 'and' : 'or', found);
  };

  return { read };
}

/** The names that match a pattern. Names beginning with `_` only match patterns that do, too. */
function namesOf(pattern: string, listed: readonly string[]): readonly string[] {
  const names = listed.filter((name) => pattern.startsWith('_') || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return names;
  const parts = pattern.split('*').map((text): PatternPart[] => (text === '' ? [] : [{ text }]));
  const matches = createMatcher(parts.flatMap((part, i) => (i === 0 ? part : [{ wildcard: '*' }, ...part])));
  return names.filter(matches);
}
