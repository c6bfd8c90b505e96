/** The demo's stolen key: seven alerts in four seconds are at most two messages, and one update, for each receiver. */
import { expect, test } from 'vitest';
import type { Notification } from '../../src/alert/notification.ts';
import { parsePage } from '../../src/audit-log/page.ts';
import { toIncoming } from '../../src/poller/batching.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { createRandom } from '../sandbox/random.ts';
import { SCENARIOS } from '../sandbox/scenarios.ts';
import { answeredAt } from '../support/answer-times.ts';
import { createScene, HOUR, MINUTE, NOON, route, SECOND } from './scene.ts';

interface Message {
  readonly at: number;
  readonly receiver: string;
  readonly notification: Notification;
}

/** What each receiver gets within so long: a tick a second while it is played, then one a minute. */
function messagesOf(seed: number, lengthMs: number, forMs: number): { messages: Message[]; alerts: number } {
  const scene = createScene(ruleSet.rules, { receivers: [route('slack'), route('mail', { minLevel: 'high' })] });
  const records = SCENARIOS['stolen key'](NOON, createRandom(seed), lengthMs);
  const messages: Message[] = [];
  for (let now = NOON, read = NOON; now <= NOON + forMs; now += now < NOON + MINUTE ? SECOND : MINUTE) {
    const page = records.filter(({ createdAt }) => createdAt >= read && createdAt < now);
    read = now;
    const items = page.map(({ body }) => body);
    scene.record(toIncoming(parsePage({ items }, answeredAt(now))).entries, { now });
    scene.ledger.watchdog(now);
    for (const { receiver, notification } of scene.send(now)) messages.push({ at: now, receiver, notification });
  }
  return { messages, alerts: scene.count('alerts') };
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', (seed) => {
  const { messages, alerts } = messagesOf(seed, 4 * SECOND, HOUR);
  expect(alerts).toBe(7);
  for (const receiver of ['slack', 'mail']) {
    const own = messages.filter((message) => message.receiver === receiver);
    const soon = own.filter(({ at }) => at <= NOON + MINUTE);
    expect(soon.length).toBeGreaterThan(0);
    expect(soon.length).toBeLessThanOrEqual(2);
    expect(own.length - soon.length).toBeLessThanOrEqual(1);
    // What is critical is there within ten seconds of being recorded, and first.
    const [first] = own;
    expect(first?.at).toBeLessThanOrEqual(NOON + 14 * SECOND);
    expect(JSON.stringify(first?.notification)).toContain('"level":"critical"');
  }
});
