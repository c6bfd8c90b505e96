/**
 * A parsed rule: plain, serializable data, written into the generated module at build time and compiled when the Worker
 * starts. As much as possible is computed at build time: a Worker may live for one tick, where starting takes longest.
 */
import type { TimeRange } from '../text/time-ranges.ts';
import type { PreparedRegex, TextOp } from './regex/prepared.ts';
import type { Program } from './regex/program.ts';

/** Sigma's levels, lowest first. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a level needs attention at once: high and critical. */
export function isSevere(level: Level): boolean {
  return !isAbove('high', level);
}

/** Whether `level` is above `than`. */
export function isAbove(level: Level, than: Level): boolean {
  return LEVELS.indexOf(level) > LEVELS.indexOf(than);
}

/** The level of a rank: 0 and up. */
export function levelAt(rank: number): Level {
  return LEVELS[rank] ?? 'informational';
}

/** The JSON object that rules are evaluated on. */
export type EntryBody = { readonly [field: string]: unknown };

/** What all rules have. */
export interface RuleBase {
  /** The document's `id`, or one made from its file and position. Unique and stable. */
  readonly id: string;
  readonly name: string | null;
  readonly title: string;
  readonly level: Level;
  readonly status: string | null;
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly fields: readonly string[];
  /** Its file, relative to the rules folder. */
  readonly path: string;
  /** Whether its matches alert. False for a rule that only correlations without `generate` refer to. */
  readonly alerts: boolean;
  /** On the inner detection of a rule with `first_seen` or `absence`: that rule's id. Lists leave inner detections out. */
  readonly partOf?: string;
  /** Tocsin's own keys, from the document's root key `tocsin`. */
  readonly tocsin: {
    readonly runbook: string | null;
    /** Fields whose values make the dedup key; null for the default. */
    readonly dedupBy: readonly string[] | null;
    /** Dedup period in milliseconds; null for the default. */
    readonly dedupPeriodMs: number | null;
    /** How far from an alert's matches one may lie and still join it, in milliseconds; null for the default. */
    readonly dedupReopenMs: number | null;
    /** The receivers of its alerts, whatever the routes say. Absent: the routes decide. */
    readonly receivers?: readonly string[];
  };
}

/** What only a reader of the rule needs: it is in no alert. */
export interface RuleNotes {
  readonly author: string | null;
  readonly references: readonly string[];
  /** How often it alerts on ordinary days, and about what; from the root key `tocsin`. */
  readonly noise: string | null;
}

/** A comparison of one field. A null field is a keyword: any value of the entry is compared. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly selection: string;
  readonly field: string | null;
  readonly test: Test;
}

/** With several values, any of them suffices. Texts are folded unless `cased`. */
export type Test =
  | { readonly op: TextOp; readonly cased: boolean; readonly values: readonly string[] }
  | { readonly op: 'pattern'; readonly cased: boolean; readonly values: readonly PreparedPattern[] }
  | { readonly op: 're'; readonly values: readonly PreparedRegex[] }
  | { readonly op: 'cidr'; readonly values: readonly AddressRange[] }
  | { readonly op: 'null' }
  | { readonly op: 'exists'; readonly present: boolean }
  /** The entry's value is the number, not a text of it. */
  | { readonly op: 'number'; readonly values: readonly number[] }
  /** With the nearest double, and the exact decimal where that is another number (evaluate/number.ts). */
  | { readonly op: Order; readonly value: number; readonly exact?: string }
  /** A part of a date, as written in the entry: minute 0 to 59, week 1 to 53 (ISO 8601) … */
  | { readonly op: 'time'; readonly part: TimePart; readonly compare: Order | 'eq'; readonly value: number }
  /** The entry's own time lies in one of the ranges; or outside of all, if it has one. The field is LOCAL_TIME. */
  | { readonly op: 'during'; readonly outside: boolean; readonly ranges: readonly TimeRange[] }
  /** The value is that of another field of the entry. */
  | { readonly op: 'fieldref'; readonly field: string; readonly compare: TextOp; readonly cased: boolean };

/** What comparisons of the entry's time are about, for people: no field of the entry. */
export const LOCAL_TIME = 'local time';

export type Order = 'lt' | 'lte' | 'gt' | 'gte';

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** A wildcard pattern for the whole text: parts one after the other. */
export type Pattern = readonly PatternPart[];

/** A literal text; any run of characters, or exactly one; or one of a few characters. */
export type PatternPart = { readonly text: string } | { readonly wildcard: '*' | '?' } | { readonly oneOf: string };

/** A pattern and how it is searched: the texts around its `*`, or a program if it has other parts. */
export type PreparedPattern =
  | { readonly parts: Pattern; readonly pieces: readonly string[] }
  | { readonly parts: Pattern; readonly program: Program };

