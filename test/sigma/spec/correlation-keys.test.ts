/** What a correlation is made of, sentence by sentence (sigma-correlation-rules-specification.md, "Components"). */
import { describe, expect, test } from 'vitest';
import { compile, createSequence } from '../../../src/sigma/index.ts';
import { document, errorsOf, parse } from './examples.ts';
import { ABC, correlation, play, sequences } from './sequences.ts';

const A = { is: 'a' };
const B = { is: 'b' };
const COUNT = 'type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}';

describe('type', () => {
  sequences([
    { says: 'type: mandatory', correlation: COUNT.replace('type: event_count\n', ''), refused: 'no type' },
    {
      says: 'type: one of the allowed values',
      correlation: COUNT.replace('event_count', 'event-count'),
      refused: 'did you mean "event_count"?',
    },
  ]);
});

describe('rules', () => {
  sequences([
    { says: 'rules: mandatory', correlation: COUNT.replace('rules: [a]\n', ''), refused: 'refers to no rules' },
    {
      says: 'rules: by name',
      correlation: COUNT,
      steps: [
        [0, A],
        [1, A, 2],
      ],
    },
    {
      says: 'rules: by id',
      correlation: COUNT.replace('[a]', '[id-of-a]'),
      steps: [
        [0, A],
        [1, A, 2],
      ],
    },
    {
      says: 'rules: one by its id and its name is one',
      correlation: 'type: temporal\nrules: [a, id-of-a, b]\ntimespan: 10s',
      refused: 'counts only once',
    },
    { says: 'rules: that are there', correlation: COUNT.replace('[a]', '[none]'), refused: 'unknown rule "none"' },
    { says: 'rules: not itself', correlation: COUNT.replace('[a]', '[it]'), refused: 'refers to itself' },
    {
      says: 'rules: not each other',
      correlation: COUNT.replace('[a]', '[other]'),
      beside: [correlation(COUNT.replace('[a]', '[it]'), 'other')],
      refused: 'cycle',
    },
    {
      says: 'rules: correlations too, chained: their matches are counted',
      correlation: 'type: event_count\nrules: [bursts]\ntimespan: 1h\ncondition: {gte: 2}',
      beside: [correlation(`${COUNT}\ngroup-by: [user]`, 'bursts')],
      steps: [
        [0, { is: 'a', user: 'ada' }],
        [1, { is: 'a', user: 'ada' }],
        [2, { is: 'a', user: 'eve' }],
        [3, { is: 'a', user: 'eve' }, 2],
      ],
    },
    {
      says: 'rules: a chain of three',
      correlation: 'type: temporal\nrules: [bursts_of_bursts, b]\ntimespan: 1h',
      beside: [
        correlation('type: event_count\nrules: [bursts]\ntimespan: 1h\ncondition: {gte: 2}', 'bursts_of_bursts'),
        correlation(COUNT, 'bursts'),
      ],
      steps: [
        [0, A],
        [1, A],
        [2, A],
        [3, B, 2],
      ],
    },
    {
      says: 'rules: a correlation and one of its own rules',
      correlation: 'type: temporal_ordered\nrules: [bursts, a]\ntimespan: 1h',
      beside: [correlation(COUNT, 'bursts')],
      steps: [
        [0, A],
        [1, A, 2],
      ],
    },
  ]);
});

