/**
 * The simulated upstream: a log that grows, in one of three dialects, with its own clock and its own failings. Kept
 * apart from the sandbox (which is a server) so that a run can look into it and steer it. It answers as HTTP does; what
 * happens on the way is the network's (network.ts).
 */
import type { Dialect } from '../sandbox/query.ts';
import type { Dice } from './random.ts';
import type { World } from './world.ts';

export interface Shown {
  readonly id: string;
  readonly createdAt: number;
  readonly appearsAt: number;
  readonly body: unknown;
  readonly malformed: boolean;
  /** It may be recorded, and need not: it was malformed until scans no longer read it. */
  readonly optional: boolean;
  /** The storage fails at it. */
  readonly poison: boolean;
  /** It was shown with this body until then: malformed, or with other content. */
  readonly before?: { readonly body: unknown; readonly until: number; readonly malformed: boolean };
}

/** How often each failing occurs, per request. */
export interface UpstreamFaults {
  readonly reset: number;
  /** 500, 502 or 503, with a body that is no JSON. */
  readonly error: number;
  /** 429 with each form of `Retry-After`, up to half an hour. */
  readonly limited: number;
  /** 200, and not JSON. */
  readonly html: number;
  /** The body ends early, or never. */
  readonly cut: number;
  readonly rejectCursor: number;
  readonly sameCursor: number;
  readonly emptyPage: number;
  readonly tooLarge: number;
  /** A page has one entry twice. */
  readonly repeated: number;
  /** A page's entries are in no order. */
  readonly shuffled: number;
  /** Cursors are rejected once older than this, in ms. */
  readonly cursorLifeMs: number;
  /** Cursors do not outlive the tick that got them. */
  readonly cursorsOfOneTick: boolean;
  readonly date: DateFault;
}

const CALM: UpstreamFaults = {
  ...{ reset: 0, error: 0, limited: 0, html: 0, cut: 0, rejectCursor: 0, sameCursor: 0, emptyPage: 0, tooLarge: 0 },
  ...{ repeated: 0, shuffled: 0, cursorLifeMs: Number.POSITIVE_INFINITY, cursorsOfOneTick: false, date: 'none' },
};

/** An answer; `items` are those it shows, in a page that can be read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What becomes of the body: it stops half-way, with or without the connection. */
  readonly ends: 'whole' | 'cut' | 'stalls';
  readonly items: readonly unknown[];
  /** Its `Date`, ms since the epoch; null: none. */
  readonly date: number | null;
}

/**
 * How it lists entries: by their own time, where they arrived, or some minutes away from where they belong; and whether
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

export interface UpstreamOptions {
  readonly dialect: Dialect;
  /** The most entries of a page. */
  readonly pageCap: number;
  /** Its clock, ahead of the world's by so much. */
  readonly skewMs: number;
  readonly listing: Listing;
}

export interface Upstream {
  readonly log: Shown[];
  dialect: Dialect;
  /** The most entries of a page. */
  pageCap: number;
  faults: UpstreamFaults;
  /** What every request gets: nothing, or a refusal of the key. */
  down: null | 'reset' | 401 | 403 | 503;
  /** It lists entries by their own time. */
  readonly isByTime: boolean;
  /** It filters, and lists by arrival. */
  readonly hidesClaims: boolean;
  readonly skewMs: number;
  calm(): void;
  /** Null: the connection is reset. */
  answer(query: URLSearchParams): Answer | null;
  /** The entry with this id as it is shown now; null: there is none. */
  show(id: string): unknown;
}

const REFUSAL = '{"message":"not now, or not with this key"}';
const HTML = '<!doctype html><title>502 Bad Gateway</title><h1>Bad gateway</h1>';

