/** Correlation types, sentence by sentence (sigma-correlation-rules-specification.md, "Correlation Types"). */
import { describe } from 'vitest';
import { sequences } from './sequences.ts';

const A = { is: 'a' };
const B = { is: 'b' };
const C = { is: 'c' };

describe('event_count', () => {
  sequences([
    {
      says: 'counts events occurring in the given time frame',
      correlation: 'type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 3}',
      steps: [
        [0, A],
        [1, A],
        [2, A, 3],
        [20, A],
      ],
    },
    {
      says: 'specified by the referred Sigma rule',
      correlation: 'type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}',
      steps: [
        [0, A],
        [1, B],
        [2, C],
        [3, A, 2],
      ],
    },
    {
      says: 'or rules: those of any are counted',
      correlation: 'type: event_count\nrules: [a, b]\ntimespan: 10s\ncondition: {gte: 3}',
      steps: [
        [0, A],
        [1, B],
        [2, C],
        [3, B, 3],
      ],
    },
    {
      says: 'an event that satisfies two of them is one',
      correlation: 'type: event_count\nrules: [a, b]\ntimespan: 10s\ncondition: {gte: 2}',
      steps: [
        [0, { is: 'ab' }],
        [1, A, 2],
      ],
    },
    {
      says: 'counts events for each group specified by group-by separately',
      correlation: 'type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 2}',
      steps: [
        [0, { is: 'a', user: 'ada' }],
        [1, { is: 'a', user: 'eve' }],
        [2, { is: 'a', user: 'ada' }, 2],
        [3, { is: 'a', user: 'eve' }, 2],
      ],
    },
    {
      says: 'more than or equal 100 in an hour',
      correlation: 'type: event_count\nrules: [a]\ngroup-by: [ComputerName]\ntimespan: 1h\ncondition: {gte: 100}',
      steps: [
        ...Array.from({ length: 99 }, (_, i) => [i * 36, { is: 'a', ComputerName: 'x' }] as const),
        [3599, { is: 'a', ComputerName: 'x' }, 100],
      ],
    },
    {
      says: 'requires a condition',
      correlation: 'type: event_count\nrules: [a]\ngroup-by: [user]\ntimespan: 10s',
      refused: 'has no condition',
    },
    {
      says: 'requires a timespan',
      correlation: 'type: event_count\nrules: [a]\ngroup-by: [user]\ncondition: {gte: 2}',
      refused: 'has no timespan',
    },
  ]);
});

describe('value_count', () => {
  const user = (name: unknown, more = {}) => ({ is: 'a', user: name, ...more });
  sequences([
    {
      says: 'counts values in a field defined by field: the distinct ones',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: user, gte: 3}',
      steps: [
        [0, user('ada')],
        [1, user('ada')],
        [2, user('eve')],
        [3, user('eve')],
        [4, user('bob'), 3],
      ],
    },
    {
      says: 'a value that has left the time frame no longer counts',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: user, gte: 2}',
      steps: [
        [0, user('ada')],
        [10, user('eve')],
        [15, user('ada'), 2],
      ],
    },
    {
      says: 'separately for each group specified by group-by',
      correlation:
        'type: value_count\nrules: [a]\ngroup-by: [src, dst]\ntimespan: 1d\ncondition: {field: user, gte: 2}',
      steps: [
        [0, user('ada', { src: 1, dst: 1 })],
        [1, user('eve', { src: 1, dst: 2 })],
        [2, user('bob', { src: 2, dst: 1 })],
        [3, user('eve', { src: 1, dst: 1 }), 2],
      ],
    },
    {
      says: 'multiple values in field are linked by an AND: distinct are their combinations',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: [user, ip], gte: 3}',
      steps: [
        [0, user('ada', { ip: 1 })],
        [1, user('ada', { ip: 2 })],
        [2, user('ada', { ip: 1 })],
        [3, user('eve', { ip: 2 }), 3],
      ],
    },
    {
      says: 'combinations are not run together',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: [user, ip], gte: 2}',
      steps: [
        [0, user('a', { ip: 'bc' })],
        [1, user('ab', { ip: 'c' }), 2],
      ],
    },
    {
      says: 'an event without the field, or one of them, is not counted',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: [user, ip], gte: 2}',
      steps: [
        [0, user('ada', { ip: 1 })],
        [1, user('eve')],
        [2, { is: 'a' }],
        [3, user(null, { ip: 2 })],
        [4, user('eve', { ip: 1 }), 2],
      ],
    },
    {
      says: 'values are case-sensitive',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: user, gte: 2}',
      steps: [
        [0, user('ada')],
        [1, user('Ada'), 2],
      ],
    },
    {
      says: 'a number is not its text',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {field: user, gte: 2}',
      steps: [
        [0, user(1)],
        [1, user(1)],
        [2, user('1'), 2],
      ],
    },
    {
      says: 'requires field in the condition section',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}',
      refused: 'field',
    },
    {
      says: 'requires a condition',
      correlation: 'type: value_count\nrules: [a]\ntimespan: 10s',
      refused: 'condition',
    },
  ]);
});

