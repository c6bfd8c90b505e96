/** What a test in a rule's file is, as it is read and run. */
import type { Place } from '../../yaml/diagnostics.ts';
import type { EntryBody, Level } from '../rule.ts';

/**
 * A test of a rule. A detection should match each of its entries; a correlation should match at one of them. Or neither
 * should ever match. With `expect`, certain alerts should open, and no others. A filter should exclude each of its entries
 * from the rules that it is for, which would match them, or none.
 */
export interface RuleTest {
  readonly kind: 'detection' | 'correlation' | 'filter';
  /** The id of the tested rule or filter. */
  readonly rule: string;
  /** Whether it is run with the rules as they are shipped, without what their owner changes. */
  readonly isShipped: boolean;
  readonly name: string;
  readonly path: string;
  readonly place: Place;
  /** Whether the rule should match; with `expect`, whether an alert should open. Of a filter: whether it leaves the entries. */
  readonly match: boolean;
  /** The alerts of the rule that should open, in their order; null: the test is about matches only. */
  readonly expect: readonly ExpectedAlert[] | null;
  /** In order, at least one. */
  readonly entries: readonly TestEntry[];
}

/** An entry and its time, in milliseconds since the epoch. */
export interface TestEntry {
  readonly body: EntryBody;
  readonly at: number;
}

/** What an alert should be when all entries have been evaluated; null: anything. */
export interface ExpectedAlert {
  /** The fields of its dedup key, and their values. */
  readonly key: readonly { readonly field: string; readonly value: unknown }[] | null;
  readonly matches: number | null;
  /** How often its matches notified. */
  readonly notifications: number | null;
  readonly level: Level | null;
  /** The time of its first match, in milliseconds since the epoch. */
  readonly at: number | null;
}
