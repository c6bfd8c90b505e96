/** What a rule's document has beside its detection (sigma-rules-specification.md, "Components"). */
import { describe, expect, test } from 'vitest';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { document, errorsOf, parse } from './examples.ts';

const DETECTION = 'selection: {a: 1}\ncondition: selection';
const rule = (head = '') => document(DETECTION, head);

describe('attributes', () => {
  test.each<readonly [string, string]>([
    ['title: max. 256 characters', rule().replace('A rule', 'x'.repeat(256))],
    ['id: a UUID, version 4', rule('id: 929a690e-bef0-4204-a928-ef5e620d6fcc\n')],
    ...['derived', 'obsolete', 'merged', 'renamed', 'similar'].map(
      (type) =>
        [
          `related: ${type}`,
          rule(`related:\n  - id: 08fbc97d-0a2f-491c-ae21-8ffcfd3174e9\n    type: ${type}\n`),
        ] as const,
    ),
    ['name: human-readable', rule('name: a_rule\n')],
    ['taxonomy: the default is sigma', rule('taxonomy: sigma\n')],
    ...['stable', 'test', 'experimental', 'deprecated', 'unsupported'].map(
      (status) => [`status: ${status}`, rule(`status: ${status}\n`)] as const,
    ),
    ['description', rule(`description: ${'x'.repeat(65_535)}\n`)],
    ['license, by its SPDX id', rule('license: DRL-1.1\n')],
    ['author', rule('author: Ada, Grace\n')],
    ['references', rule('references:\n  - https://example.com\n')],
    ['date and modified, by ISO 8601', rule('date: 2025-01-31\nmodified: 2025-02-28\n')],
    ['fields', rule('fields:\n  - actor.id\n')],
    ['falsepositives', rule('falsepositives:\n  - Maintenance\n')],
    ...['informational', 'low', 'medium', 'high', 'critical'].map(
      (level) => [`level: ${level}`, rule(`level: ${level}\n`)] as const,
    ),
    ['tags, namespaced by dots', rule('tags:\n  - attack.t1234\n  - cve.2021-44228\n')],
    ['scope', rule('scope:\n  - server\n')],
    ['arbitrary custom fields', rule('our_ticket: {id: 12}\n')],
  ])('%s', (_, text) => {
    expect(errorsOf(text)).toEqual([]);
  });

  test.each([
    ['title: mandatory', rule().replace(/title: .*\n/, ''), 'no title'],
    ['title: no longer than 256 characters', rule().replace('A rule', 'x'.repeat(257)), 'longer than 256'],
    ['logsource: mandatory', rule().replace(/logsource: .*\n/, ''), 'no logsource'],
    ['detection: mandatory', rule().split('detection:')[0] ?? '', 'the document is not a rule'],
    ['status: one of five', rule('status: finished\n'), '"finished" is not a valid status'],
    ['level: one of five', rule('level: severe\n'), '"severe" is not a valid level'],
    ['id: unique', `${rule('id: x-1\n')}---\n${rule('id: x-1\n')}`, 'duplicate id "x-1"'],
    ['name: unique', `${rule('name: n\n')}---\n${rule('name: n\n')}`, 'duplicate name "n"'],
    ['description: no longer than 65,535 characters', rule(`description: ${'x'.repeat(65_536)}\n`), 'longer than'],
    ['a misspelled attribute', rule('levle: high\n'), 'did you mean "level"?'],
  ] as const)('%s', (_, text, error) => {
    expect(errorsOf(text).join('\n')).toContain(error);
  });

  test('taxonomy: another one is reported, because it is not translated', () => {
    const { problems } = parse(rule('taxonomy: ecs\n'));
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      'notice: the taxonomy "ecs" is not translated',
    ]);
  });

  test('what people are to read is kept', () => {
    const { ruleSet } = parse(
      rule('name: n\nlevel: high\nstatus: test\nfields: [actor.id]\nfalsepositives: [x]\ntags: [attack.impact]\n'),
    );
    expect(ruleSet.rules[0]).toMatchObject({
      title: 'A rule',
      name: 'n',
      level: 'high',
      status: 'test',
      fields: ['actor.id'],
      falsepositives: ['x'],
      tags: ['attack.impact'],
    });
  });
});

