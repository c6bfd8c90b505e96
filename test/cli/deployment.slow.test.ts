/** The steps of a deployment, with a wrangler that only pretends; and the dry run, with the real one. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { buildBundle } from '../../src/cli/bundle.ts';
import { type DeploymentDeps, deploy } from '../../src/cli/deployment.ts';
import { Failure } from '../../src/cli/failure.ts';
import type { Ran, RunWrangler } from '../../src/cli/wrangler.ts';
import type { DeclaredReceiver, Routing } from '../../src/routing/routing.ts';
import { runScript } from './run-command.ts';

const KEY = 'key-of-nirvana';
const SECRET = '0123456789abcdef0123456789abcdef';
const CHANCE = 'fedcba9876543210fedcba9876543210';
const URL_ = 'https://tocsin.example.workers.dev';

interface Account {
  readonly loggedIn?: boolean;
  /** Null: there is no Worker yet. */
  readonly secrets?: readonly string[] | null;
  readonly deploys?: boolean;
  /** What wrangler says is deployed where. */
  readonly targets?: readonly unknown[];
  /** What it prints where it can't set PUBLIC_URL. */
  readonly refuses?: string;
}

/** What came of a deployment. */
interface Result {
  readonly calls: string[];
  readonly put: Record<string, string> | null;
  readonly kept: string[];
  readonly said: string;
  readonly failure: Failure | null;
  /** What was put as PUBLIC_URL. */
  readonly learned: string | null;
}

async function deployTo(account: Account, deps: Partial<DeploymentDeps>): Promise<Result> {
  const { loggedIn = true, secrets = null, deploys = true, targets = ['* * * * *', URL_], refuses } = account;
  const calls: string[] = [];
  const kept: string[] = [];
  const said: string[] = [];
  let put: Record<string, string> | null = null;
  let file: string | undefined;
  const ran = (code: number, stdout = '', steps: Ran['steps'] = []): Ran => ({ code, stdout, stderr: '', steps });
  let learned: string | null = null;
  const wrangler: RunWrangler = async (args, { input }) => {
    calls.push(args.slice(0, 2).join(' '));
    switch (args[0]) {
      case 'whoami':
        return ran(loggedIn ? 0 : 1, '{}');
      case 'secret':
        if (args[1] === 'put') {
          expect(args[2]).toBe('PUBLIC_URL');
          if (refuses !== undefined) return { ...ran(1), stderr: refuses };
          learned = input ?? null;
          return ran(0);
        }
        if (secrets === null) return ran(1, '✘ [ERROR] Worker "tocsin" not found.\n\nIf this is a new Worker, run …');
        return ran(0, JSON.stringify(secrets.map((name) => ({ name, type: 'secret_text' }))));
      default: {
        file = args[args.indexOf('--secrets-file') + 1];
        if (args.includes('--secrets-file') && file !== undefined) {
          put = JSON.parse(readFileSync(file, 'utf8'));
          expect(statSync(file).mode & 0o077).toBe(0);
        }
        return ran(deploys ? 0 : 1, '', [{ type: 'wrangler-session' }, { type: 'deploy', targets }]);
      }
    }
  };
  const failure = await deploy({
    wrangler,
    routing: null,
    env: {},
    devVars: {},
    ask: null,
    random: () => CHANCE,
    keep: (line) => kept.push(line),
    say: (line) => said.push(line),
    ...deps,
  }).then(
    () => null,
    (error: unknown) => error as Failure,
  );
  if (file !== undefined && put !== null) expect(existsSync(file)).toBe(false);
  return { calls, put, kept, said: said.join('\n'), failure, learned };
}

const ask = async () => ` ${KEY}\n`;

test('the first deployment asks for the key, makes the link secret and keeps it', async () => {
  const { calls, put, kept, said, failure } = await deployTo({}, { ask });
  expect(failure).toBeNull();
  expect(calls).toEqual(['whoami --json', 'secret list', 'deploy --secrets-file', 'secret put']);
  expect(put).toEqual({ NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: CHANCE });
  expect(kept).toEqual([`LINK_SECRET=${CHANCE}`]);
  expect(said).toContain(`Deployed: ${URL_}. It ticks every minute.`);
  expect(said).toContain(
    'NOBODY IS TOLD until a receiver is set: npx wrangler secret put SLACK_WEBHOOK_URL (or EMAIL_TO, WEBHOOK_URL)',
  );
  expect(said).toContain(`npm run tocsin -- status --url ${URL_}`);
  expect(said).not.toContain(KEY);
  expect(said).not.toContain(CHANCE);
});

