/** Compares what is stored and was received after a run with the plain model. Each difference is reported as a sentence. */

import type { AlertNotification } from '../../src/alert/notification.ts';
import { checkpointFrom } from '../../src/audit-log/checkpoint-text.ts';
import { readState } from '../../src/ledger/store/state.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { KV_CHECKPOINT } from '../../src/poller/poll.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import type { Engine } from '../../src/sigma/index.ts';
import { decisionName } from '../support/decision.ts';
import type { Closings } from './closing-observer.ts';
import type { SimulatedKv } from './kv.ts';
import { alertedInTimeOrder, expectedFor, type ModelEntry, takesLevel } from './model.ts';
import type { Received, Rewinds } from './run.ts';
import type { Upstream } from './upstream.ts';

export interface Aftermath {
  readonly store: Store;
  readonly kv: SimulatedKv;
  readonly upstream: Upstream;
  readonly received: readonly Received[];
  /** By entry: what time it was, by the later of both clocks, when it was shown. */
  readonly answers: ReadonlyMap<string, readonly number[]>;
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
  /** What lay in a gap was recorded later than the allowed lateness, which windows do not wait for. */
  readonly hadGap: boolean;
  /** How many records the operator took out of quarantine. */
  readonly released: number;
}

const MINUTE = 60_000;

