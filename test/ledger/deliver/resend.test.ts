/** Dead deliveries, resent: to the same receiver, or with what waits for one that was renamed to another. */
import { describe, expect, it } from 'vitest';
import type { Due } from '../../../src/ledger/deliver/outbox.ts';
import { resend } from '../../../src/ledger/deliver/resend.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
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

const NAMES = ['slack', 'mail'];

const DELIVERED: Outcome = { kind: 'delivered' };
const REFUSED: Outcome = { kind: 'refused', reason: 'no_service' };
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };
const LATER = NOON + 8 * DAY;

function take({ outbox }: Scene, receiver: string, now: number): Due {
  const taken = outbox.take(receiver, now);
  if (taken.kind !== 'due') throw new Error(`${receiver}: ${taken.kind}`);
  return taken.due;
}

function attempt(scene: Scene, receiver: string, outcome: Outcome, now: number) {
  return scene.outbox.settle(take(scene, receiver, now), { reachedAt: now, outcome, paceMs: 0 }, now);
}

/** Two alerts, each with a delivery to slack and one to mail. */
function waiting(receivers = [route('slack'), route('mail')]): Scene {
  const scene = createScene([onAction('vm.read')], { receivers });
  for (const id of ['a', 'b']) scene.record([entry(id, NOON, { actor: { id } })]);
  return scene;
}

/** All four are dead. */
function dead(): Scene {
  const scene = waiting();
  scene.store.run(
    "UPDATE deliveries SET state = 'dead', attempts = 9, failing_since = ?, settled_at = ?, reason = 'x'",
    NOON,
    NOON,
  );
  return scene;
}

const of = (scene: Scene, receiver: string, state: string): number =>
  scene.count('deliveries', `receiver = '${receiver}' AND state = '${state}'`);

describe('dead deliveries, resent', () => {
  it('are as if just enqueued, with their reason until they are settled; a second call finds nothing', () => {
    const scene = dead();
    expect(resend(scene.store, 'slack', null, NAMES, LATER)).toBe(2);
    expect(resend(scene.store, 'slack', null, NAMES, LATER)).toBe(0);
    expect(
      scene.count(
        'deliveries',
        `receiver = 'slack' AND state = 'pending' AND attempts = 0 AND queued_at = ${LATER} AND due_at IS NULL
         AND failing_since IS NULL AND settled_at IS NULL AND reason = 'x'`,
      ),
    ).toBe(2);
    expect(scene.ledger.status(LATER).waiting[0]).toMatchObject({ receiver: 'slack', reason: 'x', dueAt: LATER });
    expect(scene.ledger.nextAlarmAt(LATER)).toBeLessThanOrEqual(LATER);
    for (let i = 0; i < 2; i++) attempt(scene, 'slack', DELIVERED, LATER);
    expect(scene.count('deliveries', "receiver = 'slack' AND state = 'delivered' AND reason IS NULL")).toBe(2);
    expect(of(scene, 'mail', 'dead')).toBe(2);
  });

  it('are all receivers’ if none is named, and nothing for an unknown receiver', () => {
    const scene = dead();
    expect(resend(scene.store, 'nobody', null, NAMES, NOON)).toBe(0);
    expect(resend(scene.store, null, null, NAMES, NOON)).toBe(4);
    expect(scene.count('deliveries', "state = 'dead'")).toBe(0);
  });

  it('may wait for seven days again', () => {
    const scene = dead();
    resend(scene.store, 'slack', null, NAMES, LATER);
    const without = { receivers: [route('mail')] };
    scene.reopened(without).ledger.watchdog(LATER + 7 * DAY);
    expect(of(scene, 'slack', 'dead')).toBe(0);
    scene.reopened(without).ledger.watchdog(LATER + 7 * DAY + 1);
    expect(of(scene, 'slack', 'dead')).toBe(2);
  });

  it('do not include suppressed ones, nor what is pending or delivered', () => {
    const scene = waiting();
    scene.store.run("UPDATE deliveries SET state = 'suppressed' WHERE receiver = 'mail'");
    attempt(scene, 'slack', DELIVERED, NOON);
    expect(resend(scene.store, null, null, NAMES, NOON)).toBe(0);
    expect(scene.ledger.status(NOON).deliveries).toMatchObject({ pending: 1, delivered: 1, dead: 0, suppressed: 2 });
  });
});

describe('resending', () => {
  /** Slack has failed twice: it is tried again in a minute. */
  function failing(outcome: Outcome = FAILED): Scene {
    const scene = waiting();
    for (let i = 0; i < 2; i++) attempt(scene, 'slack', outcome, NOON + i);
    return scene;
  }

  it.each([
    ['the receiver that is named', 'slack'],
    ['each, if none is named', null],
  ])('tries a failing receiver at once: %s', (_, receiver) => {
    const scene = failing();
    expect(scene.outbox.take('slack', NOON + SECOND)).toMatchObject({ kind: 'wait' });
    resend(scene.store, receiver, null, NAMES, NOON + SECOND);
    expect(scene.ledger.nextAlarmAt(NOON + SECOND)).toBeLessThanOrEqual(NOON + SECOND);
    // The most severe and oldest of them again: it may not work yet.
    expect(take(scene, 'slack', NOON + SECOND)).toMatchObject({ id: 1, attempt: 2 });
  });

  it('leaves other failing receivers alone', () => {
    const scene = failing();
    resend(scene.store, 'mail', null, NAMES, NOON + SECOND);
    expect(scene.outbox.take('slack', NOON + SECOND)).toMatchObject({ kind: 'wait' });
  });

  it('leaves alone a receiver that asked to slow down', () => {
    const scene = waiting();
    attempt(scene, 'slack', { kind: 'slow down', reason: 'HTTP 429', afterMs: MINUTE }, NOON);
    resend(scene.store, 'slack', null, NAMES, NOON + SECOND);
    expect(scene.outbox.take('slack', NOON + SECOND)).toEqual({ kind: 'wait', at: NOON + MINUTE });
  });
});

