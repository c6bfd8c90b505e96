/** Deliveries: what is taken, how an attempt is settled, what waits too long; and how often health alerts are notified. */
import { describe, expect, it } from 'vitest';
import { ATTEMPT_MAX_MS, type Due, enqueue, type Settled } from '../../../src/ledger/deliver/outbox.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import { LEVELS } from '../../../src/sigma/index.ts';
import { GROUP } from '../../notify/examples.ts';
import {
  createScene,
  DAY,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
  route as toPeople,
} from '../scene.ts';

/** Programs get each decision by itself, at once: what is tested here is what comes after. */
const route = (name: string, more: Parameters<typeof toPeople>[1] = {}) =>
  toPeople(name, { forPrograms: true, ...more });

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no such channel' };
const retry = (afterMs: number | null = null): Outcome => ({ kind: 'retry', reason: 'HTTP 500', afterMs });
const slow = (afterMs: number | null = null): Outcome => ({ kind: 'slow down', reason: 'HTTP 429', afterMs });

let actors = 0;

/** Opens an alert, with a delivery for each receiver. */
function open(scene: Scene, now = NOON): void {
  const id = `actor-${++actors}`;
  scene.record([entry(id, NOON, { actor: { id } })], { now });
}

/** Takes what is due. */
function take(scene: Scene, now: number, receiver = 'slack'): Due {
  const taken = scene.outbox.take(receiver, now);
  if (taken.kind !== 'due') throw new Error(`${receiver}: ${taken.kind}`);
  return taken.due;
}

function settle(scene: Scene, due: Due, outcome: Outcome, now: number): Settled {
  return scene.outbox.settle(due, { reachedAt: now, outcome, paceMs: 0 }, now);
}

/** Takes and settles. */
function attempt(scene: Scene, outcome: Outcome, now: number, receiver = 'slack'): Settled {
  return settle(scene, take(scene, now, receiver), outcome, now);
}

/** A scene with so many pending deliveries. */
function waiting(deliveries = 1, receivers: readonly RoutedReceiver[] = [route('slack')]): Scene {
  const scene = createScene([onAction('vm.read')], { receivers });
  for (let i = 0; i < deliveries; i++) open(scene);
  return scene;
}

