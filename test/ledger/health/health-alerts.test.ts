/** Health alerts: receivers, the upstream key, failed ticks; who is notified, and how often. */
import { describe, expect, it } from 'vitest';
import { hintOf, levelOfKind } from '../../../src/alert/health-words.ts';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Due, Settled } from '../../../src/ledger/deliver/outbox.ts';
import { shownHealthAlert } from '../../../src/ledger/health/shown.ts';
import type { LedgerOptions } from '../../../src/ledger/record/context.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no_service' };
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };

/** Gets each message at once and by itself: grouping is tested elsewhere. */
const direct = (name: string, more: Partial<RoutedReceiver> = {}): RoutedReceiver =>
  route(name, { forPrograms: true, ...more });
const SLACK = direct('slack');
const MAIL = direct('mail');

/** A scene in which every entry matches, with one alert per actor. */
function alertingScene(receivers: readonly RoutedReceiver[], more: Partial<LedgerOptions> = {}): Scene {
  return createScene([onAction('vm.read')], { receivers, ...more });
}

let opened = 0;

/** Opens an alert at `now`, with one delivery for each receiver. */
function openAlert({ record }: Scene, now: number): void {
  const id = `actor-${++opened}`;
  record([entry(id, NOON, { actor: { id } })], { now });
}

const NAMES = ['slack', 'mail', 'siem', 'a', 'b', 'c'];

/** Sends all that is due at `now`. Receivers answer as `answers` says, or deliver. Returns what was sent. */
function send(scene: Scene, now: number, answers: Readonly<Record<string, Outcome>> = {}): Due[] {
  const sent: Due[] = [];
  for (let round = 0; round < 500; round++) {
    const dues = NAMES.map((name) => take(scene, name, now)).filter((due) => due !== null);
    if (dues.length === 0) return sent;
    for (const due of dues) {
      settle(scene, due, answers[due.receiver] ?? DELIVERED, now);
      sent.push(due);
    }
  }
  throw new Error('sending does not end');
}

/** What is due for a receiver; null: nothing is. */
function take({ outbox }: Scene, receiver: string, now: number): Due | null {
  const taken = outbox.take(receiver, now);
  return taken.kind === 'due' ? taken.due : null;
}

function settle({ outbox }: Scene, due: Due, outcome: Outcome, now: number): Settled {
  return outbox.settle(due, { reachedAt: now, outcome, paceMs: 0 }, now);
}

/** The next delivery to each is dead: it has failed for a day while another got through. */
function kill(scene: Scene, receivers: readonly string[], now: number): void {
  for (const at of [now, now + DAY + 2]) {
    const dues = receivers.map((name) => take(scene, name, at)).filter((due) => due !== null);
    for (const due of dues) settle(scene, due, REFUSED, at);
    // As if it had been tried each hour.
    scene.store.run('UPDATE deliveries SET own_ms = ? WHERE attempts > 0', DAY);
    // Others get through to the end.
    for (const name of receivers)
      for (const tested of [1, DAY + 1]) scene.outbox.recordTest(name, DELIVERED, at + tested);
  }
}

/** Every health alert that was enqueued: `health blind → slack`, with its subject. */
function healthDeliveries({ store }: Scene): string[] {
  return store
    .all<{ receiver: string; notification: string }>(
      'SELECT receiver, notification FROM deliveries WHERE health IS NOT NULL ORDER BY id',
    )
    .map(({ receiver, notification }) => {
      const { kind, health } = JSON.parse(notification) as HealthNotification;
      return `${kind} ${health.kind}${health.subject === null ? '' : ` ${health.subject}`} → ${receiver}`;
    });
}

const healthOf = ({ ledger }: Scene, name: string) => ledger.status(NOON).receivers.find((each) => each.name === name);

