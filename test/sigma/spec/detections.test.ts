/**
 * Detections, from YAML to what matches, against the specification written out plainly: random rules over few words, so
 * that they often match.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile, type EntryBody } from '../../../src/sigma/index.ts';
import { document, errorsOf, parse } from './examples.ts';

type Scalar = string | number | boolean | null;
type Item = readonly [field: string, modifiers: readonly string[], value: Scalar | readonly Scalar[]];
type Selection =
  | { readonly maps: readonly (readonly Item[])[]; readonly isList: boolean }
  | { readonly keywords: readonly Scalar[]; readonly all: boolean };
type Condition =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'of'; readonly quantifier: 'all' | '1' | 'any'; readonly pattern: string }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] };

// ---- The specification, written out ----

function valuesOf(entry: EntryBody, field: string): { readonly there: boolean; readonly values: readonly unknown[] } {
  const flat = (value: unknown): unknown[] => (Array.isArray(value) ? value.flatMap(flat) : [value]);
  if (Object.hasOwn(entry, field)) return { there: true, values: flat(entry[field]) };
  const [head = '', tail] = field.split('.');
  const inner = entry[head];
  if (tail !== undefined && typeof inner === 'object' && inner !== null && Object.hasOwn(inner, tail)) {
    return { there: true, values: flat((inner as EntryBody)[tail]) };
  }
  return { there: false, values: [] };
}

/** A value with wildcards as a regular expression of JavaScript. */
function expressionOf(written: string): string {
  let source = '';
  for (let i = 0; i < written.length; i++) {
    const char = written[i] ?? '';
    const next = written[i + 1] ?? '';
    if (char === '\\' && ['\\', '*', '?'].includes(next)) {
      source += `\\${next}`;
      i++;
    } else if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else source += char.replace(/[\\^$.|+()[\]{}/]/, '\\$&');
  }
  return source;
}

function scalarMatches(item: Item, wanted: Scalar, actual: unknown, entry: EntryBody): boolean {
  const [, modifiers] = item;
  if (actual === null || typeof actual === 'object') return false;
  const text = String(actual);
  const flags = modifiers.includes('cased') ? 's' : 'si';
  const has = (modifier: string) => modifiers.includes(modifier);
  if (has('re')) return new RegExp(String(wanted), has('i') ? 'i' : '').test(text);
  if (has('fieldref')) {
    const others = valuesOf(entry, String(wanted)).values.filter(
      (value) => value !== null && typeof value !== 'object',
    );
    return others.some((other) => String(other).toLowerCase() === text.toLowerCase());
  }
  if (has('lt') || has('gte')) {
    const number = typeof actual === 'boolean' || text.trim() === '' ? Number.NaN : Number(text);
    return has('lt') ? number < Number(wanted) : number >= Number(wanted);
  }
  const source = typeof wanted === 'string' ? expressionOf(wanted) : String(wanted).replace('.', '\\.');
  if (has('contains')) return new RegExp(source, flags).test(text);
  if (has('startswith')) return new RegExp(`^(?:${source})`, flags).test(text);
  if (has('endswith')) return new RegExp(`(?:${source})$`, flags).test(text);
  return new RegExp(`^(?:${source})$`, flags).test(text);
}

function itemMatches(item: Item, entry: EntryBody): boolean {
  const [field, modifiers, value] = item;
  const { there, values } = valuesOf(entry, field);
  const one = (wanted: Scalar): boolean => {
    if (modifiers.includes('exists')) return there === wanted;
    if (wanted === null) return !there || values.includes(null);
    return values.some((actual) => scalarMatches(item, wanted, actual, entry));
  };
  const wanted = Array.isArray(value) ? (value as readonly Scalar[]) : [value as Scalar];
  const matches = modifiers.includes('all') ? wanted.every(one) : wanted.some(one);
  return modifiers.includes('neq') ? !matches : matches;
}

function selectionMatches(selection: Selection, entry: EntryBody): boolean {
  if ('maps' in selection) {
    return selection.maps.some((items) => items.every((item) => itemMatches(item, entry)));
  }
  const every = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null ? Object.values(value).flatMap(every) : [value];
  const one = (keyword: Scalar) =>
    every(entry).some((actual) => scalarMatches(['', ['contains'], keyword], keyword, actual, entry));
  return selection.all ? selection.keywords.every(one) : selection.keywords.some(one);
}

