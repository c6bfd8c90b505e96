/**
 * A notification as an event: it opens the incident of its alert, adds to it, or resolves it.
 *
 * Pure; throws only for a notification that this version can't read. The event is within PagerDuty's limits
 * (https://developer.pagerduty.com/docs/send-alert-event), which shows its texts as text.
 */
import { addressOf, type Links, NO_LINKS } from '../../alert/links.ts';
import type { Wording } from '../../alert/message-parts.ts';
import { type AlertNotification, isTest, type Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import type { Level } from '../../sigma/index.ts';
import { safeSlice, trustedLine } from '../../text/untrusted.ts';
import { isOver, levelOf } from '../level-color.ts';
import { factLines, openable, passagesOf, plainPiece } from '../plain.ts';

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

export interface PagerDutyEvent {
  readonly event_action: 'trigger' | 'resolve';
  /** Which incident; missing where that can't be read, which opens one of its own. */
  readonly dedup_key?: string;
  /** Missing where it is resolved. */
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

/** Renders an event. */
export function render(notification: Notification, links: Links): PagerDutyEvent {
  const dedup_key = keyOf(notification);
  if (isOver(notification)) return { event_action: 'resolve', dedup_key };
  const words = wording(notification, links);
  const href = words.runbook?.href ?? null;
  const all = [
    ...openable(words.buttons).map((button) => ({ href: button.href, text: button.label })),
    ...(href === null ? [] : [{ href, text: 'Open the runbook' }]),
  ];
  const [first] = all;
  return {
    event_action: 'trigger',
    dedup_key,
    payload: {
      summary: safeSlice(words.summary, SUMMARY_MAX),
      source: sourceOf(links),
      severity: severityOf(levelOf(notification)),
      ...timestamp(notification),
      ...('alert' in notification ? { class: trustedLine(notification.alert.title, KEY_MAX) } : {}),
      custom_details: detailsOf(words),
    },
    client: 'Tocsin',
    ...(first === undefined ? {} : { client_url: first.href, links: all }),
  };
}

/**
 * The same with a summary alone, for when the full event can't be rendered or PagerDuty rejects it: the notification must still
 * arrive. Never throws.
 */
export function renderShort(notification: Notification): PagerDutyEvent {
  const key = safely(() => keyOf(notification), null);
  const dedup_key = key === null ? {} : { dedup_key: key };
  if (key !== null && isOver(notification)) return { event_action: 'resolve', dedup_key: key };
  const summary = safeSlice(`${shortText(notification, NO_LINKS)} ${SHORT_FORM_NOTE}`, SUMMARY_MAX);
  const severity = severityOf(safely(() => levelOf(notification), 'high'));
  return { event_action: 'trigger', ...dedup_key, payload: { summary, source: sourceOf(NO_LINKS), severity } };
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

function keyParts(notification: Notification): readonly (string | number)[] {
  switch (notification.kind) {
    case 'health':
    case 'health-resolved':
      return ['health', notification.health.kind, notification.health.subject ?? ''];
    case 'group':
      return alertParts(notification.group.first);
    default:
      return alertParts(notification);
  }
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
