/** PagerDuty's incidents as their alerts change: a real ledger, its sender, and a fake of PagerDuty. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Act, DoneAt } from '../../../src/ledger/rpc.ts';
import { createPagerDuty } from '../../../src/notify/pagerduty/send.ts';
import { compile, type Level } from '../../../src/sigma/index.ts';
import { type PagerDutyInbox, startPagerDutyInbox } from '../../support/pagerduty-inbox.ts';
import { createScene, DAY, deleted, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';
import { sendDue } from './send-due.ts';

const RULE = onAction('vm.deleted');
const at = (level: Level) => ({ ...RULE, level });
const ACKNOWLEDGE: Act = { act: 'acknowledge', comment: null };
const RESOLVE: Act = { act: 'resolve', reason: 'expected', comment: null };
const PAGER = route('pagerduty', { forPrograms: true, edits: true });
const OTHER = route('other', { forPrograms: true, edits: true });

let inbox: PagerDutyInbox;
beforeEach(async () => {
  inbox = await startPagerDutyInbox();
});
afterEach(() => inbox.stop());

const sceneOf = (level: Level = 'high', receivers = [PAGER]): Scene => createScene([at(level)], { receivers });

/** Lets the clock do what is due, and sends it to the receivers. */
async function send(scene: Scene, from: number, names = ['pagerduty']): Promise<void> {
  const options = { setting: 'X', fetch, timeoutMs: 5_000 };
  await sendDue(
    scene,
    names.map((name) => createPagerDuty(inbox, { name, ...options })),
    from,
  );
}

const act = (scene: Scene, what: Act, now: number, more: { who?: string; doneAt?: DoneAt } = {}) =>
  scene.ledger.act({ alerts: [1], act: what, who: 'Ada', via: 'page', seenLevel: null, ...more }, now)[0]?.outcome;
/** Of alerts: Tocsin may also say that it is blind. */
const isOfAlert = (key: string): boolean => key.startsWith('tocsin/alert/');
const actions = (): string[] =>
  (inbox.events as { event_action: string; dedup_key: string }[])
    .filter(({ dedup_key }) => isOfAlert(dedup_key))
    .map(({ event_action }) => event_action);
const doneAt = (when: number, more: Partial<DoneAt> = {}): DoneAt => ({
  ...{ receiver: 'pagerduty', at: when, rule: RULE.id, isCut: false },
  ...more,
});
const state = (): string[] =>
  inbox.incidents.filter(({ key }) => isOfAlert(key)).map(({ status, pages }) => `${status}, ${pages} pages`);

describe('an incident', () => {
  it('is acknowledged once as its alert is, and resolved as that is', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    expect(act(scene, ACKNOWLEDGE, NOON + MINUTE)).toBe('done');
    expect(act(scene, ACKNOWLEDGE, NOON + MINUTE + 1)).toBe('unchanged');
    await send(scene, NOON + 2 * MINUTE);
    expect([actions(), state()]).toEqual([['trigger', 'acknowledge'], ['acknowledged, 1 pages']]);
    act(scene, RESOLVE, NOON + HOUR);
    await send(scene, NOON + HOUR + MINUTE);
    expect([actions().at(-1), state()]).toEqual(['resolve', ['resolved, 1 pages']]);
    expect(scene.count('deliveries', "state <> 'delivered'")).toBe(0);
  });

  it('is not acknowledged where it was never opened', async () => {
    const scene = createScene([at('low')], { receivers: [{ ...PAGER, minLevel: 'high' }] });
    scene.record([deleted('a', NOON)]);
    act(scene, ACKNOWLEDGE, NOON + MINUTE);
    act(scene, RESOLVE, NOON + MINUTE);
    expect(scene.count('deliveries')).toBe(0);
  });

  it.each<[string, Act, string[]]>([
    ['acknowledged', ACKNOWLEDGE, ['acknowledge']],
    ['resolved', RESOLVE, ['resolve']],
  ])('is not opened for an alert that was %s before PagerDuty took anything', async (_, what, expected) => {
    for (const level of ['informational', 'low', 'critical'] as const) {
      const scene = createScene([at(level)], { receivers: [{ ...PAGER, minLevel: 'informational' }] });
      inbox.answer({ status: 500 });
      scene.record([deleted('a', NOON)]);
      await send(scene, NOON + SECOND);
      act(scene, what, NOON + MINUTE);
      inbox.answer({ status: 202 });
      // The acknowledgement goes first: what has failed is tried later.
      for (let minute = 2; minute < 30; minute += 5) await send(scene, NOON + minute * MINUTE);
      expect(state()).toEqual([]);
      expect(new Set(actions())).toEqual(new Set(expected));
      expect(scene.count('deliveries', "state <> 'delivered'")).toBe(0);
    }
  });

  it('that PagerDuty took, with an answer that was lost, is acknowledged', async () => {
    const scene = sceneOf();
    inbox.answer({ status: 202, lose: true });
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    act(scene, ACKNOWLEDGE, NOON + MINUTE);
    inbox.answer({ status: 202 });
    for (let minute = 2; minute < 30; minute += 5) await send(scene, NOON + minute * MINUTE);
    expect(state()).toEqual(['acknowledged, 1 pages']);
  });

  it('is not acknowledged late, after the level rose, or a day', async () => {
    const scene = sceneOf('medium');
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    act(scene, ACKNOWLEDGE, NOON + MINUTE);
    const raised = scene.reopened({ engine: compile({ version: 'two', rules: [at('critical')] }) });
    raised.record([deleted('b', NOON + 2 * MINUTE)], { now: NOON + 2 * MINUTE });
    await send(raised, NOON + 3 * MINUTE);
    // The raise goes first, and notifies; the acknowledgement has ended.
    expect([actions(), state()]).toEqual([['trigger', 'trigger'], ['triggered, 2 pages']]);
    act(raised, ACKNOWLEDGE, NOON + HOUR);
    await send(raised, NOON + HOUR + DAY + MINUTE);
    expect(actions()).toEqual(['trigger', 'trigger']);
    expect(raised.count('deliveries', "state <> 'delivered'")).toBe(0);
  });

  it('is opened again by what comes after a day', async () => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    act(scene, ACKNOWLEDGE, NOON + MINUTE);
    await send(scene, NOON + 2 * MINUTE);
    scene.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    await send(scene, NOON + DAY + 2 * MINUTE);
    expect(actions()).toEqual(['trigger', 'acknowledge', 'trigger']);
  });

  it('that was opened in place of another receiver is acknowledged and resolved', async () => {
    const routed = createScene([at('high')], { receivers: [route('slack'), { ...PAGER, minLevel: 'critical' }] });
    routed.record([deleted('a', NOON)]);
    routed.makeDue(NOON + MINUTE);
    routed.send(NOON + MINUTE, () => ({ kind: 'retry', reason: 'down', afterMs: null }));
    await send(routed, NOON + 15 * MINUTE);
    expect(state()).toEqual(['triggered, 1 pages']);
    act(routed, ACKNOWLEDGE, NOON + 20 * MINUTE);
    await send(routed, NOON + 21 * MINUTE);
    expect(state()).toEqual(['acknowledged, 1 pages']);
    act(routed, RESOLVE, NOON + 22 * MINUTE);
    await send(routed, NOON + 23 * MINUTE);
    expect(state()).toEqual(['resolved, 1 pages']);
  });
});

