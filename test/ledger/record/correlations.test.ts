/** Correlations of every type through the whole ledger: over pages, with a ledger that forgets, by late entries. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberWords } from '../../../src/alert/number-wording.ts';
import type { Incoming } from '../../../src/ledger/rpc.ts';
import { type CorrelationRule, compile, type Expression, type Rule } from '../../../src/sigma/index.ts';
import { differentValues, sameValues } from '../../support/look-alikes.ts';
import { counting, createScene, entry, HOUR, MINUTE, NOON, onAction, type Scene, SECOND } from '../scene.ts';

const QUIET = { alerts: false } as const;
const DELETED = onAction('vm.deleted', QUIET);
const MADE = onAction('api_key.created', { ...QUIET, title: 'Key made' });
const READ = onAction('kubeconfig.read', { ...QUIET, title: 'Kubeconfig read' });
const ALL = [DELETED, MADE, READ];
const NAMES = ALL.map(({ id }) => id);

/** `action`, so many seconds before noon. */
let number = 0;
const at = (seconds: number, action: string, fields: Readonly<Record<string, unknown>> = {}): Incoming =>
  entry(`${action} ${seconds} ${number++}`, NOON - seconds * SECOND, { action, ...fields });
const deleted = (seconds: number, fields: Readonly<Record<string, unknown>> = {}) => at(seconds, 'vm.deleted', fields);
const correlation = (more: Partial<CorrelationRule>): CorrelationRule => counting('vm.deleted', 3, more);
const gte = (value: number) => [{ op: 'gte', value }] as const;

/** A page each, the ledger remembering nothing between them. */
function recorded(rules: readonly Rule[], pages: readonly (readonly Incoming[])[]): Scene {
  let scene = createScene(rules);
  for (const page of pages) {
    scene = scene.reopened();
    scene.record(page);
  }
  return scene;
}

const alerts = ({ store }: Scene) =>
  store.all<{ rule: string; key: string; begins: number }>('SELECT rule, key, begins FROM alerts ORDER BY id');
const numbers = ({ store }: Scene) =>
  store
    .all<{ number: string }>('SELECT number FROM matches WHERE number IS NOT NULL ORDER BY seq')
    .map((row) => row.number);
const windows = ({ store }: Scene) =>
  store
    .all<{ window: string }>("SELECT notification ->> '$.window' AS window FROM deliveries ORDER BY id")
    .map((row) => JSON.parse(row.window));

interface Example {
  readonly name: string;
  readonly rule: Partial<CorrelationRule>;
  /** Fires at the last page, and not before. */
  readonly pages: readonly (readonly Incoming[])[];
  readonly number: string;
  readonly window: object;
  /** Seconds before noon, of the match. */
  readonly matched: number;
}

const notFrom = (ip: string): Expression => ({
  kind: 'not',
  of: { kind: 'leaf', selection: 's', field: 'client_ip', test: { op: 'equals', cased: true, values: [ip] } },
});
const from = (seconds: number, ip: string) => deleted(seconds, { client_ip: ip });
const size = (seconds: number, bytes: unknown) => deleted(seconds, { bytes });

