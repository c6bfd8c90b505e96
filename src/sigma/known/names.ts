/**
 * Fields by name, and which known one an unknown name was probably meant to be.
 *
 * Contract: a name that holds known fields, such as `actor`, is an object. Pure.
 */
import { nearest, wordsOf } from '../../text/nearest.ts';
import { truncate } from '../../yaml/diagnostics.ts';
import type { FieldCatalogue, KnownField } from '../catalogue.ts';

export interface KnownNames {
  readonly names: readonly string[];
  get(name: string): KnownField | undefined;
  /** The fields inside an object; none if it is not one. */
  inside(name: string): readonly string[];
  /** Known names for an unknown one: the nearest, or a few that have it as a word. */
  meantBy(name: string): readonly string[];
}

/** So many suggestions are still a help. */
const SUGGESTIONS_MAX = 3;

/** Indexes the fields of a catalogue. */
export function createKnownNames(catalogue: FieldCatalogue): KnownNames {
  const fields = new Map(catalogue.map((field) => [field.name, field]));
  const names = [...fields.keys()];
  const byOtherName = new Map(
    catalogue.flatMap(({ name, aka = [] }) => aka.map((other) => [other.toLowerCase(), name] as const)),
  );
  return {
    names,
    get: (name) => fields.get(name),
    inside: (name) => names.filter((field) => field.startsWith(`${name}.`)),
    meantBy(name) {
      const near = nearest(name, names);
      // The nearest name in letters may be another thing: `user` is not `user_agent`.
      const known = sameWords(name, near) ? near : (byOtherName.get(name.toLowerCase()) ?? near);
      if (known !== null && known !== undefined) return [known];
      const words = wordsOf(name);
      const sharing = names.filter((field) => isPartOf(words, wordsOf(field)) || isPartOf(wordsOf(field), words));
      return sharing.length <= SUGGESTIONS_MAX ? sharing : [];
    },
  };
}

function sameWords(name: string, other: string | null): boolean {
  return other !== null && wordsOf(name).toSorted().join() === wordsOf(other).toSorted().join();
}

function isPartOf(part: readonly string[], whole: readonly string[]): boolean {
  return part.length > 0 && part.every((word) => whole.includes(word));
}

/** A list of names for a hint: `"a", "b" or "c"`. */
export function eitherOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${truncate(name)}"`);
  return quoted.length < 2 ? quoted.join() : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