describe('temporal', () => {
  const by = (is: string, user: string) => ({ is, user });
  sequences([
    {
      says: 'all events defined by the rules must occur in the time frame, in arbitrary order',
      correlation: 'type: temporal\nrules: [a, b, c]\ntimespan: 10s',
      steps: [
        [0, C],
        [1, A],
        [2, A],
        [3, B, 3],
        [4, B, 3],
      ],
    },
    {
      says: 'defined by timespan',
      correlation: 'type: temporal\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [0, A],
        [10, B],
        [19, A, 2],
      ],
    },
    {
      says: 'the values of fields defined in group-by must all have the same value',
      correlation: 'type: temporal\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s',
      steps: [
        [0, by('a', 'ada')],
        [1, by('b', 'eve')],
        [2, by('b', 'ada'), 2],
      ],
    },
    {
      says: 'the time frame should not be restricted to boundaries',
      correlation: 'type: temporal\nrules: [a, b]\ntimespan: 1h',
      steps: [
        [3_599, A],
        [3_601, B, 2],
      ],
    },
    {
      says: 'one event may stand for several rules',
      correlation: 'type: temporal\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [0, { is: 'ab' }, 2],
        [20, A],
      ],
    },
    {
      says: 'the condition specifies the count of different event types',
      correlation: 'type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: {gte: 2}',
      steps: [
        [0, A],
        [1, A],
        [2, C, 2],
        [3, B, 3],
      ],
    },
    {
      says: 'the count may be limited from above',
      correlation: 'type: temporal\nrules: [a, b, c]\ntimespan: 10s\ncondition: {eq: 2}',
      steps: [
        [0, A],
        [1, B, 2],
        [2, C],
      ],
    },
  ]);
});

describe('temporal_ordered', () => {
  sequences([
    {
      says: 'requires in addition that the events appear in the order provided',
      correlation: 'type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s',
      steps: [
        [0, A],
        [1, B],
        [2, C, 3],
      ],
    },
    {
      says: 'and not in another',
      correlation: 'type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s',
      steps: [
        [0, B],
        [1, A],
        [2, C],
        [3, B],
        [4, C, 3],
      ],
    },
    {
      says: 'other events may stand between',
      correlation: 'type: temporal_ordered\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [0, A],
        [1, C],
        [2, A],
        [3, B, 2],
      ],
    },
    {
      says: 'behaves like temporal: in the time frame',
      correlation: 'type: temporal_ordered\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [0, A],
        [10, B],
        [11, A],
        [20, B, 2],
      ],
    },
    {
      says: 'behaves like temporal: with the same values of group-by',
      correlation: 'type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s',
      steps: [
        [0, { is: 'a', user: 'ada' }],
        [1, { is: 'b', user: 'eve' }],
        [2, { is: 'b', user: 'ada' }, 2],
      ],
    },
    {
      says: 'at the same time they are in order',
      correlation: 'type: temporal_ordered\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [0, B],
        [0, A, 2],
      ],
    },
    {
      says: 'an event that arrives late is where its time says',
      correlation: 'type: temporal_ordered\nrules: [a, b]\ntimespan: 10s',
      steps: [
        [5, B],
        [3, A, 2],
      ],
    },
    {
      says: 'the condition specifies the count of different event types, in their order',
      correlation: 'type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s\ncondition: {gte: 2}',
      steps: [
        [0, C],
        [1, B],
        [2, A],
        [3, C, 2],
        [4, B, 2],
        [5, C, 3],
      ],
    },
    {
      says: 'one event may stand for several rules',
      correlation: 'type: temporal_ordered\nrules: [a, b, c]\ntimespan: 10s',
      steps: [
        [0, { is: 'ab' }],
        [1, C, 3],
      ],
    },
  ]);
});

