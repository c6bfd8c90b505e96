/** Tocsin watches itself: receivers' health, the upstream key, failed ticks; whom an alarm is told, and how often. */
import { describe, expect, it } from 'vitest';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Due } from '../../../src/ledger/deliver/outbox.ts';
import { resendDead } from '../../../src/ledger/deliver/outbox.ts';
import type { LedgerOptions } from '../../../src/ledger/record/context.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no_service' };
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };

const SLACK = route('slack');
const MAIL = route('mail');

/** A scene on which every entry rings, each by an actor of its own. */
function ringing(receivers: readonly RoutedReceiver[], more: Partial<LedgerOptions> = {}): Scene {
  return createScene([onAction('vm.read')], { receivers, ...more });
}

let rung = 0;

/** Rings once at `now`, with one message queued for each receiver. */
function ring({ record }: Scene, now: number): void {
  const id = `ring-${++rung}`;
  record([entry(id, NOON, { actor: { id } })], { now });
}

/** Sends all that is due at `now`: each receiver answers as told, the others deliver. Returns what was sent to whom. */
function send({ outbox }: Scene, now: number, answers: Readonly<Record<string, Outcome>> = {}): Due[] {
  const sent: Due[] = [];
  for (let round = 0; round < 50; round++) {
    const dues = outbox.takeDue(12, now);
    if (dues.length === 0) return sent;
    for (const due of dues) {
      outbox.settle(due, answers[due.receiver] ?? DELIVERED, now);
      sent.push(due);
    }
  }
  throw new Error('it sends without end');
}

/** Every alarm that was queued: `health blind → slack`, with its subject. */
function told({ store }: Scene): string[] {
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
  it('is unproven before anything was sent, and healthy with the first that is delivered', () => {
    const scene = ringing([SLACK]);
    expect(healthOf(scene, 'slack')).toEqual({
      name: 'slack',
      minLevel: 'low',
      state: 'unproven',
      reason: null,
      lastDeliveredAt: null,
      failingSince: null,
      pending: 0,
      dead: 0,
    });
    ring(scene, NOON);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'unproven', pending: 1 });
    send(scene, NOON + 1);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', lastDeliveredAt: NOON + 1, pending: 0 });
  });

  it('is failing from its first failure, with the last reason, until it delivers again', () => {
    const scene = ringing([SLACK]);
    ring(scene, NOON);
    send(scene, NOON);
    ring(scene, NOON + MINUTE);
    send(scene, NOON + MINUTE, { slack: FAILED });
    send(scene, NOON + 2 * MINUTE, { slack: { ...FAILED, reason: 'HTTP 503' } });
    const failing = { state: 'failing', failingSince: NOON + MINUTE, lastDeliveredAt: NOON, reason: 'HTTP 503' };
    expect(healthOf(scene, 'slack')).toMatchObject({ ...failing, pending: 1 });
    expect(healthOf(scene.reopened(), 'slack')).toMatchObject(failing);
    send(scene, NOON + 3 * MINUTE);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', failingSince: null, reason: null });
  });

  it('is not changed by an attempt that was taken for lost, once another has settled the delivery', () => {
    const scene = ringing([SLACK]);
    ring(scene, NOON);
    const [lost] = scene.outbox.takeDue(1, NOON);
    if (lost === undefined) throw new Error('nothing is due');
    send(scene, NOON + 2 * MINUTE);
    expect(scene.outbox.settle(lost, REFUSED, NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy' });
  });

  it('is one row an attempt', () => {
    const scene = ringing([SLACK]);
    ring(scene, NOON);
    const [due] = scene.outbox.takeDue(1, NOON);
    if (due === undefined) throw new Error('nothing is due');
    // The delivery, its index of what is due, and the receiver.
    expect(scene.written(() => scene.outbox.settle(due, FAILED, NOON))).toBeLessThanOrEqual(3);
    expect(scene.count('receivers')).toBe(1);
  });

  it('says what is dead of each', () => {
    const scene = ringing([SLACK, MAIL]);
    ring(scene, NOON);
    send(scene, NOON, { mail: REFUSED });
    expect(healthOf(scene, 'mail')).toMatchObject({ state: 'failing', dead: 1, reason: 'no_service' });
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'healthy', dead: 0 });
  });
});

