/**
 * What a notification says, in words, for people: the same for every receiver that people read.
 *
 * Contract: pure and total. Every string is one line, harmless to read (untrusted.ts) and not escaped: that is the
 * receiver's business, who knows its markup, and so is how an instant is shown. Nothing here is long: what is shortened
 * ends in "…", and the links lead to the whole.
 */

import type { Evidence } from '../sigma/index.ts';
import { durationInWords } from '../text/duration.ts';
import { counted, numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { trustedLine, untrustedLine } from '../text/untrusted.ts';
import { healthWording } from './health-wording.ts';
import { alertButtons, frontButton, type Links } from './links.ts';
import type { Fact, Instant, Passage, Wording } from './message-parts.ts';
import type { AlertNotification, EntryView, Notification } from './notification.ts';
import { numberWords } from './number-wording.ts';
import { LINES, proseLines } from './prose.ts';
import { isTest } from './test-alert.ts';

/** A long value says no more in a message than its beginning; the entry has it whole. */
const VALUE = 140;
const NAME = 100;
const TITLE = 100;
const PROSE = 500;

/** What `notification` says. Throws for a kind that is not known here, which a newer version may have stored. */
export function wording(notification: Notification, links: Links): Wording {
  switch (notification.kind) {
    case 'opened':
    case 'updated':
    case 'resolved':
      return alertWords(notification, links);
    case 'health':
    case 'health-resolved':
      return healthWording(notification, links);
    default:
      return unknownKind(notification);
  }
}

/** The types have none: one that is added is missing above. */
function unknownKind(notification: never): never {
  throw new TypeError(`a notification of a kind not known here: ${Object.keys(notification ?? {}).join(', ')}`);
}

function alertWords(notification: AlertNotification, links: Links): Wording {
  const { alert, entry } = notification;
  return {
    headline: headline(notification),
    summary: summary(notification),
    state: state(notification),
    description: alert.description === null ? null : trustedLine(alert.description, PROSE),
    facts: isTest(notification) ? [when(entry)] : facts(notification),
    passages: isTest(notification) ? [] : [...why(notification), ...firstEntries(notification)],
    runbook: runbook(alert.runbook),
    harmless: harmless(alert.falsepositives),
    footer: [footer(notification)],
    buttons: isTest(notification) ? frontButton(links) : alertButtons(links),
  };
}

function facts(notification: AlertNotification): Fact[] {
  const { entry } = notification;
  return [
    { kind: 'untrusted', label: 'What', lines: whatLines(entry) },
    { kind: 'untrusted', label: 'Who', lines: whoLines(entry) },
    { kind: 'untrusted', label: 'From', lines: fromLines(entry) },
    when(entry),
    { kind: 'trusted', label: 'How many', lines: howMany(notification) },
  ];
}

function when(entry: EntryView): Fact {
  return { kind: 'trusted', label: 'When', lines: [[{ at: entry.createdAt }]] };
}

function headline(notification: AlertNotification): string {
  const { kind, alert } = notification;
  if (isTest(notification)) return trustedLine(alert.title, TITLE);
  const title = `[${alert.level.toUpperCase()}] ${trustedLine(alert.title, TITLE)}`;
  switch (kind) {
    case 'opened':
      return title;
    case 'updated':
      return `${title}: grown to ${counted(alert.count, 'match', 'matches')}`;
    case 'resolved':
      return `Closed: ${title}`;
  }
}

function summary(notification: AlertNotification): string {
  const said = headline(notification);
  if (isTest(notification)) return `${said}. ${trustedLine(notification.alert.description ?? '', VALUE)}`;
  const by = `${untrustedLine(notification.entry.action, NAME)} by ${whoFrom(notification.entry)}`;
  switch (notification.kind) {
    case 'opened':
      return `${said}: ${by}`;
    case 'updated':
      return `${said}; the last: ${by}`;
    case 'resolved':
      return `${said}, after ${matchesOver(notification)}; the last: ${by}`;
  }
}

/** `Alice Smith from 203.0.113.9`. */
export function whoFrom({ actor, clientIp }: EntryView, max = NAME): string {
  return `${untrustedLine(actor.name ?? actor.id, max)} from ${untrustedLine(clientIp, max)}`;
}

function state(notification: AlertNotification): string | null {
  const { kind, alert } = notification;
  switch (kind) {
    case 'opened':
      return null;
    case 'updated':
      return `Grown to ${matchesOver(notification)}. Below is the last one.`;
    case 'resolved':
      return `Closed after ${matchesOver(notification)}: its period of ${durationInWords(alert.periodMs)} is over. A further match opens a new alert.`;
  }
}

function matchesOver({ alert }: AlertNotification): string {
  const spread = alert.lastAt - alert.firstAt;
  const matches = counted(alert.count, 'match', 'matches');
  return alert.count > 1 && spread > 0 ? `${matches} over ${durationInWords(spread)}` : matches;
}

function whatLines(entry: EntryView): string[] {
  const target = [entry.target.type, entry.target.id].filter((part) => part !== null);
  const request = [entry.method, entry.path].filter((part) => part !== null);
  return [
    untrustedLine(entry.action, NAME),
    ...(target.length === 0 ? [] : [`on ${target.map((part) => untrustedLine(part, NAME)).join(' ')}`]),
    ...(entry.statusCode === null ? [] : [`answered ${untrustedLine(entry.statusCode, 20)}`]),
    ...(request.length === 0 ? [] : [request.map((part) => untrustedLine(part, VALUE)).join(' ')]),
  ];
}

function whoLines({ actor }: EntryView): string[] {
  // A line each: a name written from right to left must not move the kind and the id about.
  const account = [actor.type, actor.id].filter((part) => part !== null);
  return [
    actor.name === null ? '(no name)' : untrustedLine(actor.name, NAME),
    ...(account.length === 0 ? [] : [account.map((part) => untrustedLine(part, NAME)).join(' ')]),
  ];
}

function fromLines(entry: EntryView): string[] {
  return [
    untrustedLine(entry.clientIp, NAME),
    ...(entry.userAgent === null ? [] : [untrustedLine(entry.userAgent, VALUE)]),
  ];
}

function howMany(notification: AlertNotification): (string | Instant)[][] {
  const { alert, window } = notification;
  const counted = window === null ? [] : [[numberWords({ ...window, fields: [] })]];
  if (window !== null && alert.count <= 1) return counted;
  const since = alert.lastAt > alert.firstAt ? [['the first ', { at: alert.firstAt }]] : [];
  return [...counted, [matchesOver(notification)], ...since];
}

function why({ evidence, window }: AlertNotification): Passage[] {
  const counted = window === null ? [] : windowLines(window);
  const left = evidence.length - LINES;
  const lines = [
    ...counted,
    ...evidence.slice(0, LINES).map(evidenceLine),
    ...(left > 0 ? [`… and ${numberText(left)} more`] : []),
  ];
  return lines.length === 0 ? [] : [{ heading: 'Why', lines }];
}

function windowLines(window: NonNullable<AlertNotification['window']>): string[] {
  const { type, rules, condition } = window;
  const titles = rules.slice(0, LINES).map((title) => `“${trustedLine(title, NAME)}”`);
  const more = rules.length > titles.length ? [`${numberText(rules.length - titles.length)} more`] : [];
  return [
    `• ${numberWords(window)}; the rule asks for ${trustedLine(condition, VALUE)}`,
    ...(rules.length === 0
      ? []
      : [`• the rules: ${[...titles, ...more].join(type === 'temporal_ordered' ? ', then ' : ', ')}`]),
  ];
}

function evidenceLine({ selection, field, value }: Evidence): string {
  return `• ${trustedLine(selection, NAME)}: ${field === null ? 'anywhere' : trustedLine(field, NAME)} = ${untrustedLine(value, VALUE)}`;
}

/** The first of the entries that a correlation counted, as many as it was decided to show (ledger/record/evaluate.ts). */
function firstEntries({ entry, window }: AlertNotification): Passage[] {
  if (window === null || window.first.length === 0) return [];
  // Only where the number is one of entries is it known how many are not shown.
  const left = window.type === 'event_count' ? window.value - window.first.length : 0;
  const lines = window.first.map((each) => entryLine(each, entry.createdAt));
  return [
    {
      heading: 'The first of them, in UTC',
      lines: [...lines, ...(left > 0 ? [`… and ${numberText(left)} more`] : [])],
    },
  ];
}

/** One line; the day only where it is another one than `beside`'s. */
function entryLine(entry: EntryView, beside: number): string {
  const [day = '', clock = ''] = (utcText(entry.createdAt) ?? '').split(' ');
  const at = (utcText(beside) ?? '').startsWith(day) ? clock : `${day} ${clock}`;
  const answer = entry.statusCode === null ? '' : `, answered ${untrustedLine(entry.statusCode, 20)}`;
  const path = entry.path === null ? '' : `: ${untrustedLine(entry.path, 60)}`;
  return `• ${at || 'at an unknown time'} ${untrustedLine(entry.action, NAME)} by ${whoFrom(entry)}${answer}${path}`;
}

function runbook(text: string | null): Wording['runbook'] {
  if (text === null || text.trim() === '') return null;
  const href = address(text.trim());
  return { heading: 'Runbook', lines: href === null ? proseLines(text) : [href], href };
}

function harmless(falsepositives: readonly string[]): string | null {
  if (falsepositives.length === 0) return null;
  return `Harmless if: ${falsepositives
    .slice(0, LINES)
    .map((text) => trustedLine(text, VALUE))
    .join('; ')}`;
}

function footer(notification: AlertNotification): string {
  const { alert } = notification;
  if (isTest(notification)) return 'This is a test: there is no alert, and nothing is to be done.';
  const key = alert.key
    .slice(0, LINES)
    .map(({ field, value }) => `${trustedLine(field, NAME)} = ${untrustedLine(value, NAME)}`);
  const tags = alert.tags.slice(0, LINES).map((tag) => trustedLine(tag, NAME));
  return [`Alert ${numberText(alert.id)}`, `rule ${trustedLine(alert.ruleId, NAME)}`, ...key, ...tags].join(' · ');
}

/** The operator's address, if it is one that may be a link: https, with nobody's credentials, not endless. */
function address(text: string): string | null {
  const url = !/[\s<>|]/.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.href.length <= 1000 && !/[\s<>|"]/.test(url.href) ? url.href : null;
}
