/**
 * Routing: which receivers are notified of what, and how. `rules/routing.yml` declares it, the build checks it
 * (routing-file.ts) and writes it beside the rules; routes.ts decides by it. Without the file, every receiver whose secret is
 * set is notified of `low` and above.
 *
 * Contract: plain, serializable data and pure decisions.
 */
import type { Level } from '../sigma/index.ts';
import type { DailyTime, TimeRange } from '../text/time-ranges.ts';
import type { Matchers } from './matchers.ts';

/** What routing knows of a type of receiver. */
export interface RoutableType {
  /** What `type:` says in routing.yml. */
  readonly type: string;
  /** The setting that holds a receiver's address (a URL, or mail addresses) where routing.yml names none. */
  readonly secret: string;
  /** The setting that holds the key its messages are signed with, where routing.yml names none. Null: not signed. */
  readonly signingSecret: string | null;
}

/** The settings that hold its address and, where it signs, its key. */
export function secretsOf({ secret, signingSecret }: RoutableType): readonly string[] {
  return signingSecret === null ? [secret] : [secret, signingSecret];
}

/** A receiver as `rules/routing.yml` declares it. It names its settings and never holds their values. */
export interface DeclaredReceiver extends RoutableType {
  /** Unique; deliveries are queued under it, and under `NAME/2` for the second address in its secret. */
  readonly name: string;
  /** It is notified of alerts of this level and above. */
  readonly minLevel: Level;
}

export interface Routing {
  readonly receivers: readonly DeclaredReceiver[];
  /** The root of the tree. Absent: every receiver is notified of everything from its level on. */
  readonly route?: Route;
  /** The receiver of what is high or critical and has no other, and of what is critical outside of active times. */
  readonly fallback?: string;
}

/** A route, with everything that it inherits. */
export interface Route {
  /** Its line in routing.yml; 0: it stands for a rule's own receivers. */
  readonly line: number;
  /** What it takes; the root takes everything. */
  readonly match: Matchers;
  /** Names of receivers. Empty: only its routes have some. */
  readonly receivers: readonly string[];
  readonly settings: RouteSettings;
  /** Whether the routes after it are tried too. */
  readonly continue: boolean;
  readonly routes: readonly Route[];
}

/** What alerts of one notification group share: an actor, a rule, an address, or a field of the entry. */
export type GroupBy = 'actor' | 'rule' | 'address' | { readonly field: string };

/** How the receivers of a route are notified. Absent: as without a routing. */
export interface RouteSettings {
  /** Absent: by actor. */
  readonly groupBy?: GroupBy | undefined;
  readonly groupIntervalMs?: number | undefined;
  readonly repeatIntervalMs?: number | undefined;
  /** Absent: always. */
  readonly activeTimes?: ActiveTimes | undefined;
  /** Whom the receiver's messages mention, in its own words: `@oncall`. */
  readonly mention?: string | undefined;
  /** Who is notified if nobody acts, by when; each receiver at most once. */
  readonly escalate?: readonly EscalationStep[] | undefined;
  /** Absent: only to receivers that programs read, or that can change what they sent. */
  readonly sendResolved?: boolean | undefined;
  /** Below high, one message a day at this time. */
  readonly digest?: DailyTime | undefined;
}

/** Times at which a route is active. */
export interface ActiveTimes {
  /** As routing.yml calls them. */
  readonly names: readonly string[];
  readonly ranges: readonly TimeRange[];
}

export interface EscalationStep {
  /** After the time of the entry with which the alert opened, or was raised, for a receiver of the route. */
  readonly afterMs: number;
  /** The name of a receiver. */
  readonly to: string;
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
  /** It changes what it sent: it is notified of an acknowledgement too, and of the end. */
  readonly edits?: true;
}
