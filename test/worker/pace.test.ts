/** Deliveries at a vendor's pace, in workerd and in virtual time: order, independence, and the rows that they cost. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Arrival, createVirtualWorld, oneASecond, taking, type VirtualWorld } from './virtual-time.ts';
import { HOUR, MINUTE } from './world.ts';

vi.setConfig({ testTimeout: 120_000 });

afterEach(() => {
  vi.unstubAllGlobals();
});

const SECOND = 1_000;
const MANY = 300;

function delivered(arrivals: readonly Arrival[]): readonly Arrival[] {
  return arrivals.filter(({ status }) => status === 200);
}

function spanOf(arrivals: readonly Arrival[]): number {
  return (arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0);
}

/** Runs until the receiver has taken so many messages. */
function untilTaken(of: VirtualWorld, receiver: 'slack' | 'webhook', count: number): Promise<void> {
  return of.runUntil(() => delivered(of.arrivals[receiver]).length >= count, HOUR);
}

async function counts(of: VirtualWorld): Promise<{ state: string; n: number }[]> {
  await of.runFor(SECOND);
  return of.world.sql('SELECT state, count(*) AS n FROM deliveries GROUP BY state');
}

describe('a Slack that takes one message a second', () => {
  it.each([1, 30, null])(
    `with Retry-After %s takes ${MANY} in at most 1.2 times the least time, none dead, and a critical one next`,
    async (retryAfter) => {
      const of = await createVirtualWorld({ slack: oneASecond(retryAfter) });
      await of.put('slack', MANY, 'medium');
      await untilTaken(of, 'slack', MANY / 2);
      const critical = await of.put('slack', 1, 'critical');
      const at = of.now();
      await untilTaken(of, 'slack', MANY + 1);
      const taken = delivered(of.arrivals.slack);
      expect(taken[MANY / 2]?.number).toBe(critical);
      expect((taken[MANY / 2]?.at ?? 0) - at).toBeLessThanOrEqual(2 * SECOND);
      expect(new Set(taken.map(({ number }) => number)).size).toBe(MANY + 1);
      expect(spanOf(taken)).toBeLessThanOrEqual(1.2 * MANY * SECOND);
      // More than one alarm, each of up to 20 attempts.
      expect(of.alarms.length).toBeGreaterThanOrEqual(MANY / 20);
      expect(await counts(of)).toEqual([{ state: 'delivered', n: MANY + 1 }]);
    },
  );
});

describe('receivers beside each other', () => {
  it('a webhook is as fast beside Slack as alone', async () => {
    const spans: number[] = [];
    for (const others of [0, MANY]) {
      const of = await createVirtualWorld({ slack: oneASecond(1), webhook: taking(20) });
      await of.put('slack', others, 'critical');
      await of.put('webhook', MANY, 'low');
      await untilTaken(of, 'webhook', MANY);
      spans.push(spanOf(of.arrivals.webhook));
      vi.unstubAllGlobals();
    }
    const [alone = 0, beside = 0] = spans;
    expect(alone).toBeLessThanOrEqual(1.1 * MANY * 20);
    expect(beside).toBeLessThanOrEqual(1.02 * alone);
  });

  it('an attempt outlasts the alarm that began it, and holds up nothing of the next', async () => {
    const of = await createVirtualWorld({ slack: oneASecond(1), webhook: taking(5 * SECOND) });
    await of.put('slack', 100, 'low');
    await of.put('webhook', 30, 'critical');
    await untilTaken(of, 'slack', 100);
    const { slack, webhook } = of.arrivals;
    // An alarm ended within the attempt, the next one began, and it sent a message to Slack.
    const outlasting = webhook.filter(({ at, until }) =>
      of.alarms.some(({ from, to }, n) => {
        const next = of.alarms[n + 1];
        if (next === undefined || from > at || to <= at || to >= until) return false;
        return slack.some((sent) => sent.at >= next.from && sent.at < until);
      }),
    );
    expect(outlasting.length).toBeGreaterThan(0);
    const gaps = slack.slice(1).map(({ at }, n) => at - (slack[n]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1.2 * SECOND);
    // Each webhook message follows the last at once, and was sent once.
    const waits = webhook.slice(1).map(({ at }, n) => at - (webhook[n]?.until ?? 0));
    expect(Math.max(...waits)).toBeLessThanOrEqual(100);
    expect(new Set(webhook.map(({ number }) => number)).size).toBe(webhook.length);
  });
});

it('an attempt that outlasts its alarm, and whose object dies, is repeated by the next alarm', async () => {
  const of = await createVirtualWorld({ slack: taking(80), webhook: taking(5 * SECOND) });
  // An alarm ends when it has begun twenty attempts.
  await of.put('webhook', 22, 'high');
  await untilTaken(of, 'webhook', 19);
  for (let n = 0; n < 10; n++) await of.runFor(SECOND / 10);
  expect(of.alarms.at(-1)?.to).toBeLessThanOrEqual(of.now());
  await of.die();
  const at = of.now();
  await untilTaken(of, 'webhook', 22);
  const repeated = of.arrivals.webhook[19];
  // Nobody else sets the alarm: it was set for when such an attempt counts as interrupted.
  expect((repeated?.at ?? 0) - at).toBeLessThanOrEqual(MINUTE);
  expect(new Set(of.arrivals.webhook.map(({ number }) => number)).size).toBe(22);
  expect(await counts(of)).toEqual([{ state: 'delivered', n: 22 }]);
});

describe('what a delivery costs', () => {
  /** Rows per delivery, for 60 of them. */
  async function rowsEach(waiting: number): Promise<{ readonly read: number; readonly written: number }> {
    const of = await createVirtualWorld({ slack: taking(80) });
    await of.put('slack', waiting, 'medium');
    // The first alarm of an hour looks through all that is pending.
    await untilTaken(of, 'slack', 25);
    const rows = await of.countRows();
    await untilTaken(of, 'slack', 85);
    const { read, written } = rows();
    vi.unstubAllGlobals();
    return { read: read / 60, written: written / 60 };
  }

  it('is the same where 100 and where 300 wait: about 17 rows read and 4 written', async () => {
    const few = await rowsEach(100);
    const many = await rowsEach(300);
    // Written: the receiver twice, the delivery and its index. Read: 12, two of them for which alerts a message that is dead was
    // about; and once in an alarm of twenty deliveries up to 68: 62 for the ledger's health, the oldest messages of each level
    // and the passes of rules among it, and six for what is due of groups and alerts; and while an alarm lasts, two a second, which is a delivery here,
    // to see whether another group is due.
    for (const { read, written } of [few, many]) {
      expect(written).toBeGreaterThan(3.5);
      expect(written).toBeLessThanOrEqual(4.2);
      expect(read).toBeGreaterThan(3);
      expect(read).toBeLessThanOrEqual(12 + 68 / 20 + 2);
    }
    expect(Math.abs(many.read - few.read)).toBeLessThanOrEqual(0.3);
    expect(Math.abs(many.written - few.written)).toBeLessThanOrEqual(0.1);
  });

  it('besides, once an hour, what waits is looked through: a row each', async () => {
    const reads: number[] = [];
    for (const waiting of [100, 300]) {
      const of = await createVirtualWorld({ slack: taking(80) });
      await of.put('slack', waiting, 'medium');
      const rows = await of.countRows();
      await untilTaken(of, 'slack', 25);
      reads.push(rows().read);
      vi.unstubAllGlobals();
    }
    expect(((reads[1] ?? 0) - (reads[0] ?? 0)) / 200).toBeCloseTo(1, 1);
  });
});