describe('a delivery', () => {
  it('is due at once, with its notification', () => {
    expect(waiting().outbox.take('slack', NOON)).toMatchObject({
      kind: 'due',
      due: { id: 1, receiver: 'slack', attempt: 1, queuedAt: NOON, notification: { kind: 'opened' } },
    });
  });

  it('is not taken again once delivered', () => {
    const scene = waiting();
    expect(attempt(scene, DELIVERED, NOON + 1)).toEqual({ state: 'delivered' });
    expect(scene.outbox.take('slack', NOON + DAY)).toEqual({ kind: 'nothing' });
    expect(scene.count('deliveries', `state = 'delivered' AND attempts = 1 AND settled_at = ${NOON + 1}`)).toBe(1);
  });

  it('waits while its receiver asks to slow down, and so do later ones; other receivers are sent theirs', () => {
    const scene = waiting(1, [route('slack'), route('mail')]);
    expect(attempt(scene, slow(10 * MINUTE), NOON)).toEqual({
      ...{
        state: 'pending',
        dueAt: null,
        failingSince: null,
        failedAt: null,
        own: { ms: 0, at: null },
        reason: 'HTTP 429',
      },
    });
    open(scene, NOON + 1);
    expect(scene.outbox.take('slack', NOON + MINUTE)).toEqual({ kind: 'wait', at: NOON + 10 * MINUTE });
    expect(take(scene, NOON + MINUTE, 'mail').receiver).toBe('mail');
    expect(take(scene, NOON + 10 * MINUTE)).toMatchObject({ id: 1, attempt: 2 });
  });

  it('waits for the pace of its receiver, from when the last one arrived', () => {
    const scene = waiting(2);
    const due = take(scene, NOON);
    scene.outbox.settle(due, { reachedAt: NOON, outcome: DELIVERED, paceMs: SECOND }, NOON + 300);
    expect(scene.outbox.take('slack', NOON + 999)).toEqual({ kind: 'wait', at: NOON + SECOND });
    expect(take(scene, NOON + SECOND).id).toBe(2);
  });

  it('that failed is set aside: another is tried', () => {
    const scene = waiting(2);
    expect(attempt(scene, retry(), NOON)).toMatchObject({ state: 'pending', dueAt: NOON + MINUTE });
    expect(take(scene, NOON).id).toBe(2);
  });

  it('that is alone is tried again when its receiver is', () => {
    const scene = waiting();
    attempt(scene, retry(), NOON);
    expect(scene.outbox.take('slack', NOON + 1)).toEqual({ kind: 'wait', at: NOON + MINUTE });
    expect(take(scene, NOON + MINUTE).attempt).toBe(2);
  });

  it('takes its place by level when it is due again, and its receiver works', () => {
    const scene = waiting(3);
    attempt(scene, retry(), NOON);
    attempt(scene, DELIVERED, NOON + 1);
    // The first one, whose failures are its own now.
    expect(attempt(scene, retry(), NOON + 2)).toMatchObject({ state: 'pending', dueAt: NOON + 2 + 5 * SECOND });
    expect(scene.outbox.take('slack', NOON + 3)).toMatchObject({ due: { id: 3 } });
    settle(scene, { ...take(scene, NOON + 3), id: 3 }, DELIVERED, NOON + 3);
    open(scene, NOON + 4);
    expect(take(scene, NOON + 2 + 5 * SECOND).id).toBe(1);
  });

  it.each<[string, Outcome]>([
    ['refused', REFUSED],
    ['a failure', retry()],
  ])('that is %s for a day while another is delivered is dead, with a health alert, and is kept', (_, outcome) => {
    const scene = waiting(2);
    attempt(scene, outcome, NOON);
    attempt(scene, DELIVERED, NOON + 1);
    let now = NOON + 2;
    for (let settled = attempt(scene, outcome, now); settled.state !== 'dead'; settled = attempt(scene, outcome, now)) {
      expect(now).toBeLessThan(NOON + DAY + HOUR);
      // Others get through meanwhile.
      open(scene, now + 1);
      expect(attempt(scene, DELIVERED, now + 1).state).toBe('delivered');
      now = (settled.state === 'pending' ? settled.dueAt : null) ?? now;
    }
    expect(now).toBeGreaterThanOrEqual(NOON + DAY);
    expect(now).toBeLessThan(NOON + DAY + 2 * HOUR);
    expect(scene.ledger.status(now).dead).toMatchObject([{ receiver: 'slack' }]);
    expect(scene.notifications("health = 'dead-delivery'")).toMatchObject([
      {
        health: {
          summary: expect.stringMatching(
            /^failed for a day while others were delivered \(\d+ attempts\): .*\. It was about alert 1, \[[A-Z]+\] \w/,
          ),
        },
      },
    ]);
    expect(scene.count('health_alerts', "kind GLOB 'unhealthy-receiver*'")).toBe(0);
  });

  it('of a group has the level of the group, and says when it is dead how many alerts it was about', () => {
    const scene = waiting(0, [route('slack'), route('mail')]);
    const notification = { kind: 'group', group: { ...GROUP.group, level: 'high' } } as const;
    enqueue(scene.store, { receiver: 'slack', alert: 14, notification }, NOON);
    expect(scene.count('deliveries', `level = ${LEVELS.indexOf('high')}`)).toBe(1);
    attempt(scene, retry(), NOON);
    scene.reopened({ receivers: [route('slack'), route('mail')] }).ledger.watchdog(NOON + 7 * DAY + 1);
    const [dead] = scene.notifications("health = 'dead-delivery'");
    expect(dead?.health.summary).toMatch(
      / It was about alert 14, \[CRITICAL\] A stolen key at work and 4 more alerts$/,
    );
  });

  it('that ended in the meantime is not settled again; what the attempt says of the receiver counts', () => {
    const scene = waiting();
    const due = take(scene, NOON);
    scene.store.run("UPDATE deliveries SET state = 'dead' WHERE id = ?", due.id);
    expect(settle(scene, due, REFUSED, NOON + 1)).toEqual({ state: 'stale' });
    expect(scene.count('deliveries', "state = 'dead' AND attempts = 0")).toBe(1);
    expect(scene.count('receivers', `failing_since = ${NOON + 1} AND attempt_of IS NULL`)).toBe(1);
  });

  it.each<[string, readonly RoutedReceiver[]]>([
    ['was removed', [route('mail')]],
    ['is not set', [route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' })]],
  ])('of a receiver that %s waits, and is sent once it is set', (_, receivers) => {
    const scene = waiting();
    const without = scene.reopened({ receivers });
    expect(without.outbox.take('slack', NOON + DAY)).toEqual({ kind: 'nothing' });
    expect(without.ledger.status(NOON + DAY).receivers).toContainEqual(
      expect.objectContaining({ name: 'slack', pending: 1, dead: 0 }),
    );
    expect(take(scene.reopened(), NOON + 2 * DAY).attempt).toBe(1);
  });

  it('that waits is shown, the next first, however much waits for another receiver', () => {
    const scene = waiting(12, [route('mail'), route('slack')]);
    open(scene, NOON - HOUR);
    const shown = scene.ledger.status(NOON).waiting;
    expect(shown).toHaveLength(10);
    expect(shown.slice(0, 2)).toMatchObject(['mail', 'slack'].map((receiver) => ({ receiver, dueAt: NOON - HOUR })));
  });

  it('costs the same few rows, whatever waits', () => {
    const cost = (deliveries: number): number[] => {
      const scene = waiting(deliveries);
      attempt(scene, DELIVERED, NOON);
      const due: Due[] = [];
      return [
        scene.written(() => void due.push(take(scene, NOON))),
        scene.written(() => due.forEach((each) => void settle(scene, each, DELIVERED, NOON))),
      ];
    };
    expect(cost(2)).toEqual(cost(200));
    // The receiver when the attempt begins; the receiver and the delivery when it ends.
    expect(cost(2)).toEqual([1, 2]);
  });
});

describe('an attempt that is interrupted', () => {
  it('is repeated at once, and counts', () => {
    const scene = waiting(2);
    take(scene, NOON);
    const again = take(scene, NOON + SECOND);
    expect(again).toMatchObject({ id: 1, attempt: 2 });
    expect(scene.ledger.status(NOON).waiting).toContainEqual(
      expect.objectContaining({ reason: 'the attempt was interrupted: the message may have arrived' }),
    );
    expect(settle(scene, again, DELIVERED, NOON + SECOND)).toEqual({ state: 'delivered' });
    expect(scene.count('deliveries', "state = 'delivered' AND attempts = 2")).toBe(1);
  });

  it('twice lets another go first', () => {
    const scene = waiting(2);
    const ids = [0, 1, 2].map((second) => take(scene, NOON + second * SECOND).id);
    expect(ids).toEqual([1, 1, 2]);
  });

  it('sets the alarm for when it must be over', () => {
    const scene = waiting();
    take(scene, NOON);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + ATTEMPT_MAX_MS);
  });

  it('sets the alarm for no later where the clock was set back since', () => {
    const scene = waiting();
    take(scene, NOON);
    expect(scene.ledger.nextAlarmAt(NOON - HOUR)).toBe(NOON - HOUR + ATTEMPT_MAX_MS);
  });

  it('and whose delivery ended holds up nothing', () => {
    const scene = waiting(2);
    scene.store.run('DELETE FROM deliveries WHERE id = ?', take(scene, NOON).id);
    expect(take(scene, NOON + 1).id).toBe(2);
  });

  it('is no failure of its receiver', () => {
    const scene = waiting(1, [route('slack'), route('mail')]);
    let now = NOON;
    for (let i = 0; i < 9; i++) {
      const taken = scene.outbox.take('slack', now);
      if (taken.kind === 'wait') now = taken.at;
    }
    expect(scene.count('deliveries', "receiver = 'slack' AND attempts > 3")).toBe(1);
    expect(scene.ledger.status(NOON).receivers[0]).toMatchObject({ state: 'unproven', failingSince: null });
  });
});

describe('a failing receiver', () => {
  /** It has delivered, and then failed with the first three of four. */
  function failing(): Scene {
    const scene = waiting();
    attempt(scene, DELIVERED, NOON);
    for (let i = 0; i < 4; i++) open(scene);
    for (const now of [NOON + 1, NOON + 1, NOON + 1 + MINUTE]) attempt(scene, retry(), now);
    return scene;
  }

  it('is tried with what has not been tried since', () => {
    expect(take(failing(), NOON + 10 * MINUTE).id).toBe(5);
  });

  it('is sent everything once something gets through', () => {
    const scene = failing();
    attempt(scene, DELIVERED, NOON + 10 * MINUTE);
    expect(scene.count('deliveries', "state = 'pending' AND due_at IS NULL")).toBe(3);
    expect(take(scene, NOON + 10 * MINUTE).id).toBe(2);
  });

  it('a test message that gets through changes nothing of the pace of one that works, nor of what it asked for', () => {
    const scene = waiting(3);
    const due = take(scene, NOON);
    scene.outbox.settle(due, { reachedAt: NOON, outcome: DELIVERED, paceMs: SECOND }, NOON);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 1);
    expect(scene.outbox.take('slack', NOON + 2)).toEqual({ kind: 'wait', at: NOON + SECOND });
    attempt(scene, slow(MINUTE), NOON + SECOND);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 2 * SECOND);
    expect(scene.outbox.take('slack', NOON + 3 * SECOND)).toEqual({ kind: 'wait', at: NOON + SECOND + MINUTE });
  });

  it('is sent everything once a test message gets through', () => {
    const scene = failing();
    expect(scene.outbox.take('slack', NOON + 2 * MINUTE)).toMatchObject({ kind: 'wait' });
    scene.outbox.recordTest('slack', DELIVERED, NOON + 2 * MINUTE);
    expect(take(scene, NOON + 2 * MINUTE).id).toBe(2);
    expect(scene.ledger.status(NOON).receivers[0]).toMatchObject({ state: 'healthy', failingSince: null });
  });

  it('then takes what has failed since its last success; what failed before, by itself, stays aside', () => {
    const scene = waiting(3);
    attempt(scene, retry(), NOON);
    attempt(scene, DELIVERED, NOON + 1);
    attempt(scene, retry(), NOON + 2);
    attempt(scene, DELIVERED, NOON + 3);
    open(scene, NOON + 4);
    attempt(scene, retry(), NOON + 4);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 5);
    expect(scene.store.all("SELECT id FROM deliveries WHERE state = 'pending' AND due_at IS NULL")).toEqual([
      { id: 4 },
    ]);
  });

  it.each<[string, Outcome, Readonly<Record<string, unknown>>]>([
    ['that fails is a failure', retry(), { state: 'failing', reason: 'HTTP 500' }],
    ['that is refused is a failure', REFUSED, { state: 'failing', reason: 'no such channel' }],
    ['that comes too fast shows nothing', slow(), { state: 'unproven' }],
  ])('a test message %s', (_, outcome, health) => {
    const scene = waiting(0);
    scene.outbox.recordTest('slack', outcome, NOON);
    expect(scene.ledger.status(NOON).receivers[0]).toMatchObject(health);
  });

  it.each<[string, Outcome]>([
    ['is delivered', DELIVERED],
    ['fails', retry()],
    ['comes too fast', slow()],
  ])('a test message that %s leaves the attempt that is under way', (_, outcome) => {
    const scene = waiting();
    const due = take(scene, NOON);
    scene.outbox.recordTest('slack', outcome, NOON + 1);
    expect(scene.count('receivers', `attempt_of = ${due.id} AND attempt_at = ${NOON}`)).toBe(1);
    expect(settle(scene, due, DELIVERED, NOON + 2)).toEqual({ state: 'delivered' });
  });
});

