/**
 * The law of decisions to notify: each is one row, which waits for the message of its group, and ends in exactly one of
 * delivered, suppressed and dead, or still waits with a group that is due. Computed from the stored rows, the states that
 * they were in, and what the model expects; which group a decision waits in is no part of it.
 */
import type { GroupNotification } from '../../src/alert/notification.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { LEVELS } from '../../src/sigma/index.ts';
import type { Expected } from './model.ts';
import type { Answered } from './network.ts';
import type { DeliveryState } from './observer.ts';
import type { ModelAct } from './plain-acts.ts';
import type { ModelMessage } from './plain-alerts.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/**
 * How long an alarm may need to make a message that is due. In this world two calls may set the alarm at once, and the later time
 * wins until the next call; a Durable Object's storage lets no other call in meanwhile.
 */
const ALARM_MS = 35 * SECOND;
/** What is severe goes elsewhere after so long. */
const FALLBACK_MS = 10 * MINUTE;
/** Keys of groups in a flood begin so. */
const FLOOD = '~';
/** And of what waits for a time of the day. */
const HELD = ['~held', '~daily'];

export interface DeliveriesOptions {
  readonly store: Store;
  readonly expected: Expected;
  readonly acts: readonly ModelAct[];
  readonly states: ReadonlyMap<number, readonly DeliveryState[]>;
  /** The name of a receiver to the network. */
  readonly canonical: (receiver: string) => string;
  /** The fallback that is declared in the end, by its name to the network; null: none is. */
  readonly fallback: string | null;
  readonly answers: readonly Answered[];
  /** From then on alarms ring when they should, wall, ms. */
  readonly calmAt: number;
  readonly now: number;
  readonly report: (problem: string) => void;
}

type Row = {
  id: number;
  receiver: string;
  alert: number;
  rule: string;
  level: number;
  state: string;
  queued_at: number;
  settled_at: number | null;
  reason: string | null;
  digest: number | null;
  grp: string | null;
  subject: string | null;
  seq: number | null;
  actor: string | null;
  kind: string;
  why: string | null;
  count: number | null;
  first: string | null;
  instead: string | null;
  fell_back: number | null;
  inhibited: string;
  more: number | null;
};

/** A decision's row: for whom it was made and when, and when it stopped to wait; null: it waits. */
interface Decided extends Row {
  readonly madeFor: string;
  readonly madeAt: number;
  readonly leftAt: number | null;
  /** What the model expects of it; null: nothing. */
  readonly due: ModelMessage | null;
}

/** Reports what breaks the law. */
export function reportDeliveries(options: DeliveriesOptions): void {
  const { store, states, report } = options;
  const rows = store.all<Row>(
    `SELECT deliveries.id, receiver, alert, rule, deliveries.level, deliveries.state, queued_at, settled_at, reason, digest,
       grp, subject, seq, notification ->> '$.entry.actor.id' AS actor, notification ->> '$.kind' AS kind, notification ->> '$.alert.count' AS count,
       (SELECT group_concat(value ->> '$.id') FROM json_each(notification, '$.window.first')) AS first,
       (SELECT json_group_array(id) FROM (SELECT value ->> '$.id' AS id FROM json_each(notification, '$.inhibited')
         UNION ALL SELECT value FROM json_each(notification, '$.inhibitedRest'))) AS inhibited,
       notification ->> '$.reason' AS why, notification ->> '$.inhibitedMore' AS more, notification ->> '$.insteadOf' AS instead, fell_back
     FROM deliveries JOIN alerts ON alerts.id = alert WHERE health IS NULL ORDER BY deliveries.id`,
  );
  const messages = new Map(
    rows
      .filter(({ grp, instead, kind }) => grp === null && instead === null && kind !== 'resolved')
      .map((row) => [row.id, row]),
  );
  reportFallback(rows, options);
  reportEnds(rows, options);
  const madeAt = (id: number): number => states.get(id)?.[0]?.queuedAt ?? Number.NaN;
  const all = rows
    .filter(({ grp }) => grp !== null)
    .map((row): Decided => {
      const madeFor = states.get(row.id)?.[0]?.receiver ?? row.receiver;
      return { ...row, madeFor, madeAt: madeAt(row.id), leftAt: leftAt(row, states, madeAt), due: null };
    });
  const decided = withDue(all, options);
  reportUnexpected(decided, options);
  for (const row of decided) reportStates(row, states.get(row.id) ?? [], report);
  reportWaiting(decided, options);
  reportSuppressed(decided, options);
  reportListed(decided, options);
  reportMessages(decided, messages, options);
  reportAlong(decided, options);
  reportWaits(decided, options);
  reportHeld(decided, options);
  reportReminders(decided, options);
  reportDeaths(decided, options);
}

