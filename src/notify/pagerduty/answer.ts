/**
 * How the Events API answers: 202 where it has taken the event, which says nothing of the incident yet
 * (https://developer.pagerduty.com/docs/events-api-v2-overview, "Response codes & retry logic").
 */
import type { VendorAnswers } from '../incoming-webhook.ts';

const WRONG_KEY = 'the integration key is wrong, or of another service region (PAGERDUTY_REGION)';

export const ANSWERS: VendorAnswers = {
  remedy: 'set the key of an Events API v2 integration',
  isDelivered: ({ status }) => status === 202,
  // Its text may repeat the event.
  detail: () => '',
  cause(status, body) {
    if (status === 401 || status === 403 || status === 404) return WRONG_KEY;
    // "Invalid routing key", "Length of 'routing_key' is incorrect".
    return status === 400 && /routing[_ ]key/i.test(body) ? WRONG_KEY : null;
  },
};
