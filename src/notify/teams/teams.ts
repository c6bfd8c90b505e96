/**
 * Microsoft Teams, by a workflow's webhook.
 *
 * Contract: pure; a problem never holds the URL.
 */
import { isLocal, parseHttpsUrl } from '../../config/address.ts';
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createTeams } from './send.ts';

const EXPECTS = "a workflow's webhook URL, https://….api.powerplatform.com/… or https://….logic.azure.com/…";

export const teams: ReceiverType = {
  type: 'teams',
  label: 'Microsoft Teams',
  docs: 'https://support.microsoft.com/en-us/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498',
  secret: 'TEAMS_WEBHOOK_URL',
  signingSecret: null,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  placesIn: null,
  read(env, { name, secret }, take) {
    const hint = `set it to ${EXPECTS}: ${bySecret(secret)}`;
    const webhookUrl = take(secret, after(readText(env, secret), parseWebhookUrl), hint);
    if (webhookUrl === null) return null;
    return ({ fetch, timeoutMs }) => createTeams({ name, webhookUrl, setting: secret, fetch, timeoutMs });
  },
};

/** Of the clouds: https://learn.microsoft.com/en-us/power-platform/admin/online-requirements. */
const HOST = /\.(?:logic\.azure\.(?:com|us)|api\.(?:powerplatform\.com|\w+\.powerplatform\.microsoft\.us))$/;

/**
 * The URL of the trigger "When a Teams webhook request is received". Anyone who has its signature may start the flow; without
 * one, the flow is for people who are signed in
 * (https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook).
 */
function parseWebhookUrl(text: string): Reading<string> {
  return after(parseHttpsUrl(text), (url) => {
    const { hostname, pathname, searchParams, hash } = url;
    if (isLocal(url)) return value(url.href);
    if (/\.office(?:365)?\.com$/.test(hostname)) {
      return wrong('is of an Office 365 connector, which Microsoft has retired: create a workflow');
    }
    if (!HOST.test(hostname)) return wrong('is not at api.powerplatform.com or logic.azure.com');
    if (!/\/workflows\/\w+\/triggers\/\w+\/paths\/invoke$/.test(pathname) || hash !== '') {
      return wrong('is cut off or changed: …/workflows/…/triggers/manual/paths/invoke?…');
    }
    if ((searchParams.get('sig') ?? '').length < 20) {
      return wrong('has no signature (sig=…): let anyone trigger the flow, and copy the URL again');
    }
    return value(url.href);
  });
}
