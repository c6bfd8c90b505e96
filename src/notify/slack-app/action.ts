/**
 * What a button of the Slack app holds: written into a message, and read when Slack says that it was clicked.
 *
 * Contract: pure; reading never throws.
 */
import { LEVELS, type Level } from '../../sigma/index.ts';

/** The buttons' names, `action_id`. */
export const ACKNOWLEDGE = 'acknowledge';
export const RESOLVE = 'resolve';
export const SILENCE = 'silence';
export const SILENCE_HOURS = 2;

/** The alerts that a message's buttons act on. */
export interface ActedOn {
  /** Another ledger has other alerts of the same numbers. */
  readonly ledger: string;
  /** The highest level that the message shows. */
  readonly level: Level;
  readonly alerts: readonly number[];
}

/** The value of the silence button. `matchers`: as `readSilence` (alert/silence.ts) reads them. */
export interface Silencing {
  readonly of: 'actor' | 'address';
  readonly matchers: { readonly [name: string]: string | readonly string[] };
}

/** `0123456789abcdef high 12 13`: the buttons' `block_id`. */
export function blockIdOf({ ledger, level, alerts }: ActedOn): string {
  return [ledger, level, ...alerts].join(' ');
}

/** Null where it is not one. */
export function actedOnFrom(blockId: string): ActedOn | null {
  const [, ledger = '', name, ids = ''] = /^([0-9a-f]{16}) ([a-z]+)((?: [1-9]\d{0,14})+)$/.exec(blockId) ?? [];
  const level = LEVELS.find((each) => each === name);
  return level === undefined ? null : { ledger, level, alerts: ids.trim().split(' ').map(Number) };
}
