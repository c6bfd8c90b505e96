/**
 * A page read back: its elements in order, with the names of their attributes and their addresses, and its text. Strict: what
 * no page of ours writes (an unknown element, an attribute without quotes, a bare `<` or `&`) is an error. Pure.
 *
 * HTML's parser is lenient; this one accepts only what every parser reads in the same way (html.spec.whatwg.org/#writing).
 */

export interface ReadPage {
  /** Elements, but those that untrusted text may have: names of invisible characters, `bdi`, what is in code. */
  readonly outline: readonly string[];
  readonly text: string;
  /** Every address: `href`, `src`, `action`, `formaction`. */
  readonly addresses: readonly string[];
}

const ELEMENTS = new Set(
  (
    'html head meta title link script body div main header footer nav section article aside h1 h2 h3 p ul ol li dl dt dd ' +
    'search fieldset legend select option textarea table caption colgroup col thead tbody tr th td a b strong em small span bdi code pre mark time br hr form label input button ' +
    'details summary figure figcaption svg g rect path line polyline circle text tspan desc noscript abbr kbd i s'
  ).split(' '),
);
const VOID = new Set(['meta', 'link', 'br', 'hr', 'input', 'col']);
/** Elements in them are read, and are no part of the outline: how many there are hangs on the text. */
const INERT = /^(?:bdi|mark|details|summary)$/;
const INERT_CLASS = /(?:^| )(?:unseen|whole|quiet|sub|none|unsighted)(?: |$)/;
const REFERENCES: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const TOKEN = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z0-9:-]*(?:="[^"<>]*")?)*)\s*(\/?)>|[^<>]+/gy;
const ATTRIBUTE = /([a-zA-Z][a-zA-Z0-9:-]*)(?:="([^"]*)")?/g;

/** Reads a page. Throws where it is not one of ours. */
export function readPage(html: string): ReadPage {
  const outline: string[] = [];
  const addresses: string[] = [];
  const open: { readonly name: string; readonly isInert: boolean }[] = [];
  let inert = 0;
  let text = '';
  let end = 0;
  for (const match of html.matchAll(TOKEN)) {
    const [whole, closing, name, rest = '', selfClosing] = match;
    end = match.index + whole.length;
    if (name === undefined) {
      if (!whole.startsWith('<!')) text += referenced(whole);
      continue;
    }
    if (!ELEMENTS.has(name)) throw new Error(`an element ${name}`);
    if (closing === '/') {
      const opened = open.pop();
      if (opened?.name !== name) throw new Error(`</${name}> closes ${opened?.name}`);
      if (opened.isInert) inert--;
      continue;
    }
    const names: string[] = [];
    let isInert = INERT.test(name) || name === 'code' || name === 'pre';
    let address = '';
    for (const [, attribute = '', raw] of rest.matchAll(ATTRIBUTE)) {
      if (/^(?:on|style$|srcset$)/i.test(attribute)) throw new Error(`an attribute ${attribute}`);
      const value = referenced(raw ?? '');
      if (attribute === 'class' && INERT_CLASS.test(value)) isInert = true;
      if (/^(?:href|src|action|formaction)$/.test(attribute)) {
        addresses.push(value);
        address = value;
      }
      // Whether a row is marked as evidence hangs on the text: long evidence is cut.
      if (!(name === 'tr' && attribute === 'class')) names.push(attribute);
    }
    if (inert === 0 && !isInert) outline.push(`${name} ${names.join(' ')} ${address}`.trim());
    if (VOID.has(name) || selfClosing === '/') continue;
    open.push({ name, isInert });
    if (isInert) inert++;
  }
  if (end !== html.length) throw new Error(`not ours: ${html.slice(end, end + 80)}`);
  if (open.length > 0) throw new Error(`left open: ${open.map(({ name }) => name).join(' ')}`);
  return { outline, text, addresses };
}

function referenced(text: string): string {
  return text.replace(/&(?:([a-z]+|#\d{1,4});)?/g, (_, name: string | undefined) => {
    const character = name === undefined ? undefined : REFERENCES[name];
    if (character === undefined) throw new Error(`a bare or unknown & in ${text.slice(0, 80)}`);
    return character;
  });
}
