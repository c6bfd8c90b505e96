/** When an alert's period is seen through: told once where it grew, else with the reason kept; never twice, never lost. */

import { describe, expect, it } from 'vitest';
import { CLOSED_MAX } from '../../../src/ledger/record/closing.ts';
import { compile } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import { ALLOWED_LATENESS, DAY, entries, entry, HOUR, MINUTE, NOON, onAction, route, scene } from '../scene.ts';

const deleted = (id: string, at: number, actor: unknown = 'alice') =>
  entry(id, at, { action: 'vm.deleted', actor: { id: actor }, client_ip: '203.0.113.7' });
const RULE = onAction('vm.deleted', {
  description: 'Somebody deletes machines.',
  tocsin: { runbook: 'https://wiki.example/vm', dedupBy: null, dedupPeriodMs: null },
});
type Scene = ReturnType<typeof scene>;

/** A ledger with an alert from 11:00, of so many matches ten minutes apart. Its period ends at noon. */
function grown(matches = 2, more: Parameters<typeof scene>[1] = {}, rule = RULE): Scene {
  const it = scene([rule], more);
  const page = Array.from({ length: matches }, (_, i) => deleted(`m${i}`, NOON - HOUR + i * 10 * MINUTE));
  it.record(page, { now: NOON - MINUTE });
  return it;
}

/** A quiet tick whose walk is seen through up to `watermark`. */
const seeThrough = (it: Scene, watermark: number) => it.record([], { now: watermark + ALLOWED_LATENESS });
const closingOf = ({ store }: Scene) =>
  store
    .all<{ state: string; closing: string | null }>('SELECT state, closing FROM alerts ORDER BY id')
    .map(({ state, closing }) => ({ state, closing: closing === null ? null : decisionName(closing) }));
const notices = ({ store }: Scene) =>
  store
    .all<{ notification: string }>('SELECT notification FROM deliveries ORDER BY id')
    .map(({ notification }) => JSON.parse(notification));
const kinds = (it: Scene) => notices(it).map(({ kind }) => kind);

