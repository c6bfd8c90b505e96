/**
 * Replacing the placeholders of a value by what their lists hold.
 *
 * Contract: several in one value multiply, within bounds. What stands in a list means what it means as a value of a
 * rule: text with wildcards. A placeholder without a list is reported with what to do about it. Pure.
 */
import { type Place, truncate } from '../../yaml/diagnostics.ts';
import type { PatternPart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import type { ListValue } from './lists.ts';
import { type Placeholder, parsePattern, parseRawTemplate, type TemplatePart } from './value.ts';

/** What one value may come to. */
const VALUES = 10_000;
const CHARACTERS = 1_000_000;

/** The patterns that a template stands for; null where it has an error, which is reported. */
export function expandPattern(
  parts: readonly TemplatePart[],
  place: Place,
  reading: ParseContext,
): readonly (readonly PatternPart[])[] | null {
  const lists = listsOf(parts, place, reading);
  if (lists === null) return null;
  let patterns: readonly (readonly PatternPart[])[] = [[]];
  for (const part of parts) {
    const choices =
      'placeholder' in part ? valuesIn(lists, part).map((value) => parsePattern(String(value))) : [[part]];
    patterns = patterns.flatMap((pattern) => choices.map((choice) => [...pattern, ...choice]));
  }
  return patterns;
}

/** The same of a value without wildcards. A value that is a placeholder and nothing else becomes what is in the list. */
export function expandRaw(written: string, place: Place, reading: ParseContext): readonly ListValue[] | null {
  const parts = parseRawTemplate(written);
  const lists = listsOf(parts, place, reading);
  if (lists === null) return null;
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && 'placeholder' in only) return valuesIn(lists, only);
  let texts: readonly string[] = [''];
  for (const part of parts) {
    const choices = 'placeholder' in part ? valuesIn(lists, part).map(String) : 'text' in part ? [part.text] : [];
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
  }
  return texts;
}

/** The same of a regular expression: one, in which a placeholder is any of its values. */
export function expandRegex(written: string, place: Place, reading: ParseContext): string | null {
  const parts = parseRawTemplate(written);
  const lists = listsOf(parts, place, reading);
  if (lists === null) return null;
  const sources = parts.map((part) => {
    if (!('placeholder' in part)) return 'text' in part ? part.text : '';
    const values = valuesIn(lists, part).map((value) => parsePattern(String(value)).map(regexOf).join(''));
    // Of no values: what is found nowhere.
    return values.length === 0 ? '[^\\s\\S]' : `(?:${values.join('|')})`;
  });
  return sources.join('');
}

/** Whether a value has a placeholder. */
export function hasPlaceholder(written: unknown): boolean {
  return typeof written === 'string' && parseRawTemplate(written).some((part) => 'placeholder' in part);
}

type Found = ReadonlyMap<string, readonly ListValue[]>;

/** The lists of a value's placeholders, if all are there and the product is within bounds. */
function listsOf(parts: readonly TemplatePart[], place: Place, { lists, report }: ParseContext): Found | null {
  const found = new Map<string, readonly ListValue[]>();
  const missing = new Set<string>();
  let product = 1;
  let length = 0;
  for (const part of parts) {
    if (!('placeholder' in part)) {
      length += 'text' in part ? part.text.length : 1;
      continue;
    }
    const name = part.placeholder;
    const values = found.get(name) ?? lists.find(name);
    if (values === undefined && !missing.has(name)) {
      report.error(place, `there is no list for the placeholder "%${truncate(name)}%"`, lists.hint(name));
    }
    if (values === undefined || values === 'broken') {
      missing.add(name);
      continue;
    }
    found.set(name, values);
    product = Math.min(product * values.length, Number.MAX_SAFE_INTEGER);
    length += values.reduce<number>((most, value) => Math.max(most, String(value).length), 0);
  }
  if (missing.size > 0) return null;
  if (product <= VALUES && product * length <= CHARACTERS) return found;
  const most = product > VALUES ? `${VALUES} values` : `${CHARACTERS} characters`;
  report.error(
    place,
    `its placeholders make this more than ${most}`,
    'shorter lists, or fewer placeholders in one value',
  );
  return null;
}

function valuesIn(found: Found, { placeholder }: Placeholder): readonly ListValue[] {
  return found.get(placeholder) ?? [];
}

function regexOf(part: PatternPart): string {
  if ('text' in part) return part.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if ('oneOf' in part) return `[${part.oneOf}]`;
  return part.wildcard === '*' ? '(?s:.*)' : '(?s:.)';
}
