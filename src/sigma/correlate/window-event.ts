/** What goes into the window of a group and what comes out: types that correlator, windows and ledger share. */

/**
 * An event in a group's window: an entry that satisfied some of the correlation's rules, or a match of a correlation it
 * refers to (dated at the end of the matching window).
 */
export interface WindowEvent {
  /** Event time: milliseconds since the epoch. */
  readonly at: number;
  /**
   * The satisfied rules: indexes into the correlation's `rules`, ascending. None where the event only shows that the group is
   * watched (first_seen).
   */
  readonly rules: readonly number[];
  /**
   * A text that only this value has, for value_count, first_seen, and value_percentile without a percentile; its number, for
   * the other value_* types; null for types without a value. What lacks the value it needs is not an event.
   */
  readonly value: string | number | null;
}

/** A window that meets the condition. */
export interface WindowMatch {
  /** The window's end: the time of the match. */
  readonly at: number;
  /** The window's value (see `CorrelationRule.condition`). A count above the condition's numbers may be too low. */
  readonly value: number;
  /** The first distinct times of its events, ascending, at most `TIMES_MAX`. */
  readonly times: readonly number[];
  /**
   * If requested, for a late event: the ends of all windows that meet the condition only because of it, ascending, once for
   * each event at that time that now would match in time order; at most `LATER_MAX` after the first.
   */
  readonly ends?: readonly number[];
}

/** Matches returned for a late event, after the first. */
export const LATER_MAX = 20;

/** Times returned for a matching window. */
export const TIMES_MAX = 20;

/** The window of one group of a correlation, while it is open in memory. */
export interface Window {
  /**
   * Adds an event, and returns the earliest of the windows that contain it and meet the condition. Future events are no
   * older than the earlier of `horizon` and this event. `findLater`: whether another correlation refers to this one, and so needs every
   * window that a late event completes.
   */
  add(windowEvent: WindowEvent, horizon: number, findLater?: boolean): WindowMatch | null;
  /** The window as compact text, for `openWindow`. */
  save(): string;
  /** How many items a bound has dropped that later windows may have needed, since it was opened. */
  readonly dropped: number;
}

/** The window of one group of an `absence` rule: its matches come with time. */
export interface AbsenceWindow extends Window {
  /** What was absent by `watermark`, before which every event is known: the oldest first, each once. */
  elapse(watermark: number): readonly WindowMatch[];
  /** Nothing is absent before the watermark is later than this; null: nothing is waited for. */
  readonly dueAt: number | null;
}
