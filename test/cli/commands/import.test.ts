/** `tocsin import`: over rules made for it, in the style of SigmaHQ's. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { foreignLog } from '../../../src/cli/import/foreign-logs.ts';
import { buildRules } from '../../../src/cli/rule-files.ts';
import { runTocsin } from '../run-command.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  mkdirSync(join(folder, 'rules'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

async function run(path: string, ...args: readonly string[]) {
  const result = await runTocsin(['import', join(folder, path), ...args, '--rules', join(folder, 'rules')], {});
  const plain = (text: string) => text.replaceAll(folder, 'FOLDER');
  return { code: result.code, out: plain(result.out), err: plain(result.err) };
}

const AWS = `title: 'AWS: keys made'
id: 77caf516-34e5-4df9-b4db-20744fea0a60
status: test
description: "Somebody: makes keys"
references: [https://example.com/a]
author: Ada
logsource: { product: aws, service: cloudtrail }
detection:
  selection:
    eventSource: iam.amazonaws.com
    eventName: [DeleteAccessKey, 'Create*', "yes"]
    userIdentity.arn|endswith: ':user/x'
  filter:
    - userAgent|contains|all: [terraform, '%']
    - sourceIPAddress|cidr: 192.0.2.0/24
  keywords: [x, 7]
  condition: selection and not filter and keywords
level: high
`;
const WINDOWS = `title: Windows
logsource: { category: process_creation, product: windows }
detection: { selection: { Image|endswith: '\\x.exe' }, condition: selection }
`;
const OURS = `title: Ours
id: 77caf516-34e5-4df9-b4db-20744fea0a62
logsource: { product: nirvana, service: audit }
detection: { selection: { action: vm.deleted }, condition: selection }
`;
const OKTA = `title: Okta
logsource: { product: okta, service: okta }
detection:
  selection: { displaymessage: x }
  other: { eventtype: user.session.start }
  condition: selection and other
`;
const COUNTS = 'title: Many\ncorrelation: { type: event_count, rules: [x], timespan: 5m, condition: { gte: 2 } }\n';

test('a folder: what fits, what could be mapped to what, and what is for other logs', async () => {
  write('sigma/cloud/aws.yml', AWS);
  write('sigma/cloud/okta.yml', OKTA);
  write('sigma/windows.yml', `${WINDOWS}---\n${WINDOWS}---\n${COUNTS}`);
  write('sigma/ours.yml', OURS);
  write('sigma/README.md', '#');
  expect(await run('sigma')).toEqual({
    code: 0,
    err: '',
    out: `6 rules in 4 files: 1 for this log, 2 could be mapped, 3 for other logs

They fit: copy them below rules/local/
  Ours [nirvana/audit] (FOLDER/sigma/ours.yml:1)

They could be mapped; values such as the names of actions are to be replaced
  AWS: keys made [aws/cloudtrail] (FOLDER/sigma/cloud/aws.yml:1)
    eventName → action, userIdentity.arn → actor.id, userAgent → user_agent, sourceIPAddress → client_ip; nothing for eventSource
  Okta [okta/okta] (FOLDER/sigma/cloud/okta.yml:1)
    eventtype → action; nothing for displaymessage
    no draft: nothing is left of selection

For other logs
      2  windows/process_creation
      1  correlations
`,
  });
});

test('--write: drafts that a deploy takes, never over a file', async () => {
  write('sigma/aws.yml', `${AWS}---\n${AWS}`);
  write('sigma/okta.yml', OKTA);
  const { code, out } = await run('sigma', '--write');
  expect(code).toBe(0);
  expect(out).toContain(`Drafts written (2): look at each, then: npm run tocsin -- check --strict
  FOLDER/rules/local/imported/aws.yml
  FOLDER/rules/local/imported/aws_2.yml
`);
  const text = readFileSync(join(folder, 'rules/local/imported/aws.yml'), 'utf8');
  expect(
    text.replace(/^id: .*$/m, 'id: <uuid>'),
  ).toBe(`# A draft, from a rule for AWS CloudTrail: aws.yml. Check before it is deployed:
# - the values: they are those of AWS CloudTrail. An action here is such as vm.deleted.
# - the fields: eventName is action, userIdentity.arn is actor.id, userAgent is user_agent, sourceIPAddress is client_ip.
# - what is left out, and makes it match more or less: eventSource.
# - tests: add an entry that it finds, and one that it does not find.
title: "AWS: keys made"
id: <uuid>
related:
  - { id: "77caf516-34e5-4df9-b4db-20744fea0a60", type: derived }
status: experimental
description: "Somebody: makes keys"
references:
  - "https://example.com/a"
author: Ada
logsource: { product: nirvana, service: audit }
detection:
  selection:
    action:
      - DeleteAccessKey
      - "Create*"
      - "yes"
    actor.id|endswith: ":user/x"
  filter:
    - user_agent|contains|all:
        - terraform
        - "%"
    - client_ip|cidr: "192.0.2.0/24"
  keywords:
    - x
    - 7
  condition: selection and not filter and keywords
level: high
`);
  const { problems, ruleSet } = buildRules(join(folder, 'rules'));
  expect(problems.filter(({ severity }) => severity !== 'notice')).toEqual([]);
  expect(ruleSet.rules).toHaveLength(2);
  writeFileSync(join(folder, 'rules/local/imported/aws.yml'), OURS);
  const again = await run('sigma', '--write');
  expect(again.out).toContain('Drafts that exist, left as they are (2)\n');
  expect(again.out).not.toContain('Drafts written');
  expect(readFileSync(join(folder, 'rules/local/imported/aws.yml'), 'utf8')).toBe(OURS);
});

test('one file; as JSON', async () => {
  write('aws.yml', AWS);
  const { code, out } = await run('aws.yml', '--json');
  expect(code).toBe(0);
  const { rules, ...rest } = JSON.parse(out);
  expect(rest).toEqual({ files: 1, fits: 0, mappable: 1, other: 0, written: [], kept: [], problems: [] });
  expect(rules[0]).toMatchObject({
    ...{
      path: 'FOLDER/aws.yml',
      line: 1,
      title: 'AWS: keys made',
      log: 'aws/cloudtrail',
      kind: 'mappable',
      note: null,
    },
    ...{ unmapped: ['eventSource'], draft: { path: 'local/imported/aws.yml' } },
  });
  expect(rules[0].mapped).toMatchObject({ sourceIPAddress: 'client_ip' });
});

test('problems, with their places', async () => {
  write('sigma/a.yml', 'title: x\n  y: [\n');
  write(
    'sigma/b.yml',
    `${OURS.replace('action:', 'actionn:')}---\ntitle: no log\ndetection: { s: { a: b }, condition: s }\n`,
  );
  const { code, out, err } = await run('sigma');
  expect(code).toBe(1);
  expect(out).toContain('1 rule in 2 files: 1 for this log');
  expect(err).toMatch(/^FOLDER\/sigma\/a\.yml:1:8: error: not valid YAML/m);
  expect(err).toMatch(/^FOLDER\/sigma\/b\.yml:4:\d+: warning: .*"actionn" \(did you mean "action"\?\)$/m);
  expect(err).toMatch(/^FOLDER\/sigma\/b\.yml:6:1: error: the rule has no logsource/m);
});

test('a value that a field here never has: no draft, and why', async () => {
  write('a.yml', AWS.replace('sourceIPAddress|cidr: 192.0.2.0/24', 'sourceIPAddress: cloudformation.amazonaws.com'));
  expect((await run('a.yml')).out).toMatch(/no draft: .*cloudformation/);
});

test.each<readonly [args: readonly string[], code: number, problem: string]>([
  [[], 2, 'the path of a rule, or of a folder of rules, is missing'],
  [['a', 'b'], 2, 'only one path at a time'],
  [['nowhere/at/all'], 1, "nowhere/at/all can't be read"],
])('called wrongly: %s', async (args, wanted, problem) => {
  const { code, err } = await runTocsin(['import', ...args], {});
  expect(code).toBe(wanted);
  expect(err).toContain(problem);
});

test.each([
  ['aws', 'cloudtrail', 'userAgent', 'user_agent'],
  ['aws', 'cloudtrail', 'useragent', 'user_agent'],
  ['aws', 'cloudtrail', 'userIdentity.type', null],
  ['aws', 'cloudtrail', 'errorCode', null],
  ['gcp', 'gcp.audit', 'gcp.audit.method_name', 'action'],
  ['azure', 'activitylogs', 'operationName', 'action'],
  ['okta', 'okta', 'actor.alternateId', 'actor.name'],
  ['github', 'audit', 'action', 'action'],
  ['github', 'audit', 'actor', 'actor.name'],
  ['kubernetes', 'audit', 'responseStatus.code', 'status_code'],
])('a field of %s/%s: %s', (product, service, theirs, ours) => {
  expect(foreignLog({ product, service, category: null })?.fieldFor(theirs)).toBe(ours);
});

test.each([
  ['aws', 'guardduty'],
  ['linux', 'auditd'],
  ['windows', null],
])('no log like this one: %s/%s', (product, service) => {
  expect(foreignLog({ product, service, category: null })).toBe(null);
});
