/**
 * Rules and entries of all kinds: the interpreter says what the plain reference says, and the engine never throws.
 *
 * That generated code says what the interpreter says is tested in evaluate/agreement.slow.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../src/sigma/codegen/generate.ts';
import { compile } from '../../src/sigma/engine.ts';
import type { ParsedCondition, ParsedTest } from '../../src/sigma/parse/parsed-condition.ts';
import { prepareRegex } from '../../src/sigma/regex/prepared.ts';
import { expressionOf } from '../../src/sigma/resolve/expression.ts';
import { type EntryBody, type Expression, type PatternPart, TIME_PARTS } from '../../src/sigma/rule.ts';
import { builtCode, compare, describeDifference, type Implementation, interpreterOf } from './evaluate/agreement.ts';
import { asWritten } from './evaluate/as-written.ts';
import { SHARED_MISTAKES } from './evaluate/mistakes.ts';
import { ruleSetOf } from './evaluate/pairs.ts';
import { satisfies } from './evaluate/reference.ts';
import { withMistake } from './evaluate/with-mistake.ts';

/** Few words, so that rules and entries meet; some that fold strangely, and what only looks like a number or a date. */
const WORDS = [
  ...[
    'a',
    'A',
    'ab',
    'aB',
    'ba',
    'abc',
    '',
    '-a',
    '/A',
    '–ab',
    'ΣΑΣ',
    'σας',
    'İ',
    'ß',
    '😀',
    'a😀b',
    'a.b',
    'a*',
    '\\',
  ],
  ...[
    '1',
    '01',
    '1.5',
    '1e3',
    '1e-7',
    '-0',
    '42',
    'true',
    'null',
    '2025-03-01',
    '2024-12-30T23:59:00+02:00',
    '1740821415',
    '9007199254740992',
    '9007199254740993',
    '0.10000000000000000001',
  ],
  ...['10.0.0.1', '10.0.0.255', '11.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '::1', '999.1.1.1', '1.2.3'],
];
const NUMBERS = [0, -0, 0.1, 1, 1.5, -1, 42, 1e3, 1e-7, 1e21, 1_740_821_415, 1_740_821_415_123, 2 ** 53];
const FIELDS = ['a', 'b', 'c', 'a.b', 'a.b.c', 'b.c', '__proto__', 'constructor', 'a.__proto__', 'length', 'toString'];

const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom('\ud83d', 'a\udc00', '\ud83d\ud83d\ude00') },
);
const scalar = fc.oneof(word, fc.constantFrom(...NUMBERS, Number.POSITIVE_INFINITY), fc.boolean());
const field = fc.constantFrom(...FIELDS);
const name = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c', '__proto__', 'constructor', 'length');

const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map(asObject),
}));
/** Mostly flat, for then rules match most. */
const entry: fc.Arbitrary<EntryBody> = fc
  .array(fc.tuple(name, fc.oneof({ weight: 2, arbitrary: scalar }, { weight: 1, arbitrary: value })), { maxLength: 6 })
  .map(asObject);

