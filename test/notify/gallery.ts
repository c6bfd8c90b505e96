/**
 * Writes an example of every message to files for people to read: `node test/notify/gallery.ts FOLDER`. For each, the JSON of
 * Slack, Teams, Discord and PagerDuty and a page that looks like it, ntfy's text, the mail's text and HTML, and the webhook's body;
 * with `--shots` also screenshots of the pages, as wide as a phone and a desktop, light and dark.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { out } from '../../src/cli/terminal.ts';
import { render as discord } from '../../src/notify/discord/render.ts';
import { render as mail } from '../../src/notify/email/render.ts';
import { render as ntfy } from '../../src/notify/ntfy/render.ts';
import { render as pagerduty } from '../../src/notify/pagerduty/event.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { render as teams } from '../../src/notify/teams/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { SLACK_CSS, slackHtml } from '../support/slack-html.ts';
import { EXAMPLES } from './examples.ts';
import { LINKS } from './notifications.ts';
import { discordHtml, ntfyHtml, pagerDutyHtml, teamsHtml } from './vendor-html.ts';

const { values, positionals } = parseArgs({ options: { shots: { type: 'boolean' } }, allowPositionals: true });
const folder = resolve(positionals[0] ?? 'gallery');
mkdirSync(folder, { recursive: true });

const pages: string[] = [];

function write(name: string, text: string): void {
  writeFileSync(`${folder}/${name}`, text);
  // All together is too long for a picture.
  if (name.endsWith('.html') && !name.startsWith('all.')) pages.push(name);
}

function writeBoth<T>(name: string, message: T, html: (message: T) => string): void {
  write(`${name}.json`, `${JSON.stringify(message, null, 2)}\n`);
  write(`${name}.html`, html(message));
}

function slackPage(body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Slack</title><style>body{margin:0}${SLACK_CSS}</style>${body}`;
}

for (const [name, notification] of EXAMPLES) {
  const message = slack(notification, LINKS);
  const { subject, headers, text, html } = mail(notification, LINKS, 'tocsin@example.com');
  const head = Object.entries({ Subject: subject, ...headers }).map(([field, value]) => `${field}: ${value}`);
  write(`${name}.slack.json`, `${JSON.stringify(message, null, 2)}\n`);
  write(`${name}.slack.html`, slackPage(slackHtml(message)));
  const notified = ntfy(notification, LINKS);
  const { title, message: body, priority, actions = [] } = notified;
  const labels = actions.map(({ label }) => `[${label}]`).join(' ');
  write(`${name}.ntfy.txt`, `${title} (priority ${priority})\n\n${body}\n\n${labels}\n`);
  write(`${name}.ntfy.html`, ntfyHtml(notified));
  writeBoth(`${name}.teams`, teams(notification, LINKS), teamsHtml);
  writeBoth(`${name}.discord`, discord(notification, LINKS), discordHtml);
  writeBoth(`${name}.pagerduty`, pagerduty(notification, LINKS), pagerDutyHtml);
  write(`${name}.mail.txt`, `${head.join('\n')}\n\n${text}`);
  write(`${name}.mail.html`, html);
  write(`${name}.webhook.json`, `${JSON.stringify(JSON.parse(payload(notification, LINKS)), null, 2)}\n`);
}
write(
  'all.slack.html',
  slackPage(EXAMPLES.map(([, notification]) => slackHtml(slack(notification, LINKS))).join('\n')),
);

if (values.shots === true) await shoot();
out(`${folder}\n`);

async function shoot(): Promise<void> {
  const { startBrowser } = await import('../browser/browser.ts');
  const browser = await startBrowser();
  try {
    for (const name of pages) {
      for (const [size, width] of [
        ['phone', 390],
        ['desk', 760],
      ] as const) {
        for (const colorScheme of name.includes('.mail.') ? (['light', 'dark'] as const) : (['light'] as const)) {
          const page = await browser.newPage({
            viewport: { width, height: 400 },
            colorScheme,
            javaScriptEnabled: false,
          });
          await page.goto(`file://${folder}/${name}`);
          await page.screenshot({ path: `${folder}/${name}.${size}.${colorScheme}.png`, fullPage: true });
          await page.close();
        }
      }
    }
  } finally {
    await browser.close();
  }
}
