/** Email by the platform's own binding, as far as the local runtime supports it. */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { MailBinding } from '../../src/notify/email/message.ts';
import { createEmail } from '../../src/notify/email/send.ts';
import { EXAMPLES } from '../notify/examples.ts';
import { LINKS } from '../notify/notifications.ts';

const { EMAIL } = env as unknown as { readonly EMAIL: MailBinding };

test.each(EXAMPLES)('the binding accepts %s', async (name, notification) => {
  const receiver = createEmail({
    name: 'email',
    binding: EMAIL,
    sender: 'tocsin@example.com',
    to: 'a@example.net',
    timeoutMs: 10_000,
  });
  expect(await receiver.send({ id: name, notification, links: LINKS })).toEqual({ kind: 'delivered' });
});

test('the binding refuses an invalid message, so the test above can fail', async () => {
  await expect(
    EMAIL.send({
      from: { name: 'Tocsin', email: 'a@example.com' },
      to: '',
      subject: 'x',
      text: 'x',
      html: 'x',
      headers: {},
    }),
  ).rejects.toThrow();
});
