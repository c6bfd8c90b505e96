/** Which correlations an entry concerns, in which groups, and which of them fire. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CorrelationMatch,
  type Correlator,
  createCorrelator,
  EVIDENCE_MAX,
  type Windows,
} from '../../../src/sigma/correlate/correlator.ts';
import type { KeyPart } from '../../../src/sigma/correlate/groups.ts';
import { COPIES_MAX, createLayers } from '../../../src/sigma/correlate/layers.ts';
import { createMemoryWindows } from '../../../src/sigma/correlate/sequence.ts';
import type { WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { WindowEvent } from '../../../src/sigma/correlate/window-event.ts';
import { holds } from '../../../src/sigma/evaluate/interpreter.ts';
import { Values } from '../../../src/sigma/evaluate/values.ts';
import type { CorrelationRule, EntryBody, Expression, Rule } from '../../../src/sigma/rule.ts';
import { correlation, detection, match } from '../../support/rules.ts';
import { createReference, type Reference } from './reference.ts';

const D = ['d0', 'd1', 'd2', 'd3'].map((id) => detection(id));

/** An entry: when, which detections it satisfies, and what it holds. */
type Step = readonly [at: number, satisfied: string, body?: EntryBody];

/** What fires at each step, as "rule(group)@end=number". */
function run(rules: readonly Rule[], steps: readonly Step[], horizon = 0): readonly (readonly string[])[] {
  const correlator = createCorrelator([...D, ...rules]);
  const windows = createMemoryWindows();
  return steps.map(([at, satisfied, body = {}]) =>
    seen(correlator, windows, at, satisfied, body, horizon).map(matchText),
  );
}

function seen(
  correlator: Correlator,
  windows: Windows,
  at: number,
  satisfied: string,
  body: EntryBody,
  horizon: number,
): readonly CorrelationMatch[] {
  const matches = satisfied.split(' ').filter(Boolean).map(match);
  return correlator.correlate({ at, body, matches }, horizon, windows);
}

const matchText = ({ rule, group, window: fired }: CorrelationMatch): string =>
  `${rule.id}(${group.map(({ value }) => value).join()})@${fired.at}=${fired.value}`;

const atLeast = (value: number) => ({ condition: [{ op: 'gte', value }] }) as const;

