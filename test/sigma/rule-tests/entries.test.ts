/** The entries of tests: what they say differs from a default entry. */
import { describe, expect, test } from 'vitest';
import { DEFAULT_ENTRY } from '../../../src/audit-log/default-entry.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { ruleWith } from '../rules.ts';

const SHOP: EntryBody = {
  id: 'e-00',
  time: '2026-03-01T08:00:00Z',
  who: { id: 1, name: 'ada', tags: ['a', 'b'] },
  n: 1,
};

function parse(entries: string, defaults: string | null, defaultEntry: EntryBody | undefined) {
  const given = defaults === null ? '' : `  defaults: ${defaults}\n`;
  const text = `${ruleWith('sel: {n: 1}\ncondition: sel')}tocsin:\n${given}  tests:\n    - {name: it, match: true, entries: [${entries}]}\n`;
  return parseRules([{ path: 'x.yml', text }], defaultEntry === undefined ? {} : { defaultEntry });
}

/** The entries of a test. */
function entriesOf(entries: string, defaults: string | null = null, defaultEntry: EntryBody | undefined = SHOP) {
  const { tests, problems } = parse(entries, defaults, defaultEntry);
  expect(problems.map((problem) => problemText(problem))).toEqual([]);
  return tests[0]?.entries ?? [];
}

/** What an entry has that the default entry has not, and the other way round. */
const bodiesOf = (...args: Parameters<typeof entriesOf>) => entriesOf(...args).map(({ body }) => body);
const timesOf = (...args: Parameters<typeof entriesOf>) =>
  entriesOf(...args).map(({ at }) => new Date(at).toISOString().replace('.000Z', 'Z'));

describe('the fields', () => {
  const { id: _, ...rest } = SHOP;
  test.each<readonly [text: string, entry: string, body: EntryBody]>([
    ['nothing differs', '{}', rest],
    ['a field', '{n: 2}', { ...rest, n: 2 }],
    ['a field that the default lacks', '{more: x}', { ...rest, more: 'x' }],
    ['one of a map, with dots', '{who.id: 7}', { ...rest, who: { id: 7, name: 'ada', tags: ['a', 'b'] } }],
    ['the same as a map', '{who: {id: 7}}', { ...rest, who: { id: 7, name: 'ada', tags: ['a', 'b'] } }],
    ['both', '{who: {id: 7}, who.name: eve}', { ...rest, who: { id: 7, name: 'eve', tags: ['a', 'b'] } }],
    ['an empty map changes nothing', '{who: {}}', rest],
    ['a list is replaced', '{who.tags: [c]}', { ...rest, who: { id: 1, name: 'ada', tags: ['c'] } }],
    ['null is null', '{who: null}', { ...rest, who: null }],
    ['and so it is inside', '{who.name: null}', { ...rest, who: { id: 1, name: null, tags: ['a', 'b'] } }],
    ['a map of its own', '{a.b.c: 1}', { ...rest, a: { b: { c: 1 } } }],
    ['a map in the place of a value', '{n.of: 1}', { ...rest, n: { of: 1 } }],
    ['a name with an empty part is a name', '{a..b: 1}', { ...rest, 'a..b': 1 }],
    ['left out', '{without: n}', { time: SHOP.time, who: SHOP.who }],
    ['several, some inside', '{without: [n, who.name, who.tags]}', { time: SHOP.time, who: { id: 1 } }],
    [
      'an own property, never a prototype',
      '{constructor.prototype.x: 1}',
      { ...rest, constructor: { prototype: { x: 1 } } },
    ],
  ])('%s', (_, entry, body) => {
    expect(bodiesOf(entry)).toEqual([{ ...body, id: 'e-01' }]);
  });

  test('of a prototype are not reached', () => {
    const [body] = bodiesOf("{'a.__proto__.polluted': 1}");
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Object.hasOwn(body?.a as object, '__proto__')).toBe(true);
  });

  test('of a document’s defaults are those of each of its entries', () => {
    expect(bodiesOf('{who.id: 2}, {n: 3}', '{who.name: eve, without: [n]}')).toEqual([
      { id: 'e-01', time: SHOP.time, who: { id: 2, name: 'eve', tags: ['a', 'b'] } },
      { id: 'e-02', time: SHOP.time, who: { id: 1, name: 'eve', tags: ['a', 'b'] }, n: 3 },
    ]);
  });

  test('are only those given if there is no default entry', () => {
    expect(entriesOf('{a: 1}, {}', null, {})).toEqual([
      { body: { a: 1 }, at: Date.parse('2026-01-05T12:00:00Z') },
      { body: {}, at: Date.parse('2026-01-05T12:00:00Z') },
    ]);
  });

  test('an id is the entry’s own, unless it is given', () => {
    expect(bodiesOf('{}, {id: mine}, {repeat: 2}').map(({ id }) => id)).toEqual(['e-01', 'mine', 'e-03', 'e-04']);
    expect(bodiesOf('{}, {}', null, DEFAULT_ENTRY).map(({ id }) => id)).toEqual([
      'a1d17000-0000-4000-8000-000000000001',
      'a1d17000-0000-4000-8000-000000000002',
    ]);
  });
});

