/** Searches ascending numbers. Pure. */

/** The first place from `from` on with a number greater than `number`, in ascending numbers. */
export function firstAfter(ascending: readonly number[], number: number, from: number): number {
  let low = from;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}
