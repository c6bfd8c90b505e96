import { randomBytes } from 'node:crypto';
/** The steps of a deployment with a fake wrangler, and the dry run with the real one. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildBundle } from '../../src/cli/bundle.ts';
import { type DeploymentDeps, deploy } from '../../src/cli/deployment.ts';
import { Failure } from '../../src/cli/failure.ts';
import { readKvNamespace, withKvNamespace } from '../../src/cli/kv-namespace.ts';
import { ROOT, type RunWrangler, type WranglerResult } from '../../src/cli/wrangler.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import type { DeclaredReceiver, Routing } from '../../src/routing/routing.ts';
import { runScript } from './run-command.ts';

const KEY = 'key-of-nirvana';
const SECRET = '0123456789abcdef0123456789abcdef';
const GENERATED = 'fedcba9876543210fedcba9876543210';
const URL_ = 'https://tocsin.example.workers.dev';

interface Account {
  readonly loggedIn?: boolean;
  /** Null: there is no Worker yet. */
  readonly secrets?: readonly string[] | null;
  readonly deploys?: boolean;
  /** The targets that wrangler reports. */
  readonly targets?: readonly unknown[];
  /** What it prints if it can't set PUBLIC_URL. */
  readonly refuses?: string;
  /** What `wrangler secret bulk` does; by default it sets them. */
  readonly bulk?: 'fails' | 'reads nothing';
  /** Its KV namespaces: title → id. */
  readonly namespaces?: Readonly<Record<string, string>>;
}

interface Deployment {
  readonly calls: string[];
  /** The secrets that were set at once. */
  readonly uploaded: Record<string, string> | null;
  /** Lines added to .dev.vars. */
  readonly devVarLines: string[];
  readonly output: string;
  readonly failure: Failure | null;
  /** The value that PUBLIC_URL was set to. */
  readonly publicUrl: string | null;
  /** The text that wrangler.toml was replaced with. */
  readonly config: string | null;
}

const CONFIG = readFileSync(`${ROOT}wrangler.toml`, 'utf8');

async function deployTo(account: Account, deps: Partial<DeploymentDeps>): Promise<Deployment> {
  const { loggedIn = true, secrets = null, deploys = true, targets = ['* * * * *', URL_], refuses, bulk } = account;
  const calls: string[] = [];
  const devVarLines: string[] = [];
  const printed: string[] = [];
  let uploaded: Record<string, string> | null = null;
  let config: string | null = null;
  const result = (code: number, stdout = '', steps: WranglerResult['steps'] = []): WranglerResult => ({
    code,
    stdout,
    stderr: '',
    steps,
  });
  let publicUrl: string | null = null;
  const wrangler: RunWrangler = async (args, { input }) => {
    calls.push(args.slice(0, 2).join(' '));
    switch (args[0]) {
      case 'whoami':
        return result(loggedIn ? 0 : 1, '{}');
      case 'kv':
        return result(
          0,
          JSON.stringify(Object.entries(account.namespaces ?? {}).map(([title, id]) => ({ id, title }))),
        );
      case 'secret':
        if (args[1] === 'bulk') {
          if (bulk === 'fails') return { ...result(1), stderr: `can't set ${input}` };
          if (bulk === 'reads nothing') return result(0, 'No content found in file, or piped input.');
          uploaded = JSON.parse(input ?? '');
          const created = Object.keys(uploaded ?? {}).map(
            (name) => `✨ Successfully created secret for key: ${name}\n`,
          );
          return result(0, created.join(''));
        }
        if (args[1] === 'put') {
          expect(args[2]).toBe('PUBLIC_URL');
          if (refuses !== undefined) return { ...result(1), stderr: refuses };
          publicUrl = input ?? null;
          return result(0);
        }
        if (secrets === null)
          return result(1, '✘ [ERROR] Worker "tocsin" not found.\n\nIf this is a new Worker, run …');
        return result(0, JSON.stringify(secrets.map((name) => ({ name, type: 'secret_text' }))));
      default:
        expect(args).toEqual(['deploy']);
        return result(deploys ? 0 : 1, '', [{ type: 'wrangler-session' }, { type: 'deploy', targets }]);
    }
  };
  const failure = await deploy({
    wrangler,
    routing: null,
    env: {},
    devVars: {},
    ask: null,
    confirm: null,
    kvNamespace: null,
    config: CONFIG,
    writeConfig: (text) => {
      config = text;
    },
    random: () => GENERATED,
    addDevVar: (line) => devVarLines.push(line),
    print: (line) => printed.push(line),
    ...deps,
  }).then(
    () => null,
    (error: unknown) => error as Failure,
  );
  return { calls, uploaded, devVarLines, output: printed.join('\n'), failure, publicUrl, config };
}