describe('the alarm that a receiver is unhealthy', () => {
  const ILL = 'health unhealthy-receiver slack → mail';

  it('is not raised by one refusal, which may be the message’s own; its death is told by another', () => {
    const scene = ringing([SLACK, MAIL]);
    ring(scene, NOON);
    send(scene, NOON, { slack: REFUSED });
    scene.ledger.watchdog(NOON + HOUR);
    expect(told(scene)).toEqual(['health dead-delivery → mail', 'health blind → slack', 'health blind → mail']);
  });

  it('is raised at once by two messages refused running', () => {
    const scene = ringing([SLACK, MAIL]);
    ring(scene, NOON);
    send(scene, NOON, { slack: REFUSED });
    ring(scene, NOON + MINUTE);
    send(scene, NOON + MINUTE, { slack: REFUSED });
    expect(told(scene)).toEqual(['health dead-delivery → mail', ILL]);
    expect(scene.ledger.status(NOON + MINUTE).healthAlerts).toMatchObject([
      { kind: 'unhealthy-receiver:slack', summary: 'nothing reaches the receiver slack: no_service' },
      { kind: 'dead-delivery' },
    ]);
  });

  it('is not raised by two refusals with a delivery between', () => {
    const scene = ringing([SLACK, MAIL]);
    for (const outcome of [REFUSED, DELIVERED, REFUSED]) {
      ring(scene, NOON);
      send(scene, NOON, { slack: outcome });
    }
    expect(told(scene)).toEqual(['health dead-delivery → mail']);
  });

  it('is raised by attempts that failed for a quarter of an hour, and no sooner', () => {
    const scene = ringing([SLACK, MAIL]);
    ring(scene, NOON);
    for (let at = 0; at < 15 * MINUTE; at += 30 * SECOND) {
      send(scene, NOON + at, { slack: FAILED });
      scene.record([], { now: NOON + at });
    }
    scene.ledger.watchdog(NOON + 15 * MINUTE - 1);
    expect(told(scene)).toEqual([]);
    expect(scene.ledger.nextAlarmAt(NOON + 15 * MINUTE - 1)).toBeLessThanOrEqual(NOON + 15 * MINUTE);
    scene.ledger.watchdog(NOON + 15 * MINUTE);
    expect(told(scene)).toEqual([ILL]);
  });

  it('is told once a day as long as it lasts, whatever fails, and when it is over', () => {
    const scene = ringing([SLACK, MAIL]);
    for (let hour = 0; hour < 30; hour++) {
      ring(scene, NOON + hour * HOUR);
      send(scene, NOON + hour * HOUR, { slack: REFUSED });
      scene.ledger.watchdog(NOON + hour * HOUR + MINUTE);
      send(scene, NOON + hour * HOUR + MINUTE, { slack: REFUSED });
    }
    expect(told(scene).filter((each) => each === ILL)).toHaveLength(2);
    ring(scene, NOON + 30 * HOUR);
    send(scene, NOON + 30 * HOUR);
    const over = told(scene).filter((each) => each.startsWith('health-resolved'));
    expect(over.sort()).toEqual([
      'health-resolved unhealthy-receiver slack → mail',
      'health-resolved unhealthy-receiver slack → slack',
    ]);
    expect(scene.ledger.status(NOON + 30 * HOUR).healthAlerts).not.toContainEqual(
      expect.objectContaining({ kind: 'unhealthy-receiver:slack' }),
    );
  });

  it('is never told to itself, even where there is no other: it is open, and its end is told', () => {
    const scene = ringing([SLACK]);
    for (const now of [NOON, NOON + 1]) {
      ring(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    expect(told(scene)).toEqual(['health dead-delivery → slack']);
    expect(scene.ledger.status(NOON).healthAlerts).toHaveLength(2);
    ring(scene, NOON + 2);
    send(scene, NOON + 2);
    expect(told(scene).slice(1)).toEqual(['health-resolved unhealthy-receiver slack → slack']);
  });

  it('is one a receiver', () => {
    const scene = ringing([SLACK, MAIL, route('siem')]);
    for (const now of [NOON, NOON + 1]) {
      ring(scene, now);
      send(scene, now, { slack: REFUSED, mail: REFUSED });
    }
    const ill = told(scene).filter((each) => each.includes('unhealthy'));
    expect(ill).toContain('health unhealthy-receiver slack → siem');
    expect(ill).toContain('health unhealthy-receiver mail → siem');
    expect(scene.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['unhealthy-receiver:mail', 'unhealthy-receiver:slack']),
    );
  });

  it('is not begotten by alarms that fail', () => {
    const scene = createScene([], { receivers: [SLACK, MAIL] });
    scene.record([]);
    for (let hour = 1; hour < 40; hour += 4) {
      scene.ledger.watchdog(NOON + hour * HOUR);
      send(scene, NOON + hour * HOUR, { slack: hour % 8 === 1 ? REFUSED : FAILED });
    }
    expect(new Set(told(scene))).toEqual(new Set(['health blind → slack', 'health blind → mail']));
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'failing', failingSince: NOON + HOUR });
  });

  it('is not raised by an alarm that is refused, where alerts only failed lately', () => {
    const scene = ringing([SLACK, MAIL]);
    scene.record([], { now: NOON, invalid: [{ id: null, problem: 'no id', text: 'x' }] });
    ring(scene, NOON);
    const due = scene.outbox.takeDue(9, NOON).filter(({ receiver }) => receiver === 'slack');
    const [health] = due.filter(({ notification }) => 'health' in notification);
    if (health === undefined) throw new Error('nothing is due');
    scene.outbox.recordTest('slack', FAILED, NOON);
    scene.outbox.recordTest('slack', FAILED, NOON + 1);
    scene.outbox.settle(health, REFUSED, NOON + 2);
    expect(scene.ledger.status(NOON + 2).healthAlerts.map(({ kind }) => kind)).toEqual(['quarantine']);
  });

  it('once told wakes nobody again', () => {
    const scene = ringing([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      ring(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    scene.record([], { now: NOON + HOUR });
    scene.ledger.watchdog(NOON + HOUR);
    expect(scene.ledger.nextAlarmAt(NOON + HOUR)).toBe(NOON + HOUR + 15 * MINUTE);
  });

  const UNSET = route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' });

  it('is raised by the watchdog for a receiver that is not set, once, however often the ledger is opened', () => {
    const scene = ringing([UNSET, MAIL]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON);
    for (let n = 0; n < 5; n++) {
      const again = scene.reopened();
      again.ledger.watchdog(NOON + n);
      send(again, NOON + n);
      expect(again.ledger.nextAlarmAt(NOON + n)).toBe(NOON + 15 * MINUTE);
    }
    expect(told(scene)).toEqual([ILL]);
    expect(scene.ledger.status(NOON).healthAlerts).toMatchObject([
      { summary: 'nothing can be sent to the receiver slack: SLACK_WEBHOOK_URL is not set' },
    ]);
    expect(healthOf(scene, 'slack')).toMatchObject({ state: 'unset', reason: 'SLACK_WEBHOOK_URL is not set' });
    expect(scene.written(() => scene.ledger.watchdog(NOON + 5))).toBe(0);
  });

  it('keeps no row of what is refused for it, and is over when it is set', () => {
    const scene = ringing([UNSET, MAIL]);
    scene.ledger.watchdog(NOON);
    for (const now of [NOON, NOON + 1]) {
      ring(scene, now);
      send(scene, now, { slack: { kind: 'refused', reason: 'SLACK_WEBHOOK_URL is not set' } });
    }
    expect(scene.count('receivers', "name = 'slack'")).toBe(0);
    const set = scene.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + MINUTE);
    expect(told(scene).filter((each) => each.startsWith('health-resolved'))).toEqual([
      'health-resolved unhealthy-receiver slack → slack',
      'health-resolved unhealthy-receiver slack → mail',
    ]);
    expect(healthOf(set, 'slack')).toMatchObject({ state: 'unproven' });
  });

  it('is not over when it is only set again, where it failed before: it must deliver', () => {
    const scene = ringing([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      ring(scene, now);
      send(scene, now, { slack: REFUSED });
    }
    scene.reopened({ receivers: [UNSET, MAIL] }).ledger.watchdog(NOON + 2);
    const set = scene.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + 3);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toContain('unhealthy-receiver:slack');
    set.outbox.recordTest('slack', DELIVERED, NOON + 4);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).not.toContain('unhealthy-receiver:slack');
  });

  it('is over when there is no such receiver any more', () => {
    const scene = ringing([UNSET, MAIL]);
    scene.ledger.watchdog(NOON);
    scene.reopened({ receivers: [MAIL] }).ledger.watchdog(NOON + 1);
    expect(told(scene)).toEqual([ILL, 'health-resolved unhealthy-receiver slack → mail']);
  });
});

