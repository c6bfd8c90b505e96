/**
 * Parses YAML into our own nodes, each with its place.
 *
 * Contract: build time only. Never throws; time and memory are bounded by the file's size, aliases included. No key can
 * reach a prototype. No type of the YAML library appears in the results.
 */

import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLParseError,
  type YAMLWarning,
} from 'yaml';
import { ParseError, type Place, type Report, truncate } from './diagnostics.ts';

/** A node of a document. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  readonly place: Place;
  /** The place of the text's first character if the source has it verbatim: on one line, without escapes. Else null. */
  readonly textPlace: Place | null;
  /**
   * The source of a number that would be printed differently, such as `1.10` or `0x1f`, or that JavaScript does not hold:
   * then the value is that text. Else null.
   */
  readonly source: string | null;
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

/** Characters of a file. The largest published rules have some 100,000. */
const FILE_MAX = 1_000_000;
/** Characters that aliases may repeat in a file: following an alias costs the length of what it stands for. */
const ALIASED_MAX = FILE_MAX;
const DEPTH_MAX = 32;
/** A number with more characters is text. */
export const NUMBER_MAX = 400;
/** Nesting at which parsing stops. What is a little deeper than `DEPTH_MAX` is reported with the file's other errors. */
const STACK_MAX = 4 * DEPTH_MAX;
const DOCUMENT_MAX = 1_000;

const TOO_DEEP = `nested deeper than ${DEPTH_MAX} levels`;
const TOO_MANY_DOCUMENTS = `the file has more than ${DOCUMENT_MAX} documents`;
const TOO_MANY_ALIASES = `the file is larger than ${ALIASED_MAX} characters with its aliases expanded`;

/** Default for messages: what a document should be. */
const RULE = { noun: 'a rule', hint: 'it begins with "title:"' };

/** Reads the documents of a file. Those with errors are reported and left out; `each` says what a document should be. */
export function readDocuments(file: SourceFile, report: Report, each = RULE): readonly MapNode[] {
  if (file.text.length > FILE_MAX) {
    report.error(START, `the file is larger than ${FILE_MAX} characters`, 'split it');
    return [];
  }
  const lines = new LineCounter();
  const text = file.text.replace(/^\ufeff/, '');
  const maps: MapNode[] = [];
  const budget = { aliased: ALIASED_MAX };
  for (const document of parseDocuments(text, lines, report)) {
    const errors = report.errors();
    const place = (offset: number) => placeOf(lines, offset);
    for (const problem of [...document.errors, ...document.warnings]) {
      if (isGluedComment(problem))
        report.notice(place(problem.pos[0]), 'a comment begins here', 'add a space before "#"');
      else if (report.errors() === errors)
        // One mistake makes the library report several errors: only the first one helps.
        report.error(place(problem.pos[0]), `not valid YAML: ${sentence(problem)}`, hintOf(problem));
    }
    if (report.errors() > errors) continue;
    const root = document.contents;
    if (root === null || (isScalar(root) && root.value === null)) continue;
    const node = read(root as ParsedNode, text, place, budget, report);
    if (node === null || report.errors() > errors) continue;
    if (node.kind === 'map') maps.push(node);
    else report.error(node.place, `${each.noun} must be a map of keys, not ${kindName(node)}`, each.hint);
  }
  return maps;
}

/** `'a'# b` is invalid YAML, but common parsers accept it as `'a' # b`. */
function isGluedComment({ code, message }: YAMLParseError | YAMLWarning): boolean {
  return code === 'MISSING_CHAR' && message.startsWith('Comments must be separated');
}

/** A node's kind for messages: "a list", "a number". */
export function kindName(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map';
  if (node.value === null) return 'null';
  return typeof node.value === 'string' ? 'text' : typeof node.value === 'number' ? 'a number' : 'true or false';
}

function hintOf({ code }: YAMLParseError | YAMLWarning): string {
  if (code === 'TAB_AS_INDENT') return 'indent with spaces';
  if (code === 'BAD_ALIAS') return 'a text that begins with "*" or "&" needs quotes';
  return 'check the indentation and the colons on this line';
}

const START: Place = { line: 1, column: 1 };

