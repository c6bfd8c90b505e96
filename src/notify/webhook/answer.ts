/**
 * What an answer to a webhook means for the delivery, by Standard Webhooks ("Delivery success and failure"): 2xx is
 * success; 410 means that no more is wanted; a redirect is not followed, the address is to be set anew; all else is a
 * failure, and tried again for as long as deliveries are.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#delivery-success-and-failure
 *
 * Pure. Nothing of what the answer says gets into a reason but its status: all of the address may be a secret, its host
 * too, and who knows in what form an answer echoes it.
 */
import type { Answer } from '../../http/post.ts';
import type { Outcome } from '../receiver.ts';

/** How the send ended. */
export function outcome(answer: Answer): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, afterMs } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) {
    return {
      kind: 'refused',
      reason: 'the webhook answered 410: it wants no more; take it out, or set its new address',
    };
  }
  // Fetch calls a redirect that is not followed 0 in some runtimes.
  if (status === 0 || (status >= 300 && status < 400)) {
    const reason = `the webhook answered ${status}: redirects are not followed; set the address it leads to`;
    return { kind: 'refused', reason };
  }
  if (status === 429) return { kind: 'retry', reason: 'the webhook asks us to slow down (429)', afterMs };
  const hint = status === 401 || status === 403 ? '; see whether both sides have the same signing key' : '';
  return { kind: 'retry', reason: `the webhook answered ${status}${hint}`, afterMs };
}
