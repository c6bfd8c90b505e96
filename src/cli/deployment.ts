/**
 * The steps of a deployment, with a given wrangler: login, secrets, upload, address, what to do next.
 *
 * Contract: everything that can be checked here is checked before the upload. A secret is never printed, and wrangler gets
 * it by its standard input: of the secrets only a generated LINK_SECRET is written to a file, .dev.vars. Throws a `Failure`
 * if a step fails.
 */
import { parseOrigin } from '../config/address.ts';
import type { Environment } from '../config/setting.ts';
import { readApiKey, readSecret } from '../config/values.ts';
import { RECEIVER_TYPES } from '../notify/registry.ts';
import type { Routing } from '../routing/routing.ts';
import { parseJson } from '../text/json.ts';
import { oneLine } from '../text/untrusted.ts';
import { CALLED_WRONGLY, Failure } from './failure.ts';
import { findKvNamespace, readKvNamespace, withKvNamespace } from './kv-namespace.ts';
import type { RunWrangler, WranglerResult } from './wrangler.ts';

export interface DeploymentDeps {
  readonly wrangler: RunWrangler;
  readonly env: { readonly [name: string]: string | undefined };
  /** From rules/routing.yml; null if there is no such file. */
  readonly routing: Routing | null;
  /** The variables in .dev.vars. */
  readonly devVars: { readonly [name: string]: string | undefined };
  /** Asks a person for a secret without echo; null if nobody can be asked. */
  readonly ask: ((question: string) => Promise<string>) | null;
  /** Asks a person yes or no; null if nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | null;
  /** The id of the KV namespace to use; null: the Worker's own, or a new one. */
  readonly kvNamespace: string | null;
  /** The text of wrangler.toml. */
  readonly config: string;
  readonly writeConfig: (text: string) => void;
  /** 32 random bytes, as hexadecimal digits. */
  readonly random: () => string;
  /** Adds a line to .dev.vars. */
  readonly addDevVar: (line: string) => void;
  readonly print: (line: string) => void;
}

const IF_MISSING: { readonly [name in Required]: string } = {
  NIRVANA_LABS_API_KEY: 'NOTHING IS WATCHED until the key is set: npx wrangler secret put NIRVANA_LABS_API_KEY',
  LINK_SECRET:
    'NOBODY CAN OPERATE IT until a secret is set: openssl rand -hex 32 | npx wrangler secret put LINK_SECRET',
};

/** Deploys. The caller has checked the rules. */
export async function deploy(deps: DeploymentDeps): Promise<void> {
  const { wrangler, print } = deps;
  await mustBeLoggedIn(wrangler);
  const existing = await secretsSet(wrangler);
  await chooseNamespace(deps, existing === null);
  const set = existing ?? [];
  const secrets = await collect(deps, set);
  const { code, steps } = await wrangler(['deploy'], { show: true });
  const step = steps.find(({ type }) => type === 'deploy');
  if (code !== 0 || step === undefined) throw await notDeployed(deps);
  const address = addressOf(step);
  print('');
  print(`Deployed${address === null ? '' : `: ${address}`}. It reads the log every minute.`);
  await uploadSecrets(secrets, wrangler);
  for (const name of REQUIRED) if (!set.includes(name) && !secrets.has(name)) print(IF_MISSING[name]);
  for (const line of receiverLines(deps.routing, set)) print(line);
  if (address !== null) await setPublicUrl(address, set, deps);
  print(`Check it: npm run tocsin -- status --url ${address ?? 'https://tocsin.<your subdomain>.workers.dev'}`);
  if (set.includes('LINK_SECRET') && !deps.devVars.LINK_SECRET && !deps.env.LINK_SECRET) {
    print("(That needs the Worker's LINK_SECRET in the environment or in .dev.vars.)");
  }
}

async function mustBeLoggedIn(wrangler: RunWrangler): Promise<void> {
  const { code } = await wrangler(['whoami', '--json'], { show: false });
  if (code === 0) return;
  throw new Failure('you are not logged in to Cloudflare', 'Run: npx wrangler login (or set CLOUDFLARE_API_TOKEN)');
}

/** Names of the deployed Worker's secrets; null if there is no Worker yet. */
async function secretsSet(wrangler: RunWrangler): Promise<readonly string[] | null> {
  const { code, stdout, stderr } = await wrangler(['secret', 'list', '--format', 'json'], { show: false });
  if (code !== 0 && /Worker ".*" not found/.test(`${stdout}${stderr}`)) return null;
  const names = code === 0 ? namesIn(stdout) : null;
  if (names !== null) return names;
  throw new Failure("wrangler can't list the Worker's secrets", oneLine(`${stderr} ${stdout}`, 1000));
}