function conditionHolds(condition: Condition, results: ReadonlyMap<string, boolean>): boolean {
  switch (condition.kind) {
    case 'name':
      return results.get(condition.name) ?? false;
    case 'not':
      return !conditionHolds(condition.of, results);
    case 'and':
      return condition.of.every((one) => conditionHolds(one, results));
    case 'or':
      return condition.of.some((one) => conditionHolds(one, results));
    case 'of': {
      const named = namedBy(condition.pattern, [...results.keys()]).map((name) => results.get(name));
      return condition.quantifier === 'all' ? !named.includes(false) : named.includes(true);
    }
  }
}

function namedBy(pattern: string, names: readonly string[]): readonly string[] {
  const visible = names.filter((name) => !name.startsWith('_'));
  return pattern === 'them' ? visible : visible.filter((name) => name.startsWith(pattern.replace('*', '')));
}

// ---- As YAML ----

function yamlOf(selection: Selection): string {
  if ('keywords' in selection) {
    return JSON.stringify(selection.all ? { '|all': selection.keywords } : selection.keywords);
  }
  const maps = selection.maps.map((items) =>
    Object.fromEntries(items.map(([field, modifiers, value]) => [[field, ...modifiers].join('|'), value])),
  );
  return JSON.stringify(selection.isList ? maps : maps[0]);
}

const STRENGTH = { or: 0, and: 1, not: 2, of: 3, name: 4 } as const;

/** With no parentheses but those that precedence asks for. */
function textOf(condition: Condition): string {
  const inside = (child: Condition) =>
    STRENGTH[child.kind] <= STRENGTH[condition.kind] ? `(${textOf(child)})` : textOf(child);
  switch (condition.kind) {
    case 'name':
      return condition.name;
    case 'of':
      return `${condition.quantifier} of ${condition.pattern}`;
    case 'not':
      return `not ${inside(condition.of)}`;
    case 'and':
    case 'or':
      return condition.of.map(inside).join(` ${condition.kind} `);
  }
}

// ---- Random rules and entries ----

const FIELDS = ['a', 'b', 'n.x'];
const WORDS = ['a', 'b', 'ab', 'AB', 'aab', 'ba', 'a*', 'a\\b', '', '12', 'a b'];
const PATTERNS = [...WORDS, '*', 'a*b', '?b', '*b', 'a?', 'a\\*', 'a\\\\*', '*a*', '??', 'a\\\\b'];

const field = fc.constantFrom(...FIELDS);
const many = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 2, maxLength: 4 });
const pattern = fc.constantFrom<Scalar>(...PATTERNS, 12, true);
const plain = fc.constantFrom<Scalar>(...PATTERNS.filter((text) => text !== ''));
const number = fc.constantFrom<Scalar>(0, 1, 12, 13.5, -1);
const regex = fc.constantFrom<Scalar>('a', '^a', 'b$', 'a.b', '^(a|b)+$', 'a{2}', '[^ab]', 'A', '^$');

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.tuple(
    field,
    fc.constantFrom<readonly string[]>([], ['neq'], ['cased'], ['cased', 'neq']),
    fc.oneof(pattern, many(pattern), fc.constant(null)),
  ),
  fc.tuple(
    field,
    fc
      .tuple(fc.constantFrom('contains', 'startswith', 'endswith'), fc.subarray(['cased', 'neq']))
      .map(([end, more]) => [end, ...more]),
    fc.oneof(plain, many(plain)),
  ),
  fc.tuple(field, fc.constantFrom(['all'], ['contains', 'all'], ['contains', 'all', 'neq']), many(plain)),
  fc.tuple(field, fc.constantFrom(['exists'], ['exists', 'neq']), fc.boolean()),
  fc.tuple(field, fc.constantFrom(['lt'], ['gte'], ['gte', 'neq']), fc.oneof(number, many(number))),
  fc.tuple(field, fc.constantFrom(['re'], ['re', 'i'], ['re', 'all'], ['re', 'neq']), many(regex)),
  fc.tuple(field, fc.constantFrom(['fieldref'], ['fieldref', 'neq']), field),
);

