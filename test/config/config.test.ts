import { describe, expect, test } from 'vitest';
import { BINDINGS, type Config, readConfig, SETTINGS } from '../../src/config/config.ts';
import { receiverSettings } from '../../src/config/receivers.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';

const KEY = 'nv_live_4f9c0a7be1d2';
const SECRET = '9f2c4e6a8b0d1f3e5c7a9b8d6f4e2c0a';
const HOOK = 'https://hooks.slack.com/services/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';
const kv = { get() {}, put() {}, delete() {} };
const ledger = { idFromName() {}, get() {} };
const rateLimit = { limit() {} };
const assets = { fetch() {} };
const GOOD = {
  NIRVANA_LABS_API_KEY: KEY,
  LINK_SECRET: SECRET,
  SLACK_WEBHOOK_URL: HOOK,
  PUBLIC_URL: 'https://tocsin.example.workers.dev',
  KV: kv,
  LEDGER: ledger,
  RATE_LIMIT: rateLimit,
  RATE_LIMIT_WIDE: rateLimit,
  ASSETS: assets,
};
const AUD = '32eafc7626e737849f5a8cbc1dfeb1e8cbd8a7b6c5d4e3f2a1b0c9d8e7f60514';
const PING = 'https://hc-ping.example/3f9c0a7be1d2-4f9c0a7be1d2';
const SIGNING = `whsec_${btoa('0123456789abcdef01234567')}`;

const ALL_SETTINGS = [...SETTINGS, ...receiverSettings(RECEIVER_TYPES, null)];

function read(changes: Record<string, unknown> = {}): Config<unknown, unknown> {
  return readConfig<unknown, unknown>({ ...GOOD, ...changes }, RECEIVER_TYPES);
}

