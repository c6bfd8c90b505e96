/** An event, read back as PagerDuty shows it: texts, in which addresses become links, and links. */
import { type ReadBack, readText } from '../read-back.ts';

interface Event {
  readonly payload?: {
    readonly summary: string;
    readonly class?: string;
    readonly custom_details?: { readonly [label: string]: string };
  };
  readonly client_url?: string;
  readonly links?: readonly { readonly href: string; readonly text: string }[];
}

export function readPagerDuty(event: unknown): ReadBack {
  const { payload, client_url, links: all = [] } = event as Event;
  const details = Object.entries(payload?.custom_details ?? {}).flat();
  const texts = [payload?.summary ?? '', payload?.class ?? '', ...details, ...all.map((link) => link.text)];
  const { text, links } = readText(texts.join('\n'));
  const hrefs = [...all.map(({ href }) => href), ...(client_url === undefined ? [] : [client_url])];
  return { text, links: [...links, ...hrefs], commands: [] };
}
