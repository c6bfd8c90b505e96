/** PagerDuty, by its Events API v2. */
import { createIncomingWebhook, type IncomingWebhookOptions } from '../incoming-webhook.ts';
import type { Receiver } from '../receiver.ts';
import { ANSWERS } from './answer.ts';
import { isPastAcknowledgement, type PagerDutyEvent, render, renderShort } from './event.ts';

/**
 * "Approximately 120 calls/minute per integration key"
 * (https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/05-Rate-Limits.md).
 */
const PACE_MS = 500;

export interface PagerDutyIntegration {
  /** Of the account's service region. */
  readonly origin: string;
  /** A secret: anyone who knows it can open and resolve incidents. */
  readonly key: string;
  /** What is done in PagerDuty comes back; missing: it does not. */
  readonly isHeard?: boolean;
}

/** Creates a receiver that sends to one integration. */
export function createPagerDuty(
  { origin, key, isHeard = false }: PagerDutyIntegration,
  options: Omit<IncomingWebhookOptions, 'webhookUrl'>,
): Receiver {
  const toKey = (event: PagerDutyEvent) => ({ routing_key: key, ...event });
  const receiver = createIncomingWebhook(
    {
      ...ANSWERS,
      label: 'PagerDuty',
      paceMs: PACE_MS,
      render: (notification, links, editable) => toKey(render(notification, links, { editable, isHeard })),
      renderShort: (notification, editable) => toKey(renderShort(notification, editable)),
    },
    { ...options, webhookUrl: `${origin}/v2/enqueue` },
  );
  return {
    ...receiver,
    send: async (outgoing) =>
      isPastAcknowledgement(outgoing.notification, outgoing.editable) ? { kind: 'delivered' } : receiver.send(outgoing),
  };
}
