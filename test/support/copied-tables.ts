/**
 * A stand-in for the platform's point-in-time recovery, which exists on Cloudflare only: all tables of a database, copied
 * and put back.
 */

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

/** What it needs of a database. */
export interface Tables {
  all(sql: string): Row[];
  run(sql: string, ...binds: readonly Value[]): void;
}

export type CopiedTables = ReadonlyMap<string, readonly Row[]>;

/** The names of the ledger's tables. Those that begin with `_` are the runtime's own. */
function namesOf(tables: Tables): string[] {
  const rows = tables.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  return rows.map(({ name }) => String(name)).filter((name) => !name.startsWith('_'));
}

/** All rows of all tables. */
export function copyTables(tables: Tables): CopiedTables {
  return new Map(namesOf(tables).map((name) => [name, tables.all(`SELECT * FROM ${name}`)]));
}

/** Replaces all rows by those that were copied. Call it in a transaction. */
export function putTables(tables: Tables, copied: CopiedTables): void {
  for (const name of namesOf(tables)) {
    tables.run(`DELETE FROM ${name}`);
    for (const row of copied.get(name) ?? []) {
      const columns = Object.keys(row);
      const marks = columns.map(() => '?').join(', ');
      tables.run(`INSERT INTO ${name} (${columns.join(', ')}) VALUES (${marks})`, ...Object.values(row));
    }
  }
}
