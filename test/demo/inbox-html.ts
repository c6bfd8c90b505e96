/**
 * The inbox page as HTML: Slack messages as Slack shows them, mails as HTML and as text. Pure.
 *
 * Contract: the content of a message or a mail is text, or in its own frame where no script runs. The page works without
 * its script, which only adds new items. No inline style, no inline script.
 */

import { SLACK_CSS, slackHtml } from '../support/slack-html.ts';
import type { Mail } from './mailbox.ts';

export type Item =
  | { readonly kind: 'slack'; readonly id: number; readonly at: number; readonly message: unknown }
  | { readonly kind: 'mail'; readonly id: number; readonly at: number; readonly mail: Mail };

export const STYLE_PATH = '/style.css';
export const SCRIPT_PATH = '/script.js';
export const OPEN_PATH = '/open';
/** The items after `after`, as JSON `{ html, last }`. */
export const NEWS_PATH = '/news';

/** The path of a mail's HTML. */
export function mailPath(id: number): string {
  return `/mails/${id}`;
}

/** The page with these items, newest first. */
export function inboxPage(items: readonly Item[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Inbox: Tocsin demo</title>
<base target="_blank">
<link rel="stylesheet" href="${STYLE_PATH}">
<script src="${SCRIPT_PATH}" defer></script>
</head>
<body>
<header class="top">
<h1>Tocsin demo: the inbox</h1>
<p>Slack messages and mails, newest first. Nothing has left this machine.</p>
<p class="actions"><a class="open" href="${OPEN_PATH}">Open Tocsin</a> <span>already signed in</span></p>
<fieldset class="show">
<legend>Show</legend>
<label><input type="radio" name="show" value="all" checked> both</label>
<label><input type="radio" name="show" value="slack"> Slack</label>
<label><input type="radio" name="show" value="mail"> mail</label>
</fieldset>
<p id="state" role="status"></p>
</header>
<main id="items" data-last="${items.at(-1)?.id ?? 0}">
${itemsHtml(items)}
<p class="none">Nothing yet. The first scenario begins within seconds.</p>
</main>
</body>
</html>
`;
}

/** The items, newest first. */
export function itemsHtml(items: readonly Item[]): string {
  return items.toReversed().map(itemHtml).join('\n');
}

function itemHtml(item: Item): string {
  return item.kind === 'slack' ? slackItem(item) : mailItem(item);
}

function slackItem({ id, at, message }: Item & { kind: 'slack' }): string {
  return `<section class="item slack" id="item-${id}" aria-label="Slack message ${id}">
<p class="head"><span class="kind">Slack</span> ${timeHtml(at)}</p>
${slackHtml(message)}
</section>`;
}

function mailItem({ id, at, mail }: Item & { kind: 'mail' }): string {
  const { subject, from, to, headers, text } = mail;
  const rows = [['From', from], ['To', to], ['Message-ID', mail.messageId], ...headers] as const;
  return `<section class="item mail" id="item-${id}" aria-label="Mail ${id}">
<p class="head"><span class="kind">Mail</span> ${timeHtml(at)}</p>
<h2>${escaped(subject)}</h2>
<p class="from">${escaped(from)} to ${escaped(to)}</p>
<details><summary>Headers</summary><dl>
${rows.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value ?? '')}</dd>`).join('\n')}
</dl></details>
<fieldset class="tabs">
<legend>Shown as</legend>
<label><input type="radio" name="as-${id}" value="html" checked> HTML</label>
<label><input type="radio" name="as-${id}" value="text"> text</label>
</fieldset>
<iframe class="as-html" title="The mail as HTML" src="${mailPath(id)}" sandbox="${MAIL_SANDBOX}"></iframe>
<pre class="as-text">${linked(text)}</pre>
</section>`;
}

/** No scripts in the frame. The page may read it, to measure its height. */
export const MAIL_SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox';

/** A mail's HTML for its frame: links open a new page. */
export function mailDocument({ html }: Mail): string {
  return `<!doctype html><base target="_blank">${html.replace(/^\s*<!doctype[^>]*>/i, '')}`;
}

function timeHtml(at: number): string {
  const iso = new Date(at).toISOString();
  return `<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`;
}

