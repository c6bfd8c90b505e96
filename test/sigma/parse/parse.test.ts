/** The problems of rule files: file, line, column, message, hint. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parsed, problemsOf, ruleWith } from '../rules.ts';

/** A sound rule, one part of it written otherwise. */
function rule(part: { readonly head?: string; readonly logsource?: string; readonly detection?: string } = {}): string {
  const { head = 'level: high', logsource = '{product: nirvana, service: audit}', detection = 'sel: {a: 1}' } = part;
  return `title: A rule\n${head}\nlogsource: ${logsource}\ndetection:\n  ${detection}\n  condition: sel\n`;
}

describe('a sound rule', () => {
  test('has no problems, and all it says is kept', () => {
    const { ruleSet, problems } = parsed(`
title: A rule
id: 8e1e3f1c-5f0a-4a9a-9d8e-2f4d3c0f9a11
name: a_rule
status: test
description: What it is about
author: Somebody
references: [https://example.com]
tags: [attack.impact]
falsepositives: Maintenance
fields: [actor.id]
level: critical
custom: anything
logsource: {product: nirvana, service: audit}
detection:
    sel: {a: 1}
    condition: sel
tocsin:
    runbook: Do this
    dedup: {by: actor.id, period: 2h, reopen: 1d}
`);
    expect(problems).toEqual([]);
    expect(ruleSet.rules).toEqual([
      {
        kind: 'detection',
        id: '8e1e3f1c-5f0a-4a9a-9d8e-2f4d3c0f9a11',
        name: 'a_rule',
        title: 'A rule',
        level: 'critical',
        status: 'test',
        description: 'What it is about',
        author: 'Somebody',
        references: ['https://example.com'],
        noise: null,
        tags: ['attack.impact'],
        falsepositives: ['Maintenance'],
        fields: ['actor.id'],
        path: '0.yml',
        alerts: true,
        tocsin: { runbook: 'Do this', dedupBy: ['actor.id'], dedupPeriodMs: 7_200_000, dedupReopenMs: 86_400_000 },
        expression: {
          kind: 'leaf',
          selection: 'sel',
          field: 'a',
          test: { op: 'equals', values: ['1'], cased: false },
        },
      },
    ]);
  });

  test('without an id is known by its file and place', () => {
    expect(parsed(`${rule()}---\n${rule()}`).ruleSet.rules.map(({ id }) => id)).toEqual(['0.yml#1', '0.yml#2']);
  });

  test('without a level is of medium level', () => {
    expect(parsed(rule({ head: 'status: test' })).ruleSet.rules[0]?.level).toBe('medium');
  });
});

