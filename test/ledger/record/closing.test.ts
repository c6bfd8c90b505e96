/**
 * When the watermark passes the end of an alert's period, the alert closes: notified once if it has further matches, else
 * with a stored reason.
 */

import { describe, expect, it } from 'vitest';
import { CLOSED_MAX } from '../../../src/ledger/record/closing.ts';
import { compile } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import {
  ALLOWED_LATENESS,
  createScene,
  DAY,
  entries,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  route,
  type Scene,
} from '../scene.ts';

const deleted = (id: string, at: number, actor: unknown = 'alice') =>
  entry(id, at, { action: 'vm.deleted', actor: { id: actor }, client_ip: '203.0.113.7' });
const RULE = onAction('vm.deleted', {
  description: 'Somebody deletes machines.',
  tocsin: { runbook: 'https://wiki.example/vm', dedupBy: null, dedupPeriodMs: null },
});

/** A ledger with an alert from 11:00, with matches ten minutes apart. Its period ends at noon. */
function withMatches(matches = 2, more: Parameters<typeof createScene>[1] = {}, rule = RULE): Scene {
  const scene = createScene([rule], more);
  const page = Array.from({ length: matches }, (_, i) => deleted(`m${i}`, NOON - HOUR + i * 10 * MINUTE));
  scene.record(page, { now: NOON - MINUTE });
  return scene;
}

/** A quiet tick whose scan moves the watermark to `watermark`. */
const moveWatermark = (scene: Scene, watermark: number) => scene.record([], { now: watermark + ALLOWED_LATENESS });
const closingOf = ({ store }: Scene) =>
  store
    .all<{ state: string; closing: string | null }>('SELECT state, closing FROM alerts ORDER BY id')
    .map(({ state, closing }) => ({ state, closing: closing === null ? null : decisionName(closing) }));
const kinds = (scene: Scene) => scene.notifications().map(({ kind }) => kind);

describe('an alert whose period the watermark has passed', () => {
  it('is notified as resolved with its last match, if it has further matches', () => {
    const scene = withMatches(3);
    moveWatermark(scene, NOON);
    expect(closingOf(scene)).toEqual([{ state: 'closed', closing: 'resolved: its period closed after growth' }]);
    expect(scene.notifications()).toHaveLength(2);
    expect(scene.notifications()[1]).toMatchObject({
      kind: 'resolved',
      alert: {
        id: 1,
        ruleId: 'vm.deleted',
        title: 'Seen: vm.deleted',
        description: 'Somebody deletes machines.',
        level: 'high',
        runbook: 'https://wiki.example/vm',
        key: [{ field: 'actor.id', value: 'alice' }],
        count: 3,
        firstAt: NOON - HOUR,
        lastAt: NOON - 40 * MINUTE,
        periodMs: HOUR,
      },
      entry: { id: 'm2', createdAt: NOON - 40 * MINUTE, action: 'vm.deleted', clientIp: '203.0.113.7' },
      evidence: [{ selection: 'selection', field: 'action', value: 'vm.deleted' }],
      window: null,
    });
  });

  it('closes exactly when the watermark reaches the end of its period', () => {
    const scene = withMatches();
    moveWatermark(scene, NOON - 1);
    expect(closingOf(scene)).toEqual([{ state: 'open', closing: null }]);
    moveWatermark(scene, NOON);
    expect(closingOf(scene)).toMatchObject([{ state: 'closed' }]);
  });

  it('does not wait for the next save; the quiet tick after it writes nothing', () => {
    const scene = withMatches();
    expect(scene.written(() => moveWatermark(scene, NOON - 2))).toBe(1);
    expect(scene.written(() => moveWatermark(scene, NOON - 1))).toBe(0);
    expect(scene.written(() => moveWatermark(scene, NOON))).toBeGreaterThan(0);
    expect(scene.written(() => moveWatermark(scene, NOON + 1))).toBe(0);
  });

  it('waits while Tocsin is blind', () => {
    const scene = withMatches();
    scene.record([], { ends: false, save: true, now: NOON + DAY, began: NOON - MINUTE });
    expect(closingOf(scene)).toEqual([{ state: 'open', closing: null }]);
  });

  it('is notified in the commit that opens it, if that is late', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - HOUR), deleted('b', NOON - 50 * MINUTE)], { now: NOON + HOUR });
    expect(kinds(scene)).toEqual(['opened', 'resolved']);
  });

  it('is notified when staging is flushed and the scan ends', () => {
    const scene = createScene([RULE]);
    scene.stage([deleted('b', NOON - 50 * MINUTE)], { now: NOON + ALLOWED_LATENESS });
    scene.stage([deleted('a', NOON - HOUR)], { ends: true, now: NOON + ALLOWED_LATENESS });
    expect(kinds(scene)).toEqual([]);
    scene.flush(NOON + ALLOWED_LATENESS);
    expect(kinds(scene)).toEqual(['opened', 'resolved']);
  });

  it('is not closed if it was resolved by hand', () => {
    const scene = withMatches();
    scene.store.run("UPDATE alerts SET state = 'resolved'");
    moveWatermark(scene, NOON);
    expect(closingOf(scene)).toEqual([{ state: 'resolved', closing: null }]);
  });
});