const ALL = ['NIRVANA_LABS_API_KEY', 'LINK_SECRET', 'SLACK_WEBHOOK_URL', 'PUBLIC_URL'];

test('a later one brings nothing along and asks nobody', async () => {
  const { calls, put, said } = await deployTo({ secrets: ALL }, { ask: () => Promise.reject(new Error('asked')) });
  expect(calls.at(-1)).toBe('deploy');
  expect(put).toBeNull();
  expect(said).not.toContain('NOBODY');
  expect(said).not.toContain('NOTHING');
});

describe('the Worker’s own address', () => {
  test.each<[what: string, targets: readonly unknown[], learned: string | null]>([
    ['at workers.dev', ['https://tocsin.example.workers.dev', 'schedule: * * * * *'], URL_],
    [
      'at a domain of one’s own, before workers.dev',
      [URL_, 'tocsin.example.com (custom domain)'],
      'https://tocsin.example.com',
    ],
    [
      'at a custom domain of a zone',
      ['t.example.com (custom domain - zone name: example.com)'],
      'https://t.example.com',
    ],
    ['at a route', ['bell.example.com/* (zone id: 0123)', 'event triggers: 1'], 'https://bell.example.com'],
    ['at a domain that is off', [URL_, 't.example.com (custom domain) [production: disabled]'], URL_],
    ['at a route below a path, where no page is', ['example.com/tocsin/* (zone id: 1)', '*.example.com/*'], null],
    ['nowhere', ['schedule: * * * * *', 7, null], null],
    ['at what is no address', ['https://x y.workers.dev', 'https://a:b@c.workers.dev'], null],
  ])('%s is learned', async (_, targets, expected) => {
    const { learned, said, failure } = await deployTo({ targets, secrets: ALL.slice(0, 3) }, {});
    expect([failure, learned]).toEqual([null, expected]);
    if (expected === null) expect(said).not.toContain('PUBLIC_URL');
    else expect(said).toContain(`Links in messages lead to ${expected} (PUBLIC_URL).`);
  });

  test('is left as it is where it is set', async () => {
    const { learned, calls, said } = await deployTo({ secrets: ALL }, {});
    expect(learned).toBeNull();
    expect(calls).not.toContain('secret put');
    expect(said).toContain(`To lead them here: echo ${URL_} | npx wrangler secret put PUBLIC_URL`);
  });

  test('is left as it is where wrangler.toml sets it', async () => {
    const refuses = "✘ [ERROR] Binding name 'PUBLIC_URL' already in use. Please use a different name. [code: 10053]";
    const { said, failure } = await deployTo({ refuses }, { ask });
    expect(failure).toBeNull();
    expect(said).toContain('Links in messages lead where PUBLIC_URL says.');
    expect(said).not.toContain('NO LINKS');
  });

  test('that can’t be told to the Worker is said, and the deployment is done', async () => {
    const { said, failure } = await deployTo({ refuses: 'no network' }, { ask });
    expect(failure).toBeNull();
    expect(said).toContain(`MESSAGES HAVE NO LINKS until the Worker knows its address: echo ${URL_} | npx wrangler`);
  });

  test('is not learned where nothing was deployed', async () => {
    expect((await deployTo({ deploys: false }, { ask })).learned).toBeNull();
  });
});

describe('whom nobody can tell', () => {
  const receiver = (name: string, secret: string): DeclaredReceiver => ({
    name,
    type: 'slack',
    secret,
    signingSecret: null,
    minLevel: 'low',
  });
  const routing = { receivers: [receiver('oncall', 'SLACK_ONCALL'), receiver('team', 'SLACK_TEAM')] };

  test.each<[what: string, routing: Routing | null, secrets: readonly string[], lines: readonly string[]]>([
    ['nobody', null, [], ['NOBODY IS TOLD until a receiver is set: npx wrangler secret put SLACK_WEBHOOK_URL (or']],
    ['mail alone', null, ['EMAIL_TO'], []],
    ['a webhook alone', null, ['WEBHOOK_URL'], []],
    [
      'none of the routing',
      routing,
      ['SLACK_WEBHOOK_URL'],
      [
        'NOBODY IS TOLD until a receiver is set.',
        'The receiver oncall has no address: npx wrangler secret put SLACK_ONCALL',
        'The receiver team has no address: npx wrangler secret put SLACK_TEAM',
      ],
    ],
    ['one of the routing', routing, ['SLACK_ONCALL'], ['The receiver team has no address: npx wrangler secret put']],
    ['all of the routing', routing, ['SLACK_ONCALL', 'SLACK_TEAM'], []],
  ])('%s', async (_, of, secrets, lines) => {
    const { said } = await deployTo({ secrets }, { routing: of });
    const told = said.split('\n').filter((line) => /NOBODY IS TOLD|has no address/.test(line));
    expect(told).toEqual(lines.map((line) => expect.stringContaining(line)));
  });
});

