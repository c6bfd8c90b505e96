/** `during` and `outside`: rules that match at named times only. */
import { describe, expect, test } from 'vitest';
import { runTests, testProblem } from '../../src/sigma/build.ts';
import { codeOf } from '../../src/sigma/codegen/generate.ts';
import { createSequence } from '../../src/sigma/correlate/sequence.ts';
import { compile, type Engine } from '../../src/sigma/engine.ts';
import { type ParseOptions, parseRules } from '../../src/sigma/parse-rules.ts';
import type { TimeRange } from '../../src/text/time-ranges.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';
import { ruleWith } from './rules.ts';

const range = (from: number, to: number, more: Partial<TimeRange> = {}): TimeRange => ({
  ...{ weekdays: [0, 1, 2, 3, 4, 5, 6], from: from * 60, to: to * 60, timeZone: 'UTC' },
  ...more,
});
const BERLIN = { timeZone: 'Europe/Berlin' };
const RANGES: Record<string, readonly TimeRange[]> = {
  business_hours: [range(9, 18, { ...BERLIN, weekdays: [1, 2, 3, 4, 5], holidays: ['12-25'] })],
  lunch: [range(12, 13, BERLIN)],
  'two-zones': [range(9, 10, BERLIN), range(9, 10, { timeZone: 'America/New_York' })],
  broken: [],
};
const TIMES: ParseOptions = { times: { ranges: new Map(Object.entries(RANGES)), where: '"times:" in x.yml' } };

const SEEN = 's: {action: vm.deleted}\ncondition: s';
const ruleAt = (tocsin: string, id = 'r-1', search = SEEN) => `${ruleWith(search, id)}tocsin: {${tocsin}}\n`;

function parse(texts: readonly string[], options: ParseOptions = TIMES) {
  return parseRules(
    texts.map((text, i) => ({ path: `${i}.yml`, text })),
    options,
  );
}

/** By generated code and by the interpreter. */
function enginesOf(...texts: readonly string[]): readonly [Engine, Engine] {
  const { ruleSet, problems } = parse(texts);
  expect(problems).toEqual([]);
  // As in the generated module.
  const { rules } = JSON.parse(JSON.stringify(ruleSet));
  const code = new Function(`return ${codeOf(ruleSet)}`)();
  return [compile({ ...ruleSet, rules }, { code }), compile(ruleSet)];
}

const DELETED = { action: 'vm.deleted' };
const problemsOf = (text: string, options = TIMES) => parse([text], options).problems.map((each) => problemText(each));

