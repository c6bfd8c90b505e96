/**
 * What an entry must contain for a rule to be true: the rule's witness, from which the index is made.
 *
 * Contract: if a rule is true of an entry, the entry has at least one part of the rule's witness. A part is a literal in the
 * folded text of a field, a range of IPv4 addresses, or any text that is not such an address. `not`, `null`, `exists`,
 * keywords, `fieldref`, parts of dates and orders need nothing in the entry. Pure.
 */
import { ipv4Ends, NOT_IPV4 } from '../evaluate/cidr.ts';
import { fold } from '../evaluate/fold.ts';
import type { Ranges } from '../regex/charset.ts';
import type { Node } from '../regex/node.ts';
import { parseRegex } from '../regex/parse.ts';
import type { PreparedRegex } from '../regex/prepared.ts';
import type { Expression, Leaf, Pattern } from '../rule.ts';
import type { Literal, Place } from './literal.ts';

/** A part of a witness. */
export type Part =
  | ({ readonly kind: 'literal'; readonly field: string } & Literal)
  /** Addresses as numbers, both ends included; NOT_IPV4 for any other text. */
  | { readonly kind: 'range'; readonly field: string; readonly first: number; readonly last: number };

/** What must be in an entry; `nothing` if that is unknown or need not be anything. */
export type Need = { readonly kind: 'all' | 'any'; readonly of: readonly Need[] } | Part | { readonly kind: 'nothing' };

const NOTHING: Need = { kind: 'nothing' };

/** Longer literals are cut: comparing them takes their length, wherever their four characters stand. */
const LENGTH_MAX = 32;
/** Of a regular expression, so many texts that follow from its choices are literals; else the parts of each. */
const TEXTS_MAX = 8;
/** A set of more letters is not a choice. */
const LETTERS_MAX = 4;

/** What must be in an entry for an expression to be true, or to be false if `expected` is false. */
export function needOf(expression: Expression, expected = true): Need {
  switch (expression.kind) {
    case 'leaf':
      return expected ? needOfLeaf(expression) : NOTHING;
    case 'not':
      return needOf(expression.of, !expected);
    case 'and':
    case 'or': {
      const isAll = (expression.kind === 'and') === expected;
      return { kind: isAll ? 'all' : 'any', of: expression.of.map((child) => needOf(child, expected)) };
    }
  }
}

/** The parts of the cheapest witness; null if nothing must be in the entry. */
export function witnessOf(need: Need, costOf: (part: Part) => number): readonly Part[] | null {
  switch (need.kind) {
    case 'nothing':
      return null;
    case 'any': {
      const parts = need.of.map((one) => witnessOf(one, costOf));
      return parts.includes(null) ? null : parts.flatMap((one) => one ?? []);
    }
    case 'all': {
      const costs = need.of.flatMap((one) => {
        const parts = witnessOf(one, costOf);
        return parts === null ? [] : [{ parts, cost: parts.reduce((sum, part) => sum + costOf(part), 0) }];
      });
      return costs.sort((a, b) => a.cost - b.cost)[0]?.parts ?? null;
    }
    default:
      return [need];
  }
}

/** All parts of a need. */
export function partsOf(need: Need): readonly Part[] {
  if (need.kind === 'nothing') return [];
  return 'of' in need ? need.of.flatMap(partsOf) : [need];
}

function needOfLeaf({ field, test }: Leaf): Need {
  if (field === null) return NOTHING;
  const literal = (text: string, place: Place): Need => needOfLiteral(field, text, place);
  switch (test.op) {
    case 'equals':
      return any(test.values, (text) => literal(text, 'whole'));
    case 'number':
      return any(test.values, (number) => literal(String(number), 'whole'));
    case 'contains':
      return any(test.values, (text) => literal(text, 'anywhere'));
    case 'startswith':
      return any(test.values, (text) => literal(text, 'start'));
    case 'endswith':
      return any(test.values, (text) => literal(text, 'end'));
    case 'pattern':
      return any(test.values, ({ parts }) => needOfPattern(parts, literal));
    case 're':
      return any(test.values, (regex) => needOfRegex(regex, literal));
    case 'cidr':
      return any(test.values, (range) => {
        const [first, last] = ipv4Ends(range) ?? [NOT_IPV4, NOT_IPV4];
        return { kind: 'range', field, first, last };
      });
    default:
      return NOTHING;
  }
}

