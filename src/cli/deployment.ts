/**
 * The steps of a deployment, over a given wrangler: rules, login, secrets, upload, its address, what to do next.
 *
 * Contract: nothing is uploaded before all that can be checked here is checked; a secret is never printed, and stands in
 * a file only while wrangler reads it. Throws a `Failure` where a step does not do.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOrigin } from '../config/address.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import type { Routing } from '../routing/routing.ts';
import { oneLine } from '../text/untrusted.ts';
import { Failure } from './failure.ts';
import { checked, REQUIRED, type Required, sources } from './secrets.ts';
import type { Ran, RunWrangler } from './wrangler.ts';

export interface DeploymentDeps {
  readonly wrangler: RunWrangler;
  readonly env: { readonly [name: string]: string | undefined };
  /** What rules/routing.yml says; null where there is none. */
  readonly routing: Routing | null;
  /** What is set in .dev.vars. */
  readonly devVars: { readonly [name: string]: string | undefined };
  /** Asks a person for a secret, unseen; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** 32 bytes of chance, as hexadecimal digits. */
  readonly random: () => string;
  /** Adds a line to .dev.vars. */
  readonly keep: (line: string) => void;
  readonly say: (line: string) => void;
}

const WITHOUT: { readonly [name in Required]: string } = {
  NIRVANA_LABS_API_KEY: 'NOTHING IS WATCHED until its key is set: npx wrangler secret put NIRVANA_LABS_API_KEY',
  LINK_SECRET:
    'NOBODY CAN OPERATE IT until a secret is set: openssl rand -hex 32 | npx wrangler secret put LINK_SECRET',
};

/** Deploys; the rules are checked already. */
export async function deploy(deps: DeploymentDeps): Promise<void> {
  const { wrangler, say } = deps;
  await mustBeLoggedIn(wrangler);
  const set = await secretsSet(wrangler);
  const secrets = await collect(deps, set);
  const { code, steps } = await withSecretsFile(secrets, (file) =>
    wrangler(['deploy', ...(file === null ? [] : ['--secrets-file', file])], { show: true }),
  );
  if (code !== 0) throw new Failure('wrangler did not deploy', 'What it printed above says why.');
  const address = addressOf(steps);
  say('');
  say(`Deployed${address === null ? '' : `: ${address}`}. It ticks every minute.`);
  for (const name of REQUIRED) if (!set.includes(name) && !secrets.has(name)) say(WITHOUT[name]);
  for (const line of receiverLines(deps.routing, set)) say(line);
  if (address !== null) await learn(address, set, deps);
  say(`How it is: npm run tocsin -- status --url ${address ?? 'https://tocsin.<your subdomain>.workers.dev'}`);
  if (set.includes('LINK_SECRET') && !deps.devVars.LINK_SECRET && !deps.env.LINK_SECRET) {
    say('(LINK_SECRET in the environment or in .dev.vars must be the Worker’s for that.)');
  }
}

async function mustBeLoggedIn(wrangler: RunWrangler): Promise<void> {
  const { code } = await wrangler(['whoami', '--json'], { show: false });
  if (code === 0) return;
  throw new Failure('you are not logged in to Cloudflare', 'Run: npx wrangler login (or set CLOUDFLARE_API_TOKEN)');
}

/** Names of the secrets that the deployed Worker has; none where there is no Worker yet. */
async function secretsSet(wrangler: RunWrangler): Promise<readonly string[]> {
  const { code, stdout, stderr } = await wrangler(['secret', 'list', '--format', 'json'], { show: false });
  if (code !== 0 && /Worker ".*" not found/.test(`${stdout}${stderr}`)) return [];
  const names = code === 0 ? namesIn(stdout) : null;
  if (names !== null) return names;
  throw new Failure('wrangler can’t say which secrets the Worker has', oneLine(`${stderr} ${stdout}`, 1000));
}

function namesIn(stdout: string): readonly string[] | null {
  try {
    const list: unknown = JSON.parse(stdout.slice(stdout.indexOf('[')));
    if (!Array.isArray(list)) return null;
    return list.flatMap((secret) => (typeof secret?.name === 'string' ? [secret.name as string] : []));
  } catch {
    return null;
  }
}

