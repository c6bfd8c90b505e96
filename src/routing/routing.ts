/**
 * Routing: which receivers are notified of what. `rules/routing.yml` declares it, the build checks it (routing-file.ts)
 * and writes it beside the rules. Without the file, every receiver whose secret is set is notified of `low` and above.
 *
 * Contract: plain, serializable data and pure decisions.
 */
import { LEVELS, type Level } from '../sigma/index.ts';

/** What routing knows of a type of receiver. */
export interface RoutableType {
  /** What `type:` says in routing.yml. */
  readonly type: string;
  /** The setting that holds a receiver's address (a URL, or mail addresses) where routing.yml names none. */
  readonly secret: string;
  /** The setting that holds the key its messages are signed with, where routing.yml names none. Null: not signed. */
  readonly signingSecret: string | null;
}

/** A receiver as `rules/routing.yml` declares it. It names its settings and never holds their values. */
export interface DeclaredReceiver extends RoutableType {
  /** Unique; deliveries are kept under it, and under `NAME/2` for the second address in its secret. */
  readonly name: string;
  /** It is notified of alerts of this level and above. */
  readonly minLevel: Level;
}

export interface Routing {
  readonly receivers: readonly DeclaredReceiver[];
}

/** The level of a receiver without `min_level`: "no alerting should be triggered by [informational] rules" (Sigma). */
export const DEFAULT_MIN_LEVEL: Level = 'low';

/** A receiver as the ledger knows it. */
export interface RoutedReceiver {
  readonly name: string;
  readonly minLevel: Level;
  /** Why nothing can be sent to it: its setting is missing or wrong. Null: it can be used. */
  readonly problem: string | null;
  /** Programs read it: it gets every message by itself, and no digest. */
  readonly forPrograms?: true;
}

/** Whether a receiver is notified of an alert, and if not, why. */
export type RouteDecision = { readonly send: true } | { readonly send: false; readonly reason: string };

/** Decides whether `receiver` is notified of alerts of this level. */
export function decideRoute(receiver: RoutedReceiver, level: Level): RouteDecision {
  if (LEVELS.indexOf(level) >= LEVELS.indexOf(receiver.minLevel)) return { send: true };
  return { send: false, reason: `below the receiver's minimum level, ${receiver.minLevel}` };
}