describe('what was done in PagerDuty', () => {
  it('is not sent back, and other receivers are notified of it', async () => {
    const scene = sceneOf('high', [PAGER, OTHER]);
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    const by = { who: 'Bob (PB)', doneAt: doneAt(NOON + MINUTE) };
    expect(act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE, by)).toBe('done');
    expect(act(scene, ACKNOWLEDGE, NOON + 3 * MINUTE, by)).toBe('unchanged');
    expect(act(scene, RESOLVE, NOON + 4 * MINUTE, by)).toBe('done');
    expect(act(scene, RESOLVE, NOON + 5 * MINUTE, by)).toBe('resolved before');
    const sent = scene.store.all("SELECT receiver, notification ->> '$.kind' AS kind FROM deliveries ORDER BY id");
    expect(sent.map(({ receiver, kind }) => `${receiver} ${kind}`)).toEqual([
      'pagerduty opened',
      'other opened',
      'other updated',
      'other resolved',
    ]);
  });

  it.each<[string, Act | null]>([
    ['is acknowledged there', ACKNOWLEDGE],
    ['is resolved there, which would open it again', RESOLVE],
    ['nobody acted on: PagerDuty reminds people itself', null],
  ])('gets no reminder where it %s', async (_, what) => {
    const scene = sceneOf('critical');
    scene.record([deleted('a', NOON), deleted('b', NOON + 1)]);
    await send(scene, NOON + SECOND);
    if (what !== null) act(scene, what, NOON + MINUTE, { doneAt: doneAt(NOON + MINUTE) });
    for (let hour = 1; hour < 23; hour++) await send(scene, NOON + hour * HOUR);
    const recurred = "alert = 1 AND notification ->> '$.kind' = 'recurred'";
    expect(scene.count('deliveries', `${recurred} AND state <> 'suppressed'`)).toBe(0);
    expect(scene.count('deliveries', recurred) > 0).toBe(what === null);
    expect(actions()).toHaveLength(1);
  });

  it.each<[string, Partial<DoneAt>, string]>([
    ['another rule', { rule: 'another' }, 'missing'],
    ['a rule whose id begins alike', { rule: RULE.id.slice(0, 3) }, 'missing'],
    ['a long rule', { rule: RULE.id.slice(0, 3), isCut: true }, 'done'],
    ['a receiver that it was not sent to', { receiver: 'slack' }, 'missing'],
  ])('counts for its own alert only: %s', async (_, more, outcome) => {
    const scene = sceneOf();
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    expect(act(scene, ACKNOWLEDGE, NOON + MINUTE, { doneAt: doneAt(NOON + MINUTE, more) })).toBe(outcome);
  });

  it('does not count where the alert was raised since, or what was raised was not delivered', async () => {
    const scene = sceneOf('medium');
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    const raised = scene.reopened({ engine: compile({ version: 'two', rules: [at('critical')] }) });
    raised.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    const resolve = (when: number) => act(raised, RESOLVE, NOON + 3 * HOUR, { doneAt: doneAt(when) });
    expect(resolve(NOON + 2 * HOUR)).toBe('raised');
    raised.store.run("UPDATE deliveries SET state = 'dead', settled_at = ? WHERE id = 2", NOON + HOUR);
    expect(resolve(NOON + 2 * HOUR)).toBe('raised');
    raised.store.run("UPDATE deliveries SET state = 'pending', settled_at = NULL WHERE id = 2");
    await send(raised, NOON + HOUR + SECOND);
    expect(resolve(NOON + 30 * MINUTE)).toBe('raised');
    expect(resolve(NOON + 2 * HOUR)).toBe('done');
  });

  it('counts where its messages were evicted', async () => {
    const scene = sceneOf('critical');
    scene.record([deleted('a', NOON)]);
    await send(scene, NOON + SECOND);
    act(scene, ACKNOWLEDGE, NOON + MINUTE, { doneAt: doneAt(NOON + MINUTE) });
    scene.store.run('DELETE FROM deliveries');
    expect(act(scene, RESOLVE, NOON + 40 * DAY, { doneAt: doneAt(NOON + 40 * DAY) })).toBe('done');
  });
});
