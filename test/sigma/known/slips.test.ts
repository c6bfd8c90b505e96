/** Slips of the hand: each gets one message, which says what to write. */
import { describe, expect, test } from 'vitest';
import { TOCSIN } from '../../../src/cli/rule-files.ts';
import { parseRules, problemText } from '../../../src/sigma/build.ts';

const HEAD = `title: A rule
id: 0b8f5a53-7a3f-4b5e-9a0e-3b7f6f0f5d21
logsource: {product: nirvana, service: audit}
`;
const TESTS = `tocsin:
  tests:
    - {name: it matches, entry: {status_code: 403}, match: true}
`;

/** A rule with one item, in line 6. */
const item = (text: string): string => `${HEAD}detection:\n  selection:\n    ${text}\n  condition: selection\n${TESTS}`;

/** A correlation of a rule with these keys, the first in line 10. */
const correlation = (keys: string): string => `${HEAD.replace('title: A rule', 'title: A rule\nname: base')}detection:
  selection: {status_code: 403}
  condition: selection
---
title: Many
id: 0b8f5a53-7a3f-4b5e-9a0e-3b7f6f0f5d22
correlation:
  rules: [base]
  timespan: 5m
${keys.replace(/^/gm, '  ')}
tocsin:
  tests:
    - {name: one entry, entries: [{status_code: 403}], match: false}
`;

interface Others {
  readonly lists?: string;
}

function problemsOf(text: string, { lists }: Others = {}): readonly string[] {
  const files = lists === undefined ? [] : [{ path: 'lists/x.yml', text: lists }];
  const { problems } = parseRules([{ path: 'x.yml', text }], { ...TOCSIN, lists: files });
  return problems.map((problem) => problemText(problem));
}

type Row = readonly [slip: string, text: string, message: string, others?: Others];

/** A slip in an item; `message` begins with the column. */
const ofItem = (slip: string, message: string): Row => [slip, item(slip), `x.yml:6:${message}`];

function each(rows: readonly Row[]): void {
  test.each(rows.map(([slip, text, message, others = {}]) => [slip, text, message, others] as const))(
    '%s',
    (_, text, message, others) => {
      expect(problemsOf(text, others)).toEqual([message]);
    },
  );
}

