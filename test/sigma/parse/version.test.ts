/** The version of a set of rules changes when they decide otherwise, and only then. */
import { describe, expect, test } from 'vitest';
import { parsed } from '../rules.ts';

const RULE = `title: A rule
id: r-1
level: high
logsource: {product: nirvana}
detection:
  sel: {a: [1, 2], b|contains: x}
  condition: sel
`;
const version = (text: string) => parsed(text).ruleSet.version;

describe('the version', () => {
  test.each([
    ['a comment', RULE.replace('level', '# a comment\nlevel')],
    ['the order of keys', RULE.replace('a: [1, 2], b|contains: x', 'b|contains: x, a: [2, 1]')],
    ['texts for people', RULE.replace('A rule', 'The rule')],
    ['the name of a selection', RULE.replaceAll('sel', 'selection')],
    ['another way to write the same', RULE.replace('b|contains: x', "b: '*x*'")],
  ])('stays with %s', (_, text) => {
    expect(version(text)).toBe(version(RULE));
  });

  test('stays with the order of flags', () => {
    const withFlags = (flags: string) => version(RULE.replace('b|contains', `b|re${flags}`));
    expect(withFlags('|m|i')).toBe(withFlags('|i|m'));
    expect(withFlags('|m')).not.toBe(withFlags('|i|m'));
  });

  test('stays with a range within another', () => {
    const withRanges = (ranges: string) => version(RULE.replace('b|contains: x', `b|cidr: ${ranges}`));
    expect(withRanges('[10.1.0.0/16, 10.0.0.0/8, 10.1.2.0/24]')).toBe(withRanges('10.0.0.0/8'));
    expect(withRanges('[10.0.0.0/8, 11.0.0.0/8]')).not.toBe(withRanges('10.0.0.0/8'));
    expect(withRanges("['::/8', 10.0.0.0/8]")).not.toBe(withRanges('10.0.0.0/8'));
  });

  test('stays with another way to write a limit, and changes with a limit that is next to it', () => {
    const withLimit = (limit: string) => version(RULE.replace('b|contains: x', `b|gt: ${limit}`));
    const limits = ['9007199254740992', '9007199254740993', '9007199254740993.5'];
    expect(new Set(limits.map(withLimit)).size).toBe(3);
    expect(withLimit('9007199254740993.0')).toBe(withLimit('9007199254740993'));
    expect(withLimit('400.0')).toBe(withLimit('400'));
  });

  test.each([
    ['a value', RULE.replace('[1, 2]', '[1, 3]')],
    ['a number beside it', RULE.replace('[1, 2]', '[1, 2.0]')],
    ['a type', RULE.replace('[1, 2]', '[1, "2*"]')],
    ['a field', RULE.replace('b|', 'c|')],
    ['the level', RULE.replace('high', 'low')],
    ['the dedup key', `${RULE}tocsin: {dedup: {by: x}}\n`],
    ['the dedup period', `${RULE}tocsin: {dedup: {period: 2h}}\n`],
    ['how far apart the matches of an alert may be', `${RULE}tocsin: {dedup: {reopen: 2d}}\n`],
    ['the condition', RULE.replace('condition: sel', 'condition: not sel')],
    ['another rule', `${RULE}---\n${RULE.replace('r-1', 'r-2')}`],
  ])('changes with %s', (_, text) => {
    expect(version(text)).not.toBe(version(RULE));
  });
});

/** Correlations of two rules, in one line each. */
const OTHERS = [RULE.replace('id: r-1', 'id: r-1\nname: one'), RULE.replace('id: r-1', 'id: r-2\nname: two')].join(
  '---\n',
);
const correlation = (section: string) =>
  version(`${OTHERS}---\ntitle: Both\nid: c-1\ncorrelation: {timespan: 5m, group-by: [a, b], ${section}}\n`);

const COUNT = 'type: event_count, rules: [one, two], condition: {gt: 5, lt: 9}';
const SUM = 'type: value_sum, rules: [one, two], condition: {field: x, gte: 5}';
const OVER = 'type: temporal, rules: [one, two], condition: one and not two';

describe('the version of a correlation', () => {
  test.each([
    ['the order of rules that count alike', COUNT, COUNT.replace('one, two', 'two, one')],
    ['ids for names', COUNT, COUNT.replace('one', 'r-1')],
    ['the order of comparisons', COUNT, COUNT.replace('gt: 5, lt: 9', 'lt: 9, gt: 5')],
    ['the order of rules that give a value', SUM, SUM.replace('one, two', 'two, one')],
    ['ids in a condition', OVER, OVER.replace('not two', 'not r-2')],
    ['another way to write a condition', OVER, OVER.replace('one and not two', 'not two and one')],
    [
      'parentheses around alternatives',
      OVER.replace('and not two', 'or two or not one'),
      OVER.replace('and not two', 'or (two or not one)'),
    ],
    [
      'all rules, written out',
      'type: temporal, rules: [one, two]',
      'type: temporal, rules: [one, two], condition: {gte: 2}',
    ],
  ])('stays with %s', (_, before, after) => {
    expect(correlation(after)).toBe(correlation(before));
  });

  test.each([
    ['the type', COUNT, COUNT.replace('event_count', 'temporal').replace('gt: 5, lt: 9', 'gte: 2')],
    ['a number', COUNT, COUNT.replace('9', '10')],
    ['a comparison', COUNT, COUNT.replace('lt', 'lte')],
    ['a field', SUM, SUM.replace('x', 'y')],
    ['another statistic', SUM, SUM.replace('value_sum', 'value_avg')],
    [
      'a percentile',
      SUM.replace('sum', 'percentile'),
      SUM.replace('sum', 'percentile').replace('gte', 'percentile: 5, gte'),
    ],
    ['an alias', SUM, `${SUM}, aliases: {x: {one: y, two: x}}`],
    [
      'the order of rules through aliases',
      `${SUM}, aliases: {x: {one: y, two: x}}`,
      `${SUM.replace('one, two', 'two, one')}, aliases: {x: {one: y, two: x}}`,
    ],
    ['a condition over rules', OVER, OVER.replace('and not', 'or')],
    [
      'the order of rules where it counts',
      'type: temporal_ordered, rules: [one, two]',
      'type: temporal_ordered, rules: [two, one]',
    ],
    ['which rules alert', COUNT, `${COUNT}, generate: true`],
  ])('changes with %s', (_, before, after) => {
    expect(correlation(after)).not.toBe(correlation(before));
  });
});