export function createUpstream(
  world: World,
  dice: Dice,
  { dialect, pageCap, skewMs, listing: { by, filtersOnly } }: UpstreamOptions,
): Upstream {
  /** How far away from where they belong it lists entries: up to nearly the allowed lateness. */
  const asideMs = [60_000, 130_000, 290_000][pageCap % 3] ?? 0;
  const placeOf = ({ createdAt, appearsAt }: Shown): number => {
    if (by !== 'about') return by === 'time' ? createdAt : appearsAt;
    return createdAt + dice.between(-asideMs, asideMs);
  };
  const log: Shown[] = [];
  const listing = createListing(log, placeOf);
  const staysWrong = dice.chance(0.5);
  const stuckAt = world.now() + skewMs - dice.between(0, 120) * 60_000;
  const clockNow = (): number => world.now() + skewMs;
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
  const befalls = (kind: string, probability: number): boolean => {
    if (!dice.chance(probability)) return false;
    world.hit(`upstream: ${kind}`);
    world.note(`upstream: ${kind}`);
    return true;
  };
  const answered = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => {
    const date = dateOf(clockNow());
    const dated = date === null ? {} : { date: new Date(date).toUTCString() };
    return { status, body, headers: { ...dated, ...headers }, ends: 'whole', items: [], date };
  };
  /** What is no page. Null: this request gets one. */
  const failure = (): Answer | 'reset' | null => {
    const { faults, down } = upstream;
    if (down !== null) {
      world.hit(`upstream: down, ${down}`);
      return down === 'reset' ? 'reset' : answered(down, REFUSAL);
    }
    if (befalls('reset', faults.reset)) return 'reset';
    if (befalls('error', faults.error)) return answered(dice.pick([500, 502, 503]), HTML);
    if (befalls('html', faults.html)) return answered(200, HTML, { 'content-type': 'text/html' });
    if (befalls('limited', faults.limited)) {
      const seconds = dice.pick([1, 5, 30, 59, 61, 300, 1800]);
      if (seconds > 60) world.hit('upstream: limited for over a minute');
      const until = new Date(clockNow() + seconds * 1000).toUTCString();
      const form = dice.pick<Record<string, string>>([
        { 'retry-after': String(seconds) },
        { 'retry-after': until },
        { 'retry-after-ms': String(seconds * 1000) },
        {},
      ]);
      return answered(429, '{"message":"slow down"}', form);
    }
    return null;
  };
  const bodyAt = ({ body, before }: Shown, clock: number): unknown =>
    before !== undefined && clock < before.until ? before.body : body;

  const upstream: Upstream = {
    log,
    dialect,
    pageCap,
    faults: CALM,
    down: null,
    isByTime: by === 'time',
    hidesClaims: dialect === 'sorted' && filtersOnly && by === 'arrival',
    skewMs,
    calm: () => {
      // A clock that is wrong may stay so.
      upstream.faults = { ...CALM, date: staysWrong ? upstream.faults.date : 'none' };
      upstream.down = null;
    },
    answer: (query) => {
      const failed = failure();
      if (failed !== null) return failed === 'reset' ? null : failed;
      const { faults } = upstream;
      const clock = clockNow();
      const limit = Number(query.get('limit'));
      const sorted = upstream.dialect === 'sorted';
      const bound = JSON.stringify([
        upstream.dialect,
        ...(sorted ? ['sort', 'created_at_min', 'created_at_max'].map((name) => query.get(name)) : []),
      ]);
      const given = query.get('cursor');
      const cursor = given === null ? null : (JSON.parse(given) as Cursor);
      if (cursor !== null) {
        const age = clock - cursor.madeAt;
        const expired = age > faults.cursorLifeMs || (faults.cursorsOfOneTick && age > 20_000);
        if (expired)
          world.hit(faults.cursorsOfOneTick ? 'upstream: a cursor of another tick' : 'upstream: expired cursor');
        if (expired || cursor.bound !== bound || befalls('rejected cursor', faults.rejectCursor)) {
          return answered(dice.pick([400, 404, 422]), '{"message":"no such cursor"}');
        }
      }
      if (limit > 10 && befalls('page too large', faults.tooLarge)) {
        return answered(200, '', { 'content-length': String(17 * 1024 * 1024) });
      }
      const boundOf = (name: string, none: number): number => {
        const text = sorted ? query.get(name) : null;
        return text === null ? none : Date.parse(text);
      };
      const min = boundOf('created_at_min', Number.NEGATIVE_INFINITY);
      const max = boundOf('created_at_max', Number.POSITIVE_INFINITY);
      const sign = upstream.dialect === 'newest-first' || (sorted && filtersOnly) ? -1 : 1;
      const matches = ({ appearsAt, createdAt }: Shown): boolean =>
        appearsAt <= clock && createdAt >= min && createdAt <= max;
      listing.place(matches);
      const most = Math.min(limit, upstream.pageCap);
      const matching = listing.after(cursor, sign, matches, most + 1);
      const empty = cursor !== null && befalls('empty page', faults.emptyPage);
      const listed = empty ? [] : matching.slice(0, most);
      const last = listed.at(-1);
      const more = empty || matching.length > listed.length;
      const next =
        empty && cursor !== null
          ? { ...cursor, madeAt: clock }
          : last === undefined
            ? null
            : { place: last.place, id: last.entry.id, bound, madeAt: clock };
      const same = more && given !== null && befalls('same cursor again', faults.sameCursor);
      const nextCursor = !more ? null : same ? given : JSON.stringify(next);
      const items = listed.map(({ entry }) => bodyAt(entry, clock));
      if (items.length > 1 && befalls('an entry twice on a page', faults.repeated)) {
        items.splice(dice.between(0, items.length), 0, dice.pick(items));
      }
      if (items.length > 1 && befalls('a page in no order', faults.shuffled)) {
        for (let i = items.length - 1; i > 0; i--) {
          const j = dice.between(0, i);
          [items[i], items[j]] = [items[j], items[i]];
        }
      }
      const nothing = items.length === 0 && dice.chance(0.3);
      if (nothing) world.hit('upstream: items null');
      const body = JSON.stringify({ items: nothing ? null : items, pagination: { next_cursor: nextCursor ?? null } });
      const page = { ...answered(200, body, { 'content-type': 'application/json' }), items };
      if (!befalls('cut body', faults.cut)) return page;
      return { ...page, items: [], ends: dice.pick(['cut', 'stalls'] as const) };
    },
    show: (id) => {
      const clock = clockNow();
      const entry = log.find((entry) => entry.id === id && entry.appearsAt <= clock);
      return entry === undefined ? null : bodyAt(entry, clock);
    },
  };
  return upstream;
}

