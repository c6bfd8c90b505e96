/** What people get: decisions wait for the message of their group, leave once, and end as it does. */

import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { compile, type Rule } from '../../../src/sigma/index.ts';
import { correlation } from '../../support/rules.ts';
import {
  counting,
  createScene,
  deleted,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  route,
  type Scene,
  SECOND,
} from '../scene.ts';

const HIGH = onAction('vm.deleted');
const KEY = onAction('api_key.created', { level: 'high' });
const CRITICAL = onAction('org.deleted', { level: 'critical' });
const MEDIUM = onAction('vm.stopped', { level: 'medium' });
const RULES: readonly Rule[] = [HIGH, KEY, CRITICAL, MEDIUM];

const REFUSED: Outcome = { kind: 'refused', reason: 'HTTP 404' };

const on = (action: string, id: string, at: number, actor: unknown = 'alice') =>
  entry(id, at, { action, actor: { id: actor, name: `${actor}` }, client_ip: '192.0.2.1' });
/** What is ready: `opened 1`, `group of 3: 1 (opened), 2, 4`. */
const ready = (scene: Scene, now: number): string[] =>
  scene
    .makeDue(now)
    .map(({ kind, alert, group }) =>
      kind === 'group'
        ? `${group.kind} of ${group.alerts}: ${[group.first.alert, ...group.others].map(({ id }: { id: number }) => id)}${group.more > 0 ? ` and ${group.more}` : ''}`
        : `${kind} ${alert.id}`,
    );
const states = ({ store }: Scene) =>
  store
    .all<{ alert: number; state: string; kind: string }>(
      "SELECT alert, state, notification ->> '$.kind' AS kind FROM deliveries WHERE health IS NULL ORDER BY id",
    )
    .map(({ alert, state, kind }) => `${kind} ${alert} ${state}`);

