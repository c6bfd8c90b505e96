/** Receivers that take some messages and not others: whose fault it is, and that nobody waits or dies for another's. */
import { afterEach, expect, it, vi } from 'vitest';
import { createOutbox } from '../../../src/ledger/health/attempts.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { DAY, HOUR, MINUTE, route, SECOND } from '../scene.ts';
import { answering, type Office, openOffice, taking, type Vendor } from './post-office.ts';

afterEach(() => {
  vi.useRealTimers();
});

const OK: Outcome = { kind: 'delivered' };
const BROKEN: Outcome = { kind: 'retry', reason: 'Slack answered 503', afterMs: null };
const REFUSED: Outcome = { kind: 'refused', reason: 'Slack answered 400' };
const PACE = { slack: 1_020 };

function many(office: Office, count: number, level: Level): void {
  for (let i = 0; i < count; i++) office.put('slack', level);
}
const openAlerts = (office: Office): unknown[] =>
  office.scene.store.all("SELECT kind FROM health_alerts WHERE state = 'open' ORDER BY kind").map(({ kind }) => kind);
const changes = (office: Office): number =>
  office.scene.store.all<{ n: number }>('SELECT total_changes() AS n')[0]?.n ?? 0;
const waited = (office: Office, alert: number, since: number): number =>
  (office.arrived.get('slack')?.find((each) => each.alert === alert)?.at ?? Number.POSITIVE_INFINITY) - since;

it('an outage of 26 hours kills nothing, though a fresh message gets through in it', async () => {
  const office = openOffice({ vendors: { slack: answering(BROKEN), mail: taking(5) } });
  many(office, 3, 'critical');
  many(office, 4, 'high');
  await office.runFor(26 * HOUR);
  const fresh = office.put('slack', 'medium');
  office.does('slack', ({ alert }) => ({ outcome: alert === fresh ? OK : BROKEN, afterMs: 50 }));
  await office.runFor(10 * MINUTE);
  expect(office.dead()).toEqual([]);
}, 60_000);

it('an outage kills nothing, though a test message gets through in it', async () => {
  const office = openOffice({ vendors: { slack: answering(BROKEN), mail: taking(5) } });
  many(office, 3, 'critical');
  await office.runFor(26 * HOUR);
  createOutbox(office.scene.store, [route('slack')]).recordTest('slack', OK, Date.now());
  await office.runFor(10 * MINUTE);
  expect(office.dead()).toEqual([]);
}, 60_000);

it('an outage with one success in it is still an outage, and probed as one', async () => {
  let fresh = -1;
  let tries = 0;
  const vendor: Vendor = ({ alert }) => {
    tries++;
    return { outcome: alert === fresh ? OK : BROKEN, afterMs: 50 };
  };
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  many(office, 100, 'critical');
  await office.runFor(5 * HOUR);
  fresh = office.put('slack', 'low');
  await office.runFor(HOUR);
  tries = 0;
  await office.runFor(DAY);
  const [slack] = office.scene.ledger.status(Date.now()).receivers;
  expect.soft(openAlerts(office)).toContain('unhealthy-receiver:slack');
  expect.soft(slack?.works).toBe(false);
  expect(tries).toBeLessThan(500);
}, 60_000);

it('an outage after a short one, with two critical messages waiting, is a health alert', async () => {
  let low = 0;
  const office = openOffice({
    vendors: {
      // Two fail at first, others get through, and then nothing does.
      slack: ({ level }) => ({ outcome: level === 'low' && low++ < 3 ? OK : BROKEN, afterMs: 50 }),
      mail: taking(5),
    },
    pace: PACE,
  });
  many(office, 2, 'critical');
  many(office, 3, 'low');
  await office.runFor(2 * DAY);
  const [slack] = office.scene.ledger.status(Date.now()).receivers;
  expect(office.pending('slack')).toBe(2);
  expect(openAlerts(office)).toContain('unhealthy-receiver:slack');
  expect(slack).toMatchObject({ state: 'failing', works: false });
  office.does('slack', taking(50));
  await office.runFor(6 * MINUTE);
  expect(office.pending('slack')).toBe(0);
}, 60_000);

it('one critical message that is never taken is a health alert, in a quiet week too', async () => {
  const office = openOffice({
    vendors: { slack: ({ alert }) => ({ outcome: alert === 1 ? BROKEN : OK, afterMs: 50 }), mail: taking(5) },
  });
  office.put('slack', 'critical');
  office.put('slack', 'low');
  await office.runFor(3 * DAY);
  expect(office.scene.count('deliveries', "receiver = 'mail' AND health IS NOT NULL")).toBeGreaterThan(0);
}, 60_000);

