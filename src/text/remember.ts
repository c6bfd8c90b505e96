/** Remembers what a function of a text has returned, for texts that come again and again. */

/** A longer text is computed again. */
const TEXT_MAX = 512;
/** When it remembers so many, it forgets them all: somebody varies them. */
const TEXTS_MAX = 1_000;

/** The function, which is pure, with a memory of its own. */
export function remember<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const computed = compute(text);
    if (text.length > TEXT_MAX) return computed;
    if (known.size >= TEXTS_MAX) known.clear();
    known.set(text, computed);
    return computed;
  };
}
