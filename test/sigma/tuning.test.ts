/** What an owner changes in the rules of others: rules/tuning.yml, filters, and whose tests run on which rules. */
import { describe, expect, test } from 'vitest';
import { testRules } from '../../src/backtest/rule-tests.ts';
import { filterProblems, type ParseOptions, parseRules, problemText, testProblem } from '../../src/sigma/build.ts';
import type { Rule } from '../../src/sigma/index.ts';

const LOGSOURCE = 'logsource: {product: nirvana, service: audit}';
const REFUSED = `title: Refused
id: r-1
name: refused
${LOGSOURCE}
detection: {selection: {status_code: 403}, condition: selection}
level: informational
`;
const BURST = `title: Burst
id: c-1
name: burst
tags: [attack.discovery]
correlation:
  type: event_count
  rules: [refused]
  group-by: [actor.id]
  timespan: 5m
  condition: {gte: 3}
level: medium
tocsin:
  defaults: {actor.id: k-1}
  tests:
    - name: three
      entries: [{repeat: 3, every: 1s, status_code: 403}]
      match: true
    - name: two
      entries: [{repeat: 2, every: 1s, status_code: 403}]
      match: false
`;
const DELETED = `title: Deleted
id: r-2
name: deleted
${LOGSOURCE}
detection: {selection: {action: vm.deleted}, condition: selection}
level: high
tocsin:
  dedup: {by: [actor.id], period: 1h}
  tests:
    - name: by somebody
      entry: {action: vm.deleted}
      match: true
`;
const PACK = [REFUSED, BURST, DELETED].join('---\n');

function tuned(tuning: string, own = '', options: ParseOptions = {}) {
  const files = [{ path: 'pack.yml', text: PACK }, ...(own === '' ? [] : [{ path: 'local/own.yml', text: own }])];
  const parsed = parseRules(files, {
    isOwn: (path) => path.startsWith('local/'),
    tuning: [{ path: 'tuning.yml', text: tuning }],
    ...options,
  });
  const ruleOf = (name: string, rules: readonly Rule[] = parsed.ruleSet.rules) =>
    rules.find((rule) => rule.name === name);
  const failures = () => testRules(parsed, {}).map((failed) => problemText(testProblem(failed)));
  return { ...parsed, ruleOf, failures, problems: parsed.problems.map((problem) => problemText(problem)) };
}

describe('a tuning', () => {
  test('changes values of a rule, and says which', () => {
    const { ruleOf, problems, tunings, failures, shipped } = tuned(`burst:
  why: Exporters retry.
  level: low
  threshold: 50
  timespan: 10m
  tags: [team.platform]
  dedup: {by: [client_ip], period: 2h, reopen: 1d}
  receivers: [oncall, log]
`);
    expect(problems).toEqual([]);
    expect(ruleOf('burst')).toMatchObject({
      ...{ id: 'c-1', title: 'Burst', level: 'low', timespanMs: 600_000, condition: [{ op: 'gte', value: 50 }] },
      ...{ tags: ['attack.discovery', 'team.platform'], groupBy: ['actor.id'] },
      tocsin: {
        dedupBy: ['client_ip'],
        dedupPeriodMs: 7_200_000,
        dedupReopenMs: 86_400_000,
        receivers: ['oncall', 'log'],
      },
    });
    expect(ruleOf('burst', shipped.rules)).toMatchObject({ level: 'medium', condition: [{ op: 'gte', value: 3 }] });
    const changes = [
      { key: 'level', from: 'medium', to: 'low' },
      { key: 'threshold', from: '3', to: '50' },
      { key: 'timespan', from: '5m', to: '10m' },
      { key: 'dedup.by', from: null, to: 'client_ip' },
      { key: 'dedup.period', from: null, to: '2h' },
      { key: 'dedup.reopen', from: null, to: '1d' },
      { key: 'tags', from: 'attack.discovery', to: 'attack.discovery, team.platform' },
      { key: 'receivers', from: null, to: 'oncall, log' },
    ];
    expect(tunings).toMatchObject([
      { rule: 'c-1', why: 'Exporters retry.', isEnabled: true, changes, path: 'tuning.yml', place: { line: 1 } },
    ]);
    expect(failures()).toEqual([]);
  });

  test('leaves what it does not name', () => {
    const { ruleOf, shipped } = tuned('deleted: {why: x, dedup: {reopen: 1d}}');
    expect(ruleOf('deleted')).toEqual({
      ...ruleOf('deleted', shipped.rules),
      tocsin: { runbook: null, dedupBy: ['actor.id'], dedupPeriodMs: 3_600_000, dedupReopenMs: 86_400_000 },
    });
    expect(ruleOf('burst')).toEqual(ruleOf('burst', shipped.rules));
  });

  test('names its rule by id too, and changes the version of the rules', () => {
    const { ruleOf, ruleSet, shipped, tunings } = tuned('c-1: {why: x, threshold: 5}');
    expect(ruleOf('burst')).toMatchObject({ condition: [{ op: 'gte', value: 5 }] });
    expect(ruleSet.version).not.toBe(shipped.version);
    expect(tunings).toHaveLength(1);
  });

  test('an empty file, or one of comments, tunes nothing', () => {
    for (const text of ['', '# nothing\n']) {
      const { problems, ruleSet, shipped } = tuned(text);
      expect(problems).toEqual([]);
      expect(shipped).toBe(ruleSet);
    }
  });

  test('keeps the operator of a threshold', () => {
    const files = [{ path: 'pack.yml', text: PACK.replace('gte: 3', 'gt: 3, lt: 90') }];
    const { ruleSet } = parseRules(files, { tuning: [{ path: 't.yml', text: 'burst: {why: x, threshold: 5}' }] });
    expect(ruleSet.rules[1]).toMatchObject({
      condition: [
        { op: 'gt', value: 5 },
        { op: 'lt', value: 90 },
      ],
    });
  });
});

