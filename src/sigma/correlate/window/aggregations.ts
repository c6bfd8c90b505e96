/** What each type of correlation keeps of a happening, how it is measured, and what can be spared. */
import type { CorrelationRule } from '../../rule.ts';
import type { WindowEvent } from '../window-event.ts';
import { capOf, fulfils, rulesNamed } from './conditions.ts';
import { countDigests, countSweep, distinctDigests, distinctSweep } from './counts.ts';
import type { Aggregators, Digests, Key } from './items.ts';
import { orderedDigests, orderedSweep } from './ordered.ts';
import { percentileSweep, shareSweep } from './percentiles.ts';
import { sumSweep } from './sums.ts';
import { textKey } from './text.ts';

/** What a window needs of its rule. */
export type WindowRule = Pick<
  CorrelationRule,
  'type' | 'rules' | 'timespanMs' | 'condition' | 'percentile' | 'expression'
>;

/** The most items of a group that are kept. */
export const CONTRIBUTING_MAX = 50_000;
export const SAMPLES_MOST = 10_000;

export interface Kind {
  readonly most: number;
  readonly sweep: Aggregators;
  /** What of a run of items matters; null where all of it does. */
  readonly digests: Digests | null;
  /** Of the newest items so many are never spared: where sparing one may change what a late happening sees. */
  readonly newest: number;
  /** The key of a happening; null where it has none. The temporal types have a key for each of its rules instead. */
  readonly key: ((windowEvent: WindowEvent) => Key | null) | 'rules';
  /** Whether a key that was saved is one. */
  readonly isKey: (key: unknown) => boolean;
}

/** See the contract of window.ts. */
const NEWEST = 1_000;

const isNumber = (key: unknown): boolean => typeof key === 'number' && !Number.isNaN(key);
const isText = (key: unknown): boolean => typeof key === 'string';

const texts = {
  key: ({ value }: WindowEvent): Key | null => (value === null ? null : textKey(String(value))),
  isKey: isText,
};

const samples = {
  most: SAMPLES_MOST,
  digests: null,
  newest: 0,
  key: ({ value }: WindowEvent): Key | null => (typeof value === 'number' && !Number.isNaN(value) ? value : null),
  isKey: isNumber,
};

export function kindOf(rule: WindowRule): Kind {
  const { type, condition, expression } = rule;
  const cap = capOf(condition);
  // A condition that a window with more in it meets as well.
  const isRising = expression === null && condition.every(({ op }) => op === 'gt' || op === 'gte');
  switch (type) {
    case 'event_count':
      return {
        most: CONTRIBUTING_MAX,
        sweep: countSweep,
        digests: countDigests(cap),
        newest: 0,
        key: () => 0,
        isKey: (key) => key === 0,
      };
    case 'value_count':
      return {
        ...texts,
        most: SAMPLES_MOST,
        sweep: distinctSweep,
        digests: distinctDigests(cap),
        newest: isRising ? 0 : NEWEST,
      };
    case 'temporal':
    case 'temporal_ordered':
      return temporal(rule, isRising);
    case 'value_sum':
    case 'value_avg':
      return { ...samples, sweep: (items, from) => sumSweep(items, from, type === 'value_avg') };
    case 'value_median':
      return { ...samples, sweep: (items, from) => percentileSweep(items, from, 50) };
    case 'value_percentile': {
      const { percentile } = rule;
      if (percentile === null) return { ...samples, ...texts, sweep: shareSweep };
      return { ...samples, sweep: (items, from) => percentileSweep(items, from, percentile) };
    }
  }
}

function temporal({ type, rules, expression }: WindowRule, isRising: boolean): Kind {
  const common = {
    most: SAMPLES_MOST,
    key: 'rules',
    isKey: (key: unknown) => rules[key as number] !== undefined,
  } as const;
  if (type === 'temporal') {
    return {
      ...common,
      sweep: (items, from) =>
        distinctSweep(items, from, expression === null ? undefined : (has) => fulfils(expression, has)),
      digests: distinctDigests(rules.length),
      newest: isRising ? 0 : NEWEST,
    };
  }
  const named = expression === null ? null : new Set(rulesNamed(expression));
  let rank = 0;
  const ranks = rules.map((_, index) => (named === null || named.has(index) ? rank++ : -1));
  return {
    ...common,
    sweep: (items, _) =>
      orderedSweep(
        items,
        ranks,
        expression === null
          ? undefined
          : (has, longest) =>
              fulfils(expression, has) && longest === ranks.filter((each, index) => each >= 0 && has(index)).length,
      ),
    digests: orderedDigests(ranks),
    newest: NEWEST,
  };
}
