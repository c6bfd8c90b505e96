/**
 * The plain windows: the events of correlations and when they fire, computed without bounds, compaction or packing. Every
 * window is evaluated whole.
 */
import type { CorrelationRule, Engine, Rule } from '../../src/sigma/index.ts';

type Body = { readonly [field: string]: unknown };

/** An entry, or an earlier version of one. */
export interface Version {
  readonly satisfied: ReadonlySet<string>;
  readonly body: Body;
  readonly at: number;
}

export interface SeenEntry extends Version {
  readonly earlier: readonly Version[];
}

interface WindowEvent {
  readonly at: number;
  readonly rules: readonly number[];
  /** Null where there is none; of first_seen, the event only shows that the log is watched. */
  readonly value: string | number | null;
}

export interface PlainFiring {
  readonly rule: CorrelationRule;
  /** JSON of the group's value; without groups, of the new value. */
  readonly group: string;
  /** The end of the window that fired. */
  readonly at: number;
  /** The ends of all windows that the entry fired: events of the correlations that refer to this one. */
  readonly ends: readonly number[];
  /** When what it holds happened. */
  readonly times: ReadonlySet<number>;
}

/** The value of a field; null if it is missing. */
export function field(body: Body, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name] ?? null, body);
}

/** JSON of a field's value; null if it is null or missing. Objects in entries have their fields in one order. */
export function fieldText(body: Body, path: string): string | null {
  const value = field(body, path);
  return value === null ? null : JSON.stringify(value);
}

const texts = new WeakMap<Engine, Map<Rule, string>>();

/** A rule and all it refers to, as one text: another where any of them changed. What becomes of its matches is no part. */
export function textOf(rule: Rule, engine: Engine): string {
  const known = texts.get(engine) ?? new Map<Rule, string>();
  texts.set(engine, known);
  const text = known.get(rule) ?? writtenOut(rule, engine);
  known.set(rule, text);
  return text;
}

function writtenOut(rule: Rule, engine: Engine): string {
  const below = rule.kind === 'correlation' ? rule.rules.map((id) => engine.rules.get(id)) : [];
  const { level: _level, tocsin: _tocsin, alerts: _alerts, ...what } = rule;
  return JSON.stringify([what, ...below.map((of) => (of === undefined ? '' : textOf(of, engine)))]);
}

/** The correlations in the order they see an entry: each in its turn, but those it refers to before it. */
function inLayers(engine: Engine): readonly CorrelationRule[] {
  const belowFirst = (rule: Rule | undefined): readonly CorrelationRule[] =>
    rule?.kind === 'correlation' ? [...rule.rules.flatMap((id) => belowFirst(engine.rules.get(id))), rule] : [];
  return [...new Set(engine.correlations.flatMap(belowFirst))];
}

/** The correlations that a correlation refers to, at whatever depth. */
export function correlationsBelow(rule: CorrelationRule, engine: Engine): readonly CorrelationRule[] {
  return rule.rules.flatMap((id) => {
    const of = engine.rules.get(id);
    return of?.kind === 'correlation' ? [of, ...correlationsBelow(of, engine)] : [];
  });
}

/** Whether one of a correlation's detections, at whatever depth, is among these. */
export function concerns(rule: CorrelationRule, satisfied: ReadonlySet<string>, engine: Engine): boolean {
  return rule.rules.some((id) => {
    const of = engine.rules.get(id);
    return of?.kind === 'correlation' ? concerns(of, satisfied, engine) : satisfied.has(id);
  });
}

export interface PlainWindows {
  /** `earlier`: the versions of this entry that came before, an id being one event. `sees`: which correlations do. */
  see(engine: Engine, entry: SeenEntry, horizon: number, sees?: (rule: CorrelationRule) => boolean): PlainFiring[];
  /** Forgets the windows of rules that are no more as they were. */
  keepOnly(engine: Engine): void;
  /** Has the windows of a rule as others have them. */
  adopt(others: PlainWindows, rule: Rule, engine: Engine): void;
  /** Each time that nothing came to a group after the last event, as far as is known; of rules that are as they are here. */
  absences(engine: Engine): readonly PlainAbsence[];
  /** What came up to the last event before an absence is no longer known. */
  settle(absence: PlainAbsence, engine: Engine): void;
  readonly kept: {
    readonly came: ReadonlyMap<string, PlainCame>;
    readonly windows: ReadonlyMap<string, readonly WindowEvent[]>;
    readonly seen: ReadonlyMap<string, PlainSeen>;
  };
}

