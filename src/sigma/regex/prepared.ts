/**
 * A regular expression, made ready at build time: what is looked for, and the fastest way there is.
 *
 * Contract: plain data. A text, at an end or anywhere, is looked for as a text; what takes few steps, by the platform's
 * RegExp; all else by the automaton, which is asked only where a part that must be there is, and from where a match can
 * begin. Equal to the automaton alone. Pure.
 */

import { boundedSource, selectivityOf } from './bounded.ts';
import { createSequence, EMPTY, type Node } from './node.ts';
import { parseRegex } from './parse.ts';
import { compileProgram, type Program } from './program.ts';
import { Refusal } from './refusal.ts';
import { isAnchored, partsOf, textOf, trimmed } from './search.ts';

export interface PreparedRegex {
  readonly source: string;
  readonly flags: string;
  readonly search: RegexSearch;
}

export type RegexSearch =
  | { readonly by: 'text'; readonly op: TextOp; readonly text: string }
  /** `needs`: texts of which every match has one; null where there are none to speak of. */
  | ({ readonly by: 'native'; readonly needs: readonly string[] | null } & Native)
  | {
      readonly by: 'automaton';
      readonly needs: readonly string[] | null;
      readonly find: Find | null;
      readonly program: Program;
      readonly anchored: boolean;
    };

/** For the platform's RegExp, with the flag `u`. */
interface Native {
  readonly source: string;
}

/** A part that every match has; `first`: with which it begins. */
export type Find = ({ readonly text: string } | Native) & { readonly first: boolean };

/** Shorter texts rule out little; looking for more of them takes as long as the search. */
const NEEDS_LENGTH = 2;
const NEEDS_COUNT = 4;

/** The search for a tree. */
export function searchFor(tree: Node): RegexSearch {
  const node = trimmed(tree);
  if (node === EMPTY) return { by: 'text', op: 'contains', text: '' };
  const asText = textSearch(node);
  if (asText !== null) return asText;
  const needs = neededTexts(node);
  const source = boundedSource(node);
  if (source !== null) return { by: 'native', needs, source };
  const anchored = isAnchored(node);
  return { by: 'automaton', needs, find: startOf(node, anchored), program: compileProgram(node), anchored };
}

/** Null where the tree is not one text. */
function textSearch(node: Node): RegexSearch | null {
  const parts = partsInRow(node);
  const atStart = isAssert(parts[0], 'start');
  const atEnd = isAssert(parts.at(-1), 'end');
  const text = textOf(createSequence(parts.slice(atStart ? 1 : 0, atEnd ? -1 : undefined)));
  if (text === null) return null;
  if (atStart) return { by: 'text', op: atEnd ? 'equals' : 'startswith', text };
  return { by: 'text', op: atEnd ? 'endswith' : 'contains', text };
}

function isAssert(node: Node | undefined, what: 'start' | 'end'): boolean {
  return node?.kind === 'assert' && node.what === what;
}

/** Those whose shortest is the longest. */
function neededTexts(node: Node): readonly string[] | null {
  let best: readonly string[] = [];
  let run = '';
  for (const part of partsInRow(node)) {
    const text = textOf(part);
    run = text === null ? '' : run + text;
    const texts = part.kind === 'choice' ? part.of.map(textOf) : [run];
    const known = texts.filter((one) => one !== null);
    if (known.length === texts.length && known.length <= NEEDS_COUNT && shortest(known) > shortest(best)) best = known;
  }
  return shortest(best) < NEEDS_LENGTH ? null : best;
}

function shortest(texts: readonly string[]): number {
  return texts.length === 0 ? 0 : Math.min(...texts.map((text) => text.length));
}

function partsInRow(node: Node): readonly Node[] {
  return node.kind === 'sequence' ? node.of : [node];
}

/** Where the automaton begins. */
function startOf(node: Node, anchored: boolean): Find | null {
  const { parts, fromStart } = partsOf(node);
  const found = parts.flatMap((part, i) => {
    const selectivity = selectivityOf(part);
    const find = selectivity > 0 ? findOf(part, fromStart && i === 0) : null;
    return find === null ? [] : [{ find, selectivity }];
  });
  const [best] = found.sort((a, b) => b.selectivity - a.selectivity);
  // At the start the automaton itself sees at once that a text begins otherwise.
  return best === undefined || (anchored && best.find.first) ? null : best.find;
}

/** Null where finding it could take long. */
function findOf(part: Node, first: boolean): Find | null {
  const text = textOf(part);
  if (text !== null) return { text, first };
  const source = boundedSource(part);
  return source === null ? null : { source, first };
}

/** How a text is compared with another: with the whole, or with a part anywhere, at its start, at its end. */
export type TextOp = 'equals' | 'contains' | 'startswith' | 'endswith';

/** The flags Sigma knows, as its sub-modifiers are called. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;

export type RegexFlag = (typeof REGEX_FLAGS)[number];

/** Longer ones are no pattern a person wrote. */
const SOURCE_LIMIT = 4_096;

/** Instructions of a pattern's program: a character costs at most so many steps. */
const SIZE_LIMIT = 10_000;

export type Prepared =
  | { readonly ok: true; readonly prepared: PreparedRegex }
  | { readonly ok: false; readonly problem: string };

/** Reads a regular expression; says what is wrong where it is none, or needs more than linear time. */
export function prepareRegex(source: string, flags: string): Prepared {
  const tree = parse(source, flags);
  if (typeof tree === 'string') return { ok: false, problem: tree };
  return { ok: true, prepared: { source, flags, search: searchFor(tree) } };
}

function parse(source: string, flags: string): Node | string {
  if (source.length > SOURCE_LIMIT) return `longer than ${SOURCE_LIMIT} characters`;
  try {
    const tree = parseRegex(source, { i: flags.includes('i'), m: flags.includes('m'), s: flags.includes('s') });
    return tree.size > SIZE_LIMIT ? 'repeats too much: it would be too large a program' : tree;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}
