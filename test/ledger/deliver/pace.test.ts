/** In virtual time: order, pace, independence of receivers, outages, and what they cost. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { LEVELS, type Level } from '../../../src/sigma/index.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../scene.ts';
import { type Arrival, answering, type Office, oneASecond, openOffice, taking, type Vendor } from './post-office.ts';

afterEach(() => {
  vi.useRealTimers();
});

const BROKEN: Outcome = { kind: 'retry', reason: 'Slack answered 503', afterMs: null };
const REVOKED: Outcome = { kind: 'refused', reason: 'Slack answered 404: the webhook was revoked' };
const SLACK_PACE = 1_020;

function putMany(office: Office, receiver: string, count: number, level: Level): void {
  for (let i = 0; i < count; i++) office.put(receiver, level);
}

/** How many messages about alerts have been delivered, of one level or all. */
function deliveredOf(office: Office, level: Level | null): number {
  const ofLevel = level === null ? '' : `AND level = ${LEVELS.indexOf(level)}`;
  return office.scene.count('deliveries', `state = 'delivered' AND alert IS NOT NULL ${ofLevel}`);
}

function spanOf(arrivals: readonly Arrival[] = []): number {
  return (arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0);
}

describe('a receiver that takes one message a second', () => {
  it.each([1, 30, null])(
    'with Retry-After %s takes 5,000 in at most 1.2 times the least possible time, none dead',
    async (retryAfter) => {
      const office = openOffice({ vendors: { slack: oneASecond(retryAfter) }, pace: { slack: SLACK_PACE } });
      putMany(office, 'slack', 5_000, 'medium');
      await office.runUntilEmpty(3 * HOUR);
      expect(office.pending()).toBe(0);
      expect(office.dead()).toEqual([]);
      expect(office.arrived.get('slack')).toHaveLength(5_000);
      expect(spanOf(office.arrived.get('slack'))).toBeLessThanOrEqual(1.2 * 5_000 * SECOND);
    },
    60_000,
  );

  it.each([1, 30, null])(
    'and is busy with others too, with Retry-After %s: all arrive, none dead',
    async (retryAfter) => {
      // Half of its second goes to somebody else, at no certain time.
      const own = oneASecond(retryAfter);
      let others = 0;
      const vendor: Vendor = (message, now) => {
        others = (others * 7 + 3) % 10;
        if (others < 3) own(message, now);
        return own(message, now);
      };
      const office = openOffice({ vendors: { slack: vendor }, pace: { slack: SLACK_PACE } });
      putMany(office, 'slack', 300, 'medium');
      await office.runUntilEmpty(DAY);
      expect(office.arrived.get('slack')).toHaveLength(300);
      expect(office.dead()).toEqual([]);
      // Waiting in the queue is no attempt.
      expect(office.scene.count('deliveries', 'attempts > 12')).toBe(0);
    },
  );

  it.each([1, 30, null])(
    'with Retry-After %s and a way there that takes 20 to 150 ms: 500 in at most 1.2 times the least possible time',
    async (retryAfter) => {
      const own = oneASecond(retryAfter);
      let dice = 7;
      const vendor: Vendor = (message, now) => {
        dice = (dice * 48_271) % 2_147_483_647;
        const wayMs = 20 + (dice % 131);
        return { ...own(message, now + wayMs), afterMs: 2 * wayMs };
      };
      const office = openOffice({ vendors: { slack: vendor }, pace: { slack: SLACK_PACE } });
      putMany(office, 'slack', 500, 'medium');
      await office.runUntilEmpty(HOUR);
      expect(office.arrived.get('slack')).toHaveLength(500);
      expect(spanOf(office.arrived.get('slack'))).toBeLessThanOrEqual(1.2 * 500 * SECOND);
    },
  );

  it.each([0, 300, 1_500, 5_000])('sends a critical message next, whatever waits: %i low ones', async (waiting) => {
    const office = openOffice({ vendors: { slack: oneASecond(1) }, pace: { slack: SLACK_PACE } });
    putMany(office, 'slack', waiting, 'low');
    await office.runFor(10 * SECOND + 500);
    const before = office.arrived.get('slack')?.length ?? 0;
    const critical = office.put('slack', 'critical');
    const at = Date.now();
    await office.runFor(3 * SECOND);
    const next = office.arrived.get('slack')?.slice(before) ?? [];
    const place = next.findIndex(({ alert }) => alert === critical);
    expect(place).toBe(0);
    expect((next[place]?.at ?? 0) - at).toBeLessThanOrEqual(2 * SECOND);
  });

  it('sends by level, and by age within a level', async () => {
    const office = openOffice({ vendors: { slack: oneASecond(1) }, pace: { slack: SLACK_PACE } });
    const levels: Level[] = ['low', 'high', 'medium', 'critical', 'high', 'low', 'critical', 'informational'];
    for (const level of levels) office.put('slack', level);
    await office.runUntilEmpty(MINUTE);
    const order = office.arrived.get('slack')?.map(({ alert, level }) => `${level} ${alert}`);
    const due = levels
      .map((level, index) => ({ level, alert: index + 1 }))
      .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || a.alert - b.alert)
      .map(({ alert, level }) => `${level} ${alert}`);
    expect(order).toEqual(due);
  });
});

