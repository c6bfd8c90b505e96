/**
 * Takes a ledger back to a moment, by its platform's point-in-time recovery.
 *
 * Contract: nothing is done before the plan is confirmed (`id`). Going back restarts the object, so what comes after it is
 * another call, which may be repeated and may come late or never: then the next tick that sees the mark in KV makes up for
 * it. Until the ledger has the mark, it does what any ledger does after an outage: it reads on and sends what is pending.
 */
import type { AlarmClock } from './host.ts';
import type { Ledger } from './record/ledger.ts';
import type { LedgerRestore, RestorePlan } from './rpc.ts';

/** The platform's point-in-time recovery of an object's storage. Each call throws where the platform has none. */
export interface Recovery {
  /** The bookmark of the storage as it is now. */
  current(): Promise<string>;
  /** The bookmark of the storage as it was at about that time; wall, ms. */
  bookmarkFor(at: number): Promise<string>;
  /** The storage is as at that bookmark when the object next starts. */
  restoreAt(bookmark: string): Promise<void>;
  /** Ends the object. The next call starts it again. */
  abort(): void;
}

export interface RestoreOptions {
  readonly ledger: Ledger;
  readonly recovery: Recovery;
  readonly alarm: AlarmClock;
  readonly now: () => number;
}

/** Creates what a ledger answers about restores. */
export function createRestore({ ledger, recovery, alarm, now }: RestoreOptions): LedgerRestore {
  return {
    async planRestore(target, id) {
      const planned = ledger.planRestore(target, now());
      if (planned.kind === 'refused') return planned;
      const { to, counts } = planned;
      let plan: RestorePlan;
      try {
        const bookmark = planned.bookmark ?? (await recovery.bookmarkFor(to));
        plan = { to, bookmark, undo: await recovery.current(), ...counts };
      } catch (error) {
        return { kind: 'refused', problem: problemOf(error) };
      }
      try {
        return { kind: 'planned', plan, expected: id === null ? null : ledger.expectRestore(id, now()) };
      } catch (error) {
        return { kind: 'refused', problem: `the ledger can't write: ${messageOf(error)}` };
      }
    },
    async restore(bookmark) {
      await recovery.restoreAt(bookmark);
      recovery.abort();
    },
    async finishRestore(mark) {
      const isRestored = ledger.finishRestore(mark, now());
      // The platform may not know the alarm that the restored storage holds.
      if (isRestored) await alarm.set(now());
      return isRestored;
    },
  };
}

/** What workerd throws where it keeps no history of the storage: on every machine but Cloudflare's. */
const NO_RECOVERY = /does not implement point-in-time recovery/i;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function problemOf(error: unknown): string {
  const message = messageOf(error);
  return NO_RECOVERY.test(message)
    ? 'point-in-time recovery is not available here: only a Worker on Cloudflare has it, not one on your machine'
    : `Cloudflare has no such moment: ${message}`;
}
