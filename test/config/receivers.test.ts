import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { type ConfiguredReceiver, readReceivers } from '../../src/config/receivers.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import type { DeclaredReceiver, Routing } from '../../src/routing/routing.ts';

const HOOK = 'https://hooks.slack.com/services/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';
const SIGNING = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3';
const mail = { send: () => Promise.resolve({}) };
const ALL = {
  SLACK_WEBHOOK_URL: HOOK,
  EMAIL_TO: 'a@example.com, b@example.com',
  EMAIL_FROM: 'tocsin@example.com',
  EMAIL: mail,
  WEBHOOK_URL: 'https://siem.example/in?token=t0k3n',
  WEBHOOK_SECRET: SIGNING,
};
const works = (name: string) => ({ name, minLevel: 'low', problem: null, create: expect.any(Function) });
const read = (env: Readonly<Record<string, unknown>>, routing: Routing | null = null) =>
  readReceivers(env, RECEIVER_TYPES, routing);
/** A receiver as the ledger knows it. */
const routed = ({ name, minLevel, problem }: ConfiguredReceiver) => ({ name, minLevel, problem });

const declare = (
  name: string,
  type: string,
  secret: string,
  minLevel: DeclaredReceiver['minLevel'] = 'low',
): DeclaredReceiver => ({
  name,
  type,
  secret,
  signingSecret: type === 'webhook' ? `${secret}_KEY` : null,
  minLevel,
});

describe('without a routing', () => {
  test('every type whose secret is set is a receiver, from level low', () => {
    expect(read({ ...ALL, EMAIL_TO: 'a@example.com' })).toEqual({
      receivers: [works('slack'), works('email'), { ...works('webhook'), forPrograms: true }],
      problems: [],
    });
  });

  test('a type whose secret is empty is not a receiver', () => {
    expect(read({ SLACK_WEBHOOK_URL: HOOK, EMAIL_TO: ' ' })).toEqual({
      receivers: [works('slack')],
      problems: [],
    });
  });

  test('without any receiver nobody is notified: an error', () => {
    const { receivers, problems } = read({});
    expect(receivers).toEqual([]);
    expect(problems).toMatchObject([
      {
        setting: 'SLACK_WEBHOOK_URL',
        severity: 'error',
        problem: 'is not set, and no other receiver is',
        meanwhile: 'alerts are recorded, but NOBODY IS NOTIFIED',
      },
    ]);
  });

  test.each([
    ['EMAIL_FROM', 'EMAIL_TO'],
    ['WEBHOOK_SECRET', 'WEBHOOK_URL'],
  ] as const)('%s without %s is a notice', (other, address) => {
    const { receivers, problems } = read({ SLACK_WEBHOOK_URL: HOOK, [other]: ALL[other] });
    expect(receivers).toHaveLength(1);
    expect(problems).toMatchObject([{ setting: address, severity: 'notice', problem: `is not set, but ${other} is` }]);
  });
});