describe('a disabled rule', () => {
  test('is not evaluated, and is among the shipped ones', () => {
    const { ruleOf, shipped, problems, tunings, failures } = tuned('deleted: {why: nobody cares, enabled: false}');
    expect(problems).toEqual([]);
    expect(ruleOf('deleted')).toBeUndefined();
    expect(ruleOf('deleted', shipped.rules)).toMatchObject({ title: 'Deleted' });
    expect(tunings).toMatchObject([{ rule: 'r-2', isEnabled: false, changes: [] }]);
    expect(failures()).toEqual([]);
  });

  test('that a correlation counts is an error, unless that is disabled too', () => {
    const hint = 'disable that too; or write "level: informational", and nobody is notified of this one by default';
    expect(tuned('refused: {why: x, enabled: false}').problems).toEqual([
      `tuning.yml:1:19: error: the correlation "Burst" counts this rule (${hint})`,
    ]);
    const { problems, ruleSet } = tuned('refused: {why: x, enabled: false}\nburst: {why: x, enabled: false}');
    expect(problems).toEqual([]);
    expect(ruleSet.rules.map(({ name }) => name)).toEqual(['deleted']);
  });

  test('can be filtered: that has no effect', () => {
    const filter = `title: F\n${LOGSOURCE}\nfilter: {rules: [deleted], us: {by: us}, condition: not us}`;
    expect(tuned('deleted: {why: x, enabled: false}', filter).problems).toEqual([]);
  });
});

