/** Small elements of every page: a card, a figure, a message, a level, an instant, a length of time. Pure. */

import type { Child } from 'hono/jsx';
import { LEVELS } from '../../../sigma/index.ts';
import { durationInWords } from '../../../text/duration.ts';
import { utcText } from '../../../text/times.ts';
import { UntrustedText } from './untrusted-text.tsx';

/** A part of a page, with its heading. */
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

/** The whole content of a page that has a form or an explanation only. */
export function Message({ title, children }: { title: string; children?: Child }) {
  return (
    <section class="message">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** One item of a `<dl class="figures">`. */
export function Figure({ name, children }: { name: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** With a capital letter, where a text of ours stands alone. */
export function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

const LEVEL_CHARS = 20;

/** A level as a word in its color, the same on every page. */
export function Level({ level }: { level: string }) {
  const known = LEVELS.find((name) => name === level) ?? 'informational';
  return (
    <span class={`level level-${known}`}>
      <UntrustedText text={level} max={LEVEL_CHARS} />
    </span>
  );
}

/**
 * An instant in ms since the epoch, in UTC; the script adds the reader's own zone. Null: it never happened. `short`:
 * without seconds and year, for the axis and the table of a chart.
 */
export function When({ at, short = false }: { at: number | null; short?: boolean }) {
  if (at === null) return <span class="none">never</span>;
  const text = utcText(at);
  if (text === null) return <span class="none">invalid time</span>;
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

const STEPS = [86_400_000, 3_600_000, 60_000, 1_000];

/** An instant as the time since then, or until then, rounded to its largest unit: `3 minutes ago`. */
export function Ago({ at, now }: { at: number; now: number }) {
  const text = utcText(at);
  if (text === null) return <span class="none">invalid time</span>;
  const ms = Math.abs(now - at);
  const step = STEPS.find((each) => each <= ms) ?? 0;
  const length = durationInWords(Math.round(ms / step) * step);
  const words = step === 0 ? (at > now ? 'now' : 'just now') : at < now ? `${length} ago` : `in ${length}`;
  return (
    <time datetime={new Date(at).toISOString()} data-ago="" title={text}>
      {words}
    </time>
  );
}

/** A length of time in ms as its two largest units: `2 hours 5 minutes`. */
export function lengthInWords(ms: number): string {
  return durationInWords(Math.max(0, ms)).split(' ').slice(0, 4).join(' ');
}
