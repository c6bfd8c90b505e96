/** Discord by incoming webhook. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { isInvalid, outcome } from './answer.ts';
import { render, renderShort } from './render.ts';

const HEADERS = { 'user-agent': 'Tocsin' };

/** Creates a receiver that posts to one Discord channel. */
export function createDiscord({ webhookUrl, ...options }: IncomingWebhookOptions): Receiver {
  // Without `wait`, "a message that is not saved does not return an error" (…/resources/webhook#execute-webhook).
  const url = `${webhookUrl}${webhookUrl.includes('?') ? '&' : '?'}wait=true`;
  return createIncomingWebhook(
    { label: 'Discord', headers: HEADERS, render, renderShort, isInvalid, outcome },
    { ...options, webhookUrl: url },
  );
}
