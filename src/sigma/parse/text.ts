/**
 * Reads a value that is compared as text, applying its modifiers one after the other.
 *
 * Contract: the results are tests, any of which may match; a value that a modifier can't apply to is reported and has
 * none. Base64 encodes the text's UTF-8, or the UTF-16 of a modifier before it. As the specification says of all values,
 * encoded ones compare case-insensitively too, unless `cased`. Bounded. Pure.
 */

import { truncate } from '../../yaml/diagnostics.ts';
import type { ScalarNode } from '../../yaml/yaml.ts';
import { foldPattern } from '../evaluate/wildcard.ts';
import { CELLS_MAX, sizeOf } from '../regex/size.ts';
import type { PatternPart } from '../rule.ts';
import type { ParseContext } from './context.ts';
import { base64, base64offset, utf8, utf16, withDashes } from './encodings.ts';
import type { FieldSpec } from './field-spec.ts';
import { ENDS, isOneOf, type TextModifier, UTF16, type Utf16 } from './modifiers.ts';
import { numberTests } from './number.ts';
import type { ParsedTest } from './parsed-condition.ts';
import { expandPattern } from './placeholders.ts';
import { preparePattern } from './prepare-pattern.ts';
import {
  combinations,
  literalOf,
  parsePattern,
  parseTemplate,
  surround,
  type Template,
  type TemplatePart,
} from './value.ts';

/** Longer values are errors. */
const LENGTH_MAX = 65_536;
const LARGE_NUMBER = /^-?\d{1,40}(?:e\+?\d{1,3})?$/i;
/** Per value, when dashes multiply because each is encoded by itself. */
const ALTERNATIVES_MAX = 10_000;
const CHARACTERS_MAX = 1_000_000;

/** Reads the tests of a value. */
export function readTextTests(
  spec: FieldSpec,
  steps: readonly TextModifier[],
  node: ScalarNode,
  context: ParseContext,
): readonly ParsedTest[] {
  const { value, place } = node;
  const { report } = context;
  const [step] = steps.filter((one) => one !== 'expand');
  const isPlain = step === undefined && spec.field !== null;
  if (value === null) {
    if (isPlain) return [{ op: 'null' }];
    report.error(place, spec.field === null ? "a keyword can't be null" : `"${step}" needs text, not null`);
    return [];
  }
  if (typeof value !== 'string' && steps.includes('windash')) {
    report.error(place, `"windash" needs text, not ${String(value)}`, 'put it in quotes');
    return [];
  }
  if (isPlain && node.source !== null) return numberTests(node.source, spec.cased);
  if (isPlain && typeof value !== 'string') return [{ op: 'equals', value, cased: spec.cased }];
  if (typeof value !== 'string' && node.source !== null) {
    report.warning(place, `the number ${truncate(node.source)} is compared as ${String(value)}`, 'put it in quotes');
  }
  const text = String(value);
  if (text.length > LENGTH_MAX) {
    report.error(place, `the value is longer than ${LENGTH_MAX} characters`);
    return [];
  }
  const parts = typeof value !== 'string' ? [{ text }] : spec.expand ? parseTemplate(text) : parsePattern(text);
  // A keyword matches a part of a value, not the whole.
  const isKeyword = spec.field === null && !steps.some((one) => isOneOf(ENDS, one));
  let alternatives: readonly Template[] = [parts];
  let isBytes = false;
  for (const one of isKeyword ? [...steps, 'contains' as const] : steps) {
    alternatives = applyStep(one, alternatives, isBytes, node, context);
    isBytes ||= isOneOf(UTF16, one);
  }
  const tests = alternatives
    .flatMap((parts) => (isTextWithDash(parts) ? expandDashes([parts], node, context) : [parts]))
    .map((parts) => testOf(parts, spec.cased));
  if (tests.some((test) => test.op === 'pattern' && !isBounded(test, node, context))) return [];
  return isPlain ? tests.flatMap(withNumber) : tests;
}

/** Digits in quotes that are too many for JavaScript are a number too: an entry may have them without quotes. */
function withNumber(test: ParsedTest): readonly ParsedTest[] {
  if (test.op !== 'equals' || typeof test.value !== 'string' || !LARGE_NUMBER.test(test.value)) return [test];
  return Number.isSafeInteger(Number(test.value)) ? [test] : numberTests(test.value, test.cased);
}

