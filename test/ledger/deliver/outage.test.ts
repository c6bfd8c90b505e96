/** What becomes one message after an outage, what goes by itself, and how both end. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type {
  AlertNotification,
  GroupNotification,
  HealthAlertKind,
  HealthNotification,
  Notification,
} from '../../../src/alert/notification.ts';
import { BUNDLED_MAX } from '../../../src/ledger/deliver/outage.ts';
import { bundleUnder, enqueue } from '../../../src/ledger/deliver/outbox.ts';
import { resend } from '../../../src/ledger/deliver/resend.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { GROUP } from '../../notify/examples.ts';
import { OPENED } from '../../notify/notifications.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, route, type Scene, SECOND } from '../scene.ts';
import { answering, type Office, openOffice, taking, type Vendor } from './post-office.ts';

afterEach(() => {
  vi.useRealTimers();
});

const DELIVERED: Outcome = { kind: 'delivered' };
const BROKEN: Outcome = { kind: 'retry', reason: 'Slack answered 503', afterMs: null };
const REFUSED: Outcome = { kind: 'refused', reason: 'Slack answered 400: too long' };
const SLOW: Outcome = { kind: 'slow down', reason: '429', afterMs: 30 * SECOND };

let alerts = 0;

interface Put {
  readonly receiver?: string;
  readonly kind?: AlertNotification['kind'];
  readonly rule?: string;
  readonly now?: number;
}

/** Enqueues a message about an alert of its own; returns the alert's number. */
function put(
  scene: Scene,
  level: Level,
  { receiver = 'slack', kind = 'opened', rule = level, now = NOON }: Put = {},
): number {
  const alert = ++alerts;
  const notification = {
    ...OPENED,
    kind,
    alert: {
      ...OPENED.alert,
      id: alert,
      level,
      ruleId: rule,
      title: `Title of ${rule}`,
      firstAt: now,
      lastAt: now + MINUTE,
    },
  };
  enqueue(scene.store, { receiver, alert, notification }, now);
  return alert;
}

function putMany(scene: Scene, count: number, level: Level, more: Put = {}): number[] {
  return Array.from({ length: count }, () => put(scene, level, more));
}

function putHealth(scene: Scene, kind: HealthAlertKind, level: Level = 'high', now = NOON): void {
  const notification: HealthNotification = {
    kind: 'health',
    health: { kind, level, subject: 'other', summary: 'it fails', hint: '', since: now },
  };
  enqueue(scene.store, { receiver: 'slack', health: kind, notification }, now);
}

function attempt(scene: Scene, outcome: Outcome, now: number, receiver = 'slack'): Notification | null {
  const taken = scene.outbox.take(receiver, now);
  if (taken.kind !== 'due') return null;
  scene.outbox.settle(taken.due, { reachedAt: now, outcome, paceMs: 0 }, now);
  return taken.due.notification;
}

/** It fails from `from` on, and takes messages at `to`: two critical ones of its own. */
function outage(scene: Scene, from = NOON, to = NOON + 26 * HOUR, receiver = 'slack'): void {
  putMany(scene, 2, 'critical', { receiver, now: from - 1 });
  attempt(scene, BROKEN, from, receiver);
  attempt(scene, DELIVERED, to, receiver);
  attempt(scene, DELIVERED, to, receiver);
}

/** Delivers all that is left; returns what it was, in order. */
function deliverAll(scene: Scene, now: number, receiver = 'slack'): Notification[] {
  const all: Notification[] = [];
  for (let at = now; ; at += SECOND) {
    const each = attempt(scene, DELIVERED, at, receiver);
    if (each === null) return all;
    all.push(each);
  }
}

const states = (scene: Scene): Record<string, number> =>
  Object.fromEntries(
    scene.store
      .all<{ state: string; n: number }>('SELECT state, count(*) AS n FROM deliveries GROUP BY state')
      .map(({ state, n }) => [state, n]),
  );
const outages = (scene: Scene): GroupNotification['group'][] =>
  scene.notifications("notification ->> '$.group.kind' = 'outage'").map(({ group }) => group);
