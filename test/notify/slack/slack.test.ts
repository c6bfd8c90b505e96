import { expect, test } from 'vitest';
import { readReceivers } from '../../../src/config/receivers.ts';
import { slack } from '../../../src/notify/slack/slack.ts';

const HOOK = 'https://hooks.slack.com/services/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';

/** The URL that a receiver with this setting posts to, or the setting's problem. */
async function postsTo(text: string): Promise<string | null> {
  const [receiver] = readReceivers({ SLACK_WEBHOOK_URL: text }, [slack], null).receivers;
  if (receiver === undefined || receiver.create === null) return receiver?.problem ?? null;
  let posted = '';
  const fetch = async (url: string): Promise<Response> => {
    posted = url;
    return new Response('ok');
  };
  const outgoing = { id: '1', notification: JSON.parse('{}'), links: { alert: null, entry: null } };
  await receiver.create({ fetch, now: () => 0, timeoutMs: 1_000 }).send(outgoing);
  return posted;
}

test.each([
  ['an incoming webhook', HOOK],
  ['GovSlack', HOOK.replace('slack.com', 'slack-gov.com')],
  ['an inbox on this machine', 'http://127.0.0.1:9/inbox'],
])('posts to %s', async (_, url) => {
  expect(await postsTo(url)).toBe(url);
});

test.each([
  ['another host', HOOK.replace('slack.com', 'slack.com.evil.example'), 'is not at hooks.slack.com or'],
  ['another port', HOOK.replace('slack.com', 'slack.com:8443'), 'is not at hooks'],
  ['http', HOOK.replace('https', 'http'), 'is not https'],
  ['half a URL', HOOK.slice(0, -25), 'is cut off'],
  ['a workflow’s URL', HOOK.replace('services', 'triggers'), "is a Slack workflow's URL"],
  ['the documentation’s URL', `${HOOK.slice(0, -24)}XXXXXXXXXXXXXXXXXXXXXXXX`, 'is the example'],
  ['a query', `${HOOK}?x=1`, 'has a query or fragment'],
  ['a fragment', `${HOOK}#x`, 'has a query or fragment'],
  ['a password', HOOK.replace('//', '//me:pw@'), 'has a user name or password'],
  ['a URL without a scheme', 'hooks.slack.com/services', 'is not a URL'],
])('refuses %s', async (_, url, problem) => {
  expect(await postsTo(url)).toContain(`SLACK_WEBHOOK_URL ${problem}`);
});
