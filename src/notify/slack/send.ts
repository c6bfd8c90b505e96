/** Slack by incoming webhook. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { isInvalid, outcome } from './answer.ts';
import { render, renderShort } from './render.ts';

/** Creates a receiver that posts to one Slack channel. */
export function createSlack(options: IncomingWebhookOptions): Receiver {
  return createIncomingWebhook({ label: 'Slack', render, renderShort, isInvalid, outcome }, options);
}
