/**
 * Random entries for given rules: with what some of the rules ask for, mostly in an unexpected form, and with other things.
 *
 * Contract: entries are what `JSON.parse` could return, so `__proto__` is a member like others. The same entries for the
 * same random numbers.
 */
import type { AddressRange, EntryBody, Expression, Leaf, Pattern, Test } from '../../../../src/sigma/rule.ts';
import type { Random } from '../../../sandbox/random.ts';
import { addressText } from '../as-written.ts';
import { NUMBERS } from './conditions.ts';
import type { Words } from './words.ts';

export interface EntryOptions {
  readonly random: Random;
  readonly words: Words;
  readonly fields: readonly string[];
  readonly expressions: readonly Expression[];
  /** A text that a regular expression probably matches. */
  readonly sampleOf: (regex: { readonly source: string; readonly flags: string }) => string;
}

const NUMERIC_TEXTS = [
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '9007199254740992.0', '0.1'],
  ...['0.10', '.1', '0.1000000000000000000099', '0.1000000000000000000098', '1e3', '1000', '+1', '-0', '0.0', '1e400'],
  ...['-1e400', '1e-400', '0x10', '1_000', ' 1', '1.', '42', '1e21', '1000000000000000000001', 'Infinity', '1.5.1'],
];
/** Decimals that are nearest to the same double, without being the same number. */
const BESIDE: ReadonlyMap<number, readonly string[]> = new Map([
  [2 ** 53, ['9007199254740991', '9007199254740992', '9007199254740993', '9007199254740992.00']],
  [-(2 ** 53), ['-9007199254740991', '-9007199254740992', '-9007199254740993']],
  [0.1, ['0.1', '0.10', '.1', '0.1000000000000000000099', '0.1000000000000000000098', '0.09999999999999999999']],
  [1e21, ['1e21', '1000000000000000000000', '1000000000000000000001', '999999999999999999999']],
]);
const DATES = [
  ...['2025-03-01', '2024-12-30T23:59:00+02:00', '2025-03-01T09:30:00Z', '2025-02-30', '1740821415', '2025-12-01T12'],
  ...['1740821415123', '2020-01-03'],
];
const ADDRESSES = [
  ...['10.0.0.0', '10.0.0.1', '10.0.0.127', '10.0.0.128', '10.0.0.255', '10.0.1.0', '10.255.255.255', '11.0.0.0'],
  ...['9.255.255.255', '::ffff:10.0.0.1', '::FFFF:10.0.0.200', '::ffff:a00:1', '0:0:0:0:0:ffff:10.0.0.1', '0.0.0.0'],
  ...['255.255.255.255', '10.1.2.3', '10.0.0', '10.0.0.1.', '10.0.0.256', '1.2.3', '::1', '::', '2001:db8::1'],
  ...['2001:DB8::', '2001:db7:ffff::', '2001:db8:1:2:3:4:5:6', '2001:db8::1::', 'fe80::1', 'febf::', 'fec0::', '::g'],
];

/** Values by the fields' paths. */
type Plan = Map<string, unknown[]>;

