/** Keys of items: the meaning of each combination of modifiers, and the problems of those without one. */

import { describe, expect, test } from 'vitest';
import { parseRange } from '../../../src/sigma/evaluate/cidr.ts';
import { preparePattern } from '../../../src/sigma/parse/prepare-pattern.ts';
import { prepareRegex, type TextOp } from '../../../src/sigma/regex/prepared.ts';
import type { Expression, PatternPart, Test } from '../../../src/sigma/rule.ts';
import { parsed, problemsOf, ruleWith } from '../rules.ts';

/** The expression of a rule with one selection. */
function expressionOf(selection: string): Expression {
  const [rule] = parsed(ruleWith(`sel: ${selection}\ncondition: sel`)).ruleSet.rules;
  if (rule?.kind !== 'detection') throw new Error('no detection');
  return rule.expression;
}

/** The tests of an item that is a value, or an or of several. */
function testsOf(selection: string): readonly Test[] {
  const expression = expressionOf(selection);
  const leaves = expression.kind === 'or' ? expression.of : [expression];
  return leaves.map((leaf) => {
    if (leaf.kind !== 'leaf') throw new Error(`not a leaf: ${leaf.kind}`);
    return leaf.test;
  });
}

const run = { wildcard: '*' } as const;
const one = { wildcard: '?' } as const;
const dash = { oneOf: '-/–—―' } as const;
const text = (value: string) => ({ text: value });
/** What is compared without case is folded. */
const pattern = (...parts: PatternPart[]): Test => ({ op: 'pattern', values: [preparePattern(parts)], cased: false });
const texts = (op: TextOp, values: readonly string[], cased = false): Test => ({
  op,
  values: cased ? values : values.map((value) => value.toLowerCase()),
  cased,
});
const equals = (...values: string[]): Test => texts('equals', values);
const regex = (source: string, flags = ''): Test => {
  const read = prepareRegex(source, flags);
  if (!read.ok) throw new Error(read.problem);
  return { op: 're', values: [read.prepared] };
};
const range = (written: string): Test => {
  const read = parseRange(written);
  if (read === null) throw new Error(written);
  return { op: 'cidr', values: [read] };
};

