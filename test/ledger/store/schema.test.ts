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