describe('what comes and goes', () => {
  const key = { kind: 'key', message: 'the upstream refuses the API key (403)' } as const;

  it('with every tick is told a few times an hour, and so is its end', () => {
    const scene = ringing([SLACK]);
    scene.record([entry('first', NOON)]);
    for (let minute = 0; minute < 60; minute += 2) {
      scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
      scene.record([entry(`seen-${minute}`, NOON + minute * MINUTE)], { now: NOON + (minute + 1) * MINUTE });
    }
    expect(told(scene)).toEqual(
      [0, 1].flatMap(() => ['health key-refused → slack', 'health-resolved key-refused → slack']),
    );
  });

  it('and then stays is told within half an hour, with its own beginning', () => {
    const scene = ringing([SLACK]);
    scene.record([entry('first', NOON)]);
    scene.ledger.recordFailedTick(key, NOON);
    scene.record([entry('seen', NOON)], { now: NOON + MINUTE });
    for (let minute = 2; minute <= 40; minute++) scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(told(scene)).toEqual([
      'health key-refused → slack',
      'health-resolved key-refused → slack',
      'health key-refused → slack',
    ]);
    expect(scene.ledger.status(NOON + 40 * MINUTE).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + 2 * MINUTE },
    ]);
  });
});

describe('the alarm about a dead message', () => {
  it('says which alert it was about, and is one for each receiver', () => {
    const scene = ringing([route('a'), route('b'), route('c')]);
    ring(scene, NOON);
    send(scene, NOON, { a: REFUSED, b: REFUSED });
    const summaries = scene.store
      .all<{ notification: string }>("SELECT notification FROM deliveries WHERE health IS NOT NULL AND receiver = 'c'")
      .map(({ notification }) => (JSON.parse(notification) as HealthNotification).health.summary);
    expect(summaries).toHaveLength(2);
    expect(summaries[0]).toMatch(/^a message to a could not .*no_service\. It was about alert 1, \[[A-Z]+\] \w/);
    expect(summaries[1]).toMatch(/^a message to b /);
  });
});