/** What one receiver did not take in time, another one got, once: at high and critical. */
function reportFallback(rows: readonly Row[], options: DeliveriesOptions): void {
  const { fallback, answers, calmAt, canonical, report } = options;
  const names = (of: readonly Row[], nameOf: (row: Row) => string): string =>
    of
      .map((row) => `alert ${row.alert} of ${nameOf(row)}`)
      .sort()
      .join(', ');
  const fallen = rows.filter(({ fell_back: at }) => at !== null);
  const copies = rows.filter(({ instead }) => instead !== null);
  const [left, got] = [names(fallen, ({ receiver }) => receiver), names(copies, ({ instead }) => instead ?? '')];
  // What was sent elsewhere by an operator has another receiver now.
  if (fallen.length !== copies.length) report(`fell back: ${left}; there: ${got}`);
  for (const { id, level, state } of [...fallen, ...copies]) {
    if (level < LEVELS.indexOf('high')) report(`delivery ${id} is not severe, and fell back`);
    if (state === 'waiting' || state === 'suppressed') report(`delivery ${id} fell back, and is ${state}`);
  }
  const workedAt = (receiver: string, at: number): boolean =>
    answers.findLast((each) => each.receiver === receiver && each.at <= at)?.answer === 'taken';
  const others = new Set(answers.map(({ receiver }) => receiver));
  const sent = rows.filter(({ state }) => state === 'delivered' || state === 'dead');
  for (const { id, receiver, level, instead, digest, fell_back: fell, queued_at: at, settled_at: settledAt } of sent) {
    if (level < LEVELS.indexOf('high') || at < calmAt || instead !== null || digest !== null || fell !== null) continue;
    if (settledAt === null || settledAt - at <= FALLBACK_MS + MINUTE) continue;
    const own = canonical(receiver);
    const took = answers.some(
      (each) => each.receiver === own && each.answer === 'taken' && each.at > at && each.at <= at + FALLBACK_MS,
    );
    if (!took && [...others].some((other) => other !== own && workedAt(other, at + FALLBACK_MS)))
      report(`delivery ${id} to ${receiver} waited for ${settledAt - at} ms, and nobody else got it`);
  }
  if (fallback === null) return;
  for (const { id, receiver, instead, queued_at: at } of copies) {
    if (at < calmAt || canonical(receiver) === fallback || canonical(instead ?? '') === fallback) continue;
    const last = answers.findLast((each) => each.receiver === fallback && each.at <= at);
    if (last === undefined || last.answer === 'taken')
      report(`delivery ${id} is for ${receiver} in place of ${instead}, and the fallback ${fallback} works`);
  }
}

/**
 * Each receiver that was notified of an alert is notified once that it is resolved, where its route says so; not where an act
 * came before everything that it was to be sent of it.
 */