describe('a combination of modifiers', () => {
  test.each<[string, readonly Test[]]>([
    ['{a: x}', [equals('x')]],
    ['{a: 4}', [equals('4')]],
    ['{a: true}', [equals('true')]],
    ['{a: null}', [{ op: 'null' }]],
    ["{a: ''}", [equals('')]],
    ['{a|cased: X}', [texts('equals', ['X'], true)]],
    ['{a|contains: 4}', [texts('contains', ['4'])]],
    ["{a|contains: '*x*'}", [texts('contains', ['x'])]],
    ["{a: '**x'}", [texts('endswith', ['x'])]],
    ['{a|startswith|cased: x}', [texts('startswith', ['x'], true)]],
    ['[x]', [texts('contains', ['x'])]],
    ["{'|startswith': x}", [texts('startswith', ['x'])]],
    ["{'|base64': x}", [texts('contains', ['eA=='])]],
    ["{a|windash: '-x'}", [equals('-x', '/x', '–x', '—x', '―x')]],
    ["{a|windash|contains: ' -x'}", [texts('contains', [' -x', ' /x', ' –x', ' —x', ' ―x'])]],
    ["{a|contains|windash: ' -x'}", [texts('contains', [' -x', ' /x', ' –x', ' —x', ' ―x'])]],
    ["{a|windash|startswith: '-x?'}", [pattern(dash, text('x'), one, run)]],
    ["{a|windash: 'x'}", [equals('x')]],
    ["{a|windash: 'x-y -'}", [equals('x-y -')]],
    ["{a|windash: '--x //y'}", [pattern(text('-'), dash, text('x /'), dash, text('y'))]],
    ["{a|windash: '*-x*-'}", [pattern(run, dash, text('x'), run, text('-'))]],
    ["{a|windash: 'ö-ö _-x'}", [equals('ö-ö _-x')]],
    ['{a|base64: foo}', [equals('Zm9v')]],
    ['{a|base64: 12}', [equals('MTI=')]],
    ['{a|base64|cased: foo}', [texts('equals', ['Zm9v'], true)]],
    ['{a|base64|contains: foo}', [texts('contains', ['Zm9v'])]],
    ['{a|base64offset: foobar}', [equals('Zm9vYmFy', 'Zvb2Jhc', 'mb29iYX')]],
    [String.raw`{a|base64: 'a\*'}`, [equals('YSo=')]],
    ['{a|utf16le: ab}', [equals('a\0b\0')]],
    ['{a|utf16be: ab}', [equals('\0a\0b')]],
    ['{a|utf16: ab}', [equals('\xff\xfea\0b\0')]],
    ['{a|wide|base64: ab}', [equals('YQBiAA==')]],
    ['{a|wide|base64|endswith: ab}', [texts('endswith', ['YQBiAA=='])]],
    ["{a|utf16: 'a*b?'}", [pattern(text('\xff\xfea\0'), run, text('b\0'), one, one)]],
    ['{a|contains|wide: a}', [texts('contains', ['a\0'])]],
    [
      "{a|windash|wide: '-a'}",
      [equals(...['-', '/'].map((d) => `${d}\0a\0`), ...['\x13', '\x14', '\x15'].map((d) => `${d}\x20a\0`))],
    ],
    ["{a|windash|base64: '-a'}", [equals('LWE=', 'L2E=', '4oCTYQ==', '4oCUYQ==', '4oCVYQ==')]],
    ['{a|base64|base64: foo}', [equals('Wm05dg==')]],
    ["{a|re: '*x'}".replace('*x', 'x*'), [regex('x*')]],
    ['{a|re|s|i: x}', [regex('x', 'si')]],
    ['{a|re|cased: x}', [regex('x')]],
    ["{'|re': x}", [regex('x')]],
    ['{a|re: 4}', [regex('4')]],
    ['{a|cidr: 10.0.0.0/8}', [range('10.0.0.0/8')]],
    ["{'|cidr': 10.0.0.0/8}", [range('10.0.0.0/8')]],
    ['{a|exists: false}', [{ op: 'exists', present: false }]],
    ['{a|gte: 1.5}', [{ op: 'gte', value: 1.5 }]],
    ['{a: 1.10}', [equals('1.1', '1.10')]],
    ['{a: 9007199254740992}', [equals('9007199254740992')]],
    ['{a: 9007199254740993}', [equals('9007199254740993'), { op: 'number', values: [2 ** 53] }]],
    ["{a: ['9007199254740993', 5]}", [equals('9007199254740993', '5'), { op: 'number', values: [2 ** 53] }]],
    ['{a: 0.10000000000000001}', [equals('0.10000000000000001'), { op: 'number', values: [0.1] }]],
    ['{a|contains: 9007199254740993}', [texts('contains', ['9007199254740993'])]],
    ['{a|gte: 1.50}', [{ op: 'gte', value: 1.5 }]],
    ['{a|gte: 1e22}', [{ op: 'gte', value: 1e22 }]],
    ['{a|gte: 9007199254740993}', [{ op: 'gte', value: 2 ** 53, exact: '9007199254740993e0' }]],
    ['{a|hour: 07}', [{ op: 'time', part: 'hour', compare: 'eq', value: 7 }]],
    ['{a|hour: 7}', [{ op: 'time', part: 'hour', compare: 'eq', value: 7 }]],
    ['{a|hour: [7, 8]}', [7, 8].map((value): Test => ({ op: 'time', part: 'hour', compare: 'eq', value }))],
    ['{a|hour|gte: 18}', [{ op: 'time', part: 'hour', compare: 'gte', value: 18 }]],
    ['{a|gte|hour: 18}', [{ op: 'time', part: 'hour', compare: 'gte', value: 18 }]],
    ['{a|week|lt: 54}', [{ op: 'time', part: 'week', compare: 'lt', value: 54 }]],
    ['{a|fieldref: b.c}', [{ op: 'fieldref', field: 'b.c', compare: 'equals', cased: false }]],
    ['{a|fieldref|startswith: b}', [{ op: 'fieldref', field: 'b', compare: 'startswith', cased: false }]],
    ['{a|contains|fieldref|cased: b}', [{ op: 'fieldref', field: 'b', compare: 'contains', cased: true }]],
    ["{a|fieldref: 'b*'}", [{ op: 'fieldref', field: 'b*', compare: 'equals', cased: false }]],
  ])('%s', (selection, tests) => {
    expect(testsOf(selection)).toEqual(tests);
  });

  test('all demands each value, which may have several alternatives', () => {
    expect(expressionOf('{a|base64offset|contains|all: [foo, bar]}')).toMatchObject({
      kind: 'and',
      of: [
        { kind: 'leaf', test: { op: 'contains', values: { length: 3 } } },
        { kind: 'leaf', test: { op: 'contains', values: { length: 3 } } },
      ],
    });
  });

  test('neq is the negation of the whole', () => {
    expect(expressionOf('{a|neq: [x, y]}')).toMatchObject({ kind: 'not', of: { test: { values: ['x', 'y'] } } });
    expect(expressionOf('{a|contains|all|neq: [x, y]}')).toMatchObject({
      kind: 'not',
      of: { kind: 'and', of: [{}, {}] },
    });
    expect(expressionOf('{a|exists|neq: true}')).toMatchObject({ kind: 'not', of: { test: { op: 'exists' } } });
    expect(expressionOf('{a|neq: null}')).toMatchObject({ kind: 'not', of: { test: { op: 'null' } } });
  });

  test('spaces around the parts are ignored', () => {
    expect(testsOf("{'a | contains ': x}")).toEqual([texts('contains', ['x'])]);
  });
});

