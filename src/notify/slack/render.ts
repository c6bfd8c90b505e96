/**
 * A notification as a Slack message: how bad, what, who, from where, when, how many, why, and what to do.
 *
 * Pure, and total: whatever stands in the notification, the message is within Slack's limits and everything in it that
 * somebody else wrote is text. It stands in plain_text objects, which Slack parses nothing in.
 */

import { type Button, type Links, NO_LINKS } from '../../alert/links.ts';
import type { Fact, Instant, Passage, Wording } from '../../alert/message-parts.ts';
import type { Notification } from '../../alert/notification.ts';
import { shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { utcText } from '../../text/times.ts';
import { colorOf } from '../level-color.ts';
import {
  type Block,
  button,
  link,
  MAX_FIELD,
  MAX_FIELDS,
  MAX_HEADER,
  MAX_TEXT,
  type Mrkdwn,
  markup,
  type PlainText,
  plain,
  type SlackMessage,
  topText,
  when,
} from './message.ts';

/** What Slack shows of `notification`. Throws for one that this version can't read. */
export function render(notification: Notification, links: Links): SlackMessage {
  const said = wording(notification, links);
  const text = topText(said.summary);
  return {
    text,
    blocks: [{ type: 'header', text: plain([said.headline], MAX_HEADER) }],
    attachments: [{ color: colorOf(notification), fallback: text, blocks: blocksOf(said) }],
    mrkdwn: false,
    ...NO_PREVIEW,
  };
}

/**
 * The same in one line of printable ASCII and no blocks, for when the full message can't be made or Slack calls it
 * invalid: a mistake in it, or in what was stored, must not silence the bell. Never throws.
 */
export function renderShort(notification: Notification): SlackMessage {
  const ascii = topText(shortText(notification, NO_LINKS))
    .replace(/…/g, '...')
    .replace(/[“”]/g, '"')
    .replace(/[^\x20-\x7e]|(?<!\w)[@#]/gu, '?');
  // Not even `mrkdwn`: what Slack must understand of it is as little as can be.
  return { text: `${ascii} (in short: the full message could not be shown)`, ...NO_PREVIEW };
}

const NO_PREVIEW = { unfurl_links: false, unfurl_media: false } as const;

function blocksOf(said: Wording): Block[] {
  return [
    ...(said.change === null ? [] : [section([said.change])]),
    ...(said.description === null ? [] : [section([said.description])]),
    ...(said.facts.length === 0 ? [] : [table(said.facts)]),
    // Above what may be long: in sight without scrolling, and not where Slack folds.
    ...actions(said.buttons),
    ...said.passages.flatMap(passage),
    ...runbook(said.runbook),
    ...(said.falsePositives === null ? [] : [context(plain([said.falsePositives], MAX_TEXT))]),
    context(footer(said.footer)),
  ];
}

/** Two columns, as fields are laid out: the labels and the values. */
function table(facts: readonly Fact[]): Block {
  const fields = facts.flatMap((fact) => [markup(`*${fact.label}*`), value(fact)]);
  return { type: 'section', fields: fields.slice(0, MAX_FIELDS) };
}

function value(fact: Fact): PlainText | Mrkdwn {
  if (fact.kind === 'untrusted') return plain(fact.lines, MAX_FIELD);
  return markup(fact.lines.flatMap((line) => [line.map(shown).join(''), ...utc(line)]).join('\n'));
}

function shown(piece: string | Instant): string {
  return typeof piece === 'string' ? piece : when(piece.at);
}

/** Below an instant that stands alone: the same in UTC, as the audit log has it. */
function utc(line: readonly (string | Instant)[]): string[] {
  const [only] = line;
  const text = line.length === 1 && typeof only === 'object' ? utcText(only.at) : null;
  return text === null ? [] : [text];
}

/** Our own heading may be bold; what others wrote below it may not stand in markup. */
function passage({ heading, lines }: Passage): Block[] {
  return [{ type: 'section', text: markup(`*${heading}*`) }, section(lines)];
}

function runbook(said: Wording['runbook']): Block[] {
  if (said === null) return [];
  if (said.href === null) return passage(said);
  return [{ type: 'section', text: markup(`*${said.heading}*\n${link(said.href)}`) }];
}

function actions(buttons: readonly Button[]): Block[] {
  const elements = buttons
    .map(({ name, label, href }, i) => button(name, label, href, i === 0))
    .filter((each) => each !== null);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

/** With a time in it, it is words of our own. */
function footer(pieces: Wording['footer']): PlainText | Mrkdwn {
  const words = pieces.filter((piece) => typeof piece === 'string');
  return words.length === pieces.length ? plain([words.join('')], MAX_TEXT) : markup(pieces.map(shown).join(''));
}

function section(lines: readonly string[]): Block {
  return { type: 'section', text: plain(lines, MAX_TEXT) };
}

function context(element: PlainText | Mrkdwn): Block {
  return { type: 'context', elements: [element] };
}
