/**
 * A Slack message as plain data, Slack's limits, and the few ways to make a piece of one that keeps the limits: whatever
 * goes in, what comes out is text without active markup or mentions.
 *
 * Pure. Lengths are in UTF-16 units after escaping, the strictest way to count them.
 */
import { SHORT_FORM_NOTE } from '../../alert/short-text.ts';
import { utcText } from '../../text/times.ts';
import { safeSlice } from '../../text/untrusted.ts';

/** https://docs.slack.dev/reference/block-kit/blocks: "up to 50 blocks in each message". */
export const BLOCKS_MAX = 50;
/** https://docs.slack.dev/reference/block-kit/blocks/header-block: plain_text, at most 150 characters. */
export const HEADER_MAX = 150;
/** https://docs.slack.dev/reference/block-kit/composition-objects/text-object: 1 to 3000 characters. */
export const TEXT_MAX = 3000;
/** https://docs.slack.dev/reference/block-kit/blocks/section-block: 10 fields of at most 2000 characters. */
export const FIELDS_MAX = 10;
export const FIELD_MAX = 2000;
/** https://docs.slack.dev/reference/block-kit/blocks/context-block: 10 elements. */
export const ELEMENTS_MAX = 10;
/** https://docs.slack.dev/reference/block-kit/blocks/actions-block: 25 elements. */
export const ACTIONS_MAX = 25;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element: text, url and action_id. */
export const BUTTON_TEXT_MAX = 75;
export const BUTTON_URL_MAX = 3000;
/** https://docs.slack.dev/reference/block-kit/block-elements/button-element: value; block_id: …/blocks/actions-block. */
export const BUTTON_VALUE_MAX = 2000;
export const BLOCK_ID_MAX = 255;
export const ACTION_ID_MAX = 255;
/**
 * Our own limit: the top-level `text` is what a phone shows. Slack accepts 40,000 and recommends 4,000
 * (https://docs.slack.dev/changelog/2018-truncating-really-long-messages).
 */
export const TOP_TEXT_MAX = 400;
/** What Slack recommends. */
const RECOMMENDED_TEXT_MAX = 4000;
if (!(TOP_TEXT_MAX + SHORT_FORM_NOTE.length < RECOMMENDED_TEXT_MAX)) throw new Error('the short form must fit');

/** Nothing in it is parsed: no markup, no mentions, and with `emoji: false` no `:shortcodes:` either. */
export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** For our own words only. `verbatim`: Slack makes no links of URLs, names and channels in it. */
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
  | { readonly type: 'actions'; readonly elements: readonly UrlButton[] }
  | { readonly type: 'actions'; readonly block_id: string; readonly elements: readonly (ActButton | ActMenu)[] };

/** A button of an app: Slack sends the app what was clicked. */
export interface ActButton {
  readonly type: 'button';
  readonly text: PlainText;
  readonly action_id: string;
  readonly value: string;
  readonly style?: 'primary';
}

/** A menu of an app (https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element): texts of at most 75. */
export interface ActMenu {
  readonly type: 'static_select';
  readonly placeholder: PlainText;
  readonly action_id: string;
  readonly options: readonly { readonly text: PlainText; readonly value: string }[];
}

/**
 * A link that looks like a button. Slack expects the app to acknowledge a click, and shows a small warning beside the
 * button if the app has no URL for that; the link still opens (https://github.com/slackapi/node-slack-sdk/issues/869).
 */
export interface UrlButton {
  readonly type: 'button';
  readonly text: PlainText;
  readonly url: string;
  readonly action_id: string;
  readonly style?: 'primary';
}

/**
 * The attachment shown next to a colored bar. Slack has colors for attachments only
 * (https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments: `blocks`, `color`, `fallback`).
 */
export interface Attachment {
  readonly color: string;
  /** Shown where neither blocks nor attachments can be. */
  readonly fallback: string;
  readonly blocks: readonly Block[];
}

export interface SlackMessage {
  /** What a phone's notification shows, and the whole message where blocks can't be shown. */
  readonly text: string;
  /** Shown in place of `text`: only the header, since attachments may be folded. */
  readonly blocks?: readonly Block[];
  readonly attachments?: readonly Attachment[];
  /** `text` is not markup (https://api.slack.com/docs/message-formatting). */
  readonly mrkdwn?: false;
  /** Slack fetches no URL of a message for a preview. */
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

/** A mrkdwn object of our own words: constants, and what `when` and `link` return. */
export function markup(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** An instant as markup: in the reader's own time, or in UTC if the client can't show that. */
export function when(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const utc = utcText(ms);
  // A Unix timestamp in seconds (https://docs.slack.dev/messaging/formatting-message-text: "Date formatting").
  return utc === null ? 'at an unknown time' : `<!date^${seconds}^{date_short_pretty} at {time_secs}|${utc}>`;
}

/** The runbook's URL (alert/alert-wording.ts) as a link. */
export function link(href: string): string {
  return `<${href.replaceAll('&', '&amp;')}>`;
}

/** A button that leads to `href`; null if Slack would not accept the URL. The first of a row is green. */
export function button(name: string, label: string, href: string, first: boolean): UrlButton | null {
  // https, or the http of a local Worker.
  if (!/^https?:\/\/[^\s<>"]+$/.test(href) || href.length > BUTTON_URL_MAX) return null;
  const made = {
    type: 'button',
    text: plain([label], BUTTON_TEXT_MAX),
    url: href,
    action_id: `tocsin-${name}`,
  } as const;
  return first ? { ...made, style: 'primary' } : made;
}

/** Characters with a meaning in the top-level `text`, and lookalikes without one. */
const LOOKALIKES: { readonly [character: string]: string } = { '`': "'", '*': '∗', '~': '∼', '@': '＠', '#': '＃' };

/** Text for the top level. Its markup is switched off; where a client ignores that, the text still commands nothing. */
export function topText(text: string): string {
  const safe = text
    .replace(/[`*~]|(?<![\p{L}\p{N}])[@#]/gu, (character) => LOOKALIKES[character] ?? character)
    .replaceAll('://', '[:]//')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '＿')
    .replace(/:(?=[\p{L}\p{N}_+-]+:)/gu, '∶');
  return escaped(safe, TOP_TEXT_MAX);
}
