/**
 * Generates JavaScript from rules at build time: a function for each rule, and the index of their witnesses (engine.ts runs
 * them).
 *
 * Contract: the source of a `RuleCode`. Only JSON strings and numbers of a rule get into the code, so a rule can't inject
 * any. Pure.
 */
import {
  type Anchored,
  anchorText,
  GRAM,
  groupsOf,
  isCrowd,
  type Literal,
  LiteralTable,
  withAnchors,
} from '../evaluate/literal-table.ts';
import type { DetectionRule, Expression, Leaf, RuleSet } from '../rule.ts';
import type { IndexData, IndexedField, IndexedLiteral } from './candidates.ts';
import { leavesOf, type RuleCode } from './rule-code.ts';
import { type Need, needOf, type Part, partsOf, witnessOf } from './witness.ts';

/** The source of the rules' code: the expression of a `RuleCode`. */
export function codeOf({ rules }: RuleSet): string {
  const detections = rules.filter((rule) => rule.kind === 'detection');
  const numbers = new Map(leavesOf(detections).map((leaf, number) => [leaf, number]));
  const fields = new Map<string, number>();
  const fieldOf = (path: string): number => {
    const number = fields.get(path) ?? fields.size;
    fields.set(path, number);
    return number;
  };
  const index = indexOf(detections, fieldOf);
  const leafOf = (leaf: Leaf): string => comparison(leaf, fieldOf, numbers.get(leaf) as number);
  const functions = detections.map(({ expression }) => `(f) => ${generate(expression, leafOf)}`);
  const paths = [...fields.keys()];
  const members: { readonly [member in keyof RuleCode]: string } = {
    read: readersOf(paths.slice(0, index.fields.length), paths.slice(index.fields.length)),
    index: `JSON.parse(${JSON.stringify(JSON.stringify(index))})`,
    rules: `[\n${functions.join(',\n')}\n]`,
  };
  return `{\n${Object.entries(members)
    .map(([member, source]) => `${member}: ${source}`)
    .join(',\n')}\n}`;
}

/** The source of a `ReadFields`. */
function readersOf(first: readonly string[], others: readonly string[]): string {
  const heads = new Map<string, string>();
  const headOf = (name: string): string => {
    const known = heads.get(name) ?? `o${heads.size}`;
    heads.set(name, known);
    return known;
  };
  const assignments = first.map((path, field) => `values[${field}] = ${readerOf(path, headOf)};`);
  const constants = [...heads].map(([name, known]) => `const ${known} = e[${JSON.stringify(name)}];`);
  const readers = others.map((path) => `(e, path) => ${readerOf(path, (name) => `e[${JSON.stringify(name)}]`)}`);
  const lines = [...constants, ...assignments].join('\n');
  return `{ first(e, values, path) {\n${lines}\n}, others: [\n${readers.join(',\n')}\n] }`;
}

/** Reads the flat key, else the path if it has two names: what `fieldValue` does, without its loops. */
function readerOf(field: string, headOf: (name: string) => string): string {
  const whole = JSON.stringify(field);
  const [head, tail, ...more] = field.split('.');
  const isInherited = [field, head, tail].some((name) => name !== undefined && name in Object.prototype);
  if (head === undefined || more.length > 0 || isInherited) return `path(e, ${whole})`;
  if (tail === undefined) return `e[${whole}]`;
  const object = headOf(head);
  const isPlain = `e[${whole}] === undefined && typeof ${object} === 'object' && !Array.isArray(${object})`;
  return `${isPlain} ? ${object}?.[${JSON.stringify(tail)}] : path(e, ${whole})`;
}

