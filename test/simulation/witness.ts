/**
 * Who stands by when alerts close. Which entries were recorded by then is not stored: a late match may join after the
 * close, and what was said of it must be judged by what was known.
 */
import type { Ledger } from '../../src/ledger/record/ledger.ts';
import type { Store } from '../../src/ledger/store/store.ts';

export interface Closings {
  /** Alert id → the number of the last entry recorded when it closed. */
  readonly at: ReadonlyMap<number, number>;
  /** What must not be: sentences. */
  readonly problems: readonly string[];
}

/** Looks at the store after each call that commits. */
export function createWitness(store: Store) {
  const at = new Map<number, number>();
  const problems: string[] = [];
  const look = (): void => {
    const closed = store.all<{ id: number; ends: number }>(
      "SELECT id, begins + period AS ends FROM alerts WHERE state = 'closed'",
    );
    for (const { id, ends } of closed) {
      if (at.has(id)) continue;
      const [now] = store.all<{ seq: number; seen: number }>(
        "SELECT value ->> '$.lastSeq' AS seq, value ->> '$.checkpoint.watermark' AS seen FROM state",
      );
      at.set(id, now?.seq ?? 0);
      if ((now?.seen ?? 0) < ends) problems.push(`alert ${id} closed before its period was seen through`);
    }
  };
  return {
    closings: { at, problems } satisfies Closings,
    /** The ledger, watched. */
    watching: (ledger: Ledger): Ledger => ({
      ...ledger,
      record: (batch, now) => {
        const recorded = ledger.record(batch, now);
        look();
        return recorded;
      },
      flush: (expect, most, now) => {
        const recorded = ledger.flush(expect, most, now);
        look();
        return recorded;
      },
    }),
  };
}
