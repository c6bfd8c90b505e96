/** A Slack app, Microsoft Teams, ntfy and PagerDuty from the runtime: by its fetch, and by the real Durable Object. */
import { describe, expect, test } from 'vitest';
import { createNtfy } from '../../src/notify/ntfy/send.ts';
import { createPagerDuty } from '../../src/notify/pagerduty/send.ts';
import type { Receiver } from '../../src/notify/receiver.ts';
import { createSlackApp } from '../../src/notify/slack-app/send.ts';
import { createTeams } from '../../src/notify/teams/send.ts';
import { LINKS, OPENED } from '../notify/notifications.ts';
import { createInbox, type Inbox, openAlert, settled } from './receivers.ts';
import { createWorld } from './world.ts';

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const outside = { fetch: (url: string, init: RequestInit) => fetch(url, init), timeoutMs: 5_000 };

interface Vendor {
  readonly name: string;
  readonly ok: { readonly status: number; readonly body: string };
  create(inbox: Inbox): Receiver;
}

const VENDORS: readonly Vendor[] = [
  {
    name: 'slack-app',
    ok: { status: 200, body: '{"ok":true,"channel":"C024BE91L","ts":"1503435956.000247","message":{}}' },
    create: ({ url }) =>
      createSlackApp(
        { origin: new URL(url).origin, token: 'xoxb-1', channel: 'C024BE91L', canAct: false },
        { name: 'slack-app', setting: 'X', ...outside },
      ),
  },
  {
    name: 'teams',
    ok: { status: 202, body: '' },
    create: ({ url }) => createTeams({ name: 'teams', webhookUrl: url, setting: 'X', ...outside }),
  },
  {
    name: 'ntfy',
    ok: { status: 200, body: '{"id":"1"}' },
    create: ({ url }) =>
      createNtfy({ origin: new URL(url).origin, name: 'x', token: null }, { name: 'ntfy', setting: 'X', ...outside }),
  },
  {
    name: 'pagerduty',
    ok: { status: 202, body: '{"status":"success"}' },
    create: ({ url }) =>
      createPagerDuty({ origin: new URL(url).origin, key: KEY }, { name: 'pagerduty', setting: 'X', ...outside }),
  },
];

describe.each(VENDORS)('$name', ({ ok, create }) => {
  const send = (inbox: Inbox) => create(inbox).send({ id: '1', notification: OPENED, links: LINKS });

  test('takes a message', async () => {
    const inbox = await createInbox();
    await inbox.answer(ok);
    expect(await send(inbox)).toMatchObject({ kind: 'delivered' });
    expect(await inbox.posts()).toBe(1);
  });

  test('is not followed where it redirects', async () => {
    const inbox = await createInbox();
    await inbox.answer({ status: 302, headers: { location: inbox.url } });
    expect(await send(inbox)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/answered (302|0)/) });
    expect(await inbox.posts()).toBe(1);
  });

  test('is left alone as long as it asks', async () => {
    const inbox = await createInbox();
    await inbox.answer({ status: 429, headers: { 'retry-after': '7' } });
    expect(await send(inbox)).toMatchObject({ kind: 'slow down', afterMs: 7_000 });
  });
});

test('an alert goes to Teams and ntfy by their settings', async () => {
  const [teams, ntfy] = [await createInbox(), await createInbox()];
  // As a flow that answers for itself: this inbox keeps what it takes with a 200.
  await teams.answer({ status: 200, body: '' });
  await ntfy.answer({ status: 200, body: '{}' });
  const settings = { TEAMS_WEBHOOK_URL: teams.url, NTFY_URL: `${new URL(ntfy.url).origin}/alerts` };
  const world = await createWorld({ settings });
  await world.tick();
  await openAlert(world);
  await settled(world, ['slack', 'teams', 'ntfy']);
  expect(await teams.texts()).toEqual([expect.stringContaining('application/vnd.microsoft.card.adaptive')]);
  expect(await ntfy.texts()).toEqual([expect.stringMatching(/"topic":"alerts","title":"\[\w+\] /)]);
});
