/**
 * Observes the ledger's commits: what was when an act took effect, how the watermark moves, which receivers there are,
 * through which states deliveries go, and whether they are sent in their order. The ledger stores none of this; the model
 * and the laws need it.
 */
import type { Notification } from '../../src/alert/notification.ts';
import type { Due } from '../../src/ledger/deliver/outbox.ts';
import type { LedgerOutbox } from '../../src/ledger/health/attempts.ts';
import type { Ledger } from '../../src/ledger/record/ledger.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { RoutedReceiver, Routing } from '../../src/routing/routing.ts';
import { type Engine, LEVELS } from '../../src/sigma/index.ts';
import type { ModelAct } from './plain-acts.ts';
import type { WrittenRouting } from './plain-routes.ts';
import type { ModelSilence } from './plain-silences.ts';

/** A state that a delivery came into, and for whom it was then. Times are wall, ms. */
export interface DeliveryState {
  readonly id: number;
  readonly receiver: string;
  readonly state: string;
  readonly queuedAt: number;
  readonly settledAt: number | null;
}

/** What a deploy says of rules, and of whom they notify. */
export interface Deployed {
  readonly engine: Engine;
  readonly receivers: readonly RoutedReceiver[];
  readonly routing: Routing | null;
  /** The same routing as it is written; null: there are no routes. */
  readonly written: WrittenRouting | null;
}

export interface Observer {
  /** The ledger that was deployed with these, observed. */
  observe(ledger: Ledger, deployed: Deployed): Ledger;
  observeOutbox(outbox: LedgerOutbox): LedgerOutbox;
  /** What was deployed when an entry was recorded. */
  deployedAt(seq: number): Deployed;
  /** What was deployed when a step of a pass came. */
  deployedAtStep(step: number): Deployed;
  /** All acts, in their order. */
  acts(): readonly ModelAct[];
  /** Each time a silence was made or ended, in their order. */
  silences(): readonly ModelSilence[];
  /** By delivery: the states it was in, the first one first. */
  states(): ReadonlyMap<number, readonly DeliveryState[]>;
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
  return LEVELS.indexOf('health' in notification ? notification.health.level : notification.alert.level);
}

/** Looks at the store after each call that commits. */
export function observeLedger(store: Store, allowedLatenessMs: () => number): Observer {
  const watermarks = new Map<number, readonly number[]>();
  const latenesses = new Set<number>();
  const problems: string[] = [];
  const placeOf = createPlaceOf(store);
  /** What was deployed from an entry, and from a step of a pass, on. */
  const deployed: { readonly from: number; readonly step: number; readonly of: Deployed }[] = [];
  const acts: ModelAct[] = [];
  const silences: ModelSilence[] = [];
  let recent: { readonly watermark: number; readonly at: number }[] = [];
  /** The least watermark of late. */
  const leastSince = (watermark: number, now: number): number => {
    recent = [...recent.filter(({ at }) => Math.abs(now - at) < OVERTAKEN_MS), { watermark, at: now }];
    return Math.min(...recent.map((each) => each.watermark));
  };
  const latest = (seq = Number.POSITIVE_INFINITY): Deployed => {
    const last = deployed.findLast(({ from }) => from <= seq);
    if (last === undefined) throw new Error('nothing was deployed');
    return last.of;
  };
  const keepSilences = (): void => {
    if (store.all('SELECT 1 FROM new_silences LIMIT 1').length === 0) return;
    const after = placeOf().seq;
    for (const { matchers, ...of } of store.all<{ id: number; matchers: string; startsAt: number; endsAt: number }>(
      'SELECT id, matchers, startsAt, endsAt FROM new_silences ORDER BY n',
    ))
      silences.push({ ...of, matchers: JSON.parse(matchers), after });
    store.run('DELETE FROM new_silences');
  };
  /** Keeps the new acts and silences, with what is now. */
  const keepActs = (): void => {
    keepSilences();
    if (store.all('SELECT 1 FROM new_acts LIMIT 1').length === 0) return;
    const { watermark, gap } = placeOf();
    const completeUpTo = Math.min(watermark, gap ?? watermark);
    const rows = store.all<ActRow>(
      `SELECT acts.*, alerts.rule, alerts.key FROM acts JOIN new_acts USING (id) JOIN alerts ON alerts.id = acts.alert
       ORDER BY acts.id`,
    );
    for (const row of rows)
      acts.push({ ...row, detail: JSON.parse(row.detail ?? 'null'), deployed: latest(), watermark, completeUpTo });
    store.run('DELETE FROM new_acts');
  };
  const look = (): void => {
    const { watermark } = placeOf();
    if (!watermarks.has(watermark)) watermarks.set(watermark, [...latenesses]);
    keepActs();
  };
  return {
    deployedAt: latest,
    deployedAtStep: (step) => {
      const last = deployed.findLast(({ step: from }) => from <= step);
      if (last === undefined) throw new Error('nothing was deployed');
      return last.of;
    },
    watermarks,
    problems,
    acts: () => {
      keepActs();
      return acts;
    },
    silences: () => {
      keepSilences();
      return silences;
    },
    states: () =>
      Map.groupBy(
        store.all<{ [Name in keyof DeliveryState]: DeliveryState[Name] }>('SELECT * FROM delivery_states ORDER BY n'),
        ({ id }) => id,
      ),
    observeOutbox: (outbox) => ({
      ...outbox,
      take: (receiver, now) => {
        const taken = outbox.take(receiver, now);
        if (taken.kind === 'due') problems.push(...overtaken(store, taken.due));
        return taken;
      },
    }),
    observe: (ledger, of) => {
      latenesses.add(allowedLatenessMs());
      watchTables(store);
      keepActs();
      deployed.push({ from: placeOf().seq + 1, step: placeOf().step + 1, of });
      const looking = <T>(call: () => T, now: number): T => {
        keepActs();
        const before = placeOf();
        const known = leastSince(before.watermark, now);
        const result = call();
        look();
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
        record: (batch, now) => looking(() => ledger.record(batch, now), now),
        flush: (expect, most, now) => looking(() => ledger.flush(expect, most, now), now),
        release: (name, fresh, now) => looking(() => ledger.release(name, fresh, now), now),
      };
    },
  };
}

