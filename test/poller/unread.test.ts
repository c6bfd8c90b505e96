/**
 * Polls of upstreams that can't be followed as they are meant to be: newest first with cursors that don't last until the
 * next tick, slightly out of order, one cursor rejected. Counts entries and requests, tick by tick.
 */
import { describe, expect, it } from 'vitest';
import { rewindText } from '../../src/audit-log/checkpoint-text.ts';
import type { AuditLog, Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { KV_REWIND, type PollResult, poll } from '../../src/poller/poll.ts';
import { ALLOWED_LATENESS, createScene, HOUR, MINUTE, NOON, SECOND } from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';

/** How an upstream lists its log. */
interface Listing {
  readonly newestFirst: boolean;
  /** It honours created_at_min and created_at_max. */
  readonly filters?: boolean;
  /** Ticks that a cursor lasts. */
  readonly cursorTicks?: number;
  /** Where an entry stands; by default at its own time. */
  readonly place?: (entry: Entry, index: number) => number;
  /** Requests, by number, whose cursor is rejected. */
  readonly rejects?: ReadonlySet<number>;
}

interface Upstream extends AuditLog {
  readonly log: Entry[];
  readonly asked: ListQuery[];
}

function record(index: number, createdAt: number): Entry {
  const id = `e${String(index).padStart(6, '0')}`;
  return { id, createdAt, body: { id, created_at: new Date(createdAt).toISOString(), action: 'vm.read' } };
}

/** So many entries, evenly spread over the time before noon. */
function past(count: number, overMs: number): Entry[] {
  return Array.from({ length: count }, (_, i) => record(i, NOON - overMs + Math.floor((i * overMs) / count)));
}

/** A tick a minute, each with so many pages; returns what it did, and how many requests it took. */
function scene(log: Entry[], listing: Listing, pages: number) {
  const since = NOON - 24 * 60 * MINUTE;
  const { newestFirst, filters = false, cursorTicks = Number.POSITIVE_INFINITY, place, rejects } = listing;
  const ledgerScene = createScene();
  const { ledger } = ledgerScene;
  const asked: ListQuery[] = [];
  let tick = 0;
  const now = (): number => NOON + tick * MINUTE;
  const upstream: Upstream = {
    log,
    asked,
    get requests() {
      return asked.length;
    },
    list: async (query: ListQuery): Promise<Page> => {
      asked.push(query);
      const [after, madeIn] = (query.cursor ?? '-1 0').split(' ').map(Number) as [number, number];
      const isRejected = tick - madeIn > cursorTicks || rejects?.has(asked.length);
      if (query.cursor !== undefined && isRejected) throw new UpstreamError('bad-request', 'no such cursor');
      const from = filters ? Date.parse(query.created_at_min ?? '1970-01-01') : Number.NEGATIVE_INFINITY;
      const to = filters ? Date.parse(query.created_at_max ?? '9999-01-01') : Number.POSITIVE_INFINITY;
      const placeOf = place ?? ((entry: Entry) => entry.createdAt);
      const shown = log
        .map((entry, index) => ({ entry, at: placeOf(entry, index) }))
        .filter(({ entry }) => entry.createdAt >= from && entry.createdAt <= to && entry.createdAt <= now())
        .sort((a, b) => (newestFirst ? b.at - a.at : a.at - b.at))
        .map(({ entry }) => entry);
      const begin = after + 1;
      const entries = shown.slice(begin, begin + query.limit);
      const end = begin + entries.length - 1;
      const nextCursor = end + 1 < shown.length ? `${end} ${tick}` : null;
      return { entries, malformed: [], nextCursor, times: answeredAt(now()), endsInOwnRead: false };
    },
  };
  const api: LedgerApi = {
    begin: async (input) => ledger.begin(input, now()),
    record: async (batch) => ledger.record(batch, now()),
    flush: async (expect, most) => ledger.flush(expect, most, now()),
    quarantineCandidate: async (candidate) => ledger.quarantineCandidate(candidate, now()),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, now()),
    canRecord: async () => ledger.canRecord(now()),
  };
  let budget = pages;
  return {
    ...ledgerScene,
    upstream,
    setPages: (to: number): void => {
      budget = to;
    },
    /** A new entry of this minute. */
    happens: (): void => {
      log.push(record(log.length, now() - SECOND));
    },
    tick: async (): Promise<PollResult & { readonly asked: number }> => {
      tick++;
      const before = asked.length;
      const polled = await poll({
        // The scene has begun an hour ago already.
        kv: {
          get: async () => new Map([[KV_REWIND, rewindText({ id: 'r', to: since, suppress: false })]]),
          put: async () => {},
        },
        ledger: api,
        auditLog: upstream,
        now,
        allowedLatenessMs: ALLOWED_LATENESS,
        startAt: since,
        suppressFirstRead: false,
        requests: budget,
        ms: 45_000,
      });
      return { ...polled, asked: asked.length - before };
    },
    alerts: () => ledger.status(now()).healthAlerts.map(({ kind, summary }) => `${kind}: ${summary}`),
  };
}

const WHY = "the log is longer than the pages of a tick, and Nirvana Labs' cursors do not last until the next";

