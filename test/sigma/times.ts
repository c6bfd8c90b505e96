/** Times, for tests that only distinguish linear from worse. */

/** The time of the fastest of three: the first builds tables. */
export function msOf(act: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const began = performance.now();
      act();
      return performance.now() - began;
    }),
  );
}
