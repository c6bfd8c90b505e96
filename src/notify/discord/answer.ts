/**
 * How Discord answers a webhook.
 *
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes and …/topics/rate-limits#exceeding-a-rate-limit.
 */
import { RETRY_AFTER_MAX_MS } from '../../http/post.ts';
import { NEW_WEBHOOK, type VendorAnswers } from '../incoming-webhook.ts';
import { beginsObject, codeOf, codeText, jsonField } from '../json-field.ts';

const FORUM_CODE = 220_001;

export const ANSWERS: VendorAnswers = {
  remedy: NEW_WEBHOOK,
  // With `wait=true` the answer is the message; anything else did not come from Discord.
  isDelivered: ({ status, body }) => status === 204 || (status === 200 && beginsObject(body)),
  detail: codeText,
  cause(status, body) {
    if (codeOf(body) === FORUM_CODE) {
      return 'the channel is a forum: add ?thread_id=… to the URL, use a text channel';
    }
    if (status === 404) return 'the webhook was deleted';
    return status === 401 || status === 403 ? "the webhook's token is wrong or was replaced" : null;
  },
  /** `retry_after` is in seconds, with a fraction. */
  retryAfterMs(body) {
    const seconds = jsonField(body, 'retry_after');
    if (typeof seconds !== 'number' || seconds < 0) return null;
    return Math.min(Math.ceil(seconds * 1000), RETRY_AFTER_MAX_MS);
  },
};