describe('valid settings', () => {
  test('the required settings, and the defaults', () => {
    expect(read()).toEqual({
      problems: [],
      upstream: { baseUrl: 'https://api.nirvanalabs.io', apiKey: KEY },
      watch: {
        startAt: { kind: 'ago', agoMs: 3_600_000 },
        suppressFirstRead: false,
        allowedLatenessMs: 300_000,
        blindAfterMs: 900_000,
        apiKeyShared: false,
        retentionMs: 30 * 86_400_000,
        plan: 'free',
        pagesPerTick: 40,
        secondsPerTick: 45,
      },
      receivers: [{ name: 'slack', minLevel: 'low', problem: null, create: expect.any(Function) }],
      routing: null,
      publicUrl: 'https://tocsin.example.workers.dev',
      access: null,
      slack: null,
      pagerduty: null,
      heartbeatUrl: null,
      apiKeyExpiresAt: null,
      linkSecret: SECRET,
      linkSecretPrevious: null,
      rateLimit,
      rateLimitWide: rateLimit,
      assets,
      kv,
      ledger,
    });
  });

  const rows: readonly (readonly [string, Record<string, unknown>, object])[] = [
    [
      'a start at a time',
      { START_AT: '2026-01-31T09:30:00Z' },
      { watch: { startAt: { kind: 'at', ms: Date.UTC(2026, 0, 31, 9, 30) } } },
    ],
    ['a key that others use too', { API_KEY_SHARED: ' TRUE ' }, { watch: { apiKeyShared: true } }],
    ['a key that nobody else uses', { API_KEY_SHARED: 'false' }, { watch: { apiKeyShared: false } }],
    [
      'a start at a time elsewhere',
      { START_AT: '2026-01-31T09:30:00.5+02:00' },
      { watch: { startAt: { kind: 'at', ms: Date.UTC(2026, 0, 31, 7, 30, 0, 500) } } },
    ],
    [
      'a start at a leap day',
      { START_AT: '2028-02-29t00:00:00z' },
      { watch: { startAt: { kind: 'at', ms: Date.UTC(2028, 1, 29) } } },
    ],
    ['a start a week back', { START_AT: '7d' }, { watch: { startAt: { kind: 'ago', agoMs: 7 * 86_400_000 } } }],
    ['a start right now', { START_AT: '0s' }, { watch: { startAt: { kind: 'ago', agoMs: 0 } } }],
    ['a first read that only records', { FIRST_READ: 'Record' }, { watch: { suppressFirstRead: true } }],
    ['the paid plan', { PLAN: 'paid' }, { watch: { plan: 'paid', pagesPerTick: 300 } }],
    ['the shortest lateness', { ALLOWED_LATENESS: '60s' }, { watch: { allowedLatenessMs: 60_000 } }],
    ['the longest lateness', { ALLOWED_LATENESS: '1h' }, { watch: { allowedLatenessMs: 3_600_000 } }],
    ['a duration of two units', { BLIND_AFTER: '1h30m' }, { watch: { blindAfterMs: 5_400_000 } }],
    ['a year of retention', { RETENTION: '365d' }, { watch: { retentionMs: 365 * 86_400_000 } }],
    [
      'another upstream, with a path',
      { NIRVANA_LABS_BASE_URL: 'https://eu.example.com:8443/nirvana/' },
      { upstream: { baseUrl: 'https://eu.example.com:8443/nirvana' } },
    ],
    [
      'an upstream on this machine',
      { NIRVANA_LABS_BASE_URL: 'http://127.0.0.1:8787/' },
      { upstream: { baseUrl: 'http://127.0.0.1:8787' } },
    ],
    [
      'an upstream on localhost',
      { NIRVANA_LABS_BASE_URL: 'http://localhost:1' },
      { upstream: { baseUrl: 'http://localhost:1' } },
    ],
    ['an upstream on ::1', { NIRVANA_LABS_BASE_URL: 'http://[::1]:1' }, { upstream: { baseUrl: 'http://[::1]:1' } }],
    [
      'a public address, with a slash',
      { PUBLIC_URL: 'https://Tocsin.example.com:8443/' },
      { publicUrl: 'https://tocsin.example.com:8443' },
    ],
    [
      'a public address on this machine',
      { PUBLIC_URL: 'http://localhost:8787' },
      { publicUrl: 'http://localhost:8787' },
    ],
    [
      'Cloudflare Access, by its host',
      { ACCESS_TEAM_DOMAIN: 'acme-1.cloudflareaccess.com', ACCESS_AUD: AUD },
      { access: { teamDomain: 'acme-1.cloudflareaccess.com', audience: AUD } },
    ],
    [
      'Cloudflare Access, by its address, in capitals',
      { ACCESS_TEAM_DOMAIN: 'https://ACME.cloudflareaccess.com/', ACCESS_AUD: AUD.toUpperCase() },
      { access: { teamDomain: 'acme.cloudflareaccess.com', audience: AUD } },
    ],
    ['a heartbeat', { HEARTBEAT_URL: `${PING}?m=1` }, { heartbeatUrl: `${PING}?m=1` }],
    ['a heartbeat on this machine', { HEARTBEAT_URL: 'http://127.0.0.1:9' }, { heartbeatUrl: 'http://127.0.0.1:9/' }],
    [
      'a key that expires at a time',
      { API_KEY_EXPIRES_AT: '2026-12-31T12:00:00+01:00' },
      { apiKeyExpiresAt: Date.UTC(2026, 11, 31, 11) },
    ],
    [
      'a key that expires on a day, as it begins',
      { API_KEY_EXPIRES_AT: '2026-12-31' },
      { apiKeyExpiresAt: Date.UTC(2026, 11, 31) },
    ],
    [
      'receivers of every type',
      {
        EMAIL_TO: 'a@example.com,b@example.com',
        EMAIL_FROM: 't@example.com',
        EMAIL: { send() {} },
        WEBHOOK_URL: PING,
        WEBHOOK_SECRET: SIGNING,
      },
      { receivers: [{ name: 'slack' }, { name: 'email' }, { name: 'email/2' }, { name: 'webhook' }] },
    ],
    ['a previous link secret', { LINK_SECRET_PREVIOUS: `${SECRET}0` }, { linkSecretPrevious: `${SECRET}0` }],
    [
      'white space around what was pasted',
      { NIRVANA_LABS_API_KEY: ` ${KEY}\r\n`, LINK_SECRET: `\t${SECRET}\n` },
      { upstream: { apiKey: KEY }, linkSecret: SECRET },
    ],
    [
      'empty lines, as in .dev.vars.example',
      { ALLOWED_LATENESS: '', PLAN: ' ', NIRVANA_LABS_BASE_URL: '' },
      { upstream: { baseUrl: 'https://api.nirvanalabs.io' } },
    ],
    [
      'a binding made of functions on its prototype',
      {
        LEDGER: new (class {
          idFromName() {}
          get() {}
        })(),
      },
      {},
    ],
  ];
  test.each(rows)('%s', (_, changes, expected) => {
    const config = read(changes);
    expect(config.problems).toEqual([]);
    expect(config).toMatchObject(expected);
  });
});

