/** Deliveries: at least once, retried within bounds, visibly dead; and how often health alerts are notified. */
import { describe, expect, it } from 'vitest';
import { type Due, GIVE_UP_AFTER_MS } from '../../../src/ledger/deliver/outbox.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, route, SECOND } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no such channel' };
const retry = (afterMs: number | null = null): Outcome => ({ kind: 'retry', reason: 'HTTP 500', afterMs });

/** A scene with a pending delivery. */
function waiting() {
  const scene = createScene([onAction('vm.read')]);
  scene.record([entry('a', NOON)]);
  const take = (now: number): Due => {
    const [due] = scene.outbox.takeDue(1, now);
    if (due === undefined) throw new Error('nothing is due');
    return due;
  };
  return { ...scene, take };
}

describe('a delivery', () => {
  it('is due at once, with its notification', () => {
    expect(waiting().take(NOON)).toMatchObject({
      id: 1,
      receiver: 'slack',
      attempt: 1,
      notification: { kind: 'opened' },
    });
  });

  it('is not taken again until its attempt must be lost', () => {
    const { outbox, take } = waiting();
    take(NOON);
    expect(outbox.takeDue(10, NOON + 69 * SECOND)).toEqual([]);
    expect(take(NOON + 70 * SECOND).attempt).toBe(2);
  });

  it('is not taken again once delivered', () => {
    const { outbox, take, count } = waiting();
    expect(outbox.settle(take(NOON), DELIVERED, NOON + 1)).toEqual({ state: 'delivered' });
    expect(outbox.takeDue(10, NOON + DAY)).toEqual([]);
    expect(count('deliveries', `state = 'delivered' AND settled_at = ${NOON + 1}`)).toBe(1);
  });

  it('waits while its receiver asks for a pause, and so do later ones', () => {
    const scene = createScene([onAction('vm.read')], { receivers: [route('slack'), route('mail')] });
    scene.record([entry('a', NOON)]);
    const [slack] = scene.outbox.takeDue(1, NOON);
    if (slack === undefined) throw new Error('nothing is due');
    scene.outbox.settle(slack, retry(10 * MINUTE), NOON);
    scene.record([entry('b', NOON + 1, { actor: { id: 'another' } })], { now: NOON + 1 });
    expect(scene.outbox.takeDue(10, NOON + MINUTE).map((due) => due.receiver)).toEqual(['mail']);
    expect(scene.ledger.nextAlarmAt(NOON + MINUTE)).toBeLessThanOrEqual(NOON + 10 * MINUTE);
    const later = scene.outbox.takeDue(10, NOON + 10 * MINUTE).filter((due) => due.receiver === 'slack');
    expect(later).toHaveLength(2);
  });

  it('does not wait for other receivers: the same number is taken for each', () => {
    const scene = createScene([onAction('vm.read')], {
      receivers: [route('slack'), route('mail', { minLevel: 'critical' })],
    });
    const page = Array.from({ length: 50 }, (_, n) => entry(`a-${n}`, NOON, { actor: { id: `actor-${n}` } }));
    scene.record(page);
    scene.store.run(
      "UPDATE deliveries SET receiver = 'mail', state = 'pending' WHERE id = (SELECT max(id) FROM deliveries)",
    );
    expect(scene.outbox.takeDue(4, NOON).map((due) => due.receiver)).toEqual([...Array(4).fill('slack'), 'mail']);
  });

  it('that was taken and not tried is unchanged, and its receiver backs off longer with each failure', () => {
    const scene = createScene([onAction('vm.read')]);
    scene.record([entry('a', NOON), entry('b', NOON, { actor: { id: 'another' } })]);
    const attempts = () => scene.store.all("SELECT attempts FROM deliveries WHERE state = 'pending' ORDER BY id");
    let now = NOON;
    const waits = [10, 20, 40].map((seconds) => {
      const [tried, untried] = scene.outbox.takeDue(4, now);
      if (tried === undefined || untried === undefined) throw new Error('nothing is due');
      scene.outbox.settle(tried, retry(), now);
      scene.outbox.backOff('slack', [untried], now);
      expect(scene.outbox.takeDue(4, now + seconds * SECOND - 1)).toEqual([]);
      const wait = (scene.ledger.nextAlarmAt(now) ?? 0) - now;
      now += wait;
      return wait / SECOND;
    });
    expect(waits).toEqual([10, 20, 40]);
    expect(attempts()).toEqual([{ attempts: 3 }, { attempts: 0 }]);
  });

  it('that was taken by a crashed attempt is taken again, and that attempt can’t change it', () => {
    const { outbox, take } = waiting();
    const lost = take(NOON);
    const again = take(NOON + 70 * SECOND);
    outbox.backOff('slack', [lost], NOON + 71 * SECOND);
    expect(outbox.settle(again, retry(), NOON + 72 * SECOND)).toMatchObject({ state: 'pending' });
  });

  it('is retried with growing intervals', () => {
    const { outbox, take } = waiting();
    let now = NOON;
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const settled = outbox.settle(take(now), retry(), now);
      if (settled.state !== 'pending') throw new Error(settled.state);
      waits.push((settled.dueAt - now) / SECOND);
      now = settled.dueAt;
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
  });

  it.each([
    ['no earlier than the receiver asks', 5 * MINUTE, 5 * MINUTE],
    ['no earlier than its backoff', 1, 10 * SECOND],
    ['within an hour, whatever the receiver asks', 7 * DAY, HOUR],
    ['not in the past', -DAY, 10 * SECOND],
  ])('is retried %s', (_, asks, wait) => {
    const { outbox, take } = waiting();
    expect(outbox.settle(take(NOON), retry(asks), NOON)).toEqual({ state: 'pending', dueAt: NOON + wait });
  });

  it('is dead after a day, with a health alert, and is kept', () => {
    const { ledger, outbox, take, count } = waiting();
    let now = NOON;
    for (;;) {
      const settled = outbox.settle(take(now), retry(), now);
      if (settled.state !== 'pending') {
        expect(settled).toMatchObject({ state: 'dead', isHealthAlert: false });
        break;
      }
      now = settled.dueAt;
    }
    expect(now - NOON).toBeGreaterThan(GIVE_UP_AFTER_MS - 20 * MINUTE);
    expect(now - NOON).toBeLessThanOrEqual(GIVE_UP_AFTER_MS);
    expect(ledger.status(now).dead).toMatchObject([{ receiver: 'slack' }]);
    expect(count('deliveries', "health = 'dead-delivery'")).toBe(1);
  });

  it('is dead at once when refused, with a health alert', () => {
    const { outbox, take, count } = waiting();
    expect(outbox.settle(take(NOON), REFUSED, NOON)).toEqual({
      state: 'dead',
      reason: 'no such channel',
      isHealthAlert: false,
    });
    expect(count('deliveries', "health = 'dead-delivery'")).toBe(1);
  });

  it.each([
    ['delivered', DELIVERED, 'delivered'],
    ['refused', REFUSED, 'dead'],
  ] as const)('is %s by an attempt that was believed lost', (_, outcome, state) => {
    const { outbox, take } = waiting();
    const first = take(NOON);
    const second = take(NOON + 2 * MINUTE);
    expect(outbox.settle(first, outcome, NOON + 3 * MINUTE).state).toBe(state);
    expect(outbox.settle(second, DELIVERED, NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
  });

  it('is not postponed by an attempt that was believed lost', () => {
    const { outbox, take } = waiting();
    const first = take(NOON);
    take(NOON + 2 * MINUTE);
    expect(outbox.settle(first, retry(), NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
  });

  it('is dead after 25 hours if no attempt returned', () => {
    const { ledger, take, count } = waiting();
    take(NOON);
    ledger.watchdog(NOON + DAY);
    expect(count('deliveries', "state = 'dead'")).toBe(0);
    ledger.watchdog(NOON + DAY + HOUR + 1);
    expect(count('deliveries', "state = 'dead'")).toBe(1);
    expect(count('deliveries', "health = 'dead-delivery'")).toBe(1);
  });

  it('that was never tried is not dead, however old', () => {
    const { ledger, take, count } = waiting();
    ledger.watchdog(NOON + 3 * DAY);
    expect(count('deliveries', "state = 'dead'")).toBe(0);
    expect(take(NOON + 3 * DAY).attempt).toBe(1);
  });

  it('is taken oldest first, up to the limit', () => {
    const { record, outbox } = waiting();
    for (let i = 0; i < 20; i++) record([entry(`e${i}`, NOON, { actor: { id: `u${i}` } })]);
    expect(outbox.takeDue(12, NOON).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(outbox.takeDue(12, NOON)).toHaveLength(9);
  });
});

describe('the next alarm', () => {
  it('is set for the next delivery, or for when it would be blind', () => {
    const { ledger, outbox, take, record } = waiting();
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON);
    const due = take(NOON);
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON + 70 * SECOND);
    outbox.settle(due, DELIVERED, NOON);
    expect(ledger.nextAlarmAt(NOON)).toBe(NOON + 15 * MINUTE);
    record([], { now: NOON + 3 * MINUTE });
    expect(ledger.nextAlarmAt(NOON + 3 * MINUTE)).toBe(NOON + 18 * MINUTE);
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

  it('that is dead raises no other', () => {
    const scene = createScene();
    scene.record([], invalid(1));
    for (let now = NOON; ; now += HOUR) {
      const [due] = scene.outbox.takeDue(1, now);
      if (due === undefined) break;
      expect(scene.outbox.settle(due, REFUSED, now)).toMatchObject({ state: 'dead', isHealthAlert: true });
    }
    scene.record([], { ...invalid(2), now: NOON + 2 * HOUR });
    scene.outbox.takeDue(1, NOON + 2 * HOUR);
    scene.ledger.watchdog(NOON + 2 * DAY);
    expect(scene.notifications("health = 'dead-delivery'")).toEqual([]);
  });
});