describe('conditions over rules, of the temporal types', () => {
  const temporal = (condition: string, type = 'temporal') =>
    `type: ${type}\nrules: [a, b, c]\ntimespan: 10s\ncondition: ${condition}`;
  sequences([
    {
      says: 'and, or, brackets',
      correlation: temporal('a and (b or c)'),
      steps: [
        [0, B],
        [1, C],
        [2, A, 'fires'],
        [20, A],
        [21, C, 'fires'],
      ],
    },
    {
      says: 'not: the rule did not happen in the time frame',
      correlation: temporal('a and b and not c'),
      steps: [
        [0, C],
        [2, A],
        [3, B],
        [11, B, 'fires'],
        [12, C],
        [13, A],
      ],
    },
    {
      says: '1 of them',
      correlation: temporal('1 of them'),
      steps: [
        [0, { is: 'x' }],
        [1, B, 'fires'],
      ],
    },
    {
      says: 'all of them',
      correlation: temporal('all of them'),
      steps: [
        [0, A],
        [1, B],
        [2, C, 'fires'],
      ],
    },
    {
      says: 'patterns of names',
      correlation: 'type: temporal\nrules: [other_one, other_two, a]\ntimespan: 10s\ncondition: 1 of other_* and a',
      beside: ['one', 'two'].map(
        (name) =>
          `title: x\nname: other_${name}\nlogsource: {product: nirvana}\ndetection: {s: {is: ${name}}, condition: s}\n`,
      ),
      steps: [
        [0, A],
        [1, { is: 'two' }, 'fires'],
      ],
    },
    {
      says: 'by their ids',
      correlation: temporal('id-of-a and id-of-b').replace('[a, b, c]', '[a, b]'),
      steps: [
        [0, A],
        [1, B, 'fires'],
      ],
    },
    {
      says: 'ordered: those it names must be in order too',
      correlation: temporal('a and (b or c)', 'temporal_ordered'),
      steps: [
        [0, B],
        [1, A],
        [2, B, 'fires'],
      ],
    },
    {
      says: 'ordered: those it names with not need no order',
      correlation: temporal('a and b and not c', 'temporal_ordered'),
      steps: [
        [0, A],
        [1, B, 'fires'],
        [2, C],
        [12, A],
        [13, B, 'fires'],
      ],
    },
    {
      says: 'a rule that is not among "rules" is an error',
      correlation: temporal('a and b').replace('[a, b, c]', '[a]'),
      refused: '"b"',
    },
    { says: 'an unknown name', correlation: temporal('a and bb'), refused: '"bb"' },
    {
      says: 'only for the temporal types',
      correlation: temporal('a and b', 'event_count'),
      refused: 'condition',
    },
  ]);
});

const bytes = (sent: unknown) => ({ is: 'a', bytes: sent });
const over = (type: string, condition: string) =>
  `type: ${type}\nrules: [a]\ntimespan: 10s\ncondition: {field: bytes, ${condition}}`;

describe('value_sum', () => {
  sequences([
    {
      says: 'checks if the sum of a number field meets a limit',
      correlation: over('value_sum', 'gt: 100'),
      steps: [
        [0, bytes(60)],
        [1, bytes(40)],
        [2, bytes(1), 101],
        [10, bytes(50)],
      ],
    },
    {
      says: 'for each group',
      correlation:
        'type: value_sum\nrules: [a]\ngroup-by: [ip, user]\ntimespan: 1h\ncondition: {field: bytes, gt: 1000000}',
      steps: [
        [0, { is: 'a', ip: 1, user: 1, bytes: 999_999 }],
        [1, { is: 'a', ip: 1, user: 2, bytes: 999_999 }],
        [2, { is: 'a', ip: 1, user: 1, bytes: 2 }, 1_000_001],
      ],
    },
    {
      says: 'what is no number is left out',
      correlation: over('value_sum', 'gte: 3'),
      steps: [
        [0, bytes('many')],
        [1, bytes(null)],
        [2, { is: 'a' }],
        [3, bytes(true)],
        [4, bytes(3), 3],
      ],
    },
    {
      says: 'fractions and negative numbers',
      correlation: over('value_sum', 'lt: 0'),
      steps: [
        [0, bytes(1.5)],
        [1, bytes(-2), -0.5],
      ],
    },
    { says: 'a limit may be a fraction', correlation: over('value_sum', 'gte: 0.5'), steps: [[0, bytes(0.5), 0.5]] },
    {
      says: 'requires field',
      correlation: 'type: value_sum\nrules: [a]\ntimespan: 10s\ncondition: {gt: 1}',
      refused: 'field',
    },
    {
      says: 'of one field',
      correlation: 'type: value_sum\nrules: [a]\ntimespan: 10s\ncondition: {field: [x, y], gt: 1}',
      refused: 'field',
    },
  ]);
});