/** Text with its addresses as links. */
function linked(text: string): string {
  return text
    .split(/(https?:\/\/[^\s<>"']+)/)
    .map((part, i) =>
      i % 2 === 0 ? escaped(part) : `<a href="${escaped(part)}" rel="noreferrer">${escaped(part)}</a>`,
    )
    .join('');
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export const STYLE = `
:root{--ground:#f4f4f2;--card:#fff;--ink:#1c1c1a;--quiet:#5c5c57;--line:#d8d8d2;--accent:#0b5cad}
@media (prefers-color-scheme:dark){:root{--ground:#161614;--card:#20201e;--ink:#ececE6;--quiet:#a9a9a2;--line:#3a3a36;--accent:#7db8f5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:820px;padding:16px;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{margin:0;font-size:22px;line-height:1.25}
h2{margin:0 16px;font-size:17px;line-height:1.35;overflow-wrap:anywhere}
.top p{margin:4px 0;color:var(--quiet)}
.top .actions{margin:12px 0}
.open{display:inline-block;padding:8px 16px;border-radius:8px;background:var(--accent);color:var(--card);font-weight:600;text-decoration:none}
fieldset{margin:0;padding:0;border:0}
legend{float:left;margin-right:8px;padding:0;color:var(--quiet)}
fieldset label{margin-right:12px;white-space:nowrap}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.item{margin:16px 0;min-width:0;padding:12px 0;border:1px solid var(--line);border-radius:12px;background:var(--card);overflow:hidden}
.item .head{margin:0 16px 8px;color:var(--quiet);font-size:14px}
.kind{margin-right:6px;padding:1px 8px;border:1px solid var(--line);border-radius:999px;color:var(--ink)}
.slack{background:#fff;color:#1d1c1d}
.slack .head{color:#5c5c57}
.slack .kind{border-color:#d8d8d2;color:#1d1c1d}
.slack .slack-message{max-width:none;padding:0 16px}
.from{margin:2px 16px 0;color:var(--quiet);font-size:14px;overflow-wrap:anywhere}
details,.tabs{margin:8px 16px;font-size:14px}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 12px;margin:8px 0}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}
iframe{display:block;box-sizing:content-box;width:100%;height:480px;border:0;border-top:1px solid var(--line);background:Canvas}
pre{margin:0;padding:12px 16px 0;border-top:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.5 ui-monospace,monospace}
pre a{color:var(--accent)}
.mail:has([value=html]:checked) .as-text,.mail:has([value=text]:checked) .as-html{display:none}
body:has([name=show][value=slack]:checked) .mail,body:has([name=show][value=mail]:checked) .slack{display:none}
@media (min-width:1100px){
body{max-width:1360px;padding:24px}
main{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));column-gap:16px;align-items:start;grid-auto-flow:dense}
main>.slack{grid-column:1}
main>.mail{grid-column:2}
}
.none{color:var(--quiet)}
.item~.none{display:none}
${SLACK_CSS}`;

/** Adds new items, and gives each mail's frame the height of the mail. */
export const SCRIPT = `'use strict';
const items = document.getElementById('items');
const state = document.getElementById('state');
const fit = (frame) => {
  const go = () => {
    // Hidden or not loaded yet: measured again when it is.
    const root = frame.contentDocument?.documentElement;
    if (frame.clientWidth === 0 || !root) return;
    // The content is at least as high as the frame: so measure it in a low one.
    frame.style.height = '80px';
    frame.style.height = root.scrollHeight + 'px';
  };
  frame.addEventListener('load', go);
  new ResizeObserver((changes) => {
    const width = String(changes[0].contentRect.width);
    if (frame.dataset.fit === width) return;
    frame.dataset.fit = width;
    go();
  }).observe(frame);
};
const poll = async () => {
  try {
    const answer = await fetch('${NEWS_PATH}?after=' + items.dataset.last);
    if (!answer.ok) throw new Error(String(answer.status));
    const { html, last } = await answer.json();
    if (last > Number(items.dataset.last)) {
      items.insertAdjacentHTML('afterbegin', html);
      items.querySelectorAll('iframe:not([data-fit])').forEach(fit);
      items.dataset.last = last;
    }
    state.textContent = '';
    setTimeout(poll, 1000);
  } catch {
    state.textContent = 'The demo has ended. Everything that arrived is below.';
  }
};
items.querySelectorAll('iframe').forEach(fit);
poll();
`;
