import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { parsed, ruleWith } from '../../sigma/rules.ts';
import { logicOf } from '../peers/json-logic.ts';
import { rootCondition } from '../peers/json-rules.ts';
import { schemaOf } from '../peers/json-schema.ts';
import { mongoQuery } from '../peers/mongo.ts';
import { bundleOne, ENGINE, HAND_WRITTEN, plainRules } from './build.ts';
import { openCheckout } from './checkout.ts';
import { type Condition, conditionOf } from './condition.ts';
import { type BenchEntry, benchEntries, distinctEntries } from './entries.ts';
import { regexRuleFiles, ruleFiles } from './generate.ts';
import { handWritten } from './hand-written.ts';
import { disagreement, evaluateAll } from './measure-rules.ts';
import { addressOf } from './prepared.ts';
import { RUNTIMES } from './runtime.ts';
import { serve } from './serve.ts';

const folder = mkdtempSync(`${tmpdir()}/tocsin-bench-test-`);
afterAll(() => rmSync(folder, { recursive: true }));

function condition(detection: string): Condition {
  const [rule] = parsed(ruleWith(detection)).ruleSet.rules;
  if (rule?.kind !== 'detection') throw new Error('no detection');
  return conditionOf(rule.expression);
}

test('text that is compared as it is, and the flags of an expression, are kept', () => {
  expect(condition('sel: {"path|contains|cased": aB}\ncondition: sel')).toMatchObject({
    field: 'path_raw',
    texts: ['aB'],
  });
  expect(condition('sel: {"path|re|i": a+b}\ncondition: sel')).toMatchObject({ field: 'path_raw', source: '(?i:a+b)' });
});

const regex = (source: string) => ({ $regex: new RegExp(source) });

test.each([
  [
    'a list of values is one test',
    'sel: {action: [A.b, c]}\ncondition: sel',
    { action: { $in: ['a.b', 'c'] } },
    { properties: { action: { enum: ['a.b', 'c'] } } },
    { in: [{ var: 'action' }, ['a.b', 'c']] },
    { all: [{ fact: 'action', operator: 'in', value: ['a.b', 'c'] }] },
  ],
  [
    'parts of a text are one test',
    'sel: {"path|contains": [a.b, C]}\ncondition: sel',
    { path: regex('a\\.b|c') },
    { properties: { path: { type: 'string', pattern: 'a\\.b|c' } } },
    { or: [{ in: ['a.b', { var: 'path' }] }, { in: ['c', { var: 'path' }] }] },
    { all: [{ fact: 'path', operator: 'contains', value: ['a.b', 'c'] }] },
  ],
  [
    'an exclusion, of a beginning',
    'sel: {method: GET}\nfilter: {"actor.name|startswith": svc-}\ncondition: sel and not filter',
    { $and: [{ method: 'get' }, { $nor: [{ actor_name: regex('^(?:svc-)') }] }] },
    {
      properties: { method: { const: 'get' } },
      allOf: [{ not: { properties: { actor_name: { type: 'string', pattern: '^(?:svc-)' } } } }],
    },
    { and: [{ '===': [{ var: 'method' }, 'get'] }, { '!': [{ startsWith: [{ var: 'actor_name' }, 'svc-'] }] }] },
    {
      all: [
        { fact: 'method', operator: 'equal', value: 'get' },
        { not: { fact: 'actor_name', operator: 'startsWith', value: ['svc-'] } },
      ],
    },
  ],
  [
    'numbers, and both ends of a range of addresses',
    'sel: {"status_code|gte": 400, "client_ip|cidr": 10.0.0.0/24}\ncondition: sel',
    { $and: [{ status_code: { $gte: 400 } }, { client_ip_number: { $gte: 167772160, $lte: 167772415 } }] },
    {
      properties: {
        status_code: { type: 'number', minimum: 400 },
        client_ip_number: { type: 'number', minimum: 167772160, maximum: 167772415 },
      },
    },
    {
      and: [{ '>=': [{ var: 'status_code' }, 400] }, { '<=': [167772160, { var: 'client_ip_number' }, 167772415] }],
    },
    {
      all: [
        { fact: 'status_code', operator: 'greaterThanInclusive', value: 400 },
        {
          all: [
            { fact: 'client_ip_number', operator: 'greaterThanInclusive', value: 167772160 },
            { fact: 'client_ip_number', operator: 'lessThanInclusive', value: 167772415 },
          ],
        },
      ],
    },
  ],
  [
    'null, or a regular expression on the text as it is',
    'sel: {target.id: null}\nother: {"path|re": "^/v1/[a-z]+$"}\ncondition: sel or other',
    { $or: [{ target_id: null }, { path_raw: regex('^/v1/[a-z]+$') }] },
    {
      anyOf: [
        { properties: { target_id: { const: null } } },
        { properties: { path_raw: { type: 'string', pattern: '^/v1/[a-z]+$' } } },
      ],
    },
    { or: [{ '===': [{ var: 'target_id' }, null] }, { matches: [{ var: 'path_raw' }, '^/v1/[a-z]+$'] }] },
    {
      any: [
        { fact: 'target_id', operator: 'equal', value: null },
        { fact: 'path_raw', operator: 'matches', value: '^/v1/[a-z]+$' },
      ],
    },
  ],
])('%s, in each peer’s language', (_, detection, mongo, schema, logic, rules) => {
  const source = condition(detection);
  expect(mongoQuery(source)).toEqual(mongo);
  expect(schemaOf(source)).toEqual(schema);
  expect(logicOf(source)).toEqual(logic);
  expect(rootCondition(source)).toEqual(rules);
});

