/** ntfy, by its publishing API. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { ANSWERS } from './answer.ts';
import { type NtfyMessage, render, renderShort } from './render.ts';

/**
 * 60 requests at once, and then one in 5 s (https://docs.ntfy.sh/publish/#limitations): a burst after a quiet time is not slowed
 * down, and more than that is a 429.
 */
const PACE_MS = 1_000;

export interface NtfyTopic {
  /** Of the server. */
  readonly origin: string;
  /** A secret: anyone who knows the name of a topic without access control can read and write to it. */
  readonly name: string;
  /** Null: none is needed. */
  readonly token: string | null;
}

/** Creates a receiver that publishes to one topic. */
export function createNtfy(
  { origin, name, token }: NtfyTopic,
  options: Omit<IncomingWebhookOptions, 'webhookUrl'>,
): Receiver {
  const toTopic = (message: NtfyMessage) => ({ topic: name, ...message });
  return createIncomingWebhook(
    {
      ...ANSWERS,
      label: 'ntfy',
      paceMs: PACE_MS,
      headers: { 'user-agent': 'Tocsin', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      render: (notification, links) => toTopic(render(notification, links)),
      renderShort: (notification) => toTopic(renderShort(notification)),
    },
    // A message as JSON is posted to the root (https://docs.ntfy.sh/publish/#publish-as-json).
    { ...options, webhookUrl: `${origin}/` },
  );
}
