import { expect, test } from 'vitest';
import { readReceivers } from '../../src/config/receivers.ts';
import { createReceivers } from '../../src/notify/receiver.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { startMailInbox } from '../support/mail-inbox.ts';
import { startInbox } from '../support/slack-inbox.ts';
import { startWebhookInbox } from '../support/webhook-inbox.ts';
import { OPENED, outgoing } from './notifications.ts';

test('each configured receiver sends to its own address; one that is not set refuses with the reason', async () => {
  const [slack, mail, webhook] = await Promise.all([startInbox(), startMailInbox(), startWebhookInbox()]);
  slack.answer({ status: 200, body: 'ok' });
  try {
    const signed = { secret: 'PAGER', signingSecret: 'PAGER_KEY' };
    const routing = {
      receivers: [
        { name: 'chat', type: 'slack', secret: 'CHAT', signingSecret: null, minLevel: 'low' },
        { name: 'people', type: 'email', secret: 'EMAIL_TO', signingSecret: null, minLevel: 'high' },
        { name: 'pager', type: 'webhook', ...signed, minLevel: 'low' },
        { name: 'nobody', type: 'slack', secret: 'SLACK_OTHER', signingSecret: null, minLevel: 'low' },
      ],
    } as const;
    const env = {
      ...{ CHAT: slack.url, EMAIL_TO: 'a@example.net', EMAIL_FROM: 'tocsin@example.com', EMAIL: mail.binding },
      ...{ PAGER: webhook.url, PAGER_KEY: `whsec_${btoa(String.fromCharCode(...webhook.key))}` },
    };
    const { receivers: configured } = readReceivers(env, RECEIVER_TYPES, routing);
    const receivers = createReceivers(configured, { fetch: (url, init) => fetch(url, init), now: () => Date.now() });
    expect(receivers.map(({ name }) => name)).toEqual(['chat', 'people', 'pager', 'nobody']);
    const outcomes = await Promise.all(receivers.map((receiver) => receiver.send(outgoing(OPENED))));
    expect(outcomes).toEqual([
      { kind: 'delivered' },
      { kind: 'delivered' },
      { kind: 'delivered' },
      { kind: 'refused', reason: 'SLACK_OTHER is not set' },
    ]);
    expect([slack.messages.length, mail.mails.length, webhook.posts.length]).toEqual([1, 1, 1]);
  } finally {
    await Promise.all([slack.stop(), mail.stop(), webhook.stop()]);
  }
});
