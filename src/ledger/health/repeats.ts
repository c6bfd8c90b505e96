/**
 * How often people are notified of a health alert that is raised again. Pure; times are wall, in ms.
 *
 * Contract: what lasts is repeated every hour of its first day and then daily, until it is over; an event, at most so often.
 */
import { LASTING } from '../../alert/health-words.ts';
import type { HealthAlertKind, HealthEventKind, HealthProblemKind } from '../../alert/notification.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** How long an event that is raised again notifies nobody. */
const EVENT_REPEAT_MS: Readonly<Record<HealthEventKind, number>> = {
  'dead-delivery': HOUR_MS,
  quarantine: HOUR_MS,
  overflow: DAY_MS,
  'forgotten-marks': DAY_MS,
  'late-entries': 4 * HOUR_MS,
  'lateness-near': DAY_MS,
  // Raised once a day at most (changed-entries.ts).
  'changed-entries': 0,
  // Sent by the tick, at most once an hour (poller/ledger-failure.ts).
  'ledger-failing': HOUR_MS,
};

/**
 * A problem that returns within this time after its last notification reopens without notifying; people are notified when
 * the time has passed. So a problem that comes and goes with every tick does not notify each time. Blindness takes
 * minutes to begin, and always notifies.
 */
const REOPEN_AFTER_MS: Readonly<Partial<Record<HealthAlertKind, number>>> = {
  'key-refused': HOUR_MS / 2,
  'unhealthy-receiver': HOUR_MS / 2,
  backlog: HOUR_MS / 2,
  'clocks-apart': 6 * HOUR_MS,
  'unread-entries': HOUR_MS,
};

/** A health alert as its row has it. */
export interface HealthAlertTimes {
  readonly isOpen: boolean;
  readonly since: number;
  readonly notifiedAt: number;
}

/** From when on a health alert that is raised again notifies. */
export function notifiesAgainAt(kind: HealthAlertKind, times: HealthAlertTimes): number {
  const { isOpen, notifiedAt } = times;
  if (!(isOpen && wasNotified(times))) return notifiedAt + (REOPEN_AFTER_MS[kind] ?? 0);
  if (!isLasting(kind)) return notifiedAt + EVENT_REPEAT_MS[kind];
  // It is raised only when its next step begins.
  if (kind === 'key-expiring') return notifiedAt;
  return notifiedAt + (notifiedAt - times.since < DAY_MS ? HOUR_MS : DAY_MS);
}

/** Whether people were notified of a health alert since it last began. */
export function wasNotified({ since, notifiedAt }: Pick<HealthAlertTimes, 'since' | 'notifiedAt'>): boolean {
  return notifiedAt >= since;
}

/** Whether a kind lasts, with a beginning and an end. */
export function isLasting(kind: HealthAlertKind): kind is HealthProblemKind {
  return LASTING.some((each) => each === kind);
}