/** The secrets to bring along. */
async function collect(deps: DeploymentDeps, set: readonly string[]): Promise<Map<Required, string>> {
  const secrets = new Map<Required, string>();
  for (const [name, source] of sources(set, deps.env, deps.devVars)) {
    switch (source.from) {
      case 'environment':
      case '.dev.vars':
        secrets.set(name, source.value);
        deps.say(`${name} is taken from ${source.from === '.dev.vars' ? source.from : 'the environment'}.`);
        break;
      case 'person': {
        const answer = await deps.ask?.(`${name} (of the organization to watch; it is not shown): `);
        const value = answer === undefined ? null : checked(name, { [name]: answer });
        if (value !== null) secrets.set(name, value);
        break;
      }
      case 'chance': {
        // One that nobody can know is of no use: where nobody is asked, it is said to be missing.
        if (deps.ask === null) break;
        const value = deps.random();
        deps.keep(`LINK_SECRET=${value}`);
        deps.say('LINK_SECRET is made, and kept in .dev.vars: "npm run tocsin" needs it.');
        secrets.set(name, value);
        break;
      }
    }
  }
  return secrets;
}

async function withSecretsFile(
  secrets: ReadonlyMap<string, string>,
  run: (file: string | null) => Promise<Ran>,
): Promise<Ran> {
  if (secrets.size === 0) return run(null);
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-'));
  try {
    const file = join(folder, 'secrets.json');
    writeFileSync(file, JSON.stringify(Object.fromEntries(secrets)), { mode: 0o600 });
    return await run(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Which receivers have no address yet. */
function receiverLines(routing: Routing | null, set: readonly string[]): readonly string[] {
  const lacks = (secret: string) => !set.includes(secret);
  if (routing === null) {
    const [first = '', ...others] = RECEIVER_TYPES.map(({ secret }) => secret);
    if (![first, ...others].every(lacks)) return [];
    return [`NOBODY IS TOLD until a receiver is set: npx wrangler secret put ${first} (or ${others.join(', ')})`];
  }
  const { receivers } = routing;
  const unset = receivers.filter(({ secret }) => lacks(secret));
  return [
    ...(unset.length === receivers.length ? ['NOBODY IS TOLD until a receiver is set.'] : []),
    ...unset.map(({ name, secret }) => `The receiver ${name} has no address: npx wrangler secret put ${secret}`),
  ];
}

/**
 * Tells the Worker its own address, which neither cron nor alarms know and links in messages need. A secret, since a
 * later `wrangler deploy` keeps it; and once, since nobody can read it: one that is set may be the user's own.
 */
async function learn(address: string, set: readonly string[], { wrangler, say }: DeploymentDeps): Promise<void> {
  const command = `echo ${address} | npx wrangler secret put PUBLIC_URL`;
  if (set.includes('PUBLIC_URL')) {
    say(`Links in messages lead where PUBLIC_URL says, as before. To lead them here: ${command}`);
    return;
  }
  const { code, stdout, stderr } = await wrangler(['secret', 'put', 'PUBLIC_URL'], { show: false, input: address });
  if (code === 0) say(`Links in messages lead to ${address} (PUBLIC_URL).`);
  // It stands under [vars] in wrangler.toml: the user's own.
  else if (/already in use|10053/.test(`${stdout}${stderr}`)) say('Links in messages lead where PUBLIC_URL says.');
  else say(`MESSAGES HAVE NO LINKS until the Worker knows its address: ${command}`);
}

/** The https address among the targets that wrangler names: a domain of the user's own before workers.dev. */
function addressOf(steps: Ran['steps']): string | null {
  const targets = steps.find(({ type }) => type === 'deploy')?.targets;
  const texts = (Array.isArray(targets) ? targets : []).map(String);
  const found = [...texts.flatMap(ownDomain), ...texts.filter((text) => text.startsWith('https://'))];
  for (const text of found) {
    const read = parseOrigin(text);
    if (read.kind === 'value') return read.value;
  }
  return null;
}

/** `tocsin.example.com (custom domain …)` and `tocsin.example.com/* (zone …)`, as wrangler writes them. */
function ownDomain(target: string): readonly string[] {
  const [, host, rest] = /^([a-z0-9.-]+)(?:\/\*)?( \(.*)?$/i.exec(target) ?? [];
  if (host === undefined || !host.includes('.') || host.endsWith('.workers.dev')) return [];
  const isDomain = target.includes('/*') || /^ \(custom domain/.test(rest ?? '');
  return isDomain && !target.includes('production: disabled') ? [`https://${host}`] : [];
}