describe('a field that no entry has', () => {
  each([
    ofItem('status: 403', '5: warning: entries have no field "status" (did you mean "status_code"?)'),
    ofItem('actor_id: u-1', '5: warning: entries have no field "actor_id" (did you mean "actor.id"?)'),
    ofItem('actor.typ: user', '5: warning: entries have no field "actor.typ" (did you mean "actor.type"?)'),
    ofItem('Action: vm.created', '5: warning: entries have no field "Action" (did you mean "action"?)'),
    ofItem('statusCode: 403', '5: warning: entries have no field "statusCode" (did you mean "status_code"?)'),
    ofItem('ip: 192.0.2.7', '5: warning: entries have no field "ip" (did you mean "client_ip"?)'),
    ofItem('user: Ada', '5: warning: entries have no field "user" (did you mean "actor.name"?)'),
    ofItem('source.ip: 192.0.2.7', '5: warning: entries have no field "source.ip" (did you mean "client_ip"?)'),
    ofItem('type: user', '5: warning: entries have no field "type" (did you mean "actor.type" or "target.type"?)'),
    ofItem(
      'actor: Ada',
      '5: warning: "actor" is an object (write one of its fields: actor.id, actor.name, actor.type)',
    ),
    ofItem(
      'target|contains: vm',
      '5: warning: "target" is an object (write one of its fields: target.id, target.type)',
    ),
    ofItem('acter.id|exists: false', '5: warning: entries have no field "acter.id" (did you mean "actor.id"?)'),
    ofItem(
      'actor.id|fieldref: target_id',
      '24: warning: entries have no field "target_id" (did you mean "target.id"?)',
    ),
    ofItem(
      'response_bytes|gt: 5',
      '5: warning: entries have no field "response_bytes" (if they have it, declare it in rules/observed.yml; known: ' +
        `${TOCSIN.fields.map(({ name }) => name).join(', ')})`,
    ),
    [
      'in group-by',
      correlation('type: event_count\ngroup-by: [actor_id]\ncondition: {gte: 5}'),
      'x.yml:15:14: warning: entries have no field "actor_id" (did you mean "actor.id"?)',
    ],
    [
      'in field',
      correlation('type: value_count\ncondition: {field: clientip, gte: 5}'),
      'x.yml:15:22: warning: entries have no field "clientip" (did you mean "client_ip"?)',
    ],
    [
      'in an alias',
      correlation('type: event_count\naliases: {who: {base: actor}}\ngroup-by: [who]\ncondition: {gte: 5}'),
      'x.yml:15:25: warning: "actor" is an object (write one of its fields: actor.id, actor.name, actor.type)',
    ],
    [
      'in fields',
      item('status_code: 403').replace('detection:', 'fields: [actor.name, path.]\ndetection:'),
      'x.yml:4:22: warning: entries have no field "path." (did you mean "path"?)',
    ],
    [
      'in dedup.by',
      item('status_code: 403').replace('tocsin:', 'tocsin:\n  dedup: {by: [actor.id, clientip]}'),
      'x.yml:9:26: warning: entries have no field "clientip" (did you mean "client_ip"?)',
    ],
    [
      'in a test',
      item('status_code: 403').replace('{status_code: 403}', '{status_code: 403, actor: {nam: x}}'),
      'x.yml:10:60: warning: entries have no field "actor.nam" (did you mean "actor.name"?)',
    ],
    [
      'in the rule, and in its test',
      item('actor_id: u-1').replace('{status_code: 403}', '{actor_id: u-1}'),
      'x.yml:6:5: warning: entries have no field "actor_id" (did you mean "actor.id"?)',
    ],
    [
      'in the defaults of tests',
      item('status_code: 403').replace('tocsin:', 'tocsin:\n  defaults: {client-ip: 192.0.2.7}'),
      'x.yml:9:14: warning: entries have no field "client-ip" (did you mean "client_ip"?)',
    ],
    [
      'in first_seen',
      item('status_code: 403').replace(
        TESTS,
        'tocsin:\n  first_seen: {field: ip, group-by: [actor.id]}\n  tests:\n    - {name: one, entries: [{status_code: 200}], match: false}\n',
      ),
      'x.yml:9:23: warning: entries have no field "ip" (did you mean "client_ip"?)',
    ],
    [
      'in a filter',
      `${item('status_code: 403')}---\ntitle: Not ours\nlogsource: {product: nirvana}\nfilter:\n  rules: any\n  ours: {user: Ada}\n  condition: not ours\n`,
      'x.yml:16:10: warning: entries have no field "user" (did you mean "actor.name"?)',
    ],
  ]);
});

