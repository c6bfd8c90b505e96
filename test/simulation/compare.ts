/**
 * Compares what is stored and was received after a run with the plain model. Each difference is reported as a sentence.
 */
import type { AlertNotification, GroupNotification } from '../../src/alert/notification.ts';
import { checkpointFrom } from '../../src/audit-log/checkpoint-text.ts';
import { lastPasses } from '../../src/ledger/store/passes.ts';
import { readState } from '../../src/ledger/store/state.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { KV_CHECKPOINT } from '../../src/poller/poll.ts';
import type { Engine } from '../../src/sigma/index.ts';
import { canonicalJson } from '../../src/text/canonical-json.ts';
import { reportOutages } from './bundled.ts';
import { type Cause, type Deployment, reportDead } from './dead.ts';
import { reportDeliveries } from './deliveries-law.ts';
import type { Ending } from './endings.ts';
import type { SimulatedKv } from './kv.ts';
import { alertedInTimeOrder, type Expected, expectedFor, type ModelEntry } from './model.ts';
import type { Network, PageTimes, Received, SlackHabits } from './network.ts';
import { misleveled, type Observer } from './observer.ts';
import type { ModelAlert } from './plain-alerts.ts';
import { reportReplay } from './replay.ts';
import { ALL_BATCHES, ALL_ENTRIES } from './storage.ts';
import type { Happened } from './troubles.ts';
import type { Shown, Upstream } from './upstream.ts';

export interface Aftermath {
  readonly store: Store;
  readonly kv: SimulatedKv;
  readonly upstream: Upstream;
  readonly network: Network;
  readonly observer: Observer;
  readonly happened: Happened;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly slack: SlackHabits;
  /** What the receiver of mail was called. */
  readonly mailNames: ReadonlySet<string>;
  readonly deployments: readonly Deployment[];
  /** The fallback that the routing declares in the end; null: none. */
  readonly fallback: string | null;
  /** What happened in the end. */
  readonly ending: Ending | null;
  readonly startAt: number;
  /** The log is longer than what is kept. */
  readonly isOld: boolean;
  /** In the end days passed, with ticks that were minutes apart. */
  readonly isLong: boolean;
  /** When the calm began. */
  readonly calmAt: number;
  readonly now: number;
  /** In the end, ms. */
  readonly allowedLatenessMs: number;
  /** What lay in a gap was recorded later than the allowed lateness, which windows do not wait for. */
  readonly hadGap: boolean;
  /** How many records the operator took out of quarantine. */
  readonly released: number;
  /** What the operator found wrong, as sentences. */
  readonly operatorProblems: readonly string[];
}

