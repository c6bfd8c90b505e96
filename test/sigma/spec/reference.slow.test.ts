/**
 * Correlations of every type, from YAML to the matches, against a literal implementation of the definition: it keeps
 * everything, and for each entry recounts every window that contains it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, createSequence } from '../../../src/sigma/index.ts';
import { errorsOf, parse } from './examples.ts';
import { ABC, correlation } from './sequences.ts';

interface Item {
  readonly at: number;
  /** Letters of the rules it satisfies. */
  readonly is: string;
  readonly value: number;
}

interface WindowMatch {
  readonly at: number;
  readonly value: number;
}

/** A type: its YAML, and its number of a window's items, which are in the order of time; null where it has none. */
interface Type {
  readonly says: string;
  readonly yaml: string;
  readonly needsValue: boolean;
  number(items: readonly Item[]): number | null;
}

const sum = (items: readonly Item[]) => items.reduce((total, { value }) => total + value, 0);

function percentile(items: readonly Item[], p: number): number {
  const values = items.map(({ value }) => value).sort((a, b) => a - b);
  const rank = (p / 100) * (values.length - 1);
  const low = values[Math.floor(rank)] ?? 0;
  const high = values[Math.ceil(rank)] ?? 0;
  return low + (high - low) * (rank - Math.floor(rank));
}

/** Whether each of `rules` can be given an item, at times that do not descend. */
function inOrder(items: readonly Item[], rules: string): boolean {
  let from = Number.NEGATIVE_INFINITY;
  for (const rule of rules) {
    const times = items.filter(({ is, at }) => is.includes(rule) && at >= from).map(({ at }) => at);
    if (times.length === 0) return false;
    from = Math.min(...times);
  }
  return true;
}

const SUBSETS = ['', 'a', 'b', 'c', 'ab', 'ac', 'bc', 'abc'];
const longest = (items: readonly Item[]) =>
  Math.max(...SUBSETS.filter((rules) => inOrder(items, rules)).map(({ length }) => length));
const happened = (items: readonly Item[]) => [...'abc'].filter((rule) => items.some(({ is }) => is.includes(rule)));

const TYPES: readonly Type[] = [
  { says: 'event_count', yaml: 'type: event_count', needsValue: false, number: (items) => items.length },
  {
    says: 'value_count',
    yaml: 'type: value_count',
    needsValue: true,
    number: (items) => new Set(items.map(({ value }) => value)).size,
  },
  { says: 'temporal', yaml: 'type: temporal', needsValue: false, number: (items) => happened(items).length },
  { says: 'temporal_ordered', yaml: 'type: temporal_ordered', needsValue: false, number: longest },
  { says: 'value_sum', yaml: 'type: value_sum', needsValue: true, number: sum },
  { says: 'value_avg', yaml: 'type: value_avg', needsValue: true, number: (items) => sum(items) / items.length },
  { says: 'value_median', yaml: 'type: value_median', needsValue: true, number: (items) => percentile(items, 50) },
  {
    says: 'value_percentile, the 75th',
    yaml: 'type: value_percentile\npercentile: 75',
    needsValue: true,
    number: (items) => percentile(items, 75),
  },
  {
    says: 'value_percentile, the share of the last',
    yaml: 'type: value_percentile',
    needsValue: true,
    number: (items) => (100 * items.filter(({ value }) => value === items.at(-1)?.value).length) / items.length,
  },
];

const COUNTS = ['event_count', 'value_count', 'temporal', 'temporal_ordered'];

type Condition = readonly (readonly [op: string, value: number])[];

function holds(number: number, condition: Condition): boolean {
  return condition.every(([op, value]) => {
    if (op === 'gt') return number > value;
    if (op === 'gte') return number >= value;
    if (op === 'lt') return number < value;
    if (op === 'lte') return number <= value;
    return op === 'eq' ? number === value : number !== value;
  });
}

/** The definition: the earliest window that ends at a known time, holds the item, and meets the condition. */
function reference(
  known: readonly Item[],
  item: Item,
  timespan: number,
  fires: (items: readonly Item[]) => number | null,
) {
  // Items of one time stay as they came.
  const sorted = known.toSorted((a, b) => a.at - b.at);
  for (const end of new Set(sorted.map(({ at }) => at))) {
    if (end < item.at || end - timespan >= item.at) continue;
    const value = fires(sorted.filter(({ at }) => at > end - timespan && at <= end));
    if (value !== null) return { at: end, value };
  }
  return null;
}

const step = fc.record({
  after: fc.nat(3),
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(8) }),
  is: fc.constantFrom('a', 'a', 'b', 'c', 'ab', 'bc', 'abc', 'x'),
  value: fc.nat(4),
  group: fc.constantFrom('g', 'g', 'h'),
});
const stream = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' });
const LATENESS = 8;

/** Runs a stream through the engine and through the reference, and compares what fires at each entry. */
function compare(
  body: string,
  timespan: number,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
  fires: (items: readonly Item[]) => number | null,
  cap: number,
): void {
  const text = [...ABC, correlation(`${body}\nrules: [a, b, c]\ngroup-by: [group]\ntimespan: ${timespan}s`)].join(
    '---\n',
  );
  expect(errorsOf(text)).toEqual([]);
  const sequence = createSequence(compile(parse(text).ruleSet), { latenessMs: LATENESS * 1_000 });
  const known = new Map<string, Item[]>();
  let now = 1_000;
  for (const { after, late, is, value, group } of steps) {
    now += after;
    const item: Item = { at: now - late, is, value };
    const { correlationMatches } = sequence.add({ is, value, group }, item.at * 1_000);
    const [correlationMatch] = correlationMatches;
    const found: WindowMatch | null =
      correlationMatch === undefined
        ? null
        : { at: correlationMatch.window.at / 1_000, value: Math.min(cap, correlationMatch.window.value) };
    let wanted: WindowMatch | null = null;
    if (is !== 'x') {
      const items = known.get(group) ?? [];
      known.set(group, items);
      items.push(item);
      const fired = reference(items, item, timespan, fires);
      wanted = fired === null ? null : { at: fired.at, value: Math.min(cap, fired.value) };
    }
    expect(found).toEqual(wanted);
  }
}