describe('a value that a field never has', () => {
  each([
    ofItem('status_code: 4xx', '18: warning: "status_code" is never "4xx" (write status_code: 4*)'),
    ofItem("status_code: '>=400'", '18: warning: "status_code" is never ">=400" (write status_code|gte: 400)'),
    ofItem('status_code: "!=200"', '18: warning: "status_code" is never "!=200" (write status_code|neq: 200)'),
    ofItem(
      'status_code: 400-499',
      '18: warning: "status_code" is never "400-499" (write two items, status_code|gte: 400 and status_code|lte: 499)',
    ),
    ofItem('status_code: [401, 4o3]', '24: warning: "status_code" is never "4o3" (it is a number from 100 to 599)'),
    ofItem('status_code: 40', '18: warning: "status_code" is never 40 (it is a number from 100 to 599)'),
    ofItem('status_code: 9*', '18: warning: "status_code" is never like "9*" (it is a number from 100 to 599)'),
    ofItem('status_code|gt: 600', '21: warning: "status_code" is never above 600 (it is a number from 100 to 599)'),
    ofItem(
      'status_code: forbidden',
      '18: warning: "status_code" is never "forbidden" (it is a number from 100 to 599)',
    ),
    ofItem('status_code: true', '18: warning: "status_code" is never true (it is a number from 100 to 599)'),
    ofItem(
      'actor.type: apikey',
      '17: warning: "actor.type" is never "apikey" (did you mean "api_key"? known: user, api_key)',
    ),
    ofItem(
      'actor.type: key',
      '17: warning: "actor.type" is never "key" (did you mean "api_key"? known: user, api_key)',
    ),
    ofItem(
      'actor.type|neq: usr',
      '21: warning: "actor.type" is never "usr" (did you mean "user"? known: user, api_key)',
    ),
    ofItem(
      'actor.type|startswith: key',
      '28: warning: "actor.type" never begins with "key" (did you mean "api_key"? known: user, api_key)',
    ),
    ofItem(
      'method: FETCH',
      '13: warning: "method" is never "FETCH" (did you mean "PATCH"? known: GET, POST, PATCH, DELETE, PUT, HEAD, OPTIONS)',
    ),
    ofItem(
      'method|re: ^get$',
      '16: warning: "method" never matches this expression (did you mean "GET"? known: GET, POST, PATCH, DELETE, PUT, HEAD, OPTIONS)',
    ),
    ofItem(
      'method|cased: get',
      '19: warning: "method" is never "get" (did you mean "GET"? known: GET, POST, PATCH, DELETE, PUT, HEAD, OPTIONS)',
    ),
    ofItem(
      'client_ip: 10.0.0.0/8',
      '16: warning: "client_ip" is never "10.0.0.0/8" (write client_ip|cidr: 10.0.0.0/8)',
    ),
    ofItem(
      'client_ip: 10.0.0.1/8',
      '16: warning: "client_ip" is never "10.0.0.1/8" (write client_ip|cidr: 10.0.0.0/8)',
    ),
    ofItem(
      'client_ip|startswith: 10.0.0.0/8',
      '27: warning: "client_ip" never begins with "10.0.0.0/8" (write client_ip|cidr: 10.0.0.0/8)',
    ),
    ofItem(
      'tocsin.path_template: /v1/nks/clusters/',
      '27: warning: "tocsin.path_template" is never "/v1/nks/clusters/" (did you mean /v1/nks/clusters?)',
    ),
    ofItem(
      "tocsin.path_template: '/v1/api_keys?limit=1'",
      '27: warning: "tocsin.path_template" is never like "/v1/api_keys?limit=1" (did you mean /v1/api_keys?)',
    ),
    ofItem(
      'tocsin.path_template: v1/compute/vms/{vm_id}/restart',
      '27: warning: "tocsin.path_template" is never "v1/compute/vms/{vm_id}/restart" (did you mean /v1/compute/vms/{id}/restart?)',
    ),
    ofItem(
      'tocsin.path_template: /v1/api_keys/123e4567-e89b-12d3-a456-426614174000',
      '27: warning: "tocsin.path_template" is never "/v1/api_keys/123e4567-e89b-12d3-a456-426614174000" (did you mean /v1/api_keys/{id}?)',
    ),
    ofItem(
      'tocsin.path_template: /v1/nks/clusters/{id}/kubeconfg',
      '27: notice: no known "tocsin.path_template" is "/v1/nks/clusters/{id}/kubeconfg" (did you mean "/v1/nks/clusters/{id}/kubeconfig"?)',
    ),
    ofItem('client_ip: 10.0.0', '16: warning: "client_ip" is never "10.0.0" (write client_ip|cidr: 10.0.0.0/24)'),
    ofItem('client_ip: 10.0.0.x', '16: warning: "client_ip" is never "10.0.0.x" (write client_ip|cidr: 10.0.0.0/24)'),
    ofItem(
      'client_ip: 192.0.2.7:443',
      '16: warning: "client_ip" is never "192.0.2.7:443" (write it without brackets and port: 192.0.2.7)',
    ),
    ofItem(
      'client_ip: 192.0.2.256',
      '16: warning: "client_ip" is never "192.0.2.256" (it is an IP address, such as 192.0.2.7)',
    ),
    ofItem(
      'client_ip: localhost',
      '16: warning: "client_ip" is never "localhost" (it is an IP address, such as 192.0.2.7)',
    ),
    ofItem(
      'actor.name|cidr: 10.0.0.0/8',
      '22: warning: "actor.name" is not an address (only an address is in a network)',
    ),
    ofItem(
      'tocsin.client_network: 192.0.2.7',
      '28: warning: "tocsin.client_network" is never "192.0.2.7" (write tocsin.client_network: 192.0.2.0/24)',
    ),
    ofItem('action|hour: 5', '18: warning: "action" is not a time (only a time has parts)'),
    ofItem(
      'created_at: 2026-01-05',
      '17: warning: "created_at" is never "2026-01-05" (write created_at|startswith: "2026-01-05")',
    ),
    ofItem('created_at|gt: 2026', '20: warning: "created_at" is not a number (write created_at|year|gt: 2026)'),
    ofItem('created_at: null', '17: warning: "created_at" is never null (every entry has it)'),
    ofItem('id|exists: false', '16: warning: "id" is never missing (every entry has it)'),
    ofItem(
      'path: v1/api_keys',
      '11: warning: "path" is never "v1/api_keys" (it begins with "/": did you mean /v1/api_keys?)',
    ),
    ofItem(
      'path: https://api.nirvanalabs.io/v1/api_keys',
      '11: warning: "path" is never "https://api.nirvanalabs.io/v1/api_keys" (write /v1/api_keys)',
    ),
    ofItem('path: GET /v1/api_keys', '11: warning: "path" is never "GET /v1/api_keys" (write /v1/api_keys)'),
    ofItem(
      'path: /v1/api_keys?limit=10',
      `11: warning: "?" is any one character (write "\\?" for a question mark: '/v1/api_keys\\?limit=10')`,
    ),
    ofItem(
      'path|contains: /api_keys?',
      `20: warning: "?" is any one character (write "\\?" for a question mark: '/api_keys\\?')`,
    ),
    ofItem('tocsin.mark: own', '18: warning: "tocsin.mark" is never "own" (known: missing, reused)'),
    [
      'a sum of text',
      correlation('type: value_sum\ncondition: {field: path, gt: 5}'),
      'x.yml:15:22: warning: "path" is never a number (sums, averages and the like need a field with numbers)',
    ],
    [
      'in a list',
      item("actor.type|expand: '%kinds%'"),
      'lists/x.yml:1:15: warning: "actor.type" is never "apikey" (did you mean "api_key"? known: user, api_key)',
      { lists: 'kinds: [user, apikey]' },
    ],
    [
      'in a list of networks',
      item("client_ip|expand: '%offices%'"),
      'lists/x.yml:1:11: warning: "client_ip" is never "10.0.0.0/8" (write client_ip|cidr: 10.0.0.0/8)',
      { lists: 'offices: [10.0.0.0/8]' },
    ],
    [
      'in a test',
      item('status_code: 403').replace('{status_code: 403}', '{status_code: 403, actor.type: apikey}'),
      'x.yml:10:64: warning: "actor.type" is never "apikey" (did you mean "api_key"? known: user, api_key)',
    ],
    [
      'a number as text in a test',
      item('status_code: 403').replace('{status_code: 403}', "{status_code: '403'}"),
      'x.yml:10:47: warning: "status_code" is a number in entries (remove the quotes)',
    ],
  ]);
});

