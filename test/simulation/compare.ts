/** After a run: what is stored and was heard, against what the plain model owes. Every difference is a sentence. */

import type { AlertNotification } from '../../src/alert/notification.ts';
import { checkpointFrom } from '../../src/audit-log/checkpoint-text.ts';
import { readState } from '../../src/ledger/store/state.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { KV_CHECKPOINT } from '../../src/poller/poll.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import type { Engine } from '../../src/sigma/index.ts';
import { decisionName } from '../support/decision.ts';
import type { SimulatedKv } from './kv.ts';
import { hears, type ModelEntry, owedFor, rungInTimeOrder } from './model.ts';
import type { Heard, Rewinds } from './run.ts';
import type { Upstream } from './upstream.ts';
import type { Closings } from './witness.ts';

export interface Aftermath {
  readonly store: Store;
  readonly kv: SimulatedKv;
  readonly upstream: Upstream;
  readonly heard: readonly Heard[];
  readonly rewinds: readonly Rewinds[];
  readonly engines: ReadonlyMap<string, Engine>;
  readonly routes: readonly RoutedReceiver[];
  readonly closings: Closings;
  readonly startAt: number;
  readonly now: number;
  readonly allowedLatenessMs: number;
  readonly rulesChange: boolean;
  readonly longOutage: boolean;
  readonly movedByHand: boolean;
}

const MINUTE = 60_000;

