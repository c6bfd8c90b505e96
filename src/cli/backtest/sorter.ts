/**
 * Sorts entries of the API, which come in any order, by time and id, in a temporary database: in flat memory.
 *
 * Contract: what is added comes out once for each id, as it was added.
 */
import { DatabaseSync } from 'node:sqlite';
import { type PastEntry, pastEntries } from '../../backtest/past-entry.ts';

/** So many at a time. */
const CHUNK = 1_000;

export interface Sorter {
  add(entries: readonly PastEntry[]): void;
  /** Call it once, after everything was added. */
  sorted(): Iterable<readonly PastEntry[]>;
  /** How much of it has come out, from 0 to 1. */
  done(): number;
  /** How many were left out since their id had come before. Known once all have come out. */
  readonly repeated: number;
}

export function createSorter(): Sorter {
  const database = new DatabaseSync('');
  database.exec('CREATE TABLE entries (at INTEGER, id TEXT, body TEXT)');
  const insert = database.prepare('INSERT INTO entries VALUES (?, ?, ?)');
  let added = 0;
  let taken = 0;
  let repeated = 0;
  return {
    get repeated() {
      return repeated;
    },
    done: () => (added === 0 ? 0 : taken / added),
    add: (entries) => {
      database.exec('BEGIN');
      for (const { createdAt, id, body } of entries) insert.run(createdAt, id, JSON.stringify(body));
      database.exec('COMMIT');
      added += entries.length;
    },
    *sorted() {
      let chunk: PastEntry[] = [];
      let last = '';
      // Equal ids have equal times, unless the entry has changed.
      for (const { id, body } of database.prepare('SELECT id, body FROM entries ORDER BY at, id').iterate()) {
        taken++;
        if (id === last) {
          repeated++;
          continue;
        }
        last = String(id);
        for (const entry of pastEntries(JSON.parse(String(body)))) if (!('problem' in entry)) chunk.push(entry);
        if (chunk.length < CHUNK) continue;
        yield chunk;
        chunk = [];
      }
      yield chunk;
      database.close();
    },
  };
}