describe('a value that nobody has seen is a notice', () => {
  each([
    ofItem('action: vm.destroyd', '13: notice: no known "action" is "vm.destroyd" (did you mean "vm.deleted"?)'),
    ofItem('action: vm.deletd', '13: notice: no known "action" is "vm.deletd" (did you mean "vm.deleted"?)'),
    ofItem('action: vm_deleted', '13: notice: no known "action" is "vm_deleted" (did you mean "vm.deleted"?)'),
    ofItem(
      'action: vm.exploded',
      '13: notice: no known "action" is "vm.exploded" (known: vm.created, vm.read, vm.listed, vm.updated, vm.deleted, vm.restarted, vm.availability_checked, vm.cost_checked)',
    ),
    ofItem(
      'action|endswith: .exploded',
      '22: notice: no known "action" ends with ".exploded" ("npm run tocsin -- fields pull" adds what the log has shown)',
    ),
    ofItem('target.type: vms', '18: notice: no known "target.type" is "vms" (did you mean "vm"?)'),
    ofItem(
      'target.type: virtual_machine',
      '18: notice: no known "target.type" is "virtual_machine" ("npm run tocsin -- fields pull" adds what the log has shown)',
    ),
    ofItem('path: /v1/compute/vm', '11: notice: no known "path" is "/v1/compute/vm" (did you mean "/v1/compute/vms"?)'),
    ofItem(
      'path|endswith: /kubeconfg',
      '20: notice: no known "path" ends with "/kubeconfg" (did you mean "/kubeconfig"?)',
    ),
    ofItem('path: /v1/vms', '11: notice: no known "path" is "/v1/vms" (did you mean "/v1/compute/vms"?)'),
    [
      'twice in a file',
      `${item('action: vm.destroyd')}---\n${item('action: vm.destroyd').replace('5d21', '5d22')}`,
      'x.yml:6:13: notice: no known "action" is "vm.destroyd" (did you mean "vm.deleted"?)',
    ],
    [
      'misspelled in a test',
      item('status_code: 403').replace('{status_code: 403}', '{status_code: 403, action: vm.deletd}'),
      'x.yml:10:60: notice: no known "action" is "vm.deletd" (did you mean "vm.deleted"?)',
    ],
  ]);
});

