/** Small elements of every page: a card, a level, an instant, a length of time. Pure. */

import type { Child } from 'hono/jsx';
import { LEVELS } from '../../../sigma/index.ts';
import { durationInWords } from '../../../text/duration.ts';
import { utcText } from '../../../text/times.ts';
import { UntrustedText } from './untrusted-text.tsx';

export function Card({ title, id, aside, children }: { title: string; id?: string; aside?: Child; children?: Child }) {
  return (
    <section class="card" id={id}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

const LEVEL = 20;

export function Level({ level }: { level: string }) {
  return (
    <span class={`level ${levelClass(level)}`}>
      <UntrustedText text={level} max={LEVEL} />
    </span>
  );
}

/** The class that colours a level; a level not known here has the least one's. */
export function levelClass(level: string): string {
  return `level-${LEVELS.find((known) => known === level) ?? 'informational'}`;
}

/** An instant, ms since the epoch; null: there is none. `short`: without seconds and year, for a chart's axis. */
export function When({ at, short = false }: { at: number | null; short?: boolean }) {
  if (at === null) return <span class="none">never</span>;
  const text = utcText(at);
  if (text === null) return <span class="none">at an impossible time</span>;
  const iso = new Date(at).toISOString();
  if (short) {
    return (
      <time datetime={iso} data-short="">
        {text.slice(5, 16)}
      </time>
    );
  }
  return (
    <span class="when">
      <time datetime={iso}>{text.slice(0, 19)}</time> <span class="zone">UTC</span>
    </span>
  );
}

/** A length of time as its two largest units: `2 hours 5 minutes`. */
export function lengthInWords(ms: number): string {
  return durationInWords(Math.max(0, ms)).split(' ').slice(0, 4).join(' ');
}