/** Nothing came to a group from `last` up to `at`. */
export interface PlainAbsence {
  readonly rule: CorrelationRule;
  readonly group: string;
  readonly last: number;
  readonly at: number;
}

/** When events came to a group of an absence, without those up to `settled`. */
interface PlainCame {
  readonly group: string;
  times: readonly number[];
  settled: number;
}

/** Windows that remember. `see` lets them see an entry that satisfied detections, and returns those that fire. */
export function createPlainWindows(): PlainWindows {
  const windows = new Map<string, readonly WindowEvent[]>();
  const seen = new Map<string, PlainSeen>();
  const seenAt = (place: string): PlainSeen => {
    const known = seen.get(place) ?? { values: new Map(), group: [], oldest: Number.NEGATIVE_INFINITY };
    seen.set(place, known);
    return known;
  };
  const came = new Map<string, PlainCame>();
  const of = (rule: Rule, engine: Engine, places: ReadonlyMap<string, unknown>): readonly string[] =>
    [...places.keys()].filter((place) => place.split('\n')[0] === textOf(rule, engine));
  return {
    see(
      engine: Engine,
      { satisfied, body, at, earlier }: SeenEntry,
      horizon: number,
      sees: (rule: CorrelationRule) => boolean = () => true,
    ): PlainFiring[] {
      const correlationMatches: PlainFiring[] = [];
      for (const rule of inLayers(engine).filter(sees)) {
        const group = groupIn(rule, body);
        if (group === null) continue;
        const place = `${textOf(rule, engine)}\n${group}`;
        const oldest = Math.min(at, horizon);
        if (rule.type === 'first_seen' && rule.groupBy.length === 0 && earlier.length === 0)
          newValues(rule, seenAt(place), { at, rules: [], value: null }, oldest);
        const fired: PlainFiring[] = [];
        const counted = earlier.flatMap((version) => ownEvents(rule, engine, group, version));
        for (const whole of eventsOf(rule, satisfied, correlationMatches, body, at)) {
          const event = withoutCounted(rule, engine, whole, counted);
          if (event === null) continue;
          if (rule.type === 'absence') {
            const known = came.get(place) ?? { group, times: [], settled: Number.NEGATIVE_INFINITY };
            came.set(place, known);
            if (event.at > known.settled) known.times = [...known.times, event.at];
            continue;
          }
          if (rule.type === 'first_seen') {
            const news = newValues(rule, seenAt(place), event, oldest);
            const [end] = news;
            const ownGroup = rule.groupBy.length === 0 ? String(event.value) : group;
            if (end !== undefined) fired.push({ rule, group: ownGroup, at: end, ends: news, times: new Set([end]) });
            continue;
          }
          const dead = Math.min(at, horizon) - rule.timespanMs;
          const before = (windows.get(place) ?? []).filter((each) => each.at > dead);
          const kept = [...before, event];
          windows.set(place, kept);
          const fires = [...new Set(kept.map((each) => each.at))]
            .filter((time) => time >= event.at && time < event.at + rule.timespanMs)
            .sort((a, b) => a - b)
            .filter((time) => satisfies(rule, within(kept, time, rule)));
          const [end] = fires;
          if (end === undefined) continue;
          const times = new Set(within(kept, end, rule).map((each) => each.at));
          // A late event is one for each event of such a time that would have fired in time order, and did not.
          const isTemporal = rule.type.startsWith('temporal');
          const ends = fires.flatMap((time) => {
            const more = firingsAt(rule, kept, time) - firingsAt(rule, before, time);
            const events = isTemporal ? Math.min(1, firingsAt(rule, before, time) > 0 ? 0 : more) : more;
            return new Array<number>(time === event.at ? 1 : Math.max(0, events)).fill(time);
          });
          fired.push({ rule, group, at: end, ends, times });
        }
        // A rule fires once per entry, at the earliest time; the correlations that refer to it get every time.
        const [first] = fired.toSorted((a, b) => a.at - b.at);
        if (first !== undefined)
          correlationMatches.push({ ...first, ends: fired.flatMap(({ ends }) => ends).sort((a, b) => a - b) });
      }
      return correlationMatches;
    },
    keepOnly(engine: Engine): void {
      const known = engine.correlations.map((rule) => textOf(rule, engine));
      for (const places of [windows, seen, came])
        for (const place of places.keys()) if (!known.includes(place.split('\n')[0] ?? '')) places.delete(place);
    },
    adopt(others: PlainWindows, rule: Rule, engine: Engine): void {
      for (const place of of(rule, engine, windows)) windows.delete(place);
      for (const place of of(rule, engine, seen)) seen.delete(place);
      const { kept } = others;
      for (const place of of(rule, engine, kept.windows)) windows.set(place, kept.windows.get(place) ?? []);
      for (const place of of(rule, engine, came)) came.delete(place);
      for (const place of of(rule, engine, kept.came)) came.set(place, kept.came.get(place) as PlainCame);
      for (const place of of(rule, engine, kept.seen)) seen.set(place, kept.seen.get(place) as PlainSeen);
    },
    absences: (engine) =>
      engine.correlations
        .filter(({ type }) => type === 'absence')
        .flatMap((rule) =>
          of(rule, engine, came).flatMap((place) => {
            const { group, times } = came.get(place) as PlainCame;
            const isFollowed = (last: number): boolean =>
              times.some((time) => time > last && time <= last + rule.timespanMs);
            const lasts = [...new Set(times)].filter((time) => !isFollowed(time));
            return lasts.map((last) => ({ rule, group, last, at: last + rule.timespanMs }));
          }),
        ),
    settle: ({ rule, group, last }, engine) => {
      const known = came.get(`${textOf(rule, engine)}\n${group}`) as PlainCame;
      known.settled = last;
      known.times = known.times.filter((time) => time > last);
    },
    kept: { windows, seen, came },
  };
}