describe('the problems of a document', () => {
  test.each([
    [
      'a misspelled key',
      rule({ head: 'levle: high' }),
      '2:1: error: the key "levle" looks like a typo (did you mean "level"?)',
    ],
    [
      'a key in the wrong case',
      rule({ head: 'Level: high' }),
      '2:1: error: the key "Level" looks like a typo (did you mean "level"?)',
    ],
    [
      'an unknown level',
      rule({ head: 'level: hihg' }),
      '2:8: error: "hihg" is not a valid level (did you mean "high"?)',
    ],
    ['a number for a text', rule({ head: 'id: 12' }), '2:5: error: "id" must be text, not a number (put it in quotes)'],
    [
      'a map among tags',
      rule({ head: 'tags: [a.b, {c: d}]' }),
      '2:13: error: "tags" must be a list of texts, not a map (put it in quotes)',
    ],
    ['a key twice', rule({ head: 'id: a\nid: b' }), '3:1: error: duplicate key "id" (first in line 2)'],
    ['a key of hostile name', rule({ head: '__proto__: {a: b}' }), '2:1: error: "__proto__" cannot be a key'],
    [
      'a merge key',
      rule({ head: '<<: {a: b}' }),
      '2:1: error: merge keys ("<<") are not part of YAML 1.2 (repeat the keys)',
    ],
    [
      'an alias of nothing',
      rule({ head: 'id: *x' }),
      '2:5: error: this alias has no anchor before it (a text that begins with "*" needs quotes)',
    ],
    [
      'our own key misspelled',
      rule({ head: 'tocsin: {runbok: x}' }),
      '2:10: error: unknown key "runbok" (did you mean "runbook"?)',
    ],
    [
      'an invalid period',
      rule({ head: 'tocsin: {dedup: {period: 5w}}' }),
      '2:26: error: "period" must be a duration (a number and one of s, m, h, d: 90s, 5m, 24h, 7d)',
    ],
    [
      'an invalid distance',
      rule({ head: 'tocsin: {dedup: {reopen: soon}}' }),
      '2:26: error: "reopen" must be a duration (a number and one of s, m, h, d: 90s, 5m, 24h, 7d)',
    ],
    [
      'no title',
      rule().replace('title: A rule\n', ''),
      '1:1: error: the document has no title (say what it finds, such as "title: Machine deleted")',
    ],
    [
      'nothing for a title',
      rule().replace('A rule', ''),
      '1:8: error: the title is empty (say what it finds, such as "title: Machine deleted")',
    ],
    [
      'an empty title',
      rule().replace('A rule', "' '"),
      '1:8: error: the title is empty (say what it finds, such as "title: Machine deleted")',
    ],
    [
      'no rule at all',
      'title: x\n',
      '1:1: error: the document is not a rule (it needs a "detection", a "correlation" or a "filter")',
    ],
    ['a list for a rule', '- a\n', '1:1: error: a rule must be a map of keys, not a list (it begins with "title:")'],
    [
      'no logsource',
      rule().replace(/logsource.*\n/, ''),
      '1:1: error: the rule has no logsource (the log here is {product: nirvana, service: audit})',
    ],
    [
      'an empty logsource',
      rule({ logsource: '{}' }),
      '3:12: error: the logsource has no category, product or service (the log here is {product: nirvana, service: audit})',
    ],
    [
      'our product misspelled',
      rule({ logsource: '{product: nirvanna}' }),
      '3:12: error: the product "nirvanna" looks like a typo (did you mean "nirvana"?)',
    ],
    [
      'our service misspelled',
      rule({ logsource: '{product: nirvana, service: audits}' }),
      '3:12: error: nirvana has no log of the service "audits" (the log here is {product: nirvana, service: audit})',
    ],
    [
      'another log source',
      rule({ logsource: '{category: webserver}' }),
      '3:1: notice: skipped: this rule is for another log source (the log here is {product: nirvana, service: audit})',
    ],
    [
      'our product, with a category',
      rule({ logsource: '{product: nirvana, category: x}' }),
      '3:12: error: nirvana has no log of the category "x" (the log here is {product: nirvana, service: audit})',
    ],
    [
      'a misspelled key of the log source',
      rule({ logsource: '{prodct: nirvana, service: audit}' }),
      '3:13: error: the key "prodct" looks like a typo (did you mean "product"?)',
    ],
    [
      'a misspelled detection',
      rule().replace('detection:', 'detecton:'),
      '4:1: error: the key "detecton" looks like a typo (did you mean "detection"?)',
    ],
    [
      'a misspelled key that nothing is decided by',
      rule({ head: 'refrences: [x]' }),
      '2:1: warning: the key "refrences" looks like a typo (did you mean "references"?)',
    ],
    [
      'a sentence with a colon',
      rule({ head: 'falsepositives: [Legitimate: admins]' }),
      '2:18: notice: "falsepositives" must be a list of texts, not a map (put it in quotes)',
    ],
    [
      'a detection that is text',
      'title: x\nlogsource: {product: nirvana}\ndetection: x\n',
      '3:12: error: "detection" must be a map, not text',
    ],
    [
      'two rules in one document',
      `${rule()}correlation: {}\n`,
      '1:1: error: a document can\'t have both a detection and a correlation (separate them with "---")',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemsOf(text)).toContain(`x.yml:${problem}`);
  });

  test('product nirvana alone is accepted', () => {
    expect(problemsOf(rule({ logsource: '{product: nirvana}' }))).toEqual([]);
  });

  test('all problems of all documents are reported at once, in order', () => {
    const problems = problemsOf(
      `${rule({ head: 'level: x', detection: 'sel: {a|x: 1}' })}---\n${rule({ head: 'levle: x' })}`,
    );
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['x.yml:2:8:', 'x.yml:5:9:', 'x.yml:9:1:']);
  });
});

