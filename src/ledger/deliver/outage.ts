/**
 * The digest after an outage: what has waited long for a receiver is one message, once the receiver takes something again.
 *
 * Contract: critical deliveries stay as they are, and at high the first `opened` of each rule; of the others each that has
 * waited for more than an hour is bundled, and ends with its digest. A digest is bundled in no other one. Fewer than three
 * stay as they are. Call it in the transaction that stores the success. Each call reads and bundles a bounded number, the
 * most severe first; where more are left, it stores how far it came, and the next success goes on from there. Times are
 * wall, in ms.
 */
import type {
  DigestHealth,
  DigestNotification,
  DigestRule,
  HealthAlertKind,
  HealthProblemKind,
} from '../../alert/notification.ts';
import { LEVELS, type Level } from '../../sigma/index.ts';
import { safeSlice } from '../../text/untrusted.ts';
import type { Store } from '../store/store.ts';
import { OUTAGE_MS } from './after-attempt.ts';
import { bundleUnder, enqueue, READY, SET_ASIDE } from './outbox.ts';
import { type StoredReceiver, writeBundling } from './receivers.ts';

/** What has waited longer is bundled. */
const WAITED_MS = 60 * 60_000;
/** Fewer are sent by themselves. */
const BUNDLED_MIN = 3;
/** The most rows of one transaction. */
export const BUNDLED_MAX = 5_000;
/** What a digest shows. */
const RULES_MAX = 20;
const IDS_MAX = 3;
const HEALTH_MAX = 10;
const ID_CHARS = 200;
const TITLE_CHARS = 200;

const CRITICAL = LEVELS.indexOf('critical');
const HIGH = LEVELS.indexOf('high');

/** An outage that is over, and how far its digests have come. */
interface Bundling {
  readonly from: number;
  readonly to: number;
  /** The last row that was looked at; null: none was. */
  readonly after: { readonly level: number; readonly queuedAt: number; readonly id: number } | null;
  /** The rules whose first alert at high goes by itself. */
  readonly rules: readonly string[];
}

/** A receiver that just took something. */
interface Recovered {
  readonly receiver: string;
  /** As it was before. */
  readonly before: StoredReceiver;
}

/** Bundles what is due to be, after each success of a receiver. */
export function bundle(store: Store, { receiver, before }: Recovered, now: number): void {
  const bundling = outageOf(before, now) ?? stored(before.bundling);
  if (bundling === null) return;
  const rows = readRows(store, receiver, bundling, before.attemptOf);
  const rules = new Set(bundling.rules);
  const bundled = rows.filter((row) => !isAlone(row, rules));
  if (bundled.length >= BUNDLED_MIN) {
    enqueue(store, { receiver, notification: digestOf(receiver, bundling, bundled) }, now);
    bundleUnder(
      store,
      bundled.map(({ id }) => id),
    );
  }
  const last = rows.at(-1);
  const left =
    rows.length < BUNDLED_MAX || last === undefined
      ? null
      : JSON.stringify({
          ...bundling,
          after: { level: last.level, queuedAt: last.queuedAt, id: last.id },
          rules: last.level < HIGH ? [] : [...rules],
        } satisfies Bundling);
  if (left !== before.bundling) writeBundling(store, receiver, left);
}

/**
 * The outage that this success ends; null: there was none. Requests to slow down are no outage, nor are failures in doubt.
 */
function outageOf({ failingSince, probes }: StoredReceiver, now: number): Bundling | null {
  if (failingSince === null || probes === 0 || now - failingSince < OUTAGE_MS) return null;
  return { from: failingSince, to: now, after: null, rules: [] };
}

function stored(text: string | null): Bundling | null {
  return text === null ? null : (JSON.parse(text) as Bundling);
}

interface WaitingRow extends Record<string, string | number | null> {
  readonly id: number;
  readonly level: number;
  readonly queuedAt: number;
  readonly alert: number | null;
  readonly health: string | null;
  /** Null: what is stored can't be read. */
  readonly kind: string | null;
  readonly ruleId: string | null;
  readonly title: string | null;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly subject: string | null;
  /** How many alerts it is about. */
  readonly alerts: number;
}

