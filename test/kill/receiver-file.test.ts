import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Links } from '../../src/alert/links.ts';
import type { Notification } from '../../src/alert/notification.ts';
import { render as renderMail } from '../../src/notify/email/render.ts';
import { render as renderSlack } from '../../src/notify/slack/render.ts';
import { payload } from '../../src/notify/webhook/payload.ts';
import { EXAMPLES } from '../notify/examples.ts';
import { type ReceivedLine, type ReceiverName, readReceived } from './receiver-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-received-'));
afterAll(() => rmSync(folder, { recursive: true }));

const linksUntil = (end: number): Links => ({
  alert: `https://tocsin.example/alerts/1?until=${end}&proof=${end}ab`,
  entry: `https://tocsin.example/entries/e-1?until=${end}&proof=${end}cd`,
});
const [[, first], [, second]] = EXAMPLES.filter(([, example]) => 'alert' in example) as unknown as [
  [string, Notification & { alert: { id: number } }],
  [string, Notification],
];
const [, health] = EXAMPLES.find(([, example]) => 'health' in example) as [string, Notification];

const BODIES: { readonly [name in ReceiverName]: (notification: Notification, links: Links) => string } = {
  slack: (notification, links) => JSON.stringify(renderSlack(notification, links)),
  email: (notification, links) => JSON.stringify(renderMail(notification, links, 'tocsin@example.com')),
  webhook: payload,
};

function read(name: ReceiverName, lines: readonly ReceivedLine[], rest = '') {
  const file = join(folder, name);
  writeFileSync(file, `${lines.map((line) => `${JSON.stringify(line)}\n`).join('')}${rest}`);
  return readReceived(name, file);
}

test.each(['slack', 'email'] as const)('%s: a message is the same at each attempt, and another is not', (name) => {
  const [one, again, other, about] = read(name, [
    { id: null, body: BODIES[name](first, linksUntil(1)) },
    { id: null, body: BODIES[name](first, linksUntil(2)) },
    { id: null, body: BODIES[name](second, linksUntil(1)) },
    { id: null, body: BODIES[name](health, linksUntil(1)) },
  ]);
  expect(again).toEqual(one);
  expect(other?.message).not.toBe(one?.message);
  expect(one).toMatchObject({ receiver: name, delivery: null, alert: first.alert.id });
  expect(about?.alert).toBeNull();
});

test("a webhook's message carries its delivery", () => {
  const body = BODIES.webhook(first, linksUntil(1));
  const about = BODIES.webhook(health, linksUntil(1));
  expect(
    read('webhook', [
      { id: 'delivery-12-abc', body },
      { id: 'delivery-13-abc', body: about },
    ]),
  ).toEqual([
    { receiver: 'webhook', message: 'delivery-12-abc', delivery: 12, alert: first.alert.id },
    { receiver: 'webhook', message: 'delivery-13-abc', delivery: 13, alert: null },
  ]);
});

test('half a line is no message, and nothing is none', () => {
  const line = { id: null, body: BODIES.slack(first, linksUntil(1)) };
  expect(read('slack', [line], '{"id":null,"bo')).toHaveLength(1);
  expect(readReceived('slack', join(folder, 'none'))).toEqual([]);
});