describe('a receiver that can’t be created', () => {
  const rows: readonly (readonly [
    what: string,
    changes: Record<string, unknown>,
    name: string,
    problem: string,
    settings: readonly string[],
    hint: RegExp,
  ])[] = [
    [
      'no sender',
      { EMAIL_FROM: undefined },
      'email',
      'EMAIL_FROM is not set',
      ['EMAIL_FROM'],
      /under \[vars\] in wrangler\.toml/,
    ],
    [
      'no binding for mail',
      { EMAIL: undefined },
      'email',
      'EMAIL is not bound',
      ['EMAIL'],
      /\[\[send_email\]\] lines in wrangler\.toml/,
    ],
    ['a text for the binding', { EMAIL: 'x' }, 'email', 'EMAIL is a string, not a binding', ['EMAIL'], /send_email/],
    [
      'no mail address',
      { EMAIL_TO: 'oncall' },
      'email',
      'EMAIL_TO is not an email address',
      ['EMAIL_TO'],
      /secret put EMAIL_TO/,
    ],
    [
      'a header in an address',
      { EMAIL_TO: 'a@example.com\r\nBcc: b@example.com' },
      'email',
      'EMAIL_TO is not an',
      ['EMAIL_TO'],
      /secret put/,
    ],
    [
      'a header in the sender',
      { EMAIL_FROM: 'a@example.com\nTo: b@example.com' },
      'email',
      'EMAIL_FROM is not an',
      ['EMAIL_FROM'],
      /vars/,
    ],
    [
      'neither sender nor binding',
      { EMAIL_FROM: '', EMAIL: null },
      'email',
      'EMAIL_FROM is not set; EMAIL is not bound',
      ['EMAIL_FROM', 'EMAIL'],
      /./,
    ],
    [
      'no signing key',
      { WEBHOOK_SECRET: undefined },
      'webhook',
      'WEBHOOK_SECRET is not set',
      ['WEBHOOK_SECRET'],
      /openssl rand -base64 32/,
    ],
    [
      'a short signing key',
      { WEBHOOK_SECRET: 'whsec_AAAA' },
      'webhook',
      'WEBHOOK_SECRET has 3 bytes',
      ['WEBHOOK_SECRET'],
      /secret put WEBHOOK_SECRET/,
    ],
    [
      'a webhook without https',
      { WEBHOOK_URL: 'http://siem.example/in' },
      'webhook',
      'WEBHOOK_URL is not https',
      ['WEBHOOK_URL'],
      /the https URL of your service/,
    ],
    [
      'a webhook with a password',
      { WEBHOOK_URL: 'https://u:pw@siem.example' },
      'webhook',
      'WEBHOOK_URL has a user name or password',
      ['WEBHOOK_URL'],
      /./,
    ],
    [
      'a webhook with a fragment',
      { WEBHOOK_URL: 'https://siem.example/#' },
      'webhook',
      'WEBHOOK_URL has a fragment',
      ['WEBHOOK_URL'],
      /./,
    ],
    [
      'another Slack',
      { SLACK_WEBHOOK_URL: 'https://example.com' },
      'slack',
      'SLACK_WEBHOOK_URL is not at hooks',
      ['SLACK_WEBHOOK_URL'],
      /incoming webhook/,
    ],
  ];

  test.each(rows)(
    '%s: it stays in the list with its problem, and the others work',
    (_, changes, name, problem, settings, hint) => {
      const { receivers, problems } = read({ ...ALL, EMAIL_TO: 'a@example.com', ...changes });
      expect(receivers.map((receiver) => receiver.name)).toEqual(['slack', 'email', 'webhook']);
      expect(receivers.filter(({ create }) => create === null)).toEqual([
        {
          ...{ name, minLevel: 'low', create: null, problem: expect.stringContaining(problem) },
          ...(name === 'webhook' ? { forPrograms: true } : {}),
        },
      ]);
      expect(problems.map(({ setting }) => setting)).toEqual(settings);
      for (const each of problems) {
        expect(each).toMatchObject({
          severity: 'error',
          problem: expect.stringMatching(new RegExp(`\\(receiver ${name}\\)$`)),
          meanwhile: "what is sent there can't be delivered; another receiver is notified of that",
          hint: expect.stringMatching(hint),
        });
      }
    },
  );

  test('a webhook on this machine works', () => {
    const { problems } = read({ ...ALL, WEBHOOK_URL: 'http://127.0.0.1:9/in' });
    expect(problems).toEqual([]);
  });

  test('where none works, each problem says that nobody is notified', () => {
    const { problems } = read({ SLACK_WEBHOOK_URL: 'x', WEBHOOK_URL: 'x' });
    expect(problems).toHaveLength(3);
    for (const { meanwhile } of problems) expect(meanwhile).toContain('NOBODY IS NOTIFIED');
  });
});