describe('an entry', () => {
  const rows: readonly [string, readonly Rule[], readonly Step[], readonly (readonly string[])[]][] = [
    [
      'of two rules is one event',
      [correlation('c', ['d0', 'd1'], atLeast(2))],
      [
        [1, 'd0 d1'],
        [2, 'd1'],
      ],
      [[], ['c()@2=2']],
    ],
    [
      'counts for all rules it satisfies',
      [correlation('c', ['d0', 'd1'], { type: 'temporal', ...atLeast(2) })],
      [[1, 'd1 d0']],
      [['c()@1=2']],
    ],
    [
      'that satisfies no rule of it is nothing to it',
      [correlation('c', ['d0'])],
      [
        [1, 'd1'],
        [1, ''],
      ],
      [[], []],
    ],
    [
      'has its own group',
      [correlation('c', ['d0'], { groupBy: ['who'], ...atLeast(2) })],
      [
        [1, 'd0', { who: 'a' }],
        [2, 'd0', { who: 'b' }],
        [3, 'd0', { who: 'a' }],
      ],
      [[], [], ['c(a)@3=2']],
    ],
    [
      'without a field of its group is nothing to it',
      [correlation('c', ['d0'], { groupBy: ['who', 'ip'] })],
      [
        [1, 'd0', { who: 'a' }],
        [2, 'd0', { who: 'a', ip: null }],
        [3, 'd0', { who: 'a', ip: '' }],
      ],
      [[], [], ['c(a,)@3=1']],
    ],
    [
      'without the value is nothing to it',
      [correlation('c', ['d0'], { type: 'value_sum', fields: ['n'], condition: [{ op: 'gte', value: -99 }] })],
      [
        [1, 'd0', {}],
        [2, 'd0', { n: 'many' }],
        [3, 'd0', { n: 4 }],
      ],
      [[], [], ['c()@3=4']],
    ],
    [
      'is in several groups, by aliases',
      [correlation('c', ['d0', 'd1'], { groupBy: ['ip'], aliases: { ip: { d0: 'src', d1: 'dst' } } })],
      [[1, 'd0 d1', { src: 'x', dst: 'y' }]],
      [['c(x)@1=1', 'c(y)@1=1']],
    ],
    [
      'and in one, where they agree',
      [
        correlation('c', ['d0', 'd1'], {
          type: 'temporal',
          groupBy: ['ip'],
          aliases: { ip: { d0: 'src', d1: 'dst' } },
          ...atLeast(2),
        }),
      ],
      [
        [1, 'd0 d1', { src: 'x', dst: 'y' }],
        [2, 'd0 d1', { src: 'z', dst: 'z' }],
      ],
      [[], ['c(z)@2=2']],
    ],
    [
      'has the value of the first rule that gives it one',
      [
        correlation('c', ['d0', 'd1'], {
          type: 'value_sum',
          fields: ['n'],
          aliases: { n: { d0: 'in', d1: 'out' } },
          ...atLeast(0),
        }),
      ],
      [
        [1, 'd1 d0', { in: 1, out: 10 }],
        [2, 'd1 d0', { in: 'none', out: 10 }],
      ],
      [['c()@1=1'], ['c()@2=11']],
    ],
    [
      'is added to correlations after those they refer to, in any order of rules',
      [correlation('top', ['mid', 'd1']), correlation('mid', ['low']), correlation('low', ['d0'])],
      [[1, 'd0']],
      [['low()@1=1', 'mid()@1=1', 'top()@1=1']],
    ],
    [
      'and else in the rules’ order',
      [correlation('z', ['d0']), correlation('a', ['d0'])],
      [[1, 'd0']],
      [['z()@1=1', 'a()@1=1']],
    ],
    [
      'that concerns a correlation directly and through a chain is one event',
      [correlation('low', ['d0']), correlation('top', ['d0', 'low'], atLeast(2))],
      [[1, 'd0']],
      [['low()@1=1']],
    ],
    [
      'late, it makes a chain happen at the end of the window it completes',
      [
        correlation('low', ['d0'], atLeast(2)),
        correlation('top', ['d1', 'low'], { type: 'temporal_ordered', timespanMs: 3, ...atLeast(2) }),
      ],
      [
        [12, 'd1'],
        [14, 'd0'],
        [10, 'd0'],
      ],
      [[], [], ['low()@14=2', 'top()@14=2']],
    ],
    [
      'matches once per group, with the earliest window',
      [correlation('low', ['d0'], atLeast(2)), correlation('top', ['d0', 'low'])],
      [
        [14, 'd0'],
        [10, 'd0'],
      ],
      [['top()@14=1'], ['low()@14=2', 'top()@10=1']],
    ],
    [
      'of a chain, belongs by the group below, under its alias',
      [
        correlation('low', ['d0'], { groupBy: ['peer'], aliases: { peer: { d0: 'dst' } } }),
        correlation('top', ['low', 'd1'], { type: 'temporal', groupBy: ['peer'], ...atLeast(2) }),
      ],
      [
        [1, 'd1', { peer: 'x' }],
        [2, 'd0', { dst: 'x' }],
      ],
      [[], ['low(x)@2=1', 'top(x)@2=2']],
    ],
    [
      'and by its own fields besides',
      [correlation('low', ['d0'], { groupBy: ['host'] }), correlation('top', ['low'], { groupBy: ['user'] })],
      [[1, 'd0', { host: 'h', user: 'u' }]],
      [['low(h)@1=1', 'top(u)@1=1']],
    ],
    [
      'of a chain, in as many groups as fired below',
      [
        correlation('low', ['d0', 'd1'], { groupBy: ['ip'], aliases: { ip: { d0: 'src', d1: 'dst' } } }),
        correlation('top', ['low'], { groupBy: ['ip'] }),
        correlation('all', ['low']),
      ],
      [[1, 'd0 d1', { src: 'x', dst: 'y' }]],
      [['low(x)@1=1', 'low(y)@1=1', 'top(x)@1=1', 'top(y)@1=1', 'all()@1=1']],
    ],
  ];
  test.each(rows)('%s', (_, rules, steps, fires) => {
    expect(run(rules, steps)).toEqual(fires);
  });

  test('costs nothing for the correlations it does not concern', () => {
    const opened: string[] = [];
    const windows: Windows = {
      open: (rule) => {
        opened.push(rule.id);
        return { add: () => null, save: () => '', dropped: 0 };
      },
    };
    const correlator = createCorrelator([
      ...D,
      ...Array.from({ length: 100 }, (_, i) => correlation(`c${i}`, [`d${i % 4}`, `c${i - 50}`])),
    ]);
    seen(correlator, windows, 1, '', {}, 0);
    expect(opened).toEqual([]);
    seen(correlator, windows, 1, 'd3', {}, 0);
    expect(opened).toEqual(Array.from({ length: 25 }, (_, i) => `c${i * 4 + 3}`));
  });

  test('is added with its time, all its rules and the horizon', () => {
    const saw: (readonly [WindowEvent, number])[] = [];
    const windows: Windows = {
      open: () => ({
        add: (windowEvent, horizon) => {
          saw.push([windowEvent, horizon]);
          return null;
        },
        save: () => '',
        dropped: 0,
      }),
    };
    const correlator = createCorrelator([...D, correlation('c', ['d2', 'd0', 'd1'])]);
    seen(correlator, windows, 7, 'd0 d1 d2', {}, 5);
    expect(saw).toEqual([[{ at: 7, rules: [0, 1, 2], value: null }, 5]]);
  });
});

