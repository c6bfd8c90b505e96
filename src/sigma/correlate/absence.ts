/**
 * When the entries of one group of an `absence` rule came: the window of that type.
 *
 * Contract. No event completes a match: time does. `elapse` returns what was absent by a watermark, before which every event
 * is known: each time that nothing came for the timespan after an event. An absence is returned once, dated at its end; its
 * value is the time of the event before it. A group begins with its first event.
 *
 * What is kept is the stretches of time in which events came without such a gap, whatever the order in which they came, and
 * the last event whose absence was returned: what comes later and happened before that is ignored. At most `STRETCHES_MAX`
 * stretches wait for the watermark; the oldest are removed first, and counted in `dropped`.
 *
 * An event costs constant time. Times are whole milliseconds since the epoch. Pure.
 */
import { parseJson } from '../../text/json.ts';
import { ABSENCE } from '../rule.ts';
import type { AbsenceWindow, WindowMatch } from './window-event.ts';

/** Absences that wait for the watermark: of more than a year, with one a day. */
const STRETCHES_MAX = 500;

/** Events of which each came within a timespan after the one before. */
interface Stretch {
  first: number;
  last: number;
}

/** Opens the window of a group, empty or as it was saved. */
export function openAbsence({ timespanMs }: { readonly timespanMs: number }, saved: string | null): AbsenceWindow {
  const state = openState(saved);
  const { stretches } = state;
  let dropped = 0;
  return {
    add: ({ at }) => {
      if (at <= state.settled) return null;
      const after = stretches.findIndex(({ first }) => first > at);
      const place = after < 0 ? stretches.length : after;
      const [before, next] = [stretches[place - 1], stretches[place]];
      const follows = before !== undefined && at - before.last <= timespanMs;
      const precedes = next !== undefined && next.first - at <= timespanMs;
      if (follows && precedes) {
        before.last = next.last;
        stretches.splice(place, 1);
      } else if (follows) before.last = Math.max(before.last, at);
      else if (precedes) next.first = at;
      else stretches.splice(place, 0, { first: at, last: at });
      if (stretches.length > STRETCHES_MAX) {
        stretches.shift();
        dropped++;
      }
      return null;
    },
    elapse: (watermark) => {
      const found: WindowMatch[] = [];
      for (let [next] = stretches; next !== undefined; [next] = stretches) {
        const at = next.last + timespanMs;
        if (at >= watermark) break;
        found.push({ at, value: next.last, times: [next.last] });
        state.settled = next.last;
        stretches.shift();
      }
      return found;
    },
    get dueAt() {
      const [next] = stretches;
      return next === undefined ? null : next.last + timespanMs;
    },
    save: () =>
      JSON.stringify([
        ...[VERSION, ABSENCE, Number.isFinite(state.settled) ? state.settled : null],
        stretches.flatMap(({ first, last }) => [first, last]),
      ]),
    get dropped() {
      return dropped;
    },
  };
}

const VERSION = 1;

interface State {
  /** The last event whose absence was returned. */
  settled: number;
  /** Ascending, and further apart than the timespan. */
  readonly stretches: Stretch[];
}

/** What was saved; nothing if the text is not of this version and type, or not valid. */
function openState(saved: string | null): State {
  const nothing: State = { settled: Number.NEGATIVE_INFINITY, stretches: [] };
  const read = saved === null ? null : parseJson(saved);
  if (!Array.isArray(read) || read[0] !== VERSION || read[1] !== ABSENCE) return nothing;
  const [, , settled, times] = read as unknown[];
  if (!Array.isArray(times) || times.length % 2 !== 0 || !times.every((time) => Number.isFinite(time))) return nothing;
  const stretches: Stretch[] = [];
  for (let i = 0; i < times.length; i += 2) stretches.push({ first: times[i], last: times[i + 1] });
  return { settled: typeof settled === 'number' ? settled : Number.NEGATIVE_INFINITY, stretches };
}