describe("a receiver's health", () => {
  it('is unproven before the first delivery, and healthy after it', () => {
    const scene = alertingScene([SLACK]);
    expect(healthOf(scene, 'slack')).toEqual({
      name: 'slack',
      minLevel: 'low',
      state: 'unproven',
      reason: null,
      lastDeliveredAt: null,
      failingSince: null,
      pending: 0,
      bundled: 0,
      waiting: 0,
      dead: 0,
      works: true,
      backlogSince: null,
      failingMessage: null,
    });
    openAlert(scene, NOON);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'unproven', pending: 1 });
    send(scene, NOON + 1);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', lastDeliveredAt: NOON + 1, pending: 0 });
  });

  it('is failing from its first failure until its next delivery, with the last reason', () => {
    const scene = alertingScene([SLACK]);
    openAlert(scene, NOON);
    send(scene, NOON);
    openAlert(scene, NOON + MINUTE);
    send(scene, NOON + MINUTE, { slack: FAILED });
    send(scene, NOON + 2 * MINUTE, { slack: { ...FAILED, reason: 'HTTP 503' } });
    const failing = { state: 'failing', failingSince: NOON + MINUTE, lastDeliveredAt: NOON, reason: 'HTTP 503' };
    expect(healthOf(scene, 'slack')).toMatchObject({ ...failing, pending: 1 });
    expect(healthOf(scene.reopened(), 'slack')).toMatchObject(failing);
    send(scene, NOON + 4 * MINUTE);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', failingSince: null, reason: null });
  });

  it('costs one row per failure', () => {
    const scene = alertingScene([SLACK]);
    openAlert(scene, NOON);
    const due = take(scene, 'slack', NOON);
    if (due === null) throw new Error('nothing is due');
    // The delivery and the receiver.
    expect(scene.written(() => settle(scene, due, FAILED, NOON))).toBe(2);
    expect(scene.count('receivers')).toBe(1);
  });

  it('counts the dead deliveries of each receiver', () => {
    const scene = alertingScene([SLACK, MAIL]);
    openAlert(scene, NOON);
    kill(scene, ['mail'], NOON);
    send(scene, NOON + DAY);
    expect(healthOf(scene, 'mail')).toMatchObject({ state: 'healthy', pending: 0, dead: 1 });
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', pending: 0, dead: 0 });
  });
});

