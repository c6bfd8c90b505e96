/**
 * The words of a group's message: its first alert in full, the list of the others, and in numbers what is not listed.
 *
 * Contract: pure and total. Every alert is named or counted; the headline has the number of all, however much a receiver
 * cuts.
 */
import { counted, numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { trustedLine, untrustedLine } from '../text/untrusted.ts';
import { action, alertWording, event, inhibited, levelAndTitle, matches, moreLine, news } from './alert-wording.ts';
import { groupButtons, type Links } from './links.ts';
import type { Passage, Wording } from './message-parts.ts';
import type { AlertNotification, GroupedAlert, GroupNotification, NamedCount, Outage } from './notification.ts';

const TITLE_MAX = 60;
/** So that a headline with all three, and a number, fits a Slack header and a mail's subject. */
const HEADLINE_TITLE_MAX = 54;
const SUBJECT_MAX = 30;
const ADDRESS_MAX = 40;
/** So that the lines of all alerts fit a message. */
const NAME_MAX = 45;
const SUMMARY_MAX = 200;

type Group = GroupNotification['group'];

/** The words of `notification`. */
export function groupWording({ group }: GroupNotification, links: Links): Wording {
  const { kind, first } = group;
  const words = alertWording(first, links);
  const head = headline(group);
  const ofFirst = (heading: string): string =>
    `Alert ${numberText(first.alert.id)}: ${heading.charAt(0).toLowerCase()}${heading.slice(1)}`;
  // A reminder, and the message to a new receiver, say it of all.
  const change = kind === 'reminder' || kind === 'new receiver' || kind === 'silence ended' ? null : words.change;
  return {
    ...words,
    headline: head,
    summary: `${head}; first: ${isOne(group) ? action(first.entry) : event(first.entry)}`,
    change: [occasion(group), ...(change === null ? [] : [change])].join(' '),
    passages: [
      ...others(group),
      ...inhibited(group, 'Alerts behind the others, not sent by themselves'),
      ...counts(group),
      ...health(group),
      ...words.passages.map((each) => ({ ...each, heading: ofFirst(each.heading) })),
    ],
    runbook: words.runbook && { ...words.runbook, heading: ofFirst(words.runbook.heading) },
    buttons: groupButtons(links, first.kind === 'resolved', first.alert.id),
  };
}

const PREFIXES: { readonly [kind in Group['kind']]?: string } = {
  digest: 'Digest: ',
  reminder: 'Reminder: ',
  'new receiver': 'Still open: ',
  'silence ended': 'After a silence: ',
  'active times': 'Outside active times: ',
  outage: 'After an outage: ',
};

function headline(group: Group): string {
  const { kind, level, first, alerts, distinct } = group;
  const title = levelAndTitle({ level, title: `${PREFIXES[kind] ?? ''}${first.alert.title}` }, HEADLINE_TITLE_MAX);
  if (isFlood(kind)) return `${title}: ${counted(alerts, 'more alert')}${whose(group)}`;
  const more = alerts === 1 ? '' : `, and ${counted(alerts - 1, 'more alert')}`;
  if (isDigest(kind)) return `${title}${more}${distinct.rules > 1 ? ` of ${counted(distinct.rules, 'rule')}` : ''}`;
  // The number before what others wrote: a receiver cuts from the end.
  const said = kind === 'group' ? [title, ...news(first)].join(': ') : title;
  return `${said}${more}${more === '' ? whose(group).replace(/^ of /, ': ') : whose(group)}`;
}

/** Whether the headline has who the first entry is of, and from where. */
function isOne(group: Group): boolean {
  return !isDigest(group.kind) && group.subject !== null && group.distinct.addresses === 1;
}

/** ` of ci-deploy from 198.51.100.23`, ` of 12 actors`, ` from 7 addresses`; nothing where neither is known. */
function whose(group: Group): string {
  const { subject: name, distinct, first } = group;
  const isOfSeveral = name === null && distinct.actors > 1;
  if (isOfSeveral && distinct.addresses > 1) return ` of ${counted(distinct.actors, 'actor')}`;
  const { clientIp } = first.entry;
  const address = clientIp === name ? null : clientIp;
  const from = distinct.addresses > 1 ? addresses(group) : address && untrustedLine(address, ADDRESS_MAX);
  const of = isOfSeveral ? counted(distinct.actors, 'actor') : name && untrustedLine(name, SUBJECT_MAX);
  return `${of ? ` of ${of}` : ''}${from ? ` from ${from}` : ''}`;
}

/** What this message is, in a sentence or two. */
function occasion(group: Group): string {
  const { kind, alerts, since, actors, distinct, outage } = group;
  const number = counted(alerts, 'alert');
  const one = alerts === 1;
  const from = `The earliest match was at ${utcText(since, 'minutes') ?? 'an unknown time'}.`;
  const [most, next] = actors;
  const mostly =
    most === undefined || most.alerts === next?.alerts
      ? ''
      : ` The most are of ${untrustedLine(most.name, NAME_MAX)} (${numberText(most.alerts)}).`;
  switch (kind) {
    case 'group':
      return `${number}${whose(group)}. ${from}${mostly}${one ? '' : ` Shown first: alert ${numberText(group.first.alert.id)}, the most severe.`}`;
    case 'critical flood':
    case 'high flood':
      return `There are too many alerts of this rule to send each: ${one ? 'this is' : 'these are'} ${numberText(alerts)} more. ${from}${mostly}`;
    case 'digest':
    case 'outage':
      return `${outage === undefined ? '' : waited(outage)}${number} of ${counted(distinct.rules, 'rule')}, ${counted(distinct.actors, 'actor')} and ${addresses(group)}. ${from}${mostly}`;
    case 'reminder':
      return `${one ? 'This alert goes on' : `These ${number} go on`}, and nobody has acknowledged or resolved ${one ? 'it' : 'them'}. ${from}`;
    case 'new receiver':
      return `This receiver is new: ${one ? 'this alert was' : `these ${number} were`} open and unacknowledged before it was set up. ${from}`;
    case 'silence ended':
      return `A silence of ${one ? 'this alert' : `these ${number}`} ended, and matches had come meanwhile. ${from}`;
    case 'active times':
      return `${one ? 'This alert' : `These ${number}`} came outside the active times of this receiver. ${from}`;
  }
}

/** What an outage's message is, and when nothing reached the receiver. */
function waited({ from, to, messages, healthMessages }: Outage): string {
  const [since, until] = [from, to].map((at) => utcText(at, 'minutes') ?? 'an unknown time');
  const ofTocsin = healthMessages === 0 ? '' : `, ${numberText(healthMessages)} about Tocsin itself`;
  return `Nothing reached this receiver from ${since} to ${until}: ${counted(messages, 'message')} waited${ofTocsin}, and are not sent again. Critical alerts, and the first of each rule at high, come by themselves. `;
}

function addresses({ distinct }: Group): string {
  return counted(distinct.addresses, 'address', 'addresses');
}

function others(group: Group): Passage[] {
  const { others: of, more } = group;
  const lines = [...of.map((each) => line(each, group)), ...moreLine(more)];
  if (lines.length === 0) return [];
  const number = of.length + more;
  const which = number === 1 ? 'other alert' : `other ${numberText(number)} alerts`;
  return [{ heading: `The ${which}, with the last match in UTC`, lines }];
}

/** `• 09:31 [HIGH] Kubeconfig read (alert 14): raised, 12 matches, ci-deploy, 203.0.113.9`; of who and where, what differs. */
function line(each: GroupedAlert, { kind, subject, first, distinct, actors, addresses: from }: Group): string {
  const [day = '', clock = 'at an unknown time'] = (utcText(each.lastAt, 'minutes') ?? '').split(' ');
  const when = (utcText(first.alert.lastAt) ?? '').startsWith(day) ? clock : `${day} ${clock}`;
  const isReminder = kind === 'reminder' && each.kind === 'recurred';
  const rest = [
    ...(isReminder ? [] : KINDS[each.kind]),
    ...(each.count > 1 ? [matches(each.count)] : []),
    // Of one actor, and of nobody who is known.
    ...(actors.length > 0 || (subject === null && distinct.actors > 0) ? [untrustedLine(each.actor, NAME_MAX)] : []),
    ...(from.length > 0 ? [untrustedLine(each.address, NAME_MAX)] : []),
  ].join(', ');
  const id = `alert ${numberText(each.id)}`;
  // In a flood all are of one rule.
  const isSame = each.title === first.alert.title && each.level === first.alert.level;
  const which = isSame && isFlood(kind) ? id : `${levelAndTitle(each, TITLE_MAX)} (${id})`;
  return `• ${when} ${which}${rest === '' ? '' : `: ${rest}`}`;
}

function isDigest(kind: Group['kind']): boolean {
  return kind === 'digest' || kind === 'outage';
}

function isFlood(kind: Group['kind']): boolean {
  return kind === 'critical flood' || kind === 'high flood';
}

const KINDS: { readonly [kind in AlertNotification['kind']]: readonly string[] } = {
  opened: [],
  raised: ['raised'],
  updated: ['update'],
  recurred: ['goes on'],
  resolved: ['resolved'],
};

/** What the list leaves out, by number; all of a digest, a flood and an outage. */
function counts({ kind, more, distinct, rules, actors, addresses: from }: Group): Passage[] {
  if (more === 0 && !isDigest(kind) && !isFlood(kind)) return [];
  return [
    ...countsOf('By rule', rules, distinct.rules),
    ...countsOf('By actor', actors, distinct.actors),
    ...countsOf('By address', from, distinct.addresses),
  ];
}

function health({ outage }: Group): Passage[] {
  if (outage === undefined) return [];
  const lines = outage.health.map((summary) => `• ${trustedLine(summary, SUMMARY_MAX)}`);
  const all = [...lines, ...moreLine(outage.healthMessages - lines.length)];
  return all.length === 0 ? [] : [{ heading: 'About Tocsin itself', lines: all }];
}

function countsOf(heading: string, named: readonly NamedCount[], all: number): Passage[] {
  if (named.length === 0) return [];
  const lines = named.map(({ name, alerts }) => `• ${counted(alerts, 'alert')}: ${untrustedLine(name, NAME_MAX)}`);
  return [{ heading, lines: [...lines, ...moreLine(all - named.length)] }];
}
