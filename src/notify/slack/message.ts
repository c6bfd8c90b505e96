/**
 * A Slack message as plain data, the limits Slack sets on it, and the few ways to make a piece of one that keeps both
 * the limits and the peace: whatever goes in, it comes out as text that commands nothing.
 *
 * Pure. Lengths are in UTF-16 units after escaping, the strictest way to count them.
 */
import { utcText } from '../../text/times.ts';
import { safeSlice } from '../../text/untrusted.ts';

/** https://docs.slack.dev/reference/block-kit/blocks: "up to 50 blocks in each message". */
export const MAX_BLOCKS = 50;
/** https://docs.slack.dev/reference/block-kit/blocks/header-block: plain_text, at most 150 characters. */
export const MAX_HEADER = 150;
/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object: 1 to 3000 characters. */
export const MAX_TEXT = 3000;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block: 10 fields of at most 2000 characters. */
export const MAX_FIELDS = 10;
export const MAX_FIELD = 2000;
/** https://docs.slack.dev/reference/block-kit/blocks/context-block: 10 elements. */
export const MAX_ELEMENTS = 10;
/** https://docs.slack.dev/reference/block-kit/blocks/actions-block: 25 elements. */
export const MAX_ACTIONS = 25;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element: text, url and action_id. */
export const MAX_BUTTON_TEXT = 75;
export const MAX_BUTTON_URL = 3000;
export const MAX_ACTION_ID = 255;
/**
 * Ours: the top-level `text` is what a phone shows. Slack would take 40,000 and asks for 4,000
 * (https://docs.slack.dev/changelog/2018-truncating-really-long-messages).
 */
export const MAX_TOP_TEXT = 400;

/** Nothing in it is parsed: no markup, no mentions, and with `emoji: false` no `:shortcodes:` either. */
export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** For words of our own only. `verbatim`: addresses, names and channels in it are not made into links. */
export interface Mrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

export type Block =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText | Mrkdwn }
  | { readonly type: 'section'; readonly fields: readonly (PlainText | Mrkdwn)[] }
  | { readonly type: 'context'; readonly elements: readonly (PlainText | Mrkdwn)[] }
  | { readonly type: 'actions'; readonly elements: readonly UrlButton[] };

/**
 * A link that looks like a button. Slack wants a click on it acknowledged and shows a small warning beside it where an
 * app has no address for that; the link opens all the same (https://github.com/slackapi/node-slack-sdk/issues/869).
 */
export interface UrlButton {
  readonly type: 'button';
  readonly text: PlainText;
  readonly url: string;
  readonly action_id: string;
  readonly style?: 'primary';
}

/**
 * What stands beside a coloured bar. Slack has the colour for attachments only
 * (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments: `blocks`, `color`, `fallback`).
 */
export interface Attachment {
  readonly color: string;
  /** Where neither blocks nor attachments can be shown. */
  readonly fallback: string;
  readonly blocks: readonly Block[];
}

export interface SlackMessage {
  /** What a notification shows, and the whole message where blocks can't be shown. */
  readonly text: string;
  /** Shown in place of `text`: the header alone, so that it is never folded away as attachments may be. */
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly Attachment[];
  /** `text` is not markup (https://api.slack.com/docs/message-formatting). */
  readonly mrkdwn?: false;
  /** No address in a message is ever fetched for a preview. */
  readonly unfurl_links: false;
  readonly unfurl_media: false;
}

/**
 * Slack's three control characters as entities, cut so that what comes out is at most `max` long and no entity or
 * surrogate pair is split (https://docs.slack.dev/messaging/formatting-message-text: "Escaping text").
 */
export function escaped(text: string, max: number): string {
  const whole = text.replace(/[&<>]/g, entity);
  if (whole.length <= max) return whole;
  const kept = safeSlice(whole, max - 1).replace(/&(?:a(?:mp?)?|[lg]t?)?$/, '');
  return `${kept}…`;
}

function entity(character: string): string {
  if (character === '&') return '&amp;';
  return character === '<' ? '&lt;' : '&gt;';
}

/** A plain_text object of these lines. Each is one line already, by `trustedLine` or `untrustedLine`. */
export function plain(lines: readonly string[], max: number): PlainText {
  return { type: 'plain_text', text: escaped(lines.join('\n'), max) || '(blank)', emoji: false };
}

/** A mrkdwn object of our own words. Only constants and what `when` and `link` return may stand in it. */
export function markup(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** An instant as markup: in the reader's own time, and in UTC where the client cannot. */
export function when(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const utc = utcText(ms);
  // Slack takes a Unix timestamp in seconds (https://docs.slack.dev/messaging/formatting-message-text: "Date formatting").
  return utc === null ? 'at an unknown time' : `<!date^${seconds}^{date_short_pretty} at {time_secs}|${utc}>`;
}

/** An address of words.ts's as a link. */
export function link(href: string): string {
  return `<${href.replaceAll('&', '&amp;')}>`;
}

/** A button that leads to `href`; null where Slack would not take the address. The first of a row is the green one. */
export function button(name: string, label: string, href: string, first: boolean): UrlButton | null {
  // https, or the http of a Worker that runs here.
  if (!/^https?:\/\/[^\s<>"]+$/.test(href) || href.length > MAX_BUTTON_URL) return null;
  const made = {
    type: 'button',
    text: plain([label], MAX_BUTTON_TEXT),
    url: href,
    action_id: `tocsin-${name}`,
  } as const;
  return first ? { ...made, style: 'primary' } : made;
}

/** Characters with a meaning in the top-level `text`, and what looks like them and has none. */
const LOOKALIKES: { readonly [character: string]: string } = { '`': "'", '*': '∗', '~': '∼', '@': '＠', '#': '＃' };

/** Text for the top level, whose markup is switched off; and where it isn't, says nothing. */
export function topText(text: string): string {
  const tame = text
    .replace(/[`*~]|(?<![\p{L}\p{N}])[@#]/gu, (character) => LOOKALIKES[character] ?? character)
    .replaceAll('://', '[:]//')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
    .replace(/:(?=[\p{L}\p{N}_+-]+:)/gu, '∶');
  return escaped(tame, MAX_TOP_TEXT);
}
