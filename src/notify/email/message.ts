/**
 * A mail as Cloudflare's `send_email` binding takes it, the platform's limits, and headers that let clients filter and
 * thread the mails and keep other machines from answering them.
 *
 * Pure. No header holds untrusted text except the subject, which is one line.
 */

import { actorAndAddress } from '../../alert/alert-wording.ts';
import { isTest, type Notification } from '../../alert/notification.ts';
import type { Level } from '../../sigma/index.ts';
import { oneLine } from '../../text/untrusted.ts';
import { isOver, levelOf } from '../level-color.ts';

/** https://developers.cloudflare.com/email-service/platform/limits/ ("Email content limits"). */
export const LIMITS = { subject: 998, messageBytes: 5 * 1024 * 1024 } as const;
/** https://developers.cloudflare.com/email-service/reference/headers/ ("Header limits"), in bytes. */
export const HEADER_LIMITS = { allowlisted: 20, name: 100, value: 2_048, all: 16 * 1024 } as const;

/** Our own limit: a phone shows about 70, so what matters is first. */
export const SUBJECT_MAX = 140;
const NAME_MAX = 40;
if (!(SUBJECT_MAX <= LIMITS.subject)) throw new Error('a subject must fit the platform');

export interface Mail {
  readonly from: { readonly name: string; readonly email: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Record<string, string>;
}

/** Cloudflare's `send_email` binding, as much of it as is used. */
export interface MailBinding {
  send(mail: Mail): Promise<{ messageId?: string }>;
}

/**
 * The subject: `[HIGH] API key deleted: Alice Smith from 203.0.113.7`. An update and a closed alert have the same subject
 * after "Re: ", since some clients (Gmail) thread mails only by equal subjects. What happened is then in the first words of
 * the text, which a phone shows beside the subject.
 */
export function subject(notification: Notification, headline: string): string {
  return oneLine(subjectOf(notification, headline), SUBJECT_MAX);
}

function subjectOf(notification: Notification, headline: string): string {
  if (!('alert' in notification) || isTest(notification)) return headline;
  const { kind, alert, entry } = notification;
  const opened = `[${alert.level.toUpperCase()}] ${oneLine(alert.title, 2 * NAME_MAX)}: ${actorAndAddress(entry, NAME_MAX)}`;
  // What was raised is news like what opened.
  return kind === 'opened' || kind === 'raised' ? opened : `Re: ${opened}`;
}

/** The mail's headers. `sender`: the address it comes from. */
export function headers(notification: Notification, sender: string): Record<string, string> {
  const host = hostOf(sender);
  const thread = `<${topic(notification)}.tocsin@${host}>`;
  return {
    // RFC 2919: for filters and folders.
    'List-Id': `Tocsin <tocsin.${host}>`,
    // RFC 3834, and Exchange's equivalent: no machine answers it.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    // The platform sets the Message-ID, so no mail can refer to the one before it. All mails of one alert refer to the same
    // mail, which does not exist: clients put replies to an unknown mail into one thread (RFC 5256, REFERENCES).
    'In-Reply-To': thread,
    References: thread,
    ...urgency(notification),
    ...about(notification),
  };
}

function hostOf(sender: string): string {
  return sender.slice(sender.lastIndexOf('@') + 1).replace(/[^\w.-]/g, '') || 'localhost';
}

/** The subject of a thread: an alert, of a group the first one, or a health alert from its beginning to its end. */
function topic(notification: Notification): string {
  if ('alert' in notification) return `alert-${digits(notification.alert.id)}`;
  if ('group' in notification) return topic(notification.group.first);
  const { kind, subject: about, since } = notification.health;
  const which = about === null ? '' : `-${about.replace(/[^\w-]/g, '_').slice(0, NAME_MAX)}`;
  return `health-${kind}${which}-${digits(Math.floor(since / 1000))}`;
}

function digits(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : '0';
}

function about(notification: Notification): Record<string, string> {
  if ('alert' in notification) return { 'X-Tocsin-Alert': digits(notification.alert.id) };
  if ('group' in notification) {
    const { first, alerts } = notification.group;
    return { ...about(first), 'X-Tocsin-Group': digits(alerts) };
  }
  return { 'X-Tocsin-Health': notification.health.kind };
}

/** `Importance` is the standard's (RFC 2156); many clients read `X-Priority` (1 highest … 5 lowest). */
const URGENT = { Importance: 'high', 'X-Priority': '1' };
const NORMAL = { Importance: 'normal', 'X-Priority': '3' };
const QUIET = { Importance: 'low', 'X-Priority': '5' };
const URGENCY: { readonly [level in Level]: Record<string, string> } = {
  critical: URGENT,
  high: URGENT,
  medium: NORMAL,
  low: QUIET,
  informational: QUIET,
};

/** Nobody needs to wake up because something is over, or for a test. */
function urgency(notification: Notification): Record<string, string> {
  const level = isOver(notification) ? null : levelOf(notification);
  return level === null ? NORMAL : (URGENCY[level] ?? NORMAL);
}
