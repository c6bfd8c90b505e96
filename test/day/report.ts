/** What a day cost: what test/worker/day.test.ts counts and `npm run day` prints. */
import type { Allowance } from '../../src/ledger/rpc.ts';

export interface DayReport {
  /** Recorded in the day, evicted in it, and stored at its end. */
  readonly entries: number;
  readonly evicted: number;
  readonly stored: number;
  readonly alerts: number;
  readonly deliveries: number;
  readonly views: number;
  readonly refused: number;
  readonly kvReads: number;
  readonly used: readonly { readonly of: Allowance; readonly used: number; readonly limit: number | null }[];
}