describe('whom an alarm is told', () => {
  const invalid = { invalid: [{ id: null, problem: 'no id', text: 'x' }] };
  const rows: [string, readonly RoutedReceiver[], readonly string[], readonly string[]][] = [
    ['all that work', [SLACK, MAIL], [], ['slack', 'mail']],
    ['not what is not set', [route('slack', { problem: 'is not set' }), MAIL], [], ['mail']],
    ['not what is ill', [SLACK, MAIL], ['slack'], ['mail']],
    ['everybody, where nobody works', [SLACK, MAIL], ['slack', 'mail'], ['slack', 'mail']],
    ['whoever there is', [route('slack', { problem: 'is not set' })], [], ['slack']],
    ['whatever they hear of alerts', [route('slack', { minLevel: 'critical' })], [], ['slack']],
  ];
  it.each(rows)('%s', (_sentence, receivers, ill, hear) => {
    const scene = ringing(receivers);
    for (const name of ill) for (const now of [NOON, NOON + 1]) scene.outbox.recordTest(name, REFUSED, now);
    scene.store.run('DELETE FROM deliveries');
    scene.record([], invalid);
    expect(told(scene).map((each) => each.split(' → ')[1])).toEqual(hear);
  });

  it('a death: another that works, or whoever there is', () => {
    for (const [receivers, hears] of [
      [[SLACK, MAIL], ['mail']],
      [[SLACK], ['slack']],
      [
        [SLACK, route('mail', { problem: 'is not set' })],
        ['slack', 'mail'],
      ],
    ] as const) {
      const scene = ringing(receivers);
      ring(scene, NOON);
      const due = scene.outbox.takeDue(9, NOON).find(({ receiver }) => receiver === 'slack');
      if (due === undefined) throw new Error('nothing is due');
      scene.outbox.settle(due, REFUSED, NOON);
      expect(told(scene)).toEqual(hears.map((name) => `health dead-delivery → ${name}`));
    }
  });
});

