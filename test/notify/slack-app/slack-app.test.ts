import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AlertNotification } from '../../../src/alert/notification.ts';
import { readReceivers } from '../../../src/config/receivers.ts';
import type { Editable } from '../../../src/notify/receiver.ts';
import type { ActButton, ActMenu, Block, UrlButton } from '../../../src/notify/slack/message.ts';
import { render } from '../../../src/notify/slack/render.ts';
import { actedOnFrom, blockIdOf } from '../../../src/notify/slack-app/action.ts';
import { createSlackApp } from '../../../src/notify/slack-app/send.ts';
import { slackApp } from '../../../src/notify/slack-app/slack-app.ts';
import { ofApp } from '../../../src/notify/slack-app/status.ts';
import { LEVELS } from '../../../src/sigma/index.ts';
import { type SlackApi, startSlackApi } from '../../support/slack-api.ts';
import { GROUP, RAISED, UPDATED } from '../examples.ts';
import { BLIND, LINKS, OPENED, outgoing } from '../notifications.ts';
import { asOpen, idsOf, LEDGER } from './editable.ts';

const TOKEN = 'xoxb-1234567890-abcdefghij';

describe('the settings', () => {
  const read = (env: Record<string, string>) => readReceivers(env, [slackApp], null).receivers[0];

  test('are a channel and a token', () => {
    expect(read({ SLACK_CHANNEL: 'C024BE91L', SLACK_BOT_TOKEN: TOKEN })).toMatchObject({ problem: null, edits: true });
  });

  test.each([
    ['a name', { SLACK_CHANNEL: '#alerts' }, 'SLACK_CHANNEL is not the id of a channel'],
    ['a link', { SLACK_CHANNEL: 'https://x.slack.com/archives/C024BE91L' }, 'SLACK_CHANNEL is a URL'],
    ['no token', { SLACK_BOT_TOKEN: '' }, 'SLACK_BOT_TOKEN is not set'],
    ['a user’s token', { SLACK_BOT_TOKEN: TOKEN.replace('b', 'p') }, 'SLACK_BOT_TOKEN does not begin with xoxb-'],
    ['a token that expires', { SLACK_BOT_TOKEN: `xoxe.${TOKEN}` }, 'SLACK_BOT_TOKEN does not begin with xoxb-'],
    ['a token with a line break', { SLACK_BOT_TOKEN: `${TOKEN}\nx: y` }, 'SLACK_BOT_TOKEN does not begin with xoxb-'],
  ])('may not be %s', (_, env, problem) => {
    const receiver = read({ SLACK_CHANNEL: 'C024BE91L', SLACK_BOT_TOKEN: TOKEN, ...env });
    expect(receiver?.problem).toContain(problem);
    expect(receiver?.problem).not.toContain('1234567890');
  });

  test.each([
    [{}, false],
    [{ SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5' }, true],
  ])('with %j, messages have buttons that act: %s', async (more, canAct) => {
    const bodies: string[] = [];
    const fetch = (url: string, { body }: RequestInit): Promise<Response> => {
      bodies.push(url, String(body));
      return Promise.resolve(Response.json({ ok: true, channel: 'C024BE91L', ts: '1.2' }));
    };
    const receiver = read({ SLACK_CHANNEL: 'C024BE91L', SLACK_BOT_TOKEN: TOKEN, ...more });
    const outcome = await receiver?.create?.({ fetch, now: Date.now, timeoutMs: 5_000 }).send(asOpen(outgoing(OPENED)));
    expect(outcome).toEqual({ kind: 'delivered', reference: 'C024BE91L 1.2' });
    expect(bodies[0]).toBe('https://slack.com/api/chat.postMessage');
    expect(bodies[1]?.includes('"Acknowledge"')).toBe(canAct);
  });
});

describe('what is sent', () => {
  let api: SlackApi;
  beforeAll(async () => {
    api = await startSlackApi();
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    api.deleteAll();
    (api.calls as string[]).length = 0;
    api.fails('update', null);
    api.fails('postMessage', null);
  });

  const send = (notification: Parameters<typeof outgoing>[0], more: Partial<Editable> = {}) =>
    createSlackApp(
      { ...api, canAct: true },
      { name: 'slack-app', setting: 'SLACK_CHANNEL', fetch, timeoutMs: 5_000 },
    ).send(asOpen(outgoing(notification), more));
  const medium = (of: AlertNotification): AlertNotification => ({ ...of, alert: { ...of.alert, level: 'medium' } });

  test('news is a new message, whatever was sent before', async () => {
    for (const news of [OPENED, RAISED, { ...OPENED, kind: 'recurred' } as const, UPDATED, GROUP]) {
      const { ts } = api.posted[0] ?? { ts: null };
      const earlier = ts === null ? null : `${api.channel} ${ts}`;
      const level = 'alert' in news ? { ...news, alert: { ...news.alert, level: 'high' as const } } : news;
      expect(await send(level, { earlier })).toMatchObject({
        kind: 'delivered',
        reference: expect.stringMatching(/^C/),
      });
    }
    expect(api.posted.map(({ thread, edits }) => [thread, edits])).toEqual(Array(5).fill([null, 0]));
  });

  test('an update at medium and below is in the thread of the message before, which stays the one that is changed', async () => {
    await send(OPENED);
    const [first] = api.posted;
    const outcome = await send(medium(UPDATED), { earlier: `${api.channel} ${first?.ts}` });
    expect(outcome).toEqual({ kind: 'delivered' });
    expect(api.posted.map(({ thread }) => thread)).toEqual([null, first?.ts]);
  });

  test('an update at medium without a message before is a new one', async () => {
    expect(await send(medium(UPDATED))).toMatchObject({ reference: expect.stringMatching(/^C/) });
  });

  test('an edit changes the message before', async () => {
    await send(OPENED);
    const alerts = [{ id: 12, status: 'acknowledged', by: 'Jane (U1)', reason: null }] as const;
    const earlier = `${api.channel} ${api.posted[0]?.ts}`;
    expect(await send(OPENED, { earlier, isEdit: true, alerts })).toEqual({ kind: 'delivered' });
    expect(api.calls).toEqual(['postMessage', 'update']);
    expect(api.posted).toMatchObject([{ edits: 1 }]);
    expect(JSON.stringify(api.posted[0]?.message)).toContain('"Acknowledged by Jane (U1)."');
    expect(api.problems).toEqual([]);
  });

  test.each(['message_not_found', 'cant_update_message', 'edit_window_closed', 'channel_not_found', 'msg_too_long'])(
    'where the message before can’t be changed (%s), it is a new one',
    async (error) => {
      api.fails('update', error);
      const outcome = await send(OPENED, { earlier: 'C1 1.2', isEdit: true });
      expect(outcome).toMatchObject({ kind: 'delivered', reference: expect.stringMatching(/^C024BE91L /) });
      expect(api.posted).toHaveLength(1);
    },
  );

  test('in place of a group’s message that is gone, none is remembered for one of its alerts', async () => {
    expect(await send(GROUP, { earlier: 'C024BE91L 1.2', isEdit: true })).toEqual({ kind: 'delivered' });
    expect(api.posted).toHaveLength(1);
  });

  test.each([
    ['ratelimited', 'slow down', /slow down \(ratelimited\)/],
    ['message_limit_exceeded', 'slow down', /slow down/],
    ['internal_error', 'retry', /internal_error/],
    ['not_in_channel', 'refused', /not_in_channel\): invite the app to the channel: \/invite @Tocsin/],
    ['channel_not_found', 'refused', /\/invite @Tocsin there, or set another channel's id: .*secret put SLACK_CHANNEL/],
    ['is_archived', 'refused', /unarchive it/],
    ['invalid_auth', 'refused', /install the app .*secret put SLACK_BOT_TOKEN/],
    ['token_revoked', 'refused', /install the app .*secret put SLACK_BOT_TOKEN/],
    ['account_inactive', 'refused', /install the app/],
    ['missing_scope', 'refused', /chat:write/],
    ['restricted_action', 'refused', /admin/],
    ['msg_too_long', 'refused', /short form: please report/],
    ['a_new_error', 'refused', /a_new_error\): check the app/],
    ['constructor', 'refused', /check the app/],
  ])('after %s the outcome is: %s', async (error, kind, reason) => {
    api.fails('postMessage', error);
    expect(await send(OPENED)).toMatchObject({ kind, reason: expect.stringMatching(reason) });
    api.fails('update', error);
    const outcome = await send(OPENED, { earlier: 'C024BE91L 1.2', isEdit: true });
    expect(outcome).toMatchObject({ kind, reason: expect.stringMatching(reason) });
  });

  test('a wait that Slack asks for', async () => {
    api.answer({ status: 429, headers: { 'retry-after': '9' }, times: 1, body: '{"ok":false,"error":"ratelimited"}' });
    expect(await send(OPENED, { earlier: 'C024BE91L 1.2', isEdit: true })).toMatchObject({
      kind: 'slow down',
      afterMs: 9_000,
    });
  });

  test.each([
    ['is cut off', `{"ok":true,"channel":"C024BE91L","ts":"1.2","message":{"text":"${'x '.repeat(300_000)}`],
    ['has no place', '{"ok":true}'],
    ['has a strange place', '{"ok":true,"channel":"C1 2.3","ts":"<!channel>"}'],
  ])('what was taken is not sent again if its answer %s', async (_, body) => {
    api.answer({ status: 200, body, times: 1 });
    expect(await send(OPENED)).toEqual({ kind: 'delivered' });
  });
});

const elements = (blocks: readonly Block[]) =>
  blocks.flatMap((block): readonly (UrlButton | ActButton | ActMenu)[] =>
    block.type === 'actions' ? block.elements : [],
  );

describe('the buttons', () => {
  test('take the place of the link to the page that has them too', () => {
    const links = (acts: boolean) =>
      (render(OPENED, LINKS, ofApp(OPENED, open(OPENED), acts)).attachments?.[0]?.blocks ?? [])
        .filter((block) => block.type === 'actions')
        .flatMap((block) => elements([block]))
        .flatMap((element) => ('url' in element ? [element.text.text] : []));
    expect(links(true)).toEqual(['Open the alert', 'Open the log entry']);
    expect(links(false)).toEqual(['Acknowledge…', 'Sign in to silence…', 'Open the alert', 'Open the log entry']);
  });

  const open = (notification: Parameters<typeof idsOf>[0]): Editable => ({
    ledger: LEDGER,
    alerts: idsOf(notification).map((id) => ({ id, status: 'open', by: null, reason: null })),
    earlier: null,
    isEdit: false,
    isActedOn: false,
  });
  const labels = (notification: Parameters<typeof idsOf>[0], more: Partial<Editable> = {}) =>
    elements(ofApp(notification, { ...open(notification), ...more }, true).acts).map((element) =>
      element.type === 'static_select' ? element.placeholder.text : element.text.text,
    );

  test('of an alert acknowledge, resolve for one of four reasons, or silence it', () => {
    expect(labels(OPENED)).toEqual(['Acknowledge', 'Resolve as…', 'Silence this actor for 2 h']);
    const [, menu, last] = elements(ofApp(OPENED, open(OPENED), true).acts);
    expect(menu).toMatchObject({
      options: ['true positive', 'expected', 'false positive', 'duplicate'].map((value) => ({ value })),
    });
    expect(JSON.parse(last !== undefined && 'value' in last ? last.value : '')).toEqual({
      of: 'actor',
      matchers: {
        rule: OPENED.alert.ruleId,
        actor: OPENED.entry.actor.id,
        level: ['informational', 'low', 'medium', 'high'],
      },
    });
  });

  test('of a group say on how many alerts they act, which are those that it lists', () => {
    const listed = idsOf(GROUP);
    expect(labels(GROUP).slice(0, 2)).toEqual([
      `Acknowledge ${listed.length} alerts`,
      `Resolve ${listed.length} alerts as…`,
    ]);
    const [row] = ofApp(GROUP, open(GROUP), true).acts;
    expect(actedOnFrom(row !== undefined && 'block_id' in row ? row.block_id : '')).toEqual({
      ledger: LEDGER,
      alerts: [GROUP.group.first.alert, ...GROUP.group.others].map(({ id, level }) => ({ id, level })),
    });
    expect(new Set(GROUP.group.others.map(({ level }) => level)).size).toBeGreaterThan(1);
  });

  test('act on what is not resolved', () => {
    const alerts = open(GROUP).alerts.map((alert, i) => (i === 0 ? { ...alert, status: 'resolved' as const } : alert));
    expect(labels(GROUP, { alerts })[0]).toBe(
      alerts.length === 2 ? 'Acknowledge' : `Acknowledge ${alerts.length - 1} alerts`,
    );
  });

  test('are gone with the last alert, and acknowledging once all are', () => {
    const all = (status: 'acknowledged' | 'resolved') =>
      open(GROUP).alerts.map((alert) => ({ ...alert, status, by: 'Jane', reason: null }));
    expect(labels(GROUP, { alerts: all('resolved') })).toEqual([]);
    expect(labels(GROUP, { alerts: all('acknowledged') })[0]).toMatch(/^Resolve /);
  });

  test('leave out what is critical, and who is unknown', () => {
    const critical: AlertNotification = { ...OPENED, alert: { ...OPENED.alert, level: 'critical' } };
    const entry = { ...OPENED.entry, actor: { id: null, name: null, type: null } };
    expect(labels(critical)).toHaveLength(2);
    expect(labels({ ...OPENED, entry })[2]).toBe('Silence this address for 2 h');
    expect(labels({ ...OPENED, entry: { ...entry, clientIp: null } })).toHaveLength(2);
    expect(labels({ ...OPENED, entry: { ...entry, actor: { ...entry.actor, id: 'x'.repeat(3_000) } } })).toHaveLength(
      2,
    );
  });

  const ofGroup = (more: Partial<typeof GROUP.group>, entry: Partial<AlertNotification['entry']> = {}) => {
    const first: AlertNotification = { ...OPENED, entry: { ...OPENED.entry, ...entry } };
    return { ...GROUP, group: { ...GROUP.group, level: 'high' as const, first, ...more } };
  };
  const NOBODY = { id: null, name: null, type: null };
  test.each([
    ['of one actor', ofGroup({ subject: 'Alice Smith' }), 'Silence this actor for 2 h'],
    ['of several actors', ofGroup({ subject: null, distinct: { rules: 1, actors: 3, addresses: 1 } }), undefined],
    [
      'of several actors, as an older version stored it',
      ofGroup({ subject: 'Alice Smith', distinct: { rules: 1, actors: 3, addresses: 1 } }),
      undefined,
    ],
    ['of an actor and of nobody', ofGroup({ subject: null }), undefined],
    [
      'of one address',
      ofGroup(
        { subject: '203.0.113.9', distinct: { rules: 2, actors: 0, addresses: 1 } },
        { actor: NOBODY, clientIp: '203.0.113.9' },
      ),
      'Silence this address for 2 h',
    ],
    ['of a name without an id', ofGroup({ subject: 'x' }, { actor: { ...NOBODY, name: 'x' } }), undefined],
  ])('silence nobody beside: a group %s', (_, group, label) => {
    expect(labels(group)[2]).toBe(label);
  });

  test('are for alerts only', () => {
    expect(asOpen(outgoing(BLIND)).editable).toBeUndefined();
    expect(JSON.stringify(render(BLIND, LINKS))).not.toContain('static_select');
  });

  test.each([
    '',
    'x',
    `${LEDGER}`,
    `${LEDGER} 1w`,
    `${LEDGER} 0h`,
    `${LEDGER} 1h x`,
    `${LEDGER} 1`,
    `${LEDGER} 1h 2x`,
    `../ 1h`,
  ])('a block id that is not one of ours: %j', (text) => {
    expect(actedOnFrom(text)).toBeNull();
  });

  test('a block id is read as it was written', () => {
    const alerts = LEVELS.map((level, i) => ({ id: 7 * 100 ** i, level }));
    expect(actedOnFrom(blockIdOf({ ledger: LEDGER, alerts }))).toEqual({ ledger: LEDGER, alerts });
  });
});
