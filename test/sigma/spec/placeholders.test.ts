/** Placeholders: the modifier expand, and the lists of rules/lists/ (sigma-rules-specification.md, "Placeholders"). */
import { describe, expect, test } from 'vitest';
import { problemText } from '../../../src/yaml/diagnostics.ts';
import { document, examples, parse } from './examples.ts';

const LISTS = {
  'lists/servers.yml': `
Administrators: [ada, grace]
JumpServers: [jump-1]
Servers: ['srv*', 'db-?']
Ports: [22, 3389]
name: [value]
zones: [east, west]
`,
};

describe('expand', () => {
  examples(
    [
      {
        says: 'field: %name% handles %name% as literal value',
        selection: "{a: '%name%'}",
        yes: [{ a: '%name%' }],
        no: [{ a: 'value' }],
      },
      {
        says: 'field|expand: %name% handles %name% as placeholder',
        selection: "{a|expand: '%name%'}",
        yes: [{ a: 'value' }, { a: 'VALUE' }],
        no: [{ a: '%name%' }],
      },
      {
        says: String.raw`field|expand: \%plain%name% handles %plain as plain value and %name% as placeholder`,
        selection: String.raw`{a|expand: '\%plain%name%'}`,
        yes: [{ a: '%plainvalue' }],
        no: [{ a: '%plain%name%' }, { a: 'plainvalue' }],
      },
      {
        says: 'replacement with multiple or-linked values',
        selection: "{a|expand: '%Administrators%'}",
        yes: [{ a: 'ada' }, { a: 'Grace' }],
        no: [{ a: 'eve' }, { a: 'ada grace' }],
      },
      {
        says: 'replacement with patterns: %Servers% with srv*',
        selection: "{a|expand: '%Servers%'}",
        yes: [{ a: 'srv-12' }, { a: 'db-1' }],
        no: [{ a: 'web-1' }, { a: 'db-12' }],
      },
      {
        says: 'numbers',
        selection: "{port|expand: '%Ports%'}",
        yes: [{ port: 22 }, { port: '3389' }],
        no: [{ port: 80 }],
      },
      {
        says: 'within a value',
        selection: "{a|expand: 'user-%Administrators%@*'}",
        yes: [{ a: 'user-ada@example.com' }],
        no: [{ a: 'ada' }, { a: 'user-eve@example.com' }],
      },
      {
        says: 'several in one value: each with each',
        selection: "{a|expand: '%Administrators%-%zones%'}",
        yes: [{ a: 'ada-west' }, { a: 'grace-east' }],
        no: [{ a: 'ada-north' }, { a: 'ada-' }],
      },
      {
        says: 'with contains',
        selection: "{a|expand|contains: '%Administrators%'}",
        yes: [{ a: 'I am ada.' }],
        no: [{ a: 'I am eve.' }],
      },
      {
        says: 'with contains before it',
        selection: "{a|contains|expand: '%Administrators%'}",
        yes: [{ a: 'I am ada.' }],
        no: [{ a: 'I am eve.' }],
      },
      {
        says: 'with neq: none of them',
        selection: "{a|expand|neq: '%Administrators%'}",
        yes: [{ a: 'eve' }, {}],
        no: [{ a: 'grace' }],
      },
      {
        says: 'with all: one of each list',
        selection: "{a|expand|contains|all: ['%Administrators%', '%zones%']}",
        yes: [{ a: 'east, by ada' }],
        no: [{ a: 'by ada' }, { a: 'east' }],
      },
      {
        says: 'if the tool isn’t able to handle a placeholder, it must reject the rule',
        selection: "{a|expand: '%Administrator%'}",
        refused: 'did you mean %Administrators%?',
      },
    ],
    LISTS,
  );

  test('with cidr, ranges', () => {
    const text = document("s: {ip|expand|cidr: '%offices%'}\ncondition: s");
    const { problems } = parse(text, { 'lists/offices.yml': 'offices: [192.0.2.0/24, 10.0.0.0/8]' });
    expect(problems.map((problem) => problemText(problem))).toEqual([]);
  });

  test('without any list, the rule is rejected', () => {
    const { problems } = parse(document("s: {a|expand: '%Administrators%'}\ncondition: s"));
    expect(problems.map(({ severity }) => severity)).toEqual(['error']);
  });
});

describe('lists', () => {
  const USING = document("s: {a|expand: '%x%'}\ncondition: s");
  test.each([
    ['an unused one is reported', 'x: [1]\ny: [2]\n', 'notice', '"y"'],
    ['a file is a map of lists', '- x\n', 'error', 'map'],
    ['of texts and numbers', 'x: [{y: 1}]\n', 'error', 'x'],
    ['an empty one is reported', 'x: []\n', 'notice', 'is empty'],
  ])('%s', (_, text, severity, message) => {
    const { problems } = parse(USING, { 'lists/x.yml': text });
    const found = problems.filter((one) => one.severity === severity && one.path === 'lists/x.yml');
    expect(found.map((one) => one.message).join('\n')).toContain(message);
  });

  test('a name in two files is an error', () => {
    const { problems } = parse(USING, { 'lists/x.yml': 'x: [1]\n', 'lists/y.yml': 'x: [2]\n' });
    expect(problems.map(({ severity, path }) => [severity, path])).toEqual([['error', 'lists/y.yml']]);
  });
});
