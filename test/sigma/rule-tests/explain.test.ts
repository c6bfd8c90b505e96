/** Why a test fails: what an entry lacks, what it has, and how far a sequence came. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { runTests } from '../../../src/sigma/rule-tests/run.ts';
import { ruleWith } from '../rules.ts';

/** What the failures of the tests in a file say. */
function foundIn(text: string): readonly string[] {
  const { ruleSet, problems, tests } = parseRules([{ path: 'x.yml', text }]);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return runTests(compile(ruleSet), tests).map(({ found }) => found);
}

const detectionFound = (detection: string, entry: string, match: boolean) =>
  foundIn(`${ruleWith(detection)}tocsin: {tests: [{name: it, entry: ${entry}, match: ${match}}]}\n`).join('\n');

describe('a detection that does not match', () => {
  test.each([
    ['a value', 'a: x', '{a: y}', 'a x, and the entry has y'],
    ['one of several', 'a: [x, y, z]', '{a: 1}', 'a x, y or z, and the entry has 1'],
    ['one of many', 'a: [q, r, s, t, u, v, w]', '{a: 1}', 'a q, r, s, t, u or one of 2 more, and the entry has 1'],
    ['a pattern', 'a: x*y?', '{a: xy}', 'a x*y?, and the entry has xy'],
    ['patterns of all kinds', 'a: [x*, "*y*", z]', '{a: 1}', 'a startswith x or contains y or z, and the entry has 1'],
    ['an empty text', "a: ''", '{a: x}', "a '', and the entry has x"],
    ['a number', 'a: 9007199254740993', '{a: 1}', 'a 9007199254740993 or 9007199254740992, and the entry has 1'],
    ['an order', 'a|gte: 400', '{a: 399}', 'a gte 400, and the entry has 399'],
    [
      'an order with an exact number',
      'a|gt: 0.10000000000000000001',
      '{a: "0.1"}',
      'a gt 10000000000000000001e-20, and the entry has 0.1',
    ],
    ['contains', 'a|contains: [x, y]', '{a: z}', 'a contains x or y, and the entry has z'],
    ['startswith', 'a|startswith: x', '{a: z}', 'a startswith x, and the entry has z'],
    ['a regular expression', 'a|re: ^x+$', '{a: z}', 'a re ^x+$, and the entry has z'],
    [
      'a range',
      'a|cidr: [10.0.0.0/8, "2001:db8::/32"]',
      '{a: 192.0.2.1}',
      'a cidr 10.0.0.0/8 or 2001:db8::/32, and the entry has 192.0.2.1',
    ],
    ['null', 'a: null', '{a: 1}', 'a null, and the entry has 1'],
    ['that there is a field', 'a|exists: true', '{b: 1}', 'a exists true, and the entry has no a'],
    [
      'a part of a date',
      'a|hour|gte: 22',
      '{a: 2026-01-05T12:00:00Z}',
      'a hour gte 22, and the entry has 2026-01-05T12:00:00Z',
    ],
    ['an hour', 'a|hour: 22', '{a: 2026-01-05T12:00:00Z}', 'a hour 22, and the entry has 2026-01-05T12:00:00Z'],
    ['another field', 'a|fieldref: b', '{a: 1, b: 2}', 'a fieldref b, and the entry has 1'],
    ['a part of it', 'a|fieldref|endswith: b', '{a: 1, b: 2}', 'a fieldref endswith b, and the entry has 1'],
    ['a missing field', 'a: x', '{b: 1}', 'a x, and the entry has no a'],
    ['a field that is null', 'a: x', '{a: null}', 'a x, and the entry has null'],
    ['a map', 'a: x', '{a: {b: 1}}', 'a x, and the entry has an object'],
    ['a list', 'a: x', '{a: [1, 2]}', 'a x, and the entry has 1, 2'],
    ['a long list', 'a: x', '{a: [1, 2, 3, 4, 5, 6]}', 'a x, and the entry has 1, 2, 3, 4, and 2 more'],
  ])('%s', (_, item, entry, why) => {
    expect(detectionFound(`sel: {'${item.replace(': ', "': ")}}\ncondition: sel`, entry, true)).toBe(
      `the rule does not match: \`sel\` needs ${why}`,
    );
  });

  test.each([
    [
      'a keyword',
      'sel: [x]\ncondition: sel',
      '{a: y}',
      '`sel` needs the keyword contains x, and the entry has other values',
    ],
    [
      'what is excluded',
      'sel: {a: 1}\nnot_b: {b: 1}\ncondition: sel and not not_b',
      '{a: 1, b: 1}',
      '`not_b` excludes b 1, and the entry has 1',
    ],
    [
      'several',
      'sel: {a: 1, b: 2}\ncondition: sel',
      '{a: 2}',
      '`sel` needs a 1, and the entry has 2; `sel` needs b 2, and the entry has no b',
    ],
    [
      'alternatives that are as near',
      'one: {a: 1}\ntwo: {c: 1}\nthree: {a: 2, b: 2}\ncondition: 1 of *',
      '{a: 3}',
      '`one` needs a 1, and the entry has 3, or `two` needs c 1, and the entry has no c',
    ],
    [
      'the nearest alternative',
      'one: {a: 1, b: 1}\ntwo: {c: 1}\ncondition: 1 of *',
      '{}',
      '`two` needs c 1, and the entry has no c',
    ],
  ])('%s', (_, detection, entry, why) => {
    expect(detectionFound(detection, entry, true)).toBe(`the rule does not match: ${why}`);
  });

  test('the entry of several', () => {
    const text = `${ruleWith('sel: {a: 1}\ncondition: sel')}tocsin: {tests: [{name: it, entries: [{a: 1}, {a: 2}], match: true}]}\n`;
    expect(foundIn(text)).toEqual(['the rule does not match entry 2 of 2: `sel` needs a 1, and the entry has 2']);
  });
});