describe('an alert whose period is seen through', () => {
  it('is told as resolved where it grew, with its last match', () => {
    const it = grown(3);
    seeThrough(it, NOON);
    expect(closingOf(it)).toEqual([{ state: 'closed', closing: 'resolved: its period closed after growth' }]);
    expect(notices(it)).toHaveLength(2);
    expect(notices(it)[1]).toMatchObject({
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

  it('is closed exactly when seen-through reaches its end', () => {
    const it = grown();
    seeThrough(it, NOON - 1);
    expect(closingOf(it)).toEqual([{ state: 'open', closing: null }]);
    seeThrough(it, NOON);
    expect(closingOf(it)).toMatchObject([{ state: 'closed' }]);
  });

  it('does not wait for the next save; the quiet tick after it writes nothing', () => {
    const it = grown();
    expect(it.written(() => seeThrough(it, NOON - 2))).toBe(1);
    expect(it.written(() => seeThrough(it, NOON - 1))).toBe(0);
    expect(it.written(() => seeThrough(it, NOON))).toBeGreaterThan(0);
    expect(it.written(() => seeThrough(it, NOON + 1))).toBe(0);
  });

  it('waits while the watch is blind', () => {
    const it = grown();
    it.record([], { ends: false, save: true, now: NOON + DAY, began: NOON - MINUTE });
    expect(closingOf(it)).toEqual([{ state: 'open', closing: null }]);
  });

  it('is told in the commit that opened it, where that comes so late', () => {
    const it = scene([RULE]);
    it.record([deleted('a', NOON - HOUR), deleted('b', NOON - 50 * MINUTE)], { now: NOON + HOUR });
    expect(kinds(it)).toEqual(['opened', 'resolved']);
  });

  it('is told when the stage is drained to the walk’s end', () => {
    const it = scene([RULE]);
    it.stage([deleted('b', NOON - 50 * MINUTE)], { now: NOON + ALLOWED_LATENESS });
    it.stage([deleted('a', NOON - HOUR)], { ends: true, now: NOON + ALLOWED_LATENESS });
    expect(kinds(it)).toEqual([]);
    it.flush(NOON + ALLOWED_LATENESS);
    expect(kinds(it)).toEqual(['opened', 'resolved']);
  });

  it('resolved by hand is not closed', () => {
    const it = grown();
    it.store.run("UPDATE alerts SET state = 'resolved'");
    seeThrough(it, NOON);
    expect(closingOf(it)).toEqual([{ state: 'resolved', closing: null }]);
  });
});

describe('nothing is said, and why is kept', () => {
  const rows: readonly [string, () => Scene, string][] = [
    ['of one that did not grow', () => grown(1), 'did not grow'],
    ['of what is informational', () => grown(2, {}, { ...RULE, level: 'informational' }), 'informational'],
    ['without a receiver', () => grown(2, { receivers: [] }), 'no receiver'],
    [
      'where nobody hears of its level',
      () => grown(2, { receivers: [route('pager', { minLevel: 'critical' })] }),
      'no receiver of its level',
    ],
    [
      'of history',
      () => {
        const it = scene([RULE]);
        const page = [deleted('a', NOON - HOUR), deleted('b', NOON - HOUR)];
        it.record(page, { suppressBefore: NOON, now: NOON - MINUTE });
        return it;
      },
      'backfilled',
    ],
  ];
  it.each(rows)('%s', (_, make, reason) => {
    const it = make();
    const before = it.count('deliveries');
    seeThrough(it, NOON);
    expect(closingOf(it)).toEqual([{ state: 'closed', closing: reason }]);
    expect(it.count('deliveries')).toBe(before);
  });

  it('to a receiver that does not hear of its level, beside one that does', () => {
    const it = grown(2, { receivers: [route('slack'), route('pager', { minLevel: 'critical' })] });
    seeThrough(it, NOON);
    expect(
      it.store.all("SELECT receiver, state, notification ->> '$.kind' AS kind FROM deliveries ORDER BY id"),
    ).toEqual([
      { receiver: 'slack', state: 'pending', kind: 'opened' },
      { receiver: 'pager', state: 'suppressed', kind: 'opened' },
      { receiver: 'slack', state: 'pending', kind: 'resolved' },
      { receiver: 'pager', state: 'suppressed', kind: 'resolved' },
    ]);
  });
});

describe('closing is told once', () => {
  it.each([
    ["UPDATE alerts SET state = 'closed'", 'before it is closed'],
    ['INSERT INTO deliveries', 'between closing and queueing'],
    ['INTO state', 'before the checkpoint is saved'],
  ])('though the transaction fails at %s (%s): the next tells', (part) => {
    const it = grown();
    it.failNext(part);
    expect(() => seeThrough(it, NOON)).toThrow('the disk is full');
    expect(closingOf(it)).toEqual([{ state: 'open', closing: null }]);
    expect(kinds(it)).toEqual(['opened']);
    for (const again of [it, it.reopened(), it.reopened()]) seeThrough(again, NOON);
    expect(kinds(it)).toEqual(['opened', 'resolved']);
  });

  it('though the ledger forgets how far it saw, and sees it again', () => {
    const it = grown();
    for (const watermark of [NOON, NOON + 1, NOON]) seeThrough(it.reopened(), watermark);
    expect(kinds(it)).toEqual(['opened', 'resolved']);
  });

  it('though the watch is rewound and reads it all again, aloud', () => {
    const it = grown();
    seeThrough(it, NOON);
    const rewind = { id: 'again', to: NOON - 2 * HOUR, suppress: false };
    const begun = it.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    expect(begun).toMatchObject({ how: 'rewound', checkpoint: { watermark: NOON - 2 * HOUR } });
    it.record([deleted('m0', NOON - HOUR), deleted('m1', NOON - 50 * MINUTE)], { now: NOON + HOUR });
    expect(kinds(it)).toEqual(['opened', 'resolved']);
    expect(it.count('alerts')).toBe(1);
  });

  it('of what a rewind finds before the first alert, too', () => {
    const it = grown();
    seeThrough(it, NOON);
    const rewind = { id: 'back', to: NOON - 6 * HOUR, suppress: false };
    it.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    it.record([deleted('x0', NOON - 5 * HOUR), deleted('x1', NOON - 5 * HOUR + 1)], { now: NOON + HOUR });
    it.record([], { now: NOON + 2 * HOUR });
    expect(kinds(it)).toEqual(['opened', 'resolved', 'opened', 'resolved']);
  });
});

describe('a match after the close', () => {
  it('that is late joins it, stays untold, and does not close it again', () => {
    const it = grown(1);
    seeThrough(it, NOON);
    it.record([deleted('late', NOON - MINUTE)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    seeThrough(it, NOON + HOUR);
    expect(closingOf(it)).toEqual([{ state: 'closed', closing: 'did not grow' }]);
    expect([it.count('alerts'), it.count('alerts', 'count = 2'), kinds(it)]).toEqual([1, 1, ['opened']]);
  });

  it('at the period’s end opens a new one', () => {
    const it = grown(1);
    seeThrough(it, NOON);
    it.record([deleted('next', NOON)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    expect(closingOf(it).map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(kinds(it)).toEqual(['opened', 'opened']);
  });

  it('that is the first live one on history is told, and nothing when nothing closes', () => {
    const it = scene([RULE]);
    it.record([deleted('a', NOON - HOUR), deleted('b', NOON - HOUR)], { suppressBefore: NOON, now: NOON - MINUTE });
    seeThrough(it, NOON);
    it.record([deleted('late', NOON - MINUTE)], { now: NOON + ALLOWED_LATENESS + MINUTE });
    seeThrough(it, NOON + HOUR);
    expect(closingOf(it)).toEqual([{ state: 'closed', closing: 'backfilled' }]);
    expect(kinds(it)).toEqual(['opened']);
  });
});

describe('what is told needs neither the rule nor the entry', () => {
  it('the rule is gone: the alert knows its title and level', () => {
    const it = grown();
    seeThrough(it.reopened({ engine: compile({ version: 'none', rules: [] }) }), NOON);
    expect(notices(it)[1]).toMatchObject({
      kind: 'resolved',
      alert: { title: 'Seen: vm.deleted', level: 'high', description: null, runbook: null, tags: [], count: 2 },
      entry: { id: 'm1' },
    });
  });

  it('the entry is gone: the alert knows when, and the key', () => {
    const it = grown();
    it.store.run('DELETE FROM entries');
    seeThrough(it, NOON);
    expect(notices(it)[1]).toMatchObject({
      kind: 'resolved',
      entry: { id: '', createdAt: NOON - 50 * MINUTE, action: null, actor: { id: 'alice', name: null, type: null } },
      evidence: [{ field: 'action', value: 'vm.deleted' }],
    });
  });

  it('the matches are gone as well', () => {
    const it = grown();
    it.store.run('DELETE FROM entries');
    it.store.run('DELETE FROM matches');
    seeThrough(it, NOON);
    expect(notices(it)[1]).toMatchObject({ kind: 'resolved', entry: { actor: { id: 'alice' } }, evidence: [] });
  });

  it('shows the last match, also where only the first hundred are kept', () => {
    const it = scene([RULE]);
    const id = (n: number): string => `d-${String(n).padStart(3, '0')}`;
    it.record(Array.from({ length: 150 }, (_, n) => deleted(id(n), NOON - HOUR + n)));
    expect(it.count('matches')).toBe(100);
    seeThrough(it, NOON + HOUR);
    expect(notices(it).at(-1)).toMatchObject({ kind: 'resolved', alert: { count: 150 }, entry: { id: id(149) } });
  });

  it('an entry with an odd id is shown under the id it came with', () => {
    const it = scene([RULE]);
    it.record([deleted('a', NOON - HOUR), deleted('odd \u202e id', NOON - HOUR + 1)], { now: NOON - MINUTE });
    seeThrough(it, NOON);
    expect(notices(it).at(-1)).toMatchObject({ kind: 'resolved', entry: { id: 'odd \u202e id' } });
  });
});

describe('thousands at once', () => {
  it('close a bounded number a commit, and all of them in the end, each once', () => {
    const it = scene([RULE]);
    const actors = 2 * CLOSED_MAX + 100;
    for (const round of ['a', 'b']) {
      const page = entries(actors, NOON - HOUR, 1, round).map(({ id, createdAt }, i) =>
        deleted(id, createdAt, `actor ${i}`),
      );
      for (let i = 0; i < page.length; i += 100) it.record(page.slice(i, i + 100), { now: NOON - MINUTE });
    }
    expect([it.count('alerts'), it.count('deliveries')]).toEqual([actors, actors]);
    const closed = Array.from({ length: 4 }, () => {
      seeThrough(it, NOON + MINUTE);
      return it.count('alerts', "state = 'closed'");
    });
    expect(closed).toEqual([CLOSED_MAX, 2 * CLOSED_MAX, actors, actors]);
    expect(it.count('deliveries', "notification ->> '$.kind' = 'resolved'")).toBe(actors);
    expect(it.written(() => seeThrough(it, NOON + MINUTE))).toBe(0);
  });

  it('find what is to be closed by an index', () => {
    const { store } = scene([RULE]);
    for (const tail of ['LIMIT 1', 'ORDER BY begins + period, id LIMIT 500']) {
      const plan = store.all<{ detail: string }>(
        `EXPLAIN QUERY PLAN SELECT * FROM alerts WHERE state = 'open' AND begins + period <= ? ${tail}`,
        NOON,
      );
      expect(plan.map(({ detail }) => detail).join()).toMatch(/USING INDEX alerts_open \(<expr><\?\)$/);
    }
  });
});
