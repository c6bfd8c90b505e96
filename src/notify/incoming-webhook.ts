/**
 * A receiver at a chat vendor's incoming webhook: one POST of JSON a notification.
 *
 * Contract: `send` never throws, never takes longer than `timeoutMs`, follows no redirect, reads no more than 4 KB of an
 * answer, and puts no part of the webhook's URL into a reason. A message that the vendor rejects as invalid is sent once
 * more in its short form.
 */
import type { Links } from '../alert/links.ts';
import type { Notification } from '../alert/notification.ts';
import { bySecret } from '../config/setting.ts';
import { pause, within } from '../http/deadline.ts';
import { type Answer, type Answered, type Fetch, post } from '../http/post.ts';
import type { Editable, Outcome, Outgoing, Receiver } from './receiver.ts';

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

/** How a vendor answers. Pure. */
export interface VendorAnswers {
  /** It took the message. What only looks like that (a 200 of something else) is tried again. */
  isDelivered(answered: Answered): boolean;
  /** Follows the status in a reason: ` (code 10015)`; ''. No part of the webhook's URL gets into it. */
  detail(body: string, webhookUrl: string): string;
  /** What is wrong with the webhook or its channel, in words; null: not known. A 400 with null is the message's fault. */
  cause(status: number, body: string): string | null;
  /** The wait that the body asks for, ms, at most an hour, where the vendor says it there. */
  retryAfterMs?(body: string): number | null;
  /** What a person does about a webhook that refuses; the command follows. */
  readonly remedy: string;
}

export const NEW_WEBHOOK = 'make a new webhook and set it';

/** How a vendor's messages are made and its answers are read. */
export interface IncomingWebhookVendor<Message> extends VendorAnswers {
  /** What reasons call the vendor. */
  readonly label: string;
  /** The least time between two messages, ms. */
  readonly paceMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `editable`: for a receiver that edits. */
  render(notification: Notification, links: Links, editable?: Editable): Message;
  /** Without anything that an older or newer version of the Worker may not have stored. */
  renderShort(notification: Notification, editable?: Editable): Message;
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
  function rendered({ notification, links, editable }: Outgoing): Message {
    try {
      return vendor.render(notification, links, editable);
    } catch {
      return vendor.renderShort(notification, editable);
    }
  }

  async function exchange(outgoing: Outgoing, signal: AbortSignal): Promise<Answer> {
    const answer = await postMessage(rendered(outgoing), signal);
    if (answer.kind === 'failed' || !isInvalid(vendor, answer)) return answer;
    // The rejected one counts for the vendor's rate.
    await pause(vendor.paceMs);
    return postMessage(vendor.renderShort(outgoing.notification, outgoing.editable), signal);
  }

  return {
    name,
    paceMs: vendor.paceMs,
    async send(outgoing: Outgoing): Promise<Outcome> {
      const late: Answer = { kind: 'failed', reason: `${vendor.label} did not answer within ${timeoutMs / 1000} s` };
      const answer = await within(timeoutMs, late, (signal) => exchange(outgoing, signal));
      return outcomeOf(vendor, answer, { webhookUrl, setting });
    },
  };
}

/** What an answer means for the delivery, and what a person can do about it. Pure. */
export function outcomeOf(
  vendor: VendorAnswers & { readonly label: string },
  answer: Answer,
  { webhookUrl, setting }: IncomingWebhook,
): Outcome {
  if (answer.kind === 'failed') return { kind: 'retry', reason: answer.reason, afterMs: null };
  const { status, body } = answer;
  const { label } = vendor;
  if (vendor.isDelivered(answer)) return { kind: 'delivered' };
  if (status === 429) {
    const afterMs = answer.afterMs ?? vendor.retryAfterMs?.(body) ?? null;
    return { kind: 'slow down', reason: `${label} asks to slow down (429)`, afterMs };
  }
  const reason = `${label} answered ${status}${vendor.detail(body, webhookUrl)}`;
  if (status === 408 || status >= 500 || (status >= 200 && status < 300)) {
    return { kind: 'retry', reason, afterMs: answer.afterMs };
  }
  return { kind: 'refused', reason: `${reason}: ${hint(vendor, answer, setting)}` };
}

/** The message is at fault, not the webhook or its channel: a plainer one may be accepted. */
function isInvalid(vendor: VendorAnswers, { status, body }: Answered): boolean {
  return status === 413 || (status === 400 && vendor.cause(status, body) === null);
}

function hint(vendor: VendorAnswers & { readonly label: string }, answered: Answered, setting: string): string {
  const { status, body } = answered;
  const replace = `${vendor.remedy}: ${bySecret(setting)}`;
  const cause = vendor.cause(status, body);
  if (cause !== null) return `${cause}${cause.includes(': ') ? ', or ' : ': '}${replace}`;
  // Fetch reports a redirect that is not followed as 0 in some runtimes.
  if (status === 0 || (status >= 300 && status < 400)) {
    return `a webhook never redirects, so the URL is not ${vendor.label}'s: ${replace}`;
  }
  if (isInvalid(vendor, answered)) return 'it rejected the message and its short form: please report it';
  return `check that the webhook still exists, or ${replace}`;
}
