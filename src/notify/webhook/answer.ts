/**
 * What an answer to a webhook means for the delivery, by Standard Webhooks ("Delivery success and failure"): 2xx is
 * success; 410 means that no more messages are wanted; a redirect is not followed, since the URL should be updated;
 * anything else is a failure and retried.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#delivery-success-and-failure
 *
 * Pure. Only the status gets into a reason: all of the URL may be secret, its host too, and the answer may repeat it in any
 * form.
 */
import type { Answer } from '../../http/post.ts';
import type { Outcome } from '../receiver.ts';

/** How the send ended. */
export function outcome(answer: Answer): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, afterMs } = answer;
  const answered = `the webhook answered ${status}`;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) {
    return { kind: 'refused', reason: `${answered}: it wants no more messages; remove it, or set its new URL` };
  }
  // Fetch reports a redirect that is not followed as 0 in some runtimes.
  if (status === 0 || (status >= 300 && status < 400)) {
    return { kind: 'refused', reason: `${answered}: redirects are not followed; set the URL that it redirects to` };
  }
  if (status === 429) return { kind: 'slow down', reason: 'the webhook asks to slow down (429)', afterMs };
  const hint = status === 401 || status === 403 ? '; check that both sides have the same signing key' : '';
  return { kind: 'retry', reason: `${answered}${hint}`, afterMs };
}
