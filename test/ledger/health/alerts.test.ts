/** Tocsin watches itself: receivers' health, the upstream key, failed ticks; whom an alarm is told, and how often. */
import { describe, expect, it } from 'vitest';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Due } from '../../../src/ledger/deliver/outbox.ts';
import { resendDead } from '../../../src/ledger/deliver/outbox.ts';
import type { LedgerOptions } from '../../../src/ledger/record/context.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import { DAY, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND, scene } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no_service' };
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };

const SLACK = route('slack');
const MAIL = route('mail');

/** A scene on which every entry rings, each by an actor of its own. */
function ringing(receivers: readonly RoutedReceiver[], more: Partial<LedgerOptions> = {}): Scene {
  return scene([onAction('vm.read')], { receivers, ...more });
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
    const it = ringing([SLACK]);
    expect(healthOf(it, 'slack')).toEqual({
      name: 'slack',
      minLevel: 'low',
      state: 'unproven',
      reason: null,
      lastDeliveredAt: null,
      failingSince: null,
      pending: 0,
      dead: 0,
    });
    ring(it, NOON);
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'unproven', pending: 1 });
    send(it, NOON + 1);
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'healthy', lastDeliveredAt: NOON + 1, pending: 0 });
  });

  it('is failing from its first failure, with the last reason, until it delivers again', () => {
    const it = ringing([SLACK]);
    ring(it, NOON);
    send(it, NOON);
    ring(it, NOON + MINUTE);
    send(it, NOON + MINUTE, { slack: FAILED });
    send(it, NOON + 2 * MINUTE, { slack: { ...FAILED, reason: 'HTTP 503' } });
    const failing = { state: 'failing', failingSince: NOON + MINUTE, lastDeliveredAt: NOON, reason: 'HTTP 503' };
    expect(healthOf(it, 'slack')).toMatchObject({ ...failing, pending: 1 });
    expect(healthOf(it.reopened(), 'slack')).toMatchObject(failing);
    send(it, NOON + 3 * MINUTE);
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'healthy', failingSince: null, reason: null });
  });

  it('is not changed by an attempt that was taken for lost, once another has settled the delivery', () => {
    const it = ringing([SLACK]);
    ring(it, NOON);
    const [lost] = it.outbox.takeDue(1, NOON);
    if (lost === undefined) throw new Error('nothing is due');
    send(it, NOON + 2 * MINUTE);
    expect(it.outbox.settle(lost, REFUSED, NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'healthy' });
  });

  it('is one row an attempt', () => {
    const it = ringing([SLACK]);
    ring(it, NOON);
    const [due] = it.outbox.takeDue(1, NOON);
    if (due === undefined) throw new Error('nothing is due');
    // The delivery, its index of what is due, and the receiver.
    expect(it.written(() => it.outbox.settle(due, FAILED, NOON))).toBeLessThanOrEqual(3);
    expect(it.count('receivers')).toBe(1);
  });

  it('says what is dead of each', () => {
    const it = ringing([SLACK, MAIL]);
    ring(it, NOON);
    send(it, NOON, { mail: REFUSED });
    expect(healthOf(it, 'mail')).toMatchObject({ state: 'failing', dead: 1, reason: 'no_service' });
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'healthy', dead: 0 });
  });
});

