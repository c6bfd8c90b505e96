/** Open health alerts as people are shown them: the status, the front page, and the state of Tocsin. Read-only. */
import { HEALTH_KINDS, hintOf, LASTING, levelOfKind, raisedHeadline } from '../../alert/health-words.ts';
import { LEVELS, type Level } from '../../sigma/index.ts';
import type { Store } from '../store/store.ts';

/** How long a health alert that is an event is shown. */
const EVENTS_SHOWN_MS = 24 * 60 * 60_000;
const LASTS = LASTING.map((kind) => `kind = '${kind}' OR kind GLOB '${kind}:*'`).join(' OR ');
/** So many rows are read. There are few keys; rules that overflow have one each. */
const ROWS_MAX = 100;

/** A health alert as people are shown it, by the key of its row. */
export interface ShownHealthAlert {
  /** The key without the part that means nothing to people, or that the summary repeats. */
  readonly kind: string;
  readonly level: Level;
  readonly headline: string;
  readonly hint: string;
}

/** With what its row says of the case. Wall times, ms. */
export interface ListedHealthAlert extends ShownHealthAlert {
  readonly since: number;
  readonly count: number;
  readonly summary: string;
}

/** The open health alerts, the most severe and then the newest first. */
export function openHealthAlertsShown(store: Store, now: number): readonly ListedHealthAlert[] {
  const rows = store.all<{ kind: string; since: number; count: number; summary: string }>(
    `SELECT kind, since, count, summary FROM health_alerts
     WHERE state = 'open' AND (${LASTS} OR since > ?) ORDER BY since DESC LIMIT ${ROWS_MAX}`,
    now - EVENTS_SHOWN_MS,
  );
  const shown = rows.map(({ since, count, summary, kind }) => ({ since, count, summary, ...shownHealthAlert(kind) }));
  return shown.sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
}

/** The words for the row with that key. */
export function shownHealthAlert(key: string): ShownHealthAlert {
  const [, kind = key, subject = null] = /^([^:]+):(.*)$/s.exec(key) ?? [];
  // Another version of the Worker may have stored it.
  const known = HEALTH_KINDS.find((each) => each === kind);
  if (known === undefined) return { kind: key, level: 'high', headline: kind, hint: '' };
  const isReceiver = known === 'unhealthy-receiver' || known === 'dead-delivery' || known === 'backlog';
  const headline = raisedHeadline(known, isReceiver ? subject : null);
  return { kind: isReceiver ? key : known, level: levelOfKind(known), headline, hint: hintOf(known) };
}
