/**
 * What Slack's answer to a webhook means for the delivery, and what a person can do about it.
 *
 * Pure. Neither the webhook's address nor any part of it gets into a reason, whatever the answer echoes.
 *
 * Slack's errors: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (Handling errors) and
 * https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks.
 */

import { type Answer, vendorText } from '../../http/post.ts';
import type { Outcome } from '../receiver.ts';

/** The message is at fault, not the address or the channel: a plainer one may pass. */
export function isMisunderstood(answer: Answer): boolean {
  if (answer.kind === 'failed') return false;
  return answer.status === 413 || (answer.status === 400 && !Object.hasOwn(HINTS, vendorCode(answer.body)));
}

/** How the send ended. */
export function outcome(answer: Answer, webhookUrl: string): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, body, afterMs } = answer;
  if (status === 200 && body.trim() === 'ok') return { kind: 'delivered' };
  const said = vendorText(body, webhookUrl);
  if (status === 429) return { kind: 'retry', reason: 'Slack asks us to slow down (429)', afterMs };
  if (status === 408 || status >= 500 || (status >= 200 && status < 300)) {
    return { kind: 'retry', reason: `Slack answered ${status}${said}`, afterMs };
  }
  return { kind: 'refused', reason: `Slack answered ${status}${said}: ${hint(status, vendorCode(body))}` };
}

const NEW_WEBHOOK =
  'make a new one and set it (npx wrangler secret put SLACK_WEBHOOK_URL, or the name that rules/routing.yml has)';
const RESTRICTED = 'a workspace admin restricts posting there: have it allowed, or';

/** What to do, by Slack's own words. */
const HINTS: { readonly [code: string]: string } = {
  no_service: `the webhook was revoked or its app removed: ${NEW_WEBHOOK}`,
  no_active_hooks: `the webhook is disabled: ${NEW_WEBHOOK}`,
  no_service_id: `the webhook's address is not whole: ${NEW_WEBHOOK}`,
  no_team: `the workspace is not known, the address may be mistyped: ${NEW_WEBHOOK}`,
  team_disabled: `the workspace is disabled: ${NEW_WEBHOOK}`,
  invalid_token: `the webhook's address is expired, revoked or mistyped: ${NEW_WEBHOOK}`,
  channel_not_found: `the webhook's channel is gone: ${NEW_WEBHOOK}`,
  user_not_found: `the person the webhook posts to is gone: ${NEW_WEBHOOK}`,
  channel_is_archived: `the webhook's channel is archived: unarchive it, or ${NEW_WEBHOOK}`,
  action_prohibited: `${RESTRICTED} ${NEW_WEBHOOK}`,
  posting_to_general_channel_denied: `${RESTRICTED} ${NEW_WEBHOOK}`,
};

function hint(status: number, code: string): string {
  const known = Object.hasOwn(HINTS, code) ? HINTS[code] : undefined;
  if (known !== undefined) return known;
  if (status === 0 || (status >= 300 && status < 400)) {
    return `a webhook never redirects, the address is not one of Slack's: ${NEW_WEBHOOK}`;
  }
  if (status === 400 || status === 413) return 'the message was refused, and so was its short form: please report it';
  return `see whether the webhook still exists, or ${NEW_WEBHOOK}`;
}

/** Slack's word for what went wrong, or ''. */
function vendorCode(body: string): string {
  const text = body.trim();
  return /^[a-z_]{2,60}$/.test(text) ? text : '';
}