const TYPES: readonly Example[] = [
  {
    name: 'event_count',
    rule: { condition: gte(3) },
    pages: [[deleted(90)], [deleted(60)], [deleted(30)]],
    number: '3 entries in 10 minutes',
    window: { type: 'event_count', value: 3, condition: '3 or more', rules: [], fields: [] },
    matched: 30,
  },
  {
    name: 'value_count',
    rule: { type: 'value_count', fields: ['client_ip'], condition: gte(3) },
    pages: [[from(90, 'a'), from(80, 'a'), from(75, 'b')], [from(60, 'b'), deleted(59)], [from(30, 'c')]],
    number: '3 different values of client_ip in 10 minutes',
    window: { type: 'value_count', value: 3, fields: ['client_ip'] },
    matched: 30,
  },
  {
    name: 'value_count, completed by a late entry',
    rule: { type: 'value_count', fields: ['client_ip'], condition: gte(3) },
    pages: [[from(90, 'a'), from(30, 'c')], [from(60, 'b')]],
    number: '3 different values of client_ip in 10 minutes',
    window: { type: 'value_count', value: 3 },
    matched: 30,
  },
  {
    name: 'temporal',
    rule: { type: 'temporal', rules: NAMES, condition: gte(3) },
    pages: [[deleted(90), deleted(85)], [at(60, 'kubeconfig.read')], [at(30, 'api_key.created')]],
    number: '3 of 3 rules matched in 10 minutes',
    window: {
      type: 'temporal',
      value: 3,
      condition: 'all of them',
      rules: ['Seen: vm.deleted', 'Key made', 'Kubeconfig read'],
    },
    matched: 30,
  },
  {
    name: 'temporal, by a condition over rules',
    rule: {
      type: 'temporal',
      rules: NAMES,
      condition: [],
      expression: {
        kind: 'and',
        of: [
          { kind: 'leaf', rule: 0 },
          { kind: 'leaf', rule: 1 },
        ],
      },
    },
    pages: [[deleted(90), deleted(85)], [at(60, 'kubeconfig.read')], [at(30, 'api_key.created')]],
    number: '3 of 3 rules matched in 10 minutes',
    window: { condition: '“Seen: vm.deleted” and “Key made”' },
    matched: 30,
  },
  {
    name: 'temporal_ordered',
    rule: { type: 'temporal_ordered', rules: ['api_key.created', 'kubeconfig.read', 'vm.deleted'], condition: gte(3) },
    pages: [
      [at(120, 'vm.deleted'), at(110, 'kubeconfig.read'), at(100, 'api_key.created'), deleted(90)],
      [at(60, 'kubeconfig.read')],
      [deleted(30)],
    ],
    number: '3 of 3 steps completed in 10 minutes',
    window: { type: 'temporal_ordered', value: 3, rules: ['Key made', 'Kubeconfig read', 'Seen: vm.deleted'] },
    matched: 30,
  },
  {
    name: 'temporal_ordered, completed by a late entry',
    rule: { type: 'temporal_ordered', rules: ['api_key.created', 'kubeconfig.read', 'vm.deleted'], condition: gte(3) },
    pages: [[at(100, 'api_key.created'), deleted(30)], [at(60, 'kubeconfig.read')]],
    number: '3 of 3 steps completed in 10 minutes',
    window: { value: 3 },
    matched: 30,
  },
  {
    name: 'value_sum',
    rule: { type: 'value_sum', fields: ['bytes'], condition: gte(1_000.5) },
    pages: [[size(90, 500), size(80, 'many')], [size(60, '500'), size(50, null)], [size(30, 0.75)]],
    number: 'the sum of bytes is 1,000.75 in 10 minutes',
    window: { type: 'value_sum', value: 1000.75, fields: ['bytes'], condition: '1,000.5 or more' },
    matched: 30,
  },
  {
    name: 'value_avg',
    rule: { type: 'value_avg', fields: ['bytes'], condition: [{ op: 'lt', value: 4 }] },
    pages: [[size(90, 9)], [size(60, 1)], [size(30, 1)]],
    number: 'the average of bytes is 3.667 in 10 minutes',
    window: { type: 'value_avg', condition: 'less than 4' },
    matched: 30,
  },
  {
    name: 'value_median',
    rule: { type: 'value_median', fields: ['bytes'], condition: gte(5) },
    pages: [[size(90, 1)], [size(60, 3)], [size(30, 70), size(30, 80)]],
    number: 'the median of bytes is 36.5 in 10 minutes',
    window: { type: 'value_median', value: 36.5 },
    matched: 30,
  },
  {
    name: 'value_percentile',
    rule: { type: 'value_percentile', percentile: 75, fields: ['bytes'], condition: gte(5) },
    pages: [[size(90, 1)], [size(60, 1)], [size(30, 9)]],
    number: 'the 75th percentile of bytes is 5 in 10 minutes',
    window: { type: 'value_percentile', value: 5, percentile: 75 },
    matched: 30,
  },
  {
    name: 'value_percentile, as a share',
    rule: { type: 'value_percentile', fields: ['client_ip'], condition: [{ op: 'lte', value: 25 }] },
    pages: [[from(90, 'a'), from(80, 'a')], [from(60, 'a')], [from(30, 'b')]],
    number: 'the last value of client_ip is 25 percent of all in 10 minutes',
    window: { type: 'value_percentile', value: 25, percentile: null },
    matched: 30,
  },
];

