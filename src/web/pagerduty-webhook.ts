/**
 * What people do in PagerDuty: an incident that is acknowledged or resolved there is so here. By a webhook subscription (V3).
 *
 * Contract: only what PagerDuty signed does anything, and only what a person did: what Tocsin's own events or time did there comes
 * back too, and is answered. PagerDuty sends an event again until it gets a 2xx, up to five times in about 20 minutes: each failure
 * of ours is a 5xx. An event is spent once it was acted on, so that it counts again after a failure, and a copy counts no more; two
 * at once change nothing twice, since no act does. Nothing is done to an alert that was raised above what PagerDuty showed at the
 * time of the act, nor to another ledger's. The receiver where it was done gets no event of it. Each act is in the security log
 * before it is done.
 *
 * https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/01-Overview.md, …/02-Behavior.md, …/04-Signatures.md
 */
import { Hono } from 'hono/tiny';
import { sameText } from '../access/seal.ts';
import { within } from '../http/deadline.ts';
import type { Act } from '../ledger/rpc.ts';
import { readAlertKeys } from '../notify/pagerduty/alert-keys.ts';
import { alertOfKey } from '../notify/pagerduty/event.ts';
import { hmacHex } from '../text/hmac.ts';
import { parseJson } from '../text/json.ts';
import { log } from '../text/log.ts';
import { nullable, object, orElse, readShape, type ShapeOf, string, where } from '../text/shape.ts';
import { oneLine } from '../text/untrusted.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { readBody } from './request-body.ts';
import { missing, refused } from './responses.ts';
import { recordAct, refuse } from './security.ts';

const PAGERDUTY_PATH = '/pagerduty/webhook';

/** "All webhooks with a final size greater than 256 KB are always dropped" (…/02-Behavior.md, "Size Limit"). */
const BODY_BYTES_MAX = 256 * 1024;
/** "PagerDuty expects a 2xx response within 5 seconds" (the same, "Timeouts"). */
const PAGERDUTY_WAITS_MS = 5_000;
const BODY_MS = 1_000;
const KEYS_MS = 1_500;
/** Keys, the security log and the acts. */
const ALL_MS = 3_500;
if (!(KEYS_MS < ALL_MS && BODY_MS + ALL_MS < PAGERDUTY_WAITS_MS)) throw new Error('PagerDuty must be answered in time');
/** What is older is not acted on, and a copy is remembered for so long. */
const FRESH_MS = 24 * 60 * 60_000;
const SIGNATURES_MAX = 20;
const NAME_MAX = 150;

const ID = /^\w{1,64}$/;
const optionalText = orElse(nullable(string), null);
const EVENT = object({ event: object({ event_type: string }) });
const ACT = object({
  event: object({
    id: where(string, (text) => text.length > 0 && text.length <= 100, 'is not an id'),
    event_type: string,
    occurred_at: where(string, (text) => !Number.isNaN(Date.parse(text)), 'is not a time'),
    agent: orElse(nullable(object({ id: optionalText, type: optionalText, summary: optionalText })), null),
    data: object({
      id: where(string, (text) => ID.test(text), 'is not an id'),
      incident_key: optionalText,
      resolve_reason: orElse(nullable(object({ type: optionalText })), null),
    }),
  }),
});
type ActEvent = ShapeOf<typeof ACT>['event'];

/** PagerDuty asks nobody why an incident is resolved. What woke somebody and was taken care of was no false alarm. */
const RESOLVE: Act = {
  act: 'resolve',
  reason: 'true positive',
  comment: 'Resolved in PagerDuty, which gives no reason',
};
const ACTS = new Map<string, Act>([
  ['incident.acknowledged', { act: 'acknowledge', comment: null }],
  ['incident.resolved', RESOLVE],
]);

