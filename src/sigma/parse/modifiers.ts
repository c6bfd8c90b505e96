/**
 * The names of Sigma's modifiers, and which of them can't be combined.
 *
 * Contract: a combination that can be evaluated is accepted, in any order; one that was probably not meant gets a notice. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import { REGEX_FLAGS } from '../regex/prepared.ts';
import { type Order, TIME_PARTS } from '../rule.ts';

export const UTF16 = ['utf16le', 'utf16be', 'utf16', 'wide'] as const;

export type Utf16 = (typeof UTF16)[number];

export const BASE64 = ['base64', 'base64offset'] as const;

/** Where in a text a value must be. */
export const ENDS = ['contains', 'startswith', 'endswith'] as const;

export type End = (typeof ENDS)[number];

/** Applied to a text, in the order given. */
export const TEXT_MODIFIERS = ['expand', 'windash', ...UTF16, ...BASE64, ...ENDS] as const;

export type TextModifier = (typeof TEXT_MODIFIERS)[number];

export const ORDERS = ['lt', 'lte', 'gt', 'gte'] as const satisfies readonly Order[];

/** Comparisons that are not of text. At most one per field, and not together with `ENDS`. */
export const TYPES = ['re', 'cidr', 'exists', ...ORDERS] as const;

/** Modifiers of the whole item. */
const SWITCHES = ['all', 'cased', 'neq'] as const;

/** All modifiers, in an order that is always valid. */
export const KNOWN = [...TEXT_MODIFIERS, ...TIME_PARTS, ...TYPES, ...REGEX_FLAGS, 'fieldref', ...SWITCHES] as const;

export type Modifier = (typeof KNOWN)[number];

/** Whether a name is in a group. */
export function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

/** A problem of a key. */
interface KeyProblem {
  readonly message: string;
  readonly hint?: string;
}

/** Why modifiers can't be combined; null if they can. `name` is the field's, empty for a keyword. */
export function combinationProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  return clashOf(modifiers) ?? orderProblem(name, modifiers) ?? keywordProblem(name, modifiers);
}

/** Modifiers that can't be combined in any order. */
function clashOf(modifiers: readonly Modifier[]): KeyProblem | null {
  const of = <T extends Modifier>(group: readonly T[]) => modifiers.filter((one): one is T => isOneOf(group, one));
  const [type] = of(TYPES);
  const [part, otherPart] = of(TIME_PARTS);
  const [end] = of(ENDS);
  const kinds = of([...ENDS, ...TYPES]);
  if (kinds[0] !== undefined && kinds[1] !== undefined) return clash(kinds[0], kinds[1], BOTH_HINTS[kinds.join('|')]);
  const [utf16, otherUtf16] = of(UTF16);
  if (utf16 !== undefined && otherUtf16 !== undefined) return clash(utf16, otherUtf16);
  if (part !== undefined && otherPart !== undefined) return clash(part, otherPart, 'use an item for each');
  const text = of(['windash', ...UTF16, ...BASE64])[0];
  const other = type ?? part ?? of(['fieldref'])[0];
  if (text !== undefined && other !== undefined) return clash(text, other, `"${text}" needs text`);
  if (type !== undefined && modifiers.includes('fieldref')) {
    return clash('fieldref', type, 'use it alone, or with contains, startswith or endswith');
  }
  if (part !== undefined) {
    const conflicting = end ?? of(['fieldref'])[0] ?? (type !== undefined && !isOneOf(ORDERS, type) ? type : undefined);
    if (conflicting !== undefined) return clash(part, conflicting, 'use it alone, or with lt, lte, gt or gte');
  }
  if (modifiers.includes('cased')) {
    if (modifiers.includes('i')) return clash('cased', 'i', '"re" is case-sensitive by default');
    const caseless = type === 're' ? undefined : (type ?? part);
    if (caseless !== undefined) return clash('cased', caseless);
  }
  if (type === 'exists' && modifiers.includes('expand')) return clash('exists', 'expand');
  return null;
}

const ANYWHERE = '"re" searches anywhere: use ^ and $ for the ends';
const BOTH_HINTS: Readonly<Record<string, string | undefined>> = {
  're|contains': ANYWHERE,
  'contains|re': ANYWHERE,
  're|startswith': ANYWHERE,
  're|endswith': ANYWHERE,
  'startswith|endswith': 'use two items: field|startswith and field|endswith',
  'endswith|startswith': 'use two items: field|startswith and field|endswith',
  'gt|lt': 'use two items for a range: field|gt and field|lt',
  'gte|lte': 'use two items for a range: field|gte and field|lte',
  'gt|lte': 'use two items for a range: field|gt and field|lte',
  'gte|lt': 'use two items for a range: field|gte and field|lt',
};

/** Modifiers that can be combined, but not in this order. */
function orderProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const right = `write ${truncate([name, ...KNOWN.flatMap((known) => modifiers.filter((one) => one === known))].join('|'))}`;
  for (const [i, modifier] of modifiers.entries()) {
    const before = modifiers.slice(0, i);
    if (isOneOf(REGEX_FLAGS, modifier) && !before.includes('re')) {
      return { message: `the modifier "${modifier}" must follow "re"`, hint: `write …|re|${modifier}` };
    }
    // Wildcards can't be encoded, and encoded text has no placeholders and no parameters.
    const end = before.find((one) => isOneOf(ENDS, one));
    if (isOneOf(BASE64, modifier) && end !== undefined) return misplaced(modifier, end, right);
    const encoding = before.find((one) => isOneOf([...UTF16, ...BASE64], one));
    if ((modifier === 'expand' || modifier === 'windash') && encoding !== undefined) {
      return misplaced(modifier, encoding, right);
    }
  }
  return null;
}

/** Modifiers that can't apply to a keyword. */
function keywordProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const aboutOne = modifiers.find((one) => isOneOf(['exists', 'fieldref', ...ORDERS, ...TIME_PARTS], one));
  if (name !== '' || aboutOne === undefined) return null;
  return {
    message: `"${aboutOne}" needs a field, and a keyword has none`,
    hint: 'write the field before the "|"',
  };
}

/** A valid combination that was probably not meant; null if there is none. */
export function combinationDoubt(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  const ended = name === '' || modifiers.some((one) => isOneOf(ENDS, one));
  if (modifiers.includes('base64offset') && !ended) {
    return {
      message: '"base64offset" gives a part of a text, but this compares the whole',
      hint: 'add "contains"',
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

function clash(a: string, b: string, hint?: string): KeyProblem {
  const message = `the modifiers "${a}" and "${b}" can't be combined`;
  return hint === undefined ? { message } : { message, hint };
}

function misplaced(late: string, early: string, hint: string): KeyProblem {
  return { message: `the modifier "${late}" can't follow "${early}"`, hint };
}
