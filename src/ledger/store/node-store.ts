/** The Store of plain Node: `node:sqlite`, in memory or in a file. For replay, simulation and tests. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Row, Store, Value } from './store.ts';

/** A Store over a SQLite file (default: in memory). `close` frees it. */
export function nodeStore(path = ':memory:'): Store & { close(): void } {
  const database = new DatabaseSync(path);
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: <R extends Row>(sql: string, ...binds: readonly Value[]) => prepared(sql).all(...binds) as unknown as R[],
    run: (sql, ...binds) => {
      prepared(sql).run(...binds);
    },
    transaction: (work) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk has rolled back already.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}
