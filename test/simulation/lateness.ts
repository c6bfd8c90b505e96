/**
 * Worlds in which entries become visible later than allowed: a day and a half of the real client, poll and ledger over the
 * sandbox, with faults, evictions and overlapping ticks. A plain model says by when each entry must have been recorded.
 *
 * Its rules, of the lateness alone: an entry within the allowance is due with the next scan; where one was found that was
 * late by u, what is late by at most 1.7 u is due with the next re-read, every tenth of its depth, which is twice the greatest
 * age at which one was found; what a page of the newest entries shows for an hour is due by then; all else that is at most 12
 * hours late is due after half a day and the three hours of a re-read. Each with `SLACK_MS` for ticks that fail. What is later
 * than that may be missed.
 */
import { createClient } from '../../src/audit-log/client.ts';
import { createLedger, type Ledger } from '../../src/ledger/record/ledger.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { poll } from '../../src/poller/poll.ts';
import { compile } from '../../src/sigma/index.ts';
import { createSandbox } from '../sandbox/app.ts';
import { entryAt } from '../sandbox/odd.ts';
import { DIALECTS, type Dialect } from '../sandbox/query.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { detection } from '../support/rules.ts';
import { createDice, type Dice } from './random.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 5, 12);
const ALLOWED_LATENESS_MS = 5 * MINUTE;
/** Ticks of a quiet log are made this far apart, to save time. */
const TICK_MS = 3 * MINUTE;
const LASTS_MS = 36 * HOUR;
const SLACK_MS = 5 * TICK_MS;
const PAGE = 100;
const API_KEY = 'sandbox-key-0123456789abcdef';
const EVERY = detection('every', { expression: { kind: 'and', of: [] } });

export interface LatenessRun {
  readonly problems: readonly string[];
  /** How many entries were later than allowed, and how many of them were due before the half day's re-read. */
  readonly late: number;
  readonly soon: number;
  readonly evictions: number;
}

interface Written {
  readonly id: string;
  readonly createdAt: number;
  readonly appearsAt: number;
}

/** How late the entry of an instant becomes visible. */
type LateBy = (at: number) => number;

const MODES = {
  /** All in time. */
  none: (dice: Dice): LateBy => {
    const share = dice.next();
    return () => (dice.chance(share) ? dice.between(0, ALLOWED_LATENESS_MS - 2 * MINUTE) : 0);
  },
  /** The clock of created_at is behind, for ever or for a while. */
  behind: (dice: Dice): LateBy => {
    const by = dice.between(6, 90) * MINUTE;
    const from = START + dice.between(-2, 12) * HOUR;
    const to = dice.chance(0.5) ? Number.POSITIVE_INFINITY : from + dice.between(1, 10) * HOUR;
    return (at) => (at >= from && at < to ? by : 0);
  },
  /** Some are late by minutes. */
  minutes: (dice: Dice): LateBy => {
    const share = dice.next() * 0.1;
    return () => (dice.chance(share) ? dice.between(0, 40) * MINUTE : 0);
  },
  /** A few are late by hours. */
  hours: (dice: Dice): LateBy => {
    const share = dice.next() * 0.02;
    return () => (dice.chance(share) ? dice.between(1, 16 * 60) * MINUTE : 0);
  },
} as const;