describe('group-by', () => {
  const by = (fields: string) => COUNT.replace('timespan', `group-by: ${fields}\ntimespan`);
  sequences([
    {
      says: 'count events by user',
      correlation: by('[user]'),
      steps: [
        [0, { is: 'a', user: 'ada' }],
        [1, { is: 'a', user: 'eve' }],
        [2, { is: 'a', user: 'eve' }, 2],
      ],
    },
    {
      says: 'multiple fields are linked by an AND',
      correlation: by('[TargetUserName, TargetDomainName]'),
      steps: [
        [0, { is: 'a', TargetUserName: 'ada', TargetDomainName: 'x' }],
        [1, { is: 'a', TargetUserName: 'ada', TargetDomainName: 'y' }],
        [2, { is: 'a', TargetUserName: 'eve', TargetDomainName: 'x' }],
        [3, { is: 'a', TargetUserName: 'ada', TargetDomainName: 'y' }, 2],
      ],
    },
    {
      says: 'an event without one of the fields is in no group',
      correlation: by('[user]'),
      steps: [
        [0, A],
        [1, A],
        [2, { is: 'a', user: null }],
        [3, { is: 'a', user: null }],
        [4, { is: 'a', user: '' }],
        [5, { is: 'a', user: '' }, 2],
      ],
    },
    {
      says: 'optionally: without it, all events are one group',
      correlation: COUNT,
      steps: [
        [0, { is: 'a', user: 'ada' }],
        [1, { is: 'a', user: 'eve' }, 2],
      ],
    },
    {
      says: 'a field inside another',
      correlation: by('[actor.id]'),
      steps: [
        [0, { is: 'a', actor: { id: 1 } }],
        [1, { is: 'a', actor: { id: 2 } }],
        [2, { is: 'a', actor: { id: 1 } }, 2],
      ],
    },
    {
      says: 'even if a rule groups by another field, the correlation only uses its own',
      correlation: 'type: temporal_ordered\nrules: [bursts, b]\ngroup-by: [user]\ntimespan: 1h',
      beside: [correlation(by('[host]'), 'bursts')],
      steps: [
        [0, { is: 'a', host: 'h', user: 'ada' }],
        [1, { is: 'a', host: 'h', user: 'eve' }],
        [2, { is: 'b', host: 'other', user: 'ada' }],
        [3, { is: 'b', host: 'other', user: 'eve' }, 2],
      ],
    },
  ]);
});

describe('timespan', () => {
  const within = (timespan: string) => COUNT.replace('10s', timespan);
  const HOUR = 3_600;
  sequences([
    {
      says: 'Xs seconds',
      correlation: within('10s'),
      steps: [
        [0, A],
        [10, A],
        [19, A, 2],
      ],
    },
    {
      says: 'Xm minutes',
      correlation: within('2m'),
      steps: [
        [0, A],
        [120, A],
        [239, A, 2],
      ],
    },
    {
      says: 'Xh hours',
      correlation: within('3h'),
      steps: [
        [0, A],
        [3 * HOUR, A],
        [6 * HOUR - 1, A, 2],
      ],
    },
    {
      says: 'Xd days',
      correlation: within('2d'),
      steps: [
        [0, A],
        [48 * HOUR, A],
        [96 * HOUR - 1, A, 2],
      ],
    },
    {
      says: '1h30 is 90m',
      correlation: within('90m'),
      steps: [
        [0, A],
        [90 * 60, A],
        [180 * 60 - 1, A, 2],
      ],
    },
    { says: 'and not 1h30', correlation: within('1h30'), refused: 'timespan' },
    { says: 'the letter in lowercase', correlation: within('5D'), refused: 'timespan' },
    { says: 'a letter', correlation: within('"300"'), refused: 'timespan' },
    { says: 'more than nothing', correlation: within('0s'), refused: 'timespan' },
  ]);
});

describe('condition', () => {
  const when = (condition: string) => COUNT.replace('{gte: 2}', condition);
  sequences([
    {
      says: 'gt: greater than the given value',
      correlation: when('{gt: 1}'),
      steps: [
        [0, A],
        [1, A, 2],
      ],
    },
    {
      says: 'gte: greater than or equal the given value',
      correlation: when('{gte: 2}'),
      steps: [
        [0, A],
        [1, A, 2],
        [2, A, 3],
      ],
    },
    {
      says: 'lt: lesser than the given value',
      correlation: when('{lt: 3}'),
      steps: [
        [0, A, 1],
        [1, A, 2],
        [2, A],
      ],
    },
    {
      says: 'lte: lesser than or equal the given value',
      correlation: when('{lte: 1}'),
      steps: [
        [0, A, 1],
        [1, A],
      ],
    },
    {
      says: 'eq: equal the given value',
      correlation: when('{eq: 2}'),
      steps: [
        [0, A],
        [1, A, 2],
        [2, A],
      ],
    },
    {
      says: 'neq: different from the given value',
      correlation: when('{neq: 2}'),
      steps: [
        [0, A, 1],
        [1, A],
        [2, A, 3],
      ],
    },
    {
      says: 'a range is the conjunction in the mapping',
      correlation: when('{gt: 1, lte: 3}'),
      steps: [
        [0, A],
        [1, A, 2],
        [2, A, 3],
        [3, A],
      ],
    },
    { says: 'an unknown criterion', correlation: when('{get: 2}'), refused: 'did you mean "gte"?' },
    { says: 'at least one criterion', correlation: when('{}'), refused: 'condition' },
    { says: 'of a number', correlation: when('{gte: two}'), refused: 'gte' },
  ]);
});

