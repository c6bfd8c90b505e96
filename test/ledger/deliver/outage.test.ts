/** What becomes a digest after an outage, what goes by itself, and how both end. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type {
  AlertNotification,
  DigestNotification,
  HealthAlertKind,
  HealthNotification,
  Notification,
} from '../../../src/alert/notification.ts';
import { BUNDLED_MAX } from '../../../src/ledger/deliver/outage.ts';
import { enqueue, resend } from '../../../src/ledger/deliver/outbox.ts';
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
const digests = (scene: Scene): DigestNotification['digest'][] =>
  scene.notifications("notification ->> '$.kind' = 'digest'").map(({ digest }) => digest);
const shown = (notification: Notification): string => {
  if ('group' in notification) return 'group';
  if ('digest' in notification) return `digest of ${notification.digest.messages + notification.digest.healthMessages}`;
  return 'health' in notification ? notification.health.kind : `${notification.alert.level} ${notification.alert.id}`;
};

describe('after an outage of 26 hours', () => {
  it('critical alerts, the first of each rule at high and what is new go by themselves; the rest is one digest', async () => {
    const office = openOffice({ vendors: { slack: answering(BROKEN) } });
    const { scene } = office;
    const low = putMany(scene, 60, 'low');
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
      'digest of 105',
      ...late.map((id) => `medium ${id}`),
    ];
    expect(rest).toEqual(alone.filter((each) => each !== probe));
    expect(alone).toContain(probe);
    expect(scene.count('deliveries', "state = 'delivered' AND reason = 'in a message with others'")).toBe(105);
    expect(scene.count('deliveries', "state = 'delivered' AND alert IS NOT NULL")).toBe(5 + 6 + 40 + 60 + 10);
    const [digest] = digests(scene);
    expect(digest).toMatchObject({
      receiver: 'slack',
      level: 'high',
      messages: 104,
      alerts: 104,
      rules: 4,
      health: [{ kind: 'health', health: { kind: 'backlog', subject: 'slack' } }],
    });
    expect(digest?.first).toEqual([
      {
        ruleId: 'a',
        title: 'Title of a',
        level: 'high',
        alerts: 2,
        messages: 2,
        ids: a.slice(1),
        firstAt: NOON,
        lastAt: NOON + MINUTE,
      },
      {
        ruleId: 'b',
        title: 'Title of b',
        level: 'high',
        alerts: 2,
        messages: 2,
        ids: b.slice(1),
        firstAt: NOON,
        lastAt: NOON + MINUTE,
      },
      {
        ruleId: 'medium',
        title: 'Title of medium',
        level: 'medium',
        alerts: 40,
        messages: 40,
        ids: medium.slice(0, 3),
        firstAt: NOON,
        lastAt: NOON + MINUTE,
      },
      {
        ruleId: 'low',
        title: 'Title of low',
        level: 'low',
        alerts: 60,
        messages: 60,
        ids: low.slice(0, 3),
        firstAt: NOON,
        lastAt: NOON + MINUTE,
      },
    ]);
    expect((digest?.downTo ?? 0) - (digest?.downFrom ?? 0)).toBeGreaterThan(25.9 * HOUR);
  }, 60_000);

  it('only the receiver that was down gets one, of what waited for it', () => {
    const scene = createScene([], { receivers: [route('slack'), route('mail')] });
    putMany(scene, 10, 'low');
    putMany(scene, 10, 'low', { receiver: 'mail' });
    attempt(scene, DELIVERED, NOON, 'mail');
    outage(scene);
    attempt(scene, DELIVERED, NOON + 26 * HOUR, 'mail');
    expect(digests(scene)).toMatchObject([{ receiver: 'slack', messages: 10 }]);
    expect(scene.count('deliveries', "receiver = 'mail' AND state = 'bundled'")).toBe(0);
  });

  it('one that programs read gets each message', () => {
    const scene = createScene([], { receivers: [route('webhook', { forPrograms: true })] });
    putMany(scene, 10, 'low', { receiver: 'webhook' });
    outage(scene, NOON, NOON + 26 * HOUR, 'webhook');
    expect(deliverAll(scene, NOON + 26 * HOUR, 'webhook')).toHaveLength(10);
    expect(digests(scene)).toEqual([]);
  });

  it.each([
    [2, 0, 2],
    [3, 3, 1],
  ])('%i messages: %i are in a digest, %i go out', (waiting, bundled, sent) => {
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
    [
      'groups are bundled like one alert of their first rule',
      (scene) => {
        for (const level of ['high', 'medium', 'medium', 'low'] as const) {
          const notification = { kind: 'group', group: { ...GROUP.group, level } } as const;
          enqueue(scene.store, { receiver: 'slack', alert: 14, notification }, NOON);
        }
      },
      3,
    ],
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

  it('health alerts are bundled, except critical ones, and are counted apart', () => {
    const scene = createScene();
    putHealth(scene, 'blind');
    putHealth(scene, 'ledger-failing', 'critical');
    for (let i = 0; i < 12; i++) putHealth(scene, 'dead-delivery');
    put(scene, 'low');
    outage(scene, NOON - HOUR);
    const [digest] = digests(scene);
    expect(digest).toMatchObject({ level: 'high', messages: 1, healthMessages: 13, rules: 1 });
    expect(digest?.health).toHaveLength(10);
    expect(digest?.health[0]).toEqual({ kind: 'health', health: { kind: 'blind', subject: 'other' } });
    expect(deliverAll(scene, NOON + 26 * HOUR).map(shown)).toEqual(['ledger-failing', 'digest of 14']);
  });

  it('what can not be read waits by itself, and holds up no digest', () => {
    const scene = createScene();
    putMany(scene, 4, 'low');
    const damaged = put(scene, 'low');
    scene.store.run('UPDATE deliveries SET notification = \'{"kind":\' WHERE alert = ?', damaged);
    outage(scene, NOON - HOUR);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(4);
    expect(scene.count('deliveries', `state = 'pending' AND alert = ${damaged}`)).toBe(1);
  });

  it('a message that has failed by itself for hours is in the digest too', () => {
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

describe('no outage, and no digest', () => {
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
    expect(digests(scene)).toEqual([]);
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
    expect(deliverAll(scene, NOON + 27 * HOUR).map(shown)).toEqual(['digest of 5']);
    expect(states(scene)).toEqual({ delivered: 7 });
  });
});

describe('a test message that succeeds while more wait than one digest takes, and one is being sent', () => {
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

describe('how a digest ends', () => {
  const bundled = (): Scene => {
    const scene = createScene([], { receivers: [route('slack'), route('mail')] });
    put(scene, 'low', { now: NOON - 1 });
    putMany(scene, 5, 'medium');
    attempt(scene, BROKEN, NOON);
    attempt(scene, BROKEN, NOON + MINUTE);
    attempt(scene, DELIVERED, NOON + 26 * HOUR);
    return scene;
  };
  /** The digest alone is refused for more than a day. */
  const died = (): Scene => {
    const scene = bundled();
    let at = NOON + 26 * HOUR;
    for (; scene.count('deliveries', "state = 'bundled'") > 0 && at < NOON + 10 * DAY; at += HOUR) {
      put(scene, 'low', { now: at });
      for (let i = 0; i < 4; i++) {
        const taken = scene.outbox.take('slack', at + i * SECOND);
        if (taken.kind !== 'due') continue;
        const outcome = 'digest' in taken.due.notification ? REFUSED : DELIVERED;
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

  it('delivered: so is what is in it, in the digest', () => {
    const scene = bundled();
    expect(deliverAll(scene, NOON + 27 * HOUR).map(shown)).toEqual(['digest of 5']);
    const where = `state = 'delivered' AND reason = 'in a message with others' AND settled_at = ${NOON + 27 * HOUR} AND digest = 7`;
    expect(scene.count('deliveries', where)).toBe(5);
    scene.record([entry('new', NOON + 60 * DAY)], { now: NOON + 60 * DAY });
    expect(scene.count('deliveries')).toBe(0);
  });

  it('dead: so is what is in it, with its reason, and somebody else is notified of how much it was', () => {
    const scene = died();
    const [digest] = scene.store.all<{ state: string; reason: string }>(
      "SELECT state, reason FROM deliveries WHERE notification ->> '$.kind' = 'digest'",
    );
    expect(digest).toMatchObject({ state: 'dead', reason: expect.stringMatching(/failed for a day .*too long/) });
    expect(scene.count('deliveries', `state = 'dead' AND digest = 7 AND reason = '${digest?.reason}'`)).toBe(5);
    const [health] = scene.notifications("receiver = 'mail' AND health = 'dead-delivery'");
    expect(health.health.summary).toMatch(/It was a digest of 5 notifications/);
    expect(scene.ledger.status(NOON + 60 * HOUR).dead).toMatchObject([{ receiver: 'slack', reason: digest?.reason }]);
  });

  it.each([
    ['slack', null],
    ['slack', 'mail'],
    [null, null],
  ])('resent (%s to %s): it goes as one, and what is in it follows', (receiver, to) => {
    const scene = died();
    expect(resend(scene.store, receiver, to, ['slack', 'mail'], NOON + 60 * HOUR)).toBe(6);
    expect(scene.count('deliveries', "state = 'bundled' AND digest = 7")).toBe(5);
    expect(deliverAll(scene, NOON + 60 * HOUR, to ?? 'slack').map(shown)).toContain('digest of 5');
    expect(scene.count('deliveries', `state = 'delivered' AND digest = 7 AND receiver = '${to ?? 'slack'}'`)).toBe(5);
    expect(scene.count('deliveries', "state IN ('bundled', 'dead')")).toBe(0);
  });

  it('what waits for a receiver that was renamed goes to the other one, the digest and all that is in it', () => {
    const scene = bundled();
    expect(resend(scene.store, 'slack', 'mail', [], NOON + 27 * HOUR)).toBe(6);
    expect(deliverAll(scene, NOON + 27 * HOUR, 'mail').map(shown)).toEqual(['digest of 5']);
    expect(scene.count('deliveries', "receiver = 'mail' AND state = 'delivered'")).toBe(6);
  });

  it('of a receiver that was removed: dead after seven days, with what is in it', () => {
    const scene = bundled().reopened({ receivers: [route('mail')] });
    scene.ledger.watchdog(NOON + 9 * DAY);
    expect(scene.count('deliveries', "state = 'dead' AND reason LIKE '%7 days%slack%'")).toBe(6);
    expect(scene.count('deliveries', "state = 'bundled'")).toBe(0);
  });

  it('a second outage bundles what is new, and not the digest', () => {
    const scene = bundled();
    put(scene, 'critical', { now: NOON + 26 * HOUR });
    putMany(scene, 4, 'low', { now: NOON + 26 * HOUR });
    outage(scene, NOON + 27 * HOUR, NOON + 40 * HOUR);
    expect(digests(scene)).toMatchObject([{ messages: 5 }, { messages: 4 }]);
    deliverAll(scene, NOON + 41 * HOUR);
    expect(Object.keys(states(scene))).toEqual(['delivered']);
  });

  it('is shown with each alert: in a digest, and delivered in it', () => {
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

  it('the object may die whenever: nothing is lost, and what is in the digest ends with it', async () => {
    const slow: Vendor = ({ notification }) => ({
      outcome: DELIVERED,
      afterMs: 'digest' in notification ? 20 * SECOND : 50,
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
    expect(digests(office.scene)).toHaveLength(1);
  });

  it('a failed write leaves everything as it was, and the next success makes the digest', () => {
    const scene = createScene();
    putMany(scene, 6, 'low');
    attempt(scene, BROKEN, NOON);
    scene.failNext("SET state = 'bundled'");
    expect(() => attempt(scene, DELIVERED, NOON + 26 * HOUR)).toThrow('the disk is full');
    expect(states(scene)).toEqual({ pending: 6 });
    attempt(scene, DELIVERED, NOON + 27 * HOUR);
    expect(digests(scene)).toMatchObject([{ messages: 5 }]);
  });
});

describe('12,000 that wait', () => {
  it.each<[Level, number]>([
    ['low', 0],
    ['high', 3],
  ])(
    'at %s become digests of bounded size, the first of each rule once by itself (%i of 3 rules)',
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
      expect(digests(scene)).toHaveLength(3);
      expect(digests(scene).reduce((sum, { messages }) => sum + messages, 0)).toBe(12_000 - alone);
      const byThemselves = sent.filter((each) => 'alert' in each && each.alert.level === level);
      expect(byThemselves.map((each) => 'alert' in each && each.alert.ruleId)).toEqual(
        ['rule 0', 'rule 1', 'rule 2'].slice(0, alone),
      );
      for (const digest of digests(scene)) expect(JSON.stringify(digest).length).toBeLessThan(2_000);
      expect(scene.count('receivers', 'bundling IS NOT NULL')).toBe(0);
    },
    60_000,
  );

  it('what a digest holds of them is bounded, whatever their rules are called', () => {
    const scene = createScene();
    for (let i = 0; i < 500; i++) put(scene, 'medium', { rule: `${i}${'x'.repeat(2_000)}` });
    outage(scene);
    const [digest] = digests(scene);
    expect(digest).toMatchObject({ rules: 500, first: { length: 20 }, more: { rules: 480, alerts: 480 } });
    expect(JSON.stringify(digest).length).toBeLessThan(12_000);
  });
});
