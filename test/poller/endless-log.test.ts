/** Logs that have a cursor on every page, whose end is an empty page that leads to itself, or to another: parts of a scan end. */
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
  /** Of a request with a cursor: how many there were before it, and the tick. */
  readonly empty?: (nth: number, tick: number) => boolean;
  readonly ticks?: number;
  /** This entry is listed 30 s early. */
  readonly swap?: number;
  /** The upstream's largest page. */
  readonly size?: number;
  /** How long all entries take. */
  readonly span?: number;
  readonly marks?: boolean;
  /** An empty page has a new cursor each time. */
  readonly renews?: boolean;
  /** Ticks go on after the scan has ended. */
  readonly goesOn?: boolean;
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
  renews = false,
  goesOn = false,
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
  const behind = (cursor?: string) =>
    cursor === undefined || !renews ? (cursor ?? null) : `${cursor.split(' ')[0]} ${tick} ${requests}`;
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
        if (empty(cursors, tick))
          return { entries: [], malformed: [], nextCursor: behind(query.cursor), times: answeredAt(clock.now) };
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
        nextCursor: last === undefined ? behind(query.cursor) : `${sign * last.place} ${tick}`,
        times: answeredAt(clock.now),
        endsInOwnRead: id.startsWith('read ') && Number(id.slice(5)) > before,
      };
    },
  };
  const kv = { get: async (keys: string[]) => new Map(keys.map((key) => [key, null])), put: async () => {} };
  const stopped: string[] = [];
  const reread: number[] = [];
  for (; tick < ticks && (goesOn || !stopped.includes('scan ended')); tick++) {
    clock.now = Math.max(clock.now, NOON + tick * MINUTE);
    before = requests;
    scene.ledger.watchdog(clock.now);
    const now = () => clock.now;
    try {
      const polled = await poll({
        kv,
        ledger: callable(scene, now),
        auditLog: log,
        now,
        allowedLatenessMs: L,
        startAt: floor,
        suppressFirstRead: false,
        requests: budget,
        ms: 30_000,
      });
      stopped.push(polled.stopped);
      if (polled.reread > 0) reread.push(polled.reread);
    } catch (error) {
      stopped.push(String(error).slice(0, 60));
    }
  }
  return {
    ended: stopped.includes('scan ended'),
    recorded: scene.count('entries', "id LIKE 'e%'"),
    staged: scene.count('staging'),
    watermark: scene.checkpoint().watermark,
    ticks: stopped.length,
    reread,
    rereadAt: scene.ledger.status(clock.now).lateness.rereadAt,
    isBlind: scene.count('health_alerts', "kind = 'blind'") > 0,
  };
}

const all = (n: number) => ({ ended: true, recorded: n, staged: 0, watermark: NOON + 50 - L });
describe('a cursor on every page, its end is an empty page that leads to itself', () => {
  it.each([5, 8])(
    'sorted, a burst of 900 in 8 minutes, cursors die with the tick, always, %i requests a tick: the scan ends',
    async (budget) => {
      expect(await run({ n: 900, budget, span: 8 * MINUTE, dies: (of, tick) => of !== tick })).toMatchObject(all(900));
    },
  );
  it.each([3, 5, 8])('the same until tick 8, %i requests a tick', async (budget) => {
    expect(await run({ n: 900, budget, span: 8 * MINUTE, dies: (of, tick) => tick < 8 && of !== tick })).toMatchObject(
      all(900),
    );
  });
  it.each([3, 6])(
    'sorted, a burst of 900 in 8 minutes, one cursor (%i) is rejected once, and then they die with the tick',
    async (first) => {
      expect(
        await run({ n: 900, budget: 20, span: 8 * MINUTE, dies: (of, tick, nth) => nth === first || of !== tick }),
      ).toMatchObject(all(900));
    },
  );

  const always = (of: number, tick: number) => of !== tick;
  const untilTick6 = (of: number, tick: number) => tick < 6 && of !== tick;
  const once = (_: number, __: number, nth: number) => nth === 2;
  const rows: readonly [string, Case, ticks: number][] = [
    ['newest first, no fault at all', { sign: -1, n: 300, budget: 20 }, 10],
    ['newest first, reads are not logged', { sign: -1, n: 300, budget: 20, marks: false }, 10],
    ['newest first, cursors die with the tick', { sign: -1, n: 300, budget: 20, dies: always }, 10],
    ['newest first, a cursor is rejected once: two parts', { sign: -1, n: 300, budget: 20, dies: once }, 19],
    ['newest first, the log is longer than a tick', { sign: -1, n: 900, budget: 6 }, 13],
    ['oldest first, in rough order, until tick 6', { n: 900, budget: 2, swap: 30, dies: untilTick6 }, 29],
    ['oldest first, pages of 20, until tick 6', { n: 300, budget: 2, size: 20, dies: untilTick6 }, 33],
    ['oldest first, pages of 7, until tick 6', { n: 280, budget: 5, size: 7, dies: untilTick6 }, 32],
    ['oldest first, one request a tick, until tick 6', { n: 900, budget: 1, dies: untilTick6 }, 29],
    ['oldest first, two requests a tick, until tick 6', { n: 900, budget: 2, dies: untilTick6 }, 23],
    ['oldest first, cursors die with the tick', { n: 900, budget: 4, dies: always }, 31],
  ];
  it.each(rows)('%s: the scan ends', async (_, of, ticks) => {
    expect(await run(of)).toMatchObject({ ...all(of.n), ticks });
  });
  it('newest first, without a fault: Tocsin is not blind', async () => {
    expect(await run({ sign: -1, n: 300, budget: 20 })).toMatchObject({ isBlind: false });
  });
  it('newest first, cursors die with the tick, and a tick has hardly a request to spare: it ends at last', async () => {
    expect(await run({ sign: -1, n: 60, size: 20, budget: 3, dies: always })).toMatchObject(all(60));
  });
});