describe('a setting with several addresses', () => {
  const MAIL = { EMAIL_FROM: 'tocsin@example.com', EMAIL: mail };
  const addresses = (count: number) => Array.from({ length: count }, (_, i) => `a${i}@example.com`).join();
  const wrongAt = (which: string) => `EMAIL_TO has an invalid address (${which}), not one such as oncall@example.com`;

  test.each<[sentence: string, to: string, receivers: Readonly<Record<string, string | null>>]>([
    ['one is the receiver itself', 'a@example.com', { email: null }],
    [
      'each is a receiver, named by its place',
      'c@example.com,a@example.com,b@example.com',
      { email: null, 'email/2': null, 'email/3': null },
    ],
    ['a trailing comma is no address', 'a@example.com, b@example.com,', { email: null, 'email/2': null }],
    ['a duplicate is one receiver', 'a@example.com, A@EXAMPLE.com', { email: null }],
    [
      'one that is wrong has a problem of its own',
      'a@example.com, bob, c@example.com',
      { email: null, 'email/2': wrongAt('2 of 3'), 'email/3': null },
    ],
    ['the first may be wrong', 'bob, b@example.com', { email: wrongAt('1 of 2'), 'email/2': null }],
    [
      'none is sent to if the text is not read',
      '"a@example.com,b@example.com"',
      { email: 'EMAIL_TO is wrapped in quotes' },
    ],
    ['nor if they are too many', addresses(21), { email: 'EMAIL_TO has 21 addresses, more than 20' }],
  ])('%s: %j', (_, to, expected) => {
    const { receivers } = read({ ...MAIL, EMAIL_TO: to });
    expect(Object.fromEntries(receivers.map(({ name, problem }) => [name, problem]))).toEqual(expected);
    expect(receivers.map(({ name }) => name)).toEqual(Object.keys(expected));
  });

  test('all have the minimum level of the receiver that is declared, and their names begin with its own', () => {
    const routing = { receivers: [declare('oncall', 'email', 'ONCALL', 'high'), declare('all', 'email', 'ALL')] };
    const env = { ...MAIL, ONCALL: 'a@example.com,b@example.com', ALL: 'c@example.com,d@example.com' };
    expect(read(env, routing).receivers.map(routed)).toEqual([
      { name: 'oncall', minLevel: 'high', problem: null },
      { name: 'oncall/2', minLevel: 'high', problem: null },
      { name: 'all', minLevel: 'low', problem: null },
      { name: 'all/2', minLevel: 'low', problem: null },
    ]);
  });

  test('one that is wrong is a problem with its place and its receiver, and what works goes on', () => {
    expect(read({ ...MAIL, EMAIL_TO: 'a@example.com,bob' }).problems).toEqual([
      {
        setting: 'EMAIL_TO',
        severity: 'error',
        problem: 'has an invalid address (2 of 2), not one such as oncall@example.com (receiver email/2)',
        meanwhile: "what is sent there can't be delivered; another receiver is notified of that",
        hint: expect.stringContaining('wrangler secret put EMAIL_TO'),
      },
    ]);
  });

  test('what all of them lack is one problem, and each of them has it', () => {
    const { receivers, problems } = read({ EMAIL: mail, EMAIL_TO: addresses(3) });
    expect(receivers.map(routed)).toMatchObject([
      { name: 'email', problem: 'EMAIL_FROM is not set' },
      { name: 'email/2', problem: 'EMAIL_FROM is not set' },
      { name: 'email/3', problem: 'EMAIL_FROM is not set' },
    ]);
    expect(problems).toMatchObject([{ problem: 'is not set (receivers email, email/2, email/3)' }]);
  });

  test('20 are allowed; for more there is a remedy', () => {
    const names = read({ ...MAIL, EMAIL_TO: addresses(20) }).receivers.map(({ name }) => name);
    expect([names.length, names.at(-1)]).toEqual([20, 'email/20']);
    expect(read({ ...MAIL, EMAIL_TO: addresses(21) }).problems).toMatchObject([
      {
        problem: 'has 21 addresses, more than 20 (receiver email)',
        meanwhile: expect.stringContaining('NOBODY IS NOTIFIED'),
        hint: expect.stringMatching(/^set it to 1 to 20 email .*mailing list, or several receivers in rules\/routing/),
      },
    ]);
  });
});