/** `isBytes`: whether the texts are bytes, one per character. */
function applyStep(
  step: TextModifier,
  alternatives: readonly Template[],
  isBytes: boolean,
  node: ScalarNode,
  context: ParseContext,
): readonly Template[] {
  const { place } = node;
  switch (step) {
    case 'expand':
      return alternatives.flatMap((parts) => expandPattern(parts, place, context));
    case 'windash':
      return alternatives.map(withDashes);
    case 'contains':
    case 'startswith':
    case 'endswith':
      if (alternatives.some(({ length }) => length === 0)) {
        context.report.notice(place, 'every text contains an empty text', 'write "exists: true" to test for the field');
      }
      return alternatives.map((parts) => surround(parts, step !== 'startswith', step !== 'endswith'));
    case 'utf16le':
    case 'utf16be':
    case 'utf16':
    case 'wide':
      return expandDashes(alternatives, node, context).map((parts) => toUtf16(step, parts));
    case 'base64':
    case 'base64offset':
      return toBase64(step, expandDashes(alternatives, node, context), isBytes, node, context);
  }
}

/** A wildcard stays a wildcard; `?` becomes two, because a character is two bytes. */
function toUtf16(encoding: Utf16, parts: Template): Template {
  const first = parts.findIndex((part) => 'text' in part);
  return parts.flatMap((part, i): Template => {
    // One byte order mark, before the first text.
    if ('text' in part) return [{ text: utf16(part.text, i > first && encoding === 'utf16' ? 'utf16le' : encoding) }];
    return isSingle(part) ? [part, part] : [part];
  });
}

function toBase64(
  step: 'base64' | 'base64offset',
  alternatives: readonly Template[],
  isBytes: boolean,
  { place }: ScalarNode,
  { report }: ParseContext,
): readonly Template[] {
  const encoded: Template[] = [];
  for (const parts of alternatives) {
    const literal = literalOf(parts);
    if (literal === null) {
      report.error(place, `"${step}" can't encode a wildcard`, 'write \\* and \\? for the characters');
      return [];
    }
    const plain = isBytes ? literal : utf8(literal);
    const texts = step === 'base64' ? [base64(plain)] : base64offset(plain);
    if (step === 'base64offset' && texts.includes('')) {
      report.error(place, 'the text is too short for "base64offset"', 'use two characters or more');
      return [];
    }
    for (const text of texts) encoded.push(text === '' ? [] : [{ text }]);
  }
  return encoded;
}

/** Whether it is one text with one dash, in each of its forms: these are searched together, patterns one by one. */
function isTextWithDash(parts: Template): boolean {
  const isText = !parts.some(isSingle) && parts.slice(1, -1).every((part) => !('wildcard' in part));
  return isText && parts.filter((part) => 'oneOf' in part).length === 1;
}

/** An alternative for each dash, because encoded text can't have choices; none if they are too many. */
function expandDashes(
  alternatives: readonly Template[],
  { place }: ScalarNode,
  { report }: ParseContext,
): readonly Template[] {
  const result: Template[] = [];
  let characters = 0;
  for (const parts of alternatives) {
    const choices = parts.map((part) => ('oneOf' in part ? [...part.oneOf].map((text) => ({ text })) : [part]));
    const count = choices.reduce((product, { length }) => Math.min(product * length, ALTERNATIVES_MAX + 1), 1);
    characters += count * parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 1), 0);
    if (result.length + count > ALTERNATIVES_MAX || (count > 1 && characters > CHARACTERS_MAX)) {
      const message = `its dashes expand this to more than ${ALTERNATIVES_MAX} values, or too many characters`;
      report.error(place, message, 'use fewer dashes per value');
      return [];
    }
    for (const texts of combinations(choices)) result.push(mergeTexts(texts));
  }
  return result;
}

/** Joins adjacent texts. */
function mergeTexts(parts: Template): Template {
  const result: TemplatePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && 'text' in last && 'text' in part)
      result[result.length - 1] = { text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

function testOf(template: Template, cased: boolean): ParsedTest {
  const parts = mergeTexts(template).filter((part): part is PatternPart => !('placeholder' in part));
  const literal = literalOf(parts);
  return literal === null ? { op: 'pattern', parts, cased } : { op: 'equals', value: literal, cased };
}

/** Whether a pattern can be searched in linear time; reported if not. */
function isBounded({ parts, cased }: ParsedTest & { op: 'pattern' }, { place }: ScalarNode, context: ParseContext) {
  const pattern = preparePattern(cased ? parts : foldPattern(parts));
  if ('pieces' in pattern) return true;
  const { budget, report } = context;
  const size = sizeOf(pattern.program);
  const isAllowed = typeof size !== 'string';
  if (!budget.spendRegex(place, 0, isAllowed ? size.cells : CELLS_MAX, report)) return false;
  if (!isAllowed) {
    const hint = 'use fewer "?" after a "*", or "re" with a class such as [0-9a-f]{8}';
    report.error(place, `the pattern is too large because of its "?" and dashes: ${size}`, hint);
  }
  return isAllowed;
}

function isSingle(part: TemplatePart): boolean {
  return 'wildcard' in part && part.wildcard === '?';
}
