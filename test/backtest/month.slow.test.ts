/**
 * A month of an organization's traffic, watched by a real ledger, then exported by its API and tried again: with late entries,
 * revisions, and people who act on alerts. The alerts are the same.
 */
import { describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { type BacktestOptions, createBacktest } from '../../src/backtest/backtest.ts';
import { type PastEntry, pastEntries } from '../../src/backtest/past-entry.ts';
import type { Act, Incoming } from '../../src/ledger/rpc.ts';
import { ruleCode, ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { createScene, DAY, HOUR, incoming, MINUTE, NOON, route, type Scene } from '../ledger/scene.ts';
import { createOrganization } from '../sandbox/organization.ts';
import { createRandom, type Random } from '../sandbox/random.ts';
import { type LogRecord, writeInstant } from '../sandbox/record.ts';
import { SCENARIO_NAMES, SCENARIOS } from '../sandbox/scenarios.ts';

const DAYS = 30;
const ENGINE = compile(ruleSet, { code: ruleCode, derived: DERIVED_FIELDS });
const RECEIVERS = [route('slack'), route('pager', { minLevel: 'high', forPrograms: true, edits: true })];

type Shown = Incoming & { readonly appearsAt: number };

/** What the log shows, and when: some late, some again with another content. */
function traffic(random: Random): Shown[] {
  const records = [
    ...createOrganization(7).between(NOON, NOON + DAYS * DAY, { entriesPerDay: 90 }),
    ...Array.from({ length: DAYS * 3 }, (_, i) => {
      const name = random.pick(SCENARIO_NAMES);
      return SCENARIOS[name](NOON + i * 8 * HOUR + random.next() * HOUR, random, 30 * MINUTE);
    }).flat(),
    ...janitor(random),
  ];
  return records
    .flatMap(({ createdAt, body }): Shown[] => {
      const { id } = body as { id: string };
      const at = Math.floor(createdAt);
      // Most at once, some within the allowed lateness, a few by a re-read.
      const lateMs = random.chance(0.9) ? 0 : random.next() * (random.chance(0.9) ? 4 * MINUTE : 20 * HOUR);
      const shown = { ...incoming(id, at, JSON.stringify(body)), appearsAt: at + lateMs };
      if (!random.chance(0.03)) return [shown];
      const changed = JSON.stringify({ ...(body as object), status_code: 403, actor: { id: 'changed', type: 'user' } });
      return [shown, { ...shown, text: changed, appearsAt: at + lateMs + random.next() * 2 * HOUR }];
    })
    .sort((a, b) => a.appearsAt - b.appearsAt);
}

/** A key deletes machines, every few days: its alerts have the same dedup key. */
function janitor(random: Random): LogRecord[] {
  const actor = { id: 'janitor', name: 'Janitor', type: 'api_key' };
  return Array.from({ length: DAYS / 2 }, (_, i) => NOON + i * 2 * DAY + random.next() * 8 * HOUR).flatMap((from) =>
    Array.from({ length: 12 }, (_, n): LogRecord => {
      const createdAt = from + n * 20_000;
      const of = { action: 'vm.deleted', method: 'DELETE', path: `/v1/compute/vms/${n}`, status_code: 204 };
      const body = { id: random.uuid(), created_at: writeInstant('microseconds', createdAt), actor, ...of };
      return { createdAt, appearsAt: createdAt, body: { ...body, client_ip: '192.0.2.9', target: null } };
    }),
  );
}

/** Somebody does something with a few alerts, now and then. */
function act(scene: Scene, random: Random, now: number): void {
  const open = scene.store.all<{ id: number }>("SELECT id FROM alerts WHERE state IN ('open', 'acknowledged')");
  if (open.length === 0) return;
  const what: Act = random.pick([
    { act: 'resolve', reason: 'expected', comment: null },
    { act: 'resolve', reason: 'true positive', comment: 'seen' },
    { act: 'acknowledge', comment: null },
    { act: 'assign', to: 'Ada' },
  ]);
  const alerts = open.map(({ id }) => id).filter(() => random.chance(0.3));
  scene.ledger.act({ alerts, act: what, who: 'Ada', via: 'api', seenLevel: null }, now);
}

/** The ledger that watched it, a tick a minute; its messages are delivered at once. */
function watch(entries: readonly Shown[], random: Random, hasPeople: boolean): Scene {
  const scene = createScene([], { engine: ENGINE, receivers: RECEIVERS });
  let next = 0;
  let alarmAt = NOON;
  for (let now = NOON + MINUTE; now < NOON + DAYS * DAY + HOUR; now += MINUTE) {
    const from = next;
    while ((entries[next]?.appearsAt ?? Number.POSITIVE_INFINITY) <= now) next++;
    const page = entries.slice(from, next).sort((a, b) => a.createdAt - b.createdAt);
    const acts = hasPeople && random.chance(1 / 300);
    if (page.length === 0 && !acts && alarmAt > now) continue;
    if (page.length > 0) scene.record(page, { began: now, now });
    if (acts) act(scene, random, now);
    if ((scene.ledger.nextAlarmAt(now) ?? now) <= now) {
      scene.ledger.watchdog(now);
      scene.send(now);
    }
    alarmAt = scene.ledger.nextAlarmAt(now) ?? Number.POSITIVE_INFINITY;
  }
  return scene;
}

/** Tries its rules again on what its API has. */
function again({ views }: Scene, options: Partial<BacktestOptions> = {}) {
  const run = createBacktest({ engine: ENGINE, receivers: RECEIVERS, ...options });
  let after: number | null = null;
  for (;;) {
    const lines = views.logLines({ after, since: null, until: null, most: null }).split('\n').slice(0, -1);
    if (lines.length === 0) break;
    const entries = lines.flatMap((line) => pastEntries(JSON.parse(line)) as readonly PastEntry[]);
    run.add(entries);
    after = entries.at(-1)?.seq ?? null;
  }
  return run.end(NOON + DAYS * DAY + HOUR);
}

/** Of each alert what watching and trying again must agree on. */
function watched({ store }: Scene) {
  const rows = store.all('SELECT * FROM alerts ORDER BY id');
  return rows.map(({ rule, key, level, count, begins, last_at }) => [rule, key, level, count, begins, last_at]);
}

type Result = ReturnType<typeof again>;
const tried = ({ alerts }: Result) =>
  alerts.map(({ rule, key, level, count, firstAt, lastAt }) => [rule, key, level, count, firstAt, lastAt]);

/** By receiver and alert: how many decisions notified it, as the ledger stored them. */
function notifiedIn({ store }: Scene) {
  const rows = store.all<{ receiver: string; alert: number; n: number }>(
    `SELECT receiver, alert, count(*) AS n FROM deliveries
     WHERE alert IS NOT NULL AND state <> 'suppressed' AND notification ->> '$.kind' NOT IN ('group', 'resolved', 'acknowledged')
       AND notification ->> '$.edits' IS NULL
       AND NOT EXISTS (SELECT 1 FROM deliveries AS part WHERE part.digest = deliveries.id)
     GROUP BY receiver, alert`,
  );
  return new Map(rows.map(({ receiver, alert, n }) => [`${receiver} ${alert}`, n]));
}

describe('a month that was watched, tried again', { timeout: 120_000 }, () => {
  it('gives the same alerts where nobody acted, and notifies as often', () => {
    const random = createRandom(3);
    const scene = watch(traffic(random), random, false);
    const result = again(scene);
    expect(scene.count('entries', 'revision > 0')).toBeGreaterThan(50);
    expect(scene.count('alerts')).toBeGreaterThan(100);
    expect(tried(result)).toEqual(watched(scene));
    const due = notifiedIn(scene);
    const got = result.alerts.flatMap(({ id, notified }) =>
      Object.entries(notified).map(([receiver, n]): [string, number] => [`${receiver} ${id}`, n]),
    );
    expect(got.map(([of]) => of).sort()).toEqual([...due.keys()].sort());
    // Reminders are due by the clock, which ticks once a minute where it is watched.
    const sum = (counts: Iterable<readonly [string, number]>) => [...counts].reduce((all, [, n]) => all + n, 0);
    expect(Math.abs(sum(got) - sum(due))).toBeLessThanOrEqual(sum(due) / 100);
  });

  it('gives the same alerts where people acted, with what they did', () => {
    const random = createRandom(4);
    const scene = watch(traffic(random), random, true);
    const { acts } = scene.views.actLog(null);
    expect(acts.filter(({ act: of, who }) => of === 'resolve' && who === 'Ada').length).toBeGreaterThan(50);
    expect(tried(again(scene, { acts }))).toEqual(watched(scene));
    // What they did makes a difference.
    expect(tried(again(scene))).not.toEqual(watched(scene));
  });
});
