/**
 * PagerDuty, by its Events API v2: an incident for each alert.
 *
 * Contract: pure; a problem never holds the key.
 */
import { comesBack, REGION, readRegion } from '../../config/pagerduty-acts.ts';
import { after, bySecret, IN_VARS, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createPagerDuty } from './send.ts';

const EXPECTS = 'the integration key of an Events API v2 integration, 32 characters';

/** https://support.pagerduty.com/main/docs/service-regions.md ("API Access URLs"). */
const ORIGINS = { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' } as const;

export const pagerduty: ReceiverType = {
  type: 'pagerduty',
  label: 'PagerDuty',
  docs: 'https://support.pagerduty.com/main/docs/services-and-integrations',
  secret: 'PAGERDUTY_ROUTING_KEY',
  signingSecret: null,
  expects: EXPECTS,
  settings: [REGION],
  bindings: [],
  placesIn: null,
  forPrograms: true,
  edits: true,
  read(env, { name, secret }, take) {
    const key = take(secret, after(readText(env, secret), parseKey), `set it to ${EXPECTS}: ${bySecret(secret)}`);
    const region = take(REGION, readRegion(env), `set ${REGION} ${IN_VARS}`);
    if (key === null || region === null) return null;
    const isHeard = comesBack(env);
    return ({ fetch, timeoutMs }) =>
      createPagerDuty({ origin: ORIGINS[region], key, isHeard }, { name, setting: secret, fetch, timeoutMs });
  },
};

/** https://developer.pagerduty.com/docs/send-alert-event ("32 character Integration Key"). */
function parseKey(text: string): Reading<string> {
  if (/^[A-Za-z0-9]{32}$/.test(text)) return value(text);
  return wrong(`is not 32 letters and digits, but ${text.length} characters: is it a key of the REST API?`);
}