export function createEntries(options: EntryOptions): () => EntryBody {
  const { random, words, fields, expressions } = options;

  function plan(expression: Expression, into: Plan): void {
    switch (expression.kind) {
      case 'leaf':
        planLeaf(expression, into);
        return;
      case 'not':
        // Mostly true without doing anything.
        if (random.chance(0.15)) plan(expression.of, into);
        return;
      case 'and':
        for (const child of expression.of) if (random.chance(0.95)) plan(child, into);
        return;
      case 'or':
        if (expression.of.length > 0) plan(random.pick(expression.of), into);
        return;
    }
  }

  function planLeaf({ field, test }: Leaf, into: Plan): void {
    const path = field ?? random.pick(fields);
    if (test.op === 'exists' && !test.present) return;
    if (test.op === 'null' && random.chance(0.6)) return;
    if (test.op === 'during') return;
    if (test.op === 'fieldref') {
      const text = words.text();
      add(into, test.field, text);
      add(into, path, related(text, test.compare));
    } else add(into, path, satisfying(test));
  }

  function related(text: string, compare: string): string {
    if (compare === 'equals') return words.vary(text);
    const [before, after] = [
      compare === 'startswith' ? '' : words.padding(),
      compare === 'endswith' ? '' : words.padding(),
    ];
    return before + words.vary(text) + after;
  }

  function satisfying(test: Exclude<Test, { op: 'fieldref' | 'during' }>): unknown {
    switch (test.op) {
      case 'equals':
      case 'contains':
      case 'startswith':
      case 'endswith':
        return related(random.pick(test.values), test.op);
      case 'pattern':
        return fitting(random.pick(test.values).parts);
      case 're':
        return options.sampleOf(random.pick(test.values));
      case 'cidr':
        return random.chance(0.5) ? random.pick(ADDRESSES) : addressIn(random.pick(test.values));
      case 'null':
        return null;
      case 'exists':
        return value(2);
      case 'number': {
        const number = random.pick(test.values);
        return random.chance(0.8) ? number : String(number);
      }
      case 'time':
        return random.chance(0.9) ? random.pick(DATES) : random.pick(NUMBERS);
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte': {
        const choice = random.next();
        if (choice < 0.3) return random.pick(BESIDE.get(test.value) ?? NUMERIC_TEXTS);
        if (choice < 0.4) return random.pick(NUMERIC_TEXTS);
        if (choice < 0.6) return random.chance(0.7) ? String(test.value) : (test.exact ?? String(test.value));
        return random.chance(0.4) ? test.value : test.value + random.pick([1, -1, 0.5, -0.5, 1e9, -1e9]);
      }
    }
  }

  function fitting(pattern: Pattern): string {
    const texts = pattern.map((part) => {
      if ('text' in part) return words.vary(part.text);
      if ('oneOf' in part) return random.pick([...part.oneOf]);
      return part.wildcard === '*' ? words.padding() : random.pick(['a', 'b', '😀', 'İ', '\ud83d']);
    });
    return texts.join('');
  }

  function addressIn(range: AddressRange): string {
    const rest = (range.startsWith('4') ? 33 : 129) - range.length;
    const bits = random.pick([() => '0', () => '1', () => String(random.below(2))]);
    const address = addressText(range + Array.from({ length: rest }, bits).join(''));
    return range.startsWith('6') || random.chance(0.8) ? address : `::ffff:${address}`;
  }

  function scalar(): unknown {
    const choice = random.next();
    if (choice < 0.7) return words.text();
    if (choice < 0.8) return random.pick(NUMBERS);
    if (choice < 0.85) return random.chance(0.5);
    return random.pick(random.pick([NUMERIC_TEXTS, DATES, ADDRESSES]));
  }

  /** Any value, `depth` deep. */
  function value(depth: number): unknown {
    const choice = random.next();
    if (depth === 0 || choice < 0.75) return scalar();
    if (choice < 0.8) return null;
    const count = random.below(4);
    if (choice < 0.92) return Array.from({ length: count }, () => value(depth - 1));
    const object = {};
    for (let i = 0; i < count; i++) setMember(object, random.pick(NAMES), value(depth - 1));
    return object;
  }

  /** One value of several that rules ask for. */
  function joined(values: readonly unknown[]): unknown {
    const [first] = values;
    if (values.length === 1) {
      const choice = random.next();
      if (choice < 0.88) return first;
      return choice < 0.96 ? [value(1), first, value(1)].slice(random.below(2), 2 + random.below(2)) : [[first], null];
    }
    const choice = random.next();
    if (choice < 0.55) return values.map(String).join(random.pick(['', ' ', '/']));
    return choice < 0.8 ? values : random.pick(values);
  }

  /** Sets a field in one of the forms it can have. */
  function setField(body: object, path: string, content: unknown): void {
    const at = path.indexOf('.', 1);
    if (at === -1 || random.chance(0.2)) {
      setMember(body, path, content);
      // In both forms, with another value: the flat key comes first.
      if (at !== -1 && random.chance(0.3)) setPath(body, path, at, value(1));
    } else setPath(body, path, at, content);
  }

  function setPath(body: object, path: string, at: number, content: unknown): void {
    const [head, rest] = [path.slice(0, at), path.slice(at + 1)];
    const known = Object.getOwnPropertyDescriptor(body, head)?.value;
    const isObject = typeof known === 'object' && known !== null && !Array.isArray(known);
    const object = isObject ? known : {};
    setField(object, rest, content);
    if (isObject) return;
    const isList = random.chance(0.12);
    const other = {};
    if (isList) setField(other, rest, value(1));
    setMember(body, head, isList ? random.pick([[object, other], [other, object, null, 1], [object]]) : object);
  }

  return () => {
    const wanted: Plan = new Map();
    for (let rules = 1 + random.below(3); rules > 0; rules--) plan(random.pick(expressions), wanted);
    for (let more = random.below(3); more > 0; more--) add(wanted, random.pick(fields), value(2));
    const body = {};
    for (const [path, values] of wanted) if (random.chance(0.97)) setField(body, path, joined(values));
    return body;
  };
}

const NAMES = ['a', 'b', 'c', 'a.b', 'b.c', '__proto__', 'constructor', 'length'];

function add(plan: Plan, path: string, value: unknown): void {
  const known = plan.get(path);
  if (known === undefined) plan.set(path, [value]);
  else known.push(value);
}

function setMember(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