const isOutage = (notification: Notification): boolean =>
  'group' in notification && notification.group.kind === 'outage';
const shown = (notification: Notification): string => {
  if ('group' in notification) return `${notification.group.kind} of ${notification.group.outage?.messages}`;
  return 'health' in notification ? notification.health.kind : `${notification.alert.level} ${notification.alert.id}`;
};

describe('after an outage of 26 hours', () => {
  it('critical alerts, the first of each rule at high and what is new go by themselves; the rest is one message', async () => {
    const office = openOffice({ vendors: { slack: answering(BROKEN) } });
    const { scene } = office;
    putMany(scene, 60, 'low');
    const medium = putMany(scene, 40, 'medium');
    const a = putMany(scene, 3, 'high', { rule: 'a' });
    const b = putMany(scene, 3, 'high', { rule: 'b' });
    const critical = putMany(scene, 5, 'critical');
    await office.runFor(25.5 * HOUR);
    const late = putMany(scene, 10, 'medium', { now: Date.now() });
    await office.runFor(0.5 * HOUR);
    office.does('slack', taking(50));
    await office.runUntilEmpty(HOUR);
    const got = (office.arrived.get('slack') ?? []).map(({ notification }) => shown(notification));
    // The outage ends with whichever message was tried then.
    const [probe = '', ...rest] = got.filter((each) => each !== 'unhealthy-receiver');
    const alone = [
      ...critical.map((id) => `critical ${id}`),
      `high ${a[0]}`,
      `high ${b[0]}`,
      // With the health alert about the backlog.
      'outage of 105',
      ...late.map((id) => `medium ${id}`),
    ];
    expect(rest).toEqual(alone.filter((each) => each !== probe));
    expect(alone).toContain(probe);
    expect(scene.count('deliveries', "state = 'delivered' AND reason = 'in a message with others'")).toBe(105);
    expect(scene.count('deliveries', "state = 'delivered' AND alert IS NOT NULL")).toBe(5 + 6 + 40 + 60 + 10);
    const [message] = outages(scene);
    expect(message).toMatchObject({
      level: 'high',
      alerts: 104,
      decisions: 104,
      since: NOON,
      // The most severe, and of those the newest.
      first: { kind: 'opened', alert: { id: b[2], title: 'Title of b' } },
      more: 88,
      distinct: { rules: 4 },
      rules: [
        { name: 'Title of low', alerts: 60 },
        { name: 'Title of medium', alerts: 40 },
        { name: 'Title of b', alerts: 2 },
        { name: 'Title of a', alerts: 2 },
      ],
      outage: { messages: 105, healthMessages: 1 },
    });
    const first = [b[1], a[2], a[1], ...[...medium].reverse()].slice(0, 15);
    expect(message?.others.map(({ id }) => id)).toEqual(first);
    expect(message?.outage?.health).toEqual([expect.stringMatching(/slack/)]);
    expect((message?.outage?.to ?? 0) - (message?.outage?.from ?? 0)).toBeGreaterThan(25.9 * HOUR);
  }, 60_000);

  it('only the receiver that was down gets one, of what waited for it', () => {
    const scene = createScene([], { receivers: [route('slack'), route('mail')] });
    putMany(scene, 10, 'low');
    putMany(scene, 10, 'low', { receiver: 'mail' });
    attempt(scene, DELIVERED, NOON, 'mail');
    outage(scene);
    attempt(scene, DELIVERED, NOON + 26 * HOUR, 'mail');
    expect(outages(scene)).toMatchObject([{ outage: { messages: 10 } }]);
    expect(scene.count('deliveries', "receiver = 'slack' AND notification ->> '$.group.kind' = 'outage'")).toBe(1);
    expect(scene.count('deliveries', "receiver = 'mail' AND state = 'bundled'")).toBe(0);
  });

  it('one that programs read gets each message', () => {
    const scene = createScene([], { receivers: [route('webhook', { forPrograms: true })] });
    putMany(scene, 10, 'low', { receiver: 'webhook' });
    outage(scene, NOON, NOON + 26 * HOUR, 'webhook');
    expect(deliverAll(scene, NOON + 26 * HOUR, 'webhook')).toHaveLength(10);
    expect(outages(scene)).toEqual([]);
  });

  it.each([
    [2, 0, 2],
    [3, 3, 1],
  ])('%i messages: %i are in one, %i go out', (waiting, bundled, sent) => {
    const scene = createScene();
    putMany(scene, waiting, 'low');
    outage(scene);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(bundled);
    expect(deliverAll(scene, NOON + 26 * HOUR)).toHaveLength(sent);
  });

  const single: [string, (scene: Scene) => void, number][] = [
    [
      'has no other message: updates at high without an opened one are bundled',
      (scene) => void putMany(scene, 4, 'high', { kind: 'updated' }),
      4,
    ],
    [
      'at high the update of an alert is bundled, its opening is not',
      (scene) => {
        putMany(scene, 3, 'high');
        putMany(scene, 3, 'high', { kind: 'updated' });
      },
      5,
    ],
    ['at high what is resolved is bundled', (scene) => void putMany(scene, 3, 'high', { kind: 'resolved' }), 3],
    ['critical updates are not bundled', (scene) => void putMany(scene, 5, 'critical', { kind: 'updated' }), 0],
    [
      'a rule has its first by the time it waits, not by the order of its alerts',
      (scene) => {
        putMany(scene, 4, 'high', { rule: 'a', now: NOON + HOUR });
        putMany(scene, 1, 'high', { rule: 'a', now: NOON + MINUTE });
      },
      4,
    ],
  ];
  it.each(single)('%s', (_, fill, bundled) => {
    const scene = createScene();
    fill(scene);
    outage(scene, NOON - HOUR);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(bundled);
  });

  /** A group's message that waits, with the decisions that end with it, each about an alert of its own. */
  const putGroup = (scene: Scene, level: Level, count: number, rule: string, now = NOON): number[] => {
    const ids = Array.from({ length: count }, () => put(scene, level, { rule, now }));
    const rows = scene.store.all<{ id: number }>(`SELECT id FROM deliveries WHERE alert IN (${ids.join()})`);
    const first = { ...OPENED, alert: { ...OPENED.alert, id: ids[0] ?? 0, level, ruleId: rule } };
    const notification = { kind: 'group', group: { ...GROUP.group, level, first, decisions: count } } as const;
    enqueue(scene.store, { receiver: 'slack', alert: ids[0] ?? 0, notification }, now);
    bundleUnder(scene.store, rows);
    return ids;
  };

  it('each alert of a group is counted, with its rule; at high a group goes by itself as the first of its rule', () => {
    const scene = createScene();
    putGroup(scene, 'high', 3, 'h');
    const [a, b, c] = [putGroup(scene, 'medium', 4, 'm'), putGroup(scene, 'medium', 2, 'n'), [put(scene, 'low')]];
    outage(scene, NOON - HOUR);
    const [message] = outages(scene);
    expect(message).toMatchObject({
      level: 'medium',
      alerts: 7,
      decisions: 7,
      first: { alert: { id: b[1] } },
      rules: [
        { name: 'Title of m', alerts: 4 },
        { name: 'Title of n', alerts: 2 },
        { name: 'Title of low', alerts: 1 },
      ],
      outage: { messages: 3, healthMessages: 0 },
    });
    expect(message?.others.map(({ id }) => id).sort()).toEqual([...a, b[0], ...c].sort());
    expect(deliverAll(scene, NOON + 26 * HOUR).map(shown)).toEqual(['group of undefined', 'outage of 3']);
    expect(Object.keys(states(scene))).toEqual(['delivered']);
  });

  it('groups with more decisions than one message may have are not in the same one', () => {
    const scene = createScene();
    for (const rule of ['a', 'b', 'c']) {
      const [first = 0] = putGroup(scene, 'medium', 2, rule);
      scene.store.run(
        "UPDATE deliveries SET notification = json_set(notification, '$.group.decisions', 6000) WHERE alert = ? AND state = 'pending'",
        first,
      );
    }
    putMany(scene, 4, 'low');
    outage(scene, NOON - HOUR);
    expect(deliverAll(scene, NOON + 26 * HOUR).map(shown)).toEqual([
      ...['group of undefined', 'group of undefined'],
      'outage of 5',
    ]);
    expect(Object.keys(states(scene))).toEqual(['delivered']);
  });

  it('health alerts alone go by themselves', () => {
    const scene = createScene();
    for (let i = 0; i < 4; i++) putHealth(scene, 'dead-delivery');
    outage(scene, NOON - HOUR);
    expect(outages(scene)).toEqual([]);
    expect(deliverAll(scene, NOON + 26 * HOUR)).toHaveLength(4);
  });

  it('what an older version made of an outage goes by itself, as a short text', () => {
    const scene = createScene();
    const old = put(scene, 'medium');
    const digest = { kind: 'digest', digest: { receiver: 'slack', level: 'medium', messages: 12, healthMessages: 0 } };
    scene.store.run(
      'UPDATE deliveries SET notification = ?, alert = NULL WHERE alert = ?',
      JSON.stringify(digest),
      old,
    );
    putMany(scene, 3, 'low');
    outage(scene, NOON - HOUR);
    expect(outages(scene)).toMatchObject([{ outage: { messages: 3 } }]);
    expect(deliverAll(scene, NOON + 26 * HOUR)).toContainEqual(digest);
    expect(Object.keys(states(scene))).toEqual(['delivered']);
  });

  it('health alerts are bundled, except critical ones, and are counted apart', () => {
    const scene = createScene();
    putHealth(scene, 'blind');
    putHealth(scene, 'ledger-failing', 'critical');
    for (let i = 0; i < 12; i++) putHealth(scene, 'dead-delivery');
    put(scene, 'low');
    outage(scene, NOON - HOUR);
    const [message] = outages(scene);
    expect(message).toMatchObject({ level: 'high', alerts: 1, outage: { messages: 14, healthMessages: 13 } });
    expect(message?.outage?.health).toEqual(Array.from({ length: 10 }, () => 'it fails'));
    expect(deliverAll(scene, NOON + 26 * HOUR).map(shown)).toEqual(['ledger-failing', 'outage of 14']);
  });

  it('what can not be read waits by itself, and holds up no other', () => {
    const scene = createScene();
    putMany(scene, 4, 'low');
    const damaged = put(scene, 'low');
    scene.store.run('UPDATE deliveries SET notification = \'{"kind":\' WHERE alert = ?', damaged);
    outage(scene, NOON - HOUR);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(4);
    expect(scene.count('deliveries', `state = 'pending' AND alert = ${damaged}`)).toBe(1);
  });

  it('a message that has failed by itself for hours is in the outage’s message too', () => {
    const scene = createScene();
    const poison = put(scene, 'medium');
    attempt(scene, REFUSED, NOON);
    put(scene, 'low');
    attempt(scene, DELIVERED, NOON + 1);
    attempt(scene, REFUSED, NOON + 2 * MINUTE);
    putMany(scene, 5, 'low', { now: NOON + 2 * MINUTE });
    outage(scene, NOON + 3 * MINUTE);
    expect(scene.count('deliveries', `state = 'bundled' AND alert = ${poison}`)).toBe(1);
  });
});