function reportEnds(rows: readonly Row[], { expected, states, canonical, report }: DeliveriesOptions): void {
  const text = (alert: number, receiver: string): string => `alert ${alert} to ${canonical(receiver)}`;
  const about = Map.groupBy(
    rows
      .filter(({ kind }) => kind !== 'resolved')
      .flatMap((row) =>
        [row.alert, ...(JSON.parse(row.inhibited) as readonly number[])].map((alert) => ({ alert, row })),
      ),
    ({ alert, row }) => text(alert, row.receiver),
  );
  const isSent = (alert: number, receiver: string, by: number): boolean =>
    (about.get(text(alert, receiver)) ?? []).some(
      ({ row }) => row.state !== 'suppressed' || (row.settled_at ?? Number.POSITIVE_INFINITY) > by,
    );
  const due = expected.ends
    .filter(({ alert, receiver, at }) => isSent(alert, receiver, at))
    .map(({ alert, receiver }) => text(alert, receiver))
    .sort();
  const got = rows
    .filter(({ kind, instead }) => kind === 'resolved' && instead === null)
    .map(({ id, alert, receiver }) => text(alert, states.get(id)?.[0]?.receiver ?? receiver))
    .sort();
  if (due.join() !== got.join()) report(`notified of the end: ${got.join(', ')}; due: ${due.join(', ')}`);
}

/** Which of the model's messages each is: of equal ones, the first is the first. */
function withDue(decided: readonly Decided[], options: DeliveriesOptions): readonly Decided[] {
  const due = Map.groupBy(options.expected.messages, (of) => messageText(of.receiver, of, of.count, options));
  return decided.map((row) => ({
    ...row,
    due: due.get(messageText(row.madeFor, row, row.count, options))?.shift() ?? null,
  }));
}

function messageText(
  receiver: string,
  of: { readonly alert: number; readonly kind: string; readonly seq: number | null },
  count: unknown,
  { canonical }: DeliveriesOptions,
): string {
  return `${canonical(receiver)}: alert ${of.alert} ${of.kind} ×${count} at seq ${of.seq}`;
}

/** When it stopped to wait: it became a message at a time that is its new place in line, or went into one made then. */
function leftAt(row: Row, states: DeliveriesOptions['states'], madeAt: (id: number) => number): number | null {
  const [, next] = states.get(row.id) ?? [];
  if (next === undefined) return null;
  switch (next.state) {
    case 'suppressed':
      return next.settledAt;
    case 'bundled':
      return row.digest === null ? null : madeAt(row.digest);
    default:
      return next.queuedAt;
  }
}

/** Each decision of the model to notify is one row, and no other is there. */
function reportUnexpected(decided: readonly Decided[], options: DeliveriesOptions): void {
  const { expected, report } = options;
  const text = (receiver: string, of: Parameters<typeof messageText>[1], count: unknown): string =>
    messageText(receiver, of, count, options);
  const due = expected.messages.map((of) => [text(of.receiver, of, of.count), of.first.join()] as const);
  const got = decided.map((of) => [text(of.receiver, of, of.count), of.first ?? ''] as const);
  const [dueBy, gotBy] = [due, got].map((list) => Map.groupBy(list, ([name]) => name)) as [
    Map<string, (readonly [string, string])[]>,
    Map<string, (readonly [string, string])[]>,
  ];
  for (const [name, of] of dueBy) {
    const there = gotBy.get(name) ?? [];
    if (there.length !== of.length) report(`${name}: ${of.length} expected, ${there.length} there`);
    else if (there.map(([, first]) => first).join(' ') !== of.map(([, first]) => first).join(' '))
      report(`${name}: it shows ${there.map(([, first]) => first)}, not ${of.map(([, first]) => first)}`);
  }
  for (const name of gotBy.keys()) if (!dueBy.has(name)) report(`${name}: not expected`);
}

/** From a state, to these. A dead one may be sent again. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  waiting: ['pending', 'bundled', 'suppressed'],
  pending: ['bundled', 'delivered', 'dead'],
  bundled: ['delivered', 'dead'],
  dead: ['pending', 'bundled'],
  delivered: [],
  suppressed: [],
};

function reportStates(row: Decided, states: readonly DeliveryState[], report: (problem: string) => void): void {
  if (states[0]?.state !== 'waiting') report(`delivery ${row.id} began as ${states[0]?.state}`);
  states.forEach(({ state }, i) => {
    const before = states[i - 1]?.state;
    if (before !== undefined && NEXT[before]?.includes(state) !== true)
      report(`delivery ${row.id} was ${before}, and then ${state}`);
  });
}

/** What waits has a group that is due. */
function reportWaiting(decided: readonly Decided[], { store, now, report }: DeliveriesOptions): void {
  const due = new Map(
    store
      .all<{ receiver: string; key: string; due_at: number | null }>('SELECT receiver, key, due_at FROM groups')
      .map(({ receiver, key, due_at: dueAt }) => [`${receiver} ${key}`, dueAt]),
  );
  for (const { id, receiver, grp, state } of decided) {
    if (state !== 'waiting') continue;
    const dueAt = due.get(`${receiver} ${grp}`) ?? null;
    if (dueAt === null) report(`delivery ${id} to ${receiver} waits, and its group ${grp} is not due`);
    else if (dueAt < now - ALARM_MS) report(`delivery ${id} to ${receiver} waits, and its group ${grp} was due`);
  }
}

