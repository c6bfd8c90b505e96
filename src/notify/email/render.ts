/**
 * A notification as a mail: text and HTML with the same words in the same order.
 *
 * Pure; throws only for a notification that this version can't read. The HTML has inline styles, nothing remote, and no
 * text color except on buttons, so that the client's own light or dark colors apply. Its templates escape every value.
 * Addresses in untrusted text are defanged (text/untrusted.ts), so that no client links them; ours are written out
 * at the end.
 */
import type { Button, Links } from '../../alert/links.ts';
import type { Fact, Passage, Wording } from '../../alert/message-parts.ts';
import type { Notification } from '../../alert/notification.ts';
import { SHORT_FORM_NOTE, shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { type Html, html } from '../../text/html.ts';
import { oneLine } from '../../text/untrusted.ts';
import { colorOf } from '../level-color.ts';
import { factLines, openable, passagesOf, plainPiece } from '../plain.ts';
import { headers, type Mail, SUBJECT_MAX, subject } from './message.ts';

/** A mail without sender and recipients. */
export type Content = Omit<Mail, 'from' | 'to'>;

/** Renders a mail. `sender`: the address it comes from. */
export function render(notification: Notification, links: Links, sender: string): Content {
  const words = wording(notification, links);
  const title = subject(notification, words.headline);
  return {
    subject: title,
    text: plainText(words),
    html: String(page(words, title, colorOf(notification))),
    headers: headers(notification, sender),
  };
}

/**
 * The same in one line and without headers, for when the full mail can't be rendered or is rejected as invalid: the
 * notification must still arrive. Never throws.
 */
export function renderShort(notification: Notification, links: Links): Content {
  const line = shortText(notification, links);
  const text = `${line}\n\n${SHORT_FORM_NOTE}`;
  return { subject: oneLine(line, SUBJECT_MAX), text, html: String(html`<p>${text}</p>`), headers: {} };
}

/** Wide enough for the longest label. */
const LABEL_WIDTH = 10;

function plainText(words: Wording): string {
  const parts = [
    words.headline,
    words.change,
    words.description,
    words.facts.length === 0 ? null : words.facts.map(factText).join('\n'),
    // Above what may be long: in sight on a phone.
    ...openable(words.buttons).map(({ label, href }) => `${label}\n${href}`),
    ...passagesOf(words).map(({ heading, lines }) => [heading, ...lines.map((line) => `  ${line}`)].join('\n')),
    words.falsePositives,
    words.footer.map(plainPiece).join(''),
  ];
  return `${parts.filter((part) => part !== null).join('\n\n')}\n`;
}

function factText(fact: Fact): string {
  const [first = '', ...more] = factLines(fact);
  return [`${fact.label.padEnd(LABEL_WIDTH)}${first}`, ...more.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}`)].join(
    '\n',
  );
}

const FONT = 'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif';

function page(words: Wording, title: string, color: string): Html {
  // Both color-scheme names: clients that know neither keep their own colors.
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<title>${title}</title></head><body style="margin:0;padding:16px;${FONT}">
<div style="max-width:640px;padding-left:16px;border-left:6px solid ${color};overflow-wrap:anywhere">
<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${words.headline}</h1>
${paragraph(words.change, 'font-weight:bold')}
${paragraph(words.description)}
${words.facts.length === 0 ? null : html`<table style="border-collapse:collapse">${words.facts.map(factHtml)}</table>`}
${buttonsHtml(openable(words.buttons), color)}
${passagesOf(words).map(passageHtml)}
${paragraph(words.falsePositives)}
${paragraph(words.footer.map(plainPiece).join(''), 'font-size:13px;opacity:.75')}
${addressesHtml(openable(words.buttons))}
</div></body></html>`;
}

function paragraph(text: string | null, style = ''): Html | null {
  return text === null ? null : html`<p style="margin:0 0 12px;${style}">${text}</p>`;
}

function factHtml(fact: Fact): Html {
  return html`<tr><th scope="row" style="padding:2px 16px 6px 0;text-align:left;vertical-align:top;white-space:nowrap">${fact.label}</th><td style="padding:2px 0 6px">${lineBreaks(factLines(fact))}</td></tr>`;
}

function passageHtml({ heading, lines, href }: Passage & { readonly href: string | null }): Html {
  const body = href === null ? lineBreaks(lines) : html`<a href="${href}">${href}</a>`;
  return html`<h2 style="margin:12px 0 2px;font-size:16px">${heading}</h2><p style="margin:0 0 12px">${body}</p>\n`;
}

/** In one row, so that all are in sight; the first one stands out. */
function buttonsHtml(buttons: readonly Button[], color: string): Html | null {
  if (buttons.length === 0) return null;
  const style = `display:inline-block;margin:0 6px 8px 0;padding:8px 14px;border:2px solid ${color};border-radius:6px;font-weight:bold;text-decoration:none`;
  const first = `${style};background:${color};color:#ffffff`;
  return html`<p style="margin:12px 0 4px">${buttons.map(({ label, href }, i) => html`<a href="${href}" style="${i === 0 ? first : style}">${label}</a>\n`)}</p>\n`;
}

/** Where the buttons lead, each page once: long, and for those whose client shows no buttons. */
function addressesHtml(buttons: readonly Button[]): Html | null {
  if (buttons.length === 0) return null;
  const pages = [...new Set(buttons.map(({ href }) => href.replace(/#.*/, '')))];
  return html`<p style="margin:12px 0;font-size:13px;opacity:.75">${lineBreaks(pages)}</p>\n`;
}

function lineBreaks(lines: readonly string[]): Html[] {
  return lines.map((line, index) => (index === 0 ? html`${line}` : html`<br>${line}`));
}
