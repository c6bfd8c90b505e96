/**
 * What an isolate remembers for the ledger from tick to tick: the day's usage as the ledger last said it, and the writes to KV
 * that it has not reported. The ledger is evicted after ten quiet seconds, an isolate after hours
 * (developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle).
 *
 * Contract: costs no call. What is lost with the isolate is missing from the count, and nothing else.
 */
import type { CarriedUsage, LedgerApi } from '../ledger/rpc.ts';

interface Carried {
  usage: CarriedUsage | null;
  kvWrites: number;
}

/** By the upstream's address, of which a Worker has one. */
const CARRIED = new Map<string, Carried>();

function carriedOf(upstream: string): Carried {
  const known = CARRIED.get(upstream);
  if (known !== undefined) return known;
  const first: Carried = { usage: null, kvWrites: 0 };
  CARRIED.set(upstream, first);
  return first;
}

/** Counts a write to KV that was taken. */
export function countKvWrite(upstream: string): void {
  carriedOf(upstream).kvWrites++;
}

/** The ledger, to which each tick brings what is remembered. */
export function carryingUsage(ledger: LedgerApi, upstream: string): LedgerApi {
  const carried = carriedOf(upstream);
  const keep = <T extends { readonly usage?: CarriedUsage }>(answer: T): T => {
    carried.usage = answer.usage ?? carried.usage;
    return answer;
  };
  return {
    begin: async (input) => {
      const { usage, kvWrites } = carried;
      carried.kvWrites = 0;
      try {
        return keep(await ledger.begin({ ...input, usage, kvWrites }));
      } catch (error) {
        // Where only the answer was lost, they are counted twice.
        carried.kvWrites += kvWrites;
        throw error;
      }
    },
    record: async (batch) => keep(await ledger.record(batch)),
    flush: async (expectedVersion, most) => keep(await ledger.flush(expectedVersion, most)),
    recordFailedTick: (failure) => ledger.recordFailedTick(failure),
    quarantineCandidate: (record) => ledger.quarantineCandidate(record),
    canRecord: () => ledger.canRecord(),
  };
}
