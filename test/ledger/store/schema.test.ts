import { describe, expect, it } from 'vitest';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { migrate, SchemaError } from '../../../src/ledger/store/schema.ts';
import type { Store } from '../../../src/ledger/store/store.ts';

const schema = (store: Store) => store.all('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name');

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
    const store = nodeStore();
    migrate(store);
    const whole = schema(store);
    const older = [
      'DELETE FROM schema_migrations WHERE number >= 7',
      'DROP TABLE entry_index',
      'DROP TABLE entry_blocks',
      `CREATE TABLE entry_index (field TEXT NOT NULL, value TEXT NOT NULL, bucket INTEGER NOT NULL, block INTEGER NOT NULL,
         items TEXT NOT NULL, PRIMARY KEY (field, value, bucket, block)) WITHOUT ROWID`,
      'CREATE TABLE entry_blocks (block INTEGER PRIMARY KEY, keys TEXT NOT NULL)',
      "INSERT INTO entry_index VALUES ('actor', 'alice', 1, 0, '[1,0]')",
      `INSERT INTO entry_blocks VALUES (0, '[["actor","alice",1]]')`,
      "INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor) VALUES (1, 'e', 0, 1, 1, '{}', 'alice')",
    ];
    for (const sql of older) store.run(sql);
    migrate(store);
    expect(schema(store)).toEqual(whole);
    const counts =
      'SELECT (SELECT count(*) FROM entry_index) + (SELECT count(*) FROM entry_blocks) AS rows, count(*) AS entries';
    expect(store.all(`${counts} FROM entries`)).toEqual([{ rows: 0, entries: 1 }]);
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
