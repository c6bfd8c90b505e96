/**
 * What stands left of the colon: `field|modifier|modifier`, read into what it asks for.
 *
 * Contract: every modifier of Sigma 2.1 is known by name. One that cannot be evaluated yet is an error, and so is a
 * combination that has no meaning: nothing is ever silently false. Pure.
 */

import { REGEX_FLAGS, type RegexFlag } from '../regex/regex.ts';
import { nearestHint } from './nearest.ts';
import type { Place, Report } from './problem.ts';

/** How a value is compared; `equals` where no modifier says otherwise. At most one a field. */
const COMPARISONS = ['contains', 'startswith', 'endswith', 're', 'cidr', 'exists', 'lt', 'lte', 'gt', 'gte'] as const;
type ComparisonModifier = (typeof COMPARISONS)[number];

/** What changes the whole item. */
const SWITCHES = ['all', 'cased', 'neq'] as const;

/** Sigma's, but not evaluated yet. */
const UNSUPPORTED = [
  ...['windash', 'base64', 'base64offset', 'utf16le', 'utf16be', 'utf16', 'wide', 'expand', 'fieldref'],
  ...['minute', 'hour', 'day', 'week', 'month', 'year'],
] as const;

const KNOWN: readonly string[] = [...COMPARISONS, ...SWITCHES, ...REGEX_FLAGS, ...UNSUPPORTED];

/** A field and what is asked of it. */
export interface FieldSpec {
  /** Null for a keyword: any value of the entry. */
  readonly field: string | null;
  readonly comparison: ComparisonModifier | 'equals';
  /** All values of the list, not one of them. */
  readonly all: boolean;
  readonly cased: boolean;
  /** The negation of the whole item. */
  readonly neq: boolean;
  readonly regexFlags: string;
}

/** Longer names are no fields. */
const NAME_LIMIT = 256;

/** Reads a key of a selection; null where it has an error, which is reported. */
export function readFieldSpec(key: string, place: Place, report: Report): FieldSpec | null {
  const [name = '', ...modifiers] = key.split('|').map((part) => part.trim());
  const errors = report.errors();
  if (key.length > NAME_LIMIT) report.error(place, `a field's name of more than ${NAME_LIMIT} characters`);
  if (name === '' && modifiers.length === 0) report.error(place, 'the name of a field is empty');
  let comparison: ComparisonModifier | null = null;
  const switches = new Set<string>();
  let regexFlags = '';
  for (const modifier of modifiers) {
    if (isOneOf(COMPARISONS, modifier)) {
      if (comparison !== null) report.error(place, clash(comparison, modifier));
      comparison = modifier;
    } else if (isOneOf(REGEX_FLAGS, modifier)) {
      if (comparison !== 're') report.error(place, `the modifier "${modifier}" follows "re"`, `…|re|${modifier}`);
      else if (!regexFlags.includes(modifier)) regexFlags += modifier satisfies RegexFlag;
    } else if (isOneOf(SWITCHES, modifier)) {
      switches.add(modifier);
    } else if (isOneOf(UNSUPPORTED, modifier)) {
      report.error(place, `the modifier "${modifier}" is not supported yet`);
    } else {
      const hint = modifier === '' ? 'a name follows each "|"' : nearestHint(modifier, KNOWN);
      report.error(place, `there is no modifier "${modifier}"`, hint);
    }
  }
  const cased = switches.has('cased');
  if (cased && comparison !== null && !TEXT_COMPARISONS.includes(comparison)) {
    report.error(
      place,
      clash('cased', comparison),
      comparison === 're' ? '"re" is case-sensitive as it is' : undefined,
    );
  }
  if (name === '' && comparison !== null && !KEYWORD_COMPARISONS.includes(comparison)) {
    report.error(
      place,
      `"${comparison}" asks about one field, and a keyword is about all`,
      'name the field before the "|"',
    );
  }
  if (report.errors() > errors) return null;
  return {
    field: name === '' ? null : name,
    comparison: comparison ?? 'equals',
    all: switches.has('all'),
    cased,
    neq: switches.has('neq'),
    regexFlags,
  };
}

const TEXT_COMPARISONS: readonly string[] = ['contains', 'startswith', 'endswith'];
const KEYWORD_COMPARISONS: readonly string[] = [...TEXT_COMPARISONS, 're', 'cidr'];

function clash(a: string, b: string): string {
  return `the modifiers "${a}" and "${b}" cannot stand together`;
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