describe('a failed tick', () => {
  const key = { kind: 'key', message: 'the upstream refused the API key (401)' } as const;
  const upstream = { kind: 'upstream', message: 'the upstream is failing (503)' } as const;

  it('is shown with why and since when, until the watch moves again', () => {
    const scene = createScene();
    scene.record([]);
    expect(scene.ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON + MINUTE);
    scene.ledger.recordFailedTick({ kind: 'other', message: 'a bug\nin two lines' }, NOON + 2 * MINUTE);
    const failure = { kind: 'other', message: 'a bug in two lines', since: NOON + MINUTE, at: NOON + 2 * MINUTE };
    expect(scene.ledger.status(NOON).failure).toEqual(failure);
    expect(scene.reopened().ledger.status(NOON).failure).toEqual(failure);
    scene.record([], { now: NOON + 3 * MINUTE });
    expect(scene.ledger.status(NOON).failure).toBeNull();
    expect(scene.reopened().ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON + 4 * MINUTE);
    expect(scene.ledger.status(NOON).failure).toMatchObject({ since: NOON + 4 * MINUTE });
  });

  it('is one row, and changes nothing of what is read', () => {
    const scene = createScene();
    scene.record([], { save: true });
    const before = scene.checkpoint();
    expect(scene.written(() => scene.ledger.recordFailedTick(upstream, NOON + MINUTE))).toBe(1);
    expect(scene.checkpoint()).toEqual(before);
  });

  it('leaves what quiet ticks have brought in memory as it is', () => {
    const scene = createScene();
    scene.record([]);
    scene.record([], { now: NOON + MINUTE });
    const before = scene.checkpoint();
    scene.ledger.recordFailedTick(upstream, NOON + 2 * MINUTE);
    expect(scene.checkpoint()).toEqual(before);
    scene.record([], { now: NOON + 3 * MINUTE });
    expect(scene.ledger.status(NOON).movedAt).toBe(NOON + 3 * MINUTE);
  });

  it('is nothing to a ledger that has not begun', () => {
    const scene = createScene();
    scene.store.run('DELETE FROM state');
    scene.ledger.recordFailedTick(key, NOON);
    expect(scene.ledger.status(NOON).failure).toBeNull();
    expect(told(scene)).toEqual([]);
  });

  it('is known from a state that an older version stored without one', () => {
    const scene = createScene();
    scene.store.run("UPDATE state SET value = json_remove(value, '$.failure')");
    expect(scene.ledger.status(NOON).failure).toBeNull();
    scene.ledger.recordFailedTick(upstream, NOON);
    expect(scene.ledger.status(NOON).failure).toMatchObject(upstream);
  });

  it('is an alarm at once where the key is refused, told every four hours, and over when the watch moves', () => {
    const scene = createScene();
    scene.record([]);
    for (let minute = 1; minute <= 9 * 60; minute++) scene.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(told(scene)).toEqual(Array(3).fill('health key-refused → slack'));
    expect(scene.ledger.status(NOON + 9 * HOUR).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + MINUTE, summary: key.message },
    ]);
    scene.record([], { now: NOON + 10 * HOUR });
    expect(told(scene).slice(3)).toEqual(['health-resolved key-refused → slack']);
    expect(scene.ledger.status(NOON + 10 * HOUR).healthAlerts).toEqual([]);
  });

  it('is no alarm where the upstream fails otherwise: blindness tells of that', () => {
    const scene = createScene();
    scene.record([]);
    for (let minute = 1; minute < 15; minute++) scene.ledger.recordFailedTick(upstream, NOON + minute * MINUTE);
    expect(told(scene)).toEqual([]);
  });
});

