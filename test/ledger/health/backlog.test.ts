/** Messages that wait: the health alert about them, and what they show about whether a receiver works. */
import { describe, expect, it } from 'vitest';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Due } from '../../../src/ledger/deliver/outbox.ts';
import { resend } from '../../../src/ledger/deliver/resend.ts';
import { readUntaken } from '../../../src/ledger/health/backlog.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { createScene, entry, HOUR, MINUTE, NOON, onAction, route, type Scene } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no_service' };
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };
/** Gets each message at once and by itself: grouping is tested elsewhere. */
const direct = (name: string, more: Partial<RoutedReceiver> = {}): RoutedReceiver =>
  route(name, { forPrograms: true, ...more });
const SLACK = direct('slack');
const MAIL = direct('mail');

function sceneWith(...receivers: RoutedReceiver[]): Scene {
  return createScene([onAction('vm.read')], { receivers });
}

function sceneOf(level: Level, ...receivers: RoutedReceiver[]): Scene {
  return createScene([onAction('vm.read', { level })], { receivers });
}

let opened = 0;

function openAlerts({ record }: Scene, now: number, count = 1): void {
  const ids = Array.from({ length: count }, () => `actor-${++opened}`);
  record(
    ids.map((id) => entry(id, NOON, { actor: { id } })),
    { now },
  );
}

/** Sends one message to a receiver. */
function sendOne({ outbox }: Scene, receiver: string, outcome: Outcome, now: number): Due {
  const taken = outbox.take(receiver, now);
  if (taken.kind !== 'due') throw new Error('nothing is due');
  outbox.settle(taken.due, { reachedAt: now, outcome, paceMs: 0 }, now);
  return taken.due;
}

/** Tries what is due at `now` once; `outcomeOf` answers. */
function attempt(scene: Scene, now: number, outcomeOf: (due: Due) => Outcome): void {
  scene.send(now, outcomeOf);
}

const SLACK_FAILS = ({ receiver }: Due): Outcome => (receiver === 'slack' ? FAILED : DELIVERED);

function healthMessages({ store }: Scene): string[] {
  return store
    .all<{ receiver: string; notification: string }>(
      "SELECT receiver, notification FROM deliveries WHERE health IN ('backlog', 'unhealthy-receiver') ORDER BY id",
    )
    .map(({ receiver, notification }) => {
      const { kind, health } = JSON.parse(notification) as HealthNotification;
      return `${kind} ${health.kind} ${health.level} → ${receiver}: ${health.summary}`;
    });
}

/** Not about mail, for which waits what slack did not take in ten minutes. */
const aboutSlack = (scene: Scene): string[] => healthMessages(scene).filter((text) => text.includes('receiver slack'));

const receiverOf = ({ ledger }: Scene, name: string, now: number) =>
  ledger.status(now).receivers.find((each) => each.name === name);