/** As JSON gives it: `__proto__` is a member like others. */
function asObject(members: readonly (readonly [string, unknown])[]): EntryBody {
  const object = {};
  for (const [key, member] of members) {
    Object.defineProperty(object, key, { value: member, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

const patternPart: fc.Arbitrary<PatternPart> = fc.oneof(
  fc.constantFrom(...WORDS.filter((one) => one !== '')).map((text) => ({ text })),
  fc.constantFrom<PatternPart>(
    { wildcard: '*' },
    { wildcard: '*' },
    { wildcard: '?' },
    { oneOf: '-/–' },
    { oneOf: 'aB😀' },
  ),
);
const cased = fc.boolean();
const order = fc.constantFrom('lt', 'lte', 'gt', 'gte');
const simplePattern = fc
  .tuple(fc.constantFrom(...WORDS), fc.constantFrom('*x*', 'x*', '*x'))
  .map(([text, shape]) => [...shape].map((sign): PatternPart => (sign === '*' ? { wildcard: '*' } : { text })));

function matching(source: string, flags = ''): ParsedTest {
  const regex = prepareRegex(source, flags);
  if (!regex.ok) throw new Error(regex.problem);
  return { op: 're', regex: regex.prepared };
}

const leafTest: fc.Arbitrary<ParsedTest> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ op: fc.constant('equals'), value: scalar, cased }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('pattern'), parts: simplePattern, cased }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('pattern'), parts: fc.array(patternPart, { maxLength: 4 }), cased }),
  },
  fc.record({ op: fc.constant('null') }),
  fc.record({ op: fc.constant('exists'), present: fc.boolean() }),
  fc
    .tuple(fc.constantFrom('a', '^a.?$', '[0-9]+', 'b$', '(a|b)+c?', 'a[ab]*$'), fc.constantFrom('', 'i'))
    .map(([source, flags]) => matching(source, flags)),
  fc.record({
    op: fc.constant('cidr'),
    range: fc.constantFrom('10.0.0.0/8', '10.0.0.0/24', '10.0.0.1', '0.0.0.0/0', '2001:db8::/32', '::/0', '::1'),
  }),
  fc.record({ op: order, value: fc.constantFrom(...NUMBERS) }),
  fc.record({ op: order, value: fc.constant(2 ** 53), exact: fc.constant('9007199254740993') }),
  fc.record({ op: order, value: fc.constant(0.1), exact: fc.constant('0.1000000000000000000099') }),
  fc.record({ op: fc.constant('number'), value: fc.constantFrom(...NUMBERS) }),
  fc.record({
    op: fc.constant('time'),
    part: fc.constantFrom(...TIME_PARTS),
    compare: fc.oneof(order, fc.constant('eq')),
    value: fc.constantFrom(1, 3, 9, 12, 23, 59, 2025),
  }),
  fc.record({
    op: fc.constant('fieldref'),
    field,
    compare: fc.constantFrom('equals', 'contains', 'startswith', 'endswith'),
    cased,
  }),
) as fc.Arbitrary<ParsedTest>;

const leaf: fc.Arbitrary<ParsedCondition> = fc
  .tuple(fc.option(field, { freq: 8 }), leafTest)
  .filter(([path, { op }]) => path !== null || (op !== 'null' && op !== 'exists'))
  .map(([path, how]) => ({ kind: 'leaf', selection: 'sel', field: path, test: how }));
/** Several values of one field, as lists are: what is joined. */
const list: fc.Arbitrary<ParsedCondition> = fc
  .tuple(fc.constantFrom('or', 'and'), field, fc.array(leafTest, { minLength: 1, maxLength: 6 }))
  .map(([kind, path, tests]) => ({
    kind,
    of: tests.map((how) => ({ kind: 'leaf' as const, selection: 'list', field: path, test: how })),
  }));
const { expression } = fc.letrec<{ expression: ParsedCondition }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    list,
    fc.record({ kind: fc.constantFrom('and', 'or'), of: fc.array(tie('expression'), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant('not'), of: tie('expression') }),
  ) as fc.Arbitrary<ParsedCondition>,
}));

const idsOf = (searches: readonly ParsedCondition[], body: EntryBody): readonly string[] =>
  searches.flatMap((one, i) => (satisfies(one, body) ? [String(i)] : []));

test('the interpreter says of any entry what the reference says, of each of many rules', () => {
  const rules = fc.array(expression, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(rules, fc.array(entry, { minLength: 1, maxLength: 6 }), (searches, entries) => {
      const engine = compile(ruleSetOf(searches.map((one) => expressionOf(one))));
      for (const body of entries) {
        const matches = engine.evaluate(body);
        expect(matches.map(({ rule }) => rule.id)).toEqual(idsOf(searches, body));
        for (const { evidence } of matches) expect(evidence.length).toBeLessThanOrEqual(16);
      }
    }),
    { numRuns: 2_000 },
  );
});

const written = new WeakMap<Expression, ParsedCondition>();