interface Placed {
  readonly entry: Shown;
  readonly place: number;
}

/** The log in its order, sorted only when something was added. An entry has its place from when it first matched. */
function createListing(log: readonly Shown[], placeOf: (entry: Shown) => number) {
  const placed: Placed[] = [];
  let unplaced: Shown[] = [];
  let seen = 0;
  return {
    place(matches: (entry: Shown) => boolean): void {
      for (; seen < log.length; seen++) unplaced.push(log[seen] as Shown);
      const left: Shown[] = [];
      for (const entry of unplaced) {
        if (matches(entry)) placed.push({ entry, place: placeOf(entry) });
        else left.push(entry);
      }
      if (left.length < unplaced.length) placed.sort((a, b) => order(a.place, a.entry.id, b.place, b.entry.id));
      unplaced = left;
    },
    /** Up to `most` that match behind a cursor, or from the beginning. `sign`: -1 is from the end. */
    after(cursor: Cursor | null, sign: 1 | -1, matches: (entry: Shown) => boolean, most: number): Placed[] {
      const found: Placed[] = [];
      for (let n = 0; n < placed.length && found.length < most; n++) {
        const each = placed[sign === 1 ? n : placed.length - 1 - n] as Placed;
        if (cursor !== null && sign * order(each.place, each.entry.id, cursor.place, cursor.id) <= 0) continue;
        if (matches(each.entry)) found.push(each);
      }
      return found;
    },
  };
}

function order(placeA: number, idA: string, placeB: number, idB: string): number {
  if (placeA !== placeB) return placeA - placeB;
  return idA < idB ? -1 : idA > idB ? 1 : 0;
}
