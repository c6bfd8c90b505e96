/** A re-read whose cursors do not last until the next tick. */
import { describe, expect, it } from 'vitest';
import { firstCheckpoint } from '../../src/audit-log/checkpoint.ts';
import type { Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import {
  afterStep,
  dropCursor,
  dueReread,
  firstRereads,
  followReread,
  type Rereads,
  rereadQuery,
} from '../../src/audit-log/reread.ts';
import { answeredAt } from '../support/answer-times.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const L = 5 * MINUTE;
const NOON = Date.UTC(2026, 0, 5, 12);

/** Sorted and filtered; a cursor is good for the tick that made it. */
function log(all: readonly Entry[]) {
  let tick = 0;
  return {
    next: () => tick++,
    list: (query: ListQuery, now: number): Page | 'rejected' => {
      const [from, to] = [query.created_at_min, query.created_at_max].map((t) =>
        t === undefined ? null : Date.parse(t),
      );
      const [at, of] = query.cursor === undefined ? [0, tick] : query.cursor.split(' ').map(Number);
      if (of !== tick) return 'rejected';
      const shown = all.filter(({ createdAt }) => createdAt >= (from ?? 0) && createdAt <= (to ?? Infinity));
      const end = (at ?? 0) + query.limit;
      const nextCursor = end < shown.length ? `${end} ${tick}` : null;
      return { entries: shown.slice(at, end), malformed: [], nextCursor, times: answeredAt(now) };
    },
  };
}

describe('the re-read of a day, cursors that die with the tick, five pages a tick, two bursts', () => {
  it.each([0, 1, 3, 10])('ends, though %i bursts of 600 entries within four minutes are in it', (bursts) => {
    const all: Entry[] = [];
    const add = (at: number) => all.push({ id: `e${all.length}`, createdAt: at, body: { id: `e${all.length}` } });
    // 10,000 a day.
    for (let t = NOON - 25 * HOUR; t < NOON; t += 8640) add(t);
    for (let b = 0; b < bursts; b++) for (let i = 0; i < 600; i++) add(NOON - 24 * HOUR + b * 2 * HOUR + i * 400);
    all.sort((a, b) => a.createdAt - b.createdAt);
    const upstream = log(all);
    const main = { ...firstCheckpoint(NOON - L, null), direction: 'forward' as const };
    let rereads: Rereads = { ...firstRereads(NOON - 13 * HOUR) };
    rereads = { ...rereads, startedAt: { ...rereads.startedAt, probe: NOON + 100 * HOUR } };
    const ended: string[] = [];
    let pages = 0;
    for (let tick = 0; tick < 24 * 60 && ended.length < 3; tick++) {
      const now = NOON + tick * MINUTE;
      upstream.next();
      rereads = { ...rereads, startedAt: { ...rereads.startedAt, probe: now } };
      for (let n = 0; n < 5; n++) {
        let due = dueReread(rereads, main, 0, now);
        if (due === null) break;
        let page = upstream.list(rereadQuery(due), now);
        pages++;
        let step = null;
        while (page === 'rejected') {
          const dropped = dropCursor(due, L);
          if (dropped.kind !== 'more') {
            step = dropped;
            break;
          }
          due = dropped.next;
          page = upstream.list(rereadQuery(due), now);
          pages++;
        }
        if (step === null && page !== 'rejected') step = followReread(due, page, L);
        if (step === null) throw new Error('no step');
        if (step.kind !== 'more') ended.push(`${step.kind} after ${tick} ticks, ${pages} pages`);
        rereads = afterStep(rereads, due, step, now);
      }
    }
    expect(ended[0]).toContain('ended');
  });
});
