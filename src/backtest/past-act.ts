/**
 * What people did with alerts, done again in a backtest. What time alone did is not: time does it again by itself.
 *
 * Contract: an act is of the alert with its rule and key: the one that began when that did, else the one that is not
 * resolved, else the newest. Where the rules open none, there is nothing to do. Call it in a transaction.
 */
import { TOCSIN } from '../alert/alert.ts';
import type { Notifying } from '../ledger/deliver/places.ts';
import { actOn } from '../ledger/record/acts.ts';
import type { Act, ActLog } from '../ledger/rpc.ts';
import type { Store } from '../ledger/store/store.ts';

/** An act, as GET /api/acts has it. */
export type PastAct = Pick<
  ActLog['acts'][number],
  'seq' | 'at' | 'act' | 'who' | 'via' | 'detail' | 'rule' | 'key' | 'firstAt'
>;

/** Somebody acts again as they did, at `now`. */
export function repeatAct(store: Store, setup: Notifying, act: PastAct, now: number): void {
  const { who, via } = act;
  if (who === TOCSIN) return;
  const [alert] = store.all<{ id: number }>(
    `SELECT id FROM alerts WHERE rule = ? AND key = ?
     ORDER BY begins = ? DESC, state IN ('open', 'acknowledged') DESC, begins DESC, id DESC LIMIT 1`,
    ...[act.rule, act.key, act.firstAt],
  );
  if (alert === undefined) return;
  actOn(store, setup, { alerts: [alert.id], act: actFrom(act), who, via: via ?? '', seenLevel: null }, now);
}

function actFrom({ act, detail }: PastAct): Act {
  const { comment = null, ...of } = JSON.parse(detail ?? '{}') as Readonly<Record<string, unknown>>;
  return { act, comment, ...of } as Act;
}