describe('a detection', () => {
  test.each([
    // A Monday. Berlin is an hour ahead of UTC in winter, and two in summer.
    ['during: business_hours', '2026-01-05T08:00:00Z', true],
    ['during: business_hours', '2026-01-05T07:59:59.999Z', false],
    ['during: business_hours', '2026-07-06T07:00:00Z', true],
    ['during: business_hours', '2026-01-05T16:59:59Z', true],
    ['during: business_hours', '2026-01-05T17:00:00Z', false],
    ['during: business_hours', '2026-01-10T12:00:00Z', false],
    ['during: business_hours', '2026-12-25T12:00:00Z', false],
    ['outside: business_hours', '2026-12-25T12:00:00Z', true],
    ['outside: business_hours', '2026-01-05T08:00:00Z', false],
    ['outside: business_hours', '2026-01-05T17:00:00Z', true],
    // In any of several; in none of several; both keys.
    ['during: [business_hours, lunch]', '2026-01-10T11:30:00Z', true],
    ['outside: [business_hours, lunch]', '2026-01-10T11:30:00Z', false],
    ['outside: [business_hours, lunch]', '2026-01-10T12:30:00Z', true],
    ['during: business_hours, outside: lunch', '2026-01-05T11:30:00Z', false],
    ['during: business_hours, outside: lunch', '2026-01-05T12:30:00Z', true],
  ])('%s at %s: %s', (tocsin, at, expected) => {
    for (const engine of enginesOf(ruleAt(tocsin))) {
      expect(engine.evaluate({ ...DELETED, created_at: at }).length === 1).toBe(expected);
      // What is given comes before what the entry says.
      const other = { ...DELETED, created_at: '2001-01-01T00:00:00Z' };
      expect(engine.evaluate(other, Date.parse(at)).length === 1).toBe(expected);
      expect(engine.evaluate({ action: 'vm.created', created_at: at })).toEqual([]);
    }
  });

  test.each(['during: business_hours', 'outside: business_hours'])('%s of an entry without a time', (tocsin) => {
    for (const engine of enginesOf(ruleAt(tocsin))) {
      for (const time of [{}, { created_at: 'noon' }, { created_at: 9e15 }]) {
        expect(engine.evaluate({ ...DELETED, ...time })).toEqual([]);
      }
      for (const at of [8.64e15, -8.64e15, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(engine.evaluate(DELETED, at)).toEqual([]);
        expect(engine.nearMisses(DELETED, at)[0]?.failed).toEqual([
          { selection: tocsin.replace(':', ''), field: 'local time', value: 'missing', excluded: false },
        ]);
      }
    }
  });

  test('shows the local time in its evidence, and in what nearly matches', () => {
    for (const engine of enginesOf(ruleAt('outside: two-zones'))) {
      const time = (value: string) => ({ selection: 'outside two-zones', field: 'local time', value });
      expect(engine.evaluate(DELETED, Date.parse('2026-01-05T00:00:00Z'))[0]?.evidence).toEqual([
        { selection: 's', field: 'action', value: 'vm.deleted' },
        time('Sun 2026-01-04 19:00 America/New_York, Mon 2026-01-05 01:00 Europe/Berlin'),
      ]);
      const [near] = engine.nearMisses(DELETED, Date.parse('2026-01-05T08:00:00Z'));
      expect(near?.failed).toEqual([
        { ...time('Mon 2026-01-05 03:00 America/New_York, Mon 2026-01-05 09:00 Europe/Berlin'), excluded: false },
      ]);
    }
  });

  test('differs from one at other times: by their ranges, not by their names or order', () => {
    const versionOf = (text: string, ranges = RANGES) =>
      parse([text], { times: { ranges: new Map(Object.entries(ranges)), where: '' } }).ruleSet.version;
    const during = versionOf(ruleAt('during: [business_hours, lunch]'));
    expect(versionOf(ruleAt('during: [lunch, business_hours]'))).toBe(during);
    const renamed = { a: RANGES.lunch ?? [], b: RANGES.business_hours ?? [] };
    expect(versionOf(ruleAt('during: [a, b]'), renamed)).toBe(during);
    expect(versionOf(ruleAt('outside: [lunch, business_hours]'))).not.toBe(during);
    expect(versionOf(ruleAt('during: lunch'))).not.toBe(during);
    expect(versionOf(ruleWith(SEEN))).not.toBe(during);
    const longer = { ...RANGES, lunch: [range(12, 14, BERLIN)] };
    expect(versionOf(ruleAt('during: [business_hours, lunch]'), longer)).not.toBe(during);
  });
});

describe('a correlation', () => {
  const many = (tocsin: string) => `title: Many
id: r-2
correlation: {type: event_count, rules: [r-1], timespan: 1h, condition: {gte: 2}}
tocsin: {${tocsin}}
`;
  const found = (...texts: readonly string[]) => {
    const [byCode, interpreted] = enginesOf(...texts).map((engine) => {
      const sequence = createSequence(engine);
      const clocks = ['16:50', '16:58', '17:02', '17:03'];
      return clocks.filter((clock) => {
        const { correlationMatches } = sequence.add({ ...DELETED, created_at: `2026-01-05T${clock}:00Z` });
        return correlationMatches.length > 0;
      });
    });
    expect(byCode).toEqual(interpreted);
    return byCode;
  };

  test('counts all matches without times', () => {
    expect(found(ruleWith(SEEN), many('runbook: x'))).toEqual(['16:58', '17:02', '17:03']);
  });

  test('counts only the matches of a detection at its times', () => {
    expect(found(ruleAt('during: business_hours'), many('runbook: x'))).toEqual(['16:58']);
    expect(found(ruleAt('outside: business_hours'), many('runbook: x'))).toEqual(['17:03']);
  });

  test('with times of its own counts only what occurs then', () => {
    expect(found(ruleWith(SEEN), many('outside: business_hours'))).toEqual(['17:03']);
    expect(found(ruleWith(SEEN), many('during: business_hours'))).toEqual(['16:58']);
  });

  test('goes by the time that is given', () => {
    for (const engine of enginesOf(ruleAt('outside: business_hours'), many('runbook: x'))) {
      const sequence = createSequence(engine);
      const add = (text: string) => sequence.add(DELETED, Date.parse(text)).correlationMatches.length;
      expect([add('2026-01-05T17:00:00Z'), add('2026-01-05T17:01:00Z')]).toEqual([0, 1]);
    }
  });
});

describe('a filter', () => {
  const filter = (tocsin: string) => `title: Janitor
logsource: {product: nirvana, service: audit}
filter: {rules: [r-1], janitor: {actor.name: janitor}, condition: not janitor}
tocsin: {${tocsin}}
`;
  test.each([
    ['during: lunch', 'janitor', '2026-01-05T11:30:00Z', false],
    ['during: lunch', 'janitor', '2026-01-05T12:30:00Z', true],
    ['during: lunch', 'Ada', '2026-01-05T11:30:00Z', true],
    ['outside: lunch', 'janitor', '2026-01-05T11:30:00Z', true],
    ['outside: lunch', 'janitor', '2026-01-05T12:30:00Z', false],
    ['outside: lunch, during: business_hours', 'janitor', '2026-01-05T12:30:00Z', false],
    ['outside: lunch, during: business_hours', 'janitor', '2026-01-10T12:30:00Z', true],
  ])('%s applies only then: of %s at %s, the rule matches: %s', (tocsin, name, at, expected) => {
    for (const engine of enginesOf(ruleWith(SEEN), filter(tocsin))) {
      const entry = { ...DELETED, actor: { name }, created_at: at };
      expect(engine.evaluate(entry).length === 1).toBe(expected);
      const { created_at, ...timeless } = entry;
      expect(engine.evaluate(timeless).length === 1).toBe(name !== 'janitor');
    }
  });

  test('says in the evidence why it does not apply', () => {
    const [engine] = enginesOf(ruleWith(SEEN), filter('during: lunch'));
    const evidence = engine.evaluate({ ...DELETED, actor: { name: 'janitor' }, created_at: '2026-01-05T12:30:00Z' })[0]
      ?.evidence;
    expect(evidence?.[1]).toEqual({
      selection: 'outside lunch of the filter "Janitor"',
      field: 'local time',
      value: 'Mon 2026-01-05 13:30 Europe/Berlin',
    });
  });
});

describe('what is wrong with times', () => {
  test.each<[string, string, string?]>([
    [
      'a misspelled name',
      'during: busines_hours',
      '7:18: error: there are no times "busines_hours" (did you mean "business_hours"?)',
    ],
    [
      'one of several',
      'outside: [lunch, night]',
      '7:27: error: there are no times "night" (known: business_hours, lunch, two-zones, broken)',
    ],
    ['a number', 'during: 9', '7:18: error: "during" must be a list of texts, not a number'],
    ['an empty list', 'during: []', '7:18: error: "during" names no times (such as "during: business_hours")'],
    ['a map', 'during: {from: 09:00}', '7:18: error: "during" must be a list of texts, not a map'],
    ['nothing', 'during:', '7:17: error: "during" names no times (such as "during: business_hours")'],
    ['a misspelled key', 'outsde: lunch', '7:10: error: unknown key "outsde" (did you mean "outside"?)'],
    ['times that are broken themselves, reported there', 'during: broken'],
  ])('%s', (_, tocsin, ...expected) => {
    const found = problemsOf(ruleAt(tocsin));
    expect(found.map((each) => each.replace('0.yml:', ''))).toEqual(expected);
  });

  test('no times', () => {
    const none = { times: { ranges: new Map(), where: '"times:" in x.yml' } };
    expect(problemsOf(ruleAt('during: night'), none)).toEqual([
      '0.yml:7:18: error: there are no times "night" (add them to "times:" in x.yml)',
    ]);
    expect(problemsOf(ruleAt('during: night'), {})).toEqual([
      '0.yml:7:18: error: there are no times "night" (give them to parseRules as "times")',
    ]);
  });

  test('the names that are used are known', () => {
    const { times } = parse([ruleAt('during: [lunch, night]'), ruleAt('outside: broken', 'r-2')]);
    expect([...times]).toEqual(['lunch', 'night', 'broken']);
  });
});

test('a test of such a rule gives a local time', () => {
  const text = `${ruleWith(SEEN)}tocsin:
  outside: business_hours
  tests:
    - { name: late, entry: { at: 2026-01-05T22:00+01:00, action: vm.deleted }, match: true }
    - { name: by day, entry: { at: 2026-01-05T09:00+01:00, action: vm.deleted }, match: false }
    - { name: noon of a Monday, entry: { at: 2026-01-05T12:00Z, action: vm.deleted }, match: true }
`;
  const { ruleSet, tests, problems } = parse([text]);
  expect(problems).toEqual([]);
  expect(runTests(compile(ruleSet), tests).map((failed) => problemText(testProblem(failed)))).toEqual([
    '0.yml:12:7: error: the test "noon of a Monday" fails: the rule does not match: `outside business_hours` needs another ' +
      'local time, and the entry has Mon 2026-01-05 13:00 Europe/Berlin (expected a match)',
  ]);
});
