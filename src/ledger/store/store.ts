/**
 * What the ledger needs of a database: SQLite, synchronous, transactional. Two kinds exist, the Durable Object's own
 * storage and `node:sqlite`, under one contract suite (test/ledger/store/store.contract.ts).
 */

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export interface Store {
  /** The rows a statement returns. `?` are bound in order. Throws what SQLite throws. */
  all<R extends Row = Row>(sql: string, ...binds: readonly Value[]): R[];
  /** Runs a statement for what it changes. */
  run(sql: string, ...binds: readonly Value[]): void;
  /** All of `work` or nothing of it: what it throws is thrown on, once everything is rolled back. Does not nest. */
  transaction<T>(work: () => T): T;
}