describe('the problems of a selection', () => {
  test.each([
    [
      'a misspelled modifier',
      'sel: {a|contians: x}',
      '5:9: error: unknown modifier "contians" (did you mean "contains"?)',
    ],
    ['a modifier without a name', 'sel: {a|: x}', '5:9: error: unknown modifier "" (write a modifier after each "|")'],
    ['a flag without re', 'sel: {a|i: x}', '5:9: error: the modifier "i" must follow "re" (write …|re|i)'],
    ['all of one', 'sel: {a|contains|all: x}', '5:25: notice: "all" needs a list of several values (remove "all")'],
    ['an empty list', 'sel: {a: []}', '5:12: error: an empty list never matches'],
    [
      'a map for a value',
      'sel: {a: {b: 1}}',
      '5:12: error: a field is compared with a value or a list of values, not a map (write "a.b" for b in a)',
    ],
    ['a list in a list', 'sel: {a: [[1]]}', '5:13: error: a value must be text or a number, not a list'],
    ['null in a list', 'sel: {a: [1, null]}', '5:16: notice: Sigma has no null in lists (use a selection of its own)'],
    ['contains null', 'sel: {a|contains: null}', '5:21: error: "contains" needs text, not null'],
    [
      'contains nothing',
      'sel: {a|contains: ""}',
      '5:21: notice: every text contains an empty text (write "exists: true" to test for the field)',
    ],
    ['a number in quotes', 'sel: {a|gte: "4"}', '5:16: error: "gte" needs a number ("4" is text: remove the quotes?)'],
    [
      'a number in quotes of more digits than JavaScript holds',
      "sel: {a|gte: '9007199254740993'}",
      '5:16: error: "gte" needs a number ("9007199254740993" is text: remove the quotes?)',
    ],
    [
      'more than all numbers',
      'sel: {a|gt: 1e400}',
      '5:15: error: 1e400 is beyond the largest number, 1.7976931348623157e+308 (no number is greater: remove it, or write a number within these limits)',
    ],
    [
      'less than more than all numbers',
      'sel: {a|lte: 1e400}',
      '5:16: error: 1e400 is beyond the largest number, 1.7976931348623157e+308 (every number is less: remove it, or write a number within these limits)',
    ],
    [
      'less than all numbers',
      'sel: {a|lt: -1e400}',
      '5:15: error: -1e400 is beyond the least number, -1.7976931348623157e+308 (no number is less: remove it, or write a number within these limits)',
    ],
    [
      'more than less than all numbers',
      'sel: {a|gte: -.inf}',
      '5:16: error: -.inf is beyond the least number, -1.7976931348623157e+308 (every number is greater: remove it, or write a number within these limits)',
    ],
    ['more than no number', 'sel: {a|gt: .nan}', '5:15: error: "gt" needs a number (".nan" is not a number)'],
    [
      'a number as YAML 1.1 had it',
      'sel: {a|gt: 1_000}',
      '5:15: error: "gt" needs a number ("1_000" is text in YAML 1.2: write 1000)',
    ],
    [
      'more digits than a number has',
      `sel: {a|gt: 0.${'0'.repeat(400)}1}`,
      `5:15: error: "gt" needs a number ("0.${'0'.repeat(78)}…" is not a number)`,
    ],
    ['exists of a text', 'sel: {a|exists: "true"}', '5:19: error: "exists" needs true or false (remove the quotes)'],
    [
      'exists of what YAML once took for true',
      'sel: {a|exists: yes}',
      '5:19: error: "exists" needs true or false ("yes" is text in YAML 1.2: write true or false)',
    ],
    [
      'a number that is not compared as it is written',
      'sel: {a|contains: 1.10}',
      '5:21: warning: the number 1.10 is compared as 1.1 (put it in quotes)',
    ],
    ['a value of a page', `sel: {a: ${'x'.repeat(70_000)}}`, '5:12: error: the value is longer than 65536 characters'],
    ['exists of a list', 'sel: {a|exists: [true]}', '5:19: error: "exists" takes one value (true or false)'],
    [
      'exists of a keyword',
      "sel: {'|exists': true}",
      '5:9: error: "exists" needs a field, and a keyword has none (write the field before the "|")',
    ],
    [
      'a broken range',
      'sel: {a|cidr: 10.*}',
      '5:17: error: not a range of IP addresses: 10.* (such as 10.0.0.0/8 or fc00::/7)',
    ],
    [
      'a range with too many bits',
      'sel: {a|cidr: 10.1.2.3/8}',
      '5:17: error: the range 10.1.2.3/8 has bits set beyond its length (did you mean 10.0.0.0/8?)',
    ],
    [
      'an empty selection',
      'sel: {}',
      '5:8: error: the selection "sel" is empty (it needs fields, or a list of keywords)',
    ],
    [
      'nothing for a selection',
      'sel:',
      '5:7: error: the selection "sel" is empty (it needs fields, or a list of keywords)',
    ],
    [
      'an unused selection',
      'sel: {a: 1}\n  other: {a: 1}',
      '6:3: warning: the selection "other" is not used (name it in the condition, or remove it)',
    ],
    [
      'a timeframe',
      'sel: {a: 1}\n  timeframe: 5m',
      '6:3: notice: "timeframe" is not part of Sigma 2 (write a correlation rule with a timespan)',
    ],
  ])('%s', (_, detection, problem) => {
    expect(problemsOf(rule({ detection }))).toEqual([`x.yml:${problem}`]);
  });

  test.each([
    ['a broken one', "'('"],
    ['one that needs more than linear time', String.raw`'(a)\1'`],
    ['one of a page', 'x'.repeat(70_000)],
  ])('a regular expression outside the syntax: %s', (_, source) => {
    const problems = problemsOf(rule({ detection: `sel: {a|re: ${source}}` }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('x.yml:5:15: error: not a valid RE2 regular expression: ');
  });

  test('those of the values are reported beside those of the key', () => {
    const problems = problemsOf(rule({ detection: 'sel: {a|contians: [[1]], b|oops: {c: 1}, d: []}' }));
    expect(problems.map((problem) => problem.split(' (')[0])).toEqual([
      'x.yml:5:9: error: unknown modifier "contians"',
      'x.yml:5:22: error: a value must be text or a number, not a list',
      'x.yml:5:28: error: unknown modifier "oops"',
      'x.yml:5:36: error: a field is compared with a value or a list of values, not a map',
      'x.yml:5:47: error: an empty list never matches',
    ]);
  });

  test.each([['generated: 2024-01-01'], ['filters: x'], ['generates: x'], ['correlations: []']])(
    'a custom key near one of another kind of document is not a typo: %s',
    (head) => {
      expect(problemsOf(rule({ head }))).toEqual([]);
    },
  );

  test('a comment without a space before it is read as a comment, with a notice', () => {
    const text = `${ruleWith('sel:\n  a:\n    - "x"# not y\n    - z\ncondition: sel')}tags: [a]#, b\n`;
    expect(problemsOf(text)).toEqual([
      'x.yml:7:12: notice: a comment begins here (add a space before "#")',
      'x.yml:10:10: notice: a comment begins here (add a space before "#")',
    ]);
    const engine = compile(parsed(text).ruleSet);
    expect(['x', 'z', 'x# not y'].map((a) => engine.evaluate({ a }).length)).toEqual([1, 1, 0]);
  });

  test('one mistake in the YAML is reported once', () => {
    expect(problemsOf('title: a\nid: x\n  level: high\n lo: [a, b\nlogsource: {product: nirvana\n')).toEqual([
      'x.yml:2:5: error: not valid YAML: Nested mappings are not allowed in compact mappings ' +
        '(check the indentation and the colons on this line)',
    ]);
  });

  test('a misspelled condition', () => {
    const text = 'title: x\nlogsource: {product: nirvana}\ndetection: {sel: {a: 1}, conditon: sell}\n';
    expect(problemsOf(text)).toEqual([
      'x.yml:3:26: error: the key "conditon" looks like a typo (did you mean "condition"?)',
      'x.yml:3:36: error: unknown selection "sell" (did you mean "sel"?)',
    ]);
  });

  test('misspelled rules of a filter', () => {
    const text = 'title: x\nlogsource: {product: nirvana}\nfilter: {rule: any, sel: {a: 1}, condition: not sel}\n';
    expect(problemsOf(text)).toEqual([
      'x.yml:3:9: error: the filter names no rules (list their ids or names under "rules:", or write "any")',
      'x.yml:3:10: error: the key "rule" looks like a typo (did you mean "rules"?)',
    ]);
  });

  test('no condition', () => {
    const problems = problemsOf('title: x\nlogsource: {product: nirvana}\ndetection: {sel: {a: 1}}\n');
    expect(problems).toEqual(['x.yml:3:12: error: there is no condition (such as "condition: selection")']);
  });
});

describe('a rule’s own tests', () => {
  test('are kept apart from the rules, in the shape of the log', () => {
    const { ruleSet, tests } = parsed(`${ruleWith('sel: {a: 1}\ncondition: sel')}
tocsin:
  tests:
    - {name: it matches, entry: {a: 1, b: {c: [true, null]}}, match: true}
`);
    expect(JSON.stringify(ruleSet)).not.toContain('it matches');
    expect(tests).toEqual([
      {
        kind: 'detection',
        rule: 'r-1',
        isShipped: true,
        name: 'it matches',
        path: '0.yml',
        place: { line: 10, column: 7 },
        match: true,
        expect: null,
        entries: [{ body: { a: 1, b: { c: [true, null] } }, at: Date.parse('2026-01-05T12:00:00Z') }],
      },
    ]);
  });

  test.each([
    ['tests: x', '8:17: error: "tests" must be a list, not text'],
    ['tests: [x]', '8:18: error: a test must be a map, not text (such as {name: …, entry: {…}, match: true})'],
    ['tests: [{name: x, match: true}]', '8:18: error: the test has no "entry"'],
    [
      'tests: [{name: x, entry: {}}]',
      '8:18: error: the test has no "match" (write "match: true", "match: false", or "expect:" and a list of alerts)',
    ],
    ['tests: [{name: x, entry: {}, match: yes}]', '8:46: error: "match" must be true or false, not text'],
    [
      'tests: [{name: x, entry: {}, entries: [{}], match: true}]',
      '8:28: error: the test has both "entry" and "entries" (remove one of them)',
    ],
  ])('%s', (tests, problem) => {
    const text = `${ruleWith('sel: {a: 1}\ncondition: sel')}\ntocsin: {${tests}}\n`;
    expect(problemsOf(text)).toContain(`x.yml:${problem}`);
  });
});