/** What is suppressed waited when somebody acted, or a correlation's message lists it; and the reverse. */
function reportSuppressed(decided: readonly Decided[], { expected, acts, canonical, report }: DeliveriesOptions): void {
  const acting = Map.groupBy(
    acts.filter(({ act, who }) => who !== 'tocsin' && (act === 'acknowledge' || act === 'resolve')),
    ({ alert }) => alert,
  );
  const ofSeq = Map.groupBy(decided, ({ receiver, seq }) => `${canonical(receiver)} ${seq}`);
  const listed = new Map<number, number>();
  for (const { receiver, alert, seq, rules, seqs, level } of expected.inhibitions) {
    const own = ofSeq.get(`${canonical(receiver)} ${seq}`)?.find((row) => row.alert === alert);
    if (own === undefined) continue;
    const at = own.madeAt;
    for (const row of [...seqs].flatMap((of) => ofSeq.get(`${canonical(receiver)} ${of}`) ?? [])) {
      if (row.id >= own.id || !rules.has(row.rule) || row.level > LEVELS.indexOf(level) || row.alert === alert)
        continue;
      if (row.state === 'suppressed' && row.leftAt === at) listed.set(row.id, at);
      // What waits under a receiver's old name goes to the new one when somebody resends it, which may be later.
      const waited = row.madeFor === own.madeFor && (row.leftAt === null || row.leftAt > at);
      if (waited && row.grp?.startsWith(FLOOD) === false)
        report(`delivery ${row.id} of alert ${row.alert} waited when alert ${alert} listed it, and was not suppressed`);
    }
  }
  for (const { id, alert, state, madeAt, leftAt, reason, why, inhibited } of decided) {
    // Nobody acted on new networks, nor on what it lists.
    const ends = ({ act }: ModelAct): boolean => inhibited === '[]' && (act === 'resolve' || why !== 'new network');
    const over = acting
      .get(alert)
      ?.find((each) => ends(each) && madeAt < each.at && (leftAt === null || each.at < leftAt));
    if (over !== undefined) report(`delivery ${id} waited when act ${over.id} came, and was not suppressed`);
    if (state !== 'suppressed' || listed.has(id)) continue;
    if (acting.get(alert)?.some((each) => each.at === leftAt && (inhibited !== '[]' || ends(each))) !== true)
      report(`delivery ${id} of alert ${alert} is suppressed, and that is not why: ${reason}`);
  }
}

/** What a correlation inhibits is listed in its message, or counted there. */
function reportListed(decided: readonly Decided[], { expected, canonical, report }: DeliveriesOptions): void {
  // A reminder may have the entry of the match before it.
  const rows = Map.groupBy(decided, (row) => `${canonical(row.receiver)} ${row.alert} ${row.seq}`);
  for (const { alert, by, seq, receiver } of expected.listed) {
    const lists = rows.get(`${canonical(receiver)} ${by} ${seq}`) ?? [];
    if (!lists.some(({ inhibited, more }) => JSON.parse(inhibited).includes(alert) || (more ?? 0) > 0))
      report(
        `alert ${alert} is inhibited at seq ${seq}, and the message of alert ${by} to ${receiver} does not list it`,
      );
  }
}

