/** Filters, sentence by sentence (sigma-filters-specification.md). */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import type { EntryBody } from '../../../src/sigma/rule.ts';
import { document, errorsOf, indented, parse } from './examples.ts';

const rule = (field: string, id: string) =>
  document(`selection: {${field}: 1}\ncondition: selection`, `id: ${id}\nname: ${field}_is_1\n`);
const RULES = `${rule('a', 'r-a')}---\n${rule('b', 'r-b')}`;

const filter = (body: string, id = 'f-1') =>
  `title: A filter\nid: ${id}\nlogsource: {product: nirvana, service: audit}\nfilter:\n${indented(body, 2)}\n`;

/** Ids of the rules that an entry satisfies. */
function matched(texts: readonly string[], entry: EntryBody): readonly string[] {
  const text = texts.join('---\n');
  expect(errorsOf(text)).toEqual([]);
  return compile(parse(text).ruleSet)
    .evaluate(entry)
    .map((match) => match.rule.id);
}

describe('what a filter does', () => {
  const NOT_ADM = "rules: [r-a]\nselection: {user|startswith: 'adm_'}\ncondition: not selection";
  const ONLY_ADM = NOT_ADM.replace('not selection', 'selection');

  test.each<[string, readonly string[], EntryBody, readonly string[]]>([
    ['the purpose: to suppress matches', [filter(NOT_ADM)], { a: 1, user: 'adm_ada' }, []],
    ['and no others', [filter(NOT_ADM)], { a: 1, user: 'eve' }, ['r-a']],
    ['not where the field is missing', [filter(NOT_ADM)], { a: 1 }, ['r-a']],
    ['rules: only those it refers to', [filter(NOT_ADM)], { a: 1, b: 1, user: 'adm_ada' }, ['r-b']],
    ['rules: one or multiple', [filter(NOT_ADM.replace('[r-a]', '[r-a, r-b]'))], { a: 1, b: 1, user: 'adm_ada' }, []],
    ['rules: by name', [filter(NOT_ADM.replace('r-a', 'a_is_1'))], { a: 1, user: 'adm_ada' }, []],
    ['rules: any', [filter(NOT_ADM.replace('[r-a]', 'any'))], { a: 1, b: 1, user: 'adm_ada' }, []],
    [
      'the condition is joined by AND, as it is written: it keeps',
      [filter(ONLY_ADM)],
      { a: 1, user: 'adm_ada' },
      ['r-a'],
    ],
    ['and what it does not hold of is left out', [filter(ONLY_ADM)], { a: 1, user: 'eve' }, []],
    [
      'several filters for one rule all count',
      [filter(NOT_ADM), filter(NOT_ADM.replace('adm_', 'bot_'), 'f-2')],
      { a: 1, user: 'bot_1' },
      [],
    ],
    [
      'selection: a list, as in detections',
      [filter('rules: [r-a]\nselection: [{user: eve}, {user: ada}]\ncondition: not selection')],
      { a: 1, user: 'ada' },
      [],
    ],
    [
      'condition: as in detections, over several selections',
      [
        filter(
          'rules: [r-a]\nselection_user: {user: eve}\nselection_ip: {ip|cidr: 10.0.0.0/8}\ncondition: not all of selection_*',
        ),
      ],
      { a: 1, user: 'eve', ip: '10.0.0.1' },
      [],
    ],
    [
      'condition: the same, not all of them true',
      [
        filter(
          'rules: [r-a]\nselection_user: {user: eve}\nselection_ip: {ip|cidr: 10.0.0.0/8}\ncondition: not all of selection_*',
        ),
      ],
      { a: 1, user: 'eve', ip: '192.0.2.1' },
      ['r-a'],
    ],
  ])('%s', (_, filters, entry, ids) => {
    expect(matched([RULES, ...filters], entry)).toEqual(ids);
  });

  test('the names of its selections are its own', () => {
    // The rule has a selection of this name as well.
    expect(matched([RULES, filter('rules: [r-a]\nselection: {b: 1}\ncondition: selection')], { a: 1 })).toEqual([]);
  });

  test('it can be in another file, before or after its rules', () => {
    const text = filter(NOT_ADM);
    for (const others of [{ 'a.yml': RULES }, { 'z.yml': RULES }]) {
      const { ruleSet, problems } = parse(text, others);
      expect(problems).toEqual([]);
      expect(compile(ruleSet).evaluate({ a: 1, user: 'adm_ada' })).toEqual([]);
    }
  });

  test('a filter is no rule: it matches nothing by itself', () => {
    expect(parse(`${RULES}---\n${filter(NOT_ADM)}`).ruleSet.rules.map(({ id }) => id)).toEqual(['r-a', 'r-b']);
  });
});

describe('what a filter must have', () => {
  const BODY = 'rules: [r-a]\nselection: {user: ada}\ncondition: not selection';
  test.each([
    ['title: mandatory', filter(BODY).replace('title: A filter\n', ''), 'no title'],
    ['logsource: mandatory', filter(BODY).replace(/logsource: .*\n/, ''), 'no logsource'],
    ['rules: mandatory', filter(BODY.replace('rules: [r-a]\n', '')), 'rules'],
    ['rules: at least one', filter(BODY.replace('[r-a]', '[]')), 'rules'],
    ['rules: those that are there', filter(BODY.replace('r-a', 'a_is_2')), 'did you mean "a_is_1"?'],
    ['selection: mandatory', filter('rules: [r-a]\ncondition: not selection'), 'there are no selections'],
    ['condition: mandatory', filter('rules: [r-a]\nselection: {user: ada}'), 'there is no condition'],
    ['rules: not a filter', `${filter(BODY)}---\n${filter(BODY.replace('r-a', 'f-1'), 'f-2')}`, 'is a filter'],
  ] as const)('%s', (_, text, error) => {
    expect(errorsOf(`${RULES}---\n${text}`).join('\n')).toContain(error);
  });

  test.each([
    ['description, date, modified and taxonomy may be there', 'description: Ours\ndate: 2025-01-31\ntaxonomy: sigma\n'],
    ['id: recommended but not mandatory', ''],
  ])('%s', (_, head) => {
    expect(errorsOf(`${RULES}---\n${filter(BODY).replace('id: f-1\n', head)}`)).toEqual([]);
  });

  test('for a rule of another log source there is a notice, not an error', () => {
    const elsewhere = rule('a', 'r-a').replace('product: nirvana, service: audit', 'product: windows');
    const { problems } = parse(`${elsewhere}---\n${filter(BODY)}`);
    expect(problems.map(({ severity }) => severity)).not.toContain('error');
    expect(problems.map(({ message }) => message).join()).toContain('not filtered');
  });
});
