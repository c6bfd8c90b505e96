/**
 * What a rule is once it has been parsed: plain, serializable data, written into the generated module at build time
 * and made into questions when the Worker starts. No YAML, no places, no unknowns; and nothing left to find out that
 * could be found out before: a Worker may live for one tick, in which starting is what takes the time.
 */
import type { PreparedRegex, TextOp } from './regex/prepared.ts';

/** Sigma's levels, least first. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

/** What rules are evaluated on: a JSON object. */
export type EntryBody = { readonly [field: string]: unknown };

/** What every rule has. */
export interface RuleBase {
  /** The document's `id`, or, where it has none, one made from its file and place: always unique and stable. */
  readonly id: string;
  readonly name: string | null;
  readonly title: string;
  readonly level: Level;
  readonly status: string | null;
  readonly description: string | null;
  readonly author: string | null;
  readonly references: readonly string[];
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly fields: readonly string[];
  /** The file it stands in, relative to the folder of rules. */
  readonly path: string;
  /** Whether a match of it is an alert. False where it only feeds correlations that do not `generate`. */
  readonly alerts: boolean;
  /** Our own keys, from the document's root key `tocsin`. */
  readonly tocsin: {
    readonly runbook: string | null;
    /** Fields whose values make the dedup key; null where the rule does not say. */
    readonly dedupBy: readonly string[] | null;
    /** Dedup period in milliseconds; null where the rule does not say. */
    readonly dedupPeriodMs: number | null;
  };
}

/** A comparison of one field (null: of any value in the entry, a keyword). */
export interface Leaf {
  readonly kind: 'leaf';
  readonly selection: string;
  readonly field: string | null;
  readonly test: Test;
}

/** Where several values stand, any of them suffices. Text that is compared without case is folded. */
export type Test =
  | { readonly op: TextOp; readonly cased: boolean; readonly values: readonly string[] }
  | { readonly op: 'pattern'; readonly cased: boolean; readonly values: readonly Pattern[] }
  | { readonly op: 're'; readonly values: readonly PreparedRegex[] }
  /** Ascending, and none within another. */
  | { readonly op: 'cidr'; readonly values: readonly AddressRange[] }
  | { readonly op: 'null' }
  | { readonly op: 'exists'; readonly present: boolean }
  | { readonly op: Order; readonly value: number }
  /** A part of a date, as it is written in the entry: minute 0 to 59, week 1 to 53 (ISO 8601) … */
  | { readonly op: 'time'; readonly part: TimePart; readonly compare: Order | 'eq'; readonly value: number }
  /** Another field of the same entry, whose value stands for the value. */
  | { readonly op: 'fieldref'; readonly field: string; readonly compare: TextOp; readonly cased: boolean };

export type Order = 'lt' | 'lte' | 'gt' | 'gte';

export const TIME_PARTS = ['minute', 'hour', 'day', 'week', 'month', 'year'] as const;
export type TimePart = (typeof TIME_PARTS)[number];

/** A wildcard pattern: the whole text is these, one after the other. */
export type Pattern = readonly PatternPart[];

/** A literal text; any run, or exactly one character; or one of a few characters. */
export type PatternPart = { readonly text: string } | { readonly wildcard: '*' | '?' } | { readonly oneOf: string };

/** A condition, resolved: names replaced by what they stand for. */
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
export type CorrelationType = (typeof CORRELATION_TYPES)[number];

/** A rule that a correlation refers to, in a condition over rules: it holds where the rule happened in the window. */
export interface RuleLeaf {
  readonly kind: 'leaf';
  /** The rule's index in the correlation's `rules`. */
  readonly rule: number;
}

export interface CorrelationRule extends RuleBase {
  readonly kind: 'correlation';
  readonly type: CorrelationType;
  /** Ids of the rules it refers to, detections or correlations, in the order it names them; each once. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** alias → rule id → field. */
  readonly aliases: { readonly [alias: string]: { readonly [ruleId: string]: string } };
  readonly timespanMs: number;
  /**
   * What the number of a window is compared with; all of them must hold. The number is: of event_count the entries, of
   * value_count the distinct values, of the other value_* what their names say, of the temporal types the rules that
   * happened (in their order). Never empty, but where `expression` stands for it.
   */
  readonly condition: readonly { readonly op: Comparison; readonly value: number }[];
  /** value_*: the fields whose values count, or aliases for them; several only for value_count. Else empty. */
  readonly fields: readonly string[];
  /** value_percentile: which one, 0 to 100; null where the number is the share of the entry's own value, in percent. */
  readonly percentile: number | null;
  /** The temporal types: a condition over rules, in the place of `condition`; else null. */
  readonly expression: Formula<RuleLeaf> | null;
}

export type Rule = DetectionRule | CorrelationRule;

/** Everything in `rules/`, as the generated module holds it. */
export interface RuleSet {
  /** A hash of the rules' meaning: changes when, and only when, some rule does. */
  readonly version: string;
  /** In the order of their files and places. */
  readonly rules: readonly Rule[];
}

/** Which selection, field and value made a rule match. */
export interface Evidence {
  readonly selection: string;
  /** Null for a keyword. */
  readonly field: string | null;
  /** The entry's value, as text, at most 256 characters. */
  readonly value: string;
}

/** One entry satisfied one detection. */
export interface Match {
  readonly rule: DetectionRule;
  readonly evidence: readonly Evidence[];
}

/** An address as groups of 16 bits: two for IPv4, eight for IPv6. */
export type Address = readonly number[];

export interface AddressRange {
  readonly base: Address;
  /** Leading bits that count. */
  readonly bits: number;
}
