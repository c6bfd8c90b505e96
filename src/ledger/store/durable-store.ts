/**
 * The Store over a Durable Object's own SQLite. `transaction` is its `transactionSync`. The meter gets the rows that each
 * statement read and wrote, once it has run to its end; those of a transaction that is rolled back are used as well.
 */
import type { Meter, Row, Store, Value } from './store.ts';

export function durableStore(storage: DurableObjectStorage, meter?: Meter): Store {
  const exec = <R extends Row>(sql: string, binds: readonly Value[]): R[] => {
    const cursor = storage.sql.exec<R>(sql, ...binds);
    const rows = cursor.toArray();
    meter?.addRows(cursor.rowsRead, cursor.rowsWritten);
    return rows;
  };
  return {
    all: <R extends Row>(sql: string, ...binds: readonly Value[]) => exec<R>(sql, binds),
    run: (sql, ...binds) => {
      exec(sql, binds);
    },
    transaction: (work) => storage.transactionSync(work),
    ...(meter === undefined ? {} : { meter }),
  };
}