describe('a group', () => {
  it('is what one actor does within 30 seconds: one message, the most severe first', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON), on('vm.stopped', 'b', NOON), on('api_key.created', 'c', NOON)]);
    expect(ready(scene, NOON + 30 * SECOND - 1)).toEqual([]);
    expect(ready(scene, NOON + 30 * SECOND)).toEqual(['group of 3: 3,1,2']);
    const message = scene.makeDue(NOON + 31 * SECOND)[0];
    expect(message.group).toMatchObject({
      level: 'high',
      subject: 'alice',
      decisions: 3,
      distinct: { rules: 3, actors: 1 },
    });
    scene.send(NOON + 31 * SECOND);
    expect(states(scene)).toEqual([
      'opened 1 delivered',
      'opened 2 delivered',
      'opened 3 delivered',
      'group 3 delivered',
    ]);
  });

  it.each(['bob high flood of api-key-deleted', 'digest', '~digest', '~held', 'reminder'])(
    'takes along what waits elsewhere of an actor who is called %s',
    (actor) => {
      const scene = createScene(RULES);
      scene.record([on('vm.deleted', 'a', NOON, actor), on('vm.stopped', 'b', NOON, actor)]);
      expect(ready(scene, NOON + 30 * SECOND)).toEqual(['group of 2: 1,2']);
    },
  );

  it('of one decision is that decision', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON)]);
    expect(ready(scene, NOON + MINUTE)).toEqual(['opened 1']);
    scene.send(NOON + MINUTE);
    expect(states(scene)).toEqual(['opened 1 delivered']);
  });

  it('of several decisions about one alert is one, with the newest count', () => {
    const scene = createScene(RULES);
    for (let i = 0; i < 12; i++) scene.record([on('vm.deleted', `e${i}`, NOON + i)]);
    expect(states(scene)).toEqual(['opened 1 waiting', 'updated 1 waiting']);
    expect(ready(scene, NOON + MINUTE)).toEqual(['opened 1']);
    expect(scene.makeDue(NOON + MINUTE)[0].alert.count).toBe(10);
    scene.send(NOON + MINUTE);
    expect(states(scene)).toEqual(['opened 1 delivered', 'updated 1 delivered', 'opened 1 delivered']);
  });

  it('waits 5 seconds where something is critical, and takes along what waits of the actor', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.stopped', 'a', NOON), on('vm.deleted', 'b', NOON), on('vm.deleted', 'x', NOON, 'bob')]);
    scene.record([on('org.deleted', 'c', NOON)], { now: NOON + 10 * SECOND });
    expect(ready(scene, NOON + 15 * SECOND - 1)).toEqual([]);
    expect(ready(scene, NOON + 15 * SECOND)).toEqual(['group of 3: 4,2,1']);
    scene.send(NOON + 15 * SECOND);
    expect(ready(scene, NOON + MINUTE)).toEqual(['opened 3']);
  });

  it('has its next message after five minutes, and at high no later than after ten', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON)]);
    ready(scene, NOON + 30 * SECOND);
    scene.send(NOON + 30 * SECOND);
    scene.record([on('api_key.created', 'b', NOON + MINUTE)], { now: NOON + MINUTE });
    expect(ready(scene, NOON + 5 * MINUTE)).toEqual([]);
    expect(ready(scene, NOON + 5 * MINUTE + 30 * SECOND)).toEqual(['opened 2']);
  });

  it('lists fifteen others, and counts the rest', () => {
    const rules = Array.from({ length: 19 }, (_, i) => onAction('vm.deleted', { id: `rule ${i}`, title: `Rule ${i}` }));
    const scene = createScene(rules);
    scene.record([deleted('a', NOON)]);
    expect(ready(scene, NOON + MINUTE)[0]).toMatch(/^group of 19: (\d+,){15}\d+ and 3$/);
    expect(scene.makeDue(NOON + MINUTE)[0].group).toMatchObject({ distinct: { rules: 19, actors: 1 }, more: 3 });
    expect(scene.makeDue(NOON + MINUTE)[0].group.rules).toHaveLength(5);
  });

  it('is of its receiver alone', () => {
    const scene = createScene(RULES, { receivers: [route('slack'), route('pager', { minLevel: 'critical' })] });
    scene.record([on('vm.deleted', 'a', NOON), on('org.deleted', 'b', NOON)]);
    ready(scene, NOON + MINUTE);
    expect(scene.send(NOON + MINUTE).map(({ receiver, notification }) => `${receiver} ${notification.kind}`)).toEqual([
      'slack group',
      'pager opened',
    ]);
  });

  it('survives a restart, and a failure while its message is made', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON), on('api_key.created', 'b', NOON)]);
    scene.failNext("SET state = 'bundled'");
    expect(() => scene.makeDue(NOON + MINUTE)).toThrow('the disk is full');
    expect(states(scene)).toEqual(['opened 1 waiting', 'opened 2 waiting']);
    expect(ready(scene.reopened(), NOON + MINUTE)).toEqual(['group of 2: 2,1']);
    expect(ready(scene.reopened(), NOON + HOUR)).toEqual(['group of 2: 2,1']);
  });

  it('sets the alarm for when its message is due', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON)]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + 30 * SECOND);
    scene.record([on('org.deleted', 'b', NOON)]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + 5 * SECOND);
  });

  it('whose decisions were all suppressed sends nothing', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON)]);
    scene.ledger.act(
      { alerts: [1], act: { act: 'acknowledge', comment: null }, who: 'a', via: 'cli', seenLevel: null },
      NOON,
    );
    expect(ready(scene, NOON + MINUTE)).toEqual([]);
    expect(scene.store.all('SELECT due_at FROM groups')).toEqual([{ due_at: null }]);
  });
});

