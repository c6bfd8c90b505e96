/** For each type of correlation: what a window keeps of an event, how it aggregates, and what it may drop. */
import { remember } from '../../../text/remember.ts';
import { sha256Bytes } from '../../../text/sha256.ts';
import { isTrue } from '../../formula.ts';
import type { CorrelationRule, SigmaCorrelationType } from '../../rule.ts';
import type { WindowEvent } from '../window-event.ts';
import { capOf, rulesNamed } from './conditions.ts';
import { countSummaries, createCountAggregator, createKeyAggregator, distinctSummaries } from './counts.ts';
import type { Aggregator, Items, Key, Summaries } from './items.ts';
import { createOrderedAggregator, orderedSummaries } from './ordered.ts';
import { createPercentileAggregator } from './percentiles.ts';
import { createSumAggregator } from './sums.ts';

/** What a sliding window needs of its rule. */
export interface WindowRule
  extends Pick<CorrelationRule, 'rules' | 'timespanMs' | 'condition' | 'percentile' | 'expression'> {
  readonly type: SigmaCorrelationType;
}

/** Items kept per group: of event_count, and of the other types. */
const EVENTS_MAX = 50_000;
export const SAMPLES_MAX = 10_000;

export interface Aggregation {
  readonly itemsMax: number;
  /** Creates the aggregator of an empty window. */
  readonly createAggregator: (items: Items) => Aggregator;
  /** Which items of a run matter; null if all do. */
  readonly summaries: Summaries | null;
  /** This many of the newest items are always kept: dropping one could change the result for a late event. */
  readonly keepNewest: number;
  /** The keys of an event, an item for each; none if it lacks its value. */
  readonly keysOf: (windowEvent: WindowEvent) => readonly Key[];
  /** Whether the items of one time have distinct keys, in order. */
  readonly areKeysDistinct: boolean;
  /** Whether a saved key is valid. */
  readonly isKey: (key: unknown) => boolean;
}

/** See the contract of window.ts. */
const KEEP_NEWEST = 1_000;

const isNumber = (key: unknown): key is number => typeof key === 'number' && !Number.isNaN(key);

const samples = {
  itemsMax: SAMPLES_MAX,
  summaries: null,
  keepNewest: 0,
  keysOf: ({ value }: WindowEvent): readonly Key[] => (isNumber(value) ? [value] : []),
  areKeysDistinct: false,
  isKey: isNumber,
};

const texts = {
  keysOf: ({ value }: WindowEvent): readonly Key[] => (value === null ? [] : [textKey(String(value))]),
  isKey: (key: unknown): boolean => typeof key === 'string',
};

const EVENT_KEYS: readonly Key[] = [0];

/** The aggregation of a rule. */
export function aggregationOf(rule: WindowRule): Aggregation {
  const { type, condition, expression, percentile } = rule;
  const cap = capOf(condition);
  // More items can't turn such a condition from met to unmet.
  const isRising = expression === null && condition.every(({ op }) => op === 'gt' || op === 'gte');
  const keepNewest = isRising ? 0 : KEEP_NEWEST;
  switch (type) {
    case 'event_count':
      return {
        ...samples,
        itemsMax: EVENTS_MAX,
        createAggregator: createCountAggregator,
        summaries: countSummaries(cap),
        keysOf: () => EVENT_KEYS,
        isKey: (key) => key === 0,
      };
    case 'value_count':
      return {
        ...samples,
        ...texts,
        createAggregator: (items) => createKeyAggregator(items, (counts) => counts.size),
        summaries: distinctSummaries(cap),
        keepNewest,
      };
    case 'temporal':
      return { ...temporal(rule), keepNewest };
    case 'temporal_ordered':
      return temporalOrdered(rule);
    case 'value_sum':
    case 'value_avg':
      return { ...samples, createAggregator: (items) => createSumAggregator(items, type === 'value_avg') };
    case 'value_median':
      return { ...samples, createAggregator: (items) => createPercentileAggregator(items, 50) };
    case 'value_percentile':
      if (percentile !== null)
        return { ...samples, createAggregator: (items) => createPercentileAggregator(items, percentile) };
      return { ...samples, ...texts, createAggregator: (items) => createKeyAggregator(items, shareOfLast) };
  }
}

/** The percentage of items with the last key. */
function shareOfLast(counts: ReadonlyMap<Key, number>, last: Key, size: number): number {
  return (100 * (counts.get(last) ?? 0)) / size;
}

function rulesAsKeys(rules: WindowRule['rules']) {
  return {
    ...samples,
    keysOf: (windowEvent: WindowEvent) => windowEvent.rules,
    areKeysDistinct: true,
    isKey: (key: unknown) => rules[key as number] !== undefined,
  };
}

function temporal({ rules, expression }: WindowRule): Aggregation {
  const satisfied = (counts: ReadonlyMap<Key, number>): number =>
    expression === null || isTrue(expression, ({ rule }) => counts.has(rule)) ? counts.size : Number.NaN;
  return {
    ...rulesAsKeys(rules),
    createAggregator: (items) => createKeyAggregator(items, satisfied),
    summaries: distinctSummaries(rules.length),
  };
}

function temporalOrdered({ rules, expression }: WindowRule): Aggregation {
  const named = new Set(expression === null ? rules.keys() : rulesNamed(expression));
  const ranked = [...rules.keys()].filter((rule) => named.has(rule));
  const ranks = rules.map((_, rule) => ranked.indexOf(rule));
  const condition = (has: (key: Key) => boolean, longest: number): boolean =>
    expression === null || (isTrue(expression, ({ rule }) => has(rule)) && longest === ranked.filter(has).length);
  return {
    ...rulesAsKeys(rules),
    createAggregator: (items) => createOrderedAggregator(items, ranks, condition),
    summaries: orderedSummaries(ranks),
    keepNewest: KEEP_NEWEST,
  };
}

/** Printable ASCII except `"` and `\`, which JSON would escape. */
const PLAIN = /^[ !#-[\]-~]{0,64}$/;

/**
 * A text value as a window stores it: a short plain one as it is, any other as a hash.
 *
 * An attacker writes these values, and must not be able to make two of them equal, or a window large. So the hash is
 * SHA-256 (its first 192 bits) and begins with a character that no plain value has.
 */
export function textKey(text: string): string {
  return PLAIN.test(text) ? text : hashKey(text);
}

const hashKey = remember((text) => {
  const bytes = sha256Bytes(text);
  const words = new DataView(bytes.buffer, bytes.byteOffset);
  let key = '§';
  for (let word = 0; word < 6; word++)
    key += words
      .getUint32(4 * word)
      .toString(36)
      .padStart(7, '0');
  return key;
});