describe('the health alert about an unhealthy receiver', () => {
  const UNHEALTHY = 'health unhealthy-receiver slack → mail';

  it('is not raised by a message that is refused until it is dead; another receiver is notified of that', () => {
    const scene = alertingScene([SLACK, MAIL]);
    openAlert(scene, NOON);
    kill(scene, ['slack'], NOON);
    scene.ledger.watchdog(NOON + DAY + HOUR);
    expect(healthDeliveries(scene)).toContain('health dead-delivery slack → mail');
    expect(healthDeliveries(scene)).not.toContain(UNHEALTHY);
  });

  it('is raised at once when two messages in a row are refused', () => {
    const scene = alertingScene([SLACK, MAIL]);
    openAlert(scene, NOON);
    send(scene, NOON, { slack: REFUSED });
    openAlert(scene, NOON + MINUTE);
    send(scene, NOON + MINUTE, { slack: REFUSED });
    expect(healthDeliveries(scene)).toEqual([UNHEALTHY]);
    expect(scene.ledger.status(NOON + MINUTE).healthAlerts).toMatchObject([
      { kind: 'unhealthy-receiver:slack', summary: 'nothing reaches the receiver slack: no_service' },
    ]);
  });

  it('is not raised by two refusals with a delivery in between', () => {
    const scene = alertingScene([SLACK, MAIL]);
    for (const outcome of [REFUSED, DELIVERED, REFUSED]) {
      openAlert(scene, NOON);
      send(scene, NOON, { slack: outcome });
    }
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'failing', pending: 1 });
    expect(healthDeliveries(scene)).toEqual([]);
  });

  it('is not raised by requests to slow down, however many', () => {
    const scene = alertingScene([SLACK, MAIL]);
    openAlert(scene, NOON);
    for (let hour = 0; hour < 30; hour++) {
      scene.record([entry(`other-${hour}`, NOON + hour * HOUR, { action: 'other' })], { now: NOON + hour * HOUR });
      send(scene, NOON + hour * HOUR, { slack: { kind: 'slow down', reason: 'HTTP 429', afterMs: MINUTE } });
      scene.ledger.watchdog(NOON + hour * HOUR);
    }
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'unproven', failingSince: null, pending: 1 });
    // What waits so long is a backlog.
    expect(new Set(healthDeliveries(scene))).toEqual(new Set(['health backlog slack → mail']));
  });

  it('is raised after attempts have failed for 15 minutes, not earlier', () => {
    const scene = alertingScene([SLACK, MAIL]);
    openAlert(scene, NOON);
    for (let at = 0; at < 15 * MINUTE; at += 30 * SECOND) {
      send(scene, NOON + at, { slack: FAILED });
      scene.record([], { now: NOON + at });
    }
    scene.ledger.watchdog(NOON + 15 * MINUTE - 1);
    const BACKLOG = 'health backlog slack → mail';
    expect(healthDeliveries(scene)).toEqual([BACKLOG]);
    expect(scene.ledger.nextAlarmAt(NOON + 15 * MINUTE - 1)).toBeLessThanOrEqual(NOON + 15 * MINUTE);
    scene.ledger.watchdog(NOON + 15 * MINUTE);
    expect(healthDeliveries(scene)).toEqual([BACKLOG, UNHEALTHY]);
  });

  it('is repeated hourly for a day and then daily while it lasts, and its end is notified', () => {
    const scene = alertingScene([SLACK, MAIL]);
    for (let hour = 0; hour < 80; hour++) {
      openAlert(scene, NOON + hour * HOUR);
      send(scene, NOON + hour * HOUR, { slack: REFUSED });
      scene.ledger.watchdog(NOON + hour * HOUR + MINUTE);
      send(scene, NOON + hour * HOUR + MINUTE, { slack: REFUSED });
    }
    expect(healthDeliveries(scene).filter((each) => each === UNHEALTHY)).toHaveLength(25 + 2);
    openAlert(scene, NOON + 80 * HOUR);
    send(scene, NOON + 80 * HOUR);
    const over = healthDeliveries(scene).filter((each) => each.startsWith('health-resolved'));
    expect(over.sort()).toEqual([
      'health-resolved unhealthy-receiver slack → mail',
      'health-resolved unhealthy-receiver slack → slack',
    ]);
    expect(scene.ledger.status(NOON + 80 * HOUR).healthAlerts).not.toContainEqual(
      expect.objectContaining({ kind: 'unhealthy-receiver:slack' }),
    );
  });

  it('never goes to the unhealthy receiver, even if it is the only one; its end does', () => {
    const scene = alertingScene([SLACK]);
    for (const now of [NOON, NOON + 1]) {
      openAlert(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    expect(healthDeliveries(scene)).toEqual([]);
    expect(scene.ledger.status(NOON).healthAlerts).toHaveLength(1);
    openAlert(scene, NOON + 2);
    send(scene, NOON + 2 * MINUTE);
    expect(healthDeliveries(scene)).toEqual(['health-resolved unhealthy-receiver slack → slack']);
  });

  it('is raised for each receiver', () => {
    const scene = alertingScene([SLACK, MAIL, direct('siem')]);
    for (const now of [NOON, NOON + 1]) {
      openAlert(scene, now);
      send(scene, now, { slack: REFUSED, mail: REFUSED });
    }
    const unhealthy = healthDeliveries(scene).filter((each) => each.includes('unhealthy'));
    expect(unhealthy).toContain('health unhealthy-receiver slack → siem');
    expect(unhealthy).toContain('health unhealthy-receiver mail → siem');
    expect(scene.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['unhealthy-receiver:mail', 'unhealthy-receiver:slack']),
    );
  });

  it('is not raised when health alerts fail to be delivered', () => {
    const scene = createScene([], { receivers: [SLACK, MAIL] });
    scene.record([]);
    for (let hour = 1; hour < 40; hour += 4) {
      scene.ledger.watchdog(NOON + hour * HOUR);
      send(scene, NOON + hour * HOUR, { slack: hour % 8 === 1 ? REFUSED : FAILED });
    }
    expect(new Set(healthDeliveries(scene))).toEqual(new Set(['health blind → slack', 'health blind → mail']));
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'failing', failingSince: NOON + HOUR });
  });

  it('is not raised by a refused health alert after failed attempts', () => {
    const scene = alertingScene([SLACK, MAIL]);
    scene.record([], { now: NOON, invalid: [{ id: null, problem: 'no id', text: 'x' }] });
    openAlert(scene, NOON);
    const health = take(scene, 'slack', NOON);
    if (health === null || !('health' in health.notification)) throw new Error('no health alert is due');
    scene.outbox.recordTest('slack', FAILED, NOON);
    scene.outbox.recordTest('slack', FAILED, NOON + 1);
    settle(scene, health, REFUSED, NOON + 2);
    expect(scene.ledger.status(NOON + 2).healthAlerts.map(({ kind }) => kind)).toEqual(['quarantine']);
  });

  it('sets the alarm for its next repeat once it is raised', () => {
    const scene = alertingScene([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      openAlert(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    // It would be tried again.
    scene.store.run('DELETE FROM deliveries');
    scene.record([], { now: NOON + HOUR });
    scene.ledger.watchdog(NOON + HOUR);
    expect(scene.ledger.nextAlarmAt(NOON + HOUR)).toBe(NOON + 1 + HOUR);
    scene.ledger.watchdog(NOON + 1 + HOUR);
    send(scene, NOON + 1 + HOUR);
    expect(scene.ledger.nextAlarmAt(NOON + 1 + HOUR)).toBe(NOON + HOUR + 15 * MINUTE);
  });

  const UNSET = direct('slack', { problem: 'SLACK_WEBHOOK_URL is not set' });

  it('is raised once for a receiver without its setting, however often the ledger is opened', () => {
    const scene = alertingScene([UNSET, MAIL]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON);
    for (let n = 0; n < 5; n++) {
      const again = scene.reopened();
      again.ledger.watchdog(NOON + n);
      send(again, NOON + n);
      expect(again.ledger.nextAlarmAt(NOON + n)).toBe(NOON + 15 * MINUTE);
    }
    expect(healthDeliveries(scene)).toEqual([UNHEALTHY]);
    expect(scene.ledger.status(NOON).healthAlerts).toMatchObject([
      { summary: 'nothing can be sent to the receiver slack: SLACK_WEBHOOK_URL is not set' },
    ]);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'unset', reason: 'SLACK_WEBHOOK_URL is not set' });
    expect(scene.written(() => scene.ledger.watchdog(NOON + 5))).toBe(0);
  });

  it('stores no health of a receiver without its setting, and ends when it is set', () => {
    const scene = alertingScene([UNSET, MAIL]);
    scene.ledger.watchdog(NOON);
    for (const now of [NOON, NOON + 1]) {
      openAlert(scene, now);
      send(scene, now);
    }
    expect(scene.count('receivers', "name = 'slack'")).toBe(0);
    const set = scene.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + MINUTE);
    expect(healthDeliveries(scene).filter((each) => each.startsWith('health-resolved'))).toEqual([
      'health-resolved unhealthy-receiver slack → slack',
      'health-resolved unhealthy-receiver slack → mail',
    ]);
    expect(healthOf(set, 'slack')).toMatchObject({ state: 'unproven' });
  });

  it('does not end when a receiver that failed is set again, only when it delivers', () => {
    const scene = alertingScene([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      openAlert(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    scene.reopened({ receivers: [UNSET, MAIL] }).ledger.watchdog(NOON + 2);
    const set = scene.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + 3);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toContain('unhealthy-receiver:slack');
    set.outbox.recordTest('slack', DELIVERED, NOON + 4);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).not.toContain('unhealthy-receiver:slack');
  });

  it('ends when the receiver is removed', () => {
    const scene = alertingScene([UNSET, MAIL]);
    scene.ledger.watchdog(NOON);
    scene.reopened({ receivers: [MAIL] }).ledger.watchdog(NOON + 1);
    expect(healthDeliveries(scene)).toEqual([UNHEALTHY, 'health-resolved unhealthy-receiver slack → mail']);
  });
});

