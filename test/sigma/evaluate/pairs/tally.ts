/** Counts what random rules and entries have in them: kinds of comparisons, and kinds of values. */
import type { EntryBody, Expression, Test } from '../../../../src/sigma/rule.ts';

export type Tally = Map<string, number>;

export function count(tally: Tally, name: string, times = 1): void {
  tally.set(name, (tally.get(name) ?? 0) + times);
}

export function countExpression(expression: Expression, tally: Tally): void {
  if (expression.kind === 'leaf') {
    for (const name of namesOfTest(expression.test)) count(tally, name);
    if (expression.field === null) count(tally, 'keyword');
  } else if (expression.kind === 'not') {
    count(tally, expression.of.kind === 'not' ? 'not not' : 'not');
    countExpression(expression.of, tally);
  } else {
    count(tally, expression.of.length === 0 ? `empty ${expression.kind}` : expression.kind);
    for (const child of expression.of) countExpression(child, tally);
  }
}

function namesOfTest(test: Test): readonly string[] {
  const names = [test.op === 'time' ? `${test.part} ${test.compare}` : test.op];
  if (test.op === 'fieldref') names.push(`fieldref ${test.compare}`);
  if ('cased' in test && test.cased) names.push(`${test.op} cased`);
  if ('exact' in test) names.push(`${test.op} exact`);
  if ('values' in test && test.values.length > 16) names.push(`${test.op} of many`);
  if (test.op === 'cidr') names.push(...test.values.map((range) => `cidr ${range[0]}`));
  if (test.op === 're') {
    names.push(...test.values.flatMap(({ flags }) => [...flags].map((flag) => `re flag ${flag}`)));
  }
  return names;
}

export function countEntry(body: EntryBody, tally: Tally): void {
  if (Object.keys(body).length === 0) count(tally, 'empty entry');
  for (const [name, value] of Object.entries(body)) countMember(name, value, tally);
}

function countMember(name: string, value: unknown, tally: Tally): void {
  if (name.includes('.')) count(tally, 'name with a dot');
  if (name in Object.prototype) count(tally, 'name of a prototype');
  countValue(value, tally);
}

function countValue(value: unknown, tally: Tally): void {
  if (value === null) count(tally, 'null');
  else if (typeof value === 'boolean') count(tally, 'boolean');
  else if (typeof value === 'number') count(tally, Object.is(value, -0) ? '-0' : 'number');
  else if (typeof value === 'string') for (const name of namesOfText(value)) count(tally, name);
  else if (Array.isArray(value)) {
    count(tally, value.length === 0 ? 'empty list' : 'list');
    for (const one of value) {
      if (Array.isArray(one)) count(tally, 'list in a list');
      else if (one === null) count(tally, 'null in a list');
      else if (typeof one === 'object') count(tally, 'object in a list');
      countValue(one, tally);
    }
  } else if (typeof value === 'object') {
    count(tally, 'object');
    for (const [name, one] of Object.entries(value)) countMember(name, one, tally);
  }
}

function namesOfText(text: string): readonly string[] {
  const names = [text === '' ? 'empty text' : 'text'];
  if (text.length >= 4 && text.length <= 40) names.push(`text of ${text.length}`);
  if (text.length > 300) names.push('long text');
  if (text.length !== text.toLowerCase().length) names.push('text that changes length when folded');
  if (/[^\0-\x7f]/.test(text)) names.push('text beyond ASCII');
  if (/[\u{10400}-\u{1044f}]/u.test(text)) names.push('text with letters beyond 16 bits');
  if (!text.isWellFormed()) names.push('text with a lone surrogate');
  if (/[\u017f\u212a]/.test(text)) names.push('text with a long s or a Kelvin sign');
  if (/[Σσς]/.test(text)) names.push('text with a sigma');
  if (/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text)) names.push('text of a number');
  return names;
}