describe('a slip in the document', () => {
  each([
    [
      'service: audit_log',
      item('status_code: 403').replace('service: audit', 'service: audit_log'),
      'x.yml:3:12: error: nirvana has no log of the service "audit_log" (the log here is {product: nirvana, service: audit})',
    ],
    [
      'product: nirvana_labs',
      item('status_code: 403').replace('product: nirvana', 'product: nirvana_labs'),
      'x.yml:3:12: error: the product "nirvana_labs" looks like a typo (did you mean "nirvana"?)',
    ],
    [
      'no product',
      item('status_code: 403').replace('product: nirvana, ', ''),
      'x.yml:3:12: error: the logsource has no product (the log here is {product: nirvana, service: audit})',
    ],
    [
      'title: null',
      item('status_code: 403').replace('A rule', 'null'),
      'x.yml:1:8: error: the title is empty (say what it finds, such as "title: Machine deleted")',
    ],
    [
      'no id',
      item('status_code: 403').replace(/^id: .*\n/m, ''),
      'x.yml:1:1: notice: the rule has no id (add "id:" with a UUID of its own: without one, it is another rule when its file is renamed)',
    ],
    [
      'no tests',
      item('status_code: 403').replace(TESTS, ''),
      'x.yml:2:5: notice: the rule has no tests (add "tests:" under "tocsin:", with an entry that matches and one that does not)',
    ],
    [
      'neither',
      item('status_code: 403')
        .replace(TESTS, '')
        .replace(/^id: .*\n/m, ''),
      'x.yml:1:1: notice: the rule has no id and no tests (add "id:" with a UUID of its own: without one, it is another rule when its file is renamed; add "tests:" under "tocsin:", with an entry that matches and one that does not)',
    ],
    ['an empty file', '# nothing yet\n', 'x.yml:1:1: notice: the file has no rule (write one, or delete the file)'],
    [
      'gte: 1',
      correlation('type: event_count\ncondition: {gte: 1}').replace('match: false', 'match: true'),
      'x.yml:15:14: notice: every entry meets the condition: it matches whenever its rules do (write a greater number, or remove the correlation)',
    ],
    [
      'ordered_temporal',
      correlation('type: ordered_temporal'),
      'x.yml:14:9: error: unknown correlation type "ordered_temporal" (did you mean "temporal_ordered"?)',
    ],
    [
      'gt: 1e400',
      correlation('type: event_count\ncondition: {gt: 1e400}'),
      'x.yml:15:19: error: "gt" must compare the count with a whole number, not 1e400 (such as gt: 10)',
    ],
    ofItem(
      'status_code|gt: 1e400',
      '21: error: 1e400 is beyond the largest number, 1.7976931348623157e+308 (no number is greater: remove it, or write a number within these limits)',
    ),
    [
      'action: global',
      `action: global\n${item('status_code: 403')}`,
      'x.yml:1:1: error: "action: global" is Sigma 1: the document gave its keys to the rules after it (write them in each of these rules, and remove this document)',
    ],
    ofItem(
      'action: *.deleted',
      '13: error: this alias has no anchor before it (a text that begins with "*" needs quotes)',
    ),
    ofItem('created_at|hour: 25', '22: error: "hour" is never 25 (it is a whole number from 0 to 23)'),
    ofItem("status_code|gte: '400'", '22: error: "gte" needs a number ("400" is text: remove the quotes?)'),
    ofItem(
      'created_at|gt: 2026-01-05T12:00:00Z',
      '20: error: "gt" needs a number (a time is compared by its parts, such as created_at|hour|gte: 22)',
    ),
    ofItem('client_ip|startswith: 10.', '27: warning: the number 10. is compared as 10 (put it in quotes)'),
    [
      'one tab',
      item('status_code: 403').replace('    status_code', '\tstatus_code'),
      'x.yml:6:1: error: not valid YAML: Tabs are not allowed as indentation (indent with spaces)',
    ],
  ]);

  const lines = item('status_code: 403\n    method: GET').split('\n');
  test.each(lines.flatMap((line, i) => (line === '' ? [] : [[line.trim(), i] as const])))(
    'a tab before %s: at most one message',
    (line, i) => {
      const text = lines.with(i, `\t${line}`).join('\n');
      const problems = problemsOf(text);
      expect(problems.length).toBe(1);
      expect(problems[0]).toContain('(indent with spaces)');
    },
  );
});

