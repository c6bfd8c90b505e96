/** Microsoft Teams, by a workflow's webhook. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { ANSWERS } from './answer.ts';
import { render, renderShort } from './render.ts';

/**
 * For workflows Microsoft documents no rate; for the incoming webhooks that they replace "four requests in a second"
 * (https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook). A flow that
 * Teams slows down has answered already, so that more than a channel takes must not be sent.
 */
const PACE_MS = 1_000;

/** Creates a receiver that starts one flow, which posts to one channel. */
export function createTeams(options: IncomingWebhookOptions): Receiver {
  return createIncomingWebhook({ ...ANSWERS, label: 'Teams', paceMs: PACE_MS, render, renderShort }, options);
}
