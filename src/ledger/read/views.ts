/**
 * What pages and the API read from a ledger's store: LedgerViews, but synchronous and with the clock as a parameter (`now`,
 * wall, ms).
 */
import type { Engine } from '../../sigma/index.ts';
import type {
  AlertDetails,
  AlertList,
  AlertQuery,
  EntryDetails,
  LedgerStatus,
  Overview,
  RuleActivity,
} from '../rpc.ts';
import type { Store } from '../store/store.ts';
import { readAlert } from './alert.ts';
import { readAlerts } from './alerts.ts';
import { readEntry, readEntryText } from './entry.ts';
import { readChart, readNewest, readOpen } from './overview.ts';
import { readRules } from './rules.ts';

export interface ViewsOptions {
  /** The rules as they are now. */
  readonly engine: Engine;
  readonly status: (now: number) => LedgerStatus;
}

export interface Views {
  overview(now: number): Overview;
  entry(id: string, scope: number | null): EntryDetails | null;
  entryText(id: string, scope: number | null): string | null;
  alert(id: number): AlertDetails | null;
  alerts(query: AlertQuery): AlertList;
  rules(): readonly RuleActivity[];
}

/** The views of a ledger's store, whose tables are up to date. */
export function createViews(store: Store, { engine, status }: ViewsOptions): Views {
  return {
    overview: (now) => ({
      status: status(now),
      chart: readChart(store, now),
      open: readOpen(store),
      newest: readNewest(store),
    }),
    entry: (id, scope) => readEntry(store, engine, id, scope),
    entryText: (id, scope) => readEntryText(store, id, scope),
    alert: (id) => readAlert(store, id),
    alerts: (query) => readAlerts(store, query),
    rules: () => readRules(store),
  };
}
