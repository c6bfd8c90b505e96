/** The schemas of the files in rules/: current, named in the files, and of the same opinion as what reads them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readRoutingFiles, readRuleFiles } from '../../src/cli/rule-files.ts';
import { SCHEMAS, type SchemaName, schemaComment } from '../../src/cli/schemas/schemas.ts';
import type { SourceFile } from '../../src/yaml/yaml.ts';
import { violations } from '../support/json-schema.ts';

const TOP = join(import.meta.dirname, '../..');
const { rules, lists, tuning, observed } = readRuleFiles(join(TOP, 'rules'));
const FILES: readonly (readonly [name: SchemaName, file: SourceFile])[] = [
  ...rules.map((file) => ['rule', file] as const),
  ...lists.map((file) => ['lists', file] as const),
  ...tuning.map((file) => ['tuning', file] as const),
  ...(observed === null ? [] : [['observed', observed] as const]),
  ...readRoutingFiles(join(TOP, 'rules')).map((file) => ['routing', file] as const),
];

/** What a schema says of each document of a text. */
function problemsOf(name: SchemaName, text: string): readonly string[] {
  return parseAllDocuments(text).flatMap((document) =>
    violations(SCHEMAS.get(name) ?? {}, (document as { toJS(): unknown }).toJS()),
  );
}

