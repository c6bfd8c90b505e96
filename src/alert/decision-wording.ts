/**
 * Notify decisions in words, for pages and the CLI alike.
 *
 * Contract: pure and total. A decision that another version made, and that is not known here, is shown by its reason;
 * the words are not escaped.
 */
import { numberText } from '../text/numbers.ts';

/** A decision as it is stored and handed out; its reasons are those of notify.ts, and of older versions. */
export interface ShownDecision {
  readonly notify: boolean;
  /** Where somebody is notified: of what. */
  readonly kind?: string | undefined;
  readonly reason: string;
  /** How many matches the alert had, where that is the reason: of an older version. */
  readonly count?: number | undefined;
  /** The correlation's alert that inhibits it. */
  readonly by?: number | undefined;
  /** Whom it is about; absent: every receiver. */
  readonly receivers?: readonly string[] | undefined;
}

const NOTIFIED: { readonly [reason: string]: string } = {
  'first match': 'opened the alert',
  'first live match': 'first match that was not backfilled',
  'level raised': 'the level rose',
  'new network': 'it came from a new network',
  'count grown tenfold': 'ten times as many matches as last notified',
  'networks grown tenfold': 'ten times as many networks as last notified',
  'goes on, and nobody acted': 'it went on, and nobody had acted',
  'back after a quiet period': 'it came back after a quiet period',
};

const NOT_NOTIFIED: { readonly [reason: string]: string } = {
  grouped: 'grouped into an open alert',
  backfilled: 'backfilled',
  informational: "no receiver's min_level includes informational",
  'no receiver': 'there is no receiver',
  'no receiver of its level': "no receiver's min_level includes this level",
  'late in a resolved alert': 'late, and its alert was resolved',
  'from before the alert': 'it came from before the open alert',
  "below the receiver's level": "below the receiver's min_level",
  'no route': 'no route leads there',
  'outside active times': 'outside of the active times: the fallback is notified',
  inhibited: 'inhibited',
  acknowledged: 'the alert was acknowledged',
  deferred: 'grouped; a reminder follows unless somebody acts',
  silenced: 'silenced',
};

/** `Notified: opened the alert`, `Not notified (pager): grouped into an open alert`. */
export function decisionWording({ notify, reason, count, by, receivers }: ShownDecision): string {
  const whom = receivers === undefined ? '' : ` (${receivers.join(', ')})`;
  if (!notify) {
    const inhibitor = by === undefined ? '' : ` by alert ${numberText(by)}`;
    return `Not notified${whom}: ${wordsFor(NOT_NOTIFIED, reason)}${inhibitor}`;
  }
  if (count !== undefined) return `Notified${whom}: the alert reached ${numberText(count)} matches`;
  return `Notified${whom}: ${wordsFor(NOTIFIED, reason)}`;
}

/** The decisions about one match, one for each receiver or several. */
export function decisionsWording(decisions: readonly ShownDecision[]): string {
  if (decisions.length === 0) return decisionWording({ notify: false, reason: 'no receiver' });
  return decisions.map(decisionWording).join('. ');
}

/** Why a receiver is not notified: `grouped into an open alert`. */
export function notNotifiedWording(reason: string): string {
  return wordsFor(NOT_NOTIFIED, reason);
}

function wordsFor(words: { readonly [reason: string]: string }, reason: string): string {
  return (Object.hasOwn(words, reason) ? words[reason] : undefined) ?? reason;
}
