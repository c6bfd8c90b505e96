/**
 * What a run decided, as a short hash: which alerts it opened, what it decided of each match, what it delivered to whom.
 *
 * Contract: pure except for reading the store. `frozen.json` holds the hashes of the first thousand seeds; `npm run sim --
 * --freeze` writes it.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Store } from '../../src/ledger/store/store.ts';
import type { Received } from './network.ts';

/** The file of the frozen hashes: seed 1 first. */
export const FROZEN = resolve(import.meta.dirname, 'frozen.json');

/** The frozen hash of a seed; null where none is. */
export function frozenDigest(seed: number): string | null {
  frozen ??= JSON.parse(readFileSync(FROZEN, 'utf8')) as readonly string[];
  return frozen[seed - 1] ?? null;
}
let frozen: readonly string[] | null = null;

/** Twelve hexadecimal digits. */
export function digestOf(store: Store, received: readonly Received[]): string {
  const rows = (sql: string): unknown[] => store.all(sql).map((row) => Object.values(row));
  const whole = JSON.stringify({
    alerts:
      rows(`SELECT id, rule, key, begins, state, backfilled, count, first_seq, last_seq, last_at, level, title, networks,
      notified, acknowledged, assignee, resolution, previous, decided FROM alerts ORDER BY id`),
    acts: rows('SELECT id, alert, seq, at, act, who, detail FROM acts ORDER BY id'),
    matches: rows('SELECT alert, seq, at, decision, evidence, number FROM matches ORDER BY alert, seq'),
    deliveries:
      rows(`SELECT id, receiver, alert, health, notification ->> '$.kind', state, attempts, queued_at, settled_at, digest
      FROM deliveries ORDER BY id`),
    received: received.map(({ receiver, notification }) => [
      receiver,
      notification === null ? 'without the ledger' : notification.kind,
      notification !== null && 'alert' in notification ? [notification.alert.id, notification.alert.count] : null,
    ]),
  });
  return createHash('sha256').update(whole).digest('hex').slice(0, 12);
}