/** Writes the id of the KV namespace into wrangler.toml where wrangler could not find or create one by itself. */
async function chooseNamespace(deps: DeploymentDeps, isFirst: boolean): Promise<void> {
  const { title, id } = readKvNamespace(deps.config);
  let chosen = deps.kvNamespace;
  if (chosen === null && isFirst && id === null) {
    const found = await findKvNamespace(title, deps.wrangler);
    if (found === null) return;
    const question = `The KV namespace ${title} of an earlier deployment exists (id ${found}).
Use it? The viewer tokens in it become valid again. [y/N] `;
    if (!(await deps.confirm?.(question))) {
      throw new Failure(`a KV namespace ${title} exists already, of an earlier deployment`, otherNamespace(found));
    }
    chosen = found;
  }
  if (chosen === null || chosen === id) return;
  deps.writeConfig(withKvNamespace(deps.config, chosen));
  deps.print(`The KV namespace is now in wrangler.toml: id = "${chosen}"`);
}

function otherNamespace(id: string): string {
  return `To use it: npm run deploy -- --kv-namespace ${id} (the viewer tokens in it become valid again).
To begin with an empty one: npx wrangler kv namespace delete --namespace-id ${id}, then npm run deploy.`;
}

/** Why wrangler failed is on the terminal, but not what can be done about a namespace that is in its way. */
async function notDeployed({ wrangler, config, kvNamespace }: DeploymentDeps): Promise<Failure> {
  const { title, id } = readKvNamespace(config);
  const found = id === null && kvNamespace === null ? await findKvNamespace(title, wrangler) : null;
  const hint = found === null ? '' : `\nIf it is that the KV namespace ${title} exists:\n${otherNamespace(found)}`;
  return new Failure('wrangler did not deploy', `Its output above says why.${hint}`);
}

function namesIn(stdout: string): readonly string[] | null {
  const list = parseJson(stdout.slice(stdout.indexOf('[')));
  if (!Array.isArray(list)) return null;
  return list.flatMap((secret) => (typeof secret?.name === 'string' ? [secret.name as string] : []));
}

/** The secrets to upload with the Worker. */
async function collect(deps: DeploymentDeps, set: readonly string[]): Promise<Map<Required, string>> {
  const secrets = new Map<Required, string>();
  for (const [name, source] of sources(set, deps.env, deps.devVars)) {
    switch (source.from) {
      case 'environment':
      case '.dev.vars':
        secrets.set(name, source.value);
        deps.print(`${name} comes from ${source.from === '.dev.vars' ? source.from : 'the environment'}.`);
        break;
      case 'person': {
        const answer = await deps.ask?.(`${name} (of the organization to watch; input is hidden): `);
        const value = answer === undefined ? null : checked(name, { [name]: answer });
        if (value !== null) secrets.set(name, value);
        break;
      }
      case 'generated': {
        // Without a person to keep it, nobody would know it: it is reported as missing instead.
        if (deps.ask === null) break;
        const value = deps.random();
        deps.addDevVar(`LINK_SECRET=${value}`);
        deps.print('LINK_SECRET was generated and saved in .dev.vars, where "npm run tocsin" reads it.');
        secrets.set(name, value);
        break;
      }
    }
  }
  return secrets;
}

/**
 * Uploads the secrets to the Worker, which exists by now. Not by `wrangler deploy --secrets-file`: a file outlives a process
 * that is killed. Until it is done, the Worker watches nothing and lets nobody in.
 */
async function uploadSecrets(secrets: ReadonlyMap<Required, string>, wrangler: RunWrangler): Promise<void> {
  if (secrets.size === 0) return;
  const input = JSON.stringify(Object.fromEntries(secrets));
  const { code, stdout, stderr } = await wrangler(['secret', 'bulk'], { show: false, input });
  // It also exits with 0 where it has uploaded nothing.
  if (code === 0 && [...secrets.keys()].every((name) => stdout.includes(`created secret for key: ${name}`))) return;
  let problem = `${stderr} ${stdout}`;
  for (const value of secrets.values()) problem = problem.replaceAll(value, '…');
  throw new Failure(
    `the Worker is deployed, but ${[...secrets.keys()].join(' and ')} could not be set: IT DOES NOT WORK YET`,
    `Run npm run deploy again: it sets what is missing. wrangler said: ${oneLine(problem, 1000)}`,
  );
}

