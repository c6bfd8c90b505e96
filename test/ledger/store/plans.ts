/** What statements a piece of work runs, and how SQLite says it will answer each: by an index, or by reading it all. */
import type { Row, Store, Value } from '../../../src/ledger/store/store.ts';

export interface Statement {
  readonly sql: string;
  readonly binds: readonly Value[];
}

/** A store that remembers what was asked of it. */
export function recordStatements(store: Store): { readonly store: Store; readonly statements: Statement[] } {
  const statements: Statement[] = [];
  return {
    statements,
    store: {
      ...store,
      all: <R extends Row>(sql: string, ...binds: readonly Value[]): R[] => {
        statements.push({ sql, binds });
        return store.all<R>(sql, ...binds);
      },
      run: (sql, ...binds) => {
        statements.push({ sql, binds });
        store.run(sql, ...binds);
      },
    },
  };
}

/** SQLite's plan of a statement, a line a step: `SEARCH entries USING INTEGER PRIMARY KEY (rowid=?)`. */
export function planOf(store: Store, { sql, binds }: Statement): string[] {
  return store.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...binds).map(({ detail }) => detail);
}

/** Tables that grow: none of them is read whole for a page. */
const GROWING = /^SCAN (entries|alerts|matches|deliveries|batches)\b/;
/** Indexes that hold only what is still to be done, or went wrong: they stay short. */
const SHORT =
  /USING (COVERING )?INDEX (alerts_by_level|alerts_open|deliveries_ready|deliveries_set_aside|deliveries_bundled|deliveries_dead)$/;

/** The steps that read a growing table whole. */
export function wholeReads(plan: readonly string[]): string[] {
  return plan.filter((step) => GROWING.test(step) && !SHORT.test(step));
}
