/**
 * The security log: who signed in, opened a link, made or revoked a viewer, or operated Tocsin; and how many requests were
 * refused, by the hour. Kept for a year (record/retention.ts).
 *
 * Contract: two rows written for an event, and what a day may write is bounded: nobody can use up the rows that watching needs.
 * What does not fit is not recorded, and the answer says so; it costs one row read, however often it is tried. A restore takes the
 * log back with everything else.
 */
import { parseJson } from '../text/json.ts';
import type { RefusalCounts, SecurityAct, SecurityEvent, SecurityLog, SecurityOutcome } from './rpc.ts';
import type { Store } from './store/store.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** A row's id is its time in µs; of those in one millisecond, each has the next. It is a safe integer until the year 2255. */
const IDS_PER_MS = 1_000;

/** Events of a day, 00:00 to 24:00 UTC: a fiftieth of the free plan's rows. */
const EVENTS_MAX = 1_000;
/**
 * The same, for what somebody else than an operator can cause: of one person or link, and of all. What operators do always
 * has the rest.
 */
const LIMITS: { readonly [act in SecurityAct]?: { readonly own: number; readonly all: number } } = {
  'sign-in': { own: 100, all: 400 },
  'sign-out': { own: 100, all: 200 },
  'link opened': { own: 20, all: 200 },
};
if (!(Object.values(LIMITS).reduce((sum, { all }) => sum + all, 0) < EVENTS_MAX))
  throw new Error('operators must have room of their own');

/** Refusals of an hour are written this often at most, by all isolates together: 384 rows a day. */
const WRITE_EVERY_MS = 4 * 60_000;

/** How many events a page has. */
export const SECURITY_PAGE = 50;
/** How many hours of refusals are shown. */
const HOURS_SHOWN = 24;

/** The first id of a time, wall, ms. */
export function securityId(at: number): number {
  return at * IDS_PER_MS;
}

/** The `refusals` row of a time, wall, ms: hours since the epoch. */
export function refusalHour(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** Records an event. `now`: wall, ms. Throws what the store throws. */
export function recordSecurity(store: Store, event: SecurityEvent, now: number): SecurityOutcome {
  const { act, who, detail, address, agent } = event;
  const today = Math.floor(now / DAY_MS);
  return store.transaction(() => {
    const [row] = store.all<{ day: number; counts: string }>('SELECT day, counts FROM security_day');
    const counts = row?.day === today ? readCounts(row.counts) : {};
    // No act has a line break.
    const [all, same, own] = ['', act, `${act}\n${who}`];
    const isBelow = (key: string, most: number): boolean => (counts[key] ?? 0) < most;
    const limit = LIMITS[act];
    if (limit !== undefined && !isBelow(own, limit.own)) return 'too many';
    if (!isBelow(all, EVENTS_MAX) || (limit !== undefined && !isBelow(same, limit.all))) return 'full';
    store.run(
      `INSERT INTO security_day (id, day, counts) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET day = excluded.day, counts = excluded.counts`,
      today,
      JSON.stringify(sumOf(counts, { [all]: 1, [same]: 1, [own]: 1 })),
    );
    store.run(
      `INSERT INTO security_log (id, act, who, detail, address, agent)
       VALUES (max(?, 1 + (SELECT coalesce(max(id), 0) FROM security_log)), ?, ?, ?, ?, ?)`,
      securityId(now),
      act,
      who,
      detail,
      address,
      agent,
    );
    return 'recorded';
  });
}

/**
 * Adds refused requests to the hour of `now`. False: not now, and the caller keeps them for later. Slots that
 * nobody used stay free until the hour is over.
 */
export function countRefusals(store: Store, counts: RefusalCounts, now: number): boolean {
  const hour = refusalHour(now);
  return store.transaction(() => {
    const [row] = store.all<{ writes: number; counts: string }>(
      'SELECT writes, counts FROM refusals WHERE hour = ?',
      hour,
    );
    const writes = row?.writes ?? 0;
    if (now - hour * HOUR_MS < writes * WRITE_EVERY_MS) return false;
    store.run(
      `INSERT INTO refusals (hour, writes, counts) VALUES (?, ?, ?)
       ON CONFLICT (hour) DO UPDATE SET writes = excluded.writes, counts = excluded.counts`,
      hour,
      writes + 1,
      JSON.stringify(sumOf(readCounts(row?.counts), counts)),
    );
    return true;
  });
}

type EventRow = {
  id: number;
  act: SecurityAct;
  who: string;
  detail: string | null;
  address: string | null;
  agent: string | null;
};

/** A page of events, newest first, and the refusals of the last 24 hours. Reads what it returns, and one row more. */
export function readSecurityLog(store: Store, before: number | null, now: number): SecurityLog {
  const rows = store.all<EventRow>(
    `SELECT id, act, who, detail, address, agent FROM security_log WHERE id < ? ORDER BY id DESC LIMIT ${SECURITY_PAGE + 1}`,
    before ?? Number.MAX_SAFE_INTEGER,
  );
  const events = rows.slice(0, SECURITY_PAGE).map((row) => ({ ...row, at: Math.floor(row.id / IDS_PER_MS) }));
  const hours = store.all<{ hour: number; counts: string }>(
    'SELECT hour, counts FROM refusals WHERE hour > ? ORDER BY hour DESC LIMIT ?',
    refusalHour(now) - HOURS_SHOWN,
    HOURS_SHOWN,
  );
  return {
    events,
    next: rows.length > SECURITY_PAGE ? (events.at(-1)?.id ?? null) : null,
    refusals: hours.map(({ hour, counts }) => ({ from: hour * HOUR_MS, counts: readCounts(counts) })),
  };
}

/** Both counts together. */
export function sumOf(counts: RefusalCounts, more: RefusalCounts): RefusalCounts {
  const sum: Record<string, number> = { ...counts };
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

/** Nothing where the JSON is damaged. */
function readCounts(text: string | undefined): RefusalCounts {
  const json = parseJson(text ?? '{}');
  return typeof json === 'object' && json !== null ? (json as RefusalCounts) : {};
}
