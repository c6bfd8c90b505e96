/** Ledgers made by hand: what a visitor's view reads is read at once, and not counted. */
import type { LedgerViews, LedgerVisitors, Viewed } from '../../src/ledger/rpc.ts';

/** `view` of an object that has the views. */
export async function readView(this: unknown, ...[name, args]: Parameters<LedgerVisitors['view']>): Promise<Viewed> {
  const read = (this as LedgerViews)[name] as (...args: readonly unknown[]) => Promise<never>;
  return { kind: 'read', value: await read.apply(this, args as unknown[]) };
}