describe('each type', () => {
  it.each(TYPES)('$name', ({ rule, pages, number: words, window, matched }) => {
    const rules = [...ALL, correlation(rule)];
    expect(alerts(recorded(rules, pages.slice(0, -1)))).toEqual([]);
    const scene = recorded(rules, pages);
    expect(alerts(scene)).toMatchObject([{ key: '{"actor.id":"alice"}', begins: NOON - matched * SECOND }]);
    expect(numbers(scene).at(0)).toBe(words);
    expect(windows(scene)[0]).toMatchObject({ ...window, timespanMs: 10 * MINUTE });
  });

  it.each(TYPES)('$name: what it keeps over evictions is what it keeps without', ({ rule, pages }) => {
    const rules = [...ALL, correlation(rule)];
    const scene = createScene(rules);
    for (const page of pages) scene.record(page);
    const all = (of: Scene) => of.store.all('SELECT rule, key, text FROM windows');
    expect(all(scene)).toEqual(all(recorded(rules, pages)));
  });

  /** One value alone meets no condition of these. */
  const several = TYPES.filter(({ rule }) => !/avg|median|percentile/.test(rule.type ?? ''));
  it.each(several)('$name: is by group', ({ rule, pages }) => {
    const alone = (each: Incoming, i: number): Incoming => {
      const actor = { id: `somebody ${i} ${each.id}` };
      return { ...each, text: JSON.stringify({ ...JSON.parse(each.text), actor }) };
    };
    expect(
      alerts(
        recorded(
          [...ALL, correlation(rule)],
          pages.map((page) => page.map(alone)),
        ),
      ),
    ).toEqual([]);
  });
});

describe('a count', () => {
  it.each<[string, Partial<CorrelationRule>]>([
    ['entries', {}],
    ['different values of client_ip', { type: 'value_count', fields: ['client_ip'] }],
  ])('above what is asked for is of at least so many %s', (what, more) => {
    const page = Array.from({ length: 200 }, (_, i) => from(200 - i, `ip ${i}`));
    const scene = recorded([...ALL, correlation(more)], [page.slice(0, 3), page.slice(3)]);
    const [first, second] = numbers(scene);
    expect([first, second]).toEqual([`3 ${what} in 10 minutes`, `at least 4 ${what} in 10 minutes`]);
    expect(windows(scene).map(({ atLeast }) => atLeast)).toEqual([false, true, true]);
  });
});

describe('chains', () => {
  const burst = correlation({ id: 'burst', title: 'Burst', alerts: false });
  const then = correlation({
    ...{ id: 'then', title: 'Burst, then a key', type: 'temporal_ordered', rules: ['burst', 'api_key.created'] },
    condition: gte(2),
  });
  const story = [[deleted(90), deleted(80)], [deleted(70)], [at(60, 'api_key.created')]];

  it('what only feeds another opens no alert, and is known to have matched', () => {
    const scene = recorded([...ALL, burst, then], story);
    expect(alerts(scene)).toEqual([{ rule: 'then', key: '{"actor.id":"alice"}', begins: NOON - 60 * SECOND }]);
    expect(scene.store.all("SELECT matched FROM activity WHERE rule = 'burst'")).toEqual([{ matched: 1 }]);
    expect(windows(scene)).toMatchObject([{ value: 2, rules: ['Burst', 'Key made'] }]);
  });

  it('whatever the order of the rules', () => {
    expect(alerts(recorded([then, burst, ...ALL], story))).toHaveLength(1);
  });

  it('its evidence is the entries that completed what lies below', () => {
    const scene = recorded([...ALL, burst, then], story);
    expect(scene.store.all("SELECT seq, decision ->> '$[0].reason' AS reason FROM matches ORDER BY seq")).toEqual([
      { seq: 3, reason: null },
      { seq: 4, reason: 'first match' },
    ]);
  });

  it('one that also alerts opens its own first', () => {
    const scene = recorded([...ALL, { ...burst, alerts: true }, then], story);
    expect(alerts(scene).map(({ rule }) => rule)).toEqual(['burst', 'then']);
  });

  it.each<[string, Partial<CorrelationRule>, Partial<CorrelationRule>?]>([
    ['field', { fields: ['action'], type: 'value_count' }, { type: 'value_count', fields: ['client_ip'] }],
    ['type', { type: 'value_percentile' }],
    ['percentile', { percentile: 3 }],
    ['order of its rules', { rules: ['api_key.created', 'vm.deleted'] }],
    ['expression', { expression: { kind: 'leaf', rule: 1 } }],
  ])('a rule has other windows where it has another %s', (_, more, before = {}) => {
    const base = correlation({ rules: ['vm.deleted', 'api_key.created'], type: 'temporal_ordered', ...before });
    const scene = recorded([...ALL, base], [[from(9, 'a')]]);
    const known = scene.store.all('SELECT fingerprint FROM windows');
    const engine = compile({ version: 'two', rules: [...ALL, { ...base, ...more }] });
    scene.reopened({ engine }).record([from(8, 'a')]);
    expect(scene.store.all('SELECT fingerprint FROM windows')).not.toEqual(known);
  });
});