test('the first rules are the same however many there are, and all can be source in each peer’s language', () => {
  expect(ruleFiles(80).slice(0, 20)).toEqual(ruleFiles(20));
  for (const files of [ruleFiles(300), regexRuleFiles(50)]) {
    const { ruleSet, problems } = parseRules(files);
    expect(problems).toEqual([]);
    for (const { condition: source } of plainRules(ruleSet)) {
      for (const translate of [mongoQuery, schemaOf, logicOf, rootCondition])
        expect(translate(source)).toBeTypeOf('object');
    }
  }
});

test('entries are the same for the same seed, most of them ordinary; distinct ones share no value', () => {
  const entries = benchEntries(500);
  expect(entries).toEqual(benchEntries(500));
  const odd = entries.filter(({ actor }) => actor === null);
  expect(odd.length).toBeLessThan(50);
  const values = distinctEntries(entries).flatMap(({ action, path, user_agent, client_ip }) => [
    action,
    path,
    user_agent,
    client_ip,
  ]);
  expect(new Set(values).size).toBe(values.length);
});

test.each([
  ['10.0.0.1', 0x0a000001],
  ['255.255.255.255', 0xffffffff],
  ['::ffff:10.0.0.1', 0x0a000001],
  ['2001:db8:bad::7', 2 ** 48 + 0x20010db80bad],
  ['10.0.0', null],
  ['10.0.0.256', null],
  ['10..0.1', null],
  ['', null],
  ['nobody', null],
])('the address %j is the number %j', (text, number) => {
  expect(addressOf(text)).toBe(number);
});

test.each(RUNTIMES)('what is written by hand finds what the engine finds, in %s', async (runtime) => {
  const files = ruleFiles(60);
  const { ruleSet } = parseRules(files);
  const subjects = [ENGINE, HAND_WRITTEN].map((name) => ({ name, share: 1 }));
  const what = { runtime, ruleSet, files, entries: benchEntries(600), subjects, rounds: 1, folder };
  const [engine, hand] = await evaluateAll(what);
  expect(engine).toMatchObject({ name: ENGINE, entries: 600, matches: hand?.matches });
  expect(engine?.matches).toBeGreaterThan(10);
  expect(engine?.nsPerEntry).toBeTypeOf('number');
});

test('the engine of another checkout finds the same, under its name', async () => {
  const files = ruleFiles(20);
  const { ruleSet } = parseRules(files);
  const against = await openCheckout('.');
  expect(against.name).toBe('engine of .');
  const subjects = [ENGINE, against.name].map((name) => ({ name, share: 1 }));
  const what = { runtime: 'node' as const, ruleSet, files, against, entries: benchEntries(300), subjects, rounds: 1 };
  const [own, other] = await evaluateAll({ ...what, folder });
  expect(other).toMatchObject({ name: 'engine of .', entries: 300, matches: own?.matches });
  const invalid = [{ path: 'a.yml', text: 'title: x\n' }];
  expect(() => against.moduleOf(invalid)).toThrow('a.yml');
});

test('a subject is ready after the first entry; a run begins anywhere, and after the last entry comes the first', async () => {
  const seen: unknown[] = [];
  const count = (entry: object): number => seen.push((entry as BenchEntry).id);
  const { fetch } = serve({ subjects: { one: () => ({ count, ids: () => [] }) } });
  const ask = async (path: string, body = '') => fetch(new Request(`http://bench${path}`, { method: 'POST', body }));
  await ask('/entries', JSON.stringify(['a', 'b', 'c'].map((id) => ({ id }))));
  await ask('/make/one');
  expect(seen).toEqual(['a']);
  await ask('/run/one?count=4&from=1');
  expect(seen).toEqual(['a', 'b', 'c', 'a', 'b']);
});

test('hand-written rules ask a question once that many ask', async () => {
  const rule = (n: number) => ruleWith(`sel: {method: DELETE, action: x.${n}}\ncondition: sel`, `r-${n}`);
  const { ruleSet } = parsed(rule(1), rule(2), rule(3));
  const prepared = fileURLToPath(new URL('./prepared.ts', import.meta.url).href);
  const rules = ruleSet.rules.flatMap((one) => (one.kind === 'detection' ? [one] : []));
  const source = handWritten(rules, prepared);
  expect(source.match(/method === "delete"/g)).toHaveLength(1);
  writeFileSync(`${folder}/shared.mjs`, source);
  const { code } = await bundleOne(HAND_WRITTEN, { ruleSet, files: [], folder });
  expect(code).toContain('"r-2"');
});

test('who finds something else is named, with the rule and an entry', () => {
  const rules = [{ id: 'r-1', title: 'A rule' }];
  const entries = [{ id: 'e-0' }, { id: 'e-1' }] as unknown as BenchEntry[];
  expect(disagreement('sift', { 'r-1': [1, 0] }, { 'r-1': [1, 0] }, rules, entries)).toBeNull();
  expect(disagreement('sift', { 'r-1': [1, 0] }, { 'r-1': [2, 1] }, rules, entries)).toBe(
    'sift does not agree with this engine on “A rule”: 2 matches, not 1, for instance on {"id":"e-1"}',
  );
});