describe('nobody is notified, and the reason is stored', () => {
  const rows: readonly [string, () => Scene, string][] = [
    ['without further matches', () => withMatches(1), 'did not grow'],
    ['at level informational', () => withMatches(2, {}, { ...RULE, level: 'informational' }), 'informational'],
    ['without a receiver', () => withMatches(2, { receivers: [] }), 'no receiver'],
    [
      'without a receiver of its level',
      () => withMatches(2, { receivers: [route('pager', { minLevel: 'critical' })] }),
      'no receiver of its level',
    ],
    [
      'backfilled',
      () => {
        const scene = createScene([RULE]);
        const page = [deleted('a', NOON - HOUR), deleted('b', NOON - HOUR)];
        scene.record(page, { suppressBefore: NOON, now: NOON - MINUTE });
        return scene;
      },
      'backfilled',
    ],
  ];
  it.each(rows)('%s', (_, make, reason) => {
    const scene = make();
    const before = scene.count('deliveries');
    moveWatermark(scene, NOON);
    expect(closingOf(scene)).toEqual([{ state: 'closed', closing: reason }]);
    expect(scene.count('deliveries')).toBe(before);
  });

  it('a receiver whose min_level is higher, beside one that is notified', () => {
    const scene = withMatches(2, { receivers: [route('slack'), route('pager', { minLevel: 'critical' })] });
    moveWatermark(scene, NOON);
    expect(
      scene.store.all("SELECT receiver, state, notification ->> '$.kind' AS kind FROM deliveries ORDER BY id"),
    ).toEqual([
      { receiver: 'slack', state: 'pending', kind: 'opened' },
      { receiver: 'pager', state: 'suppressed', kind: 'opened' },
      { receiver: 'slack', state: 'pending', kind: 'resolved' },
      { receiver: 'pager', state: 'suppressed', kind: 'resolved' },
    ]);
  });
});

describe('closing is notified once', () => {
  it.each([
    ["UPDATE alerts SET state = 'closed'", 'before it is closed'],
    ['INSERT INTO deliveries', 'between closing and enqueueing'],
    ['INTO state', 'before the checkpoint is saved'],
  ])('though the transaction fails at %s (%s): the next tells', (part) => {
    const scene = withMatches();
    scene.failNext(part);
    expect(() => moveWatermark(scene, NOON)).toThrow('the disk is full');
    expect(closingOf(scene)).toEqual([{ state: 'open', closing: null }]);
    expect(kinds(scene)).toEqual(['opened']);
    for (const again of [scene, scene.reopened(), scene.reopened()]) moveWatermark(again, NOON);
    expect(kinds(scene)).toEqual(['opened', 'resolved']);
  });

  it('though an eviction moves the watermark back', () => {
    const scene = withMatches();
    for (const watermark of [NOON, NOON + 1, NOON]) moveWatermark(scene.reopened(), watermark);
    expect(kinds(scene)).toEqual(['opened', 'resolved']);
  });

  it('though a rewind reads everything again, with notifications', () => {
    const scene = withMatches();
    moveWatermark(scene, NOON);
    const rewind = { id: 'again', to: NOON - 2 * HOUR, suppress: false };
    const begun = scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    expect(begun).toMatchObject({ how: 'rewound', checkpoint: { watermark: NOON - 2 * HOUR } });
    scene.record([deleted('m0', NOON - HOUR), deleted('m1', NOON - 50 * MINUTE)], { now: NOON + HOUR });
    expect(kinds(scene)).toEqual(['opened', 'resolved']);
    expect(scene.count('alerts')).toBe(1);
  });

  it('also for what a rewind finds before the first alert', () => {
    const scene = withMatches();
    moveWatermark(scene, NOON);
    const rewind = { id: 'back', to: NOON - 6 * HOUR, suppress: false };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    scene.record([deleted('x0', NOON - 5 * HOUR), deleted('x1', NOON - 5 * HOUR + 1)], { now: NOON + HOUR });
    scene.record([], { now: NOON + 2 * HOUR });
    expect(kinds(scene)).toEqual(['opened', 'resolved', 'opened', 'resolved']);
  });
});

