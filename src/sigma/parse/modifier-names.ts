/** The names of Sigma's modifiers, by what they do. */

import { REGEX_FLAGS } from '../regex/regex.ts';
import { type Order, TIME_PARTS } from '../rule.ts';
import { BASE64, UTF16 } from './encodings.ts';

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