describe('no outage, and no message of one', () => {
  const rows: [string, (scene: Scene) => void][] = [
    [
      'a receiver that asked to slow down for hours',
      (scene) => {
        for (let at = NOON; at < NOON + 5 * HOUR; at += 10 * MINUTE) attempt(scene, SLOW, at);
        attempt(scene, DELIVERED, NOON + 5 * HOUR);
      },
    ],
    [
      'one that was slow for hours and failed for a minute',
      (scene) => {
        for (let at = NOON; at < NOON + 5 * HOUR; at += 10 * MINUTE) attempt(scene, SLOW, at);
        outage(scene, NOON + 5 * HOUR, NOON + 5 * HOUR + MINUTE);
      },
    ],
    ['50 minutes', (scene) => outage(scene, NOON, NOON + 50 * MINUTE)],
    [
      'a failed test message',
      (scene) => {
        scene.outbox.recordTest('slack', BROKEN, NOON + 26 * HOUR);
        scene.outbox.recordTest('slack', DELIVERED, NOON + 26 * HOUR + MINUTE);
      },
    ],
  ];
  it.each(rows)('%s', (_, happens) => {
    const scene = createScene();
    putMany(scene, 10, 'low');
    happens(scene);
    expect(outages(scene)).toEqual([]);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(0);
  });
});

