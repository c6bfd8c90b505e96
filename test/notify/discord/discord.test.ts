import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readReceivers } from '../../../src/config/receivers.ts';
import { discord } from '../../../src/notify/discord/discord.ts';
import { CONTENT_MAX, escaped, joined } from '../../../src/notify/discord/message.ts';
import { render, renderShort } from '../../../src/notify/discord/render.ts';
import { createDiscord } from '../../../src/notify/discord/send.ts';
import { discordProblem, startDiscordInbox } from '../../support/discord-inbox.ts';
import { EXAMPLES, FLOOD, HOSTILE, HOSTILE_TEXTS } from '../examples.ts';
import { anyNotification, hostile } from '../hostile.ts';
import { ACT_LINKS, LINKS, OPENED, outgoing } from '../notifications.ts';
import { readDiscord } from './read-back.ts';

const TOKEN = 'aB3dE5fG'.repeat(8);
const HOOK = `https://discord.com/api/webhooks/123456789012345678/${TOKEN}`;

describe('DISCORD_WEBHOOK_URL', () => {
  const problemOf = (text: string) =>
    readReceivers({ DISCORD_WEBHOOK_URL: text }, [discord], null).receivers[0]?.problem;

  test.each([
    HOOK,
    HOOK.replace('discord.com', 'discordapp.com'),
    HOOK.replace('discord.com', 'ptb.discord.com'),
    HOOK.replace('discord.com', 'canary.discord.com'),
    HOOK.replace('/api/', '/api/v10/'),
    `${HOOK}?thread_id=123456789012345678`,
    'http://127.0.0.1:9/inbox',
  ])('may be %s', (url) => {
    expect(problemOf(url)).toBeNull();
  });

  test.each([
    ['another host', HOOK.replace('discord.com', 'discord.com.evil.example'), 'is not at discord.com'],
    ['a host that only ends alike', HOOK.replace('discord.com', 'notdiscord.com'), 'is not at discord.com'],
    ['http', HOOK.replace('https', 'http'), 'is not https'],
    ['half a URL', HOOK.slice(0, -40), 'is cut off'],
    ['the Slack form', `${HOOK}/slack`, "is a webhook's Slack or GitHub form"],
    ['another query', `${HOOK}?wait=false`, 'has more than thread_id'],
    ['a fragment', `${HOOK}#x`, 'has more than thread_id'],
    ['a password', HOOK.replace('//', '//me:pw@'), 'has a user name or password'],
  ])('may not be %s', (_, url, problem) => {
    expect(problemOf(url)).toContain(`DISCORD_WEBHOOK_URL ${problem}`);
    expect(problemOf(url)).not.toContain(TOKEN.slice(0, 20));
  });
});

describe('a message', () => {
  test.each(EXAMPLES)('%s is within the limits', (_, notification) => {
    expect(discordProblem(render(notification, LINKS))).toBeNull();
    expect(discordProblem(renderShort(notification))).toBeNull();
  });

  test('is within the limits, whatever is in the notification', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(discordProblem(render(notification, LINKS))).toBeNull();
        expect(discordProblem(renderShort(notification))).toBeNull();
      }),
    );
  });

  test('has the level and title, the facts, the links and why', () => {
    const { text, links } = readDiscord(render(OPENED, LINKS));
    expect(text).toMatch(/^\[HIGH\] API key deleted\n/);
    for (const part of [
      'api_key.deleted',
      'Alice Smith',
      '203.0.113.9',
      '2026-01-31 09:30:00 UTC',
      'deleted: action',
    ]) {
      expect(text).toContain(part);
    }
    expect(links).toEqual([LINKS.alert, ...ACT_LINKS, LINKS.alert, LINKS.entry, OPENED.alert.runbook]);
  });

  test('has a group’s list, and says where it was cut', () => {
    const { text, links } = readDiscord(render(FLOOD, LINKS));
    expect(text.match(/^• 09:29 alert \d+: /gm)).toHaveLength(15);
    expect(text).toContain('… and 41 more');
    expect(links).toContain(LINKS.alerts);
    const others = FLOOD.group.others.map((each) => ({ ...each, title: '*'.repeat(60), actor: '_'.repeat(60) }));
    const hostile = render({ kind: 'group', group: { ...FLOOD.group, others, first: HOSTILE } }, LINKS);
    expect(discordProblem(hostile)).toBeNull();
    const lists = hostile.embeds?.[0].fields.filter(({ name }) => name.startsWith('The other 56 alerts'));
    expect(lists?.at(-1)?.value).toMatch(/\n… and 41 more$|\n…$/);
  });

  test('has whole links or none', () => {
    const long = {
      alert: `https://tocsin.example/${'x'.repeat(2_000)}`,
      entry: 'https://x.example/)](https://evil.example',
    };
    expect(readDiscord(render(OPENED, long)).links).not.toContain('https://evil.example');
  });

  test('reads as it was written, whatever an attacker wrote', () => {
    const asWritten = (text: string): void => {
      const line = text.replace(/\s+/g, ' ').trim().toWellFormed() || 'x';
      expect(readDiscord({ content: escaped(line, 1_000_000) })).toEqual({ text: line, links: [], commands: [] });
    };
    for (const text of HOSTILE_TEXTS) asWritten(text);
    fc.assert(fc.property(hostile, asWritten));
  });

  test.each([
    ['1. a list', '1\\. a list'],
    ['`code` ||spoiler|| **bold**', '\\`code\\` \\|\\|spoiler\\|\\| \\*\\*bold\\*\\*'],
    ['<@1> @everyone <#2> <t:1:R> <:e:1>', '\\<\\@1\\> \\@everyone \\<\\#2\\> \\<t\\:1\\:R\\> \\<\\:e\\:1\\>'],
    ['[a](https://evil.example)', '\\[a\\]\\(https\\://evil.example\\)'],
    ['back\\slash', 'back\\\\slash'],
  ])('escapes %j', (text, markdown) => {
    expect(escaped(text, CONTENT_MAX)).toBe(markdown);
  });

  test('a cut splits no escape and no character', () => {
    for (let max = 1; max < 12; max++) {
      const cut = escaped('a*\\*😀*b', max);
      expect(cut.length).toBeLessThanOrEqual(max);
      expect(cut.isWellFormed()).toBe(true);
      expect(readDiscord({ content: cut }).commands).toEqual([]);
    }
    expect(joined(['one', 'two', 'three'], 9)).toBe('one\ntwo\n…'.slice(0, 9));
  });
});