/** The parts of the config that a wrong setting can stop. */
const PARTS = [
  ...(['upstream', 'receivers', 'linkSecret', 'publicUrl', 'access', 'heartbeatUrl', 'apiKeyExpiresAt'] as const),
  ...(['linkSecretPrevious', 'rateLimit', 'rateLimitWide', 'kv', 'ledger'] as const),
];

function partOf(config: Config<unknown, unknown>, part: (typeof PARTS)[number]): unknown {
  // How a receiver is created is new each time.
  return part === 'receivers' ? config.receivers.map(({ create: _, ...known }) => known) : config[part];
}

describe('wrong settings', () => {
  /** Name, changes, the setting, its problem, and the parts of the config that it stops. */
  const rows: readonly (readonly [string, Record<string, unknown>, string, RegExp, object])[] = [
    ['no API key', { NIRVANA_LABS_API_KEY: undefined }, 'NIRVANA_LABS_API_KEY', /not set/, { upstream: null }],
    [
      'an API key in quotes',
      { NIRVANA_LABS_API_KEY: `"${KEY}"` },
      'NIRVANA_LABS_API_KEY',
      /wrapped in quotes/,
      { upstream: null },
    ],
    [
      'an API key with its header',
      { NIRVANA_LABS_API_KEY: `Bearer ${KEY}` },
      'NIRVANA_LABS_API_KEY',
      /Bearer/,
      { upstream: null },
    ],
    [
      'an API key over two lines',
      { NIRVANA_LABS_API_KEY: `${KEY}\n${KEY}` },
      'NIRVANA_LABS_API_KEY',
      /white space/,
      { upstream: null },
    ],
    [
      'an API key with a zero-width space',
      { NIRVANA_LABS_API_KEY: `${KEY}\u200b` },
      'NIRVANA_LABS_API_KEY',
      /no key has/,
      { upstream: null },
    ],
    [
      'an API key that is a number',
      { NIRVANA_LABS_API_KEY: 12 },
      'NIRVANA_LABS_API_KEY',
      /a number, not text/,
      { upstream: null },
    ],
    ['no link secret', { LINK_SECRET: '' }, 'LINK_SECRET', /not set/, { linkSecret: null }],
    ['a short link secret', { LINK_SECRET: SECRET.slice(1) }, 'LINK_SECRET', /31 characters/, { linkSecret: null }],
    ...(['x', SECRET.slice(1)] as const).map(
      (text) =>
        [
          `a short previous link secret, ${text.length} characters`,
          { LINK_SECRET_PREVIOUS: text },
          'LINK_SECRET_PREVIOUS',
          /fewer than 32/,
          { linkSecretPrevious: null },
        ] as const,
    ),
    [
      'a previous link secret that is the current one',
      { LINK_SECRET_PREVIOUS: ` ${SECRET}\n` },
      'LINK_SECRET_PREVIOUS',
      /same as LINK_SECRET/,
      { linkSecretPrevious: null },
    ],
    [
      'a link secret of one letter',
      { LINK_SECRET: 'x'.repeat(64) },
      'LINK_SECRET',
      /too few different characters/,
      { linkSecret: null },
    ],
    [
      'a link secret in typographers’ quotes',
      { LINK_SECRET: `“${SECRET}”` },
      'LINK_SECRET',
      /quotes/,
      { linkSecret: null },
    ],
    ['no receiver', { SLACK_WEBHOOK_URL: undefined }, 'SLACK_WEBHOOK_URL', /no other receiver/, { receivers: [] }],
    [
      'an upstream without https',
      { NIRVANA_LABS_BASE_URL: 'http://api.nirvanalabs.io' },
      'NIRVANA_LABS_BASE_URL',
      /not https/,
      { upstream: null },
    ],
    [
      'an upstream that only looks local',
      { NIRVANA_LABS_BASE_URL: 'http://127.0.0.1.evil.example' },
      'NIRVANA_LABS_BASE_URL',
      /not https/,
      { upstream: null },
    ],
    [
      'an upstream with credentials',
      { NIRVANA_LABS_BASE_URL: 'https://u:p@api.nirvanalabs.io' },
      'NIRVANA_LABS_BASE_URL',
      /password/,
      { upstream: null },
    ],
    [
      'an upstream with a query',
      { NIRVANA_LABS_BASE_URL: 'https://api.nirvanalabs.io/?' },
      'NIRVANA_LABS_BASE_URL',
      /query/,
      { upstream: null },
    ],
    [
      'an upstream with a fragment',
      { NIRVANA_LABS_BASE_URL: 'https://api.nirvanalabs.io/#x' },
      'NIRVANA_LABS_BASE_URL',
      /fragment/,
      { upstream: null },
    ],
    [
      'an upstream without a scheme',
      { NIRVANA_LABS_BASE_URL: 'api.nirvanalabs.io' },
      'NIRVANA_LABS_BASE_URL',
      /not a URL/,
      { upstream: null },
    ],
    [
      'an upstream of another scheme',
      { NIRVANA_LABS_BASE_URL: 'ftp://api.nirvanalabs.io' },
      'NIRVANA_LABS_BASE_URL',
      /not https/,
      { upstream: null },
    ],
    [
      'a start at nonsense',
      { START_AT: 'yesterday' },
      'START_AT',
      /`yesterday`/,
      { watch: { startAt: { agoMs: 3_600_000 } } },
    ],
    [
      'a start at a day without a time',
      { START_AT: '2026-01-31' },
      'START_AT',
      /RFC 3339/,
      { watch: { startAt: { agoMs: 3_600_000 } } },
    ],
    ['a start at a time nowhere', { START_AT: '2026-01-31T00:00:00' }, 'START_AT', /RFC 3339/, {}],
    ['a start on the 30th of February', { START_AT: '2026-02-30T00:00:00Z' }, 'START_AT', /not a valid time/, {}],
    ['a start at the 25th hour', { START_AT: '2026-01-31T25:00:00Z' }, 'START_AT', /not a valid time/, {}],
    [
      'a lateness in words',
      { ALLOWED_LATENESS: '5 minutes' },
      'ALLOWED_LATENESS',
      /not a duration: `5 minutes`/,
      { watch: { allowedLatenessMs: 300_000 } },
    ],
    [
      'the name of version 0.1',
      { OVERLAP: '10m' },
      'OVERLAP',
      /is now called ALLOWED_LATENESS/,
      { watch: { allowedLatenessMs: 300_000 } },
    ],
    [
      'a lateness that is a number',
      { ALLOWED_LATENESS: 5 },
      'ALLOWED_LATENESS',
      /a number/,
      { watch: { allowedLatenessMs: 300_000 } },
    ],
    [
      'a lateness too short',
      { ALLOWED_LATENESS: '59s' },
      'ALLOWED_LATENESS',
      /shorter than 1m/,
      { watch: { allowedLatenessMs: 300_000 } },
    ],
    [
      'a lateness too long',
      { ALLOWED_LATENESS: '61m' },
      'ALLOWED_LATENESS',
      /longer than 1h/,
      { watch: { allowedLatenessMs: 300_000 } },
    ],
    ['blind too soon', { BLIND_AFTER: '1m' }, 'BLIND_AFTER', /shorter than 10m/, { watch: { blindAfterMs: 900_000 } }],
    ['blind too late', { BLIND_AFTER: '2d' }, 'BLIND_AFTER', /longer than 1d/, {}],
    ['retention of an hour', { RETENTION: '1h' }, 'RETENTION', /shorter than 1d/, {}],
    ['retention of two years', { RETENTION: '730d' }, 'RETENTION', /longer than 365d/, {}],
    ['another plan', { PLAN: 'pro' }, 'PLAN', /neither free nor paid: `pro`/, { watch: { pagesPerTick: 40 } }],
    [
      'another first read',
      { FIRST_READ: 'true' },
      'FIRST_READ',
      /neither notify nor record/,
      { watch: { suppressFirstRead: false } },
    ],
    [
      'a public address without https',
      { PUBLIC_URL: 'http://tocsin.example.com' },
      'PUBLIC_URL',
      /not https/,
      { publicUrl: null },
    ],
    [
      'a public address with a path',
      { PUBLIC_URL: 'https://x.example/tocsin' },
      'PUBLIC_URL',
      /more than scheme, host and port/,
      { publicUrl: null },
    ],
    [
      'a public address with a query',
      { PUBLIC_URL: 'https://x.example/?' },
      'PUBLIC_URL',
      /more than scheme, host and port/,
      { publicUrl: null },
    ],
    [
      'a public address with a password',
      { PUBLIC_URL: 'https://a:b@x.example' },
      'PUBLIC_URL',
      /password/,
      { publicUrl: null },
    ],
    ['a public address without a scheme', { PUBLIC_URL: 'x.example' }, 'PUBLIC_URL', /not a URL/, { publicUrl: null }],
    [
      'a team without its application',
      { ACCESS_TEAM_DOMAIN: 'acme.cloudflareaccess.com' },
      'ACCESS_AUD',
      /not set, but ACCESS_TEAM_DOMAIN is/,
      { access: null },
    ],
    [
      'an application without its team',
      { ACCESS_AUD: AUD },
      'ACCESS_TEAM_DOMAIN',
      /not set, but ACCESS_AUD is/,
      { access: null },
    ],
    ...[
      'acme',
      'https://acme.cloudflareaccess.com.evil.example',
      'acme.cloudflareaccess.com/x',
      'http://acme.cloudflareaccess.com',
      'a.b.cloudflareaccess.com',
      'evil.example/.cloudflareaccess.com',
      '-a.cloudflareaccess.com',
    ].map(
      (team) =>
        [
          `the team ${team}`,
          { ACCESS_TEAM_DOMAIN: team, ACCESS_AUD: AUD },
          'ACCESS_TEAM_DOMAIN',
          /is not <team>/,
          { access: null },
        ] as const,
    ),
    [
      'an audience that is cut off',
      { ACCESS_TEAM_DOMAIN: 'acme.cloudflareaccess.com', ACCESS_AUD: AUD.slice(1) },
      'ACCESS_AUD',
      /64 hexadecimal/,
      { access: null },
    ],
    [
      'a heartbeat without https',
      { HEARTBEAT_URL: 'http://hc-ping.example/x' },
      'HEARTBEAT_URL',
      /not https/,
      { heartbeatUrl: null },
    ],
    [
      'a heartbeat that is no URL',
      { HEARTBEAT_URL: 'hc-ping.example/x' },
      'HEARTBEAT_URL',
      /not a URL/,
      { heartbeatUrl: null },
    ],
    [
      'a heartbeat with a password',
      { HEARTBEAT_URL: 'https://a:b@hc.example' },
      'HEARTBEAT_URL',
      /password/,
      { heartbeatUrl: null },
    ],
    [
      'a key that is perhaps shared',
      { API_KEY_SHARED: 'yes' },
      'API_KEY_SHARED',
      /neither true nor false: `yes`/,
      { watch: { apiKeyShared: false } },
    ],
    [
      'a key that expires in words',
      { API_KEY_EXPIRES_AT: 'in May' },
      'API_KEY_EXPIRES_AT',
      /nor a date: `in May`/,
      { apiKeyExpiresAt: null },
    ],
    [
      'a key that expires on no day',
      { API_KEY_EXPIRES_AT: '2026-02-30' },
      'API_KEY_EXPIRES_AT',
      /not a valid time/,
      { apiKeyExpiresAt: null },
    ],
    [
      'a key that expires at a time nowhere',
      { API_KEY_EXPIRES_AT: '2026-02-03T10:00:00' },
      'API_KEY_EXPIRES_AT',
      /RFC 3339/,
      { apiKeyExpiresAt: null },
    ],
    [
      'a text for the wide rate limit',
      { RATE_LIMIT_WIDE: '9' },
      'RATE_LIMIT_WIDE',
      /not a binding/,
      { rateLimitWide: null },
    ],
    ['a text for the rate limit', { RATE_LIMIT: '120' }, 'RATE_LIMIT', /not a binding/, { rateLimit: null }],
    ['a KV for the assets', { ASSETS: kv }, 'ASSETS', /another kind/, { assets: null }],
    ['no KV', { KV: undefined }, 'KV', /not bound/, { kv: null }],
    ['a text for KV', { KV: 'abc' }, 'KV', /a string, not a binding/, { kv: null }],
    ['no ledger', { LEDGER: undefined }, 'LEDGER', /not bound/, { ledger: null }],
    ['a KV for the ledger', { LEDGER: kv }, 'LEDGER', /another kind/, { ledger: null }],
  ];

  test.each(rows)(
    '%s: one problem, which stops only what needs the setting',
    (_, changes, setting, problem, expected) => {
      const config = read(changes);
      expect(config.problems).toHaveLength(1);
      expect(config.problems[0]).toMatchObject({ setting, severity: 'error', problem: expect.stringMatching(problem) });
      expect(config).toMatchObject(expected);
      const good = read();
      const stopped: readonly string[] = Object.keys(expected);
      for (const part of PARTS) {
        if (!stopped.includes(part)) expect(partOf(config, part)).toEqual(partOf(good, part));
      }
    },
  );

  test.each(rows)('%s: the problem says what happens until then, and how to fix it', (_, changes) => {
    for (const { meanwhile, hint } of read(changes).problems) {
      expect(meanwhile).not.toBe('');
      expect(hint).toMatch(/wrangler secret put \w+|wrangler\.toml/);
    }
  });

  test('all wrong settings are reported at once, errors before notices', () => {
    const bad = Object.fromEntries(ALL_SETTINGS.map((name) => [name, '"?"']));
    const { problems } = readConfig({ ...bad, KV: 1, LEDGER: 1, SLACK_WEBHOOK: 'x' }, RECEIVER_TYPES);
    const errors = problems.filter(({ severity }) => severity === 'error').map(({ setting }) => setting);
    expect(errors.toSorted()).toEqual([...ALL_SETTINGS, 'EMAIL', 'KV', 'LEDGER'].toSorted());
    expect(problems.at(-1)).toMatchObject({ severity: 'notice', setting: 'SLACK_WEBHOOK' });
    expect(problems.findLastIndex(({ severity }) => severity === 'error')).toBe(errors.length - 1);
  });

  test('a notice about a receiver comes after the errors', () => {
    const { problems } = read({ EMAIL_FROM: 'a@example.com', KV: undefined });
    expect(problems.map(({ setting, severity }) => [setting, severity])).toEqual([
      ['KV', 'error'],
      ['EMAIL_TO', 'notice'],
    ]);
  });

  test.each([undefined, null, 'env', 7, []])('an invalid environment (%j) causes problems and no exception', (env) => {
    expect(readConfig(env, RECEIVER_TYPES).problems.map(({ setting }) => setting)).toEqual([
      'NIRVANA_LABS_API_KEY',
      'LINK_SECRET',
      'SLACK_WEBHOOK_URL',
      'KV',
      'LEDGER',
      'PUBLIC_URL',
      'RATE_LIMIT',
      'RATE_LIMIT_WIDE',
      'ASSETS',
    ]);
  });

  test('no problem holds a secret, wherever it was pasted', () => {
    for (const secret of [KEY, SECRET, HOOK, 'aB3dE5fG7hI9jK1lM3nO5pQ7', PING, SIGNING, AUD]) {
      for (const name of [...ALL_SETTINGS, ...BINDINGS, 'EMAIL', 'SLACK_WEBHOOK']) {
        for (const text of [secret, `"${secret}"`, `${secret} ${secret}`, `https://${secret}@x/?${secret}`]) {
          expect(JSON.stringify(read({ [name]: text }).problems)).not.toContain(secret);
        }
      }
    }
  });
});