describe('a test message that succeeds', () => {
  it('ends an outage as any other does; the message that is being sent stays by itself', () => {
    const scene = createScene();
    putMany(scene, 6, 'low');
    attempt(scene, BROKEN, NOON);
    const taken = scene.outbox.take('slack', NOON + 26 * HOUR);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 26 * HOUR + SECOND);
    expect(states(scene)).toEqual({ bundled: 5, pending: 2 });
    if (taken.kind !== 'due') throw new Error('nothing was due');
    scene.outbox.settle(taken.due, { reachedAt: NOON, outcome: DELIVERED, paceMs: 0 }, NOON + 26 * HOUR + 2 * SECOND);
    expect(deliverAll(scene, NOON + 27 * HOUR).map(shown)).toEqual(['outage of 5']);
    expect(states(scene)).toEqual({ delivered: 7 });
  });
});

describe('a test message that succeeds while more wait than one message takes, and one is being sent', () => {
  it('leaves the others to the next success', () => {
    const scene = createScene();
    scene.store.transaction(() => void putMany(scene, BUNDLED_MAX + 100, 'low'));
    attempt(scene, BROKEN, NOON);
    scene.outbox.take('slack', NOON + 26 * HOUR);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 26 * HOUR + SECOND);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(BUNDLED_MAX);
    expect(scene.count('receivers', 'bundling IS NOT NULL AND attempt_of IS NOT NULL')).toBe(1);
  });
});