describe('what is wrong in a tuning', () => {
  test.each<readonly [name: string, tuning: string, problem: string]>([
    [
      'no map',
      'burst: 50',
      '1:8: error: what is tuned must be a map of keys, not a number (such as "burst: {why: …, threshold: 50}")',
    ],
    [
      'a list of rules',
      '- burst',
      '1:1: error: the tuning must be a map of keys, not a list (such as "rule_name: {why: …, threshold: 50}")',
    ],
    [
      'two documents',
      'burst: {why: x, level: low}\n---\nburst: {why: x, level: low}',
      '3:1: error: the tuning is one document (delete the "---")',
    ],
    [
      'an unknown key',
      'burst: {why: x, treshold: 50}',
      '1:17: error: unknown key "treshold" (did you mean "threshold"?)',
    ],
    [
      'a key of other notations',
      'burst: {why: x, severity: low}',
      '1:17: error: unknown key "severity" (it is "level")',
    ],
    [
      'no why',
      'burst: {level: low}',
      '1:1: error: the tuning has no "why" (who tunes it next must know: "why: our exporters retry on Mondays")',
    ],
    [
      'an empty why',
      "burst: {why: ' ', level: low}",
      '1:14: error: the tuning has no "why" (who tunes it next must know: "why: our exporters retry on Mondays")',
    ],
    [
      'a misspelled why has one error',
      'burst: {reason: x, level: low}',
      '1:9: error: unknown key "reason" (it is "why")',
    ],
    [
      'an unknown level',
      'burst: {why: x, level: hgih}',
      '1:24: error: "hgih" is not a valid level (did you mean "high"?)',
    ],
    [
      'a timespan without its unit',
      "burst: {why: x, timespan: '10'}",
      '1:27: error: "timespan" must be a duration (with its unit: "10s" for seconds, "10m" for minutes)',
    ],
    [
      'a threshold that is text',
      "burst: {why: x, threshold: '50'}",
      '1:28: error: "gte" must compare the count with a whole number, not text (remove the quotes)',
    ],
    [
      'a threshold of a detection',
      'deleted: {why: x, threshold: 5}',
      '1:19: error: a detection has no threshold (only correlations count)',
    ],
    [
      'a timespan of a detection',
      'deleted: {why: x, timespan: 5m}',
      '1:19: error: a detection has no timespan (only correlations count)',
    ],
    [
      'an unknown key of dedup',
      'burst: {why: x, dedup: {preiod: 1h}}',
      '1:25: error: unknown key "preiod" (did you mean "period"?)',
    ],
    ['no map of dedup', 'burst: {why: x, dedup: 1h}', '1:24: error: "dedup" must be a map, not text'],
    [
      'no receivers',
      'burst: {why: x, receivers: []}',
      '1:28: error: "receivers" is an empty list (name one; with "level: informational" nobody is notified by default)',
    ],
    [
      'a rule twice',
      'burst: {why: x, level: low}\nc-1: {why: x, level: high}',
      '1:1: error: "burst" is tuned already (as "c-1", in line 2)',
    ],
    [
      'an unknown rule',
      'brust: {why: x, level: low}',
      '1:1: warning: no rule has the id or name "brust": nothing is tuned (did you mean "burst"?)',
    ],
    [
      'a title',
      'Burst: {why: x, level: low}',
      '1:1: warning: no rule has the id or name "Burst": nothing is tuned (write "burst")',
    ],
    [
      'nothing',
      'burst: {why: x}',
      '1:1: warning: nothing is tuned (add one of: enabled, level, threshold, timespan, dedup, tags, receivers)',
    ],
    ['neither', 'burst: {why: x, enabled: maybe}', '1:26: error: "enabled" must be true or false, not text'],
    ['enabled', 'burst: {why: x, enabled: true, level: low}', '1:17: warning: a rule is enabled anyway (remove it)'],
    [
      'disabled, and changed',
      'burst: {why: x, enabled: false, level: low}',
      '1:33: warning: a disabled rule has no use for "level" (remove it)',
    ],
    [
      'disabled, with tests',
      'burst: {why: x, enabled: false, tests: []}',
      '1:33: warning: a disabled rule has no use for "tests" (remove it)',
    ],
    [
      'the shipped value',
      'burst: {why: x, threshold: 3}',
      '1:28: warning: the shipped threshold is 3 too: nothing is tuned (remove "threshold")',
    ],
    [
      'the shipped period',
      'deleted: {why: x, dedup: {period: 60m}}',
      '1:35: warning: the shipped dedup.period is 1h too: nothing is tuned (remove "dedup.period")',
    ],
    [
      'tags that it has',
      'burst: {why: x, tags: [attack.discovery]}',
      '1:23: warning: the shipped rule has these tags too: nothing is tuned (remove "tags")',
    ],
    [
      'a value that has changed',
      'burst: {why: x, threshold: 50, was: 2}',
      '1:37: warning: the shipped threshold is 3 now, and was 2: is 50 still right? (if it is, write "was: 3")',
    ],
    [
      'one of several',
      'burst: {why: x, level: low, timespan: 1h, was: {timespan: 60s}}',
      '1:59: warning: the shipped timespan is 5m now, and was 60s: is 1h still right? (if it is, write "was: {timespan: 5m}")',
    ],
    [
      'a value that is the shipped one by now has one',
      'burst: {why: x, threshold: 3, was: 2}',
      '1:28: warning: the shipped threshold is 3 too: nothing is tuned (remove "threshold")',
    ],
    [
      'one of several, by its kind',
      'burst: {why: x, level: low, threshold: 9, timespan: 1h, was: 2}',
      '1:62: warning: the shipped threshold is 3 now, and was 2: is 9 still right? (if it is, write "was: 3")',
    ],
    [
      'a level',
      'burst: {why: x, level: low, threshold: 9, was: High}',
      '1:48: warning: the shipped level is medium now, and was High: is low still right? (if it is, write "was: medium")',
    ],
    [
      'was, of what is not tuned',
      'burst: {why: x, level: low, was: {threshold: 3}}',
      '1:35: error: "was" has "threshold", which is not tuned (known: level)',
    ],
    [
      'was, of nothing',
      'burst: {why: x, tags: [a.b], was: 3}',
      '1:30: warning: "was" has nothing to compare (it is for level, threshold and timespan)',
    ],
    [
      'was, of no value',
      'burst: {why: x, threshold: 9, was: many}',
      '1:36: error: "was" must be the shipped threshold (it is 3)',
    ],
  ])('%s', (_, tuning, problem) => {
    const { problems } = tuned(tuning);
    expect(problems).toEqual([`tuning.yml:${problem}`]);
  });

  test('a value without meaning for the rule has the problem that the rule would have', () => {
    const text = BURST.replace('type: event_count', 'type: temporal')
      .replace('[refused]', '[refused, deleted]')
      .replace('gte: 3', 'gte: 2');
    const files = [{ path: 'pack.yml', text: [REFUSED, text, DELETED].join('---\n') }];
    const { problems } = parseRules(files, { tuning: [{ path: 't.yml', text: 'burst: {why: x, threshold: 5}' }] });
    expect(problems.map((problem) => problemText(problem))).toEqual([
      't.yml:1:1: error: the condition can never be met (the count of rules is 1 to 2)',
    ]);
  });

  test.each([
    ['no lower bound', 'lt: 3'],
    ['two', 'gte: 3, gt: 1'],
  ])('a threshold where the condition has %s', (_, condition) => {
    const files = [{ path: 'pack.yml', text: PACK.replace('gte: 3', condition) }];
    const { problems } = parseRules(files, { tuning: [{ path: 't.yml', text: 'burst: {why: x, threshold: 5}' }] });
    expect(problems.filter(({ path }) => path === 't.yml').map((problem) => problemText(problem))).toEqual([
      't.yml:1:17: error: the rule has no threshold: its condition has no single "gte" or "gt" ' +
        '(disable it, and write one of your own in rules/local/)',
    ]);
  });

  test('a filter, an own rule and one for another log are not tuned', () => {
    const own = [
      `title: F\nname: ours\n${LOGSOURCE}\nfilter: {rules: [deleted], us: {by: us}, condition: not us}\n`,
      REFUSED.replace('r-1', 'r-3').replace('name: refused', 'name: own'),
    ].join('---\n');
    expect(tuned('ours: {why: x, level: low}\nown: {why: x, level: low}', own).problems).toEqual([
      'tuning.yml:1:1: error: "ours" is your own rule (change it in local/own.yml)',
      'tuning.yml:2:1: error: "own" is your own rule (change it in local/own.yml)',
    ]);
    expect(tuned('ours: {why: x, level: low}', own, { isOwn: () => false }).problems).toEqual([
      'tuning.yml:1:1: error: "ours" is a filter (rules are tuned: change its file)',
    ]);
    const log = { product: 'nirvana', service: 'audit' };
    const elsewhere = REFUSED.replace('product: nirvana', 'product: linux')
      .replace('r-1', 'r-4')
      .replace('refused', 'far');
    const { problems } = tuned('far: {why: x, level: low}', elsewhere, { isOwn: () => false, logsource: log });
    expect(problems[0]).toBe('tuning.yml:1:1: notice: "far" is for another log source: not tuned');
  });

  test('a test without an expectation', () => {
    const { problems } = tuned('burst: {why: x, threshold: 9, tests: [{name: y, entries: [{}]}]}');
    expect(problems.join()).toContain('tuning.yml:1:39: error: the test has no "match"');
  });

  test('two files', () => {
    const text = 'burst: {why: x, level: low}';
    const tuning = ['tuning.yml', 'tuning.yaml'].map((path) => ({ path, text }));
    const { problems, ruleOf } = tuned('', '', { tuning, folder: 'rules/' });
    expect(problems).toEqual(['tuning.yaml:1:1: error: rules/tuning.yml exists too (delete one of them)']);
    expect(ruleOf('burst')).toMatchObject({ level: 'medium' });
  });

  test('a rule with an error of its own has that alone', () => {
    const files = [{ path: 'pack.yml', text: PACK.replace('status_code: 403', 'status_code|contians: 403') }];
    const { problems } = parseRules(files, { tuning: [{ path: 't.yml', text: 'refused: {why: x, level: low}' }] });
    expect(problems.map(({ path, message }) => [path, message])).toEqual([['pack.yml', 'unknown modifier "contians"']]);
  });
});