describe('value_avg', () => {
  sequences([
    {
      says: 'checks if the average of a number field meets a limit',
      correlation: over('value_avg', 'gt: 500'),
      steps: [
        [0, bytes(400)],
        [1, bytes(600)],
        [2, bytes(800), 600],
        [10, bytes(0)],
        [12, bytes(2000), 1000],
      ],
    },
    {
      says: 'compares it to an integer or float threshold',
      correlation: over('value_avg', 'gte: 1.5'),
      steps: [
        [0, bytes(1)],
        [1, bytes(2), 1.5],
      ],
    },
    {
      says: 'the field must be present',
      correlation: 'type: value_avg\nrules: [a]\ntimespan: 24h\ncondition: {gt: 500}',
      refused: 'field',
    },
    {
      says: 'requires a comparison operator',
      correlation: 'type: value_avg\nrules: [a]\ntimespan: 24h\ncondition: {field: bytes}',
      refused: 'condition',
    },
  ]);
});

describe('value_percentile', () => {
  const image = (name: string) => ({ is: 'a', image: name });
  sequences([
    {
      says: 'a process name that is less than so many percent of all the processes',
      correlation: 'type: value_percentile\nrules: [a]\ntimespan: 1h\ncondition: {field: image, lte: 25}',
      steps: [
        [0, image('sh')],
        [1, image('sh')],
        [2, image('sh')],
        [3, image('nc'), 25],
        [4, image('sh')],
        [5, image('nc')],
      ],
    },
    {
      says: 'the N-th percentile of a number, between two by their distance',
      correlation: over('value_percentile', 'percentile: 75, gte: 10'),
      steps: [
        [0, bytes(0)],
        [1, bytes(10)],
        [2, bytes(20), 15],
      ],
    },
    {
      says: 'percentile 0 is the least',
      correlation: over('value_percentile', 'percentile: 0, gt: 5'),
      steps: [
        [0, bytes(6), 6],
        [1, bytes(5)],
        [10, bytes(9)],
        [11, bytes(7), 7],
      ],
    },
    {
      says: 'percentile 100 is the greatest',
      correlation: over('value_percentile', 'percentile: 100, gt: 5'),
      steps: [
        [0, bytes(1)],
        [1, bytes(6), 6],
        [2, bytes(2), 6],
      ],
    },
    {
      says: 'hint: median is a percentile 50',
      correlation: over('value_percentile', 'percentile: 50, gte: 2.5'),
      steps: [
        [0, bytes(1)],
        [1, bytes(2)],
        [2, bytes(3)],
        [3, bytes(4), 2.5],
      ],
    },
    {
      says: 'no percentile above 100',
      correlation: over('value_percentile', 'percentile: 101, gt: 5'),
      refused: 'percentile',
    },
    {
      says: 'requires field',
      correlation: 'type: value_percentile\nrules: [a]\ntimespan: 24h\ncondition: {lte: 1}',
      refused: 'field',
    },
  ]);
});

describe('value_median', () => {
  sequences([
    {
      says: 'the middle one',
      correlation: over('value_median', 'gt: 5'),
      steps: [
        [0, bytes(1)],
        [1, bytes(100), 50.5],
        [2, bytes(2)],
        [3, bytes(8)],
        [4, bytes(9), 8],
      ],
    },
    {
      says: 'requires field',
      correlation: 'type: value_median\nrules: [a]\ntimespan: 24h\ncondition: {lte: 1}',
      refused: 'field',
    },
  ]);
});
