/**
 * Rules as JavaScript, written when they are built (match/code.ts says why, and asks it).
 *
 * Contract: finds what the rules say, of an entry in which no field that is compared here is a list. What is more than
 * comparing a text or a number is left to `ask`. Of what a rule says only JSON strings and numbers stand in the code:
 * no rule can write any. Pure.
 */
import { ipv4Ends } from '../evaluate/cidr.ts';
import { type CodeForm, leavesOf } from '../evaluate/code.ts';
import { costOf } from '../evaluate/cost.ts';
import type { DetectionRule, Expression, Leaf, Pattern, RuleSet } from '../rule.ts';

/** Rules in one function. */
const PART = 25;
/** More values than these are left to `ask`, and to a set or a loop. */
const VALUES = 8;

const SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const METHODS = { contains: 'includes', startswith: 'startsWith', endswith: 'endsWith' } as const;

/** The source of a `RuleCode`. */
export function codeOf({ rules }: RuleSet): string {
  const detections = rules.filter((rule) => rule.kind === 'detection');
  const leaves = new Map(leavesOf(detections).map((leaf, number) => [leaf, number]));
  const columns: Columns = new Map();
  const parts: string[] = [];
  for (let from = 0; from < detections.length; from += PART) {
    parts.push(partOf(detections.slice(from, from + PART), from, leaves, columns));
  }
  return `{ read: ${readOf(columns)}, parts: [${parts.join(', ')}] }`;
}

/** Fields in a form, each known by both. */
type Columns = Map<string, { readonly number: number; readonly field: string; readonly form: CodeForm }>;

/** The function that reads the fields. */
function readOf(columns: Columns): string {
  const objects = new Map<string, string>();
  const objectOf = (name: string): string => {
    const known = objects.get(name) ?? `o${objects.size}`;
    objects.set(name, known);
    return known;
  };
  const values = [...columns.values()].map(({ field, form }) => `as.${form}(${fieldOf(field, objectOf)})`);
  const constants = [...objects].map(([name, known]) => `const ${known} = as.object(entry[${JSON.stringify(name)}]);`);
  return `(entry, as) => {\n${constants.join('\n')}\nreturn [${values.join(',\n')}];\n}`;
}

/** The value of a field: that of the flat key, else, of a path of two names, what is in the object. */
function fieldOf(field: string, objectOf: (name: string) => string): string {
  const whole = JSON.stringify(field);
  const [head, tail, ...more] = field.split('.');
  const isInherited = [field, head, tail].some((name) => name !== undefined && name in Object.prototype);
  if (head === undefined || more.length > 0 || isInherited) return `as.field(entry, ${whole})`;
  if (tail === undefined) return `entry[${whole}]`;
  return `entry[${whole}] === undefined ? ${objectOf(head)}?.[${JSON.stringify(tail)}] : entry[${whole}]`;
}

/** A function for some of the rules. */
function partOf(
  rules: readonly DetectionRule[],
  from: number,
  leaves: ReadonlyMap<Leaf, number>,
  columns: Columns,
): string {
  const used = new Set<number>();
  const columnOf: ColumnOf = (field, form) => {
    const key = JSON.stringify([field, form]);
    const column = columns.get(key) ?? { number: columns.size, field, form };
    columns.set(key, column);
    used.add(column.number);
    return `v${column.number}`;
  };
  const leafOf = (leaf: Leaf): string => comparison(leaf, columnOf, `ask(${leaves.get(leaf)})`);
  const lines = rules.map(({ expression }, i) => `if (${written(expression, leafOf)}) found.push(${from + i});`);
  const values = [...used].map((column) => `const v${column} = values[${column}];`);
  return `(values, ask, found) => {\n${[...values, ...lines].join('\n')}\n}`;
}

/** How the value of a field, in a form, is called. */
type ColumnOf = (field: string, form: CodeForm) => string;

function written(expression: Expression, leafOf: (leaf: Leaf) => string): string {
  switch (expression.kind) {
    case 'leaf':
      return leafOf(expression);
    case 'not':
      return `!(${written(expression.of, leafOf)})`;
    case 'and':
    case 'or': {
      const isAnd = expression.kind === 'and';
      const cheapFirst = expression.of.toSorted((a, b) => costOf(a) - costOf(b));
      return cheapFirst.map((child) => `(${written(child, leafOf)})`).join(isAnd ? ' && ' : ' || ') || String(isAnd);
    }
  }
}

/** A leaf as an expression. `ask` is one that leaves it to the engine: as it is, or only where it may be true at all. */
function comparison({ field, test }: Leaf, columnOf: ColumnOf, ask: string): string {
  if (field === null) return ask;
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith': {
      if (test.values.length > VALUES) return ask;
      return textComparison(test.op, columnOf(field, test.cased ? 'text' : 'folded'), test.values);
    }
    case 'pattern': {
      const needed = test.values.map(longestText);
      if (needed.includes('') || needed.length > VALUES) return ask;
      return `(${textComparison('contains', columnOf(field, test.cased ? 'text' : 'folded'), needed)}) && ${ask}`;
    }
    case 're': {
      const needed = test.values.flatMap(({ search }) => ('needs' in search ? (search.needs ?? ['']) : ['']));
      if (needed.includes('') || needed.length > VALUES) return ask;
      return `(${textComparison('contains', columnOf(field, 'text'), needed)}) && ${ask}`;
    }
    case 'cidr': {
      if (test.values.length > VALUES) return ask;
      const column = columnOf(field, 'ipv4');
      const ends = test.values.map(ipv4Ends).filter((one) => one !== null);
      const written = ends.map(([first, last]) => `${column} >= ${first} && ${column} <= ${last}`);
      // What is not equal to itself is no IPv4 address.
      if (ends.length < test.values.length) written.push(`${column} !== ${column} && ${ask}`);
      return written.join(' || ');
    }
    case 'null':
      return columnOf(field, 'null');
    case 'exists':
      return `${columnOf(field, 'exists')} === ${test.present}`;
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return `${columnOf(field, 'number')} ${SIGNS[test.op]} ${test.value}`;
    default:
      return ask;
  }
}

function textComparison(op: 'equals' | keyof typeof METHODS, column: string, values: readonly string[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  if (op === 'equals') return texts.map((text) => `${column} === ${text}`).join(' || ');
  return texts.map((text) => `${column}?.${METHODS[op]}(${text})`).join(' || ');
}

/** Of the texts that are in all that a pattern matches. */
function longestText(pattern: Pattern): string {
  const texts = pattern.flatMap((part) => ('text' in part ? [part.text] : []));
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}