/** The route, as it is in the policy. */
export function pagerDutyRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, now, fetch } = deps;
  const app = new Hono<WebEnv>();

  app.post(PAGERDUTY_PATH, async (c) => {
    const { pagerduty } = config;
    if (pagerduty === null) return missing(c);
    const body = await readBody(c.req.raw, BODY_BYTES_MAX, BODY_MS);
    if (body.kind === 'late') return c.json({ message: 'the event did not arrive in time' }, 503);
    if (body.kind !== 'text' || !isSigned(c.req.header('x-pagerduty-signature') ?? '', pagerduty.secrets, body.text)) {
      refuse(c, deps, 'unauthenticated');
      return refused(c, { kind: 'nobody' });
    }
    const json = parseJson(body.text);
    const type = readShape(EVENT, json);
    if (!type.ok) return c.json({ message: `the event can't be read: ${type.problem}` }, 422);
    // A test of the subscription says what is wrong with its address, too.
    const receiver = c.req.query('receiver') ?? (pagerduty.receivers.length === 1 ? pagerduty.receivers[0] : undefined);
    if (receiver === undefined || !pagerduty.receivers.includes(receiver)) {
      return c.json({ message: 'name a receiver of type pagerduty in the address: ?receiver=NAME' }, 422);
    }
    const act = ACTS.get(type.value.event.event_type);
    if (act === undefined) return c.body(null, 200);
    const read = readShape(ACT, json);
    if (!read.ok) return c.json({ message: `the event can't be read: ${read.problem}` }, 422);
    const { event } = read.value;
    const at = Date.parse(event.occurred_at);
    const person = personOf(event);
    // Its alerts are in another incident now ("The only reason currently supported is merge", api-schema, ResolveReason).
    const isMerged = event.data.resolve_reason?.type === 'merge_resolve_reason';
    if (person === null || isMerged || Math.abs(now() - at) > FRESH_MS) return c.body(null, 200);

    const did = async (signal: AbortSignal): Promise<Response> => {
      if (ledger === null) throw new Error('no ledger is bound');
      const of = (await keysOf(event, signal)).flatMap((key) => alertOfKey(key) ?? []);
      if (of.length === 0) return c.body(null, 200);
      const proof = { id: `pagerduty ${event.id}`, ledger: null, holder: null, madeAt: at, expiresAt: at + FRESH_MS };
      if (await ledger.isProofSpent(proof)) return c.body(null, 200);
      const detail = `by ${person.who} (pagerduty): ${act.act} ${of.map(({ alert }) => alert).join(', ')}`;
      const stopped = await recordAct(c, deps, 'alert act', detail, `pagerduty ${person.id}`);
      if (stopped !== null) return stopped;
      for (const { alert, ...rule } of of) {
        const doneAt = { receiver, at, ...rule };
        const [acted] = await ledger.act({
          alerts: [alert],
          act,
          who: person.who,
          via: 'pagerduty',
          seenLevel: null,
          doneAt,
        });
        log('log', { at: 'pagerduty', act: act.act, alert, outcome: acted?.outcome });
      }
      await ledger.spendProof(proof);
      return c.body(null, 200);
    };
    const failed = (): Response => c.json({ message: 'it is not known whether this was done: send it again' }, 503);
    return within<Response | null>(ALL_MS, null, did).then(
      (response) => response ?? failed(),
      (error: unknown) => {
        log('error', { at: 'pagerduty', error: error instanceof Error ? error.message : 'unknown' });
        return failed();
      },
    );
  });

  /** The dedup keys that an incident is known by. */
  async function keysOf({ data }: ActEvent, signal: AbortSignal): Promise<readonly string[]> {
    if (data.incident_key !== null) return [data.incident_key];
    const api = config.pagerduty?.api ?? null;
    if (api !== null) {
      return readAlertKeys(fetch, api, data.id, AbortSignal.any([signal, AbortSignal.timeout(KEYS_MS)]));
    }
    log('warn', { at: 'pagerduty', problem: 'the incident has no key, and PAGERDUTY_API_TOKEN is not set' });
    return [];
  }

  return app;
}

/** Whether one of the signatures is by one of the secrets. */
function isSigned(header: string, secrets: readonly string[], text: string): boolean {
  const given = header.split(',', SIGNATURES_MAX).map((signature) => signature.trim());
  const own = secrets.map((secret) => `v1=${hmacHex(secret, text)}`);
  return own.some((signature) => given.some((each) => sameText(each, signature)));
}

/**
 * Who did it; null: no person. Tocsin's own events are an integration's (`inbound_integration_reference`), and what time did is
 * nobody's.
 */
function personOf({ agent }: ActEvent): { readonly id: string; readonly who: string } | null {
  const id = agent?.id ?? '';
  if (agent === null || !ID.test(id) || !/^user(?:_reference)?$/.test(agent.type ?? '')) return null;
  const name = oneLine(agent.summary ?? '', NAME_MAX);
  return { id, who: name === '' ? id : `${name} (${id})` };
}