describe('the alarm that a receiver is unhealthy', () => {
  const ILL = 'health unhealthy-receiver slack → mail';

  it('is not raised by one refusal, which may be the message’s own; its death is told by another', () => {
    const it = ringing([SLACK, MAIL]);
    ring(it, NOON);
    send(it, NOON, { slack: REFUSED });
    it.ledger.watchdog(NOON + HOUR);
    expect(told(it)).toEqual(['health dead-delivery → mail', 'health blind → slack', 'health blind → mail']);
  });

  it('is raised at once by two messages refused running', () => {
    const it = ringing([SLACK, MAIL]);
    ring(it, NOON);
    send(it, NOON, { slack: REFUSED });
    ring(it, NOON + MINUTE);
    send(it, NOON + MINUTE, { slack: REFUSED });
    expect(told(it)).toEqual(['health dead-delivery → mail', ILL]);
    expect(it.ledger.status(NOON + MINUTE).healthAlerts).toMatchObject([
      { kind: 'unhealthy-receiver:slack', summary: 'nothing reaches the receiver slack: no_service' },
      { kind: 'dead-delivery' },
    ]);
  });

  it('is not raised by two refusals with a delivery between', () => {
    const it = ringing([SLACK, MAIL]);
    for (const outcome of [REFUSED, DELIVERED, REFUSED]) {
      ring(it, NOON);
      send(it, NOON, { slack: outcome });
    }
    expect(told(it)).toEqual(['health dead-delivery → mail']);
  });

  it('is raised by attempts that failed for a quarter of an hour, and no sooner', () => {
    const it = ringing([SLACK, MAIL]);
    ring(it, NOON);
    for (let at = 0; at < 15 * MINUTE; at += 30 * SECOND) {
      send(it, NOON + at, { slack: FAILED });
      it.record([], { now: NOON + at });
    }
    it.ledger.watchdog(NOON + 15 * MINUTE - 1);
    expect(told(it)).toEqual([]);
    expect(it.ledger.nextAlarmAt(NOON + 15 * MINUTE - 1)).toBeLessThanOrEqual(NOON + 15 * MINUTE);
    it.ledger.watchdog(NOON + 15 * MINUTE);
    expect(told(it)).toEqual([ILL]);
  });

  it('is told once a day as long as it lasts, whatever fails, and when it is over', () => {
    const it = ringing([SLACK, MAIL]);
    for (let hour = 0; hour < 30; hour++) {
      ring(it, NOON + hour * HOUR);
      send(it, NOON + hour * HOUR, { slack: REFUSED });
      it.ledger.watchdog(NOON + hour * HOUR + MINUTE);
      send(it, NOON + hour * HOUR + MINUTE, { slack: REFUSED });
    }
    expect(told(it).filter((each) => each === ILL)).toHaveLength(2);
    ring(it, NOON + 30 * HOUR);
    send(it, NOON + 30 * HOUR);
    const over = told(it).filter((each) => each.startsWith('health-resolved'));
    expect(over.sort()).toEqual([
      'health-resolved unhealthy-receiver slack → mail',
      'health-resolved unhealthy-receiver slack → slack',
    ]);
    expect(it.ledger.status(NOON + 30 * HOUR).healthAlerts).not.toContainEqual(
      expect.objectContaining({ kind: 'unhealthy-receiver:slack' }),
    );
  });

  it('is never told to itself, even where there is no other: it is open, and its end is told', () => {
    const it = ringing([SLACK]);
    for (const now of [NOON, NOON + 1]) {
      ring(it, now);
      send(it, now, { slack: REFUSED });
    }
    expect(told(it)).toEqual(['health dead-delivery → slack']);
    expect(it.ledger.status(NOON).healthAlerts).toHaveLength(2);
    ring(it, NOON + 2);
    send(it, NOON + 2);
    expect(told(it).slice(1)).toEqual(['health-resolved unhealthy-receiver slack → slack']);
  });

  it('is one a receiver', () => {
    const it = ringing([SLACK, MAIL, route('siem')]);
    for (const now of [NOON, NOON + 1]) {
      ring(it, now);
      send(it, now, { slack: REFUSED, mail: REFUSED });
    }
    const ill = told(it).filter((each) => each.includes('unhealthy'));
    expect(ill).toContain('health unhealthy-receiver slack → siem');
    expect(ill).toContain('health unhealthy-receiver mail → siem');
    expect(it.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['unhealthy-receiver:mail', 'unhealthy-receiver:slack']),
    );
  });

  it('is not begotten by alarms that fail', () => {
    const it = scene([], { receivers: [SLACK, MAIL] });
    it.record([]);
    for (let hour = 1; hour < 40; hour += 4) {
      it.ledger.watchdog(NOON + hour * HOUR);
      send(it, NOON + hour * HOUR, { slack: hour % 8 === 1 ? REFUSED : FAILED });
    }
    expect(new Set(told(it))).toEqual(new Set(['health blind → slack', 'health blind → mail']));
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'failing', failingSince: NOON + HOUR });
  });

  it('is not raised by an alarm that is refused, where alerts only failed lately', () => {
    const it = ringing([SLACK, MAIL]);
    it.record([], { now: NOON, invalid: [{ id: null, problem: 'no id', text: 'x' }] });
    ring(it, NOON);
    const due = it.outbox.takeDue(9, NOON).filter(({ receiver }) => receiver === 'slack');
    const [health] = due.filter(({ notification }) => 'health' in notification);
    if (health === undefined) throw new Error('nothing is due');
    it.outbox.recordTest('slack', FAILED, NOON);
    it.outbox.recordTest('slack', FAILED, NOON + 1);
    it.outbox.settle(health, REFUSED, NOON + 2);
    expect(it.ledger.status(NOON + 2).healthAlerts.map(({ kind }) => kind)).toEqual(['quarantine']);
  });

  it('once told wakes nobody again', () => {
    const it = ringing([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      ring(it, now);
      send(it, now, { slack: REFUSED });
    }
    it.record([], { now: NOON + HOUR });
    it.ledger.watchdog(NOON + HOUR);
    expect(it.ledger.nextAlarmAt(NOON + HOUR)).toBe(NOON + HOUR + 15 * MINUTE);
  });

  const UNSET = route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' });

  it('is raised by the watchdog for a receiver that is not set, once, however often the ledger is opened', () => {
    const it = ringing([UNSET, MAIL]);
    expect(it.ledger.nextAlarmAt(NOON)).toBe(NOON);
    for (let n = 0; n < 5; n++) {
      const again = it.reopened();
      again.ledger.watchdog(NOON + n);
      send(again, NOON + n);
      expect(again.ledger.nextAlarmAt(NOON + n)).toBe(NOON + 15 * MINUTE);
    }
    expect(told(it)).toEqual([ILL]);
    expect(it.ledger.status(NOON).healthAlerts).toMatchObject([
      { summary: 'nothing can be sent to the receiver slack: SLACK_WEBHOOK_URL is not set' },
    ]);
    expect(healthOf(it, 'slack')).toMatchObject({ state: 'unset', reason: 'SLACK_WEBHOOK_URL is not set' });
    expect(it.written(() => it.ledger.watchdog(NOON + 5))).toBe(0);
  });

  it('keeps no row of what is refused for it, and is over when it is set', () => {
    const it = ringing([UNSET, MAIL]);
    it.ledger.watchdog(NOON);
    for (const now of [NOON, NOON + 1]) {
      ring(it, now);
      send(it, now, { slack: { kind: 'refused', reason: 'SLACK_WEBHOOK_URL is not set' } });
    }
    expect(it.count('receivers', "name = 'slack'")).toBe(0);
    const set = it.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + MINUTE);
    expect(told(it).filter((each) => each.startsWith('health-resolved'))).toEqual([
      'health-resolved unhealthy-receiver slack → slack',
      'health-resolved unhealthy-receiver slack → mail',
    ]);
    expect(healthOf(set, 'slack')).toMatchObject({ state: 'unproven' });
  });

  it('is not over when it is only set again, where it failed before: it must deliver', () => {
    const it = ringing([SLACK, MAIL]);
    for (const now of [NOON, NOON + 1]) {
      ring(it, now);
      send(it, now, { slack: REFUSED });
    }
    it.reopened({ receivers: [UNSET, MAIL] }).ledger.watchdog(NOON + 2);
    const set = it.reopened({ receivers: [SLACK, MAIL] });
    set.ledger.watchdog(NOON + 3);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).toContain('unhealthy-receiver:slack');
    set.outbox.recordTest('slack', DELIVERED, NOON + 4);
    expect(set.ledger.status(NOON).healthAlerts.map(({ kind }) => kind)).not.toContain('unhealthy-receiver:slack');
  });

  it('is over when there is no such receiver any more', () => {
    const it = ringing([UNSET, MAIL]);
    it.ledger.watchdog(NOON);
    it.reopened({ receivers: [MAIL] }).ledger.watchdog(NOON + 1);
    expect(told(it)).toEqual([ILL, 'health-resolved unhealthy-receiver slack → mail']);
  });
});

