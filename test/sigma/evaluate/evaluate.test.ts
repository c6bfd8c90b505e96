/** What rules mean, a sentence a row. */
import { describe, expect, test } from 'vitest';
import type { EntryBody } from '../../../src/audit-log/entry.ts';
import { engineOf, ruleWith } from '../rules.ts';

type Row = readonly [sentence: string, selection: string, entry: EntryBody, matches: boolean];

function check(rows: readonly Row[]): void {
  test.each(rows)('%s: %s', (_, selection, entry, matches) => {
    const engine = engineOf(ruleWith(`selection: ${selection}\ncondition: selection`));
    expect(engine.evaluate(entry).length > 0).toBe(matches);
  });
}

describe('text', () => {
  check([
    ['case does not count', '{a: "ABC"}', { a: 'abc' }, true],
    ['cased, it does', '{a|cased: "ABC"}', { a: 'abc' }, false],
    ['the whole text is compared', '{a: bc}', { a: 'abcd' }, false],
    ['a number is its text', '{a: 42}', { a: '42' }, true],
    ['and a text its number', '{a: "42"}', { a: 42 }, true],
    ['true is its text', '{a: "True"}', { a: true }, true],
    ['an empty text is an empty text', '{a: ""}', { a: '' }, true],
    ['and not null', '{a: ""}', { a: null }, false],
    ['a Greek sigma at a word’s end is a sigma', '{a|startswith: "ΟΔΟΣ"}', { a: 'οδοσ1' }, true],
    ['a large number is not rounded', '{a: 12345678901234567890}', { a: '12345678901234567890' }, true],
    ['an object has no text', '{a: "*"}', { a: { b: 1 } }, false],
  ]);
});

describe('wildcards and escapes', () => {
  check([
    ['a star is any run', "{a: 'a*c'}", { a: 'abbbc' }, true],
    ['or none', "{a: 'a*c'}", { a: 'ac' }, true],
    ['or one with line ends', "{a: 'a*c'}", { a: 'a\n\nc' }, true],
    ['a question mark is one character', "{a: 'a?c'}", { a: 'abc' }, true],
    ['not none', "{a: 'a?c'}", { a: 'ac' }, false],
    ['also outside the first plane', "{a: 'a?c'}", { a: 'a😀c' }, true],
    ['two of them are two', "{a: 'a??c'}", { a: 'a😀c' }, false],
    ['an escaped star is a star', String.raw`{a: 'a\*'}`, { a: 'a*' }, true],
    ['and no other', String.raw`{a: 'a\*'}`, { a: 'ab' }, false],
    ['an escaped backslash is one', String.raw`{a: 'a\\*'}`, { a: 'a\\b' }, true],
    ['three and a star are a backslash and a star', String.raw`{a: 'a\\\*'}`, { a: 'a\\*' }, true],
    ['three are two', String.raw`{a: 'a\\\b'}`, { a: 'a\\\\b' }, true],
    ['any other backslash is itself', String.raw`{a: 'C:\Windows\x'}`, { a: 'C:\\Windows\\x' }, true],
    ['a star alone matches an empty text', "{a: '*'}", { a: '' }, true],
    ['and nothing where the field is missing', "{a: '*'}", {}, false],
    ['a text must not be used twice', "{a: 'ab*ba'}", { a: 'aba' }, false],
  ]);
});

