/** The known name that a misspelled one was probably meant to be. Pure. */

/** Longer names are nobody's slip of the finger. */
const NAME_LIMIT = 64;

/**
 * The nearest of `known` to `name`: a slip or two away, by how long it is; null where none is. The name itself is
 * not looked for.
 *
 * @example nearest('detectoin', ['detection', 'title']) // 'detection'
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  if (name.length > NAME_LIMIT) return null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > 2) continue;
    const far = distance(name.toLowerCase(), candidate.toLowerCase());
    if (far > slips(candidate) || far >= least) continue;
    best = candidate;
    least = far;
  }
  return best;
}

/** A hint that names the nearest, or all where none is near and they are few. */
export function nearestHint(name: string, known: Iterable<string>): string {
  const all = [...known];
  const near = nearest(name, all);
  if (near !== null) return `did you mean "${near}"?`;
  if (all.length === 0) return 'there are none';
  const few = all.slice(0, 20);
  return `known: ${few.join(', ')}${few.length < all.length ? ', …' : ''}`;
}

/** The shorter a name, the more others lie near it. */
function slips(name: string): number {
  return name.length < 3 ? 0 : name.length < 5 ? 1 : 2;
}

/** Letters to add, leave out, change or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j - 1] ?? 0) + (same ? 0 : 1), (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
