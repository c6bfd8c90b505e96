/** Messages of a Slack app as their alerts change: a real ledger, its sender, and a fake of Slack. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Act } from '../../../src/ledger/rpc.ts';
import { createSlackApp } from '../../../src/notify/slack-app/send.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { type SlackApi, startSlackApi } from '../../support/slack-api.ts';
import { createScene, DAY, deleted, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';
import { sendDue } from './send-due.ts';

const APP = 'slack-app';
const RULE = onAction('vm.deleted');
/** Alerts of one actor are one message. */
const READ = onAction('vm.read');
const at = (level: Level) => ({ ...RULE, level });
const ACKNOWLEDGE: Act = { act: 'acknowledge', comment: null };
const RESOLVE: Act = { act: 'resolve', reason: 'expected', comment: null };

let api: SlackApi;
beforeEach(async () => {
  api = await startSlackApi();
});
afterEach(() => api.stop());

const sceneOf = (level: Level = 'high'): Scene =>
  createScene([at(level), READ], { receivers: [route(APP, { edits: true })] });

/** Lets the clock do what is due, and sends it. */
async function send(scene: Scene, from: number): Promise<void> {
  const options = { name: APP, setting: 'SLACK_CHANNEL', fetch, timeoutMs: 5_000 };
  await sendDue(scene, [createSlackApp({ ...api, canAct: true }, options)], from);
}

const act = (scene: Scene, what: Act, now: number, alerts = [1], who = 'Jane (U1)') =>
  scene.ledger.act({ alerts, act: what, who, via: 'slack', seenLevel: null }, now);
const shown = (i: number): string => JSON.stringify(api.posted[i]?.message);
const edits = () => api.posted.map((message) => message.edits);

describe('a message', () => {
  it('shows that its alert was acknowledged, and then resolved: one message, edited twice', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    expect(shown(0)).toContain('"Acknowledge"');
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    await send(scene, NOON + 2 * MINUTE);
    expect(shown(0)).toMatch(/"Acknowledged: \[HIGH\].*"Acknowledged by Jane \(U1\)\."/);
    expect(shown(0)).not.toContain('"Acknowledge"');
    act(scene, RESOLVE, NOON + 3 * MINUTE);
    await send(scene, NOON + 3 * MINUTE);
    expect(shown(0)).toMatch(/"Resolved: \[HIGH\].*"Resolved \(expected\) by Jane \(U1\)\."/);
    expect(shown(0)).not.toContain('Resolve as');
    expect([api.calls, api.problems]).toEqual([['postMessage', 'update', 'update'], []]);
  });

  it('of a group shows what happened to each alert', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON), entry('b', NOON)]);
    await send(scene, NOON + MINUTE);
    expect(shown(0)).toContain('"Acknowledge 2 alerts"');
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE, [2]);
    await send(scene, NOON + 2 * MINUTE);
    expect(shown(0)).toMatch(/"text":"\[HIGH\].*"Alert 2: acknowledged by Jane \(U1\)".*"Acknowledge 2 alerts"/);
    act(scene, RESOLVE, NOON + 3 * MINUTE, [1, 2]);
    await send(scene, NOON + 3 * MINUTE);
    expect(shown(0)).toMatch(
      /"Resolved: \[HIGH\].*"Alert 2: resolved \(expected\) by.*Alert 1: resolved \(expected\) by/,
    );
    expect([api.posted.length, api.problems]).toEqual([1, []]);
  });

  it('that was sent after an act shows it from the first', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    scene.ledger.watchdog(NOON + MINUTE);
    act(scene, ACKNOWLEDGE, NOON + MINUTE + 1);
    await send(scene, NOON + MINUTE + 2);
    expect(shown(0)).toMatch(/Acknowledged by Jane \(U1\)\./);
  });

  it('that is gone is sent again when its alert changes', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    api.deleteAll();
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    await send(scene, NOON + 2 * MINUTE);
    act(scene, RESOLVE, NOON + 3 * MINUTE);
    await send(scene, NOON + 3 * MINUTE);
    expect(edits()).toEqual([1]);
    expect(shown(0)).toContain('Resolved (expected) by Jane');
  });

  it('that was forgotten is sent as a new one', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    scene.store.run('UPDATE deliveries SET reference = NULL');
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    await send(scene, NOON + 2 * MINUTE);
    expect(shown(1)).toMatch(/\[HIGH\] Seen: vm\.deleted: acknowledged/);
    act(scene, RESOLVE, NOON + 3 * MINUTE);
    await send(scene, NOON + 3 * MINUTE);
    expect(edits()).toEqual([0, 1]);
  });

  it('is changed once for each act, though it is repeated', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    for (const i of [1, 2, 3]) act(scene, ACKNOWLEDGE, NOON + MINUTE + i);
    await send(scene, NOON + 2 * MINUTE);
    expect(edits()).toEqual([1]);
  });

  it('is the newest about the alert', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    scene.record([deleted('b', NOON + 2 * DAY)], { now: NOON + 2 * DAY });
    await send(scene, NOON + 2 * DAY + 10 * MINUTE);
    expect(api.posted).toHaveLength(2);
    act(scene, ACKNOWLEDGE, NOON + 2 * DAY + 11 * MINUTE);
    await send(scene, NOON + 2 * DAY + 11 * MINUTE);
    expect(edits()).toEqual([0, 1]);
  });
});

