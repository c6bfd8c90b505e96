/** Correlations and filters: what refers to what. */
import { describe, expect, test } from 'vitest';
import { engineOf, parsed, problemsOf, ruleWith } from '../rules.ts';

const FAILED = `${ruleWith('sel: {a: 1}\ncondition: sel', 'r-1')}name: failed\n`;

const correlation = (body: string, root = '') => `title: Many\nid: c-1\n${root}correlation: {${body}}\n`;
const MANY = 'type: event_count, rules: [failed], group-by: [actor.id], timespan: 5m, condition: {gte: 20}';

const filter = (body: string) => `title: But\nid: f-1\nlogsource: {product: nirvana}\nfilter: {${body}}\n`;

describe('an event_count correlation', () => {
  test('refers to its rules by name or id, and says when it fires', () => {
    const body = 'type: event_count, rules: [failed, r-1], group-by: a, timespan: 2h, condition: {gt: 5, lte: 9}';
    expect(parsed(FAILED, correlation(body)).ruleSet.rules[1]).toMatchObject({
      kind: 'correlation',
      type: 'event_count',
      rules: ['r-1'],
      groupBy: ['a'],
      aliases: {},
      timespanMs: 7_200_000,
      condition: [
        { op: 'gt', value: 5 },
        { op: 'lte', value: 9 },
      ],
      alerts: true,
    });
  });

  test('knows the fields of its aliases by the ids of its rules', () => {
    const body = MANY.replace('[actor.id]', '[who]').replace('type', 'aliases: {who: {failed: actor.id}}, type');
    expect(parsed(FAILED, correlation(body)).ruleSet.rules[1]).toMatchObject({
      aliases: { who: { 'r-1': 'actor.id' } },
    });
  });

  test.each([
    ['the rules it counts do not alert by themselves', correlation(MANY), false],
    ['unless it generates, said in its section', correlation(`${MANY}, generate: true`), true],
    ['or at the document’s root', correlation(MANY, 'generate: true\n'), true],
    ['generate: false is as nothing', correlation(MANY, 'generate: false\n'), false],
  ])('%s', (_, text, alerts) => {
    expect(parsed(FAILED, text).ruleSet.rules.map((rule) => rule.alerts)).toEqual([alerts, true]);
  });

  test('left out with the rules it refers to, where they are for another log source', () => {
    const elsewhere = FAILED.replace('product: nirvana, service: audit', 'product: windows');
    const problems = problemsOf(`${elsewhere}---\n${correlation(MANY)}`);
    expect(problems).toEqual([
      'x.yml:3:1: notice: for another log source: left out (ours is {product: nirvana, service: audit})',
      'x.yml:11:42: notice: the rules it refers to are for another log source: left out',
    ]);
  });

  test.each([
    [
      'an unknown rule',
      MANY.replace('failed', 'faild'),
      '11:42: error: there is no rule "faild" (did you mean "failed"?)',
    ],
    [
      'a type to come',
      MANY.replace('event_count', 'value_count'),
      '11:21: error: the correlation type "value_count" is not supported yet',
    ],
    [
      'another one',
      MANY.replace('event_count', 'temporal_ordered'),
      '11:21: error: the correlation type "temporal_ordered" is not supported yet',
    ],
    [
      'a type that is none',
      MANY.replace('event_count', 'event-count'),
      '11:21: error: there is no correlation type "event-count" (did you mean "event_count"?)',
    ],
    [
      'a key that is none',
      `${MANY}, groupby: [a]`,
      '11:109: error: there is no key "groupby" here (did you mean "group-by"?)',
    ],
    [
      'a timespan in weeks',
      MANY.replace('5m', '1w'),
      '11:83: error: "timespan" is a period of time (a number and one of s, m, h, d: 90s, 5m, 24h, 7d)',
    ],
    [
      'no timespan',
      MANY.replace('timespan: 5m, ', ''),
      '11:14: error: the correlation has no timespan (such as "timespan: 5m")',
    ],
    [
      'no condition',
      MANY.replace(', condition: {gte: 20}', ''),
      '11:14: error: the correlation has no condition (such as "condition: {gte: 10}")',
    ],
    [
      'a condition that is text',
      MANY.replace('{gte: 20}', '">= 20"'),
      '11:98: error: the condition is a map of comparisons, not text (such as {gte: 10})',
    ],
    [
      'a comparison that is none',
      MANY.replace('gte', 'get'),
      '11:99: error: there is no comparison "get" of a count (did you mean "gte"?)',
    ],
    [
      'half an entry',
      MANY.replace('20', '2.5'),
      '11:104: error: "gte" compares the count with a whole number, not a number',
    ],
    [
      'more entries than a window can keep',
      MANY.replace('20', '10001'),
      '11:104: error: "gte" asks for more than can be kept in a window (at most 10000)',
    ],
    ['itself', MANY.replace('failed', 'c-1'), '11:42: error: a cycle of correlations: "c-1" refers back to this one'],
    [
      'an alias for an unknown rule',
      `${MANY}, aliases: {x: {nobody: a}}`,
      '11:123: error: there is no rule "nobody" (a rule is referred to by its id or name)',
    ],
  ])('%s', (_, body, problem) => {
    expect(problemsOf(`${FAILED}---\n${correlation(body)}`)).toContain(`x.yml:${problem}`);
  });

  test('of correlations is to come', () => {
    const second = correlation(MANY.replace('failed', 'c-1')).replace('id: c-1', 'id: c-2');
    expect(problemsOf([FAILED, correlation(MANY), second].join('---\n'))).toEqual([
      'x.yml:15:42: error: correlations of correlations are not supported yet (name detections)',
    ]);
  });

  test('cycles are found whatever their length', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `c${i}`);
    const texts = ids.map((id, i) => {
      const next = ids[(i + 1) % ids.length] ?? '';
      return correlation(MANY.replace('failed', next)).replace('id: c-1', `id: ${id}`);
    });
    const problems = problemsOf(texts.join('---\n'));
    expect(problems.filter((problem) => problem.includes('cycle'))).toHaveLength(1);
  });
});

