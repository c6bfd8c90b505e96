/** Literals: texts that the index looks for in others. */

/** Where in a text a literal must be. */
export type Place = 'whole' | 'start' | 'end' | 'anywhere';

export interface Literal {
  readonly text: string;
  readonly place: Place;
}

/** The text to search, made when it is needed. */
export interface FoldedText {
  text(): string;
}

/** Called with the number of a literal that is found. */
export type Found = (literal: number) => void;