/** A rule with other keys in place of those of `HEAD`, or after them. */
const rule = (keys: string, detection = 'detection: {s: {method: GET}, condition: s}', tests = TESTS): string =>
  `${HEAD}${keys}${detection}\n${tests}`;

describe('a key at the wrong place', () => {
  const MATCHES = '{name: it matches, entry: {}, match: true}';
  const own = (key: string): Row => [
    key,
    rule(`${key}\n`),
    `x.yml:4:1: warning: "${key.split(':')[0]}" does nothing here (it belongs under "tocsin:")`,
  ];
  const counting = (key: string): Row => [
    key,
    rule(`${key}\n`),
    `x.yml:4:1: warning: "${key.split(':')[0]}" does nothing here (to count, write a correlation rule, which refers to this one by its name)`,
  ];
  each([
    own('dedup: {by: [actor.id]}'),
    own('runbook: Ask.'),
    own('noise: None.'),
    own('first_seen: {field: client_ip}'),
    own('absence: {timespan: 1h}'),
    own('outside: business_hours'),
    own('defaults: {method: GET}'),
    counting('timeframe: 5m'),
    counting('timespan: 5m'),
    counting('group-by: [actor.id]'),
    counting('threshold: 5'),
    [
      'tests',
      rule(`tests: [${MATCHES}]\n`, undefined, ''),
      'x.yml:4:1: warning: "tests" does nothing here (it belongs under "tocsin:")',
    ],
    [
      'the only condition',
      rule('condition: s\n', 'detection: {s: {method: GET}}'),
      'x.yml:4:1: error: "condition" does nothing here (it belongs under "detection:")',
    ],
    [
      'a second condition',
      rule('condition: s\n'),
      'x.yml:4:1: warning: "condition" does nothing here (there is one under "detection:" too: remove this one)',
    ],
    [
      'a level among the selections',
      rule('', 'detection: {s: {method: GET}, level: high, condition: s}'),
      'x.yml:4:31: warning: the selection "level" is not used (it belongs at the root of the document)',
    ],
    [
      'a level of our own',
      rule('', undefined, `tocsin: {level: high, tests: [${MATCHES}]}`),
      'x.yml:5:10: error: unknown key "level" (it belongs at the root of the document)',
    ],
    [
      'a group-by beside its correlation',
      `${correlation('type: event_count\ncondition: {gte: 5}')}group-by: [actor.id]\n`,
      'x.yml:19:1: error: "group-by" does nothing here (it belongs under "correlation:")',
    ],
    [
      'rules beside their filter',
      `title: F\nlogsource: {product: nirvana, service: audit}\nrules: [x]\nfilter: {s: {method: GET}, condition: not s}\n`,
      'x.yml:3:1: error: "rules" does nothing here (it belongs under "filter:")',
    ],
  ]);

  test('a key that nobody knows may be there', () => {
    expect(problemsOf(rule('simulation: [{type: atomic}]\nseverity_score: 5\n'))).toEqual([]);
  });
});

