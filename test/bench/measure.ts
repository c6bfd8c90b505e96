/**
 * Measuring one thing against another in the same run: in turns, so that whatever else the machine does falls on both.
 *
 * Contract: the numbers are for people to look at; nothing fails because one is large. `now` is a parameter, in ms.
 */

export interface Subject {
  readonly name: string;
  /** Does it once, to its very end. Throws where it went wrong: then there is nothing to measure. */
  go(): Promise<void>;
}

export interface Measured {
  readonly name: string;
  readonly samples: number;
  /** ms */
  readonly median: number;
  readonly p95: number;
  /** Its median over the peer's; the peer's own is 1. */
  readonly ratio: number;
  /** Its median less the peer's, ms. */
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
      // Each begins a round as often as any other.
      const i = (turn + round + warmUp) % subjects.length;
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

/** The value below which the part `q` of the values lies; between two, what lies between. NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