export interface Compared {
  readonly problems: string[];
  readonly entries: number;
  readonly alerts: number;
  /** What deliveries died of. */
  readonly causes: ReadonlySet<Cause>;
  /** How routes sent what, once each time. */
  readonly ways: readonly string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** An alarm that was set late comes this long after the troubles end. */
const CALM_AFTER = 12 * MINUTE;

export function compare(after: Aftermath): Compared {
  const problems: string[] = [];
  const report = (problem: string): void => {
    if (problems.length < 20) problems.push(problem);
  };
  const { store, upstream, network, happened, observer } = after;
  const canonical = (receiver: string): string => (after.mailNames.has(receiver) ? 'mail' : receiver);
  const state = readState(store);
  if (state === null)
    return { problems: ['the ledger never began'], entries: 0, alerts: 0, causes: new Set(), ways: [] };

  // Is it watching, and has it caught up?
  // Where the upstream's clock is far ahead of ours, the watermark follows ours.
  const lag = after.now + Math.min(upstream.skewMs, 0) - state.checkpoint.watermark;
  // With a Date that is in the past for ever, so is the watermark; all the same, everything is recorded.
  if (upstream.faults.date === 'none' && lag > after.allowedLatenessMs + (after.isLong ? 20 : 10) * MINUTE)
    report(`the watermark lies ${Math.round(lag / 1000)}s behind after the calm`);
  // A watermark lies the allowed lateness before the beginning of a scan, by the earlier of both clocks; or a person set it.
  const beginnings = new Set(network.pages.map(beginningOf));
  const isBeginning = (watermark: number, latenesses: readonly number[]): boolean =>
    latenesses.some((latenessMs) => beginnings.has(watermark + latenessMs));
  const set = new Set([after.startAt, ...happened.rewinds.map(({ to }) => to)]);
  for (const [watermark, latenesses] of observer.watermarks) {
    if (!isBeginning(watermark, latenesses) && !set.has(watermark))
      report(`the watermark ${new Date(watermark).toISOString()} lies before no scan's beginning`);
  }
  if (after.now - state.movedAt > (after.isLong ? 16 : 8) * MINUTE) report('no scan has moved during the calm');
  if (store.all('SELECT 1 FROM staging').length > 0) report('entries are still staged');

  // Every entry that the upstream showed is recorded once, and no others.
  const applied = happened.rewinds.filter(({ id }) => state.rewinds.includes(id));
  const last = happened.rewinds.at(-1);
  if (last !== undefined && !applied.includes(last)) report(`${last.id} was not applied`);
  const floor = state.checkpoint.floor;
  const least = Math.min(after.startAt, ...applied.map(({ to }) => to));
  if (floor > after.startAt || floor < least) report(`the floor is ${new Date(floor).toISOString()}`);
  const recorded = store.all<RecordedRow>(after.isOld ? ALL_ENTRIES : 'SELECT * FROM entries ORDER BY seq');
  // What is too old by the end may have been so when it was read, and be recorded once RETENTION is longer.
  const mayHaveExpired = (createdAt: number): boolean => after.isOld && createdAt < after.now - DAY;
  const ids = new Set(recorded.map((row) => row.id));
  const sound = upstream.log.filter((entry) => !entry.malformed && !entry.poison);
  const shown = new Map(sound.map((entry) => [entry.id, entry]));
  for (const [id, rows] of Map.groupBy(recorded, (row) => row.id)) reportVersions(shown.get(id), rows, report);
  for (const entry of shown.values()) {
    if (entry.optional) continue;
    if (mayHaveExpired(entry.createdAt)) continue;
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
    const dates = (network.shown.get(row.id) ?? []).map((at) => (row.created_at > at + 5_000 ? at : row.created_at));
    if (!dates.includes(row.occurred_at)) {
      const [got, due] = [row.occurred_at, ...dates].map((at) => new Date(at).toISOString());
      report(`entry ${row.id} occurred at ${got}, not ${due}`);
    }
  }
  recorded.forEach((row, index) => {
    if (row.seq !== index + 1) report(`seq ${row.seq} is at position ${index + 1}`);
  });
  const bad = upstream.log.filter((entry) => (entry.malformed || entry.poison) && entry.createdAt >= floor);
  const quarantined = store.all('SELECT key FROM quarantine WHERE failures >= 3').length;
  if (quarantined < bad.length)
    report(`${bad.length} records that can't be recorded were shown, ${quarantined} are in quarantine`);
  if (state.counters.quarantined !== quarantined + after.released) {
    report(`${quarantined} in quarantine and ${after.released} released, counted ${state.counters.quarantined}`);
  }
  if (state.counters.recorded !== recorded.length)
    report(`${recorded.length} recorded, counted ${state.counters.recorded}`);

  // Alerts: exactly those of the model in seq order; in time order, each rule and key.
  const batches = store.all<{
    first_seq: number;
    last_seq: number;
    horizon: number;
    suppress_before: number | null;
    began: number;
    rules: string;
  }>(after.isOld ? ALL_BATCHES : 'SELECT * FROM batches ORDER BY first_seq');
  let batch = 0;
  const entries = recorded.flatMap((row): ModelEntry | [] => {
    while (row.seq > (batches[batch]?.last_seq ?? Number.POSITIVE_INFINITY)) batch++;
    const of = batches[batch];
    const engine = after.engines.get(of?.rules ?? '');
    if (of === undefined || engine === undefined) {
      report(`seq ${row.seq} belongs to no batch`);
      return [];
    }
    return {
      seq: row.seq,
      id: row.id,
      occurredAt: row.occurred_at,
      body: JSON.parse(row.body),
      horizon: of.horizon,
      suppressBefore: of.suppress_before,
      began: of.began,
      engine,
      evictedAfter: row.evicted_after ?? null,
    };
  });
  const awaited = entries.filter(({ id }) => {
    const entry = shown.get(id);
    return entry !== undefined && !entry.optional && !mayHaveExpired(entry.createdAt);
  });
  const acts = observer.acts();
  const { deployedAt, deployedAtStep } = observer;
  const passes = lastPasses(store, Number.MAX_SAFE_INTEGER).toReversed();
  const silences = observer.silences();
  const expected = expectedFor(entries, {
    ...{ deployedAt, deployedAtStep, acts, silences, passes },
    completeUpTo: Math.min(state.checkpoint.watermark, state.checkpoint.gap?.from ?? Number.POSITIVE_INFINITY),
    absentFrom: state.absentFrom ?? Number.NEGATIVE_INFINITY,
  });
  const { activity } = expected;
  const opened = store.all<StoredAlert>('SELECT * FROM alerts ORDER BY id');
  if (expected.alerts.length !== opened.length)
    report(`${expected.alerts.length} alerts expected, ${opened.length} opened`);
  expected.alerts.forEach((alert, index) => {
    const row = opened[index];
    if (row === undefined) return;
    const [due, got] = [expectedFacts(alert), storedFacts(row)];
    for (const [name, text] of Object.entries(due)) {
      if (got[name] !== text) report(`alert ${row.id} (${alert.rule}): ${name} is ${got[name]}, not ${text}`);
    }
    reportMatches(store, alert, report);
    reportDue(row, alert, after, state.checkpoint.watermark, report);
  });
  expected.problems.forEach(report);
  observer.problems.forEach(report);
  misleveled(store).forEach(report);
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
  // What windows have forgotten is from before all that they wait for. They do not wait for what lay in a gap or behind a
  // rewind, for an upstream that turns its order in the middle of a scan, nor for a record that was malformed for too long, or
  // older than RETENTION when it was first read.
  if (happened.rewinds.length === 0 && !after.hadGap && !happened.turned) {
    const isAwaited = new Set(awaited.map(({ seq }) => seq));
    let forgotten = Number.NEGATIVE_INFINITY;
    for (const { seq, occurredAt, horizon } of entries) {
      if (isAwaited.has(seq) && occurredAt < forgotten)
        report(`seq ${seq} occurred ${forgotten - occurredAt} ms before what windows forgot`);
      forgotten = Math.max(forgotten, Math.min(occurredAt, horizon));
    }
    if (!happened.rulesChanged) {
      for (const ruleAndKey of alertedInTimeOrder(awaited)) {
        if (!opened.some((row) => `${row.rule} ${row.key}` === ruleAndKey))
          report(`no alert of ${ruleAndKey}, which time order opens`);
      }
    }
  }

  // What was evicted can't be replayed.
  if (!after.isOld) {
    const deployedAtAct = (act: number) =>
      acts.find(({ id }) => id === act)?.deployed ?? deployedAt(Number.POSITIVE_INFINITY);
    reportReplay(store, { engines: after.engines, deployedAt, deployedAtStep, deployedAtAct }, report);
  }

  // Deliveries: each decision to notify ends in one way (deliveries-law.ts). A message was delivered or is dead for a true
  // reason (dead.ts); what Slack never takes may wait.
  reportDeliveries({
    ...{ fallback: after.fallback === null ? null : canonical(after.fallback), answers: network.answers },
    ...{ store, expected, acts, states: observer.states(), canonical, now: after.now, report },
    calmAt: after.calmAt + CALM_AFTER,
  });
  const deliveries = store.all<{
    id: number;
    receiver: string;
    alert: number | null;
    health: string | null;
    own: number;
    what: string;
    state: string;
    attempts: number;
    digest: number | null;
  }>(
    `SELECT id, receiver, alert, health, coalesce(own_ms, 0) AS own, state, attempts, digest,
       iif(notification ->> '$.group.kind' = 'outage', 'outage ', '') || concat(notification ->> '$.kind', ' ×', coalesce(notification ->> '$.alert.count', notification ->> '$.group.decisions'),
         ' ', (SELECT group_concat(value ->> '$.id') FROM json_each(notification, '$.window.first'))) AS what
     FROM deliveries ORDER BY id`,
  );
  for (const row of deliveries) row.receiver = canonical(row.receiver);
  const deliveriesOf = Map.groupBy(deliveries, ({ receiver, alert }) => `${receiver} ${alert}`);
  const rowOf = new Map(deliveries.map((row) => [row.id, row]));
  const receivedMessages = new Set(network.received.flatMap(messageReceived));
  for (const row of deliveries) {
    let message = row;
    while (message.digest !== null) message = rowOf.get(message.digest) ?? { ...message, digest: null };
    const isRefused = row.receiver === 'slack' && message.alert !== null && message.alert === after.slack.refusedAlert;
    // The ending lasts a little more than a day, which may not be enough for a message that came late into it.
    const mayWait =
      isRefused && (after.ending !== 'own failures' || (message.own > DAY - 2 * HOUR && message.own < DAY));
    if ((row.state === 'pending' || row.state === 'bundled') && !mayWait)
      report(`delivery ${row.id} to ${row.receiver} is still pending after the calm`);
    const wasReceived = receivedMessages.has(messageIn(row));
    if (row.digest !== null) continue;
    if (row.state === 'suppressed' && wasReceived)
      report(`delivery ${row.id} was suppressed, but ${row.receiver} received it`);
    if (row.state === 'delivered' && !wasReceived)
      report(`delivery ${row.id} is delivered, but ${row.receiver} never received it`);
    if (row.state === 'delivered' && isRefused) report(`delivery ${row.id} is delivered, and Slack refuses it`);
    if (row.attempts === 0 && row.state === 'delivered') report(`delivery ${row.id} was never tried`);
  }
  for (const { receiver, notification, text } of network.received) {
    if (notification === null || !('alert' in notification || 'group' in notification)) continue;
    const { alert } = 'group' in notification ? notification.group.first : notification;
    if (!text.includes(alert.title)) report(`a message to ${receiver} does not name its rule`);
    // That of an outage belongs to no alert.
    const isOutage = 'group' in notification && notification.group.kind === 'outage';
    const rows = deliveriesOf.get(`${receiver} ${isOutage ? null : alert.id}`) ?? [];
    const known = rows.some(({ what }) => what === whatOf(notification));
    if (!known) report(`${receiver} received alert ${alert.id} without a delivery`);
  }

  reportOutages(store, network.received, canonical, report);
  const { answers } = network;
  const causes = reportDead({ store, answers, deployments: after.deployments, canonical, report });

  network.problems.forEach(report);
  after.operatorProblems.forEach(report);

  // Health alerts.
  const isRaised = (kind: string): boolean => deliveries.some((row) => row.health === kind);
  if (quarantined > 0 && !isRaised('quarantine')) report('records are quarantined, and nobody was notified');
  if (happened.longOutage && !isRaised('blind')) report('it was blind, and nobody was notified');
  if (store.all("SELECT 1 FROM health_alerts WHERE kind = 'blind' AND state = 'open'").length > 0)
    report('the health alert for blindness is still open');

  if (happened.longRefusal && !isRaised('key-refused')) report('the key was refused, and nobody was notified');
  const isReported = network.received.some(
    ({ notification, text }) => notification === null && /can.{1,8}t write/.test(text),
  );
  if (happened.longFull && !isReported) report('the ledger could not write, and nobody was notified');

  // KV holds a copy that is not ahead.
  const text = after.kv.latest(KV_CHECKPOINT);
  const copy = text === null ? null : checkpointFrom(text);
  if (copy !== null && !copy.ok) report(`KV's checkpoint can't be read: ${copy.problem}`);
  // The rest of a scan may have been quiet, and is stored with the next one that is not.
  const isAhead = copy?.ok && copy.value.watermark > state.checkpoint.watermark;
  if (isAhead && !happened.movedByHand && !isBeginning(copy.value.watermark, [after.allowedLatenessMs]))
    report('KV is ahead of the ledger');
  if (recorded.length > 0 && text === null) report('KV holds no checkpoint');
  return { problems, entries: recorded.length, alerts: opened.length, causes, ways: waysOf(expected) };
}

/** How routes sent what. */
function waysOf({ messages, ends }: Expected): string[] {
  const ways = messages.flatMap(({ routed, isUrgent, kind }) => [
    ...(isUrgent ? [`escalated, ${kind}`] : []),
    ...(routed?.isFallback ? ['to the fallback'] : []),
    ...(routed?.heldUntil != null ? ['held'] : []),
    ...(routed?.digestAfter != null ? ['in a digest'] : []),
    ...(routed?.subject != null ? ['by rule'] : []),
  ]);
  return [...ways, ...ends.map(() => 'the end')];
}

/** Each version of an entry is recorded once, in the order in which it was shown, and the last of them is what it is. */
function reportVersions(
  entry: Shown | undefined,
  rows: readonly RecordedRow[],
  report: (problem: string) => void,
): void {
  // That it was never shown is reported elsewhere.
  if (entry === undefined) return;
  const before = entry.before?.malformed === false ? [contentOf(entry.before.body)] : [];
  const due = [...new Set([...before, contentOf(entry.body)])];
  const got = rows.map(({ body }) => contentOf(JSON.parse(body)));
  if (got.length > due.length || new Set(got).size !== got.length) report(`entry ${entry.id} is recorded twice`);
  if (got.at(-1) !== due.at(-1)) report(`entry ${entry.id} is not recorded as it is`);
  if (got.length === due.length && got.join() !== due.join())
    report(`the versions of ${entry.id} are in another order`);
}

/** When a page was certainly not answered yet: by our clock when it was asked for, or by `Date` less what the answer took. */
function beginningOf({ askedAt, answeredAt, date }: PageTimes): number {
  return date === null ? askedAt : Math.min(askedAt, date - Math.max(0, answeredAt - askedAt));
}

type Body = { readonly actor?: { readonly id?: unknown; readonly type?: unknown } | null } & Record<string, unknown>;

/** What counts as content, as text. Missing and null are one. */
function contentOf(body: unknown): string {
  const { user_agent: _userAgent, extra: _extra, actor, ...rest } = body as Body;
  const { id, type } = actor ?? {};
  const members = Object.entries(rest).filter(([, value]) => value != null);
  return JSON.stringify([id, type, members.sort()]);
}

type RecordedRow = {
  seq: number;
  id: string;
  revision: number;
  body: string;
  created_at: number;
  occurred_at: number;
  evicted_after?: number | null;
};

type StoredAlert = {
  id: number;
  rule: string;
  key: string;
  begins: number;
  last_at: number;
  level: string;
  count: number;
  backfilled: number;
  state: string;
  previous: number | null;
  networks: string;
  notified: string;
  acknowledged: string | null;
  assignee: string | null;
  resolution: string | null;
  escalations: string | null;
  decided: string;
  silenced_until: number | null;
};

/** A message to a receiver, as text: which health alert, that it is of an outage, or what it says of which alert. */
function messageIn({ receiver, health, alert, what }: Message): string {
  if (health !== null) return `${receiver} health ${health}`;
  return what.startsWith('outage ') ? `${receiver} ${what}` : `${receiver} ${alert} ${what}`;
}

/** The same of what a receiver took; nothing where it was sent without the ledger. */
function messageReceived({ receiver, notification }: Received): string[] {
  if (notification === null) return [];
  const none = { receiver, health: null, alert: null, what: '' };
  if ('health' in notification) return [messageIn({ ...none, health: notification.health.kind })];
  if ('group' in notification)
    return [messageIn({ ...none, alert: notification.group.first.alert.id, what: whatOf(notification) })];
  return [messageIn({ ...none, alert: notification.alert.id, what: whatOf(notification) })];
}

type Message = { receiver: string; alert: number | null; health: string | null; what: string };

/** A notification as text to compare deliveries by. */
function whatOf(notification: AlertNotification | GroupNotification): string {
  if ('group' in notification)
    return `${notification.group.kind === 'outage' ? 'outage ' : ''}group ×${notification.group.decisions} `;
  const { kind, alert, window } = notification;
  return `${kind} ×${alert.count} ${(window?.first ?? []).map(({ id }) => id)}`;
}

/** What an alert is, by name, as text. */
type Facts = Readonly<Record<string, string>>;

function expectedFacts(alert: ModelAlert): Facts {
  const {
    id: _id,
    isSilenced: _isSilenced,
    matches: _matches,
    matched: _matched,
    lastSeq: _lastSeq,
    end: _end,
    ...facts
  } = alert;
  const { notified, decided, ...plain } = facts;
  const named = {
    ...plain,
    escalations: inOrder(plain.escalations),
    notified: Object.fromEntries(notified),
    decided: Object.fromEntries(decided),
  };
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, canonicalJson(value)]));
}

