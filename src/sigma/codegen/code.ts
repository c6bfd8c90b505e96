/**
 * Generates JavaScript from rules at build time (evaluate/code.ts runs it and says why).
 *
 * Contract: the code finds the matches of entries in which no compared field is a list. It compares texts and numbers; all
 * other tests are left to `test`. Only JSON strings and numbers of a rule get into the code, so a rule can't inject any.
 * Pure.
 */
import { ipv4Ends } from '../evaluate/cidr.ts';
import { type CodeForm, leavesOf } from '../evaluate/code.ts';
import { costOf } from '../evaluate/cost.ts';
import type { DetectionRule, Expression, Leaf, Pattern, RuleSet } from '../rule.ts';

/** Rules per function. */
const RULES_MAX = 25;
/** Tests with more values are left to `test`, which uses a set or a loop. */
const VALUES_MAX = 8;

const SIGNS = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const;
const METHODS = { contains: 'includes', startswith: 'startsWith', endswith: 'endsWith' } as const;

/** The source of a `RuleCode`. */
export function codeOf({ rules }: RuleSet): string {
  const detections = rules.filter((rule) => rule.kind === 'detection');
  const leaves = new Map(leavesOf(detections).map((leaf, number) => [leaf, number]));
  const columns: Columns = new Map();
  const parts: string[] = [];
  for (let from = 0; from < detections.length; from += RULES_MAX) {
    parts.push(partOf(detections.slice(from, from + RULES_MAX), from, leaves, columns));
  }
  return `{ read: ${readOf(columns)}, parts: [${parts.join(', ')}] }`;
}

/** The fields that are read, by field and form. */
type Columns = Map<string, { readonly number: number; readonly field: string; readonly form: CodeForm }>;

/** Generates the function that reads the fields. */
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

/** Generates the value of a field: the flat key, else the path if it has two names. */
function fieldOf(field: string, objectOf: (name: string) => string): string {
  const whole = JSON.stringify(field);
  const [head, tail, ...more] = field.split('.');
  const isInherited = [field, head, tail].some((name) => name !== undefined && name in Object.prototype);
  if (head === undefined || more.length > 0 || isInherited) return `as.field(entry, ${whole})`;
  if (tail === undefined) return `entry[${whole}]`;
  return `entry[${whole}] === undefined ? ${objectOf(head)}?.[${JSON.stringify(tail)}] : entry[${whole}]`;
}

/** Generates the function of some rules. */
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
  const leafOf = (leaf: Leaf): string => comparison(leaf, columnOf, `test(${leaves.get(leaf)})`);
  const lines = rules.map(({ expression }, i) => `if (${generate(expression, leafOf)}) found.push(${from + i});`);
  const values = [...used].map((column) => `const v${column} = values[${column}];`);
  return `(values, test, found) => {\n${[...values, ...lines].join('\n')}\n}`;
}

/** The variable of a field in a form. */
type ColumnOf = (field: string, form: CodeForm) => string;

function generate(expression: Expression, leafOf: (leaf: Leaf) => string): string {
  switch (expression.kind) {
    case 'leaf':
      return leafOf(expression);
    case 'not':
      return `!(${generate(expression.of, leafOf)})`;
    case 'and':
    case 'or': {
      const isAnd = expression.kind === 'and';
      const cheapFirst = expression.of.toSorted((a, b) => costOf(a) - costOf(b));
      return cheapFirst.map((child) => `(${generate(child, leafOf)})`).join(isAnd ? ' && ' : ' || ') || String(isAnd);
    }
  }
}

/** Generates a leaf. `left` is the expression that leaves it to the engine; a cheap test before it may exclude it. */
function comparison({ field, test }: Leaf, columnOf: ColumnOf, left: string): string {
  if (field === null) return left;
  switch (test.op) {
    case 'equals':
    case 'contains':
    case 'startswith':
    case 'endswith': {
      if (test.values.length > VALUES_MAX) return left;
      return textComparison(test.op, columnOf(field, test.cased ? 'text' : 'folded'), test.values);
    }
    case 'pattern': {
      const needed = test.values.map(longestText);
      if (needed.includes('') || needed.length > VALUES_MAX) return left;
      return `(${textComparison('contains', columnOf(field, test.cased ? 'text' : 'folded'), needed)}) && ${left}`;
    }
    case 're': {
      const needed = test.values.flatMap(({ search }) => ('needs' in search ? (search.needs ?? ['']) : ['']));
      if (needed.includes('') || needed.length > VALUES_MAX) return left;
      return `(${textComparison('contains', columnOf(field, 'text'), needed)}) && ${left}`;
    }
    case 'cidr': {
      if (test.values.length > VALUES_MAX) return left;
      const column = columnOf(field, 'ipv4');
      const ends = test.values.map(ipv4Ends).filter((one) => one !== null);
      const tests = ends.map(([first, last]) => `${column} >= ${first} && ${column} <= ${last}`);
      // NaN, which is not equal to itself: not an IPv4 address.
      if (ends.length < test.values.length) tests.push(`${column} !== ${column} && ${left}`);
      return tests.join(' || ');
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
      return left;
  }
}

function textComparison(op: 'equals' | keyof typeof METHODS, column: string, values: readonly string[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  if (op === 'equals') return texts.map((text) => `${column} === ${text}`).join(' || ');
  return texts.map((text) => `${column}?.${METHODS[op]}(${text})`).join(' || ');
}

/** The longest text that everything matching a pattern contains. */
function longestText(pattern: Pattern): string {
  const texts = pattern.flatMap((part) => ('text' in part ? [part.text] : []));
  return texts.reduce((longest, text) => (text.length > longest.length ? text : longest), '');
}