/** JSON of the value of an entry's group; null: it is in none. */
export function groupIn({ groupBy: [name] }: CorrelationRule, body: Body): string | null {
  return name === undefined ? '' : fieldText(body, name);
}

/** Gaps are measured in so many parts of the timespan. */
const PARTS = 64;

/** What was seen in a group of first_seen: the times of each value, and of all of them. */
interface PlainSeen {
  readonly values: Map<string, readonly number[]>;
  group: readonly number[];
  /** The part of the timespan in which the oldest event may lie that is still to come. */
  oldest: number;
}

/**
 * Adds an event. The times at which a value is new with it: its own, and those of later events, where the group was not known
 * for long enough without it. A value is new where no other event up to then has it, within the timespan.
 */
function newValues(rule: CorrelationRule, seen: PlainSeen, event: WindowEvent, horizon: number): readonly number[] {
  const partOf = (at: number): number => Math.floor((at * PARTS) / rule.timespanMs);
  const isRecent = (at: number, earlier: number): boolean => earlier <= at && partOf(at) - partOf(earlier) <= PARTS;
  /** Without those after which nothing came for so long that nothing can. */
  const alive = (times: readonly number[]): readonly number[] => {
    const sorted = times.toSorted((a, b) => a - b);
    const isOver = (time: number, i: number): boolean => {
      const rest = sorted.slice(i);
      const end = rest.find((each, n) => rest[n + 1] === undefined || !isRecent(rest[n + 1] as number, each)) ?? time;
      return seen.oldest - partOf(end) > PARTS;
    };
    return sorted.filter((time, i) => !isOver(time, i));
  };
  const isKnown = (at: number, times: readonly number[]): boolean => {
    let since = at;
    for (const time of times.toSorted((a, b) => b - a)) if (time <= at && isRecent(since, time)) since = time;
    return rule.condition.every(({ value }) => at - since >= value);
  };
  seen.oldest = Math.max(seen.oldest, partOf(Math.min(event.at, horizon)));
  const before = alive(seen.group);
  const after = [...before, event.at];
  seen.group = after;
  for (const [value, times] of seen.values) seen.values.set(value, alive(times));
  if (event.value === null) return [];
  const value = String(event.value);
  const own = seen.values.get(value) ?? [];
  const isNew = !own.some((time) => isRecent(event.at, time)) && isKnown(event.at, after);
  seen.values.set(value, [...own, event.at]);
  const newly = [...seen.values.values()].flatMap((times) =>
    [...new Set(times)]
      .filter((time) => time > event.at && !times.some((other) => other < time && isRecent(time, other)))
      .filter((time) => !isKnown(time, before) && isKnown(time, after)),
  );
  return [...(isNew ? [event.at] : []), ...newly].sort((a, b) => a - b);
}

/** The event that a version was by what it satisfies itself. */
function ownEvents(
  rule: CorrelationRule,
  engine: Engine,
  group: string,
  { satisfied, body, at }: Version,
): WindowEvent[] {
  const value = valueIn(rule, body);
  if (groupIn(rule, body) !== group || (rule.fields.length > 0 && value === null)) return [];
  const rules = rule.rules.flatMap((id, i) => (isDetection(engine, id) && satisfied.has(id) ? [i] : []));
  return rules.length === 0 ? [] : [{ at, rules, value }];
}

