/**
 * The simulated upstream: a log that grows, in one of three dialects, with its own clock and its own failings. Kept
 * apart from the sandbox (which is a server) so that a run can look into it and steer it.
 */
import type { ListQuery } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import type { Dialect } from '../sandbox/query.ts';
import type { Dice } from './random.ts';
import type { World } from './world.ts';

export interface Shown {
  readonly id: string;
  readonly createdAt: number;
  readonly appearsAt: number;
  readonly body: unknown;
  readonly malformed: boolean;
  /** It was malformed, with this body, until then. */
  readonly before?: { readonly body: unknown; readonly until: number };
}

export interface UpstreamFaults {
  /** Per request. */
  readonly error: number;
  readonly rejectCursor: number;
  readonly sameCursor: number;
  readonly emptyPage: number;
  readonly tooLarge: number;
  /** Cursors are rejected once older than this, in ms. */
  readonly cursorLifeMs: number;
  readonly date: DateFault;
}

const CALM: UpstreamFaults = {
  error: 0,
  rejectCursor: 0,
  sameCursor: 0,
  emptyPage: 0,
  tooLarge: 0,
  cursorLifeMs: Number.POSITIVE_INFINITY,
  date: 'none',
};

/** An answer: its JSON and its `Date`, ms since the epoch. */
export interface Answer {
  readonly json: unknown;
  readonly date: number | null;
}

/**
 * How it lists entries: by their own time, where they arrived, or up to a minute away from where they belong; and whether
 * it filters what it does not sort.
 */
export interface Listing {
  readonly by: 'time' | 'arrival' | 'about';
  readonly filtersOnly: boolean;
}

/** What is wrong with its `Date`. */
export type DateFault = 'none' | 'ahead' | 'behind' | 'missing' | 'stuck' | 'jumping';

interface Cursor {
  readonly place: number;
  readonly id: string;
  readonly bound: string;
  readonly madeAt: number;
}

export interface Upstream {
  readonly log: Shown[];
  dialect: Dialect;
  faults: UpstreamFaults;
  /** Down: every request fails. */
  down: boolean;
  /** It filters, and lists by arrival. */
  readonly hidesClaims: boolean;
  /** Its clock, ahead of the world's by so much. */
  readonly skewMs: number;
  calm(): void;
  list(query: ListQuery): Answer;
  /** The entry with this id as it is shown now; null: there is none. */
  show(id: string): unknown;
}

export function createUpstream(
  world: World,
  dice: Dice,
  dialect: Dialect,
  pageCap: number,
  skewMs: number,
  { by, filtersOnly }: Listing,
): Upstream {
  const places = new Map<string, number>();
  const placeOf = ({ id, createdAt, appearsAt }: Shown): number => {
    if (by !== 'about') return by === 'time' ? createdAt : appearsAt;
    const place = places.get(id) ?? createdAt + dice.between(-60_000, 60_000);
    places.set(id, place);
    return place;
  };
  const log: Shown[] = [];
  const staysWrong = dice.chance(0.5);
  const stuckAt = world.now() + skewMs - dice.between(0, 120) * 60_000;
  const dateOf = (clock: number): number | null => {
    const { date } = upstream.faults;
    if (date !== 'none') world.hit(`date: ${date}`);
    if (date === 'missing') return null;
    const off = {
      none: 0,
      ahead: 600_000,
      behind: -600_000,
      stuck: stuckAt - clock,
      jumping: dice.between(-7_200, 7_200) * 1_000,
    };
    return Math.floor((clock + off[date]) / 1000) * 1000;
  };
  const bodyAt = ({ body, before }: Shown, clock: number): unknown =>
    before !== undefined && clock < before.until ? before.body : body;
  const upstream: Upstream = {
    log,
    dialect,
    faults: CALM,
    down: false,
    hidesClaims: dialect === 'sorted' && filtersOnly && by === 'arrival',
    skewMs,
    calm: () => {
      // A clock that is wrong may stay so.
      upstream.faults = { ...CALM, date: staysWrong ? upstream.faults.date : 'none' };
      upstream.down = false;
    },
    list: (query) => {
      const befalls = (kind: string, probability: number): boolean => {
        if (!dice.chance(probability)) return false;
        world.hit(`upstream: ${kind}`);
        world.note(`upstream: ${kind}`);
        return true;
      };
      const { faults } = upstream;
      if (upstream.down) {
        world.hit('upstream: down');
        throw new UpstreamError('unavailable', 'down');
      }
      if (befalls('error', faults.error)) throw new UpstreamError('network', 'reset');
      const clock = world.now() + skewMs;
      const sorted = upstream.dialect === 'sorted';
      const filters = sorted ? [query.sort, query.created_at_min, query.created_at_max] : [];
      const bound = JSON.stringify([upstream.dialect, filters]);
      const cursor = query.cursor === undefined ? null : (JSON.parse(query.cursor) as Cursor);
      if (cursor !== null) {
        const expired = clock - cursor.madeAt > faults.cursorLifeMs;
        if (expired) world.hit('upstream: expired cursor');
        if (expired || cursor.bound !== bound || befalls('rejected cursor', faults.rejectCursor)) {
          throw new UpstreamError('bad-request', 'no such cursor');
        }
      }
      if (query.limit > 10 && befalls('page too large', faults.tooLarge))
        throw new UpstreamError('too-large', 'too large');
      const min =
        sorted && query.created_at_min !== undefined ? Date.parse(query.created_at_min) : Number.NEGATIVE_INFINITY;
      const max =
        sorted && query.created_at_max !== undefined ? Date.parse(query.created_at_max) : Number.POSITIVE_INFINITY;
      const sign = upstream.dialect === 'newest-first' || (sorted && filtersOnly) ? -1 : 1;
      const order = (a: { place: number; id: string }, b: { place: number; id: string }): number =>
        sign * (a.place - b.place || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
      const matching = log
        .filter((entry) => entry.appearsAt <= clock && entry.createdAt >= min && entry.createdAt <= max)
        .map((entry) => ({ ...entry, place: placeOf(entry) }))
        .filter((entry) => cursor === null || order(entry, cursor) > 0)
        .sort(order);
      const empty = cursor !== null && befalls('empty page', faults.emptyPage);
      const items = empty ? [] : matching.slice(0, Math.min(query.limit, pageCap));
      const last = items.at(-1);
      const more = empty || matching.length > items.length;
      const next =
        empty && cursor !== null
          ? { ...cursor, madeAt: clock }
          : last === undefined
            ? null
            : { place: last.place, id: last.id, bound, madeAt: clock };
      const same = more && query.cursor !== undefined && befalls('same cursor again', faults.sameCursor);
      const nextCursor = !more ? null : same ? query.cursor : JSON.stringify(next);
      const json = {
        items: items.map((entry) => bodyAt(entry, clock)),
        pagination: { next_cursor: nextCursor ?? null },
      };
      return { json, date: dateOf(clock) };
    },
    show: (id) => {
      const clock = world.now() + skewMs;
      const entry = log.find((entry) => entry.id === id && entry.appearsAt <= clock);
      return entry === undefined ? null : bodyAt(entry, clock);
    },
  };
  return upstream;
}