/** What waited when the outage ended, below critical: the most severe and then the oldest first. */
function readRows(store: Store, receiver: string, { to, after }: Bundling, except: number | null): WaitingRow[] {
  const { level, queuedAt, id } = after ?? { level: CRITICAL, queuedAt: 0, id: 0 };
  const waiting = (which: string): string =>
    `SELECT id, level, queued_at, alert, health FROM deliveries
     WHERE ${which} AND receiver = ?1 AND id IS NOT ?7 AND level < ${CRITICAL} AND level <= ?3 AND queued_at < ?2
       AND (level < ?3 OR queued_at > ?4 OR (queued_at = ?4 AND id > ?5))`;
  return store.all<WaitingRow>(
    `WITH waiting AS (${waiting(READY)} UNION ALL ${waiting(SET_ASIDE)} ORDER BY level DESC, queued_at, id LIMIT ?6)
     SELECT waiting.id, waiting.level, waiting.queued_at AS queuedAt, waiting.alert, waiting.health,
       coalesce(${textAt('$.group.first.kind')}, ${textAt('$.kind')}) AS kind, ${ofAlert('ruleId')} AS ruleId,
       ${ofAlert('title')} AS title, ${ofAlert('firstAt')} AS firstAt, ${ofAlert('lastAt')} AS lastAt,
       ${textAt('$.health.subject')} AS subject, coalesce(${textAt('$.group.alerts')}, 1) AS alerts
     FROM waiting JOIN deliveries USING (id) ORDER BY waiting.level DESC, waiting.queued_at, id`,
    receiver,
    to - WAITED_MS,
    level,
    queuedAt,
    id,
    BUNDLED_MAX,
    except,
  );
}

/** A value in the notification; null where that is damaged. */
function textAt(path: string): string {
  return `iif(json_valid(notification), notification ->> '${path}', NULL)`;
}

/** A value of the alert that it is about; of a group's message, of the first. */
function ofAlert(field: string): string {
  return `coalesce(${textAt(`$.alert.${field}`)}, ${textAt(`$.group.first.alert.${field}`)})`;
}

/** Whether it goes by itself. Adds its rule to `rules` where it is the first of it. */
function isAlone({ kind, level, ruleId, health }: WaitingRow, rules: Set<string>): boolean {
  // What can't be read is for the next version.
  if (kind === null || kind === 'digest' || (health === null && ruleId === null)) return true;
  if (level !== HIGH || kind !== 'opened' || ruleId === null || rules.has(ruleId)) return false;
  rules.add(ruleId);
  return true;
}

function digestOf(receiver: string, { from, to }: Bundling, rows: readonly WaitingRow[]): DigestNotification {
  const health = rows.flatMap(healthIn);
  const messages = rows.filter((row) => row.health === null);
  const rules = [...Map.groupBy(messages, ({ ruleId }) => ruleId ?? '')]
    .map(([ruleId, of]) => ruleIn(ruleId, of))
    .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || b.alerts - a.alerts);
  const more = rules.slice(RULES_MAX);
  return {
    kind: 'digest',
    digest: {
      receiver,
      level: levelAt(Math.max(...rows.map(({ level }) => level))),
      downFrom: from,
      downTo: to,
      messages: messages.length,
      healthMessages: health.length,
      rules: rules.length,
      alerts: sumOfAlerts(rules),
      first: rules.slice(0, RULES_MAX),
      more: { rules: more.length, alerts: sumOfAlerts(more) },
      health: health.slice(0, HEALTH_MAX),
    },
  };
}

function ruleIn(ruleId: string, rows: readonly WaitingRow[]): DigestRule {
  const alerts = new Set(rows.flatMap(({ alert }) => (alert === null ? [] : [alert])));
  const times = rows.flatMap(({ firstAt, lastAt, queuedAt }) =>
    [firstAt, lastAt].map((at) => (typeof at === 'number' ? at : queuedAt)),
  );
  return {
    ruleId: safeSlice(ruleId, ID_CHARS),
    title: safeSlice(rows[0]?.title ?? ruleId, TITLE_CHARS),
    level: levelAt(Math.max(...rows.map(({ level }) => level))),
    // The others of a group count with its first one.
    alerts: alerts.size + rows.reduce((sum, row) => sum + row.alerts - 1, 0),
    messages: rows.length,
    firstAt: Math.min(...times),
    lastAt: Math.max(...times),
    ids: [...alerts].sort((a, b) => a - b).slice(0, IDS_MAX),
  };
}

function healthIn({ kind, health, subject }: WaitingRow): DigestHealth[] {
  if (health === null) return [];
  const about = subject === null ? null : safeSlice(subject, TITLE_CHARS);
  // The kinds are as they were stored with the notification.
  if (kind === 'health-resolved') return [{ kind, health: { kind: health as HealthProblemKind, subject: about } }];
  return [{ kind: 'health', health: { kind: health as HealthAlertKind, subject: about } }];
}

function sumOfAlerts(rules: readonly DigestRule[]): number {
  return rules.reduce((sum, { alerts }) => sum + alerts, 0);
}

function levelAt(rank: number): Level {
  return LEVELS[rank] ?? 'informational';
}
