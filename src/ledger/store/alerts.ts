/**
 * Reads and stores alerts, and what was done with them.
 *
 * Contract: a write is one row, and its indexes only where what they hold has changed. Call it in a transaction.
 */
import type { Alert } from '../../alert/alert.ts';
import { type AlertRow, alertFrom } from './rows.ts';
import type { Store } from './store.ts';

/** An alert by its id; null where there is none. */
export function readAlertById(store: Store, id: number): Alert | null {
  const row = store.all<AlertRow>('SELECT * FROM alerts WHERE id = ?', id)[0];
  return row === undefined ? null : alertFrom(row);
}

/** Stores `alert`. `before`: as it was stored; null: it is new. */
export function writeAlert(store: Store, alert: Alert, before: Alert | null): void {
  const changing = [
    alert.backfilled ? 1 : 0,
    alert.count,
    alert.lastSeq,
    alert.lastAt,
    JSON.stringify(alert.networks),
    JSON.stringify(alert.notified),
    textOf(alert.acknowledged),
    alert.assignee,
    textOf(alert.resolution),
    alert.escalations.length === 0 ? null : JSON.stringify(alert.escalations),
    alert.silencedUntil,
    JSON.stringify(alert.decided),
  ];
  const indexed = [alert.firstAt, alert.level, alert.status, alert.wakesAt, alert.resolvesAt];
  if (before === null) {
    store.run(
      `INSERT INTO alerts (id, rule, key, period, first_seq, title, key_parts, previous, backfilled, count, last_seq, last_at,
         networks, notified, acknowledged, assignee, resolution, escalations, silenced_until, decided, begins, level, state, wakes_at, resolves_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[alert.id, alert.rule, alert.key, alert.periodMs, alert.firstSeq, alert.title],
      ...[JSON.stringify(alert.keyParts), alert.previous, ...changing, ...indexed],
    );
    return;
  }
  store.run(
    `UPDATE alerts SET backfilled = ?, count = ?, last_seq = ?, last_at = ?, networks = ?, notified = ?, acknowledged = ?,
       assignee = ?, resolution = ?, escalations = ?, silenced_until = ?, decided = ? WHERE id = ?`,
    ...changing,
    alert.id,
  );
  const stored = [before.firstAt, before.level, before.status, before.wakesAt, before.resolvesAt];
  if (indexed.every((value, i) => value === stored[i])) return;
  store.run(
    'UPDATE alerts SET begins = ?, level = ?, state = ?, wakes_at = ?, resolves_at = ? WHERE id = ?',
    ...indexed,
    alert.id,
  );
}

function textOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

/** Something that was done with an alert. */
export interface NewAct {
  readonly alert: number;
  readonly act: string;
  readonly who: string;
  /** By what; null: time did it. */
  readonly via: string | null;
  readonly detail: object | null;
}

/** Stores an act, which took effect after the entry `seq`, at `now` (wall): a row, and one of its index. */
export function addAct(store: Store, { alert, act, who, via, detail }: NewAct, seq: number, now: number): void {
  store.run(
    'INSERT INTO acts (alert, seq, at, act, who, via, detail) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[alert, seq, now, act, who, via, textOf(detail)],
  );
}