describe('modifiers without a meaning', () => {
  test.each([
    ['two comparisons', 'a|contains|cidr: x', 'the modifiers "contains" and "cidr" can\'t be combined'],
    [
      'contains and re',
      'a|contains|re: x',
      'the modifiers "contains" and "re" can\'t be combined ("re" searches anywhere: use ^ and $ for the ends)',
    ],
    [
      'both ends',
      'a|startswith|endswith: x',
      'the modifiers "startswith" and "endswith" can\'t be combined (use two items: field|startswith and field|endswith)',
    ],
    [
      'a range',
      'a|gte|lt: 1',
      'the modifiers "gte" and "lt" can\'t be combined (use two items for a range: field|gte and field|lt)',
    ],
    ['cased with a number', 'a|cased|gte: 1', 'the modifiers "cased" and "gte" can\'t be combined'],
    ['cased with a range of addresses', 'a|cidr|cased: x', 'the modifiers "cased" and "cidr" can\'t be combined'],
    [
      'cased and i',
      'a|re|i|cased: x',
      'the modifiers "cased" and "i" can\'t be combined ("re" is case-sensitive by default)',
    ],
    [
      'an encoding of a regular expression',
      'a|base64|re: x',
      'the modifiers "base64" and "re" can\'t be combined ("base64" needs text)',
    ],
    [
      'dashes of a regular expression',
      'a|windash|re: x',
      'the modifiers "windash" and "re" can\'t be combined ("windash" needs text)',
    ],
    [
      'dashes of a field',
      'a|windash|fieldref: x',
      'the modifiers "windash" and "fieldref" can\'t be combined ("windash" needs text)',
    ],
    ['an encoding of a number', 'a|wide|gt: 1', 'the modifiers "wide" and "gt" can\'t be combined ("wide" needs text)'],
    ['two encodings', 'a|utf16le|utf16be: x', 'the modifiers "utf16le" and "utf16be" can\'t be combined'],
    [
      'another field by number',
      'a|fieldref|gt: b',
      'the modifiers "fieldref" and "gt" can\'t be combined (use it alone, or with contains, startswith or endswith)',
    ],
    [
      'another field by expression',
      'a|fieldref|re: b',
      'the modifiers "fieldref" and "re" can\'t be combined (use it alone, or with contains, startswith or endswith)',
    ],
    [
      'two parts of a date',
      'a|hour|day: 1',
      'the modifiers "hour" and "day" can\'t be combined (use an item for each)',
    ],
    [
      'a part of a date as text',
      'a|hour|contains: 1',
      'the modifiers "hour" and "contains" can\'t be combined (use it alone, or with lt, lte, gt or gte)',
    ],
    [
      'a part of another field',
      'a|hour|fieldref: b',
      'the modifiers "hour" and "fieldref" can\'t be combined (use it alone, or with lt, lte, gt or gte)',
    ],
    [
      'a part that exists',
      'a|exists|hour: true',
      'the modifiers "hour" and "exists" can\'t be combined (use it alone, or with lt, lte, gt or gte)',
    ],
    ['a flag before re', 'a|i|re: x', 'the modifier "i" must follow "re" (write …|re|i)'],
    [
      'base64 after contains',
      'a|contains|base64: x',
      'the modifier "base64" can\'t follow "contains" (write a|base64|contains)',
    ],
    [
      'and with more',
      'a|all|contains|wide|base64offset: x',
      'the modifier "base64offset" can\'t follow "contains" (write a|wide|base64offset|contains|all)',
    ],
    [
      'windash after an encoding',
      'a|base64|windash: x',
      'the modifier "windash" can\'t follow "base64" (write a|windash|base64)',
    ],
    [
      'expand after an encoding',
      'a|wide|expand: x',
      'the modifier "expand" can\'t follow "wide" (write a|expand|wide)',
    ],
    [
      'a keyword that exists',
      "'|exists': true",
      '"exists" needs a field, and a keyword has none (write the field before the "|")',
    ],
    [
      'a keyword that is less',
      "'|lt': 1",
      '"lt" needs a field, and a keyword has none (write the field before the "|")',
    ],
    [
      'a keyword and a field',
      "'|fieldref': b",
      '"fieldref" needs a field, and a keyword has none (write the field before the "|")',
    ],
    [
      'the hour of a keyword',
      "'|hour': 1",
      '"hour" needs a field, and a keyword has none (write the field before the "|")',
    ],
    ['nothing at all', "'': x", 'empty field name'],
    ['nothing after the bar', "'a|': x", 'unknown modifier "" (write a modifier after each "|")'],
    ['a typo', 'a|startwith: x', 'unknown modifier "startwith" (did you mean "startswith"?)'],
    ['another case', 'a|Contains: x', 'unknown modifier "Contains" (did you mean "contains"?)'],
  ])('%s', (_, item, problem) => {
    expect(problemsOf(ruleWith(`sel: {${item}}\ncondition: sel`))).toEqual([`x.yml:5:9: error: ${problem}`]);
  });

  test('all problems of a key are reported', () => {
    const problems = problemsOf(ruleWith('sel: {a|contians|neqq|contains|gt: x}\ncondition: sel'));
    expect(problems).toHaveLength(3);
  });

  test.each([
    ['a|base64offset: foo', '"base64offset" gives a part of a text, but this compares the whole (add "contains")'],
    ['a|base64|wide: foo', '"wide" after "base64" is Base64 in UTF-16 (the other way round?)'],
  ])('what was probably not meant is reported: %s', (item, problem) => {
    expect(problemsOf(ruleWith(`sel: {${item}}\ncondition: sel`))).toEqual([`x.yml:5:9: notice: ${problem}`]);
  });

  test.each(["'|base64offset': foo", 'a|wide|base64offset|startswith: foo', 'a|base64|wide|base64: foo'])(
    'and what was meant is not: %s',
    (item) => {
      expect(problemsOf(ruleWith(`sel: {${item}}\ncondition: sel`))).toEqual([]);
    },
  );

  test('twice the same is once', () => {
    expect(problemsOf(ruleWith('sel: {a|contains|contains: x}\ncondition: sel'))).toEqual([
      'x.yml:5:9: notice: duplicate modifier "contains" (remove one)',
    ]);
  });
});