type ActRow = {
  id: number;
  alert: number;
  seq: number;
  at: number;
  act: string;
  who: string;
  via: string | null;
  detail: string | null;
  rule: string;
  key: string;
};

interface Place {
  readonly seq: number;
  /** Of passes, the last that decided something. */
  readonly step: number;
  readonly watermark: number;
  readonly gap: number | null;
}

/** Where the ledger is. What is stored is parsed again only when it has changed. */
function createPlaceOf(store: Store): () => Place {
  let text = '';
  let place: Place = { seq: 0, step: 0, watermark: Number.NEGATIVE_INFINITY, gap: null };
  return () => {
    const stored = store.all<{ value: string }>('SELECT value FROM state')[0]?.value ?? text;
    if (stored === text) return place;
    text = stored;
    const { lastSeq, checkpoint, evaluated } = JSON.parse(stored);
    place = {
      seq: lastSeq,
      step: evaluated?.lastStep ?? 0,
      watermark: checkpoint.watermark,
      gap: checkpoint.gap?.from ?? null,
    };
    return place;
  };
}

/** Notes each state that a delivery comes into, and each new act. The ledger's tables are there. */
function watchTables(store: Store): void {
  store.run('CREATE TEMP TABLE IF NOT EXISTS new_acts (id INTEGER)');
  store.run(
    'CREATE TEMP TABLE IF NOT EXISTS delivery_states (n INTEGER PRIMARY KEY, id, receiver, state, queuedAt, settledAt)',
  );
  store.run('CREATE TEMP TABLE IF NOT EXISTS new_silences (n INTEGER PRIMARY KEY, id, matchers, startsAt, endsAt)');
  for (const event of ['INSERT', 'UPDATE OF ends_at']) {
    const name = `silence_noted_by_${event.split(' ')[0]}`;
    store.run(`CREATE TEMP TRIGGER IF NOT EXISTS ${name} AFTER ${event} ON main.silences
      BEGIN INSERT INTO new_silences (id, matchers, startsAt, endsAt)
      VALUES (NEW.id, NEW.matchers, NEW.starts_at, NEW.ends_at); END`);
  }
  store.run(`CREATE TEMP TRIGGER IF NOT EXISTS act_noted AFTER INSERT ON main.acts
    BEGIN INSERT INTO new_acts VALUES (NEW.id); END`);
  for (const [event, when] of [
    ['INSERT', ''],
    ['UPDATE', 'WHEN NEW.state <> OLD.state'],
  ]) {
    store.run(`CREATE TEMP TRIGGER IF NOT EXISTS state_noted_by_${event} AFTER ${event} ON main.deliveries ${when}
      BEGIN INSERT INTO delivery_states (id, receiver, state, queuedAt, settledAt)
      VALUES (NEW.id, NEW.receiver, NEW.state, NEW.queued_at, NEW.settled_at); END`);
  }
}