describe('tests', () => {
  const THIRTY = `burst:
  why: x
  threshold: 30
  tests:
    - {name: thirty, entries: [{repeat: 30, every: 1s, status_code: 403}], match: true}
    - {name: twenty-nine, entries: [{repeat: 29, every: 1s, status_code: 403}], match: false}
`;
  test('of a tuning run on the tuned rule, with the defaults of the rule; those of the rule on the shipped one', () => {
    const { tests, failures, problems } = tuned(THIRTY);
    expect(problems).toEqual([]);
    expect(tests.map(({ name, isShipped }) => [name, isShipped])).toEqual([
      ['three', true],
      ['two', true],
      ['thirty', false],
      ['twenty-nine', false],
      ['by somebody', true],
    ]);
    expect(failures()).toEqual([]);
    expect(tuned(THIRTY.replace('threshold: 30', 'threshold: 29')).failures()).toHaveLength(1);
  });

  test('of shipped rules don’t see the filters of the owner; those of own rules do', () => {
    const filter = `title: F\n${LOGSOURCE}\nfilter: {rules: any, us: {action: vm.deleted}, condition: not us}\n`;
    const own = DELETED.replace('r-2', 'r-9').replace('name: deleted', 'name: own');
    const { failures, tests, ruleOf, problems } = tuned('', `${filter}---\n${own}`);
    expect(problems).toEqual([]);
    expect(tests.map(({ rule, isShipped }) => `${rule} ${isShipped}`)).toContain('r-9 false');
    expect(failures()).toHaveLength(1);
    expect(failures()[0]).toMatch(/^local\/own\.yml:\d+:\d+: error: the test "by somebody" fails/);
    expect(ruleOf('deleted')).toMatchObject({ expression: { kind: 'and' } });
  });

  test('of a shipped rule that counts an own one run on the deployed rules', () => {
    const { tests, failures, problems } = tuned('', REFUSED.replace('r-1', 'r-7').replace('refused', 'own'), {
      isOwn: (path) => path.startsWith('local/'),
    });
    expect(problems).toEqual([]);
    expect(failures()).toEqual([]);
    expect(tests.every(({ isShipped }) => isShipped)).toBe(true);
    const changed = parseRules(
      [
        { path: 'pack.yml', text: BURST },
        { path: 'local/own.yml', text: REFUSED },
      ],
      { isOwn: (path) => path.startsWith('local/') },
    );
    expect(changed.problems).toEqual([]);
    expect(changed.tests.map(({ isShipped }) => isShipped)).toEqual([false, false]);
    expect(testRules(changed, {})).toEqual([]);
  });
});

