/**
 * A receiver at a chat vendor's incoming webhook: one POST of JSON a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and puts no part of the webhook's URL into a reason. A message that the vendor rejects as invalid is sent once
 * more in its short form.
 */
import type { Links } from '../alert/links.ts';
import type { Notification } from '../alert/notification.ts';
import { pause, within } from '../http/deadline.ts';
import { type Answer, type Fetch, post } from '../http/post.ts';
import type { Outcome, Outgoing, Receiver } from './receiver.ts';

/** The webhook that is posted to. */
export interface IncomingWebhook {
  /** A secret: anyone who knows it can post. */
  readonly webhookUrl: string;
  /** The setting that holds the URL. */
  readonly setting: string;
}

export interface IncomingWebhookOptions extends IncomingWebhook {
  /** Unique among the receivers. */
  readonly name: string;
  readonly fetch: Fetch;
  /** For a send, from the first byte sent to the last one read. */
  readonly timeoutMs: number;
}

/** How a vendor's messages are made and its answers are read. */
export interface IncomingWebhookVendor<Message> {
  /** What reasons call the vendor. */
  readonly label: string;
  /** The least time between two messages, ms. */
  readonly paceMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  render(notification: Notification, links: Links): Message;
  /** Without anything that an older or newer version of the Worker may not have stored. */
  renderShort(notification: Notification): Message;
  /** The message is at fault, not the webhook or its channel: the short form may be accepted. */
  isInvalid(answer: Answer): boolean;
  outcome(answer: Answer, webhook: IncomingWebhook): Outcome;
}

/** Creates a receiver that posts to one channel of the vendor. */
export function createIncomingWebhook<Message>(
  vendor: IncomingWebhookVendor<Message>,
  { name, webhookUrl, setting, fetch, timeoutMs }: IncomingWebhookOptions,
): Receiver {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...vendor.headers };

  function postMessage(message: Message, signal: AbortSignal): Promise<Answer> {
    return post(fetch, webhookUrl, { headers, body: JSON.stringify(message) }, vendor.label, signal);
  }

  /** What another version of the Worker stored may lack what this one shows. */
  function rendered({ notification, links }: Outgoing): Message {
    try {
      return vendor.render(notification, links);
    } catch {
      return vendor.renderShort(notification);
    }
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const answer = await postMessage(rendered(outgoing), signal);
    if (!vendor.isInvalid(answer)) return answer;
    // The rejected one counts for the vendor's rate.
    await pause(vendor.paceMs);
    return postMessage(vendor.renderShort(outgoing.notification), signal);
  }

  return {
    name,
    paceMs: vendor.paceMs,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `${vendor.label} did not answer within ${timeoutMs / 1000} s` };
      const answer = await within(timeoutMs, late, (signal) => exchange(outgoing, signal));
      return vendor.outcome(answer, { webhookUrl, setting });
    },
  };
}
