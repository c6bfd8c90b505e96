/**
 * A rule's expression in terms that every peer supports: the source of all translations. Pure.
 *
 * Contract: lists are lists (an OR of one field's values is one test), text is folded (unfolded fields end with `_raw`),
 * fields are those of a prepared entry (prepared.ts). Throws if the peers can't express a rule.
 */
import type { AddressRange, Expression, Leaf, Pattern, Test } from '../../../src/sigma/rule.ts';
import { addressNumber } from './prepared.ts';

export type Condition =
  | { readonly kind: 'and'; readonly of: readonly Condition[] }
  | { readonly kind: 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | FieldTest;

export type How = 'contains' | 'startsWith' | 'endsWith';
export type Compare = 'lt' | 'lte' | 'gt' | 'gte';

/** A rule, for translation. */
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

/** The condition of an expression. */
export function conditionOf(expression: Expression): Condition {
  switch (expression.kind) {
    case 'leaf':
      return leafCondition(expression);
    case 'not':
      return { kind: 'not', of: conditionOf(expression.of) };
    case 'and':
    case 'or': {
      const { kind } = expression;
      const of = expression.of.map(conditionOf).flatMap((child) => (child.kind === kind ? child.of : [child]));
      return { kind, of };
    }
  }
}

/** Alternatives without a list in the peers become an OR. */
function leafCondition({ field: path, test }: Leaf): Condition {
  if (path === null) throw new Error('a keyword is not among what is measured');
  const of = testsOf(path.replaceAll('.', '_'), test);
  const [only] = of;
  return only !== undefined && of.length === 1 ? only : { kind: 'or', of };
}

function testsOf(folded: string, test: Test): FieldTest[] {
  const field = test.op === 're' || ('cased' in test && test.cased) ? `${folded}_raw` : folded;
  switch (test.op) {
    case 'null':
      return [{ kind: 'null', field }];
    case 'equals':
      return [{ kind: 'in', field, values: field === NUMBER ? test.values.map(Number) : test.values }];
    case 'contains':
      return [{ kind: 'text', field, how: 'contains', texts: test.values }];
    case 'startswith':
      return [{ kind: 'text', field, how: 'startsWith', texts: test.values }];
    case 'endswith':
      return [{ kind: 'text', field, how: 'endsWith', texts: test.values }];
    case 'pattern':
      return test.values.map(({ parts }) => ({ kind: 'regex', field, source: wildcardSource(parts) }));
    case 're':
      return test.values.map(({ source, flags }) => ({
        kind: 'regex',
        field,
        source: flags === '' ? source : `(?${flags}:${source})`,
      }));
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return [{ kind: 'compare', field, op: test.op, value: test.value }];
    case 'cidr':
      return test.values.map((range) => rangeTest(field, range));
    default:
      throw new Error(`${test.op} is not among what is measured`);
  }
}

/** The only field with numbers. */
const NUMBER = 'status_code';

function rangeTest(field: string, range: AddressRange): FieldTest {
  const bits = (range.startsWith('4') ? 33 : 49) - range.length;
  if (bits < 0) throw new Error(`the peers’ numbers hold no range of ${range.length - 1} bits`);
  const from = addressNumber(range + '0'.repeat(bits));
  return { kind: 'range', field: `${field}_number`, from, to: from + 2 ** bits - 1 };
}

/** A wildcard pattern as a regular expression. */
function wildcardSource(pattern: Pattern): string {
  const source = pattern.map((part) => {
    if ('text' in part) return escaped(part.text);
    if ('oneOf' in part) return `[${escaped(part.oneOf)}]`;
    return part.wildcard === '*' ? '[^]*' : '[^]';
  });
  return `^${source.join('')}$`.replace(/^\^\[\^\]\*/, '').replace(/\[\^\]\*\$$/, '');
}

/** Texts as one regular expression, for peers that can't search for parts of a text. */
export function textSource(how: How, texts: readonly string[]): string {
  const any = texts.map(escaped).join('|');
  if (how === 'contains') return any;
  return how === 'startsWith' ? `^(?:${any})` : `(?:${any})$`;
}

/** Escapes a text for a regular expression, with or without the flag u. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