describe('what comes and goes', () => {
  const key = { kind: 'key', message: 'the upstream refuses the API key (403)' } as const;

  it('with every tick is told a few times an hour, and so is its end', () => {
    const it = ringing([SLACK]);
    it.record([entry('first', NOON)]);
    for (let minute = 0; minute < 60; minute += 2) {
      it.ledger.recordFailedTick(key, NOON + minute * MINUTE);
      it.record([entry(`seen-${minute}`, NOON + minute * MINUTE)], { now: NOON + (minute + 1) * MINUTE });
    }
    expect(told(it)).toEqual(
      [0, 1].flatMap(() => ['health key-refused → slack', 'health-resolved key-refused → slack']),
    );
  });

  it('and then stays is told within half an hour, with its own beginning', () => {
    const it = ringing([SLACK]);
    it.record([entry('first', NOON)]);
    it.ledger.recordFailedTick(key, NOON);
    it.record([entry('seen', NOON)], { now: NOON + MINUTE });
    for (let minute = 2; minute <= 40; minute++) it.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(told(it)).toEqual([
      'health key-refused → slack',
      'health-resolved key-refused → slack',
      'health key-refused → slack',
    ]);
    expect(it.ledger.status(NOON + 40 * MINUTE).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + 2 * MINUTE },
    ]);
  });
});

