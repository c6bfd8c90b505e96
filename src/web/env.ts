/** What the app's parts are given, and what its handlers know of the request. */
import type { Config } from '../config/config.ts';
import type { LedgerOperator, LedgerViews } from '../ledger/rpc.ts';
import type { Caller } from './caller.ts';

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
