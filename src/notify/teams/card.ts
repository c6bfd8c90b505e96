/**
 * An Adaptive Card as plain data, Teams' limit, and the few ways to make a piece of one: whatever goes in, what comes out is
 * text that commands nothing.
 *
 * Pure. A text of others is always a `TextRun`, for which "Markdown is not supported"
 * (https://learn.microsoft.com/en-us/adaptive-cards/schema-explorer/text-run); a `TextBlock` has Markdown, and its escapes do not
 * work on every device (https://github.com/microsoft/AdaptiveCards/issues/5590).
 */
import type { Instant } from '../../alert/message-parts.ts';
import { plainPiece } from '../plain.ts';

/**
 * 28 KB, "Actual message properties size: 28897 bytes, whereas max allowed size is 28672 bytes", of which a request with 24,453
 * was measured (https://github.com/MicrosoftDocs/msteams-docs/issues/11274): it is taken after more than one encoding.
 */
const MESSAGE_BYTES_MAX = 28_672;
/** Our own, as `sizeOf` counts. */
export const CARD_SIZE_MAX = 20_000;
const ENVELOPE_SIZE = 1_000;
if (!(CARD_SIZE_MAX + ENVELOPE_SIZE < MESSAGE_BYTES_MAX)) throw new Error('a card must fit into a message');

export interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Large' | 'Small';
  readonly isSubtle?: true;
}

interface RichText {
  readonly type: 'RichTextBlock';
  readonly inlines: readonly [TextRun];
  /** To what is above. */
  readonly spacing?: 'None';
}

export type CardElement =
  | RichText
  | { readonly type: 'TextBlock'; readonly text: string; readonly wrap: true; readonly spacing?: 'None' }
  | { readonly type: 'Container'; readonly style: string; readonly bleed: true; readonly items: readonly CardElement[] }
  | { readonly type: 'ColumnSet'; readonly columns: readonly [Column, Column]; readonly spacing: 'Small' }
  | { readonly type: 'ActionSet'; readonly actions: readonly OpenUrl[] };

export interface Column {
  readonly type: 'Column';
  readonly width: '80px' | 'stretch';
  readonly items: readonly CardElement[];
}

export interface OpenUrl {
  readonly type: 'Action.OpenUrl';
  readonly title: string;
  readonly url: string;
}

/** What "Post card in a chat or channel" posts: the first attachment. */
export interface TeamsMessage {
  readonly type: 'message';
  readonly attachments: readonly [
    {
      readonly contentType: 'application/vnd.microsoft.card.adaptive';
      readonly contentUrl: null;
      readonly content: {
        readonly $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
        readonly type: 'AdaptiveCard';
        /** The first with all that we use; Teams shows up to 1.5. */
        readonly version: '1.2';
        readonly msteams: { readonly width: 'Full' };
        readonly body: readonly CardElement[];
      };
    },
  ];
}

export function messageOf(body: readonly CardElement[]): TeamsMessage {
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
    body,
  } as const;
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** A line of text. Where a client reads Markdown in it all the same, it has no links, and no dates of ours. */
export function line(text: string, style: Partial<TextRun> = {}): RichText {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: inert(text), ...style }] };
}

/** Several, one below the other. */
export function lines(texts: readonly string[]): readonly CardElement[] {
  return texts.map((text) => ({ ...line(text), spacing: 'None' }));
}

/** A line of our own words and instants: in the reader's own time, and in UTC. */
export function timedLine(pieces: readonly (string | Instant)[]): CardElement {
  if (pieces.every((piece) => typeof piece === 'string')) return { ...line(pieces.join('')), spacing: 'None' };
  return { type: 'TextBlock', text: pieces.map(when).join(''), wrap: true, spacing: 'None' };
}

/** https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features: "Datetime function rules". */
function when(piece: string | Instant): string {
  const text = plainPiece(piece);
  const [, day, clock] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? [];
  if (typeof piece === 'string' || day === undefined) return text;
  const at = `${day}T${clock}Z`;
  return `{{DATE(${at}, SHORT)}} {{TIME(${at})}} (${text})`;
}

function inert(text: string): string {
  return text.replaceAll('](', '] (').replace(/\{\{(?=(?:DATE|TIME)\()/g, '{ {') || '–';
}

/** The bytes of an element, counted strictly: as JSON in JSON, and in ASCII. */
export function sizeOf(element: CardElement): number {
  return JSON.stringify(JSON.stringify(element)).replace(/[^\0-\x7f]/g, '\\u0000').length;
}
