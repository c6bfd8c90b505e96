/**
 * A Discord message as plain data, Discord's limits, and the few ways to make a piece of one that keeps the limits:
 * whatever goes in, what comes out is text that commands nothing.
 *
 * Pure. Lengths are in UTF-16 units after escaping, the strictest way to count them.
 */
import { safeSlice } from '../../text/untrusted.ts';

/** https://discord.com/developers/docs/resources/webhook#execute-webhook ("up to 2000 characters"). */
export const CONTENT_MAX = 2_000;
/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
export const TITLE_MAX = 256;
export const DESCRIPTION_MAX = 4_096;
export const FIELDS_MAX = 25;
export const FIELD_NAME_MAX = 256;
export const FIELD_VALUE_MAX = 1_024;
export const FOOTER_MAX = 2_048;
/** Of title, description, fields and footer together. */
export const EMBED_MAX = 6_000;

export interface Field {
  readonly name: string;
  readonly value: string;
  readonly inline: false;
}

export interface Embed {
  readonly title: string;
  /** Where the title leads. */
  readonly url?: string;
  readonly description?: string;
  /** 0xRRGGBB */
  readonly color: number;
  readonly fields: readonly Field[];
  readonly footer: { readonly text: string };
}

/** Nobody is mentioned but whom the routing names, whatever the text says (…/resources/message#allowed-mentions-object). */
export const NO_MENTIONS = { parse: [] } as const;

export interface DiscordMessage {
  readonly content?: string;
  readonly embeds?: readonly [Embed];
  readonly allowed_mentions: {
    readonly parse: readonly never[];
    readonly roles?: readonly string[];
    readonly users?: readonly string[];
  };
}

/**
 * Everything with a meaning in Discord's Markdown: emphasis, code, spoilers, quotes, headings, lists, masked links,
 * mentions, emoji, timestamps and addresses. A backslash makes each plain text, wherever it stands
 * (https://support.discord.com/hc/en-us/articles/210298617; …/developers/docs/reference#message-formatting).
 */
const MARKDOWN = /[\\*_~`|>#()[\]@:<+-]|(?<=^\d{1,9})\./g;

/** `text` as text, cut so that at most `max` comes out and no escape or surrogate pair is split. */
export function escaped(text: string, max: number): string {
  const whole = text.replace(MARKDOWN, '\\$&');
  if (whole.length <= max) return whole;
  const kept = safeSlice(whole, max - 1);
  // An odd number of backslashes at the end: the last one would escape what follows.
  const isSplit = (/\\*$/.exec(kept)?.[0].length ?? 0) % 2 === 1;
  return `${isSplit ? kept.slice(0, -1) : kept}…`;
}

/** Lines of markup, whole ones only, as many as `max` allows; "…" where some are missing. */
export function joined(lines: readonly string[], max: number): string {
  const all = lines.join('\n');
  if (all.length <= max) return all;
  const kept: string[] = [];
  let room = max - '\n…'.length;
  for (const line of lines) {
    if (line.length > room) break;
    kept.push(line);
    room -= line.length + 1;
  }
  return [...kept, '…'].join('\n');
}

/** An instant as markup: in the reader's own time, and in UTC (…/developers/docs/reference#message-formatting). */
export function when(ms: number, utc: string | null): string {
  return utc === null ? 'at an unknown time' : `<t:${Math.floor(ms / 1000)}:f> (${escaped(utc, 40)})`;
}

/** A link with a label of ours; null if `href` can't stand in one. */
export function link(label: string, href: string): string | null {
  const url = safeUrl(href);
  return url === null ? null : `[${escaped(label, 100)}](${url})`;
}

/** https, or the http of a local Worker; nothing in it may end the markup around it. */
export function safeUrl(href: string): string | null {
  const url = href.replaceAll('(', '%28').replaceAll(')', '%29');
  return /^https?:\/\/[^\s<>"\\[\]]+$/.test(url) ? url : null;
}
