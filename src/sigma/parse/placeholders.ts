/**
 * Replaces the placeholders of a value by the values of their lists.
 *
 * Contract: several placeholders in one value multiply, within bounds. A list's value means the same as a rule's value:
 * text with wildcards. A placeholder without a list is reported, with a hint; the value then stands for nothing. Pure.
 */
import { type Place, truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import type { Pattern, PatternPart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { combinations, parsePattern, parseRawTemplate, type Template } from './value.ts';

/** Per value. */
const VALUES_MAX = 10_000;
const CHARACTERS_MAX = 1_000_000;

/** A part of a template that is not a placeholder, or a value of a placeholder's list. */
type Choice = PatternPart | ScalarNode;

/** The patterns that a template stands for. */
export function expandPattern(parts: Template, place: Place, context: ParseContext): readonly Pattern[] {
  const patterns = combinations(choicesOf(parts, place, context));
  return patterns.map((choices) => choices.flatMap((one) => ('kind' in one ? parsePattern(textOf(one)) : [one])));
}

/** The same for a value without wildcards. A value that is just a placeholder becomes the list's values, of any type. */
export function expandRaw(node: ScalarNode, context: ParseContext): readonly ScalarNode[] {
  const { value, source, place } = node;
  if (typeof value !== 'string' || source !== null) return [node];
  return combinations(choicesOf(parseRawTemplate(value), place, context)).map((choices) => {
    const [only] = choices;
    if (only !== undefined && 'kind' in only && choices.length === 1) return { ...only, place };
    return { ...node, value: choices.map(textOf).join('') };
  });
}

/** The same for a regular expression: one expression, in which a placeholder is a choice of its values. */
export function expandRegex(written: string, place: Place, context: ParseContext): string {
  const sources = choicesOf(parseRawTemplate(written), place, context).map((choices) => {
    const values = choices.map((one) =>
      'kind' in one ? parsePattern(textOf(one)).map(regexOf).join('') : textOf(one),
    );
    // An empty list never matches.
    if (values.length === 0) return '[^\\s\\S]';
    return choices.some((one) => 'kind' in one) ? `(?:${values.join('|')})` : values.join('');
  });
  return sources.join('');
}

/** Whether a value has a placeholder. */
export function hasPlaceholder(written: unknown): boolean {
  return typeof written === 'string' && parseRawTemplate(written).some((part) => 'placeholder' in part);
}

/** The name of a value that is just a placeholder; null if it is anything else. */
export function placeholderOf(written: unknown): string | null {
  const [only, ...others] = typeof written === 'string' ? parseRawTemplate(written) : [];
  return only !== undefined && 'placeholder' in only && others.length === 0 ? only.placeholder : null;
}

/** What each part of a template stands for; nothing if a list is missing, or if they multiply beyond the bounds. */
function choicesOf(parts: Template, place: Place, { lists, report }: ParseContext): readonly (readonly Choice[])[] {
  const missing = new Set<string>();
  const choices = parts.map((part): readonly Choice[] => {
    if (!('placeholder' in part)) return [part];
    const name = part.placeholder;
    const values = lists.find(name, report);
    if (values === undefined && !missing.has(name)) {
      report.error(place, `there is no list for the placeholder "%${truncate(name)}%"`, lists.hint(name));
      missing.add(name);
    }
    return values ?? [];
  });
  const product = choices.reduce((all, { length }) => Math.min(all * length, Number.MAX_SAFE_INTEGER), 1);
  const longest = choices.map((each) => each.reduce((most, one) => Math.max(most, textOf(one).length), 0));
  const length = longest.reduce((sum, one) => sum + one, 0);
  if (product <= VALUES_MAX && product * length <= CHARACTERS_MAX) return choices;
  const most = product > VALUES_MAX ? `${VALUES_MAX} values` : `${CHARACTERS_MAX} characters`;
  report.error(
    place,
    `its placeholders expand this to more than ${most}`,
    'use shorter lists, or fewer placeholders per value',
  );
  return [[]];
}

/** The text of a choice; for a wildcard, which stands for any, just one of its length. */
function textOf(choice: Choice): string {
  if ('kind' in choice) return String(choice.value);
  return 'text' in choice ? choice.text : '?';
}

function regexOf(part: PatternPart): string {
  if ('text' in part) return part.text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  if ('oneOf' in part) return `[${part.oneOf}]`;
  return part.wildcard === '*' ? '(?s:.*)' : '(?s:.)';
}
