/**
 * What a batch has of entries that are recorded already with other text: revisions are counted and reported, and stored
 * bodies are replaced where what does not count differs.
 *
 * Contract: called in the batch's transaction. At most `REWRITES_A_DAY` bodies are replaced a day (wall), because an
 * upstream may write something new into every answer; after that, stored bodies stay as they are. Nor is a row written for
 * each time that a refused revision is read: what is counted after the first time is a lower bound.
 */
import { reportChanged } from '../health/changed-entries.ts';
import type { Accepted } from '../model.ts';
import type { State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import type { LedgerContext } from './context.ts';
import type { Deduped, Rewritten } from './dedupe.ts';

const DAY_MS = 24 * 60 * 60_000;
/** A fiftieth of the rows that the free plan may write a day (developers.cloudflare.com/durable-objects/platform/limits). */
export const REWRITES_A_DAY = 2_000;

export interface Settled {
  readonly state: State;
  /** Whether something is new that must be stored. */
  readonly changed: boolean;
}

/** Replaces bodies, counts revisions and reports them. `revisions`: those that were recorded. */
export function settleRevisions(
  { store, options }: LedgerContext,
  state: State,
  { rewritten, refused }: Pick<Deduped, 'rewritten' | 'refused'>,
  revisions: readonly Accepted[],
  now: number,
): Settled {
  const day = Math.floor(now / DAY_MS);
  const before = state.rewrites?.day === day ? state.rewrites.count : 0;
  const replaced = rewritten.slice(0, Math.max(0, REWRITES_A_DAY - before));
  replaceBodies(store, replaced);
  const rewrites = replaced.length === 0 ? {} : { rewrites: { day, count: before + replaced.length } };
  const recorded = revisions.length;
  if (recorded + refused === 0) return { state: { ...state, ...rewrites }, changed: replaced.length > 0 };
  const { counters } = state;
  const found = { recorded, refused, example: revisions[0]?.id ?? null };
  const settled: State = {
    ...state,
    ...rewrites,
    changed: reportChanged(store, state.changed, found, options.receivers, now),
    counters: {
      ...counters,
      revisions: counters.revisions + recorded,
      revisionsRefused: counters.revisionsRefused + refused,
    },
  };
  const isFirstRefused = refused > 0 && (state.changed?.refused ?? 0) === 0;
  const isNotified = settled.changed?.notifiedAt !== state.changed?.notifiedAt;
  return { state: settled, changed: recorded + replaced.length > 0 || isFirstRefused || isNotified };
}

/** Replaces stored bodies. Call it in a transaction. */
export function replaceBodies(store: Store, replaced: readonly Rewritten[]): void {
  for (const { seq, text, cut } of replaced) {
    store.run('UPDATE entries SET body = ?, cut = ? WHERE seq = ?', text, cut, seq);
  }
}