function storedFacts(row: StoredAlert): Facts {
  const parsed = (text: string | null): unknown => JSON.parse(text ?? 'null');
  const named = {
    ...{ rule: row.rule, key: row.key, previous: row.previous, state: row.state, level: row.level, begins: row.begins },
    ...{ lastAt: row.last_at, count: row.count, backfilled: row.backfilled === 1, assignee: row.assignee },
    ...{ networks: parsed(row.networks), notified: parsed(row.notified), acknowledged: parsed(row.acknowledged) },
    ...{ resolution: parsed(row.resolution), decided: parsed(row.decided) },
    escalations: inOrder(JSON.parse(row.escalations ?? '[]')),
  };
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, canonicalJson(value)]));
}

function inOrder(steps: ModelAlert['escalations']): ModelAlert['escalations'] {
  return steps.toSorted((a, b) => a.at - b.at || a.to.localeCompare(b.to));
}

function reportMatches(store: Store, alert: ModelAlert, report: (problem: string) => void): void {
  const kept = store.all<{ seq: number; decision: string | null }>(
    'SELECT seq, decision FROM matches WHERE alert = ? ORDER BY seq',
    alert.id,
  );
  const got = new Map(
    kept.map(({ seq, decision }) => [seq, decision === null ? 'contributing' : canonicalJson(JSON.parse(decision))]),
  );
  for (const seq of [...new Set([...alert.matches.keys(), ...got.keys()])].sort((a, b) => a - b)) {
    const [due, is] = [alert.matches.get(seq) ?? 'nothing', got.get(seq) ?? 'nothing'];
    if (due !== is) report(`alert ${alert.id} (${alert.rule}): the match ${seq} has ${is}, not ${due}`);
  }
}

