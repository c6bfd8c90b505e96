import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Links } from '../../../src/alert/links.ts';
import type { Notification } from '../../../src/alert/notification.ts';
import { readReceivers } from '../../../src/config/receivers.ts';
import { testNotification } from '../../../src/ledger/deliver/test-delivery.ts';
import { ntfy } from '../../../src/notify/ntfy/ntfy.ts';
import { render, renderShort } from '../../../src/notify/ntfy/render.ts';
import { createNtfy } from '../../../src/notify/ntfy/send.ts';
import { ntfyProblem, startNtfyInbox } from '../../support/ntfy-inbox.ts';
import { CLOSED, EXAMPLES, HEALTH_RESOLVED, HOSTILE_TEXTS, SHORTENED } from '../examples.ts';
import { anyNotification, hostile } from '../hostile.ts';
import { BLIND, LINKS, OPENED, outgoing } from '../notifications.ts';
import { readNtfy } from './read-back.ts';

const TOKEN = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2';
const TOPIC = 'tocsin-k4J9x2LmQ7wZ';

describe('NTFY_URL', () => {
  const problemOf = (text: string) => readReceivers({ NTFY_URL: text }, [ntfy], null).receivers[0]?.problem;

  test.each([
    `https://ntfy.sh/${TOPIC}`,
    `https://:${TOKEN}@ntfy.sh/alerts`,
    `https://:${TOKEN}@ntfy.example.com:8443/alerts_1-2`,
    'http://127.0.0.1:9/alerts',
  ])('may be %s', (url) => {
    expect(problemOf(url)).toBeNull();
  });

  test.each([
    ['http', `http://ntfy.sh/${TOPIC}`, 'is not https'],
    ['a topic alone', TOPIC, 'is not a URL'],
    ['a server alone', 'https://ntfy.sh/', 'has no topic'],
    ['a path', `https://ntfy.example.com/ntfy/${TOPIC}`, 'has no topic'],
    ['a topic that is too long', `https://ntfy.sh/${'x'.repeat(65)}`, 'has no topic'],
    ['a topic with a dot', `https://ntfy.sh/${TOPIC}.x`, 'has no topic'],
    ['a query', `https://ntfy.sh/${TOPIC}?auth=x`, 'has more than a topic'],
    ['a fragment', `https://ntfy.sh/${TOPIC}#x`, 'has more than a topic'],
    ['a topic that others can guess', 'https://ntfy.sh/alerts', 'has a topic that others can guess'],
    ['a name and a password', `https://phil:secret-of-phil@ntfy.sh/${TOPIC}`, 'has a user name or password'],
  ])('may not be %s', (_, url, problem) => {
    expect(problemOf(url)).toContain(`NTFY_URL ${problem}`);
    expect(problemOf(url)).not.toMatch(/k4J9x2LmQ7wZ|secret-of-phil/);
  });

  test('of each receiver has a topic and a token of its own, which are sent as they should be', async () => {
    const inbox = await startNtfyInbox();
    try {
      const url = inbox.origin.replace('//', `//:${inbox.token}@`);
      const { receivers } = readReceivers({ NTFY_URL: `${url}/night-shift` }, [ntfy], null);
      const receiver = receivers[0]?.create?.({ fetch, now: Date.now, timeoutMs: 5_000 });
      expect(await receiver?.send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
      expect(inbox.problems).toEqual([]);
      expect(JSON.parse(inbox.bodies[0] ?? '')).toMatchObject({ topic: 'night-shift' });
    } finally {
      await inbox.stop();
    }
  });
});

const problemOf = (message: object) => ntfyProblem({ topic: TOPIC, ...message });
const LONG_LINKS: Links = {
  alert: `${LINKS.alert}&x=${'y'.repeat(600)}`,
  entry: `${LINKS.entry}&x=${'y'.repeat(550)}`,
};

describe('a message', () => {
  test.each(EXAMPLES)('%s is within the limits', (_, notification) => {
    expect(problemOf(render(notification, LINKS))).toBeNull();
    expect(problemOf(render(notification, LONG_LINKS))).toBeNull();
    expect(problemOf(renderShort(notification))).toBeNull();
  });

  test('is within the limits, whatever is in the notification', () => {
    fc.assert(
      fc.property(anyNotification, (notification) => {
        expect(problemOf(render(notification, LINKS))).toBeNull();
        expect(problemOf(renderShort(notification))).toBeNull();
      }),
    );
  });

  test('that is too long ends with whole lines and an ellipsis', () => {
    const runbook = Array.from({ length: 20 }, () => '"\\'.repeat(150)).join('\n');
    const quotes = { ...SHORTENED, alert: { ...SHORTENED.alert, runbook } };
    const text = render(quotes, LONG_LINKS).message;
    expect(problemOf(render(quotes, LONG_LINKS))).toBeNull();
    expect(text).toMatch(/\n…$/);
    for (const label of ['What', 'Who', 'From', 'When', 'How many'])
      expect(text).toMatch(new RegExp(`^${label}: `, 'm'));
  });

  test('has who did what first, then what that means, the facts, a line each, and what to open', () => {
    const message = render(OPENED, LINKS);
    expect(message).toMatchObject({ title: '[HIGH] API key deleted', click: LINKS.alert });
    expect(message.actions).toEqual([
      { action: 'view', label: 'Acknowledge…', url: `${LINKS.alert}#acknowledge` },
      { action: 'view', label: 'Sign in to silence…', url: `${LINKS.alert}#silence` },
      { action: 'view', label: 'Open the log entry', url: LINKS.entry },
    ]);
    expect(message.message.split('\n').slice(0, 9)).toEqual([
      'api_key.deleted by Alice Smith from 203.0.113.9',
      '',
      'An API key was deleted. What used it no longer works.',
      '',
      expect.stringMatching(/^What: api_key\.deleted · on api_key 9f8e7d6c/),
      expect.stringMatching(/^Who: Alice Smith · user 123e4567/),
      expect.stringMatching(/^From: 203\.0\.113\.9 · Terraform/),
      'When: 2026-01-31 09:30:00 UTC',
      'How many: 1 match',
    ]);
    expect(message.message).toMatch(/^An API key was deleted/m);
    expect(message.message).toMatch(/^Alert 12 · /m);
  });

  test('of a link that does not fit or is not one has no button', () => {
    const message = render(OPENED, {
      alert: `https://tocsin.example/${'x'.repeat(700)}`,
      entry: 'javascript:alert(1)',
    });
    expect(message).not.toHaveProperty('click');
    expect(message.actions).toEqual([expect.objectContaining({ label: 'Open the runbook' })]);
  });

  const at = (level: typeof OPENED.alert.level): Notification => ({ ...OPENED, alert: { ...OPENED.alert, level } });
  test.each<[string, Notification, number]>([
    ['critical', at('critical'), 5],
    ['high', at('high'), 4],
    ['medium', at('medium'), 3],
    ['low', at('low'), 2],
    ['informational', at('informational'), 1],
    ['that it is blind', BLIND, 5],
    ['that it sees again', HEALTH_RESOLVED[0] as Notification, 2],
    ['an alert that is closed', CLOSED, 2],
    ['a test', testNotification(0), 3],
  ])('about %s has the right priority', (_, notification, priority) => {
    expect(render(notification, LINKS).priority).toBe(priority);
  });

  test('that can’t be read is loud', () => {
    expect(renderShort({ kind: 'opened' } as unknown as Notification).priority).toBe(4);
  });
});

describe('what others wrote', () => {
  test.each([...HOSTILE_TEXTS, '=?utf-8?q?hidden?=', '=?UTF-8?B?aGlkZGVu?='])(
    '%j is a title that stays as it is',
    (text) => {
      const titled = { ...OPENED, alert: { ...OPENED.alert, title: text } };
      const { title } = render(titled, LINKS);
      expect(readNtfy({ message: 'x', title }).text).toContain(title);
      expect(readNtfy({ message: 'x', title }).text).not.toContain('hidden\n');
    },
  );

  test('never begins a line with a label of ours', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const userAgent = `${text}\nWho: root`;
        const { message } = render({ ...OPENED, entry: { ...OPENED.entry, userAgent } }, LINKS);
        expect(message.match(/^Who: /gm)).toHaveLength(1);
      }),
    );
  });
});