describe('against the definition', () => {
  const comparison = fc.tuple(fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq'), fc.nat(4));
  test.each(TYPES.map((type) => [type.says, type] as const))('%s', (_, type) => {
    const isCount = COUNTS.includes(type.says);
    const isShare = type.says.includes('share');
    fc.assert(
      fc.property(
        fc.array(comparison, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 12 }),
        stream,
        (drawn, timespan, steps) => {
          const condition = new Map(drawn.map(([op, value]) => [op, isShare ? value * 25 : value]));
          const [first = '', rest = ''] = type.yaml.split('\n');
          const parts = [
            ...(type.needsValue ? ['field: value'] : []),
            ...(rest === '' ? [] : [rest]),
            ...[...condition].map(([op, value]) => `${op}: ${value}`),
          ];
          const body = `${first}\ncondition: {${parts.join(', ')}}`;
          const text = [...ABC, correlation(`${body}\nrules: [a, b, c]\ntimespan: 1s`)].join('---\n');
          // A condition that nothing can meet is refused.
          fc.pre(errorsOf(text).length === 0);
          const cap = isCount ? Math.max(...condition.values()) + 1 : Number.POSITIVE_INFINITY;
          const fires = (items: readonly Item[]) => {
            const number = type.number(items);
            return number !== null && holds(number, [...condition]) ? number : null;
          };
          compare(body, timespan, steps, fires, cap);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('conditions over rules, against the definition', () => {
  type Formula = readonly [text: string, holds: (has: (rule: string) => boolean) => boolean, named: string];
  const FORMULAS: readonly Formula[] = [
    ['a and b', (has) => has('a') && has('b'), 'ab'],
    ['c and a', (has) => has('a') && has('c'), 'ac'],
    ['a and not b', (has) => has('a') && !has('b'), 'a'],
    ['(a or b) and c', (has) => (has('a') || has('b')) && has('c'), 'abc'],
    ['not (a and b)', (has) => !(has('a') && has('b')), ''],
    ['1 of them and not all of them', (has) => ['a', 'b', 'c'].some(has) && !['a', 'b', 'c'].every(has), 'abc'],
  ];
  const CASES = FORMULAS.flatMap((formula) => [
    ['temporal', ...formula] as const,
    ['temporal_ordered', ...formula] as const,
  ]);
  test.each(CASES)('%s: %s', (type, text, formula, named) => {
    const fires = (items: readonly Item[]): number | null => {
      const has = (rule: string) => happened(items).includes(rule);
      if (!formula(has)) return null;
      if (type === 'temporal') return happened(items).length;
      return inOrder(items, [...named].filter(has).join('')) ? longest(items) : null;
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), stream, (timespan, steps) => {
        compare(`type: ${type}\ncondition: ${text}`, timespan, steps, (items) => (fires(items) === null ? null : 0), 0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('chains, against the definition', () => {
  test('a count of counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), stream, (inner, outer, steps) => {
        const text = [
          ...ABC,
          correlation(
            `type: event_count\nrules: [a]\ngroup-by: [group]\ntimespan: 5s\ncondition: {gte: ${inner}}`,
            'inner',
          ),
          correlation(`type: event_count\nrules: [inner, b]\ntimespan: 9s\ncondition: {gte: ${outer}}`),
        ].join('---\n');
        const sequence = createSequence(compile(parse(text).ruleSet), { latenessMs: LATENESS * 1_000 });
        const known = new Map<string, Item[]>();
        const above: Item[] = [];
        let now = 1_000;
        for (const { after, late, is, value, group } of steps) {
          now += after;
          const at = now - late;
          const { correlationMatches } = sequence.add({ is, value, group }, at * 1_000);
          const found = correlationMatches
            .filter(({ rule }) => rule.name === 'it')
            .map(({ window: fired }) => fired.at / 1_000);
          // The times of what one entry adds for the outer correlation: an inner match and itself are one at one time, and
          // a late entry adds what matches there are then more, as if all had come in the order of time.
          const times: number[] = [];
          if (is.includes('a')) {
            const before = known.get(group) ?? [];
            const items = [...before, { at, is, value }];
            known.set(group, items);
            const matchesAt = (all: readonly Item[], end: number): number => {
              const earlier = all.filter((each) => each.at > end - 5 && each.at < end).length;
              return all.filter((each) => each.at === end).filter((_, i) => earlier + i + 1 >= inner).length;
            };
            for (const end of new Set(items.map((each) => each.at))) {
              if (end < at || end - 5 >= at) continue;
              const more = matchesAt(items, end) - matchesAt(before, end);
              times.push(...new Array<number>(more).fill(end));
            }
          }
          if (is.includes('b') && !times.includes(at)) times.push(at);
          const ends: number[] = [];
          for (const time of times.sort((a, b) => a - b)) {
            const item = { at: time, is, value };
            above.push(item);
            const fired = reference(above, item, 9, (held) => (held.length >= outer ? held.length : null));
            if (fired !== null) ends.push(fired.at);
          }
          expect(found).toEqual(ends.length === 0 ? [] : [Math.min(...ends)]);
        }
      }),
      { numRuns: 80 },
    );
  });
});
