/**
 * What a run decided, as a short hash: which alerts it opened, what it decided of each match, what it delivered to whom.
 *
 * Contract: pure except for reading the store. Words are mapped to codes first, so that a renaming changes no hash and a
 * change of behaviour does. `frozen.json` holds the hashes of the first thousand seeds; `npm run sim -- --freeze` writes it.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Store } from '../../src/ledger/store/store.ts';
import { decisionName } from '../support/decision.ts';
import type { Received } from './network.ts';

/** The file of the frozen hashes: seed 1 first. */
export const FROZEN = resolve(import.meta.dirname, 'frozen.json');

/** The frozen hash of a seed; null where none is. */
export function frozenDigest(seed: number): string | null {
  frozen ??= JSON.parse(readFileSync(FROZEN, 'utf8')) as readonly string[];
  return frozen[seed - 1] ?? null;
}
let frozen: readonly string[] | null = null;

/** Of a decision: what is left of its words. `opened: first match` → `O first match`. */
const CODES: readonly (readonly [words: RegExp, code: string])[] = [
  [/^opened\b:?/, 'O'],
  [/^updated\b:?/, 'U'],
  [/^resolved\b:?/, 'R'],
  [/^health-resolved$/, 'HR'],
  [/^health$/, 'H'],
  [/^contributing$/, 'C'],
  [/^backfilled$/, 'B'],
  [/^grouped$/, 'G'],
  [/^suppressed$/, 'S'],
  // A correlation's number (alert/number-wording.ts).
  [/ steps completed in /, ' rules in order in '],
  [/ rules matched in /, ' rules in '],
];

/** Twelve hexadecimal digits. */
export function digestOf(store: Store, received: readonly Received[]): string {
  const rows = (sql: string): unknown[] => store.all(sql).map((row) => Object.values(row).map(coded));
  const whole = JSON.stringify({
    alerts: store
      .all<{ closing: string | null }>(
        `SELECT id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level, title,
           closing FROM alerts ORDER BY id`,
      )
      .map((row) => Object.values({ ...row, closing: row.closing && decisionName(row.closing) }).map(coded)),
    matches: store
      .all<{ decision: string | null }>(
        'SELECT alert, seq, at, decision, evidence, number FROM matches ORDER BY alert, seq',
      )
      .map((row) => Object.values({ ...row, decision: decisionName(row.decision) }).map(coded)),
    deliveries:
      rows(`SELECT id, receiver, alert, health, notification ->> '$.kind', state, attempts, queued_at, settled_at
      FROM deliveries ORDER BY id`),
    received: received.map(({ receiver, notification }) => [
      receiver,
      notification === null ? 'without the ledger' : coded(notification.kind),
      notification !== null && 'alert' in notification ? [notification.alert.id, notification.alert.count] : null,
    ]),
  });
  return createHash('sha256').update(whole).digest('hex').slice(0, 12);
}

function coded(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return CODES.reduce((text, [words, code]) => text.replace(words, code), value);
}