describe('a match after the close', () => {
  it('that is late joins it without a notification, and does not close it again', () => {
    const scene = withMatches(1);
    moveWatermark(scene, NOON);
    scene.record([deleted('late', NOON - MINUTE)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    moveWatermark(scene, NOON + HOUR);
    expect(closingOf(scene)).toEqual([{ state: 'closed', closing: 'did not grow' }]);
    expect([scene.count('alerts'), scene.count('alerts', 'count = 2'), kinds(scene)]).toEqual([1, 1, ['opened']]);
  });

  it('at the period’s end opens a new one', () => {
    const scene = withMatches(1);
    moveWatermark(scene, NOON);
    scene.record([deleted('next', NOON)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    expect(closingOf(scene).map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(kinds(scene)).toEqual(['opened', 'opened']);
  });

  it('that is the first live one after backfilled ones is notified, and nothing when nothing closes', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - HOUR), deleted('b', NOON - HOUR)], { suppressBefore: NOON, now: NOON - MINUTE });
    moveWatermark(scene, NOON);
    scene.record([deleted('late', NOON - MINUTE)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    moveWatermark(scene, NOON + HOUR);
    expect(closingOf(scene)).toEqual([{ state: 'closed', closing: 'backfilled' }]);
    expect(kinds(scene)).toEqual(['opened']);
  });
});

describe('the notification needs neither the rule nor the entry', () => {
  it('the rule is gone: the alert knows its title and level', () => {
    const scene = withMatches();
    moveWatermark(scene.reopened({ engine: compile({ version: 'none', rules: [] }) }), NOON);
    expect(scene.notifications()[1]).toMatchObject({
      kind: 'resolved',
      alert: { title: 'Seen: vm.deleted', level: 'high', description: null, runbook: null, tags: [], count: 2 },
      entry: { id: 'm1' },
    });
  });

  it('the entry is gone: the alert knows when, and the key', () => {
    const scene = withMatches();
    scene.store.run('DELETE FROM entries');
    moveWatermark(scene, NOON);
    expect(scene.notifications()[1]).toMatchObject({
      kind: 'resolved',
      entry: { id: '', createdAt: NOON - 50 * MINUTE, action: null, actor: { id: 'alice', name: null, type: null } },
      evidence: [{ field: 'action', value: 'vm.deleted' }],
    });
  });

  it('the matches are gone as well', () => {
    const scene = withMatches();
    scene.store.run('DELETE FROM entries');
    scene.store.run('DELETE FROM matches');
    moveWatermark(scene, NOON);
    expect(scene.notifications()[1]).toMatchObject({
      kind: 'resolved',
      entry: { actor: { id: 'alice' } },
      evidence: [],
    });
  });

  it('shows the last match, even if only the first hundred are kept', () => {
    const scene = createScene([RULE]);
    const id = (n: number): string => `d-${String(n).padStart(3, '0')}`;
    scene.record(Array.from({ length: 150 }, (_, n) => deleted(id(n), NOON - HOUR + n)));
    expect(scene.count('matches')).toBe(100);
    moveWatermark(scene, NOON + HOUR);
    expect(scene.notifications().at(-1)).toMatchObject({
      kind: 'resolved',
      alert: { count: 150 },
      entry: { id: id(149) },
    });
  });

  it('an entry with an odd id is shown under the id it came with', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - HOUR), deleted('odd \u202e id', NOON - HOUR + 1)], { now: NOON - MINUTE });
    moveWatermark(scene, NOON);
    expect(scene.notifications().at(-1)).toMatchObject({ kind: 'resolved', entry: { id: 'odd \u202e id' } });
  });
});

describe('thousands at once', () => {
  it('close in bounded numbers per commit, each once', () => {
    const scene = createScene([RULE]);
    const actors = 2 * CLOSED_MAX + 100;
    for (const round of ['a', 'b']) {
      const page = entries(actors, NOON - HOUR, 1, round).map(({ id, createdAt }, i) =>
        deleted(id, createdAt, `actor ${i}`),
      );
      for (let i = 0; i < page.length; i += 100) scene.record(page.slice(i, i + 100), { now: NOON - MINUTE });
    }
    expect([scene.count('alerts'), scene.count('deliveries', 'health IS NULL')]).toEqual([actors, actors]);
    const closed = Array.from({ length: 4 }, () => {
      moveWatermark(scene, NOON + MINUTE);
      return scene.count('alerts', "state = 'closed'");
    });
    expect(closed).toEqual([CLOSED_MAX, 2 * CLOSED_MAX, actors, actors]);
    expect(scene.count('deliveries', "notification ->> '$.kind' = 'resolved'")).toBe(actors);
    expect(scene.written(() => moveWatermark(scene, NOON + MINUTE))).toBe(0);
  });

  it('are found by an index', () => {
    const { store } = createScene([RULE]);
    for (const tail of ['LIMIT 1', 'ORDER BY begins + period, id LIMIT 500']) {
      const plan = store.all<{ detail: string }>(
        `EXPLAIN QUERY PLAN SELECT * FROM alerts WHERE state = 'open' AND begins + period <= ? ${tail}`,
        NOON,
      );
      expect(plan.map(({ detail }) => detail).join()).toMatch(/USING INDEX alerts_open \(<expr><\?\)$/);
    }
  });
});
