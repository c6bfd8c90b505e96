/** Inserts many rows at once. */
import type { Store, Value } from './store.ts';

/**
 * Inserts rows into a table, in their order; each has the values of `columns`. One statement with all of them as JSON, since a
 * Durable Object pays for each statement; where a statement costs little, one for each row, which takes a third of the time.
 */
export function insertRows(
  store: Store,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
): void {
  const into = `INSERT INTO ${table} (${columns.join(', ')})`;
  if (store.isPerRow === true) {
    const sql = `${into} VALUES (${columns.map(() => '?').join(', ')})`;
    for (const row of rows) store.run(sql, ...row);
    return;
  }
  const values = columns.map((_, place) => `value ->> ${place}`);
  store.run(`${into} SELECT ${values.join(', ')} FROM json_each(?)`, JSON.stringify(rows));
}