function any<T>(values: readonly T[], needOfValue: (value: T) => Need): Need {
  return { kind: 'any', of: values.map(needOfValue) };
}

type LiteralNeed = (text: string, place: Place) => Need;

function needOfLiteral(field: string, text: string, place: Place): Need {
  const folded = fold(text);
  // Half of a character may fold differently in the whole; an empty text is in every text, but not at both ends.
  if (!text.isWellFormed() || (text === '' && place !== 'whole')) return NOTHING;
  if (place !== 'anywhere' || folded.length <= LENGTH_MAX) return { kind: 'literal', field, text: folded, place };
  return { kind: 'literal', field, text: folded.slice(0, LENGTH_MAX), place };
}

function needOfPattern(pattern: Pattern, literal: LiteralNeed): Need {
  const last = pattern.length - 1;
  const of = pattern.map((part, i): Need => {
    if (!('text' in part)) return NOTHING;
    return literal(part.text, i === 0 ? (i === last ? 'whole' : 'start') : i === last ? 'end' : 'anywhere');
  });
  return pattern.length === 0 ? literal('', 'whole') : { kind: 'all', of };
}

function needOfRegex({ source, flags }: PreparedRegex, literal: LiteralNeed): Need {
  return needOfNode(parseRegex(source, flags), literal);
}

/** The literals of a tree: runs of texts that are few, tied to the text's ends by `^` and `$`. */
function needOfNode(node: Node, literal: LiteralNeed): Need {
  const of: Need[] = [];
  let runs: readonly string[] = [''];
  let isAtStart = false;
  const close = (isAtEnd: boolean): void => {
    const place = isAtStart ? (isAtEnd ? 'whole' : 'start') : isAtEnd ? 'end' : 'anywhere';
    if (!runs.includes('')) of.push(any(runs, (text) => literal(text, place)));
    runs = [''];
    isAtStart = false;
  };
  for (const one of node.kind === 'sequence' ? node.of : [node]) {
    const texts = textsOf(one);
    if (texts !== null) {
      const longer = product(runs, texts);
      if (longer === null) close(false);
      runs = longer ?? texts;
    } else if (one.kind === 'assert' && one.what === 'end') close(true);
    else {
      close(false);
      if (one.kind === 'assert') isAtStart = one.what === 'start';
      else if (one.kind === 'choice') of.push({ kind: 'any', of: one.of.map((child) => needOfNode(child, literal)) });
      else if (one.kind === 'sequence' || (one.kind === 'repeat' && one.min > 0)) {
        of.push(needOfNode(one.kind === 'repeat' ? one.of : one, literal));
      }
    }
  }
  close(false);
  return { kind: 'all', of };
}

/** The texts, folded, that a node matches; null if they are more than a few. */
function textsOf(node: Node): readonly string[] | null {
  switch (node.kind) {
    case 'empty':
      return [''];
    case 'chars':
      return lettersOf(node.set);
    case 'assert':
      return null;
    case 'choice': {
      const texts = node.of.map(textsOf);
      return texts.includes(null) ? null : fewOf(texts.flatMap((one) => one ?? []));
    }
    case 'sequence':
      return node.of.map(textsOf).reduce(product);
    case 'repeat':
      if (node.min !== node.max || node.max > LENGTH_MAX) return null;
      return new Array(node.max).fill(textsOf(node.of)).reduce(product);
  }
}

/** Each text followed by each of the others. */
function product(texts: readonly string[] | null, others: readonly string[] | null): readonly string[] | null {
  if (texts === null || others === null) return null;
  return fewOf(texts.flatMap((text) => others.map((other) => text + other)));
}

function fewOf(texts: readonly string[]): readonly string[] | null {
  return texts.length <= TEXTS_MAX ? texts : null;
}

/** The folded letters of a set: one in its cases, or a few of ASCII. `s` with `ſ`, which folds to itself, is neither. */
function lettersOf(ranges: Ranges): readonly string[] | null {
  const letters = new Set<string>();
  for (let i = 0; i < ranges.length; i += 2) {
    const [first = 0, last = 0] = ranges.slice(i, i + 2);
    if (last - first >= LETTERS_MAX) return null;
    for (let point = first; point <= last; point++) letters.add(fold(String.fromCodePoint(point)));
  }
  const isFew = letters.size <= LETTERS_MAX && [...letters].every((letter) => letter < '\x80');
  return letters.size === 1 || isFew ? [...letters] : null;
}