describe('ids and names', () => {
  test.each([
    [
      'an id twice',
      `${FAILED}---\n${FAILED.replace('name: failed', 'name: other')}`,
      '10:5: error: the id "r-1" is another rule\'s (x.yml:2)',
    ],
    [
      'a name twice',
      `${FAILED}---\n${FAILED.replace('r-1', 'r-2')}`,
      '15:7: error: the name "failed" is another rule\'s (x.yml:7)',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([`x.yml:${problem}`]);
  });
});

describe('a filter', () => {
  const matches = (...texts: readonly string[]) => {
    const engine = engineOf(FAILED, ...texts);
    return [{ a: 1 }, { a: 1, by: 'us' }].map((entry) => engine.evaluate(entry).length > 0);
  };

  test.each([
    ['is joined to the rule it names', filter('rules: [failed], us: {by: us}, condition: not us'), [true, false]],
    ['by its id as well', filter('rules: [r-1], us: {by: us}, condition: not us'), [true, false]],
    ['or to any', filter('rules: any, us: {by: us}, condition: not us'), [true, false]],
    ['as it is written', filter('rules: any, selection: {by: us}, condition: selection'), [false, true]],
  ])('%s', (_, text, expected) => {
    expect(matches(text)).toEqual(expected);
  });

  test('for another log source is left out', () => {
    expect(matches(filter('rules: any, us: {by: us}, condition: not us').replace('nirvana', 'windows'))).toEqual([
      true,
      true,
    ]);
  });

  test.each([
    [
      'that names no rules',
      filter('us: {by: us}, condition: not us'),
      '12:9: error: the filter names no rules ("rules:" lists their ids or names, or is "any")',
    ],
    [
      'that names an unknown one',
      filter('rules: [faled], us: {by: us}, condition: not us'),
      '12:18: error: there is no rule "faled" (did you mean "failed"?)',
    ],
    [
      'without a condition',
      filter('rules: any, us: {by: us}'),
      '12:9: error: there is no condition (such as "condition: selection")',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(`${FAILED}---\n${text}`)).toContain(`x.yml:${problem}`);
  });

  test('of a correlation is an error', () => {
    const text = filter('rules: [c-1], us: {by: us}, condition: not us');
    expect(problemsOf([FAILED, correlation(MANY), text].join('---\n'))).toEqual([
      'x.yml:16:18: error: "c-1" is a correlation (a filter is for detections)',
    ]);
  });
});
