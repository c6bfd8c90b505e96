/** What an entry lacks to match a rule. */
import { describe, expect, it, test } from 'vitest';
import { parseRules } from '../../../src/sigma/build.ts';
import { compile, type EntryBody } from '../../../src/sigma/index.ts';

function missesOf(detection: string, body: EntryBody) {
  const text = `title: A rule
id: r-1
logsource: {product: nirvana, service: audit}
detection:
${detection.replace(/^/gm, '  ')}
level: high
`;
  const { ruleSet, problems } = parseRules([{ path: 'a.yml', text }]);
  expect(problems).toEqual([]);
  const engine = compile(ruleSet);
  const misses = engine.nearMisses(body).map(({ held, failed }) => ({
    held: held.map(({ selection, field, value }) => `${selection}: ${field}=${value}`),
    failed: failed.map(
      ({ selection, field, value, excluded }) => `${excluded ? 'not ' : ''}${selection}: ${field}=${value}`,
    ),
  }));
  // A rule that matches misses nothing.
  if (engine.evaluate(body).length > 0) expect(misses).toEqual([]);
  return misses;
}

const BOTH = `selection: {action: key.deleted, status_code: 200}
condition: selection`;
const FILTERED = `selection: {action: key.deleted}
filter: {actor.name: ci}
condition: selection and not filter`;
const EITHER = `one: {action: key.deleted, status_code: 200, method: DELETE}
two: {action: key.made, status_code: 200}
condition: 1 of them`;

describe('a near miss', () => {
  it.each([
    [
      'a field that differs',
      BOTH,
      { action: 'key.deleted', status_code: 403 },
      ['selection: action=key.deleted'],
      ['selection: status_code=403'],
    ],
    [
      'a field that is missing',
      BOTH,
      { action: 'key.deleted' },
      ['selection: action=key.deleted'],
      ['selection: status_code=missing'],
    ],
    [
      'a field that is null',
      BOTH,
      { action: 'key.deleted', status_code: null },
      ['selection: action=key.deleted'],
      ['selection: status_code=null'],
    ],
    [
      'a filter',
      FILTERED,
      { action: 'key.deleted', actor: { name: 'ci' } },
      ['selection: action=key.deleted'],
      ['not filter: actor.name=ci'],
    ],
    [
      'the nearer of two',
      EITHER,
      { action: 'key.deleted', status_code: 200 },
      ['one: action=key.deleted', 'one: status_code=200', 'two: status_code=200'],
      ['one: method=missing'],
    ],
    [
      'either, as near as the other: the first',
      `one: {a: 1, b: 1}
two: {a: 1, c: 1}
condition: one or two`,
      { a: 1 },
      ['one: a=1', 'two: a=1'],
      ['one: b=missing'],
    ],
    [
      'all that differ',
      `selection: {a: 1, b: 1, c: 1}
condition: selection`,
      { a: 1, b: 2 },
      ['selection: a=1'],
      ['selection: b=2', 'selection: c=missing'],
    ],
    [
      'one value of several',
      `selection: {a: 1, b: [1, 2]}
condition: selection`,
      { a: 1, b: 3 },
      ['selection: a=1'],
      ['selection: b=3'],
    ],
    [
      'of several filters those that hold',
      `selection: {a: 1}
filter_one: {b: 1}
filter_two: {c: 1}
condition: selection and not 1 of filter_*`,
      { a: 1, b: 1, c: 2 },
      ['selection: a=1'],
      ['not filter_one: b=1'],
    ],
  ])('names %s', (_, detection, body, held, failed) => {
    expect(missesOf(detection, body)).toEqual([{ held, failed }]);
  });

  it('is not an entry that matches, nor one that has nothing of what the rule asks for', () => {
    expect(missesOf(BOTH, { action: 'key.deleted', status_code: 200 })).toEqual([]);
    expect(missesOf(BOTH, { action: 'vm.made', status_code: 403 })).toEqual([]);
    // That a filter does not hold is true of nearly every entry.
    expect(missesOf(FILTERED, { action: 'vm.made', actor: { name: 'Ada' } })).toEqual([]);
    expect(missesOf(FILTERED, {})).toEqual([]);
  });

  it('comes nearest first', () => {
    const rule = (id: string, fields: string) =>
      `title: ${id}\nid: ${id}\nlogsource: {product: nirvana, service: audit}\ndetection: {selection: {${fields}}, condition: selection}\nlevel: low\n`;
    const text = [
      rule('far', 'a: 1, b: 1, c: 1'),
      rule('near', 'a: 1, d: 1, b: 1'),
      rule('nearest', 'a: 1, d: 1, e: 1, c: 1'),
    ].join('---\n');
    const { ruleSet } = parseRules([{ path: 'a.yml', text }]);
    const misses = compile(ruleSet).nearMisses({ a: 1, d: 1, e: 1 });
    expect(misses.map(({ rule: { id } }) => id)).toEqual(['nearest', 'near', 'far']);
  });
});

test('the filters of a correlation say by what they exclude an entry', () => {
  const many = (name: string) => `title: ${name}
id: ${name}
correlation: {type: event_count, rules: [r-1], timespan: 5m, condition: {gte: 3}}
---
`;
  const text = `${many('many')}${many('others')}title: R
id: r-1
logsource: {product: nirvana, service: audit}
detection: {selection: {action: key.deleted}, condition: selection}
---
title: CI
logsource: {product: nirvana, service: audit}
filter: {rules: [many], ci: {actor.name: ci}, condition: not ci}
`;
  const { ruleSet } = parseRules([{ path: 'a.yml', text }]);
  const engine = compile(ruleSet);
  const found = (actor: string) =>
    engine.correlations.map((rule) => engine.exclusions(rule, { action: 'key.deleted', actor: { name: actor } }));
  const piece = { selection: 'ci of the filter "CI"', field: 'actor.name', value: 'ci', excluded: true };
  expect(found('ci')).toEqual([[piece], []]);
  expect(found('ada')).toEqual([[], []]);
});
