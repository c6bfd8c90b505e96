/**
 * Observes the ledger's commits: when alerts close, how the watermark moves, and whether an attempt at a delivery settles
 * what a later one has taken over. The ledger does not store which entries were recorded when an alert closed; the model needs
 * it, since a late match may join after the close.
 */
import type { LedgerOutbox } from '../../src/ledger/health/attempts.ts';
import type { Ledger } from '../../src/ledger/record/ledger.ts';
import type { Store } from '../../src/ledger/store/store.ts';

export interface Observer {
  /** The ledger, observed. */
  observe(ledger: Ledger): Ledger;
  observeOutbox(outbox: LedgerOutbox): LedgerOutbox;
  /** Alert id → the number of the last entry recorded when it closed. */
  readonly closings: ReadonlyMap<number, number>;
  /**
   * Each watermark that was committed → the allowed latenesses until then, ms. A tick that goes on after a deploy may commit
   * one that the ledger had only in memory before it.
   */
  readonly watermarks: ReadonlyMap<number, readonly number[]>;
  /** What went wrong, as sentences. */
  readonly problems: readonly string[];
}

/** How old a tick's watermark may be, and for how long a tick may go on with one that another has overtaken. */
const QUIET_MS = 15 * 60_000;
const OVERTAKEN_MS = 30 * 60_000;

/** Looks at the store after each call that commits. */
export function observeLedger(store: Store, allowedLatenessMs: () => number): Observer {
  const closings = new Map<number, number>();
  const watermarks = new Map<number, readonly number[]>();
  const latenesses = new Set<number>();
  const problems: string[] = [];
  const placeOf = () =>
    store.all<{ seq: number; watermark: number; gap: number | null }>(
      `SELECT value ->> '$.lastSeq' AS seq, value ->> '$.checkpoint.watermark' AS watermark,
         value ->> '$.checkpoint.gap.from' AS gap FROM state`,
    )[0] ?? { seq: 0, watermark: Number.NEGATIVE_INFINITY, gap: null };
  let recent: { readonly watermark: number; readonly at: number }[] = [];
  /** The least watermark of late. */
  const leastSince = (watermark: number, now: number): number => {
    recent = [...recent.filter(({ at }) => Math.abs(now - at) < OVERTAKEN_MS), { watermark, at: now }];
    return Math.min(...recent.map((each) => each.watermark));
  };
  /** `closes`: the call closes what is due; a re-read and a release leave that to the next scan. */
  const look = (closes: boolean): void => {
    const { seq, watermark } = placeOf();
    if (!watermarks.has(watermark)) watermarks.set(watermark, [...latenesses]);
    const closed = store.all<{ id: number; ends: number }>(
      "SELECT id, begins + period AS ends FROM alerts WHERE state = 'closed'",
    );
    for (const { id, ends } of closed) {
      if (closings.has(id)) continue;
      closings.set(id, seq);
      if (watermark < ends) problems.push(`alert ${id} closed before the watermark passed its period`);
    }
    const open = "SELECT id FROM alerts WHERE state = 'open' AND begins + period <= ?";
    for (const { id } of closes ? store.all<{ id: number }>(open, watermark) : [])
      problems.push(`alert ${id} is open, though the watermark has passed its period`);
  };
  return {
    closings,
    watermarks,
    problems,
    observeOutbox: (outbox) => ({
      ...outbox,
      settle: (due, outcome, now) => {
        const row = () =>
          store.all<{ attempts: number; due_at: number }>(
            'SELECT attempts, due_at FROM deliveries WHERE id = ?',
            due.id,
          )[0];
        const before = row();
        const settled = outbox.settle(due, outcome, now);
        const isStale = (before?.attempts ?? 0) > due.attempt && outcome.kind === 'retry';
        if (isStale && row()?.due_at !== before?.due_at) problems.push(`an old attempt at ${due.id} moved a new one`);
        return settled;
      },
    }),
    observe: (ledger) => {
      latenesses.add(allowedLatenessMs());
      const looking = <T extends { readonly kind: string }>(call: () => T, closes: boolean, now: number): T => {
        const before = placeOf();
        const known = leastSince(before.watermark, now);
        const result = call();
        // A call that another one has overtaken does nothing.
        look(closes && result.kind !== 'conflict');
        // Windows do not wait for what was recorded long ago: else they would grow for ever. A tick may work from a watermark
        // that is some minutes old, since quiet scans stay in memory.
        for (const { seq, horizon } of store.all<{ seq: number; horizon: number }>(
          'SELECT first_seq AS seq, horizon FROM batches WHERE first_seq > ? AND horizon < min(?, began - ?)',
          before.seq,
          Math.min(known, before.gap ?? known) - QUIET_MS,
          Math.max(...latenesses),
        )) {
          problems.push(`at seq ${seq} windows wait for what is recorded, since ${new Date(horizon).toISOString()}`);
        }
        return result;
      };
      return {
        ...ledger,
        record: (batch, now) => looking(() => ledger.record(batch, now), batch.reread === null, now),
        flush: (expect, most, now) => looking(() => ledger.flush(expect, most, now), true, now),
        release: (name, fresh, now) => looking(() => ledger.release(name, fresh, now), false, now),
      };
    },
  };
}
