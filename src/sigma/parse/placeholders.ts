/**
 * Replaces the placeholders of a value by the values of their lists.
 *
 * Contract: several placeholders in one value multiply, within bounds. A list's value means the same as a rule's value:
 * text with wildcards. A placeholder without a list is reported, with a hint. Pure.
 */
import { type Place, truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import type { PatternPart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { type Placeholder, parsePattern, parseRawTemplate, type TemplatePart } from './value.ts';

/** Per value. */
const VALUES_MAX = 10_000;
const CHARACTERS_MAX = 1_000_000;

/** The patterns that a template stands for; null if it has an error, which is reported. */
export function expandPattern(
  parts: readonly TemplatePart[],
  place: Place,
  context: ParseContext,
): readonly (readonly PatternPart[])[] | null {
  const lists = listsOf(parts, place, context);
  if (lists === null) return null;
  let patterns: readonly (readonly PatternPart[])[] = [[]];
  for (const part of parts) {
    const choices = 'placeholder' in part ? valuesIn(lists, part).map((one) => parsePattern(textOf(one))) : [[part]];
    patterns = patterns.flatMap((pattern) => choices.map((choice) => [...pattern, ...choice]));
  }
  return patterns;
}

/** The same for a value without wildcards. A value that is just a placeholder becomes the list's values, of any type. */
export function expandRaw(node: ScalarNode, context: ParseContext): readonly ScalarNode[] | null {
  const { value, source, place } = node;
  if (typeof value !== 'string' || source !== null) return [node];
  const parts = parseRawTemplate(value);
  const lists = listsOf(parts, place, context);
  if (lists === null) return null;
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && 'placeholder' in only) {
    return valuesIn(lists, only).map((one) => ({ ...one, place }));
  }
  let texts: readonly string[] = [''];
  for (const part of parts) {
    const choices = 'placeholder' in part ? valuesIn(lists, part).map(textOf) : 'text' in part ? [part.text] : [];
    texts = texts.flatMap((text) => choices.map((choice) => text + choice));
  }
  return texts.map((text) => ({ ...node, value: text }));
}

/** The same for a regular expression: one expression, in which a placeholder is a choice of its values. */
export function expandRegex(written: string, place: Place, context: ParseContext): string | null {
  const parts = parseRawTemplate(written);
  const lists = listsOf(parts, place, context);
  if (lists === null) return null;
  const sources = parts.map((part) => {
    if (!('placeholder' in part)) return 'text' in part ? part.text : '';
    const values = valuesIn(lists, part).map((one) => parsePattern(textOf(one)).map(regexOf).join(''));
    // An empty list never matches.
    return values.length === 0 ? '[^\\s\\S]' : `(?:${values.join('|')})`;
  });
  return sources.join('');
}

/** Whether a value has a placeholder. */
export function hasPlaceholder(written: unknown): boolean {
  return typeof written === 'string' && parseRawTemplate(written).some((part) => 'placeholder' in part);
}

/** Whether a value is just a placeholder. */
export function isPlaceholder(written: unknown): boolean {
  return hasPlaceholder(written) && parseRawTemplate(String(written)).length === 1;
}

type Found = ReadonlyMap<string, readonly ScalarNode[]>;

/** The lists of a value's placeholders; null if one is missing or they multiply beyond the bounds, which is reported. */
function listsOf(parts: readonly TemplatePart[], place: Place, { lists, report }: ParseContext): Found | null {
  const found = new Map<string, readonly ScalarNode[]>();
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
    if (values === undefined || values === 'invalid') {
      missing.add(name);
      continue;
    }
    found.set(name, values);
    product = Math.min(product * values.length, Number.MAX_SAFE_INTEGER);
    length += values.reduce<number>((most, one) => Math.max(most, textOf(one).length), 0);
  }
  if (missing.size > 0) return null;
  if (product <= VALUES_MAX && product * length <= CHARACTERS_MAX) return found;
  const most = product > VALUES_MAX ? `${VALUES_MAX} values` : `${CHARACTERS_MAX} characters`;
  report.error(
    place,
    `its placeholders expand this to more than ${most}`,
    'use shorter lists, or fewer placeholders per value',
  );
  return null;
}

function valuesIn(found: Found, { placeholder }: Placeholder): readonly ScalarNode[] {
  return found.get(placeholder) ?? [];
}

function textOf({ value }: ScalarNode): string {
  return String(value);
}

function regexOf(part: PatternPart): string {
  if ('text' in part) return part.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if ('oneOf' in part) return `[${part.oneOf}]`;
  return part.wildcard === '*' ? '(?s:.*)' : '(?s:.)';
}