describe('modifiers', () => {
  check([
    ['contains finds inside', '{a|contains: bc}', { a: 'abcd' }, true],
    ['startswith at the start', '{a|startswith: ab}', { a: 'abcd' }, true],
    ['and only there', '{a|startswith: bc}', { a: 'abcd' }, false],
    ['endswith at the end', '{a|endswith: cd}', { a: 'abcd' }, true],
    ['wildcards work inside', "{a|contains: 'b?d'}", { a: 'abcde' }, true],
    ['contains finds a number’s digits', '{a|contains: 40}', { a: 1403 }, true],
    ['a list is an or', '{a|contains: [x, c]}', { a: 'abcd' }, true],
    ['with all an and', '{a|contains|all: [x, c]}', { a: 'abcd' }, false],
    ['all of them there', '{a|contains|all: [b, c]}', { a: 'abcd' }, true],
    ['neq is different from', '{a|neq: x}', { a: 'y' }, true],
    ['from all of a list', '{a|neq: [x, y]}', { a: 'y' }, false],
    ['and true where the field is missing', '{a|neq: x}', {}, true],
    ['neq negates the whole of contains', '{a|contains|neq: [x, b]}', { a: 'abc' }, false],
    ['exists tests for presence', '{a|exists: true}', { a: null }, true],
    ['or absence', '{a|exists: false}', { b: 1 }, true],
    ['gte compares numbers', '{a|gte: 400}', { a: 400 }, true],
    ['in text too', '{a|gte: 400}', { a: '403' }, true],
    ['but not what only begins as one', '{a|gte: 400}', { a: '403x' }, false],
    ['lt', '{a|lt: 1.5}', { a: 1.25 }, true],
    ['lte', '{a|lte: -1}', { a: -1 }, true],
    ['gt is false where the field is missing', '{a|gt: -1}', {}, false],
    ['cidr holds an address', '{a|cidr: 10.0.0.0/8}', { a: '10.255.0.1' }, true],
    ['and not its neighbour', '{a|cidr: 10.0.0.0/8}', { a: '11.0.0.0' }, false],
    ['nor a text', '{a|cidr: 0.0.0.0/0}', { a: 'localhost' }, false],
    ['IPv6 in any form', '{a|cidr: "2001:db8::/32"}', { a: '2001:0DB8:0:0::1' }, true],
    ['IPv4 inside IPv6 is IPv4', '{a|cidr: 10.0.0.0/8}', { a: '::ffff:10.0.0.1' }, true],
    ['IPv6 is not IPv4', '{a|cidr: 0.0.0.0/0}', { a: '::1' }, false],
  ]);
});

describe('regular expressions', () => {
  check([
    ['they are not anchored', "{a|re: 'b+'}", { a: 'abbc' }, true],
    ['case counts', "{a|re: 'B'}", { a: 'abc' }, false],
    ['unless i', "{a|re|i: 'B'}", { a: 'abc' }, true],
    ['a dot is no line end', "{a|re: 'a.c'}", { a: 'a\nc' }, false],
    ['unless s', "{a|re|s: 'a.c'}", { a: 'a\nc' }, true],
    ['anchors are the text’s ends', "{a|re: '^b$'}", { a: 'a\nb\nc' }, false],
    ['unless m', "{a|re|m: '^b$'}", { a: 'a\nb\nc' }, true],
    ['flags can be combined', "{a|re|i|m|s: '^B.$'}", { a: 'a\nbx\nc' }, true],
    ['a star in them is no wildcard', "{a|re: '^a*$'}", { a: 'abc' }, false],
    ['a list is an or', '{a|re: [x, b]}', { a: 'abc' }, true],
    ['with all an and', '{a|re|all: [x, b]}', { a: 'abc' }, false],
  ]);
});

describe('fields', () => {
  check([
    ['the flat key comes first', '{a.b: 1}', { 'a.b': 1, a: { b: 2 } }, true],
    ['then the path', '{a.b: 2}', { a: { b: 2 } }, true],
    ['a flat key inside an object', '{a.b.c: 1}', { a: { 'b.c': 1 } }, true],
    ['a list matches if any member does', '{a: x}', { a: ['y', 'x'] }, true],
    ['a list inside a list too', '{a: x}', { a: ['y', ['x']] }, true],
    ['and a list of objects on the way', '{a.b: x}', { a: [{ b: 'y' }, { b: 'x' }] }, true],
    ['null is null', '{a: null}', { a: null }, true],
    ['or missing', '{a: null}', {}, true],
    ['or missing with its parent', '{a.b: null}', { a: null }, true],
    ['not empty', '{a: null}', { a: '' }, false],
    ['nor a list of nothing', '{a: null}', { a: [] }, false],
    ['a prototype is no field', '{constructor.name|exists: true}', {}, false],
    ['nor is __proto__', '{__proto__.x|exists: true}', JSON.parse('{"a": 1}'), false],
    ['though an entry may have one', '{a.__proto__: 1}', JSON.parse('{"a": {"__proto__": 1}}'), true],
  ]);
});

