/** What came from the same actor or network around an entry: the same as reading every entry, however they came in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageMeter } from '../../../src/ledger/health/usage-meter.ts';
import { ACTIVITY_MAX, ACTIVITY_MS } from '../../../src/ledger/read/activity.ts';
import { BLOCK_ENTRIES, BUCKET_MS, indexFilled } from '../../../src/ledger/record/entry-index.ts';
import type { Activity, Incoming } from '../../../src/ledger/rpc.ts';
import { readState } from '../../../src/ledger/store/state.ts';
import { networkOf } from '../../../src/sigma/index.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, type Scene } from '../scene.ts';
import { ids, viewsOf } from './views-scene.ts';

type Field = 'actor' | 'network';
type Stored = { seq: number; id: string; occurred_at: number; actor: string | null; ip: string | null };

/** From all entries, without the index. */
function naive(all: readonly Stored[], middle: Stored, field: Field) {
  const fieldOf = (of: Stored): string | null => (field === 'actor' ? of.actor : networkOf(String(of.ip)));
  const value = fieldOf(middle);
  const near = (way: -1 | 1) =>
    all
      .filter((each) => value !== null && fieldOf(each) === value)
      .filter(({ occurred_at: at, seq }) => (at - middle.occurred_at || seq - middle.seq) * way > 0)
      .filter(({ occurred_at: at }) => Math.abs(at - middle.occurred_at) <= ACTIVITY_MS)
      .sort((a, b) => (a.occurred_at - b.occurred_at || a.seq - b.seq) * way);
  const [before, after] = [near(-1), near(1)];
  const shown = (list: readonly Stored[]) => list.slice(0, ACTIVITY_MAX[field]).map(({ seq }) => seq);
  return {
    value,
    before: shown(before).toReversed(),
    after: shown(after),
    moreBefore: before.length > ACTIVITY_MAX[field],
    moreAfter: after.length > ACTIVITY_MAX[field],
  };
}

const seen = ({ value, before, after, moreBefore, moreAfter }: Activity) => {
  const seqs = (list: Activity['before']) => list.map(({ seq }) => seq);
  return { value, before: seqs(before), after: seqs(after), moreBefore, moreAfter };
};

const storedIn = ({ store }: Scene): Stored[] =>
  store.all<Stored>(
    "SELECT seq, id, occurred_at, actor, iif(json_valid(body), body ->> '$.client_ip', NULL) AS ip FROM entries ORDER BY seq",
  );

/** Both activities of some entries: the last, those at the ends of blocks, and so many others. */
function expectAsNaive(scene: Scene, others = 12): void {
  const views = viewsOf(scene, []);
  const all = storedIn(scene);
  const evicted = (readState(scene.store)?.lastSeq ?? 0) > all.length;
  const atEnds = all.filter(({ seq }) => (seq + 1) % BLOCK_ENTRIES < 2);
  const step = Math.max(1, Math.floor(all.length / others));
  for (const middle of [...atEnds, ...all.filter((_, i) => i % step === 0), ...all.slice(-1)]) {
    const page = views.entry(middle.id, null);
    // Of an entry with revisions the last is shown.
    if (page === null || page.entry.seq !== middle.seq) continue;
    expect(page.networkActivity?.isIndexed).toBe(true);
    for (const field of ['actor', 'network'] as const) {
      const [activity, expected] = [seen(page[`${field}Activity`] as Activity), naive(all, middle, field)];
      // Where most of a block was evicted, there seem to be more.
      const { moreBefore, moreAfter } = evicted ? activity : expected;
      expect(activity).toEqual({ ...expected, moreBefore, moreAfter });
      if (expected.moreBefore) expect(moreBefore).toBe(true);
      if (expected.moreAfter) expect(moreAfter).toBe(true);
    }
  }
}

const ACTORS: readonly unknown[] = [
  ...['alice', 'bob', '', 'x'.repeat(300), '\ud800', 'a\u0000b', "'; DROP TABLE entries", 7, null, undefined],
  ...Array.from({ length: 30 }, (_, i) => `actor-${i}`),
];
const ADDRESSES: readonly unknown[] = [
  ...['192.0.2.1', '192.0.2.2', '::ffff:192.0.2.1', '2001:db8::1', '2001:DB8:0:0:1::2', '2001:db8:0:1::1', 'fe80::%1'],
  ...['', 'none', 7, null, undefined, { a: 1 }],
];

