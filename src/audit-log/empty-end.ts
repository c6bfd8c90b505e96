/**
 * The end of a log that has a cursor on every page: an empty page that leads to itself, or to another empty one.
 *
 * Contract: pure. An empty page may also be a fault, and so may be several in a row. So only a query for a part of the log, where
 * no new entries come, ends so, and only after several ticks in a row that have found nothing behind the same entry. Where an
 * upstream is wrong for so long, what it did not show is left to the re-reads.
 */
import type { EmptyEnd, Scan } from './checkpoint.ts';
import type { Page } from './entry.ts';

/** So many ticks end a query that asks again for what the scan has followed. */
const TICKS_AGAIN = 3;
/** So many end one for what nothing else has shown. An outage may take some minutes. */
const TICKS = 10;

/**
 * Whether an empty page may be the end of a part: it leads to itself, or back. One that leads on is followed, since an upstream
 * may filter its pages after it has cut them, until a tick ends with it (`isLast`).
 */
export function mayBeEnd(page: Page, { query, goesOn, cursor, brentCheckpoint }: Scan, isLast: boolean): boolean {
  const isPart = goesOn !== null || query.created_at_max !== undefined;
  if (!isPart || !isEmpty(page) || page.nextCursor === null) return false;
  return isLast || page.nextCursor === cursor || page.nextCursor === brentCheckpoint;
}

export function isEmpty({ entries, malformed }: Page): boolean {
  return entries.length === 0 && malformed.length === 0;
}

/** The scan's `emptyEnd` after a page, which may be the end or not. Null again where a later page shows entries behind it. */
export function emptyEndAfter(page: Page, { emptyEnd, reached }: Scan, isMaybeEnd: boolean): EmptyEnd | null {
  const isAgain = emptyEnd !== null && emptyEnd.after === reached;
  if (isMaybeEnd) return { after: reached, ticks: isAgain ? emptyEnd.ticks + 1 : 1, isHere: true };
  return isAgain && !isEmpty(page) ? null : emptyEnd;
}

/** Whether so many ticks have seen it that it is the end. */
export function isEnd({ emptyEnd, goesOn }: Scan): boolean {
  return emptyEnd !== null && emptyEnd.ticks >= (goesOn === null ? TICKS : TICKS_AGAIN);
}

/** Whether the query's last page may have been its end. */
export function isAtEmptyEnd({ emptyEnd }: Scan): boolean {
  return emptyEnd?.isHere === true;
}

/** The `emptyEnd` of a scan that has lost its cursor: where its cursors die, so does that of the empty page. */
export function emptyEndAgain(scan: Scan): EmptyEnd | null {
  return isAtEmptyEnd(scan) && scan.emptyEnd !== null ? { ...scan.emptyEnd, isHere: false } : null;
}