describe('the times', () => {
  test.each<readonly [text: string, entries: string, times: readonly string[]]>([
    ['those of the default entry', '{}, {}', ['2026-03-01T08:00:00Z', '2026-03-01T08:00:00Z']],
    [
      'after the entry before',
      '{}, {at: +30s}, {at: +1h30m}',
      ['2026-03-01T08:00:00Z', '2026-03-01T08:00:30Z', '2026-03-01T09:30:30Z'],
    ],
    ['the first after the default entry', '{at: +1m}', ['2026-03-01T08:01:00Z']],
    ['before it: a late entry', '{}, {at: -10s}', ['2026-03-01T08:00:00Z', '2026-03-01T07:59:50Z']],
    ['dates', '{at: 2026-03-02}, {}', ['2026-03-02T00:00:00Z', '2026-03-02T00:00:00Z']],
    [
      'the field with the time',
      '{time: "2026-03-02T00:00:00+01:00"}, {at: +1s}',
      ['2026-03-01T23:00:00Z', '2026-03-01T23:00:01Z'],
    ],
    [
      'repeated',
      '{repeat: 3, every: 10s}, {at: +5s}',
      ['2026-03-01T08:00:00Z', '2026-03-01T08:00:10Z', '2026-03-01T08:00:20Z', '2026-03-01T08:00:25Z'],
    ],
    ['repeated at once', '{repeat: 2, at: +1s}', ['2026-03-01T08:00:01Z', '2026-03-01T08:00:01Z']],
  ])('%s', (_, entries, times) => {
    expect(timesOf(entries)).toEqual(times);
  });

  test('are in the default entry’s field, as written where they are', () => {
    expect(
      bodiesOf('{at: +1s}, {time: 2026-03-02, repeat: 2, every: 1s}, {without: time}').map(({ time }) => time),
    ).toEqual(['2026-03-01T08:00:01Z', '2026-03-02', '2026-03-02T00:00:01Z', undefined]);
  });

  test('may be among the document’s defaults', () => {
    expect(timesOf('{}, {at: +1s}', '{time: 2026-04-01}')).toEqual(['2026-04-01T00:00:00Z', '2026-04-01T00:00:01Z']);
  });

  test('without a default entry are in no field, unless one is given', () => {
    expect(
      entriesOf('{at: +1s}, {timestamp: 10, repeat: 2, every: 1s}', null, {}).map(({ body, at }) => [body, at]),
    ).toEqual([
      [{}, Date.parse('2026-01-05T12:00:01Z')],
      [{ timestamp: 10 }, 10_000],
      [{ timestamp: '1970-01-01T00:00:11Z' }, 11_000],
    ]);
  });
});

