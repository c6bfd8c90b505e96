/**
 * What a Teams card, a Discord embed, a PagerDuty incident and an ntfy notification look like, roughly, as pages for people who
 * look at messages (gallery.ts). What the vendors add is in parentheses.
 *
 * Contract: pure. All text is escaped; no link of a message leads anywhere.
 */
import type { DiscordMessage } from '../../src/notify/discord/message.ts';
import type { NtfyMessage } from '../../src/notify/ntfy/render.ts';
import type { PagerDutyEvent } from '../../src/notify/pagerduty/event.ts';
import type { CardElement, TeamsMessage } from '../../src/notify/teams/card.ts';

/** The card. */
export function teamsHtml({ attachments: [{ content }] }: TeamsMessage): string {
  return document(`<div class="card">${content.body.map(cardElement).join('')}</div>`, TEAMS_CSS);
}

const TEAMS_CSS = `.card{border:1px solid #ccc;border-radius:6px;padding:12px;max-width:600px}
.head{margin:-12px -12px 8px;padding:12px;background:#fde7e9}.row{display:flex;gap:8px;margin-top:4px}
.row>:first-child{flex:none;width:80px}.row>*{min-width:0}`;

function cardElement(of: CardElement): string {
  switch (of.type) {
    case 'Container':
      return `<div class="head">${of.items.map(cardElement).join('')}</div>`;
    case 'RichTextBlock': {
      const [{ text, weight, size, isSubtle }] = of.inlines;
      const classes = [weight && 'bold', size === 'Large' && 'large', isSubtle && 'subtle'].filter(Boolean).join(' ');
      return `<div class="${classes}">${escaped(text)}</div>`;
    }
    case 'TextBlock':
      // Teams shows these in the reader's own time.
      return `<div>${escaped(of.text).replace(/\{\{(?:DATE|TIME)\(([^,)]*)[^}]*\}\}/g, '$1')}</div>`;
    case 'ColumnSet':
      return `<div class="row">${of.columns.map(({ items }) => `<div>${items.map(cardElement).join('')}</div>`).join('')}</div>`;
    case 'ActionSet':
      return `<div>${of.actions.map(({ title }) => button(title)).join('')}</div>`;
  }
}

/** The embed. */
export function discordHtml({ content, embeds }: DiscordMessage): string {
  const all = (embeds ?? []).map(({ title, description, color, fields = [], footer }) => {
    const rows = fields.map(({ name, value }) => `<p><b>${marked(name)}</b><br>${marked(value)}</p>`).join('');
    const bar = `#${(color ?? 0).toString(16).padStart(6, '0')}`;
    return `<div class="embed" style="border-color:${bar}"><h3>${marked(title ?? '')}</h3><p>${marked(description ?? '')}</p>${rows}<small>${escaped(footer?.text ?? '')}</small></div>`;
  });
  return document(`<p>${marked(content ?? '')}</p>${all.join('')}`, DISCORD_CSS);
}

const DISCORD_CSS = `body{background:#313338;color:#dbdee1}a{color:#00a8fc}
.embed{background:#2b2d31;border-left:4px solid;border-radius:4px;padding:10px 14px;max-width:520px}`;

/** Links, escapes and times of Discord's markup, as far as our messages have them. */
function marked(text: string): string {
  return escaped(text)
    .replace(/\\(.)/g, '$1')
    .replace(/\[([^\]]+)\]\([^)]+\)/g, '<a href="#">$1</a>')
    .replace(/&#60;t:(\d+):f&#62;/g, (_, seconds: string) => new Date(Number(seconds) * 1000).toUTCString())
    .replaceAll('\n', '<br>');
}

/** The page of the incident. An event that opens none is shown as it is. */
export function pagerDutyHtml(event: PagerDutyEvent): string {
  const { payload, links = [], event_action: action } = event;
  if (payload === undefined) return document(`<p>(${action})</p>`, '');
  const own = ['Acknowledge', 'Reassign', 'Escalate', 'Snooze', 'Resolve'].map(button).join('');
  const rows = Object.entries(payload.custom_details ?? {}).map(
    ([label, text]) => `<tr><th>${escaped(label)}</th><td>${escaped(text).replaceAll('\n', '<br>')}</td></tr>`,
  );
  return document(
    `<h2>${escaped(payload.summary)}</h2>${own}<p class="subtle">(PagerDuty's own buttons)</p>
<p>${links.map(({ text }) => `<a href="#">${escaped(text)}</a>`).join('<br>')}</p><table>${rows.join('')}</table>`,
    'th{text-align:left;vertical-align:top;padding:3px 12px 3px 0}',
  );
}

/** The notification on a phone. */
export function ntfyHtml({ title = '', message, actions = [], click }: NtfyMessage): string {
  const tap = click === undefined ? '' : '<p class="subtle">(a tap opens the alert)</p>';
  return document(
    `<div class="phone"><b>${escaped(title)}</b><p>${escaped(message).replaceAll('\n', '<br>')}</p>${actions.map(({ label }) => button(label)).join('')}${tap}</div>`,
    '.phone{background:#f3f3f3;color:#111;border-radius:12px;padding:12px}',
  );
}

function button(label: string): string {
  return `<span class="button">${escaped(label)}</span>`;
}

function document(body: string, css: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A message</title>
<style>body{margin:12px;font:15px/1.45 system-ui,sans-serif;overflow-wrap:anywhere}.bold{font-weight:700}.large{font-size:20px}
.subtle{opacity:.7}.button{display:inline-block;border:1px solid #999;border-radius:4px;padding:5px 12px;margin:6px 6px 0 0}${css}</style>
${body}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
