/**
 * What rules would have done with entries of the past: the ledger's own code, over a temporary database and virtual time.
 *
 * Contract: takes entries in the order in which a ledger records them, and evaluates them as it does: the same intake, the
 * same groups of notifications, the same that time alone does (deferred reminders, ends of acknowledgements, automatic
 * resolution), with receivers that take every message at once. Entries that count for no rule are not stored, and what is older
 * than `retentionMs` is evicted, so that memory depends on the rules and their alerts, not on the number of entries. Pure
 * except for its database: the clock is that of the entries.
 *
 * Without `read`, an entry is read by the next whole minute, as a tick a minute would.
 */
import type { Alert } from '../alert/alert.ts';
import { entryView } from '../alert/entry-view.ts';
import type { EntryView } from '../alert/notification.ts';
import { entryFromAlert } from '../alert/notification-builder.ts';
import { nextGroupAt, sendGroups } from '../ledger/deliver/group-message.ts';
import type { Notifying } from '../ledger/deliver/places.ts';
import { nextWakeAt, wakeAlerts } from '../ledger/deliver/wake.ts';
import type { ScanContext } from '../ledger/model.ts';
import { entryOf } from '../ledger/read/entry.ts';
import { AbsencesMemory, alertOnAbsences, withAbsentFrom } from '../ledger/record/absences.ts';
import { storedId, type Unrecorded } from '../ledger/record/dedupe.ts';
import { createIntake } from '../ledger/record/intake.ts';
import { nextQuietAt, resolveQuiet } from '../ledger/record/quiet.ts';
import { evict } from '../ledger/record/retention.ts';
import { readAlertById } from '../ledger/store/alerts.ts';
import { matchesOf } from '../ledger/store/derived-fields.ts';
import { type AlertRow, acceptedFrom, alertFrom, decisionsFrom } from '../ledger/store/rows.ts';
import { firstState, type State, writeState } from '../ledger/store/state.ts';
import type { Store } from '../ledger/store/store.ts';
import { DEFAULT_MIN_LEVEL, type RoutedReceiver } from '../routing/routing.ts';
import { createWatchTest, type KeyPart, type Level, listedRules } from '../sigma/index.ts';
import { type PastAct, repeatAct } from './past-act.ts';
import type { PastEntry } from './past-entry.ts';
import { createTally, type Message, type PastRule } from './tally.ts';
import { temporaryStore } from './temporary-store.ts';

export interface BacktestOptions extends Pick<Notifying, 'engine' | 'routing'> {
  /** Absent: one that is notified of `low` and above. */
  readonly receivers?: readonly RoutedReceiver[];
  readonly allowedLatenessMs?: number;
  readonly retentionMs?: number;
  /** A database with empty tables (schema.ts), which stays open. Absent: a temporary one. */
  readonly store?: Store;
  /** What people did with alerts then, in order. Each is done again after the entry with its number, where that alert is. */
  readonly acts?: readonly PastAct[];
  /** Only what happens from then on is counted and returned: what is read before fills windows, and opens alerts to join. */
  readonly countFrom?: number;
}

/** An alert that would have opened, as it is at the end. */
export interface PastAlert {
  readonly id: number;
  /** The rule's id. */
  readonly rule: string;
  readonly title: string;
  readonly level: Level;
  readonly key: string;
  readonly keyParts: readonly KeyPart[];
  readonly status: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The entry that opened it. */
  readonly opening: EntryView;
  /** By receiver: how many decisions notified it. */
  readonly notified: Readonly<Record<string, number>>;
  /** Why nobody was notified of its first match, as decisions say it (alert/decision-wording.ts); null: somebody was. */
  readonly notNotified: string | null;
}

