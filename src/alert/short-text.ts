/** A notification in one line, whatever is stored of it: people are notified even of what can't be read whole. Pure. */
import { counted } from '../text/numbers.ts';
import { untrustedLine } from '../text/untrusted.ts';
import type { Links } from './links.ts';
import type { Notification } from './notification.ts';
import { wording } from './wording.ts';

/** Follows the short text where it replaces a full message. */
export const SHORT_FORM_NOTE = '(short form: the full message could not be shown)';

const TITLE_MAX = 200;
const UNREADABLE = 'Tocsin has an alert that this version cannot read';

/**
 * Its summary. If a newer version stored it, or it is damaged, as much as can be read: `Tocsin has an alert that this
 * version cannot read: [HIGH] API key deleted`. Never throws. Not escaped.
 */
export function shortText(notification: Notification, links: Links): string {
  try {
    return wording(notification, links).summary;
  } catch {
    // Older versions stored this after an outage.
    const waited = fieldOf(fieldOf(notification, 'digest'), 'messages');
    if (typeof waited === 'number')
      return `${counted(waited, 'notification')} of alerts waited during an outage: see them on the page of all alerts`;
    return [UNREADABLE, ...titleOf(notification)].join(': ');
  }
}

/**
 * The alert's level and title, or the health alert's summary; empty if neither can be read. Defanged: another version may have
 * put there what others wrote.
 */
function titleOf(notification: unknown): string[] {
  const alert = fieldOf(notification, 'alert');
  const health = fieldOf(notification, 'health');
  const level = fieldOf(alert ?? health, 'level');
  const title = fieldOf(alert, 'title') ?? fieldOf(health, 'summary');
  if (typeof title !== 'string') return [];
  const prefix = typeof level === 'string' ? `[${untrustedLine(level.toUpperCase(), 20)}] ` : '';
  return [`${prefix}${untrustedLine(title, TITLE_MAX)}`];
}

function fieldOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}
