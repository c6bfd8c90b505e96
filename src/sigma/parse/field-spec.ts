/**
 * Reads the key of an item, `field|modifier|modifier`, into a comparison.
 *
 * Contract: all modifiers of Sigma 2.1 and all combinations that have a meaning are supported. Any other combination is an
 * error, with the right order if only the order is wrong; a key that can never match is never accepted silently. Pure.
 */

import { nearestHint, type Place, type Report, truncate } from '../../yaml/diagnostics.ts';
import { REGEX_FLAGS } from '../regex/prepared.ts';
import { type Order, TIME_PARTS, type TimePart } from '../rule.ts';
import {
  BASE64,
  combinationDoubt,
  combinationProblem,
  ENDS,
  type End,
  isOneOf,
  KNOWN,
  type Modifier,
  ORDERS,
  TEXT_MODIFIERS,
  type TextModifier,
} from './modifiers.ts';

/** How a field is compared with a value. */
export type FieldComparison =
  /** Without an end (`contains` …) in `steps`, whole texts are compared. */
  | { readonly kind: 'text'; readonly steps: readonly TextModifier[] }
  | { readonly kind: 're'; readonly flags: string }
  | { readonly kind: 'cidr' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'order'; readonly op: Order }
  | { readonly kind: 'time'; readonly part: TimePart; readonly op: Order | 'eq' }
  | { readonly kind: 'fieldref'; readonly end: End | 'equals' };

/** A field and how it is compared. */
export interface FieldSpec {
  /** Null for a keyword, which is compared with any value of the entry. */
  readonly field: string | null;
  readonly comparison: FieldComparison;
  /** Whether the values have placeholders. */
  readonly expand: boolean;
  /** Whether all values of the list must match, not any. */
  readonly all: boolean;
  readonly cased: boolean;
  /** Whether the whole item is negated. */
  readonly neq: boolean;
}

/** A keyword without modifiers. */
export const KEYWORD: FieldSpec = {
  field: null,
  comparison: { kind: 'text', steps: [] },
  expand: false,
  all: false,
  cased: false,
  neq: false,
};

/** Longer names are errors. */
export const FIELD_NAME_MAX = 256;

/** Reads a key of a selection; null if it has an error, which is reported. */
export function readFieldSpec(key: string, place: Place, report: Report): FieldSpec | null {
  if (key.length > FIELD_NAME_MAX) {
    report.error(place, `the field's name is longer than ${FIELD_NAME_MAX} characters`);
    return null;
  }
  const [name = '', ...written] = key.split('|').map((part) => part.trim());
  const errors = report.errors();
  if (name === '' && written.length === 0) report.error(place, 'empty field name');
  const modifiers = readModifiers(written, place, report);
  const problem = combinationProblem(name, modifiers);
  if (problem !== null) report.error(place, problem.message, problem.hint);
  if (report.errors() > errors) return null;
  const doubt = combinationDoubt(name, modifiers);
  if (doubt !== null) report.notice(place, doubt.message, doubt.hint);
  return {
    field: name === '' ? null : name,
    comparison: comparisonOf(modifiers),
    expand: modifiers.includes('expand'),
    all: modifiers.includes('all'),
    cased: modifiers.includes('cased'),
    neq: modifiers.includes('neq'),
  };
}

/** What Sigma has no modifier for. */
const OF_TIMES: ReadonlyMap<string, string> = new Map(
  ['weekday', 'dayofweek', 'day_of_week', 'date', 'time'].map((name) => [
    name,
    'times of the day and days of the week have names: "during:" and "outside:" under "tocsin:"',
  ]),
);

function readModifiers(written: readonly string[], place: Place, report: Report): readonly Modifier[] {
  const modifiers: Modifier[] = [];
  for (const text of written) {
    const modifier = KNOWN.find((known) => known === text);
    if (modifier === undefined) {
      const hint = text === '' ? 'write a modifier after each "|"' : (OF_TIMES.get(text) ?? nearestHint(text, KNOWN));
      report.error(place, `unknown modifier "${truncate(text)}"`, hint);
    } else if (modifiers.includes(modifier) && !isOneOf(BASE64, modifier)) {
      report.notice(place, `duplicate modifier "${modifier}"`, 'remove one');
    } else {
      modifiers.push(modifier);
    }
  }
  return modifiers;
}

/** The comparison of modifiers that can be combined. */
function comparisonOf(modifiers: readonly Modifier[]): FieldComparison {
  const find = <T extends Modifier>(group: readonly T[]) => modifiers.find((one): one is T => isOneOf(group, one));
  const part = find(TIME_PARTS);
  const op = find(ORDERS);
  if (part !== undefined) return { kind: 'time', part, op: op ?? 'eq' };
  if (op !== undefined) return { kind: 'order', op };
  if (modifiers.includes('fieldref')) return { kind: 'fieldref', end: find(ENDS) ?? 'equals' };
  if (modifiers.includes('re')) {
    return { kind: 're', flags: modifiers.filter((one) => isOneOf(REGEX_FLAGS, one)).join('') };
  }
  const type = find(['cidr', 'exists']);
  if (type !== undefined) return { kind: type };
  return { kind: 'text', steps: modifiers.filter((one): one is TextModifier => isOneOf(TEXT_MODIFIERS, one)) };
}