describe('what has waited for seven days', () => {
  const OVER = NOON + 7 * DAY + 1;
  const FAILS = { receivers: [route('slack'), route('mail')] };
  const rows: [string, { receivers: readonly RoutedReceiver[] }, Outcome | null, RegExp | null][] = [
    ['for a receiver that was removed', { receivers: [route('mail')] }, null, /no receiver "slack" is set/],
    [
      'for one that is not set',
      { receivers: [route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' }), route('mail')] },
      null,
      /SLACK_WEBHOOK_URL is not set/,
    ],
    ['for one that fails', FAILS, retry(), /HTTP 500/],
    ['for one that refuses', FAILS, REFUSED, /no such channel/],
    ['for one that works', FAILS, null, null],
  ];
  it.each(rows)('%s', (_, options, outcome, reason) => {
    const scene = waiting(2, [route('slack')]);
    if (outcome !== null) attempt(scene, outcome, NOON);
    // Opened again each time: a ledger looks for them once an hour.
    scene.reopened(options).ledger.watchdog(OVER - 1);
    expect(scene.count('deliveries', "state = 'dead'")).toBe(0);
    const later = scene.reopened(options);
    later.ledger.watchdog(OVER);
    expect(scene.count('deliveries', "state = 'dead' AND health IS NULL")).toBe(reason === null ? 0 : 2);
    const alerts = scene.notifications("health = 'dead-delivery'");
    expect(alerts).toHaveLength(reason === null ? 0 : 1);
    for (const { health } of alerts) {
      expect(health.summary).toMatch(/^it waited for 7 days: .*\. It was about alert \d+, \[[A-Z]+\] \w/);
      expect(health.summary).toMatch(reason ?? /^$/);
    }
    for (const { reason: shown } of later.ledger.status(OVER).dead) expect(shown).toMatch(reason ?? /^$/);
  });

  it('and is a health alert raises no other', () => {
    const scene = createScene();
    scene.record([], { invalid: [{ id: null, problem: 'no id', text: '1' }] });
    const without = scene.reopened({ receivers: [route('mail')] });
    without.ledger.watchdog(OVER);
    expect(scene.count('deliveries', "state = 'dead' AND health = 'quarantine'")).toBe(1);
    expect(scene.count('health_alerts', "kind GLOB 'dead-delivery*'")).toBe(0);
  });

  it('is looked for once an hour', () => {
    const scene = waiting(1, [route('slack', { problem: 'is not set' }), route('mail')]);
    scene.ledger.watchdog(OVER - 1);
    scene.ledger.watchdog(OVER + HOUR - 2);
    expect(scene.count('deliveries', "state = 'dead'")).toBe(0);
    scene.ledger.watchdog(OVER + HOUR);
    expect(scene.count('deliveries', "state = 'dead'")).toBe(1);
  });
});

describe('the next alarm', () => {
  it('is set for the next delivery, or for when it would be blind', () => {
    const scene = waiting();
    const { ledger, record } = scene;
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON);
    const due = take(scene, NOON);
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON + MINUTE);
    settle(scene, due, DELIVERED, NOON);
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON + 15 * MINUTE);
    record([], { now: NOON + 3 * MINUTE });
    expect(ledger.nextAlarmAt(NOON + 3 * MINUTE)).toBe(NOON + 18 * MINUTE);
  });

  it.each<[string, Outcome, number]>([
    ['that asks to slow down', slow(5 * MINUTE), 5 * MINUTE],
    ['that fails, when what failed is due', retry(), MINUTE],
    ['that fails and asks for more', retry(10 * MINUTE), 10 * MINUTE],
  ])('waits for a receiver %s', (_, outcome, wait) => {
    const scene = waiting();
    attempt(scene, outcome, NOON);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + wait);
  });

  it('is not set for a receiver that is not set', () => {
    const scene = waiting();
    const without = scene.reopened({ receivers: [] });
    // What waits is a backlog after ten minutes.
    expect(without.ledger.nextAlarmAt(NOON)).toBe(NOON + 10 * MINUTE);
  });
});