describe('inhibition', () => {
  const FED = onAction('vm.deleted', { level: 'medium' });
  const MANY = counting('vm.deleted', 3, { level: 'high' });
  const three = (scene: Scene) => {
    for (let i = 0; i < 3; i++) scene.record([on('vm.deleted', `e${i}`, NOON + i)]);
  };

  it('what a correlation counted and still waits is in its message', () => {
    const scene = createScene([FED, MANY]);
    three(scene);
    expect(states(scene)).toEqual(['opened 1 suppressed', 'opened 2 waiting']);
    expect(ready(scene, NOON + MINUTE)).toEqual(['opened 2']);
    expect(scene.makeDue(NOON + MINUTE)[0].inhibited).toEqual([{ id: 1, title: FED.title, level: 'medium', count: 3 }]);
    expect(scene.store.all("SELECT reason FROM deliveries WHERE state = 'suppressed'")).toEqual([
      { reason: 'inhibited by alert 2' },
    ]);
  });

  it('what its own entry matched is in its message too, though it never waited', () => {
    const scene = createScene([FED, counting('vm.deleted', 1, { level: 'high' })]);
    scene.record([on('vm.deleted', 'a', NOON)]);
    expect(states(scene)).toEqual(['opened 2 waiting']);
    ready(scene, NOON + MINUTE);
    expect(scene.makeDue(NOON + MINUTE)[0].inhibited).toEqual([{ id: 1, title: FED.title, level: 'medium', count: 1 }]);
  });

  it('not of what is more severe than the correlation’s match, though its alert was once as severe', () => {
    const scene = createScene([FED, MANY], { receivers: [] });
    three(scene);
    const lowered = scene.reopened({
      receivers: [route('slack')],
      engine: compile({ version: 'two', rules: [FED, { ...MANY, level: 'low' }] }),
    });
    lowered.record([on('vm.deleted', 'e3', NOON + 3)]);
    expect(states(lowered)).toEqual(['opened 2 waiting', 'opened 1 waiting']);
  });

  it('counts as notified: what follows is grouped', () => {
    const scene = createScene([FED, MANY]);
    three(scene);
    for (let i = 3; i < 8; i++) scene.record([on('vm.deleted', `e${i}`, NOON + i)]);
    expect(states(scene)).toEqual(['opened 1 suppressed', 'opened 2 waiting']);
  });

  it('not of what is more severe than the correlation', () => {
    const scene = createScene([onAction('vm.deleted', { level: 'critical' }), MANY]);
    three(scene);
    expect(states(scene)).toEqual(['opened 1 waiting', 'opened 2 waiting']);
  });

  it('not for a receiver that the correlation does not reach', () => {
    const receivers = [route('slack'), route('all', { minLevel: 'medium' })];
    const low = counting('vm.deleted', 3, { level: 'medium' });
    const scene = createScene([FED, { ...low, level: 'medium' }], {
      receivers: [receivers[1] ?? route('x'), route('pager', { minLevel: 'high' })],
    });
    three(scene);
    const all = scene.store.all<{ receiver: string; state: string }>(
      'SELECT receiver, state FROM deliveries ORDER BY id',
    );
    expect(all.map(({ receiver, state }) => `${receiver} ${state}`)).toEqual(['all suppressed', 'all waiting']);
  });

  it('does not take back what was sent', () => {
    const scene = createScene([FED, MANY]);
    scene.record([on('vm.deleted', 'e0', NOON)]);
    ready(scene, NOON + MINUTE);
    scene.send(NOON + MINUTE);
    for (let i = 1; i < 3; i++) scene.record([on('vm.deleted', `e${i}`, NOON + MINUTE + i)], { now: NOON + MINUTE });
    expect(ready(scene, NOON + 10 * MINUTE)).toEqual(['opened 2']);
    expect(states(scene)).toEqual(['opened 1 delivered', 'opened 2 pending']);
  });
});