describe('a key that expires', () => {
  const EXPIRES = NOON + 20 * DAY;

  /** Rings the watchdog whenever the ledger wants it, for so many days; returns how many days were left at each telling. */
  function live(scene: Scene, from: number, to: number): number[] {
    const left: number[] = [];
    let now = from;
    for (let n = 0; n < 20_000 && now < to; n++) {
      const before = told(scene).length;
      scene.record([], { now });
      scene.ledger.watchdog(now);
      if (told(scene).length > before) left.push((EXPIRES - now) / DAY);
      send(scene, now);
      const wake = scene.ledger.nextAlarmAt(now);
      if (wake === null) throw new Error('it sleeps for ever');
      now = Math.max(wake, now + 1);
    }
    return left;
  }

  it('is told when 14, 7, 3 and 1 days are left and when it has expired, to the minute, each once', () => {
    const scene = createScene([], { apiKeyExpiresAt: EXPIRES, blindAfterMs: DAY });
    expect(live(scene, NOON, EXPIRES + 5 * DAY)).toEqual([14, 7, 3, 1, 0]);
    const said = scene.store
      .all<{ s: string }>("SELECT notification ->> '$.health.summary' AS s FROM deliveries ORDER BY id")
      .map(({ s }) => s);
    expect(said).toEqual([
      'the upstream API key expires 2026-01-25 12:00 UTC, in 14 days',
      'the upstream API key expires 2026-01-25 12:00 UTC, in 7 days',
      'the upstream API key expires 2026-01-25 12:00 UTC, in 3 days',
      'the upstream API key expires 2026-01-25 12:00 UTC, in 1 day',
      'the upstream API key expired 2026-01-25 12:00 UTC',
    ]);
  });

  it('is what the ledger wakes for, though nothing else is to come', () => {
    const scene = createScene([], { apiKeyExpiresAt: NOON + 7 * DAY + HOUR, blindAfterMs: DAY });
    scene.ledger.watchdog(NOON);
    send(scene, NOON);
    scene.record([]);
    expect(scene.ledger.nextAlarmAt(NOON)).toBe(NOON + HOUR);
  });

  it('is told once where it is known late, and not again by a ledger that was evicted', () => {
    const late = createScene([], { apiKeyExpiresAt: NOON + 2 * DAY });
    expect(late.ledger.nextAlarmAt(NOON)).toBe(NOON);
    for (let n = 0; n < 3; n++) late.reopened().ledger.watchdog(NOON + n * MINUTE);
    expect(told(late)).toEqual(['health key-expiring → slack']);
    expect(late.written(() => late.ledger.watchdog(NOON + 4 * MINUTE))).toBe(0);
  });

  it.each([
    ['to much later', 90 * DAY, ['health-resolved key-expiring → slack']],
    ['to a little later', 6 * DAY, ['health-resolved key-expiring → slack', 'health key-expiring → slack']],
    ['away', null, ['health-resolved key-expiring → slack']],
  ] as const)('is over when the setting moves %s', (_, left, more) => {
    const scene = createScene([], { apiKeyExpiresAt: NOON + DAY });
    scene.ledger.watchdog(NOON);
    const moved = scene.reopened({ apiKeyExpiresAt: left === null ? null : NOON + left });
    expect(moved.ledger.nextAlarmAt(NOON + 1)).toBe(NOON);
    moved.ledger.watchdog(NOON + 1);
    moved.ledger.watchdog(NOON + 2);
    expect(told(scene)).toEqual(['health key-expiring → slack', ...more]);
  });

  it('is nothing while there is time, or no expiry is set', () => {
    for (const apiKeyExpiresAt of [NOON + 15 * DAY, null]) {
      const scene = createScene([], { apiKeyExpiresAt });
      expect(scene.written(() => scene.ledger.watchdog(NOON))).toBe(0);
      expect(scene.ledger.status(NOON).healthAlerts).toEqual([]);
    }
  });
});