describe('the blind health alert', () => {
  it('is notified when nothing has moved for 15 minutes, again every hour, and when it ends', () => {
    const scene = createScene();
    scene.record([]);
    const at = (minutes: number): unknown[] => {
      scene.ledger.watchdog(NOON + minutes * MINUTE);
      return scene.notifications("health = 'blind'");
    };
    expect([at(14).length, at(15).length, at(30).length, at(74).length]).toEqual([0, 1, 1, 1]);
    expect(scene.notifications("health = 'blind'")).toMatchObject([
      { kind: 'health', health: { since: NOON + 15 * MINUTE } },
    ]);
    expect(at(75)).toHaveLength(2);
    scene.record([], { now: NOON + 101 * MINUTE });
    const health = { since: NOON + 15 * MINUTE };
    expect(scene.notifications("health = 'blind'")).toMatchObject([
      { kind: 'health', health },
      { kind: 'health', health },
      { kind: 'health-resolved', health },
    ]);
    expect(at(102)).toHaveLength(3);
    expect(at(200)).toHaveLength(4);
  });

  it('is not raised while a long scan moves', () => {
    const scene = createScene();
    for (let i = 0; i < 60; i++)
      scene.record([entry('known', NOON - HOUR + i * SECOND)], { now: NOON + i * MINUTE, ends: false });
    scene.ledger.watchdog(NOON + 60 * MINUTE);
    expect(scene.notifications("health = 'blind'")).toEqual([]);
  });

  it('is raised if pages arrive that move nothing', () => {
    const scene = createScene();
    scene.record([]);
    for (let i = 1; i < 30; i++) scene.record([], { now: NOON + i * MINUTE, ends: false });
    scene.ledger.watchdog(NOON + 30 * MINUTE);
    expect(scene.notifications("health = 'blind'")).toHaveLength(1);
  });

  it('runs on the wall clock, also after an eviction', () => {
    const scene = createScene();
    scene.record([]);
    scene.record([], { now: NOON + 4 * MINUTE });
    const later = scene.reopened();
    later.ledger.watchdog(NOON + 16 * MINUTE);
    // The quiet scan of minute 4 was only in memory: the alert comes early rather than never.
    expect(scene.notifications("health = 'blind'")).toHaveLength(1);
  });
});

