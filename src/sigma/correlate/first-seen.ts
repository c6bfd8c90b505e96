/**
 * What has been seen in one group of a `first_seen` rule: the window of that type.
 *
 * Contract. An event matches if its value is new and its group known. A value is new if none of the group's events that
 * were added before has it, at the same time or up to a timespan earlier. A group is known if its events go back, without a
 * gap longer than the timespan, for as long as the rule's condition says: how long that is, is the window's value. Gaps are
 * measured in 64ths of the timespan, rounded down: what an event at a time shows is remembered for the timespan, and up to
 * one 64th longer. So most events change nothing that is stored. An event without rules counts for the group alone: the group
 * of a rule without `group-by` is the log, which is known since it is watched, however rarely the rule's own events come.
 *
 * What is kept is the stretches of time in which a value, or the group, went on being seen without such a gap. They are a
 * function of the events, whatever their order: an event that comes late gives what it would have given in time. Where it
 * makes the group known at times of later events, new values there match too; the earliest match is returned, and on request
 * all of them in `ends`. What was new when it came is not taken back where a late event shows it earlier.
 *
 * Stretches that no future event can join are over, and removed. At most `STRETCHES_MAX` are kept: where there are more, the least
 * recent are removed, a sixteenth at once, and counted in `dropped`. A saved window is smaller than 1 MB.
 *
 * An event costs constant time; a late one that changes since when the group is known, a pass over the values. Pure.
 */
import { parseJson } from '../../text/json.ts';
import { type CorrelationRule, FIRST_SEEN } from '../rule.ts';
import { textKey, type WindowRule } from './window/aggregations.ts';
import { meets } from './window/conditions.ts';
import { LATER_MAX, type Window, type WindowMatch } from './window-event.ts';

/** Of a group, stretches of all its values together. One is at most 100 characters. */
export const STRETCHES_MAX = 5_000;
/** Removed at once, so that sorting them is seldom. */
const DROPPED = STRETCHES_MAX >> 4;

/** The timespan has so many steps, in which gaps are measured. */
const STEPS = 64;

/** Events without a gap longer than the timespan between one and the next: the time of the first, the step of the last. */
interface Stretch {
  first: number;
  last: number;
}

/** What was seen in a group. Stretches are ascending. */
interface Seen {
  readonly group: Stretch[];
  readonly values: Map<string, Stretch[]>;
  /** No future event is of an earlier step. */
  oldest: number;
}

/** The step of a timespan in which a time lies. */
function stepAt(at: number, timespanMs: number): number {
  return Math.floor((at * STEPS) / timespanMs);
}

/** The rules whose group is the log: each entry counts for them, whatever it satisfies. */
export function watchingRules<R extends Pick<CorrelationRule, 'type' | 'groupBy'>>(rules: readonly R[]): readonly R[] {
  return rules.filter(({ type, groupBy }) => type === FIRST_SEEN && groupBy.length === 0);
}

/**
 * Says of each entry, by its time, whether one that satisfies no rule must be evaluated: whether it may change since when the
 * log is watched. Few do. For who leaves out such entries.
 */
export function createWatchTest(rules: readonly CorrelationRule[]): (at: number) => boolean {
  const timespans = new Set(watchingRules(rules).map(({ timespanMs }) => timespanMs));
  /** By step: its earliest entry. */
  const earliest = [...timespans].map((timespanMs) => ({ timespanMs, of: new Map<number, number>() }));
  return (at) => {
    let isNeeded = false;
    for (const { timespanMs, of } of earliest) {
      const step = stepAt(at, timespanMs);
      if (at >= (of.get(step) ?? Number.POSITIVE_INFINITY)) continue;
      of.set(step, at);
      isNeeded = true;
    }
    return isNeeded;
  };
}

