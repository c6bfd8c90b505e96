/** What the ledger holds, read from the Durable Object's file once nothing runs any more. docs/storage.md has its tables. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface LedgerContent {
  /** Ids, as often as they are recorded. */
  readonly entries: readonly string[];
  /** What the ledger counted, in the transactions that recorded them. */
  readonly recorded: number;
  readonly quarantined: readonly string[];
  readonly alerts: readonly LedgerAlert[];
  readonly deliveries: readonly LedgerDelivery[];
}

export interface LedgerAlert {
  readonly id: number;
  readonly rule: string;
  /** The values of its dedup key. */
  readonly key: readonly string[];
  readonly title: string;
  readonly count: number;
}

export interface LedgerDelivery {
  readonly id: number;
  readonly receiver: string;
  /** Null: about Tocsin itself. */
  readonly alert: number | null;
  /** Of the notification: `opened`, `updated`, … */
  readonly kind: string;
  readonly state: string;
  readonly attempts: number;
  /** It was a decision that waited for the message of its group: 1. */
  readonly waited: number;
  /** The message that it is in; null: it is one by itself. */
  readonly digest: number | null;
  /** JSON: the alerts that it lists as inhibited. */
  readonly inhibited: string;
}

/** Reads it. `storage` is miniflare's folder; `worker` the Worker's name in it. */
export function readLedger(storage: string, worker: string): LedgerContent {
  const folder = join(storage, 'do', `${worker}-Ledger`);
  const [file, ...others] = readdirSync(folder).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name));
  if (file === undefined || others.length > 0) throw new Error(`${folder} does not hold exactly one ledger`);
  const db = new DatabaseSync(join(folder, file));
  try {
    const all = <Row>(sql: string): Row[] => db.prepare(sql).all() as Row[];
    const state = all<{ value: string }>('SELECT value FROM state')[0]?.value ?? '{}';
    const alerts = all<{ id: number; rule: string; title: string; count: number; key_parts: string }>(
      'SELECT id, rule, title, count, key_parts FROM alerts ORDER BY id',
    );
    return {
      entries: all<{ id: string }>('SELECT id FROM entries').map(({ id }) => id),
      recorded: (JSON.parse(state) as { counters?: { recorded: number } }).counters?.recorded ?? 0,
      quarantined: all<{ problem: string }>('SELECT problem FROM quarantine').map(({ problem }) => problem),
      alerts: alerts.map(({ key_parts, ...alert }) => ({ ...alert, key: valuesOf(key_parts) })),
      deliveries: all<LedgerDelivery>(
        `SELECT id, receiver, alert, json_extract(notification, '$.kind') AS kind, state, attempts, grp IS NOT NULL AS waited,
           digest, (SELECT json_group_array(value ->> '$.id') FROM json_each(notification, '$.inhibited')) AS inhibited FROM deliveries
         ORDER BY id`,
      ),
    };
  } finally {
    db.close();
  }
}

function valuesOf(keyParts: string): string[] {
  return (JSON.parse(keyParts) as { readonly value: unknown }[]).map(({ value }) => String(value));
}
