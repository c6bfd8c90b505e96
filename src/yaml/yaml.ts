/**
 * YAML into our own shapes, with the place of everything.
 *
 * Contract: build time only. Rule files are hostile: whatever a file holds, the time and the size of what comes out
 * are bounded, aliases are followed within those bounds, and no name can reach a prototype. Nothing of the YAML
 * library leaks out. Never throws.
 */

import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';
import { type Place, type Report, truncate, Unreadable } from './diagnostics.ts';
import { lexemesOf, NODE_LIMIT, TOO_MANY_VALUES } from './lexemes.ts';

/** A node of a document. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
  /** Where the first character of a text stands that is written in one piece, as it is; null for any other. */
  readonly textPlace: Place | null;
  /** A number as it is written, where that is not how it would be printed: `1.10`, `0x1f`; null for any other. */
  readonly written: string | null;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly place: Place;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
  readonly place: Place;
}

export interface MapEntry {
  readonly key: string;
  readonly keyPlace: Place;
  readonly value: Node;
}

export interface SourceFile {
  /** Relative to the folder of rules. */
  readonly path: string;
  readonly text: string;
}

/** A rule is a page of text: a file of this size is none. */
const FILE_LIMIT = 1_000_000;
/** The same of its texts. */
const CHARACTER_LIMIT = 4_000_000;
const DEPTH_LIMIT = 32;
/** What is a little deeper than that is found by `read`, beside what else is wrong; this is for the library. */
const STACK_LIMIT = 4 * DEPTH_LIMIT;
const DOCUMENT_LIMIT = 1_000;

const TOO_DEEP = `nested deeper than ${DEPTH_LIMIT} levels`;
const TOO_MANY_DOCUMENTS = `the file has more than ${DOCUMENT_LIMIT} documents`;

/** What a file that is no map is told. */
const RULE = { noun: 'a rule', hint: 'it begins with "title:"' };

/** Every document of a file that can be read; what cannot is reported. `each`: what a document should be. */
export function readDocuments(file: SourceFile, report: Report, each = RULE): readonly MapNode[] {
  if (file.text.length > FILE_LIMIT) {
    report.error(START, `the file is larger than ${FILE_LIMIT} characters`, 'split it');
    return [];
  }
  const lines = new LineCounter();
  // A byte order mark is no part of what it stands before.
  const text = file.text.replace(/^\ufeff/, '');
  const documents = decode(text, lines, report);
  const maps: MapNode[] = [];
  const budget = { nodes: NODE_LIMIT, characters: CHARACTER_LIMIT };
  for (const document of documents) {
    const errors = report.errors();
    const place = (offset: number) => placeOf(lines, offset);
    for (const problem of [...document.errors, ...document.warnings]) {
      if (isGluedComment(problem)) report.notice(place(problem.pos[0]), 'a comment begins here', 'a blank before "#"');
      else report.error(place(problem.pos[0]), `not valid YAML: ${sentence(problem.message)}`);
    }
    if (report.errors() > errors) continue;
    const root = document.contents;
    if (root === null || (isScalar(root) && root.value === null)) continue;
    const node = read(root as ParsedNode, text, place, budget, report);
    if (node === null || report.errors() > errors) continue;
    if (node.kind === 'map') maps.push(node);
    else report.error(node.place, `${each.noun} is a map of keys, not ${kindName(node)}`, each.hint);
  }
  return maps;
}

/** `'a'# b` is not valid, but the readers that most tools use take it for `'a' # b`. */
function isGluedComment({ code, message }: YAMLParseError | YAMLWarning): boolean {
  return code === 'MISSING_CHAR' && message.startsWith('Comments must be separated');
}

/** What a node is, for messages: "a list", "a number". */
export function kindName(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map';
  if (node.value === null) return 'null';
  return typeof node.value === 'string' ? 'text' : typeof node.value === 'number' ? 'a number' : 'true or false';
}

const START: Place = { line: 1, column: 1 };