describe('tests of a filter', () => {
  const NOT_CI = 'rules: [deleted], ci: {actor.name: ci}, condition: not ci';
  const filter = (tests: string, body = NOT_CI) =>
    `title: CI deletes\nid: f-1\n${LOGSOURCE}\nfilter: {${body}}\ntocsin:\n  defaults: {action: vm.deleted}\n  tests: [${tests}]\n`;
  const failing = (tests: string, body: string) => {
    const { problems, failures } = tuned('', filter(tests, body));
    expect(problems).toEqual([]);
    return failures().map((text) => text.replace(/^local\/own\.yml:\S+ error: the test "it" fails: /, ''));
  };

  test.each<readonly [name: string, tests: string, failure: readonly string[], body: string]>([
    ['an entry that it excludes', '{name: it, entry: {actor.name: ci}, excluded: true}', [], NOT_CI],
    ['one that it leaves', '{name: it, entry: {actor.name: ada}, excluded: false}', [], NOT_CI],
    ['several', '{name: it, entries: [{actor.name: ci}, {actor: {id: k-1, name: CI}}], excluded: true}', [], NOT_CI],
    [
      'one that it should exclude',
      '{name: it, entry: {actor.name: cd}, excluded: true}',
      [
        'the filter does not exclude the entry: `ci` needs actor.name ci, and the entry has cd (expected to be excluded)',
      ],
      NOT_CI,
    ],
    [
      'one that it should leave',
      '{name: it, entry: {actor.name: ci}, excluded: false}',
      [
        'the filter excludes the entry: `ci` excludes actor.name ci, and the entry has ci (expected not to be excluded)',
      ],
      NOT_CI,
    ],
    [
      'the second',
      '{name: it, entries: [{actor.name: ada}, {actor.name: ci}], excluded: false}',
      [
        'the filter excludes entry 2 of 2: `ci` excludes actor.name ci, and the entry has ci (expected not to be excluded)',
      ],
      NOT_CI,
    ],
    [
      'one that no rule matches',
      '{name: it, entry: {action: vm.made, actor.name: ci}, excluded: true}',
      ['none of the rules that it filters matches the entry, with the filter or without (expected to be excluded)'],
      NOT_CI,
    ],
    [
      'a filter without "not"',
      '{name: it, entry: {actor.name: ci}, excluded: true}',
      [
        'the filter does not exclude the entry: its condition holds, so it leaves it: is a "not" missing? (expected to be excluded)',
      ],
      'rules: [deleted], ci: {actor.name: ci}, condition: ci',
    ],
    [
      'of a correlation: the entries are of what it counts',
      '{name: it, entry: {status_code: 403, actor.name: ci}, excluded: true}',
      [],
      'rules: [burst], ci: {actor.name: ci}, condition: not ci',
    ],
    [
      'of any rule',
      '{name: it, entries: [{actor.name: ci}, {action: x, status_code: 403, actor.name: ci}], excluded: true}',
      [],
      'rules: any, ci: {actor.name: ci}, condition: not ci',
    ],
  ])('%s', (_, tests, failure, body) => {
    expect(failing(tests, body)).toEqual(failure);
  });

  test('are not run with the shipped rules, and are not affected by other filters', () => {
    const other = `title: Other\n${LOGSOURCE}\nfilter: {rules: any, us: {by: us}, condition: not us}\n`;
    const own = `${filter('{name: it, entry: {by: us, actor.name: ci}, excluded: true}')}---\n${other}`;
    const { tests, failures, filters } = tuned('', own);
    expect(tests.filter(({ rule }) => rule === 'f-1')).toMatchObject([{ kind: 'filter', isShipped: false }]);
    expect(failures()).toEqual([]);
    expect(filters).toMatchObject([
      {
        id: 'f-1',
        title: 'CI deletes',
        path: 'local/own.yml',
        isForAny: false,
        rules: [{ id: 'r-2', title: 'Deleted' }],
      },
      { title: 'Other', isForAny: true, rules: [{ id: 'r-1' }, { id: 'r-2' }] },
    ]);
  });

  test.each([
    ['{name: it, entry: {}}', 'the test has no "excluded" (write "excluded: true" or "excluded: false")'],
    ['{name: it, excluded: true}', 'the test has no "entry"'],
    ['{name: it, entry: {}, excluded: 1}', '"excluded" must be true or false, not a number'],
    [
      '{name: it, entry: {}, match: true}',
      'unknown key "match" (a filter is tested by "excluded: true" or "excluded: false")',
    ],
  ])('%s', (tests, problem) => {
    const problems = tuned('', filter(tests)).problems.map((text) => text.replace(/^.* error: /, ''));
    expect(problems).toEqual([problem]);
  });
});

