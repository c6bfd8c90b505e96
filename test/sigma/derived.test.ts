/** Derived fields: computed from an entry when a rule reads them, and seen by rules alike wherever rules read fields. */
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../src/sigma/codegen/generate.ts';
import { createSequence } from '../../src/sigma/correlate/sequence.ts';
import { compile, type Engine } from '../../src/sigma/engine.ts';
import type { DerivedFields } from '../../src/sigma/evaluate/field.ts';
import type { EntryBody, RuleSet } from '../../src/sigma/rule.ts';
import { parsed, ruleWith } from './rules.ts';

let computed = 0;
/** The size of an order. */
const DERIVED: DerivedFields = new Map([
  [
    'shop.size',
    ({ items }) => {
      computed++;
      return typeof items !== 'number' ? undefined : items > 10 ? 'Large' : 'Small';
    },
  ],
]);

/** By generated code and by the interpreter. */
function enginesOf(ruleSet: RuleSet): readonly Engine[] {
  const code = new Function(`return ${codeOf(ruleSet, DERIVED)}`)();
  return [compile(ruleSet, { code, derived: DERIVED }), compile(ruleSet, { derived: DERIVED })];
}

function matches(detection: string, entry: EntryBody): boolean {
  const [byCode, interpreted] = enginesOf(parsed(ruleWith(detection)).ruleSet).map((engine) => {
    return engine.evaluate(entry).map(({ evidence }) => evidence);
  });
  expect(byCode).toEqual(interpreted);
  return byCode?.length === 1;
}

describe('a derived field in a detection', () => {
  test.each([
    ['s: {shop.size: large}', { items: 11 }, true],
    ['s: {shop.size: large}', { items: 10 }, false],
    ['s: {shop.size: large}', {}, false],
    ['s: {shop.size|cased: large}', { items: 11 }, false],
    ["s: {'shop.size|re': '^Sm'}", { items: 1 }, true],
    ['s: {shop.size: null}', { items: 'many' }, true],
    ['s: {shop.size: null}', { items: 1 }, false],
    ['s: {shop.size|exists: true}', { items: 1 }, true],
    ['s: {shop.size|exists: false}', {}, true],
    ['s: {shop.size|neq: large}', { items: 1 }, true],
    ['s: {shop.size|fieldref: claim}', { items: 1, claim: 'small' }, true],
    ['s: {claim|fieldref|contains: shop.size}', { items: 1, claim: 'not small' }, true],
    // What the entry has comes first.
    ['s: {shop.size: huge}', { items: 1, 'shop.size': 'huge' }, true],
    ['s: {shop.size: huge}', { items: 1, shop: { size: 'huge' } }, true],
    ['s: {shop.size: null}', { items: 1, shop: { size: null } }, true],
    ['s: {shop.size: small}', { items: 1, shop: { color: 'red' } }, true],
  ])('%s of %j: %s', (selection, entry, expected) => {
    expect(matches(`${selection}\ncondition: s`, entry)).toBe(expected);
  });

  test('is not among what keywords search', () => {
    expect(matches('keywords: [large]\ncondition: keywords', { items: 11 })).toBe(false);
  });

  test('is in the evidence, and in what nearly matches', () => {
    const { ruleSet } = parsed(ruleWith('s: {shop.size: large, item: tea}\ncondition: s'));
    for (const engine of enginesOf(ruleSet)) {
      expect(engine.evaluate({ items: 11, item: 'tea' })[0]?.evidence).toEqual([
        { selection: 's', field: 'shop.size', value: 'Large' },
        { selection: 's', field: 'item', value: 'tea' },
      ]);
      expect(engine.nearMisses({ items: 1, item: 'tea' })[0]?.failed).toEqual([
        { selection: 's', field: 'shop.size', value: 'Small', excluded: false },
      ]);
    }
  });

  test('is computed once for an entry, and not if no rule needs it', () => {
    const rules = ['Small', 'Large', 'L*'].map((size, i) =>
      ruleWith(`s: {shop.size: '${size}', item: tea}\ncondition: s`, `r-${i}`),
    );
    const [byCode, interpreted] = enginesOf(parsed(...rules).ruleSet);
    for (const [engine, count] of [
      [byCode, 1],
      [interpreted, 1],
    ] as const) {
      computed = 0;
      expect(engine?.evaluate({ items: 11, item: 'tea' })).toHaveLength(2);
      expect(computed).toBe(count);
    }
    const [other] = enginesOf(parsed(ruleWith('s: {item: tea}\ncondition: s')).ruleSet);
    computed = 0;
    expect(other?.evaluate({ items: 11, item: 'tea' })).toHaveLength(1);
    expect(computed).toBe(0);
  });
});

test('code that is made with derived fields needs them', () => {
  const { ruleSet } = parsed(ruleWith('s: {item: tea}\ncondition: s'));
  const code = new Function(`return ${codeOf(ruleSet, DERIVED)}`)();
  expect(() => compile(ruleSet, { code })).toThrow('is made with the derived field "shop.size"');
});

describe('a derived field in a correlation', () => {
  const base = `${ruleWith('s: {item: tea}\ncondition: s', 'r-1')}name: tea\n`;
  const correlation = (body: string): string =>
    `title: Many\nid: r-2\ncorrelation:\n  rules: [tea]\n  timespan: 1h\n${body}\n`;
  const found = (body: string, entries: readonly EntryBody[]): readonly (readonly unknown[])[] => {
    const [byCode, interpreted] = enginesOf(parsed(base, correlation(body)).ruleSet).map((engine) => {
      const sequence = createSequence(engine);
      return entries.flatMap((entry, i) => {
        const { correlationMatches } = sequence.add({ item: 'tea', ...entry }, i * 1_000);
        return correlationMatches.map(({ group, window }) => [i, ...group.map(({ value }) => value), window.value]);
      });
    });
    expect(byCode).toEqual(interpreted);
    return byCode ?? [];
  };

  test('groups', () => {
    const entries = [{ items: 1 }, { items: 11 }, {}, { items: 2 }];
    expect(found('  type: event_count\n  group-by: [shop.size]\n  condition: {gte: 2}', entries)).toEqual([
      [3, 'Small', 2],
    ]);
  });

  test('is counted', () => {
    const entries = [{ items: 1 }, { items: 2 }, {}, { items: 11 }];
    expect(found('  type: value_count\n  condition: {gte: 2, field: shop.size}', entries)).toEqual([[3, 2]]);
  });

  test('is what an alias stands for', () => {
    const body = [
      '  type: value_count',
      '  group-by: [kind]',
      '  aliases: {kind: {tea: shop.size}}',
      '  condition: {gte: 2, field: who}',
    ].join('\n');
    const entries = [
      { items: 1, who: 'a' },
      { items: 11, who: 'b' },
      { items: 2, who: 'c' },
    ];
    expect(found(body, entries)).toEqual([[2, 'Small', 2]]);
  });
});
