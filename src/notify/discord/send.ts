/** Discord by incoming webhook. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { ANSWERS } from './answer.ts';
import { render, renderShort } from './render.ts';

/**
 * Discord documents no number ("rate limits should not be hard coded", …/topics/rate-limits); what is known of messages to a
 * channel is five in five seconds. More than that is a 429 with the time to wait.
 */
const PACE_MS = 1_000;
const HEADERS = { 'user-agent': 'Tocsin' };

/** Creates a receiver that posts to one Discord channel. */
export function createDiscord({ webhookUrl, ...options }: IncomingWebhookOptions): Receiver {
  // Without `wait`, "a message that is not saved does not return an error" (…/resources/webhook#execute-webhook).
  const url = `${webhookUrl}${webhookUrl.includes('?') ? '&' : '?'}wait=true`;
  return createIncomingWebhook(
    { ...ANSWERS, label: 'Discord', paceMs: PACE_MS, headers: HEADERS, render, renderShort },
    { ...options, webhookUrl: url },
  );
}