describe('aliases', () => {
  const connection = (is: string, source: string, destination: string) => ({
    is,
    source: { ip: source },
    destination: { ip: destination },
  });
  const ALIASES = `
    type: temporal
    rules: [a, b]
    group-by: [internal_ip, remote_ip]
    timespan: 10s
    aliases:
      internal_ip: {a: destination.ip, b: source.ip}
      remote_ip: {a: source.ip, b: destination.ip}`;
  sequences([
    {
      says: 'the correlation only matches if the events appear with the same address in the respective fields',
      correlation: ALIASES,
      steps: [
        [0, connection('a', 'remote', 'internal')],
        [1, connection('b', 'remote', 'internal')],
        [2, connection('b', 'internal', 'other')],
        [3, connection('b', 'internal', 'remote'), 2],
      ],
    },
    {
      says: 'the fields need not appear in the Sigma rules, but in the events',
      correlation: ALIASES,
      steps: [
        [0, { is: 'a' }],
        [1, { is: 'b' }],
        [2, connection('a', 'r', 'i')],
        [3, connection('b', 'i', 'r'), 2],
      ],
    },
    {
      says: 'an event that satisfies two rules is in the group of each',
      correlation: COUNT.replace('[a]', '[a, b]\ngroup-by: [who]\naliases: {who: {a: x, b: y}}'),
      steps: [
        [0, { is: 'ab', x: 'ada', y: 'eve' }],
        [1, { is: 'a', x: 'eve' }, 2],
        [2, { is: 'b', y: 'ada' }, 2],
      ],
    },
    {
      says: 'the field of a condition may be an alias too',
      correlation:
        'type: value_count\nrules: [a, b]\ntimespan: 10s\ncondition: {field: who, gte: 2}\naliases: {who: {a: x, b: y}}',
      steps: [
        [0, { is: 'a', x: 'ada' }],
        [1, { is: 'b', y: 'ada', x: 'eve' }],
        [2, { is: 'b', y: 'eve' }, 2],
      ],
    },
    {
      says: 'for a rule that is there',
      correlation: COUNT.replace('timespan', 'group-by: [who]\naliases: {who: {none: x}}\ntimespan'),
      refused: 'unknown rule "none"',
    },
  ]);
});

test('an unknown rule is reported once, not by its aliases too', () => {
  const body = COUNT.replace('[a]', '[none]\ngroup-by: [who]\naliases: {who: {none: x}}');
  expect(errorsOf([...ABC, correlation(body)].join('---\n'))).toEqual([
    'x.yml:29:11: error: unknown rule "none" (use the id or name of a rule)',
  ]);
});

describe('windows', () => {
  const text = (body: string) => [...ABC, correlation(body)].join('---\n');

  test('an event that comes late completes the windows it falls into; the match is dated at the window’s end', () => {
    const fired = play(text(COUNT.replace('{gte: 2}', '{gte: 3}')), [
      [0, A],
      [8, A],
      [4, A],
    ]);
    expect(fired).toEqual([[], [], [{ value: 3, seconds: 8, group: '' }]]);
  });

  test('each group matches by itself and is in the match', () => {
    const fired = play(text(`${COUNT}\ngroup-by: [user, ip]`), [
      [0, { is: 'a', user: 'ada', ip: 1 }],
      [1, { is: 'a', user: 'ada', ip: 1 }],
    ]);
    expect(fired).toEqual([[], [{ value: 2, seconds: 1, group: 'ada/1' }]]);
  });
});

describe('evidence', () => {
  const sequence = () =>
    createSequence(compile(parse([...ABC, correlation(`${COUNT}\ngroup-by: [user]`)].join('---\n')).ruleSet));
  const ada = { is: 'so a', user: 'ada' };

  test('a match says which selection matched on which field and value', () => {
    expect(
      sequence()
        .add(ada, 0)
        .matches.map(({ rule, evidence }) => [rule.name, evidence]),
    ).toEqual([['a', [{ selection: 'selection', field: 'is', value: 'so a' }]]]);
  });

  test('a correlation says of whom, what the number was, when what it counted happened, and why the last of it', () => {
    const { add: see } = sequence();
    see(ada, 1_000);
    see({ is: 'a', user: 'eve' }, 2_000);
    const [correlationMatch] = see(ada, 3_000).correlationMatches;
    expect(correlationMatch?.group).toEqual([{ field: 'user', value: 'ada' }]);
    expect(correlationMatch?.window).toEqual({ at: 3_000, value: 2, times: [1_000, 3_000] });
    expect(correlationMatch?.evidence).toEqual([{ selection: 'selection', field: 'is', value: 'so a' }]);
  });
});

