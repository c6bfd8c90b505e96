/**
 * What of a day's allowances is used, and which limits of Cloudflare's plan it is near. Pure.
 *
 * Contract: a day is UTC's, and begins with nothing used. It never goes back, unless the clock was far ahead. What others of
 * the account use of the same limits is not known, so every count is a lower bound of what counts for Cloudflare.
 */
import type { Plan } from '../../config/watch.ts';
import type { Allowance, AllowanceUsage, DayUsage, UsageStatus } from '../rpc.ts';

const HOUR_MS = 60 * 60_000;
export const DAY_MS = 24 * HOUR_MS;

/**
 * The free plan's limits a day; they reset at 00:00 UTC. The paid plan has monthly prices, and no such limits.
 * https://developers.cloudflare.com/durable-objects/platform/pricing/ (rows; requests of Durable Objects, with alarms)
 * https://developers.cloudflare.com/kv/platform/limits/ and https://developers.cloudflare.com/workers/platform/limits/
 */
const FREE_LIMITS: Readonly<Record<Allowance, number>> = {
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
  // Ours, a fifth of the plan's: the rest is for watching, whatever visitors do.
  visitorReads: 1_000_000,
  kvWrites: 1_000,
  requests: 100_000,
  ledgerRequests: 100_000,
};
export const ALLOWANCES = Object.keys(FREE_LIMITS) as readonly Allowance[];

/**
 * What visitors read is stored so far ahead: an eviction then loses none of it, however many there are, and no more than this
 * is counted that was not read. It is a row written for so many rows read: 2,000 a day, a fiftieth of the plan's.
 */
export const VISITOR_READS_AHEAD = FREE_LIMITS.visitorReads / 2_000;

/** In percent. At the limit itself nothing can be stored, so people are notified while a hundredth is left. */
const NEAR_PERCENT = 80;
const REACHED_PERCENT = 99;

/** A clock is set right by less than this; one that is set back further was wrong before. */
const SET_BACK_MAX_MS = HOUR_MS;

/** Adds to what is used; absent is 0. */
export type Spent = Partial<Readonly<Record<Allowance, number>>>;

/** A day of which nothing is used; `now` in ms since the epoch. */
export function newDay(now: number): DayUsage {
  return {
    day: Math.floor(now / DAY_MS),
    rowsWritten: 0,
    rowsRead: 0,
    visitorReads: 0,
    kvWrites: 0,
    requests: 0,
    ledgerRequests: 0,
  };
}

/** The usage of the day that it is: as it is, or of a new day. */
export function rolledOver(usage: DayUsage, now: number): DayUsage {
  const isPast = now >= resetsAt(usage);
  const isFuture = now < beganAt(usage) - SET_BACK_MAX_MS;
  return isPast || isFuture ? newDay(now) : usage;
}

/** With what was spent on the same day. */
export function plus(usage: DayUsage, spent: Spent): DayUsage {
  return { ...usage, ...Object.fromEntries(ALLOWANCES.map((of) => [of, usage[of] + (spent[of] ?? 0)])) };
}

/** The greater of each count; both are of the same day. */
export function most(a: DayUsage, b: DayUsage): DayUsage {
  return { ...a, ...Object.fromEntries(ALLOWANCES.map((of) => [of, Math.max(a[of], b[of])])) };
}

/** When its day began, and when the next one begins; wall, ms. */
export function beganAt({ day }: DayUsage): number {
  return day * DAY_MS;
}

export function resetsAt({ day }: DayUsage): number {
  return (day + 1) * DAY_MS;
}

/** Each allowance beside its limit. */
export function allowancesOf(usage: DayUsage, plan: Plan): readonly AllowanceUsage[] {
  return ALLOWANCES.map((of) => {
    const limit = plan === 'paid' ? null : FREE_LIMITS[of];
    return { of, used: usage[of], limit, state: stateOf(usage[of], limit) };
  });
}

/** Whether visitors have used what of the day's reads is for them. */
export function isSpentByVisitors({ visitorReads }: DayUsage, plan: Plan): boolean {
  return plan === 'free' && visitorReads >= FREE_LIMITS.visitorReads;
}

/** Rows written of a day by what can wait, ours: a tenth of the plan's. */
const CATCHING_UP_ROWS_MAX = 10_000;

/**
 * Whether work that can wait may write rows today. `rows`: those of the day, the next write included. Not once half of the day's
 * rows are used. The paid plan has no limit.
 */
export function canCatchUp(rows: number, { rowsWritten }: DayUsage, plan: Plan): boolean {
  return plan === 'paid' || (rows <= CATCHING_UP_ROWS_MAX && rowsWritten < FREE_LIMITS.rowsWritten / 2);
}

/** Rows of a day for passes over what is recorded (record/pass.ts), ours: a fifth of the plan's. */
const PASS_READ_MAX = 1_000_000;
const PASS_WRITTEN_MAX = 20_000;
/** What a step may read and write beyond that it was allowed. */
const STEP_READ = 10_000;

/**
 * Whether another step of a pass may read and write rows today. `read`, `written`: those of the day's passes. Not once the
 * day's rows are nearly used: the watch needs the rest. The paid plan has no limit.
 */
export function canPass(read: number, written: number, usage: DayUsage, plan: Plan): boolean {
  if (plan === 'paid') return true;
  const isNear = (['rowsRead', 'rowsWritten'] as const).some((of) => stateOf(usage[of], FREE_LIMITS[of]) !== 'ok');
  return read <= PASS_READ_MAX - STEP_READ && written < PASS_WRITTEN_MAX && !isNear;
}

function stateOf(used: number, limit: number | null): AllowanceUsage['state'] {
  if (limit === null || used * 100 < limit * NEAR_PERCENT) return 'ok';
  return used * 100 < limit * REACHED_PERCENT ? 'near' : 'reached';
}

/** For the status. */
export function usageStatus(usage: DayUsage, plan: Plan): UsageStatus {
  return { plan, resetsAt: resetsAt(usage), allowances: allowancesOf(usage, plan) };
}
