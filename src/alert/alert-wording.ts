/** The words of a notification about one alert: what, who, from where, when, how many, why, and what to do. Pure and total. */
import type { Evidence, Level } from '../sigma/index.ts';
import { durationInWords } from '../text/duration.ts';
import { counted, numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { fieldLine, trustedLine, untrustedLine, untrustedWords } from '../text/untrusted.ts';
import { alertButtons, type Links, overviewButton } from './links.ts';
import { type Fact, type Instant, LINES_MAX, linesOf, type Passage, type Wording } from './message-parts.ts';
import { type AlertNotification, type EntryView, isTest, type Resolution } from './notification.ts';
import { numberWords } from './number-wording.ts';

const NAME_MAX = 100;
const TITLE_MAX = 100;
/** Of a value a message shows the beginning; the entry's page has all of it. */
const VALUE_MAX = 140;
const DESCRIPTION_MAX = 500;
const COMMENT_MAX = 300;

/** The words of `notification`. */
export function alertWording(notification: AlertNotification, links: Links): Wording {
  const { alert, entry } = notification;
  const common = {
    headline: headline(notification),
    summary: summary(notification),
    change: change(notification),
    description: alert.description === null ? null : trustedLine(alert.description, DESCRIPTION_MAX),
    runbook: runbook(alert.runbook),
    falsePositives: falsePositives(alert.falsepositives),
    footer: [footer(notification)],
  };
  if (isTest(notification)) return { ...common, facts: [when(entry)], passages: [], buttons: overviewButton(links) };
  return {
    ...common,
    facts: facts(notification),
    passages: [
      ...why(notification),
      ...inhibited(notification),
      ...shownFields(notification),
      ...firstEntries(notification),
    ],
    buttons: alertButtons(links, notification.kind === 'resolved'),
  };
}

function headline(notification: AlertNotification): string {
  const { kind, alert, resolution } = notification;
  if (isTest(notification)) return trustedLine(alert.title, TITLE_MAX);
  const title = levelAndTitle(alert, TITLE_MAX);
  if (kind === 'resolved') return `${resolution === undefined ? 'Closed' : 'Resolved'}: ${title}`;
  return [title, ...news(notification)].join(': ');
}

/** `[HIGH] API key deleted`. */
export function levelAndTitle(
  { level, title }: { readonly level: Level; readonly title: string },
  max: number,
): string {
  return `[${level.toUpperCase()}] ${trustedLine(title, max)}`;
}

/** What is new about an alert that receivers were notified of before: `raised to critical`. */
export function news(notification: AlertNotification): string[] {
  const { kind, reason, alert } = notification;
  const number = matches(alert.count);
  if (reason === NOBODY_ACKNOWLEDGED) return [`nobody has acknowledged it (${number})`];
  switch (kind) {
    case 'opened':
    case 'resolved':
      return [];
    case 'raised':
      return [`raised to ${alert.level}`];
    case 'updated':
      if (reason === 'new network') return [newNetworks(alert, 1) ?? 'from a new network'];
      if (reason === ACKNOWLEDGED) return ['acknowledged'];
      if (reason === 'networks grown tenfold') return [`from ${networksText(alert)}`];
      return [`update (${number})`];
    case 'recurred':
      return [`${recurred(notification)[0]} (${number})`];
  }
}

/** The reason of an `updated` that tells a receiver which edits that somebody takes care of the alert. */
export const ACKNOWLEDGED = 'acknowledged';
/** The reason of an escalation. */
export const NOBODY_ACKNOWLEDGED = 'nobody acknowledged it in time';

/** What an alert that recurred does, by reason: in a headline, and at the beginning of a sentence. */
const RECURRED = new Map([
  ['back after a quiet period', ['back after a quiet period', 'Back after a quiet period']],
  ['its silence ended', ['its silence ended', 'Its silence ended, and matches came meanwhile']],
  ['its acknowledgement ended', ['its acknowledgement ended', 'Its acknowledgement ended, and matches came meanwhile']],
]);
const GOES_ON = ['goes on', 'Goes on, and nobody has acted'];

function recurred({ reason = '' }: AlertNotification): readonly string[] {
  return RECURRED.get(reason) ?? GOES_ON;
}

function summary(notification: AlertNotification): string {
  const head = headline(notification);
  if (isTest(notification)) return `${head}. ${trustedLine(notification.alert.description ?? '', VALUE_MAX)}`;
  const { kind, alert, resolution, entry } = notification;
  if (kind === 'opened') return `${head}: ${event(entry)}`;
  if (kind !== 'resolved') return `${head}; latest: ${event(entry)}`;
  if (resolution !== undefined) return `${head}, ${howResolved(resolution, matches(alert.count))}`;
  return `${head}, ${matchesOverTime(notification)}; latest: ${event(entry)}`;
}

/** `api_key.deleted by Alice Smith from 203.0.113.9`. */
export function event(entry: EntryView): string {
  return `${action(entry)} by ${actorAndAddress(entry)}`;
}

export function action(entry: EntryView): string {
  return fieldLine('action', entry.action, NAME_MAX);
}

/** `Alice Smith from 203.0.113.9`. */
export function actorAndAddress({ actor, clientIp }: EntryView, max = NAME_MAX): string {
  const name = actor.name ?? actor.id;
  const who = name === null ? `${UNAUTHENTICATED} caller` : untrustedLine(name, max);
  return `${who} from ${clientIp === null ? 'an unknown address' : untrustedLine(clientIp, max)}`;
}

const UNAUTHENTICATED = 'unauthenticated';

function change(notification: AlertNotification): string | null {
  const { kind, alert, resolution } = notification;
  const number = matchesOverTime(notification);
  const rest = `${acknowledged(notification)} The latest is shown below.`;
  switch (kind) {
    case 'opened':
      return null;
    case 'raised':
      return `Raised to ${alert.level}: ${number}.${rest}`;
    case 'updated':
      return `${updated(notification)}: ${number}.${rest}`;
    case 'recurred':
      return `${recurred(notification)[1]}: ${number}.${rest}`;
    case 'resolved':
      if (resolution !== undefined) return `Resolved ${howResolved(resolution, number)}`;
      return `Closed after ${number}: its period of ${durationInWords(alert.periodMs)} is over. A further match opens a new alert.`;
  }
}

function updated({ reason = '', alert }: AlertNotification): string {
  const networks = reason === 'new network' ? newNetworks(alert, NETWORKS_SHOWN) : null;
  return networks === null ? (UPDATED.get(reason) ?? 'Update') : `New: ${networks}`;
}

/** `from the new network 198.51.100.0/24`, `from 3 new networks: …`. Null: they are not known. */
function newNetworks({ newNetworks: networks = [] }: AlertNotification['alert'], most: number): string | null {
  if (networks.length === 0) return null;
  const names = networks.slice(0, most).map((network) => untrustedLine(network, NAME_MAX));
  if (networks.length === 1) return `from the new network ${names[0]}`;
  const more = networks.length > names.length ? ' …' : '';
  return `from ${numberText(networks.length)} new networks: ${names.join(', ')}${more}`;
}

const NETWORKS_SHOWN = 5;
const UPDATED = new Map([
  [ACKNOWLEDGED, 'Acknowledged'],
  ['new network', 'A new network'],
  ['count grown tenfold', 'Ten times as many matches as before'],
  ['networks grown tenfold', 'From ten times as many networks as before'],
]);

function acknowledged({ alert: { acknowledgedBy: by } }: AlertNotification): string {
  return by == null ? '' : ` ${untrustedLine(by, NAME_MAX)} has acknowledged the alert.`;
}

const AS = new Map<string, string>([
  ['true positive', 'as a true positive '],
  ['expected', 'as expected '],
  ['false positive', 'as a false positive '],
  ['duplicate', 'as a duplicate '],
] satisfies [Resolution['reason'], string][]);

/** `as expected by Alice Smith, after 12 matches: “The keys are rotated today”`. */
function howResolved({ reason, by, comment }: Resolution, number: string): string {
  if (reason === 'quiet') return `after ${number}, since no further match came.`;
  if (reason === 'superseded') return `after ${number}, since a newer alert takes further matches.`;
  const words = comment === null || comment.trim() === '' ? '.' : `: “${untrustedLine(comment, COMMENT_MAX)}”`;
  return `${AS.get(reason) ?? ''}by ${untrustedLine(by, NAME_MAX)}, after ${number}${words}`;
}

function facts(notification: AlertNotification): Fact[] {
  const { entry } = notification;
  return [
    { kind: 'untrusted', label: 'What', lines: whatLines(entry) },
    { kind: 'untrusted', label: 'Who', lines: whoLines(entry) },
    { kind: 'untrusted', label: 'From', lines: fromLines(entry) },
    when(entry),
    { kind: 'trusted', label: 'How many', lines: countLines(notification) },
  ];
}

function when(entry: EntryView): Fact {
  return { kind: 'trusted', label: 'When', lines: [[{ at: entry.createdAt }]] };
}

function whatLines({ action, target, statusCode, method, path }: EntryView): string[] {
  return [
    fieldLine('action', action, NAME_MAX),
    ...wordsOf('on ', [target.type, target.id], NAME_MAX),
    ...wordsOf('answered ', [statusCode], 20),
    ...wordsOf('', [method, path], VALUE_MAX),
  ];
}

function whoLines({ actor }: EntryView): string[] {
  // One line each: a name written from right to left must not move the type and the id.
  const lines = [...wordsOf('', [actor.name], NAME_MAX), ...wordsOf('', [actor.type, actor.id], NAME_MAX)];
  return lines.length === 0 ? [UNAUTHENTICATED] : lines;
}

function fromLines({ clientIp, userAgent }: EntryView): string[] {
  return [untrustedLine(clientIp, NAME_MAX), ...wordsOf('', [userAgent], VALUE_MAX)];
}

/** The known ones of `parts` as one line after `prefix`; no line if none is known. */
function wordsOf(prefix: string, parts: readonly (string | null)[], max: number): string[] {
  const known = parts.filter((part) => part !== null);
  return known.length === 0 ? [] : [`${prefix}${untrustedWords(known, max)}`];
}

function countLines(notification: AlertNotification): (string | Instant)[][] {
  const { alert, window } = notification;
  const number = window === null ? null : numberWords({ ...window, fields: [] });
  if (number !== null && alert.count <= 1) return [[number]];
  const since = alert.lastAt > alert.firstAt ? [['first: ', { at: alert.firstAt }]] : [];
  const latest = number === null ? [] : [[`latest window: ${number}`]];
  return [[matchesOverTime(notification)], ...latest, ...since];
}

export function matches(count: number): string {
  return counted(count, 'match', 'matches');
}

/** `120 matches in 5 hours, from 3 networks`. */
function matchesOverTime({ alert }: AlertNotification): string {
  const spreadMs = alert.lastAt - alert.firstAt;
  const over = alert.count > 1 && spreadMs > 0 ? ` in ${durationInWords(spreadMs)}` : '';
  return `${matches(alert.count)}${over}${(alert.networks ?? 0) > 1 ? `, from ${networksText(alert)}` : ''}`;
}

function networksText({ networks = 0 }: AlertNotification['alert']): string {
  return counted(networks, 'network');
}

/** The alerts that a message stands for, of a correlation or of a group with some. */
export function inhibited(
  { inhibited: of = [], inhibitedMore: more = 0 }: Pick<AlertNotification, 'inhibited' | 'inhibitedMore'>,
  heading = 'Alerts behind it, not sent by themselves',
): Passage[] {
  if (of.length === 0) return [];
  const lines = of.map((each) => `• ${levelAndTitle(each, 60)} (alert ${numberText(each.id)}): ${matches(each.count)}`);
  return [{ heading, lines: [...lines, ...moreLine(more)] }];
}

function shownFields({ fields = [] }: AlertNotification): Passage[] {
  const lines = fields.map(({ field, value }) => {
    return `• ${trustedLine(field, NAME_MAX)} = ${fieldLine(field, value, VALUE_MAX)}`;
  });
  return lines.length === 0 ? [] : [{ heading: 'Fields', lines }];
}

function why({ evidence, window }: AlertNotification): Passage[] {
  const lines = [
    ...(window === null ? [] : windowLines(window)),
    ...evidence.slice(0, LINES_MAX).map(evidenceLine),
    ...moreLine(evidence.length - LINES_MAX),
  ];
  return lines.length === 0 ? [] : [{ heading: 'Why', lines }];
}

function windowLines(window: NonNullable<AlertNotification['window']>): string[] {
  const { type, rules, condition } = window;
  const titles = rules.slice(0, LINES_MAX).map((title) => `“${trustedLine(title, NAME_MAX)}”`);
  const more = rules.length > titles.length ? [`${numberText(rules.length - titles.length)} more`] : [];
  const all = [...titles, ...more].join(type === 'temporal_ordered' ? ', then ' : ', ');
  return [
    `• ${numberWords(window)} (condition: ${trustedLine(condition, VALUE_MAX)})`,
    ...(rules.length === 0 ? [] : [`• rules: ${all}`]),
  ];
}

function evidenceLine({ selection, field, value }: Evidence): string {
  const where = field === null ? 'any field' : trustedLine(field, NAME_MAX);
  return `• ${trustedLine(selection, NAME_MAX)}: ${where} = ${fieldLine(field, value, VALUE_MAX)}`;
}

/** The first contributing entries of a correlation, as many as are stored (ledger/record/evaluate.ts). */
function firstEntries({ entry, window }: AlertNotification): Passage[] {
  if (window === null || window.first.length === 0) return [];
  // Only a count of entries says how many are not shown.
  const left = window.type === 'event_count' ? window.value - window.first.length : 0;
  const lines = window.first.map((each) => entryLine(each, entry.createdAt));
  return [{ heading: 'First entries, in UTC', lines: [...lines, ...moreLine(left)] }];
}

export function moreLine(left: number): string[] {
  return left > 0 ? [`… and ${numberText(left)} more`] : [];
}

/** One line, with the day only if it is not the day of `shownAt`. */
function entryLine(entry: EntryView, shownAt: number): string {
  const [day = '', clock = ''] = (utcText(entry.createdAt) ?? '').split(' ');
  const at = (utcText(shownAt) ?? '').startsWith(day) ? clock : `${day} ${clock}`;
  const answer = entry.statusCode === null ? '' : `, answered ${untrustedLine(entry.statusCode, 20)}`;
  const path = entry.path === null ? '' : `: ${untrustedLine(entry.path, 60)}`;
  return `• ${at || 'at an unknown time'} ${fieldLine('action', entry.action, NAME_MAX)} by ${actorAndAddress(entry)}${answer}${path}`;
}

function runbook(text: string | null): Wording['runbook'] {
  if (text === null || text.trim() === '') return null;
  const href = runbookUrl(text.trim());
  return { heading: 'Runbook', lines: href === null ? linesOf(text) : [href], href };
}

/** The runbook's URL if it may be a link: https, without credentials, at most 1,000 characters. */
function runbookUrl(text: string): string | null {
  const url = !/[\s<>|]/.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.href.length <= 1000 && !/[\s<>|"]/.test(url.href) ? url.href : null;
}

function falsePositives(texts: readonly string[]): string | null {
  if (texts.length === 0) return null;
  const lines = texts.slice(0, LINES_MAX).map((text) => trustedLine(text, VALUE_MAX));
  return `Known false positives: ${lines.join('; ')}`;
}

function footer(notification: AlertNotification): string {
  const { alert } = notification;
  if (isTest(notification)) return 'Somebody asked Tocsin to test its receivers. There is no alert.';
  const key = alert.key.slice(0, LINES_MAX).map(({ field, value }) => {
    const name = trustedLine(field, NAME_MAX);
    return value === null ? `no ${name}` : `${name} = ${fieldLine(field, value, NAME_MAX)}`;
  });
  const tags = alert.tags.slice(0, LINES_MAX).map((tag) => trustedLine(tag, NAME_MAX));
  return [`Alert ${numberText(alert.id)}`, `rule ${trustedLine(alert.ruleId, NAME_MAX)}`, ...key, ...tags].join(' · ');
}