const pages = fc.array(
  fc.record({
    count: fc.integer({ min: 1, max: 600 }),
    /** Of the page, how long before now its entries occurred. */
    ago: fc.constantFrom(0, 0, 0, MINUTE, 5 * HOUR, DAY, 3 * DAY),
    spread: fc.constantFrom(0, 1, 1000, MINUTE),
    actors: fc.constantFrom(1, 3, 10, ACTORS.length),
    passed: fc.constantFrom(0, MINUTE, 3 * HOUR, DAY, 2 * DAY),
    afterwards: fc.constantFrom('nothing', 'nothing', 'restart', 'revisions', 'damage'),
  }),
  { minLength: 1, maxLength: 10 },
);

/** A scene that reads from the beginning. */
function openScene(retentionMs: number): Scene {
  const scene = createScene([], { retentionMs });
  scene.store.run("UPDATE state SET value = json_set(value, '$.checkpoint.floor', 0)");
  return scene.reopened();
}

function recordAll(scene: Scene, entries: readonly Incoming[], now: number): void {
  for (let i = 0; i < entries.length; i += 100) scene.record(entries.slice(i, i + 100), { now, began: now });
}

describe('activity', () => {
  it('is what reading every entry finds: late entries, revisions, restarts, evictions, hostile values', () => {
    fc.assert(
      fc.property(pages, fc.integer({ min: 0, max: 1 }), (steps, isShort) => {
        let scene = openScene(isShort ? DAY : 30 * DAY);
        let now = NOON;
        steps.forEach(({ count, ago, spread, actors, passed, afterwards }, n) => {
          now += passed;
          const bodies = Array.from({ length: count }, (_, i) => ({
            id: `${n}-${i}`,
            at: now - ago - ((i * 7919) % count) * spread,
            fields: {
              actor: { id: ACTORS[(i * 31 + n) % actors] },
              client_ip: ADDRESSES[(i * 17) % ADDRESSES.length],
            },
          }));
          recordAll(
            scene,
            bodies.map(({ id, at, fields }) => entry(id, at, fields)),
            now,
          );
          if (afterwards === 'restart') scene = scene.reopened();
          if (afterwards === 'revisions') {
            const again = bodies
              .slice(0, 20)
              .map(({ id, at, fields }) => entry(id, at, { ...fields, action: 'other' }));
            recordAll(scene, again, now);
          }
          if (afterwards === 'damage') scene.store.run("UPDATE entries SET body = '{' WHERE seq % 500 = 3");
        });
        if (steps.every(({ afterwards }) => afterwards !== 'damage')) expectAsNaive(scene);
        scene.store.close();
      }),
      { numRuns: 20 },
    );
  }, 120_000);

  it('of a block with a value for each entry, and of one with a single value', () => {
    const scene = openScene(30 * DAY);
    const fields = (i: number) => ({
      actor: { id: i < BLOCK_ENTRIES ? `${'\u0001'.repeat(240)}${i}` : 'one' },
      client_ip: i < BLOCK_ENTRIES ? `10.0.${i >> 8}.${i & 255}` : '2001:db8::1',
    });
    recordAll(
      scene,
      Array.from({ length: 3 * BLOCK_ENTRIES }, (_, i) => entry(`e${i}`, NOON - 3 * HOUR + i * 1000, fields(i))),
      NOON,
    );
    expect(scene.count('entry_blocks')).toBe(3);
    expectAsNaive(scene, 40);
  }, 60_000);

  it('of many blocks at once says that there is more, and shows what is near', () => {
    const scene = openScene(30 * DAY);
    // In each block one entry of it, all within four hours, which have more rows of the index than are read.
    const blocks = 260;
    const last = blocks * BLOCK_ENTRIES;
    scene.store.run(
      `WITH RECURSIVE seqs (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM seqs WHERE seq < ${last})
       INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor)
       SELECT seq, 'e' || seq, 0, ${NOON} + seq * 10, ${NOON} + seq * 10, '{}', iif(seq % ${BLOCK_ENTRIES} = 5, 'rare', 'other')
       FROM seqs`,
    );
    indexFilled(scene.store, 0, last);
    const all = storedIn(scene).filter(({ actor }) => actor === 'rare');
    for (const at of [0, 5, 60, 130, 200, 259]) {
      const page = viewsOf(scene, []).entry(all[at]?.id ?? '', null);
      const near = (from: number, to: number) => all.slice(Math.max(0, from), to).map(({ id }) => id);
      expect(ids(page?.actorActivity.before ?? [])).toEqual(near(at - ACTIVITY_MAX.actor, at));
      expect(ids(page?.actorActivity.after ?? [])).toEqual(near(at + 1, at + 1 + ACTIVITY_MAX.actor));
      // In a block that was not read, recorded before or after, may be one that occurred before or after.
      expect(page?.actorActivity).toMatchObject({ moreBefore: true, moreAfter: true });
    }
    scene.store.close();
  }, 120_000);

  it.each([32, 40, 70])(
    'of %i blocks of one value in four hours is the nearest on both sides',
    (perBucket) => {
      const scene = openScene(30 * DAY);
      const [from, last] = [Math.floor(NOON / BUCKET_MS) * BUCKET_MS, 2 * perBucket * BLOCK_ENTRIES];
      // In the last block is an entry of long before.
      const late = last - 9;
      scene.store.run(
        `WITH RECURSIVE seqs (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM seqs WHERE seq < ${last})
       INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor)
       SELECT seq, 'e' || seq, 0, ${from}, ${from} + 2 * ${BUCKET_MS} * (iif(seq = ${late}, ${last} / 3, seq) - 1) / ${last}, '{}', 'busy'
       FROM seqs`,
      );
      indexFilled(scene.store, 0, last);
      const all = storedIn(scene);
      for (const seq of [late, last / 2 - 10, last / 2, last / 2 + 1, last / 2 + 10]) {
        const middle = all[seq - 1] as Stored;
        const page = viewsOf(scene, []).entry(middle.id, null);
        expect(seen(page?.actorActivity as Activity)).toEqual(naive(all, middle, 'actor'));
      }
      scene.store.close();
    },
    120_000,
  );
});

