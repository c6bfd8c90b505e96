/**
 * A receiver that is new gets one message: the alerts at high and critical that are open, and that nobody has acknowledged.
 *
 * Contract: new is who has got nothing and waits for nothing. Receivers that programs read get each alert by itself. It is
 * an act of `tocsin` for each alert, so that a replay repeats it. Call it in a transaction, once a start. Wall times, in ms.
 */

import { TOCSIN } from '../../alert/alert.ts';
import { notifiedNow } from '../../alert/status.ts';
import { isAbove } from '../../sigma/index.ts';
import { OPEN } from '../model.ts';
import { addAct, writeAlert } from '../store/alerts.ts';
import { type AlertRow, alertFrom } from '../store/rows.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { lastEntryOf, notifyNow } from './notify-now.ts';
import { type Notifying, routesOfMatch } from './places.ts';

/** The most alerts of one message. */
const LISTED_MAX = 500;

/** Notifies receivers that are new. */
export function notifyNewcomers(store: Store, setup: Notifying, now: number): void {
  const known = new Set(
    store
      .all<{ name: string }>('SELECT name FROM receivers UNION SELECT DISTINCT receiver FROM groups')
      .map(({ name }) => name),
  );
  const newcomers = setup.receivers.filter(({ name }) => !known.has(name));
  if (newcomers.length === 0) return;
  const seq = readLastSeq(store);
  const open = ['critical', 'high'].flatMap((level) =>
    store.all<AlertRow>(
      `SELECT * FROM alerts ${OPEN} AND state = 'open' AND level = ? ORDER BY id DESC LIMIT ${LISTED_MAX}`,
      level,
    ),
  );
  for (const before of open.map(alertFrom)) {
    // Of these nobody was to be notified.
    if (before.backfilled || before.silencedUntil !== null) continue;
    const { rule, body } = lastEntryOf(store, setup, before);
    const { to } = routesOfMatch(setup, rule, before, body, now);
    const names = newcomers
      .filter(({ name, minLevel }) => !isAbove(minLevel, before.level) && !Object.hasOwn(before.notified, name))
      .map(({ name }) => name)
      .filter((name) => to.some(({ receiver }) => receiver === name));
    if (names.length === 0) continue;
    const alert = notifiedNow(before, names, now);
    writeAlert(store, alert, before);
    const detail = { receivers: names };
    addAct(store, { alert: alert.id, act: 'introduced', who: TOCSIN, via: null, detail }, seq, now);
    notifyNow(
      store,
      setup,
      alert,
      { kind: 'opened', reason: 'the receiver is new', to: names, group: 'new receiver' },
      now,
    );
  }
}