describe('the evidence of a match', () => {
  const evidence = (rules: readonly Rule[], satisfied: string) =>
    seen(createCorrelator([...D, ...rules]), createMemoryWindows(), 1, satisfied, { src: 'x', dst: 'y' }, 0).map(
      (correlationMatch) => correlationMatch.evidence.map(({ selection }) => selection),
    );

  test.each([
    ['is of every rule satisfied', [correlation('c', ['d1', 'd0', 'd2'])], 'd0 d1', [['d1', 'd0']]],
    ['through a chain', [correlation('a', ['d0']), correlation('b', ['a', 'd1'])], 'd0 d1', [['d0'], ['d0', 'd1']]],
    ['once, by whatever ways', [correlation('a', ['d0']), correlation('b', ['a', 'd0'])], 'd0', [['d0'], ['d0']]],
    [
      'only of its group',
      [correlation('c', ['d0', 'd1'], { groupBy: ['ip'], aliases: { ip: { d0: 'src', d1: 'dst' } } })],
      'd0 d1',
      [['d0'], ['d1']],
    ],
  ])('%s', (_, rules, satisfied, expected) => {
    expect(evidence(rules, satisfied)).toEqual(expected);
  });

  test('is bounded', () => {
    const ids = Array.from({ length: 50 }, (_, i) => `d${i}`);
    const rules = [correlation('c', ids)];
    expect(evidence(rules, ids.join(' '))[0]).toHaveLength(EVIDENCE_MAX);
  });
});

