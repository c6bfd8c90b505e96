/** What would cost too much at run time is refused at its place, with a way around. */
import { describe, expect, test } from 'vitest';
import { problemsOf, ruleWith } from '../rules.ts';

const errorsOf = (detection: string): readonly string[] =>
  problemsOf(ruleWith(`${detection}\ncondition: sel`)).filter((problem) => problem.includes(' error: '));

const list = (length: number, one: (i: number) => string): string =>
  Array.from({ length }, (_, i) => `    - ${one(i)}`).join('\n');

describe('a value', () => {
  test.each([
    [
      "sel: {a|re: 'x.{40}y'}",
      'x.yml:5:15: error: the regular expression is too large: its table would have more than 131072 cells ' +
        '(use .* or .+, smaller counts or fewer alternatives, or begin with ^ at the start of the text)',
    ],
    [
      `sel: {a: '*a${'?'.repeat(20)}b*'}`,
      'x.yml:5:12: error: the pattern is too large because of its "?" and dashes: its table would have more than 131072 cells ' +
        '(use fewer "?" after a "*", or "re" with a class such as [0-9a-f]{8})',
    ],
  ])('%s', (detection, error) => {
    expect(errorsOf(detection)).toEqual([error]);
  });

  test.each([
    [
      'regular expressions',
      "sel: {a|re: ['x.{0,40}y', '^x.{40}y', 'x.{40,}y', 'a.{1,900}x', 'union.{1,20}select.{1,20}from']}",
    ],
    ['patterns', `sel: {a: ['a${'?'.repeat(200)}b*', '*a????b*', '*-a*b*', '${'*abc'.repeat(2_000)}*']}`],
    ['dashes', "sel: {a|windash|contains: [' -encodedcommand ', ' -a -b -c -d -e -f -g ']}"],
  ])('of %s is accepted', (_, detection) => {
    expect(errorsOf(detection)).toEqual([]);
  });
});

describe('a rule', () => {
  test.each([
    [
      'regular expressions',
      `sel:\n  a|re:\n${list(25, (i) => `x${i}.*y`)}`,
      '"a" would be searched 25 times (25 for regular expressions)',
      'join plain alternatives as (one|other)',
    ],
    [
      'large regular expressions',
      `sel:\n  a|re|i:\n${list(2, (i) => `'powershell.{1,${500 - i}}bypass'`)}`,
      '"a" would be searched 28 times (28 for regular expressions with long counts)',
      'write .* or .+ or smaller counts',
    ],
    [
      'texts that must all be found',
      `sel:\n  a|contains|all:\n${list(50, (i) => `x${i}`)}`,
      '"a" would be searched 25 times (25 for "contains")',
      'write alternatives as one list',
    ],
    [
      'patterns with the same end',
      `sel:\n  a:\n${list(13, (i) => `'*/x${i}/*/evil.exe'`)}`,
      '"a" would be searched 26 times (26 for values with wildcards)',
      'write *text* where matching more will do',
    ],
    [
      'patterns without an end',
      `sel:\n  a:\n${list(13, (i) => `'*/x${i}/*/y*'`)}`,
      '"a" would be searched 26 times (26 for values with wildcards)',
      'write *text* where matching more will do',
    ],
    [
      'patterns of long texts',
      `sel:\n  a:\n${list(5, (i) => `'*${'x'.repeat(251)}*/${i}*'`)}`,
      '"a" would be searched 25 times (25 for values with wildcards)',
      'write *text* where matching more will do',
    ],
    [
      'parts from other fields',
      `sel:\n${['a', 'c', 'd', 'e'].map((field) => `  ${field}|fieldref|contains: b`).join('\n')}`,
      '"b" would be searched 32 times (32 for "fieldref")',
      'compare whole values',
    ],
    [
      'several kinds and keywords',
      `sel:\n  - b\n  - a|re:\n${list(20, (i) => `x${i}.*y`)}\n    'a|contains': [x, y]`,
      '"a" would be searched 27 times (20 for regular expressions, 5 for "contains", 2 by keywords, which search every field)',
      'join plain alternatives as (one|other)',
    ],
    [
      'keywords',
      `sel:\n  '|re':\n${list(25, (i) => `x${i}.*y`)}`,
      'keywords would search every field 25 times (25 for regular expressions)',
      'join plain alternatives as (one|other)',
    ],
  ])('%s', (_, detection, times, remedy) => {
    expect(errorsOf(detection)).toEqual([
      `x.yml:2:5: error: ${times}; at most 24 are allowed (${remedy}, or split the rule)`,
    ]);
  });

  test('long ends, named often', () => {
    const condition = Array.from({ length: 41 }, () => 'sel').join(' and not ');
    const text = ruleWith(`sel: {a|endswith: ${'x'.repeat(60_000)}}\ncondition: ${condition}`);
    expect(problemsOf(text).filter((problem) => problem.includes(' error: '))).toEqual([
      'x.yml:2:5: error: "a" would be searched 25 times (25 for long "startswith" and "endswith"); at most 24 are allowed ' +
        '(shorten the values, or split the rule)',
    ]);
  });

  test.each([
    ['a list of texts', `sel:\n  a|contains:\n${list(5_000, (i) => `x${i}`)}`],
    [
      'starts and ends',
      `sel:\n  a|startswith:\n${list(500, (i) => `x${i}`)}\n  b|endswith|all:\n${list(500, (i) => `y${i}`)}`,
    ],
    ['sixty flags', `sel:\n  a|windash|contains:\n${list(60, (i) => `' -x${i}'`)}`],
    ['a list of paths', `sel:\n  a:\n${list(60, (i) => `'*/AppData/*/x${i}.exe'`)}`],
    [
      'fifteen lists of parts and ten expressions',
      `sel:\n${Array.from({ length: 15 }, (_, i) => `  a${i}|contains: [x, y]`).join('\n')}\n  b|re:\n${list(10, (i) => `x${i}.*y`)}`,
    ],
    [
      'as many expressions as are allowed, and short ends',
      `sel:\n  a|re:\n${list(24, (i) => `x${i}.*y`)}\n  'a|endswith': [x, y]`,
    ],
    ['nineteen expressions and a list', `sel:\n  a|re:\n${list(19, (i) => `x${i}.*y`)}\n  'a|contains': [x, y]`],
    ['one expression with a long count', `sel:\n  a|re|i: 'powershell.{1,500}bypass'`],
    ['texts in as many fields', `sel:\n${Array.from({ length: 41 }, (_, i) => `  a${i}|contains: x`).join('\n')}`],
    ['forty-eight texts that must all be found', `sel:\n  a|contains|all:\n${list(48, (i) => `x${i}`)}`],
    ['references to equal fields', `sel:\n${Array.from({ length: 40 }, (_, i) => `  a${i}|fieldref: b`).join('\n')}`],
  ])('%s is accepted', (_, detection) => {
    expect(errorsOf(detection)).toEqual([]);
  });
});