describe('the health alert about a backlog', () => {
  it('is raised once the oldest message has waited for ten minutes, and resolved when it is gone', () => {
    const scene = sceneWith(SLACK, MAIL);
    openAlerts(scene, NOON);
    attempt(scene, NOON, SLACK_FAILS);
    const at = NOON + 10 * MINUTE;
    scene.record([], { now: at - 1 });
    scene.ledger.watchdog(at - 1);
    expect(healthMessages(scene)).toEqual([]);
    expect(scene.ledger.nextAlarmAt(at - 1)).toBeLessThanOrEqual(at);
    scene.ledger.watchdog(at);
    expect(healthMessages(scene)).toEqual([
      'health backlog high → mail: the oldest message to the receiver slack has waited for 10 minutes: HTTP 500',
    ]);
    expect(receiverOf(scene, 'slack', at)).toMatchObject({ backlogSince: NOON });
    attempt(scene, at, () => DELIVERED);
    expect(scene.ledger.nextAlarmAt(at + 1)).toBe(at + 1);
    scene.ledger.watchdog(at + 1);
    expect(healthMessages(scene).slice(1)).toEqual([
      'health-resolved backlog high → slack: nothing has waited long for the receiver slack',
      'health-resolved backlog high → mail: nothing has waited long for the receiver slack',
    ]);
    expect(receiverOf(scene, 'slack', at + 1)).toMatchObject({ backlogSince: null });
  });

  it('is raised for messages that were never tried', () => {
    const scene = sceneWith(SLACK, MAIL);
    openAlerts(scene, NOON, 9);
    for (let n = 0; n < 2; n++) for (const receiver of ['slack', 'mail']) sendOne(scene, receiver, DELIVERED, NOON + n);
    scene.ledger.watchdog(NOON + 10 * MINUTE);
    // A receiver whose messages wait is notified of the other's all the same.
    expect(healthMessages(scene).map((each) => each.split(':')[0])).toEqual([
      'health backlog high → mail',
      'health backlog high → slack',
    ]);
  });

  it('is repeated after an hour, and costs nothing between', () => {
    const scene = sceneWith(SLACK, MAIL);
    openAlerts(scene, NOON);
    attempt(scene, NOON, SLACK_FAILS);
    const now = NOON + 10 * MINUTE;
    for (const at of [now, now + HOUR]) {
      scene.record([], { now: at });
      scene.ledger.watchdog(at);
      scene.record([], { now: at + MINUTE });
      expect(scene.written(() => scene.ledger.watchdog(at + MINUTE))).toBe(0);
    }
    expect(aboutSlack(scene).map((each) => each.split(': ')[1])).toEqual([
      'the oldest message to the receiver slack has waited for 10 minutes',
      'the oldest message to the receiver slack has waited for 1 hour 10 minutes',
    ]);
  });

  /** Eleven alerts, one of which Slack never takes, for 14 minutes. */
  function withPoison(level: Level): Scene {
    const scene = sceneOf(level, SLACK, MAIL);
    openAlerts(scene, NOON, 11);
    const poison = sendOne(scene, 'slack', FAILED, NOON);
    for (let minute = 0; minute < 14; minute++) {
      const now = NOON + (minute + 1) * MINUTE;
      attempt(scene, now, (due) => (due.id === poison.id ? FAILED : DELIVERED));
      scene.record([], { now });
      scene.ledger.watchdog(now);
    }
    return scene;
  }

  it.each<Level>(['high', 'critical'])(
    'is raised for one message at %s that fails while others get through',
    (level) => {
      const scene = withPoison(level);
      expect(healthMessages(scene)).toEqual([
        'health backlog high → mail: the oldest message to the receiver slack has waited for 10 minutes: HTTP 500',
      ]);
      expect(receiverOf(scene, 'slack', NOON + 14 * MINUTE)).toMatchObject({
        ...{ works: true, backlogSince: NOON, failingMessage: null },
      });
    },
  );

  it('is not raised for one below high', () => {
    const scene = withPoison('medium');
    expect(healthMessages(scene)).toEqual([]);
    expect(receiverOf(scene, 'slack', NOON + 9 * MINUTE)).toMatchObject({ failingMessage: null });
    expect(receiverOf(scene, 'slack', NOON + 14 * MINUTE)).toMatchObject({
      ...{ works: true, backlogSince: null, failingMessage: { since: NOON, reason: 'HTTP 500' } },
    });
  });

  it('is not raised for health alerts', () => {
    const scene = sceneWith(SLACK, MAIL);
    scene.record([], { invalid: [{ id: null, problem: 'no id', text: 'x' }] });
    attempt(scene, NOON, SLACK_FAILS);
    scene.record([], { now: NOON + 12 * MINUTE });
    scene.ledger.watchdog(NOON + 12 * MINUTE);
    expect(healthMessages(scene)).toEqual([]);
  });

  it('is not raised beside the one that says that the receiver does not work', () => {
    const scene = sceneWith(SLACK, MAIL);
    for (const now of [NOON, NOON + 1]) scene.outbox.recordTest('slack', REFUSED, now);
    openAlerts(scene, NOON + 2);
    attempt(scene, NOON + 2, SLACK_FAILS);
    for (let minute = 1; minute < 14; minute++) scene.ledger.watchdog(NOON + minute * MINUTE);
    expect(healthMessages(scene).map((each) => each.split(':')[0])).toEqual(['health unhealthy-receiver high → mail']);
  });

  it('goes to the receiver itself only where no other works', () => {
    for (const [receivers, recipient] of [
      [[SLACK], 'slack'],
      [[SLACK, MAIL], 'mail'],
    ] as const) {
      const scene = sceneWith(...receivers);
      openAlerts(scene, NOON);
      attempt(scene, NOON, SLACK_FAILS);
      scene.ledger.watchdog(NOON + 10 * MINUTE);
      expect(healthMessages(scene).map((each) => each.split(/ → |:/)[1])).toEqual([recipient]);
    }
  });

  it('is raised, and repeated, for a receiver that was removed, until nothing waits for it', () => {
    const before = sceneWith(SLACK, MAIL);
    openAlerts(before, NOON);
    attempt(before, NOON, SLACK_FAILS);
    const scene = before.reopened({ receivers: [MAIL] });
    const at = NOON + 10 * MINUTE;
    for (const now of [at - 1, at, at + HOUR - 1, at + HOUR]) scene.ledger.watchdog(now);
    const why = 'it is not set any more: send what waits elsewhere with resend --receiver NAME --to NAME';
    expect(aboutSlack(scene)).toEqual([
      `health backlog high → mail: the oldest message to the receiver slack has waited for 10 minutes: ${why}`,
      `health backlog high → mail: the oldest message to the receiver slack has waited for 1 hour 10 minutes: ${why}`,
    ]);
    expect(scene.ledger.status(at).receivers).toMatchObject([{ name: 'mail' }, { name: 'slack', backlogSince: NOON }]);
    resend(scene.store, 'slack', 'mail', ['mail'], at + HOUR);
    scene.ledger.watchdog(at + HOUR + 1);
    expect(healthMessages(scene).at(-1)).toBe(
      'health-resolved backlog high → mail: nothing waits any more for slack, which is no receiver any more',
    );
  });
});

