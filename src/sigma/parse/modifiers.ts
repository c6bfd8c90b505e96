/**
 * What stands left of the colon: `field|modifier|modifier`, read into what it asks for.
 *
 * Contract: every modifier of Sigma 2.1 is known by name, and every combination that has a meaning is read; one that
 * has none is an error, with the order that would be right where only that is wrong. Nothing is ever silently false.
 * Pure.
 */

import { REGEX_FLAGS } from '../regex/regex.ts';
import { type Order, TIME_PARTS, type TimePart } from '../rule.ts';
import { BASE64, UTF16 } from './encodings.ts';
import { nearestHint } from './nearest.ts';
import type { Place, Report } from './problem.ts';
import { shown } from './yaml.ts';

/** Where in a text a value stands. */
const ENDS = ['contains', 'startswith', 'endswith'] as const;
export type End = (typeof ENDS)[number];

/** What is done to a text, in the order given. */
const STEPS = ['expand', 'windash', ...UTF16, ...BASE64, ...ENDS] as const;
export type Step = (typeof STEPS)[number];

const ORDERS = ['lt', 'lte', 'gt', 'gte'] as const satisfies readonly Order[];

/** What is something else than a text. At most one a field, and none beside those in `ENDS`. */
const TYPES = ['re', 'cidr', 'exists', ...ORDERS] as const;

/** What changes the whole item. */
const SWITCHES = ['all', 'cased', 'neq'] as const;

/** All of them, in the order in which they can always be written. */
const KNOWN = [...STEPS, ...TIME_PARTS, ...TYPES, ...REGEX_FLAGS, 'fieldref', ...SWITCHES] as const;
type Modifier = (typeof KNOWN)[number];

/** How a value is compared with a field. */
export type Comparison =
  /** `steps` without `expand` and ends is a comparison of whole texts. */
  | { readonly kind: 'text'; readonly steps: readonly Step[] }
  | { readonly kind: 're'; readonly flags: string }
  | { readonly kind: 'cidr' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'order'; readonly op: Order }
  | { readonly kind: 'time'; readonly part: TimePart; readonly op: Order | 'eq' }
  | { readonly kind: 'fieldref'; readonly end: End | 'equals' };

