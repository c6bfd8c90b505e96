/**
 * An alert: its row, its period, and a correlation's match.
 *
 * Contract: types only. Times are event times in ms since the epoch.
 */
import type { CorrelationRule, Level, WindowMatch } from '../sigma/index.ts';
import type { ShownKeyPart } from './key.ts';

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
  readonly keyParts: readonly ShownKeyPart[];
}

/** `open` until its period has passed the watermark (`closed`). Nothing sets `resolved` yet. */
export type AlertState = 'open' | 'closed' | 'resolved';

/** What decides whether a match joins an alert. */
export interface AlertPeriod {
  readonly begins: number;
  readonly periodMs: number;
  readonly state: AlertState;
}

/** A window that met its condition, with its correlation and group. */
export interface MatchedWindow {
  readonly correlation: CorrelationRule;
  readonly key: string;
  readonly window: WindowMatch;
}