function indexOf(rules: readonly DetectionRule[], fieldOf: (path: string) => number): IndexData {
  const needs = rules.map(({ expression }) => needOf(expression));
  const costOf = costs(needs.map((need) => new Map(partsOf(need).map((part) => [keyOf(part), part]))));
  const rulesByPart = new Map<string, { readonly part: Part; readonly rules: number[] }>();
  const always: number[] = [];
  for (const [rule, need] of needs.entries()) {
    const parts = witnessOf(need, costOf);
    if (parts === null) always.push(rule);
    for (const [key, part] of new Map(parts?.map((one) => [keyOf(one), one]))) {
      const known = rulesByPart.get(key);
      if (known === undefined) rulesByPart.set(key, { part, rules: [rule] });
      else known.rules.push(rule);
    }
  }
  const byField = Map.groupBy(rulesByPart.values(), ({ part }) => part.field);
  const fields = [...byField].map(([path, parts]): IndexedField => {
    const literals = withoutCrowds(
      parts.flatMap(({ part, rules }) =>
        part.kind === 'literal' ? [{ text: part.text, place: part.place, rules }] : [],
      ),
    );
    const ranges = parts.flatMap(({ part, rules }) => (part.kind === 'range' ? [{ ...part, rules }] : []));
    // Indexed fields have the first numbers.
    fieldOf(path);
    return { literals, sections: sectionsOf(ranges) };
  });
  return { always, fields };
}

/**
 * Where many literals have the same anchor, it stands for all of them: a value could make the index compare each of them at
 * each place. The literals without an anchor stay.
 */
function withoutCrowds(
  literals: readonly (Literal & { readonly rules: readonly number[] })[],
): readonly IndexedLiteral[] {
  const shared = groupsOf(withAnchors(literals)).flatMap((group): readonly (readonly IndexedLiteral[])[] => {
    if (group[0]?.end === -1 || !isCrowd(group)) return [group];
    const marked = ({ text, end }: IndexedLiteral) =>
      `${end < GRAM - 1} ${end >= text.length} ${anchorText(text, end)}`;
    return [...Map.groupBy(group, marked).values()].map(([first, ...others]) => {
      if (first === undefined || others.length === 0) return first === undefined ? [] : [first];
      const text = anchorText(first.text, first.end);
      const place = text.length === GRAM ? 'anywhere' : first.end < GRAM - 1 ? 'start' : 'end';
      return [{ ...first, text, place, rules: [...new Set([first, ...others].flatMap(({ rules }) => rules))] }];
    });
  });
  return withAnchors(shared.flat());
}

function keyOf(part: Part): string {
  return JSON.stringify(
    part.kind === 'literal' ? [part.field, part.place, part.text] : [part.field, part.first, part.last],
  );
}

/**
 * How often a part may be in an entry, as far as the rules tell: by how many rules have a literal of the same field that
 * contains it, and by how many literals the field has. A longer literal is rarer.
 */
function costs(parts: readonly ReadonlyMap<string, Part>[]): (part: Part) => number {
  const known = new Map<string, { readonly part: Part; uses: number }>();
  for (const [key, part] of parts.flatMap((ofRule) => [...ofRule])) {
    const before = known.get(key);
    if (before === undefined) known.set(key, { part, uses: 1 });
    else before.uses++;
  }
  const costOf = new Map<string, number>();
  for (const ofField of Map.groupBy(known.values(), ({ part }) => part.field).values()) {
    const literals = ofField.flatMap(({ part, uses }) => (part.kind === 'literal' ? [{ ...part, uses }] : []));
    const counts = new Map<Literal, number>();
    const addUses = (literal: Literal, uses: number) => counts.set(literal, (counts.get(literal) ?? 0) + uses);
    const groups = groupsOf(withAnchors(literals));
    // Of a crowd, each counts as often as all: they have the same anchor. Of many short texts, each is everywhere.
    const isLarge = (group: readonly Anchored[]) => (group[0]?.end === -1 ? group.length > SHORT_MAX : isCrowd(group));
    const [crowds, others] = [groups.filter(isLarge), groups.filter((group) => !isLarge(group)).flat()];
    for (const crowd of crowds) {
      const uses = crowd[0]?.end === -1 ? ofField.length : sumOf(crowd);
      for (const literal of crowd) addUses(literal, uses);
    }
    const table = new LiteralTable(others);
    for (const { text, uses } of literals) {
      table.scan(text, { text: () => text }, (literal) => addUses(others[literal] as Literal, uses));
    }
    for (const { part, uses } of ofField) if (part.kind === 'range') costOf.set(keyOf(part), uses / ofField.length);
    for (const [literal, uses] of counts) {
      const { text } = literal;
      costOf.set(keyOf(literal as Part), (uses / ofField.length) * (1 + COMMON_LENGTH / Math.max(1, text.length)));
    }
  }
  return (part) => costOf.get(keyOf(part)) ?? 0;
}

