/**
 * The environment, checked once and turned into a typed `Config`; no other code reads `env`.
 *
 * Contract: `readConfig` never throws and lists every problem at once. A wrong setting stops only what needs it: a wrong
 * webhook does not stop reading, a wrong API key stops only requests to the upstream, a wrong number falls back to its
 * default. Each problem says what happens until it is fixed. No problem holds a secret. Pure: no clock, no I/O.
 */

import type { Routing } from '../routing/routing.ts';
import { parseBaseUrl, parseOrigin, parseServiceUrl, parseTeamDomain } from './address.ts';
import { misspellings } from './misspellings.ts';
import { missingToken, type PagerDutyActs, readPagerDutyActs } from './pagerduty-acts.ts';
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
  wrong,
} from './setting.ts';
import { readSlackActions, type SlackActions } from './slack-actions.ts';
import { readApiKey, readAudience, readBinding, readExpiry, readSecret } from './values.ts';
import { readWatch, type WatchSettings } from './watch.ts';

export type { SettingProblem } from './setting.ts';
export type { StartAt } from './values.ts';
export type { WatchSettings } from './watch.ts';

const DEFAULT_BASE_URL = 'https://api.nirvanalabs.io';

/** `Kv` and `Ledger` are the bindings' types, `Create` makes a receiver: the wiring knows them. */
export interface Config<Kv = KVNamespace, Ledger = DurableObjectNamespace, Create = unknown> {
  /** Everything that is wrong with the settings, errors first. */
  readonly problems: readonly SettingProblem[];
  /** Null: the upstream can't be read. */
  readonly upstream: { readonly baseUrl: string; readonly apiKey: string } | null;
  readonly watch: WatchSettings;
  /** Every receiver that is declared or set, whether it can be used or not. */
  readonly receivers: readonly ConfiguredReceiver<Create>[];
  /** What the receivers are from. Null: there is no routing.yml. */
  readonly routing: Routing | null;
  /** The Worker's own address without a trailing slash. Null: messages have no links. */
  readonly publicUrl: string | null;
  /** Cloudflare Access, if it protects the pages: `<team>.cloudflareaccess.com`, and the application's AUD tag. */
  readonly access: { readonly teamDomain: string; readonly audience: string } | null;
  /** What acts from Slack need. Null: nothing from Slack counts. */
  readonly slack: SlackActions | null;
  /** What acts from PagerDuty need. Null: nothing from PagerDuty counts. */
  readonly pagerduty: PagerDutyActs | null;
  /** Pinged after every complete read. */
  readonly heartbeatUrl: string | null;
  /** When the upstream key expires, ms since the epoch. */
  readonly apiKeyExpiresAt: number | null;
  /** Null: links can be neither signed nor verified, and our own requests have no marks. */
  readonly linkSecret: string | null;
  /** The secret before, while what it signed is still verified. */
  readonly linkSecretPrevious: string | null;
  /** Limits requests per caller. Null: there is no limit. */
  readonly rateLimit: RateLimit | null;
  /** The same, with a higher limit, for networks of many. */
  readonly rateLimitWide: RateLimit | null;
  /** The static assets. Null: pages have no style, and rules no file. */
  readonly assets: Pick<Fetcher, 'fetch'> | null;
  readonly kv: Kv | null;
  readonly ledger: Ledger | null;
}

/** Every setting by name, except those of the receivers. */
export const SETTINGS = [
  'NIRVANA_LABS_API_KEY',
  'NIRVANA_LABS_BASE_URL',
  'LINK_SECRET',
  'LINK_SECRET_PREVIOUS',
  'PUBLIC_URL',
  'ACCESS_TEAM_DOMAIN',
  'ACCESS_AUD',
  'SLACK_SIGNING_SECRET',
  'SLACK_RESPONDERS',
  'PAGERDUTY_WEBHOOK_SECRET',
  'PAGERDUTY_API_TOKEN',
  'HEARTBEAT_URL',
  'API_KEY_EXPIRES_AT',
  'API_KEY_SHARED',
  'START_AT',
  'FIRST_READ',
  'ALLOWED_LATENESS',
  'BLIND_AFTER',
  'RETENTION',
  'PLAN',
] as const;

