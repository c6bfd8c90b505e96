/** What the web app is built from, what a request carries through it, and who is asking. */

import type { Config } from '../config/config.ts';
import type { LedgerOperator, LedgerViews } from '../ledger/rpc.ts';

export interface AppDeps {
  readonly config: Config;
  /** Null: no Durable Object is bound. */
  readonly ledger: (LedgerViews & LedgerOperator) | null;
  /** Wall clock, ms. */
  readonly now: () => number;
  /** To the upstream and to Cloudflare Access' keys. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/** Hono's variables. `caller` is set on every route that is not open: the app has let them in by then. */
export interface WebEnv {
  readonly Variables: { caller: Caller };
}

/** Somebody who was let in. */
export type Caller =
  /** Holds a viewer token, sent as `Authorization: Bearer` or kept in a session's cookie. */
  | { readonly kind: 'viewer'; readonly id: string; readonly name: string }
  /** Came through Cloudflare Access. */
  | { readonly kind: 'access'; readonly email: string }
  /** Followed a link from a message: one alert and its entries. */
  | { readonly kind: 'link'; readonly alert: number; readonly pass: string; readonly expires: number };

/** Why somebody was not let in, as far as they may know it. */
export type Refused =
  | { readonly kind: 'nobody' }
  /** A link of ours, too old: said, for its holder once was let in. */
  | { readonly kind: 'expired link' };

/** The alert a caller is bound to; null: all of them. */
export function scopeOf(caller: Caller): number | null {
  return caller.kind === 'link' ? caller.alert : null;
}
