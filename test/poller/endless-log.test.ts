/** Logs that have a cursor on every page, whose end is an empty page that leads to itself: a scan that lost its cursor ends. */
import { describe, expect, it } from 'vitest';
import type { AuditLog, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import { poll } from '../../src/poller/poll.ts';
import { createScene, ALLOWED_LATENESS as L, MINUTE, NOON } from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';
import { callable, record } from './polling.ts';

interface Case {
  readonly sign?: 1 | -1;
  readonly n: number;
  readonly budget: number;
  /** Of a cursor: its tick, the present one, and how many cursors were given before it. */
  readonly dies?: (of: number, tick: number, nth: number) => boolean;
  readonly empty?: (nth: number) => boolean;
  readonly ticks?: number;
  /** This entry is listed 30 s early. */
  readonly swap?: number;
  /** The upstream's largest page. */
  readonly size?: number;
  /** How long all entries take. */
  readonly span?: number;
  readonly marks?: boolean;
}
async function run({
  sign = 1,
  n,
  budget,
  dies = () => false,
  empty = () => false,
  ticks = 80,
  swap,
  size = 100,
  span = 49 * MINUTE,
  marks = true,
}: Case) {
  const scene = createScene();
  const clock = { now: NOON };
  const floor = NOON - 50 * MINUTE;
  const rows = Array.from({ length: n }, (_, i) => {
    const at = floor + 1000 + Math.floor((i * span) / n);
    return { e: record(`e${i}`, at), place: at - (i === swap ? 30_000 : 0) };
  });
  let requests = 0;
  let cursors = 0;
  let tick = 0;
  let before = 0;
  const log: AuditLog = {
    get requests() {
      return requests;
    },
    list: async (query: ListQuery): Promise<Page> => {
      requests++;
      clock.now += 50;
      if (marks) rows.push({ e: record(`read ${requests}`, clock.now), place: clock.now });
      const [after, of] = (query.cursor ?? `${Number.NEGATIVE_INFINITY} 0`).split(' ').map(Number) as [number, number];
      if (query.cursor !== undefined) {
        cursors++;
        if (dies(of, tick, cursors)) throw new UpstreamError('bad-request', 'no such cursor');
        if (empty(cursors))
          return { entries: [], malformed: [], nextCursor: query.cursor, times: answeredAt(clock.now) };
      }
      const from = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
      const to = query.created_at_max === undefined ? Infinity : Date.parse(query.created_at_max);
      const items = rows
        .filter(({ e, place }) => e.createdAt >= from && e.createdAt <= to && sign * place > after)
        .sort((a, b) => sign * (a.place - b.place))
        .slice(0, Math.min(size, query.limit));
      const last = items.at(-1);
      const id = last?.e.id ?? '';
      return {
        entries: items.map(({ e }) => e),
        malformed: [],
        nextCursor: last === undefined ? (query.cursor ?? null) : `${sign * last.place} ${tick}`,
        times: answeredAt(clock.now),
        endsInOwnRead: id.startsWith('read ') && Number(id.slice(5)) > before,
      };
    },
  };
  const kv = { get: async (keys: string[]) => new Map(keys.map((key) => [key, null])), put: async () => {} };
  const stopped: string[] = [];
  for (; tick < ticks && !stopped.includes('scan ended'); tick++) {
    clock.now = Math.max(clock.now, NOON + tick * MINUTE);
    before = requests;
    const now = () => clock.now;
    try {
      stopped.push(
        (
          await poll({
            kv,
            ledger: callable(scene, now),
            auditLog: log,
            now,
            allowedLatenessMs: L,
            startAt: floor,
            suppressFirstRead: false,
            requests: budget,
            ms: 30_000,
          })
        ).stopped,
      );
    } catch (error) {
      stopped.push(String(error).slice(0, 60));
    }
  }
  return { ended: stopped.includes('scan ended'), recorded: scene.count('entries', "id LIKE 'e%'") };
}

const all = (n: number) => ({ ended: true, recorded: n });
describe('a cursor on every page, its end is an empty page that leads to itself', () => {
  it.each([5, 8])(
    'sorted, a burst of 900 in 8 minutes, cursors die with the tick, always, %i requests a tick: the scan ends',
    async (budget) => {
      expect(await run({ n: 900, budget, span: 8 * MINUTE, dies: (of, tick) => of !== tick })).toEqual(all(900));
    },
  );
  it.each([3, 5, 8])('the same until tick 8, %i requests a tick', async (budget) => {
    expect(await run({ n: 900, budget, span: 8 * MINUTE, dies: (of, tick) => tick < 8 && of !== tick })).toEqual(
      all(900),
    );
  });
  it.each([3, 6])(
    'sorted, a burst of 900 in 8 minutes, one cursor (%i) is rejected once, and then they die with the tick',
    async (first) => {
      expect(
        await run({ n: 900, budget: 20, span: 8 * MINUTE, dies: (of, tick, nth) => nth === first || of !== tick }),
      ).toEqual(all(900));
    },
  );
});