describe('a condition that never holds', () => {
  const message =
    'warning: the condition never holds (it asks for what it excludes, or for two values of a field that has one: join them with "or")';
  const problems = (detection: string) => problemsOf(`${HEAD}detection: {${detection}}\n${TESTS}`);

  test.each([
    's: {method: GET}, condition: s and not s',
    's: {path|contains: x}, condition: s and not s',
    's: {path|contains: x}, t: {method: GET}, condition: not (s or t) and t',
    's: {actor.name: a, method: GET}, condition: s and not 1 of s*',
    's: {method: GET}, t: {method: POST}, condition: s and t',
    's: {method: [GET, HEAD]}, t: {method|startswith: P}, condition: s and t',
    's: {method: [GET, HEAD]}, t: {method: GET}, u: {method: head}, condition: s and not t and not u',
    's: {status_code: [401, 403]}, t: {status_code|lt: 400}, condition: s and t',
    's: {status_code: 403, status_code|gte: 404}, condition: s',
    's: {action: a.b}, t: {action|re: ^x}, condition: s and t',
    's: {client_ip: 192.0.2.7}, t: {client_ip|cidr: 198.51.100.0/24}, condition: s and t',
    's: {method: GET}, t: {method: POST}, u: {path: /x}, condition: (s and t) or (s and not s and u)',
  ])('%s', (detection) => {
    const warnings = problems(detection).filter((text) => text.includes(' warning: '));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(message);
  });

  test.each([
    's: {method: GET}, t: {method: POST}, condition: s or t',
    's: {method: GET}, t: {method: get}, condition: s and t',
    's: {method: [GET, HEAD]}, t: {method: GET}, condition: s and not t',
    's: {status_code: [401, 500]}, t: {status_code|lt: 500}, condition: s and t',
    's: {method: GET}, t: {method: POST}, condition: (s and t) or s',
    's: {action|contains: vm}, t: {action|endswith: .deleted}, condition: s and t',
    's: {method: GET, actor.name: a}, t: {method: GET}, condition: t and not s',
    's: {client_ip: 192.0.2.7}, t: {client_ip|cidr: 192.0.2.0/24}, condition: s and t',
  ])('%s may hold', (detection) => {
    expect(problems(detection)).toEqual([]);
  });

  test('two values of a field that may be a list', () => {
    const { problems: found } = parseRules(
      [{ path: 'x.yml', text: `${HEAD}detection: {s: {tag: a}, t: {tag: b}, condition: s and t}\n` }],
      { ...TOCSIN, expects: [], fields: [{ name: 'tag', type: 'any', source: 'declared' }] } as never,
    );
    expect(found).toEqual([]);
  });

  test('a filter that excludes nothing', () => {
    const filter = (method: string) =>
      `${rule('name: base\n')}---\ntitle: F\nlogsource: {product: nirvana, service: audit}\nfilter: {rules: [base], s: {method: ${method}}, condition: not s}\n`;
    expect(problemsOf(filter('POST'))).toEqual([
      'x.yml:12:18: warning: the filter excludes nothing that "base" matches (what it is about and what the rule asks for contradict each other: correct it, or remove it)',
    ]);
    expect(problemsOf(filter('GET'))).toEqual([]);
  });
});

