/**
 * The settings of reading: from when, how late entries may appear, how much per tick, and whether others use the API key.
 *
 * Contract: pure. A wrong number or word falls back to its default and is reported.
 */
import { formatDuration, parseDuration } from '../text/duration.ts';
import {
  type Environment,
  IN_VARS,
  type Reading,
  readChoice,
  readDuration,
  type SettingProblem,
  type Take,
} from './setting.ts';
import { readStartAt, type StartAt } from './values.ts';

export interface WatchSettings {
  /** Cloudflare's, which limits what a day may use (ledger/health/usage.ts). */
  readonly plan: Plan;
  readonly startAt: StartAt;
  /** The first start records the past and notifies nobody of it. */
  readonly suppressFirstRead: boolean;
  /** How late an entry may appear in the log and still be read by the next tick. */
  readonly allowedLatenessMs: number;
  /** After so long without any progress in reading, Tocsin is blind. */
  readonly blindAfterMs: number;
  /** How long entries are kept. */
  readonly retentionMs: number;
  /** Others use our API key on purpose: what they do with it is no sign of theft. */
  readonly apiKeyShared: boolean;
  /** A tick stops at the first of these limits; the next tick continues. */
  readonly pagesPerTick: number;
  readonly secondsPerTick: number;
}

/**
 * Pages and seconds a tick, by Cloudflare's plan. Free: 50 subrequests an invocation, so 40 pages leave room for
 * retries. Paid: 10,000. 45 seconds end before the next minute's tick begins.
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests
 */
const BUDGETS = {
  free: { pagesPerTick: 40, secondsPerTick: 45 },
  paid: { pagesPerTick: 300, secondsPerTick: 45 },
} as const;

/** The least and the greatest `ALLOWED_LATENESS`: each tick reads that much of the log again. */
const ALLOWED_LATENESS_MIN_MS = 60_000;
export const ALLOWED_LATENESS_MAX_MS = 60 * 60_000;

const PLANS = ['free', 'paid'] as const;
export type Plan = (typeof PLANS)[number];
const YES_OR_NO = ['true', 'false'] as const;
const FIRST_READS = ['notify', 'record'] as const;
const START_AT_FORMS = 'a time such as `2026-01-31T00:00:00Z` or a duration back such as `1h` or `7d`';

/** Reads them. `notices`: settings that are valid by themselves but don't fit together. */
export function readWatch(
  env: Environment,
  take: Take,
): { readonly watch: WatchSettings; readonly notices: readonly SettingProblem[] } {
  /** The value, or the default; a wrong value is a problem. */
  function takeOr<T>(setting: string, reading: Reading<T>, fallback: T, written: string, right: string): T {
    const meanwhile = `the default is used: ${written}`;
    return take(setting, reading, { missing: null, meanwhile, hint: `set it to ${right}, ${IN_VARS}` }) ?? fallback;
  }
  const duration = (setting: string, fallback: string, least: string, most: string) =>
    takeOr(
      setting,
      readDuration(env, setting, ms(least), ms(most)),
      ms(fallback),
      fallback,
      `a duration from ${least} to ${most} such as \`${fallback}\``,
    );
  const plan = takeOr<Plan>(
    'PLAN',
    readChoice(env, 'PLAN', PLANS),
    'free',
    'free',
    "`free` or `paid`, your Cloudflare Workers plan's",
  );
  const firstRead = takeOr<(typeof FIRST_READS)[number]>(
    'FIRST_READ',
    readChoice(env, 'FIRST_READ', FIRST_READS),
    'notify',
    'notify',
    '`notify` or `record` (`silent` of version 0.1 is now `record`, `loud` is `notify`)',
  );
  const shared = takeOr<(typeof YES_OR_NO)[number]>(
    'API_KEY_SHARED',
    readChoice(env, 'API_KEY_SHARED', YES_OR_NO),
    'false',
    'false',
    '`true` where a second deployment uses the same API key on purpose, else remove it',
  );
  const watch: WatchSettings = {
    plan,
    startAt: takeOr<StartAt>(
      'START_AT',
      readStartAt(env, 'START_AT'),
      { kind: 'ago', agoMs: ms('1h') },
      '1h before the first start',
      START_AT_FORMS,
    ),
    suppressFirstRead: firstRead === 'record',
    allowedLatenessMs: duration(
      'ALLOWED_LATENESS',
      '5m',
      formatDuration(ALLOWED_LATENESS_MIN_MS),
      formatDuration(ALLOWED_LATENESS_MAX_MS),
    ),
    blindAfterMs: duration('BLIND_AFTER', '15m', '10m', '24h'),
    apiKeyShared: shared === 'true',
    retentionMs: duration('RETENTION', '30d', '1d', '365d'),
    ...BUDGETS[plan],
  };
  return { watch, notices: oddities(watch) };
}

function ms(duration: string): number {
  return parseDuration(duration) ?? 0;
}

/** Settings that are valid by themselves but don't fit together. */
function oddities({ startAt, retentionMs }: WatchSettings): readonly SettingProblem[] {
  if (startAt.kind !== 'ago' || startAt.agoMs <= retentionMs) return [];
  const back = formatDuration(startAt.agoMs);
  return [
    {
      setting: 'START_AT',
      severity: 'notice',
      problem: `is ${back} back, further than entries are kept (RETENTION, ${formatDuration(retentionMs)})`,
      meanwhile: 'entries older than RETENTION are counted and not recorded',
      hint: `set a shorter START_AT or a longer RETENTION, ${IN_VARS}`,
    },
  ];
}