/** Opens what was seen in a group: nothing, or as it was saved. */
export function openFirstSeen(
  { timespanMs, condition }: Pick<WindowRule, 'timespanMs' | 'condition'>,
  saved: string | null,
): Window {
  const stepOf = (at: number): number => stepAt(at, timespanMs);
  const seen = openSeen(saved);
  const { group, values } = seen;
  let count = sum([...values.values()].map(({ length }) => length));
  let dropped = 0;

  /** The stretch that an event at `at` continues; undefined: it begins one, or comes before one. */
  const continued = (stretches: readonly Stretch[], at: number): Stretch | undefined =>
    stretches.find(({ first, last }) => first <= at && stepOf(at) - last <= STEPS);

  /** The stretch that an event at `at` comes before, and is a part of. */
  const preceded = (stretches: readonly Stretch[], at: number): Stretch | undefined =>
    stretches.find(({ first }) => first > at && stepOf(first) - stepOf(at) <= STEPS);

  /** Adds an event; returns its stretch. */
  const insert = (stretches: Stretch[], at: number): Stretch => {
    const before = continued(stretches, at);
    const after = preceded(stretches, at);
    if (before !== undefined && after !== undefined) stretches.splice(stretches.indexOf(after), 1);
    const joined = before ?? after;
    if (joined !== undefined) {
      joined.first = Math.min(joined.first, at);
      joined.last = Math.max(joined.last, stepOf(at), after?.last ?? Number.NEGATIVE_INFINITY);
      return joined;
    }
    const stretch = { first: at, last: stepOf(at) };
    const place = stretches.findIndex(({ first }) => first > at);
    stretches.splice(place < 0 ? stretches.length : place, 0, stretch);
    return stretch;
  };

  const isOver = ({ last }: Stretch): boolean => seen.oldest - last > STEPS;

  /** Removes those that no future event can join: they are the first. */
  const forget = (stretches: Stretch[]): void => {
    while (stretches[0] !== undefined && isOver(stretches[0])) stretches.shift();
  };

  /** Removes the stretches of values that are `gone`. */
  const remove = (isGone: (stretch: Stretch) => boolean): void => {
    for (const [key, stretches] of values) {
      const kept = stretches.filter((stretch) => !isGone(stretch));
      count -= stretches.length - kept.length;
      if (kept.length === 0) values.delete(key);
      else if (kept.length < stretches.length) values.set(key, kept);
    }
  };

  /** Keeps the stretches within their bound. */
  const limit = (): void => {
    if (count <= STRETCHES_MAX) return;
    remove(isOver);
    const excess = count - STRETCHES_MAX;
    if (excess <= 0) return;
    const all = [...values.values()].flat().sort((a, b) => a.last - b.last || a.first - b.first);
    const oldest = new Set(all.slice(0, excess + DROPPED));
    remove((stretch) => oldest.has(stretch));
    dropped += oldest.size;
  };

  /** The events from `from` on with a new value, where the group is known since `since`, and was since `from` before. */
  const newlyKnown = (from: number, { first: since, last }: Stretch): number[] =>
    [...values.values()]
      .flat()
      .filter((stretch) => !isOver(stretch))
      .map(({ first }) => first)
      .filter((first) => first >= from && stepOf(first) <= last)
      .filter((first) => meets(first - since, condition) && !meets(first - from, condition));

  return {
    add: ({ at, value }, horizon, findLater = false) => {
      seen.oldest = Math.max(seen.oldest, stepOf(Math.min(at, horizon)));
      forget(group);
      if (value === null) {
        insert(group, at);
        return null;
      }
      const key = textKey(String(value));
      const stretches = values.get(key) ?? [];
      values.set(key, stretches);
      count -= stretches.length;
      forget(stretches);
      const isNew = continued(stretches, at) === undefined;
      insert(stretches, at);
      count += stretches.length;
      const from = preceded(group, at)?.first ?? null;
      const known = insert(group, at);
      const own = isNew && meets(at - known.first, condition) ? [at] : [];
      const found = from === null ? own : [...own, ...newlyKnown(from, known)].sort((a, b) => a - b);
      limit();
      const [end] = found;
      if (end === undefined) return null;
      const match: WindowMatch = { at: end, value: end - known.first, times: [end] };
      return findLater ? { ...match, ends: found.slice(0, LATER_MAX + 1) } : match;
    },
    save: () => {
      remove(isOver);
      forget(group);
      return saveSeen(seen);
    },
    get dropped() {
      return dropped;
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}

const VERSION = 1;

/** As JSON: `[version, "first_seen", oldest, group, value, value …]`, each a list of its stretches, a value's after its text. */
function saveSeen({ group, values, oldest }: Seen): string {
  const flat = (stretches: readonly Stretch[]): number[] => stretches.flatMap(({ first, last }) => [first, last]);
  const all = [...values].map(([key, stretches]) => [key, ...flat(stretches)]);
  return JSON.stringify([VERSION, 'first_seen', Number.isFinite(oldest) ? oldest : null, flat(group), ...all]);
}

/** What was saved; nothing if the text is not of this version and type, or not valid. */
function openSeen(saved: string | null): Seen {
  const nothing: Seen = { group: [], values: new Map(), oldest: Number.NEGATIVE_INFINITY };
  const read = saved === null ? null : parseJson(saved);
  if (!Array.isArray(read) || read[0] !== VERSION || read[1] !== 'first_seen') return nothing;
  const [, , oldest, savedGroup, ...savedValues] = read as unknown[];
  const group = stretchesFrom(savedGroup);
  if (group === null) return nothing;
  const values = new Map<string, Stretch[]>();
  for (const each of savedValues) {
    const [key, ...rest] = Array.isArray(each) ? (each as unknown[]) : [];
    const stretches = stretchesFrom(rest);
    if (typeof key !== 'string' || stretches === null) return nothing;
    values.set(key, stretches);
  }
  return { group, values, oldest: typeof oldest === 'number' ? oldest : Number.NEGATIVE_INFINITY };
}

/** Null: not valid. */
function stretchesFrom(flat: unknown): Stretch[] | null {
  if (!Array.isArray(flat) || flat.length === 0 || flat.length % 2 !== 0) return null;
  if (!flat.every((number) => Number.isFinite(number))) return null;
  const stretches: Stretch[] = [];
  for (let i = 0; i < flat.length; i += 2) stretches.push({ first: flat[i], last: flat[i + 1] });
  return stretches;
}