const ask = async () => ` ${KEY}\n`;

const OTHER_SECRETS = RECEIVER_TYPES.slice(1)
  .map(({ secret }) => secret)
  .join(', ');

test('the first deployment asks for the key, and generates and saves the link secret', async () => {
  const { calls, uploaded, devVarLines, output, failure } = await deployTo({}, { ask });
  expect(failure).toBeNull();
  expect(calls).toEqual(['whoami --json', 'secret list', 'kv namespace', 'deploy', 'secret bulk', 'secret put']);
  expect(uploaded).toEqual({ NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: GENERATED });
  expect(devVarLines).toEqual([`LINK_SECRET=${GENERATED}`]);
  expect(output).toContain(`Deployed: ${URL_}. It reads the log every minute.`);
  expect(output).toContain(
    `NOBODY IS NOTIFIED until a receiver is set: npx wrangler secret put SLACK_WEBHOOK_URL (or ${OTHER_SECRETS})`,
  );
  expect(output).toContain(`npm run tocsin -- status --url ${URL_}`);
  expect(output).not.toContain(KEY);
  expect(output).not.toContain(GENERATED);
});

const ALL = ['NIRVANA_LABS_API_KEY', 'LINK_SECRET', 'SLACK_WEBHOOK_URL', 'PUBLIC_URL'];

test('a later deployment uploads no secrets and asks nobody', async () => {
  const { calls, uploaded, output } = await deployTo(
    { secrets: ALL },
    { ask: () => Promise.reject(new Error('asked')) },
  );
  expect(calls.at(-1)).toBe('deploy');
  expect(uploaded).toBeNull();
  expect(output).not.toContain('NOBODY');
  expect(output).not.toContain('NOTHING');
});

describe('the Worker’s own address', () => {
  test.each<[what: string, targets: readonly unknown[], expected: string | null]>([
    ['at workers.dev', ['https://tocsin.example.workers.dev', 'schedule: * * * * *'], URL_],
    [
      'at a custom domain, before workers.dev',
      [URL_, 'tocsin.example.com (custom domain)'],
      'https://tocsin.example.com',
    ],
    [
      'at a custom domain of a zone',
      ['t.example.com (custom domain - zone name: example.com)'],
      'https://t.example.com',
    ],
    ['at a route', ['alerts.example.com/* (zone id: 0123)', 'event triggers: 1'], 'https://alerts.example.com'],
    ['at a disabled domain', [URL_, 't.example.com (custom domain) [production: disabled]'], URL_],
    [
      'at a route below a path, where there are no pages',
      ['example.com/tocsin/* (zone id: 1)', '*.example.com/*'],
      null,
    ],
    ['nowhere', ['schedule: * * * * *', 7, null], null],
    ['at invalid addresses', ['https://x y.workers.dev', 'https://a:b@c.workers.dev'], null],
  ])('%s becomes PUBLIC_URL', async (_, targets, expected) => {
    const { publicUrl, output, failure } = await deployTo({ targets, secrets: ALL.slice(0, 3) }, {});
    expect([failure, publicUrl]).toEqual([null, expected]);
    if (expected === null) expect(output).not.toContain('PUBLIC_URL');
    else expect(output).toContain(`Links in messages use ${expected} (PUBLIC_URL).`);
  });

  test('is kept if it is set', async () => {
    const { publicUrl, calls, output } = await deployTo({ secrets: ALL }, {});
    expect(publicUrl).toBeNull();
    expect(calls).not.toContain('secret put');
    expect(output).toContain(`To use this address: echo ${URL_} | npx wrangler secret put PUBLIC_URL`);
  });

  test('is kept if wrangler.toml sets it', async () => {
    const refuses = "✘ [ERROR] Binding name 'PUBLIC_URL' already in use. Please use a different name. [code: 10053]";
    const { output, failure } = await deployTo({ refuses }, { ask });
    expect(failure).toBeNull();
    expect(output).toContain('Links in messages use PUBLIC_URL.');
    expect(output).not.toContain('NO LINKS');
  });

  test('that can’t be set is reported, and the deployment still succeeds', async () => {
    const { output, failure } = await deployTo({ refuses: 'no network' }, { ask });
    expect(failure).toBeNull();
    expect(output).toContain(`MESSAGES HAVE NO LINKS until PUBLIC_URL is set: echo ${URL_} | npx wrangler`);
  });

  test('is not set if nothing was deployed', async () => {
    expect((await deployTo({ deploys: false }, { ask })).publicUrl).toBeNull();
  });
});