/** What went into a message ends with it, was made one with it, and is named or counted in it. */
function reportMessages(
  decided: readonly Decided[],
  messages: ReadonlyMap<number, Row>,
  { store, report }: DeliveriesOptions,
): void {
  const inMessage = Map.groupBy(
    decided.filter(({ digest }) => digest !== null && messages.has(digest)),
    ({ digest }) => digest ?? 0,
  );
  for (const [id, message] of messages) {
    const rows = inMessage.get(id) ?? [];
    const wrong = (what: string): void => report(`message ${id} to ${message.receiver} ${what}`);
    if (rows.length < 2) wrong(`is of ${rows.length} decisions`);
    for (const { id: of, receiver, state, settled_at: settledAt } of rows) {
      if (receiver !== message.receiver) wrong(`has ${of}, which is for ${receiver}`);
      if (state !== message.state && !(state === 'bundled' && message.state === 'pending'))
        wrong(`is ${message.state}, and ${of} in it is ${state}`);
      if (settledAt !== message.settled_at) wrong(`did not end with ${of}`);
    }
    if (!rows.some(({ grp }) => isOfGroup(rows, grp ?? '')))
      wrong('has what shares no actor and no entry with the rest');
    const alerts = new Set(rows.map(({ alert }) => alert));
    const highest = Math.max(...rows.map(({ level }) => level));
    if (!rows.some(({ alert, level }) => alert === message.alert && level === highest))
      wrong(`leads with alert ${message.alert}, which is not the most severe`);
    if (message.level !== highest) wrong(`has the level ${message.level}, not ${highest}`);
    if (message.kind !== 'group') {
      if (alerts.size !== 1) wrong(`is of one alert, and has ${alerts.size}`);
      continue;
    }
    const [text] = store.all<{ notification: string }>('SELECT notification FROM deliveries WHERE id = ?', id);
    reportGroup(JSON.parse(text?.notification ?? '{}'), rows, wrong);
  }
}

/** Whether a message may be that of a group: what it has of others shares an actor or an entry with what it has of this. */
function isOfGroup(rows: readonly Decided[], key: string): boolean {
  const own = rows.filter(({ grp }) => grp === key);
  const others = rows.filter(({ grp }) => grp !== key);
  if (others.length > 0 && key.startsWith(FLOOD)) return false;
  const shared = new Set(own.flatMap(sharedBy));
  return others.every((row) => row.grp?.startsWith(FLOOD) === false && sharedBy(row).some((name) => shared.has(name)));
}

/** What a message has in common with what it takes along: whose alert it is, the entry, and its actor. */
function sharedBy({ madeFor, subject, seq, actor }: Decided): string[] {
  const names = [`of ${subject}`, `seq ${seq}`, ...(actor === null ? [] : [`of actor ${actor}`])];
  return names.map((name) => `${madeFor} ${name}`);
}

/** A group's message counts what is in it, and names the most severe. */
function reportGroup({ group }: GroupNotification, rows: readonly Decided[], wrong: (what: string) => void): void {
  const alerts = Map.groupBy(rows, ({ alert }) => alert);
  if (group.alerts !== alerts.size) wrong(`counts ${group.alerts} alerts of ${alerts.size}`);
  if (group.decisions !== rows.length) wrong(`counts ${group.decisions} decisions of ${rows.length}`);
  const named = [group.first.alert.id, ...group.others.map(({ id }) => id)];
  if (named.length + group.more !== alerts.size) wrong(`names ${named.length} alerts and counts ${group.more} more`);
  if (new Set(named).size !== named.length || named.some((id) => !alerts.has(id))) wrong(`names ${named.join(', ')}`);
  const levelOf = (id: number): number => Math.max(...(alerts.get(id) ?? []).map(({ level }) => level));
  const least = Math.min(...named.map(levelOf));
  for (const id of alerts.keys()) if (!named.includes(id) && levelOf(id) > least) wrong(`does not name alert ${id}`);
  for (const of of [group.first.alert, ...group.others]) {
    const newest = alerts.get(of.id)?.at(-1)?.count;
    if (newest !== of.count) wrong(`shows ${of.count} matches of alert ${of.id}, which had ${newest}`);
  }
  // What its correlations inhibited is in no other message.
  const { inhibited = [], inhibitedRest = [] } = group.first;
  const listed = [...inhibited, ...(group.inhibited ?? [])].map(({ id }) => id);
  const known = new Set([...alerts.keys(), ...listed, ...inhibitedRest]);
  const behind = new Set(rows.flatMap((row) => JSON.parse(row.inhibited) as readonly number[]));
  const missing = [...behind].filter((id) => !known.has(id));
  if (missing.length !== (group.inhibitedMore ?? 0)) wrong(`does not list what it inhibits: ${missing.join(', ')}`);
}

