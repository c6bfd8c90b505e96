/**
 * A notification as a Teams message: one Adaptive Card with the level, what, who, from where, when, how many, why and what to do.
 *
 * Pure; throws only for a notification that this version can't read. The message is within Teams' limit and everything in it
 * that somebody else wrote is text.
 */
import { type Links, NO_LINKS } from '../../alert/links.ts';
import type { Fact, Wording } from '../../alert/message-parts.ts';
import type { Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import type { Level } from '../../sigma/index.ts';
import { levelOf } from '../level-color.ts';
import { linksOf, passagesOf } from '../plain.ts';
import {
  CARD_SIZE_MAX,
  type CardElement,
  line,
  lines,
  messageOf,
  type OpenUrl,
  sizeOf,
  type TeamsMessage,
  timedLine,
} from './card.ts';

/** Teams' own colors, on a light and on a dark background. */
const STYLES: { readonly [level in Level]: string } = {
  critical: 'attention',
  high: 'attention',
  medium: 'warning',
  low: 'accent',
  informational: 'emphasis',
};

/** Renders a message. */
export function render(notification: Notification, links: Links): TeamsMessage {
  const level = levelOf(notification);
  const style = level === null ? 'good' : (STYLES[level] ?? STYLES.informational);
  return messageOf(fitting(elementsOf(wording(notification, links), style)));
}

/**
 * The same in one line, for when the full message can't be rendered or Teams rejects it: the notification must still arrive.
 * Never throws.
 */
export function renderShort(notification: Notification): TeamsMessage {
  return messageOf([line(`${shortText(notification, NO_LINKS)} ${SHORT_FORM_NOTE}`)]);
}

/** Most important first: what does not fit is left out from the end. */
function elementsOf(words: Wording, style: string): readonly CardElement[] {
  const { headline, change, description, falsePositives } = words;
  return [
    { type: 'Container', style, bleed: true, items: [line(headline, { weight: 'Bolder', size: 'Large' })] },
    ...(change === null ? [] : [line(change, { weight: 'Bolder' })]),
    ...(description === null ? [] : [line(description)]),
    ...words.facts.map(row),
    // Above the long parts: visible without scrolling.
    ...actions(words),
    ...passagesOf(words).flatMap((passage) => [line(passage.heading, { weight: 'Bolder' }), ...lines(passage.lines)]),
    ...(falsePositives === null ? [] : [line(falsePositives, { isSubtle: true })]),
    footer(words.footer),
  ];
}

/** Two columns: the label and the value. */
function row(fact: Fact): CardElement {
  const items = fact.kind === 'untrusted' ? lines(fact.lines) : fact.lines.map(timedLine);
  return {
    type: 'ColumnSet',
    spacing: 'Small',
    columns: [
      { type: 'Column', width: '80px', items: [line(fact.label, { weight: 'Bolder' })] },
      { type: 'Column', width: 'stretch', items },
    ],
  };
}

function actions(words: Wording): readonly CardElement[] {
  const opens = linksOf(words).map(({ label, href }): OpenUrl => ({ type: 'Action.OpenUrl', title: label, url: href }));
  return opens.length === 0 ? [] : [{ type: 'ActionSet', actions: opens }];
}

function footer(pieces: Wording['footer']): CardElement {
  return pieces.every((piece) => typeof piece === 'string')
    ? line(pieces.join(''), { isSubtle: true, size: 'Small' })
    : timedLine(pieces);
}

/** The elements that there is room for; "…" where some are missing. */
function fitting(elements: readonly CardElement[]): readonly CardElement[] {
  const kept: CardElement[] = [];
  let room = CARD_SIZE_MAX;
  for (const element of elements) {
    room -= sizeOf(element);
    if (room < 0) return [...kept, line('…')];
    kept.push(element);
  }
  return kept;
}
