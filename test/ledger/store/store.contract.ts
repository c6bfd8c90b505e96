/** What every kind of Store must do: the ledger is written against this, and nothing else of SQLite. */
import { describe, expect, it } from 'vitest';
import type { Store, Value } from '../../../src/ledger/store/store.ts';

type Free<T> = T | Promise<T>;

/**
 * @param withStore gives a new, empty store to `use`. In workerd that is inside the Durable Object.
 */
export function storeContract(kind: string, withStore: (use: (store: Store) => void) => Free<void>): void {
  const row = (sentence: string, use: (store: Store) => void): void => {
    it(sentence, async () => {
      await withStore((store) => {
        store.run('CREATE TABLE t (id INTEGER PRIMARY KEY, value)');
        use(store);
      });
    });
  };

  describe(`the store: ${kind}`, () => {
    row('gives back rows by their columns’ names, in order', (store) => {
      store.run('INSERT INTO t (id, value) VALUES (2, ?), (1, ?)', 'b', 'a');
      expect(store.all('SELECT id, value FROM t ORDER BY id').map((each) => ({ ...each }))).toEqual([
        { id: 1, value: 'a' },
        { id: 2, value: 'b' },
      ]);
      expect(store.all('SELECT id FROM t WHERE id = ?', 3)).toEqual([]);
    });

    const values: readonly Value[] = [
      ...['', 'text', '🔔 ü\n', `'; DROP TABLE t; --`, 'x'.repeat(500_000)],
      ...[0, -1, 1.5, 2 ** 31, Date.UTC(9999, 11, 31), -Date.UTC(9999, 11, 31), Number.MAX_SAFE_INTEGER, 1e300],
      null,
    ];
    for (const value of values) {
      const shown = typeof value === 'string' && value.length > 30 ? 'a long text' : JSON.stringify(value);
      row(`keeps ${shown} as it is`, (store) => {
        store.run('INSERT INTO t (id, value) VALUES (1, ?)', value);
        expect(store.all<{ value: Value }>('SELECT value FROM t')[0]?.value).toBe(value);
        expect(store.all('SELECT id FROM t WHERE value IS ?', value)).toHaveLength(1);
      });
    }

    row('reads lists of rows from JSON', (store) => {
      const rows = [
        [1, 'a\\u0000"b'],
        [2, null],
        [3, 1767614400000],
      ];
      store.run('INSERT INTO t (id, value) SELECT value ->> 0, value ->> 1 FROM json_each(?)', JSON.stringify(rows));
      expect(store.all('SELECT id, value FROM t ORDER BY id').map((each) => Object.values(each))).toEqual(rows);
    });

    row('throws what SQLite throws', (store) => {
      expect(() => store.all('SELECT * FROM nothing')).toThrow('nothing');
      store.run('INSERT INTO t (id) VALUES (1)');
      expect(() => store.run('INSERT INTO t (id) VALUES (1)')).toThrow(/UNIQUE/);
    });

    row('commits all of a transaction, and returns its result', (store) => {
      const result = store.transaction(() => {
        store.run('INSERT INTO t (id) VALUES (1)');
        store.run('INSERT INTO t (id) VALUES (2)');
        return store.all('SELECT id FROM t').length;
      });
      expect([result, store.all('SELECT id FROM t').length]).toEqual([2, 2]);
    });

    row('does nothing of a transaction that throws, and throws it on', (store) => {
      store.run('INSERT INTO t (id, value) VALUES (1, ?)', 'before');
      const failed = new Error('half-way');
      const attempt = (): void =>
        store.transaction(() => {
          store.run('UPDATE t SET value = ?', 'after');
          store.run('CREATE TABLE u (id INTEGER)');
          store.run('DELETE FROM t');
          throw failed;
        });
      expect(attempt).toThrow(failed);
      expect(store.all<{ value: Value }>('SELECT value FROM t')[0]?.value).toBe('before');
      expect(() => store.all('SELECT * FROM u')).toThrow();
    });

    row('does nothing of a transaction that SQLite itself ends, and can begin the next', (store) => {
      store.run('INSERT INTO t (id) VALUES (1)');
      const attempt = (): void =>
        store.transaction(() => {
          store.run('INSERT INTO t (id) VALUES (2)');
          store.run('INSERT INTO t (id) VALUES (1)');
        });
      expect(attempt).toThrow(/UNIQUE/);
      expect(store.transaction(() => store.all('SELECT id FROM t').length)).toBe(1);
    });

    const many = (count: number, one: string, between: string): string => Array(count).fill(one).join(between);
    const limits: readonly (readonly [what: string, most: number, run: (store: Store, n: number) => void])[] = [
      ['terms in a compound SELECT', 5, (store, n) => store.all(many(n, 'SELECT id FROM t', ' UNION ALL '))],
      ['parameters', 100, (store, n) => store.all(`SELECT ${many(n, '?', ' + ')}`, ...Array<Value>(n).fill(1))],
      ['columns', 100, (store, n) => store.all(`SELECT ${many(n, '1', ', ')}`)],
      ['bytes of a pattern', 50, (store, n) => store.all('SELECT 1 FROM t WHERE value GLOB ?', 'x'.repeat(n))],
      ['characters of SQL', 100_000, (store, n) => store.all(`SELECT 1${' '.repeat(n - 8)}`)],
    ];
    for (const [what, most, run] of limits) {
      row(`takes ${most} ${what}, and refuses one more`, (store) => {
        store.run("INSERT INTO t (id, value) VALUES (1, 'x')");
        expect(() => run(store, most)).not.toThrow();
        expect(() => run(store, most + 1)).toThrow();
      });
    }

    row('knows what the ledger’s statements are made of', (store) => {
      store.run('CREATE TABLE w (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID');
      store.run("CREATE INDEX some_t ON t (id + 1) WHERE value = 'open'");
      store.run("INSERT OR REPLACE INTO w (a, b) VALUES ('x', 1), ('x', 2), ('y', 1)");
      store.run("DELETE FROM w WHERE (a, b) IN (SELECT a, b FROM w WHERE a = 'x' LIMIT 1)");
      expect(store.all<{ n: number }>('SELECT count(*) AS n FROM w')[0]?.n).toBe(2);
      expect(store.all('SELECT a FROM w WHERE a IN (SELECT value FROM json_each(?))', '["y"]')).toHaveLength(1);
    });
  });
}
