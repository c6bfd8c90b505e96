/**
 * What Slack's answer to a webhook means for the delivery, and what a person can do about it.
 *
 * Pure. No part of the webhook's URL gets into a reason, whatever the answer repeats.
 *
 * Slack's errors: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (Handling errors) and
 * https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks.
 */
import { bySecret } from '../../config/setting.ts';
import { type Answer, vendorText } from '../../http/post.ts';
import type { IncomingWebhook } from '../incoming-webhook.ts';
import type { Outcome } from '../receiver.ts';

/** The message is at fault, not the webhook or its channel: a plainer one may be accepted. */
export function isInvalid(answer: Answer): boolean {
  if (answer.kind === 'failed') return false;
  return answer.status === 413 || (answer.status === 400 && !Object.hasOwn(HINTS, codeOf(answer.body)));
}

/** How the send ended. */
export function outcome(answer: Answer, { webhookUrl, setting }: IncomingWebhook): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, body, afterMs } = answer;
  if (status === 200 && body.trim() === 'ok') return { kind: 'delivered' };
  if (status === 429) return { kind: 'slow down', reason: 'Slack asks to slow down (429)', afterMs };
  const answered = `Slack answered ${status}${vendorText(body, webhookUrl)}`;
  if (status === 408 || status >= 500 || (status >= 200 && status < 300)) {
    return { kind: 'retry', reason: answered, afterMs };
  }
  return { kind: 'refused', reason: `${answered}: ${hint(status, codeOf(body), bySecret(setting))}` };
}

/** What is wrong, by Slack's error code, and what to do before the webhook is replaced. */
const HINTS: { readonly [code: string]: string } = {
  no_service: 'the webhook was revoked or its app was removed',
  no_active_hooks: 'the webhook is disabled',
  no_service_id: "the webhook's URL is not complete",
  no_team: 'the workspace is unknown: the URL may be mistyped',
  team_disabled: 'the workspace is disabled',
  invalid_token: "the webhook's URL is expired, revoked or mistyped",
  channel_not_found: "the webhook's channel was deleted",
  user_not_found: 'the person that the webhook posts to no longer exists',
  channel_is_archived: "the webhook's channel is archived: unarchive it",
  action_prohibited: 'a workspace admin restricts posting there: ask for permission',
  posting_to_general_channel_denied: 'a workspace admin restricts posting there: ask for permission',
};

function hint(status: number, code: string, command: string): string {
  const replace = `make a new webhook and set it: ${command}`;
  const known = Object.hasOwn(HINTS, code) ? HINTS[code] : undefined;
  if (known !== undefined) return `${known}${known.includes(': ') ? ', or ' : ': '}${replace}`;
  if (status === 0 || (status >= 300 && status < 400)) {
    return `a webhook never redirects, so the URL is not Slack's: ${replace}`;
  }
  if (status === 400 || status === 413) return 'it rejected the message and its short form: please report it';
  return `check that the webhook still exists, or ${replace}`;
}

/** Slack's error code, or ''. */
function codeOf(body: string): string {
  const text = body.trim();
  return /^[a-z_]{2,60}$/.test(text) ? text : '';
}