describe('a health alert', () => {
  const invalid = (i: number) => ({ invalid: [{ id: null, problem: 'no id', text: String(i) }] });

  it('is notified at most once an hour, and counted in between', () => {
    const scene = createScene();
    const minutes = [0, 1, 59, 60, 61, 130];
    for (const minute of minutes) scene.record([], { ...invalid(minute), now: NOON + minute * MINUTE });
    expect(scene.notifications("health = 'quarantine'")).toMatchObject(
      [0, 60, 130].map((minute) => ({ health: { since: NOON + minute * MINUTE } })),
    );
    expect(scene.ledger.status(NOON).healthAlerts).toMatchObject([{ kind: 'quarantine', count: 1 }]);
  });

  it('goes to every receiver', () => {
    const scene = createScene([], { receivers: [route('slack'), route('mail')] });
    scene.record([], invalid(1));
    expect(scene.store.all('SELECT receiver FROM deliveries')).toEqual([{ receiver: 'slack' }, { receiver: 'mail' }]);
  });

  it('whose stored message is damaged is dead, and raises no other', () => {
    const scene = createScene([onAction('vm.read')]);
    scene.record([], invalid(1));
    scene.store.run("UPDATE deliveries SET notification = 'x'");
    expect(scene.outbox.take('slack', NOON)).toMatchObject({ kind: 'dead', isHealthAlert: true });
    expect(scene.notifications("health = 'dead-delivery'")).toEqual([]);
  });

  it.each([
    ['without its first alert', { ...GROUP.group, first: null }],
    ['whose first alert has no entry', { ...GROUP.group, first: { ...GROUP.group.first, entry: null } }],
  ])('of a group %s is damaged, and dead', (_, group) => {
    const scene = waiting(1);
    scene.store.run('UPDATE deliveries SET notification = ?', JSON.stringify({ kind: 'group', group }));
    expect(scene.outbox.take('slack', NOON)).toMatchObject({ kind: 'dead', isHealthAlert: false });
    expect(scene.count('deliveries', "state = 'dead'")).toBe(1);
  });

  it('that is dead raises no other', () => {
    const scene = createScene([onAction('vm.read')]);
    scene.record([], invalid(1));
    attempt(scene, REFUSED, NOON);
    scene.store.run('UPDATE deliveries SET own_ms = ?', DAY);
    scene.outbox.recordTest('slack', DELIVERED, NOON + DAY);
    expect(attempt(scene, REFUSED, NOON + DAY + 1)).toMatchObject({ state: 'dead' });
    expect(scene.notifications("health = 'dead-delivery'")).toEqual([]);
  });
});
