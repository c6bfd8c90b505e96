/**
 * The ledger's named decisions, in words for people. A name not known here, of another version, is shown as it is. Pure.
 */
import type { DeliveryLine } from '../../../ledger/rpc.ts';

const UNHEARD: { readonly [reason: string]: string } = {
  informational: 'rules of level informational ring no bell.',
  'no receiver': 'there is no receiver.',
  'no receiver of its level': 'no receiver hears of its level.',
};

const SAID: { readonly [said: string]: string } = {
  'opened: first match': 'Told: it opened this alert.',
  'opened: first live match': 'Told: the first live match of an alert that was read as history.',
  grouped: 'Not told by itself: it joined an alert that had been told.',
  backfilled: 'Not told: it was read in silence, as history.',
};

/** What was said of a match, or why nothing was. */
export function saidInWords(said: string): string {
  const [, count] = /^updated: count reached (\d{1,15})$/.exec(said) ?? [];
  if (count !== undefined) return `Told: with it the alert reached ${grouped(Number(count))} matches.`;
  return known(SAID, said) ?? withReason('Not told: ', said) ?? said;
}

const CLOSING: { readonly [closing: string]: string } = {
  'resolved: its period closed after growth': 'Its period closed after growth, and that was told.',
  backfilled: 'Its period closed. Nothing was told: it is history.',
  'did not grow': 'Its period closed. Nothing was told: it had not grown since it opened.',
};

/** What was said when an alert's period closed, or why nothing was. */
export function closingInWords(closing: string): string {
  return known(CLOSING, closing) ?? withReason('Its period closed. Nothing was told: ', closing) ?? closing;
}

function withReason(words: string, reason: string): string | null {
  const unheard = known(UNHEARD, reason);
  return unheard === null ? null : words + unheard;
}

function known(words: { readonly [name: string]: string }, name: string): string | null {
  return Object.hasOwn(words, name) ? (words[name] ?? null) : null;
}

const WHAT: { readonly [what: string]: string } = {
  opened: 'It opened',
  updated: 'It grew',
  resolved: 'It closed',
};

/** What a delivery told. */
export function whatInWords(what: string): string {
  return known(WHAT, what) ?? what;
}

const STATES: { readonly [state in DeliveryLine['state']]: string } = {
  pending: 'On its way',
  delivered: 'Delivered',
  dead: 'Dead',
  suppressed: 'Held back',
};

export function stateInWords(state: DeliveryLine['state']): string {
  return STATES[state];
}

/** `1 match`, `2,000 matches`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A whole number with its thousands apart. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
