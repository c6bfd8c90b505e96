/** Notifications as they come out of storage, where an older version of the Worker may have put them. Pure. */
import type { AlarmNotification, AlertNotification, Notification } from './notification.ts';

/** A rule's period where it sets none: what every alert had when none was stored. */
const PERIOD_MS = 3_600_000;

/**
 * The notification that was stored as this JSON, with what older versions left out filled in. Throws a SyntaxError for
 * what is no JSON. What is otherwise strange stays so: receivers tell of it in short (short.ts).
 */
export function readNotification(text: string): Notification {
  const stored = JSON.parse(text) as Notification;
  if (isRecord(stored) && 'alarm' in stored && isRecord(stored.alarm)) return alarmOf(stored);
  if (isRecord(stored) && 'alert' in stored && isRecord(stored.alert)) return alertOf(stored);
  return stored;
}

/** Before receivers had names, no alarm was about one. */
function alarmOf(stored: AlarmNotification): AlarmNotification {
  return { ...stored, alarm: { ...missing({ subject: null }), ...stored.alarm } };
}

/** Before the first entries counted were shown, the end of a period was told, and a number was of anything but entries. */
function alertOf(stored: AlertNotification): AlertNotification {
  const { alert, window } = stored;
  return {
    ...stored,
    alert: { ...missing({ periodMs: PERIOD_MS }), ...alert },
    window: isRecord(window) ? windowOf(window) : null,
  };
}

/** All that could be counted was entries. */
function windowOf({ count, ...window }: Window): NonNullable<AlertNotification['window']> {
  const before =
    count === undefined
      ? {}
      : { type: 'event_count', value: count, atLeast: false, fields: [], percentile: null, rules: [] };
  return { ...missing({ first: [], ...before }), ...window };
}

type Window = NonNullable<AlertNotification['window']> & { readonly count?: unknown };

/** The types say that it is there already; an older version's JSON does not. */
function missing(defaults: object): object {
  return defaults;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