describe('a correlator', () => {
  const low = correlation('low', ['d0', 'd1'], { groupBy: ['ip'], aliases: { ip: { d0: 'src', d1: 'dst' } } });
  const top = correlation('top', ['low', 'd2'], { groupBy: ['ip'] });
  const correlator = createCorrelator([top, ...D, low]);

  test('knows the detections below a correlation', () => {
    expect([...correlator.detectionsOf(low)].sort()).toEqual(['d0', 'd1']);
    expect([...correlator.detectionsOf(top)].sort()).toEqual(['d0', 'd1', 'd2']);
  });

  test.each([
    ['one', low, ['d0'], ['x']],
    ['several', low, ['d0', 'd1'], ['x', 'y']],
    ['none of another rule', low, ['d2'], []],
    ['through a chain', top, ['d0', 'd1'], ['x', 'y']],
    ['each once', top, ['d0', 'd2'], ['x', 'z']],
    ['none where a field is missing', top, ['d3'], []],
  ] as const)('knows the groups an entry would belong to: %s', (_, rule, satisfied, groups) => {
    const found = correlator.groupsOf(rule, { body: { src: 'x', dst: 'y', ip: 'z' }, at: 0 }, satisfied);
    expect(found.map((group) => group.map(({ value }) => value).join())).toEqual(groups);
  });

  test.each([
    ['', {}],
    [', with filters', { filter: { kind: 'and', of: [] } }],
  ] as const)('ends even where its rules went in circles%s', (_, filter) => {
    const rules = [correlation('a', ['b', 'd0'], filter), correlation('b', ['a'], filter)];
    const circular = createCorrelator(rules);
    expect(seen(circular, createMemoryWindows(), 1, 'd0', {}, 0).length).toBeGreaterThan(0);
    expect(circular.groupsOf(rules[0] ?? low, { body: {}, at: 0 }, ['d0'])).toEqual([[]]);
  });
});

/** The same by definition: nothing is ordered, shared or dropped; each correlation evaluates those below it. */
function createNaive(rules: readonly CorrelationRule[]) {
  const windows = new Map<string, Reference>();
  return (at: number, satisfied: ReadonlySet<string>, body: EntryBody, horizon: number) => {
    const matched = new Map<string, readonly GroupMatch[]>();
    /** Rule id and filters → every matching window, for the correlations that refer to it. */
    const received = new Map<string, readonly GroupMatch[]>();
    const windowsOf = (rule: CorrelationRule, above: readonly string[]): readonly GroupMatch[] => {
      matchesOf(rule, above);
      return received.get([rule.id, ...above].join()) ?? [];
    };
    /** `above`: the filters of the correlations through which it is counted. */
    const matchesOf = (rule: CorrelationRule, above: readonly string[] = []): readonly GroupMatch[] => {
      const own = rule.filter === undefined ? [] : [JSON.stringify(rule.filter)];
      const filters = [...new Set([...above, ...own])].sort();
      const counted = [rule.id, ...above].join();
      const known = matched.get(counted);
      if (known !== undefined) return known;
      const isExcluded = filters.some((filter) => !holds(JSON.parse(filter), new Values(body)));
      const events: { at: number; nth: number; key: string; rules: Set<number>; value: string | number | null }[] = [];
      for (const [index, id] of rule.rules.entries()) {
        const below = rules.find((each) => each.id === id);
        const ofDetection = satisfied.has(id) && !isExcluded ? [{ at, nth: 0, group: {} }] : [];
        const sources: readonly GroupMatch[] = below === undefined ? ofDetection : windowsOf(below, filters);
        for (const source of sources) {
          const look = (name: string): unknown => {
            const field = rule.aliases[name]?.[id] ?? name;
            return source.group[field] ?? body[field] ?? undefined;
          };
          const group = rule.groupBy.map(look);
          const values = rule.fields.map(look);
          if (group.includes(undefined) || values.includes(undefined)) continue;
          if (rule.type === 'value_sum' && Number.isNaN(Number(values[0]))) continue;
          const key = JSON.stringify(group);
          const value =
            rule.fields.length === 0 ? null : rule.type === 'value_sum' ? Number(values[0]) : JSON.stringify(values[0]);
          const same = events.find((each) => each.at === source.at && each.nth === source.nth && each.key === key);
          if (same === undefined) events.push({ at: source.at, nth: source.nth, key, rules: new Set([index]), value });
          else same.rules.add(index);
        }
      }
      events.sort((a, b) => a.at - b.at);
      const earliest = new Map<string, GroupMatch>();
      const all: GroupMatch[] = [];
      for (const { key, ...windowEvent } of events) {
        const place = `${counted} ${key}`;
        const window = windows.get(place) ?? createReference(rule as WindowRule);
        windows.set(place, window);
        const answer = window.see({ ...windowEvent, rules: [...windowEvent.rules] }, horizon);
        if (answer === null) continue;
        const parts: readonly unknown[] = JSON.parse(key);
        const group = Object.fromEntries(rule.groupBy.map((field, i) => [field, parts[i]]));
        all.push(...window.ends.map((end, place) => ({ at: end, nth: place - window.ends.indexOf(end), group })));
        if ((earliest.get(key)?.at ?? Number.POSITIVE_INFINITY) <= answer.at) continue;
        earliest.set(key, { at: answer.at, nth: 0, group });
      }
      matched.set(counted, [...earliest.values()]);
      received.set(counted, all);
      return [...earliest.values()];
    };
    return rules.flatMap((rule) =>
      matchesOf(rule).map(
        (fires) => `${rule.id} ${JSON.stringify(rule.groupBy.map((field) => fires.group[field]))} ${fires.at}`,
      ),
    );
  };
}