describe('generate', () => {
  const alerting = (text: string) =>
    parse(text)
      .ruleSet.rules.filter(({ alerts }) => alerts)
      .map(({ name }) => name);

  test.each([
    ['by default only the correlation', correlation(COUNT), ['it']],
    ['true, under correlation: the rules too', correlation(`${COUNT}\ngenerate: true`), ['a', 'it']],
    ['true, at the root: the same', correlation(COUNT, 'it', 'generate: true\n'), ['a', 'it']],
    ['false', correlation(`${COUNT}\ngenerate: false`), ['it']],
  ])('%s', (_, text, names) => {
    expect(alerting(`${ABC[0]}---\n${text}`)).toEqual(names);
  });

  test('of a chain, the outermost alerts', () => {
    const outer = correlation('type: temporal\nrules: [inner, b]\ntimespan: 1h');
    expect(alerting([...ABC.slice(0, 2), correlation(COUNT, 'inner'), outer].join('---\n'))).toEqual(['it']);
  });
});

describe('what else it may have', () => {
  test.each([
    ['id', 'id: 0e95725d-7320-415d-80f7-004da920fc11\n'],
    ['status', 'status: test\n'],
    ['description, author, references', 'description: x\nauthor: y\nreferences: [z]\n'],
    ['date and modified', 'date: 2025-01-31\nmodified: 2025-02-28\n'],
    ['taxonomy', 'taxonomy: sigma\n'],
    ['falsepositives', 'falsepositives: [x]\n'],
    ['level', 'level: critical\n'],
  ])('%s', (_, head) => {
    expect(errorsOf([...ABC, correlation(COUNT, 'it', head)].join('---\n'))).toEqual([]);
  });

  test.each([
    ['title: mandatory', correlation(COUNT).replace('title: A correlation\n', ''), 'no title'],
    ['level: one of five', correlation(COUNT, 'it', 'level: severe\n'), 'is not a valid level'],
    ['an unknown key', correlation(`${COUNT}\ngroupby: [x]`), 'did you mean "group-by"?'],
  ])('%s', (_, text, error) => {
    expect(errorsOf([...ABC, text].join('---\n')).join('\n')).toContain(error);
  });

  test('a filter for a detection counts in the correlations that refer to it', () => {
    const filter = `title: F\nlogsource: {product: nirvana}\nfilter: {rules: [a], selection: {user: ada}, condition: not selection}\n`;
    const fired = play([...ABC, correlation(COUNT), filter].join('---\n'), [
      [0, { is: 'a', user: 'ada' }],
      [1, { is: 'a', user: 'eve' }],
      [2, { is: 'a', user: 'eve' }],
    ]);
    expect(fired.map((correlationMatches) => correlationMatches.length)).toEqual([0, 0, 1]);
  });
});

describe('the specification’s whole example', () => {
  const login = (name: string, ids: string) =>
    document(`selection: {EventID: ${ids}}\ncondition: selection`, `name: ${name}\n`);
  const TEXT = [
    correlation(
      'type: temporal_ordered\nrules: [multiple_failed_login, successful_login]\ngroup-by: [User]\ntimespan: 10m',
    ),
    correlation(
      'type: event_count\nrules: [failed_login]\ngroup-by: [User]\ntimespan: 10m\ncondition: {gte: 10}',
      'multiple_failed_login',
    ),
    login('failed_login', '[529, 4625]'),
    login('successful_login', '[528, 4624]'),
  ].join('---\n');
  const failed = (n: number, User = 'ada') =>
    Array.from({ length: n }, (_, i) => [i, { EventID: 4625, User }] as const);

  test.each<[string, Parameters<typeof play>[1], number]>([
    ['many failed logins followed by a successful one', [...failed(10), [60, { EventID: 4624, User: 'ada' }]], 1],
    ['too few of them', [...failed(9), [60, { EventID: 4624, User: 'ada' }]], 0],
    ['of another user', [...failed(10), [60, { EventID: 4624, User: 'eve' }]], 0],
    ['too late', [...failed(10), [9 + 600, { EventID: 4624, User: 'ada' }]], 0],
    ['before them', [[0, { EventID: 4624, User: 'ada' }], ...failed(10).map(([s, e]) => [s + 1, e] as const)], 0],
  ])('%s', (_, steps, times) => {
    expect(errorsOf(TEXT)).toEqual([]);
    expect(play(TEXT, steps).flat()).toHaveLength(times);
  });
});