test('repeated entries have their number in the place of <n>', () => {
  expect(
    bodiesOf("{repeat: 2, who: {id: 'k-<n>', tags: ['<n>.<n>']}}, {more: '<n>'}").map(({ who, more }) => more ?? who),
  ).toEqual([{ id: 'k-1', name: 'ada', tags: ['1.1'] }, { id: 'k-2', name: 'ada', tags: ['2.2'] }, '<n>']);
});

describe('what is wrong with an entry', () => {
  test.each([
    ['{who: x, who.id: 1}', '"who.id" is inside a field that is given a value too (remove one of them)'],
    ['{who.id: 1, who: x}', '"who" is given twice (first in line 9)'],
    ['{who.id: 1, who: {id: 2}}', '"who.id" is given twice (first in line 9)'],
    ['{without: [who.nme]}', 'the default entry has no "who.nme" to leave out (did you mean "who.name"?)'],
    ['{without: [who], who.id: 1}', '"who" is both left out and given (it is given in line 9)'],
    ['{without: [who.id], who: null}', '"who.id" is both left out and given (it is given in line 9)'],
    ['{without: 3}', '"without" must be a list of texts, not a number'],
    ['{at: 30s}', '"at" is not a valid time (did you mean "+30s"?)'],
    ['{at: +30}', '"at" is not a valid time (did you mean "+30s"?)'],
    ['{at: 30}', '"at" is not a valid time (did you mean "+30s"?)'],
    [
      '{at: noon}',
      '"at" is not a valid time ("+30s" after the entry before, or a date such as "2026-01-05T12:00:00Z")',
    ],
    ['{at: [x]}', '"at" is not a valid time ("+30s" after the entry before, or a date such as "2026-01-05T12:00:00Z")'],
    ['{at: +1s, time: 2026-01-05}', 'the entry has both "at" and "time" (remove one of them)'],
    ['{time: noon}', '"time" is not a valid time (such as "2026-01-05T12:00:00Z")'],
    ['{repeat: 0}', '"repeat" must be a whole number of entries (such as "repeat: 20")'],
    ['{repeat: 2.5}', '"repeat" must be a whole number of entries (such as "repeat: 20")'],
    ['{repeat: many}', '"repeat" must be a whole number of entries (such as "repeat: 20")'],
    ['{repeat: 20001}', 'a test can have 20000 entries'],
    ['{every: 1s}', '"every" needs "repeat" (such as "repeat: 20, every: 1s")'],
    ['{repeat: 2, every: 1}', '"every" must be a duration (such as "repeat: 20, every: 1s")'],
    [`{'${'a.'.repeat(40)}b': 1}`, 'a field of more than 32 names'],
    [
      `{repeat: 20000, ${Array.from({ length: 60 }, (_, i) => `f${i}: 1`).join()}}`,
      'the entries of the file’s tests give more than 1000000 fields (split it)',
    ],
  ])('%s', (entry, problem) => {
    const problems = parse(entry, null, SHOP).problems.map((each) => problemText(each).replace(/^.*?: error: /, ''));
    expect(problems).toEqual([problem]);
  });

  test.each([
    [
      '[n]',
      '"defaults" must be a map, not a list (the fields in which its tests’ entries differ from the default one)',
    ],
    ['{at: +1s}', '"defaults" can\'t have "at" (it is for the entries of a test)'],
    ['{repeat: 2}', '"defaults" can\'t have "repeat" (it is for the entries of a test)'],
    ['{time: noon}', '"time" is not a valid time (such as "2026-01-05T12:00:00Z")'],
    ['{without: whoo}', 'the default entry has no "whoo" to leave out (did you mean "who"?)'],
  ])('or with the defaults: %s', (defaults, problem) => {
    const problems = parse('{}', defaults, SHOP).problems.map((each) => problemText(each).replace(/^.*?: error: /, ''));
    expect(problems).toEqual([problem]);
  });
});