interface GroupMatch {
  readonly at: number;
  /** Which of the matches of this time, group and entry it is. */
  readonly nth: number;
  readonly group: { readonly [field: string]: unknown };
}

const textOf = (group: readonly KeyPart[]): string => JSON.stringify(group.map(({ value }) => value));

const FIELDS = ['g', 'h', 'x', 'y'] as const;
const IDS = ['d0', 'd1', 'd2'];

/** Holds for entries in which a field is not 1. */
const without = (field: string): Expression => {
  const leaf = { kind: 'leaf', selection: 's', field, test: { op: 'equals', cased: false, values: ['1'] } } as const;
  return { kind: 'not', of: leaf };
};

/** Correlations of the detections and of those before them, in any order. */
const someRules = fc
  .array(
    fc.record({
      type: fc.constantFrom('event_count', 'value_count', 'temporal', 'temporal_ordered', 'value_sum'),
      below: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 4 }),
      groupBy: fc.subarray(['g', 'h'], { minLength: 0 }),
      aliases: fc.array(fc.tuple(fc.constantFrom('g', 'v'), fc.nat(9), fc.constantFrom(...FIELDS)), { maxLength: 3 }),
      least: fc.integer({ min: 1, max: 3 }),
      timespanMs: fc.integer({ min: 1, max: 12 }),
      filter: fc.constantFrom(undefined, undefined, without('x'), without('y')),
      place: fc.nat(),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((drafts) => {
    const made = drafts.map(({ type, below, groupBy, aliases, least, timespanMs, filter }, i) => {
      const idOf = (n: number): string =>
        [...IDS, ...drafts.slice(0, i).map((_, j) => `c${j}`)][n % (IDS.length + i)] ?? 'd0';
      const rules = [...new Set(below.map(idOf))];
      const named: Record<string, Record<string, string>> = {};
      for (const [alias, rule, field] of aliases) named[alias] = { ...named[alias], [idOf(rule)]: field };
      const fields = type === 'value_count' || type === 'value_sum' ? ['v'] : [];
      const most = type.startsWith('temporal') ? Math.min(least, rules.length) : least;
      const common = { type, groupBy, aliases: named, fields, timespanMs, ...atLeast(most) };
      return correlation(`c${i}`, rules, filter === undefined ? common : { ...common, filter });
    });
    return drafts
      .map(({ place }, i) => ({ place, rule: made[i] }))
      .sort((a, b) => a.place - b.place)
      .flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  });

const someSteps = fc.array(
  fc.record({
    ahead: fc.integer({ min: 0, max: 4 }),
    late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(8) }),
    satisfied: fc.subarray(IDS),
    body: fc.record(
      {
        ...Object.fromEntries(FIELDS.map((field) => [field, fc.constantFrom('1', '2', 1, null)])),
        v: fc.constantFrom(1, 2, -1, 'none'),
      },
      { requiredKeys: [] },
    ),
  }),
  { maxLength: 30 },
);

