/**
 * The audit log's types.
 *
 * An entry is one audit-log record. It needs only an `id` (a non-empty string) and a readable `created_at` (RFC 3339);
 * everything else is kept as it came. A record without those two is malformed: it is kept beside the entries, to be
 * quarantined.
 */

import type { AnswerTimes } from './clocks.ts';

/** A record's JSON object as it came, unknown fields included. */
export type EntryBody = { readonly [field: string]: unknown };

/** A record that can be recorded and evaluated. */
export interface Entry {
  readonly id: string;
  /** `created_at` in ms since the epoch, finer digits cut off. */
  readonly createdAt: number;
  readonly body: EntryBody;
}

/** A record that can't be recorded, and why. */
export interface Malformed {
  readonly problem: 'not an object' | 'no id' | 'no created_at' | 'unreadable created_at';
  readonly body: unknown;
}

/** One page of the audit log, in the upstream's order. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly malformed: readonly Malformed[];
  readonly nextCursor: string | null;
  readonly times: AnswerTimes;
  /** Its last entry is a request that this client sent: oldest first, nothing from before the client is on later pages. */
  readonly endsInOwnRead?: boolean;
}

/** A query for a page. A cursor is bound to all of it except `cursor` and `limit`. */
export interface ListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly sort?: string;
  /** RFC 3339, inclusive. */
  readonly created_at_min?: string;
  readonly created_at_max?: string;
}

/** The part of the upstream that polls need. Failures are thrown as `UpstreamError`. */
export interface AuditLog {
  /** Requests sent so far, retries included. */
  readonly requests: number;
  list(query: ListQuery): Promise<Page>;
}

/** How many entries a page may have (the upstream's documentation: `limit` 10 to 100). */
export const PAGE_LIMIT_MIN = 10;
export const PAGE_LIMIT_MAX = 100;
if (!(PAGE_LIMIT_MIN < PAGE_LIMIT_MAX)) throw new Error('the page limits are out of order');
