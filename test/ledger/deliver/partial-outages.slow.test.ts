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
/** How long after `since` it was delivered, by itself or in one of an outage. */
const waited = (office: Office, alert: number, since: number): number =>
  (office.scene.store.all<{ at: number }>(
    `SELECT settled_at AS at FROM deliveries WHERE alert = ${alert} AND state = 'delivered'`,
  )[0]?.at ?? Number.POSITIVE_INFINITY) - since;

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
  const kinds = office.scene.store
    .all<{ text: string }>(
      "SELECT notification AS text FROM deliveries WHERE receiver = 'mail' AND health = 'unhealthy-receiver' ORDER BY id",
    )
    .map(({ text }) => JSON.parse(text).kind);
  expect(kinds).toEqual(['health', 'health-resolved']);
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

/** `count` bad messages, known as such: others got through between their failures. */
async function knownBad(office: Office, bad: Set<number>, count: number, level: Level, hours = 3): Promise<void> {
  for (let i = 0; i < count; i++) {
    bad.add(office.put('slack', level));
    office.put('slack', 'low');
    await office.runFor(2 * MINUTE);
  }
  for (let i = 0; i < hours * 6; i++) {
    office.put('slack', 'low');
    await office.runFor(10 * MINUTE);
  }
}

/** An outage of `hours` with 12 critical messages an hour, which all fail in it, `count` bad ones among the first. */
async function afterOutage(count: number, outcome: Outcome, hours: number) {
  const bad = new Set<number>();
  let down = true;
  const vendor: Vendor = ({ alert }) => ({ outcome: down ? BROKEN : bad.has(alert) ? outcome : OK, afterMs: 50 });
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  for (let i = 0; i < count; i++) bad.add(office.put('slack', 'critical'));
  const goods: number[] = [];
  for (let i = 0; i < hours * 12; i++) {
    goods.push(office.put('slack', 'critical'));
    await office.runFor(5 * MINUTE);
  }
  // By its end each has failed in it.
  await office.runFor(3 * HOUR);
  down = false;
  const at = Date.now();
  const freshWaits: number[] = [];
  await office.runFor(10 * MINUTE);
  for (let i = 0; i < 48; i++) {
    const t = Date.now();
    const high = office.put('slack', 'high');
    await office.runFor(HOUR);
    freshWaits.push(Math.round(waited(office, high, t) / MINUTE));
  }
  const waits = goods.map((each) => waited(office, each, at));
  return { office, waits, freshWaits };
}

it.each([
  ['one that answers 503 with Retry-After of 50 min', 1, { ...BROKEN, afterMs: 50 * MINUTE }],
  ['five that answer 503', 5, BROKEN],
  ['ten that answer 400', 10, { kind: 'refused', reason: '400' }],
  ['twenty that answer 400', 20, { kind: 'refused', reason: '400' }],
] as [string, number, Outcome][])(
  'after an outage of 3 hours, bad ones (%s) do not hold up good critical ones',
  async (_, count, outcome) => {
    const { waits, freshWaits } = await afterOutage(count, outcome, 3);
    expect(Math.max(...waits)).toBeLessThan(HOUR);
    expect(Math.max(...freshWaits)).toBeLessThan(30);
  },
  120_000,
);

it.each([10, 20, 60])(
  'a good critical one that fails once arrives soon, in a quiet night beside %i bad ones',
  async (count) => {
    const bad = new Set<number>();
    let blip = false;
    const vendor: Vendor = ({ alert }) => ({ outcome: bad.has(alert) || blip ? BROKEN : OK, afterMs: 50 });
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    await knownBad(office, bad, count, 'critical');
    await office.runFor(4 * HOUR);
    blip = true;
    const at = Date.now();
    const good = office.put('slack', 'critical');
    await office.runFor(30 * SECOND);
    blip = false;
    await office.runFor(15 * HOUR);
    expect(waited(office, good, at)).toBeLessThan(20 * MINUTE);
  },
  60_000,
);

