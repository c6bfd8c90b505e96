/**
 * A rule's expression in the few words that every peer has: what the translations start from. Pure.
 *
 * Contract: lists are lists (an OR of one field's values is one test), text is folded, fields are those of a prepared
 * entry (prepared.ts). Throws where a rule holds what the peers have no word for.
 */
import { parseRange } from '../../../src/sigma/match/cidr.ts';
import { fold } from '../../../src/sigma/match/fold.ts';
import type { Expression, Leaf, PatternPart } from '../../../src/sigma/rule.ts';
import { addressNumber } from './prepared.ts';

export type Condition =
  | { readonly kind: 'and'; readonly of: readonly Condition[] }
  | { readonly kind: 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | FieldTest;

export type How = 'contains' | 'startsWith' | 'endsWith';
export type Compare = 'lt' | 'lte' | 'gt' | 'gte';

/** A rule as the peers' translations begin with it. */
export interface PlainRule {
  readonly id: string;
  readonly condition: Condition;
}

export type FieldTest =
  | { readonly kind: 'in'; readonly field: string; readonly values: readonly (string | number)[] }
  | { readonly kind: 'text'; readonly field: string; readonly how: How; readonly texts: readonly string[] }
  /** JavaScript's syntax; without flags. */
  | { readonly kind: 'regex'; readonly field: string; readonly source: string }
  | { readonly kind: 'compare'; readonly field: string; readonly op: Compare; readonly value: number }
  /** An address as a number, both ends included. */
  | { readonly kind: 'range'; readonly field: string; readonly from: number; readonly to: number }
  | { readonly kind: 'null'; readonly field: string };

/** What an expression says. */
export function conditionOf(expression: Expression): Condition {
  switch (expression.kind) {
    case 'leaf':
      return testOf(expression);
    case 'not':
      return { kind: 'not', of: conditionOf(expression.of) };
    case 'and':
    case 'or': {
      const { kind } = expression;
      const flat = expression.of.map(conditionOf).flatMap((child) => (child.kind === kind ? child.of : [child]));
      const of = kind === 'or' ? merged(flat) : flat;
      return of.length === 1 && of[0] !== undefined ? of[0] : { kind, of };
    }
  }
}

/** Tests of one field for one of several values are one test. */
function merged(children: readonly Condition[]): Condition[] {
  const lists = new Map<string, Condition>();
  for (const [i, child] of children.entries()) {
    const key =
      child.kind === 'in' ? `in ${child.field}` : child.kind === 'text' ? `${child.how} ${child.field}` : `${i}`;
    const before = lists.get(key);
    if (before?.kind === 'in' && child.kind === 'in')
      lists.set(key, { ...before, values: [...before.values, ...child.values] });
    else if (before?.kind === 'text' && child.kind === 'text')
      lists.set(key, { ...before, texts: [...before.texts, ...child.texts] });
    else lists.set(key, child);
  }
  return [...lists.values()];
}

function testOf({ field: path, test }: Leaf): FieldTest {
  if (path === null) throw new Error('a keyword is not among what is measured');
  const field = path.replaceAll('.', '_');
  switch (test.op) {
    case 'null':
      return { kind: 'null', field };
    case 'equals':
      return { kind: 'in', field, values: [typeof test.value === 'number' ? test.value : fold(String(test.value))] };
    case 'pattern':
      return patternOf(field, test.parts);
    case 're':
      return { kind: 'regex', field: `${field}_raw`, source: test.source };
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { kind: 'compare', field, op: test.op, value: test.value };
    case 'cidr': {
      const range = parseRange(test.range);
      if (range === null) throw new Error(`no range: ${test.range}`);
      const from = addressNumber(range.base);
      const bits = (range.base.length === 2 ? 32 : 48) - range.bits;
      if (bits < 0) throw new Error(`the peers’ numbers hold no range as narrow as ${test.range}`);
      return { kind: 'range', field: `${field}_number`, from, to: from + 2 ** bits - 1 };
    }
    default:
      throw new Error(`${test.op} is not among what is measured`);
  }
}

function patternOf(field: string, parts: readonly PatternPart[]): FieldTest {
  const [first, second, third] = parts;
  const isAny = (part: PatternPart | undefined): boolean =>
    part !== undefined && 'wildcard' in part && part.wildcard === '*';
  const text = (how: How, part: PatternPart | undefined): FieldTest | null =>
    part !== undefined && 'text' in part ? { kind: 'text', field, how, texts: [fold(part.text)] } : null;
  const simple =
    parts.length === 2 && isAny(second)
      ? text('startsWith', first)
      : parts.length === 2 && isAny(first)
        ? text('endsWith', second)
        : parts.length === 3 && isAny(first) && isAny(third)
          ? text('contains', second)
          : null;
  return simple ?? { kind: 'regex', field, source: wildcardSource(parts) };
}

/** A wildcard pattern as a regular expression. */
function wildcardSource(parts: readonly PatternPart[]): string {
  const source = parts.map((part) => {
    if ('text' in part) return escaped(fold(part.text));
    if ('oneOf' in part) return `[${escaped(part.oneOf)}]`;
    return part.wildcard === '*' ? '[^]*' : '[^]';
  });
  return `^${source.join('')}$`.replace(/^\^\[\^\]\*/, '').replace(/\[\^\]\*\$$/, '');
}

/** Texts as one regular expression, for those that have no word for parts of a text. */
export function textSource(how: How, texts: readonly string[]): string {
  const any = texts.map(escaped).join('|');
  if (how === 'contains') return any;
  return how === 'startsWith' ? `^(?:${any})` : `(?:${any})$`;
}

/** For inside of a regular expression, with and without the flag u. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