describe('what Discord answers', () => {
  test.each([
    ['a deleted webhook', 404, '{"code": 10015}', 'refused', /\(code 10015\): the webhook was deleted.*secret put X/],
    ['a wrong token', 401, '{"code": 50027}', 'refused', /token is wrong or was replaced/],
    ['no permission', 403, '{}', 'refused', /token/],
    ['a forum', 400, '{"code": 220001}', 'refused', /thread_id/],
    ['invalid, short form too', 400, '{"code": 50035}', 'refused', /report it/],
    ['too large', 413, '', 'refused', /report it/],
    ['an outage', 500, '', 'retry', /answered 500/],
    ['a redirect', 302, '', 'refused', /never redirects/],
    ['an empty 204', 204, '', 'delivered', /./],
  ])('%s', async (_, status, body, kind, reason) => {
    const inbox = await startDiscordInbox();
    try {
      inbox.answer({ status, body });
      const receiver = createDiscord({ name: 'd', webhookUrl: inbox.url, setting: 'X', fetch, timeoutMs: 5_000 });
      const outcome = await receiver.send(outgoing(OPENED));
      expect(outcome.kind).toBe(kind);
      expect('reason' in outcome ? outcome.reason : 'none').toMatch(reason);
      expect(inbox.bodies).toHaveLength(reason.source === 'report it' ? 2 : 1);
    } finally {
      await inbox.stop();
    }
  });

  test('a message that it calls invalid is sent once more in its short form', async () => {
    const inbox = await startDiscordInbox();
    try {
      inbox.answer({ status: 400, body: '{"code": 50035}', times: 1 });
      const receiver = createDiscord({ name: 'd', webhookUrl: inbox.url, setting: 'X', fetch, timeoutMs: 5_000 });
      expect(await receiver.send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
      expect(inbox.messages).toEqual([renderShort(OPENED)]);
    } finally {
      await inbox.stop();
    }
  });

  test.each([
    [{ body: '{"retry_after": 64.57}' }, 64_570],
    [{ body: '{"retry_after": 0.5}', headers: { 'retry-after': '65' } }, 65_000],
    [{ body: '{"retry_after": 1e9}' }, 3_600_000],
    [{ body: '<html>' }, null],
  ])('a rate limit of %j waits %s ms', async (answer, afterMs) => {
    const inbox = await startDiscordInbox();
    try {
      inbox.answer({ status: 429, ...answer });
      const receiver = createDiscord({ name: 'd', webhookUrl: inbox.url, setting: 'X', fetch, timeoutMs: 5_000 });
      expect(await receiver.send(outgoing(OPENED))).toMatchObject({ kind: 'slow down', afterMs });
    } finally {
      await inbox.stop();
    }
  });
});
