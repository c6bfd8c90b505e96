/** For each type of correlation: what a window keeps of an event, how it aggregates, and what it may drop. */
import { sha256Bytes } from '../../../text/sha256.ts';
import { isTrue } from '../../formula.ts';
import type { CorrelationRule } from '../../rule.ts';
import type { WindowEvent } from '../window-event.ts';
import { capOf, rulesNamed } from './conditions.ts';
import { countSummaries, createCountAggregator, createDistinctAggregator, distinctSummaries } from './counts.ts';
import type { CreateAggregator, Key, Summaries } from './items.ts';
import { createOrderedAggregator, orderedSummaries } from './ordered.ts';
import { createPercentileAggregator, createShareAggregator } from './percentiles.ts';
import { createSumAggregator } from './sums.ts';

/** What a window needs of its rule. */
export type WindowRule = Pick<
  CorrelationRule,
  'type' | 'rules' | 'timespanMs' | 'condition' | 'percentile' | 'expression'
>;

/** Items kept per group: of event_count, and of the other types. */
const EVENTS_MAX = 50_000;
export const SAMPLES_MAX = 10_000;

export interface Aggregation {
  readonly itemsMax: number;
  readonly createAggregator: CreateAggregator;
  /** Which items of a run matter; null if all do. */
  readonly summaries: Summaries | null;
  /** This many of the newest items are always kept: dropping one could change the result for a late event. */
  readonly keepNewest: number;
  /** The key of an event; null if it has none. The temporal types have a key for each of the event's rules instead. */
  readonly keyOf: ((windowEvent: WindowEvent) => Key | null) | 'rules';
  /** Whether a saved key is valid. */
  readonly isKey: (key: unknown) => boolean;
}

/** See the contract of window.ts. */
const KEEP_NEWEST = 1_000;

const isNumber = (key: unknown): boolean => typeof key === 'number' && !Number.isNaN(key);
const isText = (key: unknown): boolean => typeof key === 'string';

const texts = {
  keyOf: ({ value }: WindowEvent): Key | null => (value === null ? null : textKey(String(value))),
  isKey: isText,
};

const samples = {
  itemsMax: SAMPLES_MAX,
  summaries: null,
  keepNewest: 0,
  keyOf: ({ value }: WindowEvent): Key | null => (typeof value === 'number' && !Number.isNaN(value) ? value : null),
  isKey: isNumber,
};

/** The aggregation of a rule. */
export function aggregationOf(rule: WindowRule): Aggregation {
  const { type, condition, expression } = rule;
  const cap = capOf(condition);
  // More items can't turn such a condition from met to unmet.
  const isRising = expression === null && condition.every(({ op }) => op === 'gt' || op === 'gte');
  switch (type) {
    case 'event_count':
      return {
        itemsMax: EVENTS_MAX,
        createAggregator: createCountAggregator,
        summaries: countSummaries(cap),
        keepNewest: 0,
        keyOf: () => 0,
        isKey: (key) => key === 0,
      };
    case 'value_count':
      return {
        ...texts,
        itemsMax: SAMPLES_MAX,
        createAggregator: createDistinctAggregator,
        summaries: distinctSummaries(cap),
        keepNewest: isRising ? 0 : KEEP_NEWEST,
      };
    case 'temporal':
      return temporal(rule, isRising);
    case 'temporal_ordered':
      return temporalOrdered(rule);
    case 'value_sum':
    case 'value_avg':
      return { ...samples, createAggregator: (items, from) => createSumAggregator(items, from, type === 'value_avg') };
    case 'value_median':
      return { ...samples, createAggregator: (items, from) => createPercentileAggregator(items, from, 50) };
    case 'value_percentile': {
      const { percentile } = rule;
      if (percentile === null) return { ...samples, ...texts, createAggregator: createShareAggregator };
      return { ...samples, createAggregator: (items, from) => createPercentileAggregator(items, from, percentile) };
    }
  }
}

function rulesAsKeys(rules: WindowRule['rules']) {
  return {
    itemsMax: SAMPLES_MAX,
    keyOf: 'rules',
    isKey: (key: unknown) => rules[key as number] !== undefined,
  } as const;
}

function temporal({ rules, expression }: WindowRule, isRising: boolean): Aggregation {
  const condition =
    expression === null
      ? undefined
      : (has: (key: Key) => boolean): boolean => isTrue(expression, ({ rule }) => has(rule));
  return {
    ...rulesAsKeys(rules),
    createAggregator: (items, from) => createDistinctAggregator(items, from, condition),
    summaries: distinctSummaries(rules.length),
    keepNewest: isRising ? 0 : KEEP_NEWEST,
  };
}

function temporalOrdered({ rules, expression }: WindowRule): Aggregation {
  const named = expression === null ? null : new Set(rulesNamed(expression));
  let rank = 0;
  const ranks = rules.map((_, index) => (named === null || named.has(index) ? rank++ : -1));
  const condition =
    expression === null
      ? undefined
      : (has: (key: Key) => boolean, longest: number): boolean =>
          isTrue(expression, ({ rule }) => has(rule)) &&
          longest === ranks.filter((each, index) => each >= 0 && has(index)).length;
  return {
    ...rulesAsKeys(rules),
    createAggregator: (items) => createOrderedAggregator(items, ranks, condition),
    summaries: orderedSummaries(ranks),
    keepNewest: KEEP_NEWEST,
  };
}

/** Printable ASCII except `"` and `\`, which JSON would escape. */
const PLAIN = /^[ !#-[\]-~]{0,64}$/;
const HASHED_CHARS_MAX = 65_536;

/**
 * A text value as a window stores it: a short plain one as it is, any other as a hash.
 *
 * An attacker writes these values, and must not be able to make two of them equal, or a window large. So the hash is
 * SHA-256 (its first 192 bits) and begins with a character that no plain value has. Of a text above 65,536 characters, the
 * first 65,536 and the length are hashed.
 */
export function textKey(text: string): string {
  if (PLAIN.test(text)) return text;
  const bytes = sha256Bytes(text.length > HASHED_CHARS_MAX ? text.slice(0, HASHED_CHARS_MAX) + text.length : text);
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  let key = '§';
  for (let word = 0; word < 6; word++)
    key += words
      .getUint32(4 * word)
      .toString(36)
      .padStart(7, '0');
  return key;
}
