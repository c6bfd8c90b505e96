/**
 * A Discord message, read back as the client reads it: Markdown everywhere but in the footer. Strict: markup that we never
 * write is a command.
 */
import type { ReadBack } from '../read-back.ts';

interface Message {
  readonly content?: string;
  readonly embeds?: readonly {
    readonly title: string;
    readonly url?: string;
    readonly description?: string;
    readonly fields?: readonly { readonly name: string; readonly value: string }[];
    readonly footer: { readonly text: string };
  }[];
}

export function readDiscord(message: unknown): ReadBack {
  const { content, embeds = [] } = message as Message;
  const links: string[] = [];
  const commands: string[] = [];
  const read = (markdown: string): string => readMarkdown(markdown, links, commands);
  const texts = embeds.flatMap(({ title, url, description, fields = [], footer }) => {
    if (url !== undefined) links.push(url);
    return [
      read(title),
      ...(description === undefined ? [] : [read(description)]),
      ...fields.flatMap(({ name, value }) => [read(name), read(value)]),
      footer.text,
    ];
  });
  return { text: [...(content === undefined ? [] : [read(content)]), ...texts].join('\n'), links, commands };
}

/** An escape, a timestamp, a masked link, or anything else with a meaning. */
const TOKENS =
  /\\([^0-9A-Za-z\s])|<t:\d+:f>|\[((?:\\.|[^[\]\\])+)\]\((https?:\/\/[^\s()]+)\)|([*_~`|<>[\]@#\\]|^[-+] |^\d+\. |[a-z]+:\/\/\S*)/gim;

function readMarkdown(markdown: string, links: string[], commands: string[]): string {
  return markdown.replace(
    TOKENS,
    (whole, character: string | undefined, label: string | undefined, href: string | undefined, markup: string) => {
      if (character !== undefined) return character;
      if (label !== undefined && href !== undefined) {
        links.push(href);
        return label.replace(/\\(.)/g, '$1');
      }
      if (markup !== undefined) commands.push(whole);
      return '';
    },
  );
}
