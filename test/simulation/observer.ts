/**
 * Observes the ledger's commits: when alerts close, how the watermark moves, which receivers there are, and whether
 * deliveries are sent in their order. The ledger does not store which entries were recorded when an alert closed; the model
 * needs it, since a late match may join after the close.
 */
import type { Notification } from '../../src/alert/notification.ts';
import type { Due } from '../../src/ledger/deliver/outbox.ts';
import type { LedgerOutbox } from '../../src/ledger/health/attempts.ts';
import { CLOSED_MAX } from '../../src/ledger/record/closing.ts';
import type { Ledger } from '../../src/ledger/record/ledger.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { LEVELS } from '../../src/sigma/index.ts';

export interface Observer {
  /** The ledger that was deployed with these receivers, observed. */
  observe(ledger: Ledger, receivers: readonly string[]): Ledger;
  observeOutbox(outbox: LedgerOutbox): LedgerOutbox;
  /** Alert id → the number of the last entry recorded when it closed. */
  readonly closings: ReadonlyMap<number, number>;
  /** Alert id → the receivers there were when it closed. */
  readonly closedFor: ReadonlyMap<number, readonly string[]>;
  /** Receiver → the number of the last entry recorded when it was added. */
  readonly addedAfter: ReadonlyMap<string, number>;
  /**
   * Each watermark that was committed → the allowed latenesses until then, ms. A tick that goes on after a deploy may commit
   * one that the ledger had only in memory before it.
   */
  readonly watermarks: ReadonlyMap<number, readonly number[]>;
  /** What went wrong, as sentences. */
  readonly problems: readonly string[];
}

/** How old a tick's watermark may be, and for how long a tick may go on with one that another has overtaken. */
const QUIET_MS = 15 * 60_000;
const OVERTAKEN_MS = 30 * 60_000;

/** What a delivery that is being sent should have waited for, as sentences: what is ready, and more severe or older. */
function overtaken(store: Store, due: Due): string[] {
  const rank = severityOf(due.notification);
  const ready = "SELECT id FROM deliveries WHERE receiver = ?1 AND state = 'pending' AND due_at IS NULL AND id <> ?2";
  // That a row has the level of its notification is looked at in the end.
  const rows = store.all<{ id: number }>(
    `SELECT id FROM (${ready} AND level > ?3 LIMIT 5)
     UNION ALL SELECT id FROM (${ready} AND level = ?3 AND queued_at < ?4 LIMIT 5)`,
    ...[due.receiver, due.id, rank, due.queuedAt],
  );
  return rows.map(({ id }) => `delivery ${due.id} to ${due.receiver} overtook ${id}`);
}

/** The deliveries whose row says another level than their notification, as sentences. */
export function misleveled(store: Store): string[] {
  const rows = store.all<{ id: number; level: number; notification: string }>(
    'SELECT id, level, notification FROM deliveries',
  );
  return rows
    .filter(({ level, notification }) => level !== severityOf(JSON.parse(notification)))
    .map(({ id, level }) => `delivery ${id} is stored with level ${level}, and its message has another`);
}

function severityOf(notification: Notification): number {
  if ('group' in notification) return LEVELS.indexOf(notification.group.level);
  if ('digest' in notification) return LEVELS.indexOf(notification.digest.level);
  return LEVELS.indexOf('health' in notification ? notification.health.level : notification.alert.level);
}

