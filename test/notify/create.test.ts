import { expect, test } from 'vitest';
import type { ReceiverSettings } from '../../src/config/receivers.ts';
import { createReceivers } from '../../src/notify/receivers.ts';
import { startInbox } from '../support/inbox.ts';
import { startMailInbox } from '../support/mail-inbox.ts';
import { startWebhookInbox } from '../support/webhook-inbox.ts';
import { OPENED, outgoing } from './notifications.ts';

test('each receiver that the settings name is made and sends to its own place; what is not set says why', async () => {
  const [slack, mail, webhook] = await Promise.all([startInbox(), startMailInbox(), startWebhookInbox()]);
  slack.answer({ status: 200, body: 'ok' });
  try {
    const settings: readonly ReceiverSettings[] = [
      { name: 'chat', type: 'slack', minLevel: 'low', webhookUrl: slack.url },
      {
        name: 'people',
        type: 'email',
        minLevel: 'high',
        binding: mail.binding,
        sender: 'tocsin@example.com',
        to: ['a@example.net'],
      },
      { name: 'pager', type: 'webhook', minLevel: 'low', url: webhook.url, key: webhook.key },
      { name: 'nobody', type: 'unset', minLevel: 'low', of: 'slack', problem: 'SLACK_OTHER is not set' },
    ];
    const receivers = createReceivers(settings, { fetch: (url, init) => fetch(url, init), now: () => Date.now() });
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
