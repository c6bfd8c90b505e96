/**
 * Observes when alerts close. The ledger does not store which entries were recorded by then; the model needs it, since a
 * late match may join after the close.
 */
import type { Ledger } from '../../src/ledger/record/ledger.ts';
import type { Store } from '../../src/ledger/store/store.ts';

export interface Closings {
  /** Alert id → the number of the last entry recorded when it closed. */
  readonly at: ReadonlyMap<number, number>;
  /** Alerts that closed too early, as sentences. */
  readonly problems: readonly string[];
}

/** Looks at the store after each call that commits. */
export function observeClosings(store: Store) {
  const at = new Map<number, number>();
  const problems: string[] = [];
  const look = (): void => {
    const closed = store.all<{ id: number; ends: number }>(
      "SELECT id, begins + period AS ends FROM alerts WHERE state = 'closed'",
    );
    for (const { id, ends } of closed) {
      if (at.has(id)) continue;
      const [now] = store.all<{ seq: number; watermark: number }>(
        "SELECT value ->> '$.lastSeq' AS seq, value ->> '$.checkpoint.watermark' AS watermark FROM state",
      );
      at.set(id, now?.seq ?? 0);
      if ((now?.watermark ?? 0) < ends) problems.push(`alert ${id} closed before the watermark passed its period`);
    }
  };
  return {
    closings: { at, problems } satisfies Closings,
    /** The ledger, observed. */
    observe: (ledger: Ledger): Ledger => ({
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
