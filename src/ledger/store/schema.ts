/**
 * The ledger's tables, as numbered steps: append-only, each run once, in one transaction with the note that it ran.
 *
 * state        one row: the checkpoint and the counters that belong to it (state.ts)
 * entries      the accepted entries, numbered by `seq`. `created_at` in ms; `body` as JSON, long strings cut past 64 KB
 * batches      what was accepted at once: its walk's beginning and the version of the rules, for replay
 * windows      one row a group of a correlation: what its window keeps, as `text` (sigma/correlate/), from which rule
 * alerts       an alert a row, with what was said when it closed; `matches` its first entries with their evidence, and
 *              what was said then; of a correlation also the first that it `counted`
 * deliveries   one notification on its way to one receiver, or why it was held back from it
 * holds        receivers that asked to be left alone, until when
 * alarms       alarms about Tocsin itself, one row a kind and what it is about (`kind`: alarms.ts says how)
 * staged       entries of a backward walk not yet recorded, whole, in pieces under the row limit
 * quarantine   records that can't be recorded or evaluated
 * receivers    how each receiver fares: when it last took something, since when it does not and why
 * activity     how often each rule matched, and when last
 *
 * A match's `number` says in words what a correlation's number was that fired it; null of a detection's.
 *
 * An entry's `actor` is its actor.id, cut to 256 characters: what its story is found by. `cut` is 1 where long strings of
 * its body were cut, else null.
 *
 * Every index is one more row written per insert, on the bill and against the free plan: so few.
 */
import type { Store } from './store.ts';

const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL)',
    'CREATE TABLE entries (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, body TEXT NOT NULL)',
    'CREATE INDEX entries_by_time ON entries (created_at)',
    `CREATE TABLE batches (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, began INTEGER NOT NULL,
       suppress_before INTEGER, rules TEXT NOT NULL)`,
    `CREATE TABLE windows (rule TEXT NOT NULL, key TEXT NOT NULL, touched INTEGER NOT NULL, newest INTEGER NOT NULL,
       fingerprint TEXT NOT NULL, times TEXT NOT NULL, PRIMARY KEY (rule, key)) WITHOUT ROWID`,
    `CREATE TABLE alerts (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, key TEXT NOT NULL, begins INTEGER NOT NULL,
       period INTEGER NOT NULL, state TEXT NOT NULL, backfilled INTEGER NOT NULL, count INTEGER NOT NULL,
       first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_at INTEGER NOT NULL, level TEXT NOT NULL,
       title TEXT NOT NULL, key_parts TEXT NOT NULL)`,
    'CREATE INDEX alerts_by_key ON alerts (rule, key, begins)',
    "CREATE INDEX alerts_open ON alerts (begins + period) WHERE state = 'open'",
    `CREATE TABLE matches (alert INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, said TEXT NOT NULL,
       evidence TEXT NOT NULL, PRIMARY KEY (alert, seq)) WITHOUT ROWID`,
    `CREATE TABLE deliveries (id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, alert INTEGER, health TEXT,
       notification TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, queued_at INTEGER NOT NULL,
       due_at INTEGER NOT NULL, settled_at INTEGER, reason TEXT)`,
    "CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'pending'",
    `CREATE TABLE health_alerts (kind TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL, notified_at INTEGER NOT NULL,
       count INTEGER NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID`,
    'CREATE TABLE holds (receiver TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID',
    `CREATE TABLE staged (created_at INTEGER NOT NULL, id TEXT NOT NULL, part INTEGER NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (created_at, id, part)) WITHOUT ROWID`,
    `CREATE TABLE quarantine (key TEXT PRIMARY KEY, problem TEXT NOT NULL, body TEXT NOT NULL, first_at INTEGER NOT NULL,
       failures INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  [
    'ALTER TABLE entries ADD COLUMN actor TEXT',
    "UPDATE entries SET actor = substr(body ->> '$.actor.id', 1, 256) WHERE json_valid(body)",
    'ALTER TABLE entries ADD COLUMN cut INTEGER',
    // What was cut says so: an entry that only claims it is asked for upstream in vain once more, and no harm done.
    "UPDATE entries SET cut = 1 WHERE body LIKE '%… (% characters)%' OR body LIKE '%\"cut\":\"an entry of %'",
    'DROP INDEX entries_by_time',
    // The actor stands in the index by time, so that a story is read from it without a row more per entry.
    'CREATE INDEX entries_by_time ON entries (created_at, actor)',
    'CREATE INDEX matches_by_seq ON matches (seq)',
    'ALTER TABLE alerts ADD COLUMN closing TEXT',
    'CREATE INDEX alerts_by_time ON alerts (begins)',
    'DROP INDEX deliveries_due',
    "CREATE INDEX deliveries_due ON deliveries (receiver, due_at) WHERE state = 'pending'",
    'CREATE INDEX deliveries_by_alert ON deliveries (alert) WHERE alert IS NOT NULL',
    // A delivery's row holds its whole notification: counted and found without reading it.
    "CREATE INDEX deliveries_ended ON deliveries (state, queued_at) WHERE state <> 'pending'",
    "CREATE INDEX deliveries_dead ON deliveries (receiver) WHERE state = 'dead'",
    `CREATE TABLE receivers (name TEXT PRIMARY KEY, delivered_at INTEGER, failing_since INTEGER, failures INTEGER NOT NULL,
       reason TEXT) WITHOUT ROWID`,
    `CREATE TABLE activity (rule TEXT PRIMARY KEY, matched INTEGER NOT NULL, last_at INTEGER NOT NULL,
       last_seq INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  [
    // What windows keep is written in another way, and every correlation's fingerprint is another: they begin anew.
    'DROP TABLE windows',
    `CREATE TABLE windows (rule TEXT NOT NULL, key TEXT NOT NULL, touched INTEGER NOT NULL, newest INTEGER NOT NULL,
       fingerprint TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (rule, key)) WITHOUT ROWID`,
    'ALTER TABLE matches ADD COLUMN number TEXT',
  ],
];

/** Brings the tables up to date. Safe to call at every start. */
export function migrate(store: Store): void {
  store.run('CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY)');
  const done = new Set(store.all<{ number: number }>('SELECT number FROM migrations').map((row) => row.number));
  MIGRATIONS.forEach((steps, index) => {
    const number = index + 1;
    if (done.has(number)) return;
    store.transaction(() => {
      for (const step of steps) store.run(step);
      store.run('INSERT INTO migrations (number) VALUES (?)', number);
    });
  });
}