/** The event without what earlier versions counted; null: nothing is left. */
function withoutCounted(
  rule: CorrelationRule,
  engine: Engine,
  event: WindowEvent,
  counted: readonly WindowEvent[],
): WindowEvent | null {
  const known = counted.filter(({ at }) => Math.abs(at - event.at) < rule.timespanMs).flatMap(({ rules }) => rules);
  if (known.length === 0) return event;
  const isTemporal = rule.type.startsWith('temporal');
  const rules = event.rules.filter(
    (i) => !isDetection(engine, rule.rules[i] ?? '') || (isTemporal && !known.includes(i)),
  );
  return rules.length === 0 ? null : { ...event, rules };
}

function isDetection(engine: Engine, id: string): boolean {
  return engine.rules.get(id)?.kind === 'detection';
}

/** The events of one entry for a correlation: one per time, with all the rules that it satisfies then. */
function eventsOf(
  rule: CorrelationRule,
  satisfied: ReadonlySet<string>,
  correlationMatches: readonly PlainFiring[],
  body: Body,
  at: number,
): WindowEvent[] {
  const value = valueIn(rule, body);
  if (rule.fields.length > 0 && value === null) return [];
  /** The first event of each time, the second … */
  const rulesAt = new Map<string, { at: number; rules: number[] }>();
  rule.rules.forEach((id, index) => {
    const times = satisfied.has(id)
      ? [at]
      : correlationMatches.filter((of) => of.rule.id === id).flatMap((of) => of.ends);
    times.forEach((time, place) => {
      const name = `${time} ${place - times.indexOf(time)}`;
      const known = rulesAt.get(name) ?? { at: time, rules: [] };
      rulesAt.set(name, { at: time, rules: [...known.rules, index] });
    });
  });
  return [...rulesAt.values()].sort((a, b) => a.at - b.at).map((event) => ({ ...event, value }));
}

function valueIn(rule: CorrelationRule, body: Body): string | number | null {
  const [name] = rule.fields;
  if (name === undefined) return null;
  if (rule.type === 'value_count' || rule.type === 'first_seen') return fieldText(body, name);
  const value = field(body, name);
  return value === null ? null : Number(value);
}

/** How many events of one time fire, each with those before it. */
function firingsAt(rule: CorrelationRule, all: readonly WindowEvent[], end: number): number {
  const earlier = within(all, end, rule).filter(({ at }) => at < end);
  const own = all.filter(({ at }) => at === end);
  return own.filter((_, i) => satisfies(rule, [...earlier, ...own.slice(0, i + 1)])).length;
}

function within(all: readonly WindowEvent[], end: number, rule: CorrelationRule): WindowEvent[] {
  return all.filter(({ at }) => at > end - rule.timespanMs && at <= end);
}

function satisfies(rule: CorrelationRule, window: readonly WindowEvent[]): boolean {
  return rule.condition.every(({ op, value }) => {
    if (op !== 'gte') throw new Error('the model knows only gte');
    return numberOf(rule, window) >= value;
  });
}

function numberOf(rule: CorrelationRule, window: readonly WindowEvent[]): number {
  switch (rule.type) {
    case 'event_count':
      return window.length;
    case 'value_count':
      return new Set(window.map(({ value }) => value)).size;
    case 'value_sum':
      return window.reduce((sum, { value }) => sum + Number(value), 0);
    case 'temporal_ordered':
      return longestInOrder(rule.rules.length, window);
    default:
      throw new Error(`the model does not know ${rule.type}`);
  }
}

/** The most rules, in their order, whose times can be chosen so that they do not descend: each choice is tried. */
function longestInOrder(rules: number, window: readonly WindowEvent[]): number {
  let longest = 0;
  for (let chosen = 1; chosen < 2 ** rules; chosen++) {
    let time = Number.NEGATIVE_INFINITY;
    let length = 0;
    for (let rule = 0; rule < rules; rule++) {
      if ((chosen & (2 ** rule)) === 0) continue;
      const from = time;
      time = Math.min(...window.filter(({ at, rules: of }) => at >= from && of.includes(rule)).map(({ at }) => at));
      if (time !== Number.POSITIVE_INFINITY) length++;
    }
    if (time !== Number.POSITIVE_INFINITY) longest = Math.max(longest, length);
  }
  return longest;
}
