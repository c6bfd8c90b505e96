/**
 * A message read back as the client reads it: the text that people see, the links, and commands to the client. Strict: what
 * no receiver of ours writes is an error. Pure.
 */

export interface ReadBack {
  readonly text: string;
  readonly links: readonly string[];
  /** Mentions, scripts, styles, images: anything beyond text and links. */
  readonly commands: readonly string[];
}

type Fields = { readonly [field: string]: unknown };

/** A Slack message, by what Slack parses: markup in mrkdwn objects, nothing but entities in plain_text. */
export function readSlack(message: unknown): ReadBack {
  const texts: string[] = [];
  const links: string[] = [];
  const commands: string[] = [];
  const markup = (text: string): string =>
    entities(
      text.replace(/<([^<>]*)>/g, (_, token: string) => {
        const [target = '', label = target] = token.split('|');
        if (target.startsWith('!date^')) return label;
        if (/^[!@#]/.test(target)) commands.push(target);
        else links.push(entities(target));
        return label;
      }),
    );
  const scan = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) scan(each);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const { type, text, url, emoji, verbatim, ...rest } = value as Fields;
    if (typeof url === 'string') links.push(url);
    if (typeof text === 'string') {
      const parsed = type !== 'plain_text';
      if (type === 'mrkdwn' && verbatim !== true) commands.push('names and addresses are made links');
      if (type === 'plain_text' && emoji !== false) commands.push('emoji');
      if (!parsed && /[<>]/.test(text)) throw new Error(`not escaped: ${text}`);
      texts.push(parsed ? markup(text) : entities(text));
    } else scan(text);
    scan(rest.blocks);
    scan(rest.attachments);
    scan(rest.fields);
    scan(rest.elements);
  };
  scan(message);
  return { text: texts.join('\n'), links, commands };
}

function entities(text: string): string {
  return text.replace(/&(lt|gt|amp);|&/g, (found, name: string | undefined) => {
    if (name === undefined) throw new Error(`a bare & in ${text}`);
    return name === 'lt' ? '<' : name === 'gt' ? '>' : found === '&amp;' ? '&' : found;
  });
}

const ELEMENTS = new Set('html head meta title body div h1 h2 p table tr th td br a span'.split(' '));
const VOID = new Set(['meta', 'br']);
const BLOCKS = new Set('title div h1 h2 p tr br'.split(' '));
const ATTRIBUTES = new Set('lang charset name content style scope href'.split(' '));
const TOKEN = /<!doctype html>|<(\/?)([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*)>|[^<>]+/gy;

/** HTML of a mail, of the few elements and attributes that ours are made of. The title is left out of the text. */
export function readHtml(html: string): ReadBack {
  const open: string[] = [];
  const links: string[] = [];
  const commands: string[] = [];
  let text = '';
  let end = 0;
  for (const match of html.matchAll(TOKEN)) {
    const [whole, closing, name, attributes = ''] = match;
    end = match.index + whole.length;
    if (name === undefined) {
      if (!whole.startsWith('<!') && open.at(-1) !== 'title') text += references(whole);
      continue;
    }
    if (!ELEMENTS.has(name)) throw new Error(`an element ${name}`);
    if (BLOCKS.has(name)) text += '\n';
    if (closing === '/') {
      const opened = open.pop();
      if (opened !== name) throw new Error(`</${name}> closes ${opened}`);
      continue;
    }
    for (const [, attribute = '', raw = ''] of attributes.matchAll(/ ([a-z-]+)="([^"]*)"/g)) {
      if (!ATTRIBUTES.has(attribute)) throw new Error(`an attribute ${attribute}`);
      const value = references(raw);
      if (attribute === 'href') links.push(value);
      if (/url\(|expression|@import|refresh/i.test(value) && attribute !== 'href') commands.push(value);
    }
    if (!VOID.has(name)) open.push(name);
    if (name === 'td' || name === 'th') text += ' ';
  }
  if (end !== html.length) throw new Error(`not ours: ${html.slice(end, end + 80)}`);
  if (open.length > 0) throw new Error(`left open: ${open.join(' ')}`);
  return { text, links, commands };
}

/** The character references that templates write. */
const CHARACTERS: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function references(text: string): string {
  return text.replace(/&(?:([a-z]+|#\d{1,4});)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : CHARACTERS[name];
    if (character === undefined) throw new Error(`a bare or unknown & in ${text}`);
    return character;
  });
}

/** Plain text of a mail: what clients make links of. */
export function readText(text: string): ReadBack {
  return { text, links: text.match(/\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.)\S+/gi) ?? [], commands: [] };
}
