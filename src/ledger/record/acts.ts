/**
 * What people do with alerts: acknowledge, resolve, assign, comment.
 *
 * Contract: called in a transaction. Each act that changes something is a row that says who did what, when and by what, and
 * the number of the last entry that it came after, so that a replay can repeat it. The same act twice changes nothing more.
 * What still waits about an alert is not sent once somebody acknowledged or resolved it, except what nobody acted on
 * (deliver/waiting.ts). Times are wall, ms.
 */
import { CLOCKS_APART_MS } from '../../access/seal.ts';
import type { Alert } from '../../alert/alert.ts';
import { isLive } from '../../alert/identity.ts';
import { acknowledged, resolved } from '../../alert/status.ts';
import { isAbove, LEVELS, type Level } from '../../sigma/index.ts';
import { notifyAcknowledged, notifyResolved } from '../deliver/notify-now.ts';
import type { Notifying } from '../deliver/places.ts';
import { suppressWaiting } from '../deliver/waiting.ts';
import type { Act, Acted, ActRequest, DoneAt } from '../rpc.ts';
import { addAct, readAlertById, writeAlert } from '../store/alerts.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store } from '../store/store.ts';

/** The most alerts of one request. */
export const ACTED_MAX = 100;
const TEXT_MAX = 2_000;
const NAME_MAX = 200;
const REPEATED_MS = 12 * 60 * 60_000;

/** Acts on alerts; returns how each ended, in their order. */
export function actOn(store: Store, setup: Notifying, request: ActRequest, now: number): readonly Acted[] {
  const seq = readLastSeq(store);
  const decided: Alert[] = [];
  const acted = request.alerts
    .slice(0, ACTED_MAX)
    .map((id) => ({ alert: id, outcome: actOnOne(store, id, request, seq, decided, now) }));
  // Once all are acted on: what waits may list others of them.
  const { act, who, doneAt } = request;
  const except = doneAt?.receiver ?? null;
  for (const alert of decided) suppressWaiting(store, alert, `${act.act}d by ${who.slice(0, NAME_MAX)}`, now);
  for (const alert of decided) {
    if (act.act === 'acknowledge') notifyAcknowledged(store, setup, alert, now, except);
    else notifyResolved(store, setup, alert, now, except);
  }
  return acted;
}

/** Adds an alert to `decided` if it is acknowledged or resolved now. */
function actOnOne(
  store: Store,
  id: number,
  request: ActRequest,
  seq: number,
  decided: Alert[],
  now: number,
): Acted['outcome'] {
  const alert = readAlertById(store, id);
  const { act, who, via, doneAt } = request;
  if (alert === null || (doneAt && !isShown(store, alert, doneAt))) return 'missing';
  const seenLevel = doneAt ? levelShown(store, alert, doneAt) : request.seenLevel;
  const isDecision = act.act === 'acknowledge' || act.act === 'resolve';
  if (isDecision && !isLive(alert.status)) return 'resolved before';
  if (isDecision && seenLevel !== null && isAbove(alert.level, seenLevel)) return 'raised';
  const by = who.slice(0, NAME_MAX);
  const next = after(alert, act, by, now);
  if (next === alert && (act.act !== 'comment' || isRepeated(store, id, by, detailOf(act), now))) return 'unchanged';
  writeAlert(store, next, alert);
  addAct(store, { alert: id, act: act.act, who: by, via: via.slice(0, NAME_MAX), detail: detailOf(act) }, seq, now);
  if (isDecision) decided.push(next);
  return 'done';
}

/** Whether the receiver can show this alert: it is of that rule, and was sent there. Else it is another ledger's. */
function isShown(store: Store, { id, rule, notified }: Alert, { receiver, rule: of, isCut }: DoneAt): boolean {
  if (!(isCut ? rule.startsWith(of) : rule === of)) return false;
  const sent = 'SELECT 1 FROM deliveries WHERE alert = ? AND receiver = ? LIMIT 1';
  return Object.hasOwn(notified, receiver) || store.all(sent, id, receiver).length > 0;
}

/**
 * The highest level that the receiver showed of the alert then. What it took just after counts, too: its clock may be behind.
 * Where all of it was evicted, the level that it was last notified of.
 */
function levelShown(store: Store, { id, notified }: Alert, { receiver, at }: DoneAt): Level | null {
  const [row] = store.all<{ level: number | null }>(
    `SELECT max(iif(state = 'delivered' AND settled_at <= ?, level, 0)) AS level FROM deliveries
     WHERE alert = ? AND receiver = ? AND iif(json_valid(notification), notification ->> '$.edits', NULL) IS NULL`,
    ...[at + CLOCKS_APART_MS, id, receiver],
  );
  return row?.level == null ? (notified[receiver]?.level ?? null) : (LEVELS[row.level] ?? null);
}

/** Whether somebody wrote the same comment a while ago: a form that was posted twice. */
function isRepeated(store: Store, alert: number, by: string, detail: object | null, now: number): boolean {
  const [same] = store.all(
    "SELECT 1 FROM acts WHERE alert = ? AND act = 'comment' AND who = ? AND detail = ? AND at > ? LIMIT 1",
    ...[alert, by, JSON.stringify(detail), now - REPEATED_MS],
  );
  return same !== undefined;
}

/** The alert after the act; the same where it changes nothing. */
function after(alert: Alert, act: Act, by: string, now: number): Alert {
  switch (act.act) {
    case 'acknowledge':
      return alert.acknowledged?.by === by ? alert : acknowledged(alert, by, now);
    case 'resolve':
      return resolved(alert, { reason: act.reason, by, at: now, comment: cut(act.comment) });
    case 'assign': {
      const to = act.to === null ? null : act.to.slice(0, NAME_MAX);
      return to === alert.assignee ? alert : { ...alert, assignee: to };
    }
    case 'comment':
      return alert;
  }
}

function detailOf(act: Act): object | null {
  switch (act.act) {
    case 'acknowledge':
      return act.comment === null ? null : { comment: cut(act.comment) };
    case 'resolve':
      return { reason: act.reason, ...(act.comment !== null && { comment: cut(act.comment) }) };
    case 'assign':
      return { to: act.to === null ? null : act.to.slice(0, NAME_MAX) };
    case 'comment':
      return { comment: cut(act.comment) };
  }
}

function cut(text: string | null): string | null {
  return text === null ? null : text.slice(0, TEXT_MAX);
}