describe('what ntfy answers', () => {
  test.each([
    ['a wrong token', 401, '{"code":40101}', 'refused', /\(code 40101\): the access token is wrong.*secret put X/],
    ['no permission', 403, '{"code":40301}', 'refused', /writing to the topic is not allowed/],
    ['an invalid topic', 400, '{"code":40009}', 'refused', /the topic is invalid: set the topic's URL/],
    ['another server', 404, '<html>', 'refused', /no ntfy server/],
    ['invalid, short form too', 400, '{"code":40024}', 'refused', /report it/],
    ['too large', 413, '{"code":41303}', 'refused', /report it/],
    ['a used-up day', 429, '{"code":42908}', 'slow down', /slow down/],
    ['an outage', 500, '{"code":50001}', 'retry', /answered 500 \(code 50001\)/],
    ['a redirect', 302, '', 'refused', /never redirects/],
    ['a page', 200, '<!doctype html>', 'retry', /answered 200/],
  ])('%s', async (_, status, body, kind, reason) => {
    const inbox = await startNtfyInbox();
    try {
      inbox.answer({ status, body });
      const to = { origin: inbox.origin, name: inbox.topic, token: inbox.token };
      const receiver = createNtfy(to, { name: 'n', setting: 'X', fetch, timeoutMs: 5_000 });
      const outcome = await receiver.send(outgoing(OPENED));
      expect(outcome.kind).toBe(kind);
      expect('reason' in outcome ? outcome.reason : 'none').toMatch(reason);
      expect(inbox.bodies).toHaveLength(reason.source === 'report it' ? 2 : 1);
    } finally {
      await inbox.stop();
    }
  });

  test('a message that it calls invalid is sent once more in its short form', async () => {
    const inbox = await startNtfyInbox();
    try {
      inbox.answer({ status: 400, body: '{"code":40018}', times: 1 });
      const to = { origin: inbox.origin, name: inbox.topic, token: inbox.token };
      const receiver = createNtfy(to, { name: 'n', setting: 'X', fetch, timeoutMs: 5_000 });
      expect(await receiver.send(outgoing(OPENED))).toEqual({ kind: 'delivered' });
      expect(inbox.messages.map(({ message }) => message)).toEqual([renderShort(OPENED).message]);
    } finally {
      await inbox.stop();
    }
  });
});
