import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeclaredReceiver } from '../../src/routing/routing.ts';
import { parseRouting, timesOf } from '../../src/routing/routing-file.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';
import type { SourceFile } from '../../src/yaml/yaml.ts';

const TYPES = [
  { type: 'slack', secret: 'SLACK_WEBHOOK_URL', signingSecret: null },
  { type: 'email', secret: 'EMAIL_TO', signingSecret: null },
  { type: 'webhook', secret: 'WEBHOOK_URL', signingSecret: 'WEBHOOK_SECRET' },
];
const RESERVED = ['LINK_SECRET', 'NIRVANA_LABS_API_KEY', 'EMAIL'];
const parseFiles = (files: readonly SourceFile[]) => parseRouting(files, TYPES, RESERVED, null);
const parse = (text: string) => parseFiles([{ path: 'routing.yml', text }]);
const problemsOf = (text: string) => parse(text).problems.map((problem) => problemText(problem));

const SLACK: DeclaredReceiver = {
  name: 'oncall',
  type: 'slack',
  secret: 'SLACK_WEBHOOK_URL',
  signingSecret: null,
  minLevel: 'low',
};

describe('a routing', () => {
  test('without a file there is no routing and no problem', () => {
    expect(parseFiles([])).toEqual({ routing: null, problems: [] });
  });

  test('times alone are for rules: the receivers are those of the settings', () => {
    const text = 'times:\n  night: {from: 22:00, to: 06:00, time_zone: UTC}\n  day: {time_zone: UTC}\n';
    const found = parseRouting([{ path: 'routing.yml', text }], TYPES, RESERVED, null, new Set(['night']));
    expect(found.routing).toBeNull();
    expect(found.problems.map((problem) => problemText(problem))).toEqual([
      'routing.yml:3:3: notice: no route and no rule uses these times (remove them)',
    ]);
  });

  test('times and routes without receivers are not', () => {
    expect(problemsOf('times: {}\nroute: {}\n')[0]).toBe(
      'routing.yml:1:1: error: the file lists no receivers (such as "receivers: [{name: oncall, type: slack, min_level: high}]"; or delete the file)',
    );
  });

  test('its times have their names where they are wrong, too', () => {
    const text =
      'times: {night: {from: 22:00, time_zone: UTC}, day: {from: noon, time_zone: UTC}, odd: 1}\nreceivers: 1\n';
    const night = { weekdays: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 1440, timeZone: 'UTC' };
    expect([...timesOf([{ path: 'routing.yml', text }])]).toEqual([
      ['night', [night]],
      ['day', []],
      ['odd', []],
    ]);
    expect(timesOf([])).toEqual(new Map());
    expect(timesOf([{ path: 'routing.yml', text: 'times: [' }])).toEqual(new Map());
  });

  const rows: readonly (readonly [what: string, text: string, receivers: readonly DeclaredReceiver[]])[] = [
    ['a name and a type, and the rest by default', 'receivers:\n  - name: oncall\n    type: slack\n', [SLACK]],
    [
      'all there is to say',
      'receivers: [{name: oncall, type: slack, secret: SLACK_ONCALL, min_level: critical}]',
      [{ ...SLACK, secret: 'SLACK_ONCALL', minLevel: 'critical' }],
    ],
    [
      'one of each type, each with its own setting',
      'receivers:\n- {name: a, type: slack}\n- {name: b, type: email}\n- {name: c-3, type: webhook, min_level: informational}',
      [
        { ...SLACK, name: 'a' },
        { ...SLACK, name: 'b', type: 'email', secret: 'EMAIL_TO' },
        {
          ...SLACK,
          name: 'c-3',
          type: 'webhook',
          secret: 'WEBHOOK_URL',
          signingSecret: 'WEBHOOK_SECRET',
          minLevel: 'informational',
        },
      ],
    ],
    [
      'a webhook with settings of its own',
      'receivers: [{name: siem, type: webhook, secret: SIEM_URL, signing_secret: SIEM_KEY}]',
      [{ ...SLACK, name: 'siem', type: 'webhook', secret: 'SIEM_URL', signingSecret: 'SIEM_KEY' }],
    ],
    ['what an alias stands for', 'receivers: [&a {name: oncall, type: slack}]\n', [SLACK]],
    ['nothing for null', 'receivers: [{name: oncall, type: slack, secret: null, min_level: }]', [SLACK]],
  ];
  test.each(rows)('reads %s', (_, text, receivers) => {
    expect(parse(text)).toEqual({ routing: { receivers }, problems: [] });
  });

  test('is what README.md shows', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
    const example = /```yaml\n(receivers:\n[\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const { routing, problems } = parse(example);
    expect(problems).toEqual([]);
    expect(routing?.receivers.map(({ name }) => name)).toEqual(['oncall', 'siem']);
  });

  test('two receivers at one address are a notice', () => {
    const text = 'receivers:\n- {name: a, type: slack}\n- {name: b, type: slack, min_level: high}\n';
    expect(problemsOf(text)).toEqual([
      'routing.yml:3:3: notice: another receiver uses SLACK_WEBHOOK_URL too: both get the same messages (in line 2)',
    ]);
    expect(parse(text).routing?.receivers).toHaveLength(2);
  });
});

describe('a wrong routing is rejected, and each problem has its place', () => {
  const of = (receiver: string) => `receivers:\n  - ${receiver}\n`;
  const rows: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
    ['nothing', '', '1:1: error: the file lists no receivers (such as'],
    ['only a remark', '# later\n', '1:1: error: the file lists no receivers'],
    ['no receivers', 'receivers: []', '1:12: error: no receivers are listed: nobody would be notified'],
    ['receivers of null', 'receivers:\n', '1:11: error: no receivers are listed'],
    [
      'a list',
      '- name: a\n',
      '1:1: error: the routing must be a map of keys, not a list (it begins with "receivers:")',
    ],
    ['a map of receivers', 'receivers: {a: slack}', '1:12: error: "receivers" is a list, not a map'],
    ['a receiver that is text', of('slack'), '2:5: error: a receiver is a map of keys, not text (its keys: name,'],
    [
      'another key',
      `${of('{name: a, type: slack}')}silences: []\n`,
      '3:1: error: unknown key "silences" (known: receivers, route, times, fallback)',
    ],
    [
      'a misspelled key above',
      'recievers: []',
      '1:1: error: unknown key "recievers" (did you mean "receivers"?)',
      '1:1: error: the file lists no',
    ],
    ['a misspelled key', of('{nmae: a, type: slack}'), '2:6: error: unknown key "nmae" (did you mean "name"?)'],
    [
      'a misspelled type',
      of('{name: a, type: slak}'),
      '2:21: error: "slak" is not a valid type (did you mean "slack"?)',
    ],
    [
      'another type',
      of('{name: a, type: pagerduty}'),
      '2:21: error: "pagerduty" is not a valid type (known: slack, email, webhook)',
    ],
    [
      'a misspelled level',
      of('{name: a, type: slack, min_level: hihg}'),
      '2:39: error: "hihg" is not a valid min_level (did you mean "high"?)',
    ],
    [
      'the key of version 0.1 for the level',
      of('{name: a, type: slack, from: high}'),
      '2:28: error: "from" is not a key here (it is "min_level")',
    ],
    [
      'no name and no type',
      of('{min_level: low}'),
      '2:5: error: the receiver has no "name"',
      '2:5: error: the receiver has no "type"',
    ],
    [
      'a name of capitals',
      of('{name: On Call, type: slack}'),
      '2:12: error: "name" must be 1 to 40 characters of a-z, 0-9 and "-" (such as "oncall")',
    ],
    [
      'a name like that of a second mail address',
      of('{name: email/2, type: slack}'),
      '2:12: error: "name" must be 1 to 40 characters of a-z, 0-9 and "-" (such as "oncall")',
    ],
    [
      'a name that is a number',
      of('{name: 12, type: slack}'),
      '2:12: error: "name" must be text, not a number (put it in quotes)',
    ],
    ['a long name', of(`{name: ${'a'.repeat(41)}, type: slack}`), '2:12: error: "name" must be 1 to 40'],
    [
      'a name twice',
      'receivers:\n- {name: a, type: slack}\n- {name: a, type: email}\n',
      '3:10: error: another receiver has the name "a" (in line 2)',
    ],
    ['a key twice', of('{name: a, type: slack, name: b}'), '2:28: error: duplicate key "name"'],
    [
      'a setting in small letters',
      of('{name: a, type: slack, secret: slack_webhook_url}'),
      '2:36: error: "secret" is the name of a setting, in capitals, digits and "_" (did you mean "SLACK_WEBHOOK_URL"?)',
    ],
    [
      'a setting that is something else',
      of('{name: a, type: slack, secret: LINK_SECRET}'),
      "2:36: error: LINK_SECRET is not a receiver's setting but one of Tocsin's own (choose another name)",
    ],
    [
      'a list of settings',
      of('{name: a, type: slack, secret: [A, B]}'),
      '2:36: error: "secret" must be text, not a list',
    ],
    [
      'a key for Slack',
      of('{name: a, type: slack, signing_secret: KEY}'),
      '2:28: error: "signing_secret" is only for type webhook (remove it)',
    ],
    [
      'one setting for both',
      of('{name: a, type: webhook, secret: X, signing_secret: X}'),
      "2:5: error: the address of a and its key can't both be X",
    ],
    [
      'two documents',
      'receivers: [{name: a, type: slack}]\n---\nreceivers: [{name: b, type: slack}]\n',
      '3:1: error: the routing is one document (delete the "---")',
    ],
    ['no YAML', 'receivers: [', '1:13: error: not valid YAML'],
    ['an alias of nothing', 'receivers: *all', '1:12: error: this alias has no anchor before it'],
    [
      'more than anybody has',
      `receivers:\n${Array.from({ length: 21 }, (_, i) => `- {name: r${i}, type: slack}\n`).join('')}`,
      '2:1: error: there are 21 receivers, more than 20',
    ],
    ['endless depth', `receivers: ${'['.repeat(40)}${']'.repeat(40)}`, '1:44: error: nested deeper than 32 levels'],
    [
      'aliases of aliases',
      `a: &a [${'x,'.repeat(60)}]\nb: &b [${'*a,'.repeat(60)}]\nc: &c [${'*b,'.repeat(60)}]\nreceivers: *c\n`,
      '1:',
    ],
    [
      'a megabyte',
      `receivers: []\n#${'x'.repeat(1_000_000)}`,
      '1:1: error: the file is larger than 1000000 characters (split it)',
    ],
    [
      'a prototype',
      'receivers: [{name: a, type: slack, __proto__: {min_level: critical}}]',
      '1:36: error: "__proto__" cannot be a key',
    ],
  ];
  test.each(rows)('%s', (_, text, ...problems) => {
    expect(parse(text).routing).toBeNull();
    const found = problemsOf(text);
    for (const [i, problem] of problems.entries()) expect(found[i]).toContain(`routing.yml:${problem}`);
    if (!problems.includes('1:')) expect(found).toHaveLength(problems.length);
  });

  test('both of its names at once', () => {
    const text = 'receivers: [{name: a, type: slack}]';
    const files = ['routing.yml', 'routing.yaml'].map((path) => ({ path, text }));
    const { routing, problems } = parseFiles(files);
    expect(routing).toBeNull();
    expect(problems.map((problem) => problemText(problem))).toEqual([
      'routing.yaml:1:1: error: rules/routing.yml exists too (delete one of them)',
    ]);
  });
});