export function compare(after: Aftermath): { problems: string[]; entries: number; alerts: number } {
  const problems: string[] = [];
  const say = (problem: string): void => {
    if (problems.length < 20) problems.push(problem);
  };
  const { store, upstream } = after;
  const state = readState(store);
  if (state === null) return { problems: ['the ledger never began'], entries: 0, alerts: 0 };

  // Is it watching, and has it caught up?
  // An upstream clock far ahead of ours is not believed, so then seen-through keeps to ours.
  const lag = after.now + Math.min(upstream.skewMs, 0) - state.checkpoint.watermark;
  if (lag > after.allowedLatenessMs + 8 * MINUTE)
    say(`seen-through lies ${Math.round(lag / 1000)}s behind after the calm`);
  if (after.now - state.movedAt > 8 * MINUTE) say('no walk has moved in the calm');
  if (store.all('SELECT 1 FROM staging').length > 0) say('entries are left on the stage');

  // Entries: each that was shown, once, and none other.
  const obeyed = after.rewinds.filter(({ id }) => state.rewinds.includes(id));
  const last = after.rewinds.at(-1);
  if (last !== undefined && !obeyed.includes(last)) say(`${last.id} was not obeyed`);
  const floor = state.checkpoint.floor;
  const least = Math.min(after.startAt, ...obeyed.map(({ to }) => to));
  if (floor > after.startAt || floor < least) say(`the floor is ${new Date(floor).toISOString()}`);
  const recorded = store.all<{ seq: number; id: string; body: string; created_at: number }>(
    'SELECT * FROM entries ORDER BY seq',
  );
  const ids = new Set(recorded.map((row) => row.id));
  if (ids.size !== recorded.length) say('an entry is recorded twice');
  const shown = new Map(upstream.log.filter((entry) => !entry.malformed).map((entry) => [entry.id, entry]));
  for (const entry of shown.values()) {
    if (entry.createdAt < floor || ids.has(entry.id)) continue;
    const late =
      entry.appearsAt > entry.createdAt ? `, ${Math.round((entry.appearsAt - entry.createdAt) / 1000)}s late` : '';
    say(`entry ${entry.id} of ${new Date(entry.createdAt).toISOString()}${late} was shown and is not recorded`);
  }
  for (const row of recorded) if (row.created_at < floor) say(`entry ${row.id} is older than the floor, and recorded`);
  for (const row of recorded) if (!shown.has(row.id)) say(`entry ${row.id} is recorded and was never shown`);
  recorded.forEach((row, index) => {
    if (row.seq !== index + 1) say(`seq ${row.seq} stands at place ${index + 1}`);
  });
  const bad = upstream.log.filter((entry) => entry.malformed && entry.createdAt >= floor);
  const away = store.all('SELECT key FROM quarantine WHERE failures >= 3').length;
  if (away < bad.length) say(`${bad.length} malformed records were shown, ${away} are in quarantine`);
  if (state.counters.quarantined !== away) say(`${away} in quarantine, counted ${state.counters.quarantined}`);
  if (state.counters.recorded !== recorded.length)
    say(`${recorded.length} recorded, counted ${state.counters.recorded}`);

  // Alerts: in seq order exactly; in time order, each rule and key.
  const batches = store.all<{
    first_seq: number;
    last_seq: number;
    began: number;
    suppress_before: number | null;
    rules: string;
  }>('SELECT * FROM batches ORDER BY first_seq');
  let batch = 0;
  const entries: ModelEntry[] = recorded.map((row) => {
    while (row.seq > (batches[batch]?.last_seq ?? Number.POSITIVE_INFINITY)) batch++;
    const of = batches[batch];
    const engine = after.engines.get(of?.rules ?? '');
    if (of === undefined || engine === undefined) throw new Error(`seq ${row.seq} belongs to no batch`);
    return {
      seq: row.seq,
      id: row.id,
      createdAt: row.created_at,
      body: JSON.parse(row.body),
      began: of.began,
      suppressBefore: of.suppress_before,
      engine,
    };
  });
  const { allowedLatenessMs, routes, closings } = after;
  const { alerts: owed, activity } = owedFor(entries, { allowedLatenessMs, routes, closings: closings.at });
  const opened = store.all<StoredAlert>('SELECT * FROM alerts ORDER BY id');
  if (owed.length !== opened.length) say(`${owed.length} alerts owed, ${opened.length} opened`);
  owed.forEach((alert, index) => {
    const row = opened[index];
    const text = (of: { rule: string; key: string; begins: number; count: number; backfilled: unknown }): string =>
      `${of.rule} ${of.key} from ${new Date(of.begins).toISOString()} ×${of.count}${of.backfilled ? ' (history)' : ''}`;
    if (row === undefined) return;
    if (text(row) !== text(alert)) say(`alert ${row.id}: owed ${text(alert)}, got ${text(row)}`);
    const closing = row.closing === null ? null : decisionName(row.closing);
    if (closing !== alert.closing) say(`alert ${row.id}: closing is "${closing}", not "${alert.closing}"`);
    const isOver = row.begins + row.period <= state.checkpoint.watermark;
    if (isOver && row.state !== 'closed') say(`alert ${row.id} is ${row.state}, its period seen through`);
    const kept = store.all<{ seq: number; decision: string | null }>(
      'SELECT seq, decision FROM matches WHERE alert = ? ORDER BY seq',
      row.id,
    );
    const had = kept.map(({ seq, decision }) => `${seq} ${decisionName(decision)}`).join(', ');
    const due = [...alert.matches].sort(([a], [b]) => a - b).map(([seq, said]) => `${seq} ${said}`);
    if (had !== due.join(', ')) say(`alert ${row.id}: matches owed ${due.join(', ')}; kept ${had}`);
  });
  closings.problems.forEach(say);
  const active = store.all<{ rule: string; matched: number; last_at: number; last_seq: number }>(
    'SELECT * FROM activity',
  );
  if (active.length !== activity.size) say(`${activity.size} rules matched, ${active.length} are known to have`);
  for (const { rule, matched, last_at: lastAt, last_seq: lastSeq } of active) {
    const due = JSON.stringify(activity.get(rule) ?? null);
    const got = JSON.stringify({ matched, lastAt, lastSeq });
    if (got !== due) say(`the activity of "${rule}" is ${got}, not ${due}`);
  }
  if (!after.rulesChange && after.rewinds.length === 0) {
    for (const rung of rungInTimeOrder(entries)) {
      if (!opened.some((row) => `${row.rule} ${row.key}` === rung)) say(`the order of time rings ${rung}; nobody did`);
    }
  }

  // Deliveries: each owed one exists once a receiver, and was made or is dead.
  const deliveries = store.all<{
    id: number;
    receiver: string;
    alert: number | null;
    health: string | null;
    what: string;
    state: string;
    attempts: number;
  }>(
    `SELECT id, receiver, alert, health, state, attempts,
       concat(notification ->> '$.kind', ' ×', notification ->> '$.alert.count', ' ',
         (SELECT group_concat(value ->> '$.id') FROM json_each(notification, '$.window.first'))) AS what
     FROM deliveries ORDER BY id`,
  );
  owed.forEach((alert, index) => {
    for (const route of routes) {
      const rows = deliveries.filter((row) => row.alert === index + 1 && row.receiver === route.name);
      const got = rows.map(({ what, state }) => (state === 'suppressed' ? `${what} held` : what)).join(', ');
      const due = alert.told.map((what) => (hears(route, alert.level) ? what : `${what} held`)).join(', ');
      if (got !== due) say(`alert ${index + 1} to ${route.name}: owed "${due}", got "${got}"`);
    }
  });
  for (const row of deliveries) {
    if (row.state === 'pending') say(`delivery ${row.id} to ${row.receiver} is still pending after the calm`);
    const came = after.heard.some(({ receiver, notification }) => {
      if (receiver !== row.receiver) return false;
      if ('health' in notification) return row.health === notification.health.kind;
      return row.alert === notification.alert.id && row.what === whatOf(notification);
    });
    if (row.state === 'suppressed' && came) say(`delivery ${row.id} was held back, and ${row.receiver} heard of it`);
    if (row.state === 'delivered' && !came) say(`delivery ${row.id} counts as delivered; ${row.receiver} never got it`);
    if (row.attempts === 0 && row.state !== 'suppressed') say(`delivery ${row.id} was never tried`);
  }
  for (const { receiver, notification } of after.heard) {
    if ('health' in notification) continue;
    const known = deliveries.some(
      (row) => row.receiver === receiver && row.alert === notification.alert.id && row.what === whatOf(notification),
    );
    if (!known) say(`${receiver} heard of alert ${notification.alert.id}, which no delivery knows`);
  }

  // Alarms about itself.
  const told = (kind: string): boolean => deliveries.some((row) => row.health === kind);
  if (deliveries.some((row) => row.state === 'dead' && row.health === null) && !told('dead-delivery')) {
    say('a delivery is dead, and nobody was told');
  }
  if (away > 0 && !told('quarantine')) say('records are in quarantine, and nobody was told');
  if (after.longOutage && !told('blind')) say('it was blind, and nobody was told');
  if (store.all("SELECT 1 FROM health_alerts WHERE kind = 'blind' AND state = 'open'").length > 0)
    say('it still takes itself for blind');

  // KV holds a copy that is not ahead.
  const text = after.kv.latest(KV_CHECKPOINT);
  const copy = text === null ? null : checkpointFrom(text);
  if (copy !== null && !copy.ok) say(`KV's checkpoint can't be read: ${copy.problem}`);
  if (copy?.ok && !after.movedByHand && copy.value.watermark > state.checkpoint.watermark)
    say('KV is ahead of the ledger');
  if (recorded.length > 0 && text === null) say('KV holds no checkpoint');
  return { problems, entries: recorded.length, alerts: opened.length };
}

type StoredAlert = {
  id: number;
  rule: string;
  key: string;
  begins: number;
  period: number;
  count: number;
  backfilled: number;
  state: string;
  closing: string | null;
};

/** What a notification says, as deliveries are compared by. */
function whatOf({ kind, alert, window }: AlertNotification): string {
  return `${kind} ×${alert.count} ${(window?.first ?? []).map(({ id }) => id)}`;
}
