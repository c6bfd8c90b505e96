/** Correlations and filters: what refers to what. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { engineOf, parsed, problemsOf, ruleWith } from '../rules.ts';

const FAILED = `${ruleWith('sel: {a: 1}\ncondition: sel', 'r-1')}name: failed\n`;

const correlation = (body: string, root = '') => `title: Many\nid: c-1\n${root}correlation: {${body}}\n`;
const MANY = 'type: event_count, rules: [failed], group-by: [actor.id], timespan: 5m, condition: {gte: 20}';

const filter = (body: string) => `title: But\nid: f-1\nlogsource: {product: nirvana}\nfilter: {${body}}\n`;

describe('a correlation', () => {
  test('refers to its rules by name or id', () => {
    const body = MANY.replace('[failed]', '[other, r-1]');
    const other = `${ruleWith('sel: {a: 1}\ncondition: sel', 'r-2')}name: other\n`;
    expect(parsed(FAILED, other, correlation(body)).ruleSet.rules[2]).toMatchObject({ rules: ['r-2', 'r-1'] });
  });

  test('left out with the rules it refers to, where they are for another log source, and those above it too', () => {
    const elsewhere = FAILED.replace('product: nirvana, service: audit', 'product: windows');
    const above = correlation(MANY.replace('failed', 'c-1')).replace('id: c-1', 'id: c-2');
    const problems = problemsOf([elsewhere, correlation(MANY), above].join('---\n'));
    expect(problems).toEqual([
      'x.yml:3:1: notice: skipped: this rule is for another log source (the log here is {product: nirvana, service: audit})',
      'x.yml:11:42: notice: skipped: the rules it refers to are for another log source',
      'x.yml:15:42: notice: skipped: the rules it refers to are for another log source',
    ]);
  });

  test('of rules that are partly for another log source is an error', () => {
    const elsewhere = FAILED.replace('product: nirvana, service: audit', 'product: windows')
      .replace('r-1', 'r-2')
      .replace('failed', 'other');
    const problems = problemsOf(
      [FAILED, elsewhere, correlation(MANY.replace('[failed]', '[failed, other]'))].join('---\n'),
    );
    expect(problems.filter((problem) => problem.includes('error'))).toEqual([
      'x.yml:19:50: error: the rule "other" is for another log source (it can never match here: remove it)',
    ]);
  });

  test.each([
    ['an unknown rule', 'faild', '11:42: error: unknown rule "faild" (did you mean "failed"?)'],
    ['nothing near', 'nobody', '11:42: error: unknown rule "nobody" (use the id or name of a rule)'],
    ['itself', 'c-1', '11:42: error: the correlation refers to itself (it can only refer to other rules)'],
  ])('%s', (_, name, problem) => {
    expect(problemsOf(`${FAILED}---\n${correlation(MANY.replace('failed', name))}`)).toEqual([`x.yml:${problem}`]);
  });

  test('of a filter is an error', () => {
    const text = [
      FAILED,
      filter('rules: any, us: {by: us}, condition: not us'),
      correlation(MANY.replace('failed', 'f-1')),
    ];
    expect(problemsOf(text.join('---\n'))).toEqual([
      'x.yml:16:42: error: "f-1" is a filter (a correlation can refer to detections and correlations)',
    ]);
  });

  test('to an invalid rule is not reported again', () => {
    const problems = problemsOf(`${FAILED.replace('condition: sel', 'condition: sol')}---\n${correlation(MANY)}`);
    expect(problems.filter((problem) => problem.includes('error'))).toHaveLength(1);
  });
});

/** Correlations by id, each of those named; `generate` where its id ends in g. */
const chain = (...links: readonly (readonly [id: string, ...rules: string[]])[]) =>
  [
    FAILED,
    ...links.map(([id, ...rules]) => {
      const body = MANY.replace('failed', rules.join(', ')).concat(id.endsWith('g') ? ', generate: true' : '');
      return correlation(body).replace('id: c-1', `id: ${id}`);
    }),
  ].join('---\n');