describe('docs/schemas/', () => {
  test.each([...SCHEMAS])('%s is current: run this test with --update', async (name, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../docs/schemas/${name}.schema.json`);
  });
});

describe('the files of rules/', () => {
  test.each(FILES.map(([name, file]) => [file.path, name, file.text] as const))('%s', (path, name, text) => {
    expect(text.split('\n')[0]).toBe(schemaComment(path, name));
    expect(problemsOf(name, text)).toEqual([]);
  });
});

describe('the examples of the docs', () => {
  test('that of rules/routing.yml names its schema', () => {
    const [, first] = /^```yaml\n(.*)$/m.exec(readFileSync(join(TOP, 'docs/routing.md'), 'utf8')) ?? [];
    expect(first).toBe(schemaComment('routing.yml', 'routing'));
  });

  const blocksOf = (page: string): readonly string[] =>
    [...readFileSync(join(TOP, 'docs', page), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const nameOf = (path: string): SchemaName =>
    path.startsWith('lists/')
      ? 'lists'
      : ((/^(tuning|observed|routing)\./.exec(path)?.[1] as SchemaName | undefined) ?? 'rule');
  const named = blocksOf('sigma.md').flatMap((text): (readonly [string, SchemaName, string])[] => {
    const [, path] = /^# rules\/(\S+)/.exec(text) ?? [];
    return path === undefined ? [] : [[path, nameOf(path), text]];
  });
  const routings = blocksOf('routing.md').filter((text) => /^receivers:/m.test(text));

  test.each([...named, ...routings.map((text, i) => [`routing.md, ${i + 1}`, 'routing', text] as const)])(
    '%s',
    (_, name, text) => {
      expect(problemsOf(name, text)).toEqual([]);
    },
  );
});

/** A rule with one item, and a test. */
const rule = (item: string, more = '') =>
  `title: A rule\nlogsource: {product: nirvana, service: audit}\ndetection:\n  selection:\n    ${item}\n  condition: selection\n${more}`;
const correlation = (keys: string) => `title: Many\ncorrelation: {rules: [a], timespan: 5m, ${keys}}\n`;

describe('what is refused as it is typed', () => {
  test.each<readonly [name: SchemaName, text: string, violation: string]>([
    ...[
      ...[
        'status: 403',
        'actor_id: u-1',
        'Action: vm.created',
        'statusCode: 403',
        'clientIp|cidr: 10.0.0.0/8',
        'user: Ada',
      ],
      ...['source.ip: 192.0.2.7', 'status_code: 4xx', "status_code: '>=400'", 'status_code: 99', 'actor.type: apikey'],
      ...[
        'method: FETCH',
        'client_ip: 10.0.0.0/8',
        'client_ip|cidr: 10.0.0',
        'created_at: 2026-01-05',
        'path: v1/api_keys',
      ],
      ...[
        'action|contians: deleted',
        "status_code|gte: '400'",
        'actor.id|exists: yes',
        'tocsin.mark: own',
        'action: []',
        'action: {}',
      ],
    ].map((item) => ['rule', rule(item), '/detection/selection: anyOf'] as const),
    ['rule', rule('action: vm.created').replace('audit', 'audit_log'), '/logsource/service: const'],
    ['rule', rule('action: vm.created').replace('A rule', 'null'), '/title: type string'],
    ['rule', rule('action: vm.created').replace('  condition: selection\n', ''), '/detection: required condition'],
    ['rule', 'title: A rule\n', '/: anyOf'],
    ['rule', rule('action: vm.created', 'level: severe\n'), '/level: enum'],
    ['rule', rule('action: vm.created', 'tocsin: {runbok: x}\n'), '/tocsin/runbok: not allowed'],
    [
      'rule',
      rule('action: vm.created', 'tocsin: {dedup: {period: 1 hour}}\n'),
      '/tocsin/dedup/period: pattern ^[0-9]{1,9}[smhd]$',
    ],
    ['rule', rule('action: vm.created', 'tocsin: {tests: [{name: x, entry: {}}]}\n'), '/tocsin/tests/0: anyOf'],
    ['rule', rule('action: vm.created', 'tocsin: {tests: [{name: x, match: true}]}\n'), '/tocsin/tests/0: oneOf'],
    [
      'rule',
      rule('action: vm.created', "tocsin: {tests: [{entry: {status_code: '403'}, match: true}]}\n"),
      '/tocsin/tests/0/entry/status_code: anyOf',
    ],
    [
      'rule',
      rule('action: vm.created', 'tocsin: {tests: [{entry: {actor: {type: apikey}}, match: true}]}\n'),
      '/tocsin/tests/0/entry/actor/type: anyOf',
    ],
    ['rule', correlation('type: ordered_temporal'), '/correlation/type: enum'],
    ['rule', correlation('type: event_count, timeframe: 5m'), '/correlation/timeframe: not allowed'],
    ['rule', correlation('type: event_count, condition: {ge: 5}'), '/correlation/condition: anyOf'],
    ['tuning', 'a_rule: {threshold: 5}\n', '/a_rule: required why'],
    ['tuning', 'a_rule: {why: x, levl: low}\n', '/a_rule/levl: not allowed'],
    ['lists', '- a\n', '/: type object|null'],
    ['lists', '"%ours%": [a]\n', '/%ours%: pattern ^[^%\\\\\\n]{1,256}$'],
    ['lists', 'ours: {a: b}\n', '/ours: anyOf'],
    ['observed', 'region: txt\n', '/region: anyOf'],
    ['observed', 'actor.type: service_account\n', '/actor.type: type array'],
    ['routing', 'receivers: [{name: oncall, type: slak}]\n', '/receivers/0/type: enum'],
    [
      'routing',
      'receivers: [{name: a, type: slack, secret: https://hooks.slack.com/x}]\n',
      '/receivers/0/secret: pattern ^[A-Z][A-Z0-9_]{0,63}$',
    ],
    [
      'routing',
      'receivers: []\nroute: {routes: [{match: {actor.type: apikey}, receiver: a}]}\n',
      '/route/routes/0/match/actor.type: anyOf',
    ],
    ['routing', 'receivers: []\nroute: {group_wait: 30s}\n', '/route/group_wait: not allowed'],
  ])('%s: %s', (name, text, violation) => {
    expect(problemsOf(name, text)).toEqual([violation]);
  });
});

describe('what is right is allowed', () => {
  test.each([
    ...[
      'method: get',
      'method: [Post, PUT]',
      'method|re: ^P(UT|OST)$',
      'status_code: 4*',
      "status_code: '403'",
      'status_code|gte: 500',
    ],
    ...[
      'client_ip: 10.0.0.*',
      "client_ip|expand: '%offices%'",
      "client_ip|cidr|expand: '%offices%'",
      'client_ip|cidr: [10.0.0.0/8, fc00::/7]',
    ],
    ...[
      'created_at|hour|gte: 22',
      'actor: null',
      'target|exists: false',
      'target.type: VM',
      'action: vm.exploded',
      'response_bytes|gt: 5',
    ],
    ...['actor.name: 7', 'path: "*/kubeconfig"', "actor.type|expand: '%kinds%'", 'client_ip|fieldref: target.id'],
  ])('%s', (item) => {
    expect(problemsOf('rule', rule(item))).toEqual([]);
  });
});