describe('what a correlation inhibits', () => {
  const ADDRESS = counting('org.deleted', 1, { level: 'critical', groupBy: ['client_ip'] });
  const at = (minute: number) => NOON + minute * MINUTE;
  /** Every alert of these ten minutes that a message is about, or lists. */
  const named = (scene: Scene, now: number): number[] =>
    scene
      .makeDue(now)
      .flatMap((of) => (of.kind === 'group' ? [of.group.first, ...of.group.others] : [of]))
      .flatMap((of) => [of.alert?.id ?? of.id, ...(of.inhibited ?? []).map(({ id }: { id: number }) => id)]);

  it.each(['critical', 'high'] as const)('waits no longer at %s because its message would be a reminder', (level) => {
    const scene = createScene([
      onAction('org.deleted', { level }),
      { ...ADDRESS, level },
      onAction('vm.deleted', { level }),
    ]);
    const hours = level === 'critical' ? 1 : 4;
    const record = (minute: number, action: string, actor: string, address: string) =>
      scene.record([entry(`${actor} ${minute}`, at(minute), { action, actor: { id: actor }, client_ip: address })], {
        now: at(minute),
      });
    const sendAt = (minute: number) => {
      scene.makeDue(at(minute));
      scene.send(at(minute));
    };
    record(0, 'org.deleted', 'alice', '192.0.2.1');
    sendAt(1);
    record(10, 'vm.deleted', 'bob', '198.51.100.1');
    sendAt(11);
    record(20, 'vm.deleted', 'bob', '198.51.100.1');
    for (let minute = 60 * hours; minute < 60 * hours + 15; minute++) sendAt(minute);
    // Its own alert opens, and the correlation's goes on: that would be in the next reminder.
    record(60 * hours + 15, 'org.deleted', 'carol', '192.0.2.1');
    expect(named(scene, at(60 * hours + 15) + (level === 'critical' ? 5 * SECOND : 10 * MINUTE))).toContain(4);
  });

  it.each(['high', 'medium'] as const)('is named at %s, though another alert leads the message', (level) => {
    const key = { ...KEY, level };
    const either = correlation('either', [HIGH.id, KEY.id], {
      ...{ groupBy: ['actor.id'], timespanMs: MINUTE, condition: [{ op: 'gte', value: 1 }], level: 'high' },
    });
    const scene = createScene([HIGH, key, CRITICAL, either]);
    scene.record([on('vm.deleted', 'a', NOON)]);
    expect(ready(scene, NOON + MINUTE)).toEqual(['opened 2']);
    scene.send(NOON + MINUTE);
    const later = NOON + 5 * HOUR;
    scene.record([on('api_key.created', 'b', later), on('org.deleted', 'c', later)], { now: later });
    const [message] = scene.makeDue(later + 5 * SECOND);
    expect(message.group).toMatchObject({ first: { alert: { id: 4 } }, others: [{ id: 2, kind: 'recurred' }] });
    expect(message.group.inhibited).toEqual([{ id: 3, title: KEY.title, level, count: 1 }]);
  });

  it('is named once, and not where the message has it anyway', () => {
    const two = [1, 2].map((i) => correlation(`c${i}`, [HIGH.id], { timespanMs: MINUTE, level: 'high' }));
    const scene = createScene([HIGH, CRITICAL, ...two.map((of) => ({ ...of, groupBy: ['actor.id'] }))]);
    scene.record([on('vm.deleted', 'a', NOON), on('vm.deleted', 'b', NOON), on('org.deleted', 'c', NOON)]);
    const [message] = scene.makeDue(NOON + MINUTE);
    const ids = JSON.stringify(message).match(/"id":1,/g);
    expect([message.group.alerts, ids]).toEqual([3, ['"id":1,']]);
  });

  it('is in the one message of several decisions about the correlation’s alert', () => {
    const scene = createScene([HIGH, counting(HIGH.id, 1, { level: 'high', groupBy: ['client_ip'] })]);
    const from = (actor: string, count: number) =>
      Array.from({ length: count }, (_, i) => on('vm.deleted', `${actor} ${i}`, NOON, actor));
    scene.record([...from('alice', 9), ...from('bob', 1)]);
    const [message] = scene.makeDue(NOON + MINUTE);
    expect(message).toMatchObject({ kind: 'opened', alert: { id: 2, count: 10 } });
    expect(message.inhibited.map(({ id }: { id: number }) => id)).toEqual([1, 3]);
  });

  it('is counted where it is more than the message names', () => {
    const scene = createScene([HIGH, CRITICAL, counting(HIGH.id, 13, { level: 'high', groupBy: ['client_ip'] })]);
    for (let i = 0; i < 13; i++) scene.record([on('vm.deleted', `e${i}`, NOON + i, `actor ${i}`)]);
    scene.record([on('org.deleted', 'c', NOON + 20, 'actor 12')]);
    const [{ group }] = scene.makeDue(NOON + MINUTE);
    expect(group).toMatchObject({ first: { alert: { title: CRITICAL.title } }, alerts: 2, inhibitedMore: 3 });
    expect(group.inhibited).toHaveLength(10);
  });
});