describe('how the message ends', () => {
  const bundled = (): Scene => {
    const scene = createScene([], { receivers: [route('slack'), route('mail')] });
    put(scene, 'low', { now: NOON - 1 });
    putMany(scene, 5, 'medium');
    attempt(scene, BROKEN, NOON);
    attempt(scene, BROKEN, NOON + MINUTE);
    attempt(scene, DELIVERED, NOON + 26 * HOUR);
    return scene;
  };
  /** The message alone is refused for more than a day. */
  const died = (): Scene => {
    const scene = bundled();
    let at = NOON + 26 * HOUR;
    for (; scene.count('deliveries', "state = 'bundled'") > 0 && at < NOON + 10 * DAY; at += HOUR) {
      put(scene, 'low', { now: at });
      for (let i = 0; i < 4; i++) {
        const taken = scene.outbox.take('slack', at + i * SECOND);
        if (taken.kind !== 'due') continue;
        const outcome = isOutage(taken.due.notification) ? REFUSED : DELIVERED;
        scene.outbox.settle(taken.due, { reachedAt: at, outcome, paceMs: 0 }, at + i * SECOND);
      }
    }
    return scene;
  };

  it('while it waits, so does what is in it: nothing of it is sent, counted as ended or evicted', () => {
    const scene = bundled();
    expect(states(scene)).toEqual({ bundled: 5, pending: 1, delivered: 1 });
    expect(scene.ledger.status(NOON + 26 * HOUR).receivers[0]).toMatchObject({ pending: 6, bundled: 5, dead: 0 });
    expect(scene.ledger.status(NOON + 26 * HOUR).deliveries).toMatchObject({ pending: 6, bundled: 5, delivered: 1 });
    scene.record([entry('new', NOON + 60 * DAY)], { now: NOON + 60 * DAY });
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(5);
  });

  it('delivered: so is what is in it, in it', () => {
    const scene = bundled();
    expect(deliverAll(scene, NOON + 27 * HOUR).map(shown)).toEqual(['outage of 5']);
    const where = `state = 'delivered' AND reason = 'in a message with others' AND settled_at = ${NOON + 27 * HOUR} AND digest = 7`;
    expect(scene.count('deliveries', where)).toBe(5);
    scene.record([entry('new', NOON + 60 * DAY)], { now: NOON + 60 * DAY });
    expect(scene.count('deliveries')).toBe(0);
  });

  it('dead: so is what is in it, with its reason, and somebody else is notified of how much it was', () => {
    const scene = died();
    const [message] = scene.store.all<{ state: string; reason: string }>(
      "SELECT state, reason FROM deliveries WHERE notification ->> '$.group.kind' = 'outage'",
    );
    expect(message).toMatchObject({ state: 'dead', reason: expect.stringMatching(/failed for a day .*too long/) });
    expect(scene.count('deliveries', `state = 'dead' AND digest = 7 AND reason = '${message?.reason}'`)).toBe(5);
    const [health] = scene.notifications("receiver = 'mail' AND health = 'dead-delivery'");
    expect(health.health.summary).toMatch(/It was about alert \d+, \[MEDIUM\] Title of medium and 4 more alerts$/);
    expect(scene.ledger.status(NOON + 60 * HOUR).dead).toMatchObject([{ receiver: 'slack', reason: message?.reason }]);
  });

  it.each([
    ['slack', null],
    ['slack', 'mail'],
    [null, null],
  ])('resent (%s to %s): it goes as one, and what is in it follows', (receiver, to) => {
    const scene = died();
    expect(resend(scene.store, receiver, to, ['slack', 'mail'], NOON + 60 * HOUR)).toBe(6);
    expect(scene.count('deliveries', "state = 'bundled' AND digest = 7")).toBe(5);
    expect(deliverAll(scene, NOON + 60 * HOUR, to ?? 'slack').map(shown)).toContain('outage of 5');
    expect(scene.count('deliveries', `state = 'delivered' AND digest = 7 AND receiver = '${to ?? 'slack'}'`)).toBe(5);
    expect(scene.count('deliveries', "state IN ('bundled', 'dead')")).toBe(0);
  });

  it('what waits for a receiver that was renamed goes to the other one, the message and all that is in it', () => {
    const scene = bundled();
    expect(resend(scene.store, 'slack', 'mail', [], NOON + 27 * HOUR)).toBe(6);
    expect(deliverAll(scene, NOON + 27 * HOUR, 'mail').map(shown)).toEqual(['outage of 5']);
    expect(scene.count('deliveries', "receiver = 'mail' AND state = 'delivered'")).toBe(6);
  });

  it('of a receiver that was removed: dead after seven days, with what is in it', () => {
    const scene = bundled().reopened({ receivers: [route('mail')] });
    scene.ledger.watchdog(NOON + 9 * DAY);
    expect(scene.count('deliveries', "state = 'dead' AND reason LIKE '%7 days%slack%'")).toBe(6);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(0);
  });

  it('a second outage bundles what is new, and not the message of the first', () => {
    const scene = bundled();
    put(scene, 'critical', { now: NOON + 26 * HOUR });
    putMany(scene, 4, 'low', { now: NOON + 26 * HOUR });
    outage(scene, NOON + 27 * HOUR, NOON + 40 * HOUR);
    expect(outages(scene)).toMatchObject([{ outage: { messages: 5 } }, { outage: { messages: 4 } }]);
    deliverAll(scene, NOON + 41 * HOUR);
    expect(Object.keys(states(scene))).toEqual(['delivered']);
  });

  it('is shown with each alert: bundled, and delivered in it', () => {
    const scene = bundled();
    const alert = alerts;
    const rows = () =>
      scene.store.all<{ state: string; reason: string | null }>(
        'SELECT state, reason FROM deliveries WHERE alert = ?',
        alert,
      );
    expect(rows()).toMatchObject([{ state: 'bundled' }]);
    deliverAll(scene, NOON + 27 * HOUR);
    expect(rows()).toEqual([{ state: 'delivered', reason: 'in a message with others' }]);
  });

  it('the object may die whenever: nothing is lost, and what is in the message ends with it', async () => {
    const slow: Vendor = ({ notification }) => ({
      outcome: DELIVERED,
      afterMs: isOutage(notification) ? 20 * SECOND : 50,
    });
    const office: Office = openOffice({ vendors: { slack: answering(BROKEN) } });
    putMany(office.scene, 2, 'critical');
    putMany(office.scene, 20, 'low');
    await office.runFor(3 * HOUR);
    office.does('slack', slow);
    for (let i = 0; office.scene.count('deliveries', "state = 'bundled'") === 0 && i < 100; i++) {
      await office.runFor(10 * SECOND);
    }
    expect(office.scene.count('deliveries', "state = 'bundled'")).toBeGreaterThan(15);
    office.restart();
    await office.runFor(65 * SECOND);
    office.does('slack', taking(50));
    await office.runUntilEmpty(HOUR);
    expect(Object.keys(states(office.scene))).toEqual(['delivered']);
    expect(outages(office.scene)).toHaveLength(1);
  });

  it('a failed write leaves everything as it was, and the next success makes the message', () => {
    const scene = createScene();
    putMany(scene, 6, 'low');
    attempt(scene, BROKEN, NOON);
    scene.failNext("SET state = 'bundled'");
    expect(() => attempt(scene, DELIVERED, NOON + 26 * HOUR)).toThrow('the disk is full');
    expect(states(scene)).toEqual({ pending: 6 });
    attempt(scene, DELIVERED, NOON + 27 * HOUR);
    expect(outages(scene)).toMatchObject([{ outage: { messages: 5 } }]);
  });
});