/** Every binding by name, except those of the receivers. */
export const BINDINGS = ['KV', 'LEDGER', 'RATE_LIMIT', 'RATE_LIMIT_WIDE', 'ASSETS'] as const;

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

  const upstream = readUpstream(from, take);
  const linkSecret = take('LINK_SECRET', readSecret(from, 'LINK_SECRET'), {
    missing: 'is not set',
    meanwhile:
      'nobody can sign in or run operator commands, messages have no signed links, and a stolen API key is not noticed; the audit log is still watched',
    hint: `set it to 32 or more random characters: openssl rand -hex 32 | ${bySecret('LINK_SECRET')}`,
  });
  const linkSecretPrevious = take('LINK_SECRET_PREVIOUS', readPrevious(from, linkSecret), {
    missing: null,
    meanwhile: 'links, sessions and marks made with an older secret are invalid',
    hint: `set it to what LINK_SECRET was: ${bySecret('LINK_SECRET_PREVIOUS')}; or npx wrangler secret delete LINK_SECRET_PREVIOUS`,
  });
  const { receivers, problems: receiverProblems } = readReceivers(from, receiverTypes, routing);
  problems.push(...receiverProblems);

  const publicUrl = take('PUBLIC_URL', after(readText(from, 'PUBLIC_URL'), parseOrigin), {
    missing: null,
    meanwhile: NO_LINKS,
    hint: PUBLIC_URL_HINT,
  });
  const access = readAccess(from, take);
  const slack = readSlackActions(from, take);
  const pagerduty = readPagerDutyActs(from, take, routing);
  const heartbeatUrl = take('HEARTBEAT_URL', after(readText(from, 'HEARTBEAT_URL'), parseServiceUrl), {
    missing: null,
    meanwhile: 'no monitor is pinged',
    hint: `set it to the https URL that your monitor gives you: ${bySecret('HEARTBEAT_URL')}`,
  });
  const apiKeyExpiresAt = take('API_KEY_EXPIRES_AT', readExpiry(from, 'API_KEY_EXPIRES_AT'), {
    missing: null,
    meanwhile: 'nobody is warned before the API key expires',
    hint: `set it to a date or a time such as \`2026-12-31\` or \`2026-12-31T12:00:00Z\`, ${IN_VARS}`,
  });

  const { watch, notices } = readWatch(from, take);

  const bindings = readBindings<Kv, Ledger>(from, take);

  return {
    problems: errorsFirst([
      ...problems,
      ...notices,
      ...renamed(from),
      ...missingOptions(from),
      ...missingToken(from),
      ...misspellings(from, [...SETTINGS, ...receiverSettings(receiverTypes, routing)]),
    ]),
    upstream,
    watch,
    receivers,
    routing,
    publicUrl,
    access,
    slack,
    pagerduty,
    heartbeatUrl,
    apiKeyExpiresAt,
    linkSecret,
    linkSecretPrevious,
    ...bindings,
  };
}

const NOTHING_WATCHED = 'the audit log is not read, so nothing is watched';
const NO_LINKS = 'messages have no links: alerts and entries must be looked up by hand';
const PUBLIC_URL_HINT = `npm run deploy sets it; or set it to the Worker's address, such as \`https://tocsin.example.com\`: ${bySecret('PUBLIC_URL')}`;
/** Without the binding of a limit. */
const NO_LIMIT = {
  RATE_LIMIT: 'requests are not limited, and neither are guesses at tokens',
  RATE_LIMIT_WIDE: 'requests are limited by address, and not by the network around it',
} as const;
const NO_ASSETS = 'pages are plain, and the page of a rule does not show its file';
const ASSETS_HINT = 'add [assets] to wrangler.toml, as in the repository, then npm run deploy';
const rateLimitHint = (name: string): string =>
  `add [[ratelimits]] with name = "${name}" to wrangler.toml, as in the repository, then npm run deploy`;

function readUpstream(from: Environment, take: Take): Config['upstream'] {
  const apiKey = take('NIRVANA_LABS_API_KEY', readApiKey(from, 'NIRVANA_LABS_API_KEY'), {
    missing: 'is not set',
    meanwhile: NOTHING_WATCHED,
    hint: `set it to an API key of the organization that may read its audit log: ${bySecret('NIRVANA_LABS_API_KEY')}`,
  });
  const baseUrl = take('NIRVANA_LABS_BASE_URL', readBaseUrl(from), {
    missing: null,
    meanwhile: NOTHING_WATCHED,
    hint: `remove it for ${DEFAULT_BASE_URL}, or set it to an https URL without a query, ${IN_VARS}`,
  });
  return apiKey === null || baseUrl === null ? null : { baseUrl, apiKey };
}