describe('receivers beside each other', () => {
  const slowOnes: [string, Vendor][] = [
    ['answers after 5 s', taking(5 * SECOND)],
    [
      'does not answer for 15 s',
      answering({ kind: 'retry', reason: 'it did not answer within 15 s', afterMs: null }, 15 * SECOND),
    ],
    ['fails', answering(BROKEN)],
    ['is revoked', answering(REVOKED)],
    ['asks to slow down', answering({ kind: 'slow down', reason: '429', afterMs: 30 * SECOND })],
    ['asks to slow down, without a time', answering({ kind: 'slow down', reason: '429', afterMs: null })],
    ['never answers', answering({ kind: 'delivered' }, 100 * DAY)],
  ];
  it.each(slowOnes)('one that %s does not slow another', async (_, vendor) => {
    const alone = openOffice({ vendors: { slack: oneASecond(1) }, pace: { slack: SLACK_PACE } });
    putMany(alone, 'slack', 300, 'medium');
    await alone.runUntilEmpty(HOUR);
    const least = spanOf(alone.arrived.get('slack'));
    const office = openOffice({ vendors: { slack: oneASecond(1), webhook: vendor }, pace: { slack: SLACK_PACE } });
    putMany(office, 'slack', 300, 'medium');
    putMany(office, 'webhook', 300, 'critical');
    await office.runUntilEmpty(HOUR, ['slack']);
    expect(office.arrived.get('slack')).toHaveLength(300);
    expect(spanOf(office.arrived.get('slack'))).toBeLessThanOrEqual(1.02 * least);
  });

  it('a fast one is as fast beside a slow one', async () => {
    const office = openOffice({ vendors: { webhook: taking(20), slack: taking(5 * SECOND) } });
    putMany(office, 'webhook', 500, 'low');
    putMany(office, 'slack', 50, 'critical');
    await office.runUntilEmpty(MINUTE, ['webhook']);
    expect(office.arrived.get('webhook')).toHaveLength(500);
    expect(spanOf(office.arrived.get('webhook'))).toBeLessThanOrEqual(1.2 * 500 * 20);
  });

  it('twenty-five receivers each get theirs', async () => {
    const names = Array.from({ length: 25 }, (_, n) => `mail/${n}`);
    const office = openOffice({ vendors: Object.fromEntries(names.map((name) => [name, taking(100)])) });
    for (const name of names) putMany(office, name, 20, 'medium');
    await office.runUntilEmpty(MINUTE);
    for (const name of names) expect(office.arrived.get(name)).toHaveLength(20);
  });
});

