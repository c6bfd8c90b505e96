/** What every receiver shows of every kind of message, kept as files: a change of words is a diff to be read. */
import { expect, test } from 'vitest';
import { render as discord } from '../../src/notify/discord/render.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { EXAMPLES } from '../notify/examples.ts';
import { LINKS } from '../notify/notifications.ts';

test.each(EXAMPLES)('%s', async (name, notification) => {
  const { subject, headers, text, html } = mail(notification, LINKS, 'tocsin@example.com');
  const parts = [
    `Slack\n${JSON.stringify(slack(notification, LINKS), null, 2)}`,
    `Discord\n${JSON.stringify(discord(notification, LINKS), null, 2)}`,
    `Mail\nSubject: ${subject}`,
    JSON.stringify(headers, null, 2),
    text,
    html,
    `Webhook\n${JSON.stringify(JSON.parse(payload(notification, LINKS)), null, 2)}`,
  ];
  await expect(`${parts.join('\n\n')}\n`).toMatchFileSnapshot(`./messages/${name}.txt`);
});