describe('a correlation that inhibits', () => {
  const WEEK = 7 * 24 * HOUR;
  const forgotten = (scene: Scene): number => {
    scene.makeDue(NOON + MINUTE);
    for (let now = NOON + MINUTE; now <= NOON + WEEK + HOUR; now += HOUR) scene.send(now, () => REFUSED);
    return scene.count('alerts', "notified = '{}'");
  };

  it('more than its message shows, leaves none of them as notified when that dies', () => {
    const FROM_ADDRESS = counting('vm.deleted', 13, { level: 'high', groupBy: ['client_ip'] });
    const scene = createScene([HIGH, FROM_ADDRESS]);
    for (let i = 0; i < 13; i++) scene.record([on('vm.deleted', `e${i}`, NOON + i, `actor ${i}`)]);
    expect(scene.makeDue(NOON + MINUTE)[0]).toMatchObject({ inhibitedMore: 3 });
    expect(forgotten(scene)).toBe(14);
  });

  it('one that inhibited others, lists those too', () => {
    const ofAddress = { level: 'high', groupBy: ['client_ip'] } as const;
    const inner = counting('vm.deleted', 1, ofAddress);
    const scene = createScene([HIGH, inner, counting(inner.id, 2, ofAddress)]);
    scene.record([on('vm.deleted', 'a', NOON, 'alice')]);
    scene.record([on('vm.deleted', 'b', NOON + 1, 'bob')]);
    const [message] = scene.makeDue(NOON + MINUTE);
    expect(message.inhibited.map(({ id }: { id: number }) => id).sort()).toEqual([1, 2, 3]);
    expect(forgotten(scene)).toBe(4);
  });
});

describe('reminders', () => {
  it('that are left behind wait no longer because others were taken along', () => {
    const scene = createScene(RULES);
    /** By the hour: who deletes something. */
    const deletes: readonly (readonly [number, string])[] = [
      ...[[0, 'alice'] as const, [1, 'alice'] as const],
      ...[[2, 'carol'] as const, [2, 'dave'] as const, [5, 'carol'] as const, [5, 'dave'] as const],
    ];
    const said: string[] = [];
    for (let minute = 0; minute <= 9 * 60; minute++) {
      const now = NOON + minute * MINUTE;
      for (const [hour, actor] of deletes)
        if (minute === hour * 60) scene.record([on('vm.deleted', `${actor} ${hour}`, now, actor)], { now });
      // Carol's reminder goes with this; Dave's is due four hours after the last one.
      if (minute === 7 * 60) scene.record([on('org.deleted', 'x', now, 'carol')], { now });
      said.push(...ready(scene, now).map((words) => `${minute} ${words}`));
      scene.send(now);
    }
    expect(said).toEqual([
      '1 opened 1',
      '121 opened 2',
      '121 opened 3',
      '241 recurred 1',
      '421 group of 2: 4,2',
      '481 recurred 3',
    ]);
  });
});

describe('a message that dies', () => {
  const WEEK = 7 * 24 * HOUR;

  it('leaves its alerts as not notified: what comes next opens them', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON), on('api_key.created', 'b', NOON)]);
    ready(scene, NOON + MINUTE);
    for (let now = NOON + MINUTE; now <= NOON + WEEK + HOUR; now += HOUR) scene.send(now, () => REFUSED);
    expect(states(scene)).toEqual(['opened 1 dead', 'opened 2 dead', 'group 2 dead']);
    const acts = scene.store.all('SELECT alert, act, who, detail FROM acts ORDER BY alert');
    expect(acts).toEqual(
      [1, 2].map((alert) => ({ alert, act: 'dead', who: 'tocsin', detail: '{"receiver":"slack"}' })),
    );
    expect(scene.store.all('SELECT notified FROM alerts')).toEqual([{ notified: '{}' }, { notified: '{}' }]);
    const now = NOON + WEEK + 2 * HOUR;
    scene.record([on('vm.deleted', 'c', NOON + 6 * 24 * HOUR)], { now });
    expect(states(scene).at(-1)).toBe('opened 1 waiting');
  });

  it('and those that a correlation’s message lists', () => {
    const scene = createScene([
      onAction('vm.deleted', { level: 'medium' }),
      counting('vm.deleted', 1, { level: 'high' }),
    ]);
    scene.record([on('vm.deleted', 'a', NOON)]);
    ready(scene, NOON + MINUTE);
    for (let now = NOON + MINUTE; now <= NOON + WEEK + HOUR; now += HOUR) scene.send(now, () => REFUSED);
    expect(scene.store.all('SELECT id, notified FROM alerts')).toEqual([
      { id: 1, notified: '{}' },
      { id: 2, notified: '{}' },
    ]);
    expect(scene.store.all("SELECT alert FROM acts WHERE act = 'dead' ORDER BY alert")).toEqual([
      { alert: 1 },
      { alert: 2 },
    ]);
  });

  it('resent, it has them again', () => {
    const scene = createScene(RULES);
    scene.record([on('vm.deleted', 'a', NOON), on('api_key.created', 'b', NOON)]);
    ready(scene, NOON + MINUTE);
    for (let now = NOON + MINUTE; now <= NOON + WEEK + HOUR; now += HOUR) scene.send(now, () => REFUSED);
    const { resend } = scene;
    resend(NOON + WEEK + 2 * HOUR);
    expect(states(scene)).toEqual(['opened 1 bundled', 'opened 2 bundled', 'group 2 pending']);
    scene.send(NOON + WEEK + 2 * HOUR);
    expect(states(scene)).toEqual(['opened 1 delivered', 'opened 2 delivered', 'group 2 delivered']);
  });

  it('that waited during an outage ends with the outage’s message, and what is in the message too', () => {
    const scene = createScene(RULES);
    const page = ['alice', 'bob', 'carol', 'dave', 'eve', 'frank'].flatMap((actor, i) => [
      on('vm.stopped', `s${i}`, NOON, actor),
      on('vm.deleted', `d${i}`, NOON, actor),
    ]);
    scene.record(page);
    ready(scene, NOON + MINUTE);
    for (let minute = 1; minute < 180; minute += 5) scene.send(NOON + minute * MINUTE, () => REFUSED);
    for (let minute = 180; minute < 200; minute++) scene.send(NOON + minute * MINUTE);
    expect(new Set(states(scene).map((words) => words.split(' ').at(-1)))).toEqual(new Set(['delivered']));
    expect(scene.count('deliveries', "state = 'delivered' AND notification ->> '$.group.kind' = 'outage'")).toBe(1);
  });
});

