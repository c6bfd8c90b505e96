/** Deployments with the real wrangler, to a fake Cloudflare; and what is left on the disk of one that is ended. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ASSETS } from '../../src/assets.gen.ts';
import { ROOT } from '../../src/cli/wrangler.ts';
import { RULE_FILES_PATH } from '../../src/web/asset-paths.ts';
import { type Cloudflare, type CloudflareOptions, DEPLOYED_URL, NEW_NAMESPACE, startCloudflare } from './cloudflare.ts';
import { filesWith } from './files.ts';
import { runScript } from './run-command.ts';

const KEY = 'key-of-nirvana';
const SECRET = 'fedcba98765432100123456789abcdef';
const SETTINGS = { NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET };

let cloudflare: Cloudflare | null = null;
/** Everything that a deployment writes outside of the repository: temporary files, wrangler's log. */
let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  mkdirSync(join(home, 'tmp'));
});
afterEach(async () => {
  await cloudflare?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The environment of a deployment. */
function environment(fake: Cloudflare): Record<string, string> {
  return {
    ...fake.env,
    ...SETTINGS,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    TMPDIR: join(home, 'tmp'),
    WRANGLER_LOG_SANITIZE: 'false',
  };
}

async function deploy(
  secrets: readonly string[] | null,
  options: CloudflareOptions = {},
  args: readonly string[] = [],
) {
  cloudflare = await startCloudflare(secrets, options);
  const before = readFileSync(`${ROOT}wrangler.toml`, 'utf8');
  const result = await runScript('src/cli/deploy.ts', args, environment(cloudflare));
  expect(readFileSync(`${ROOT}wrangler.toml`, 'utf8')).toBe(before);
  for (const secret of [KEY, SECRET]) expect(result.out + result.err).not.toContain(secret);
  expect(filesWithSecrets()).toEqual([]);
  expect(temporaryFolders()).toEqual([]);
  return { ...result, uploads: cloudflare.uploads(), put: Object.fromEntries(cloudflare.put) };
}

/** The files below `home` and wrangler's folder in the repository that hold a secret. */
function filesWithSecrets(): readonly string[] {
  return filesWith([home, `${ROOT}.wrangler`], [KEY, SECRET]);
}

function temporaryFolders(): readonly string[] {
  return readdirSync(join(home, 'tmp')).filter((name) => name.startsWith('tocsin-'));
}

test('the first deployment uploads the Worker, and then sets its secrets and its address', async () => {
  const { code, out, uploads, put } = await deploy(null);
  expect({ code, uploads, put }).toEqual({ code: 0, uploads: 1, put: { ...SETTINGS, PUBLIC_URL: DEPLOYED_URL } });
  expect(cloudflare?.namespaces).toEqual([NEW_NAMESPACE]);
  expect(cloudflare?.assets.toSorted()).toEqual([...Object.values(ASSETS), RULE_FILES_PATH].sort());
  expect(out).toContain(`Deployed: ${DEPLOYED_URL}. It reads the log every minute.`);
  expect(out).toContain(`Links in messages use ${DEPLOYED_URL} (PUBLIC_URL).`);
  expect(out).toMatch(/env\.RATE_LIMIT/);
}, 120_000);

test('a later deployment keeps the secrets and the address', async () => {
  const { code, uploads, put } = await deploy(['NIRVANA_LABS_API_KEY', 'LINK_SECRET', 'EMAIL_TO', 'PUBLIC_URL']);
  expect({ code, uploads, put }).toEqual({ code: 0, uploads: 1, put: {} });
}, 120_000);

test('a KV namespace of an earlier deployment stops the first one, with its id', async () => {
  const id = 'ab'.repeat(16);
  const { code, err, uploads } = await deploy(null, { leftNamespace: id });
  expect({ code, uploads }).toEqual({ code: 1, uploads: 0 });
  expect(err).toContain(`To use it: npm run deploy -- --kv-namespace ${id}`);
}, 120_000);

test('one that stops wrangler is named after its error', async () => {
  const id = 'ab'.repeat(16);
  const { code, out, err } = await deploy(['NIRVANA_LABS_API_KEY', 'LINK_SECRET'], { leftNamespace: id });
  expect(code).toBe(1);
  expect(out + err).toContain('already exists');
  expect(err).toContain(`To use it: npm run deploy -- --kv-namespace ${id}`);
}, 120_000);

const UPLOAD = /^PUT .*\/workers\/scripts\/tocsin$/;
const SECRETS = /^PATCH .*\/secrets-bulk$/;

test.each<[signal: NodeJS.Signals, during: string, request: RegExp]>([
  ['SIGINT', 'the upload', UPLOAD],
  ['SIGTERM', 'the secrets', SECRETS],
  ['SIGHUP', 'the secrets', SECRETS],
  ['SIGKILL', 'the upload', UPLOAD],
  ['SIGKILL', 'the secrets', SECRETS],
])(
  '%s during %s leaves no secret on the disk, and ends wrangler too',
  async (signal, _, awaited) => {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const onRequest = (request: string) => {
      if (!awaited.test(request)) return Promise.resolve();
      reach();
      return new Promise<never>(() => undefined);
    };
    cloudflare = await startCloudflare(null, { onRequest });
    const child = spawn(process.execPath, ['src/cli/deploy.ts'], {
      cwd: ROOT,
      env: { ...process.env, ...environment(cloudflare) },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it leaves running can be found and ended.
      detached: true,
    });
    const closed = new Promise((resolve) => child.once('close', resolve));
    try {
      await reached;
      expect(filesWithSecrets()).toEqual([]);
      child.kill(signal);
      const exited = await new Promise((resolve) => child.once('exit', (code, by) => resolve({ code, by })));
      expect(exited).toEqual({ code: null, by: signal });
      expect(filesWithSecrets()).toEqual([]);
      if (signal === 'SIGKILL') return;
      await expect.poll(() => groupIsRunning(child), { timeout: 20_000 }).toBe(false);
      expect(temporaryFolders()).toEqual([]);
    } finally {
      endGroup(child);
      await closed;
    }
  },
  120_000,
);

describe('wrangler in another folder', () => {
  const wrangler = (cwd: string, args: readonly string[]) => {
    const script = `${ROOT}node_modules/wrangler/bin/wrangler.js`;
    const env = { ...process.env, PATH: `${ROOT}node_modules/.bin:${process.env.PATH}` };
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'deploy', '--dry-run', ...args], {
      cwd,
      env,
    });
    return { status, output: `${stdout}${stderr}` };
  };

  test.each<[what: string, folder: () => string, args: readonly string[]]>([
    ['of the repository', () => `${ROOT}docs`, []],
    ['outside of it, with --cwd', () => home, ['--cwd', ROOT]],
  ])(
    '%s builds the rules and the Worker',
    (_, folder, args) => {
      const { status, output } = wrangler(folder(), args);
      expect(output).toContain('Total Upload');
      expect(status).toBe(0);
    },
    60_000,
  );

  test('outside of it, without --cwd, says which folder is wrong', () => {
    const { status, output } = wrangler(home, ['--config', `${ROOT}wrangler.toml`]);
    expect(output).toContain(`open '${home}/package.json'`);
    expect(status).toBe(1);
  }, 60_000);
});

/** The commands of wrangler on a page, without names and options. */
function wranglerCommands(page: string): readonly string[] {
  const text = readFileSync(`${ROOT}${page}`, 'utf8');
  const found = [...text.matchAll(/npx wrangler ((?:[a-z]+)(?: [a-z]+)*)/g)].map(([, words = '']) => words);
  return [...new Set(found)];
}

const COMMANDS = [...new Set(['docs/security.md', 'docs/operations.md'].flatMap(wranglerCommands))];

test.each(COMMANDS)(
  'the pages name a command that wrangler has: %s',
  (command) => {
    const script = `${ROOT}node_modules/wrangler/bin/wrangler.js`;
    const { stdout } = spawnSync(process.execPath, [script, ...command.split(' '), '--help'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    // Of what does not exist, it shows the commands one level above.
    expect(stdout).toMatch(new RegExp(`^wrangler ${command}( |$)`, 'm'));
  },
  30_000,
);

test('what `wrangler types` writes is ignored, by git and so by lint', () => {
  const { status } = spawnSync('git', ['check-ignore', '-q', 'worker-configuration.d.ts'], { cwd: ROOT });
  expect(status).toBe(0);
});

function groupIsRunning({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}
