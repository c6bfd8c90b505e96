/**
 * The modifier `windash`: the dashes of command lines stand for each other.
 *
 * Contract: a dash at the start of a parameter (not after a letter, digit or `_`, and before one) becomes one of the
 * five; any other dash is itself. Nothing is multiplied: a part of the pattern stands for all five. Pure.
 */
import type { TemplatePart } from './value.ts';

/** Hyphen, slash, en dash, em dash, horizontal bar. */
const DASHES = '-/–—―';
const DASH = new RegExp(`(?<![\\p{L}\\p{N}_])[${DASHES}](?=[\\p{L}\\p{N}_])`, 'u');

/**
 * The parts with their dashes replaced.
 *
 * @example withDashes([{ text: 'x -a' }]) // [{ text: 'x ' }, { oneOf: '-/–—―' }, { text: 'a' }]
 */
export function withDashes(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  return parts.flatMap((part) => ('text' in part ? split(part.text) : [part]));
}

function split(text: string): readonly TemplatePart[] {
  return text
    .split(DASH)
    .flatMap((piece, i): TemplatePart[] => [
      ...(i === 0 ? [] : [{ oneOf: DASHES }]),
      ...(piece === '' ? [] : [{ text: piece }]),
    ]);
}