describe('a flood', () => {
  it('of 200 actors: the first of its rule by itself, every alert in a message, and few messages', () => {
    const scene = createScene(RULES);
    const messages: string[] = [];
    const alerts = new Map<number, number>();
    for (let second = 0; second < 3 * 3600; second += 5) {
      const now = NOON + second * SECOND;
      if (second < 1_000) scene.record([on('vm.deleted', `e${second}`, now, `actor ${second}`)], { now });
      messages.push(...ready(scene, now));
      scene.send(now);
    }
    for (const row of scene.store.all<{ alert: number }>(
      "SELECT alert FROM deliveries WHERE state = 'delivered' AND notification ->> '$.kind' = 'opened'",
    ))
      alerts.set(row.alert, (alerts.get(row.alert) ?? 0) + 1);
    expect([...alerts.keys()].length).toBe(200);
    expect([...alerts.values()].every((times) => times === 1)).toBe(true);
    expect(messages.length).toBeLessThanOrEqual(30);
    expect(messages.filter((words) => words.startsWith('high flood'))).not.toHaveLength(0);
  });
});

it('is found by its indexes, whatever waits', () => {
  const { store } = createScene(RULES);
  const plan = (sql: string): string => JSON.stringify(store.all(`EXPLAIN QUERY PLAN ${sql}`));
  expect(
    plan("SELECT id FROM deliveries WHERE state = 'waiting' AND receiver = 'a' AND grp = 'b' ORDER BY id"),
  ).toMatch(/deliveries_waiting/);
  expect(
    plan("SELECT id FROM deliveries WHERE state = 'waiting' AND receiver = 'a' AND grp < '~' AND grp <> 'b'"),
  ).toMatch(/deliveries_waiting/);
  expect(plan('SELECT min(due_at) FROM groups WHERE due_at IS NOT NULL')).toMatch(/groups_due/);
});

it('a rule that was raised is notified while its alert is open', () => {
  const scene = createScene([MEDIUM], { receivers: [route('slack'), route('pager', { minLevel: 'critical' })] });
  scene.record([on('vm.stopped', 'a', NOON)]);
  ready(scene, NOON + MINUTE);
  scene.send(NOON + MINUTE);
  const raised = scene.reopened({ engine: compile({ version: 'two', rules: [{ ...MEDIUM, level: 'critical' }] }) });
  raised.record([on('vm.stopped', 'b', NOON + MINUTE)], { now: NOON + MINUTE });
  ready(raised, NOON + 2 * MINUTE);
  expect(
    raised.send(NOON + 2 * MINUTE).map(({ receiver, notification }) => `${receiver} ${notification.kind}`),
  ).toEqual(['slack raised', 'pager opened']);
});
