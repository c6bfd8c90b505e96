/**
 * An alert: what is stored of it, what people did with it, and a correlation's match.
 *
 * Contract: types only. `firstAt` and `lastAt` are event times, those of acts are wall; all in ms since the epoch.
 */
import type { CorrelationRule, WindowMatch } from '../sigma/index.ts';
import type { PlacedAlert } from './identity.ts';
import type { ShownKeyPart } from './key.ts';
import type { Notified } from './notify.ts';

/** An alert as it is stored. */
export interface Alert extends PlacedAlert {
  readonly rule: string;
  readonly key: string;
  /** The rule's dedup period when it opened. */
  readonly periodMs: number;
  readonly backfilled: boolean;
  readonly count: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly title: string;
  readonly keyParts: readonly ShownKeyPart[];
  /** By receiver: what it was notified of. */
  readonly notified: NotifiedReceivers;
  /** Null: it is not acknowledged now. */
  readonly acknowledged: Acknowledgement | null;
  /** Who takes care of it; null: nobody. */
  readonly assignee: string | null;
  /** Null: it is not resolved, or was by a version that kept no reason. */
  readonly resolution: Resolution | null;
  /** Until then a silence suppresses what is severe of it, the first to end; null: none did since somebody was notified. */
  readonly silencedUntil: number | null;
  /** Whom to notify if nobody acknowledges it by then; the next first. */
  readonly escalations: readonly Escalation[];
  /** The alert of the same rule and key before it; null: there was none. */
  readonly previous: number | null;
  /** Nothing that time alone does to it is due before this; null: nothing will be. */
  readonly wakesAt: number | null;
  /** It is not resolved for being quiet while the watermark is below this; null: it never is. */
  readonly resolvesAt: number | null;
  /** How many decisions there were by reason, of matches that are not kept. */
  readonly decided: { readonly [reason: string]: number };
}

export interface Escalation {
  readonly to: string;
  readonly at: number;
}

export type NotifiedReceivers = { readonly [receiver: string]: Notified };

/** Somebody takes care of it. It ends after a day, or when the level rises above `level`. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  readonly until: number;
  /** The alert's count and level when it was acknowledged. */
  readonly count: number;
  readonly level: PlacedAlert['level'];
}

/** Why people resolve an alert. */
export const RESOLVE_REASONS = ['true positive', 'expected', 'false positive', 'duplicate'] as const;
export type ResolveReason = (typeof RESOLVE_REASONS)[number];

/** How it was resolved. `superseded`: matches came long after it. `quiet`: nothing came for two weeks. */
export interface Resolution {
  readonly reason: ResolveReason | 'superseded' | 'quiet';
  readonly by: string;
  readonly at: number;
  readonly comment: string | null;
}

/** The name of what acts by time alone. */
export const TOCSIN = 'tocsin';

/** A window that met its condition, with its correlation and group. */
export interface MatchedWindow {
  readonly correlation: CorrelationRule;
  readonly key: string;
  readonly window: WindowMatch;
}
