/**
 * What comparisons ask of an entry, in Sigma's words: `status_code lt 400`, `action endswith .deleted`.
 *
 * Contract: for messages, so long lists and values are cut. Texts are as rules compare them: in lower case unless `cased`. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import { rangeText } from '../evaluate/cidr.ts';
import type { Leaf, Pattern, Test } from '../rule.ts';

const VALUES_SHOWN = 5;

/** The requirement of comparisons of one field, of which any suffices. */
export function requirementText(leaves: readonly Leaf[]): string {
  if (leaves.some(({ test }) => test.op === 'during')) return 'another local time';
  const field = leaves[0]?.field ?? null;
  const words = leaves.slice(0, VALUES_SHOWN).map(({ test }) => wordsOf(test).join(' '));
  return `${field === null ? 'the keyword' : truncate(field)} ${words.join(' or ')}`;
}

function wordsOf(test: Test): readonly string[] {
  switch (test.op) {
    case 'equals':
      return [oneOf(test.values)];
    case 'contains':
    case 'startswith':
    case 'endswith':
      return [test.op, oneOf(test.values)];
    case 'pattern':
      return [oneOf(test.values.map(({ parts }) => patternText(parts)))];
    case 're':
      return ['re', oneOf(test.values.map(({ source }) => source))];
    case 'cidr':
      return ['cidr', oneOf(test.values.map(rangeText))];
    case 'number':
      return [oneOf(test.values.map(String))];
    case 'null':
      return ['null'];
    case 'exists':
      return [test.op, String(test.present)];
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return [test.op, test.exact ?? String(test.value)];
    case 'time':
      return [test.part, ...(test.compare === 'eq' ? [] : [test.compare]), String(test.value)];
    case 'during':
      return [test.outside ? 'outside' : 'during'];
    case 'fieldref':
      return ['fieldref', ...(test.compare === 'equals' ? [] : [test.compare]), truncate(test.field)];
  }
}

/** `a`, `a or b`, `a, b or c`, `a, b, c, d, e or one of 7 more`. */
function oneOf(values: readonly string[]): string {
  const shown = values.slice(0, VALUES_SHOWN).map((value) => (value === '' ? "''" : truncate(value)));
  const more = values.length - shown.length;
  if (more > 0) return `${shown.join(', ')} or one of ${more} more`;
  return [shown.slice(0, -1).join(', '), shown.at(-1)].filter((part) => part !== '').join(' or ');
}

function patternText(parts: Pattern): string {
  return parts
    .map((part) => ('text' in part ? part.text : 'wildcard' in part ? part.wildcard : `[${part.oneOf}]`))
    .join('');
}
