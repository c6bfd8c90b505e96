/** The Store of plain Node: `node:sqlite`, in memory or in a file. For replay, simulation and tests. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Row, Store, Value } from './store.ts';

/**
 * What a Durable Object takes (developers.cloudflare.com/durable-objects/platform/limits, "SQLite-backed Durable Object
 * limits"), so that a statement it refuses fails in Node too. Of a compound SELECT workerd takes five terms.
 */
const LIMITS = {
  sqlLength: 100_000,
  column: 100,
  functionArg: 32,
  likePatternLength: 50,
  variableNumber: 100,
  compoundSelect: 5,
};

/** A Store over a SQLite file (default: in memory). `close` frees it. */
export function nodeStore(path = ':memory:'): Store & { close(): void } {
  const database = new DatabaseSync(path, { limits: LIMITS });
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
