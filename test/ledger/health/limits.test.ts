/** Health alerts about the limits of Cloudflare's plan: at 80 and 99 %, once a day, over with the next day. */
import { describe, expect, it } from 'vitest';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Spent } from '../../../src/ledger/health/usage.ts';
import { UsageMeter } from '../../../src/ledger/health/usage-meter.ts';
import { createScene, DAY, HOUR, MINUTE, NOON, type Scene } from '../scene.ts';

const MIDNIGHT = NOON + 12 * HOUR;

/** A scene whose usage tests set, read until now at each step, so that it is not blind. */
function limitsScene(plan: 'free' | 'paid' = 'free') {
  const usage = new UsageMeter(plan, NOON);
  const scene = createScene([], { usage });
  return { scene, usage };
}

/** What a tick and the alarm at `now` do. */
function pass(scene: Scene, now: number): void {
  scene.record([], { now });
  scene.ledger.watchdog(now);
}

function spend({ scene, usage }: ReturnType<typeof limitsScene>, spent: Spent, now: number): void {
  usage.add(spent, now);
  pass(scene, now);
}

/** What was enqueued: `limit-near rowsWritten`, with the counts as people read them. */
function enqueued({ store }: Scene): string[] {
  return store
    .all<{ notification: string }>("SELECT notification FROM deliveries WHERE health GLOB 'limit-*' ORDER BY id")
    .map(({ notification }) => {
      const { kind, health } = JSON.parse(notification) as HealthNotification;
      const level = kind === 'health' && health.level === 'critical' ? ', critical' : '';
      return `${kind} ${health.kind}${level}: ${health.summary}`;
    });
}

describe('rows written', () => {
  it('79.9 % notifies nobody, 80 % once, 99 % once more as critical, and the next day resolves it', () => {
    const world = limitsScene();
    const { scene } = world;
    spend(world, { rowsWritten: 79_999 }, NOON);
    expect(enqueued(scene)).toEqual([]);
    spend(world, { rowsWritten: 1 }, NOON + MINUTE);
    const near =
      'health limit-near: 80,000 of 100,000 rows written (80 %) are used since 00:00 UTC. At the limit, the ledger can ' +
      'record nothing, until 00:00 UTC';
    expect(enqueued(scene)).toEqual([near]);
    spend(world, { rowsWritten: 18_999 }, NOON + HOUR);
    expect(enqueued(scene)).toEqual([near]);
    spend(world, { rowsWritten: 1 }, NOON + 2 * HOUR);
    const reached =
      'health limit-reached, critical: 99,000 of 100,000 rows written (99 %) are used since 00:00 UTC. With the rest of ' +
      'them used, the ledger can record nothing: Tocsin is blind until 00:00 UTC';
    expect(enqueued(scene)).toEqual([near, reached]);
    expect(scene.ledger.status(NOON + 2 * HOUR).healthAlerts.map(({ kind }) => kind)).toEqual(['limit-reached']);
    spend(world, { rowsWritten: 900 }, MIDNIGHT - 1);
    expect(enqueued(scene)).toEqual([near, reached]);
    pass(scene, MIDNIGHT);
    // One message for both.
    const over = 'health-resolved limit-reached: a new day began at 00:00 UTC';
    expect(enqueued(scene)).toEqual([near, reached, over]);
    expect(scene.ledger.status(MIDNIGHT).healthAlerts).toEqual([]);
    spend(world, { rowsWritten: 80_001 }, MIDNIGHT + HOUR);
    expect(enqueued(scene)).toHaveLength(4);
  });

  it('that go from below 80 % to above 99 % at once raise only the second', () => {
    const world = limitsScene();
    spend(world, { rowsWritten: 99_500 }, NOON);
    expect(enqueued(world.scene).map((line) => line.split(':')[0])).toEqual(['health limit-reached, critical']);
  });

  it('of which an eviction forgot some neither resolve it nor raise it again', () => {
    const { scene, usage } = limitsScene();
    usage.add({ rowsWritten: 80_000 }, NOON);
    pass(scene, NOON);
    const next = new UsageMeter('free', NOON + MINUTE);
    const reopened = scene.reopened({ usage: next });
    for (const more of [79_000, 0, 1_001]) {
      next.add({ rowsWritten: more }, NOON + MINUTE);
      pass(reopened, NOON + MINUTE);
    }
    expect(enqueued(reopened)).toHaveLength(1);
  });
});

describe.each([
  ['rowsRead', 5_000_000],
  ['requests', 100_000],
  ['ledgerRequests', 100_000],
] as const)('%s', (of, limit) => {
  it('is raised at 80 % and at 99 %', () => {
    const world = limitsScene();
    spend(world, { [of]: limit * 0.8 }, NOON);
    spend(world, { [of]: limit * 0.19 }, NOON);
    expect(enqueued(world.scene).map((line) => line.split(':')[0])).toEqual([
      'health limit-near',
      'health limit-reached, critical',
    ]);
  });
});

