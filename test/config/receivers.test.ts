import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { readReceivers, toRoutedReceiver } from '../../src/config/receivers.ts';
import type { DeclaredReceiver, ReceiverType } from '../../src/routing/routing.ts';

const HOOK = 'https://hooks.slack.com/services/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';
const SIGNING = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3';
const KEY = new TextEncoder().encode('0123456789abcdef01234567');
const mail = { send: () => Promise.resolve({}) };
const ALL = {
  SLACK_WEBHOOK_URL: HOOK,
  EMAIL_TO: 'a@example.com, b@example.com',
  EMAIL_FROM: 'tocsin@example.com',
  EMAIL: mail,
  WEBHOOK_URL: 'https://siem.example/in?token=t0k3n',
  WEBHOOK_SECRET: SIGNING,
};
const SLACK = { name: 'slack', type: 'slack', minLevel: 'low', webhookUrl: HOOK };

const declare = (
  name: string,
  type: ReceiverType,
  secret: string,
  from: DeclaredReceiver['minLevel'] = 'low',
): DeclaredReceiver => ({
  name,
  type,
  secret,
  signingSecret: type === 'webhook' ? `${secret}_KEY` : null,
  minLevel: from,
});

describe('without a routing', () => {
  test('every receiver whose address is set hears of low and above', () => {
    expect(readReceivers(ALL, null)).toEqual({
      receivers: [
        SLACK,
        {
          name: 'email',
          type: 'email',
          minLevel: 'low',
          binding: mail,
          sender: 'tocsin@example.com',
          to: ['a@example.com', 'b@example.com'],
        },
        { name: 'webhook', type: 'webhook', minLevel: 'low', url: 'https://siem.example/in?token=t0k3n', key: KEY },
      ],
      problems: [],
    });
  });

  test('what is not set is no receiver', () => {
    expect(readReceivers({ SLACK_WEBHOOK_URL: HOOK, EMAIL_TO: ' ' }, null)).toEqual({
      receivers: [SLACK],
      problems: [],
    });
  });

  test('nobody is told where none is set, and it says so', () => {
    const { receivers, problems } = readReceivers({}, null);
    expect(receivers).toEqual([]);
    expect(problems).toMatchObject([
      {
        setting: 'SLACK_WEBHOOK_URL',
        severity: 'error',
        problem: 'is not set, and no other receiver is',
        meanwhile: 'alerts are found and kept, but NOBODY IS TOLD',
      },
    ]);
  });

  test.each([
    ['EMAIL_FROM', 'EMAIL_TO'],
    ['WEBHOOK_SECRET', 'WEBHOOK_URL'],
  ] as const)('%s without %s is worth a word', (other, address) => {
    const { receivers, problems } = readReceivers({ SLACK_WEBHOOK_URL: HOOK, [other]: ALL[other] }, null);
    expect(receivers).toHaveLength(1);
    expect(problems).toMatchObject([{ setting: address, severity: 'notice', problem: `is not set, and ${other} is` }]);
  });
});

describe('a receiver that can’t be made', () => {
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
      'EMAIL_TO is not an e-mail address',
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
      /an https address/,
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
    '%s: the others are, and it is there with its problem',
    (_, changes, name, problem, settings, hint) => {
      const { receivers, problems } = readReceivers({ ...ALL, ...changes }, null);
      expect(receivers.map((receiver) => receiver.name)).toEqual(['slack', 'email', 'webhook']);
      expect(receivers.filter(({ type }) => type === 'unset')).toEqual([
        { name, type: 'unset', of: name, minLevel: 'low', problem: expect.stringContaining(problem) },
      ]);
      expect(problems.map(({ setting }) => setting)).toEqual(settings);
      for (const told of problems) {
        expect(told).toMatchObject({
          severity: 'error',
          problem: expect.stringMatching(new RegExp(`\\(receiver ${name}\\)$`)),
          meanwhile: 'what goes there cannot be delivered, and is told through another receiver',
          hint: expect.stringMatching(hint),
        });
      }
    },
  );

  test('a webhook on this machine can be made', () => {
    const { problems } = readReceivers({ ...ALL, WEBHOOK_URL: 'http://127.0.0.1:9/in' }, null);
    expect(problems).toEqual([]);
  });

  test('where none can be made, nobody is told: it says so', () => {
    const { problems } = readReceivers({ SLACK_WEBHOOK_URL: 'x', WEBHOOK_URL: 'x' }, null);
    expect(problems).toHaveLength(3);
    for (const { meanwhile } of problems) expect(meanwhile).toContain('NOBODY IS TOLD');
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

  test('each takes the settings it names, and only those are receivers', () => {
    const env = { ...ALL, SLACK_ONCALL: HOOK, SIEM: 'https://siem.example/', SIEM_KEY: SIGNING };
    const { receivers, problems } = readReceivers(env, routing);
    expect(problems).toEqual([]);
    expect(receivers.map(toRoutedReceiver)).toEqual([
      { name: 'oncall', minLevel: 'high', problem: null },
      { name: 'all', minLevel: 'informational', problem: null },
      { name: 'siem', minLevel: 'low', problem: null },
    ]);
  });

  test('one that is declared and not set is there, and says which setting and whose', () => {
    const { receivers, problems } = readReceivers({ SLACK_WEBHOOK_URL: HOOK, SIEM_KEY: SIGNING }, routing);
    expect(receivers.map(toRoutedReceiver)).toEqual([
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

  test('what several receivers lack is told once', () => {
    const two = { receivers: [declare('a', 'email', 'MAIL_A'), declare('b', 'email', 'MAIL_B')] };
    const env = { MAIL_A: 'a@example.com', MAIL_B: 'b@example.com', EMAIL: mail };
    expect(readReceivers(env, two).problems).toMatchObject([
      { setting: 'EMAIL_FROM', problem: 'is not set (receivers a, b)', meanwhile: expect.stringContaining('NOBODY') },
    ]);
  });

  test('its settings are known by name, and looked for under names like theirs', () => {
    const good = { NIRVANA_LABS_API_KEY: 'k-1', LINK_SECRET: '9f2c4e6a8b0d1f3e5c7a9b8d6f4e2c0a' };
    const env = { ...good, ...ALL, SLACK_ONCALL_: HOOK, SIEM: 'https://siem.example/', SIEM_KEY: SIGNING };
    const notices = readConfig(env, routing).problems.filter(({ problem }) => problem.includes('is it meant'));
    expect(notices).toMatchObject([{ setting: 'SLACK_ONCALL', problem: expect.stringContaining('`SLACK_ONCALL_`') }]);
  });
});

test('no problem holds a secret, wherever it was pasted', () => {
  for (const secret of [HOOK, SIGNING, 'aB3dE5fG7hI9jK1lM3nO5pQ7', 't0k3n-of-the-siem', 'mallory@acme.example']) {
    for (const name of Object.keys(ALL)) {
      for (const text of [secret, `"${secret}"`, `${secret},${secret}`, `https://${secret}@x/?${secret}#`]) {
        const { receivers, problems } = readReceivers({ ...ALL, [name]: text }, null);
        const unset = receivers.filter(({ type }) => type === 'unset');
        expect(JSON.stringify([problems, unset])).not.toContain(secret);
      }
    }
  }
});
