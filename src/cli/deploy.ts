/**
 * `npm run deploy`: checks everything it can, deploys, and prints what is left to do.
 *
 * Exit codes: 0 done, 1 not done, 2 wrong arguments.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { buildBundle } from './bundle.ts';
import { deploy } from './deployment.ts';
import { addToDevVars, readDevVars } from './dev-vars.ts';
import { CALLED_WRONGLY, exitCode, FAILED, Failure, OK } from './failure.ts';
import { isKvNamespaceId } from './kv-namespace.ts';
import { err, out, printCrashes } from './terminal.ts';
import { ROOT, runWrangler } from './wrangler.ts';

const HELP = `usage: npm run deploy [-- --dry-run | --kv-namespace ID]

Deploys Tocsin to your Cloudflare account: checks the rules, asks for the secrets that the Worker lacks, and uploads it.
wrangler creates the KV namespace and the Durable Object. PUBLIC_URL is set once, for the links in messages. Without a
terminal (CI), missing NIRVANA_LABS_API_KEY and LINK_SECRET are taken from the environment.

  --dry-run           check and build everything, and upload nothing; needs no network and no account
  --kv-namespace ID   use this KV namespace, of an earlier deployment; its id is written into wrangler.toml
  --help              print this
`;

const DEV_VARS = `${ROOT}.dev.vars`;
const CONFIG = `${ROOT}wrangler.toml`;

printCrashes();
process.exitCode = await exitCode(() => main(process.argv.slice(2)), err);

async function main(args: string[]): Promise<number> {
  const options = {
    'dry-run': { type: 'boolean', default: false },
    'kv-namespace': { type: 'string' },
    help: { type: 'boolean', default: false },
  } as const;
  let values: { readonly 'dry-run': boolean; readonly 'kv-namespace'?: string; readonly help: boolean };
  try {
    values = parseArgs({ args, options }).values;
    const id = values['kv-namespace'];
    if (id !== undefined && !isKvNamespaceId(id)) throw new Error('--kv-namespace is not an id: 32 hexadecimal digits');
  } catch (error) {
    err(`${error instanceof Error ? error.message : error}\nTry: npm run deploy -- --help\n`);
    return CALLED_WRONGLY;
  }
  if (values.help) {
    out(HELP);
    return OK;
  }
  const rules = spawnSync(process.execPath, ['src/cli/build-rules.ts', '--strict'], { cwd: ROOT, stdio: 'inherit' });
  if (rules.status !== 0) return FAILED;
  if (values['dry-run']) {
    out(`${await buildBundle(runWrangler)}\nNothing was deployed: --dry-run\n`);
    return OK;
  }
  // Imported now because build-rules.ts has just written it.
  const { routing } = await import('../rules.gen.ts');
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  await deploy({
    wrangler: runWrangler,
    routing,
    env: process.env,
    devVars: readVars(),
    ask: isTerminal ? (question) => ask(question, true) : null,
    confirm: isTerminal ? async (question) => /^\s*y(es)?\s*$/i.test(await ask(question, false)) : null,
    kvNamespace: values['kv-namespace'] ?? null,
    config: readFileSync(CONFIG, 'utf8'),
    writeConfig: (text) => writeFileSync(CONFIG, text),
    random: () => randomBytes(32).toString('hex'),
    print: (line) => out(`${line}\n`),
    addDevVar: (line) => addToDevVars(DEV_VARS, line),
  });
  return OK;
}

function readVars(): NodeJS.Dict<string> {
  const { vars = {}, openMode = null } = readDevVars(DEV_VARS) ?? {};
  if (openMode !== null) {
    out(
      `Others on this machine could read .dev.vars (mode ${openMode.toString(8)}): it is yours alone now. ` +
        'If that may have happened, replace the secrets in it: docs/security.md says how.\n',
    );
  }
  return vars;
}

/** Asks on the terminal. What is typed is not echoed if it is a secret. */
function ask(question: string, secret: boolean): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // First: until then the terminal echoes.
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: secret });
  out(question);
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => lines.close());
    lines.once('line', resolve);
    lines.once('close', () => reject(new Failure('nothing was deployed', 'The question was not answered.')));
    lines.once('line', () => lines.close());
  }).finally(() => out('\n')) as Promise<string>;
}
