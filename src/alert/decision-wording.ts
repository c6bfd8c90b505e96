/**
 * Notify decisions in words, for pages and the CLI alike.
 *
 * Contract: pure and total. A decision that another version made, and that is not known here, is shown by its reason;
 * the words are not escaped.
 */
import { numberText } from '../text/numbers.ts';

/** A decision as it is stored and handed out; its reasons are those of decisions.ts. */
export interface ShownDecision {
  readonly notify: boolean;
  /** Where somebody is notified: of what. */
  readonly kind?: string | undefined;
  readonly reason: string;
  /** How many matches the alert had, where that is the reason. */
  readonly count?: number | undefined;
}

const NOTIFIED: { readonly [reason: string]: string } = {
  'first match': 'opened the alert',
  'first live match': 'first match that was not backfilled',
};

const NOT_NOTIFIED: { readonly [reason: string]: string } = {
  grouped: 'grouped into an open alert',
  backfilled: 'backfilled',
  informational: "no receiver's min_level includes informational",
  'no receiver': 'there is no receiver',
  'no receiver of its level': "no receiver's min_level includes this level",
};

const CLOSED: { readonly [reason: string]: string } = {
  'its period closed after growth': 'Notified: its period closed after more matches',
  backfilled: 'Not notified: all of its matches were backfilled',
  'did not grow': 'Not notified: no match followed the first',
};

/** `Notified: opened the alert`, `Not notified: grouped into an open alert`. */
export function decisionWording({ notify, reason, count }: ShownDecision): string {
  if (!notify) return `Not notified: ${wordsFor(NOT_NOTIFIED, reason)}`;
  if (count !== undefined) return `Notified: the alert reached ${numberText(count)} matches`;
  return `Notified: ${wordsFor(NOTIFIED, reason)}`;
}

/** The decision that was made when an alert's period closed: `Not notified: no match followed the first`. */
export function closingWording(decision: ShownDecision): string {
  return Object.hasOwn(CLOSED, decision.reason) ? wordsFor(CLOSED, decision.reason) : decisionWording(decision);
}

function wordsFor(words: { readonly [reason: string]: string }, reason: string): string {
  return (Object.hasOwn(words, reason) ? words[reason] : undefined) ?? reason;
}
