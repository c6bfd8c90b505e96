/**
 * A notification as a Slack message: the level, what, who, from where, when, how many, why, and what to do.
 *
 * Pure; throws only for a notification that this version can't read. The message is within Slack's limits, and everything
 * in it that somebody else wrote is text: it is in plain_text objects, in which Slack parses nothing.
 */

import { type Button, type Links, NO_LINKS } from '../../alert/links.ts';
import { type Fact, type Instant, inParts, type Passage, type Wording } from '../../alert/message-parts.ts';
import { mentionsIn, type Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { utcText } from '../../text/times.ts';
import { colorOf } from '../level-color.ts';
import {
  BLOCKS_MAX,
  type Block,
  button,
  escaped,
  FIELD_MAX,
  FIELDS_MAX,
  HEADER_MAX,
  link,
  type Mrkdwn,
  markup,
  type PlainText,
  plain,
  type SlackMessage,
  TEXT_MAX,
  topText,
  when,
} from './message.ts';

/** What the message of an app has besides. */
export interface OfApp {
  /** Before the headline. */
  readonly prefix: string;
  /** How its alerts are, in lines. */
  readonly status: readonly string[];
  /** At most one. */
  readonly acts: readonly Block[];
  /** What they do: a button that leads to it would be a second one. */
  readonly does: readonly Button['name'][];
  /** Null: by its level. */
  readonly color: string | null;
}

const NO_APP: OfApp = { prefix: '', status: [], acts: [], does: [], color: null };

/** Renders a message. */
export function render(notification: Notification, links: Links, app = NO_APP): SlackMessage {
  const words = wording(notification, links);
  const text = topText(app.prefix + words.summary);
  return {
    text,
    blocks: [
      { type: 'header', text: plain([app.prefix + words.headline], HEADER_MAX) },
      ...mentions(mentionsIn(notification)),
    ],
    attachments: [{ color: app.color ?? colorOf(notification), fallback: text, blocks: blocksOf(words, app) }],
    mrkdwn: false,
    ...NO_PREVIEW,
  };
}

/**
 * The same in one line of printable ASCII without blocks, for when the full message can't be rendered or Slack rejects it as
 * invalid: the notification must still arrive. Never throws.
 */
export function renderShort(notification: Notification): SlackMessage {
  // In brackets: bare dots could complete a host or a phone number.
  const dots = (text: string): string => text.replace(/…/g, '[...]');
  const ascii = dots(topText(dots(shortText(notification, NO_LINKS))))
    .replace(/[“”]/g, '"')
    .replace(/[^\x20-\x7e]|(?<!\w)[@#]/gu, '?');
  // Not even `mrkdwn`: the fewer fields, the less Slack can reject.
  return { text: `${ascii} ${SHORT_FORM_NOTE}`, ...NO_PREVIEW };
}

/**
 * Beside them are at most 11: the header, two of mentions, three lines, the facts, two rows of buttons, the false positives and
 * the footer.
 */
const LONG_BLOCKS_MAX = BLOCKS_MAX - 11;

const NO_PREVIEW = { unfurl_links: false, unfurl_media: false } as const;

/**
 * A person, a user group, or everybody (docs.slack.dev/messaging/formatting-message-text, "Mentioning users" and after).
 * Anything else is text.
 */
const MENTION = /^<(?:@[UW][A-Z0-9]{2,20}|!subteam\^S[A-Z0-9]{2,20}|!here|!channel)>$/;

/** Above what attachments fold. */
function mentions(texts: readonly string[]): Block[] {
  const isMention = (text: string): boolean => MENTION.test(text);
  const [people, other] = [texts.filter(isMention), texts.filter((text) => !isMention(text))];
  const active: Block = { type: 'section', text: markup(people.join(' ')) };
  return [...(people.length === 0 ? [] : [active]), ...(other.length === 0 ? [] : [section([other.join(' ')])])];
}

function blocksOf(words: Wording, { status, acts, does }: OfApp): Block[] {
  return [
    ...(status.length === 0 ? [] : [section(status)]),
    ...(words.change === null ? [] : [section([words.change])]),
    ...(words.description === null ? [] : [section([words.description])]),
    ...(words.facts.length === 0 ? [] : [table(words.facts)]),
    // Above the long parts: visible without scrolling, and not where Slack folds.
    ...acts,
    ...actions(words.buttons, does),
    ...[...words.passages.flatMap(passage), ...runbook(words.runbook)].slice(0, LONG_BLOCKS_MAX),
    ...(words.falsePositives === null ? [] : [context(plain([words.falsePositives], TEXT_MAX))]),
    context(footer(words.footer)),
  ];
}

/** Two columns: the labels and the values. */
function table(facts: readonly Fact[]): Block {
  const fields = facts.flatMap((fact) => [markup(`*${fact.label}*`), value(fact)]);
  return { type: 'section', fields: fields.slice(0, FIELDS_MAX) };
}

function value(fact: Fact): PlainText | Mrkdwn {
  if (fact.kind === 'untrusted') return plain(fact.lines, FIELD_MAX);
  return markup(fact.lines.flatMap((line) => [line.map(shown).join(''), ...utc(line)]).join('\n'));
}

function shown(piece: string | Instant): string {
  return typeof piece === 'string' ? piece : when(piece.at);
}

/** Below an instant that is a line by itself: the same in UTC, as in the audit log. */
function utc(line: readonly (string | Instant)[]): string[] {
  const [only] = line;
  const text = line.length === 1 && typeof only === 'object' ? utcText(only.at) : null;
  return text === null ? [] : [text];
}

/** Our own heading may be bold; untrusted lines below it may not be markup. */
function passage({ heading, lines }: Passage): Block[] {
  const parts = inParts(lines, TEXT_MAX, (line) => escaped(line, Number.MAX_SAFE_INTEGER).length);
  return [{ type: 'section', text: markup(`*${heading}*`) }, ...parts.map(section)];
}

function runbook(words: Wording['runbook']): Block[] {
  if (words === null) return [];
  if (words.href === null) return passage(words);
  return [{ type: 'section', text: markup(`*${words.heading}*\n${link(words.href)}`) }];
}

/** `does`: what the app's own buttons above do. */
function actions(buttons: readonly Button[], does: OfApp['does']): Block[] {
  const elements = buttons
    .filter(({ name }) => !does.includes(name))
    .map(({ name, label, href }, i) => button(name, label, href, i === 0 && does.length === 0))
    .filter((each) => each !== null);
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

/** A footer with an instant has no untrusted text. */
function footer(pieces: Wording['footer']): PlainText | Mrkdwn {
  const words = pieces.filter((piece) => typeof piece === 'string');
  return words.length === pieces.length ? plain([words.join('')], TEXT_MAX) : markup(pieces.map(shown).join(''));
}

function section(lines: readonly string[]): Block {
  return { type: 'section', text: plain(lines, TEXT_MAX) };
}

function context(element: PlainText | Mrkdwn): Block {
  return { type: 'context', elements: [element] };
}