/** What waits elsewhere, and shares an actor or an entry with the message of a group, goes with it. */
function reportAlong(decided: readonly Decided[], { report }: DeliveriesOptions): void {
  const alike = decided.filter(({ grp }) => grp?.startsWith(FLOOD) === false);
  const shared = new Map<string, Decided[]>();
  for (const row of alike) for (const name of sharedBy(row)) shared.set(name, [...(shared.get(name) ?? []), row]);
  const sent = alike.filter(({ state, leftAt }) => state !== 'suppressed' && leftAt !== null);
  for (const rows of Map.groupBy(sent, ({ leftAt, digest, id }) => `${leftAt} ${digest ?? -id}`).values()) {
    // Whose message one of several groups is is not known.
    if (new Set(rows.map(({ grp }) => grp)).size > 1) continue;
    for (const row of rows) {
      const at = row.leftAt ?? 0;
      for (const other of sharedBy(row).flatMap((name) => shared.get(name) ?? [])) {
        const waited = other.madeAt < at && (other.leftAt === null || other.leftAt > at);
        if (waited) report(`delivery ${other.id} waited on when ${row.id} of the same actor or entry was sent`);
      }
    }
  }
}

/** What waits for a time of the day: until when; null: nothing does. */
function heldUntil({ due, madeAt }: Decided): number | null {
  const { heldUntil: until = null, digestAfter = null } = due?.routed ?? {};
  return until ?? digestAfter?.(madeAt) ?? null;
}

/** What comes outside of active times, or is in a digest, goes when its time comes, and no sooner. */
function reportHeld(decided: readonly Decided[], { calmAt, now, report }: DeliveriesOptions): void {
  for (const row of decided) {
    const { id, receiver, state, grp, madeAt, leftAt } = row;
    const isHeld = HELD.some((key) => grp?.startsWith(key));
    const until = heldUntil(row);
    const by = row.due?.routed?.subject ?? null;
    const isFlood = grp?.startsWith(FLOOD) || grp === 'reminder' || grp?.startsWith('alert ');
    if (by !== null && (row.subject !== by || !(isFlood || grp === `of ${by}`)))
      report(`delivery ${id} to ${receiver} waits in ${grp}, and not with ${by}`);
    if (isHeld !== (until !== null)) report(`delivery ${id} to ${receiver} waits in ${grp}, and is due at ${until}`);
    if (until === null) continue;
    const due = Math.max(until, madeAt);
    if (state !== 'suppressed' && leftAt !== null && leftAt < due)
      report(`delivery ${id} to ${receiver} left ${due - leftAt} ms before its time`);
    if (due >= calmAt && (leftAt ?? now) > due + ALARM_MS)
      report(`delivery ${id} to ${receiver} waited for ${(leftAt ?? now) - due} ms after its time`);
  }
}

/** How long a decision waits at most, ms. */
function waitMax(row: Decided): number {
  const { grp, kind, level, due, madeAt } = row;
  const until = heldUntil(row);
  if (until !== null) return Math.max(0, until - madeAt);
  const isCritical = LEVELS[level] === 'critical';
  if (grp === '~silence ended') return isCritical ? 5 * SECOND : 10 * MINUTE;
  if (grp?.startsWith(FLOOD)) return isCritical ? MINUTE : grp.includes('high flood') ? HOUR : 4 * HOUR;
  if (due?.isUrgent) return 5 * SECOND;
  if (kind === 'recurred') return isCritical ? HOUR : 4 * HOUR;
  if (isCritical) return 5 * SECOND;
  return LEVELS[level] === 'high' && (kind === 'opened' || kind === 'raised') ? 10 * MINUTE : 4 * HOUR;
}

