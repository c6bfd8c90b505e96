/**
 * A notification as the JSON body of a webhook, for programs: the fields as they are, not words about them.
 *
 * Contract: pure; one notification has one payload, whenever it is sent. Times are RFC 3339 in UTC, durations are seconds,
 * what is unknown is null. Strings are as in the audit log, including what attackers wrote, but well formed, and long ones
 * are cut with "…" (`shortened` says so). The JSON has invisible characters as `\\uXXXX`. At most `BYTES_MAX` of UTF-8.
 *
 * docs/webhook.schema.json has every field, and a version, which changes with what is here (test/notify/webhook/schema.test.ts).
 * A webhook gets each message by itself; only what is sent there in place of another receiver may be a group:
 * by `resend --receiver NAME --to NAME`, or because that one did not take it (ledger/deliver/fallback.ts).
 *
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#payload-structure
 */

import { healthLevelOf, withAddress } from '../../alert/health-words.ts';
import { addressOf, type Links } from '../../alert/links.ts';
import {
  type AlertNotification,
  type EntryView,
  type GroupNotification,
  type HealthNotification,
  isTest,
  type NamedCount,
  type Notification,
} from '../../alert/notification.ts';
import { shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { jsonLine } from '../../text/invisible.ts';
import { safeSlice } from '../../text/untrusted.ts';

/** "It's recommended to keep the size of payloads small, usually smaller than 20kb" (the standard, "Payload size"). */
export const BYTES_MAX = 20_000;
/** The length of strings: the first with which the payload fits. With the last it always does, however much is escaped. */
const STRING_LENGTHS = [1_000, 300, 100, 30, 8] as const;
/** `data.text` is not cut further. */
const TEXT_MAX = 600;
/** Of each list; of other alerts. */
const ITEMS_MAX = 8;
const OTHERS_MAX = 15;

/** A longer link is left out, since a cut one would lead nowhere. */
const LINK_MAX = 2_000;
// At most 3 bytes a UTF-16 unit; links are ASCII.
if (!(3 * TEXT_MAX + 2 * LINK_MAX < BYTES_MAX / 2))
  throw new Error('the text and the links must leave room for the fields');

/** The body to send. Throws for a notification that this version can't read. */
export function payload(notification: Notification, links: Links): string {
  const bodies = STRING_LENGTHS.map((most) => () => jsonLine(body(notification, links, most)));
  for (const make of bodies) {
    const text = make();
    if (new TextEncoder().encode(text).length <= BYTES_MAX) return text;
  }
  throw new RangeError('the payload is too large even when shortened');
}

/** A minimal body for a notification that this version can't read. */
export function unreadable(notification: Notification, links: Links): string {
  return jsonLine({
    type: 'alert.opened',
    timestamp: null,
    data: { test: false, text: shortText(notification, links), links: linksOf(links) },
  });
}

function body(notification: Notification, links: Links, most: number) {
  const cut = cutter(most);
  const common = {
    test: isTest(notification),
    text: safeSlice(wording(notification, links).summary, TEXT_MAX),
    links: linksOf(links),
  };
  const { type, timestamp, ...rest } = dataOf(notification, links, cut);
  return { type, timestamp, data: { ...common, ...rest, shortened: cut.shortened() } };
}

function dataOf(notification: Notification, links: Links, cut: Cutter) {
  switch (notification.kind) {
    case 'health':
    case 'health-resolved':
      return healthData(notification, links, cut);
    case 'group':
      return groupData(notification, cut);
    case 'opened':
    case 'raised':
    case 'updated':
    case 'recurred':
    case 'resolved':
      return alertData(notification, cut);
  }
}

function groupData({ group }: GroupNotification, cut: Cutter) {
  const { type, timestamp, ...first } = alertData(group.first, cut);
  const numbers = (of: readonly NamedCount[]) =>
    cut.list(of).map(({ name, alerts }) => ({ name: cut.text(name), alerts: finite(alerts) }));
  return {
    type: 'group',
    timestamp,
    group: {
      kind: group.kind,
      level: group.level,
      subject: cut.maybe(group.subject),
      alert_count: finite(group.alerts),
      decision_count: finite(group.decisions),
      since: time(group.since),
      first: { type, ...first },
      others: cut.list(group.others, OTHERS_MAX).map((each) => ({
        id: finite(each.id),
        title: cut.text(each.title),
        level: each.level,
        kind: each.kind,
        count: finite(each.count),
        last_at: time(each.lastAt),
        actor: cut.maybe(each.actor),
        address: cut.maybe(each.address),
      })),
      rule_count: finite(group.distinct.rules),
      actor_count: finite(group.distinct.actors),
      address_count: finite(group.distinct.addresses),
      rules: numbers(group.rules),
      actors: numbers(group.actors),
      addresses: numbers(group.addresses),
      outage: group.outage && {
        from: time(group.outage.from),
        to: time(group.outage.to),
        messages: finite(group.outage.messages),
        health_messages: finite(group.outage.healthMessages),
        health: cut.list(group.outage.health).map(cut.text),
      },
    },
  };
}

function healthData(notification: HealthNotification, links: Links, cut: Cutter) {
  const { kind, health } = notification;
  return {
    type: kind === 'health' ? 'health.raised' : 'health.resolved',
    timestamp: time(health.since),
    health: {
      kind: health.kind,
      level: healthLevelOf(notification),
      subject: cut.maybe(health.subject),
      summary: cut.text(health.summary),
      hint: cut.text(withAddress(health.hint, addressOf(links))),
      since: time(health.since),
    },
  };
}

function alertData(notification: AlertNotification, cut: Cutter) {
  const { kind, reason, alert, entry, evidence, fields, resolution, inhibited, window } = notification;
  return {
    type: `alert.${kind}`,
    timestamp: time(entry.createdAt),
    reason: cut.maybe(reason ?? null),
    alert: {
      id: finite(alert.id),
      rule: {
        id: cut.text(alert.ruleId),
        title: cut.text(alert.title),
        description: cut.maybe(alert.description),
        tags: cut.list(alert.tags).map(cut.text),
        runbook: cut.maybe(alert.runbook),
        falsepositives: cut.list(alert.falsepositives).map(cut.text),
      },
      level: alert.level,
      key: cut.list(alert.key).map(({ field, value }) => ({ field: cut.text(field), value: cut.maybe(value) })),
      count: finite(alert.count),
      first_at: time(alert.firstAt),
      last_at: time(alert.lastAt),
      period_seconds: seconds(alert.periodMs),
      networks: finite(alert.networks ?? Number.NaN),
      acknowledged_by: cut.maybe(alert.acknowledgedBy ?? null),
    },
    resolution: resolution
      ? { reason: resolution.reason, by: cut.text(resolution.by), comment: cut.maybe(resolution.comment) }
      : null,
    inhibited: cut.list(inhibited ?? [], OTHERS_MAX).map(({ id, title, level, count }) => ({
      ...{ id: finite(id), title: cut.text(title), level, count: finite(count) },
    })),
    inhibited_more: finite(notification.inhibitedMore ?? 0),
    fields: cut.list(fields ?? []).map(({ field, value }) => ({ field: cut.text(field), value: cut.maybe(value) })),
    entry: entryData(entry, cut),
    evidence: cut.list(evidence).map(({ selection, field, value }) => ({
      selection: cut.text(selection),
      field: cut.maybe(field),
      value: cut.text(value),
    })),
    window: window && {
      type: cut.text(window.type),
      value: finite(window.value),
      at_least: window.atLeast,
      condition: cut.text(window.condition),
      timespan_seconds: seconds(window.timespanMs),
      fields: cut.list(window.fields).map(cut.text),
      percentile: window.percentile === null ? null : finite(window.percentile),
      rules: cut.list(window.rules).map(cut.text),
      first: cut.list(window.first).map((each) => entryData(each, cut)),
    },
  };
}

function entryData(entry: EntryView, cut: Cutter) {
  const { actor, target } = entry;
  return {
    id: cut.text(entry.id),
    created_at: time(entry.createdAt),
    action: cut.maybe(entry.action),
    actor: { id: cut.maybe(actor.id), name: cut.maybe(actor.name), type: cut.maybe(actor.type) },
    target: { id: cut.maybe(target.id), type: cut.maybe(target.type) },
    client_ip: cut.maybe(entry.clientIp),
    method: cut.maybe(entry.method),
    path: cut.maybe(entry.path),
    status_code: cut.maybe(entry.statusCode),
    user_agent: cut.maybe(entry.userAgent),
  };
}

function linksOf({ alert, entry }: Links): Links {
  const whole = (href: string | null): string | null => (href !== null && href.length <= LINK_MAX ? href : null);
  return { alert: whole(alert), entry: whole(entry) };
}

interface Cutter {
  text(text: string): string;
  maybe(text: string | null): string | null;
  list<T>(items: readonly T[], max?: number): readonly T[];
  /** Whether anything was cut. */
  shortened(): boolean;
}

function cutter(most: number): Cutter {
  let cut = false;
  const text = (whole: string): string => {
    if (whole.length <= most) return whole.toWellFormed();
    cut = true;
    return `${safeSlice(whole, most - 1).toWellFormed()}…`;
  };
  return {
    text,
    maybe: (whole) => (whole === null ? null : text(whole)),
    list: (items, max = ITEMS_MAX) => {
      if (items.length > max) cut = true;
      return items.slice(0, max);
    },
    shortened: () => cut,
  };
}

/** Null before the year 0 and after 9999 too, which RFC 3339 does not have. */
function time(ms: number): string | null {
  const date = new Date(ms);
  const text = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return /^\d{4}-/.test(text) ? text : null;
}

function seconds(ms: number): number | null {
  return Number.isFinite(ms) ? ms / 1000 : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