describe('misspelled settings', () => {
  test.each([
    ['SLACK_WEBHOOK', 'SLACK_WEBHOOK_URL'],
    ['SLACK_URL', 'SLACK_WEBHOOK_URL'],
    ['slack_webhook_url', 'SLACK_WEBHOOK_URL'],
    ['NIRVANA_API_KEY', 'NIRVANA_LABS_API_KEY'],
    ['NIRVANA_LABS_APIKEY', 'NIRVANA_LABS_API_KEY'],
    ['NIRVANA_LABS_URL', 'NIRVANA_LABS_BASE_URL'],
    ['LINK-SECRET', 'LINK_SECRET'],
    ['LINKSECRET', 'LINK_SECRET'],
    ['RETENSION', 'RETENTION'],
    ['BLINDAFTER', 'BLIND_AFTER'],
    ['START_AT_', 'START_AT'],
    ['PUBLIC_ADDRESS_URL', 'PUBLIC_URL'],
    ['ACCESS_TEAM', 'ACCESS_TEAM_DOMAIN'],
    ['ACCESS_AUDI', 'ACCESS_AUD'],
    ['HEARTBEATURL', 'HEARTBEAT_URL'],
    ['API_KEY_EXPIRES', 'API_KEY_EXPIRES_AT'],
    ['EMAILS_TO', 'EMAIL_TO'],
    ['WEBHOOK-SECRET', 'WEBHOOK_SECRET'],
    ['NTFY_TOPIC_URL', 'NTFY_URL'],
    ['TEAMS_URL', 'TEAMS_WEBHOOK_URL'],
    ['PAGERDUTY_KEY', 'PAGERDUTY_ROUTING_KEY'],
    ['PAGERDUTY_SERVICE_REGION', 'PAGERDUTY_REGION'],
  ])('%s is taken for %s', (name, meant) => {
    const { problems } = read({ [name]: 'x' });
    expect(problems).toMatchObject([
      { severity: 'notice', setting: name, problem: `is not a setting (did you mean \`${meant}\`?)` },
    ]);
  });

  test.each(['ENVIRONMENT', 'SENTRY_DSN', 'HOME', 'CF_VERSION_METADATA', 'AUDIENCE', 'EMAIL_BACKEND'])(
    '%s is not a misspelling',
    (name) => {
      expect(read({ [name]: 'x' }).problems).toEqual([]);
    },
  );

  test.each([
    ['PUBLIC_URL', 'is not set', 'no links'],
    ['RATE_LIMIT', 'is not bound', 'requests are not limited'],
    ['RATE_LIMIT_WIDE', 'is not bound', 'not by the network around it'],
    ['ASSETS', 'is not bound', 'pages are plain'],
  ])('a missing %s is a notice, and stops nothing', (setting, problem, meanwhile) => {
    expect(read({ [setting]: undefined }).problems).toEqual([
      { setting, severity: 'notice', problem, meanwhile: expect.stringContaining(meanwhile), hint: expect.anything() },
    ]);
  });

  test('a first start earlier than the retention is a notice', () => {
    expect(read({ START_AT: '60d' }).problems).toMatchObject([{ severity: 'notice', setting: 'START_AT' }]);
  });
});
