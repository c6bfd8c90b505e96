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
        '(for {40}, write {0,40}, * or +, or a smaller count; or begin with ^)',
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
      '"a" 25 times, for regular expressions',
      'join them as one: (one|other)',
    ],
    [
      'texts that must all be found',
      `sel:\n  a|contains|all:\n${list(50, (i) => `x${i}`)}`,
      '"a" 25 times, for "contains"',
      'write the values as one list',
    ],
    [
      'patterns with the same end',
      `sel:\n  a:\n${list(13, (i) => `'*/x${i}/*/evil.exe'`)}`,
      '"a" 26 times, for values with wildcards',
      'write *text* instead of text*text where that will do, or regular expressions',
    ],
    [
      'patterns without an end',
      `sel:\n  a:\n${list(13, (i) => `'*/x${i}/*/y*'`)}`,
      '"a" 26 times, for values with wildcards',
      'write *text* instead of text*text where that will do, or regular expressions',
    ],
    [
      'large regular expressions',
      `sel:\n  a|re|i:\n${list(2, (i) => `'powershell.{1,${500 - i}}bypass'`)}`,
      '"a" 54 times, for regular expressions',
      'join them as one: (one|other)',
    ],
    [
      'parts from other fields',
      `sel:\n${['a', 'c', 'd', 'e'].map((field) => `  ${field}|fieldref|contains: b`).join('\n')}`,
      '"b" 32 times, for "fieldref"',
      'compare whole values',
    ],
    [
      'keywords and a field',
      `sel:\n  - b\n  - a|re:\n${list(23, (i) => `x${i}.*y`)}`,
      '"a" 25 times, 23 of them for regular expressions',
      'join them as one: (one|other)',
    ],
    [
      'keywords',
      `sel:\n  '|re':\n${list(25, (i) => `x${i}.*y`)}`,
      'all fields 25 times, for regular expressions',
      'join them as one: (one|other)',
    ],
  ])('%s', (_, detection, times, remedy) => {
    expect(errorsOf(detection)).toEqual([
      `x.yml:2:5: error: the rule searches ${times}; the limit is 24 (${remedy}, or split the rule)`,
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
    ['texts in as many fields', `sel:\n${Array.from({ length: 41 }, (_, i) => `  a${i}|contains: x`).join('\n')}`],
    ['forty-eight texts that must all be found', `sel:\n  a|contains|all:\n${list(48, (i) => `x${i}`)}`],
    ['references to equal fields', `sel:\n${Array.from({ length: 40 }, (_, i) => `  a${i}|fieldref: b`).join('\n')}`],
  ])('%s is accepted', (_, detection) => {
    expect(errorsOf(detection)).toEqual([]);
  });
});