describe('the alarm about a dead message', () => {
  it('says which alert it was about, and is one for each receiver', () => {
    const it = ringing([route('a'), route('b'), route('c')]);
    ring(it, NOON);
    send(it, NOON, { a: REFUSED, b: REFUSED });
    const summaries = it.store
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
    const it = ringing(receivers);
    for (const name of ill) for (const now of [NOON, NOON + 1]) it.outbox.recordTest(name, REFUSED, now);
    it.store.run('DELETE FROM deliveries');
    it.record([], invalid);
    expect(told(it).map((each) => each.split(' → ')[1])).toEqual(hear);
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
      const it = ringing(receivers);
      ring(it, NOON);
      const due = it.outbox.takeDue(9, NOON).find(({ receiver }) => receiver === 'slack');
      if (due === undefined) throw new Error('nothing is due');
      it.outbox.settle(due, REFUSED, NOON);
      expect(told(it)).toEqual(hears.map((name) => `health dead-delivery → ${name}`));
    }
  });
});

describe('a failed tick', () => {
  const key = { kind: 'key', message: 'the upstream refused the API key (401)' } as const;
  const upstream = { kind: 'upstream', message: 'the upstream is failing (503)' } as const;

  it('is shown with why and since when, until the watch moves again', () => {
    const it = scene();
    it.record([]);
    expect(it.ledger.status(NOON).failure).toBeNull();
    it.ledger.recordFailedTick(upstream, NOON + MINUTE);
    it.ledger.recordFailedTick({ kind: 'other', message: 'a bug\nin two lines' }, NOON + 2 * MINUTE);
    const failure = { kind: 'other', message: 'a bug in two lines', since: NOON + MINUTE, at: NOON + 2 * MINUTE };
    expect(it.ledger.status(NOON).failure).toEqual(failure);
    expect(it.reopened().ledger.status(NOON).failure).toEqual(failure);
    it.record([], { now: NOON + 3 * MINUTE });
    expect(it.ledger.status(NOON).failure).toBeNull();
    expect(it.reopened().ledger.status(NOON).failure).toBeNull();
    it.ledger.recordFailedTick(upstream, NOON + 4 * MINUTE);
    expect(it.ledger.status(NOON).failure).toMatchObject({ since: NOON + 4 * MINUTE });
  });

  it('is one row, and changes nothing of what is read', () => {
    const it = scene();
    it.record([], { save: true });
    const before = it.checkpoint();
    expect(it.written(() => it.ledger.recordFailedTick(upstream, NOON + MINUTE))).toBe(1);
    expect(it.checkpoint()).toEqual(before);
  });

  it('leaves what quiet ticks have brought in memory as it is', () => {
    const it = scene();
    it.record([]);
    it.record([], { now: NOON + MINUTE });
    const before = it.checkpoint();
    it.ledger.recordFailedTick(upstream, NOON + 2 * MINUTE);
    expect(it.checkpoint()).toEqual(before);
    it.record([], { now: NOON + 3 * MINUTE });
    expect(it.ledger.status(NOON).movedAt).toBe(NOON + 3 * MINUTE);
  });

  it('is nothing to a ledger that has not begun', () => {
    const it = scene();
    it.store.run('DELETE FROM state');
    it.ledger.recordFailedTick(key, NOON);
    expect(it.ledger.status(NOON).failure).toBeNull();
    expect(told(it)).toEqual([]);
  });

  it('is known from a state that an older version stored without one', () => {
    const it = scene();
    it.store.run("UPDATE state SET value = json_remove(value, '$.failure')");
    expect(it.ledger.status(NOON).failure).toBeNull();
    it.ledger.recordFailedTick(upstream, NOON);
    expect(it.ledger.status(NOON).failure).toMatchObject(upstream);
  });

  it('is an alarm at once where the key is refused, told every four hours, and over when the watch moves', () => {
    const it = scene();
    it.record([]);
    for (let minute = 1; minute <= 9 * 60; minute++) it.ledger.recordFailedTick(key, NOON + minute * MINUTE);
    expect(told(it)).toEqual(Array(3).fill('health key-refused → slack'));
    expect(it.ledger.status(NOON + 9 * HOUR).healthAlerts).toMatchObject([
      { kind: 'key-refused', since: NOON + MINUTE, summary: key.message },
    ]);
    it.record([], { now: NOON + 10 * HOUR });
    expect(told(it).slice(3)).toEqual(['health-resolved key-refused → slack']);
    expect(it.ledger.status(NOON + 10 * HOUR).healthAlerts).toEqual([]);
  });

  it('is no alarm where the upstream fails otherwise: blindness tells of that', () => {
    const it = scene();
    it.record([]);
    for (let minute = 1; minute < 15; minute++) it.ledger.recordFailedTick(upstream, NOON + minute * MINUTE);
    expect(told(it)).toEqual([]);
  });
});

