/**
 * What Discord's answer to a webhook means for the delivery, and what a person can do about it.
 *
 * Pure. Nothing of an answer's text gets into a reason but its code: the text may repeat the webhook's URL, a secret.
 *
 * https://discord.com/developers/docs/topics/opcodes-and-status-codes and …/topics/rate-limits#exceeding-a-rate-limit.
 */
import { bySecret } from '../../config/setting.ts';
import { type Answer, RETRY_AFTER_MAX_MS } from '../../http/post.ts';
import { parseJson } from '../../text/json.ts';
import type { IncomingWebhook } from '../incoming-webhook.ts';
import type { Outcome } from '../receiver.ts';

const FORUM_CODE = 220_001;

/** The message is at fault, not the webhook or its channel: a plainer one may be accepted. */
export function isInvalid(answer: Answer): boolean {
  if (answer.kind === 'failed') return false;
  return answer.status === 413 || (answer.status === 400 && codeOf(answer.body) !== FORUM_CODE);
}

/** How the send ended. */
export function outcome(answer: Answer, { setting }: IncomingWebhook): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, body } = answer;
  // With `wait=true` the answer is the message; anything else did not come from Discord.
  if (status === 204 || (status === 200 && body.trimStart().startsWith('{'))) return { kind: 'delivered' };
  if (status === 429) {
    const afterMs = answer.afterMs ?? retryAfterMs(body);
    return { kind: 'slow down', reason: 'Discord asks to slow down (429)', afterMs };
  }
  const code = codeOf(body);
  const answered = `Discord answered ${status}${code === null ? '' : ` (code ${code})`}`;
  if (status === 408 || status >= 500 || (status >= 200 && status < 300)) {
    return { kind: 'retry', reason: answered, afterMs: answer.afterMs };
  }
  return { kind: 'refused', reason: `${answered}: ${hint(status, code, setting)}` };
}

function hint(status: number, code: number | null, setting: string): string {
  const replace = `make a new one and set it: ${bySecret(setting)}`;
  if (code === FORUM_CODE) return 'the channel is a forum: add ?thread_id=… to the URL, or use a text channel';
  if (status === 404) return `the webhook was deleted: ${replace}`;
  if (status === 401 || status === 403) return `the webhook's token is wrong or was replaced: ${replace}`;
  if (status === 400 || status === 413) return 'it rejected the message and its short form: please report it';
  if (status === 0 || (status >= 300 && status < 400)) return `a webhook never redirects, this is not one: ${replace}`;
  return `check that the webhook still exists, or ${replace}`;
}

/** Discord's error code. An answer that was cut is not JSON: it has none. */
function codeOf(body: string): number | null {
  const code = fieldOf(body, 'code');
  return typeof code === 'number' && Number.isInteger(code) && code > 0 ? code : null;
}

/** `retry_after` is in seconds, with a fraction. */
function retryAfterMs(body: string): number | null {
  const seconds = fieldOf(body, 'retry_after');
  if (typeof seconds !== 'number' || seconds < 0) return null;
  return Math.min(Math.ceil(seconds * 1000), RETRY_AFTER_MAX_MS);
}

function fieldOf(body: string, name: string): unknown {
  const value = parseJson(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
