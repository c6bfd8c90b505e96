/**
 * A Slack message as HTML that looks like Slack, for the demo's inbox page and for previews.
 *
 * Contract: pure and total. For any message the HTML is well formed, and all text is escaped; a mention that Slack would act
 * on is shown as one. No scripts, no inline styles, nothing remote: it works under any content security policy that allows
 * `SLACK_CSS`. Times are in UTC, in `<time datetime>`.
 */

type Fields = { readonly [field: string]: unknown };

/** Styles for what `slackHtml` returns; every class begins with `slack-`. */
export const SLACK_CSS = `
.slack-message{display:grid;grid-template-columns:36px minmax(0,1fr);column-gap:8px;padding:8px 20px;max-width:720px;
font:15px/1.46668 Lato,Slack-Lato,system-ui,sans-serif;color:#1d1c1d;background:#fff;overflow-wrap:anywhere;text-align:start}
.slack-avatar{width:36px;height:36px;border-radius:4px}
.slack-author{margin:0;font-weight:900}
.slack-app{margin:0 4px;padding:1px 3px;border-radius:2px;background:#1d1c1d21;font-size:10px;font-weight:700;
vertical-align:2px;color:#454447}
.slack-header{margin:8px 0 4px;font-size:18px;line-height:1.33334;font-weight:900}
.slack-section{margin:4px 0 8px}
.slack-fields{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:8px 16px;margin:4px 0 8px}
.slack-context{margin:4px 0 8px;font-size:12px;color:#454447}
.slack-actions{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0}
.slack-button{padding:3px 12px 5px;border:1px solid #1d1c1d80;border-radius:8px;color:#1d1c1d;font-size:14px;
font-weight:700;text-decoration:none}
.slack-primary{border-color:#007a5a;color:#fff;background:#007a5a}
.slack-danger{border-color:#e01e5a;color:#fff;background:#e01e5a}
.slack-message hr{border:0;border-top:1px solid #1d1c1d21;margin:8px 0}
.slack-attachment{display:grid;grid-template-columns:4px minmax(0,1fr);column-gap:12px;margin-top:4px}
.slack-bar{display:block;width:4px;height:100%;border-radius:8px}
.slack-link{color:#1264a3;text-decoration:none}
.slack-link:hover{text-decoration:underline}
.slack-mention{padding:0 2px;border-radius:3px;background:#f2c74466;color:#1264a3}
.slack-message code{padding:2px 3px;border:1px solid #1d1c1d21;border-radius:3px;background:#1d1c1d0a;color:#c01343;
font:12px ui-monospace,monospace}
@media (max-width:480px){.slack-message{padding:8px 12px}.slack-fields{grid-template-columns:minmax(0,1fr);gap:2px}}
`;

/** The message as one `<article class="slack-message">`. `from`: the app's name. */
export function slackHtml(message: unknown, from = 'Tocsin'): string {
  const { text, blocks, attachments, mrkdwn } = fieldsOf(message);
  // With blocks, Slack shows them and keeps `text` for notifications.
  const body = Array.isArray(blocks) ? listOf(blocks).map(block).join('') : plainOrMarkup(text, mrkdwn !== false);
  return [
    `<article class="slack-message">${AVATAR}<div>`,
    `<p class="slack-author">${safe(from)} <span class="slack-app">APP</span></p>`,
    body,
    listOf(attachments).map(attachment).join(''),
    '</div></article>',
  ].join('');
}

const AVATAR =
  '<svg class="slack-avatar" viewBox="0 0 36 36" aria-hidden="true"><rect width="36" height="36" rx="4" fill="#4a154b"/>' +
  '<path d="M18 8a7 7 0 0 0-7 7v6l-2 3h18l-2-3v-6a7 7 0 0 0-7-7zm-3 18a3 3 0 0 0 6 0z" fill="#fff"/></svg>';

function attachment(value: unknown): string {
  const { color, blocks, text, fallback } = fieldsOf(value);
  // Slack's own gray for an invalid color.
  const fill = typeof color === 'string' && /^#[0-9a-f]{3}(?:[0-9a-f]{3})?$/i.test(color) ? color : '#dddddd';
  const inner = Array.isArray(blocks) ? listOf(blocks).map(block).join('') : plainOrMarkup(text ?? fallback, true);
  const bar = `<svg class="slack-bar" preserveAspectRatio="none" viewBox="0 0 1 1" aria-hidden="true"><rect width="1" height="1" fill="${fill}"/></svg>`;
  return `<div class="slack-attachment">${bar}<div>${inner}</div></div>`;
}

function plainOrMarkup(text: unknown, markup: boolean): string {
  if (typeof text !== 'string' || text === '') return '';
  return `<p class="slack-section">${markup ? marked(text) : tokens(text, decodedText)}</p>`;
}

