/** How often what stays wrong is repeated: in a ledger whose clock tests set, woken by its own alarm. */
import { describe, expect, it, test } from 'vitest';
import { HEALTH_KINDS, LASTING } from '../../../src/alert/health-words.ts';
import { notifiesAgainAt } from '../../../src/ledger/health/repeats.ts';
import { createScene, DAY, HOUR, MINUTE, NOON, route, type Scene } from '../scene.ts';

const MAIL = route('mail');

/** The hours after NOON at which people were notified of it. */
function hours({ store }: Scene, kind: string): number[] {
  return store
    .all<{ queued_at: number }>(
      "SELECT queued_at FROM deliveries WHERE health = ? AND receiver = 'mail' AND notification ->> '$.kind' = 'health'",
      kind,
    )
    .map((row) => (row.queued_at - NOON) / HOUR);
}

/** Lets the watchdog run whenever the ledger sets its alarm; `each` runs before it. */
function live(scene: Scene, from: number, to: number, each: (now: number) => void = () => {}): void {
  for (let now = from, n = 0; now < to; n++) {
    if (n > 20_000) throw new Error('the alarm does not rest');
    each(now);
    scene.ledger.watchdog(now);
    scene.send(now);
    now = Math.max(now + 1, scene.ledger.nextAlarmAt(now) ?? Number.POSITIVE_INFINITY);
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('for three days, by alarms alone', () => {
  test.each([10 * MINUTE, 15 * MINUTE, DAY])('blindness, with BLIND_AFTER of %i ms', (blindAfterMs) => {
    const scene = createScene([], { receivers: [MAIL], blindAfterMs });
    scene.record([]);
    live(scene, NOON, NOON + blindAfterMs + 3 * DAY + HOUR);
    const from = blindAfterMs / HOUR;
    expect(hours(scene, 'blind')).toEqual([...upTo(25), 48, 72].map((hour) => from + hour));
  });

  it('a receiver without its setting, at a BLIND_AFTER of a day', () => {
    const receivers = [route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' }), MAIL];
    const scene = createScene([], { receivers, blindAfterMs: DAY });
    live(scene, NOON, NOON + 3 * DAY + HOUR, (now) => scene.record([], { now }));
    expect(hours(scene, 'unhealthy-receiver')).toEqual([...upTo(25), 48, 72]);
  });

  it('a key that was refused, though no tick runs any more', () => {
    const scene = createScene([], { receivers: [MAIL], blindAfterMs: DAY });
    scene.record([]);
    scene.ledger.recordFailedTick({ kind: 'key', message: 'refused' }, NOON);
    live(scene, NOON, NOON + 3 * DAY + HOUR);
    expect(hours(scene, 'key-refused')).toEqual([...upTo(25), 48, 72]);
  });

  it('and no more once it is over; the next one has its own hours', () => {
    const scene = createScene([], { receivers: [MAIL], blindAfterMs: HOUR });
    scene.record([]);
    live(scene, NOON, NOON + 3.5 * HOUR);
    live(scene, NOON + 3.5 * HOUR, NOON + 5 * HOUR, (now) => scene.record([], { now }));
    live(scene, NOON + 5 * HOUR, NOON + 8 * HOUR);
    const all = hours(scene, 'blind');
    expect(all.slice(0, 3)).toEqual([1, 2, 3]);
    // The last scan ended within the hour before 5.
    expect(all.slice(3).every((hour) => hour >= 5 && hour < 8)).toBe(true);
  });
});

describe('when a health alert notifies again', () => {
  const OPEN = { isOpen: true, since: NOON, notifiedAt: NOON };

  test.each(LASTING.filter((kind) => kind !== 'key-expiring'))('%s: hourly for a day, then daily', (kind) => {
    expect(notifiesAgainAt(kind, OPEN)).toBe(NOON + HOUR);
    expect(notifiesAgainAt(kind, { ...OPEN, notifiedAt: NOON + DAY - 1 })).toBe(NOON + DAY - 1 + HOUR);
    expect(notifiesAgainAt(kind, { ...OPEN, notifiedAt: NOON + DAY })).toBe(NOON + 2 * DAY);
    expect(notifiesAgainAt(kind, { ...OPEN, notifiedAt: NOON + 90 * DAY })).toBe(NOON + 91 * DAY);
  });

  test.each([
    ['dead-delivery', HOUR],
    ['quarantine', HOUR],
    ['late-entries', 4 * HOUR],
    ['overflow', DAY],
    ['changed-entries', 0],
    ['key-expiring', 0],
  ] as const)('%s keeps its own rate', (kind, after) => {
    expect(notifiesAgainAt(kind, OPEN)).toBe(NOON + after);
  });

  test.each(HEALTH_KINDS)('%s, where people do not know that it returned: within six hours', (kind) => {
    const unknown = { isOpen: true, since: NOON + 1, notifiedAt: NOON };
    expect(notifiesAgainAt(kind, unknown)).toBeLessThanOrEqual(NOON + 6 * HOUR);
    expect(notifiesAgainAt(kind, { ...unknown, isOpen: false })).toBe(notifiesAgainAt(kind, unknown));
  });
});