describe('receivers without an address', () => {
  const receiver = (name: string, secret: string): DeclaredReceiver => ({
    name,
    type: 'slack',
    secret,
    signingSecret: null,
    minLevel: 'low',
  });
  const routing = { receivers: [receiver('oncall', 'SLACK_ONCALL'), receiver('team', 'SLACK_TEAM')] };

  test.each<[what: string, routing: Routing | null, secrets: readonly string[], lines: readonly string[]]>([
    [
      'all of them',
      null,
      [],
      ['NOBODY IS NOTIFIED until a receiver is set: npx wrangler secret put SLACK_WEBHOOK_URL (or'],
    ],
    ['mail alone', null, ['EMAIL_TO'], []],
    ['a webhook alone', null, ['WEBHOOK_URL'], []],
    [
      'none of the routing',
      routing,
      ['SLACK_WEBHOOK_URL'],
      [
        'NOBODY IS NOTIFIED until a receiver is set.',
        'The receiver oncall has no address: npx wrangler secret put SLACK_ONCALL',
        'The receiver team has no address: npx wrangler secret put SLACK_TEAM',
      ],
    ],
    ['one of the routing', routing, ['SLACK_ONCALL'], ['The receiver team has no address: npx wrangler secret put']],
    ['all of the routing', routing, ['SLACK_ONCALL', 'SLACK_TEAM'], []],
  ])('%s', async (_, of, secrets, lines) => {
    const { output } = await deployTo({ secrets }, { routing: of });
    const lacking = output.split('\n').filter((line) => /NOBODY IS NOTIFIED|has no address/.test(line));
    expect(lacking).toEqual(lines.map((line) => expect.stringContaining(line)));
  });
});

test('a link secret in .dev.vars is used again, and the key there is not uploaded', async () => {
  const devVars = { NIRVANA_LABS_API_KEY: 'of-the-sandbox', LINK_SECRET: SECRET };
  const { uploaded, devVarLines } = await deployTo({}, { devVars, ask });
  expect(uploaded).toEqual({ NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET });
  expect(devVarLines).toEqual([]);
});

test('without a person to ask, secrets come from the environment; missing ones are reported, and it deploys', async () => {
  const env = { NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET };
  expect((await deployTo({}, { env })).uploaded).toEqual(env);
  const { calls, uploaded, devVarLines, output, failure } = await deployTo({}, {});
  expect({ failure, uploaded, devVarLines }).toEqual({ failure: null, uploaded: null, devVarLines: [] });
  expect(calls).toContain('deploy');
  expect(output).toContain('NOTHING IS WATCHED until the key is set: npx wrangler secret put NIRVANA_LABS_API_KEY');
  expect(output).toContain('NOBODY CAN OPERATE IT until a secret is set');
});

test.each<[what: string, account: Account, deps: Partial<DeploymentDeps>, problem: string]>([
  ['nobody is logged in', { loggedIn: false }, { ask }, 'you are not logged in to Cloudflare'],
  ['the key is invalid', {}, { ask: async () => 'Bearer x' }, 'NIRVANA_LABS_API_KEY begins with "Bearer"'],
  ['the link secret is weak', {}, { ask, env: { LINK_SECRET: 'abc' } }, 'LINK_SECRET has 3 characters'],
])('nothing is uploaded if %s', async (_, account, deps, problem) => {
  const { calls, failure } = await deployTo(account, deps);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure?.message).toContain(problem);
  expect(calls).not.toContain('deploy');
});

test('a failed upload is a failure, and the link secret is saved', async () => {
  const { failure, devVarLines, output } = await deployTo({ deploys: false }, { ask });
  expect(failure?.message).toBe('wrangler did not deploy');
  expect(devVarLines).toHaveLength(1);
  expect(output).not.toContain('Deployed');
});

test.each(['fails', 'reads nothing'] as const)(
  'secrets that wrangler does not set (it %s) are a failure',
  async (bulk) => {
    const { failure, output, devVarLines, publicUrl } = await deployTo({ bulk }, { ask });
    expect(failure?.message).toBe(
      'the Worker is deployed, but NIRVANA_LABS_API_KEY and LINK_SECRET could not be set: IT DOES NOT WORK YET',
    );
    expect(failure?.hint).toContain('Run npm run deploy again');
    expect(failure?.hint).toContain(bulk === 'fails' ? "can't set" : 'No content found');
    for (const secret of [KEY, GENERATED]) expect(`${failure?.hint}${output}`).not.toContain(secret);
    expect({ devVarLines, publicUrl }).toEqual({ devVarLines: [`LINK_SECRET=${GENERATED}`], publicUrl: null });
  },
);