describe('more receivers than may be open at once', () => {
  it('all get theirs, beside some that hang', async () => {
    const names = Array.from({ length: 25 }, (_, n) => `mail/${n}`);
    const hangs: Vendor = () => ({
      outcome: { kind: 'retry', reason: 'it did not answer within 15 s', afterMs: null },
      afterMs: 15 * SECOND,
    });
    let open = 0;
    let most = 0;
    const counted =
      (vendor: Vendor): Vendor =>
      (message, now) => {
        const answer = vendor(message, now);
        most = Math.max(most, ++open);
        setTimeout(() => open--, answer.afterMs);
        return answer;
      };
    const vendors = names.map((name, n) => [name, counted(n % 5 === 2 ? hangs : taking(100))] as const);
    const office = openOffice({ vendors: Object.fromEntries(vendors) });
    for (const name of names) putMany(office, name, 20, 'medium');
    const working = names.filter((_, n) => n % 5 !== 2);
    await office.runUntilEmpty(10 * MINUTE, working);
    for (const name of working) expect(office.arrived.get(name)).toHaveLength(20);
    expect(most).toBeLessThanOrEqual(6);
    for (const name of names) office.does(name, taking(100));
    await office.runUntilEmpty(20 * MINUTE);
    for (const name of names) expect(office.arrived.get(name)).toHaveLength(20);
  });
});

describe('an outage', () => {
  const rows: [string, number, Outcome][] = [
    ['an hour of 503', HOUR, BROKEN],
    ['26 hours of 503', 26 * HOUR, BROKEN],
    ['six days of 503', 6 * DAY, BROKEN],
    [
      '26 hours without an answer',
      26 * HOUR,
      { kind: 'retry', reason: 'it did not answer within 15 s', afterMs: null },
    ],
    ['two days of a revoked webhook', 2 * DAY, REVOKED],
    ['six days of 429', 6 * DAY, { kind: 'slow down', reason: '429', afterMs: 30 * SECOND }],
  ];
  it.each(rows)(
    'of %s kills nothing, and ends within minutes of its end',
    async (_, lasts, outcome) => {
      const office = openOffice({ vendors: { slack: answering(outcome) } });
      for (const level of ['critical', 'high', 'high', 'medium', 'low'] as const) putMany(office, 'slack', 4, level);
      await office.runFor(lasts);
      expect(office.pending('slack')).toBe(20);
      expect(office.dead()).toEqual([]);
      office.does('slack', taking(50));
      const at = Date.now();
      await office.runUntilEmpty(HOUR, ['slack']);
      // Each by itself or in a digest.
      expect(deliveredOf(office, null)).toBe(20);
      expect(Date.now() - at).toBeLessThanOrEqual(6 * MINUTE);
    },
    60_000,
  );

  it('is probed after 1, 2, 4 and then every 5 minutes, with another message each time', async () => {
    const probes: Arrival[] = [];
    const vendor: Vendor = (message, now) => {
      probes.push({ ...message, at: now });
      return { outcome: BROKEN, afterMs: 0 };
    };
    const office = openOffice({ vendors: { slack: vendor } });
    putMany(office, 'slack', 10, 'high');
    await office.runFor(28 * MINUTE);
    // The first failure may be the message's own.
    expect(probes.slice(0, 2).map(({ at }) => Math.floor((at - (probes[0]?.at ?? 0)) / SECOND))).toEqual([0, 0]);
    const gaps = probes.slice(1).map(({ at }, i) => Math.round((at - (probes[i]?.at ?? 0)) / MINUTE));
    expect(gaps).toEqual([0, 1, 2, 4, 5, 5, 5, 5]);
    expect(new Set(probes.map(({ alert }) => alert)).size).toBe(probes.length);
  });

  it('sends the most severe first when it ends, whatever the outage had tried', async () => {
    const office = openOffice({ vendors: { slack: answering(BROKEN) } });
    const critical = office.put('slack', 'critical');
    putMany(office, 'slack', 3, 'low');
    await office.runFor(40 * MINUTE);
    office.does('slack', taking(50));
    await office.runUntilEmpty(10 * MINUTE, ['slack']);
    const place = office.arrived.get('slack')?.findIndex(({ alert }) => alert === critical);
    expect(place).toBeLessThanOrEqual(1);
  });

  it('after one success is noticed, and kills nothing', async () => {
    const office = openOffice({ vendors: { slack: answering(BROKEN), mail: taking(5) } });
    putMany(office, 'slack', 6, 'high');
    await office.runFor(HOUR);
    let taken = 0;
    office.does('slack', () => ({ outcome: taken++ === 0 ? { kind: 'delivered' } : BROKEN, afterMs: 50 }));
    await office.runFor(2 * HOUR);
    expect(taken).toBeLessThan(40);
    expect(office.scene.count('health_alerts', "state = 'open' AND kind = 'unhealthy-receiver:slack'")).toBe(1);
    await office.runFor(30 * HOUR);
    expect(office.dead()).toEqual([]);
  }, 60_000);

  it('in which only a message waits that had failed before kills nothing', async () => {
    let isDown = false;
    const vendor: Vendor = ({ alert }) => ({
      outcome: alert === 1 || isDown ? BROKEN : { kind: 'delivered' },
      afterMs: 50,
    });
    const office = openOffice({ vendors: { slack: vendor } });
    office.put('slack', 'critical');
    office.put('slack', 'low');
    await office.runFor(5 * MINUTE);
    isDown = true;
    await office.runFor(3 * DAY);
    expect(office.dead()).toEqual([]);
    expect(office.pending('slack')).toBe(1);
  }, 60_000);

  it('of over seven days leaves dead what has waited so long, with the reason', async () => {
    const office = openOffice({ vendors: { slack: answering(BROKEN) } });
    putMany(office, 'slack', 3, 'high');
    await office.runFor(7 * DAY + 2 * HOUR);
    const dead = office.dead();
    expect(dead).toHaveLength(3);
    for (const { reason } of dead) expect(reason).toMatch(/7 days.*Slack answered 503/);
  }, 60_000);
});