describe('a key that expires', () => {
  const EXPIRES = NOON + 20 * DAY;

  /** Rings the watchdog whenever the ledger wants it, for so many days; returns how many days were left at each telling. */
  function live(it: Scene, from: number, to: number): number[] {
    const left: number[] = [];
    let now = from;
    for (let n = 0; n < 20_000 && now < to; n++) {
      const before = told(it).length;
      it.record([], { now });
      it.ledger.watchdog(now);
      if (told(it).length > before) left.push((EXPIRES - now) / DAY);
      send(it, now);
      const wake = it.ledger.nextAlarmAt(now);
      if (wake === null) throw new Error('it sleeps for ever');
      now = Math.max(wake, now + 1);
    }
    return left;
  }

  it('is told when 14, 7, 3 and 1 days are left and when it has expired, to the minute, each once', () => {
    const it = scene([], { apiKeyExpiresAt: EXPIRES, blindAfterMs: DAY });
    expect(live(it, NOON, EXPIRES + 5 * DAY)).toEqual([14, 7, 3, 1, 0]);
    const said = it.store
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
    const it = scene([], { apiKeyExpiresAt: NOON + 7 * DAY + HOUR, blindAfterMs: DAY });
    it.ledger.watchdog(NOON);
    send(it, NOON);
    it.record([]);
    expect(it.ledger.nextAlarmAt(NOON)).toBe(NOON + HOUR);
  });

  it('is told once where it is known late, and not again by a ledger that was evicted', () => {
    const late = scene([], { apiKeyExpiresAt: NOON + 2 * DAY });
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
    const it = scene([], { apiKeyExpiresAt: NOON + DAY });
    it.ledger.watchdog(NOON);
    const moved = it.reopened({ apiKeyExpiresAt: left === null ? null : NOON + left });
    expect(moved.ledger.nextAlarmAt(NOON + 1)).toBe(NOON);
    moved.ledger.watchdog(NOON + 1);
    moved.ledger.watchdog(NOON + 2);
    expect(told(it)).toEqual(['health key-expiring → slack', ...more]);
  });

  it('is nothing while there is time, or no expiry is set', () => {
    for (const apiKeyExpiresAt of [NOON + 15 * DAY, null]) {
      const it = scene([], { apiKeyExpiresAt });
      expect(it.written(() => it.ledger.watchdog(NOON))).toBe(0);
      expect(it.ledger.status(NOON).healthAlerts).toEqual([]);
    }
  });
});

