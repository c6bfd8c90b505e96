/** The mutants of rules: which there are, and which tests catch them. */
import { describe, expect, test } from 'vitest';
import { type Document, parseAllDocuments } from 'yaml';
import { TOCSIN } from '../../src/cli/rule-files.ts';
import { conditionMutants } from './condition.ts';
import { mutationsOf } from './mutations.ts';
import { mutantsOf } from './run.ts';

describe('the mutants of a condition', () => {
  test.each([
    ['a', ['not a']],
    ['not a', ['a']],
    ['a and b', ['a or b', 'b', 'not a and b', 'a', 'a and not b']],
    ['1 of sel_*', ['not 1 of sel_*', 'all of sel_*']],
    ['all of them', ['not all of them', '1 of them']],
    [
      'a or not (b and c)',
      [
        'a and not (b and c)',
        'not (b and c)',
        'not a or not (b and c)',
        'a',
        'a or (b and c)',
        'a or not (b or c)',
        'a or not c',
        'a or not (not b and c)',
        'a or not b',
        'a or not (b and not c)',
      ],
    ],
  ])('%s', (text, mutants) => {
    expect(conditionMutants(text)).toEqual(mutants);
  });
});

function whatOf(text: string): readonly string[] {
  const [document] = parseAllDocuments(text) as readonly Document[];
  return document === undefined ? [] : mutationsOf(document).map(({ what }) => what);
}

describe('the mutations of a rule', () => {
  test('of a detection', () => {
    expect(
      whatOf(`
detection:
  sel: { action|endswith: .deleted, path: ['*/a', 'b*', c], status_code|lt: 400 }
  any: [{ x|exists: true }, { y: 2 }]
  condition: sel or any
`),
    ).toEqual([
      'without the selection sel',
      'sel: without action|endswith: .deleted',
      'sel: action|endswith → action',
      'sel: action|endswith → action|endswith|neq',
      'sel: action|endswith: .deleted → .deleted-x',
      'sel: without path: ["*/a","b*","c"]',
      'sel: path → path|neq',
      'sel: path without */a',
      'sel: path: */a → /a',
      'sel: path: */a → */a-x',
      'sel: path without b*',
      'sel: path: b* → b',
      'sel: path: b* → b*-x',
      'sel: path without c',
      'sel: path: c → c-x',
      'sel: without status_code|lt: 400',
      'sel: status_code|lt → status_code',
      'sel: status_code|lt → status_code|lte',
      'sel: status_code|lt → status_code|gte',
      'without the selection any',
      'any: without {"x":true}'.replace('"x"', '"x|exists"'),
      'any: x|exists → x',
      'any: x|exists: true → false',
      'any: without {"y":2}',
      'any: y → y|neq',
      'condition: sel and any',
      'condition: any',
      'condition: not sel or any',
      'condition: sel',
      'condition: sel or not any',
    ]);
  });

  test('of a correlation', () => {
    expect(
      whatOf(`
correlation:
  type: value_count
  rules: [a, b]
  group-by: [actor.id]
  timespan: 5m
  aliases: { who: { a: actor.id, b: target.id } }
  condition: { field: client_ip, gte: 4, lt: 9 }
`),
    ).toEqual([
      'type: value_count → event_count',
      'rules: without a',
      'rules: without b',
      'without group-by: ["actor.id"]',
      'group-by: actor.id → client_ip',
      'timespan: 5m → 150s',
      'timespan: 5m → 600s',
      'aliases: who of a: actor.id → client_ip',
      'aliases: who of b: target.id → actor.id',
      'field: client_ip → actor.id',
      'gte: 4 → 3',
      'gte: 4 → 5',
      'without gte: 4',
      'gte: 4 → gt: 4',
      'lt: 9 → 8',
      'lt: 9 → 10',
      'without lt: 9',
      'lt: 9 → lte: 9',
    ]);
    expect(whatOf('correlation: { type: temporal_ordered, rules: [a, b], timespan: 1d, condition: a and b }')).toEqual([
      'type: temporal_ordered → temporal',
      'rules: without a',
      'rules: without b',
      'timespan: 1d → 43200s',
      'timespan: 1d → 172800s',
      'condition: a or b',
      'condition: b',
      'condition: not a and b',
      'condition: a',
      'condition: a and not b',
    ]);
  });

  test('of what Tocsin adds, whatever it is; not of what people read', () => {
    expect(
      whatOf(`
tocsin:
  runbook: x
  tests: []
  defaults: {}
  dedup: { by: [actor.id, target.id], period: 1h }
  first_seen: { field: client_ip, group-by: [actor.id], learn: 7d }
  during: [office, evening]
`),
    ).toEqual([
      'without dedup',
      'dedup.by: without actor.id',
      'dedup.by: actor.id → client_ip',
      'dedup.by: without target.id',
      'dedup.by: target.id → client_ip',
      'without dedup.period: 1h',
      'dedup.period: 1h → 1800s',
      'dedup.period: 1h → 7200s',
      'without first_seen',
      'without first_seen.field: client_ip',
      'first_seen.field: client_ip → actor.id',
      'without first_seen.group-by: ["actor.id"]',
      'first_seen.group-by: actor.id → client_ip',
      'without first_seen.learn: 7d',
      'first_seen.learn: 7d → 302400s',
      'first_seen.learn: 7d → 1209600s',
      'without during',
      'during → outside',
      'during: without office',
      'during: without evening',
    ]);
  });
});

