/**
 * Generates JavaScript from rules at build time: a function for each rule, what reads the fields, and the index
 * (engine.ts runs them).
 *
 * Contract: the source of a `RuleCode`. Only JSON strings and numbers of a rule get into the code, so a rule can't inject
 * any. Pure.
 */
import type { DerivedFields } from '../evaluate/field.ts';
import { METHODS, NATIVE_MAX } from '../evaluate/search.ts';
import type { Expression, Leaf, RuleSet } from '../rule.ts';
import { buildIndex } from './build-index.ts';
import { leavesOf, type RuleCode } from './rule-code.ts';
import { type Need, needOf } from './witness.ts';

/** The source of the rules' code: the expression of a `RuleCode`. `derived`: those that it will be compiled with. */
export function codeOf({ rules }: RuleSet, derived: DerivedFields = new Map()): string {
  const detections = rules.filter((rule) => rule.kind === 'detection');
  const numbers = new Map(leavesOf(detections).map((leaf, number) => [leaf, number]));
  const { index, paths: indexed } = buildIndex(detections);
  // Fields of the index have the first numbers.
  const fields = new Map(indexed.map((path, number) => [path, number]));
  const fieldOf = (path: string): number => {
    const number = fields.get(path) ?? fields.size;
    fields.set(path, number);
    return number;
  };
  const leafOf = (leaf: Leaf): Code => comparison(leaf, fieldOf, numbers.get(leaf) as number);
  const functions = detections.map(({ expression }) => `(f) => ${generate(expression, leafOf).source}`);
  const paths = [...fields.keys()];
  const members: { readonly [member in keyof RuleCode]: string } = {
    read: readersOf(indexed, paths.slice(indexed.length), derived),
    derived: JSON.stringify([...derived.keys()]),
    index: `JSON.parse(${JSON.stringify(JSON.stringify(index))})`,
    rules: `[\n${functions.join(',\n')}\n]`,
  };
  return `{\n${Object.entries(members)
    .map(([member, source]) => `${member}: ${source}`)
    .join(',\n')}\n}`;
}

/** The source of a `ReadFields`. */
function readersOf(first: readonly string[], others: readonly string[], derived: DerivedFields): string {
  const heads = new Map<string, string>();
  const headOf = (name: string): string => {
    const known = heads.get(name) ?? `o${heads.size}`;
    heads.set(name, known);
    return known;
  };
  const read = (path: string, head: typeof headOf): string =>
    derived.has(path) ? readerByPath(path) : readerOf(path, head);
  const assignments = first.map((path, field) => `values[${field}] = ${read(path, headOf)};`);
  const constants = [...heads].map(([name, known]) => `const ${known} = e[${JSON.stringify(name)}];`);
  const readers = others.map((path) => `(e, path) => ${read(path, (name) => `e[${JSON.stringify(name)}]`)}`);
  const lines = [...constants, ...assignments].join('\n');
  return `{ first(e, values, path) {\n${lines}\n}, others: [\n${readers.join(',\n')}\n] }`;
}

function readerByPath(path: string): string {
  return `path(e, ${JSON.stringify(path)})`;
}

/** Reads the flat key, else the path if it has two names: what `fieldValue` does, without its loops. */
function readerOf(field: string, headOf: (name: string) => string): string {
  const whole = JSON.stringify(field);
  const [head, tail, ...more] = field.split('.');
  const isInherited = [field, head, tail].some((name) => name !== undefined && name in Object.prototype);
  if (head === undefined || more.length > 0 || isInherited) return readerByPath(field);
  if (tail === undefined) return `e[${whole}]`;
  const object = headOf(head);
  const isPlain = `e[${whole}] === undefined && typeof ${object} === 'object' && !Array.isArray(${object})`;
  return `${isPlain} ? ${object}?.[${JSON.stringify(tail)}] : ${readerByPath(field)}`;
}

/** The code of an expression. */
interface Code {
  readonly source: string;
  /** Whether it calls more than a method of a text. */
  readonly isSlow: boolean;
}

function fast(source: string): Code {
  return { source, isSlow: false };
}

function slow(source: string): Code {
  return { source, isSlow: true };
}

/** Generates an expression; what is slow comes last. */
function generate(expression: Expression, leafOf: (leaf: Leaf) => Code): Code {
  switch (expression.kind) {
    case 'leaf':
      return leafOf(expression);
    case 'not': {
      const { source, isSlow } = generate(expression.of, leafOf);
      return { source: `!(${source})`, isSlow };
    }
    case 'and':
    case 'or': {
      const isAnd = expression.kind === 'and';
      const children = expression.of.map((child) => generate(child, leafOf));
      const inOrder = children.toSorted((a, b) => Number(a.isSlow) - Number(b.isSlow));
      const source = inOrder.map((child) => `(${child.source})`).join(isAnd ? ' && ' : ' || ') || String(isAnd);
      return { source, isSlow: children.some(({ isSlow }) => isSlow) };
    }
  }
}

/** The literals that are all needed. */
function requiredTexts(need: Need): readonly string[] {
  if (need.kind === 'literal') return [need.text];
  return need.kind === 'all' || (need.kind === 'any' && need.of.length === 1) ? need.of.flatMap(requiredTexts) : [];
}

/** Tests with more values are not written as code: one pass finds any of them. */
const VALUES_MAX = 8;
/** The same for those that search the whole text. */
const CONTAINS_MAX = 3;

const SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;

/** Generates a leaf. `number` is its own. */
function comparison(leaf: Leaf, fieldOf: (path: string) => number, number: number): Code {
  const { field: path, test } = leaf;
  if (test.op === 'during') return slow(`f.isDuring(${number})`);
  // Compares each value of the entry with a list.
  if (path === null && test.op === 'fieldref') return fast('(f.undecided = true)');
  if (path === null) return slow(`f.anyMatches(${number})`);
  const field = fieldOf(path);
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith': {
      if (test.values.length > (test.op === 'contains' ? CONTAINS_MAX : VALUES_MAX)) break;
      if (test.op === 'contains' && test.values.some(({ length }) => length > NATIVE_MAX)) break;
      const text = `f.${test.cased ? 'text' : 'folded'}(${field})`;
      const is = test.op === 'equals' ? ' === ' : `?.${METHODS[test.op]}(`;
      const end = test.op === 'equals' ? '' : ')';
      return fast(test.values.map((value) => `${text}${is}${JSON.stringify(value)}${end}`).join(' || '));
    }
    case 're': {
      // What every match has is found sooner than a match.
      const texts = requiredTexts(needOf(leaf)).map((text) => `f.folded(${field})?.includes(${JSON.stringify(text)})`);
      return slow([...texts, `f.matches(${field}, ${number})`].join(' && '));
    }
    case 'null':
      return fast(`f.isNull(${field})`);
    case 'exists':
      return fast(`f.exists(${field}) === ${test.present}`);
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (test.exact !== undefined) break;
      return fast(`f.number(${field}) ${SIGNS[test.op]} ${test.value}`);
    case 'fieldref':
      return slow(`f.related(${field}, ${fieldOf(test.field)}, ${JSON.stringify(test.compare)}, ${test.cased})`);
  }
  return slow(`f.matches(${field}, ${number})`);
}