describe('12,000 that wait', () => {
  it.each<[Level, number]>([
    ['low', 0],
    ['high', 3],
  ])(
    'at %s become messages of bounded size, the first of each rule once by itself (%i of 3 rules)',
    (level, alone) => {
      const scene = createScene();
      putMany(scene, 4, 'critical', { now: NOON - 1 });
      scene.store.transaction(() => {
        for (let i = 0; i < 12_000; i++) put(scene, level, { rule: `rule ${i % 3}` });
      });
      attempt(scene, BROKEN, NOON);
      const at = NOON + 26 * HOUR;
      const seen: number[] = [];
      const sent: Notification[] = [];
      for (let i = 0; i < 20; i++) {
        const before = scene.count('deliveries', 'digest IS NOT NULL');
        const each = attempt(scene, DELIVERED, at + i * SECOND);
        seen.push(scene.count('deliveries', 'digest IS NOT NULL') - before);
        if (each !== null) sent.push(each);
      }
      expect(Math.max(...seen)).toBeLessThanOrEqual(BUNDLED_MAX);
      expect(scene.count('deliveries', "state <> 'delivered'")).toBe(0);
      expect(outages(scene)).toHaveLength(3);
      expect(outages(scene).reduce((sum, { outage: of }) => sum + (of?.messages ?? 0), 0)).toBe(12_000 - alone);
      const byThemselves = sent.filter((each) => 'alert' in each && each.alert.level === level);
      expect(byThemselves.map((each) => 'alert' in each && each.alert.ruleId)).toEqual(
        ['rule 0', 'rule 1', 'rule 2'].slice(0, alone),
      );
      for (const message of outages(scene)) expect(JSON.stringify(message).length).toBeLessThan(8_000);
      expect(scene.count('receivers', 'bundling IS NOT NULL')).toBe(0);
    },
    60_000,
  );

  it('what a message holds of them is bounded, whatever their rules are called', () => {
    const scene = createScene();
    for (let i = 0; i < 500; i++) put(scene, 'medium', { rule: `${i}${'x'.repeat(2_000)}` });
    outage(scene);
    const [message] = outages(scene);
    expect(message).toMatchObject({ alerts: 500, distinct: { rules: 500 }, others: { length: 15 }, more: 484 });
    expect(message?.rules).toHaveLength(5);
    expect(message?.rules.every(({ name }) => name.length <= 200)).toBe(true);
  });
});
