import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../../src/alert/status.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { type AlertRow, alertFrom } from '../../../src/ledger/store/rows.ts';
import { migrate, SchemaError } from '../../../src/ledger/store/schema.ts';
import type { Store } from '../../../src/ledger/store/store.ts';

const schema = (store: Store) => store.all('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');

/** A ledger as an older version left it: with so many migrations. */
function storeAt(number: number): Store {
  const store = nodeStore();
  const failing: Store = {
    ...store,
    run: (sql, ...binds) => {
      if (sql.includes('INTO schema_migrations') && binds[0] === number + 1) throw new Error('the next version');
      store.run(sql, ...binds);
    },
  };
  expect(() => migrate(failing)).toThrow('the next version');
  return store;
}

describe('migrations', () => {
  it('run once, however often the ledger starts', () => {
    const store = nodeStore();
    migrate(store);
    const first = schema(store);
    store.run("INSERT INTO state (id, value) VALUES (1, 'kept')");
    migrate(store);
    expect(schema(store)).toEqual(first);
    expect(store.all('SELECT value FROM state')).toEqual([{ value: 'kept' }]);
  });

  it('leave nothing of one that fails, and run it again', () => {
    const store = nodeStore();
    let failsAt = 5;
    const failing: Store = {
      ...store,
      run: (sql, ...binds) => {
        if (failsAt-- === 0) throw new Error('the machine went away');
        store.run(sql, ...binds);
      },
    };
    expect(() => migrate(failing)).toThrow('the machine went away');
    expect(schema(store).map(({ name }) => name)).toEqual(['schema_migrations']);
    migrate(store);
    const whole = nodeStore();
    migrate(whole);
    expect(schema(store)).toEqual(schema(whole));
  });

  it('drop an index with a row for each value, and keep the entries: the ledger indexes them again', () => {
    const [store, whole] = [storeAt(6), nodeStore()];
    migrate(whole);
    const older = [
      "INSERT INTO entry_index VALUES ('actor', 'alice', 1, 0, '[1,0]')",
      `INSERT INTO entry_blocks VALUES (0, '[["actor","alice",1]]')`,
      "INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor) VALUES (1, 'e', 0, 1, 1, '{}', 'alice')",
    ];
    for (const sql of older) store.run(sql);
    migrate(store);
    expect(schema(store)).toEqual(schema(whole));
    const counts =
      'SELECT (SELECT count(*) FROM entry_index) + (SELECT count(*) FROM entry_blocks) AS rows, count(*) AS entries';
    expect(store.all(`${counts} FROM entries`)).toEqual([{ rows: 0, entries: 1 }]);
  });

  it('keep alerts that are open: receivers know of them, and quiet resolves those that are not severe', () => {
    const [store, whole] = [storeAt(7), nodeStore()];
    migrate(whole);
    const alerts: readonly (readonly [id: number, state: string, level: string])[] = [
      [1, 'open', 'high'],
      [2, 'open', 'medium'],
      [3, 'closed', 'medium'],
      [4, 'open', 'low'],
    ];
    for (const [id, state, level] of alerts) {
      store.run(
        `INSERT INTO alerts (id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level,
           title, key_parts) VALUES (?, 'r', ?, 1000, 3600000, ?, 0, 12, 1, 12, 5000, ?, 't', '[]')`,
        ...[id, `k${id}`, state, level],
      );
    }
    const deliveries: readonly (readonly [receiver: string, alert: number, state: string])[] = [
      ['slack', 1, 'delivered'],
      ['slack', 1, 'pending'],
      ['mail', 1, 'bundled'],
      ['hook', 1, 'dead'],
      ['pager', 1, 'suppressed'],
      ['slack', 2, 'delivered'],
      ['slack', 3, 'delivered'],
    ];
    for (const [receiver, alert, state] of deliveries) {
      store.run(
        `INSERT INTO deliveries (receiver, alert, notification, level, state, attempts, queued_at)
           VALUES (?, ?, '{}', 3, ?, 0, 1)`,
        ...[receiver, alert, state],
      );
    }
    migrate(store);
    expect(schema(store)).toEqual(schema(whole));
    const rows = store.all<AlertRow>('SELECT * FROM alerts ORDER BY id').map(alertFrom);
    const [high, medium, closed, low] = rows;
    const knows = { count: 12, networks: 0, at: 5000, reminders: 0, spread: null, deferred: null };
    expect(high).toMatchObject({ status: 'open', resolvesAt: null, wakesAt: null, networks: [] });
    expect(high?.notified).toEqual({ slack: { level: 'high', ...knows }, mail: { level: 'high', ...knows } });
    expect(medium).toMatchObject({ status: 'open', resolvesAt: 5000 + QUIET_MS });
    expect(medium?.notified).toEqual({ slack: { level: 'medium', ...knows } });
    expect(closed).toMatchObject({ status: 'resolved', resolution: null, resolvesAt: null, notified: {} });
    expect(low).toMatchObject({ resolvesAt: 5000 + QUIET_MS, notified: {} });
  });

  it('refuse a ledger that a newer Worker has migrated, and write nothing', () => {
    const store = nodeStore();
    migrate(store);
    store.run('INSERT INTO schema_migrations (number) VALUES (1000)');
    const before = schema(store);
    expect(() => migrate(store)).toThrow(
      /^the ledger has schema 1000 and this Worker knows \d+: deploy the newer version/,
    );
    expect(schema(store)).toEqual(before);
  });

  it('refuse a ledger of version 0.1, and write nothing', () => {
    const store = nodeStore();
    store.run('CREATE TABLE migrations (number INTEGER PRIMARY KEY)');
    for (const number of [1, 2, 3]) store.run('INSERT INTO migrations (number) VALUES (?)', number);
    const before = schema(store);
    expect(() => migrate(store)).toThrow(SchemaError);
    expect(() => migrate(store)).toThrow(/written by Tocsin 0\.1.*wrangler delete/);
    expect(schema(store)).toEqual(before);
  });
});