describe('a health alert that comes and goes', () => {
  const key = { kind: 'key', message: 'the upstream refuses the API key (403)' } as const;

  it('is notified a few times an hour, and so is its end', () => {
    const scene = alertingScene([SLACK]);
    scene.record([entry('first', NOON)]);
    for (let minute = 0; minute < 60; minute += 2) {
      scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
      scene.record([entry(`seen-${minute}`, NOON + minute * MINUTE)], { now: NOON + (minute + 1) * MINUTE });
    }
    expect(healthDeliveries(scene)).toEqual(
      [0, 1].flatMap(() => ['health key-refused → slack', 'health-resolved key-refused → slack']),
    );
  });

  it('and then lasts is notified within half an hour, with its own beginning', () => {
    const scene = alertingScene([SLACK]);
    scene.record([entry('first', NOON)]);
    scene.ledger.recordFailedTick(key, NOON);
    scene.record([entry('seen', NOON)], { now: NOON + MINUTE });
    for (let minute = 2; minute <= 40; minute++) scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(healthDeliveries(scene)).toEqual([
      'health key-refused → slack',
      'health-resolved key-refused → slack',
      'health key-refused → slack',
    ]);
    expect(scene.ledger.status(NOON + 40 * MINUTE).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + 2 * MINUTE },
    ]);
  });
});

