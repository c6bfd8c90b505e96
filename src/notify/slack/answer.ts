/**
 * How Slack answers a webhook.
 *
 * Slack's errors: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (Handling errors) and
 * https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks.
 */
import { vendorText } from '../../http/post.ts';
import { NEW_WEBHOOK, type VendorAnswers } from '../incoming-webhook.ts';

export const ANSWERS: VendorAnswers = {
  remedy: NEW_WEBHOOK,
  isDelivered: ({ status, body }) => status === 200 && body.trim() === 'ok',
  detail: vendorText,
  cause(_, body) {
    const code = body.trim();
    return Object.hasOwn(CAUSES, code) ? (CAUSES[code] ?? null) : null;
  },
};

/** What is wrong, by Slack's error code, and what to do before the webhook is replaced. */
const CAUSES: { readonly [code: string]: string } = {
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
