/**
 * Measures one thing against another in the same run and in turns, so that other load on the machine affects both.
 *
 * Contract: the numbers are for people; no number makes it fail. `now` is a parameter, in ms.
 */

export interface Subject {
  readonly name: string;
  /** Runs before each `go`, and is not measured. */
  before?(): Promise<void>;
  /** Runs once, to its end. Throws if it fails, which ends the measurement. */
  go(): Promise<void>;
}

export interface Measured {
  readonly name: string;
  readonly samples: number;
  /** ms */
  readonly median: number;
  readonly p95: number;
  /** Its median divided by the peer's; 1 for the peer. */
  readonly ratio: number;
  /** Its median minus the peer's, ms. */
  readonly adds: number;
}

/** Measures the subjects against the first of them, their peer. */
export async function compare(
  subjects: readonly Subject[],
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
  now: () => number,
): Promise<Measured[]> {
  const times = subjects.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      // Each one begins a round equally often.
      const i = (turn + round + warmUp) % subjects.length;
      await subjects[i]?.before?.();
      const began = now();
      await subjects[i]?.go();
      if (round >= 0) times[i]?.push(now() - began);
    }
  }
  const peer = quantile(times[0] ?? [], 0.5);
  return subjects.map(({ name }, i) => {
    const own = times[i] ?? [];
    const median = quantile(own, 0.5);
    return { name, samples: own.length, median, p95: quantile(own, 0.95), ratio: median / peer, adds: median - peer };
  });
}

/** The quantile `q` of the values, interpolated; NaN without values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