export interface BacktestResult {
  readonly entries: number;
  /** How many were read before `countFrom`. */
  readonly before: number;
  /** How many that match were left out: one with the same id and revision had come before. */
  readonly repeated: number;
  /** When the first and the last entry occurred; null without any. */
  readonly from: number | null;
  readonly to: number | null;
  /** The rules that matched, in the order of the rule set. */
  readonly rules: readonly PastRule[];
  /** In the order in which they opened. */
  readonly alerts: readonly PastAlert[];
  /** In order: what a receiver would have got. */
  readonly messages: readonly Message[];
  /** What Tocsin would have said of itself: a rule that has more groups than it can keep. */
  readonly problems: readonly string[];
}

export interface Backtest {
  /** Takes the next entries. */
  add(entries: Iterable<PastEntry>): void;
  /**
   * Ends it. `at`: until when time goes on; if absent, ten minutes, so that what opened is notified, but nothing is missed
   * (`absence`) after the last entry. Call it once.
   */
  end(at?: number): BacktestResult;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The defaults of ALLOWED_LATENESS and RETENTION. */
const LATENESS_MS = 5 * MINUTE_MS;
const RETENTION_MS = 30 * DAY_MS;
const NEVER = Number.POSITIVE_INFINITY;
/** How often the log is read. */
const TICK_MS = MINUTE_MS;
/** The most entries that are taken in at once. */
const BATCH_MAX = 1_000;
/** What opens at high and critical waits no longer (alert/groups.ts). */
const LAST_MESSAGES_MS = 10 * MINUTE_MS;

const ANYBODY: readonly RoutedReceiver[] = [{ name: 'everybody', minLevel: DEFAULT_MIN_LEVEL, problem: null }];

/** Runs entries through rules, and returns what would have happened. */
export async function backtest(
  entries: Iterable<PastEntry> | AsyncIterable<readonly PastEntry[]>,
  options: BacktestOptions,
): Promise<BacktestResult> {
  const run = createBacktest(options);
  if (Symbol.asyncIterator in entries) for await (const some of entries) run.add(some);
  else run.add(entries);
  return run.end();
}

/** The same bit by bit, and synchronous. */
export function createBacktest(options: BacktestOptions): Backtest {
  const { engine, routing = null, receivers = ANYBODY } = options;
  const { allowedLatenessMs = LATENESS_MS, retentionMs = RETENTION_MS } = options;
  const { acts = [], countFrom = Number.NEGATIVE_INFINITY } = options;
  const setup: Notifying = { engine, receivers, routing };
  const own = options.store === undefined ? temporaryStore() : null;
  const store = options.store ?? (own as Store);
  const intake = createIntake(store, { ...setup, kept: new Map() });
  const tally = createTally(store, countFrom);
  const countsAlone = createWatchTest(engine.correlations);
  const openings = new Map<number, EntryView>();
  const counted = { before: 0, entries: 0, from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };
  let state: State | null = null;
  let isSaved = false;
  let repeated = 0;
  let evictedAt = 0;
  let actsDone = 0;
  let newestAt = Number.NEGATIVE_INFINITY;
  const absences = new AbsencesMemory();
  /** What the next batch has. */
  let pending: (Unrecorded & Required<Pick<Unrecorded, 'matched'>>)[] = [];
  let scan: ScanContext | null = null;

  /** When the next of what time does is due: by the clock, and by the watermark. Known again after each change. */
  let due: { readonly clock: number; readonly watermark: number } | null = null;
  const dueNow = () => {
    due ??= {
      clock: Math.min(nextWakeAt(store) ?? NEVER, nextGroupAt(store) ?? NEVER),
      watermark: nextQuietAt(store) ?? NEVER,
    };
    return due;
  };

  const started = (now: number): State => {
    state ??= firstState(now, 0, null);
    return state;
  };
  /** Changes something, and counts the result. */
  const change = (now: number, work: () => void): void => {
    store.transaction(() => {
      work();
      tally.count(now);
    });
    due = null;
  };
  /** The same, where what is done reads the state. */
  const changeByState = (now: number, work: () => void): void =>
    change(now, () => {
      if (!isSaved) writeState(store, started(now));
      isSaved = true;
      work();
    });

  /** Lets time pass, and does what it does. */
  const advance = (now: number): void => {
    while (dueNow().clock <= now) {
      const clock = Math.max(dueNow().clock, tally.now());
      changeByState(clock, () => {
        wakeAlerts(store, setup, clock);
        sendGroups(store, setup, clock);
      });
    }
    tally.moveTo(now);
  };

  const resolveUntil = (watermark: number, seq: number, now: number): void => {
    while (dueNow().watermark <= watermark) changeByState(now, () => resolveQuiet(store, setup, watermark, seq, now));
  };

  /** Lets time pass to each tick at which something is missed; `watermark`: what is before it is read. */
  const missUntil = (watermark: number): void => {
    for (;;) {
      const before = started(tally.now());
      const [first, ...more] = absences.due(store, before, engine, watermark);
      if (first === undefined) return;
      const tickAt = Math.floor((first.at + allowedLatenessMs) / TICK_MS + 1) * TICK_MS;
      advance(Math.max(tickAt, tally.now()));
      const now = tally.now();
      const missed = [first, ...more.filter(({ at }) => at < now - allowedLatenessMs)];
      changeByState(now, () => {
        const { state: after, opened } = alertOnAbsences(store, setup, before, missed, now);
        writeState(store, after);
        state = after;
        for (const { id, rule } of opened) {
          tally.opened(rule, now);
          if (now >= countFrom) openings.set(id, openingOf(store, readAlertById(store, id) as Alert));
        }
      });
    }
  };

  const evictUntil = (now: number): void => {
    if (now - evictedAt < DAY_MS) return;
    evictedAt = now;
    const at = { ...started(now), latestBegan: now };
    while (store.transaction(() => evict(store, at, { retentionMs, engine })).deleted > 0);
  };

  const take = (): void => {
    if (scan === null) return;
    const { began, suppressBefore } = scan;
    const watermark = Math.min(scan.horizon, began - TICK_MS - allowedLatenessMs);
    if (state !== null) missUntil(watermark);
    advance(began);
    const before = withAbsentFrom(started(began), suppressBefore);
    resolveUntil(watermark, before.lastSeq, began);
    if (pending.length === 0) return;
    evictUntil(began);
    const context = scan;
    const fresh = withoutStored(store, pending);
    repeated += pending.length - fresh.length;
    change(began, () => {
      // What only a page shows is not kept.
      const { state: after, opened } = intake({ ...before, recent: {} }, fresh, [], context, began);
      state = { ...after, savedAt: began, latestBegan: Math.max(after.latestBegan, began) };
      isSaved = false;
      absences.noteEntries(
        fresh.map(({ occurredAt }) => occurredAt),
        engine,
      );
      for (const { id, rule } of opened) {
        tally.opened(rule, began);
        const alert = readAlertById(store, id);
        const entry = fresh[(alert?.firstSeq ?? 0) - before.lastSeq - 1];
        if (entry !== undefined && began >= countFrom)
          openings.set(id, entryView(entry.id, entry.createdAt, entry.matched.body));
      }
    });
    pending = [];
  };

  /** Why nobody was notified of the first match of an alert. */
  const whyNot = (alert: number): string => {
    const [row] = store.all<{ decision: string }>(
      'SELECT decision FROM matches WHERE alert = ? AND decision IS NOT NULL ORDER BY seq LIMIT 1',
      alert,
    );
    return decisionsFrom(row?.decision ?? null)?.find(({ notify }) => !notify)?.reason ?? 'no receiver';
  };

  /** Does again what people did before the entry with this number. */
  const actUntil = (seq: number): void => {
    for (let act = acts[actsDone]; act !== undefined && act.seq < seq; act = acts[++actsDone]) {
      take();
      advance(act.at);
      const [done, at] = [act, tally.now()];
      changeByState(at, () => repeatAct(store, setup, done, at));
    }
  };

  return {
    add: (entries) => {
      for (const entry of entries) {
        if (entry.seq !== undefined) actUntil(entry.seq);
        const { id, createdAt, occurredAt, body, revision = 0, mark = null } = entry;
        newestAt = Math.max(newestAt, occurredAt);
        const read = entry.read ?? readByTick(occurredAt, scan, allowedLatenessMs);
        if (!isSameScan(read, scan) || pending.length >= BATCH_MAX) {
          take();
          scan = read;
        }
        if (read.began < countFrom) counted.before++;
        else {
          counted.entries++;
          counted.from = Math.min(counted.from, occurredAt);
          counted.to = Math.max(counted.to, occurredAt);
        }
        const matches = matchesOf(body, occurredAt, mark, engine);
        if (!countsAlone(occurredAt) && matches.length === 0) continue;
        const text = entry.text ?? JSON.stringify(body);
        const matched = { body, matches };
        pending.push({ id, createdAt, occurredAt, text, revision, matched, ...(mark !== null && { mark }) });
      }
    },
    end: (at) => {
      take();
      actUntil(Number.POSITIVE_INFINITY);
      const now = Math.max(at ?? (scan?.began ?? 0) + LAST_MESSAGES_MS, tally.now());
      // Where nobody says how long it goes on, nothing is missed after the last entry.
      if (state !== null) missUntil(Math.min(now - allowedLatenessMs, at === undefined ? newestAt : now));
      advance(now);
      const rows = store.all<AlertRow>('SELECT * FROM alerts ORDER BY id').map(alertFrom);
      const alerts = rows.flatMap((alert): PastAlert[] => {
        const { id, rule, title, level, key, keyParts, status, count, firstAt, lastAt } = alert;
        const opening = openings.get(id);
        if (opening === undefined) return [];
        const notified = tally.notifiedOf(id);
        const notNotified = Object.keys(notified).length > 0 ? null : whyNot(id);
        return [
          { id, rule, title, level, key, keyParts, status, count, firstAt, lastAt, opening, notified, notNotified },
        ];
      });
      const { rules, messages, problems } = tally.end(listedRules([...engine.rules.values()]).map(({ id }) => id));
      own?.close();
      const { before, entries, from, to } = counted;
      const times = entries === 0 ? { from: null, to: null } : { from, to };
      return { before, entries, repeated, ...times, rules, alerts, messages, problems };
    },
  };
}

/** Without what is stored, and what comes twice. */
function withoutStored<E extends Pick<Unrecorded, 'id' | 'revision'>>(
  store: Store,
  entries: readonly E[],
): readonly E[] {
  const taken = new Set<string>();
  return entries.filter(({ id, revision }) => {
    const place = `${revision} ${id}`;
    if (taken.has(place)) return false;
    taken.add(place);
    return store.all('SELECT 1 FROM entries WHERE id = ? AND revision = ?', storedId(id), revision).length === 0;
  });
}

/** The entry that opened an alert; what is known of it, where it was evicted. */
function openingOf(store: Store, alert: Alert): EntryView {
  const row = entryOf(store, 'seq', alert.firstSeq);
  if (row === undefined) return entryFromAlert(alert);
  const { id, createdAt, body } = acceptedFrom(row);
  return entryView(id, createdAt, body);
}

/** The tick that reads an entry; never one before `last`. */
function readByTick(occurredAt: number, last: ScanContext | null, allowedLatenessMs: number): ScanContext {
  const began = Math.max(Math.ceil(occurredAt / TICK_MS) * TICK_MS, last?.began ?? 0);
  return last?.began === began ? last : { began, horizon: began - allowedLatenessMs, suppressBefore: null };
}

function isSameScan(a: ScanContext, b: ScanContext | null): boolean {
  return a.began === b?.began && a.horizon === b.horizon && a.suppressBefore === b.suppressBefore;
}