/** The documents of a text as the library has them; none where they are over the bounds, which is reported. */
function decode(text: string, lines: LineCounter, report: Report): readonly Document.Parsed[] {
  const documents: Document.Parsed[] = [];
  const { stackTraceLimit } = Error;
  // The library makes an error of every mistake, and its stack, which nobody reads, takes most of the time.
  Error.stackTraceLimit = 0;
  try {
    const lexemes = lexemesOf(text);
    const parser = new Parser(lines.addNewLine);
    // uniqueKeys takes time in the square of their number; `read` does it instead.
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    lines.addNewLine(0);
    for (const lexeme of lexemes) {
      for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
      // A document, and its collections, each in the one before it.
      if (parser.stack.length > STACK_LIMIT) {
        throw new Unreadable(placeOf(lines, parser.stack[DEPTH_LIMIT + 2]?.offset ?? 0), TOO_DEEP);
      }
      if (documents.length > DOCUMENT_LIMIT) throw new Unreadable(START, TOO_MANY_DOCUMENTS, 'split it');
    }
    for (const token of parser.end()) documents.push(...composer.next(token));
    documents.push(...composer.end());
    if (documents.length > DOCUMENT_LIMIT) throw new Unreadable(START, TOO_MANY_DOCUMENTS, 'split it');
  } catch (refused) {
    if (refused instanceof Unreadable) report.error(refused.place, refused.message, refused.hint);
    else report.error(START, 'not readable as YAML');
    return [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return documents;
}

function read(
  root: ParsedNode,
  text: string,
  placeAt: (offset: number) => Place,
  budget: { nodes: number; characters: number },
  report: Report,
): Node | null {
  const anchors = new Map<string, ParsedNode>();
  const scalars = new Map<ParsedNode, ScalarNode>();

  const visit = (node: ParsedNode | null, fallback: Place, depth: number): Node => {
    const place = node?.range ? placeAt(node.range[0]) : fallback;
    if (--budget.nodes < 0) throw new Unreadable(place, TOO_MANY_VALUES);
    if (depth > DEPTH_LIMIT) throw new Unreadable(place, TOO_DEEP);
    if (node === null) return { kind: 'scalar', value: null, place, textPlace: null, written: null };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) throw new Unreadable(place, `the alias *${node.source} has no anchor before it`);
      return visit(target, place, depth + 1);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => visit(item as ParsedNode, place, depth + 1)), place };
    }
    if (isMap(node)) return { kind: 'map', entries: entriesOf(node.items, place, depth), place };
    const scalar = scalars.get(node) ?? readScalar(node, text, place);
    // Aliases lead to what has an anchor, and to what is in it.
    if (anchors.size > 0) scalars.set(node, scalar);
    budget.characters -= typeof scalar.value === 'string' ? scalar.value.length : 0;
    if (budget.characters >= 0) return scalar;
    throw new Unreadable(
      place,
      `the file has more than ${CHARACTER_LIMIT} characters in its values, its aliases followed`,
    );
  };

  const entriesOf = (
    pairs: readonly { readonly key: ParsedNode | null; readonly value: ParsedNode | null }[],
    place: Place,
    depth: number,
  ): readonly MapEntry[] => {
    const entries: MapEntry[] = [];
    const first = new Map<string, Place>();
    for (const pair of pairs) {
      const keyNode = visit(pair.key, place, depth + 1);
      const value = visit(pair.value, keyNode.place, depth + 1);
      const key = keyNode.kind === 'scalar' && keyNode.value !== null ? String(keyNode.value) : null;
      const before = key === null ? undefined : first.get(key);
      if (key === null) report.error(keyNode.place, `a key is text, not ${kindName(keyNode)}`);
      else if (key === '__proto__') report.error(keyNode.place, '"__proto__" cannot be a key');
      else if (key === '<<')
        report.error(keyNode.place, 'merge keys ("<<") are not part of YAML 1.2', 'write the keys out');
      else if (before !== undefined) {
        report.error(keyNode.place, `the key "${truncate(key)}" is here twice`, `first in line ${before.line}`);
      } else {
        first.set(key, keyNode.place);
        entries.push({ key, keyPlace: keyNode.place, value });
      }
    }
    return entries;
  };

  try {
    return visit(root, START, 0);
  } catch (refused) {
    if (!(refused instanceof Unreadable)) throw refused;
    report.error(refused.place, refused.message);
    return null;
  }
}

function readScalar(node: Scalar.Parsed, text: string, place: Place): ScalarNode {
  const value = scalarOf(node.value, node.source);
  const lead = typeof value === 'string' ? leadOf(value, text.slice(node.range[0], node.range[1])) : null;
  return {
    kind: 'scalar',
    value,
    place,
    textPlace: lead === null ? null : { line: place.line, column: place.column + lead },
    written: typeof value === 'number' && String(value) !== node.source ? node.source : null,
  };
}

/** How many characters stand before a text in its source: a quote or none; null where it is not written as it is. */
function leadOf(value: string, source: string): number | null {
  if (source === value) return value.includes('\n') ? null : 0;
  return source === `'${value}'` || source === `"${value}"` ? 1 : null;
}

/** A number that JavaScript cannot hold exactly stays the text it was. */
function scalarOf(value: unknown, source: string | undefined): string | number | boolean | null {
  if (typeof value === 'number') {
    const inexact = Number.isInteger(value) && !Number.isSafeInteger(value);
    return (inexact || !Number.isFinite(value)) && source !== undefined ? source : value;
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function sentence(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/[.:]$/, '');
}
