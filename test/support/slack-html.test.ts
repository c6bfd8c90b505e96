import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { render } from '../../src/notify/slack/render.ts';
import { EXAMPLES, HOSTILE_TEXTS, writtenBy } from '../notify/examples.ts';
import { anyNotification, hostile } from '../notify/hostile.ts';
import { ACT_LINKS, LINKS, OPENED } from '../notify/notifications.ts';
import { slackHtml } from './slack-html.ts';

const TOKEN = /<(\/?)([a-z0-9]+)((?: [a-zA-Z-]+="[^"<>]*")*)>|[^<>]+/gy;
const VOID = new Set(['br', 'hr', 'rect', 'path']);
const ELEMENTS = new Set('article div p span h3 svg rect path a time strong em s code br hr'.split(' '));

/** The text and links; throws if the HTML is not well formed or has anything that only an attacker would add. */
function read(html: string): { text: string; links: string[] } {
  const open: string[] = [];
  const links: string[] = [];
  let text = '';
  let end = 0;
  for (const match of html.replaceAll('/>', '>').matchAll(TOKEN)) {
    const [whole, closing, name, attributes = ''] = match;
    end = match.index + whole.length;
    if (name === undefined) text += whole.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
    else if (!ELEMENTS.has(name)) throw new Error(`an element ${name}`);
    else if (name === 'br') text += '\n';
    else if (closing === '/') expect(open.pop()).toBe(name);
    else if (!VOID.has(name)) open.push(name);
    expect(attributes).not.toMatch(/ (?:on\w+|style|src)="/);
    const href = / href="([^"]*)"/.exec(attributes)?.[1];
    if (href !== undefined)
      links.push(href.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))));
  }
  expect(end).toBe(html.replaceAll('/>', '>').length);
  expect(open).toEqual([]);
  return { text, links };
}

describe('a Slack message as HTML', () => {
  test('shows the header, the fields, the time and the buttons', () => {
    const html = slackHtml(render(OPENED, LINKS));
    const { text, links } = read(html);
    expect(text).toContain('[HIGH] API key deleted');
    expect(text).toContain('Alice Smith\nuser 123e4567');
    expect(text).toContain('Jan 31, 2026 at 09:30:00');
    expect(links).toEqual([...ACT_LINKS, LINKS.alert, LINKS.entry, OPENED.alert.runbook]);
    expect(html).toContain('fill="#d1242f"');
    expect(html).toContain('<strong>Runbook</strong>');
  });

  test.each(EXAMPLES)('%s is well formed', (_, notification) => void read(slackHtml(render(notification, LINKS))));

  test.each(HOSTILE_TEXTS)('what an attacker wrote is text: %j', (text) => {
    const html = slackHtml(render(writtenBy(text, OPENED), LINKS));
    expect(read(html).links).toEqual([...ACT_LINKS, LINKS.alert, LINKS.entry, OPENED.alert.runbook]);
    expect(html).not.toContain('slack-mention');
  });

  test('escapes everything in any notification', () => {
    fc.assert(fc.property(anyNotification, (notification) => void read(slackHtml(render(notification, LINKS)))));
  });

  test.each(['_*_*', '*`*`', '~_*~*_', '_*a*_'])('emphasis nests: %s', (text) => {
    read(slackHtml({ text: '', attachments: [{ blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] }] }));
  });

  test('an unescaped message is still text here, and its mentions are visible', () => {
    fc.assert(
      fc.property(hostile, hostile, (text, other) => {
        const attachment = { color: other, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }] };
        read(slackHtml({ text, attachments: [attachment] }));
      }),
    );
    expect(slackHtml({ text: 'x <!channel>' })).toContain('<span class="slack-mention">@channel</span>');
    expect(read(slackHtml({ text: '<javascript:alert(1)|x>' })).links).toEqual([]);
  });

  test.each([null, 7, 'x', [], { blocks: [null, 3, { type: 'x' }] }, { attachments: 'x' }])(
    'whatever comes: %j',
    (what) => {
      read(slackHtml(what));
    },
  );
});
