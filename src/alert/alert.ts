/**
 * What an alert is: its row, its period, and what a correlation's match says of itself.
 *
 * Contract: types only. Times are event times in ms since the epoch.
 */
import type { CorrelationRule, KeyPart, Level, WindowMatch } from '../sigma/index.ts';

/** An alert as it is stored. */
export interface Alert extends AlertPeriod {
  readonly id: number;
  readonly rule: string;
  readonly key: string;
  readonly backfilled: boolean;
  readonly count: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly lastAt: number;
  readonly level: Level;
  readonly title: string;
  readonly keyParts: readonly KeyPart[];
}

/** `open` until its period is seen through (`closed`) or a person ends it (`resolved`). */
export type AlertState = 'open' | 'closed' | 'resolved';

/** What placing a match needs to know of an alert. */
export interface AlertPeriod {
  readonly begins: number;
  readonly periodMs: number;
  readonly state: AlertState;
}

/** A window that fired: of which correlation and group. */
export interface MatchedWindow {
  readonly correlation: CorrelationRule;
  readonly key: string;
  readonly window: WindowMatch;
}
