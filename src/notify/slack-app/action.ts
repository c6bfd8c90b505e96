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
  /** Each with the level that the message shows. */
  readonly alerts: readonly { readonly id: number; readonly level: Level }[];
}

/** The value of the silence button. `matchers`: as `readSilence` (alert/silence.ts) reads them. */
export interface Silencing {
  readonly of: 'actor' | 'address';
  readonly matchers: { readonly [name: string]: string | readonly string[] };
}

/** `0123456789abcdef 12h 13c`: the buttons' `block_id`. A level is its first letter, which no other begins with. */
export function blockIdOf({ ledger, alerts }: ActedOn): string {
  return [ledger, ...alerts.map(({ id, level }) => `${id}${level.charAt(0)}`)].join(' ');
}

/** Null where it is not one. */
export function actedOnFrom(blockId: string): ActedOn | null {
  const [, ledger = '', texts = ''] = /^([0-9a-f]{16})((?: [1-9]\d{0,14}[a-z])+)$/.exec(blockId) ?? [];
  const alerts = texts
    .trim()
    .split(' ')
    .flatMap((text) => {
      const level = LEVELS.find((each) => each.startsWith(text.slice(-1)));
      return level === undefined ? [] : [{ id: Number(text.slice(0, -1)), level }];
    });
  return texts === '' || alerts.length < texts.trim().split(' ').length ? null : { ledger, alerts };
}