/** Runs one seed. */
export async function runLateness(seed: number): Promise<LatenessRun> {
  const dice = createDice(seed);
  let now = START;
  const dialect = dice.pick(DIALECTS);
  const sandbox = createSandbox({
    ...{ seed, dialect, apiKey: API_KEY, now: () => now, sleep: () => Promise.resolve() },
    logOwnReads: false,
  });
  const mode = dice.pick(['none', 'behind', 'minutes', 'hours'] as const);
  const log = write(dice, MODES[mode](dice));
  sandbox.append(...log.map(({ id, createdAt, appearsAt }): LogRecord => ({ ...entryAt(createdAt, id), appearsAt })));

  const store = nodeStore();
  const start = (): Ledger =>
    createLedger(store, {
      engine: compile({ version: 'one', rules: [EVERY] }),
      ...{ allowedLatenessMs: ALLOWED_LATENESS_MS, retentionMs: 30 * 24 * HOUR, blindAfterMs: HOUR },
      receivers: [{ name: 'slack', minLevel: 'low', problem: null }],
    });
  let ledger = start();
  /** A call may fail before it is done, or though it was done. */
  const call = async <T>(done: () => T): Promise<T> => {
    if (dice.chance(rates.call)) throw new Error('the call failed');
    const result = done();
    if (dice.chance(rates.call)) throw new Error('the answer was lost');
    return result;
  };
  const api: LedgerApi = {
    begin: (input) => call(() => ledger.begin(input, now)),
    record: (batch) => call(() => ledger.record(batch, now)),
    flush: (version, most) => call(() => ledger.flush(version, most, now)),
    quarantineCandidate: (record) => call(() => ledger.quarantineCandidate(record, now)),
    recordFailedTick: (failure) => call(() => ledger.recordFailedTick(failure, now)),
    canRecord: () => call(() => ledger.canRecord(now)),
  };
  const rates = {
    call: dice.chance(0.5) ? 0 : dice.next() * 0.02,
    error: dice.chance(0.5) ? 0 : dice.next() * 0.1,
    rejectedCursor: dice.chance(0.5) ? 0 : dice.next() * 0.03,
    evicted: dice.pick([0, 0.02, 1]),
    doubled: dice.next() * 0.1,
    skipped: dice.next() * 0.1,
  };
  sandbox.faults.set({
    error: { probability: rates.error },
    rejectedCursor: { probability: rates.rejectedCursor },
  });
  const tick = (): Promise<unknown> => {
    const fetch = (url: string, init?: RequestInit): Promise<Response> => sandbox.fetch(url, init);
    const upstream = { baseUrl: 'https://upstream.example', apiKey: API_KEY, fetch };
    const auditLog = createClient({ ...upstream, sleep: () => Promise.resolve(), random: () => 0, now: () => now });
    return poll({
      kv: { get: async () => new Map(), put: async () => undefined },
      ...{ ledger: api, auditLog, now: () => now, allowedLatenessMs: ALLOWED_LATENESS_MS },
      ...{ requests: 40, ms: 45_000, startAt: START - HOUR, suppressFirstRead: false },
    }).catch(() => undefined);
  };

  const recordedAt = new Map<string, number>();
  let seq = 0;
  let evictions = 0;
  for (; now < START + LASTS_MS; now += TICK_MS) {
    if (!dice.chance(rates.skipped)) await (dice.chance(rates.doubled) ? Promise.all([tick(), tick()]) : tick());
    for (const row of store.all<{ seq: number; id: string }>('SELECT seq, id FROM entries WHERE seq > ?', seq)) {
      seq = row.seq;
      recordedAt.set(row.id, now);
    }
    if (!dice.chance(rates.evicted)) continue;
    evictions++;
    ledger = start();
  }

  const due = deadlines(log, dialect, recordedAt);
  const problems = [...due].flatMap(([id, { by, why }]) => {
    const at = recordedAt.get(id) ?? Number.POSITIVE_INFINITY;
    if (by >= now || at <= by) return [];
    const when = Number.isFinite(at) ? `recorded ${Math.round((at - by) / 1000)}s after it was due` : 'not recorded';
    return [`${mode}, ${dialect}: ${id} is ${when} (${why})`];
  });
  const rows = store.all<{ id: string }>('SELECT id FROM entries');
  if (new Set(rows.map(({ id }) => id)).size !== rows.length) problems.push('an entry is recorded twice');
  for (const { id, createdAt, appearsAt } of log) {
    if (createdAt < START - HOUR && recordedAt.has(id)) problems.push(`${id} is older than where reading began`);
    if (recordedAt.has(id) && appearsAt > now) problems.push(`${id} was recorded before it was shown`);
  }
  const { watermark } = store.all<{ watermark: number }>(
    "SELECT value ->> '$.checkpoint.watermark' AS watermark FROM state",
  )[0] as { watermark: number };
  if (now - watermark > HOUR) problems.push('the watermark does not follow');

  const tooLate = log.filter((entry) => lateness(entry) > ALLOWED_LATENESS_MS);
  const isRaised = store.all("SELECT 1 FROM health_alerts WHERE kind = 'late-entries'").length > 0;
  const found = tooLate.some(({ id, createdAt }) => {
    const at = recordedAt.get(id) ?? 0;
    return createdAt >= START - HOUR && at > START + HOUR && at - createdAt > ALLOWED_LATENESS_MS + 2 * SLACK_MS;
  });
  if (tooLate.length === 0 && isRaised) problems.push('a health alert about late entries, of which there are none');
  if (found && !isRaised) problems.push('late entries were recorded, and nobody was notified');
  store.close();
  const soon = [...due.values()].filter(({ why }) => why === 'found late' || why === 'newest page').length;
  return { problems: problems.slice(0, 10), late: tooLate.length, soon, evictions };
}

