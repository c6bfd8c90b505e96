/** Rules of very many comparisons or fields: getting warm takes time in proportion to them. */
import { expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parsed } from '../rules.ts';

const times = (count: number, of: (i: number) => string) => Array.from({ length: count }, (_, i) => of(i)).join(', ');

const HEAD = 'title: A rule\nlogsource: {product: nirvana}\n';
const rule = (selection: string) => `${HEAD}detection: {s: {${selection}}, condition: s}\n`;

test.each([
  ['an AND of many values', `b|startswith|all: [${times(19_000, (i) => `v${i}`)}]`, (i: number) => `a: ${i}`],
  ['an AND of many fields', times(19_000, (i) => `b${i}: v`), (i: number) => `a: ${i}`],
  ['fields of their own in each rule', 'b: v', (i: number) => times(250, (n) => `b${i}_${n}: v`)],
])('with %s', (_, one, others) => {
  const rules = [one, ...Array.from({ length: 75 }, (_, i) => others(i))].map(rule);
  const engine = compile(parsed(rules.join('---\n')).ruleSet);
  const began = performance.now();
  engine.evaluate({ a: 3, b: 'x' });
  expect(performance.now() - began).toBeLessThan(1_500);
});
