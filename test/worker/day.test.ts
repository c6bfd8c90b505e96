/**
 * A day of the free plan, counted in workerd: 10,000 entries and Tocsin's own reads in the log, a tick a minute, alerts and
 * their deliveries, a full month of entries behind it so that as many are evicted as recorded, 100 page views, and 10,000
 * refused requests from as many addresses. `npm run day` prints the counts.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { AllowanceUsage } from '../../src/ledger/rpc.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { createApp } from '../../src/web/app.ts';
import type { DayReport } from '../day/report.ts';
import { createSampleLog } from './sample-log.ts';
import { addViewer, bearer, ORIGIN } from './site.ts';
import { createWorld, HOUR, MINUTE, type World } from './world.ts';

const DAY = 24 * HOUR;
const ENTRIES = 10_000;
const VIEWS = 100;
const REFUSED = 10_000;
/** Of the plan's allowances; the rest is for what nobody planned. */
const PERCENT_MAX = 80;
/** The default of RETENTION. */
const RETENTION_DAYS = 30;
/** Where time only passes, so many ticks a day keep up with the log. */
const TICKS_BEFORE = 12;
const MINUTES = DAY / MINUTE;
/** A day ends at 00:00 UTC, and its counts with it. */
const LAST_MINUTES = 2;

it('stays below 80 % of the plan', { timeout: 900_000 }, async ({ task }) => {
  const world = await createWorld({ logOwnReads: true });
  const web = await createWeb(world);
  // From one midnight to another, by the clock of the Worker.
  const begins = Date.now() - (Date.now() % DAY) + DAY;
  const clock = (at: number): Promise<void> => world.advance(Math.max(0, at - Date.now()));
  await clock(begins);
  for (let day = 0; day <= RETENTION_DAYS; day++) {
    await append(world, day);
    for (let n = 1; n <= TICKS_BEFORE; n++) {
      await clock(begins + day * DAY + (n * DAY) / TICKS_BEFORE);
      await tick(world);
    }
  }
  const midnight = begins + (RETENTION_DAYS + 1) * DAY;
  await append(world, RETENTION_DAYS + 1);
  const before = await world.status();
  expect(before.usage?.allowances.find(({ of }) => of === 'kvWrites')?.used).toBeLessThan(10);
  const stored = await count(world, 'entries');
  expect(stored).toBeGreaterThan(RETENTION_DAYS * ENTRIES * 0.8);
  const lastOf = async (what: string): Promise<number> =>
    (await world.sql<{ last: number }>(`SELECT max(${what === 'entries' ? 'seq' : 'id'}) AS last FROM ${what}`))[0]
      ?.last ?? 0;
  const [seq, alert, delivery] = [await lastOf('entries'), await lastOf('alerts'), await lastOf('deliveries')];

  for (let minute = 0; minute < MINUTES - LAST_MINUTES; minute++) {
    await clock(midnight + minute * MINUTE);
    await tick(world);
    const due = (of: number) => Math.floor(((minute + 1) * of) / MINUTES) - Math.floor((minute * of) / MINUTES);
    for (let n = due(VIEWS); n > 0; n--) await web.view();
    for (let n = due(REFUSED); n > 0; n--) await web.refused();
  }

  const { usage } = await world.status();
  const allowances = usage?.allowances ?? [];
  const [recorded, after] = [await count(world, `entries WHERE seq > ${seq}`), await count(world, 'entries')];
  const report: DayReport = {
    entries: recorded,
    evicted: stored + recorded - after,
    stored: after,
    alerts: await count(world, `alerts WHERE id > ${alert}`),
    deliveries: await count(world, `deliveries WHERE id > ${delivery} AND state = 'delivered'`),
    views: web.counts.views,
    refused: web.counts.refused,
    kvReads: web.counts.kvReads,
    used: allowances.map(({ of, used, limit }) => ({ of, used, limit })),
  };
  Object.assign(task.meta, { day: report });

  expect(report.entries).toBeGreaterThan(ENTRIES * 0.8);
  expect(report.evicted).toBeGreaterThan(ENTRIES * 0.7);
  expect(report.alerts).toBeGreaterThan(5);
  expect(report.deliveries).toBeGreaterThan(5);
  expect([report.views, report.refused]).toEqual(
    [VIEWS, REFUSED].map((n) => Math.floor((n * (MINUTES - LAST_MINUTES)) / MINUTES)),
  );
  // Each was counted at all.
  for (const { used } of allowances) expect(used).toBeGreaterThan(0);
  expect(allowances.filter(isTooMuch)).toEqual([]);
});

