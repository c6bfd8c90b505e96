/**
 * Matching a text against a wildcard pattern.
 *
 * Contract: the whole text must match; `*` is any run of characters (line ends too), `?` exactly one, a pair of
 * surrogates being one. No backtracking: each piece between two runs is found at its leftmost place and left there,
 * which is enough for patterns of this kind. The time is at most the text's length times the longest piece's. Pure.
 */
import type { PatternPart } from '../rule.ts';

/** What stands between two runs: literal texts, and so many single characters before each of them or at the end. */
type Piece = readonly PatternPart[];

/** Makes the test for a pattern. The text it is given must be in the case the pattern is in. */
export function createMatcher(parts: readonly PatternPart[]): (text: string) => boolean {
  const pieces = piecesOf(parts);
  const first = pieces[0] ?? [];
  if (pieces.length === 1) return (text) => endOf(first, text, 0) === text.length;
  const last = pieces[pieces.length - 1] ?? [];
  const middle = pieces.slice(1, -1).filter((piece) => piece.length > 0);
  const simple = simpleMatcher(first, middle, last);
  if (simple !== null) return simple;
  return (text) => {
    let at = endOf(first, text, 0);
    if (at === -1) return false;
    for (const piece of middle) {
      at = endOfLeftmost(piece, text, at);
      if (at === -1) return false;
    }
    const tail = startOf(last, text);
    return tail >= at;
  };
}

/** What most patterns are: a text at one end, or anywhere. */
function simpleMatcher(first: Piece, middle: readonly Piece[], last: Piece): ((text: string) => boolean) | null {
  const head = onlyText(first);
  const tail = onlyText(last);
  if (head === null || tail === null) return null;
  if (middle.length === 0) {
    if (head === '' && tail === '') return () => true;
    if (tail === '') return (text) => text.startsWith(head);
    if (head === '') return (text) => text.endsWith(tail);
    return (text) => text.length >= head.length + tail.length && text.startsWith(head) && text.endsWith(tail);
  }
  const inner = middle.length === 1 && middle[0] !== undefined ? onlyText(middle[0]) : null;
  if (inner !== null && head === '' && tail === '') return (text) => text.includes(inner);
  return null;
}

function onlyText(piece: Piece): string | null {
  const part = piece[0];
  if (part === undefined) return '';
  return piece.length === 1 && 'text' in part ? part.text : null;
}

/** The pieces between the runs: one more than there are runs. */
function piecesOf(parts: readonly PatternPart[]): readonly Piece[] {
  const pieces: PatternPart[][] = [[]];
  for (const part of parts) {
    if ('wildcard' in part && part.wildcard === '*') pieces.push([]);
    else pieces[pieces.length - 1]?.push(part);
  }
  return pieces;
}

/** Where the piece ends that begins at `at`; -1 where it does not stand there. */
function endOf(piece: Piece, text: string, at: number): number {
  let end = at;
  for (const part of piece) {
    if ('wildcard' in part) {
      if (end >= text.length) return -1;
      end += isPair(text, end) ? 2 : 1;
    } else {
      if (!text.startsWith(part.text, end)) return -1;
      end += part.text.length;
    }
  }
  return end;
}

/** Where the piece ends that stands leftmost at `from` or after it; -1 where it stands nowhere. */
function endOfLeftmost(piece: Piece, text: string, from: number): number {
  const lead = piece.findIndex((part) => 'text' in part);
  const skipped = endOf(lead === -1 ? piece : piece.slice(0, lead), text, from);
  const anchor = piece[lead];
  if (skipped === -1 || anchor === undefined || !('text' in anchor)) return skipped;
  const rest = piece.slice(lead);
  for (let at = text.indexOf(anchor.text, skipped); at !== -1; at = text.indexOf(anchor.text, at + 1)) {
    const end = endOf(rest, text, at);
    if (end !== -1) return end;
  }
  return -1;
}

/** Where the piece begins that ends the text; -1 where the text does not end so. */
function startOf(piece: Piece, text: string): number {
  let start = text.length;
  for (let i = piece.length - 1; i >= 0; i--) {
    const part = piece[i];
    if (part === undefined) continue;
    if ('wildcard' in part) {
      if (start <= 0) return -1;
      start -= start >= 2 && isPair(text, start - 2) ? 2 : 1;
    } else {
      start -= part.text.length;
      if (start < 0 || !text.startsWith(part.text, start)) return -1;
    }
  }
  return start;
}

function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