describe('action: what Sigma 1 joined documents by', () => {
  const GLOBAL =
    'x.yml:1:1: error: "action: global" is Sigma 1: the document gave its keys to the rules after it ' +
    '(write them in each of these rules, and remove this document)';
  const REPEAT =
    'error: "action: repeat" is Sigma 1: the document took the keys that it lacks from the rule before it ' +
    '(write them here too, and remove "action")';
  const RESET =
    'error: "action: reset" is Sigma 1: the document ended the "action: global" before it (remove this document)';
  const SKIPPED =
    'notice: skipped: this rule is for another log source (the log here is {product: nirvana, service: audit})';
  const OTHER = 'error: the document is not a rule (it needs a "detection", a "correlation" or a "filter")';

  test.each<readonly [string, string, readonly string[]]>([
    ['global, with shared keys', 'action: global\ntitle: A\nlevel: high\n', [GLOBAL]],
    ['global, with a whole detection', `action: global\n${rule()}`, [GLOBAL]],
    ['global, in capitals', `action: Global\n${rule()}`, [GLOBAL]],
    ['global, and the rules that lack its keys', 'action: global\ntitle: A\n---\ndetection: {s: {a: 1}}\n', [GLOBAL]],
    [
      'global, of another log',
      'action: global\nlogsource: {product: windows}\n---\ndetection: {s: {a: 1}}\n---\naction: reset\n---\ntitle: B\n',
      [`x.yml:2:1: ${SKIPPED}`, `x.yml:8:1: ${OTHER}`],
    ],
    [
      'repeat, of another log',
      'title: A\nlogsource: {product: windows}\n---\naction: repeat\ndetection: {s: {a: 2}}\n',
      [`x.yml:2:1: ${SKIPPED}`],
    ],
    ['repeat', `${rule()}---\naction: repeat\ndetection: {selection: {a: 2}}\n`, [`x.yml:7:1: ${REPEAT}`]],
    [
      'reset, after which rules are whole again',
      'action: global\n---\ndetection: {s: {a: 1}}\n---\naction: reset\n---\ntitle: B\n',
      [GLOBAL, `x.yml:5:1: ${RESET}`, `x.yml:7:1: ${OTHER}`],
    ],
    ['another action is a custom key', rule('action: other\n'), []],
    ['another action makes no rule', 'title: A\naction: other\n', [`x.yml:1:1: ${OTHER}`]],
    ['a map is a custom key too', 'title: A\naction: {global: 1}\n', [`x.yml:1:1: ${OTHER}`]],
    ['in a selection it is a field', document('selection: {action: global}\ncondition: selection'), []],
  ])('%s', (_, text, problems) => {
    expect(parse(text).problems.map((problem) => problemText(problem))).toEqual(problems);
  });
});

describe('log sources', () => {
  const from = (source: string) => rule().replace('{product: nirvana, service: audit}', source);

  test.each([
    ['product and service', '{product: nirvana, service: audit}'],
    ['product alone', '{product: nirvana}'],
    ['definition: not automatically evaluated', '{product: nirvana, service: audit, definition: All of it}'],
  ])('ours: %s', (_, source) => {
    expect(parse(from(source)).ruleSet.rules).toHaveLength(1);
  });

  test.each([
    ['category alone', '{category: process_creation}'],
    ['product alone', '{product: windows}'],
    ['service alone', '{service: sshd}'],
    ['in any combination', '{category: process_creation, product: windows, service: sysmon}'],
    ['characters . and - are allowed', '{service: onelogin.events, product: firewall-as}'],
  ])('another one is reported and skipped: %s', (_, source) => {
    const { ruleSet, problems } = parse(from(source));
    expect(ruleSet.rules).toEqual([]);
    expect(problems.map(({ severity, message }) => [severity, message])).toEqual([
      ['notice', 'skipped: this rule is for another log source'],
    ]);
  });

  test.each([
    ['skipped', from('{product: windows}'), 'notice: skipped: this rule is for another log source'],
    ['missing', rule().replace(/logsource: .*\n/, ''), 'error: the rule has no logsource'],
    ['empty', from('{}'), 'error: the logsource has no category, product or service'],
    ['almost ours', from('{product: nirvanna}'), 'notice: skipped: this rule is for another log source'],
  ])('of a caller with a log of its own: %s, with a hint about that', (_, text, problem) => {
    const logsource = { product: 'shop', service: 'orders' };
    const { problems } = parseRules([{ path: 'x.yml', text }], { logsource });
    const lines = problems.map((one) => problemText(one).replace(/^x.yml:\d+:\d+: /, ''));
    expect(lines).toEqual([`${problem} (the log here is {product: shop, service: orders})`]);
  });

  test('of a caller who takes all: no name is misspelled', () => {
    const text = from('{product: nirvana, service: audits}');
    const { ruleSet, problems } = parseRules([{ path: 'x.yml', text }]);
    expect(problems).toEqual([]);
    expect(ruleSet.rules).toHaveLength(1);
  });
});
