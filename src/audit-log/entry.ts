/**
 * The audit log's own words, parsed once at the edge.
 *
 * An entry is one audit-log record. Only two things are asked of it: an `id` (a non-empty string) and a readable
 * `created_at` (RFC 3339); everything else is kept as it came, known or not. A record without those two is
 * malformed: it is not thrown away but carried beside the entries, to be quarantined.
 *
 * Pure: no clock, no I/O.
 */

/** A record's JSON object as the upstream gave it: every field kept, known or not. */
export type EntryBody = { readonly [field: string]: unknown };

/** A record fit to be recorded and evaluated. */
export interface Entry {
  readonly id: string;
  /** `created_at` in milliseconds since the epoch, finer digits cut off. */
  readonly createdAt: number;
  readonly body: EntryBody;
}

/** A record that cannot be recorded, and why. */
export interface Malformed {
  readonly problem: 'not an object' | 'no id' | 'no created_at' | 'unreadable created_at';
  readonly body: unknown;
}

/** One page of the audit log, in the order the upstream gave it. */
export interface Page {
  readonly entries: readonly Entry[];
  readonly malformed: readonly Malformed[];
  readonly nextCursor: string | null;
  /** The upstream's own clock: the answer's `Date` header, ms since the epoch (whole seconds). */
  readonly servedAt: number;
}

/** What a page is asked for. The whole of it, but for `cursor` and `limit`, is what a cursor is bound to. */
export interface ListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly sort?: string;
  /** RFC 3339. */
  readonly created_at_min?: string;
}

/** The upstream as the tail sees it. Failures are thrown as `UpstreamError`. */
export interface AuditLog {
  /** Requests sent so far, retries included. */
  readonly requests: number;
  list(query: ListQuery): Promise<Page>;
}
