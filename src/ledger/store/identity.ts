/**
 * The ledger's own id: 16 random hexadecimal digits, made with its tables. A new ledger counts its alerts from 1 again, so a
 * link names the ledger as well as the alert.
 */
import type { AlertScope } from '../rpc.ts';
import type { Store } from './store.ts';

export function readLedgerId(store: Store): string {
  return store.all<{ id: string }>('SELECT id FROM identity WHERE number = 1')[0]?.id ?? '';
}

/** The alerts of this ledger in a scope; null: no limit. */
export function alertsInScope(store: Store, scope: AlertScope): readonly number[] | null {
  if (scope === null) return null;
  const id = readLedgerId(store);
  return scope.filter(({ ledger }) => ledger === id).map(({ alert }) => alert);
}