describe('a filter that excludes all that a rule’s tests match', () => {
  const warnings = (body: string, tests = '') => {
    const text = `title: CI\n${LOGSOURCE}\nfilter: {${body}}\n${tests}`;
    const { tests: all, filters, problems } = tuned('', text, { defaultEntry: { actor: { name: 'ada' } } });
    expect(problems).toEqual([]);
    return filterProblems(filters, all, {}).map(({ problem: { message, severity } }) => `${severity}: ${message}`);
  };
  const of = (what: string) => [`warning: the filter "CI" excludes every entry with which the tests of ${what} match`];

  test.each<readonly [body: string, warnings: readonly string[]]>([
    ['rules: [deleted], ci: {actor.name: ci}, condition: ci', of('the rule "Deleted"')],
    ['rules: [deleted], ci: {actor.name: ci}, condition: not ci', []],
    ['rules: [burst], ci: {actor.name: ci}, condition: ci', of('the rule "Burst"')],
    ['rules: [burst], ci: {status_code: 401}, condition: not ci', []],
    ['rules: any, ci: {actor.name: ci}, condition: ci', of('any rule')],
    ['rules: any, ci: {action: vm.deleted}, condition: ci', []],
    // It has no tests.
    ['rules: [refused], ci: {actor.name: ci}, condition: ci', []],
  ])('%s', (body, expected) => {
    expect(warnings(body)).toEqual(expected);
  });

  test('is right if a test says what it leaves', () => {
    const tests = 'tocsin: {tests: [{name: it, entry: {action: vm.deleted, actor.name: ci}, excluded: false}]}\n';
    expect(warnings('rules: [deleted], ci: {actor.name: ci}, condition: ci', tests)).toEqual([]);
  });
});
