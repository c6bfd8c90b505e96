/** A notification in one line, whatever is stored of it: the bell rings even for what can't be read whole. Pure. */
import { untrustedLine } from '../text/untrusted.ts';
import type { Links } from './links.ts';
import type { Notification } from './notification.ts';
import { wording } from './wording.ts';

const MOST = 200;
const UNREADABLE = 'Tocsin has an alert that it cannot read';

/**
 * Its summary; where a newer version stored it, or it is broken, as much as can be read: `Tocsin has an alert that it
 * cannot read: [HIGH] API key deleted`. Never throws. Not escaped.
 */
export function shortText(notification: Notification, links: Links): string {
  try {
    return wording(notification, links).summary;
  } catch {
    return [UNREADABLE, ...titleOf(notification)].join(': ');
  }
}

/** The alert's level and title, or what the alarm is; nothing where there is none of it. */
function titleOf(notification: unknown): string[] {
  const alert = of(notification, 'alert');
  const level = of(alert, 'level');
  const title = of(alert, 'title') ?? of(of(notification, 'alarm'), 'summary');
  if (typeof title !== 'string') return [];
  return [
    `${typeof level === 'string' ? `[${untrustedLine(level.toUpperCase(), 20)}] ` : ''}${untrustedLine(title, MOST)}`,
  ];
}

function of(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}