describe('an edit', () => {
  it('goes after all news, and holds nothing up', async () => {
    const scene = sceneOf('low');
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    scene.record([deleted('b', NOON + 2 * MINUTE, 'bob')], { now: NOON + 2 * MINUTE });
    await send(scene, NOON + 10 * MINUTE);
    expect(api.calls).toEqual(['postMessage', 'postMessage', 'update']);
  });

  it('is not bundled after an outage', async () => {
    const scene = sceneOf();
    scene.record(['a', 'b', 'c', 'd'].map((id) => deleted(id, NOON, id)));
    await send(scene, NOON + MINUTE);
    api.answer({ status: 500 });
    act(scene, RESOLVE, NOON + 2 * MINUTE, [1, 2, 3, 4]);
    for (let now = NOON + 2 * MINUTE; now < NOON + 3 * HOUR; now += 5 * MINUTE) await send(scene, now);
    api.answer({ status: 200 });
    for (let i = 0; i < 4; i++) await send(scene, NOON + 3 * HOUR + i * 5 * MINUTE);
    expect(scene.count('deliveries', "state <> 'delivered' AND health IS NULL")).toBe(0);
    expect(api.posted.filter(({ message }) => JSON.stringify(message).includes('Resolved (expected)'))).not.toEqual([]);
    expect(scene.count('deliveries', "digest IS NOT NULL AND notification ->> '$.edits'")).toBe(0);
  });

  it('that is dead leaves the alert as one that the receiver was notified of', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + MINUTE);
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    scene.send(NOON + 8 * DAY, () => ({ kind: 'refused', reason: 'no' }));
    expect(scene.count('deliveries', "state = 'dead' AND notification ->> '$.edits'")).toBe(1);
    expect(scene.count('acts', "act = 'dead'")).toBe(0);
  });

  it('is for receivers that edit: others are notified of no acknowledgement', () => {
    const scene = createScene([at('high')], { receivers: [route('slack'), route('hook', { forPrograms: true })] });
    scene.record([deleted('a', NOON)]);
    scene.makeDue(NOON + MINUTE);
    scene.send(NOON + MINUTE);
    const before = scene.count('deliveries');
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    expect(scene.count('deliveries')).toBe(before);
    act(scene, RESOLVE, NOON + 2 * MINUTE + SECOND);
    expect(scene.notifications(`id > ${before}`)).toMatchObject([{ kind: 'resolved' }]);
    expect(scene.notifications(`id > ${before}`)[0]).not.toHaveProperty('edits');
  });
});