/** Looks at the store after each call that commits. */
export function observeLedger(store: Store, allowedLatenessMs: () => number): Observer {
  const closings = new Map<number, number>();
  const closedFor = new Map<number, readonly string[]>();
  const addedAfter = new Map<string, number>();
  const watermarks = new Map<number, readonly number[]>();
  const latenesses = new Set<number>();
  const problems: string[] = [];
  const placeOf = createPlaceOf(store);
  const closed = createClosed(store);
  let recent: { readonly watermark: number; readonly at: number }[] = [];
  /** The least watermark of late. */
  const leastSince = (watermark: number, now: number): number => {
    recent = [...recent.filter(({ at }) => Math.abs(now - at) < OVERTAKEN_MS), { watermark, at: now }];
    return Math.min(...recent.map((each) => each.watermark));
  };
  /** `closes`: the call closes what is due; a re-read and a release leave that to the next scan. */
  const look = (closes: boolean, receivers: readonly string[]): void => {
    const { seq, watermark } = placeOf();
    if (!watermarks.has(watermark)) watermarks.set(watermark, [...latenesses]);
    const justClosed = closed();
    for (const { id, ends } of justClosed) {
      if (closings.has(id)) continue;
      closings.set(id, seq);
      closedFor.set(id, receivers);
      if (watermark < ends) problems.push(`alert ${id} closed before the watermark passed its period`);
    }
    const open = "SELECT id FROM alerts WHERE state = 'open' AND begins + period <= ?";
    const areAllDue = closes && justClosed.length < CLOSED_MAX;
    for (const { id } of areAllDue ? store.all<{ id: number }>(open, watermark) : [])
      problems.push(`alert ${id} is open, though the watermark has passed its period`);
  };
  return {
    closings,
    closedFor,
    addedAfter,
    watermarks,
    problems,
    observeOutbox: (outbox) => ({
      ...outbox,
      take: (receiver, now) => {
        const taken = outbox.take(receiver, now);
        if (taken.kind === 'due') problems.push(...overtaken(store, taken.due));
        return taken;
      },
    }),
    observe: (ledger, receivers) => {
      latenesses.add(allowedLatenessMs());
      for (const name of receivers) if (!addedAfter.has(name)) addedAfter.set(name, placeOf().seq);
      const looking = <T extends { readonly kind: string }>(call: () => T, closes: boolean, now: number): T => {
        const before = placeOf();
        const known = leastSince(before.watermark, now);
        const result = call();
        // A call that another one has overtaken does nothing.
        look(closes && result.kind !== 'conflict', receivers);
        // Windows do not wait for what was recorded long ago: else they would grow for ever. A tick may work from a watermark
        // that is some minutes old, since quiet scans stay in memory.
        for (const { seq, horizon } of store.all<{ seq: number; horizon: number }>(
          'SELECT first_seq AS seq, horizon FROM batches WHERE first_seq > ? AND horizon < min(?, began - ?)',
          before.seq,
          Math.min(known, before.gap ?? known) - QUIET_MS,
          Math.max(...latenesses),
        )) {
          problems.push(`at seq ${seq} windows wait for what is recorded, since ${new Date(horizon).toISOString()}`);
        }
        return result;
      };
      return {
        ...ledger,
        record: (batch, now) => looking(() => ledger.record(batch, now), batch.reread === null, now),
        flush: (expect, most, now) => looking(() => ledger.flush(expect, most, now), true, now),
        release: (name, fresh, now) => looking(() => ledger.release(name, fresh, now), false, now),
      };
    },
  };
}

interface Place {
  readonly seq: number;
  readonly watermark: number;
  readonly gap: number | null;
}

/** Where the ledger is. What is stored is parsed again only when it has changed. */
function createPlaceOf(store: Store): () => Place {
  let text = '';
  let place: Place = { seq: 0, watermark: Number.NEGATIVE_INFINITY, gap: null };
  return () => {
    const stored = store.all<{ value: string }>('SELECT value FROM state')[0]?.value ?? text;
    if (stored === text) return place;
    text = stored;
    const { lastSeq, checkpoint } = JSON.parse(stored);
    place = { seq: lastSeq, watermark: checkpoint.watermark, gap: checkpoint.gap?.from ?? null };
    return place;
  };
}

/** The alerts that were closed since it was last asked, and when their periods end. The ledger's tables are there. */
function createClosed(store: Store): () => readonly { readonly id: number; readonly ends: number }[] {
  let isWatched = false;
  return () => {
    if (!isWatched) {
      isWatched = true;
      store.run("CREATE TEMP TABLE just_closed AS SELECT id FROM alerts WHERE state = 'closed'");
      for (const event of ['INSERT', 'UPDATE']) {
        store.run(`CREATE TEMP TRIGGER closed_by_${event} AFTER ${event} ON main.alerts WHEN NEW.state = 'closed'
          BEGIN INSERT INTO just_closed VALUES (NEW.id); END`);
      }
    }
    if (store.all('SELECT 1 FROM just_closed LIMIT 1').length === 0) return [];
    const rows = store.all<{ id: number; ends: number }>(
      `SELECT id, begins + period AS ends FROM alerts
       WHERE state = 'closed' AND id IN (SELECT id FROM just_closed) ORDER BY id`,
    );
    store.run('DELETE FROM just_closed');
    return rows;
  };
}