it.each([
  ['that hang', 20, 15 * SECOND],
  ['that fail at once', 100, 50],
])(
  'bad messages (%s, %i) let others through',
  async (_, count, afterMs) => {
    const bad = new Set<number>();
    let tries = 0;
    const vendor: Vendor = ({ alert }) => {
      tries++;
      return bad.has(alert) ? { outcome: BROKEN, afterMs } : { outcome: OK, afterMs: 50 };
    };
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    for (let i = 0; i < count; i++) {
      bad.add(office.put('slack', 'critical'));
      office.put('slack', 'low');
      await office.runFor(MINUTE);
    }
    await office.runFor(HOUR);
    const at = Date.now();
    const critical = office.put('slack', 'critical');
    tries = 0;
    const rows = changes(office);
    await office.runFor(DAY);
    expect.soft(waited(office, critical, at)).toBeLessThan(HOUR);
    expect.soft(tries).toBeLessThan(10_000);
    expect.soft(changes(office) - rows).toBeLessThan(50_000);
    for (let hour = 0; hour < 30; hour++) {
      office.put('slack', 'low');
      await office.runFor(HOUR);
    }
    expect(office.dead().length).toBe(count);
  },
  120_000,
);

it.each([
  [2, HOUR],
  [5, HOUR],
  [2, 3 * HOUR],
])(
  '%i bad messages die within two days, where another one gets through each %i ms',
  async (count, every) => {
    const vendor: Vendor = ({ level }) => ({ outcome: level === 'critical' ? REFUSED : OK, afterMs: 50 });
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    many(office, count, 'critical');
    const waits: number[] = [];
    for (let passed = 0; passed < 2 * DAY; passed += every) {
      const at = Date.now();
      const good = office.put('slack', 'low');
      await office.runFor(every);
      waits.push(waited(office, good, at));
    }
    expect(office.dead()).toHaveLength(count);
    expect(Math.max(...waits.slice(1))).toBeLessThan(5 * SECOND);
  },
  60_000,
);

it('a hundred bad messages stay far below the free plan’s 100,000 rows a day', async () => {
  const bad = new Set<number>();
  const vendor: Vendor = ({ alert }) => ({ outcome: bad.has(alert) ? REFUSED : OK, afterMs: 50 });
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  for (let i = 0; i < 100; i++) {
    bad.add(office.put('slack', 'critical'));
    office.put('slack', 'low');
    await office.runFor(30 * SECOND);
  }
  await office.runFor(HOUR);
  const rows = changes(office);
  for (let hour = 0; hour < 24; hour++) {
    office.put('slack', 'low');
    await office.runFor(HOUR);
  }
  expect(changes(office) - rows).toBeLessThan(50_000);
}, 60_000);

it.each([5 * MINUTE, 10 * MINUTE, HOUR])(
  'a bad message with Retry-After %i ms lets others through',
  async (afterMs) => {
    const vendor: Vendor = ({ alert }) => ({ outcome: alert === 1 ? { ...BROKEN, afterMs } : OK, afterMs: 50 });
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    office.put('slack', 'critical');
    office.put('slack', 'low');
    await office.runFor(2 * HOUR);
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const at = Date.now();
      const low = office.put('slack', 'low');
      const high = office.put('slack', 'high');
      await office.runFor(3 * HOUR + 3 * MINUTE);
      waits.push(waited(office, low, at), waited(office, high, at));
    }
    expect(Math.max(...waits)).toBeLessThan(10 * MINUTE);
  },
  60_000,
);

it('three bad messages do not make a receiver unhealthy in the second in which it recovered', async () => {
  const bad = new Set<number>();
  let isDown = true;
  const vendor: Vendor = ({ alert }) => ({ outcome: isDown ? BROKEN : bad.has(alert) ? REFUSED : OK, afterMs: 50 });
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  many(office, 1, 'critical');
  await office.runFor(SECOND);
  for (let i = 0; i < 3; i++) bad.add(office.put('slack', 'critical'));
  await office.runFor(HOUR);
  isDown = false;
  await office.runFor(14 * MINUTE);
  const told = office.scene.store
    .all<{ text: string }>(
      "SELECT notification AS text FROM deliveries WHERE receiver = 'mail' AND health = 'unhealthy-receiver' ORDER BY id",
    )
    .map(({ text }) => JSON.parse(text).kind);
  expect(told).toEqual(['health', 'health-resolved']);
}, 60_000);

it('at a receiver that fails 3 of 10, few low ones overtake a critical one', async () => {
  let state = 7;
  const vendor: Vendor = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return { outcome: (state >> 8) % 100 < 30 ? BROKEN : OK, afterMs: 50 };
  };
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  many(office, 3_000, 'low');
  const put: [number, number][] = [];
  for (let i = 0; i < 60; i++) {
    put.push([office.put('slack', 'critical'), Date.now()]);
    await office.runFor(MINUTE);
  }
  await office.runFor(HOUR);
  const arrived = office.arrived.get('slack') ?? [];
  const overtaken = put.map(([alert, at]) => {
    const end = at + waited(office, alert, at);
    return arrived.filter((each) => each.level === 'low' && each.at > at && each.at < end).length;
  });
  expect(Math.max(...overtaken)).toBeLessThanOrEqual(35);
}, 60_000);
