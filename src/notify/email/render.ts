/**
 * A notification as a mail: text and HTML that say the same, word for word and in the same order.
 *
 * Pure, and total but for a notification that this version can't read. HTML: styles inline, nothing remote, no colours
 * of text but on the buttons, so that the client's own light or dark ones hold; everything is escaped. Addresses that
 * others wrote are defanged (words.ts), so that no client makes links of them; ours are written out below their buttons.
 */

import type { Button, Links } from '../../alert/links.ts';
import type { Fact, Instant, Passage, Wording } from '../../alert/message-parts.ts';
import type { Notification } from '../../alert/notification.ts';
import { shortText } from '../../alert/short-text.ts';
import { wording } from '../../alert/wording.ts';
import { utcText } from '../../text/times.ts';
import { oneLine } from '../../text/untrusted.ts';
import { colorOf } from '../level-color.ts';
import { headers, type Mail, subject } from './message.ts';

/** The mail, but for whom it is from and to. `sender`: the address it comes from. */
export function render(notification: Notification, links: Links, sender: string): Omit<Mail, 'from' | 'to'> {
  const said = wording(notification, links);
  const title = subject(notification, said.headline);
  return {
    subject: title,
    text: textOf(said),
    html: htmlOf(said, title, colorOf(notification)),
    headers: headers(notification, sender),
  };
}

/**
 * The same in one line, without headers of its own, for when the full mail can't be made or is called invalid: a mistake
 * in it must not silence the bell. Never throws.
 */
export function renderShort(notification: Notification, links: Links): Omit<Mail, 'from' | 'to'> {
  const line = shortText(notification, links);
  const text = `${line}\n\n(in short: the full message could not be sent)`;
  return { subject: oneLine(line, 140), text, html: `<p>${escaped(text)}</p>`, headers: {} };
}

/** Wide enough for the longest label. */
const LABEL_WIDTH = 10;

function textOf(said: Wording): string {
  const parts = [
    said.headline,
    said.state,
    said.description,
    said.facts.length === 0 ? null : said.facts.map(factText).join('\n'),
    // Above what may be long: in sight on a phone.
    ...buttons(said).map(({ label, href }) => `${label}\n${href}`),
    ...passages(said).map(({ heading, lines }) => [heading, ...lines.map((line) => `  ${line}`)].join('\n')),
    said.harmless,
    said.footer.map(shown).join(''),
  ];
  return `${parts.filter((part) => part !== null).join('\n\n')}\n`;
}

function factText(fact: Fact): string {
  const [first = '', ...more] = factLines(fact);
  return [`${fact.label.padEnd(LABEL_WIDTH)}${first}`, ...more.map((line) => `${' '.repeat(LABEL_WIDTH)}${line}`)].join(
    '\n',
  );
}

function factLines(fact: Fact): readonly string[] {
  return fact.kind === 'untrusted' ? fact.lines : fact.lines.map((line) => line.map(shown).join(''));
}

/** In a mail there is no reader's own time; UTC is the audit log's. */
function shown(piece: string | Instant): string {
  return typeof piece === 'string' ? piece : (utcText(piece.at) ?? 'at an unknown time');
}

function passages({ passages: all, runbook }: Wording): readonly (Passage & { readonly href: string | null })[] {
  return [...all.map((each) => ({ ...each, href: null })), ...(runbook === null ? [] : [runbook])];
}

/** Only what a client would open as a page of ours. */
function buttons({ buttons: all }: Wording): readonly Button[] {
  return all.filter(({ href }) => /^https?:\/\/[^\s<>"]+$/.test(href));
}

const FONT = 'font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif';

function htmlOf(said: Wording, title: string, colour: string): string {
  const inner = [
    `<h1 style="margin:0 0 12px;font-size:20px;line-height:1.3">${escaped(said.headline)}</h1>`,
    paragraph(said.state, 'font-weight:bold'),
    paragraph(said.description),
    said.facts.length === 0
      ? ''
      : `<table style="border-collapse:collapse">${said.facts.map(factHtml).join('')}</table>`,
    ...buttons(said).map((button) => buttonHtml(button, colour)),
    ...passages(said).map(passageHtml),
    paragraph(said.harmless),
    paragraph(said.footer.map(shown).join(''), 'font-size:13px;opacity:.75'),
  ];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    // Both are asked for: clients that know neither keep their own colours, which is as well.
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">',
    `<title>${escaped(title)}</title></head><body style="margin:0;padding:16px;${FONT}">`,
    `<div style="max-width:640px;padding-left:16px;border-left:6px solid ${colour};overflow-wrap:anywhere">`,
    inner.join('\n'),
    '</div></body></html>',
  ].join('\n');
}

function paragraph(text: string | null, style = ''): string {
  return text === null ? '' : `<p style="margin:0 0 12px;${style}">${escaped(text)}</p>`;
}

function factHtml(fact: Fact): string {
  const label = `<th scope="row" style="padding:2px 16px 6px 0;text-align:left;vertical-align:top;white-space:nowrap">${escaped(fact.label)}</th>`;
  return `<tr>${label}<td style="padding:2px 0 6px">${lineBreaks(factLines(fact))}</td></tr>`;
}

function passageHtml({ heading, lines, href }: Passage & { readonly href: string | null }): string {
  const body = href === null ? lineBreaks(lines) : `<a href="${escaped(href)}">${escaped(href)}</a>`;
  return `<h2 style="margin:12px 0 2px;font-size:16px">${escaped(heading)}</h2><p style="margin:0 0 12px">${body}</p>`;
}

function buttonHtml({ label, href }: Button, colour: string): string {
  const looks = `display:inline-block;padding:10px 20px;border-radius:6px;background:${colour};color:#ffffff;font-weight:bold;text-decoration:none`;
  const address = `<span style="font-size:13px;opacity:.75">${escaped(href)}</span>`;
  return `<p style="margin:16px 0 12px"><a href="${escaped(href)}" style="${looks}">${escaped(label)}</a><br>${address}</p>`;
}

function lineBreaks(lines: readonly string[]): string {
  return lines.map(escaped).join('<br>');
}

/** Text for HTML, in elements and in quoted attributes. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
