/**
 * A notification as a Discord message: one embed with the level, what, who, from where, when, how many, why and what to do.
 *
 * Pure; throws only for a notification that this version can't read. The message is within Discord's limits and
 * everything in it that somebody else wrote is text.
 */
import { type Button, type Links, NO_LINKS } from '../../alert/links.ts';
import { type Fact, type Instant, inParts, type Passage, type Wording } from '../../alert/message-parts.ts';
import { MENTIONS_MAX, mentionsIn, type Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { utcText } from '../../text/times.ts';
import { safeSlice } from '../../text/untrusted.ts';
import { colorOf } from '../level-color.ts';
import { plainPiece } from '../plain.ts';
import {
  CONTENT_MAX,
  DESCRIPTION_MAX,
  type DiscordMessage,
  EMBED_MAX,
  type Embed,
  escaped,
  FIELD_NAME_MAX,
  FIELD_VALUE_MAX,
  FIELDS_MAX,
  type Field,
  FOOTER_MAX,
  joined,
  link,
  NO_MENTIONS,
  safeUrl,
  TITLE_MAX,
  when,
} from './message.ts';

/** Our own, smaller than Discord's, so that the parts that matter most always fit beside each other. */
const PROSE_MAX = 1_000;
const FACT_MAX = 600;
/** What, who, from, when, how many (alert/alert-wording.ts). */
const FACTS = 5;
const FOOTNOTE_MAX = 500;
/** Of one mention, which has at most 80 characters (routing/routes-file.ts), each maybe escaped. */
const MENTION_MAX = 200;
if (!(MENTIONS_MAX * (MENTION_MAX + 1) < CONTENT_MAX)) throw new Error('the mentions must fit above a Discord message');
if (!(PROSE_MAX <= DESCRIPTION_MAX && FACT_MAX <= FIELD_VALUE_MAX && FOOTNOTE_MAX <= FOOTER_MAX)) {
  throw new Error("a part of a Discord message exceeds Discord's limit");
}
if (!(TITLE_MAX + PROSE_MAX + FACTS * FACT_MAX + FIELD_VALUE_MAX + FOOTNOTE_MAX < EMBED_MAX)) {
  throw new Error('the facts and the links of a Discord message must fit beside each other');
}

/** Renders a message. */
export function render(notification: Notification, links: Links): DiscordMessage {
  const words = wording(notification, links);
  const title = escaped(words.headline, TITLE_MAX);
  const prose = [words.change, words.description].filter((text) => text !== null);
  const description = joined(
    prose.map((text) => escaped(text, PROSE_MAX / 2)),
    PROSE_MAX,
  );
  // A footer has no markup.
  const footer = { text: safeSlice(words.footer.map(plainPiece).join(''), FOOTNOTE_MAX) };
  const url = links.alert === null ? null : safeUrl(links.alert);
  const embed: Embed = {
    title,
    ...(url === null ? {} : { url }),
    ...(description === '' ? {} : { description }),
    color: Number.parseInt(colorOf(notification).slice(1), 16),
    fields: fitting(fieldsOf(words), EMBED_MAX - title.length - description.length - footer.text.length),
    footer,
  };
  const { allowed_mentions, ...content } = mention(mentionsIn(notification));
  return { ...content, embeds: [embed], allowed_mentions };
}

/** A role or a person (…/developers/docs/reference#message-formatting). */
const MENTION = /^<@[!&]?\d{15,20}>$/;

/** Nobody else is ever mentioned. */
function mention(texts: readonly string[]): Pick<DiscordMessage, 'content' | 'allowed_mentions'> {
  if (texts.length === 0) return { allowed_mentions: NO_MENTIONS };
  const isMention = (text: string): boolean => MENTION.test(text);
  const content = texts.map((text) => (isMention(text) ? text : escaped(text, MENTION_MAX))).join(' ');
  const idsOf = (isRole: boolean): readonly string[] => {
    const named = texts.filter((text) => isMention(text) && text.startsWith('<@&') === isRole);
    // Discord refuses an id that is there twice: `<@ID>` and `<@!ID>` are one person.
    return [...new Set(named.map((text) => text.replace(/\D/g, '')))];
  };
  const [roles, users] = [idsOf(true), idsOf(false)];
  const allowed = { ...(roles.length > 0 && { roles }), ...(users.length > 0 && { users }) };
  return { content, allowed_mentions: { ...NO_MENTIONS, ...allowed } };
}

/**
 * The same in one line without an embed, for when the full message can't be rendered or Discord rejects it as invalid:
 * the notification must still arrive. Never throws.
 */
export function renderShort(notification: Notification): DiscordMessage {
  const text = `${shortText(notification, NO_LINKS)} ${SHORT_FORM_NOTE}`;
  return { content: escaped(text, CONTENT_MAX), allowed_mentions: NO_MENTIONS };
}

/** Most important first: what does not fit is left out from the end. */
function fieldsOf(words: Wording): readonly Field[] {
  return [
    ...words.facts.map((fact) => field(fact.label, factLines(fact), FACT_MAX)),
    ...linksField(words.buttons),
    ...words.passages.flatMap(passageFields),
    ...runbookField(words.runbook),
    ...(words.falsePositives === null ? [] : [field('Note', [line(words.falsePositives)])]),
  ];
}

function passageFields({ heading, lines }: Passage): Field[] {
  return fieldsNamed(heading, lines.map(line));
}

/** What is too long for one field goes on in further ones. */
function fieldsNamed(heading: string, lines: readonly string[]): Field[] {
  const parts = inParts(lines, FIELD_VALUE_MAX, ({ length }) => length);
  return parts.map((part, index) => field(index === 0 ? heading : `${heading} (${index + 1})`, part));
}

function field(name: string, lines: readonly string[], max = FIELD_VALUE_MAX): Field {
  return { name: escaped(name, FIELD_NAME_MAX), value: joined(lines, max), inline: false };
}

/** The fields that fit into `room`; of one that does not, the lines that do. */
function fitting(fields: readonly Field[], room: number): readonly Field[] {
  let left = room;
  return fields.slice(0, FIELDS_MAX).flatMap(({ name, value, inline }) => {
    const most = left - name.length;
    const cut = value.length <= most ? value : joined(value.split('\n'), most);
    if (cut.length > most || cut === '…') return [];
    left -= name.length + cut.length;
    return [{ name, value: cut, inline }];
  });
}

function factLines(fact: Fact): readonly string[] {
  return fact.kind === 'untrusted' ? fact.lines.map(line) : fact.lines.map((pieces) => pieces.map(piece).join(''));
}

function line(text: string): string {
  return escaped(text, FACT_MAX / 2);
}

function piece(of: string | Instant): string {
  return typeof of === 'string' ? escaped(of, FACT_MAX / 2) : when(of.at, utcText(of.at));
}

function linksField(buttons: readonly Button[]): Field[] {
  const all = buttons.map(({ label, href }) => link(label, href)).filter((each) => each !== null);
  return fieldsNamed('Links', all);
}

function runbookField(runbook: Wording['runbook']): Field[] {
  if (runbook === null) return [];
  const { heading, lines, href }: Passage & { readonly href: string | null } = runbook;
  const open = href === null ? null : link('Open the runbook', href);
  return [field(heading, open === null ? lines.map(line) : [open])];
}
