/**
 * Matches texts against wildcard patterns.
 *
 * Contract: the whole text must match. `*` is any run of characters (line ends too), `?` exactly one, `oneOf` one of a few;
 * a surrogate pair is one character. No backtracking: each piece between two `*` is matched at its leftmost place, which
 * suffices for such patterns. The time is at most the text's length times the longest piece's. Pure.
 */
import type { PatternPart } from '../rule.ts';

/** What is between two `*`: texts, and single characters, one of a few or any (null). */
type Piece = readonly PieceStep[];
type PieceStep = { readonly text: string } | { readonly among: ReadonlySet<string> | null };

/** Creates the test for a pattern. Texts must be folded if the pattern is. */
export function createPatternMatcher(parts: readonly PatternPart[]): (text: string) => boolean {
  const pieces = piecesOf(parts);
  const first = pieces[0] ?? [];
  if (pieces.length === 1) return (text) => endOf(first, text, 0) === text.length;
  const last = pieces[pieces.length - 1] ?? [];
  const middle = pieces.slice(1, -1).filter((piece) => piece.length > 0);
  return (text) => {
    let at = endOf(first, text, 0);
    if (at === -1) return false;
    for (const piece of middle) {
      at = endOfLeftmost(piece, text, at);
      if (at === -1) return false;
    }
    const tail = startOf(last, text, text.length);
    return tail >= at;
  };
}

/** The pieces between the `*`: one more than there are `*`. */
function piecesOf(parts: readonly PatternPart[]): readonly Piece[] {
  const pieces: PieceStep[][] = [[]];
  for (const part of parts) {
    if ('wildcard' in part && part.wildcard === '*') pieces.push([]);
    else pieces[pieces.length - 1]?.push(stepOf(part));
  }
  return pieces;
}

function stepOf(part: PatternPart): PieceStep {
  if ('text' in part) return part;
  return { among: 'oneOf' in part ? new Set(part.oneOf) : null };
}

/** The end of the piece that begins at `at`; -1 if it does not match there. */
function endOf(piece: Piece, text: string, at: number): number {
  let end = at;
  for (const step of piece) {
    if ('text' in step) {
      if (!text.startsWith(step.text, end)) return -1;
      end += step.text.length;
    } else {
      if (end >= text.length) return -1;
      const begin = end;
      end += isPair(text, end) ? 2 : 1;
      if (step.among !== null && !step.among.has(text.slice(begin, end))) return -1;
    }
  }
  return end;
}

/** The start of the piece that ends at `end`; -1 if it does not match there. */
function startOf(piece: Piece, text: string, end: number): number {
  let start = end;
  for (let i = piece.length - 1; i >= 0; i--) {
    const step = piece[i];
    if (step === undefined) continue;
    if ('text' in step) {
      start -= step.text.length;
      if (start < 0 || !text.startsWith(step.text, start)) return -1;
    } else {
      if (start <= 0) return -1;
      const after = start;
      start -= start >= 2 && isPair(text, start - 2) ? 2 : 1;
      if (step.among !== null && !step.among.has(text.slice(start, after))) return -1;
    }
  }
  return start;
}

/** The end of the leftmost match of the piece from `from` on; -1 if there is none. */
function endOfLeftmost(piece: Piece, text: string, from: number): number {
  const lead = piece.findIndex((step) => 'text' in step);
  const anchor = piece[lead];
  if (anchor === undefined || !('text' in anchor)) {
    for (let at = from; at <= text.length; at += isPair(text, at) ? 2 : 1) {
      const end = endOf(piece, text, at);
      if (end !== -1) return end;
    }
    return -1;
  }
  const [before, rest] = [piece.slice(0, lead), piece.slice(lead)];
  for (let at = text.indexOf(anchor.text, from); at !== -1; at = text.indexOf(anchor.text, at + 1)) {
    const end = startOf(before, text, at) >= from ? endOf(rest, text, at) : -1;
    if (end !== -1) return end;
  }
  return -1;
}

function isPair(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return false;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
