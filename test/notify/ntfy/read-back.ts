/** An ntfy message, read back as a phone shows it: plain text, in which addresses are links, and buttons. */
import { ntfyEvent } from '../../support/ntfy-inbox.ts';
import { type ReadBack, readText } from '../read-back.ts';

export function readNtfy(message: unknown): ReadBack {
  const { title, message: body, click, actions = [] } = ntfyEvent(message);
  const { text, links } = readText([title, body, ...actions.map(({ label }) => label)].join('\n'));
  return {
    text,
    links: [...links, ...(click === undefined ? [] : [click]), ...actions.map((action) => action.url)],
    commands: [],
  };
}
