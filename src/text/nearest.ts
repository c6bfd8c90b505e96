/** Longer names are nobody's slip of the finger. */
const NAME_LIMIT = 64;
/** Among more, nobody looks. */
const KNOWN_LIMIT = 1_000;

/**
 * The nearest of `known` to `name`: a slip or two away, by how long it is; null where none is. The name itself is
 * not looked for.
 *
 * @example nearest('detectoin', ['detection', 'title']) // 'detection'
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  if (name.length > NAME_LIMIT) return null;
  const lower = name.toLowerCase();
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  let looked = 0;
  for (const candidate of known) {
    if (++looked > KNOWN_LIMIT) break;
    if (Math.abs(candidate.length - name.length) > 2) continue;
    const far = distance(lower, candidate.toLowerCase());
    if (far > slips(candidate) || far >= least) continue;
    best = candidate;
    least = far;
  }
  return best;
}

/** Whether `name` is `known` but for one slip, or two where it is long: no word of its own. */
export function isSlip(name: string, known: string): boolean {
  if (Math.abs(name.length - known.length) > 2 || name.length > NAME_LIMIT) return false;
  return distance(name.toLowerCase(), known.toLowerCase()) <= (known.length < 6 ? 1 : 2);
}

/** The shorter a name, the more others lie near it. */
function slips(name: string): number {
  return name.length < 3 ? 0 : name.length < 5 ? 1 : 2;
}

/**
 * Letters to add, leave out, change or swap with their neighbour (optimal string alignment). Right up to two, which is
 * as far as it looks to either side; more is some number above.
 */
function distance(a: string, b: string): number {
  if (a === b) return 0;
  const far = a.length + b.length;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = new Array<number>(b.length + 1).fill(far);
    if (i <= 2) next[0] = i;
    let least = i <= 2 ? i : far;
    for (let j = Math.max(1, i - 2); j <= Math.min(b.length, i + 2); j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((row[j - 1] ?? far) + (same ? 0 : 1), (row[j] ?? far) + 1, (next[j - 1] ?? far) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? far) + 1);
      next[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > 2) return far;
    before = row;
    row = next;
  }
  return row[b.length] ?? far;
}
