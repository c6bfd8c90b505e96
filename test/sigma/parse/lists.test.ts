/** Placeholders, and the lists that stand for them. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { OPTIONS, ruleWith } from '../rules.ts';

const LISTS = `
Administrators: [root, 'adm_*', 4711]
JumpServers: jump-1
Networks: [10.0.0.0/8, '192.168.0.0/16']
Dots: ['a.c', 'x?z', 'y*']
Nobody: []
Limit: 400
Field: target.id
Dashes: ['-x']
`;

function read(selection: string, lists: Readonly<Record<string, string>> = { 'lists/ours.yml': LISTS }) {
  const rule = { path: 'x.yml', text: ruleWith(`sel: ${selection}\ncondition: sel`) };
  const { ruleSet, problems } = parseRules([rule], {
    ...OPTIONS,
    lists: Object.entries(lists).map(([path, text]) => ({ path, text })),
  });
  const used = problems.filter(({ message }) => !message.startsWith('no rule uses'));
  return { ruleSet, problems: used.map((problem) => problemText(problem)), all: problems };
}

describe('a placeholder', () => {
  test.each<[string, string, readonly EntryBody[], readonly EntryBody[]]>([
    [
      'is any of the values of its list, wildcards and numbers too',
      "{a|expand: '%Administrators%'}",
      [{ a: 'ROOT' }, { a: 'adm_ada' }, { a: 4711 }],
      [{ a: 'roots' }, { a: '%Administrators%' }],
    ],
    ['is one value', "{a|expand: '%JumpServers%'}", [{ a: 'Jump-1' }], [{ a: 'jump-2' }]],
    ['is part of a text', "{a|expand: 'u:%JumpServers%*'}", [{ a: 'u:jump-1.example' }], [{ a: 'jump-1' }]],
    [
      'several multiply',
      "{a|expand: '%JumpServers%/%Administrators%'}",
      [{ a: 'jump-1/root' }, { a: 'jump-1/adm_x' }],
      [{ a: 'jump-1' }],
    ],
    ['twice the same too', "{a|expand: '%Dashes%%Dashes%'}", [{ a: '-x-x' }], [{ a: '-x' }]],
    ['is one of several values', "{a|expand: [ada, '%JumpServers%']}", [{ a: 'ada' }, { a: 'jump-1' }], [{ a: 'x' }]],
    [
      'means any value, even if all of the list must match',
      "{a|expand|contains|all: ['%Administrators%', x]}",
      [{ a: 'x root' }, { a: 'x adm_' }],
      [{ a: 'root' }, { a: 'x' }],
    ],
    [
      'with contains, before or after it',
      "{a|contains|expand: '%JumpServers%', b|expand|contains: '%JumpServers%'}",
      [{ a: 'x jump-1', b: 'jump-1 x' }],
      [{ a: 'jump-2', b: 'jump-1' }],
    ],
    ['with Base64', "{a|expand|base64: '%JumpServers%'}", [{ a: 'anVtcC0x' }], [{ a: 'jump-1' }]],
    [
      'with dashes: those of the list after expand',
      "{a|expand|windash: '%Dashes%'}",
      [{ a: '/x' }, { a: '-x' }],
      [{ a: 'x' }],
    ],
    [
      'with dashes: those of the rule before it',
      "{a|windash|expand: '-y %Dashes%'}",
      [{ a: '/y -x' }],
      [{ a: '/y /x' }],
    ],
    ['with cidr', "{a|cidr|expand: '%Networks%'}", [{ a: '10.1.1.1' }, { a: '192.168.1.1' }], [{ a: '11.1.1.1' }]],
    ['with a number', "{a|gte|expand: '%Limit%'}", [{ a: 400 }], [{ a: 399 }]],
    ['with a field', "{a|fieldref|expand: '%Field%'}", [{ a: 1, target: { id: 1 } }], [{ a: 1 }]],
    ['with cased', "{a|expand|cased: '%JumpServers%'}", [{ a: 'jump-1' }], [{ a: 'JUMP-1' }]],
    ['with neq', "{a|expand|neq: '%Administrators%'}", [{ a: 'ada' }, {}], [{ a: 'root' }]],
    ['among keywords', "{'|expand': '%JumpServers%'}", [{ x: 'at jump-1' }], [{ x: 'jump-2' }]],
    [
      'in a regular expression, where the values are still text with wildcards',
      "{a|re|expand: '^(u|v):%Dots%$'}",
      [{ a: 'u:a.c' }, { a: 'v:xyz' }, { a: 'u:y.y\ny' }],
      [{ a: 'u:abc' }, { a: 'u:xz' }],
    ],
    [
      'of an empty list, in a regular expression',
      "{a|re|expand: '^x%Nobody%|z$'}",
      [{ a: 'z' }],
      [{ a: 'x' }, { a: '' }],
    ],
    ['without expand is text', "{a: '%JumpServers%'}", [{ a: '%jumpservers%' }], [{ a: 'jump-1' }]],
    [
      String.raw`\% is a percent sign`,
      String.raw`{a|expand: '\%plain%JumpServers%'}`,
      [{ a: '%plainjump-1' }],
      [{ a: 'jump-1' }],
    ],
    [
      'one percent sign alone is text',
      "{a|expand: ['100%', '%JumpServers%', '%%']}",
      [{ a: '100%' }, { a: '%%' }],
      [{ a: '100' }],
    ],
  ])('%s', (_, selection, yes, no) => {
    const { ruleSet, problems } = read(selection);
    expect(problems.filter((problem) => problem.includes('error'))).toEqual([]);
    const engine = compile(ruleSet);
    expect(yes.filter((entry) => engine.evaluate(entry).length === 0)).toEqual([]);
    expect(no.filter((entry) => engine.evaluate(entry).length > 0)).toEqual([]);
  });

  test('of an empty list never matches, which is reported at the list', () => {
    const { ruleSet, problems } = read("{a|expand: '%Nobody%'}");
    expect(problems).toEqual([
      'lists/ours.yml:6:9: notice: the list "Nobody" is empty: a comparison with it never matches',
    ]);
    expect(compile(ruleSet).evaluate({ a: '' })).toEqual([]);
  });

  const EMPTY_NOTICE = 'lists/ours.yml:6:9';
  test.each([
    [
      'a standard one that is not given',
      "{a|expand: '%Workstations%'}",
      '5:19: error: there is no list for the placeholder "%Workstations%" (write rules/lists/workstations.yml, with "Workstations: [value, value]")',
    ],
    [
      'a typo',
      "{a|expand: '%Adminstrators%'}",
      '5:19: error: there is no list for the placeholder "%Adminstrators%" (did you mean %Administrators%?)',
    ],
    [
      'percent signs without a placeholder',
      "{a|expand: '10% of 20%'}",
      '5:19: error: there is no list for the placeholder "% of 20%" (write \\% for a percent sign)',
    ],
    [
      'of text for a number',
      "{a|gte|expand: '%JumpServers%'}",
      '5:23: error: "gte" needs a number ("jump-1" is not a number)',
    ],
    [
      'of text for an address',
      "{a|cidr|expand: '%Administrators%'}",
      '5:24: error: not a range of IP addresses: root (such as 10.0.0.0/8 or fc00::/7)',
    ],
    [
      'of wildcards in Base64',
      "{a|expand|base64: '%Administrators%'}",
      '5:26: error: "base64" can\'t encode a wildcard (write \\* and \\? for the characters)',
    ],
    [
      'whether it exists',
      "{a|exists|expand: '%Limit%'}",
      '5:9: error: the modifiers "exists" and "expand" can\'t be combined',
    ],
    ['nowhere', '{a|expand: x}', '5:19: notice: "expand" without a placeholder (such as %name%)'],
    [
      'too many values',
      `{a|expand: '${'%Administrators%'.repeat(9)}'}`,
      '5:19: error: its placeholders expand this to more than 10000 values (use shorter lists, or fewer placeholders per value)',
    ],
  ])('%s', (_, selection, problem) => {
    const { problems } = read(selection);
    const trustedLine = problems.filter((found) => !found.startsWith(EMPTY_NOTICE));
    expect(trustedLine[0]).toBe(`x.yml:${problem}`);
  });
});

describe('a file of lists', () => {
  test.each([
    ['no map', '- a', '1:1: error: a file of lists must be a map of keys, not a list ("name: [value, value]")'],
    ['no YAML', 'a: [', '1:5: error: not valid YAML'],
    ['a map for a list', 'x: {a: 1}', '1:4: error: "x" must be a list of values, not a map'],
    ['a list in a list', 'x: [[1]]', '1:5: error: a value of a list must be text or a number, not a list'],
    ['nothing', 'x:', '1:3: error: a value of a list must be text or a number, not null (write [] for an empty list)'],
    ['null among values', 'x: [a, null]', '1:8: error: a value of a list must be text or a number, not null'],
    [
      'a name in percent signs',
      "'%x%': a",
      '1:1: error: "%x%" can\'t be the name of a list (remove the percent signs: x)',
    ],
    ['the same name twice', 'x: a\nx: b', '2:1: error: duplicate key "x" (first in line 1)'],
    ['a hostile name', '__proto__: a', '1:1: error: "__proto__" cannot be a key'],
    ['an unused list', 'y: a', '1:1: notice: no rule uses the list "y" (use it as %y% with "expand")'],
  ])('%s', (_, text, problem) => {
    const { all } = read('{a: 1}', { 'lists/l.yml': text });
    expect(all.map((found) => problemText(found)).join('\n')).toContain(`lists/l.yml:${problem}`);
  });

  test('the same name in two files', () => {
    const { all } = read("{a|expand: '%x%'}", { 'lists/a.yml': 'x: a', 'lists/b.yml': '\nx: b' });
    expect(all.map((found) => problemText(found))).toEqual([
      'lists/b.yml:2:1: error: duplicate list "x" (first in rules/lists/a.yml:1)',
    ]);
  });

  test('an invalid list is reported once, not again where it is used', () => {
    const { all } = read("{a|expand: '%x%'}", { 'lists/a.yml': 'x: [a, {b: c}]' });
    expect(all.map((found) => problemText(found))).toEqual([
      'lists/a.yml:1:8: error: a value of a list must be text or a number, not a map',
    ]);
  });

  test('the names of prototypes are names', () => {
    const { ruleSet } = read("{a|expand: '%constructor%'}", { 'lists/a.yml': 'constructor: x' });
    expect(compile(ruleSet).evaluate({ a: 'x' })).toHaveLength(1);
    expect(read("{a|expand: '%toString%'}", {}).problems[0]).toContain('there is no list for the placeholder');
  });

  test('problems are in the order of the files', () => {
    const lists = [
      { path: 'lists/b.yml', text: 'y: 1' },
      { path: 'lists/a.yml', text: 'z: 1' },
    ];
    const { problems } = parseRules([{ path: 'c.yml', text: ruleWith('sel: {a|oops: 1}\ncondition: sel') }], { lists });
    expect(problems.map(({ path }) => path)).toEqual(['lists/b.yml', 'lists/a.yml', 'c.yml']);
  });
});

describe('a rule that is not whole', () => {
  const NOT = ruleWith("sel: {a|expand: '%x%'}\ncondition: not sel");

  test.each(['x: {a: b}', 'x: [a, [b]]', 'x: [a, null]'])('is left out: with the list %s', (text) => {
    const lists = [{ path: 'lists/l.yml', text }];
    const { ruleSet, problems } = parseRules([{ path: 'x.yml', text: NOT }], { lists });
    expect(ruleSet.rules).toEqual([]);
    expect(problems.map(({ path, severity }) => `${path} ${severity}`)).toEqual(['lists/l.yml error']);
  });

  test('is left out: after the file is too large', () => {
    const many = Array.from({ length: 2_001 }, (_, i) => `x${i}`).join(', ');
    const large = ruleWith(`sel: {a|re: [${many}]}\ncondition: sel`);
    const { ruleSet, problems } = parseRules([
      { path: 'x.yml', text: `${large}\n---\n${ruleWith('sel: {a: x}\ncondition: not sel', 'r-2')}` },
    ]);
    expect(ruleSet.rules).toEqual([]);
    expect(problems.filter(({ severity }) => severity === 'error')).toHaveLength(1);
  });
});
