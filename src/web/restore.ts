/**
 * The operator's route that takes the ledger back to a moment: first as a plan, then confirmed.
 *
 * Contract: `authorize` has run before. The mark of the restore is in KV before the ledger goes back, and only a ledger that
 * went back applies it: if this call dies on the way, the next ticks finish what was begun, or nothing happened. A mark in KV
 * may be read late, so the restored ledger also gets it at once.
 */

import { Hono } from 'hono/tiny';
import { type Rewind, rewindText } from '../audit-log/checkpoint-text.ts';
import type { LedgerRestore, RestorePlan } from '../ledger/rpc.ts';
import { KV_REWIND } from '../poller/poll.ts';
import { parseJson } from '../text/json.ts';
import { log } from '../text/log.ts';
import { boolean, nullable, object, readShape, string } from '../text/shape.ts';
import { readInstant, utcText } from '../text/times.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { NOT_TWICE, RESTORE_PATH, type RestoreOutcome } from './operator-paths.ts';
import { recordAct } from './security.ts';
import { findRewind, waitingMessage } from './waiting-rewind.ts';

/** `at`: an RFC 3339 time; null: undo the last restore. `suppress`: notify nobody of what happened before now. */
const ORDER = object({ at: nullable(string), suppress: boolean, confirmed: boolean });

/** How often a restored ledger is asked to apply its mark, and how long between: it is starting. */
const ATTEMPTS_MAX = 3;
const AGAIN_AFTER_MS = 1_000;

/** The route, as it is in the policy. */
export function restoreRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, reconnect, now } = deps;
  const app = new Hono<WebEnv>();

  app.post(RESTORE_PATH, async (c) => {
    const read = readShape(ORDER, parseJson(c.var.operator.body));
    const order = read.ok ? read.value : undefined;
    const target = order?.at === null ? 'undo' : readInstant(order?.at ?? '');
    if (order === undefined || target === null) {
      const message = "the body can't be read: `at` must be a time or null, `suppress` and `confirmed` true or false";
      return c.json({ message }, 422);
    }
    const restorable = reconnect();
    if (restorable === null) return c.json({ message: 'no ledger is bound' }, 503);
    if (config.kv === null) return c.json({ message: 'no KV namespace is bound' }, 503);
    const found = await findRewind(config.kv, ledger);
    if (found.isWaiting) return c.json(waitingMessage(found.rewind), 409);
    // Of this request alone: a restored ledger has forgotten that it was carried out, but remembers its restore.
    const { id } = c.var.operator;
    if ((await ledger?.status())?.rewinds.includes(id)) {
      return c.json({ message: NOT_TWICE }, 409);
    }
    const answer = await restorable.planRestore(target, order.confirmed ? id : null);
    if (answer.kind === 'refused') return c.json({ message: answer.problem }, 422);
    const { plan, expected } = answer;
    if (expected === null) return c.json(answerOf('planned', plan));
    const restored = { at: now(), undo: plan.undo, replaces: found.rewind?.id ?? null, ...expected };
    const mark = { id, to: plan.to, suppress: order.suppress, restored };
    const detail = `to ${utcText(plan.to)}, what was recorded since is gone from here`;
    const stopped = await recordAct(c, deps, 'restore', detail);
    if (stopped !== null) return stopped;
    await config.kv.put(KV_REWIND, rewindText(mark));
    const outcome = await goBack(deps, restorable, plan, mark);
    // A ledger that went back does not have the event; it may have gone back also where it does not say so.
    const again = outcome === 'restored' ? detail : `${detail} (not confirmed)`;
    await recordAct(c, { ...deps, ledger: reconnect() }, 'restore', again);
    return c.json(answerOf(outcome, plan));
  });

  return app;
}

function answerOf(outcome: RestoreOutcome, plan: RestorePlan) {
  return { outcome, plan };
}

async function goBack(
  { reconnect }: AppDeps,
  restorable: LedgerRestore,
  { bookmark }: RestorePlan,
  mark: Rewind,
): Promise<RestoreOutcome> {
  // Whether it went back, the ledger says below: this call fails in either case.
  const problems = [await restorable.restore(bookmark).then(() => 'it did not restart', errorText)];
  let outcome: RestoreOutcome = 'unconfirmed';
  for (let attempt = 0; attempt < ATTEMPTS_MAX && outcome !== 'restored'; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    try {
      if (await reconnect()?.finishRestore(mark)) outcome = 'restored';
    } catch (error) {
      problems.push(errorText(error));
    }
  }
  const { id, to, suppress, restored } = mark;
  log('log', { at: 'restore', outcome, id, to, suppress, undo: restored?.undo, bookmark, problems });
  return outcome;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
