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
  readonly value: string | number | null;
}

export interface PlainFiring {
  readonly rule: CorrelationRule;
  /** JSON of the group's value. */
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
function textOf(rule: Rule, engine: Engine): string {
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

/** Whether one of a correlation's detections, at whatever depth, is among these. */
export function concerns(rule: CorrelationRule, satisfied: ReadonlySet<string>, engine: Engine): boolean {
  return rule.rules.some((id) => {
    const of = engine.rules.get(id);
    return of?.kind === 'correlation' ? concerns(of, satisfied, engine) : satisfied.has(id);
  });
}

/** Windows that remember. `see` lets them see an entry that satisfied detections, and returns those that fire. */
export function createPlainWindows() {
  const windows = new Map<string, readonly WindowEvent[]>();
  return {
    /** `earlier`: the versions of this entry that came before, an id being one event. */
    see(engine: Engine, { satisfied, body, at, earlier }: SeenEntry, horizon: number): PlainFiring[] {
      const correlationMatches: PlainFiring[] = [];
      for (const rule of inLayers(engine)) {
        const group = fieldText(body, rule.groupBy[0] ?? '');
        if (group === null) continue;
        const fired: PlainFiring[] = [];
        const counted = earlier.flatMap((version) => ownEvents(rule, engine, group, version));
        for (const whole of eventsOf(rule, satisfied, correlationMatches, body, at)) {
          const event = withoutCounted(rule, engine, whole, counted);
          if (event === null) continue;
          const place = `${textOf(rule, engine)}\n${group}`;
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
    /** Forgets the windows of rules that are no more as they were. */
    keepOnly(engine: Engine): void {
      const known = engine.correlations.map((rule) => textOf(rule, engine));
      for (const place of windows.keys()) if (!known.includes(place.split('\n')[0] ?? '')) windows.delete(place);
    },
  };
}

/** The event that a version was by what it satisfies itself. */
function ownEvents(
  rule: CorrelationRule,
  engine: Engine,
  group: string,
  { satisfied, body, at }: Version,
): WindowEvent[] {
  const value = valueIn(rule, body);
  if (fieldText(body, rule.groupBy[0] ?? '') !== group || (rule.fields.length > 0 && value === null)) return [];
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
  if (rule.type === 'value_count') return fieldText(body, name);
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