describe('a message that is never taken', () => {
  const poisonFor =
    (poison: ReadonlySet<number>, outcome: Outcome): Vendor =>
    ({ alert }) => ({ outcome: poison.has(alert) ? outcome : { kind: 'delivered' }, afterMs: 50 });

  it.each([
    ['one', 1],
    ['three', 3],
    ['thirty', 30],
  ])('(%s of them) is no outage, holds up no other, and is dead after a day with its reason', async (_, count) => {
    const poison = new Set<number>();
    const office = openOffice({ vendors: { slack: poisonFor(poison, REVOKED) } });
    for (let i = 0; i < count; i++) poison.add(office.put('slack', 'critical'));
    putMany(office, 'slack', 10, 'low');
    await office.runUntilEmpty(0);
    await office.runFor(count * 6 * MINUTE);
    expect(deliveredOf(office, 'low')).toBe(10);
    for (let hour = 0; hour < 40; hour++) {
      office.put('slack', 'low');
      await office.runFor(HOUR);
    }
    expect(office.dead()).toHaveLength(count);
    for (const { reason } of office.dead())
      expect(reason).toMatch(/failed for a day while others were delivered .*revoked/);
    expect(deliveredOf(office, 'low')).toBe(50);
  });

  it.each([2, 5])('(%i of them) delays no other where there is little to send', async (count) => {
    const poison = new Set<number>();
    const office = openOffice({ vendors: { slack: poisonFor(poison, BROKEN) } });
    office.put('slack', 'low');
    await office.runFor(MINUTE);
    for (let i = 0; i < count; i++) {
      poison.add(office.put('slack', 'high'));
      await office.runFor(20 * MINUTE);
    }
    const waits: number[] = [];
    for (let i = 0; i < 60; i++) {
      const at = Date.now();
      const alert = office.put('slack', i % 2 === 0 ? 'low' : 'critical');
      await office.runFor(23 * MINUTE);
      waits.push((office.arrived.get('slack')?.find((each) => each.alert === alert)?.at ?? DAY) - at);
    }
    // The first ones find what may be an outage.
    expect(waits.slice(2).every((wait) => wait < 5 * SECOND)).toBe(true);
    expect(office.scene.count('health_alerts', "state = 'open' AND kind GLOB 'unhealthy-receiver*'")).toBe(0);
  });

  it('among ten good ones does not make its receiver unhealthy', async () => {
    const poison = new Set<number>();
    const office = openOffice({ vendors: { slack: poisonFor(poison, BROKEN), mail: taking(50) } });
    putMany(office, 'slack', 5, 'high');
    poison.add(office.put('slack', 'critical'));
    putMany(office, 'slack', 5, 'low');
    await office.runFor(20 * HOUR);
    expect(office.scene.count('health_alerts', "kind GLOB 'unhealthy-receiver*'")).toBe(0);
    expect(office.dead()).toEqual([]);
  });

  it('that is refused in full and limited in its short form lets others through', async () => {
    const vendor: Vendor = ({ alert }) =>
      alert === 1
        ? { outcome: { kind: 'slow down', reason: '429', afterMs: 30 * SECOND }, afterMs: 50 }
        : { outcome: { kind: 'delivered' }, afterMs: 50 };
    const office = openOffice({ vendors: { slack: vendor } });
    office.put('slack', 'critical');
    putMany(office, 'slack', 20, 'low');
    await office.runFor(HOUR);
    expect(office.arrived.get('slack')).toHaveLength(20);
  });
});

