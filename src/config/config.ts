/**
 * The environment, checked once and turned into a typed `Config`; nothing further in sees `env`.
 *
 * Contract: `readConfig` never throws and lists every problem at once. A bad setting stops only what needs it: a bad
 * webhook does not stop the watch, a bad API key stops only what asks the upstream, a bad number falls back to its
 * default; each problem says what happens meanwhile. No problem holds a secret. Pure: no clock, no I/O.
 */

import type { Routing } from '../routing/routing.ts';
import { parseBaseUrl, parseOrigin, parseServiceUrl, parseTeamDomain } from './address.ts';
import { misspellings } from './misspellings.ts';
import {
  type ConfigurableType,
  type ConfiguredReceiver,
  readReceivers,
  receiverSettings,
  sharedSettings,
} from './receivers.ts';
import {
  after,
  bySecret,
  createTake,
  type Environment,
  IN_VARS,
  type Reading,
  readText,
  type SettingProblem,
  type Take,
  value,
} from './setting.ts';
import { readApiKey, readAudience, readBinding, readExpiry, readSecret } from './values.ts';
import { readWatch, type WatchSettings } from './watch.ts';

export type { SettingProblem } from './setting.ts';
export type { StartAt } from './values.ts';
export type { WatchSettings } from './watch.ts';

const DEFAULT_BASE_URL = 'https://api.nirvanalabs.io';

/** `Kv` and `Ledger` are the bindings' types, `Create` makes a receiver: the wiring knows them. */
export interface Config<Kv = KVNamespace, Ledger = DurableObjectNamespace, Create = unknown> {
  /** Everything that is wrong with the settings, errors first; empty when all is well. */
  readonly problems: readonly SettingProblem[];
  /** Null: nothing can be asked of the upstream. */
  readonly upstream: { readonly baseUrl: string; readonly apiKey: string } | null;
  readonly watch: WatchSettings;
  /** Every receiver that is declared or set, usable or not. */
  readonly receivers: readonly ConfiguredReceiver<Create>[];
  /** The Worker's own address, without a slash at its end: for links in messages. Null: there are none. */
  readonly publicUrl: string | null;
  /** Cloudflare Access, where it stands in front: `<team>.cloudflareaccess.com`, and the application's AUD tag. */
  readonly access: { readonly teamDomain: string; readonly audience: string } | null;
  /** Asked for after each walk that ended. */
  readonly heartbeatUrl: string | null;
  /** When the upstream key expires, ms since the epoch. */
  readonly apiKeyExpiresAt: number | null;
  /** Null: no link can be signed or checked. */
  readonly linkSecret: string | null;
  /** How often somebody may ask. Null: nobody counts. */
  readonly rateLimit: RateLimit | null;
  readonly kv: Kv | null;
  readonly ledger: Ledger | null;
}

/** Every setting by name, except those of the receivers. */
export const SETTINGS = [
  'NIRVANA_LABS_API_KEY',
  'NIRVANA_LABS_BASE_URL',
  'LINK_SECRET',
  'PUBLIC_URL',
  'ACCESS_TEAM_DOMAIN',
  'ACCESS_AUD',
  'HEARTBEAT_URL',
  'API_KEY_EXPIRES_AT',
  'START_AT',
  'FIRST_READ',
  'ALLOWED_LATENESS',
  'BLIND_AFTER',
  'RETENTION',
  'PLAN',
] as const;

/** Every binding by name, except those of the receivers. */
export const BINDINGS = ['KV', 'LEDGER', 'RATE_LIMIT'] as const;

/** The names that no receiver's secret may have. */
export function reservedNames(types: readonly ConfigurableType<unknown>[]): readonly string[] {
  return [...SETTINGS, ...BINDINGS, ...sharedSettings(types)];
}

