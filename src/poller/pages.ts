/**
 * The upstream's pages, one of which may be asked for ahead, while the last one is recorded.
 *
 * Contract: a page asked for ahead counts as a request at once. Its failure shows only where the page is taken; one that
 * nobody takes is dropped, and fails nothing. A page that is too large for the client is asked for again with the smallest
 * limit.
 */
import { type AuditLog, type ListQuery, PAGE_LIMIT_MIN, type Page } from '../audit-log/entry.ts';
import { UpstreamError } from '../audit-log/errors.ts';

export interface Pages {
  /** Asks for a page ahead. */
  ask(query: ListQuery): void;
  /** The page: the one asked for ahead if it answers this query. Throws what the upstream throws. */
  take(query: ListQuery): Promise<Page>;
  /** Whether a page was asked for ahead that was not taken. */
  readonly isAhead: boolean;
}

export function createPages(auditLog: AuditLog): Pages {
  let ahead: { readonly query: string; readonly page: Promise<Page> } | null = null;
  return {
    ask: (query) => {
      const page = fetchPage(auditLog, query);
      page.catch(() => {});
      ahead = { query: JSON.stringify(query), page };
    },
    take: (query) => {
      const asked = ahead;
      ahead = null;
      return asked?.query === JSON.stringify(query) ? asked.page : fetchPage(auditLog, query);
    },
    get isAhead() {
      return ahead !== null;
    },
  };
}

/** A page; one that is too large is asked for again with the smallest limit. Throws what the client throws. */
export async function fetchPage(auditLog: AuditLog, query: ListQuery): Promise<Page> {
  try {
    return await auditLog.list(query);
  } catch (error) {
    const canShrink = error instanceof UpstreamError && error.kind === 'too-large' && query.limit > PAGE_LIMIT_MIN;
    if (!canShrink) throw error;
    return auditLog.list({ ...query, limit: PAGE_LIMIT_MIN });
  }
}

/** Whether the upstream rejects the cursor or query: its documentation has 400, 404 and 422 for that. */
export function isRejection(error: unknown): boolean {
  return error instanceof UpstreamError && (error.kind === 'bad-request' || error.kind === 'not-found');
}