function byReference(one: Expression, body: EntryBody): boolean {
  const search = written.get(one) ?? asWritten(one);
  written.set(one, search);
  return satisfies(search, body);
}

/** In the engine, half a character is in the whole one; not so in the reference, which uses the platform's RegExp. */
function isComparable(one: Expression): boolean {
  return !/\\ud[89a-f]/.test(JSON.stringify(one));
}

/** An interpreter, and the reference in place of the code. */
function besideReference(interpreted: Implementation['interpret']): Implementation {
  return {
    codeOf: () => 'null',
    compile: (ruleSet) => ({
      ...compile(ruleSet),
      evaluate: (body) =>
        ruleSet.rules.flatMap((rule) =>
          rule.kind === 'detection' && byReference(rule.expression, body) ? [{ rule, evidence: [] }] : [],
        ),
    }),
    interpret: (one, body) => (isComparable(one) ? interpreted(one, body) : byReference(one, body)),
  };
}

test('the interpreter says what the reference says of the rules and entries that code is compared on', () => {
  const { pairs, difference } = compare(besideReference(interpreterOf()), { seed: 101, pairs: 50_000 });
  if (difference !== null) expect.fail(describeDifference(difference, 'the reference'));
  expect(pairs).toBeGreaterThanOrEqual(50_000);
}, 120_000);

test.each(SHARED_MISTAKES)(
  'the reference notices: $name',
  async (mistake) => {
    const { difference } = await withMistake(mistake, (made) =>
      compare(besideReference(made.interpret), { seed: 101, pairs: 100_000 }),
    );
    expect(difference).not.toBeNull();
  },
  120_000,
);

/** The two ways to evaluate. */
const WAYS = [
  { way: 'interpreted', asCode: false },
  { way: 'as code', asCode: true },
];

describe.each(WAYS)('the engine, $way', ({ asCode }) => {
  test('takes entries that are huge, or nested deeper than the call stack, in proportion', () => {
    const nested = JSON.parse(`${'['.repeat(200_000)}1${']'.repeat(200_000)}`);
    const hostile: readonly EntryBody[] = [
      { a: 'a'.repeat(300_000), b: 'a'.repeat(150_000) },
      { a: Array.from({ length: 50_000 }, (_, i) => `a${i}`), b: Array.from({ length: 50_000 }, (_, i) => `a${i}b`) },
      // Only the last matches.
      {
        a: [...Array.from({ length: 20_000 }, (_, i) => `a${i}y`), 'z'],
        b: [...Array.from({ length: 20_000 }, (_, i) => `b${i}x`), 'z'],
      },
      { a: Array.from({ length: 50_000 }, () => ({ b: [null, 1, { c: 2 }] })) },
      Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, i])),
      { a: nested },
    ];
    const tests: readonly ParsedTest[] = [
      ...(['equals', 'contains', 'startswith', 'endswith'] as const).map(
        (compare): ParsedTest => ({ op: 'fieldref', field: 'b', compare, cased: false }),
      ),
      { op: 'equals', value: 'x', cased: false },
      { op: 'pattern', parts: [{ wildcard: '*' }, { oneOf: '-/' }, { text: 'aa' }, { wildcard: '*' }], cased: false },
      matching('(a|aa)+b$'),
      { op: 'time', part: 'hour', compare: 'eq', value: 3 },
      { op: 'cidr', range: '10.0.0.0/8' },
      { op: 'gt', value: 1e9 },
    ];
    const ruleSet = ruleSetOf(
      tests.flatMap((how) =>
        ['a', 'a.b.c'].map((path) => expressionOf({ kind: 'leaf', selection: 'sel', field: path, test: how })),
      ),
    );
    const engine = compile(ruleSet, { code: asCode ? builtCode({ codeOf }, ruleSet) : undefined });
    const began = performance.now();
    for (const body of hostile) for (const { evidence } of engine.evaluate(body)) expect(evidence).toBeDefined();
    expect(performance.now() - began).toBeLessThan(8_000);
  }, 20_000);
});
