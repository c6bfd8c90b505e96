/**
 * Prepares a regular expression at build time for the fastest search, in linear time even for hostile patterns and texts.
 *
 * Contract: RE2's syntax and semantics; unanchored, and case-sensitive unless the flags say otherwise. Only whether a text
 * matches counts. The result is plain data. A plain text is searched as text, a simple expression with the platform's
 * RegExp, all others with the automaton: only if a part that every match has is present, and from where a match can begin.
 * The result is the same as the automaton's alone. Pure.
 */

import { boundedSource, selectivityOf } from './bounded.ts';
import { createSequence, EMPTY, type Node } from './node.ts';
import { parseRegex } from './parse.ts';
import { compileProgram, type Program } from './program.ts';
import { Refusal } from './refusal.ts';
import { isAnchored, partsOf, textOf, trimmed } from './search.ts';

/** How a text is compared: as a whole, or with a part anywhere, at the start or at the end. */
export type TextOp = 'equals' | 'contains' | 'startswith' | 'endswith';

/** The flags, named like Sigma's sub-modifiers. */
export const REGEX_FLAGS = ['i', 'm', 's'] as const;

export interface PreparedRegex {
  readonly source: string;
  readonly flags: string;
  readonly search: RegexSearch;
}

export type RegexSearch =
  | { readonly by: 'text'; readonly op: TextOp; readonly text: string }
  /** `needs`: every match contains one of these texts; null if there are none that are long enough. */
  | ({ readonly by: 'native'; readonly needs: readonly string[] | null } & Native)
  | {
      readonly by: 'automaton';
      readonly needs: readonly string[] | null;
      readonly find: Find | null;
      readonly program: Program;
      readonly anchored: boolean;
    };

/** For the platform's RegExp with the flag `u`. */
interface Native {
  readonly source: string;
}

/** A part that every match has; `first`: whether it begins the match. */
export type Find = ({ readonly text: string } | Native) & { readonly first: boolean };

/** Longer expressions are errors. */
const SOURCE_MAX = 4_096;

/** Instructions of a program: the most steps that a character can cost. */
const SIZE_MAX = 10_000;

/** Shorter texts exclude little; searching for more of them takes as long as the search itself. */
const NEEDS_LENGTH_MIN = 2;
const NEEDS_MAX = 4;

export type Prepared =
  | { readonly ok: true; readonly prepared: PreparedRegex }
  | { readonly ok: false; readonly problem: string };

/** Prepares a regular expression, or returns what is wrong with it. */
export function prepareRegex(source: string, flags: string): Prepared {
  const tree = parse(source, flags);
  if (typeof tree === 'string') return { ok: false, problem: tree };
  return { ok: true, prepared: { source, flags, search: searchFor(tree) } };
}

function parse(source: string, flags: string): Node | string {
  if (source.length > SOURCE_MAX) return `longer than ${SOURCE_MAX} characters`;
  try {
    const tree = parseRegex(source, { i: flags.includes('i'), m: flags.includes('m'), s: flags.includes('s') });
    return tree.size > SIZE_MAX ? 'too many repetitions: its program would be too large' : tree;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** The fastest search for a tree. */
function searchFor(tree: Node): RegexSearch {
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

/** The search for a tree that is one text; null for any other. */
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

/** Of the texts that every match contains one of, those whose shortest is longest. */
function neededTexts(node: Node): readonly string[] | null {
  let best: readonly string[] = [];
  let run = '';
  for (const part of partsInRow(node)) {
    const text = textOf(part);
    run = text === null ? '' : run + text;
    const texts = part.kind === 'choice' ? part.of.map(textOf) : [run];
    const known = texts.filter((one) => one !== null);
    if (known.length === texts.length && known.length <= NEEDS_MAX && shortest(known) > shortest(best)) best = known;
  }
  return shortest(best) < NEEDS_LENGTH_MIN ? null : best;
}

function shortest(texts: readonly string[]): number {
  return texts.length === 0 ? 0 : Math.min(...texts.map((text) => text.length));
}

function partsInRow(node: Node): readonly Node[] {
  return node.kind === 'sequence' ? node.of : [node];
}

/** The part to find before the automaton runs; null if there is none. */
function startOf(node: Node, anchored: boolean): Find | null {
  const { parts, fromStart } = partsOf(node);
  const found = parts.flatMap((part, i) => {
    const selectivity = selectivityOf(part);
    const find = selectivity > 0 ? findOf(part, fromStart && i === 0) : null;
    return find === null ? [] : [{ find, selectivity }];
  });
  const [best] = found.sort((a, b) => b.selectivity - a.selectivity);
  // Anchored at the start, the automaton itself stops at once.
  return best === undefined || (anchored && best.find.first) ? null : best.find;
}

/** Null if finding it could take long. */
function findOf(part: Node, first: boolean): Find | null {
  const text = textOf(part);
  if (text !== null) return { text, first };
  const source = boundedSource(part);
  return source === null ? null : { source, first };
}
