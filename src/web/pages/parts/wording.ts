/**
 * The ledger's named decisions, in words for people. A name not known here, of another version, is shown as it is. Pure.
 */

import type { DeliverySummary } from '../../../ledger/rpc.ts';

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

const STATES: { readonly [state in DeliverySummary['state']]: string } = {
  pending: 'On its way',
  delivered: 'Delivered',
  dead: 'Dead',
  suppressed: 'Held back',
};

export function stateInWords(state: DeliverySummary['state']): string {
  return STATES[state];
}
