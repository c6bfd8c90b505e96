import { describe, expect, it } from 'vitest';
import { closeAlerts } from '../../../src/ledger/record/closing.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { migrate } from '../../../src/ledger/store/schema.ts';
import type { Store } from '../../../src/ledger/store/store.ts';
import { compile } from '../../../src/sigma/index.ts';
import { route } from '../scene.ts';

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
    expect(schema(store).map(({ name }) => name)).toEqual(['migrations']);
    migrate(store);
    const whole = nodeStore();
    migrate(whole);
    expect(schema(store)).toEqual(schema(whole));
  });

  it('leave alone what a later version has done', () => {
    const store = nodeStore();
    migrate(store);
    store.run('INSERT INTO migrations (number) VALUES (1000)');
    expect(() => migrate(store)).not.toThrow();
  });

  it('the second gives the entries there are their actors, and open alerts close as new ones do', () => {
    const store = nodeStore();
    const first: Store = {
      ...store,
      run: (sql, ...binds) => {
        if (sql.startsWith('ALTER TABLE entries')) throw new Error('the second begins');
        store.run(sql, ...binds);
      },
    };
    expect(() => migrate(first)).toThrow('the second begins');
    const bodies = ['{"actor":{"id":"alice"}}', '{"actor":{"id":7}}', '{"actor":null}', '{}', 'no JSON'];
    bodies.forEach((body, i) => {
      store.run('INSERT INTO entries (seq, id, created_at, body) VALUES (?, ?, 0, ?)', i + 1, `e${i}`, body);
    });
    store.run(
      `INSERT INTO alerts (id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level,
         title, key_parts) VALUES (1, 'gone', '["alice"]', 0, 60, 'open', 0, 2, 1, 1, 30, 'high', 'Old', ?)`,
      '[{"field":"actor.id","value":"alice"}]',
    );
    store.run("INSERT INTO matches (alert, seq, at, said, evidence) VALUES (1, 1, 0, 'opened: first match', '[]')");
    migrate(store);
    expect(store.all('SELECT actor FROM entries ORDER BY seq').map(({ actor }) => actor)).toEqual([
      'alice',
      '7',
      null,
      null,
      null,
    ]);
    expect(store.all('SELECT state, closing FROM alerts')).toEqual([{ state: 'open', closing: null }]);
    const options = { engine: compile({ version: 'one', rules: [] }), receivers: [route('slack')] };
    closeAlerts(store, 60, options, 100);
    expect(store.all('SELECT state, closing FROM alerts')).toEqual([
      { state: 'closed', closing: 'resolved: its period closed after growth' },
    ]);
    const [delivery] = store.all<{ notification: string }>('SELECT notification FROM deliveries');
    expect(JSON.parse(delivery?.notification ?? '{}')).toMatchObject({
      kind: 'resolved',
      alert: { title: 'Old', count: 2 },
      entry: { id: 'e0', actor: { id: 'alice' } },
    });
  });

  it('the third begins windows anew, and knows no number of the matches there are', () => {
    const store = nodeStore();
    const second: Store = {
      ...store,
      run: (sql, ...binds) => {
        if (sql === 'DROP TABLE windows') throw new Error('the third begins');
        store.run(sql, ...binds);
      },
    };
    expect(() => migrate(second)).toThrow('the third begins');
    store.run("INSERT INTO windows VALUES ('many', '[\"alice\"]', 1, 2, 'f', '[2]')");
    store.run("INSERT INTO matches (alert, seq, at, said, evidence) VALUES (1, 1, 0, 'opened: first match', '[]')");
    migrate(store);
    expect(store.all('SELECT * FROM windows')).toEqual([]);
    expect(store.all('SELECT number FROM matches')).toEqual([{ number: null }]);
  });
});