it('KV writes are raised once, and never make it blind', () => {
  const world = limitsScene();
  for (const kvWrites of [800, 190, 10, 50]) spend(world, { kvWrites }, NOON);
  expect(enqueued(world.scene)).toEqual([
    expect.stringMatching(/^health limit-near: at least 800 of 1,000 KV writes.*reading goes on, until 00:00 UTC$/),
  ]);
});

it('two limits on one day are two health alerts', () => {
  const world = limitsScene();
  spend(world, { rowsWritten: 85_000, rowsRead: 4_500_000 }, NOON);
  pass(world.scene, MIDNIGHT);
  expect(enqueued(world.scene).map((line) => line.split(':')[0])).toEqual([
    'health limit-near',
    'health limit-near',
    'health-resolved limit-near',
    'health-resolved limit-near',
  ]);
});

describe('the paid plan', () => {
  it('has no limit', () => {
    const world = limitsScene('paid');
    spend(world, { rowsWritten: 9e9, kvWrites: 9e9 }, NOON);
    expect(enqueued(world.scene)).toEqual([]);
    expect(world.scene.ledger.nextAlarmAt(NOON)).toBe(NOON + 15 * MINUTE);
  });

  it('ends what the free plan raised', () => {
    const { scene, usage } = limitsScene();
    usage.add({ rowsWritten: 85_000 }, NOON);
    pass(scene, NOON);
    const paid = scene.reopened({ usage: new UsageMeter('paid', NOON) });
    pass(paid, NOON + MINUTE);
    expect(enqueued(paid).at(-1)).toBe('health-resolved limit-near: the paid plan has no limits a day');
  });
});

describe('the alarm', () => {
  /** Without deliveries, which it also wakes for. */
  const nextAt = ({ store, ledger }: Scene, now: number): number | null => {
    store.run('DELETE FROM deliveries');
    return ledger.nextAlarmAt(now);
  };

  it('is due at once where there is something to raise, and then at 00:00 UTC, while one is open', () => {
    const world = limitsScene();
    const { scene, usage } = world;
    const late = MIDNIGHT - 10 * MINUTE;
    pass(scene, late);
    expect(nextAt(scene, late)).toBe(late + 15 * MINUTE);
    usage.add({ rowsWritten: 80_000 }, late);
    expect(nextAt(scene, late)).toBe(late);
    scene.ledger.watchdog(late);
    expect(nextAt(scene, late)).toBe(MIDNIGHT);
    expect(nextAt(scene, MIDNIGHT)).toBe(MIDNIGHT);
    scene.ledger.watchdog(MIDNIGHT);
    expect(nextAt(scene, MIDNIGHT)).toBe(late + 15 * MINUTE);
  });

  it('does not spin where the clock is set back over midnight', () => {
    const { scene, usage } = limitsScene();
    pass(scene, MIDNIGHT);
    usage.add({ rowsWritten: 99_000 }, MIDNIGHT);
    const before = MIDNIGHT - 10 * MINUTE;
    scene.ledger.watchdog(before);
    expect(enqueued(scene)).toEqual([]);
    expect(nextAt(scene, before)).toBeGreaterThan(before);
    scene.ledger.watchdog(MIDNIGHT + MINUTE);
    expect(enqueued(scene)).toHaveLength(1);
  });
});

it('usage is stored with the state, without a row of its own, and read by the next start', () => {
  const usage = new UsageMeter('free', NOON);
  const scene = createScene([], { usage });
  Object.assign(scene.store, { meter: usage });
  const metered = scene.reopened({ usage });
  usage.add({ requests: 3 }, NOON);
  usage.addRows(40, 4);
  // A quiet batch saves after five minutes.
  expect(metered.written(() => metered.record([], { now: NOON + MINUTE }))).toBe(0);
  expect(metered.written(() => metered.record([], { now: NOON + 6 * MINUTE }))).toBe(1);
  usage.addRows(1_000, 1_000);
  const next = new UsageMeter('free', NOON + 7 * MINUTE);
  scene.reopened({ usage: next });
  expect(next.current(NOON + 7 * MINUTE)).toMatchObject({ requests: 3, rowsRead: 40, rowsWritten: 4 });
  const tomorrow = new UsageMeter('free', NOON + DAY);
  scene.reopened({ usage: tomorrow });
  expect(tomorrow.current(NOON + DAY)).toMatchObject({ requests: 0, rowsRead: 0 });
});
