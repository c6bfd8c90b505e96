/** Slack by incoming webhook. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { ANSWERS } from './answer.ts';
import { render, renderShort } from './render.ts';

/**
 * "1 per second" for an incoming webhook, and no guarantee for bursts (https://docs.slack.dev/apis/web-api/rate-limits); a
 * little more, since what is measured is when a message arrives.
 */
const PACE_MS = 1_020;

/** Creates a receiver that posts to one Slack channel. */
export function createSlack(options: IncomingWebhookOptions): Receiver {
  return createIncomingWebhook(
    {
      ...ANSWERS,
      label: 'Slack',
      paceMs: PACE_MS,
      render: (notification, links) => render(notification, links),
      renderShort,
    },
    options,
  );
}