describe('the health alert about a dead delivery', () => {
  it('names the alert, and is raised for each receiver', () => {
    const scene = alertingScene([direct('a'), direct('b'), direct('c')]);
    openAlert(scene, NOON);
    kill(scene, ['a', 'b'], NOON);
    const summaries = scene.store
      .all<{ notification: string }>("SELECT notification FROM deliveries WHERE health IS NOT NULL AND receiver = 'c'")
      .map(({ notification }) => (JSON.parse(notification) as HealthNotification).health.summary);
    expect(summaries).toHaveLength(2);
    for (const summary of summaries) {
      expect(summary).toMatch(
        /^failed for a day while others were delivered \(2 attempts\): no_service\. It was about alert 1, \[[A-Z]+\] \w/,
      );
    }
  });
});

describe('the recipients of a health alert', () => {
  const invalid = { invalid: [{ id: null, problem: 'no id', text: 'x' }] };
  const rows: [string, readonly RoutedReceiver[], readonly string[], readonly string[]][] = [
    ['all receivers that work', [SLACK, MAIL], [], ['slack', 'mail']],
    ['not a receiver without its setting', [direct('slack', { problem: 'is not set' }), MAIL], [], ['mail']],
    ['not an unhealthy receiver', [SLACK, MAIL], ['slack'], ['mail']],
    ['all receivers if none works', [SLACK, MAIL], ['slack', 'mail'], ['slack', 'mail']],
    ['the only receiver, even without its setting', [direct('slack', { problem: 'is not set' })], [], ['slack']],
    ['a receiver whose min_level is above all alerts', [direct('slack', { minLevel: 'critical' })], [], ['slack']],
  ];
  it.each(rows)('%s', (_sentence, receivers, unhealthy, recipients) => {
    const scene = alertingScene(receivers);
    for (const name of unhealthy) for (const now of [NOON, NOON + 1]) scene.outbox.recordTest(name, REFUSED, now);
    scene.store.run('DELETE FROM deliveries');
    scene.record([], invalid);
    expect(healthDeliveries(scene).map((each) => each.split(' → ')[1])).toEqual(recipients);
  });

  it('of a dead delivery: another receiver that works, or all', () => {
    for (const [receivers, recipients] of [
      [[SLACK, MAIL], ['mail']],
      [[SLACK], ['slack']],
      [
        [SLACK, direct('mail', { problem: 'is not set' })],
        ['slack', 'mail'],
      ],
    ] as const) {
      const scene = alertingScene(receivers);
      openAlert(scene, NOON);
      kill(scene, ['slack'], NOON);
      expect(healthDeliveries(scene)).toEqual(recipients.map((name) => `health dead-delivery slack → ${name}`));
    }
  });
});

