/**
 * Parses conditions: over the selections of a detection, or over the rules of a correlation.
 *
 * Contract: `or` binds weakest, then `and`, `not`, `1 of …`, parentheses. Keywords ignore case. Names are resolved, so
 * the result is a formula; unknown names are reported, and used names are collected. Of a condition with an error, which
 * is reported, it is any formula. Depth and length are bounded. Pure.
 */
import { type Hint, nearestHint, ParseError, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { createPiecesTest } from '../evaluate/wildcard.ts';
import type { Formula } from '../rule.ts';
import { join } from './parsed-condition.ts';

type AnyLeaf = { readonly kind: 'leaf' };

/** The names a condition may use. */
export interface Names<L extends AnyLeaf> {
  /** What a name stands for, in messages: "selection", "rule". */
  readonly noun: string;
  readonly known: ReadonlyMap<string, Formula<L>>;
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

/** Reads a condition. Adds the names it uses to `used`. */
export function readFormula<L extends AnyLeaf>(
  condition: ConditionText,
  names: Names<L>,
  used: Set<string>,
  report: Report,
): Formula<L> {
  if (condition.value.length > LENGTH_MAX) {
    report.error(condition.place, `the condition is longer than ${LENGTH_MAX} characters`);
    return { kind: 'or', of: [] };
  }
  const tokens = tokensOf(condition, names.known);
  try {
    return parse({ tokens, end: tokens.at(-1)?.place ?? condition.place, names, used, report, depth: 0 });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.error(error.place, `in the condition: ${error.message}`, error.hint);
    return { kind: 'or', of: [] };
  }
}

/** A parenthesis, a bar or a word. */
interface Token {
  readonly text: string;
  /** In lower case, to compare it with keywords; empty if it is a name. */
  readonly word: string;
  readonly place: Place;
}

function tokensOf({ value, place, textPlace }: ConditionText, known: ReadonlyMap<string, unknown>): Token[] {
  return [...value.matchAll(/[()|]|[^\s()|]+/g)].map(({ 0: text, index }) => ({
    text,
    word: known.has(text) ? '' : text.toLowerCase(),
    place: textPlace === null ? place : { line: textPlace.line, column: textPlace.column + index },
  }));
}

interface Parser<L extends AnyLeaf> {
  /** Those that are not yet read. */
  readonly tokens: Token[];
  /** The place of the last token. */
  readonly end: Place;
  readonly names: Names<L>;
  readonly used: Set<string>;
  readonly report: Report;
  /** Open parentheses. */
  depth: number;
}

function parse<L extends AnyLeaf>(parser: Parser<L>): Formula<L> {
  const whole = parseOr(parser);
  const [rest] = parser.tokens;
  if (rest?.text === '|') {
    const message = 'aggregations ("| count() …") are not part of Sigma 2';
    throw new ParseError(rest.place, message, 'write a correlation rule');
  }
  if (rest !== undefined) {
    throw new ParseError(rest.place, `expected "and", "or" or the end, not "${truncate(rest.text)}"`);
  }
  return whole;
}

function parseOr<L extends AnyLeaf>(parser: Parser<L>): Formula<L> {
  return parseChain(parser, 'or', () => parseChain(parser, 'and', () => parseNot(parser)));
}

function parseChain<L extends AnyLeaf>(
  { tokens }: Parser<L>,
  word: 'and' | 'or',
  parseOperand: () => Formula<L>,
): Formula<L> {
  const operands = [parseOperand()];
  while (tokens[0]?.word === word) {
    tokens.shift();
    operands.push(parseOperand());
  }
  return join(word, operands);
}

function parseNot<L extends AnyLeaf>(parser: Parser<L>): Formula<L> {
  let negated = false;
  for (; parser.tokens[0]?.word === 'not'; parser.tokens.shift()) negated = !negated;
  const operand = parseOperand(parser);
  return negated ? { kind: 'not', of: operand } : operand;
}

function parseOperand<L extends AnyLeaf>(parser: Parser<L>): Formula<L> {
  const { tokens, names, used, report } = parser;
  const [token, of, pattern] = tokens;
  if (token === undefined) throw new ParseError(parser.end, `expected a ${names.noun} at the end`);
  const { text, word, place } = token;
  if (text === '(') return parseParentheses(parser, place);
  if (of?.word === 'of' && pattern !== undefined) return parseOf(parser, token, pattern);
  if (text === ')' || text === '|' || word === 'and' || word === 'or') {
    throw new ParseError(place, `expected a ${names.noun}, not "${text}"`);
  }
  tokens.shift();
  used.add(text);
  const found = names.known.get(text);
  if (found !== undefined) return found;
  report.error(place, `unknown ${names.noun} "${truncate(text)}"`, hintFor(text, names));
  return { kind: 'or', of: [] };
}

function parseParentheses<L extends AnyLeaf>(parser: Parser<L>, place: Place): Formula<L> {
  const { tokens, end } = parser;
  if (++parser.depth > DEPTH_MAX) throw new ParseError(place, `parentheses nested deeper than ${DEPTH_MAX} levels`);
  tokens.shift();
  const inner = parseOr(parser);
  const close = tokens.shift();
  if (close?.text !== ')') throw new ParseError(close?.place ?? end, 'unclosed "("');
  parser.depth--;
  return inner;
}

/** Parses `1 of …` and the like. */
function parseOf<L extends AnyLeaf>(
  { tokens, names, used, report }: Parser<L>,
  quantity: Token,
  { text: pattern, place }: Token,
): Formula<L> {
  const quantifier = quantity.text.toLowerCase();
  if (quantifier !== '1' && quantifier !== 'any' && quantifier !== 'all') {
    const message = `"${truncate(quantity.text)} of" is not part of Sigma`;
    throw new ParseError(quantity.place, message, 'use "1 of", "any of" or "all of"');
  }
  if (/^[()|]$/.test(pattern)) {
    throw new ParseError(quantity.place, `expected "them" or a pattern, not "${pattern}"`);
  }
  tokens.splice(0, 3);
  const matching = namesOf(pattern, listed(names));
  for (const name of matching) used.add(name);
  if (matching.length === 0) {
    const message = `no ${names.noun} matches "${truncate(pattern)}"`;
    if (quantifier === 'all') report.notice(place, `${message}: "all of" is then always true`);
    else report.error(place, message, hintFor(pattern, names));
  }
  const found = matching.flatMap((name) => names.known.get(name) ?? []);
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
  return names.filter(createPiecesTest(pattern.split('*')));
}
