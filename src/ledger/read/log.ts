/**
 * The recorded log by number, for programs that keep or replay it: entries, each with what a replay of it needs, and acts.
 *
 * Contract: read-only. A page is a range of numbers, and reads two rows for each of its entries, or acts. Where a page is
 * empty, there is no more. `since` and `until` are by when scans began, which numbers follow, except where ticks overlap.
 */
import type { ActLog, LogQuery } from '../rpc.ts';
import { readLastSeq } from '../store/state.ts';
import type { Store, Value } from '../store/store.ts';

/** The most entries of a page; acts too. */
export const LOG_PAGE_MAX = 1_000;
/** A page of large entries has fewer. In characters. */
const PAGE_CHARS = 1_000_000;
/** Entries are at most 64 K characters each (record/stored-text.ts). */
const SLICE = 100;

type LineRow = {
  readonly seq: number;
  readonly revision: number;
  readonly occurredAt: number;
  readonly mark: string | null;
  readonly isCut: number;
  /** JSON; null where it is damaged. */
  readonly body: string | null;
  /** JSON; null where its batch was evicted. */
  readonly read: string | null;
};

/** A page of entries by number, each as a line of JSON. */
export function readLogLines(store: Store, { after, since, until, most }: LogQuery): string {
  let last = Math.max(after ?? 0, since === null ? 0 : lastBefore(store, since));
  const end = until === null ? Number.MAX_SAFE_INTEGER : lastBefore(store, until);
  let lines = '';
  for (let left = Math.min(most ?? LOG_PAGE_MAX, LOG_PAGE_MAX); left > 0 && lines.length < PAGE_CHARS; left -= SLICE) {
    const rows = store.all<LineRow>(
      `SELECT seq, revision, occurred_at AS occurredAt, mark, cut IS NOT NULL AS isCut, iif(json_valid(body), body, NULL) AS body,
         (SELECT json_object('began', began, 'horizon', horizon, 'suppressBefore', suppress_before, 'rules', rules)
          FROM batches WHERE first_seq <= seq ORDER BY first_seq DESC LIMIT 1) AS read
       FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`,
      ...[last, end, Math.min(left, SLICE)],
    );
    for (const { isCut, mark, body, read, ...of } of rows) {
      const named = JSON.stringify({ ...of, ...(mark !== null && { mark }), ...(isCut === 1 && { cut: true }) });
      lines += `${named.slice(0, -1)},"read":${read},"entry":${body}}\n`;
      last = of.seq;
    }
    if (rows.length < SLICE) break;
  }
  return lines;
}

/** The number of the last entry of a scan that began before a time; 0: there is no such scan. Reads a few rows. */
function lastBefore(store: Store, at: number): number {
  let [low, high] = [0, readLastSeq(store) + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const [batch] = store.all<{ began: number }>(
      'SELECT began FROM batches WHERE first_seq <= ? ORDER BY first_seq DESC LIMIT 1',
      middle,
    );
    if (batch === undefined || batch.began < at) low = middle;
    else high = middle;
  }
  return low;
}

type ActRow = { readonly [column in keyof ActLog['acts'][number]]: Value };

/** A page of acts by number, each with the alert that it is of. */
export function readActLog(store: Store, after: number | null): ActLog {
  const rows = store.all<ActRow>(
    `SELECT acts.id, acts.seq, at, act, who, via, detail, alert, rule, key, begins AS firstAt
     FROM acts JOIN alerts ON alerts.id = alert WHERE acts.id > ? ORDER BY acts.id LIMIT ${LOG_PAGE_MAX}`,
    after ?? 0,
  );
  return { acts: rows as ActLog['acts'] };
}
