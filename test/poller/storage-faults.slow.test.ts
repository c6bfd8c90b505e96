/**
 * A storage in which one kind of statement fails, now and then or always, for an hour: no sound entry is blamed for it, and
 * all is recorded and alerted once it is over.
 */
import { expect, it } from 'vitest';
import { createClient } from '../../src/audit-log/client.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Row, Store, Value } from '../../src/ledger/store/store.ts';
import { poll } from '../../src/poller/poll.ts';
import { compile } from '../../src/sigma/index.ts';
import { counting, DAY, HOUR, MINUTE, NOON, onAction, route, SECOND } from '../ledger/scene.ts';
import { createSandbox } from '../sandbox/app.ts';
import { entryAt } from '../sandbox/odd.ts';
import type { Dialect } from '../sandbox/query.ts';
import { createDice } from '../simulation/random.ts';

const KEY = 'sandbox-key-0123456789abcdef';

/** A store whose statements fail where `fails` says so. */
function faulty(store: Store, fails: (sql: string) => boolean): Store {
  const check = (sql: string): void => {
    if (fails(sql)) throw new Error('the storage failed');
  };
  return {
    transaction: store.transaction,
    run: (sql: string, ...binds: readonly Value[]) => {
      check(sql);
      store.run(sql, ...binds);
    },
    all: <R extends Row>(sql: string, ...binds: readonly Value[]) => {
      check(sql);
      return store.all<R>(sql, ...binds);
    },
  };
}

const STATEMENTS = [
  ...['INSERT INTO entries', 'INTO batches', 'INTO state', 'INTO windows', 'INTO alerts', 'INTO matches'],
  ...['INTO deliveries', 'INTO staging', 'DELETE FROM staging', 'INTO activity', 'INTO quarantine', 'health_alerts'],
  ...['UPDATE entries', 'UPDATE alerts', 'UPDATE health_alerts', 'DELETE FROM entries', 'INSERT', 'UPDATE', 'DELETE'],
  ...['SELECT', ''],
];

const rows = (['sorted', 'newest-first'] as const).flatMap((dialect) =>
  STATEMENTS.flatMap((statement) => [0.6, 1].map((rate) => ({ dialect, statement, rate }))),
);

it.each(rows)('$dialect: "$statement" fails with probability $rate', async ({ dialect, statement, rate }) => {
  expect(await runWith(dialect, (sql, dice) => sql.includes(statement) && dice.chance(rate))).toEqual({
    missing: [],
    blamed: [],
    malformed: 3,
    matches: 6,
  });
});

async function runWith(dialect: Dialect, fails: (sql: string, dice: ReturnType<typeof createDice>) => boolean) {
  const dice = createDice(1);
  let now = NOON;
  let isFaulty = false;
  const sandbox = createSandbox({ seed: 1, dialect, apiKey: KEY, now: () => now, logOwnReads: false });
  const inner = nodeStore();
  const store = faulty(inner, (sql) => isFaulty && fails(sql, dice));
  const rule = onAction('vm.deleted');
  const options = {
    engine: compile({ version: 'one', rules: [rule, counting(rule.id, 2)] }),
    ...{ allowedLatenessMs: 5 * MINUTE, retentionMs: DAY, blindAfterMs: HOUR, receivers: [route('slack')] },
  };
  const ledger: Ledger = createLedger(store, options);
  const api: LedgerApi = {
    begin: async (input) => ledger.begin(input, now),
    record: async (batch) => ledger.record(batch, now),
    flush: async (version, most) => ledger.flush(version, most, now),
    quarantineCandidate: async (record) => ledger.quarantineCandidate(record, now),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now),
    canRecord: async () => ledger.canRecord(now),
  };
  const fetch = (url: string, init?: RequestInit): Promise<Response> => sandbox.fetch(url, init);
  const client = { baseUrl: 'https://upstream.example', apiKey: KEY, fetch, sleep: () => Promise.resolve() };
  const tick = (): Promise<unknown> =>
    poll({
      kv: { get: async () => new Map(), put: async () => undefined },
      ...{ ledger: api, auditLog: createClient({ ...client, now: () => now }), now: () => now },
      ...{ allowedLatenessMs: 5 * MINUTE, startAt: NOON - DAY + HOUR, suppressFirstRead: false },
      ...{ requests: 40, ms: 45_000 },
    }).catch(() => undefined);

  const expected: string[] = [];
  for (let minute = 0; minute < 80; minute++, now += MINUTE) {
    // The first are past their retention when writes fail.
    if (minute === 0) sandbox.append(entryAt(NOON - DAY + HOUR + MINUTE, 'old'), entryAt(NOON - SECOND, 'new'));
    if (minute === 2) now += HOUR;
    isFaulty = minute >= 5 && minute < 65;
    if (minute % 5 === 0) {
      const id = `e-${minute}`;
      expected.push(id);
      const fields = { action: minute % 15 === 0 ? 'vm.deleted' : 'vm.read' };
      sandbox.append(entryAt(now - SECOND, id, fields));
    }
    if (minute % 25 === 10) {
      const body = { id: `m-${minute}`, created_at: null };
      sandbox.append({ createdAt: now - SECOND, appearsAt: now - SECOND, body });
    }
    await tick();
  }
  const ids = new Set(inner.all<{ id: string }>('SELECT id FROM entries').map(({ id }) => id));
  const blamed = inner.all<{ id: string }>("SELECT id FROM quarantine WHERE key GLOB 'entry:*'").map(({ id }) => id);
  const count = (sql: string): number => inner.all<{ n: number }>(sql)[0]?.n ?? 0;
  const result = {
    missing: expected.filter((id) => !ids.has(id)),
    blamed,
    malformed: count("SELECT count(*) AS n FROM quarantine WHERE key GLOB 'invalid:*'"),
    matches: count(`SELECT sum(count) AS n FROM alerts WHERE rule = '${rule.id}'`),
  };
  inner.close();
  return result;
}