test('of any rules and entries, as by definition', () => {
  let fired = 0;
  fc.assert(
    fc.property(someRules, someSteps, (rules, steps) => {
      const correlator = createCorrelator(rules);
      const windows = createMemoryWindows();
      const naive = createNaive(rules);
      let newest = 0;
      for (const { ahead, late, satisfied, body } of steps) {
        newest += ahead;
        const at = newest - late;
        const correlationMatches = seen(correlator, windows, at, satisfied.join(' '), body, newest - 8);
        fired += correlationMatches.length;
        const found = correlationMatches.map(
          ({ rule, group, window: { at: end } }) => `${rule.id} ${textOf(group)} ${end}`,
        );
        expect(found.sort()).toEqual([...naive(at, new Set(satisfied), body, newest - 8)].sort());
        for (const { rule, group } of correlationMatches) {
          const groups = correlator.groupsOf(rule, { body, at: 0 }, satisfied).map(textOf);
          expect(groups).toContain(textOf(group));
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(fired).toBeGreaterThan(300);
});

describe('a filter of a correlation', () => {
  const ours: EntryBody = { x: '1' };
  const theirs: EntryBody = { x: '2' };
  const low = correlation('low', ['d0'], atLeast(2));
  const top = correlation('top', ['low', 'd1'], { type: 'temporal', ...atLeast(2) });
  const filtered = { ...top, filter: without('x') };

  const rows: readonly [string, readonly Rule[], readonly Step[], readonly string[]][] = [
    [
      'excludes entries',
      [{ ...low, filter: without('x') }],
      [
        [1, 'd0', theirs],
        [2, 'd0', ours],
        [3, 'd0'],
      ],
      ['low()@3=2'],
    ],
    [
      'not for another correlation of the same rule',
      [
        { ...low, filter: without('x') },
        { ...low, id: 'other' },
      ],
      [
        [1, 'd0', ours],
        [2, 'd0', ours],
      ],
      ['other()@2=2'],
    ],
    [
      'excludes entries in what it refers to, and only for itself',
      [low, top, filtered].map((rule) => (rule === filtered ? { ...rule, id: 'filtered' } : rule)),
      [
        [1, 'd1'],
        [2, 'd0', ours],
        [3, 'd0', theirs],
        [4, 'd0', theirs],
      ],
      ['low()@3=2', 'top()@3=2', 'low()@4=3', 'top()@4=2', 'filtered()@4=2'],
    ],
    [
      'and in what those refer to',
      [low, top, correlation('over', ['top'], { filter: without('x') })],
      [
        [1, 'd1'],
        [2, 'd0', ours],
        [3, 'd0', theirs],
      ],
      ['low()@3=2', 'top()@3=2'],
    ],
    [
      'counts in those that refer to it',
      [{ ...low, filter: without('x') }, top],
      [
        [1, 'd1'],
        [2, 'd0', ours],
        [3, 'd0', theirs],
        [4, 'd0', theirs],
      ],
      ['low()@4=2', 'top()@4=2'],
    ],
    [
      'counts with theirs',
      [
        { ...low, filter: without('x') },
        { ...top, filter: without('y') },
      ],
      [
        [1, 'd1'],
        [2, 'd0', { x: '1' }],
        [3, 'd0', { y: '1' }],
        [4, 'd0'],
        [5, 'd0'],
      ],
      ['low()@4=2', 'low()@5=3', 'top()@5=2'],
    ],
  ];
  test.each(rows)('%s', (_, rules, steps, matches) => {
    expect(run(rules, steps).flat()).toEqual(matches);
  });

  test('excludes entries that come late', () => {
    const rules = [low, filtered];
    expect(
      run(rules, [
        [1, 'd1'],
        [4, 'd0'],
        [3, 'd0', ours],
      ]).flat(),
    ).toEqual(['low()@4=2']);
    expect(
      run(rules, [
        [1, 'd1'],
        [4, 'd0'],
        [3, 'd0', theirs],
      ]).flat(),
    ).toEqual(['low()@4=2', 'top()@4=2']);
  });

  test('an entry that it excludes belongs to no group', () => {
    const correlator = createCorrelator([...D, low, filtered]);
    const groups = (body: EntryBody) =>
      [filtered, low].map((rule) => correlator.groupsOf(rule, { body, at: 0 }, ['d0']).length);
    expect([groups(theirs), groups(ours)]).toEqual([
      [1, 1],
      [0, 1],
    ]);
    expect([...correlator.detectionsOf(filtered)].sort()).toEqual(['d0', 'd1']);
  });

  test('copies what is below only so often', () => {
    // Each level doubles the ways of filters that lead to the lowest.
    const level = (i: number) =>
      correlation(`c${i}`, Array.from({ length: i }, (_, n) => `c${n}`).concat('d0'), { filter: without(`x${i}`) });
    const layers = createLayers(Array.from({ length: 14 }, (_, i) => level(i)));
    expect(layers.copies.size).toBe(COPIES_MAX);
  });
});

describe('entries that come late, in a chain', () => {
  test('a correlation above one that gets several windows gets each of them too', () => {
    const low = correlation('low', ['d0'], atLeast(2));
    const middle = correlation('middle', ['low']);
    const top = correlation('top', ['middle'], atLeast(2));
    const steps = [0, 15, 8].map((at): Step => [at, 'd0']);
    expect(run([low, middle, top], steps).flat()).toEqual(['low()@8=2', 'middle()@8=1', 'top()@15=2']);
  });

  test('a correlation gets every window that a late entry completed below it, each once', () => {
    const child = correlation('child', ['d0'], { timespanMs: 300, ...atLeast(3) });
    const then = correlation('then', ['child', 'd1'], { type: 'temporal_ordered', timespanMs: 60, ...atLeast(2) });
    const twice = correlation('twice', ['child'], { timespanMs: 300, ...atLeast(2) });
    const inTime: readonly Step[] = [
      [910, 'd0'],
      [1_000, 'd0'],
      [1_030, 'd0'],
      [1_240, 'd0'],
      [1_270, 'd1'],
    ];
    const late = [0, 2, 3, 4, 1].map((i) => inTime[i] as Step);
    expect(run([child, then, twice], inTime).flat()).toEqual([
      'child()@1030=3',
      'child()@1240=3',
      'twice()@1240=2',
      'then()@1270=2',
    ]);
    expect(run([child, then, twice], late).flat()).toEqual(['child()@1030=3', 'then()@1270=2', 'twice()@1240=2']);
    // A window that matched before does not count again: another late entry does not add a third.
    const again = run(
      [child, correlation('thrice', ['child'], { timespanMs: 300, ...atLeast(4) })],
      [...late, [1_001, 'd0']],
    );
    expect(again.flat()).toEqual(['child()@1030=3', 'child()@1001=3']);
  });

  test('what matches in time order matches', () => {
    const step = fc.record({
      gap: fc.integer({ min: 1, max: 4 }),
      by: fc.integer({ min: 0, max: 12 }),
      d: fc.subarray([...D]),
    });
    const counted = fc.record({ timespanMs: fc.integer({ min: 1, max: 12 }), least: fc.integer({ min: 1, max: 3 }) });
    let matched = 0;
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        counted,
        counted,
        fc.constantFrom('event_count' as const, 'temporal' as const, 'temporal_ordered' as const),
        (given, below, above, type) => {
          const rules = [
            correlation('below', ['d0', 'd1'], { timespanMs: below.timespanMs, ...atLeast(below.least) }),
            correlation('above', ['below', 'd2', 'd3'], {
              type,
              timespanMs: above.timespanMs,
              ...atLeast(above.least),
            }),
          ];
          let time = 0;
          const steps = given.map(({ gap, by, d }) => {
            time += gap;
            return { by: time + by, step: [time, d.map(({ id }) => id).join(' ')] as Step };
          });
          const alerts = (order: typeof steps) =>
            run(
              rules,
              order.map((each) => each.step),
            )
              .flat()
              .some((each) => each.startsWith('above'));
          if (!alerts(steps)) return;
          matched++;
          expect(alerts(steps.toSorted((a, b) => a.by - b.by))).toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(matched).toBeGreaterThan(300);
  });
});
