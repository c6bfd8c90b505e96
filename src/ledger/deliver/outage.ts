/**
 * The message after an outage: what has waited long for a receiver is one message, once the receiver takes something again.
 *
 * Contract: critical deliveries stay as they are, and at high the first `opened` of each rule; of the others each that has
 * waited for more than an hour is bundled, and ends with the message. That is bundled in no other one. Fewer than three
 * stay as they are, and messages about Tocsin itself without any other. Call it in the transaction that stores the success.
 * Each call reads and bundles a bounded number, the most severe first; where more are left, it stores how far it came, and
 * the next success goes on from there. Times are wall, in ms.
 */
import type { GroupNotification } from '../../alert/notification.ts';
import { LEVELS } from '../../sigma/index.ts';
import type { Store } from '../store/store.ts';
import { OUTAGE_MS } from './after-attempt.ts';
import { DECISIONS_MAX, DELIVERIES, outageMessage } from './group-message.ts';
import { bundleUnder, enqueue, READY, SET_ASIDE } from './outbox.ts';
import { type StoredReceiver, writeBundling } from './receivers.ts';

/** What has waited longer is bundled. */
const WAITED_MS = 60 * 60_000;
/** Fewer are sent by themselves. */
const BUNDLED_MIN = 3;
/** The most rows of one transaction. */
export const BUNDLED_MAX = 5_000;
/** How many of those about Tocsin itself the message shows. */
const HEALTH_MAX = 10;
const SUMMARY_CHARS = 300;

const CRITICAL = LEVELS.indexOf('critical');
const HIGH = LEVELS.indexOf('high');

/** An outage that is over, and how far its messages have come. */
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
  const waiting = readRows(store, receiver, bundling, before.attemptOf);
  const rows = bounded(waiting);
  const rules = new Set(bundling.rules);
  const bundled = rows.filter((row) => !isAlone(row, rules));
  const notification = bundled.length < BUNDLED_MIN ? null : messageOf(store, bundling, bundled);
  if (notification !== null) {
    enqueue(store, { receiver, notification }, now);
    bundleUnder(store, bundled);
  }
  const last = rows.at(-1);
  const left =
    (rows.length === waiting.length && rows.length < BUNDLED_MAX) || last === undefined
      ? null
      : JSON.stringify({
          ...bundling,
          after: { level: last.level, queuedAt: last.queuedAt, id: last.id },
          rules: last.level < HIGH ? [] : [...rules],
        } satisfies Bundling);
  if (left !== before.bundling) writeBundling(store, receiver, left);
}

/** The first ones, with as many decisions as one message may have: those in groups' messages are read, too. */
function bounded(rows: readonly WaitingRow[]): readonly WaitingRow[] {
  let decisions = 0;
  const end = rows.findIndex((row, i) => {
    decisions += row.decisions;
    return i > 0 && decisions > DECISIONS_MAX;
  });
  return end < 0 ? rows : rows.slice(0, end);
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
  readonly health: string | null;
  /** Of a group's message those of its first alert. Null: what is stored can't be read, or changes a message before. */
  readonly kind: string | null;
  readonly ruleId: string | null;
  /** Of a health alert. */
  readonly summary: string | null;
  /** Of a group's message, the group's kind. */
  readonly ofGroup: string | null;
  readonly insteadOf: string | null;
  readonly decisions: number;
}

/** What waited when the outage ended, below critical: the most severe and then the oldest first. */
function readRows(store: Store, receiver: string, { to, after }: Bundling, except: number | null): WaitingRow[] {
  const { level, queuedAt, id } = after ?? { level: CRITICAL, queuedAt: 0, id: 0 };
  const waiting = (which: string): string =>
    `SELECT id, level, queued_at FROM deliveries
     WHERE ${which} AND receiver = ?1 AND id IS NOT ?7 AND level < ${CRITICAL} AND level <= ?3 AND queued_at < ?2
       AND (level < ?3 OR queued_at > ?4 OR (queued_at = ?4 AND id > ?5))`;
  return store.all<WaitingRow>(
    `WITH waiting AS (${waiting(READY)} UNION ALL ${waiting(SET_ASIDE)} ORDER BY level DESC, queued_at, id LIMIT ?6)
     SELECT id, level, queued_at AS queuedAt, health, substr(json ->> '$.health.summary', 1, ${SUMMARY_CHARS}) AS summary,
       iif(json ->> '$.edits' IS NULL, coalesce(json ->> '$.group.first.kind', json ->> '$.kind'), NULL) AS kind,
       coalesce(json ->> '$.group.first.alert.ruleId', json ->> '$.alert.ruleId') AS ruleId,
       json ->> '$.group.kind' AS ofGroup, json ->> '$.insteadOf' AS insteadOf, coalesce(json ->> '$.group.decisions', 1) AS decisions
     FROM ${DELIVERIES} WHERE id IN (SELECT id FROM waiting) ORDER BY level DESC, queued_at, id`,
    receiver,
    to - WAITED_MS,
    level,
    queuedAt,
    id,
    BUNDLED_MAX,
    except,
  );
}

/** Whether it goes by itself. Adds its rule to `rules` where it is the first of it. */
function isAlone({ kind, level, ruleId, health, ofGroup, insteadOf }: WaitingRow, rules: Set<string>): boolean {
  // An edit is no news; what can't be read is for the next version. The decisions of another receiver's group are that receiver's.
  if (kind === null || (health === null && ruleId === null)) return true;
  if (ofGroup === 'outage' || (ofGroup !== null && insteadOf !== null)) return true;
  if (level !== HIGH || kind !== 'opened' || ruleId === null || rules.has(ruleId)) return false;
  rules.add(ruleId);
  return true;
}

/** Null where there is no alert to show. */
function messageOf(store: Store, { from, to }: Bundling, rows: readonly WaitingRow[]): GroupNotification | null {
  const [alerts, groups, health] = [
    rows.filter((row) => row.health === null && row.ofGroup === null),
    rows.filter(({ ofGroup }) => ofGroup !== null),
    rows.filter((row) => row.health !== null),
  ];
  const level = Math.max(...rows.map((row) => row.level));
  return outageMessage(store, alerts, groups, level, {
    ...{ from, to, messages: rows.length, healthMessages: health.length },
    health: health.slice(0, HEALTH_MAX).map(({ summary }) => summary ?? ''),
  });
}