test('a link secret in .dev.vars is used again, and the key in it is left where it is', async () => {
  const devVars = { NIRVANA_LABS_API_KEY: 'of-the-sandbox', LINK_SECRET: SECRET };
  const { put, kept } = await deployTo({}, { devVars, ask });
  expect(put).toEqual({ NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET });
  expect(kept).toEqual([]);
});

test('where nobody can be asked the environment is; what is missing is said loudly, and it deploys', async () => {
  const env = { NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET };
  expect((await deployTo({}, { env })).put).toEqual(env);
  const { calls, put, kept, said, failure } = await deployTo({}, {});
  expect({ failure, put, kept }).toEqual({ failure: null, put: null, kept: [] });
  expect(calls).toContain('deploy');
  expect(said).toContain('NOTHING IS WATCHED until its key is set: npx wrangler secret put NIRVANA_LABS_API_KEY');
  expect(said).toContain('NOBODY CAN OPERATE IT until a secret is set');
});

test.each<[what: string, account: Account, deps: Partial<DeploymentDeps>, problem: string]>([
  ['nobody is logged in', { loggedIn: false }, { ask }, 'you are not logged in to Cloudflare'],
  ['the key is no key', {}, { ask: async () => 'Bearer x' }, 'NIRVANA_LABS_API_KEY begins with "Bearer"'],
  ['the link secret is weak', {}, { ask, env: { LINK_SECRET: 'abc' } }, 'LINK_SECRET has 3 characters'],
])('nothing is uploaded where %s', async (_, account, deps, problem) => {
  const { calls, failure } = await deployTo(account, deps);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure?.message).toContain(problem);
  expect(calls).not.toContain('deploy --secrets-file');
});

test('an upload that fails is a failure, and the link secret is kept', async () => {
  const { failure, kept, said } = await deployTo({ deploys: false }, { ask });
  expect(failure?.message).toBe('wrangler did not deploy');
  expect(kept).toHaveLength(1);
  expect(said).not.toContain('Deployed');
});

test('an answer of wrangler’s that is none is said', async () => {
  const wrangler: RunWrangler = async (args) => ({
    code: args[0] === 'whoami' ? 0 : 1,
    stdout: '',
    stderr: 'no\nnetwork',
    steps: [],
  });
  const { failure } = await deployTo({}, { wrangler });
  expect(failure).toMatchObject({ message: 'wrangler can’t say which secrets the Worker has', hint: 'no network' });
});

test.each([
  [
    'a bundle that has grown',
    0,
    [{ type: 'deploy', bundle_size: { gzip_bytes: 200 * 1024 } }],
    'the bundle has 200.0 KiB gzipped, more than 150.0 KiB',
  ],
  ['a build that fails', 1, [], 'the Worker can’t be built'],
  ['a size that is not said', 0, [{ type: 'deploy' }], 'wrangler does not say how large the bundle is'],
])('%s fails the check', async (_, code, steps, problem) => {
  await expect(buildBundle(async () => ({ code, stdout: '', stderr: '', steps }))).rejects.toThrow(problem);
});

test('the dry run builds everything and deploys nothing, without a network', async () => {
  const { code, out, err } = await runScript('src/cli/deploy.ts', ['--dry-run']);
  expect(err).toBe('');
  expect(out).toMatch(/^\d+ rules, .*\nthe bundle has \d+\.\d KiB gzipped\nNothing was deployed: --dry-run\n$/);
  expect(code).toBe(0);
}, 60_000);

test.each([
  ['--help', 0, 'usage: npm run deploy'],
  ['--dry', 2, "Unknown option '--dry'"],
])('"%s" ends with %i', async (args, code, text) => {
  const ended = await runScript('src/cli/deploy.ts', [args]);
  expect(ended.code).toBe(code);
  expect(ended.out + ended.err).toContain(text);
});
