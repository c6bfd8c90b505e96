/**
 * A ledger's calls, counted by its meter as requests of the day: each call and each alarm is a request to the ledger.
 *
 * Contract: passes everything on as it is, and adds to the answers that a tick gets what the meter knows. A tick, and a web
 * request that makes one call, are requests to the Worker as well. No row is read for it, nor written, except for what visitors
 * read (health/usage-meter.ts).
 */
import { isSpentByVisitors, resetsAt, type Spent } from './health/usage.ts';
import type { UsageMeter } from './health/usage-meter.ts';
import type { Host } from './host.ts';
import type { Views } from './read/views.ts';
import type { LedgerApi, LedgerVisitors, Viewed } from './rpc.ts';
import { readState, writeState } from './store/state.ts';
import type { Store } from './store/store.ts';

const LEDGER_ONLY: Spent = { ledgerRequests: 1 };
export const WITH_WORKER: Spent = { ledgerRequests: 1, requests: 1 };

/**
 * The calls of a tick after its first, the alarm, and those of which a web request may make several: they are fewer requests
 * to the Worker than calls.
 */
const OF_OTHERS: ReadonlySet<string> = new Set<
  | Exclude<keyof LedgerApi, 'begin'>
  | 'alarm'
  | 'entryText'
  | 'release'
  | 'recordSecurity'
  | 'countRefusals'
  | 'ledgerId'
  | 'isProofSpent'
  | 'spendProof'
>([
  'record',
  'flush',
  'recordFailedTick',
  'quarantineCandidate',
  'canRecord',
  'alarm',
  'entryText',
  'release',
  'recordSecurity',
  'countRefusals',
  'ledgerId',
  'isProofSpent',
  'spendProof',
]);

/** A host whose calls are counted. `now`: the wall clock, ms. */
export function meteredHost(host: Host, usage: UsageMeter, now: () => number): Host {
  const counted = metered(host, usage, now);
  const withUsage = async <T extends object>(answer: Promise<T>): Promise<T> => ({
    ...(await answer),
    usage: usage.carried(),
  });
  return {
    ...counted,
    begin: (input) => {
      usage.adopt(input.usage, now());
      usage.add({ kvWrites: input.kvWrites ?? 0 }, now());
      return withUsage(counted.begin(input));
    },
    record: (batch) => withUsage(counted.record(batch)),
    flush: (expectedVersion, most) => withUsage(counted.flush(expectedVersion, most)),
  };
}

/** A view for a visitor, where visitors have not used up what of the day's reads is for them. `views`: metered. */
export function viewForVisitor(
  views: Views,
  usage: UsageMeter,
  store: Store,
  ...[name, args, now]: [...Parameters<LedgerVisitors['view']>, now: number]
): Viewed {
  const used = usage.current(now);
  if (isSpentByVisitors(used, usage.plan)) {
    usage.add(WITH_WORKER, now);
    return { kind: 'spent', until: resetsAt(used) };
  }
  const read = views[name] as (...args: readonly unknown[]) => Extract<Viewed, { kind: 'read' }>['value'];
  const save = (): void => {
    const state = readState(store);
    if (state !== null) writeState(store, state);
  };
  return { kind: 'read', value: usage.visit(() => read(...args, now), save) };
}

/** Views whose calls are counted. */
export function meteredViews(views: Views, usage: UsageMeter, now: () => number): Views {
  return metered(views, usage, now);
}

function metered<Calls extends object>(calls: Calls, usage: UsageMeter, now: () => number): Calls {
  const entries = Object.entries(calls as Readonly<Record<string, (...args: unknown[]) => unknown>>);
  const counted = entries.map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      usage.add(OF_OTHERS.has(name) ? LEDGER_ONLY : WITH_WORKER, now());
      return call(...args);
    },
  ]);
  return Object.fromEntries(counted) as Calls;
}