describe('times', () => {
  const at = (time: string): string =>
    rule(
      '',
      'detection: {s: {created_at|hour|gte: 22}, condition: s}',
      `tocsin: {tests: [{name: it, entry: {${time}}, match: true}]}`,
    );
  const UNDATED =
    'x.yml:5:18: warning: the rule is about times, and this test says none (begin the first entry of each with "at:" and a date, such as "at: 2026-01-05T22:00Z")';
  const unzoned = (key: string, right: string): string =>
    `x.yml:5:${39 + key.length}: warning: "${key}" has no time zone, and is read as UTC (write "${right}")`;
  test.each<readonly [time: string, problems: readonly string[]]>([
    ['method: GET', [UNDATED]],
    ['at: 2026-01-05T23:00Z', []],
    // The time of the default entry, on purpose.
    ['at: 2026-01-05T12:00Z', []],
    ['at: 2026-01-05T23:00+01:00', []],
    ['at: 2026-01-05T23:00+0100', []],
    ['created_at: 2026-01-05T23:00:00Z', []],
    ['at: 2026-01-05T23:00', [unzoned('at', '2026-01-05T23:00:00Z')]],
    ['at: 2026-01-05', []],
    ['created_at: 2026-01-05T23:00:00', [unzoned('created_at', '2026-01-05T23:00:00Z')]],
    ['at: +11h', []],
  ])('%s', (time, expected) => {
    expect(problemsOf(at(time))).toEqual(expected);
  });

  test('two tests without a time are one message', () => {
    const tests = '{name: a, entry: {}, match: false}, {name: b, entry: {}, match: false}';
    const text = rule('', 'detection: {s: {created_at|hour|gte: 22}, condition: s}', `tocsin: {tests: [${tests}]}`);
    expect(problemsOf(text)).toEqual([UNDATED.replace('this test says', '2 tests say')]);
  });

  test('a modifier for the day of the week', () => {
    expect(problemsOf(item('created_at|weekday: sunday'))).toEqual([
      'x.yml:6:5: error: unknown modifier "weekday" (times of the day and days of the week have names: "during:" and "outside:" under "tocsin:")',
    ]);
  });
});

test('a template in a path', () => {
  expect(problemsOf(item('path: "/v1/nks/clusters/{id}/kubeconfig"'))).toEqual([
    'x.yml:6:11: warning: "path" has ids, and no {…} in their place (write tocsin.path_template: /v1/nks/clusters/{id}/kubeconfig)',
  ]);
  expect(problemsOf(item('path|endswith: "/clusters/{cluster_id}"'))).toHaveLength(1);
});

describe('what is right says nothing', () => {
  test.each([
    'method: get',
    'method: [Post, PUT]',
    'method|re: ^P(UT|OST)$',
    'status_code: 4*',
    'status_code: 4**',
    'status_code|startswith: 4',
    "status_code: '403'",
    'status_code|gte: 500',
    'status_code|neq: 200',
    'client_ip: 192.0.2.7',
    'client_ip: 10.0.0.*',
    'client_ip: 2001:DB8::1',
    'client_ip|cidr: 192.0.2.7',
    'client_ip|startswith: "10."',
    'created_at|startswith: "2026-01-"',
    'actor: null',
    'target|exists: false',
    'target.type: VM',
    'action: vm.*',
    "action|endswith: ['.deleted', '.created']",
    'path: /v1/compute/vms/6f0d5c0e-3c56-4a3c-8a63-0d1c2f4a9b10',
    "path|contains: '/api_keys\\?'",
    'path: /v?/compute/vms',
    'path|endswith: /kubeconfig',
    'path: /V1/NKS/*/kubeconfig',
    'actor.name: anybody',
    'user_agent|contains: curl/',
  ])('%s', (text) => {
    expect(problemsOf(item(text))).toEqual([]);
  });
});
