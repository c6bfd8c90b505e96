/**
 * What a rule is once it has been parsed: plain, serializable data, written into the generated module at build time
 * and compiled to closures when the Worker starts. No YAML, no places, no unknowns.
 */

/** Sigma's levels, least first. */
export const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Level = (typeof LEVELS)[number];

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

/** A comparison of one field (null: of any value in the entry, a keyword) with one value. */
export interface Leaf {
  readonly kind: 'leaf';
  readonly selection: string;
  readonly field: string | null;
  readonly test: Test;
}

export type Test =
  /** Wildcard pattern as parts: strings are literal; `*` any run, `?` exactly one character. */
  | { readonly op: 'pattern'; readonly parts: readonly PatternPart[]; readonly cased: boolean }
  | { readonly op: 'equals'; readonly value: string | number | boolean; readonly cased: boolean }
  | { readonly op: 'null' }
  | { readonly op: 'exists'; readonly present: boolean }
  | { readonly op: 're'; readonly source: string; readonly flags: string }
  | { readonly op: 'cidr'; readonly range: string }
  | { readonly op: 'lt' | 'lte' | 'gt' | 'gte'; readonly value: number };

export type PatternPart = { readonly text: string } | { readonly wildcard: '*' | '?' };

/** A condition, resolved: names replaced by what they stand for. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | Leaf;

export interface DetectionRule extends RuleBase {
  readonly kind: 'detection';
  readonly expression: Expression;
}

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq';

export interface CorrelationRule extends RuleBase {
  readonly kind: 'correlation';
  readonly type: 'event_count';
  /** Ids of the rules it counts. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** alias → rule id → field. */
  readonly aliases: { readonly [alias: string]: { readonly [ruleId: string]: string } };
  readonly timespanMs: number;
  /** All of them must hold. */
  readonly condition: readonly { readonly op: Comparison; readonly value: number }[];
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