/** A condition with its names resolved. */
export type Formula<L extends { readonly kind: 'leaf' }> =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Formula<L>[] }
  | { readonly kind: 'not'; readonly of: Formula<L> }
  | L;

/** The condition of a detection: over comparisons. */
export type Expression = Formula<Leaf>;

export interface DetectionRule extends RuleBase {
  readonly kind: 'detection';
  readonly expression: Expression;
}

export type Comparison = Order | 'eq' | 'neq';

export const CORRELATION_TYPES = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
/** Those that a rule can name under `correlation`. */
export type SigmaCorrelationType = (typeof CORRELATION_TYPES)[number];
/**
 * What a detection with `tocsin: first_seen` becomes: a correlation over an inner detection (`RuleBase.partOf`). Its
 * timespan is how long a value is remembered.
 */
export const FIRST_SEEN = 'first_seen';
/** The same of `tocsin: absence`. Its timespan is for how long an entry is waited for. */
export const ABSENCE = 'absence';
export type CorrelationType = SigmaCorrelationType | typeof FIRST_SEEN | typeof ABSENCE;

/** A rule in a condition over rules: true if the rule is satisfied in the window. */
export interface RuleLeaf {
  readonly kind: 'leaf';
  /** The rule's index in the correlation's `rules`. */
  readonly rule: number;
}

export interface CorrelationRule extends RuleBase {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** Ids of the rules it refers to, detections or correlations, in order; each once. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** alias → rule id → field. */
  readonly aliases: { readonly [alias: string]: { readonly [ruleId: string]: string } };
  readonly timespanMs: number;
  /**
   * Comparisons with a window's value; all must hold. The value is the number of events (event_count), the number of
   * distinct values (value_count), the sum, average, percentile or median (other value_* types), the number of
   * satisfied rules (temporal; temporal_ordered: in order), or for how long the group of a new value has been known, in
   * milliseconds (first_seen). Only empty if there is an `expression`, and of an absence, whose value is the time of the last
   * event before it.
   */
  readonly condition: readonly { readonly op: Comparison; readonly value: number }[];
  /** value_*, first_seen: the fields of the values, or aliases for them; several only for value_count and first_seen. */
  readonly fields: readonly string[];
  /** value_percentile: the percentile, 0 to 100; null if the window's value is the share of the entry's value in %. */
  readonly percentile: number | null;
  /** The temporal types: a condition over rules instead of `condition`; else null. */
  readonly expression: Formula<RuleLeaf> | null;
  /** What its filters demand of an entry: only such entries count, here and in the correlations it refers to. */
  readonly filter?: Expression;
  /** Of a copy (correlate/layers.ts): the correlations whose filters it has besides its own. */
  readonly filteredBy?: readonly string[];
}

export type Rule = DetectionRule | CorrelationRule;

/** Whether a match is of one entry, and not of what several have together. */
export function isOfOneEntry(rule: Rule): boolean {
  return rule.kind === 'detection' || rule.type === FIRST_SEEN || rule.type === ABSENCE;
}

/** The rules that people know: without the inner parts of others. */
export function listedRules<R extends Pick<RuleBase, 'partOf'>>(rules: readonly R[]): readonly R[] {
  return rules.filter(({ partOf }) => partOf === undefined);
}

/** Rules with those they refer to, those that these refer to, and so on. `all`: the rules of the set, by id. */
export function withRulesBelow<R extends Rule>(rules: Iterable<R>, all: ReadonlyMap<string, R>): ReadonlySet<R> {
  const found = new Set(rules);
  // The loop adds to the set it iterates.
  for (const rule of found) {
    for (const id of rule.kind === 'correlation' ? rule.rules : []) {
      const below = all.get(id);
      if (below !== undefined) found.add(below);
    }
  }
  return found;
}

/** A rule as it is parsed, at build time. */
export type ParsedRule = Rule & RuleNotes;

/** A rule that is not evaluated, because its owner says so. */
export interface DisabledRule extends Pick<RuleBase, 'id' | 'title' | 'level' | 'description' | 'path'> {
  readonly why: string;
}

/** All rules, as in the generated module. */
export interface RuleSet {
  /** A hash of the rules' meaning: changes if and only if a rule's meaning does. */
  readonly version: string;
  /** In order of files and places. */
  readonly rules: readonly Rule[];
}

/** A selection, field and value that made a rule match. */
export interface Evidence {
  readonly selection: string;
  /** Null for a keyword. */
  readonly field: string | null;
  /** The entry's value as text, at most 256 characters. */
  readonly value: string;
}

/** An entry satisfied a detection. */
export interface Match {
  readonly rule: DetectionRule;
  readonly evidence: readonly Evidence[];
}

/** A range of IP addresses: `4` or `6`, then the leading bits that its addresses share, as `0` and `1`. */
export type AddressRange = string;