test('a wrangler that was killed has not deployed, whatever its exit code', async () => {
  const wrangler: RunWrangler = async () => ({ code: 0, stdout: '[]', stderr: '', steps: [] });
  expect((await deployTo({}, { wrangler })).failure?.message).toBe('wrangler did not deploy');
});

describe('a KV namespace of an earlier deployment', () => {
  const ID = '0123456789abcdef0123456789abcdef';
  const namespaces = { 'other-kv': 'f'.repeat(32), 'tocsin-kv': ID };
  const WITH_ID = CONFIG.replace('binding = "KV"\n', `binding = "KV"\nid = "${ID}"\n`);

  test('stops a first deployment without a terminal, with its id and both ways on', async () => {
    const { failure, calls, config } = await deployTo({ namespaces }, { env: { NIRVANA_LABS_API_KEY: KEY } });
    expect(failure?.message).toBe('a KV namespace tocsin-kv exists already, of an earlier deployment');
    expect(failure?.hint).toContain(`npm run deploy -- --kv-namespace ${ID}`);
    expect(failure?.hint).toContain(`npx wrangler kv namespace delete --namespace-id ${ID}`);
    expect({ code: failure?.code, config }).toEqual({ code: 1, config: null });
    expect(calls).not.toContain('deploy');
  });

  test.each([
    ['a yes at the terminal', { confirm: async () => true }],
    ['--kv-namespace', { kvNamespace: ID }],
  ])('is written into wrangler.toml by %s', async (_, deps) => {
    const { failure, config, calls, output } = await deployTo({ namespaces }, { ask, ...deps });
    expect({ failure, config }).toEqual({ failure: null, config: WITH_ID });
    expect(calls).toContain('deploy');
    expect(output).toContain(`The KV namespace is now in wrangler.toml: id = "${ID}"`);
  });

  test('a no changes nothing', async () => {
    let asked = '';
    const confirm = async (question: string) => {
      asked = question;
      return false;
    };
    const { failure, calls, config } = await deployTo({ namespaces }, { ask, confirm });
    expect(asked).toContain(`(id ${ID}).\nUse it? The viewer tokens in it become valid again.`);
    expect([failure?.message, config]).toEqual([expect.stringContaining('exists already'), null]);
    expect(calls).not.toContain('deploy');
  });

  test.each<[what: string, account: Account, deps: Partial<DeploymentDeps>]>([
    ['of another name', { namespaces: { 'other-kv': ID } }, {}],
    ['that wrangler.toml names', { namespaces }, { config: WITH_ID }],
    ['that the Worker has', { namespaces, secrets: ALL }, {}],
    ['with an invalid id', { namespaces: { 'tocsin-kv': '; rm -rf /' } }, {}],
  ])('%s does not matter', async (_, account, deps) => {
    const { failure, config } = await deployTo(account, { ask, ...deps });
    expect({ failure, config }).toEqual({ failure: null, config: null });
  });

  test('is named if wrangler fails, for a Worker that exists without it', async () => {
    const { failure } = await deployTo({ namespaces, secrets: ALL, deploys: false }, {});
    expect(failure?.hint).toContain(`Its output above says why.\nIf it is that the KV namespace tocsin-kv exists:\n`);
    expect(failure?.hint).toContain(`--kv-namespace ${ID}`);
  });

  test.each([
    ['has another', WITH_ID, 'wrangler.toml names another KV namespace'],
    ['has none', 'name = "tocsin"\n[[kv_namespaces]]\nbinding = "OTHER"\n', 'wrangler.toml has no KV namespace'],
  ])('is refused if wrangler.toml %s', async (_, config, problem) => {
    const { failure, calls } = await deployTo({}, { config, kvNamespace: 'e'.repeat(32) });
    expect(failure?.message).toBe(problem);
    expect(calls).not.toContain('deploy');
  });
});

