/** Finds the known name that a mistyped one was probably meant to be. Pure. */

/** Longer names are not compared: they are not typos. */
const NAME_LENGTH_MAX = 64;
/** Only so many known names are compared. */
const KNOWN_MAX = 1_000;

/**
 * Returns the name in `known` that is nearest to `name`: with the same words in another order or spelling, or at most one or
 * two typos away depending on its length; null if there is none. Case is ignored.
 *
 * @example nearest('detectoin', ['detection', 'title']) // 'detection'
 * @example nearest('ordered_temporal', ['temporal_ordered']) // 'temporal_ordered'
 */
export function nearest(name: string, known: Iterable<string>): string | null {
  if (name.length > NAME_LENGTH_MAX) return null;
  const lower = name.toLowerCase();
  const words = wordsOf(name);
  const same = words.length > 1 ? words.toSorted().join() : null;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  let compared = 0;
  for (const candidate of known) {
    if (++compared > KNOWN_MAX) break;
    if (Math.abs(candidate.length - name.length) > 2) continue;
    if (same !== null && wordsOf(candidate).toSorted().join() === same) return candidate;
    const far = distance(lower, candidate.toLowerCase());
    if (far > typosMax(candidate) || far >= least) continue;
    best = candidate;
    least = far;
  }
  return best;
}

/**
 * The words of a name, in small letters.
 *
 * @example wordsOf('statusCode') // ['status', 'code'], as of 'status_code' and 'status.code'
 */
export function wordsOf(name: string): readonly string[] {
  return name
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Whether `name` is `known` with one typo, or two if it is long: probably not a name of its own. */
export function isTypo(name: string, known: string): boolean {
  if (Math.abs(name.length - known.length) > 2 || name.length > NAME_LENGTH_MAX) return false;
  return distance(name.toLowerCase(), known.toLowerCase()) <= (known.length < 6 ? 1 : 2);
}

/** Short names have many others close to them. */
function typosMax(name: string): number {
  return name.length < 3 ? 0 : name.length < 5 ? 1 : 2;
}

/**
 * Letters to insert, delete, replace or swap with their neighbor (optimal string alignment). Exact up to 2; for more,
 * some number above 2.
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