describe('values that a modifier has no meaning for', () => {
  test.each([
    [
      'a wildcard in Base64',
      "a|base64: 'x*'",
      '"base64" can\'t encode a wildcard (write \\* and \\? for the characters)',
    ],
    [
      'too little for Base64 at any shift',
      'a|base64offset|contains: x',
      'the text is too short for "base64offset" (use two characters or more)',
    ],
    [
      'nothing in Base64 at any shift',
      "a|base64offset|contains: ''",
      'the text is too short for "base64offset" (use two characters or more)',
    ],
    ['null in Base64', 'a|base64: null', '"base64" needs text, not null'],
    ['a number with dashes', 'a|windash: 4', '"windash" needs text, not 4 (put it in quotes)'],
    [
      'too many dashes',
      `a|windash|base64: '${' -a'.repeat(6)}'`,
      'its dashes expand this to more than 10000 values, or too many characters (use fewer dashes per value)',
    ],
    ['a number for a field', 'a|fieldref: 4', '"fieldref" needs the name of a field (such as client_ip)'],
    ['nothing for a field', "a|fieldref: ''", '"fieldref" needs the name of a field (such as client_ip)'],
    ['hour 24', 'a|hour: 24', '"hour" is never 24 (it is a whole number from 0 to 23)'],
    ['an hour after the last', 'a|hour|gt: 23', '"hour" is never gt 23 (it is a whole number from 0 to 23)'],
    ['a minute before the first', 'a|minute|lt: 0', '"minute" is never lt 0 (it is a whole number from 0 to 59)'],
    [
      'an hour of many digits',
      'a|hour: 9007199254740993',
      '"hour" is never 9007199254740993 (it is a whole number from 0 to 23)',
    ],
    ['an endless hour', 'a|hour: 1e400', '"hour" must be a whole number from 0 to 23 (it is 1e400)'],
    ['half an hour', 'a|hour: 1.5', '"hour" must be a whole number from 0 to 23 (it is 1.5)'],
    ['an hour in words', 'a|hour: noon', '"hour" must be a whole number from 0 to 23 ("noon" is not a number)'],
    ['a quoted hour', "a|hour: '4'", '"hour" must be a whole number from 0 to 23 ("4" is text: remove the quotes?)'],
    ['a true expression', 'a|re: true', 'a regular expression must be text (it is true)'],
  ])('%s', (_, item, problem) => {
    const [found, ...more] = problemsOf(ruleWith(`sel: {${item}}\ncondition: sel`));
    expect(found?.replace(/^x.yml:5:\d+: error: /, '')).toBe(problem);
    expect(more).toEqual([]);
  });
});
