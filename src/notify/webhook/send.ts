/**
 * A user's own webhook, signed by Standard Webhooks: one POST of JSON a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and puts neither the URL nor the key into a reason. A delivery has the same id and body at every attempt; each
 * attempt has its own timestamp.
 */
import { within } from '../../http/deadline.ts';
import { type Answer, type Fetch, post } from '../../http/post.ts';
import type { Outcome, Outgoing, Receiver } from '../receiver.ts';
import { outcome } from './answer.ts';
import { payload, unreadable } from './payload.ts';
import { signatureHeaders } from './sign.ts';

export interface WebhookOptions {
  /** Unique among the receivers. */
  readonly name: string;
  /** May hold a token: a secret. */
  readonly url: string;
  /** The key's bytes, as decoded from `whsec_…`. */
  readonly key: Uint8Array;
  readonly fetch: Fetch;
  /** Wall time, ms since the epoch. */
  readonly now: () => number;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

/** Creates a receiver that posts to one webhook. */
export function createWebhook({ name, url, key, fetch, now, timeoutMs }: WebhookOptions): Receiver {
  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    try {
      const body = bodyOf(outgoing);
      const signed = await signatureHeaders(key, { id: outgoing.id, at: now(), body });
      const headers = { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Tocsin', ...signed };
      return await post(fetch, url, { headers, body }, 'the webhook', signal);
    } catch {
      return { kind: 'failed', reason: 'the message could not be signed' };
    }
  }

  return {
    name,
    // A user's own service: as fast as it answers.
    paceMs: 0,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `the webhook did not answer within ${timeoutMs / 1000} s` };
      return outcome(await within(timeoutMs, late, (signal) => exchange(outgoing, signal)));
    },
  };
}

/** What another version of the Worker stored may lack what this one sends. */
function bodyOf({ notification, links }: Outgoing): string {
  try {
    return payload(notification, links);
  } catch {
    return unreadable(notification, links);
  }
}