describe('what is dead, sent again by hand', () => {
  function withDead(): Scene {
    const it = ringing([SLACK, MAIL]);
    ring(it, NOON);
    ring(it, NOON);
    send(it, NOON, { slack: REFUSED, mail: REFUSED });
    return it;
  }

  it('is pending once more, due now, with its reason until it is settled; a second call finds none', () => {
    const it = withDead();
    const later = NOON + 3 * DAY;
    expect(resendDead(it.store, 'slack', later)).toBe(it.count('deliveries', "receiver = 'slack'"));
    expect(resendDead(it.store, 'slack', later)).toBe(0);
    expect(
      it.count('deliveries', `state = 'pending' AND attempts = 0 AND due_at = ${later} AND queued_at = ${later}`),
    ).toBe(it.count('deliveries', "receiver = 'slack'"));
    expect(it.ledger.status(later).waiting[0]).toMatchObject({ receiver: 'slack', reason: 'no_service' });
    expect(it.ledger.nextAlarmAt(later)).toBeLessThanOrEqual(later);
    send(it, later);
    expect(it.count('deliveries', "receiver = 'slack' AND state = 'delivered' AND reason IS NULL")).toBe(
      it.count('deliveries', "receiver = 'slack'"),
    );
    expect(it.count('deliveries', "receiver = 'mail' AND state = 'dead'")).toBeGreaterThan(0);
  });

  it('is all of it where no receiver is named, and none where there is none', () => {
    const it = withDead();
    expect(resendDead(it.store, 'nobody', NOON)).toBe(0);
    expect(resendDead(it.store, null, NOON)).toBe(it.count('deliveries'));
    expect(it.count('deliveries', "state = 'dead'")).toBe(0);
  });

  it('has a whole day again, and dies again in the open', () => {
    const it = withDead();
    const later = NOON + 3 * DAY;
    resendDead(it.store, 'slack', later);
    it.outbox.takeDue(9, later);
    it.ledger.watchdog(later + DAY);
    expect(it.count('deliveries', "receiver = 'slack' AND state = 'dead'")).toBe(0);
    it.ledger.watchdog(later + DAY + HOUR + 1);
    expect(it.count('deliveries', "receiver = 'slack' AND state = 'dead'")).toBeGreaterThan(0);
  });

  it('is not settled by an attempt of before', () => {
    const it = ringing([SLACK]);
    ring(it, NOON);
    const [lost] = it.outbox.takeDue(1, NOON);
    const [second] = it.outbox.takeDue(1, NOON + 2 * MINUTE);
    if (lost === undefined || second === undefined) throw new Error('nothing is due');
    it.outbox.settle(second, REFUSED, NOON + 2 * MINUTE);
    resendDead(it.store, null, NOON + 3 * MINUTE);
    expect(it.outbox.settle(second, FAILED, NOON + 3 * MINUTE)).toEqual({ state: 'stale' });
    expect(send(it, NOON + 3 * MINUTE).map(({ id, attempt }) => [id, attempt])).toContainEqual([lost.id, 1]);
  });

  it('is not what was held back', () => {
    const it = ringing([SLACK, route('mail', { minLevel: 'critical' })]);
    ring(it, NOON);
    send(it, NOON);
    expect(resendDead(it.store, null, NOON)).toBe(0);
    expect(it.ledger.status(NOON).deliveries).toEqual({ pending: 0, delivered: 1, dead: 0, suppressed: 1 });
  });
});
