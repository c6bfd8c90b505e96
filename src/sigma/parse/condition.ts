/**
 * Parses conditions: over the selections of a detection, or over the rules of a correlation.
 *
 * Contract: `or` binds weakest, then `and`, `not`, `1 of …`, parentheses. Keywords ignore case. Names are resolved, so
 * the result is a formula; unknown names are reported, and used names are collected. Depth and length are bounded. Pure.
 */
import { type Hint, nearestHint, ParseError, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { createPatternMatcher } from '../evaluate/wildcard.ts';
import type { Formula, PatternPart } from '../rule.ts';
import { join } from './parsed-condition.ts';

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

const LENGTH_MAX = 8_192;
const DEPTH_MAX = 64;

/** The text of a condition and its place. */
export interface ConditionText {
  readonly value: string;
  readonly place: Place;
  /** The place of its first character; null if the places of the others don't follow from it. */
  readonly textPlace: Place | null;
}

/** Reads a condition; null if it, or something it names, has an error. Adds the names it uses to `used`. */
export function readFormula<L extends AnyLeaf>(
  condition: ConditionText,
  names: Names<L>,
  used: Set<string>,
  report: Report,
): Formula<L> | null {
  if (condition.value.length > LENGTH_MAX) {
    report.error(condition.place, `the condition is longer than ${LENGTH_MAX} characters`);
    return null;
  }
  try {
    return parse({ tokens: createTokens(condition, names), names, used, report, depth: 0 });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.error(error.place, `in the condition: ${error.message}`, error.hint);
    return null;
  }
}

/** The tokens of a condition: parentheses, bars and words. */
interface Tokens {
  /** The token `ahead` of the next one; null at the end. */
  peek(ahead?: number): string | null;
  /** The place of the next token, or of one `ahead` of it; at the end, that of the last token. */
  place(ahead?: number): Place;
  /** Whether a token is a keyword, and not a name. */
  isWord(word: string, ahead?: number): boolean;
  skip(count?: number): void;
}

function createTokens({ value, place, textPlace }: ConditionText, { known }: Names<AnyLeaf>): Tokens {
  const tokens = [...value.matchAll(/[()|]|[^\s()|]+/g)];
  let next = 0;
  const peek = (ahead = 0): string | null => tokens[next + ahead]?.[0] ?? null;
  return {
    peek,
    place: (ahead = 0) => {
      const token = tokens[Math.min(next + ahead, tokens.length - 1)];
      if (token === undefined || textPlace === null) return place;
      return { line: textPlace.line, column: textPlace.column + token.index };
    },
    isWord: (word, ahead = 0) => peek(ahead)?.toLowerCase() === word && !known.has(peek(ahead) ?? ''),
    skip: (count = 1) => {
      next += count;
    },
  };
}

interface Parser<L extends AnyLeaf> {
  readonly tokens: Tokens;
  readonly names: Names<L>;
  readonly used: Set<string>;
  readonly report: Report;
  /** Open parentheses. */
  depth: number;
}

function parse<L extends AnyLeaf>(parser: Parser<L>): Formula<L> | null {
  const { tokens } = parser;
  const whole = parseOr(parser);
  const rest = tokens.peek();
  if (rest === '|') {
    const message = 'aggregations ("| count() …") are not part of Sigma 2';
    throw new ParseError(tokens.place(), message, 'write a correlation rule');
  }
  if (rest !== null) {
    throw new ParseError(tokens.place(), `expected "and", "or" or the end, not "${truncate(rest)}"`);
  }
  return whole;
}

function parseOr<L extends AnyLeaf>(parser: Parser<L>): Formula<L> | null {
  return parseChain(parser, 'or', () => parseChain(parser, 'and', () => parseNot(parser)));
}

function parseChain<L extends AnyLeaf>(
  { tokens }: Parser<L>,
  word: 'and' | 'or',
  parseOperand: () => Formula<L> | null,
): Formula<L> | null {
  const operands = [parseOperand()];
  while (tokens.isWord(word)) {
    tokens.skip();
    operands.push(parseOperand());
  }
  const valid = operands.filter((operand) => operand !== null);
  return valid.length < operands.length ? null : join(word, valid);
}

function parseNot<L extends AnyLeaf>(parser: Parser<L>): Formula<L> | null {
  let negated = false;
  for (; parser.tokens.isWord('not'); parser.tokens.skip()) negated = !negated;
  const operand = parseOperand(parser);
  return negated && operand !== null ? { kind: 'not', of: operand } : operand;
}

function parseOperand<L extends AnyLeaf>(parser: Parser<L>): Formula<L> | null {
  const { tokens, names, used, report } = parser;
  const token = tokens.peek();
  if (token === null) throw new ParseError(tokens.place(), `expected a ${names.noun} at the end`);
  if (token === '(') return parseParentheses(parser);
  if (tokens.isWord('of', 1) && tokens.peek(2) !== null) return parseOf(parser, token);
  if (token === ')' || token === '|' || tokens.isWord('and') || tokens.isWord('or')) {
    throw new ParseError(tokens.place(), `expected a ${names.noun}, not "${token}"`);
  }
  const found = names.known.get(token);
  if (found === undefined) {
    report.error(tokens.place(), `unknown ${names.noun} "${truncate(token)}"`, hintFor(token, names));
  } else {
    used.add(token);
  }
  tokens.skip();
  return found ?? null;
}

function parseParentheses<L extends AnyLeaf>(parser: Parser<L>): Formula<L> | null {
  const { tokens } = parser;
  if (++parser.depth > DEPTH_MAX) {
    throw new ParseError(tokens.place(), `parentheses nested deeper than ${DEPTH_MAX} levels`);
  }
  tokens.skip();
  const inner = parseOr(parser);
  if (tokens.peek() !== ')') throw new ParseError(tokens.place(), 'unclosed "("');
  tokens.skip();
  parser.depth--;
  return inner;
}

/** Parses `1 of …` and the like. */
function parseOf<L extends AnyLeaf>({ tokens, names, used, report }: Parser<L>, quantity: string): Formula<L> | null {
  const quantifier = quantity.toLowerCase();
  if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all') {
    const message = `"${truncate(quantity)} of" is not part of Sigma`;
    throw new ParseError(tokens.place(), message, 'use "1 of", "any of" or "all of"');
  }
  const pattern = tokens.peek(2) ?? '';
  if (!/^[^()|]+$/.test(pattern)) {
    throw new ParseError(tokens.place(), `expected "them" or a pattern, not "${pattern}"`);
  }
  const place = tokens.place(2);
  tokens.skip(3);
  const matching = namesOf(pattern, listed(names));
  for (const name of matching) used.add(name);
  if (matching.length === 0) {
    const message = `no ${names.noun} matches "${truncate(pattern)}"`;
    if (quantifier === 'all') report.notice(place, `${message}: "all of" is then always true`);
    else report.error(place, message, hintFor(pattern, names));
    if (quantifier !== 'all') return null;
  }
  const found = matching.map((name) => names.known.get(name) ?? null).filter((formula) => formula !== null);
  if (found.length < matching.length) return null;
  return join(quantifier === 'all' ? 'and' : 'or', found);
}

function listed(names: Names<AnyLeaf>): readonly string[] {
  return names.listed ?? [...names.known.keys()];
}

function hintFor(name: string, names: Names<AnyLeaf>): Hint {
  const all = listed(names);
  return all.some((one) => /[\s()|]/.test(one))
    ? "a name with spaces can't be used here: use the id"
    : nearestHint(name, all);
}

/** The names that match a pattern. Names beginning with `_` only match patterns that do, too. */
function namesOf(pattern: string, listed: readonly string[]): readonly string[] {
  const names = listed.filter((name) => pattern.startsWith('_') || !name.startsWith('_'));
  if (pattern.toLowerCase() === 'them') return names;
  const parts = pattern.split('*').map((text): PatternPart[] => (text === '' ? [] : [{ text }]));
  const matches = createPatternMatcher(parts.flatMap((part, i) => (i === 0 ? part : [{ wildcard: '*' }, ...part])));
  return names.filter(matches);
}