describe('selections', () => {
  check([
    ['a map is an and', '{a: 1, b: 2}', { a: 1 }, false],
    ['a list of maps an or', '[{a: 1}, {b: 2}]', { b: 2 }, true],
    ['a keyword is searched in every value', '[evil]', { x: { y: ['an Evil one'] } }, true],
    ['not in names of fields', '[evil]', { evil: 'x' }, false],
    ['keywords are an or', '[nope, evil]', { x: 'evil' }, true],
    ['with all an and', "{'|all': [one, two]}", { x: 'one', y: 'two' }, true],
    ['all of them', "{'|all': [one, two]}", { x: 'one' }, false],
    ['keywords and maps can be combined', '[evil, {a: 1}]', { a: 1 }, true],
    ['a keyword may be a regular expression', "{'|re': '^ev.l$'}", { x: 'evil' }, true],
    ['a keyword alone', 'evil', { x: 'evil' }, true],
  ]);
});

describe('evidence', () => {
  const evidenceOf = (detection: string, entry: EntryBody) =>
    engineOf(ruleWith(detection)).evaluate(entry)[0]?.evidence;

  test('names selection, field and value of what made the rule true', () => {
    const rule = 'sel: {a|contains: [x, y], b|gte: 2}\nother: {a: no}\ncondition: sel and not other';
    expect(evidenceOf(rule, { a: 'yyy', b: 3 })).toEqual([
      { selection: 'sel', field: 'a', value: 'yyy' },
      { selection: 'sel', field: 'b', value: '3' },
    ]);
  });

  test('has the member of a list that matched', () => {
    expect(evidenceOf('sel: {a: x}\ncondition: sel', { a: ['y', 'X'] })).toEqual([
      { selection: 'sel', field: 'a', value: 'X' },
    ]);
  });

  test('has, for each value of a list, the first member that contains it', () => {
    const values = (detection: string, entry: EntryBody) => evidenceOf(detection, entry)?.map(({ value }) => value);
    expect(values('sel: {a|contains: [x, y]}\ncondition: sel', { a: ['x', 'X', 'x', 'y'] })).toEqual(['x', 'y']);
    expect(values('sel: {a: [x, y]}\ncondition: sel', { a: ['X', 'y'] })).toEqual(['X']);
    expect(values("sel: ['1', 'false']\ncondition: sel", { a: 'vm-1', b: 'x1', c: 'a false one' })).toEqual([
      'vm-1',
      'a false one',
    ]);
    const many = Array.from({ length: 1_000 }, (_, i) => `v${i}`);
    expect(values(`sel: {a: ${JSON.stringify(many)}}\ncondition: sel`, { a: ['v900', 'v901'] })).toEqual(['v900']);
  });

  test('says what was missing, or null', () => {
    expect(evidenceOf('sel: {a: null, b|exists: false}\ncondition: sel', { a: null })).toEqual([
      { selection: 'sel', field: 'a', value: 'null' },
      { selection: 'sel', field: 'b', value: 'missing' },
    ]);
  });

  test('has the actual values if a rule only matches by what is not so', () => {
    expect(evidenceOf('sel: {a|neq: x}\ncondition: sel', { a: 'y' })).toEqual([
      { selection: 'sel', field: 'a', value: 'y' },
    ]);
  });

  test('has no field for a keyword', () => {
    expect(evidenceOf('sel: [evil]\ncondition: sel', { a: 'so evil' })).toEqual([
      { selection: 'sel', field: null, value: 'so evil' },
    ]);
  });

  test('is bounded: 16 items of 256 characters, in whole characters', () => {
    const fields = Array.from({ length: 40 }, (_, i) => `f${i}`);
    const rule = `sel: {${fields.map((field) => `${field}: '*'`).join(', ')}}\ncondition: sel`;
    const entry = Object.fromEntries(fields.map((field) => [field, `x${'😀'.repeat(1_000)}`]));
    const evidence = evidenceOf(rule, entry);
    expect(evidence).toHaveLength(16);
    for (const { value } of evidence ?? []) {
      expect(value.length).toBeLessThanOrEqual(256);
      expect(value.isWellFormed()).toBe(true);
    }
  });
});
