/**
 * The settings of acts from PagerDuty: what proves that PagerDuty sent them, and what finds the alerts of an incident.
 *
 * Contract: pure; a problem never holds a secret.
 */
import type { Routing } from '../routing/routing.ts';
import {
  after,
  bySecret,
  type Environment,
  type Reading,
  readChoice,
  readText,
  type SettingProblem,
  type Take,
  value,
  wrong,
} from './setting.ts';

export interface PagerDutyActs {
  /** Of the webhook subscriptions; several where there are several, or one is being replaced. */
  readonly secrets: readonly string[];
  /** The REST API. Null: the alerts of an incident without a key are not known. */
  readonly api: { readonly origin: string; readonly token: string } | null;
  /** The names of the receivers at PagerDuty. */
  readonly receivers: readonly string[];
}

const TYPE = 'pagerduty';
const SECRET = 'PAGERDUTY_WEBHOOK_SECRET';
const TOKEN = 'PAGERDUTY_API_TOKEN';
export const REGION = 'PAGERDUTY_REGION';
const SECRETS_MAX = 10;

/** https://support.pagerduty.com/main/docs/service-regions.md ("API Access URLs"). */
const API_ORIGINS = { us: 'https://api.pagerduty.com', eu: 'https://api.eu.pagerduty.com' } as const;

export function readRegion(env: Environment): Reading<'us' | 'eu'> {
  const chosen = readChoice(env, REGION, ['us', 'eu']);
  return chosen.kind === 'absent' ? value('us') : chosen;
}

/** Null: nothing from PagerDuty counts. */
export function readPagerDutyActs(env: Environment, take: Take, routing: Routing | null): PagerDutyActs | null {
  const token = take(TOKEN, after(readText(env, TOKEN), parseToken), {
    missing: null,
    meanwhile: 'what is done in PagerDuty does not come back where its service creates alerts',
    hint: `set it to a read-only key of PagerDuty's REST API: ${bySecret(TOKEN)}`,
  });
  const secrets = take(SECRET, after(readText(env, SECRET), parseSecrets), {
    missing: token === null ? null : `is not set, but ${TOKEN} is`,
    meanwhile: 'what is done in PagerDuty does not come back',
    hint: `set it to the secret of the webhook subscription: ${bySecret(SECRET)}`,
  });
  if (secrets === null) return null;
  // A wrong region is a problem of the receivers.
  const region = readRegion(env);
  const api = token === null || region.kind !== 'value' ? null : { origin: API_ORIGINS[region.value], token };
  const receivers = routing?.receivers.filter(({ type }) => type === TYPE).map(({ name }) => name) ?? [TYPE];
  return { secrets, api, receivers };
}

/** A notice where the token is missing: an incident of a service that creates alerts, the default, has no key. */
export function missingToken(env: Environment): readonly SettingProblem[] {
  if (readText(env, SECRET).kind === 'absent' || readText(env, TOKEN).kind !== 'absent') return [];
  return [
    {
      setting: TOKEN,
      severity: 'notice',
      problem: `is not set, but ${SECRET} is`,
      meanwhile: 'what is done in PagerDuty comes back only where its service creates no alerts',
      hint: `set it to a read-only key of PagerDuty's REST API: ${bySecret(TOKEN)}`,
    },
  ];
}

/** Whether what is done in PagerDuty comes back, whatever its services create. */
export function comesBack(env: Environment): boolean {
  const isGood = (name: string, parse: (text: string) => Reading<unknown>) =>
    after(readText(env, name), parse).kind === 'value';
  return isGood(SECRET, parseSecrets) && isGood(TOKEN, parseToken);
}

/** The form of a secret is not documented: "a strong unique secret" (https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md). */
function parseSecrets(text: string): Reading<readonly string[]> {
  const secrets = text.split(/[\s,]+/).filter((secret) => secret !== '');
  const other = secrets.findIndex((secret) => !/^[!-~]{16,200}$/.test(secret));
  if (other >= 0) return wrong(`has at place ${other + 1} what is not 16 to 200 characters`);
  return secrets.length <= SECRETS_MAX ? value(secrets) : wrong(`has more than ${SECRETS_MAX} secrets`);
}

/** https://support.pagerduty.com/main/docs/api-access-keys has keys of 20 characters. */
function parseToken(text: string): Reading<string> {
  return /^[\w+-]{20,100}$/.test(text) ? value(text) : wrong('is not a key of the REST API: it has 20 characters');
}
