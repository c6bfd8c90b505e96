/**
 * Instants and lengths of time on a page: in UTC, as everybody can compare; the script adds the reader's own zone. Pure.
 */
import { durationInWords } from '../../../text/duration.ts';
import { utcText } from '../../../text/times.ts';

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
