/**
 * What the ledger needs of a database: SQLite, synchronous, transactional. It has two implementations, the Durable Object's own
 * storage and `node:sqlite`, under one contract suite (test/ledger/store/store.contract.ts).
 */
import type { Plan } from '../../config/watch.ts';
import type { DayUsage } from '../rpc.ts';

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** Counts the rows of a store, and remembers what else of the day's allowances is used. */
export interface Meter {
  readonly plan: Plan;
  addRows(read: number, written: number): void;
  /** What is stored with the state. */
  saved(): DayUsage;
}

export interface Store {
  /** The rows a statement returns. `?` are bound in order. Throws what SQLite throws. */
  all<R extends Row = Row>(sql: string, ...binds: readonly Value[]): R[];
  /** Runs a statement and returns nothing. */
  run(sql: string, ...binds: readonly Value[]): void;
  /** Commits all of `work` or nothing: an error is thrown on after the rollback. Does not nest. */
  transaction<T>(work: () => T): T;
  /** Absent: nothing is counted. */
  readonly meter?: Meter;
  /** A statement costs little: rows are inserted one by one (insert-rows.ts). */
  readonly isPerRow?: boolean;
}