describe('resending to another receiver', () => {
  it('gives it the dead and the pending ones, as if they had not failed; what others have stays', () => {
    const scene = waiting();
    attempt(scene, 'slack', FAILED, NOON);
    scene.store.run("UPDATE deliveries SET state = 'dead' WHERE receiver = 'slack' AND attempts = 0");
    expect(resend(scene.store, 'slack', 'mail', NAMES, NOON + 1)).toBe(2);
    expect(scene.count('deliveries', "receiver = 'slack'")).toBe(0);
    expect(
      scene.count('deliveries', "receiver = 'mail' AND state = 'pending' AND due_at IS NULL AND failing_since IS NULL"),
    ).toBe(4);
    for (let i = 0; i < 4; i++) attempt(scene, 'mail', DELIVERED, NOON + 2);
    expect(of(scene, 'mail', 'delivered')).toBe(4);
  });

  it('counts each once, and leaves what is delivered', () => {
    const scene = dead();
    scene.store.run("UPDATE deliveries SET state = 'delivered' WHERE id = 1");
    expect(resend(scene.store, 'slack', 'mail', NAMES, LATER)).toBe(1);
    expect([of(scene, 'slack', 'delivered'), of(scene, 'mail', 'pending'), of(scene, 'mail', 'dead')]).toEqual([
      1, 1, 2,
    ]);
  });

  it('empties one that was removed', () => {
    const scene = waiting();
    const removed = scene.reopened({ receivers: [route('mail')] });
    expect(removed.ledger.status(NOON).receivers).toMatchObject([
      { name: 'mail' },
      { name: 'slack', state: 'removed', minLevel: null, pending: 2, reason: expect.stringContaining('--to NAME') },
    ]);
    expect(resend(scene.store, 'slack', 'mail', NAMES, NOON)).toBe(2);
    expect(removed.ledger.status(NOON).receivers).toMatchObject([{ name: 'mail', pending: 4 }]);
  });

  it('tries that one at once, if it fails', () => {
    const scene = waiting();
    for (let i = 0; i < 2; i++) attempt(scene, 'mail', REFUSED, NOON + i);
    resend(scene.store, 'slack', 'mail', NAMES, NOON + SECOND);
    expect(take(scene, 'mail', NOON + SECOND).receiver).toBe('mail');
  });

  it('to itself is resending', () => {
    const scene = dead();
    expect(resend(scene.store, 'slack', 'slack', NAMES, LATER)).toBe(2);
    expect(of(scene, 'slack', 'pending')).toBe(2);
  });

  it('while one is being sent: it is delivered once it is delivered anywhere', () => {
    const scene = waiting();
    const due = take(scene, 'slack', NOON);
    resend(scene.store, 'slack', 'mail', NAMES, NOON + 1);
    expect(scene.outbox.settle(due, { reachedAt: NOON, outcome: DELIVERED, paceMs: 0 }, NOON + HOUR)).toEqual({
      state: 'delivered',
    });
    expect([of(scene, 'mail', 'delivered'), of(scene, 'mail', 'pending')]).toEqual([1, 3]);
  });
});

describe('what waits for a receiver that was renamed', () => {
  const renamed = (): Scene => {
    const scene = createScene([onAction('vm.read')], { receivers: [toPeople('mail')] });
    scene.record([entry('a', NOON)]);
    return scene.reopened({ receivers: [toPeople('post')] });
  };

  it('goes to the new one when it is due', () => {
    const scene = renamed();
    expect(resend(scene.store, 'mail', 'post', ['post'], NOON + SECOND)).toBe(1);
    scene.makeDue(NOON + 30 * SECOND - 1);
    expect(of(scene, 'post', 'waiting')).toBe(1);
    scene.makeDue(NOON + 30 * SECOND);
    expect(of(scene, 'post', 'pending')).toBe(1);
    expect(scene.count('groups', 'due_at IS NOT NULL')).toBe(0);
  });

  it('is one message with what waits for the new one', () => {
    const scene = renamed();
    scene.record([entry('b', NOON + SECOND)], { now: NOON + SECOND });
    resend(scene.store, 'mail', 'post', ['post'], NOON + 2 * SECOND);
    scene.makeDue(NOON + 30 * SECOND);
    expect([of(scene, 'post', 'bundled'), of(scene, 'post', 'pending'), of(scene, 'mail', 'waiting')]).toEqual([
      2, 1, 0,
    ]);
  });
});