describe('what is dead, sent again by hand', () => {
  function withDead(): Scene {
    const scene = ringing([SLACK, MAIL]);
    ring(scene, NOON);
    ring(scene, NOON);
    send(scene, NOON, { slack: REFUSED, mail: REFUSED });
    return scene;
  }

  it('is pending once more, due now, with its reason until it is settled; a second call finds none', () => {
    const scene = withDead();
    const later = NOON + 3 * DAY;
    expect(resendDead(scene.store, 'slack', later)).toBe(scene.count('deliveries', "receiver = 'slack'"));
    expect(resendDead(scene.store, 'slack', later)).toBe(0);
    expect(
      scene.count('deliveries', `state = 'pending' AND attempts = 0 AND due_at = ${later} AND queued_at = ${later}`),
    ).toBe(scene.count('deliveries', "receiver = 'slack'"));
    expect(scene.ledger.status(later).waiting[0]).toMatchObject({ receiver: 'slack', reason: 'no_service' });
    expect(scene.ledger.nextAlarmAt(later)).toBeLessThanOrEqual(later);
    send(scene, later);
    expect(scene.count('deliveries', "receiver = 'slack' AND state = 'delivered' AND reason IS NULL")).toBe(
      scene.count('deliveries', "receiver = 'slack'"),
    );
    expect(scene.count('deliveries', "receiver = 'mail' AND state = 'dead'")).toBeGreaterThan(0);
  });

  it('is all of it where no receiver is named, and none where there is none', () => {
    const scene = withDead();
    expect(resendDead(scene.store, 'nobody', NOON)).toBe(0);
    expect(resendDead(scene.store, null, NOON)).toBe(scene.count('deliveries'));
    expect(scene.count('deliveries', "state = 'dead'")).toBe(0);
  });

  it('has a whole day again, and dies again in the open', () => {
    const scene = withDead();
    const later = NOON + 3 * DAY;
    resendDead(scene.store, 'slack', later);
    scene.outbox.takeDue(9, later);
    scene.ledger.watchdog(later + DAY);
    expect(scene.count('deliveries', "receiver = 'slack' AND state = 'dead'")).toBe(0);
    scene.ledger.watchdog(later + DAY + HOUR + 1);
    expect(scene.count('deliveries', "receiver = 'slack' AND state = 'dead'")).toBeGreaterThan(0);
  });

  it('is not settled by an attempt of before', () => {
    const scene = ringing([SLACK]);
    ring(scene, NOON);
    const [lost] = scene.outbox.takeDue(1, NOON);
    const [second] = scene.outbox.takeDue(1, NOON + 2 * MINUTE);
    if (lost === undefined || second === undefined) throw new Error('nothing is due');
    scene.outbox.settle(second, REFUSED, NOON + 2 * MINUTE);
    resendDead(scene.store, null, NOON + 3 * MINUTE);
    expect(scene.outbox.settle(second, FAILED, NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
    expect(send(scene, NOON + 3 * MINUTE).map(({ id, attempt }) => [id, attempt])).toContainEqual([lost.id, 1]);
  });

  it('is not what was held back', () => {
    const scene = ringing([SLACK, route('mail', { minLevel: 'critical' })]);
    ring(scene, NOON);
    send(scene, NOON);
    expect(resendDead(scene.store, null, NOON)).toBe(0);
    expect(scene.ledger.status(NOON).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, suppressed: 1 });
  });
});