function block(value: unknown): string {
  const { type, text, fields, elements } = fieldsOf(value);
  switch (type) {
    case 'header':
      return `<h3 class="slack-header">${object(text)}</h3>`;
    case 'section': {
      const prose = text === undefined ? '' : `<p class="slack-section">${object(text)}</p>`;
      const columns = listOf(fields).map((field) => `<div>${object(field)}</div>`);
      return columns.length === 0 ? prose : `${prose}<div class="slack-fields">${columns.join('')}</div>`;
    }
    case 'context':
      return `<p class="slack-context">${listOf(elements).map(object).join(' ')}</p>`;
    case 'actions':
      return `<div class="slack-actions">${listOf(elements).map(button).join('')}</div>`;
    case 'divider':
      return '<hr>';
    default:
      return `<p class="slack-context">a block of the type ${safe(String(type))}</p>`;
  }
}

function button(value: unknown): string {
  const { text, placeholder, url, style } = fieldsOf(value);
  const looks =
    style === 'primary'
      ? 'slack-button slack-primary'
      : style === 'danger'
        ? 'slack-button slack-danger'
        : 'slack-button';
  const href = address(url);
  const label = text === undefined && placeholder !== undefined ? `${object(placeholder)} ▾` : object(text);
  if (href === null) return `<span class="${looks}">${label}</span>`;
  return `<a class="${looks}" href="${safe(href)}" rel="noreferrer">${label}</a>`;
}

/** A text object. */
function object(value: unknown): string {
  const { type, text } = fieldsOf(value);
  if (typeof text !== 'string') return '';
  return type === 'mrkdwn' ? marked(text) : decodedText(text);
}

/** Slack's markup: https://docs.slack.dev/messaging/formatting-message-text. */
function marked(text: string): string {
  return tokens(text, (part) =>
    decodedText(part)
      .replace(/`([^`\n]+)`/g, '<code>$1</code>')
      .replace(emphasis('\\*'), '<strong>$1</strong>')
      .replace(emphasis('_'), '<em>$1</em>')
      .replace(emphasis('~'), '<s>$1</s>'),
  );
}

/** Text between two `mark`s on one line. An element in it is whole, so that elements nest. */
function emphasis(mark: string): RegExp {
  const inside = `(?:[^${mark}\\n<]|<(\\w+)>[^<]*</\\2>)+`;
  return new RegExp(`(?<![\\p{L}\\p{N}])${mark}(${inside})${mark}(?![\\p{L}\\p{N}])`, 'gu');
}

/** Renders tokens in angle brackets as Slack does, and the rest with `rest`. */
function tokens(text: string, rest: (part: string) => string): string {
  return text
    .split(/(<[^<>]*>)/)
    .map((part) => (part.startsWith('<') && part.endsWith('>') ? token(part.slice(1, -1)) : rest(part)))
    .join('');
}

function token(inside: string): string {
  const [target = '', ...labels] = inside.split('|');
  const label = labels.join('|');
  if (target.startsWith('!date^')) return date(target, label);
  if (/^[!@#]/.test(target)) {
    const name = label || target.replace(/^[!@#]/, '');
    return `<span class="slack-mention">${target.startsWith('#') ? '#' : '@'}${decodedText(name)}</span>`;
  }
  const href = address(decoded(target));
  if (href === null) return decodedText(inside);
  return `<a class="slack-link" href="${safe(href)}" rel="noreferrer">${decodedText(label || target)}</a>`;
}

function date(target: string, fallback: string): string {
  const [, seconds = '', format = ''] = target.split('^');
  const at = new Date(/^\d{1,12}$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN);
  if (Number.isNaN(at.getTime())) return decodedText(fallback);
  const day = at.toLocaleDateString('en-US', { timeZone: 'UTC', dateStyle: 'medium' });
  const time = at.toISOString().slice(11, 19);
  const shown = format
    .replace(/\{date[a-z_]*\}/g, day)
    .replaceAll('{time}', time.slice(0, 5))
    .replaceAll('{time_secs}', time);
  return `<time datetime="${at.toISOString()}" title="${safe(decoded(fallback))}">${safe(shown)}</time>`;
}

/** A URL that may be linked, or null. */
function address(value: unknown): string | null {
  return typeof value === 'string' && /^(?:https?:\/\/|mailto:)/i.test(value) ? value : null;
}

/** Decodes Slack's three entities, once. */
function decoded(text: string): string {
  return text.replace(/&(lt|gt|amp);/g, (_, name: string) => (name === 'lt' ? '<' : name === 'gt' ? '>' : '&'));
}

function decodedText(text: string): string {
  return safe(decoded(text)).replaceAll('\n', '<br>');
}

function safe(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
