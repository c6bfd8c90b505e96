/** What every receiver shows of every kind of message, kept as files: a change of words is a diff to be read. */
import { expect, test } from 'vitest';
import { render as discord } from '../../src/notify/discord/render.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as ntfy } from '../../src/notify/ntfy/render.ts';
import { render as pagerduty } from '../../src/notify/pagerduty/event.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { render as teams } from '../../src/notify/teams/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { EXAMPLES } from '../notify/examples.ts';
import { LINKS } from '../notify/notifications.ts';
import { readTeams } from '../notify/teams/read-back.ts';

test.each(EXAMPLES)('%s', async (name, notification) => {
  const { subject, headers, text, html } = mail(notification, LINKS, 'tocsin@example.com');
  const { message, ...around } = ntfy(notification, LINKS);
  const parts = [
    `Slack\n${JSON.stringify(slack(notification, LINKS), null, 2)}`,
    `Discord\n${JSON.stringify(discord(notification, LINKS), null, 2)}`,
    // Its JSON is four times as long.
    `Teams\n${readTeams(teams(notification, LINKS)).text}`,
    `ntfy\n${JSON.stringify(around, null, 2)}\n${message}`,
    `PagerDuty\n${JSON.stringify(pagerduty(notification, LINKS), null, 2)}`,
    `Mail\nSubject: ${subject}`,
    JSON.stringify(headers, null, 2),
    text,
    html,
    `Webhook\n${JSON.stringify(JSON.parse(payload(notification, LINKS)), null, 2)}`,
  ];
  await expect(`${parts.join('\n\n')}\n`).toMatchFileSnapshot(`./messages/${name}.txt`);
});
