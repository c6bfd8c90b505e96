/** Whom a message mentions: what the routing says, in the receiver's own words, and nothing that others wrote. */
import { describe, expect, it } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import { render as discord } from '../../src/notify/discord/render.ts';
import { render as slack } from '../../src/notify/slack/render.ts';
import { GROUP } from './examples.ts';
import { OPENED } from './notifications.ts';

const inSlack = (mention: string) => slack({ ...OPENED, mention }, NO_LINKS).blocks?.slice(1);

describe('in Slack', () => {
  it.each(['<@U012ABC>', '<@W012ABC>', '<!subteam^S012ABC>', '<!here>', '<!channel>'])('%s mentions', (mention) => {
    expect(inSlack(mention)).toEqual([{ type: 'section', text: { type: 'mrkdwn', text: mention, verbatim: true } }]);
  });

  it.each(['@oncall', '<!everyone> <!here>', '<@U012ABC|<!here>>', '<https://evil.example|here>', '*x*'])(
    '%s is text',
    (mention) => {
      expect(inSlack(mention)).toMatchObject([{ type: 'section', text: { type: 'plain_text' } }]);
    },
  );

  it('a group mentions all that it has, or whom its first alert does, and others nobody', () => {
    const mention = ['<!here>', '@oncall', '<@U012ABC>', '*x*'];
    expect(slack({ ...GROUP, mention }, NO_LINKS).blocks?.slice(1)).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: '<!here> <@U012ABC>', verbatim: true } },
      { type: 'section', text: expect.objectContaining({ type: 'plain_text', text: '@oncall *x*' }) },
    ]);
    const first = { ...GROUP.group.first, mention: '<!here>' };
    const group = { ...GROUP, group: { ...GROUP.group, first } };
    expect(slack(group, NO_LINKS).blocks).toHaveLength(2);
    expect(slack(OPENED, NO_LINKS).blocks).toHaveLength(1);
  });

  it('never more than five', () => {
    const mention = Array.from({ length: 9 }, (_, i) => `<@U012AB${i}>`);
    expect(JSON.stringify(slack({ ...OPENED, mention }, NO_LINKS)).match(/<@U/g)).toHaveLength(5);
  });
});

describe('in Discord', () => {
  it.each([
    ['<@&123456789012345678>', { parse: [], roles: ['123456789012345678'] }],
    ['<@123456789012345678>', { parse: [], users: ['123456789012345678'] }],
    ['<@!123456789012345678>', { parse: [], users: ['123456789012345678'] }],
    ['@everyone', { parse: [] }],
    ['<@&123456789012345678> @everyone', { parse: [] }],
    [
      ['<@&123456789012345678>', '<@123456789012345678>', '<@!123456789012345678>', '<@&876543210987654321>'],
      { parse: [], roles: ['123456789012345678', '876543210987654321'], users: ['123456789012345678'] },
    ],
    [['<@123456789012345678>', '@everyone'], { parse: [], users: ['123456789012345678'] }],
    [Array.from({ length: 9 }, () => '*'.repeat(80)), { parse: [] }],
  ])('%s', (mention, allowed) => {
    const message = discord({ ...OPENED, mention }, NO_LINKS);
    expect(message.allowed_mentions).toEqual(allowed);
    expect(message.content?.length).toBeLessThanOrEqual(2_000);
    expect(message.content).not.toMatch(/(?<![\\<])@/);
    if (!('users' in allowed) && !('roles' in allowed)) expect(message.content).not.toMatch(/(?<!\\)@/);
  });
});
