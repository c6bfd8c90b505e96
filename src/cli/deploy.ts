/**
 * `npm run deploy`: checks everything it can, deploys, and prints what is left to do.
 *
 * Exit codes: 0 done, 1 not done, 2 wrong arguments.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { parseArgs, parseEnv } from 'node:util';
import { buildBundle } from './bundle.ts';
import { deploy } from './deployment.ts';
import { CALLED_WRONGLY, exitCode, FAILED, Failure, OK } from './failure.ts';
import { err, out, printCrashes } from './terminal.ts';
import { ROOT, runWrangler } from './wrangler.ts';

const HELP = `usage: npm run deploy [-- --dry-run]

Deploys Tocsin to your Cloudflare account: checks the rules, asks for the secrets that the Worker lacks, and uploads it.
wrangler creates the KV namespace and the Durable Object. PUBLIC_URL is set once, for the links in messages. Without a
terminal (CI), missing NIRVANA_LABS_API_KEY and LINK_SECRET are taken from the environment.

  --dry-run   check and build everything, and upload nothing; needs no network and no account
  --help      print this
`;

const DEV_VARS = `${ROOT}.dev.vars`;

printCrashes();
process.exitCode = await exitCode(() => main(process.argv.slice(2)), err);

async function main(args: string[]): Promise<number> {
  const options = {
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  let values: { readonly 'dry-run': boolean; readonly help: boolean };
  try {
    values = parseArgs({ args, options }).values;
  } catch (error) {
    err(`${error instanceof Error ? error.message : error}\nTry: npm run deploy -- --help\n`);
    return CALLED_WRONGLY;
  }
  if (values.help) {
    out(HELP);
    return OK;
  }
  const rules = spawnSync(process.execPath, ['src/cli/build-rules.ts'], { cwd: ROOT, stdio: 'inherit' });
  if (rules.status !== 0) return FAILED;
  if (values['dry-run']) {
    out(`${await buildBundle(runWrangler)}\nNothing was deployed: --dry-run\n`);
    return OK;
  }
  // Imported now because build-rules.ts has just written it.
  const { routing } = await import('../rules.gen.ts');
  await deploy({
    wrangler: runWrangler,
    routing,
    env: process.env,
    devVars: existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, 'utf8')) : {},
    ask: process.stdin.isTTY && process.stdout.isTTY ? ask : null,
    random: () => randomBytes(32).toString('hex'),
    addDevVar: (line) => appendFileSync(DEV_VARS, `\n${line}\n`, { mode: 0o600 }),
    print: (line) => out(`${line}\n`),
  });
  return OK;
}

/** Asks without echoing the input. */
function ask(question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  out(question);
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => lines.close());
    lines.once('line', resolve);
    lines.once('close', () => reject(new Failure('nothing was deployed', 'The question was not answered.')));
    lines.once('line', () => lines.close());
  }).finally(() => out('\n')) as Promise<string>;
}
