/**
 * A notification as an event: it opens the incident of its alert, adds to it, acknowledges or resolves it.
 *
 * An event can be late: PagerDuty was down, or others went first. So it is what is so when it is sent: what waited since before
 * somebody acknowledged or resolved the alert opens no incident and pages nobody.
 *
 * Pure; throws only for a notification that this version can't read. The event is within PagerDuty's limits
 * (https://developer.pagerduty.com/docs/send-alert-event), which shows its texts as text.
 */
import { addressOf, type Links, NO_LINKS } from '../../alert/links.ts';
import type { Wording } from '../../alert/message-parts.ts';
import { type AlertNotification, type GroupNotification, isTest, type Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import type { Level } from '../../sigma/index.ts';
import { numberText } from '../../text/numbers.ts';
import { safeSlice, trustedLine } from '../../text/untrusted.ts';
import { isOver, levelOf } from '../level-color.ts';
import { factLines, linksOf, passagesOf, plainPiece } from '../plain.ts';
import type { Editable } from '../receiver.ts';

/** Characters of `summary` and of `dedup_key`. The whole may have 512 KB, of which the words of a message are a fortieth. */
const SUMMARY_MAX = 1_024;
const KEY_MAX = 255;

type Severity = 'critical' | 'error' | 'warning' | 'info';
const SEVERITIES: { readonly [level in Level]: Severity } = {
  critical: 'critical',
  high: 'error',
  medium: 'warning',
  low: 'info',
  informational: 'info',
};

/** PagerDuty drops the last two where no incident is open ("Alert de-duplication"). */
type Action = 'trigger' | 'acknowledge' | 'resolve';

export interface PagerDutyEvent {
  readonly event_action: Action;
  /** Which incident; missing where that can't be read, which opens one of its own. */
  readonly dedup_key?: string;
  /** Of a trigger. */
  readonly payload?: {
    readonly summary: string;
    readonly source: string;
    readonly severity: Severity;
    readonly timestamp?: string;
    readonly class?: string;
    readonly custom_details?: { readonly [label: string]: string };
  };
  readonly client?: 'Tocsin';
  readonly client_url?: string;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

interface Circumstances {
  readonly editable?: Editable | undefined;
  /** What is done in PagerDuty comes back (config/pagerduty-acts.ts). */
  readonly isHeard?: boolean;
}

/** Renders an event. */
export function render(
  notification: Notification,
  links: Links,
  { editable, isHeard = false }: Circumstances = {},
): PagerDutyEvent {
  const dedup_key = keyOf(notification);
  const action = actionOf(notification, editable);
  if (action !== 'trigger') return { event_action: action, dedup_key };
  const words = wording(notification, links);
  const all = linksOf(words).map(({ label, href }) => ({ href, text: inTocsin(label) }));
  const alert = all.find(({ href }) => href === links.alert);
  return {
    event_action: 'trigger',
    dedup_key,
    payload: {
      summary: summaryOf(words.summary, dedup_key, isHeard),
      source: sourceOf(links),
      severity: severityOf(levelOf(notification)),
      ...timestamp(notification),
      ...('alert' in notification ? { class: trustedLine(notification.alert.title, KEY_MAX) } : {}),
      custom_details: { ...acting(notification, dedup_key, isHeard), ...detailsOf(words) },
    },
    client: 'Tocsin',
    ...(alert === undefined ? {} : { client_url: alert.href }),
    ...(all.length === 0 ? {} : { links: all }),
  };
}

/**
 * The same with a summary alone, for when the full event can't be rendered or PagerDuty rejects it: the notification must still
 * arrive. Never throws.
 */
export function renderShort(notification: Notification, editable?: Editable): PagerDutyEvent {
  const key = safely(() => keyOf(notification), null);
  const dedup_key = key === null ? {} : { dedup_key: key };
  const action = actionOf(notification, editable);
  if (key !== null && action !== 'trigger') return { event_action: action, dedup_key: key };
  const summary = safeSlice(`${shortText(notification, NO_LINKS)} ${SHORT_FORM_NOTE}`, SUMMARY_MAX);
  const severity = severityOf(safely(() => levelOf(notification), 'high'));
  return { event_action: 'trigger', ...dedup_key, payload: { summary, source: sourceOf(NO_LINKS), severity } };
}

/** Whether there is nothing to send: it says that somebody acknowledged the alert, and that has ended since. */
export function isPastAcknowledgement(notification: Notification, editable?: Editable): boolean {
  const status = editable?.alerts[0]?.status ?? 'acknowledged';
  return isAcknowledgement(notification) && status !== 'acknowledged' && status !== 'resolved';
}

function actionOf(notification: Notification, editable?: Editable): Action {
  if (isOver(notification)) return 'resolve';
  // A group is about other alerts too.
  const now = 'alert' in notification && !isTest(notification) ? editable : undefined;
  if (now?.alerts[0]?.status === 'resolved') return 'resolve';
  return isAcknowledgement(notification) || now?.isActedOn === true ? 'acknowledge' : 'trigger';
}

/** An edit that is not the end of the alert (notifyAcknowledged, ledger/deliver/notify-now.ts). */
function isAcknowledgement(notification: Notification): boolean {
  return 'alert' in notification && notification.edits === true && !isOver(notification);
}

/**
 * Which incident an event is about: one for each alert, for each kind and subject of health alert, and for each test. Only what a
 * notification holds is in it, so that a trigger and its end have the same: nothing of the ledger, so that a new one with the
 * same integration may add to an incident of an old one's. Throws for what can't be read.
 */
function keyOf(notification: Notification): string {
  const parts = keyParts(notification);
  return safeSlice(`tocsin/${parts.join('/')}`.toWellFormed(), KEY_MAX);
}

/** The alert of an incident by its dedup key; null: it is of no alert. */
export interface KeyedAlert {
  readonly alert: number;
  readonly rule: string;
  /** The key had no room for the whole of the rule's id. */
  readonly isCut: boolean;
}

export function alertOfKey(key: string): KeyedAlert | null {
  const [, id = '', rule = ''] = /^tocsin\/alert\/([1-9]\d{0,14})\/(.+)$/s.exec(key) ?? [];
  // A pair that does not fit is left out whole.
  return id === '' ? null : { alert: Number(id), rule, isCut: key.length >= KEY_MAX - 1 };
}

function keyParts(notification: Notification): readonly (string | number)[] {
  switch (notification.kind) {
    case 'health':
    case 'health-resolved':
      return ['health', notification.health.kind, notification.health.subject ?? ''];
    case 'group':
      return groupParts(notification.group);
    default:
      return alertParts(notification);
  }
}

/** In a flood a rule is one incident, whatever the level; what is not severe then is one as well. */
function groupParts({ kind, first }: GroupNotification['group']): readonly (string | number)[] {
  if (kind === 'critical flood' || kind === 'high flood') return ['flood', first.alert.ruleId];
  return kind === 'digest' ? ['digest'] : alertParts(first);
}

function alertParts(notification: AlertNotification): readonly (string | number)[] {
  const { alert, entry } = notification;
  return isTest(notification) ? ['test', entry.createdAt] : ['alert', alert.id, alert.ruleId];
}

/** A level that only a newer version knows is severe. */
function severityOf(level: Level | null): Severity {
  return level === null ? 'info' : (SEVERITIES[level] ?? 'error');
}

/** "Preferably a hostname": that of the Worker. */
function sourceOf(links: Links): string {
  return addressOf(links)?.replace(/^https?:\/\//, '') ?? 'Tocsin';
}

function timestamp(notification: Notification): { timestamp?: string } {
  const at =
    'entry' in notification
      ? notification.entry.createdAt
      : 'health' in notification
        ? notification.health.since
        : Number.NaN;
  return plainPiece({ at }).endsWith('UTC') ? { timestamp: new Date(at).toISOString() } : {};
}

/** `Acknowledge…` is `Acknowledge in Tocsin`: PagerDuty has a button of that name. */
function inTocsin(label: string): string {
  return label.endsWith('…') ? `${label.slice(0, -1)} in Tocsin` : label;
}

/** What PagerDuty's own buttons do here: the people who see them know nothing of Tocsin. */
function acting(notification: Notification, key: string, isHeard: boolean): Record<string, string> {
  const of = alertOfKey(key);
  if (of === null) return {};
  const way = isHeard
    ? 'group' in notification
      ? `PagerDuty’s own buttons act on alert ${numberText(of.alert)} only: for all of them use the links to Tocsin.`
      : 'In PagerDuty or in Tocsin: what is done in one place counts in both.'
    : 'By the links to Tocsin: PagerDuty’s own buttons do not stop Tocsin’s messages.';
  return { 'Acknowledge and resolve': way };
}

/** What PagerDuty shows beside its own buttons says where these do not reach. */
function summaryOf(summary: string, key: string, isHeard: boolean): string {
  const note = isHeard || alertOfKey(key) === null ? '' : ' (acknowledge in Tocsin, by the link)';
  return `${safeSlice(summary, SUMMARY_MAX - note.length)}${note}`;
}

/** What the message says, a row for each label. */
function detailsOf(words: Wording): { readonly [label: string]: string } {
  const { change, description, falsePositives, footer } = words;
  return Object.fromEntries([
    ...(change === null ? [] : [['Change', change]]),
    ...(description === null ? [] : [['Description', description]]),
    ...words.facts.map((fact) => [fact.label, factLines(fact).join('\n')]),
    ...passagesOf(words).map(({ heading, lines }) => [heading, lines.join('\n')]),
    ...(falsePositives === null ? [] : [['Note', falsePositives]]),
    ['About', footer.map(plainPiece).join('')],
  ]);
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
