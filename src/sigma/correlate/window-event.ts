/** What goes into the window of a group, and what comes out: the words that the correlator, windows and ledger share. */

/**
 * One thing that a group's window sees: an entry that satisfied some of the correlation's rules, or a correlation it
 * refers to that fired (dated at the end of the window that did).
 */
export interface WindowEvent {
  /** Event time: milliseconds since the epoch. */
  readonly at: number;
  /** Which of the correlation's rules it satisfies: indexes into its `rules`, ascending, at least one. */
  readonly rules: readonly number[];
  /**
   * value_count, and value_percentile without a percentile: the text of its value; the other value_*: its number. Null
   * for the types that look at no value. What lacks the value it should have is no happening.
   */
  readonly value: string | number | null;
}

/** A window whose number met the condition. */
export interface WindowMatch {
  /** The window's end: the time of the match. */
  readonly at: number;
  /** The number (see `CorrelationRule.condition`). A count above the condition's own numbers: at least so many. */
  readonly value: number;
  /** When what it holds happened: the first of the distinct times, ascending, at most `TIMES_MAX`. */
  readonly times: readonly number[];
  /** The ends of later windows that met it only with this happening, ascending, where they were asked for. */
  readonly later?: readonly number[];
}

/** Of a happening that came late, no more windows are told. */
export const LATER_MAX = 20;

/** Of a window that fired, so many times are told. */
export const TIMES_MAX = 20;

/** The window of one group of a correlation, as long as it is open in memory. */
export interface Window {
  /**
   * Lets a happening be seen by every kept window that contains it; the earliest of those that meet the condition
   * fires. Happenings still to come are no older than `horizon` or than the one that comes. `asksLater`: whether
   * something waits for this correlation, so that it must hear of every window that a late happening makes fire.
   */
  add(windowEvent: WindowEvent, horizon: number, asksLater?: boolean): WindowMatch | null;
  /** What is to be stored, compact; `openWindow` takes it back. */
  save(): string;
  /** How many happenings were dropped unseen by later windows, because of a bound, since it was opened. */
  readonly dropped: number;
}