/** A field and what is asked of it. */
export interface FieldSpec {
  /** Null for a keyword: any value of the entry. */
  readonly field: string | null;
  readonly comparison: Comparison;
  /** Whether values have placeholders. */
  readonly expand: boolean;
  /** All values of the list, not one of them. */
  readonly all: boolean;
  readonly cased: boolean;
  /** The negation of the whole item. */
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

/** Longer names are no fields. */
export const FIELD_NAME_LIMIT = 256;

/** Reads a key of a selection; null where it has an error, which is reported. */
export function readFieldSpec(key: string, place: Place, report: Report): FieldSpec | null {
  if (key.length > FIELD_NAME_LIMIT) {
    report.error(place, `a field's name of more than ${FIELD_NAME_LIMIT} characters`);
    return null;
  }
  const [name = '', ...written] = key.split('|').map((part) => part.trim());
  const errors = report.errors();
  if (name === '' && written.length === 0) report.error(place, 'the name of a field is empty');
  const modifiers = readModifiers(written, place, report);
  const problem = clashOf(modifiers) ?? orderProblem(name, modifiers) ?? keywordProblem(name, modifiers);
  if (problem !== null) report.error(place, problem.message, problem.hint);
  if (report.errors() > errors) return null;
  const doubt = doubtOf(name, modifiers);
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

function readModifiers(written: readonly string[], place: Place, report: Report): readonly Modifier[] {
  const modifiers: Modifier[] = [];
  for (const text of written) {
    const modifier = KNOWN.find((known) => known === text);
    if (modifier === undefined) {
      const hint = text === '' ? 'a name follows each "|"' : nearestHint(text, KNOWN);
      report.error(place, `there is no modifier "${shown(text)}"`, hint);
    } else if (modifiers.includes(modifier) && !isOneOf(BASE64, modifier)) {
      report.notice(place, `the modifier "${modifier}" stands here twice`, 'once is enough');
    } else {
      modifiers.push(modifier);
    }
  }
  return modifiers;
}

interface KeyProblem {
  readonly message: string;
  readonly hint?: string;
}

/** Modifiers that have no meaning together, whatever their order. */
function clashOf(modifiers: readonly Modifier[]): KeyProblem | null {
  const of = <T extends Modifier>(group: readonly T[]) => modifiers.filter((one): one is T => isOneOf(group, one));
  const [type] = of(TYPES);
  const [part, otherPart] = of(TIME_PARTS);
  const [end] = of(ENDS);
  const kinds = of([...ENDS, ...TYPES]);
  if (kinds[0] !== undefined && kinds[1] !== undefined) return clash(kinds[0], kinds[1], BOTH_HINTS[kinds.join('|')]);
  const [utf16, otherUtf16] = of(UTF16);
  if (utf16 !== undefined && otherUtf16 !== undefined) return clash(utf16, otherUtf16);
  if (part !== undefined && otherPart !== undefined) return clash(part, otherPart, 'an item of its own for each');
  const text = of(['windash', ...UTF16, ...BASE64])[0];
  const other = type ?? part ?? of(['fieldref'])[0];
  if (text !== undefined && other !== undefined) return clash(text, other, `"${text}" is for text`);
  if (type !== undefined && modifiers.includes('fieldref')) {
    return clash('fieldref', type, 'fields are compared as text: alone, or with contains, startswith or endswith');
  }
  if (part !== undefined) {
    const stranger = end ?? of(['fieldref'])[0] ?? (type !== undefined && !isOneOf(ORDERS, type) ? type : undefined);
    if (stranger !== undefined) return clash(part, stranger, 'alone, or with lt, lte, gt or gte');
  }
  if (modifiers.includes('cased')) {
    if (modifiers.includes('i')) return clash('cased', 'i', '"re" is case-sensitive as it is');
    const caseless = type === 're' ? undefined : (type ?? part);
    if (caseless !== undefined) return clash('cased', caseless);
  }
  if (type === 'exists' && modifiers.includes('expand')) return clash('exists', 'expand');
  return null;
}

const ANYWHERE = '"re" finds its expression anywhere: ^ and $ are the ends';
const BOTH_HINTS: Readonly<Record<string, string | undefined>> = {
  're|contains': ANYWHERE,
  'contains|re': ANYWHERE,
  're|startswith': ANYWHERE,
  're|endswith': ANYWHERE,
  'startswith|endswith': 'two items: field|startswith and field|endswith',
  'endswith|startswith': 'two items: field|startswith and field|endswith',
  'gt|lt': 'two items: a range is field|gt and field|lt',
  'gte|lte': 'two items: a range is field|gte and field|lte',
  'gt|lte': 'two items: a range is field|gt and field|lte',
  'gte|lt': 'two items: a range is field|gte and field|lt',
};

/** Modifiers that have a meaning, but not in the order given. */
function orderProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const right = `write ${shown([name, ...KNOWN.flatMap((known) => modifiers.filter((one) => one === known))].join('|'))}`;
  for (const [i, modifier] of modifiers.entries()) {
    const before = modifiers.slice(0, i);
    if (isOneOf(REGEX_FLAGS, modifier) && !before.includes('re')) {
      return { message: `the modifier "${modifier}" follows "re"`, hint: `…|re|${modifier}` };
    }
    // The wildcards that these add cannot be encoded; what is encoded has no placeholders and no parameters left.
    const end = before.find((one) => isOneOf(ENDS, one));
    if (isOneOf(BASE64, modifier) && end !== undefined) return disorder(modifier, end, right);
    const encoding = before.find((one) => isOneOf([...UTF16, ...BASE64], one));
    if ((modifier === 'expand' || modifier === 'windash') && encoding !== undefined) {
      return disorder(modifier, encoding, right);
    }
  }
  return null;
}

/** What cannot be asked of all values at once. */
function keywordProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const aboutOne = modifiers.find((one) => isOneOf(['exists', 'fieldref', ...ORDERS, ...TIME_PARTS], one));
  if (name !== '' || aboutOne === undefined) return null;
  return {
    message: `"${aboutOne}" asks about one field, and a keyword is about all`,
    hint: 'name the field before the "|"',
  };
}

/** What has a meaning that was probably not meant. */
function doubtOf(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const ended = name === '' || modifiers.some((one) => isOneOf(ENDS, one));
  if (modifiers.includes('base64offset') && !ended) {
    return {
      message: '"base64offset" is a part of a text, and this is compared with the whole',
      hint: 'then "contains"',
    };
  }
  const wide = modifiers.findIndex((one) => isOneOf(UTF16, one));
  const base64 = modifiers.findIndex((one) => isOneOf(BASE64, one));
  if (wide === -1 || base64 === -1 || modifiers.slice(wide).some((one) => isOneOf(BASE64, one))) return null;
  return {
    message: `"${modifiers[wide]}" after "${modifiers[base64]}" is Base64 in UTF-16`,
    hint: 'the other way round?',
  };
}

/** Of modifiers without a problem. */
function comparisonOf(modifiers: readonly Modifier[]): Comparison {
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
  return { kind: 'text', steps: modifiers.filter((one): one is Step => isOneOf(STEPS, one)) };
}

function clash(a: string, b: string, hint?: string): KeyProblem {
  const message = `the modifiers "${a}" and "${b}" cannot stand together`;
  return hint === undefined ? { message } : { message, hint };
}

function disorder(late: string, early: string, hint: string): KeyProblem {
  return { message: `the modifier "${late}" cannot stand after "${early}"`, hint };
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
