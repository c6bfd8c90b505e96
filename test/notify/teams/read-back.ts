/**
 * A Teams message, read back as the client reads it: Markdown and dates in a TextBlock, and plain text in a TextRun. Strict: in
 * a TextRun too nothing may be what some clients take for a link or a date all the same.
 */
import type { ReadBack } from '../read-back.ts';

type Fields = { readonly [field: string]: unknown };
const DATE = /\{\{(DATE|TIME)\(([^(){}]*)\)\}\}/g;

export function readTeams(message: unknown): ReadBack {
  const texts: string[] = [];
  const links: string[] = [];
  const commands: string[] = [];
  const read = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) read(each);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const { type, text, title, url, ...rest } = value as Fields;
    if (typeof url === 'string') links.push(url);
    for (const each of [text, title]) {
      if (typeof each !== 'string') continue;
      texts.push(type === 'TextBlock' ? readMarkdown(each, commands) : readRun(each, commands));
    }
    for (const each of Object.values(rest)) read(each);
  };
  const [card] = (message as { readonly attachments: readonly { readonly content: Fields }[] }).attachments;
  read(card?.content['body']);
  return { text: texts.join('\n'), links, commands };
}

function readRun(text: string, commands: string[]): string {
  for (const [found] of text.matchAll(/\]\(|\{\{(?:DATE|TIME)\(/g)) commands.push(`${found} in a TextRun`);
  return text;
}

/** Of TextBlocks ours have words, digits and dates. */
function readMarkdown(text: string, commands: string[]): string {
  const plain = text.replace(DATE, (whole, name: string, args: string) => {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(, SHORT)?$/.test(args) || args.endsWith('SHORT') !== (name === 'DATE')) {
      commands.push(whole);
    }
    return args;
  });
  for (const [found] of plain.matchAll(/[\\*_~`|<>[\]{}]|^[-+#] |^\d+\. |[a-z]+:\/\/\S*/gim)) commands.push(found);
  return plain;
}
