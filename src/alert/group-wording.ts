/**
 * The words of a group's message: its first alert in full, the list of the others, and in numbers what is not listed.
 *
 * Contract: pure and total. Every alert is named or counted; the headline has the number of all, however much a receiver
 * cuts.
 */
import { counted, numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { untrustedLine } from '../text/untrusted.ts';
import { alertWording, event, levelAndTitle, matches, moreLine, news } from './alert-wording.ts';
import { groupButtons, type Links } from './links.ts';
import type { Passage, Wording } from './message-parts.ts';
import type { AlertNotification, GroupedAlert, GroupNotification, NamedCount } from './notification.ts';

/** So that a headline with both, and a number, fits a Slack header. */
const TITLE_MAX = 60;
const SUBJECT_MAX = 30;
/** So that the lines of all alerts fit a message. */
const NAME_MAX = 45;

type Group = GroupNotification['group'];

/** The words of `notification`. */
export function groupWording({ group }: GroupNotification, links: Links): Wording {
  const { first } = group;
  const words = alertWording(first, links);
  const head = headline(group);
  // A reminder says it of all.
  const ofFirst = group.kind === 'reminder' && first.kind === 'recurred' ? null : words.change;
  return {
    ...words,
    headline: head,
    summary: `${head}; first: ${event(first.entry)}`,
    change: [occasion(group), ...(ofFirst === null ? [] : [ofFirst])].join(' '),
    passages: [
      ...others(group),
      ...counts(group),
      ...words.passages.map((each) => ({ ...each, heading: `${each.heading}, alert ${numberText(first.alert.id)}` })),
    ],
    buttons: groupButtons(links),
  };
}

function headline(group: Group): string {
  const { kind, level, first, alerts, distinct } = group;
  const of = (prefix: string): string => levelAndTitle({ level, title: `${prefix}${first.alert.title}` }, TITLE_MAX);
  const more = alerts > 1 ? `, and ${counted(alerts - 1, 'more alert')}` : '';
  switch (kind) {
    case 'group':
      return `${[of(''), ...news(first)].join(': ')}${more}${more === '' ? '' : whose(group)}`;
    case 'critical flood':
    case 'high flood':
      return `${of('')}: ${counted(alerts, 'more alert')}${whose(group)}`;
    case 'digest':
      return distinct.rules > 1
        ? `[${level.toUpperCase()}] ${counted(alerts, 'alert')} of ${counted(distinct.rules, 'rule')}${numbers(group)}`
        : `${of('')}: ${counted(alerts, 'alert')}${whose(group)}`;
    case 'reminder':
      return `${of('Reminder: ')}${more}`;
    case 'new receiver':
      return `${of('Still open: ')}${more}`;
    case 'active times':
      return `${of('Since last time: ')}${more}`;
  }
}

/** ` of ci-deploy`, or ` of 12 actors`; nothing where neither is known. */
function whose({ subject, distinct: { actors, addresses } }: Group): string {
  if (subject !== null) return ` of ${untrustedLine(subject, SUBJECT_MAX)}`;
  if (actors > 1) return ` of ${counted(actors, 'actor')}`;
  return addresses > 1 ? ` from ${counted(addresses, 'address', 'addresses')}` : '';
}

/** `, 12 actors, 30 addresses`. */
function numbers({ distinct: { actors, addresses } }: Group): string {
  return [
    ...(actors > 1 ? [`, ${counted(actors, 'actor')}`] : []),
    ...(addresses > 1 ? [`, ${counted(addresses, 'address', 'addresses')}`] : []),
  ].join('');
}

/** What this message is, in a sentence or two. */
function occasion(group: Group): string {
  const { kind, alerts, since, actors } = group;
  const number = counted(alerts, 'alert');
  const one = alerts === 1;
  const from = `The earliest match was at ${utcText(since, 'minutes') ?? 'an unknown time'}.`;
  const [most] = actors;
  const mostly =
    most === undefined ? '' : ` Most are of ${untrustedLine(most.name, NAME_MAX)} (${numberText(most.alerts)}).`;
  switch (kind) {
    case 'group':
      return `${number}${whose(group)}. ${from}${mostly}`;
    case 'critical flood':
    case 'high flood':
      return `There are too many alerts of this rule to send each: ${one ? 'this is' : 'these are'} ${numberText(alerts)} more. ${from}${mostly}`;
    case 'digest':
      return `A digest of ${number}. ${from}${mostly}`;
    case 'reminder':
      return `${one ? 'This alert goes on' : `These ${number} go on`}, and nobody has acknowledged or resolved ${one ? 'it' : 'them'}. ${from}`;
    case 'new receiver':
      return `This receiver is new: ${one ? 'this alert was' : `these ${number} were`} open and unacknowledged before it was set up. ${from}`;
    case 'active times':
      return `${one ? 'This alert' : `These ${number}`} came outside the active times of this receiver. ${from}`;
  }
}

function others({ others: of, more, first, actors, addresses }: Group): Passage[] {
  const shown = { at: first.alert.lastAt, hasActor: actors.length > 0, hasAddress: addresses.length > 0 };
  const heading = `${counted(of.length + more, 'more alert')}, with the last match in UTC`;
  const lines = [...of.map((each) => line(each, shown)), ...moreLine(more)];
  return lines.length === 0 ? [] : [{ heading, lines }];
}

/** `• 09:31 [HIGH] Kubeconfig read (alert 14): raised, 12 matches, ci-deploy, 203.0.113.9`; of who and where, what differs. */
function line(
  each: GroupedAlert,
  { at, hasActor, hasAddress }: { readonly at: number; readonly hasActor: boolean; readonly hasAddress: boolean },
): string {
  const [day = '', clock = 'at an unknown time'] = (utcText(each.lastAt, 'minutes') ?? '').split(' ');
  const when = (utcText(at) ?? '').startsWith(day) ? clock : `${day} ${clock}`;
  const rest = [
    ...KINDS[each.kind],
    ...(each.count > 1 ? [matches(each.count)] : []),
    ...(hasActor ? [untrustedLine(each.actor, NAME_MAX)] : []),
    ...(hasAddress ? [untrustedLine(each.address, NAME_MAX)] : []),
  ].join(', ');
  return `• ${when} ${levelAndTitle(each, TITLE_MAX)} (alert ${numberText(each.id)})${rest === '' ? '' : `: ${rest}`}`;
}

const KINDS: { readonly [kind in AlertNotification['kind']]: readonly string[] } = {
  opened: [],
  raised: ['raised'],
  updated: ['update'],
  recurred: ['goes on'],
  resolved: ['resolved'],
};

/** What the list leaves out, by number; all of a digest and a flood. */
function counts({ kind, more, distinct, rules, actors, addresses }: Group): Passage[] {
  if (more === 0 && kind !== 'digest' && kind !== 'critical flood' && kind !== 'high flood') return [];
  return [
    ...countsOf('By rule', rules, distinct.rules),
    ...countsOf('By actor', actors, distinct.actors),
    ...countsOf('By address', addresses, distinct.addresses),
  ];
}

function countsOf(heading: string, named: readonly NamedCount[], all: number): Passage[] {
  if (named.length === 0) return [];
  const lines = named.map(({ name, alerts }) => `• ${counted(alerts, 'alert')}: ${untrustedLine(name, NAME_MAX)}`);
  return [{ heading, lines: [...lines, ...moreLine(all - named.length)] }];
}