test.each([
  ['as it is delivered', CONFIG, { title: 'tocsin-kv', id: null }],
  ['with another name', CONFIG.replace('name = "tocsin"', 'name = "watch"'), { title: 'watch-kv', id: null }],
  ['with an id above', 'name="t"\n[[kv_namespaces]]\nid = "a1"\nbinding = "KV"\n', { title: 't-kv', id: 'a1' }],
  [
    'with the id of another binding',
    'name="t"\n[[kv_namespaces]]\nid="a1"\nbinding="X"\n[[kv_namespaces]]\nbinding="KV"\n\n[vars]\nid="no"\n',
    { title: 't-kv', id: null },
  ],
  ['in single quotes', "name = 't'\n[[kv_namespaces]]\nbinding = 'KV'\nid = 'a1'\n", { title: 't-kv', id: 'a1' }],
  [
    'with blanks in the heading',
    'name="t"\n [[ kv_namespaces ]] # KV\n binding="KV"\n id="a1"',
    { title: 't-kv', id: 'a1' },
  ],
  ['with CR LF', 'name = "t"\r\n[[kv_namespaces]]\r\nid = "a1"\r\nbinding = "KV"\r\n', { title: 't-kv', id: 'a1' }],
  [
    'with the name of something else',
    '[[x]]\nname="no"\n[[kv_namespaces]]\nbinding="KV"\n',
    { title: 'tocsin-kv', id: null },
  ],
  [
    'with comments',
    'name="t"\n#name="no"\n[[kv_namespaces]]\n# binding = "KV"\nid="no"\n[[kv_namespaces]]\n#id="no"\nbinding="KV"',
    { title: 't-kv', id: null },
  ],
])('the KV namespace is read from wrangler.toml %s', (_, toml, expected) => {
  expect(readKvNamespace(toml)).toEqual(expected);
});

test.each([
  ['LF', 'name = "t"\n[[kv_namespaces]]\nbinding = "KV" # x\n\n[x]\n', '"KV" # x\nid = "a1"\n\n[x]\n'],
  ['CR LF', "[[ kv_namespaces ]]\r\nbinding = 'KV'\r\n\r\n[x]\r\n", '\'KV\'\r\nid = "a1"\r\n\r\n[x]\r\n'],
  ['no line break at the end', '[[kv_namespaces]]\nbinding = "KV"', '"KV"\nid = "a1"'],
  ['none at the end, CR LF before', '[[kv_namespaces]]\r\nbinding = "KV"', '"KV"\r\nid = "a1"'],
])('its id is written into wrangler.toml with the line breaks there: %s', (_, toml, end) => {
  const changed = withKvNamespace(toml, 'a1');
  expect(changed).toBe(toml.slice(0, toml.search(/["']KV/)) + end);
  expect(readKvNamespace(changed).id).toBe('a1');
});

test('an unreadable answer of wrangler is reported', async () => {
  const wrangler: RunWrangler = async (args) => ({
    code: args[0] === 'whoami' ? 0 : 1,
    stdout: '',
    stderr: 'no\nnetwork',
    steps: [],
  });
  const { failure } = await deployTo({}, { wrangler });
  expect(failure).toMatchObject({ message: "wrangler can't list the Worker's secrets", hint: 'no network' });
});

test.each([
  [
    'a bundle that is too large',
    0,
    [{ type: 'deploy', bundle_size: { gzip_bytes: 250 * 1024 } }],
    /^the bundle has 250\.0 KiB gzipped: \d+\.\d KiB code, \d+\.\d KiB rules; the code may have 200\.0 KiB$/,
  ],
  ['a build that fails', 1, [], "the Worker can't be built"],
  ['a missing size', 0, [{ type: 'deploy' }], 'wrangler did not report the size of the bundle'],
])('%s fails the check', async (_, code, steps, problem) => {
  await expect(buildBundle(async () => ({ code, stdout: '', stderr: '', steps }))).rejects.toThrow(problem);
});

test('rules do not count against the limit of the code', async () => {
  const rules = randomBytes(150 * 1024).toString('latin1');
  const steps = [{ type: 'deploy', bundle_size: { gzip_bytes: 320 * 1024 } }];
  const size = await buildBundle(
    async () => ({ code: 0, stdout: '', stderr: '', steps }),
    () => rules,
  );
  expect(size).toMatch(/^the bundle has 320\.0 KiB gzipped: 1[0-7]\d\.\d KiB code, \d+\.\d KiB rules$/);
});

test('the dry run builds everything and deploys nothing, without a network', async () => {
  const { code, out, err } = await runScript('src/cli/deploy.ts', ['--dry-run']);
  expect(err).toBe('');
  expect(out).toMatch(/^\d+ rules, .*\nthe bundle has [^\n]+ rules\nNothing was deployed: --dry-run\n$/);
  expect(code).toBe(0);
}, 60_000);

test.each([
  ['--help', 0, 'usage: npm run deploy'],
  ['--dry', 2, "Unknown option '--dry'"],
  ['--kv-namespace=abc', 2, '--kv-namespace is not an id: 32 hexadecimal digits'],
])('"%s" exits with %i', async (args, code, text) => {
  const result = await runScript('src/cli/deploy.ts', [args]);
  expect(result.code).toBe(code);
  expect(result.out + result.err).toContain(text);
});
