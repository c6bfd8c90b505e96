/** What a window leaves to be stored, and what becomes of it. */
import { describe, expect, it } from 'vitest';
import { openWindow, type WindowRule } from '../../../src/sigma/correlate/window.ts';
import type { SigmaCorrelationType } from '../../../src/sigma/rule.ts';

const FOREVER = Number.NEGATIVE_INFINITY;

function rule(type: SigmaCorrelationType, percentile: number | null = null): WindowRule {
  return {
    type,
    rules: ['a', 'b'],
    timespanMs: 100,
    condition: [{ op: 'gte', value: 9 }],
    percentile,
    expression: null,
  };
}

function saved(of: WindowRule, ...values: (string | number | null)[]): string {
  const window = openWindow(of, null);
  for (const [i, value] of values.entries())
    window.add({ at: 1_000 + i * i, rules: i % 2 ? [1] : [0, 1], value }, FOREVER);
  return window.save();
}

describe('save', () => {
  const rows: readonly [string, string, string][] = [
    ['times are steps', saved(rule('event_count'), null, null, null), '[1,"event_count",[1000,1,3],[],[]]'],
    [
      'texts are saved once',
      saved(rule('value_count'), 'a', 'b', 'a'),
      '[1,"value_count",[1000,1,3],[0,1,0],["a","b"]]',
    ],
    ['rules are numbers', saved(rule('temporal'), null, null), '[1,"temporal",[1000,0,1],[0,1,1],[]]'],
    ['samples are themselves', saved(rule('value_sum'), 1.5, -2e300), '[1,"value_sum",[1000,1],[1.5,-2e+300],[]]'],
    [
      'infinite ones, too',
      saved(rule('value_sum'), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      '[1,"value_sum",[1000,1],["Infinity","-Infinity"],[]]',
    ],
    ['nothing but noughts is nothing', saved(rule('value_avg'), 0, 0), '[1,"value_avg",[1000,1],[],[]]'],
    ['nothing', openWindow(rule('event_count'), null).save(), '[1,"event_count",[],[],[]]'],
  ];
  it.each(rows)('%s, and comes back', (_, text, expected) => {
    expect(text).toBe(expected);
    expect(openWindow(rule(JSON.parse(text)[1]), text).save()).toBe(text);
  });

  it('does not disturb', () => {
    const window = openWindow(rule('event_count'), null);
    let fired = null;
    for (let i = 0; i < 9; i++) {
      expect(window.save()).toBe(window.save());
      fired = window.add({ at: i, rules: [0], value: null }, FOREVER);
    }
    expect(fired?.value).toBe(9);
  });
});

describe('an invalid saved window is opened empty', () => {
  const rows: readonly [string, WindowRule, string][] = [
    ['nothing', rule('event_count'), ''],
    ['no JSON', rule('event_count'), '[1,"event_count",[1'],
    ['no list', rule('event_count'), '{"0":1}'],
    ['null', rule('event_count'), 'null'],
    ['times alone, as they were stored once', rule('event_count'), '[1000,1001]'],
    ['another version', rule('event_count'), '[2,"event_count",[1],[],[]]'],
    ['another type', rule('value_sum'), '[1,"event_count",[1],[],[]]'],
    ['too short', rule('event_count'), '[1,"event_count",[1]]'],
    ['an invalid time', rule('event_count'), '[1,"event_count",["1"],[],[]]'],
    ['times that descend', rule('event_count'), '[1,"event_count",[5,-1],[],[]]'],
    ['too few keys', rule('value_sum'), '[1,"value_sum",[5,1],[1],[]]'],
    ['a text where a number should be', rule('value_sum'), '[1,"value_sum",[5],["a"],[]]'],
    ['a key that is a list', rule('value_sum'), '[1,"value_sum",[5],[[1]],[]]'],
    ['a number where a text should be', rule('value_count'), '[1,"value_count",[5],[0],[7]]'],
    ['a text that is not there', rule('value_count'), '[1,"value_count",[5],[1],["a"]]'],
    ['samples instead of shares', rule('value_percentile'), '[1,"value_percentile",[5],[1],[]]'],
    ['shares instead of samples', rule('value_percentile', 50), '[1,"value_percentile",[5],[0],["a"]]'],
    ['a rule that is not there', rule('temporal'), '[1,"temporal",[5],[2],[]]'],
    ['an unknown rule', rule('temporal_ordered'), '[1,"temporal_ordered",[5],["length"],[]]'],
    ['an invalid place', rule('value_count'), '[1,"value_count",[5],["length"],["a"]]'],
  ];
  it.each(rows)('%s', (_, of, text) => {
    expect(openWindow(of, text).save()).toBe(openWindow(of, null).save());
  });
});