/** Where alarms ring when they should, nothing waits longer than its level allows. */
function reportWaits(decided: readonly Decided[], { calmAt, now, report }: DeliveriesOptions): void {
  for (const row of decided) {
    const waitedMs = (row.leftAt ?? now) - row.madeAt;
    if (row.madeAt >= calmAt && waitedMs > waitMax(row) + ALARM_MS)
      report(
        `delivery ${row.id} to ${row.receiver} (${row.kind}, ${LEVELS[row.level]}) waited for ${waitedMs / SECOND} s`,
      );
  }
}

/** Reminders of a receiver are one message: at most one in an hour where critical is among them, else in four. */
function reportReminders(decided: readonly Decided[], { report }: DeliveriesOptions): void {
  const sent = decided.filter(({ state, leftAt }) => state !== 'suppressed' && leftAt !== null);
  const messages = Map.groupBy(sent, ({ leftAt, digest, id }) => `${leftAt} ${digest ?? -id}`);
  const last = new Map<string, number>();
  for (const rows of [...messages.values()].sort((a, b) => (a[0]?.leftAt ?? 0) - (b[0]?.leftAt ?? 0))) {
    const [one] = rows;
    // What has others in it may be their message, which took a reminder along.
    if (one === undefined || rows.some(({ kind }) => kind !== 'recurred')) continue;
    // What a silence suppressed is no reminder.
    if (rows.some(({ grp }) => grp === '~silence ended')) continue;
    // A correlation's, which lists what opened or was raised, waits no longer than that would.
    if (rows.some(({ grp, inhibited }) => grp !== 'reminder' && JSON.parse(inhibited).length > 0)) continue;
    // Nor what escalates; and what waited for a time of the day goes then.
    if (rows.some((row) => row.due?.isUrgent || heldUntil(row) !== null)) continue;
    const at = one.leftAt ?? 0;
    const before = last.get(one.madeFor) ?? Number.NEGATIVE_INFINITY;
    // A critical one that waited too had set the time: somebody acted on it, or another group's message took it along.
    const wasCritical = decided.some(
      (row) =>
        row.madeFor === one.madeFor &&
        row.kind === 'recurred' &&
        LEVELS[row.level] === 'critical' &&
        row.madeAt <= at &&
        (row.leftAt ?? 0) > before,
    );
    const isCritical = wasCritical || rows.some(({ level }) => LEVELS[level] === 'critical');
    const since = at - before;
    if (since < (isCritical ? HOUR : 4 * HOUR))
      report(`${one.madeFor} was reminded ${since / SECOND} s after the last time (${rows.map(({ id }) => id)})`);
    last.set(one.madeFor, at);
  }
}

/** What died counts as not notified, as an act says; and no other does. */
function reportDeaths(decided: readonly Decided[], { acts, states, canonical, report }: DeliveriesOptions): void {
  const deaths = new Map(
    acts.filter(({ act }) => act === 'dead').map((of) => [`${of.alert} ${receiverIn(of, canonical)}`, of]),
  );
  const died = new Map<string, Set<number>>();
  for (const { id, alert, receiver, inhibited } of decided) {
    for (const { state, settledAt } of states.get(id) ?? []) {
      if (state !== 'dead' || settledAt === null) continue;
      for (const of of [alert, ...(JSON.parse(inhibited) as readonly number[])]) {
        const whose = `${of} ${canonical(receiver)}`;
        died.set(whose, (died.get(whose) ?? new Set()).add(settledAt));
        if (!deaths.has(whose)) report(`delivery ${id} died, and alert ${of} counts as notified`);
      }
    }
  }
  for (const act of acts) {
    if (act.act === 'dead' && died.get(`${act.alert} ${receiverIn(act, canonical)}`)?.has(act.at) !== true)
      report(`act ${act.id} says that a message of alert ${act.alert} died, and none did`);
  }
}

function receiverIn({ detail }: ModelAct, canonical: (receiver: string) => string): string {
  return canonical(String(detail?.['receiver']));
}
