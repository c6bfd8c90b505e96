/**
 * The grammar of conditions.
 *
 * Contract: `or` binds least, then `and`, `not`, `1 of …`, parentheses. Words are known in either case. Names are
 * resolved here, so that what comes out is an expression; every name that stands for nothing is reported, and what
 * was used is told. Bounded in depth and length, for conditions are hostile too. Pure.
 */

import { createMatcher } from '../match/wildcard.ts';
import type { Expression, PatternPart } from '../rule.ts';
import { join } from './item.ts';
import { nearestHint } from './nearest.ts';
import type { Place, Report } from './problem.ts';
import { shown } from './yaml.ts';

/** The selections a condition speaks of; null where one has an error of its own. */
export type Selections = ReadonlyMap<string, Expression | null>;

const LENGTH_LIMIT = 8_192;
const DEPTH_LIMIT = 64;

/** A condition as it is written, and where. */
export interface ConditionText {
  readonly value: string;
  readonly place: Place;
  /** Where its first character stands; null where that does not tell where the others do. */
  readonly textPlace: Place | null;
}

/**
 * Reads a condition; null where it, or a selection it names, has an error. `used` gains the names it speaks of.
 */
export function readCondition(
  condition: ConditionText,
  selections: Selections,
  used: Set<string>,
  report: Report,
): Expression | null {
  if (condition.value.length > LENGTH_LIMIT) {
    report.error(condition.place, `the condition is longer than ${LENGTH_LIMIT} characters`);
    return null;
  }
  try {
    return createReader(condition, selections, used, report).read();
  } catch (unreadable) {
    if (!(unreadable instanceof Unreadable)) throw unreadable;
    report.error(unreadable.place, `in the condition: ${unreadable.message}`, unreadable.hint);
    return null;
  }
}

/** Thrown and caught in this file only: from where it breaks, a condition cannot be read on. */
class Unreadable extends Error {
  readonly place: Place;
  readonly hint: string | undefined;
  constructor(place: Place, message: string, hint?: string) {
    super(message);
    this.place = place;
    this.hint = hint;
  }
}

function createReader(
  { value, place, textPlace }: ConditionText,
  selections: Selections,
  used: Set<string>,
  report: Report,
) {
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
  const isWord = (word: string, ahead = 0) => peek(ahead)?.toLowerCase() === word && !selections.has(peek(ahead) ?? '');

  const read = (): Expression | null => {
    const whole = readOr();
    const rest = peek();
    if (rest === '|') {
      throw new Unreadable(here(), 'aggregations ("| count() …") are not part of Sigma 2', 'write a correlation rule');
    }
    if (rest !== null) throw new Unreadable(here(), `"${shown(rest)}" where "and", "or" or the end should be`);
    return whole;
  };

  const readOr = () => readChain('or', readAnd);
  const readAnd = () => readChain('and', readNot);

  const readChain = (word: 'and' | 'or', readOperand: () => Expression | null): Expression | null => {
    const operands = [readOperand()];
    while (isWord(word)) {
      next++;
      operands.push(readOperand());
    }
    const sound = operands.filter((operand) => operand !== null);
    return sound.length < operands.length ? null : join(word, sound);
  };

  const readNot = (): Expression | null => {
    let negated = false;
    for (; isWord('not'); next++) negated = !negated;
    const operand = readOperand();
    return negated && operand !== null ? { kind: 'not', of: operand } : operand;
  };

  const readOperand = (): Expression | null => {
    const token = peek();
    if (token === null) throw new Unreadable(here(), 'it ends where a selection should be');
    if (token === '(') return readParentheses();
    if (isWord('of', 1) && peek(2) !== null) return readOf(token);
    if (token === ')' || token === '|' || isWord('and') || isWord('or')) {
      throw new Unreadable(here(), `"${token}" where a selection should be`);
    }
    next++;
    const selection = selections.get(token);
    if (selection === undefined) {
      report.error(here(-1), `there is no selection "${shown(token)}"`, nearestHint(token, selections.keys()));
      return null;
    }
    used.add(token);
    return selection;
  };

  const readParentheses = (): Expression | null => {
    if (++depth > DEPTH_LIMIT) throw new Unreadable(here(), `parentheses deeper than ${DEPTH_LIMIT} levels`);
    next++;
    const inner = readOr();
    if (peek() !== ')') throw new Unreadable(here(), 'a "(" is not closed');
    next++;
    depth--;
    return inner;
  };

  const readOf = (quantity: string): Expression | null => {
    const quantifier = quantity.toLowerCase();
    if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all') {
      throw new Unreadable(here(), `"${shown(quantity)} of" is not part of Sigma`, '"1 of", "any of" or "all of"');
    }
    const pattern = peek(2) ?? '';
    if (!/^[^()|]+$/.test(pattern)) throw new Unreadable(here(), `"${pattern}" where "them" or a pattern should be`);
    next += 3;
    const names = namesOf(pattern, selections);
    for (const name of names) used.add(name);
    if (names.length === 0) {
      const message = `no selection matches "${shown(pattern)}"`;
      if (quantifier === 'all') report.notice(here(-1), `${message}: all of none is always true`);
      else report.error(here(-1), message, nearestHint(pattern, selections.keys()));
      if (quantifier !== 'all') return null;
    }
    const expressions = names.map((name) => selections.get(name) ?? null).filter((found) => found !== null);
    if (expressions.length < names.length) return null;
    return join(quantifier === 'all' ? 'and' : 'or', expressions);
  };

  return { read };
}

/** The names a pattern stands for: those that begin with `_` only where it does. */
function namesOf(pattern: string, selections: Selections): readonly string[] {
  const names = [...selections.keys()].filter((name) => pattern.startsWith('_') || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return names;
  const parts = pattern.split('*').map((text): PatternPart[] => (text === '' ? [] : [{ text }]));
  const matches = createMatcher(parts.flatMap((part, i) => (i === 0 ? part : [{ wildcard: '*' }, ...part])));
  return names.filter(matches);
}
