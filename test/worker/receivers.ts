/** What the tests of health share: a second receiver or a monitor, alerts, and waiting until what is due is sent. */
import { expect, inject, vi } from 'vitest';
import { enqueue } from '../../src/ledger/deliver/outbox.ts';
import { testNotification } from '../../src/ledger/deliver/test-delivery.ts';
import { durableStore } from '../../src/ledger/store/durable-store.ts';
import { entryAt } from '../sandbox/odd.ts';
import type { FakeAnswer } from '../support/http-server.ts';
import { createWorld, GROUP_WAIT_MS, type World, type WorldOptions } from './world.ts';

export const SIGNING_KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** A second receiver, or a monitor, and what it was sent. */
export interface Inbox {
  readonly url: string;
  answer(answer: FakeAnswer): Promise<unknown>;
  posts(): Promise<number>;
  /** Every message it accepted, as text. */
  texts(): Promise<string[]>;
}

export async function createInbox(): Promise<Inbox> {
  const asked = { method: 'POST', body: JSON.stringify({ plain: true }) };
  const { url } = (await (await fetch(`${inject('factoryUrl')}/inboxes`, asked)).json()) as { url: string };
  const { origin } = new URL(url);
  const read = async () =>
    (await (await fetch(`${origin}/__inbox/messages`)).json()) as { messages: unknown[]; posts: number };
  return {
    url,
    answer: async (answer) =>
      (await fetch(`${origin}/__inbox/answer`, { method: 'PUT', body: JSON.stringify(answer) })).text(),
    posts: async () => (await read()).posts,
    texts: async () => (await read()).messages.map((message) => JSON.stringify(message)),
  };
}

/** A world with a Slack and a webhook. */
export async function twoReceivers(options: WorldOptions = {}): Promise<{ world: World; hook: Inbox }> {
  const hook = await createInbox();
  const settings = { WEBHOOK_URL: hook.url, WEBHOOK_SECRET: SIGNING_KEY, ...options.settings };
  return { world: await createWorld({ ...options, settings }), hook };
}

let opened = 0;

/** The id of the last entry that `openAlert` appended. */
export function lastOpened(): string {
  return `key-${opened}`;
}

/** A deleted API key: one alert, and one message to people, which is due. */
export async function openAlert(world: World): Promise<void> {
  const id = `key-${++opened}`;
  const fields = {
    action: 'api_key.deleted',
    method: 'DELETE',
    status_code: 204,
    actor: { id, type: 'user' },
    target: { id, type: 'api_key' },
  };
  await world.append([entryAt(Date.now(), id, fields)]);
  // As if the group of the alert before was over: else this one waits for five minutes.
  await world.sql('DELETE FROM groups WHERE due_at IS NULL');
  await world.untilEnded();
  await world.advance(GROUP_WAIT_MS);
  await world.runAlarm();
}

/** A message that is due now, without a shift of the clock: the runtime itself runs the alarm. */
export async function enqueueNow(world: World): Promise<void> {
  await world.untilEnded();
  await world.inStorage((storage) => {
    const test = testNotification(Date.now());
    const notification = { ...test, alert: { ...test.alert, id: 1, title: 'API key deleted' } };
    enqueue(durableStore(storage), { receiver: 'slack', alert: 1, notification }, Date.now());
  });
  // A call that changes nothing, and sets the alarm.
  await world.stub.begin({ kv: null, startAt: 0, suppressFirstRead: false });
}

/** Waits until no delivery is due for these receivers and no attempt is running. */
export async function settled(world: World, receivers: readonly string[] = ['slack', 'webhook']): Promise<void> {
  await vi.waitFor(
    async () => {
      await world.runAlarm();
      const rows = await world.sql(
        `SELECT 1 FROM deliveries LEFT JOIN receivers ON name = receiver
         WHERE state = 'pending' AND receiver IN (SELECT value FROM json_each(?))
           AND (attempt_of IS NOT NULL OR max(coalesce(due_at, queued_at), coalesce(next_at, 0)) <= ?)`,
        JSON.stringify(receivers),
        Date.now(),
      );
      expect(rows).toEqual([]);
    },
    { timeout: 5_000, interval: 20 },
  );
}

export const withText = (texts: readonly string[], words: string): string[] =>
  texts.filter((text) => text.includes(words));