describe('a receiver that fails at random', () => {
  /** Fails this share of its messages, in an order that is the same each time. */
  const failsOften = (percent: number): Vendor => {
    let state = 7;
    return () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return { outcome: (state >> 8) % 100 < percent ? BROKEN : { kind: 'delivered' }, afterMs: 50 };
    };
  };

  it.each([
    [10, 1.5],
    [30, 4],
    [50, 8],
    [70, 35],
  ])('in %i of a hundred attempts gets everything, in %d times the least time', async (percent, times) => {
    const office = openOffice({ vendors: { slack: failsOften(percent) }, pace: { slack: SECOND } });
    putMany(office, 'slack', 300, 'high');
    const startedAt = Date.now();
    await office.runUntilEmpty(DAY);
    expect(Date.now() - startedAt).toBeLessThan(times * 300 * SECOND);
    expect(deliveredOf(office, null)).toBe(300);
    expect(office.dead()).toEqual([]);
  });

  it('gets a critical message within minutes, in a quiet hour too', async () => {
    const office = openOffice({ vendors: { slack: failsOften(30) } });
    const waits: number[] = [];
    for (let hour = 0; hour < 100; hour++) {
      const at = Date.now();
      office.put('slack', 'critical');
      office.put('slack', 'low');
      await office.runFor(HOUR);
      const arrived = office.arrived.get('slack')?.filter(({ level }) => level === 'critical') ?? [];
      waits.push((arrived.at(-1)?.at ?? Number.POSITIVE_INFINITY) - at);
    }
    expect(waits.filter((wait) => wait > 3 * MINUTE).length).toBeLessThan(10);
  });
});

describe('an attempt that is interrupted', () => {
  it('is repeated at once by the next alarm', async () => {
    const office = openOffice({ vendors: { slack: taking(10 * SECOND) } });
    office.put('slack', 'high');
    await office.runFor(SECOND);
    office.restart();
    void office.host.alarm();
    await office.runFor(20 * SECOND);
    expect(office.arrived.get('slack')).toHaveLength(2);
    expect(office.pending()).toBe(0);
  });

  it('again and again lets others go first', async () => {
    const office = openOffice({
      vendors: { slack: ({ alert }) => ({ outcome: { kind: 'delivered' }, afterMs: alert === 1 ? HOUR : 50 }) },
    });
    office.put('slack', 'critical');
    putMany(office, 'slack', 3, 'low');
    for (let i = 0; i < 4; i++) {
      await office.runFor(SECOND);
      office.restart();
      await office.runFor(65 * SECOND);
    }
    expect(office.arrived.get('slack')?.filter(({ alert }) => alert > 1)).toHaveLength(3);
  });
});

describe('what a delivery costs', () => {
  it.each([100, 5_000])('is the same where %i wait', async (waiting) => {
    const office = openOffice({ vendors: { slack: taking(1) } });
    putMany(office, 'slack', waiting, 'medium');
    const changes = (): number => office.scene.store.all<{ n: number }>('SELECT total_changes() AS n')[0]?.n ?? 0;
    const before = changes();
    await office.runFor(60);
    const delivered = office.arrived.get('slack')?.length ?? 0;
    expect(delivered).toBeGreaterThan(50);
    // The receiver's row when the attempt begins and when it ends (REPLACE counts two), and the delivery's.
    expect((changes() - before) / delivered).toBeLessThanOrEqual(4);
  });
});
