/**
 * What people click in messages of the Slack app: acknowledge, resolve, silence.
 *
 * Contract: only a request that Slack signed in the last five minutes does anything, and only once. Members listed in
 * SLACK_RESPONDERS act; others get an answer with the page's address. Each act is in the security log before it is done. A click
 * on what was done before changes nothing. Slack is answered within its three seconds, whatever the ledger does; the one who
 * clicked sees what was done, or that it is not known.
 */
import { Hono } from 'hono/tiny';
import { alertPath } from '../access/link.ts';
import { sameText } from '../access/seal.ts';
import { RESOLVE_REASONS } from '../alert/alert.ts';
import { within } from '../http/deadline.ts';
import { post } from '../http/post.ts';
import type { Act, Acted, SecurityAct } from '../ledger/rpc.ts';
import { escaped } from '../notify/slack/message.ts';
import { ACKNOWLEDGE, type ActedOn, actedOnFrom, RESOLVE, SILENCE, SILENCE_HOURS } from '../notify/slack-app/action.ts';
import { hmacHex } from '../text/hmac.ts';
import { parseJson } from '../text/json.ts';
import { log } from '../text/log.ts';
import { counted } from '../text/numbers.ts';
import { list, nullable, object, orElse, readShape, type ShapeOf, string } from '../text/shape.ts';
import { actAsShown, type Shown } from './act-as-shown.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { readBody } from './request-body.ts';
import { missing, refused } from './responses.ts';
import { recordAct, refuse } from './security.ts';

export const SLACK_PATH = '/slack/actions';

/** It has the whole message, percent-encoded. */
const BODY_BYTES_MAX = 1024 * 1024;
/** What is older may be a copy (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
const FRESH_MS = 5 * 60_000;
/** Slack waits for 3 s (https://docs.slack.dev/interactivity/handling-user-interaction). */
const SLACK_WAITS_MS = 3_000;
const BODY_MS = 500;
const LEDGER_MS = 1_500;
const SAY_MS = 700;
if (!(BODY_MS + LEDGER_MS + SAY_MS < SLACK_WAITS_MS)) throw new Error('Slack must be answered in time');
const TEXT_MAX = 1_000;

const optionalText = orElse(string, '');
const CLICK = object({
  user: object({ id: string, username: optionalText }),
  response_url: optionalText,
  actions: list(
    object({
      action_id: string,
      block_id: optionalText,
      value: optionalText,
      selected_option: orElse(nullable(object({ value: string })), null),
    }),
  ),
});
type Click = ShapeOf<typeof CLICK>;
type Ledger = NonNullable<AppDeps['ledger']>;

/** The route, as it is in the policy. */
export function slackRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, now, fetch } = deps;
  const app = new Hono<WebEnv>();

  app.post(SLACK_PATH, async (c) => {
    const { slack } = config;
    if (slack === null) return missing(c);
    const sentAt = c.req.header('x-slack-request-timestamp') ?? '';
    const signature = c.req.header('x-slack-signature') ?? '';
    const madeAt = /^\d{1,12}$/.test(sentAt) ? Number(sentAt) * 1000 : Number.NaN;
    const isFresh = Math.abs(now() - madeAt) <= FRESH_MS;
    const body = isFresh ? await readBody(c.req.raw, BODY_BYTES_MAX, BODY_MS) : null;
    const signed = (text: string): string => `v0=${hmacHex(slack.signingSecret, `v0:${sentAt}:${text}`)}`;
    if (body?.kind !== 'text' || !sameText(signature, signed(body.text))) {
      refuse(c, deps, 'unauthenticated');
      return refused(c, { kind: 'nobody' });
    }
    const read = readShape(CLICK, parseJson(new URLSearchParams(body.text).get('payload') ?? ''));
    if (!read.ok) return c.json({ message: `the payload can't be read: ${read.problem}` }, 422);
    const click = read.value;
    const of = actOf(click);
    // A link, which Slack reports too.
    if (of === null) return c.body(null, 200);
    const isResponder = slack.responders.includes(click.user.id);
    const proof = { id: `slack ${signature}`, ledger: null, holder: null, madeAt, expiresAt: madeAt + FRESH_MS };
    const did = async (): Promise<string | null> => {
      if (!isResponder) return 'You are not listed in SLACK_RESPONDERS, so nothing was done.';
      if (ledger === null) throw new Error('no ledger is bound');
      if ((await ledger.ledgerId()) !== of.on.ledger) return 'This message is about alerts of another ledger.';
      // The same request again: it was answered, or still is.
      if (!(await ledger.spendProof(proof))) return null;
      const { user } = click;
      const who = user.username === '' ? user.id : `${user.username} (${user.id})`;
      const { act, detail, run } = prepare(ledger, of, { who, via: 'slack' }, now());
      const stopped = await recordAct(c, deps, act, `by ${who} (slack): ${detail}`, who);
      return stopped === null
        ? await run()
        : 'Nothing was done: the security log has no more room for such acts today.';
    };
    const text = await within(LEDGER_MS, LATE, did).catch((error: unknown) => {
      log('error', { at: 'slack', error: error instanceof Error ? error.message : 'unknown' });
      return LATE;
    });
    if (text !== null) await say(click, `${text}${linkTo(of.on)}`);
    return c.body(null, 200);
  });

  /** To the one who clicked alone. It is not tried again. */
  async function say({ response_url: url }: Click, text: string): Promise<void> {
    if (!/^https:\/\/hooks\.slack(?:-gov)?\.com\/actions\//.test(url)) return;
    const body = JSON.stringify({
      ...{ response_type: 'ephemeral', replace_original: false, text: escaped(text, TEXT_MAX) },
    });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    await within<unknown>(SAY_MS, null, (signal) => post(fetch, url, { headers, body }, 'Slack', signal));
  }

  function linkTo({ alerts: [first] }: ActedOn): string {
    return config.publicUrl === null ? '' : ` ${config.publicUrl}${alertPath(first?.id ?? 0)}`;
  }

  return app;
}