describe('newest first, with cursors that do not last until the next tick', () => {
  it('and a log that a tick reads whole: nothing is missing', async () => {
    const world = scene(past(1_000, 60 * MINUTE), { newestFirst: true, cursorTicks: 0 }, 11);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 1_000, asked: 10 });
    expect(world.alerts()).toEqual([]);
  });

  it('and a longer log: what is read is recorded, the rest is named, and read once there are pages enough', async () => {
    const world = scene(past(2_000, 200 * MINUTE), { newestFirst: true, cursorTicks: 0 }, 4);
    // One of them to read in parts, which shows that the filter is ignored.
    const first: (PollResult & { readonly asked: number })[] = [];
    for (let i = 0; i < 4; i++) first.push(await world.tick());
    expect(first.map(({ asked, stopped, recorded }) => [asked, stopped, recorded])).toEqual(
      Array.from({ length: 4 }, () => [4, 'budget', 0]),
    );
    expect(first.at(-1)?.notes.join()).toContain('PLAN = "paid"');
    expect(world.alerts()).toEqual([]);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', asked: 0, recorded: 400 });
    // The oldest of the 300 read in the last tick that gave up, and two latenesses.
    expect(world.alerts()).toEqual([
      `unread-entries: entries created from 2026-01-04 12:00 UTC to 2026-01-05 11:40 UTC are not read, newer ones are: ${WHY}`,
    ]);

    // New entries are recorded at once, for a page a tick.
    for (let i = 0; i < 14; i++) {
      world.happens();
      expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 1, asked: 1 });
    }
    // In vain again: the pages are the same.
    const vain = [await world.tick(), await world.tick(), await world.tick(), await world.tick()];
    expect(vain.map(({ asked }) => asked)).toEqual([1, 4, 4, 0]);
    expect(world.alerts()).toHaveLength(1);

    world.setPages(30);
    const filled: number[] = [];
    for (let i = 0; i < 18 && world.alerts().length > 0; i++) filled.push((await world.tick()).asked);
    expect(filled).toEqual([...Array.from({ length: 15 }, () => 1), 21]);
    expect([world.count('entries'), world.alerts()]).toEqual([2_014, []]);
    expect(new Set(world.ids()).size).toBe(2_014);
    const sent = world.notifications("health = 'unread-entries'").map(({ kind }) => kind);
    expect(sent).toEqual(['health', 'health-resolved']);
  });

  it('and filters that are honoured: it is read in parts, each to its end', async () => {
    const world = scene(past(2_000, 200 * MINUTE), { newestFirst: true, filters: true, cursorTicks: 0 }, 5);
    const ticks: PollResult[] = [];
    do ticks.push(await world.tick());
    while (ticks.at(-1)?.stopped !== 'scan ended' && ticks.length < 20);
    // Five pages, and a rejected cursor and the same again, which needs the rest of two ticks.
    expect(ticks.length).toBeLessThanOrEqual(14);
    expect([world.count('entries'), world.alerts()]).toEqual([2_000, []]);
  });
});

describe('a log slightly out of order', () => {
  /** Up to a minute away from where it belongs, always the same for an entry. */
  const about = ({ createdAt }: Entry, index: number): number => createdAt + (((index * 7919) % 121) - 60) * SECOND;
  /** As it arrived: some of them late. */
  const arrival = ({ createdAt }: Entry, index: number): number => createdAt + (index % 7 === 0 ? 4 * MINUTE : 0);

  it.each([
    ['newest first', { newestFirst: true, place: about }],
    ['newest first, as it arrived', { newestFirst: true, place: arrival }],
    ['oldest first', { newestFirst: false, place: about }],
    ['oldest first, as it arrived', { newestFirst: false, place: arrival }],
    ['newest first, filtered', { newestFirst: true, filters: true, place: about }],
    ['oldest first, filtered', { newestFirst: false, filters: true, place: about }],
  ] as const)('%s: costs a tick no more than two pages once it is read', async (_, listing) => {
    const world = scene(past(3_000, 20 * HOUR), listing, 40);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 3_000, asked: 30 });
    for (let i = 0; i < 20; i++) {
      world.happens();
      const { asked, recorded, stopped } = await world.tick();
      expect([recorded, stopped]).toEqual([1, 'scan ended']);
      if (i > 0) expect(asked).toBeLessThanOrEqual(2);
    }
    expect(new Set(world.ids()).size).toBe(3_020);
  });

  it('sorted, with cursors that do not last until the next tick: each tick goes on', async () => {
    const world = scene(past(2_000, 20 * HOUR), { newestFirst: false, filters: true, cursorTicks: 0, place: about }, 5);
    for (let ticks = 0; (await world.tick()).stopped !== 'scan ended'; ticks++) {
      expect(ticks).toBeLessThan(8);
    }
    expect([world.count('entries'), world.alerts()]).toEqual([2_000, []]);
  });
});

describe('oldest first, with one cursor rejected', () => {
  it.each([1, 2, 3])('in request %i after the whole log was read: two pages are read, not the log', async (nth) => {
    const rejects = new Set<number>();
    const world = scene(past(3_000, 20 * HOUR), { newestFirst: false, rejects }, 40);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', recorded: 3_000, asked: 30 });
    // The first scan did not show whether the filter is ignored: every entry was within it.
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended', asked: 30 });
    rejects.add(world.upstream.requests + nth);
    for (let i = 0; i < 3; i++) {
      world.happens();
      const polled = await world.tick();
      expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 1 });
      expect(polled.asked).toBeLessThanOrEqual(4);
    }
    expect(world.count('entries')).toBe(3_003);
  });

  it('where no cursor lasts until the next tick: nothing newer can be read, and it says so', async () => {
    const world = scene(past(1_000, 20 * HOUR), { newestFirst: false, cursorTicks: 0 }, 5);
    for (let i = 0; i < 4; i++) expect((await world.tick()).stopped).toBe('budget');
    expect(world.alerts()).toEqual([`unread-entries: no newer entries are read: ${WHY}`]);
    world.setPages(20);
    expect(await world.tick()).toMatchObject({ stopped: 'scan ended' });
    expect([world.count('entries'), world.alerts()]).toEqual([1_000, []]);
  });
});
