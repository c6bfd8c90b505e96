/** The words of a health alert: what is wrong, with what, since when, and what to do. Pure. */
import { untrustedLine } from '../text/untrusted.ts';
import { type Links, overviewButton } from './links.ts';
import { linesOf, type Wording } from './message-parts.ts';
import type { HealthAlertKind, HealthNotification } from './notification.ts';

const SUMMARY_MAX = 200;
const DESCRIPTION_MAX = 600;
const SUBJECT_MAX = 60;

/**
 * What follows `Tocsin health: ` (or `Tocsin health, critical: `), and `Tocsin health, resolved: `. The headline must be true in every case of its kind (a
 * key that expires soon or has expired, a receiver that works again or was removed); the summary beside it is exact.
 * `subject` is quoted already, or ''.
 */
interface HeadlineWords {
  raised(subject: string): string;
  resolved(subject: string): string;
}

const HEADLINES: { readonly [kind in HealthAlertKind]: HeadlineWords } = {
  blind: { raised: () => 'not watching the audit log', resolved: () => 'watching the audit log again' },
  'dead-delivery': {
    raised: (receiver) => `a message could not be delivered${receiver === '' ? '' : ` to ${receiver}`}`,
    resolved: (receiver) => `messages are delivered again${receiver === '' ? '' : ` to ${receiver}`}`,
  },
  quarantine: { raised: () => 'entries are in quarantine', resolved: () => 'no entries are in quarantine' },
  overflow: {
    raised: () => 'a correlation exceeded its limit',
    resolved: () => 'the correlation is within its limit again',
  },
  'late-entries': {
    raised: () => 'entries appear in the audit log too late',
    resolved: () => 'no entries appear too late any more',
  },
  'lateness-near': {
    raised: () => 'entries appear in the audit log almost too late',
    resolved: () => 'entries appear early enough again',
  },
  'clocks-apart': { raised: () => 'two clocks differ', resolved: () => 'the clocks agree again' },
  'unread-entries': {
    raised: () => 'a part of the audit log is not read',
    resolved: () => 'all of the audit log is read again',
  },
  'silent-log': {
    raised: () => 'no new entries in the audit log',
    resolved: () => 'the audit log has new entries again',
  },
  'changed-entries': {
    raised: () => 'recorded entries have changed in the audit log',
    resolved: () => 'no more recorded entries have changed',
  },
  'unhealthy-receiver': {
    raised: (receiver) => `${receiver === '' ? 'a receiver' : `the receiver ${receiver}`} does not work`,
    resolved: (receiver) => `no more problems with ${receiver === '' ? 'a receiver' : `the receiver ${receiver}`}`,
  },
  'incomplete-log': {
    raised: () => 'the audit log is incomplete or late',
    resolved: () => 'no more signs that the audit log is incomplete',
  },
  'ledger-failing': {
    raised: () => 'nothing is recorded, and nobody is alerted',
    resolved: () => 'entries are recorded again',
  },
  'key-refused': { raised: () => 'the API key is refused', resolved: () => 'the API key is accepted again' },
  'key-expiring': {
    raised: () => "the API key's expiry is near",
    resolved: () => "the warning about the API key's expiry no longer applies",
  },
};

/** The words of `notification`. */
export function healthWording(notification: HealthNotification, links: Links): Wording {
  const { kind, health } = notification;
  const isRaised = kind === 'health';
  const headline = headlineOf(notification);
  return {
    headline,
    summary: `${headline}. ${sentence(untrustedLine(health.summary, SUMMARY_MAX))}`,
    change: null,
    description: sentence(untrustedLine(health.summary, DESCRIPTION_MAX)),
    facts: [],
    passages: [],
    runbook:
      isRaised && health.hint.trim() !== '' ? { heading: 'What to do', lines: linesOf(health.hint), href: null } : null,
    falsePositives: null,
    footer: [
      isRaised ? 'Since ' : 'It began ',
      { at: health.since },
      '. This is about Tocsin itself, not about your organization.',
    ],
    buttons: overviewButton(links),
  };
}

function headlineOf({ kind, health }: HealthNotification): string {
  const words = HEADLINES[health.kind];
  const subject = health.subject === null ? '' : `“${untrustedLine(health.subject, SUBJECT_MAX)}”`;
  return kind === 'health'
    ? `Tocsin health${health.level === undefined ? '' : `, ${health.level}`}: ${words.raised(subject)}`
    : `Tocsin health, resolved: ${words.resolved(subject)}`;
}

/** With a capital letter and a full stop, since it stands alone. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}