describe('a failed tick', () => {
  const key = { kind: 'key', message: 'the upstream refused the API key (401)' } as const;
  const upstream = { kind: 'upstream', message: 'the upstream is failing (503)' } as const;

  it('is shown with its reason and beginning until the scan moves again', () => {
    const scene = createScene();
    scene.record([]);
    expect(scene.ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON + MINUTE);
    scene.ledger.recordFailedTick({ kind: 'other', message: 'a bug\nin two lines' }, NOON + 2 * MINUTE);
    const failure = {
      kind: 'other',
      message: 'a bug in two lines',
      since: NOON + MINUTE,
      at: NOON + 2 * MINUTE,
      retryAt: null,
    };
    expect(scene.ledger.status(NOON).failure).toEqual(failure);
    expect(scene.reopened().ledger.status(NOON).failure).toEqual(failure);
    scene.record([], { now: NOON + 3 * MINUTE });
    expect(scene.ledger.status(NOON).failure).toBeNull();
    expect(scene.reopened().ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON + 4 * MINUTE);
    expect(scene.ledger.status(NOON).failure).toMatchObject({ since: NOON + 4 * MINUTE });
  });

  it('costs one row, and does not change the checkpoint', () => {
    const scene = createScene();
    scene.record([], { save: true });
    const before = scene.checkpoint();
    expect(scene.written(() => scene.ledger.recordFailedTick(upstream, NOON + MINUTE))).toBe(1);
    expect(scene.checkpoint()).toEqual(before);
  });

  it('does not change the checkpoint that quiet ticks hold in memory', () => {
    const scene = createScene();
    scene.record([]);
    scene.record([], { now: NOON + MINUTE });
    const before = scene.checkpoint();
    scene.ledger.recordFailedTick(upstream, NOON + 2 * MINUTE);
    expect(scene.checkpoint()).toEqual(before);
    scene.record([], { now: NOON + 3 * MINUTE });
    expect(scene.ledger.status(NOON).movedAt).toBe(NOON + 3 * MINUTE);
  });

  it('is ignored by a ledger that has not begun', () => {
    const scene = createScene();
    scene.store.run('DELETE FROM state');
    scene.ledger.recordFailedTick(key, NOON);
    expect(scene.ledger.status(NOON).failure).toBeNull();
    expect(healthDeliveries(scene)).toEqual([]);
  });

  it('is stored in a state without the field', () => {
    const scene = createScene();
    scene.store.run("UPDATE state SET value = json_remove(value, '$.failure')");
    expect(scene.ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON);
    expect(scene.ledger.status(NOON).failure).toMatchObject(upstream);
  });

  it('raises a health alert at once if the key is refused, repeated every hour until the scan moves', () => {
    const scene = createScene();
    scene.record([]);
    for (let minute = 1; minute <= 9 * 60; minute++) scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(healthDeliveries(scene)).toEqual(Array(9).fill('health key-refused → slack'));
    expect(scene.ledger.status(NOON + 9 * HOUR).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + MINUTE, summary: key.message },
    ]);
    scene.record([], { now: NOON + 10 * HOUR });
    expect(healthDeliveries(scene).slice(9)).toEqual(['health-resolved key-refused → slack']);
    expect(scene.ledger.status(NOON + 10 * HOUR).healthAlerts).toEqual([]);
  });

  it('raises no health alert if the upstream fails for another reason, before it is blind', () => {
    const scene = createScene();
    scene.record([]);
    for (let minute = 1; minute < 15; minute++) scene.ledger.recordFailedTick(upstream, NOON + minute * MINUTE);
    expect(healthDeliveries(scene)).toEqual([]);
  });
});

