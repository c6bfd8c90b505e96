/**
 * The operator's routes for backfills: begin one, list the last passes over what is recorded, cancel one.
 *
 * Contract: `authorize` has run before. Whatever begins or ends is in the security log before it is done.
 */
import { Hono } from 'hono/tiny';
import { parseJson } from '../text/json.ts';
import { boolean, number, object, readShape, string } from '../text/shape.ts';
import { readInstant, utcText } from '../text/times.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { BACKFILL_CANCEL_PATH, BACKFILL_PATH } from './operator-paths.ts';
import { recordAct, whoIs } from './security.ts';

/** `rule`: its id, name, title or file. `since`: an RFC 3339 time; entries that occurred from then on. */
const ORDER = object({ rule: string, since: string, notify: boolean });
const CANCEL = object({ id: number });

const NO_LEDGER = { message: 'no ledger is bound' };

/** The routes, as they are in the policy. */
export function backfillRoutes(deps: AppDeps): Hono<WebEnv> {
  const { ledger, now } = deps;
  const app = new Hono<WebEnv>();

  app.get(BACKFILL_PATH, async (c) => {
    if (ledger === null) return c.json(NO_LEDGER, 503);
    return c.json({ passes: await ledger.passes() });
  });

  app.post(BACKFILL_PATH, async (c) => {
    const read = readShape(ORDER, parseJson(c.var.operator.body));
    const since = read.ok ? readInstant(read.value.since) : null;
    if (!read.ok || since === null || since > now()) {
      const message =
        "the body can't be read: `rule` must be a rule, `since` a time that is not in the future, `notify` true or false";
      return c.json({ message }, 422);
    }
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const { rule, notify } = read.value;
    // What may be of any length comes last.
    const detail = `since ${utcText(since)}${notify ? ', people are notified' : ''}, rule ${rule}`;
    const stopped = await recordAct(c, deps, 'backfill', detail);
    if (stopped !== null) return stopped;
    const answer = await ledger.backfill({ rule, since, notify, who: whoIs(c.get('caller')) });
    if (answer.kind === 'refused') return c.json({ message: answer.problem }, 422);
    const { passes, nothing } = answer;
    return c.json({ passes, nothing }, 202);
  });

  app.post(BACKFILL_CANCEL_PATH, async (c) => {
    const read = readShape(CANCEL, parseJson(c.var.operator.body));
    if (!read.ok) return c.json({ message: "the body can't be read: `id` must be the number of a backfill" }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const { id } = read.value;
    const stopped = await recordAct(c, deps, 'backfill', `cancel ${id}`);
    if (stopped !== null) return stopped;
    return c.json({ cancelled: await ledger.cancelBackfill(id) });
  });

  return app;
}