/** Parses a text into the library's documents; none if it is too deep or has too many, which is reported. */
function parseDocuments(text: string, lines: LineCounter, report: Report): readonly Document.Parsed[] {
  const documents: Document.Parsed[] = [];
  const { stackTraceLimit } = Error;
  // The library creates an Error per mistake. Without their stacks a file of mistakes takes a tenth of the time.
  Error.stackTraceLimit = 0;
  try {
    const parser = new Parser(lines.addNewLine);
    // `uniqueKeys` takes quadratic time; `read` checks it instead.
    const composer = new Composer({ uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    lines.addNewLine(0);
    for (const lexeme of new Lexer().lex(text)) {
      for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
      // The library recurses: deeper nesting would overflow the stack.
      if (parser.stack.length > STACK_MAX) {
        throw new ParseError(placeOf(lines, parser.stack[DEPTH_MAX + 2]?.offset ?? 0), TOO_DEEP);
      }
      if (documents.length > DOCUMENT_MAX) break;
    }
    for (const token of parser.end()) documents.push(...composer.next(token));
    documents.push(...composer.end());
    if (documents.length > DOCUMENT_MAX) throw new ParseError(START, TOO_MANY_DOCUMENTS, 'split it');
  } catch (error) {
    if (error instanceof ParseError) report.error(error.place, error.message, error.hint);
    else report.error(START, 'not readable as YAML');
    return [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
  return documents;
}

/** Converts a document; null if it has an error that ends reading, which is reported. */
function read(
  root: ParsedNode,
  text: string,
  placeAt: (offset: number) => Place,
  budget: { aliased: number },
  report: Report,
): Node | null {
  const anchors = new Map<string, ParsedNode>();

  const visit = (node: ParsedNode | null, fallback: Place, depth: number): Node => {
    const place = node?.range ? placeAt(node.range[0]) : fallback;
    if (depth > DEPTH_MAX) throw new ParseError(place, TOO_DEEP);
    if (node === null) return { kind: 'scalar', value: null, place, textPlace: null, source: null };
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined)
        throw new ParseError(place, 'this alias has no anchor before it', 'a text that begins with "*" needs quotes');
      budget.aliased -= 1 + target.range[1] - target.range[0];
      if (budget.aliased < 0) throw new ParseError(place, TOO_MANY_ALIASES);
      return visit(target, place, depth + 1);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => visit(item as ParsedNode, place, depth + 1)), place };
    }
    if (isMap(node)) return { kind: 'map', entries: entriesOf(node.items, place, depth), place };
    return readScalar(node, text, place);
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
      if (key === null) report.error(keyNode.place, `a key must be text, not ${kindName(keyNode)}`);
      else if (key === '__proto__') report.error(keyNode.place, '"__proto__" cannot be a key');
      else if (key === '<<')
        report.error(keyNode.place, 'merge keys ("<<") are not part of YAML 1.2', 'repeat the keys');
      else if (before !== undefined) {
        report.error(keyNode.place, `duplicate key "${truncate(key)}"`, `first in line ${before.line}`);
      } else {
        first.set(key, keyNode.place);
        entries.push({ key, keyPlace: keyNode.place, value });
      }
    }
    return entries;
  };

  try {
    return visit(root, START, 0);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report.error(error.place, error.message, error.hint);
    return null;
  }
}

function readScalar(node: Scalar.Parsed, text: string, place: Place): ScalarNode {
  const value = scalarOf(node.value, node.source);
  const isNumber = typeof node.value === 'number' && node.source.length <= NUMBER_MAX;
  const lead = typeof value === 'string' ? leadOf(value, text.slice(node.range[0], node.range[1])) : null;
  return {
    kind: 'scalar',
    value,
    place,
    textPlace: lead === null ? null : { line: place.line, column: place.column + lead },
    source: isNumber && (typeof value === 'string' || String(value) !== node.source) ? node.source : null,
  };
}

/** The offset of a text in its source, 0 or 1 (a quote); null if the source does not have it verbatim. */
function leadOf(value: string, source: string): number | null {
  if (source === value) return value.includes('\n') ? null : 0;
  return source === `'${value}'` || source === `"${value}"` ? 1 : null;
}

/** A whole number that JavaScript does not hold stays text, and so do numbers that are too large or too long. */
function scalarOf(value: unknown, source: string): string | number | boolean | null {
  if (typeof value === 'number') {
    const isExact = Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
    return isExact && source.length <= NUMBER_MAX ? value : source;
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return value === null || value === undefined ? null : String(value);
}

function placeOf(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** Without the name of a tag or an alias: the place shows it, and in a routing file it may be a part of a secret. */
function sentence({ code, message }: YAMLParseError | YAMLWarning): string {
  const line = message.split('\n')[0] ?? message;
  const isNamed = code === 'TAG_RESOLVE_FAILED' || code === 'BAD_ALIAS';
  return (isNamed ? line.replace(/: .*$/, '') : line).replace(/[.:]$/, '');
}