/** The receivers that have no address yet. */
function receiverLines(routing: Routing | null, set: readonly string[]): readonly string[] {
  const lacks = (secret: string) => !set.includes(secret);
  if (routing === null) {
    const [first = '', ...others] = RECEIVER_TYPES.map(({ secret }) => secret);
    if (![first, ...others].every(lacks)) return [];
    return [`NOBODY IS NOTIFIED until a receiver is set: npx wrangler secret put ${first} (or ${others.join(', ')})`];
  }
  const { receivers } = routing;
  const unset = receivers.filter(({ secret }) => lacks(secret));
  return [
    ...(unset.length === receivers.length ? ['NOBODY IS NOTIFIED until a receiver is set.'] : []),
    ...unset.map(({ name, secret }) => `The receiver ${name} has no address: npx wrangler secret put ${secret}`),
  ];
}

/**
 * Sets the Worker's own address, which links in messages need and neither cron nor alarms know. It is a secret because
 * later deployments keep secrets; it is set only once, because an existing one may be the user's and can't be read.
 */
async function setPublicUrl(
  address: string,
  set: readonly string[],
  { wrangler, print }: DeploymentDeps,
): Promise<void> {
  const command = `echo ${address} | npx wrangler secret put PUBLIC_URL`;
  if (set.includes('PUBLIC_URL')) {
    print(`Links in messages still use PUBLIC_URL. To use this address: ${command}`);
    return;
  }
  const { code, stdout, stderr } = await wrangler(['secret', 'put', 'PUBLIC_URL'], { show: false, input: address });
  if (code === 0) print(`Links in messages use ${address} (PUBLIC_URL).`);
  // The user has set it under [vars] in wrangler.toml.
  else if (/already in use|10053/.test(`${stdout}${stderr}`)) print('Links in messages use PUBLIC_URL.');
  else print(`MESSAGES HAVE NO LINKS until PUBLIC_URL is set: ${command}`);
}

/** The https address among wrangler's targets: the user's own domain before workers.dev. */
function addressOf({ targets }: WranglerResult['steps'][number]): string | null {
  const texts = (Array.isArray(targets) ? targets : []).map(String);
  const found = [...texts.flatMap(ownDomain), ...texts.filter((text) => text.startsWith('https://'))];
  for (const text of found) {
    const read = parseOrigin(text);
    if (read.kind === 'value') return read.value;
  }
  return null;
}

/** From `tocsin.example.com (custom domain …)` or `tocsin.example.com/* (zone …)`, as wrangler prints them. */
function ownDomain(target: string): readonly string[] {
  const [, host, rest] = /^([a-z0-9.-]+)(?:\/\*)?( \(.*)?$/i.exec(target) ?? [];
  if (host === undefined || !host.includes('.') || host.endsWith('.workers.dev')) return [];
  const isDomain = target.includes('/*') || /^ \(custom domain/.test(rest ?? '');
  return isDomain && !target.includes('production: disabled') ? [`https://${host}`] : [];
}

export const REQUIRED = ['NIRVANA_LABS_API_KEY', 'LINK_SECRET'] as const;

export type Required = (typeof REQUIRED)[number];

/** Where a missing secret comes from. */
export type Source =
  | { readonly from: 'environment' | '.dev.vars'; readonly value: string }
  /** A person must be asked. */
  | { readonly from: 'person' }
  | { readonly from: 'generated' };

const READERS = { NIRVANA_LABS_API_KEY: readApiKey, LINK_SECRET: readSecret } as const;

/** The source of each required secret that is not among `set`. */
export function sources(set: readonly string[], env: Environment, devVars: Environment): Map<Required, Source> {
  const found = new Map<Required, Source>();
  for (const name of REQUIRED) {
    if (set.includes(name)) continue;
    const fromEnv = checked(name, env);
    // A key in .dev.vars may be for local tests: it is not uploaded unasked. The link secret is ours.
    const fromFile = name === 'LINK_SECRET' ? checked(name, devVars) : null;
    if (fromEnv !== null) found.set(name, { from: 'environment', value: fromEnv });
    else if (fromFile !== null) found.set(name, { from: '.dev.vars', value: fromFile });
    else found.set(name, { from: name === 'LINK_SECRET' ? 'generated' : 'person' });
  }
  return found;
}

/** The value as the Worker reads it; null if it is absent. Throws a `Failure` if it is invalid. */
export function checked(name: Required, values: Environment): string | null {
  const read = READERS[name](values, name);
  if (read.kind === 'wrong') throw new Failure(`${name} ${read.problem}`, 'Nothing was deployed.', CALLED_WRONGLY);
  return read.kind === 'value' ? read.value : null;
}
