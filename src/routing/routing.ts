/**
 * Routing: which receivers hear of what. `rules/routing.yml` declares it, the build checks it (routing-file.ts) and
 * writes it beside the rules; without the file, every receiver whose secret is set hears of `low` and above.
 *
 * Contract: plain, serializable data and pure decisions.
 */
import { LEVELS, type Level } from '../sigma/index.ts';

export const RECEIVER_TYPES = ['slack', 'email', 'webhook'] as const;
export type ReceiverType = (typeof RECEIVER_TYPES)[number];

/** A receiver as `rules/routing.yml` declares it. Settings are named here and never held. */
export interface DeclaredReceiver {
  /** Unique; deliveries are kept under it. */
  readonly name: string;
  readonly type: ReceiverType;
  /** The setting that holds its address: a webhook's URL, or whom to mail (several with commas between). */
  readonly secret: string;
  /** For a webhook: the setting that holds the key its messages are signed with. */
  readonly signingSecret: string | null;
  /** It hears of this level and above. */
  readonly minLevel: Level;
}

export interface Routing {
  readonly receivers: readonly DeclaredReceiver[];
}

/** Where alerts go unless a receiver says otherwise: "no alerting should be triggered by [informational] rules" (Sigma). */
export const LEAST_LEVEL: Level = 'low';

/** What each type takes where `routing.yml` names no setting, or there is no such file. */
export const DEFAULT_SECRETS: {
  readonly [type in ReceiverType]: { readonly secret: string; readonly signingSecret: string | null };
} = {
  slack: { secret: 'SLACK_WEBHOOK_URL', signingSecret: null },
  email: { secret: 'EMAIL_TO', signingSecret: null },
  webhook: { secret: 'WEBHOOK_URL', signingSecret: 'WEBHOOK_SECRET' },
};

/** A receiver as the ledger knows it. */
export interface RoutedReceiver {
  readonly name: string;
  readonly minLevel: Level;
  /** Why nothing can be sent there, in words: its setting is missing or wrong. Null: it can. */
  readonly problem: string | null;
}

/** Whether a receiver hears of an alert, and why not. */
export type RouteDecision = { readonly send: true } | { readonly send: false; readonly reason: string };

/** Whether `route` hears of alerts of this level. */
export function decideRoute(route: RoutedReceiver, level: Level): RouteDecision {
  if (LEVELS.indexOf(level) >= LEVELS.indexOf(route.minLevel)) return { send: true };
  return { send: false, reason: `below its level: it hears of ${route.minLevel} and above` };
}