describe('mutants are caught', () => {
  const base = (tests: string) => `title: Deleted
id: deleted
name: deleted
logsource: { product: nirvana, service: audit }
detection:
  sel: { action: vm.deleted, status_code|lt: 400 }
  condition: sel
level: informational
tocsin: { tests: [${tests}] }
`;
  const many = (tests: string) => `title: Many
id: many
correlation: { type: event_count, rules: [deleted], timespan: 1m, condition: { gte: 2 } }
tocsin: { tests: [${tests}] }
`;
  const BASE_TESTS = `{ name: a, entry: { action: vm.deleted }, match: true },
    { name: b, entries: [{}, { action: vm.deleted, status_code: 400 }], match: false }`;
  const survivors = (...texts: readonly string[]) => {
    const rules = texts.map((text, i) => ({ path: `${i}.yml`, text }));
    const all = [...mutantsOf({ rules, options: TOCSIN })];
    expect(all.length).toBeGreaterThan(5);
    return all.filter(({ isCaught }) => !isCaught).map(({ rule, what }) => `${rule.title}: ${what}`);
  };

  test('by the rule’s own tests', () => {
    expect(survivors(base(BASE_TESTS))).toEqual([]);
    expect(survivors(base('{ name: a, entry: { action: vm.deleted }, match: true }'))).toEqual([
      'Deleted: sel: without action: vm.deleted',
      'Deleted: sel: without status_code|lt: 400',
      'Deleted: sel: status_code|lt → status_code|lte',
    ]);
  });

  test('by those of a correlation in the same file, and of no other', () => {
    const correlation = many(`{ name: two, entries: [{ action: vm.deleted, repeat: 2, every: 59s }], match: true },
      { name: one, entries: [{ action: vm.deleted }, { action: vm.deleted, status_code: 400 }], match: false },
      { name: later, entries: [{ action: vm.deleted, repeat: 2, every: 1m }], match: false },
      { name: other, entries: [{ repeat: 3 }], match: false }`);
    expect(survivors(`${base('')}---\n${correlation}`)).toEqual([]);
    const apart = survivors(base(''), correlation);
    expect(new Set(apart.map((each) => each.replace(/:.*/, '')))).toEqual(new Set(['Deleted']));
  });

  test('what means the same, or is no rule, is no mutant', () => {
    const rules = [{ path: 'a.yml', text: base(BASE_TESTS) }];
    const whats = [...mutantsOf({ rules, options: TOCSIN })].map(({ what }) => what);
    expect(whats).toContain('condition: not sel');
    // The condition does not stand without its selection.
    expect(whats).not.toContain('without the selection sel');
    const all = base(BASE_TESTS).replace('condition: sel', 'condition: 1 of them');
    const ofAll = [...mutantsOf({ rules: [{ path: 'a.yml', text: all }], options: TOCSIN })].map(({ what }) => what);
    expect(ofAll).toContain('condition: not 1 of them');
    expect(ofAll).not.toContain('condition: all of them');
  });

  test('some rules can be chosen', () => {
    const correlation = many('{ name: two, entries: [{ action: vm.deleted, repeat: 2 }], match: true }');
    const rules = [{ path: 'a.yml', text: `${base(BASE_TESTS)}---\n${correlation}` }];
    const chosen = [...mutantsOf({ rules, options: TOCSIN }, ({ id }) => id === 'many')];
    expect(new Set(chosen.map(({ rule }) => rule.id))).toEqual(new Set(['many']));
  });

  test('tests that fail without a change are an error', () => {
    expect(() => survivors(base('{ name: a, entry: {}, match: true }'))).toThrow('the test "a" fails');
  });
});
