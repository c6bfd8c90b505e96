/**
 * A notification as an ntfy message: a title, plain text with the facts first, and buttons.
 *
 * Pure; throws only for a notification that this version can't read. The message is within ntfy's limits. Without
 * `markdown`, nothing in a text is markup.
 */
import { type Links, NO_LINKS } from '../../alert/links.ts';
import type { Wording } from '../../alert/message-parts.ts';
import type { Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import type { Level } from '../../sigma/index.ts';
import { safeSlice } from '../../text/untrusted.ts';
import { isOver, levelOf } from '../level-color.ts';
import { factLines, linksOf, passagesOf, plainPiece } from '../plain.ts';

/** "Each message can be up to 4,096 bytes long" (https://docs.ntfy.sh/publish/#limitations); a longer one is an attachment. */
const MESSAGE_BYTES_MAX = 4_096;
/** The same page, "Title and tag size": 1 KB. */
const TITLE_BYTES_MAX = 1_024;
/** Of the whole request: twice a message (transformBodyJSON in https://github.com/binwiederhier/ntfy/blob/main/server/server.go). */
const REQUEST_BYTES_MAX = 2 * MESSAGE_BYTES_MAX;
/** https://docs.ntfy.sh/publish/#action-buttons: "up to three user actions". */
const ACTIONS_MAX = 3;
/** Our own, the first two in JSON, where quotes and backslashes take two bytes. */
const TEXT_BYTES_MAX = 3_800;
const TITLE_MAX = 250;
const HREF_MAX = 700;
const REST_BYTES = 500;
if (!(TEXT_BYTES_MAX <= MESSAGE_BYTES_MAX && 3 * TITLE_MAX <= TITLE_BYTES_MAX)) {
  throw new Error('the text and the title of an ntfy message must be within its limits');
}
if (!(TEXT_BYTES_MAX + 3 * TITLE_MAX + (1 + ACTIONS_MAX) * HREF_MAX + REST_BYTES < REQUEST_BYTES_MAX)) {
  throw new Error('the parts of an ntfy message must fit beside each other');
}

export interface NtfyMessage {
  readonly title?: string;
  readonly message: string;
  /** 1 to 5, https://docs.ntfy.sh/publish/#message-priority: from 4 on a phone makes a sound; 2 and 1 it does not. */
  readonly priority: number;
  /** Opened by a tap on the notification. */
  readonly click?: string;
  readonly actions?: readonly { readonly action: 'view'; readonly label: string; readonly url: string }[];
}

const PRIORITIES: { readonly [level in Level]: number } = {
  critical: 5,
  high: 4,
  medium: 3,
  low: 2,
  informational: 1,
};

/** Renders a message. */
export function render(notification: Notification, links: Links): NtfyMessage {
  const words = wording(notification, links);
  const views = linksOf(words)
    .map(({ label, href }) => ({ label, url: href }))
    .filter(({ url }) => url.length <= HREF_MAX);
  const click = views.find(({ url }) => url === links.alert)?.url ?? null;
  // A tap opens the alert: where there are more, its own button is the one to do without.
  const shown = views.length > ACTIONS_MAX ? views.filter(({ url }) => url !== click) : views;
  const actions = shown.slice(0, ACTIONS_MAX).map((view) => ({ action: 'view' as const, ...view }));
  return {
    // ntfy makes a header of the title, and decodes what looks like an encoded word there (RFC 2047).
    title: safeSlice(words.headline.replaceAll('=?', '= ?'), TITLE_MAX),
    message: fitting(linesOf(words)) || words.summary,
    priority: priorityOf(notification),
    ...(click === null ? {} : { click }),
    ...(actions.length === 0 ? {} : { actions }),
  };
}

/**
 * The same in one line, for when the full message can't be rendered or ntfy rejects it: the notification must still arrive.
 * Never throws.
 */
export function renderShort(notification: Notification): NtfyMessage {
  return { message: `${shortText(notification, NO_LINKS)} ${SHORT_FORM_NOTE}`, priority: PRIORITIES.high };
}

function priorityOf(notification: Notification): number {
  if (isOver(notification)) return PRIORITIES.low;
  return PRIORITIES[levelOf(notification) ?? 'medium'] ?? PRIORITIES.medium;
}

/**
 * What a lock screen shows comes first: what the summary says beyond the title. A fact is one line, so that no text of others
 * stands where a label would.
 */
function linesOf(words: Wording): readonly string[] {
  const { headline, summary, change, description, falsePositives, footer } = words;
  const lead = summary.startsWith(headline) ? summary.slice(headline.length).replace(/^[:;,.]\s*/, '') : summary;
  const facts = words.facts.map((fact) => `${fact.label}: ${factLines(fact).join(' · ')}`);
  return [
    ...(lead === '' ? [] : [lead]),
    ...(change === null ? [] : [change]),
    ...(description === null || description === lead ? [] : ['', description]),
    ...(facts.length === 0 ? [] : ['', ...facts]),
    ...passagesOf(words).flatMap(({ heading, lines }) => ['', `${heading}:`, ...lines]),
    ...(falsePositives === null ? [] : ['', falsePositives]),
    '',
    footer.map(plainPiece).join(''),
  ];
}

/** Whole lines, as many as there is room for; "…" where some are missing. */
function fitting(lines: readonly string[]): string {
  const kept: string[] = [];
  let room = TEXT_BYTES_MAX - '\n…'.length * 3;
  for (const line of lines) {
    // Its quotes are as long as a line break in JSON.
    room -= new TextEncoder().encode(JSON.stringify(line)).length;
    if (room < 0) return [...kept, '…'].join('\n');
    kept.push(line);
  }
  return kept.join('\n').trim();
}