describe('the index', () => {
  const plain = (count: number, from = 0, at = NOON - HOUR) =>
    Array.from({ length: count }, (_, i) =>
      entry(`e${from + i}`, at + i * 1000, { actor: { id: `a${i % 4}` }, client_ip: `192.0.2.${i % 3}` }),
    );

  it('is written by the batch that fills a block, and once', () => {
    const scene = openScene(30 * DAY);
    recordAll(scene, plain(BLOCK_ENTRIES - 2), NOON);
    expect([scene.count('entry_blocks'), scene.count('entry_index')]).toEqual([0, 0]);
    // Numbers begin at 1: the first block has one entry less.
    recordAll(scene, plain(1, 2000), NOON);
    expect([scene.count('entry_blocks'), scene.count('entry_index')]).toEqual([1, 1]);
    const rows = scene.written(() => recordAll(scene, plain(50, 3000, NOON - MINUTE), NOON));
    expect([rows, scene.count('entry_index')]).toEqual([52, 1]);
  });

  it.each<[string, (i: number) => Readonly<Record<string, unknown>>]>([
    ['of their own', (i) => ({ actor: { id: `a${i}` }, client_ip: `10.0.${i >> 8}.${i & 255}` })],
    ['of their own, as long as they can be', (i) => ({ actor: { id: `${'\u0001'.repeat(250)}${i}` } })],
    [
      'that are keys of the index, or look like them',
      (i) => ({ actor: { id: ['__proto__', '",[', '\\', `#${'0'.repeat(64)}`, `x${'y'.repeat(64)}`, '[0]'][i % 6] } }),
    ],
  ])('is a few rows written for a block, and as few deleted, with values %s', (_, fields) => {
    const scene = openScene(DAY);
    const entries = Array.from({ length: BLOCK_ENTRIES }, (_, i) => entry(`e${i}`, NOON - HOUR + i * 1000, fields(i)));
    recordAll(scene, entries, NOON);
    expect([scene.count('entry_blocks'), scene.count('entry_index')]).toEqual([1, 1]);
    const [row] = scene.store.all<{ bytes: number }>(
      'SELECT max(length(CAST(places || actor || network AS BLOB))) AS bytes FROM entry_index',
    );
    expect(row?.bytes).toBeLessThan(150_000);
    expectAsNaive(scene, 20);
    const rows = scene.written(() => recordAll(scene, [entry('later', NOON + 3 * DAY)], NOON + 3 * DAY));
    expect([scene.count('entry_blocks'), scene.count('entry_index')]).toEqual([0, 0]);
    expect(rows).toBeLessThan(BLOCK_ENTRIES + 30);
    scene.store.close();
  });

  it('goes with the last entry of its block, and not before', () => {
    const scene = openScene(DAY);
    recordAll(scene, plain(2 * BLOCK_ENTRIES), NOON);
    expect(scene.count('entry_blocks')).toBe(2);
    // One entry is dated ahead: it stays.
    scene.store.run('UPDATE entries SET created_at = ? WHERE seq = 5', NOON + 9 * DAY);
    const later = NOON + 2 * DAY;
    for (let n = 0; n < 3; n++) recordAll(scene, plain(1, 9000 + n, later - MINUTE), later + n * 2 * HOUR);
    expect(scene.store.all('SELECT block FROM entry_blocks')).toEqual([{ block: 0 }]);
    expect(scene.count('entry_index', 'block <> 0')).toBe(0);
    expectAsNaive(scene, 3);
    scene.store.run('UPDATE entries SET created_at = 0 WHERE seq = 5');
    recordAll(scene, plain(1, 9900, later - MINUTE), later + 9 * HOUR);
    expect([scene.count('entry_blocks'), scene.count('entry_index')]).toEqual([0, 0]);
  });

  it('of entries from before there was one is written a block at a time, the newest first, and pages say so', () => {
    const scene = openScene(30 * DAY);
    recordAll(scene, plain(3 * BLOCK_ENTRIES + 10), NOON);
    scene.store.run('DELETE FROM entry_index');
    scene.store.run('DELETE FROM entry_blocks');
    scene.store.run('UPDATE entries SET network = NULL');
    const isIndexed = () => viewsOf(scene, []).entry('e1', null)?.actorActivity.isIndexed;
    const blocks = () => scene.store.all<{ block: number }>('SELECT block FROM entry_blocks').map(({ block }) => block);
    expect(isIndexed()).toBe(false);
    const steps = [[2], [1, 2], [0, 1, 2], [0, 1, 2]];
    steps.forEach((expected, n) => {
      const now = NOON + (n + 1) * 15 * MINUTE;
      for (let again = 0; again < 2; again++) recordAll(scene, plain(1, 9000 + 2 * n + again), now);
      expect(blocks()).toEqual(expected);
      expect(isIndexed()).toBe(expected.length === 3);
    });
    // Those in the newest block have no network until it is full.
    scene.store.run('DELETE FROM entries WHERE network IS NULL AND seq >= ?', 3 * BLOCK_ENTRIES);
    expectAsNaive(scene);
  });

  it.each<['free' | 'paid', readonly number[]]>([
    // A block is 1,024 or 1,025 rows, and a day has 10,000 for them. On the second day half of the day's rows are used later.
    ['free', [9, 11, 14]],
    ['paid', [12, 14, 14]],
  ])('of older entries leaves a day its rows on the %s plan, and goes on the next day', (plan, expected) => {
    const [scene, blocks] = [openScene(30 * DAY), 14];
    const last = blocks * BLOCK_ENTRIES - 1;
    scene.store.run(
      `WITH RECURSIVE seqs (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM seqs WHERE seq < ${last})
       INSERT INTO entries (seq, id, revision, created_at, occurred_at, body, actor, network)
       SELECT seq, 'e' || seq, 0, ${NOON}, ${NOON} - seq * ${BUCKET_MS}, '{}', 'a' || seq, 'n' || seq FROM seqs`,
    );
    scene.store.run("UPDATE state SET value = json_set(value, '$.lastSeq', ?)", last);
    const usage = new UsageMeter(plan, NOON);
    Object.assign(scene.store, { meter: usage });
    const metered = scene.reopened({ usage });
    const recordOnce = (now: number): void => {
      usage.add({}, now);
      metered.record([entry(`at ${now}`, now - MINUTE)], { now, began: now });
    };
    expected.forEach((indexed, day) => {
      const midnight = NOON + 12 * HOUR + day * DAY;
      for (let n = 1; n <= 12; n++) {
        if (day === 1 && n === 3) usage.addRows(0, 50_000);
        recordOnce(midnight + n * 15 * MINUTE);
      }
      expect(scene.count('entry_blocks')).toBe(indexed);
    });
    expect(readState(scene.store)?.olderIndexed?.rows).toBeLessThanOrEqual(plan === 'free' ? 10_000 : 20_000);
  });
});
