/** Slack, by incoming webhook. */
import { isLocal, parseHttpsUrl } from '../../config/address.ts';
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createSlack } from './send.ts';

const EXPECTS = "an incoming webhook's URL, https://hooks.slack.com/services/T…/B…/…";

export const slack: ReceiverType = {
  type: 'slack',
  label: 'Slack',
  docs: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks',
  secret: 'SLACK_WEBHOOK_URL',
  signingSecret: null,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  placesIn: null,
  read(env, { name, secret }, take) {
    const webhookUrl = take(
      secret,
      after(readText(env, secret), parseWebhookUrl),
      `set it to ${EXPECTS}: ${bySecret(secret)}`,
    );
    if (webhookUrl === null) return null;
    return ({ fetch, timeoutMs }) => createSlack({ name, webhookUrl, setting: secret, fetch, timeoutMs });
  },
};

/** The hosts of incoming webhooks: commercial Slack and GovSlack (https://docs.slack.dev/govslack). */
const HOSTS: readonly string[] = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** An incoming webhook's URL (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
function parseWebhookUrl(text: string): Reading<string> {
  return after(parseHttpsUrl(text), (url) => {
    const { host, pathname } = url;
    if (isLocal(url)) return value(url.href);
    if (!HOSTS.includes(host)) return wrong(`is not at ${HOSTS.join(' or ')}`);
    if (/^\/(?:triggers|workflows)\//.test(pathname))
      return wrong("is a Slack workflow's URL, not an incoming webhook's");
    if (!/^\/services\/[\w-]+\/[\w-]+\/[\w-]+$/.test(pathname)) return wrong('is cut off: /services/ and three parts');
    if (/\/X{8,}$/i.test(pathname)) return wrong("is the example from Slack's documentation");
    if (url.search !== '' || url.hash !== '') return wrong('has a query or fragment');
    return value(url.href);
  });
}
