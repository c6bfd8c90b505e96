import { runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { EVERY_ALERT } from '../../src/ledger/alert-query.ts';
import { readStatus } from '../../src/ledger/health/status.ts';
import { createViews } from '../../src/ledger/read/views.ts';
import { durableStore } from '../../src/ledger/store/durable-store.ts';
import { UnsavedCheckpoint, UnsavedRereads } from '../../src/ledger/store/state.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import { planOf, recordStatements, wholeReads } from '../ledger/store/plans.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { scopeIn } from '../support/scope.ts';
import { createSampleLog } from './sample-log.ts';
import { createWorld, MINUTE, type World } from './world.ts';

const HOSTILE = `"><script>alert(1)</script>\u202e <!channel> 'é`;

/** A world with an incident, ordinary entries, a deletion by a hostile name, a huge entry, and a malformed one. */
async function seededWorld(): Promise<{ world: World; hostile: string; huge: string }> {
  const world = await createWorld();
  const now = Date.now();
  const [hostile, huge] = [crypto.randomUUID(), crypto.randomUUID()];
  const common = {
    method: 'DELETE',
    path: '/v1/api_keys/k',
    client_ip: '192.0.2.1',
    target: { id: 'k', type: 'api_key' },
  };
  const of = (id: string, at: number, fields: Partial<EntryBody>): LogRecord => ({
    createdAt: at,
    appearsAt: at,
    body: { id, created_at: new Date(at).toISOString(), status_code: 204, user_agent: 'curl', ...common, ...fields },
  });
  await world.append([
    ...createSampleLog(now).records,
    of(hostile, now - MINUTE, { action: 'api_key.deleted', actor: { id: 'mallory', name: HOSTILE, type: 'user' } }),
    of(huge, now - MINUTE, {
      action: 'vm.listed',
      method: 'GET',
      path: '/v1/compute/vms',
      user_agent: 'A'.repeat(100_000),
    }),
    { createdAt: now, appearsAt: now - 1, body: { id: 'never', created_at: 'never' } },
  ]);
  await world.untilEnded();
  await world.delivered();
  return { world, hostile, huge };
}

describe('the views, through RPC', () => {
  let world: World;
  let hostile: string;
  let huge: string;
  beforeAll(async () => {
    ({ world, hostile, huge } = await seededWorld());
  });
  const of = () => world.stub;

  it('an entry: its fields, its alert, and its text as the upstream has it', async () => {
    const page = await of().entry(hostile, null);
    expect(page?.entry).toMatchObject({ id: hostile, actor: { id: 'mallory', name: HOSTILE } });
    expect(page?.parts).toMatchObject([
      { part: 'matched', decisions: [{ kind: 'opened', reason: 'first match' }], alert: { status: 'open' } },
    ]);
    expect(page?.rules.length).toBeGreaterThan(0);
    expect(page).toMatchObject({ cut: false, rulesChanged: false });
    expect(await of().entryText(hostile, null)).toBe(page?.text);
    expect(JSON.parse(page?.text ?? '')).toMatchObject({ actor: { name: HOSTILE } });
  });

  it('an entry that was cut', async () => {
    expect(await of().entry(huge, null)).toMatchObject({ cut: true, entry: { id: huge }, parts: [] });
    expect(await of().entryText(huge, null)).toBeNull();
  });

  it('an entry out of scope is the same as one that does not exist', async () => {
    const alert = (await of().entry(hostile, null))?.parts[0]?.alert.id ?? 0;
    const [row] = await world.sql<{ id: string }>('SELECT id FROM identity');
    const ledger = row?.id ?? '';
    const scopeOf = (...alerts: number[]) => alerts.map((each) => ({ alert: each, ledger }));
    expect((await of().entry(hostile, scopeOf(alert)))?.entry.id).toBe(hostile);
    expect((await of().alert(alert, scopeOf(alert)))?.alert.id).toBe(alert);
    for (const [id, scope] of [
      [huge, scopeOf(alert)],
      [hostile, scopeOf(alert + 1000)],
      [hostile, [{ alert, ledger: '0'.repeat(16) }]],
      [hostile, []],
      ['none', scopeOf(alert)],
      ['none', null],
    ] as const) {
      expect(await of().entry(id, scope)).toBeNull();
      expect(await of().entryText(id, scope)).toBeNull();
    }
  });

  it('an alert: its timeline, and that its message was delivered', async () => {
    const alert = (await of().entry(hostile, null))?.parts[0]?.alert.id ?? 0;
    const page = await of().alert(alert, null);
    expect(page).toMatchObject({
      alert: { id: alert, count: 1, backfilled: false },
      timeline: [{ entry: { id: hostile }, part: 'matched', decisions: [{ kind: 'opened', reason: 'first match' }] }],
      more: 0,
      // In the message of its rule, which leads with this alert, the newest of them.
      deliveries: [
        { receiver: 'slack', what: 'opened', state: 'delivered', attempts: 0, reason: 'in a message with others' },
        { receiver: 'slack', what: 'group', state: 'delivered', attempts: 1, reason: null },
      ],
      acts: [],
    });
    expect(await of().alert(4711, null)).toBeNull();
  });

  it('the alerts and the overview agree with the status', async () => {
    const overview = await of().overview();
    const { alerts, next } = await of().alerts({ ...EVERY_ALERT, status: 'unresolved' });
    const open = Object.values(overview.status.alerts.open).reduce((sum, n) => sum + n, 0);
    expect(alerts).toHaveLength(open);
    expect(next).toBeNull();
    expect(overview.open.map(({ id }) => id).toSorted()).toEqual(alerts.map(({ id }) => id).toSorted());
    expect(overview.status.receivers).toMatchObject([{ name: 'slack', state: 'healthy', pending: 0, dead: 0 }]);
    expect(overview.chart.entries.reduce((sum, n) => sum + n)).toBe(overview.status.counters?.recorded);
    expect(overview.chart.alerts.reduce((sum, n) => sum + n)).toBe(open);
    expect(overview.newest).toHaveLength(10);
  });

  it('the rules that matched, with the last entry', async () => {
    const rules = await of().rules();
    expect(rules.length).toBeGreaterThan(1);
    for (const { rule, matched, lastEntry } of rules) {
      expect(ruleSet.rules.map(({ id }) => id)).toContain(rule);
      expect(matched).toBeGreaterThan(0);
      expect((await of().entry(lastEntry ?? '', null))?.entry.id).toBe(lastEntry);
    }
  });

  it('are plain data', async () => {
    const views = [
      await of().overview(),
      await of().entry(hostile, null),
      await of().alert(1, null),
      await of().alerts(EVERY_ALERT),
      await of().rules(),
    ];
    for (const view of views) expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  it('no statement scans a growing table, by the plans of workerd’s SQLite', async () => {
    const steps = await runInDurableObject(world.stub, (_, { storage }) => {
      const store = durableStore(storage);
      const { store: recorded, statements } = recordStatements(store);
      const engine = compile(ruleSet, { derived: DERIVED_FIELDS });
      const views = createViews(recorded, {
        engine,
        status: (now) =>
          readStatus(recorded, {
            now,
            countedMax: 50,
            engine,
            receivers: [],
            blindAfterMs: 1,
            allowedLatenessMs: 1,
            unsaved: new UnsavedCheckpoint(),
            removed: () => [],
            rereads: new UnsavedRereads(),
            ...{ ownReads: null, keyTheft: 'no secret', usage: null },
          }),
      });
      views.overview(Date.now());
      const scope = scopeIn(recorded, 1);
      views.entry(hostile, scope);
      views.entry(hostile, null);
      views.entryText(huge, scope);
      views.alert(1, null);
      for (const status of ['unresolved', 'resolved', 'all'] as const) {
        views.alerts({ ...EVERY_ALERT, status, level: 'high', text: 'x', before: 9 });
      }
      views.rules();
      return statements.map((statement) => ({ sql: statement.sql, whole: wholeReads(planOf(store, statement)) }));
    });
    expect(steps.length).toBeGreaterThan(10);
    for (const { sql, whole } of steps) expect(whole, sql).toEqual([]);
  });
});
