/**
 * The security log: who signed in, opened a link, made or revoked a viewer, or operated Tocsin; and how many requests were
 * refused, by the hour. Kept for a year (record/retention.ts).
 *
 * Contract: two rows written for an event, and what a day may write is bounded: nobody can use up the rows that watching needs.
 * What does not fit is not recorded, and the answer says so; it costs one row read, however often it is tried. No time depends
 * on those before it, so a clock that was wrong does no more harm once it is right. A restore takes the log back with
 * everything else.
 */
import { parseJson } from '../text/json.ts';
import type { RefusalCounts, RefusedHour, SecurityAct, SecurityEvent, SecurityLog, SecurityOutcome } from './rpc.ts';
import type { Store } from './store/store.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** A row's id is its time in µs; of those in one millisecond, each has the next. It is a safe integer until the year 2255. */
const IDS_PER_MS = 1_000;

/** Rows of a day, 00:00 to 24:00 UTC, twice: a twenty-fifth of the free plan's. */
const EVENTS_MAX = 2_000;
/**
 * The events of a day, of each act: `own` of one person or link, `all` of everybody, so that no act takes the room of another.
 * Who has LINK_SECRET is not counted in `all`: nobody else can use up their room.
 */
const LIMITS: { readonly [act in SecurityAct]: { readonly own: number; readonly all: number } } = {
  'sign-in': { own: 100, all: 250 },
  'sign-out': { own: 50, all: 120 },
  'link opened': { own: 20, all: 130 },
  'viewer added': { own: 30, all: 70 },
  'viewer revoked': { own: 30, all: 70 },
  'receivers tested': { own: 30, all: 60 },
  resend: { own: 30, all: 60 },
  rewind: { own: 20, all: 40 },
  restore: { own: 10, all: 30 },
  quarantine: { own: 40, all: 80 },
  'alert act': { own: 190, all: 350 },
  silence: { own: 40, all: 90 },
  backfill: { own: 20, all: 40 },
};
if (!(Object.values(LIMITS).reduce((sum, { own, all }) => sum + own + all, 0) <= EVENTS_MAX))
  throw new Error('a day writes more events than it may');

/**
 * Refusals of an hour are written so often at once, and then this often, by all isolates together: 360 rows a day, and one more
 * for each report that also has refusals of an earlier hour. A burst of requests reaches several isolates at once.
 */
const WRITES_AT_ONCE = 8;
const WRITE_EVERY_MS = 7.5 * 60_000;

/** How many events a page has. */
export const EVENTS_SHOWN_MAX = 50;
/** How many hours of refusals are shown. */
export const HOURS_SHOWN = 24;

/** The `who` of anyone with LINK_SECRET. No viewer's is the same: it has an id. */
export const OPERATOR_SECRET = 'operator secret';

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
  const limit = LIMITS[act];
  return store.transaction(() => {
    const [row] = store.all<{ day: number; counts: string }>('SELECT day, counts FROM security_day');
    const counts = row?.day === today ? readCounts(row.counts) : {};
    // No act has a line break.
    const own = `${act}\n${who}`;
    if ((counts[own] ?? 0) >= limit.own) return 'too many';
    const isCountedInAll = who !== OPERATOR_SECRET;
    if (isCountedInAll && (counts[act] ?? 0) >= limit.all) return 'full';
    store.run(
      `INSERT INTO security_day (id, day, counts) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET day = excluded.day, counts = excluded.counts`,
      today,
      JSON.stringify(sumOf(counts, { [own]: 1, [act]: isCountedInAll ? 1 : 0 })),
    );
    // Within its own millisecond, also where our clock was ahead before.
    const id = securityId(now);
    store.run(
      `INSERT INTO security_log (id, act, who, detail, address, agent)
       VALUES ((SELECT coalesce(max(id) + 1, ?1) FROM security_log WHERE id >= ?1 AND id < ?2), ?3, ?4, ?5, ?6, ?7)`,
      id,
      id + IDS_PER_MS,
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
 * Adds refused requests, each to the hour when it came, at most a day ago. False: not now, and the caller keeps them for
 * later. Slots that nobody used stay free until the hour is over. `now`: wall, ms.
 */
export function countRefusals(store: Store, hours: readonly RefusedHour[], now: number): boolean {
  const hour = refusalHour(now);
  return store.transaction(() => {
    const stored = (of: number) =>
      store.all<{ writes: number; counts: string }>('SELECT writes, counts FROM refusals WHERE hour = ?', of)[0];
    const writes = stored(hour)?.writes ?? 0;
    if (now - hour * HOUR_MS < (writes + 1 - WRITES_AT_ONCE) * WRITE_EVERY_MS) return false;
    const oldest = (hour + 1 - HOURS_SHOWN) * HOUR_MS;
    const inTime = hours.map(({ from, counts }) => ({ from: Math.min(now, Math.max(oldest, from)), counts }));
    for (const { from, counts } of sumHours([{ from: now, counts: {} }, ...inTime])) {
      const of = refusalHour(from);
      const row = stored(of);
      store.run(
        `INSERT INTO refusals (hour, writes, counts) VALUES (?, ?, ?)
         ON CONFLICT (hour) DO UPDATE SET writes = excluded.writes, counts = excluded.counts`,
        of,
        (row?.writes ?? 0) + (of === hour ? 1 : 0),
        JSON.stringify(sumOf(readCounts(row?.counts), counts)),
      );
    }
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
    `SELECT id, act, who, detail, address, agent FROM security_log WHERE id < ? ORDER BY id DESC LIMIT ${EVENTS_SHOWN_MAX + 1}`,
    before ?? Number.MAX_SAFE_INTEGER,
  );
  const events = rows.slice(0, EVENTS_SHOWN_MAX).map((row) => ({ ...row, at: Math.floor(row.id / IDS_PER_MS) }));
  const hours = store.all<{ hour: number; counts: string }>(
    'SELECT hour, counts FROM refusals WHERE hour > ?1 - ?2 AND hour <= ?1 ORDER BY hour DESC',
    refusalHour(now),
    HOURS_SHOWN,
  );
  return {
    events,
    next: rows.length > EVENTS_SHOWN_MAX ? (events.at(-1)?.id ?? null) : null,
    refusals: hours
      .map(({ hour, counts }) => ({ from: hour * HOUR_MS, counts: readCounts(counts) }))
      .filter(({ counts }) => Object.keys(counts).length > 0),
  };
}

/** One for each hour, the latest first. */
export function sumHours(parts: readonly RefusedHour[]): RefusedHour[] {
  const sums = new Map<number, RefusalCounts>();
  for (const { from, counts } of parts) {
    const hour = refusalHour(from);
    sums.set(hour, sumOf(sums.get(hour) ?? {}, counts));
  }
  return [...sums].sort(([a], [b]) => b - a).map(([hour, counts]) => ({ from: hour * HOUR_MS, counts }));
}

/** Both counts together. */
function sumOf(counts: RefusalCounts, more: RefusalCounts): RefusalCounts {
  const sum: Record<string, number> = { ...counts };
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + count;
  return sum;
}

/** Nothing where the JSON is damaged. */
function readCounts(text: string | undefined): RefusalCounts {
  const json = parseJson(text ?? '{}');
  return typeof json === 'object' && json !== null ? (json as RefusalCounts) : {};
}
