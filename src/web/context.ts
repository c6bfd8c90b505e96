/** What the web app is built from, what a request carries through it, and who is asking. */

import type { Pass } from '../access/link.ts';
import type { Role } from '../access/viewer.ts';
import type { Config } from '../config/config.ts';
import type {
  AlertScope,
  LedgerOperator,
  LedgerProofs,
  LedgerRestore,
  LedgerSecurity,
  LedgerViews,
  LedgerVisitors,
  RefusedHour,
  VisitorViews,
} from '../ledger/rpc.ts';

/** What the app is built from, for one request. */
export interface AppDeps {
  readonly config: Config;
  /** Null: no Durable Object is bound. */
  readonly ledger: (LedgerViews & LedgerOperator & LedgerProofs & LedgerSecurity) | null;
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
  hours: readonly RefusedHour[];
  /** It does not report before; wall, ms. */
  reportAt: number;
}

/** What the whole app is built from. */
export interface AllDeps extends AppDeps {
  readonly ledger: (LedgerViews & LedgerOperator & LedgerProofs & LedgerSecurity & LedgerVisitors) | null;
}

/** What the routes of visitors are built from. */
export interface VisitorDeps extends Omit<AppDeps, 'ledger'> {
  readonly ledger: VisitorViews | null;
}

/** Counts this request against limits, by each key once. Each returns the seconds to wait, or null if it may pass. */
export interface RateLimit {
  /** A viewer, by a token that is genuine, whether it is still valid or not. */
  viewer(id: string): Promise<number | null>;
  /** A session that is genuine, by its id: nobody's own limit, since it may have ended. */
  session(id: string): Promise<number | null>;
  /** A token of the operator that is genuine, by what it alone has: it may be a copy. */
  token(id: string): Promise<number | null>;
  /** An authenticated caller. */
  caller(caller: Visitor): Promise<number | null>;
  /** Anyone else, by their address. */
  address(): Promise<number | null>;
  /** Anyone, where no proof is needed, by their address. */
  open(): Promise<number | null>;
}

/** An operator's request, with its body read. */
export interface OperatorRequest {
  readonly body: string;
  /** Of its token: no other request has it. */
  readonly id: string;
}

/**
 * Hono's variables. `authorize` sets `limit` on every route, `operator` on the operator's, and `caller` on all that are
 * not open.
 */
export interface WebEnv {
  readonly Variables: { caller: Caller; limit: RateLimit; operator: OperatorRequest };
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
      /** Of its session: what the tokens of its forms are bound to. */
      readonly session?: string;
      /** Of its links from messages, where its role does not act: on their alerts it may do what any holder of them may. */
      readonly passes?: readonly Pass[];
    }
  /** Proved to know LINK_SECRET. */
  | { readonly kind: 'secret' }
  /** Signed in with Cloudflare Access. */
  | { readonly kind: 'access'; readonly email: string; readonly passes?: readonly Pass[] }
  /** Has links from messages, the last opened first: access to their alerts and the entries of these. */
  | { readonly kind: 'link'; readonly passes: readonly [Pass, ...Pass[]] };

/** Anyone but an operator with a token for one request. */
export type Visitor = Exclude<Caller, { readonly kind: 'secret' }>;

/** Why a caller was refused, as far as they may know. */
export type Refused =
  | { readonly kind: 'nobody' }
  /** The link was valid once, so its holder may know that it expired. */
  | { readonly kind: 'expired link' };

/** The alerts that a caller's access is limited to; null: no limit. */
export function scopeOf(caller: Caller): AlertScope {
  return caller.kind === 'link' ? caller.passes : null;
}

/** The caller's links to an alert, the last opened first. */
export function passesTo(caller: Caller, alert: number): readonly Pass[] {
  const passes = caller.kind === 'secret' ? [] : (caller.passes ?? []);
  return passes.filter((each) => each.alert === alert);
}

/**
 * The other alerts of the message that a link to `alert` was in; none without a link, or with links of two ledgers, which have
 * different alerts of the same numbers.
 */
export function othersOfMessage(caller: Caller, alert: number): readonly number[] {
  const passes = passesTo(caller, alert);
  const [newest] = passes;
  const isSure = passes.every(({ ledger }) => ledger === newest?.ledger);
  const alerts = isSure ? (newest?.alerts ?? []) : [];
  return alerts.filter((other) => other !== alert);
}

/** Who acts where LINK_SECRET is the proof. */
export const OPERATOR = 'operator';

/**
 * Who acts on alerts, as the ledger records it: by a link to `alert`, the receiver that it was sent to. `as`: what who knows
 * LINK_SECRET says their name is; nobody else can.
 */
export function actorOf(caller: Caller, as: string | null, alert?: number): string {
  switch (caller.kind) {
    case 'viewer':
      return caller.name;
    case 'secret':
      return as === null ? OPERATOR : `${OPERATOR} (as ${as})`;
    case 'access':
      return caller.email;
    case 'link':
      return `${caller.passes.find((pass) => pass.alert === alert)?.receiver ?? 'somebody'} (link)`;
  }
}
