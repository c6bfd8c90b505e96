/** What the web app is built from, what a request carries through it, and who is asking. */

import type { Role } from '../access/viewer.ts';
import type { Config } from '../config/config.ts';
import type {
  LedgerOperator,
  LedgerRestore,
  LedgerSecurity,
  LedgerViews,
  LedgerVisitors,
  RefusalCounts,
  VisitorViews,
} from '../ledger/rpc.ts';

/** What the app is built from, for one request. */
export interface AppDeps {
  readonly config: Config;
  /** Null: no Durable Object is bound. */
  readonly ledger: (LedgerViews & LedgerOperator & LedgerSecurity) | null;
  /** A new connection to the ledger: a connection breaks when the Durable Object restarts. */
  readonly reconnect: () => (LedgerRestore & LedgerSecurity) | null;
  /** Wall clock, ms. */
  readonly now: () => number;
  /** Does some work after the response, `REPORT_AFTER_MS` later. */
  readonly later: (work: () => Promise<void>) => void;
  readonly refusals: RefusalMemory;
  /** For the upstream and the keys of Cloudflare Access. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** The refused requests that an isolate has counted, and not reported to the ledger yet. */
export interface RefusalMemory {
  counts: RefusalCounts;
  /** It does not report before; wall, ms. */
  reportAt: number;
}

/** What the whole app is built from. */
export interface AllDeps extends AppDeps {
  readonly ledger: (LedgerViews & LedgerOperator & LedgerSecurity & LedgerVisitors) | null;
}

/** What the routes of visitors are built from. */
export interface VisitorDeps extends Omit<AppDeps, 'ledger'> {
  readonly ledger: VisitorViews | null;
}

/** Hono's variables. `authorize` sets `caller` on every route that is not open. */
export interface WebEnv {
  readonly Variables: { caller: Caller };
}

/** Someone who was authenticated. */
export type Caller =
  /** Has a viewer token, sent as `Authorization: Bearer`, or (`isSession`) behind a session's cookie. */
  | {
      readonly kind: 'viewer';
      readonly id: string;
      readonly name: string;
      readonly role: Role;
      readonly isSession: boolean;
    }
  /** Proved to know LINK_SECRET. */
  | { readonly kind: 'secret' }
  /** Signed in with Cloudflare Access. */
  | { readonly kind: 'access'; readonly email: string }
  /** Has a link from a message: access to one alert and its entries. */
  | { readonly kind: 'link'; readonly alert: number; readonly pass: string; readonly expires: number };

/** Why a caller was refused, as far as they may know. */
export type Refused =
  | { readonly kind: 'nobody' }
  /** The link was valid once, so its holder may know that it expired. */
  | { readonly kind: 'expired link' };

/** The alert that a caller's access is limited to; null: no limit. */
export function scopeOf(caller: Caller): number | null {
  return caller.kind === 'link' ? caller.alert : null;
}
