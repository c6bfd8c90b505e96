/** Hostile files and entries: nothing throws, nothing hangs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EntryBody } from '../../../src/audit-log/entry.ts';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { engineOf, problemsOf, ruleWith } from '../rules.ts';

/** A bomb takes minutes or gigabytes; a slow machine takes some seconds. */
const PATIENCE_MS = 30_000;

const many = (n: number, line: (i: number) => string) => Array.from({ length: n }, (_, i) => line(i)).join('\n');

describe('hostile rule files', () => {
  test.each([
    [
      'a billion laughs',
      `a: &a [x, x]\n${many(20, (i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`)}`,
    ],
    ['an alias of itself', 'title: &a [*a]'],
    ['a list in a list, a thousand deep', `title: ${'['.repeat(1_000)}${']'.repeat(1_000)}`],
    ['brackets only', '['.repeat(300_000)],
    ['dashes only', '- '.repeat(150_000)],
    ['quotes only', '"'.repeat(200_000)],
    ['as many documents', '--- a\n'.repeat(30_000)],
    ['as many keys', many(60_000, (i) => `k${i}: 1`)],
    ['a file of more than a megabyte', `title: ${'x'.repeat(1_000_001)}`],
    ['a key that would be a prototype', 'title: x\n__proto__: {polluted: true}'],
    ['bytes', '\u0000\u0001\ufffe\ud800'],
    ['a directive', '%YAML 9.9\n---\ntitle: x'],
    ['a tag', 'title: !!js/function "x"'],
  ])('%s', { timeout: PATIENCE_MS }, (_, text) => {
    const problems = problemsOf(text);
    expect(problems.some((problem) => problem.includes('error'))).toBe(true);
    expect(problems.length).toBeLessThanOrEqual(102);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test.each([
    ['too many documents', 'a\n---\n'.repeat(1_001), '1:1: error: the file has more than 1000 documents (split it)'],
    ['flow too deep', `a: ${'['.repeat(200)}`, '1:36: error: nested deeper than 32 levels'],
    ['blocks too deep', `a:\n  ${'- '.repeat(200)}1`, '2:67: error: nested deeper than 32 levels'],
    [
      'aliases that repeat too much',
      `x: &a ${'x'.repeat(400_000)}\ny: [${'*a, '.repeat(9)}]`,
      '2:13: error: the file is larger than 1000000 characters with its aliases expanded',
    ],
    ['maps too deep', many(200, (i) => `${' '.repeat(i)}a:`), '34:34: error: nested deeper than 32 levels'],
  ])('reading stops at %s', (_, text, problem) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`x.yml:${problem}`);
  });

  test.each([
    ['values', `a: [${'1,'.repeat(490_000)}]`],
    ['an open list', `a: [${'1,'.repeat(490_000)}`],
    ['commas', `[${','.repeat(990_000)}]`],
    ['keys', many(90_000, (i) => `k${i}: 1`)],
    ['line ends', '\n'.repeat(1_000_000)],
    ['comments', '#\n'.repeat(490_000)],
    ['quotes', '"'.repeat(1_000_000)],
    ['question marks', '?\n'.repeat(490_000)],
    ['open lists in a list', '- a: [\n'.repeat(140_000)],
    ['aliases', `a: &a x\nb: [${'*a,'.repeat(320_000)}]`],
  ])('a megabyte of %s is read in time', { timeout: PATIENCE_MS }, (_, text) => {
    expect(problemsOf(text).length).toBeLessThanOrEqual(102);
  });

  /** A rule of ours with these lines under `detection`. */
  const detection = (lines: string) => ruleWith(`${lines}\ncondition: s`);
  const values = (item: string, value: string, n: number) =>
    detection(`s:\n  ${item}:\n${many(n, () => `    - ${value}`)}`);

  test.each([
    ['a list of aliases of half a megabyte', `x: &a ${'x'.repeat(500_000)}\n${values('a', '*a', 12_000)}`],
    ['a text of nearly a megabyte', detection(`s: {a: ${'x'.repeat(900_000)}}`)],
    ['a key of nearly a megabyte', detection(`s: {${'k'.repeat(900_000)}: 1}`)],
    ['a name of nearly a megabyte', detection(`s: {a: 1}\n${'k'.repeat(900_000)}: {a: 1}`)],
    ['a regular expression of nearly a megabyte', detection(`s: {a|re: '${'a|'.repeat(450_000)}'}`)],
    ['a condition of nearly a megabyte', ruleWith(`s: {a: 1}\ncondition: ${'s or '.repeat(190_000)}s`)],
    ['regular expressions that take long to compile', values('a|re', `'${'[\\pL\\pN\\pS]'.repeat(300)}'`, 250)],
    ['as many small ones', values('a|re', "'a{1000}'", 12_000)],
    ['programs of ten megabytes', values('a|re', "'(?:[a-z]x|[0-9]y){990}.*z'", 300)],
    ['dashes that multiply', detection(`s: {a|windash|base64: '${' -a'.repeat(20_000)}'}`)],
    ['values whose dashes multiply', values('a|windash|base64offset', `' -a -b -c -d -e ${'x'.repeat(99)}'`, 2_000)],
    ['placeholders that multiply', detection(`s: {a|expand: '${'%x%'.repeat(20_000)}'}`)],
    ['values whose placeholders multiply', values('a|expand', "'%x%'", 12_000)],
    ['unknown placeholders', detection(`s: {a|expand: [${many(12_000, (i) => `'%y${i}%',`)}]}`)],
    ['wrong modifiers', detection(`s:\n${many(12_000, (i) => `  a${i}|contians: x`)}`)],
    ['wrong ranges', values('a|cidr', '10.0.0.1/8', 12_000)],
    ['selections', detection(many(10_000, (i) => `s${i}: {a: 1}`))],
    [
      'names in conditions that are near those of selections',
      ruleWith(
        `${many(400, (i) => `selection_of_a_very_long_name_${i}: {a: 1}`)}\ncondition:\n${many(
          90,
          (c) => `  - ${many(150, (i) => `selection_of_a_very_long_nam_${i}_${c}`).replaceAll('\n', ' or ')}`,
        )}`,
      ),
    ],
    [
      'conditions that are all of everything',
      ruleWith(
        `${many(400, (i) => `s${i}: {a: 1}`)}\ncondition:\n${many(90, () => `  - ${'1 of them or '.repeat(600)}s1`)}`,
      ),
    ],
    ['tags that are maps', `tags: [${'{a: b}, '.repeat(10_000)}]\n${detection('s: {a: 1}')}`],
    ['names of prototypes', detection('s: {a: 1}\nconstructor: {__proto__: 2}\ntoString: {a: 1}')],
    ['merge keys', detection('s: &s {a: 1}\nt: {<<: *s}')],
    [
      'a long value that conditions name often',
      ruleWith(`s: {a: ${'x'.repeat(60_000)}}\ncondition:\n${many(12, () => `  - ${'s or '.repeat(1_600)}s`)}`),
    ],
    [
      'filters that multiply',
      `${many(400, (i) => `${ruleWith('s: {a: 1}\ncondition: s', `r-${i}`)}---`)}\n${many(
        400,
        (i) =>
          `---\ntitle: F\nid: f-${i}\nlogsource: {product: nirvana}\nfilter: {rules: any, s: {a: [${'1, '.repeat(
            100,
          )}]}, condition: not s}`,
      ).slice(4)}`,
    ],
  ])('%s', { timeout: PATIENCE_MS }, (_, text) => {
    const list = { path: 'lists/x.yml', text: `x: [${many(9_999, (i) => `v${i},`)}]` };
    const { ruleSet, problems } = parseRules([{ path: 'x.yml', text }], { lists: [list] });
    expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
    expect(ruleSet.rules).toEqual([]);
    expect(problems.length).toBeLessThanOrEqual(203);
    expect(Math.max(...problems.map((problem) => problem.message.length + (problem.hint?.length ?? 0)))).toBeLessThan(
      1_000,
    );
  });

  test('further problems are counted, and an error is never lost among warnings', () => {
    const unused = many(300, (i) => `t${i}: {a: 1}`);
    const { problems } = parseRules([
      { path: 'x.yml', text: detection(`s: {a|cidr: x}\n${unused}\nu: {a|cidr: [${'y, '.repeat(150)}]}`) },
    ]);
    const of = (wanted: string) => problems.filter(({ severity }) => severity === wanted);
    expect(of('error')).toHaveLength(101);
    expect(of('error').at(-1)?.message).toBe('51 more errors not shown');
    expect(of('warning')).toHaveLength(101);
    expect(of('warning').at(-1)?.message).toBe('201 more warnings not shown');
  });

  test('hostile lists', { timeout: PATIENCE_MS }, () => {
    const laughs = many(30, (i) => `b${i}: &b${i} [*${i ? `b${i - 1}` : 'a'}, *${i ? `b${i - 1}` : 'a'}]`);
    for (const text of [
      `a: &a [x, x]\n${laughs}`,
      '['.repeat(50_000),
      'x: '.repeat(50_000),
      `x: ${'y'.repeat(1_000_001)}`,
    ]) {
      const { problems } = parseRules([], { lists: [{ path: 'lists/x.yml', text }] });
      expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
    }
  });

  test('a long condition of negations and parentheses', () => {
    const condition = `${'not '.repeat(1_001)}${'('.repeat(60)}a${')'.repeat(60)}`;
    const engine = engineOf(ruleWith(`a: {b: 1}\ncondition: ${condition}`));
    expect(engine.evaluate({ b: 2 })).toHaveLength(1);
  });

  test('any text is parsed', () => {
    const words = fc.constantFrom(
      ...['title', 'detection', 'condition', 'logsource', 'correlation', 'filter', 'rules', 'tocsin', 'tests', 'any'],
      ...[
        ': ',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        ',',
        '|',
        '*',
        '&a',
        '*a',
        '---\n',
        'sel',
        "'",
        '"',
        'null',
      ],
      ...[
        'a|re',
        'a|cidr',
        'a|contains|all',
        '1 of them',
        'not',
        'product: nirvana',
        '5m',
        '0',
        'true',
        '\\',
        '?',
        '(',
        ')',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 60 }), (parts) => {
        parseRules([{ path: 'x.yml', text: parts.join('') }]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('any document under a detection is parsed, and evaluated if it is valid', () => {
    const key = fc.oneof(
      fc.constantFrom(
        'a',
        'a|re',
        'a|contains',
        '|all',
        'a|gte',
        'a|neq',
        'a|exists',
        'a|cidr|all',
        'a|fieldref',
        'a|hour',
      ),
      fc
        .constantFrom('windash', 'base64offset', 'wide', 'utf16', 'base64', 'expand', 'contains', 'all')
        .chain((first) =>
          fc
            .constantFrom('contains', 'base64', 'base64offset', 'endswith', 'cased', 'expand')
            .map((then) => `a|${first}|${then}`),
        ),
      fc.string(),
    );
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('a*?\\', '%x%', ' -a /b', 'ab', 7),
    );
    const selection = fc.oneof(scalar, fc.array(scalar), fc.dictionary(key, fc.oneof(scalar, fc.array(scalar))));
    fc.assert(
      fc.property(selection, fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue()), (sel, entry) => {
        const rule = { title: 'x', logsource: { product: 'nirvana' }, detection: { sel, condition: 'sel' } };
        const { ruleSet, problems } = parseRules([{ path: 'x.yml', text: JSON.stringify(rule) }], {
          lists: [{ path: 'lists/x.yml', text: 'x: [a, 7, b*]' }],
        });
        const sound = !problems.some(({ severity }) => severity === 'error');
        expect(ruleSet.rules.length).toBe(sound ? 1 : 0);
        compile(ruleSet).evaluate(entry as EntryBody);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('hostile entries', () => {
  const engine = engineOf(
    ruleWith("sel: {a|re: '(x+x+)+y', b.c: '*a*a*a*a*b', d|cidr: 10.0.0.0/8, e|gte: 1}\ncondition: 1 of them", 'r-1'),
    ruleWith('sel: [evil, 42]\nother: {a|contains: x, b.c|neq: 1}\ncondition: sel or not other', 'r-2'),
    ruleWith('sel: {a: null}\nother: {__proto__.x|exists: true}\ncondition: sel and other', 'r-3'),
  );

  test('any JSON is evaluated', () => {
    const body = fc.dictionary(
      fc.oneof(fc.constantFrom('a', 'b', 'b.c', 'd', 'e', '__proto__'), fc.string()),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(body, (entry) => void engine.evaluate(entry as EntryBody)),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a text of 3 MB', JSON.stringify({ a: 'x'.repeat(3_000_000), b: { c: 'a'.repeat(3_000_000) } })],
    ['lists 100,000 deep', `{"a": ${'['.repeat(100_000)}1${']'.repeat(100_000)}}`],
    ['objects 100,000 deep', `{"b": ${'{"c":'.repeat(100_000)}1${'}'.repeat(100_000)}}`],
    ['a list of 300,000', JSON.stringify({ a: Array.from({ length: 300_000 }, (_, i) => `x${i}`) })],
  ])('%s', { timeout: PATIENCE_MS }, (_, text) => {
    const began = performance.now();
    engine.evaluate(JSON.parse(text));
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
