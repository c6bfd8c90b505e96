/** What a kind of input is: how it is made, and what must be true of everything that is made of it. */
import type { Dice } from '../simulation/random.ts';

/** An input is plain JSON, so that it can be shrunk and printed. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface FuzzKind<Input extends Json = Json> {
  readonly name: string;
  /** What is checked, in a few words. */
  readonly about: string;
  /** Of a million inputs, how many are of this kind. */
  readonly share: number;
  generate(dice: Dice): Input;
  /** What is wrong, in a line; null: nothing. Whatever it throws is wrong too. */
  check(input: Input): Promise<string | null> | string | null;
}