export function compare(after: Aftermath): { problems: string[]; entries: number; alerts: number } {
  const problems: string[] = [];
  const report = (problem: string): void => {
    if (problems.length < 20) problems.push(problem);
  };
  const { store, upstream } = after;
  const state = readState(store);
  if (state === null) return { problems: ['the ledger never began'], entries: 0, alerts: 0 };

  // Is it watching, and has it caught up?
  // Where the upstream's clock is far ahead of ours, the watermark follows ours.
  const lag = after.now + Math.min(upstream.skewMs, 0) - state.checkpoint.watermark;
  // With a Date that is in the past for ever, so is the watermark; all the same, everything is recorded.
  if (upstream.faults.date === 'none' && lag > after.allowedLatenessMs + 8 * MINUTE)
    report(`the watermark lies ${Math.round(lag / 1000)}s behind after the calm`);
  if (after.now - state.movedAt > 8 * MINUTE) report('no scan has moved during the calm');
  if (store.all('SELECT 1 FROM staging').length > 0) report('entries are still staged');

  // Every entry that the upstream showed is recorded once, and no others.
  const applied = after.rewinds.filter(({ id }) => state.rewinds.includes(id));
  const last = after.rewinds.at(-1);
  if (last !== undefined && !applied.includes(last)) report(`${last.id} was not applied`);
  const floor = state.checkpoint.floor;
  const least = Math.min(after.startAt, ...applied.map(({ to }) => to));
  if (floor > after.startAt || floor < least) report(`the floor is ${new Date(floor).toISOString()}`);
  const recorded = store.all<{ seq: number; id: string; body: string; created_at: number; occurred_at: number }>(
    'SELECT * FROM entries ORDER BY seq',
  );
  const ids = new Set(recorded.map((row) => row.id));
  if (ids.size !== recorded.length) report('an entry is recorded twice');
  const shown = new Map(upstream.log.filter((entry) => !entry.malformed).map((entry) => [entry.id, entry]));
  for (const entry of shown.values()) {
    // Where it is listed by its arrival, an entry from before the floor that claims to be later is not asked for.
    if (Math.min(entry.createdAt, entry.appearsAt) < floor || ids.has(entry.id)) continue;
    // And where such a log is filtered too, a scan that lost its cursor does not ask for what claims to be later (restart.ts).
    if (upstream.hidesClaims && entry.createdAt > entry.appearsAt) continue;
    const late =
      entry.appearsAt > entry.createdAt ? `, ${Math.round((entry.appearsAt - entry.createdAt) / 1000)}s late` : '';
    report(`entry ${entry.id} of ${new Date(entry.createdAt).toISOString()}${late} was shown and is not recorded`);
  }
  for (const row of recorded)
    if (row.created_at < floor) report(`entry ${row.id} is older than the floor, and recorded`);
  for (const row of recorded) if (!shown.has(row.id)) report(`entry ${row.id} is recorded and was never shown`);
  for (const row of recorded) {
    const dates = (after.answers.get(row.id) ?? []).map((at) => (row.created_at > at + 5_000 ? at : row.created_at));
    if (!dates.includes(row.occurred_at)) {
      const [got, due] = [row.occurred_at, ...dates].map((at) => new Date(at).toISOString());
      report(`entry ${row.id} occurred at ${got}, not ${due}`);
    }
  }
  recorded.forEach((row, index) => {
    if (row.seq !== index + 1) report(`seq ${row.seq} is at position ${index + 1}`);
  });
  const bad = upstream.log.filter((entry) => entry.malformed && entry.createdAt >= floor);
  const quarantined = store.all('SELECT key FROM quarantine WHERE failures >= 3').length;
  if (quarantined < bad.length) report(`${bad.length} malformed records were shown, ${quarantined} are in quarantine`);
  if (state.counters.quarantined !== quarantined + after.released) {
    report(`${quarantined} in quarantine and ${after.released} released, counted ${state.counters.quarantined}`);
  }
  if (state.counters.recorded !== recorded.length)
    report(`${recorded.length} recorded, counted ${state.counters.recorded}`);

  // Alerts: exactly those of the model in seq order; in time order, each rule and key.
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
      occurredAt: row.occurred_at,
      body: JSON.parse(row.body),
      began: of.began,
      suppressBefore: of.suppress_before,
      engine,
    };
  });
  const { allowedLatenessMs, routes, closings } = after;
  const { alerts: expected, activity } = expectedFor(entries, { allowedLatenessMs, routes, closings: closings.at });
  const opened = store.all<StoredAlert>('SELECT * FROM alerts ORDER BY id');
  if (expected.length !== opened.length) report(`${expected.length} alerts expected, ${opened.length} opened`);
  expected.forEach((alert, index) => {
    const row = opened[index];
    const text = (of: { rule: string; key: string; begins: number; count: number; backfilled: unknown }): string =>
      `${of.rule} ${of.key} from ${new Date(of.begins).toISOString()} ×${of.count}${of.backfilled ? ' (backfilled)' : ''}`;
    if (row === undefined) return;
    if (text(row) !== text(alert)) report(`alert ${row.id}: expected ${text(alert)}, got ${text(row)}`);
    const closing = row.closing === null ? null : decisionName(row.closing);
    if (closing !== alert.closing) report(`alert ${row.id}: closing is "${closing}", not "${alert.closing}"`);
    const isOver = row.begins + row.period <= state.checkpoint.watermark;
    if (isOver && row.state !== 'closed')
      report(`alert ${row.id} is ${row.state}, though the watermark has passed its period`);
    const kept = store.all<{ seq: number; decision: string | null }>(
      'SELECT seq, decision FROM matches WHERE alert = ? ORDER BY seq',
      row.id,
    );
    const got = kept.map(({ seq, decision }) => `${seq} ${decisionName(decision)}`).join(', ');
    const due = [...alert.matches].sort(([a], [b]) => a - b).map(([seq, decision]) => `${seq} ${decision}`);
    if (got !== due.join(', ')) report(`alert ${row.id}: matches expected ${due.join(', ')}; got ${got}`);
  });
  closings.problems.forEach(report);
  const active = store.all<{ rule: string; matched: number; last_at: number; last_seq: number }>(
    'SELECT * FROM activity',
  );
  if (active.length !== activity.size) report(`${activity.size} rules matched, ${active.length} have activity`);
  for (const { rule, matched, last_at: lastAt, last_seq: lastSeq } of active) {
    const due = JSON.stringify(activity.get(rule) ?? null);
    const got = JSON.stringify({ matched, lastAt, lastSeq });
    if (got !== due) report(`the activity of "${rule}" is ${got}, not ${due}`);
  }
  if (state.checkpoint.gap !== null) report('a gap is left after the calm');
  if (!after.rulesChange && after.rewinds.length === 0 && !after.hadGap) {
    for (const ruleAndKey of alertedInTimeOrder(entries)) {
      if (!opened.some((row) => `${row.rule} ${row.key}` === ruleAndKey))
        report(`no alert of ${ruleAndKey}, which time order opens`);
    }
  }

  // Deliveries: each expected one exists once per receiver, and was delivered or is dead.
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
  expected.forEach((alert, index) => {
    for (const route of routes) {
      const rows = deliveries.filter((row) => row.alert === index + 1 && row.receiver === route.name);
      const got = rows.map(({ what, state }) => (state === 'suppressed' ? `${what} suppressed` : what)).join(', ');
      const due = alert.notifications
        .map((what) => (takesLevel(route, alert.level) ? what : `${what} suppressed`))
        .join(', ');
      if (got !== due) report(`alert ${index + 1} to ${route.name}: expected "${due}", got "${got}"`);
    }
  });
  for (const row of deliveries) {
    if (row.state === 'pending') report(`delivery ${row.id} to ${row.receiver} is still pending after the calm`);
    const wasReceived = after.received.some(({ receiver, notification }) => {
      if (receiver !== row.receiver) return false;
      if ('health' in notification) return row.health === notification.health.kind;
      return row.alert === notification.alert.id && row.what === whatOf(notification);
    });
    if (row.state === 'suppressed' && wasReceived)
      report(`delivery ${row.id} was suppressed, but ${row.receiver} received it`);
    if (row.state === 'delivered' && !wasReceived)
      report(`delivery ${row.id} is delivered, but ${row.receiver} never received it`);
    if (row.attempts === 0 && row.state !== 'suppressed') report(`delivery ${row.id} was never tried`);
  }
  for (const { receiver, notification } of after.received) {
    if ('health' in notification) continue;
    const known = deliveries.some(
      (row) => row.receiver === receiver && row.alert === notification.alert.id && row.what === whatOf(notification),
    );
    if (!known) report(`${receiver} received alert ${notification.alert.id} without a delivery`);
  }

  // Health alerts.
  const isRaised = (kind: string): boolean => deliveries.some((row) => row.health === kind);
  if (deliveries.some((row) => row.state === 'dead' && row.health === null) && !isRaised('dead-delivery')) {
    report('a delivery is dead, and nobody was notified');
  }
  if (quarantined > 0 && !isRaised('quarantine')) report('records are quarantined, and nobody was notified');
  if (after.longOutage && !isRaised('blind')) report('it was blind, and nobody was notified');
  if (store.all("SELECT 1 FROM health_alerts WHERE kind = 'blind' AND state = 'open'").length > 0)
    report('the health alert for blindness is still open');

  // KV holds a copy that is not ahead.
  const text = after.kv.latest(KV_CHECKPOINT);
  const copy = text === null ? null : checkpointFrom(text);
  if (copy !== null && !copy.ok) report(`KV's checkpoint can't be read: ${copy.problem}`);
  if (copy?.ok && !after.movedByHand && copy.value.watermark > state.checkpoint.watermark)
    report('KV is ahead of the ledger');
  if (recorded.length > 0 && text === null) report('KV holds no checkpoint');
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

/** A notification as text to compare deliveries by. */
function whatOf({ kind, alert, window }: AlertNotification): string {
  return `${kind} ×${alert.count} ${(window?.first ?? []).map(({ id }) => id)}`;
}