const items = fc.uniqueArray(item, {
  minLength: 1,
  maxLength: 3,
  selector: ([name, modifiers]) => [name, ...modifiers].join('|'),
});
const selection: fc.Arbitrary<Selection> = fc.oneof(
  { weight: 3, arbitrary: items.map((map) => ({ maps: [map], isList: false })) },
  { weight: 2, arbitrary: fc.array(items, { minLength: 1, maxLength: 3 }).map((maps) => ({ maps, isList: true })) },
  { weight: 1, arbitrary: fc.record({ keywords: many(plain), all: fc.boolean() }) },
);

const NAMES = ['one', 'other', 'third', '_fourth'];
const condition = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'condition' },
    fc.constantFrom(...NAMES).map((name): Condition => ({ kind: 'name', name })),
    fc
      .tuple(fc.constantFrom<'all' | '1' | 'any'>('all', '1', 'any'), fc.constantFrom('them', 'o*', '*', 'third*'))
      .map(([quantifier, of]): Condition => ({ kind: 'of', quantifier, pattern: of })),
    tie('condition').map((of): Condition => ({ kind: 'not', of })),
    fc
      .tuple(fc.constantFrom<'and' | 'or'>('and', 'or'), fc.array(tie('condition'), { minLength: 2, maxLength: 3 }))
      .map(([kind, of]): Condition => ({ kind, of })),
  ),
})).condition;

const value = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<unknown>(...WORDS, 1, 12, 13.5, true, null) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom<unknown>(...WORDS, 0, 12, null), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant({ y: 'ab' }) },
);
const entry: fc.Arbitrary<EntryBody> = fc.record(
  { a: value, b: value, n: fc.oneof(fc.record({ x: value }, { requiredKeys: [] }), value), 'n.x': value },
  { requiredKeys: [] },
);

interface RandomRule {
  readonly selections: readonly Selection[];
  readonly condition: Condition;
}
const rule: fc.Arbitrary<RandomRule> = fc
  .record({ selections: fc.tuple(selection, selection, selection, selection), condition })
  // A condition that names its selections very often is refused.
  .filter((one) => !errorsOf(ruleText(one, 'r')).some((error) => error.includes('are allowed')));
const entries = fc.array(entry, { minLength: 5, maxLength: 12, size: 'max' });

function ruleText({ selections, condition: tree }: RandomRule, id: string): string {
  const lines = selections.map((one, i) => `${NAMES[i]}: ${yamlOf(one)}`);
  return document([...lines, `condition: ${JSON.stringify(textOf(tree))}`].join('\n'), `id: ${id}\n`);
}

function isSatisfied({ selections, condition: tree }: RandomRule, body: EntryBody): boolean {
  const results = new Map(selections.map((one, i) => [NAMES[i] ?? '', selectionMatches(one, body)]));
  return conditionHolds(tree, results);
}

/** Compares rules, all in one engine, with what each means by itself; how often they matched. */
function compare(rules: readonly RandomRule[], bodies: readonly EntryBody[]): number {
  const text = rules.map((one, i) => ruleText(one, `r-${i}`)).join('---\n');
  expect(errorsOf(text)).toEqual([]);
  const engine = compile(parse(text).ruleSet);
  let matched = 0;
  for (const body of bodies) {
    const wanted = rules.flatMap((one, i) => (isSatisfied(one, body) ? [`r-${i}`] : []));
    matched += wanted.length;
    const found = engine.evaluate(body).map((match) => match.rule.id);
    expect(found, `${rules.length === 1 ? text : ''}${JSON.stringify(body)}`).toEqual(wanted);
  }
  return matched;
}

test('one rule', () => {
  let matched = 0;
  let evaluated = 0;
  fc.assert(
    fc.property(rule, entries, (one, bodies) => {
      matched += compare([one], bodies);
      evaluated += bodies.length;
    }),
    { numRuns: 300 },
  );
  // Neither answer is rare.
  expect(matched / evaluated).toBeGreaterThan(0.2);
  expect(matched / evaluated).toBeLessThan(0.8);
});

test('several rules over the same fields', () => {
  const several = fc.array(rule, { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(several, entries, (rules, bodies) => void compare(rules, bodies)),
    { numRuns: 60 },
  );
});

test('many rules', () => {
  const [many = []] = fc.sample(fc.array(rule, { minLength: 300, maxLength: 300, size: 'max' }), {
    numRuns: 1,
    seed: 1,
  });
  expect(compare(many, fc.sample(entry, { numRuns: 30, seed: 2 }))).toBeGreaterThan(1_000);
}, 20_000);