function sumOf(literals: readonly { readonly uses: number }[]): number {
  return literals.reduce((sum, { uses }) => sum + uses, 0);
}

/** Short texts that are searched one by one in all others. */
const SHORT_MAX = 256;

/** Of words that many texts have. */
const COMMON_LENGTH = 8;

/** Overlapping ranges as sections that follow each other. */
function sectionsOf(
  ranges: readonly { readonly first: number; readonly last: number; readonly rules: readonly number[] }[],
): IndexedField['sections'] {
  const begins = Map.groupBy(ranges, ({ first }) => first);
  const ends = Map.groupBy(ranges, ({ last }) => last + 1);
  const open = new Set<(typeof ranges)[number]>();
  return [...new Set([...begins.keys(), ...ends.keys()])]
    .sort((a, b) => a - b)
    .map((from) => {
      for (const range of ends.get(from) ?? []) open.delete(range);
      for (const range of begins.get(from) ?? []) open.add(range);
      return { from, rules: [...new Set([...open].flatMap(({ rules }) => rules))] };
    });
}

/** Generates an expression; what is compared by a call comes last. */
function generate(expression: Expression, leafOf: (leaf: Leaf) => string): string {
  switch (expression.kind) {
    case 'leaf':
      return leafOf(expression);
    case 'not':
      return `!(${generate(expression.of, leafOf)})`;
    case 'and':
    case 'or': {
      const isAnd = expression.kind === 'and';
      const children = expression.of.map((child) => `(${generate(child, leafOf)})`);
      const { calls = [], cheap = [] } = Object.groupBy(children, (child) => (SLOW.test(child) ? 'calls' : 'cheap'));
      return [...cheap, ...calls].join(isAnd ? ' && ' : ' || ') || String(isAnd);
    }
  }
}

/** The literals that are all needed. */
function requiredTexts(need: Need): readonly string[] {
  if (need.kind === 'literal') return [need.text];
  return need.kind === 'all' || (need.kind === 'any' && need.of.length === 1) ? need.of.flatMap(requiredTexts) : [];
}

const SLOW = /\bf\.(matches|anyMatches|related)\(/;

/** Tests with more values are not written as code: one pass finds any of them. */
const VALUES_MAX = 8;
/** The same for those that search the whole text. */
const CONTAINS_MAX = 3;

const SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const METHODS = { contains: 'includes', startswith: 'startsWith', endswith: 'endsWith' } as const;

/** Generates a leaf. `number` is its own. */
function comparison(leaf: Leaf, fieldOf: (path: string) => number, number: number): string {
  const { field: path, test } = leaf;
  // Compares each value of the entry with a list.
  if (path === null && test.op === 'fieldref') return '(f.undecided = true)';
  if (path === null) return `f.anyMatches(${number})`;
  const field = fieldOf(path);
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith': {
      if (test.values.length > (test.op === 'contains' ? CONTAINS_MAX : VALUES_MAX)) break;
      const text = `f.${test.cased ? 'text' : 'folded'}(${field})`;
      const is = test.op === 'equals' ? ' === ' : `?.${METHODS[test.op]}(`;
      const end = test.op === 'equals' ? '' : ')';
      return test.values.map((value) => `${text}${is}${JSON.stringify(value)}${end}`).join(' || ');
    }
    case 're': {
      // What every match has is found sooner than a match.
      const texts = requiredTexts(needOf(leaf)).map((text) => `f.folded(${field})?.includes(${JSON.stringify(text)})`);
      return [...texts, `f.matches(${field}, ${number})`].join(' && ');
    }
    case 'null':
      return `f.isNull(${field})`;
    case 'exists':
      return `f.exists(${field}) === ${test.present}`;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (test.exact !== undefined) break;
      return `f.number(${field}) ${SIGNS[test.op]} ${test.value}`;
    case 'fieldref':
      return `f.related(${field}, ${fieldOf(test.field)}, ${JSON.stringify(test.compare)}, ${test.cased})`;
  }
  return `f.matches(${field}, ${number})`;
}
