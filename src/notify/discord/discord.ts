/** Discord, by incoming webhook. */
import { isLocal, parseHttpsUrl } from '../../config/address.ts';
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createDiscord } from './send.ts';

const EXPECTS = "a webhook's URL, https://discord.com/api/webhooks/…/…";

export const discord: ReceiverType = {
  type: 'discord',
  label: 'Discord',
  docs: 'https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks',
  secret: 'DISCORD_WEBHOOK_URL',
  signingSecret: null,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  placesIn: null,
  read(env, { name, secret }, take) {
    const hint = `set it to ${EXPECTS}: ${bySecret(secret)}`;
    const webhookUrl = take(secret, after(readText(env, secret), parseWebhookUrl), hint);
    if (webhookUrl === null) return null;
    return ({ fetch, timeoutMs }) => createDiscord({ name, webhookUrl, setting: secret, fetch, timeoutMs });
  },
};

/** Discord itself, its public beta and its canary, each under both of its domains. */
const HOST = /^(?:(?:ptb|canary)\.)?discord(?:app)?\.com$/;

/**
 * A webhook's URL: its id and its token, perhaps with a version of the API and a thread
 * (https://discord.com/developers/docs/resources/webhook#execute-webhook).
 */
function parseWebhookUrl(text: string): Reading<string> {
  return after(parseHttpsUrl(text), (url) => {
    const { host, pathname, search, hash } = url;
    if (isLocal(url)) return value(url.href);
    if (!HOST.test(host)) return wrong('is not at discord.com');
    if (/\/(?:slack|github)\/?$/.test(pathname))
      return wrong("is a webhook's Slack or GitHub form: remove the last part");
    if (!/^\/api\/(?:v\d+\/)?webhooks\/\d{15,20}\/[\w-]{60,}$/.test(pathname)) {
      return wrong('is cut off: /api/webhooks/, an id and a token');
    }
    if (hash !== '' || !/^(?:\?thread_id=\d{15,20})?$/.test(search))
      return wrong('has more than thread_id after its path');
    return value(url.href);
  });
}
