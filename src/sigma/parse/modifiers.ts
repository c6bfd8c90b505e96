/**
 * Which modifiers of a key have no meaning together, and what would have one.
 *
 * Contract: says nothing of combinations that can be evaluated, whatever their order, but for those that were probably
 * not meant. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import { REGEX_FLAGS } from '../regex/prepared.ts';
import { type Order, TIME_PARTS } from '../rule.ts';

export const UTF16 = ['utf16le', 'utf16be', 'utf16', 'wide'] as const;

export type Utf16 = (typeof UTF16)[number];

export const BASE64 = ['base64', 'base64offset'] as const;

/** Where in a text a value stands. */
export const ENDS = ['contains', 'startswith', 'endswith'] as const;

export type End = (typeof ENDS)[number];

/** What is done to a text, in the order given. */
export const STEPS = ['expand', 'windash', ...UTF16, ...BASE64, ...ENDS] as const;

export type Step = (typeof STEPS)[number];

export const ORDERS = ['lt', 'lte', 'gt', 'gte'] as const satisfies readonly Order[];

/** What is something else than a text. At most one a field, and none beside those in `ENDS`. */
export const TYPES = ['re', 'cidr', 'exists', ...ORDERS] as const;

/** What changes the whole item. */
const SWITCHES = ['all', 'cased', 'neq'] as const;

/** All of them, in the order in which they can always be written. */
export const KNOWN = [...STEPS, ...TIME_PARTS, ...TYPES, ...REGEX_FLAGS, 'fieldref', ...SWITCHES] as const;

export type Modifier = (typeof KNOWN)[number];

/** Whether a name is one of a group. */
export function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}

/** What is wrong with a key. */
export interface KeyProblem {
  readonly message: string;
  readonly hint?: string;
}

/** What keeps modifiers from having a meaning; null where nothing does. `name` is the field's, empty for a keyword. */
export function combinationProblem(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
  return clashOf(modifiers) ?? orderProblem(name, modifiers) ?? keywordProblem(name, modifiers);
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
  const right = `write ${truncate([name, ...KNOWN.flatMap((known) => modifiers.filter((one) => one === known))].join('|'))}`;
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
export function combinationDoubt(name: string, modifiers: readonly Modifier[]): KeyProblem | null {
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

function clash(a: string, b: string, hint?: string): KeyProblem {
  const message = `the modifiers "${a}" and "${b}" cannot stand together`;
  return hint === undefined ? { message } : { message, hint };
}

function disorder(late: string, early: string, hint: string): KeyProblem {
  return { message: `the modifier "${late}" cannot stand after "${early}"`, hint };
}