function readBindings<Kv, Ledger>(
  from: Environment,
  take: Take,
): Pick<Config<Kv, Ledger>, 'kv' | 'rateLimit' | 'rateLimitWide' | 'assets' | 'ledger'> {
  const kv = take('KV', readBinding<Kv>(from, 'KV', ['get', 'put', 'delete']), {
    missing: 'is not bound',
    meanwhile: "you can't see the checkpoint, rewind, or use viewer tokens",
    hint: 'add [[kv_namespaces]] with binding = "KV" to wrangler.toml, then npm run deploy',
  });
  const readLimit = (name: keyof typeof NO_LIMIT): RateLimit | null =>
    take(name, readBinding<RateLimit>(from, name, ['limit']), {
      missing: null,
      meanwhile: NO_LIMIT[name],
      hint: rateLimitHint(name),
    });
  const [rateLimit, rateLimitWide] = [readLimit('RATE_LIMIT'), readLimit('RATE_LIMIT_WIDE')];
  const assets = take('ASSETS', readBinding<Pick<Fetcher, 'fetch'>>(from, 'ASSETS', ['fetch']), {
    missing: null,
    meanwhile: NO_ASSETS,
    hint: ASSETS_HINT,
  });
  const ledger = take('LEDGER', readBinding<Ledger>(from, 'LEDGER', ['idFromName', 'get']), {
    missing: 'is not bound',
    meanwhile: 'nothing can be recorded, so nothing is watched',
    hint: 'add [[durable_objects.bindings]] with name = "LEDGER", class_name = "Ledger" to wrangler.toml, then npm run deploy',
  });
  return { kv, rateLimit, rateLimitWide, assets, ledger };
}

function errorsFirst(problems: readonly SettingProblem[]): readonly SettingProblem[] {
  const isError = ({ severity }: SettingProblem) => severity === 'error';
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}

function readPrevious(env: Environment, linkSecret: string | null): Reading<string> {
  return after(readSecret(env, 'LINK_SECRET_PREVIOUS'), (text) =>
    text === linkSecret ? wrong('is the same as LINK_SECRET') : value(text),
  );
}

function readBaseUrl(env: Environment): Reading<string> {
  const text = readText(env, 'NIRVANA_LABS_BASE_URL');
  return text.kind === 'absent' ? value(DEFAULT_BASE_URL) : after(text, parseBaseUrl);
}

/** Both or neither: without the audience, a token for any other application of the team would be accepted. */
function readAccess(env: Environment, take: Take): Config['access'] {
  const team = after(readText(env, 'ACCESS_TEAM_DOMAIN'), parseTeamDomain);
  const aud = readAudience(env, 'ACCESS_AUD');
  const meanwhile = 'Cloudflare Access authenticates nobody; viewer tokens and links work';
  const teamDomain = take('ACCESS_TEAM_DOMAIN', team, {
    missing: aud.kind === 'absent' ? null : 'is not set, but ACCESS_AUD is',
    meanwhile,
    hint: `set it to your team's domain, such as \`example.cloudflareaccess.com\`, ${IN_VARS}`,
  });
  const audience = take('ACCESS_AUD', aud, {
    missing: team.kind === 'absent' ? null : 'is not set, but ACCESS_TEAM_DOMAIN is',
    meanwhile,
    hint: `set it to the Application Audience (AUD) tag of the Access application, 64 hexadecimal digits, ${IN_VARS}`,
  });
  return teamDomain === null || audience === null ? null : { teamDomain, audience };
}

/** Settings of version 0.1, and their names since. */
const RENAMED: { readonly [name: string]: string } = { OVERLAP: 'ALLOWED_LATENESS' };

/** Settings with an old name: an error, since nothing reads them. */
function renamed(env: Environment): SettingProblem[] {
  return Object.entries(RENAMED).flatMap(([old, name]) => {
    if (readText(env, old).kind === 'absent') return [];
    return [
      {
        setting: old,
        severity: 'error' as const,
        problem: `is now called ${name}`,
        meanwhile: `it is ignored: ${name} has its own value or the default`,
        hint: `rename it to ${name}, ${IN_VARS}`,
      },
    ];
  });
}

/** What is optional and recommended. */
function missingOptions(env: Environment): SettingProblem[] {
  const rows = [
    ['PUBLIC_URL', readText(env, 'PUBLIC_URL'), 'is not set', NO_LINKS, PUBLIC_URL_HINT],
    ...Object.entries(NO_LIMIT).map(
      ([name, meanwhile]) =>
        [name, readBinding(env, name, []), 'is not bound', meanwhile, rateLimitHint(name)] as const,
    ),
    ['ASSETS', readBinding(env, 'ASSETS', []), 'is not bound', NO_ASSETS, ASSETS_HINT],
  ] as const;
  return rows.flatMap(([setting, reading, problem, meanwhile, hint]) =>
    reading.kind === 'absent' ? [{ setting, severity: 'notice' as const, problem, meanwhile, hint }] : [],
  );
}