describe('a filter of a correlation', () => {
  const burst = correlation({ id: 'burst', title: 'Burst', condition: gte(2) });
  const then = correlation({
    ...{ id: 'then', title: 'Burst, then a key', type: 'temporal_ordered', rules: ['burst', 'api_key.created'] },
    ...{ condition: gte(2), filter: notFrom('ours') },
  });
  const rules = [...ALL, burst, then];

  it('excludes an entry for it alone: also in a chain, from late entries and evidence', () => {
    const scene = recorded(rules, [[from(90, 'ours')], [from(80, 'b')], [at(60, 'api_key.created')]]);
    expect(alerts(scene).map(({ rule }) => rule)).toEqual(['burst']);
    scene.record([from(85, 'ours')]);
    expect(alerts(scene).map(({ rule }) => rule)).toEqual(['burst']);
    scene.record([from(84, 'c')]);
    expect(alerts(scene).map(({ rule }) => rule)).toEqual(['burst', 'then']);
    const contributing = scene.store.all<{ id: string }>(
      "SELECT id FROM matches JOIN entries USING (seq) WHERE alert = 2 AND id NOT LIKE 'api_key%'",
    );
    expect(contributing.length).toBeGreaterThan(0);
    const excluded = scene.store.all<{ id: string }>("SELECT id FROM entries WHERE body ->> '$.client_ip' = 'ours'");
    for (const { id } of contributing) expect(excluded.map((row) => row.id)).not.toContain(id);
  });

  it('has copies of what it refers to that nobody sees', () => {
    const scene = recorded(rules, [[from(90, 'a'), from(80, 'b')]]);
    expect(scene.store.all('SELECT rule FROM activity ORDER BY rule')).toEqual([
      { rule: 'burst' },
      { rule: 'vm.deleted' },
    ]);
    expect(scene.store.all('SELECT rule FROM windows ORDER BY rule')).toHaveLength(3);
  });

  it('starts with new windows where it has changed, there and in the chain, and nowhere else', () => {
    const scene = recorded(rules, [[from(90, 'a')]]);
    const fingerprints = () =>
      new Map(
        scene.store
          .all<{ rule: string; fingerprint: string }>('SELECT rule, fingerprint FROM windows')
          .map(({ rule, fingerprint }) => [rule.split('\t')[0] === rule ? rule : 'copy', fingerprint]),
      );
    const before = fingerprints();
    const engine = compile({ version: 'two', rules: [...ALL, burst, { ...then, filter: notFrom('theirs') }] });
    scene.reopened({ engine }).record([from(80, 'ours'), from(70, 'ours')]);
    expect(fingerprints().get('burst')).toBe(before.get('burst'));
    expect(fingerprints().get('copy')).not.toBe(before.get('copy'));
  });
});