it.each([60, 90, 120, 180])(
  'two bad medium ones, and a good one each %i minutes: few health alerts about the receiver',
  async (every) => {
    const bad = new Set<number>();
    const vendor: Vendor = ({ alert }) => ({ outcome: bad.has(alert) ? BROKEN : OK, afterMs: 50 });
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    office.put('slack', 'low');
    await office.runFor(MINUTE);
    bad.add(office.put('slack', 'medium'));
    await office.runFor(MINUTE);
    bad.add(office.put('slack', 'medium'));
    for (let t = 0; t < 3 * DAY; t += every * MINUTE) {
      office.put('slack', 'low');
      await office.runFor(every * MINUTE);
    }
    expect(office.scene.count('deliveries', "receiver = 'mail' AND health = 'unhealthy-receiver'")).toBeLessThan(6);
  },
  60_000,
);

it('seven days of 429 end what waits for so long', async () => {
  const office = openOffice({
    vendors: { slack: answering({ kind: 'slow down', reason: '429', afterMs: 10 * MINUTE }), mail: taking(5) },
  });
  for (let i = 0; i < 1500; i++) office.put('slack', 'low');
  await office.runFor(7 * DAY + 2 * HOUR);
  expect(office.pending('slack')).toBe(0);
}, 120_000);

it('a clock that was a day ahead for a minute delays nothing for a day', async () => {
  const office = openOffice({ vendors: { slack: taking(50), mail: taking(5) } });
  office.put('slack', 'low');
  await office.runFor(MINUTE);
  vi.setSystemTime(Date.now() + DAY);
  office.does('slack', ({ level }) => ({ outcome: level === 'low' ? OK : BROKEN, afterMs: 50 }));
  office.put('slack', 'high');
  office.put('slack', 'low');
  await office.runFor(40 * SECOND);
  vi.setSystemTime(Date.now() - DAY);
  office.does('slack', taking(50));
  office.restart();
  const at = Date.now();
  await office.runUntilEmpty(3 * DAY, ['slack']);
  expect(Date.now() - at).toBeLessThan(2 * HOUR);
}, 60_000);

it('two health alerts that are never taken, and nothing else, are tried a dozen times an hour', async () => {
  let tries = 0;
  const vendor: Vendor = ({ notification }) => {
    tries++;
    return { outcome: 'health' in notification ? BROKEN : OK, afterMs: 50 };
  };
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  office.putHealth('slack');
  office.putHealth('slack');
  await office.runFor(MINUTE);
  office.put('slack', 'low');
  await office.runFor(MINUTE);
  await office.runFor(3 * HOUR);
  tries = 0;
  await office.runFor(DAY);
  expect(tries).toBeLessThan(24 * 13);
}, 60_000);

it('there is no message of an outage where nothing but bad messages was sent', async () => {
  const bad = new Set<number>();
  const vendor: Vendor = ({ alert }) => ({ outcome: bad.has(alert) ? BROKEN : OK, afterMs: 50 });
  const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
  await knownBad(office, bad, 3, 'medium', 3);
  for (let i = 0; i < 6; i++) {
    await office.runFor(110 * MINUTE);
    office.put('slack', 'low');
  }
  await office.runFor(MINUTE);
  const messages = (office.arrived.get('slack') ?? []).filter(({ notification }) => 'group' in notification);
  expect(messages).toHaveLength(0);
}, 60_000);

it.each([10, 40])(
  '%i bad critical messages that hang for 15 s hardly delay good ones',
  async (count) => {
    const bad = new Set<number>();
    const vendor: Vendor = ({ alert }) =>
      bad.has(alert) ? { outcome: BROKEN, afterMs: 15 * SECOND } : { outcome: OK, afterMs: 50 };
    const office = openOffice({ vendors: { slack: vendor, mail: taking(5) }, pace: PACE });
    await knownBad(office, bad, count, 'critical', 3);
    const puts: [number, number, Level][] = [];
    for (let i = 0; i < 60; i++) {
      for (const level of ['medium', 'high', 'critical'] as const)
        puts.push([office.put('slack', level), Date.now(), level]);
      await office.runFor(10 * MINUTE);
    }
    await office.runFor(DAY);
    const worst = (of: Level): number =>
      Math.max(...puts.filter(([, , l]) => l === of).map(([a, at]) => waited(office, a, at))) / MINUTE;
    expect(worst('critical')).toBeLessThan(10);
  },
  120_000,
);
