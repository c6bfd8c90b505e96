/**
 * The ledger's tables, as numbered migrations. docs/storage.md says what every table and column is for.
 *
 * Contract: from version 0.2.0 on, migrations are append-only. Each runs once, in one transaction with the row that records
 * it. A ledger of version 0.1, or one that a newer Worker has migrated, is refused before anything is written.
 *
 * Every index is one more row written per insert, and counts against the plan: add few.
 */
import type { Store } from './store.ts';

const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value TEXT NOT NULL, own_reads TEXT)',
    `CREATE TABLE entries (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, revision INTEGER NOT NULL,
       created_at INTEGER NOT NULL, occurred_at INTEGER NOT NULL, body TEXT NOT NULL, actor TEXT, cut TEXT,
       mark TEXT, UNIQUE (id, revision))`,
    // The actor in it is read by nothing any more; to make the index again would write a row for each entry.
    'CREATE INDEX entries_by_time ON entries (occurred_at, actor)',
    `CREATE TABLE batches (first_seq INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, began INTEGER NOT NULL,
       horizon INTEGER NOT NULL, suppress_before INTEGER, rules TEXT NOT NULL)`,
    `CREATE TABLE windows (rule TEXT NOT NULL, key TEXT NOT NULL, touched INTEGER NOT NULL, newest INTEGER NOT NULL,
       fingerprint TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (rule, key)) WITHOUT ROWID`,
    `CREATE TABLE alerts (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, key TEXT NOT NULL, begins INTEGER NOT NULL,
       period INTEGER NOT NULL, state TEXT NOT NULL, backfilled INTEGER NOT NULL, count INTEGER NOT NULL,
       first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, last_at INTEGER NOT NULL, level TEXT NOT NULL,
       title TEXT NOT NULL, key_parts TEXT NOT NULL, closing TEXT)`,
    'CREATE INDEX alerts_by_key ON alerts (rule, key, begins)',
    "CREATE INDEX alerts_open ON alerts (begins + period) WHERE state = 'open'",
    'CREATE INDEX alerts_by_time ON alerts (begins)',
    `CREATE TABLE matches (alert INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, decision TEXT,
       evidence TEXT NOT NULL, number TEXT, counted INTEGER, PRIMARY KEY (alert, seq)) WITHOUT ROWID`,
    'CREATE INDEX matches_by_seq ON matches (seq)',
    `CREATE TABLE deliveries (id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, alert INTEGER, health TEXT,
       notification TEXT NOT NULL, level INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
       queued_at INTEGER NOT NULL, due_at INTEGER, failing_since INTEGER, failed_at INTEGER, settled_at INTEGER, reason TEXT,
       digest INTEGER)`,
    // Two short indexes, so that the next delivery is the first row of one, however many wait.
    `CREATE INDEX deliveries_ready ON deliveries (receiver, level DESC, queued_at)
       WHERE state = 'pending' AND due_at IS NULL`,
    `CREATE INDEX deliveries_set_aside ON deliveries (receiver, due_at)
       WHERE state = 'pending' AND due_at IS NOT NULL`,
    'CREATE INDEX deliveries_by_alert ON deliveries (alert) WHERE alert IS NOT NULL',
    // A row holds a whole notification: these indexes find and count rows without reading it.
    `CREATE INDEX deliveries_ended ON deliveries (state, queued_at) WHERE state <> 'pending' AND state <> 'bundled'`,
    "CREATE INDEX deliveries_bundled ON deliveries (digest) WHERE state = 'bundled'",
    "CREATE INDEX deliveries_dead ON deliveries (receiver) WHERE state = 'dead'",
    `CREATE TABLE health_alerts (kind TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL,
       notified_at INTEGER NOT NULL, count INTEGER NOT NULL, summary TEXT NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE staging (occurred_at INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, part INTEGER NOT NULL,
       created_at INTEGER NOT NULL, read_by INTEGER NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (occurred_at, created_at, id, revision, part)) WITHOUT ROWID`,
    'CREATE INDEX staging_from_the_future ON staging (id) WHERE occurred_at < created_at',
    // The text comes last: a list is read without it.
    `CREATE TABLE quarantine (key TEXT PRIMARY KEY, state TEXT NOT NULL, first_at INTEGER NOT NULL,
       read_at INTEGER NOT NULL, failures INTEGER NOT NULL, cut INTEGER, id TEXT, problem TEXT NOT NULL,
       body TEXT NOT NULL) WITHOUT ROWID`,
    "CREATE INDEX quarantine_by_time ON quarantine (first_at) WHERE state = 'quarantined'",
    `CREATE TABLE receivers (name TEXT PRIMARY KEY, delivered_at INTEGER, failing_since INTEGER,
       probes INTEGER NOT NULL, failures INTEGER NOT NULL, reason TEXT, next_at INTEGER NOT NULL, slowed INTEGER NOT NULL,
       recovered_at INTEGER, failed_of INTEGER, attempt_of INTEGER, attempt_at INTEGER, bundling TEXT) WITHOUT ROWID`,
    `CREATE TABLE activity (rule TEXT PRIMARY KEY, matched INTEGER NOT NULL, last_at INTEGER NOT NULL,
       last_seq INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  [
    'ALTER TABLE deliveries ADD COLUMN own_ms INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE deliveries ADD COLUMN own_at INTEGER',
    `CREATE INDEX deliveries_not_by_itself ON deliveries (receiver, due_at)
       WHERE state = 'pending' AND due_at IS NOT NULL AND own_ms = 0`,
    'ALTER TABLE receivers ADD COLUMN retry_at INTEGER NOT NULL DEFAULT 0',
  ],
  [
    `CREATE TABLE security_log (id INTEGER PRIMARY KEY, act TEXT NOT NULL, who TEXT NOT NULL, detail TEXT, address TEXT,
       agent TEXT)`,
    'CREATE TABLE refusals (hour INTEGER PRIMARY KEY, writes INTEGER NOT NULL, counts TEXT NOT NULL)',
  ],
  ['CREATE TABLE security_day (id INTEGER PRIMARY KEY CHECK (id = 1), day INTEGER NOT NULL, counts TEXT NOT NULL)'],
  [
    // Of a level by id: lists, and the counts of the front page, read no more than they show.
    "CREATE INDEX alerts_by_level ON alerts (level) WHERE state = 'open'",
    'ALTER TABLE entries ADD COLUMN network TEXT',
    // By value first: the entries of a value around a time are one range (record/entry-index.ts).
    `CREATE TABLE entry_index (field TEXT NOT NULL, value TEXT NOT NULL, bucket INTEGER NOT NULL, block INTEGER NOT NULL,
       items TEXT NOT NULL, PRIMARY KEY (field, value, bucket, block)) WITHOUT ROWID`,
    'CREATE TABLE entry_blocks (block INTEGER PRIMARY KEY, keys TEXT NOT NULL)',
  ],
  [
    'CREATE TABLE identity (number INTEGER PRIMARY KEY CHECK (number = 1), id TEXT NOT NULL)',
    'INSERT INTO identity (number, id) VALUES (1, lower(hex(randomblob(8))))',
    `CREATE TABLE spent_proofs (holder TEXT NOT NULL, id TEXT NOT NULL, until INTEGER NOT NULL,
       PRIMARY KEY (holder, id)) WITHOUT ROWID`,
    'CREATE INDEX spent_proofs_by_end ON spent_proofs (until)',
  ],
  [
    // A row for each value let those who vary it write two for each entry. The blocks are indexed again bit by bit.
    'DROP TABLE entry_index',
    'DROP TABLE entry_blocks',
    `CREATE TABLE entry_index (bucket INTEGER NOT NULL, block INTEGER NOT NULL, places TEXT NOT NULL, actor TEXT NOT NULL,
       network TEXT NOT NULL, PRIMARY KEY (bucket, block)) WITHOUT ROWID`,
    'CREATE TABLE entry_blocks (block INTEGER PRIMARY KEY, buckets TEXT NOT NULL)',
  ],
  [
    // An alert is open until it is resolved. What an older version closed stays so, under that name.
    'DROP INDEX alerts_open',
    'DROP INDEX alerts_by_level',
    "ALTER TABLE alerts ADD COLUMN networks TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE alerts ADD COLUMN notified TEXT NOT NULL DEFAULT '{}'",
    'ALTER TABLE alerts ADD COLUMN acknowledged TEXT',
    'ALTER TABLE alerts ADD COLUMN assignee TEXT',
    'ALTER TABLE alerts ADD COLUMN resolution TEXT',
    'ALTER TABLE alerts ADD COLUMN escalations TEXT',
    'ALTER TABLE alerts ADD COLUMN silenced_until INTEGER',
    'ALTER TABLE alerts ADD COLUMN previous INTEGER',
    'ALTER TABLE alerts ADD COLUMN wakes_at INTEGER',
    'ALTER TABLE alerts ADD COLUMN resolves_at INTEGER',
    "ALTER TABLE alerts ADD COLUMN decided TEXT NOT NULL DEFAULT '{}'",
    `UPDATE alerts SET
       resolves_at = iif(level IN ('high', 'critical'), NULL, last_at + 1209600000),
       notified = (SELECT json_group_object(receiver, json_object('level', alerts.level, 'count', alerts.count, 'networks', 0,
         'at', alerts.last_at, 'reminders', 0, 'spread', NULL, 'deferred', NULL)) FROM (SELECT DISTINCT receiver FROM deliveries
         WHERE alert = alerts.id AND state IN ('pending', 'bundled', 'delivered')))
     WHERE state = 'open'`,
    // Of a level by id: lists, and the counts of the front page, read no more than they show.
    "CREATE INDEX alerts_unresolved ON alerts (level) WHERE state IN ('open', 'acknowledged')",
    'CREATE INDEX alerts_to_wake ON alerts (wakes_at) WHERE wakes_at IS NOT NULL',
    'CREATE INDEX alerts_to_resolve ON alerts (resolves_at) WHERE resolves_at IS NOT NULL',
    `CREATE TABLE acts (id INTEGER PRIMARY KEY, alert INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
       act TEXT NOT NULL, who TEXT NOT NULL, via TEXT, detail TEXT)`,
    'CREATE INDEX acts_by_alert ON acts (alert)',
    // A decision to notify waits for the message of its group.
    'ALTER TABLE deliveries ADD COLUMN grp TEXT',
    'ALTER TABLE deliveries ADD COLUMN subject TEXT',
    'ALTER TABLE deliveries ADD COLUMN seq INTEGER',
    'DROP INDEX deliveries_ended',
    `CREATE INDEX deliveries_ended ON deliveries (state, queued_at)
       WHERE state <> 'pending' AND state <> 'bundled' AND state <> 'waiting'`,
    "CREATE INDEX deliveries_waiting ON deliveries (receiver, grp) WHERE state = 'waiting'",
    `CREATE TABLE groups (receiver TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, due_at INTEGER,
       PRIMARY KEY (receiver, key)) WITHOUT ROWID`,
    'CREATE INDEX groups_due ON groups (due_at) WHERE due_at IS NOT NULL',
    'ALTER TABLE receivers ADD COLUMN floods TEXT',
    `CREATE TABLE silences (id INTEGER PRIMARY KEY, matchers TEXT NOT NULL, starts_at INTEGER NOT NULL,
       ends_at INTEGER NOT NULL, author TEXT NOT NULL, via TEXT NOT NULL, comment TEXT NOT NULL, made_at INTEGER NOT NULL,
       seq INTEGER NOT NULL, expired_by TEXT, suppressed INTEGER NOT NULL, suppressed_at INTEGER, alerts TEXT NOT NULL)`,
    'CREATE INDEX silences_by_end ON silences (ends_at)',
  ],
  ['ALTER TABLE deliveries ADD COLUMN fell_back INTEGER'],
  ['ALTER TABLE deliveries ADD COLUMN reference TEXT'],
  [
    // A silence that somebody ended was over later entries until then.
    'ALTER TABLE silences ADD COLUMN planned_end INTEGER',
    'ALTER TABLE silences ADD COLUMN expired_seq INTEGER',
  ],
  [
    // What may go to another receiver as well: at high and critical, and it has not.
    `CREATE INDEX deliveries_severe ON deliveries (receiver, due_at IS NULL, queued_at)
       WHERE state = 'pending' AND level >= 3 AND alert IS NOT NULL AND fell_back IS NULL`,
  ],
  ['CREATE TABLE passes (id INTEGER PRIMARY KEY, began_at INTEGER NOT NULL, value TEXT NOT NULL)'],
];

/** The ledger can't be used by this Worker. The message says what to do. */
export class SchemaError extends Error {}

/** Brings the tables up to date, or throws a `SchemaError`. Safe to call at every start. */
export function migrate(store: Store): void {
  refuseVersion01(store);
  store.run('CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY)');
  const done = store.all<{ number: number }>('SELECT number FROM schema_migrations ORDER BY number');
  const newest = done.at(-1)?.number ?? 0;
  if (newest > MIGRATIONS.length) {
    throw new SchemaError(
      `the ledger has schema ${newest} and this Worker knows ${MIGRATIONS.length}: deploy the newer version again`,
    );
  }
  MIGRATIONS.slice(newest).forEach((steps, index) => {
    store.transaction(() => {
      for (const step of steps) store.run(step);
      store.run('INSERT INTO schema_migrations (number) VALUES (?)', newest + index + 1);
    });
  });
}

/** Version 0.1 kept its own numbers in a table named `migrations`. */
function refuseVersion01(store: Store): void {
  const tables = store.all("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'");
  if (tables.length === 0) return;
  throw new SchemaError(
    'the ledger was written by Tocsin 0.1, which this version cannot read: delete the old Worker with its ledger ' +
      '(npx wrangler delete), or deploy under another name in wrangler.toml',
  );
}
