/** What links to these alerts of a ledger open. */
import type { AlertScope } from '../../src/ledger/rpc.ts';
import { readLedgerId } from '../../src/ledger/store/identity.ts';
import type { Store } from '../../src/ledger/store/store.ts';

export function scopeIn(store: Store, ...alerts: readonly number[]): AlertScope {
  const ledger = readLedgerId(store);
  return alerts.map((alert) => ({ alert, ledger }));
}