describe('groups and values that look alike', () => {
  const byKey = (more: Partial<CorrelationRule>) => correlation({ condition: gte(2), ...more });
  const pairs = (rows: typeof differentValues) =>
    rows.filter((row) =>
      row.slice(1).every((value) => value !== undefined && value !== null && JSON.stringify(value) !== 'null'),
    );

  it.each(pairs(differentValues))('are two where %s', (_, a, b) => {
    const count = byKey({ groupBy: ['actor.id'] });
    const values = byKey({ id: 'values', groupBy: [], type: 'value_count', fields: ['actor.id'] });
    const pages = [a, b].map((id, i) => [deleted(2 - i, { actor: { id } })]);
    const scene = recorded([...ALL, count, values], pages);
    expect(alerts(scene)).toMatchObject([{ rule: 'values', key: '{}' }]);
  });

  it.each(pairs(sameValues))('are one where %s', (_, a, b) => {
    const count = byKey({ groupBy: ['actor.id'] });
    const values = byKey({ id: 'values', groupBy: [], type: 'value_count', fields: ['actor.id'] });
    const pages = [a, b].map((id, i) => [deleted(2 - i, { actor: { id } })]);
    const scene = recorded([...ALL, count, values], pages);
    expect(alerts(scene)).toMatchObject([{ rule: count.id }]);
  });

  it('of a chain keep their type', () => {
    const count = byKey({ ...QUIET, groupBy: ['actor.id'] });
    const above = byKey({ id: 'above', rules: [count.id], groupBy: ['actor.id'], condition: gte(1) });
    const scene = recorded(
      [...ALL, count, above],
      [[deleted(2, { actor: { id: 7 } }), deleted(1, { actor: { id: 7 } })]],
    );
    expect(alerts(scene)).toMatchObject([{ rule: 'above', key: '{"actor.id":7}' }]);
  });
});

describe('one entry', () => {
  it('counts once in an alert, though the correlation fired for several of its groups', () => {
    const both = correlation({
      ...{ rules: ['api_key.created', 'a key again'], groupBy: ['key'], condition: gte(1) },
      aliases: { key: { 'api_key.created': 'target.id', 'a key again': 'actor.id' } },
      tocsin: { runbook: null, dedupBy: ['client_ip'], dedupPeriodMs: null, dedupReopenMs: null },
    });
    const again = onAction('api_key.created', { ...QUIET, id: 'a key again' });
    const made = at(9, 'api_key.created', { target: { id: 'new' }, client_ip: '203.0.113.1' });
    const scene = recorded([MADE, again, both], [[made]]);
    expect(scene.count('windows')).toBe(2);
    expect(scene.store.all('SELECT key, count FROM alerts')).toEqual([
      { key: '{"client_ip":"203.0.113.1"}', count: 1 },
    ]);
  });

  it('the story of a key: who made it, and what it did', () => {
    const key = correlation({
      ...{ type: 'temporal_ordered', rules: ['api_key.created', 'kubeconfig.read'], groupBy: ['key'] },
      aliases: { key: { 'api_key.created': 'target.id', 'kubeconfig.read': 'actor.id' } },
      condition: gte(2),
    });
    const scene = recorded(
      [MADE, READ, key],
      [
        [at(90, 'api_key.created', { target: { id: 'new' } })],
        [at(60, 'kubeconfig.read', { actor: { id: 'old' } })],
        [at(30, 'kubeconfig.read', { actor: { id: 'new' } })],
      ],
    );
    expect(alerts(scene)).toMatchObject([{ key: '{"key":"new"}' }]);
    expect(scene.store.all("SELECT seq, decision ->> '$[0].reason' AS reason FROM matches ORDER BY seq")).toEqual([
      { seq: 1, reason: null },
      { seq: 3, reason: 'first match' },
    ]);
  });
});

describe('entries of the past, read after younger ones', () => {
  it('are not forgotten for what they made fire later than they happened', () => {
    const rules = [
      ...ALL,
      correlation({ id: 'many', alerts: false }),
      correlation({
        id: 'two of three',
        type: 'temporal',
        rules: ['many', 'api_key.created', 'kubeconfig.read'],
        timespanMs: 100 * SECOND,
        condition: gte(2),
      }),
    ];
    const past = [at(1_890, 'api_key.created'), deleted(1_850), at(1_840, 'kubeconfig.read')];
    // With the first of the past, they make `many` fire: 250 seconds after it.
    const scene = recorded(rules, [[deleted(1_700), deleted(1_600)], past]);
    expect(alerts(scene)).toMatchObject([{ rule: 'two of three', begins: NOON - 1_840 * SECOND }]);
  });
});