describe('a cursor on every page, its end is an empty page with a new cursor', () => {
  const untilTick6 = (of: number, tick: number) => tick < 6 && of !== tick;
  const rows: readonly [string, Case, ticks: number][] = [
    ['newest first, a cursor is rejected once', { sign: -1, n: 300, budget: 20, dies: (_, __, nth) => nth === 2 }, 21],
    ['newest first, cursors die with the tick', { sign: -1, n: 300, budget: 20, dies: (of, tick) => of !== tick }, 22],
    ['oldest first, in rough order, until tick 6', { n: 900, budget: 2, swap: 30, dies: untilTick6 }, 31],
    ['oldest first, pages of 7, until tick 6', { n: 280, budget: 5, size: 7, dies: untilTick6 }, 32],
  ];
  it.each(rows)('%s: the scan ends', async (_, of, ticks) => {
    expect(await run({ ...of, renews: true })).toMatchObject({ ...all(of.n), ticks });
  });
});

describe('what is read again of a log that has a cursor on every page', () => {
  it('newest first: the re-read of a day ends, and asks once a tick whether it has', async () => {
    const day = await run({ sign: -1, n: 300, budget: 20, marks: false, ticks: 16 * 60, goesOn: true });
    expect(day.rereadAt).not.toBeNull();
    // Five pages, and then an empty one a tick, ten times; one of these ticks reads the newest page too.
    expect(day.reread.slice(-10)).toEqual([5, 1, 2, 1, 1, 1, 1, 1, 1, 1]);
  });
});

describe('empty pages that are a fault, in the last part of a scan, which begins at tick 9', () => {
  const of = { sign: -1, n: 900, budget: 20, dies: (_: number, __: number, nth: number) => nth === 2 } as const;
  it.each([true, false])('nine ticks long (with a new cursor: %s): nothing is lost', async (renews) => {
    const empty = (_: number, tick: number) => tick >= 9 && tick < 18;
    expect(await run({ ...of, empty, renews })).toMatchObject(all(900));
  });
  it('nine ticks long, and later once more: after entries, the count begins again', async () => {
    const empty = (_: number, tick: number) => (tick >= 9 && tick < 18) || tick === 20;
    expect(await run({ ...of, budget: 3, empty })).toMatchObject(all(900));
  });
  it('every second page, for longer than ten ticks: nothing is lost', async () => {
    expect(await run({ ...of, n: 2_000, empty: (nth) => nth > 2 && nth % 2 === 0 })).toMatchObject(all(2_000));
  });
  it('a hundred, each with a new cursor, as where pages are filtered after they are cut: nothing is lost', async () => {
    let left = 100;
    const empty = (_: number, tick: number) => tick >= 9 && left-- > 0;
    expect(await run({ ...of, empty, renews: true })).toMatchObject(all(900));
  });
  it('ten ticks long: the scan ends, and what the upstream did not show is left to the re-reads', async () => {
    const empty = (_: number, tick: number) => tick >= 9 && tick < 19;
    expect(await run({ ...of, empty })).toMatchObject({ ...all(293), ticks: 19 });
  });
});