describe('what waits for a receiver', () => {
  it('is read of its own queue, a few rows of each level', () => {
    const scene = sceneWith(SLACK, MAIL);
    openAlerts(scene, NOON, 60);
    openAlerts(scene, NOON + MINUTE, 60);
    expect(readUntaken(scene.store, 'slack', null)).toEqual({
      oldestAt: NOON,
      oldestReason: null,
      failing: null,
      sinceDelivered: 2,
    });
    expect(readUntaken(scene.store, 'nobody', null)).toEqual({
      oldestAt: null,
      oldestReason: null,
      failing: null,
      sinceDelivered: 0,
    });
    const plan = scene.store.all<{ detail: string }>(
      "EXPLAIN QUERY PLAN SELECT queued_at FROM deliveries WHERE state = 'dead' AND receiver = 'slack' ORDER BY id DESC LIMIT 2",
    );
    expect(plan.map(({ detail }) => detail).join()).not.toMatch(/SCAN|TEMP B-TREE/);
  });
});

describe('a receiver works', () => {
  const works = (scene: Scene, now: number): boolean | undefined => receiverOf(scene, 'slack', now)?.works;

  it('after one failure, and no longer after two messages failed', () => {
    const scene = sceneWith(SLACK);
    openAlerts(scene, NOON);
    attempt(scene, NOON, () => FAILED);
    expect(works(scene, NOON + MINUTE)).toBe(true);
    openAlerts(scene, NOON + MINUTE);
    expect(works(scene, NOON + MINUTE)).toBe(false);
  });

  it('no longer once its only message has failed for ten minutes', () => {
    const scene = sceneWith(SLACK);
    openAlerts(scene, NOON);
    attempt(scene, NOON, () => FAILED);
    expect([9, 10].map((minutes) => works(scene, NOON + minutes * MINUTE))).toEqual([true, false]);
  });

  it('no longer once a message and the health alert about its death are dead', () => {
    const scene = sceneWith(SLACK);
    openAlerts(scene, NOON);
    sendOne(scene, 'slack', REFUSED, NOON);
    sendOne(scene, 'slack', REFUSED, NOON + MINUTE);
    scene.store.run("UPDATE deliveries SET state = 'dead', settled_at = ?", NOON + MINUTE);
    expect(works(scene, NOON + MINUTE)).toBe(false);
    expect(works(scene, NOON + 72 * HOUR)).toBe(false);
    scene.outbox.recordTest('slack', DELIVERED, NOON + 73 * HOUR);
    expect(works(scene, NOON + 73 * HOUR)).toBe(true);
  });

  it('where the message that fails is older than the last one that it took', () => {
    const scene = sceneWith(SLACK);
    openAlerts(scene, NOON, 2);
    openAlerts(scene, NOON + MINUTE);
    const first = sendOne(scene, 'slack', FAILED, NOON + MINUTE);
    const second = sendOne(scene, 'slack', FAILED, NOON + MINUTE);
    sendOne(scene, 'slack', DELIVERED, NOON + 2 * MINUTE);
    attempt(scene, NOON + 3 * MINUTE, () => FAILED);
    expect([first.attempt, second.attempt]).toEqual([1, 1]);
    expect(works(scene, NOON + 13 * MINUTE)).toBe(true);
  });
});