describe('a sum too large for a number', () => {
  it.each([
    [1.7e308, '1.7976931348623157e+308'],
    [-1.7e308, '-1.7976931348623157e+308'],
  ])('of %d and as much again is shown as the largest', (bytes, words) => {
    const op = bytes > 0 ? 'gt' : 'lt';
    const sum = correlation({ type: 'value_sum', fields: ['bytes'], condition: [{ op, value: bytes }] });
    const scene = recorded([DELETED, sum], [[size(60, bytes), size(30, bytes)]]);
    expect(numbers(scene)).toEqual([`the sum of bytes is ${words} in 10 minutes`]);
    const [window] = windows(scene);
    expect(numberWords(window)).toBe(`the sum of bytes is ${words} in 10 minutes`);
  });
});

describe('an entry that comes late', () => {
  it('counts for the correlations above in every window that it fired', () => {
    const rules = [
      ...ALL,
      correlation({ id: 'many', alerts: false, timespanMs: 5 * MINUTE }),
      correlation({
        id: 'then',
        type: 'temporal_ordered',
        rules: ['many', 'api_key.created'],
        timespanMs: MINUTE,
        condition: gte(2),
      }),
    ];
    // In time it makes `many` fire 240 and 30 seconds before noon; the key is made less than a minute after the latter.
    const others = [deleted(360), deleted(240), deleted(30), at(0, 'api_key.created')];
    const scene = recorded(rules, [others, [deleted(270)]]);
    expect(alerts(scene)).toMatchObject([{ rule: 'then', begins: NOON }]);
  });
});

describe('replay', () => {
  /** One of each type, and a chain. */
  const rules = [
    ...ALL,
    ...TYPES.map(({ rule }, i) => correlation({ ...rule, id: `rule ${i}`, timespanMs: MINUTE })),
    correlation({ id: 'chain', rules: ['rule 0', 'rule 1', 'api_key.created'], condition: gte(3) }),
    correlation({ id: 'filtered', rules: ['rule 0', 'chain'], condition: gte(2), filter: notFrom('a') }),
  ];
  const anyEvent = fc.record({
    seconds: fc.integer({ min: 0, max: 240 }),
    action: fc.constantFrom(...NAMES),
    actor: fc.constantFrom('alice', 'bob'),
    ip: fc.constantFrom('a', 'b', 'c', 7, null),
    bytes: fc.oneof(fc.integer({ min: -3, max: 600 }), fc.constantFrom('12', 'x', null, 0.5)),
  });

  it('by the same batches, late entries and all, gives the same rows, however often the ledger forgets', () => {
    let matched = 0;
    fc.assert(
      fc.property(fc.array(fc.array(anyEvent, { minLength: 1, maxLength: 8 }), { maxLength: 8 }), (pages) => {
        const batches = pages.map((page, p) =>
          page.map(({ seconds, action, actor, ip, bytes }, i) => {
            const when = NOON - HOUR + p * MINUTE - seconds * SECOND;
            return entry(`${p}-${i}`, when, { action, actor: { id: actor }, client_ip: ip, bytes });
          }),
        );
        const began = (p: number) => ({ began: NOON - HOUR + p * MINUTE });
        const once = createScene(rules);
        for (const [p, batch] of batches.entries()) once.record(batch, began(p));
        let again = createScene(rules);
        for (const [p, batch] of batches.entries()) {
          again = again.reopened();
          again.record(batch, began(p));
        }
        // How late an entry was is measured from the last scan, which a ledger that forgets knows less well.
        for (const rows of [
          ...['alerts', 'matches', 'windows', 'activity'].map((table) => `* FROM ${table}`),
          '* FROM deliveries WHERE health IS NULL',
          "json_remove(value, '$.lateness') FROM state",
        ])
          expect(again.store.all(`SELECT ${rows}`)).toEqual(once.store.all(`SELECT ${rows}`));
        matched += once.count('alerts', "rule = 'chain'");
      }),
      { numRuns: 60 },
    );
    expect(matched).toBeGreaterThan(5);
  });
});