const LATE = 'Tocsin did not answer in time. See whether it was done, or try again.';

/** What was clicked. Null: nothing that acts. */
function actOf({
  actions: [action],
}: Click): { readonly on: ActedOn; readonly act: Act | { silence: unknown } } | null {
  const on = action === undefined ? null : actedOnFrom(action.block_id);
  if (action === undefined || on === null) return null;
  switch (action.action_id) {
    case ACKNOWLEDGE:
      return { on, act: { act: 'acknowledge', comment: null } };
    case RESOLVE: {
      const reason = RESOLVE_REASONS.find((each) => each === action.selected_option?.value);
      return reason === undefined ? null : { on, act: { act: 'resolve', reason, comment: null } };
    }
    case SILENCE:
      return { on, act: { silence: Object(parseJson(action.value)).matchers } };
    default:
      return null;
  }
}

/** What a click does: as the security log has it, and done; `run` returns what was done, in a sentence or two. */
function prepare(
  ledger: Ledger,
  { on, act }: NonNullable<ReturnType<typeof actOf>>,
  author: { readonly who: string; readonly via: string },
  now: number,
): { readonly act: SecurityAct; readonly detail: string; readonly run: () => Promise<string> } {
  if ('act' in act) {
    const shown = on.alerts.map(({ id, level }): Shown => [id, level]);
    const run = async (): Promise<string> => didText(act, await actAsShown(ledger, shown, act, author));
    return { act: 'alert act', detail: `${act.act} ${on.alerts.map(({ id }) => id).join(', ')}`, run };
  }
  const endsAt = now + SILENCE_HOURS * 60 * 60_000;
  const comment = `By the button of the message about alert ${on.alerts[0]?.id}`;
  const silence = JSON.stringify({ matchers: act.silence, startsAt: now, endsAt, comment });
  const run = async (): Promise<string> => {
    const made = await ledger.silence({ silence, ...author });
    return made.kind === 'made'
      ? `Silenced for ${SILENCE_HOURS} hours: silence ${made.silence.id}.`
      : `The silence can't be made: ${made.problem}.`;
  };
  return { act: 'silence', detail: silence, run };
}

function didText({ act }: Act, acted: readonly Acted[]): string {
  const of = (...outcomes: readonly Acted['outcome'][]): string =>
    counted(acted.filter(({ outcome }) => outcomes.includes(outcome)).length, 'alert');
  const parts = [
    [of('done'), act === 'resolve' ? 'resolved' : 'acknowledged'],
    [of('unchanged'), 'as before'],
    [of('resolved before', 'missing'), 'resolved before'],
    [of('raised'), 'raised since this message: look first'],
  ] as const;
  return `${parts.flatMap(([number, how]) => (number.startsWith('0') ? [] : [`${number} ${how}`])).join('; ')}.`;
}