describe('a chain of correlations', () => {
  test('can be in any order, and branch', () => {
    const { rules } = parsed(
      chain(['top', 'left', 'right'], ['left', 'base'], ['right', 'base', 'failed'], ['base', 'r-1']),
    ).ruleSet;
    expect(rules.map((rule) => (rule.kind === 'correlation' ? [rule.id, ...rule.rules] : [rule.id]))).toEqual([
      ['r-1'],
      ['top', 'left', 'right'],
      ['left', 'base'],
      ['right', 'base', 'r-1'],
      ['base', 'r-1'],
    ]);
  });

  test.each([
    [
      'only the last alerts',
      [
        ['a', 'failed'],
        ['b', 'a'],
      ],
      ['b'],
    ],
    [
      'and what a generating one refers to',
      [
        ['a', 'failed'],
        ['bg', 'a'],
      ],
      ['a', 'bg'],
    ],
    [
      'which says nothing of what is below that',
      [
        ['a', 'failed'],
        ['b', 'a'],
        ['cg', 'b'],
      ],
      ['b', 'cg'],
    ],
    [
      'one that generates is enough',
      [
        ['ag', 'failed'],
        ['b', 'failed'],
      ],
      ['r-1', 'ag', 'b'],
    ],
    [
      'each by itself',
      [
        ['ag', 'failed'],
        ['bg', 'ag'],
      ],
      ['r-1', 'ag', 'bg'],
    ],
  ] as const)('%s', (_, links, alerts) => {
    const { rules } = parsed(chain(...links.map(([id, rule]) => [id, rule] as const))).ruleSet;
    expect(rules.filter((rule) => rule.alerts).map(({ id }) => id)).toEqual(alerts);
  });

  test('may also generate at the document’s root, and false is as nothing', () => {
    const alerts = (root: string) => parsed(FAILED, correlation(MANY, root)).ruleSet.rules.map((rule) => rule.alerts);
    expect(alerts('')).toEqual([false, true]);
    expect(alerts('generate: true\n')).toEqual([true, true]);
    expect(alerts('generate: false\n')).toEqual([false, true]);
  });

  test('never make a rule of the level informational alert', () => {
    const alerts = (level: string) =>
      parsed(FAILED.replace(/\n*$/, `\nlevel: ${level}\n`), correlation(MANY, 'generate: true\n')).ruleSet.rules.map(
        (rule) => rule.alerts,
      );
    expect(alerts('low')).toEqual([true, true]);
    expect(alerts('informational')).toEqual([false, true]);
  });

  test.each([
    [
      'a cycle is reported once, with its path, where it closes',
      chain(['a', 'b'], ['b', 'c'], ['c', 'failed', 'a']),
      ['x.yml:19:50: error: a cycle of correlations: a → b → c → a (remove one of these references)'],
    ],
    [
      'whatever leads to it',
      chain(['top', 'a', 'b'], ['a', 'b'], ['b', 'a']),
      ['x.yml:19:42: error: a cycle of correlations: a → b → a (remove one of these references)'],
    ],
    [
      'two cycles are two',
      chain(['a', 'b'], ['b', 'a'], ['c', 'd'], ['d', 'c']),
      [
        'x.yml:15:42: error: a cycle of correlations: a → b → a (remove one of these references)',
        'x.yml:23:42: error: a cycle of correlations: c → d → c (remove one of these references)',
      ],
    ],
  ])('%s', (_, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  const ladder = (length: number, last: string) =>
    chain(...Array.from({ length }, (_, i) => [`c${i}`, i + 1 < length ? `c${i + 1}` : last] as const));

  test('cycles are found whatever their length', () => {
    expect(problemsOf(ladder(500, 'c0'))).toEqual([
      'x.yml:2007:42: error: a cycle of correlations: c0 → c1 → c2 → c3 → c4 → c5 → c6 → c7 → … 492 more … → c0 (remove one of these references)',
    ]);
  });

  test('is 16 correlations deep at most', () => {
    expect(problemsOf(ladder(16, 'failed'))).toEqual([]);
    expect(problemsOf(ladder(18, 'failed'))).toEqual([
      'x.yml:15:42: error: a chain of more than 16 correlations (make it shorter)',
    ]);
  });

  test('counts the longest way down', () => {
    const links = (length: number) =>
      Array.from({ length }, (_, i) => [`c${i}`, 'low', ...(i + 1 < length ? [`c${i + 1}`] : [])] as const);
    expect(problemsOf(chain(...links(15), ['low', 'failed']))).toEqual([]);
    expect(problemsOf(chain(...links(16), ['low', 'failed']))).toHaveLength(1);
  });
});

describe('ids and names', () => {
  test.each([
    [
      'an id twice',
      `${FAILED}---\n${FAILED.replace('name: failed', 'name: other')}`,
      '10:5: error: duplicate id "r-1" (also in rules/x.yml:2)',
    ],
    [
      'a name twice',
      `${FAILED}---\n${FAILED.replace('r-1', 'r-2')}`,
      '15:7: error: duplicate name "failed" (also in rules/x.yml:7)',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([`x.yml:${problem}`]);
  });
});

describe('a filter', () => {
  const matches = (...texts: readonly string[]) => {
    const engine = engineOf(FAILED, ...texts);
    return [{ a: 1 }, { a: 1, by: 'us' }].map((entry) => engine.evaluate(entry).length > 0);
  };

  test.each([
    ['is joined to the rule it names', filter('rules: [failed], us: {by: us}, condition: not us'), [true, false]],
    ['also by its id', filter('rules: [r-1], us: {by: us}, condition: not us'), [true, false]],
    ['or to any', filter('rules: any, us: {by: us}, condition: not us'), [true, false]],
    ['as it is written', filter('rules: any, selection: {by: us}, condition: selection'), [false, true]],
  ])('%s', (_, text, expected) => {
    expect(matches(text)).toEqual(expected);
  });

  test('for another log source is left out', () => {
    expect(matches(filter('rules: any, us: {by: us}, condition: not us').replace('nirvana', 'windows'))).toEqual([
      true,
      true,
    ]);
  });

  test.each([
    ['any, another product', 'any', '{product: linux}', [true, true], []],
    ['any, another service', 'any', '{product: windows, service: system}', [true, true], []],
    ['any, what contains it', 'any', '{product: windows}', [true, false], []],
    ['any, what is in it', 'any', '{product: windows, category: logon, service: security}', [true, false], []],
    ['a rule, its own', '[r-9]', '{product: windows, service: security}', [true, false], []],
    [
      'a rule, another',
      '[r-9]',
      '{product: linux}',
      [true, true],
      ['1.yml:4:18: notice: the rule "r-9" is for another log source: not filtered'],
    ],
  ])('applies only to its log source: %s', (_, rules, source, expected, expectedProblems) => {
    const rule = ruleWith('sel: {a: 1}\ncondition: sel', 'r-9');
    const texts = [
      rule.replace('product: nirvana, service: audit', 'product: windows, service: security'),
      filter(`rules: ${rules}, us: {by: us}, condition: not us`).replace('{product: nirvana}', source),
    ];
    const files = texts.map((text, i) => ({ path: `${i}.yml`, text }));
    const { ruleSet, problems } = parseRules(files);
    const engine = compile(ruleSet);
    expect([{ a: 1 }, { a: 1, by: 'us' }].map((entry) => engine.evaluate(entry).length > 0)).toEqual(expected);
    expect(problems.map((problem) => problemText(problem))).toEqual(expectedProblems);
  });

  test.each([
    [
      'that names no rules',
      filter('us: {by: us}, condition: not us'),
      '12:9: error: the filter names no rules (list their ids or names under "rules:", or write "any")',
    ],
    [
      'that names an unknown one',
      filter('rules: [faled], us: {by: us}, condition: not us'),
      '12:18: error: unknown rule "faled" (did you mean "failed"?)',
    ],
    [
      'without a condition',
      filter('rules: any, us: {by: us}'),
      '12:9: error: there is no condition (such as "condition: selection")',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(`${FAILED}---\n${text}`)).toContain(`x.yml:${problem}`);
  });

  const OURS = 'rules: [c-1], us: {by: us}, condition: not us';

  test('of a correlation is joined to that, not to what it counts', () => {
    const { rules } = parsed(FAILED, correlation(MANY), filter(OURS)).ruleSet;
    const [detection] = parsed(FAILED).ruleSet.rules;
    expect(rules[0]).toEqual({ ...detection, alerts: false });
    const selection = 'us of the filter "But"';
    const leaf = { kind: 'leaf', selection, field: 'by', test: { op: 'equals', cased: false, values: ['us'] } };
    expect(rules[1]).toMatchObject({ id: 'c-1', filter: { kind: 'not', of: leaf } });
  });

  test('of a correlation counts in the meaning of that', () => {
    const versions = ['', filter(OURS), filter(OURS.replace('by: us', 'by: them')), filter(OURS).replace('But', 'And')];
    const [without, us, them, titled] = versions.map((text) => parsed(FAILED, correlation(MANY), text).ruleSet.version);
    expect(new Set([without, us, them]).size).toBe(3);
    expect(titled).toBe(us);
  });

  test('for any rule is not joined to correlations: they count what it leaves', () => {
    const text = filter('rules: any, us: {by: us}, condition: not us');
    expect(parsed(FAILED, correlation(MANY), text).ruleSet.rules[1]).not.toHaveProperty('filter');
  });

  test.each([
    ['of the log of what it counts', '{product: windows, service: security}', []],
    ['of another', '{product: linux}', ['x.yml:16:18: notice: the rule "c-2" is for another log source: not filtered']],
  ])('of a correlation of correlations, %s', (_, source, expected) => {
    const texts = [
      FAILED.replace('product: nirvana, service: audit', 'product: windows'),
      correlation(MANY),
      correlation(MANY.replace('failed', 'c-1')).replace('id: c-1', 'id: c-2'),
      filter(OURS.replace('c-1', 'c-2')).replace('{product: nirvana}', source),
    ];
    const text = texts.join('---\n');
    const { problems, ruleSet } = parseRules([{ path: 'x.yml', text }]);
    expect(problems.map((problem) => problemText(problem))).toEqual(
      expected.map((problem) => problem.replace('16:', '20:')),
    );
    expect(ruleSet.rules.map((rule) => 'filter' in rule)).toEqual([false, false, expected.length === 0]);
  });

  test('of a correlation that is invalid, or for another log source, has no further problem', () => {
    const problems = problemsOf([FAILED, correlation(MANY.replace('failed', 'faild')), filter(OURS)].join('---\n'));
    expect(problems).toEqual(['x.yml:11:42: error: unknown rule "faild" (did you mean "failed"?)']);
  });

  const searches = (count: number) => `{by|re: [${Array.from({ length: count }, (_, i) => `x${i}.*y`).join()}]}`;

  test.each([
    ['a detection', '[failed]', 'A rule'],
    ['a correlation', '[c-1]', 'Many'],
  ])('that makes %s too large is named', (_, target, title) => {
    const first = filter(`rules: ${target}, us: ${searches(20)}, condition: not us`);
    const second = filter(`rules: ${target}, us: ${searches(5)}, condition: not us`).replace('f-1', 'f-2');
    expect(problemsOf([FAILED, correlation(MANY), first, second].join('---\n'))).toEqual([
      `x.yml:19:5: error: with this filter, the rule "${title}" (rules/x.yml) is too large: "by" would be searched 25 ` +
        'times (25 for regular expressions); at most 24 are allowed (join plain alternatives as (one|other), or split the rule)',
    ]);
  });

  test('too many on the correlations of a chain are an error', () => {
    const texts = Array.from({ length: 13 }, (_, i) => {
      const rules = ['failed', ...Array.from({ length: i }, (_, n) => `c-${n + 1}`)];
      const body = `type: event_count, rules: [${rules}], timespan: 5m, condition: {gte: 2}`;
      const text = filter(OURS.replace('c-1', `c-${i + 1}`)).replace('f-1', `f-${i}`);
      return `${correlation(body).replace('id: c-1', `id: c-${i + 1}`)}---\n${text}`;
    });
    expect(problemsOf([FAILED, ...texts].join('---\n'))).toEqual([
      'x.yml:122:5: error: there are too many filters on correlations of correlations ' +
        '(filter fewer correlations of one chain, or their detections)',
    ]);
  });
});