/** Reads the environment of a Worker, and everything that is wrong with it. */
export function readConfig<Kv = KVNamespace, Ledger = DurableObjectNamespace, Create = unknown>(
  env: unknown,
  receiverTypes: readonly ConfigurableType<Create>[],
  routing: Routing | null = null,
): Config<Kv, Ledger, Create> {
  const from: Environment = typeof env === 'object' && env !== null ? (env as Environment) : {};
  const problems: SettingProblem[] = [];

  const take = createTake(problems);

  const apiKey = take('NIRVANA_LABS_API_KEY', readApiKey(from, 'NIRVANA_LABS_API_KEY'), {
    missing: 'is not set',
    meanwhile: 'the audit log is not read: nothing is watched',
    hint: `an API key of the organization that may read its audit log: ${bySecret('NIRVANA_LABS_API_KEY')}`,
  });
  const baseUrl = take('NIRVANA_LABS_BASE_URL', readBaseUrl(from), {
    missing: null,
    meanwhile: 'the audit log is not read: nothing is watched',
    hint: `leave it out for ${DEFAULT_BASE_URL}, or an https address without query, ${IN_VARS}`,
  });
  const linkSecret = take('LINK_SECRET', readSecret(from, 'LINK_SECRET'), {
    missing: 'is not set',
    meanwhile: 'nobody may operate it, no link in a message can be signed, nobody can sign in; the watch goes on',
    hint: `32 random characters or more: openssl rand -hex 32 | ${bySecret('LINK_SECRET')}`,
  });
  const { receivers, problems: receiverProblems } = readReceivers(from, receiverTypes, routing);
  problems.push(...receiverProblems);

  const publicUrl = take('PUBLIC_URL', after(readText(from, 'PUBLIC_URL'), parseOrigin), {
    missing: null,
    meanwhile: NO_LINKS,
    hint: PUBLIC_URL_RIGHT,
  });
  const access = readAccess(from, take);
  const heartbeatUrl = take('HEARTBEAT_URL', after(readText(from, 'HEARTBEAT_URL'), parseServiceUrl), {
    missing: null,
    meanwhile: 'nobody outside is told that it watches',
    hint: `the https address that your monitor gives: ${bySecret('HEARTBEAT_URL')}`,
  });
  const apiKeyExpiresAt = take('API_KEY_EXPIRES_AT', readExpiry(from, 'API_KEY_EXPIRES_AT'), {
    missing: null,
    meanwhile: 'nobody is warned before the API key expires',
    hint: `a date or a time such as \`2026-12-31\` or \`2026-12-31T12:00:00Z\`, ${IN_VARS}`,
  });

  const { watch, notices } = readWatch(from, take);

  const kv = take('KV', readBinding<Kv>(from, 'KV', ['get', 'put', 'delete']), {
    missing: 'is not bound',
    meanwhile: 'the checkpoint is kept by the ledger only: it cannot be read or rewound',
    hint: 'a KV namespace: [[kv_namespaces]] with binding = "KV" in wrangler.toml, then npm run deploy',
  });
  const rateLimit = take('RATE_LIMIT', readBinding<RateLimit>(from, 'RATE_LIMIT', ['limit']), {
    missing: null,
    meanwhile: UNCOUNTED,
    hint: RATE_LIMIT_RIGHT,
  });
  const ledger = take('LEDGER', readBinding<Ledger>(from, 'LEDGER', ['idFromName', 'get']), {
    missing: 'is not bound',
    meanwhile: 'nothing can be recorded: nothing is watched',
    hint: 'the Durable Object: [[durable_objects.bindings]] with name = "LEDGER", class_name = "Ledger" in wrangler.toml, then npm run deploy',
  });

  return {
    problems: errorsFirst([
      ...problems,
      ...notices,
      ...renamed(from),
      ...absences(from),
      ...misspellings(from, [...SETTINGS, ...receiverSettings(receiverTypes, routing)]),
    ]),
    upstream: apiKey === null || baseUrl === null ? null : { baseUrl, apiKey },
    watch,
    receivers,
    publicUrl,
    access,
    heartbeatUrl,
    apiKeyExpiresAt,
    linkSecret,
    rateLimit,
    kv,
    ledger,
  };
}

const NO_LINKS = 'messages have no links, and the entry has to be looked for by hand';
const PUBLIC_URL_RIGHT = `npm run deploy sets it; or the Worker's address alone, such as \`https://tocsin.example.com\`: ${bySecret('PUBLIC_URL')}`;
const UNCOUNTED = 'those who may look may ask as often as they like, and guess as often';
const RATE_LIMIT_RIGHT =
  'the lines [[ratelimits]] with name = "RATE_LIMIT" in wrangler.toml, as the repository has them, then npm run deploy';

function errorsFirst(problems: readonly SettingProblem[]): readonly SettingProblem[] {
  const isError = ({ severity }: SettingProblem) => severity === 'error';
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}

function readBaseUrl(env: Environment): Reading<string> {
  const text = readText(env, 'NIRVANA_LABS_BASE_URL');
  return text.kind === 'absent' ? value(DEFAULT_BASE_URL) : after(text, parseBaseUrl);
}

/** Both, or neither: a token that any application of the team could have would let in whoever may use that one. */
function readAccess(env: Environment, take: Take): Config['access'] {
  const team = after(readText(env, 'ACCESS_TEAM_DOMAIN'), parseTeamDomain);
  const aud = readAudience(env, 'ACCESS_AUD');
  const meanwhile = 'nobody is let in by Cloudflare Access; viewer tokens and links work';
  const teamDomain = take('ACCESS_TEAM_DOMAIN', team, {
    missing: aud.kind === 'absent' ? null : 'is not set, and ACCESS_AUD is',
    meanwhile,
    hint: `your team's domain, such as \`example.cloudflareaccess.com\`, ${IN_VARS}`,
  });
  const audience = take('ACCESS_AUD', aud, {
    missing: team.kind === 'absent' ? null : 'is not set, and ACCESS_TEAM_DOMAIN is',
    meanwhile,
    hint: `the Application Audience (AUD) tag of the Access application, 64 hexadecimal digits, ${IN_VARS}`,
  });
  return teamDomain === null || audience === null ? null : { teamDomain, audience };
}

/** Settings of version 0.1, and what they are called since. */
const RENAMED: { readonly [name: string]: string } = { OVERLAP: 'ALLOWED_LATENESS' };

/** Settings that stand under an old name: an error, since nothing reads them. */
function renamed(env: Environment): SettingProblem[] {
  return Object.entries(RENAMED).flatMap(([old, name]) => {
    if (readText(env, old).kind === 'absent') return [];
    return [
      {
        setting: old,
        severity: 'error' as const,
        problem: `is now called ${name}`,
        meanwhile: `it is not read: ${name} has its own value or the default`,
        hint: `rename it to ${name}, ${IN_VARS}`,
      },
    ];
  });
}

/** What may be left out, and is missed. */
function absences(env: Environment): SettingProblem[] {
  const rows = [
    ['PUBLIC_URL', readText(env, 'PUBLIC_URL'), 'is not set', NO_LINKS, PUBLIC_URL_RIGHT],
    ['RATE_LIMIT', readBinding(env, 'RATE_LIMIT', []), 'is not bound', UNCOUNTED, RATE_LIMIT_RIGHT],
  ] as const;
  return rows.flatMap(([setting, reading, problem, meanwhile, hint]) =>
    reading.kind === 'absent' ? [{ setting, severity: 'notice' as const, problem, meanwhile, hint }] : [],
  );
}