describe('a secret in the place of a setting is refused, and shown to nobody', () => {
  const SECRETS = [
    'https://hooks.slack.com/services/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',
    'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3',
    'aB3dE5fG7hI9jK1lM3nO5pQ7',
    'aBcdEfgHijkLmnoPqrstUvwX',
    'oncall@example.com',
    'nv-live-4f9c0a7be1d2',
  ];
  const KEYS = ['name', 'type', 'secret', 'signing_secret', 'min_level'];
  test.each(SECRETS.flatMap((secret) => KEYS.map((key) => [secret, key] as const)))('%s as %s', (secret, key) => {
    const given = { name: 'a', type: 'webhook', [key]: secret };
    const text = `receivers: [${JSON.stringify(given)}]`;
    // A name may be whatever is a name.
    if (key === 'name' && /^[a-z0-9-]{1,40}$/.test(secret)) return;
    expect(parse(text).routing).toBeNull();
    expect(problemsOf(text).join('\n')).not.toContain(secret);
    expect(problemsOf(text)).toHaveLength(1);
  });

  test.each(SECRETS)('%s as a key, or in its place in a list', (secret) => {
    for (const text of [
      `receivers: [${JSON.stringify({ name: 'a', type: 'slack', [secret]: 'x' })}]`,
      `${JSON.stringify({ receivers: [{ name: 'a', type: 'slack' }], [secret]: 1 })}`,
      `receivers: [${JSON.stringify(secret)}]`,
      `receivers: ${JSON.stringify(secret)}`,
      `receivers: [{name: a, type: slack, secret: [${JSON.stringify(secret)}]}]`,
    ]) {
      expect(parse(text).routing).toBeNull();
      expect(problemsOf(text).join('\n')).not.toContain(secret);
    }
  });

  test.each(SECRETS)('%s as a tag or an alias', (secret) => {
    for (const sign of ['!', '!!', '*']) {
      const text = `receivers:\n  - name: a\n    type: slack\n    secret: ${sign}${secret}`;
      expect(parse(text).routing).toBeNull();
      expect(problemsOf(text).join('\n')).not.toContain(secret);
    }
  });

  test('one that looks like a secret is called one', () => {
    expect(problemsOf(`receivers: [{name: a, type: slack, secret: "${SECRETS[0]}"}]`)).toEqual([
      'routing.yml:1:44: error: "secret" is the name of a setting, and this looks like the secret itself ' +
        '(if this was ever pushed, replace the secret; write a name such as SLACK_WEBHOOK_URL)',
    ]);
  });
});