test('a detection that matches says what it finds', () => {
  expect(
    detectionFound('one: {a: 1, b: x*}\ntwo: [hello]\ncondition: all of *', '{a: 1, b: xyz, c: hello you}', false),
  ).toBe('the rule matches: `one` finds a 1, b xyz; `two` finds the text hello you');
});

const BASE = `${ruleWith('sel: {a: x}\ncondition: sel', 'r-1')}name: x
---
${ruleWith('sel: {a: y}\ncondition: sel', 'r-2').replace('A rule', 'Another')}name: y
---
title: Many
id: c-1
name: many
`;
const correlationFound = (correlation: string, entries: string, match: boolean) =>
  foundIn(
    `${BASE}correlation: {${correlation}}\ntocsin: {tests: [{name: it, entries: [${entries}], match: ${match}}]}\n`,
  ).join('\n');

describe('a correlation', () => {
  const COUNT = 'type: event_count, rules: [x], group-by: [who], timespan: 1m, condition: {gte: 3}';
  const DISTINCT = 'type: value_count, rules: [x], timespan: 1m, condition: {field: ip, gte: 3}';
  const ORDERED = 'type: temporal_ordered, rules: [x, y], group-by: [who], timespan: 1m';

  test.each([
    [
      'came so far in each group',
      COUNT,
      '{a: x, who: 1}, {a: z, who: 1}, {a: x, who: 2, repeat: 2}',
      'the value came to 2 for who 2 (entry 4), 1 for who 1 (entry 1), and must be gte 3; “A rule”: entries 1, 3–4',
    ],
    [
      'was too slow',
      COUNT,
      '{a: x, who: 1, repeat: 3, every: 30s}',
      'the value came to 2 for who 1 (entry 2), and must be gte 3; “A rule”: entries 1–3',
    ],
    [
      'has entries without a group',
      COUNT,
      '{a: x, who: 1}, {a: x}, {a: x, who: null}',
      'the value came to 1 for who 1 (entry 1), and must be gte 3; “A rule”: entries 1–3; entries 2–3 do not count, without who',
    ],
    [
      'has an entry without a value',
      DISTINCT,
      '{a: x, ip: 1}, {a: x, ip: 1}, {a: x}',
      'the value came to 1 (entry 1), and must be gte 3; “A rule”: entries 1–3; entry 3 does not count, without ip',
    ],
    [
      'has no entry for a rule',
      ORDERED,
      '{a: x, who: 1}, {a: z, who: 1}',
      'the value came to 1 for who 1 (entry 1), and must be gte 2; “A rule”: entry 1; “Another”: no entry (entry 1: `sel` needs a y, and the entry has x)',
    ],
    [
      'has them in the wrong order',
      ORDERED,
      '{a: y, who: 1}, {a: x, who: 1, at: +1s}',
      'the value came to 1 for who 1 (entry 1), and must be gte 2; “A rule”: entry 2; “Another”: entry 1',
    ],
    [
      'is beside a range',
      'type: value_avg, rules: [x], timespan: 1m, condition: {field: n, gt: 10, lt: 20}',
      '{a: x, n: 5}, {a: x, n: 50}',
      'the value came to 5 (entry 1), and must be gt 10 and lt 20; “A rule”: entries 1–2',
    ],
    [
      'has a condition over rules',
      'type: temporal, rules: [x, y], timespan: 1m, condition: x and not y',
      '{a: y}, {a: x, at: +1s}',
      'the value came to 2 (entry 2); “A rule”: entry 2; “Another”: entry 1',
    ],
    ['has nothing', COUNT, '{a: z}', '“A rule”: no entry (entry 1: `sel` needs a x, and the entry has z)'],
  ])('%s', (_, correlation, entries, why) => {
    expect(correlationFound(correlation, entries, true)).toBe(`it does not match: ${why}`);
  });

  test('that matches says where and why', () => {
    expect(correlationFound(COUNT, '{a: x, who: 1}, {a: y, who: 1}, {a: x, who: 1, at: +1s, repeat: 3}', false)).toBe(
      'it matches at entry 4 of 5, at 2026-01-05T12:00:01.000Z: the value is 3 for who 1; “A rule”: entries 1, 3–4',
    );
  });

  test('of correlations says which entries complete those', () => {
    const chain = `${BASE}correlation: {${COUNT}}
---
title: Then
correlation: {type: temporal_ordered, rules: [many, y], group-by: [who], timespan: 1m}
tocsin: {tests: [{name: it, entries: [{a: x, who: 1, repeat: 4}], match: true}, {name: none, entries: [{a: y, who: 1}], match: true}]}
`;
    expect(foundIn(chain)).toEqual([
      'it does not match: the value came to 1 for who 1 (entry 3), and must be gte 2; “Many”: entries 3–4; “Another”: no entry (entry 1: `sel` needs a y, and the entry has x)',
      'it does not match: the value came to 1 for who 1 (entry 1), and must be gte 2; “Many”: no entry; “Another”: entry 1',
    ]);
  });
});

test('a correlation with a filter says which entries that leaves out', () => {
  const text = `${BASE}correlation: {type: event_count, rules: [x], timespan: 1m, condition: {gte: 2}}
tocsin: {tests: [{name: it, entries: [{a: x}, {a: x, who: ci, repeat: 2}], match: true}]}
---
title: Not the pipeline
logsource: {product: nirvana, service: audit}
filter: {rules: [many], by_ci: {who: ci}, condition: not by_ci}
`;
  expect(foundIn(text)).toEqual([
    'it does not match: the value came to 1 (entry 1), and must be gte 2; “A rule”: entries 1–3; a filter leaves out entries 2–3 (`by_ci of the filter "Not the pipeline"` excludes who ci, and the entry has ci)',
  ]);
});