describe('a key that expires', () => {
  const EXPIRES = NOON + 20 * DAY;

  /** Runs the watchdog whenever the ledger asks for its alarm; returns the days left at each notification. */
  function live(scene: Scene, from: number, to: number): number[] {
    const left: number[] = [];
    let now = from;
    for (let n = 0; n < 20_000 && now < to; n++) {
      const before = healthDeliveries(scene).length;
      scene.record([], { now });
      scene.ledger.watchdog(now);
      if (healthDeliveries(scene).length > before) left.push((EXPIRES - now) / DAY);
      send(scene, now);
      const wake = scene.ledger.nextAlarmAt(now);
      if (wake === null) throw new Error('no alarm is set');
      now = Math.max(wake, now + 1);
    }
    return left;
  }

  it('is notified once each when 14, 7, 3 and 1 days are left and when it has expired', () => {
    const scene = createScene([], { apiKeyExpiresAt: EXPIRES, blindAfterMs: DAY });
    expect(live(scene, NOON, EXPIRES + 5 * DAY)).toEqual([14, 7, 3, 1, 0]);
    const summaries = scene.store
      .all<{ s: string }>("SELECT notification ->> '$.health.summary' AS s FROM deliveries ORDER BY id")
      .map(({ s }) => s);
    expect(summaries).toEqual([
      'the Nirvana Labs API key expires 2026-01-25 12:00 UTC, in 14 days',
      'the Nirvana Labs API key expires 2026-01-25 12:00 UTC, in 7 days',
      'the Nirvana Labs API key expires 2026-01-25 12:00 UTC, in 3 days',
      'the Nirvana Labs API key expires 2026-01-25 12:00 UTC, in 1 day',
      'the Nirvana Labs API key expired 2026-01-25 12:00 UTC',
    ]);
  });

  it('sets the alarm, though nothing else is due', () => {
    const scene = createScene([], { apiKeyExpiresAt: NOON + 7 * DAY + HOUR, blindAfterMs: DAY });
    scene.ledger.watchdog(NOON);
    send(scene, NOON);
    scene.record([]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + HOUR);
  });

  it('is notified once if its expiry is set late, and not again after an eviction', () => {
    const late = createScene([], { apiKeyExpiresAt: NOON + 2 * DAY });
    expect(late.ledger.nextAlarmAt(NOON)).toBe(NOON);
    for (let n = 0; n < 3; n++) late.reopened().ledger.watchdog(NOON + n * MINUTE);
    expect(healthDeliveries(late)).toEqual(['health key-expiring → slack']);
    expect(late.written(() => late.ledger.watchdog(NOON + 4 * MINUTE))).toBe(0);
  });

  it.each([
    ['to much later', 90 * DAY, ['health-resolved key-expiring → slack']],
    ['to a little later', 6 * DAY, ['health-resolved key-expiring → slack', 'health key-expiring → slack']],
    ['to nothing', null, ['health-resolved key-expiring → slack']],
  ] as const)('ends when the setting changes %s', (_, left, more) => {
    const scene = createScene([], { apiKeyExpiresAt: NOON + DAY });
    scene.ledger.watchdog(NOON);
    const moved = scene.reopened({ apiKeyExpiresAt: left === null ? null : NOON + left });
    expect(moved.ledger.nextAlarmAt(NOON + 1)).toBe(NOON + 1);
    moved.ledger.watchdog(NOON + 1);
    moved.ledger.watchdog(NOON + 2);
    expect(healthDeliveries(scene)).toEqual(['health key-expiring → slack', ...more]);
  });

  it('raises nothing while there is time, or without an expiry', () => {
    for (const apiKeyExpiresAt of [NOON + 15 * DAY, null]) {
      const scene = createScene([], { apiKeyExpiresAt });
      expect(scene.written(() => scene.ledger.watchdog(NOON))).toBe(0);
      expect(scene.ledger.status(NOON).healthAlerts).toEqual([]);
    }
  });
});

describe('a health alert is shown in words', () => {
  it.each([
    ['blind', 'blind', 'not watching the audit log', 'blind'],
    [
      'unhealthy-receiver:on:call',
      'unhealthy-receiver:on:call',
      'the receiver “on:call” does not work',
      'unhealthy-receiver',
    ],
    ['backlog:slack', 'backlog:slack', 'messages to the receiver “slack” wait too long', 'backlog'],
    ['dead-delivery:slack', 'dead-delivery:slack', 'a message could not be delivered to “slack”', 'dead-delivery'],
    ['overflow:5d0f3f5e', 'overflow', 'a correlation exceeded its limit', 'overflow'],
    ['forgotten-marks', 'forgotten-marks', "too many of Tocsin's own reads to remember", 'forgotten-marks'],
    ['key-expiring:1790000000000', 'key-expiring', "the API key's expiry is near", 'key-expiring'],
  ] as const)('%s', (key, kind, headline, hinted) => {
    expect(shownHealthAlert(key)).toEqual({ kind, level: levelOfKind(hinted), headline, hint: hintOf(hinted) });
  });

  it('that another version of the Worker stored: without a hint', () => {
    expect(shownHealthAlert('moon-phase:full')).toEqual({
      ...{ kind: 'moon-phase:full', level: 'high' },
      ...{ headline: 'moon-phase', hint: '' },
    });
  });
});
