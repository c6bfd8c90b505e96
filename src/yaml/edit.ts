/**
 * Adds to the map of a YAML file.
 *
 * Contract: what is there, its comments too, stays. The text must be one valid document. Pure.
 */
import { isSeq, parseDocument } from 'yaml';

/** What to add: a scalar under a key that is missing, or values of a list, which is made where it is missing. */
export type Additions = ReadonlyMap<string, string | readonly string[]>;

/** The text with additions. */
export function withAdditions(text: string, additions: Additions): string {
  const document = parseDocument(text);
  if (document.contents === null) document.contents = document.createNode({}) as unknown as typeof document.contents;
  for (const [key, added] of additions) {
    const before = document.get(key, true);
    if (typeof added === 'string') document.set(key, added);
    else if (isSeq(before)) for (const value of added) before.add(document.createNode(value));
    else document.set(key, document.createNode(added));
  }
  return document.toString({ lineWidth: 120 });
}