function isTooMuch({ used, limit }: AllowanceUsage): boolean {
  return limit === null || used * 100 > limit * PERCENT_MAX;
}

/** A day's log from now on: ordinary entries, and some of which rules make alerts. */
async function append(world: World, day: number): Promise<void> {
  const from = Date.now();
  await world.traffic({ seed: day + 1, from, to: from + DAY, entriesPerDay: ENTRIES, lateEvery: 20 });
  await world.append(createSampleLog(from + 12 * HOUR, { prefix: `day${day}` }).records);
}

/** A tick as the cron makes it, and the alarm where it is due: with a shifted clock it doesn't run by itself. */
async function tick(world: World): Promise<void> {
  await world.tick();
  const at = await world.alarmAt();
  if (at !== null && at <= Date.now()) await world.delivered();
  const again = await world.alarmAt();
  if (again !== null && again <= Date.now()) await world.runAlarm();
}

async function count(world: World, what: string): Promise<number> {
  const [row] = await world.sql<{ n: number }>(`SELECT count(*) AS n FROM ${what}`);
  return row?.n ?? 0;
}

/** The app for people and for strangers. */
async function createWeb(world: World) {
  const counts = { views: 0, refused: 0, kvReads: 0 };
  const KV = new Proxy(env.KV, {
    get(kv, name) {
      const value = Reflect.get(kv, name) as unknown;
      if (typeof value !== 'function') return value;
      if (name === 'get') counts.kvReads++;
      return value.bind(kv) as unknown;
    },
  });
  const refusals = { hours: [], reportAt: 0 };
  const { token } = await addViewer('day');
  const request = async (path: string, init: RequestInit): Promise<Response> => {
    const context = createExecutionContext();
    const app = createApp({
      config: readConfig({ ...world.bindings, KV }, RECEIVER_TYPES),
      ledger: world.stub,
      reconnect: () => null,
      now: () => Date.now(),
      later: (work) => context.waitUntil(work()),
      refusals,
      fetch: (url, options) => fetch(url, options),
    });
    const response = await app.fetch(new Request(`${ORIGIN}${path}`, { redirect: 'manual', ...init }), {}, context);
    await response.arrayBuffer();
    await waitOnExecutionContext(context);
    return response;
  };
  const idOf = async (what: string): Promise<string | number> =>
    (await world.sql<{ id: string | number }>(`SELECT id FROM ${what} ORDER BY random() LIMIT 1`))[0]?.id ?? 0;

  return {
    counts,
    /** What a person looks at, in turn. */
    async view(): Promise<void> {
      const n = counts.views++;
      const paths = [
        () => '/',
        async () => `/entries/${await idOf(`entries WHERE seq > (SELECT max(seq) - ${ENTRIES} FROM entries)`)}`,
        () => '/alerts?state=all',
        async () => `/alerts/${await idOf('alerts')}`,
        () => '/rules',
        () => '/quarantine',
        async () => `/v1/audit_logs/${await idOf('entries')}`,
      ] as const;
      const path = await (paths[n % paths.length] ?? paths[0])();
      const response = await request(path, { headers: { ...bearer(token).headers, accept: 'text/html' } });
      expect([path, response.status]).toEqual([path, 200]);
    },
    /** What strangers try, in turn, each from an address of its own. */
    async refused(): Promise<void> {
      const n = counts.refused++;
      const hex = n.toString(16).padStart(16, '0');
      const guess = `tocsin_${hex}_${'A'.repeat(43)}`;
      const address = { 'cf-connecting-ip': `203.${n >> 16}.${(n >> 8) & 255}.${n & 255}` };
      const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
      const attempts: readonly (readonly [string, RequestInit])[] = [
        ['/', {}],
        ['/wp-login.php', {}],
        ['/v1/audit_logs', { headers: { authorization: `Bearer ${guess}` } }],
        [`/alerts/1?pass=1.${hex}`, { headers: { accept: 'text/html' } }],
        ['/operator/status', { headers: { authorization: `Bearer ${Date.now() + 1_000}.${'0'.repeat(64)}` } }],
        ['/session', { method: 'POST', headers: form, body: `token=${guess}` }],
      ];
      const [path, init] = attempts[n % attempts.length] ?? ['/', {}];
      const response = await request(path, { ...init, headers: { ...init.headers, ...address } });
      expect([path, response.status >= 400 && response.status < 500]).toEqual([path, true]);
    },
  };
}