function lateness({ createdAt, appearsAt }: Written): number {
  return appearsAt - createdAt;
}

/** A log from three hours before the start, an entry every few minutes, with bursts. */
function write(dice: Dice, lateBy: LateBy): Written[] {
  const log: Written[] = [];
  for (let at = START - 3 * HOUR; at < START + LASTS_MS; at += dice.between(10, 600) * 1_000) {
    const burst = dice.chance(0.02) ? dice.between(20, 150) : 1;
    for (let n = 0; n < burst; n++) {
      const createdAt = at + n * 37;
      log.push({ id: `e-${log.length}`, createdAt, appearsAt: createdAt + lateBy(at) });
    }
  }
  return log;
}

/** By when each entry must have been recorded, and why. */
function deadlines(log: readonly Written[], dialect: Dialect, recordedAt: ReadonlyMap<string, number>) {
  const due = new Map<string, { by: number; why: string }>();
  const byTime = [...log].sort((a, b) => a.createdAt - b.createdAt);
  const finds = log
    .map((entry) => {
      const at = recordedAt.get(entry.id) ?? Number.POSITIVE_INFINITY;
      return { at, lateMs: lateness(entry), ageMs: at - entry.createdAt };
    })
    .filter(({ at, ageMs }) => Number.isFinite(at) && ageMs > ALLOWED_LATENESS_MS);
  /** Those that no scan can have recorded. */
  const sure = finds.filter(({ at, lateMs }) => at > START + HOUR && lateMs > ALLOWED_LATENESS_MS + 2 * SLACK_MS);
  for (const [index, entry] of byTime.entries()) {
    const { id, createdAt, appearsAt } = entry;
    if (createdAt < START - HOUR) continue;
    const lateMs = lateness(entry);
    // What the first read shows is in time, however old.
    const seen = Math.max(appearsAt, START);
    const set = (by: number, why: string): void => {
      if (by + SLACK_MS < (due.get(id)?.by ?? Number.POSITIVE_INFINITY)) due.set(id, { by: by + SLACK_MS, why });
    };
    if (lateMs <= ALLOWED_LATENESS_MS || appearsAt <= START) {
      set(seen, 'in time');
      continue;
    }
    // Oldest first, a re-read begins at a cursor that was stored before: there is one after the first full page.
    if (dialect === 'oldest-first' && (index < 2.5 * PAGE || createdAt < START + 3 * HOUR)) continue;
    if (lateMs <= 12 * HOUR) set(seen + 15 * HOUR, 'half a day');
    const isShown = isAmongNewest(byTime, index, seen, seen + HOUR + SLACK_MS);
    if (dialect !== 'oldest-first' && isShown) set(seen + HOUR, 'newest page');
    const known = sure.filter(({ at }) => at <= seen);
    if (!known.some((found) => lateMs <= Math.min(1.7 * found.lateMs, 20 * HOUR))) continue;
    // A deeper re-read, after another one was found meanwhile, comes less often.
    const depthMs = Math.max(
      ...finds.filter(({ at }) => at <= seen + 3 * HOUR).map(({ ageMs }) => Math.min(24 * HOUR, 2 * ageMs)),
    );
    set(seen + depthMs / 10 + depthMs / 40, 'found late');
  }
  return due;
}

/** Whether an entry is on the page of the newest ones from one time to another. */
function isAmongNewest(byTime: readonly Written[], index: number, from: number, to: number): boolean {
  let later = 0;
  for (let i = index + 1; i < byTime.length; i++) {
    const other = byTime[i] as Written;
    if (other.createdAt > to || later >= PAGE) break;
    if (other.appearsAt <= to) later++;
  }
  return from < to && later < PAGE - 1;
}