/** What time alone does was done: what is deferred and what was acknowledged ends by our clock, a quiet alert by the watermark. */
function reportDue(
  row: StoredAlert,
  alert: ModelAlert,
  { now, store }: Aftermath,
  watermark: number,
  report: (problem: string) => void,
): void {
  // What is due waits for the silence that covers its alert, or an hour where somebody ended that.
  const mayHold =
    store.all('SELECT 1 FROM silences WHERE starts_at <= ?1 AND ends_at > ?1 - ?2', now, 60 * MINUTE).length > 0;
  const notified = JSON.parse(row.notified) as Record<string, { deferred: { to: number; kind: string } | null }>;
  for (const [receiver, { deferred }] of Object.entries(notified)) {
    if (deferred !== null && deferred.to < now - MINUTE && !mayHold)
      report(`alert ${row.id}: ${deferred.kind} was due for ${receiver}, and is still deferred`);
  }
  const acknowledged = JSON.parse(row.acknowledged ?? 'null') as { until: number } | null;
  for (const { to, at } of alert.escalations)
    if (at < now - MINUTE && !mayHold) report(`alert ${row.id} was due to escalate to ${to}, and has not`);
  if (acknowledged !== null && acknowledged.until < now - MINUTE && !mayHold)
    report(`alert ${row.id} is still acknowledged`);
  const silencedUntil = row.silenced_until ?? Number.NEGATIVE_INFINITY;
  if (alert.isSilenced && row.state !== 'resolved' && silencedUntil < now - MINUTE)
    report(`alert ${row.id}: a silence suppressed something severe of it, and is over, and nobody was notified`);
  const isLive = row.state === 'open' || row.state === 'acknowledged';
  if (isLive && !['high', 'critical'].includes(row.level) && row.last_at + 14 * DAY <= watermark)
    report(`alert ${row.id} has been quiet for two weeks, and is not resolved`);
}
