/**
 * The operator's API: the status, alerts, the security log, a test of the receivers, resending dead deliveries, a rewind.
 *
 * Contract: JSON both ways; `authorize` has run before. Strings from entries are untrusted text and are not cleaned. 404
 * is only for refused callers, so what does not exist is null.
 */
import { Hono } from 'hono/tiny';
import { rewindFrom, rewindText } from '../audit-log/checkpoint-text.ts';
import { KV_REWIND } from '../poller/poll.ts';
import { readId } from '../text/ids.ts';
import { parseJson } from '../text/json.ts';
import { nullable, object, orElse, readShape, string } from '../text/shape.ts';
import { utcText } from '../text/times.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { workerHealth } from './health.ts';
import { RESEND_PATH, REWIND_PATH, SECURITY_PATH, STATUS_PATH, TEST_PATH } from './operator-paths.ts';
import { recordAct } from './security.ts';
import { findRewind, waitingMessage } from './waiting-rewind.ts';

/** `receiver`: whose dead deliveries; null: those of all receivers. `to`: the receiver that is to get them instead. */
const RESEND = object({ receiver: nullable(string), to: orElse(nullable(string), null) });

const NO_LEDGER = { message: 'no ledger is bound' };

/** The operator's routes, as they are in the policy. */
export function operatorRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, now } = deps;
  const app = new Hono<WebEnv>();

  app.get(STATUS_PATH, async (c) => {
    const status = ledger === null ? null : await ledger.status();
    return c.json({ health: workerHealth(status, config.problems, now()), status, problems: config.problems });
  });

  app.post(REWIND_PATH, async (c) => {
    const read = rewindFrom(c.var.operator.body);
    if (!read.ok) return c.json({ message: `the rewind can't be read: ${read.problem}` }, 422);
    // The mark of a restore, which only a restore makes.
    if (read.value.restored)
      return c.json({ message: "the rewind can't be read: `restored` is not for a rewind" }, 422);
    if (config.kv === null) return c.json({ message: 'no KV namespace is bound' }, 503);
    const found = await findRewind(config.kv, ledger);
    if (found.isWaiting && found.rewind.id !== read.value.id) return c.json(waitingMessage(found.rewind), 409);
    const { to, suppress } = read.value;
    const stopped = await recordAct(c, deps, 'rewind', `to ${utcText(to)}${suppress ? ', nobody is notified' : ''}`);
    if (stopped !== null) return stopped;
    await config.kv.put(KV_REWIND, rewindText(read.value));
    return c.json({ accepted: read.value.id }, 202);
  });

  app.post(TEST_PATH, async (c) => {
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const stopped = await recordAct(c, deps, 'receivers tested');
    return stopped ?? c.json({ tested: await ledger.testReceivers() });
  });

  app.post(RESEND_PATH, async (c) => {
    const order = readShape(RESEND, parseJson(c.var.operator.body));
    if (!order.ok)
      return c.json({ message: "the body can't be read: `receiver` and `to` must be a name or null" }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    const names = config.receivers.map(({ name }) => name);
    const { receiver, to } = order.value;
    if (to !== null && receiver === null) return c.json({ message: '`to` needs a `receiver`' }, 422);
    // What waits for a receiver that was removed or renamed can only go elsewhere.
    const target = to ?? receiver;
    if (target !== null && !names.includes(target)) {
      const hint =
        to === null ? '; to send elsewhere what waits for one that was removed or renamed, add --to NAME' : '';
      return c.json({ message: `no such receiver; ${namesText(names)}${hint}` }, 422);
    }
    // What may be of any length comes last.
    const detail = `${to === null ? '' : `to ${to}, `}of ${receiver ?? 'all receivers'}`;
    const stopped = await recordAct(c, deps, 'resend', detail);
    return stopped ?? c.json({ resent: await ledger.resend(receiver, to) });
  });

  app.get(SECURITY_PATH, async (c) => {
    const given = c.req.query('before');
    const before = readId(given);
    if (given !== undefined && before === null) return c.json({ message: '`before` must be an id' }, 422);
    if (ledger === null) return c.json(NO_LEDGER, 503);
    return c.json(await ledger.securityLog(before));
  });

  return app;
}

function namesText(names: readonly string[]): string {
  return names.length === 0 ? 'none is configured' : `configured: ${names.join(', ')}`;
}
