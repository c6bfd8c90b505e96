/**
 * Health checks of what was read: late entries, clocks that differ, a log that has gone silent.
 *
 * Contract: call them in a transaction; they write only what changes. Durations in ms, `now` is wall.
 */
import { ALLOWED_LATENESS_MAX_MS } from '../../config/watch.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { formatDuration } from '../../text/duration.ts';
import { counted } from '../../text/numbers.ts';
import { utcText } from '../../text/times.ts';
import type { Store } from '../store/store.ts';
import { isHealthAlertOpen, raiseHealthAlert, resolveHealthAlert } from './health-alerts.ts';
import type { MeasuredLateness } from './lateness.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Lateness above this share of the allowance is too near to it. */
const NEAR = 0.8;
/** Clocks are apart beyond the first, and together again within the second. */
const APART_MS = MINUTE_MS;
const TOGETHER_MS = MINUTE_MS / 2;
const SILENT_AFTER_MS = DAY_MS;
/** A log that had no entry in this time before the silence has none to miss. */
const SILENT_BEFORE_MS = 8 * DAY_MS;

/** Raises a health alert where entries were later than allowed, or nearly. */
export function checkLateness(
  store: Store,
  { latest, beyond }: MeasuredLateness,
  allowedLatenessMs: number,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  const allowed = formatDuration(allowedLatenessMs);
  if (beyond !== null) {
    const { count, atMostMs } = beyond;
    const what = `${counted(count, 'entry', 'entries')} became visible up to ${seconds(atMostMs)} after created_at, too late for ALLOWED_LATENESS (${allowed}), and ${count === 1 ? 'is' : 'are'} recorded now`;
    raiseHealthAlert(store, 'late-entries', `${what}. ${setting(atMostMs, allowedLatenessMs)}`, receivers, now);
  }
  if (latest === null || latest.atLeastMs <= NEAR * allowedLatenessMs || latest.atLeastMs >= allowedLatenessMs) return;
  const what = `an entry became visible ${seconds(latest.atLeastMs)} or more after created_at, and ALLOWED_LATENESS is ${allowed}`;
  raiseHealthAlert(
    store,
    'lateness-near',
    `${what}. ${setting(latest.atMostMs / NEAR, allowedLatenessMs)}`,
    receivers,
    now,
  );
}

/** What to set, so that lateness of so many ms is allowed. */
function setting(latenessMs: number, allowedLatenessMs: number): string {
  const least = Math.ceil(latenessMs / MINUTE_MS) * MINUTE_MS;
  const enough = formatDuration(Math.min(least, ALLOWED_LATENESS_MAX_MS));
  const deploy = `Set ALLOWED_LATENESS = "${enough}" and run "npm run deploy"`;
  if (least <= ALLOWED_LATENESS_MAX_MS) return deploy;
  const later = `What is later than ${enough}, the most that can be allowed, is found by re-reads, hours later`;
  return allowedLatenessMs < ALLOWED_LATENESS_MAX_MS ? `${deploy}. ${later}` : later;
}

function seconds(ms: number): string {
  return formatDuration(Math.floor(ms / 1_000) * 1_000);
}

/** Raises or resolves the health alert about `Date` and our clock; `offsetMs`: how far `Date` is ahead. */
export function checkClocks(store: Store, offsetMs: number, receivers: readonly RoutedReceiver[], now: number): void {
  const apartMs = Math.abs(offsetMs);
  if (apartMs > APART_MS) {
    const direction = offsetMs > 0 ? 'ahead of' : 'behind';
    const summary = `Nirvana Labs' clock is ${seconds(apartMs)} ${direction} our clock`;
    raiseHealthAlert(store, 'clocks-apart', summary, receivers, now);
  } else if (apartMs <= TOGETHER_MS) {
    resolveHealthAlert(store, 'clocks-apart', "Nirvana Labs' clock agrees with ours", receivers, now);
  }
}

/**
 * Raises or resolves the health alert about a log without entries. `newestAt`: event time of the newest entry that proves
 * that entries arrive; null: there was none. Everything before `watermark` is recorded.
 */
export function checkSilence(
  store: Store,
  { newestAt, watermark }: { readonly newestAt: number | null; readonly watermark: number },
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  if (newestAt === null) return;
  const silentMs = watermark - newestAt;
  if (silentMs < SILENT_AFTER_MS) {
    resolveHealthAlert(store, 'silent-log', 'the audit log has new entries again', receivers, now);
  } else if (silentMs < SILENT_BEFORE_MS || isHealthAlertOpen(store, 'silent-log')) {
    const last = utcText(newestAt, 'minutes') ?? new Date(newestAt).toISOString();
    const summary = `the audit log has had no entry for ${Math.floor(silentMs / DAY_MS) === 1 ? 'a day' : `${Math.floor(silentMs / DAY_MS)} days`}; the last is of ${last}`;
    raiseHealthAlert(store, 'silent-log', summary, receivers, now);
  }
}