describe('with a routing', () => {
  const routing = {
    receivers: [
      declare('oncall', 'slack', 'SLACK_ONCALL', 'high'),
      declare('all', 'slack', 'SLACK_WEBHOOK_URL', 'informational'),
      declare('siem', 'webhook', 'SIEM'),
    ],
  };

  test('each receiver takes the settings it names, and no other is a receiver', () => {
    const env = { ...ALL, SLACK_ONCALL: HOOK, SIEM: 'https://siem.example/', SIEM_KEY: SIGNING };
    const { receivers, problems } = read(env, routing);
    expect(problems).toEqual([]);
    expect(receivers.map(routed)).toEqual([
      { name: 'oncall', minLevel: 'high', problem: null },
      { name: 'all', minLevel: 'informational', problem: null },
      { name: 'siem', minLevel: 'low', problem: null },
    ]);
  });

  test('a declared receiver that is not set stays in the list with its setting', () => {
    const { receivers, problems } = read({ SLACK_WEBHOOK_URL: HOOK, SIEM_KEY: SIGNING }, routing);
    expect(receivers.map(routed)).toEqual([
      { name: 'oncall', minLevel: 'high', problem: 'SLACK_ONCALL is not set' },
      { name: 'all', minLevel: 'informational', problem: null },
      { name: 'siem', minLevel: 'low', problem: 'SIEM is not set' },
    ]);
    expect(problems).toMatchObject([
      {
        setting: 'SLACK_ONCALL',
        problem: 'is not set (receiver oncall)',
        hint: expect.stringMatching(/put SLACK_ONCALL/),
      },
      { setting: 'SIEM', problem: 'is not set (receiver siem)', hint: expect.stringMatching(/put SIEM /) },
    ]);
  });

  test('a setting that several receivers lack is one problem', () => {
    const two = { receivers: [declare('a', 'email', 'MAIL_A'), declare('b', 'email', 'MAIL_B')] };
    const env = { MAIL_A: 'a@example.com', MAIL_B: 'b@example.com', EMAIL: mail };
    expect(read(env, two).problems).toMatchObject([
      { setting: 'EMAIL_FROM', problem: 'is not set (receivers a, b)', meanwhile: expect.stringContaining('NOBODY') },
    ]);
  });

  test('its settings are known, and misspellings of them are noticed', () => {
    const good = { NIRVANA_LABS_API_KEY: 'k-1', LINK_SECRET: '9f2c4e6a8b0d1f3e5c7a9b8d6f4e2c0a' };
    const env = { ...good, ...ALL, SLACK_ONCALL_: HOOK, SIEM: 'https://siem.example/', SIEM_KEY: SIGNING };
    const notices = readConfig(env, RECEIVER_TYPES, routing).problems.filter(({ problem }) =>
      problem.includes('did you mean'),
    );
    expect(notices).toMatchObject([{ setting: 'SLACK_ONCALL_', problem: expect.stringContaining('`SLACK_ONCALL`') }]);
  });
});

test('no problem holds a secret, wherever it was pasted', () => {
  for (const secret of [HOOK, SIGNING, 'aB3dE5fG7hI9jK1lM3nO5pQ7', 't0k3n-of-the-siem', 'mallory@acme.example']) {
    for (const name of Object.keys(ALL)) {
      for (const text of [secret, `"${secret}"`, `${secret},${secret}`, `https://${secret}@x/?${secret}#`]) {
        const { receivers, problems } = read({ ...ALL, [name]: text });
        expect(JSON.stringify([problems, receivers.map(routed)])).not.toContain(secret);
      }
    }
  }
});
