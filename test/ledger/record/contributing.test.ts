/** The entries a correlation counted: found again, shown with the alert, and never more than that. */

import { describe, expect, it } from 'vitest';
import type { Accepted } from '../../../src/ledger/model.ts';
import { contributingEntries } from '../../../src/ledger/record/contributing.ts';
import { compile, createCorrelator } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  entries,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
} from '../scene.ts';

const FED = onAction('vm.deleted', { alerts: false });

/** Id and decision of each row of `matches`, in the order of time. */
const rows = ({ store }: Scene) =>
  store
    .all<{ id: string; decision: string | null }>(
      'SELECT id, decision FROM matches JOIN entries USING (seq) ORDER BY alert, at, matches.seq',
    )
    .map(({ id, decision }) => `${id} ${decisionName(decision)}`);
const first = (scene: Scene) =>
  scene.notifications().map(({ window }) => window?.first.map((view: { id: string }) => view.id) ?? null);

describe('when a correlation opens an alert', () => {
  it('the entries it counted are stored with their evidence, and the notification shows the first three', () => {
    const scene = createScene([FED, counting('vm.deleted', 5)]);
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((id, i) => deleted(id, NOON - 5 * MINUTE + i * SECOND));
    scene.record([a, b, c].filter((each) => each !== undefined));
    scene.record([d, e].filter((each) => each !== undefined));
    expect(rows(scene)).toEqual([
      'a contributing',
      'b contributing',
      'c contributing',
      'd contributing',
      'e opened: first match',
    ]);
    expect(first(scene)).toEqual([['a', 'b', 'c']]);
    expect(scene.count('alerts', 'count = 1')).toBe(1);
    expect(scene.store.all('SELECT at, evidence FROM matches WHERE seq = 1')).toEqual([
      {
        at: NOON - 5 * MINUTE,
        evidence: JSON.stringify([{ selection: 'selection', field: 'action', value: 'vm.deleted' }]),
      },
    ]);
  });

  it('only what matched, in its group and its window, and was read before', () => {
    const scene = createScene([FED, counting('vm.deleted', 3)]);
    const at = NOON - MINUTE;
    scene.record([
      deleted('too old', at - 10 * MINUTE),
      deleted('a', at - SECOND),
      deleted('bob', at - SECOND, 'bob'),
      entry('read', at - SECOND),
      deleted('nobody', at - SECOND, null),
      deleted('b', at),
      deleted('c', at),
      deleted('d', at),
    ]);
    expect(rows(scene)).toEqual(['a contributing', 'b contributing', 'c opened: first match', 'd deferred']);
    expect(first(scene)).toEqual([['a', 'b']]);
  });

  it('a late entry completes it: what lies after it counts as well', () => {
    const scene = createScene([FED, counting('vm.deleted', 3)]);
    scene.record([deleted('a', NOON - 2 * MINUTE), deleted('c', NOON)]);
    scene.record([deleted('b', NOON - MINUTE)]);
    expect(first(scene)).toEqual([['a', 'c']]);
    expect(rows(scene).sort()).toEqual(['a contributing', 'b opened: first match', 'c contributing']);
  });

  it('the first twenty, of however many', () => {
    const scene = createScene([FED, counting('vm.deleted', 50)]);
    scene.record(entries(50, NOON - MINUTE, SECOND).map(({ id, createdAt }) => deleted(id, createdAt)));
    expect(scene.count('matches', 'decision IS NULL')).toBe(20);
    expect([scene.count('matches', 'seq <= 20'), scene.count('matches', 'seq = 50')]).toEqual([20, 1]);
  });

  it.each([90, 150, 600, 1_900])('is found among %i others of its instant', (others) => {
    const scene = createScene([FED, counting('vm.deleted', 3)]);
    for (let n = 0; n * 100 < others; n++) {
      scene.record(entries(Math.min(100, others - n * 100), NOON - MINUTE, 0, `o${n}-`));
    }
    scene.record(['a', 'b', 'c'].map((id) => deleted(id, NOON - MINUTE)));
    expect(rows(scene)).toEqual(['a contributing', 'b contributing', 'c opened: first match']);
  });

  it('a bounded number is looked at where all share an instant', () => {
    const scene = createScene([FED, counting('vm.deleted', 3)]);
    for (let n = 0; n < 20; n++) scene.record(entries(100, NOON - MINUTE, 0, `o${n}-`));
    scene.record(['a', 'b', 'c'].map((id) => deleted(id, NOON - MINUTE)));
    expect(rows(scene)).toEqual(['c opened: first match']);
  });

  it('has all of a burst within the second in which it is read, in which Date is behind', () => {
    const scene = createScene([FED, counting('vm.deleted', 20)]);
    const burst = entries(20, NOON, 45).map(({ id, createdAt }) => deleted(id, createdAt));
    scene.record(burst, { began: NOON });
    expect(rows(scene)).toHaveLength(20);
    expect(scene.store.all('SELECT at FROM matches ORDER BY at')).toEqual(
      burst.map(({ createdAt }) => ({ at: createdAt })),
    );
  });

  it('has an entry that claims the future, at the time it was read', () => {
    const scene = createScene([FED, counting('vm.deleted', 3)]);
    scene.record([deleted('future', NOON + MINUTE)]);
    scene.record([deleted('a', NOON + MINUTE), deleted('b', NOON + MINUTE)], { now: NOON + 2 * MINUTE });
    expect(rows(scene)).toEqual(['future contributing', 'a contributing', 'b opened: first match']);
  });

  it('entries that open a backfilled alert are stored; the first live match shows them', () => {
    const scene = createScene([FED, counting('vm.deleted', 2)]);
    scene.record([deleted('a', NOON - 3 * SECOND), deleted('b', NOON - 2 * SECOND)], { suppressBefore: NOON + DAY });
    expect(rows(scene)).toEqual(['a contributing', 'b backfilled']);
    scene.record([deleted('c', NOON - SECOND)]);
    // b matched itself: that stands.
    expect(rows(scene)).toEqual(['a contributing', 'b backfilled', 'c opened: first match']);
    expect(first(scene)).toEqual([['a', 'b']]);
  });

  it('neither growth nor a detection’s match counts anything', () => {
    const scene = createScene([onAction('vm.deleted'), counting('vm.deleted', 2)]);
    scene.record(entries(11, NOON - MINUTE, SECOND).map(({ id, createdAt }) => deleted(id, createdAt)));
    expect(scene.count('matches', 'decision IS NULL')).toBe(1);
    // Of the eleven, the tenth is notified by the detection and the eleventh by the correlation.
    expect(first(scene)).toEqual([null, ['e00000'], []]);
  });

  it('in a rule of other rules, by any of them and its alias', () => {
    const read = onAction('vm.read', { alerts: false });
    const both = counting('vm.deleted', 2, {
      rules: ['vm.deleted', 'vm.read'],
      groupBy: ['who'],
      aliases: { who: { 'vm.deleted': 'actor.id', 'vm.read': 'target.id' } },
    });
    const scene = createScene([FED, read, both]);
    scene.record([
      entry('a', NOON - SECOND, { actor: { id: 'bob' }, target: { id: 'alice' } }),
      entry('x', NOON - SECOND, { actor: { id: 'alice' }, target: { id: 'bob' } }),
      deleted('b', NOON),
    ]);
    expect(rows(scene)).toEqual(['a contributing', 'b opened: first match']);
  });

  it('finds them by the index of time, whatever the rule', () => {
    const seen: string[] = [];
    const scene = createScene([FED, counting('vm.deleted', 2)]);
    const { all } = scene.store;
    const plans = (sql: string) =>
      all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, '[]', 1).map(({ detail }) => detail);
    Object.assign(scene.store, {
      all: (sql: string, ...binds: never[]) => {
        if (sql.includes('ENTRIES') || sql.includes('+seq')) seen.push(...plans(sql));
        return all(sql, ...binds);
      },
    });
    scene.reopened().record([deleted('a', NOON), deleted('b', NOON)]);
    expect(seen.join('\n')).toContain('SEARCH entries USING INDEX entries_by_time (occurred_at=?)');
    expect(seen.join('\n')).not.toContain('SCAN entries');
  });
});

describe('countedIn', () => {
  it('stops reading when it has twenty', () => {
    const engine = compile({ version: 'one', rules: [FED, counting('vm.deleted', 2)] });
    const correlation = counting('vm.deleted', 2);
    let read = 0;
    function* stored(): Iterable<Accepted> {
      for (let seq = 1; ; seq++) {
        read++;
        yield {
          seq,
          id: `e${seq}`,
          revision: 0,
          createdAt: NOON,
          occurredAt: NOON,
          body: { action: 'vm.deleted', actor: { id: 'alice' } },
        };
      }
    }
    const past = { entriesAt: stored };
    const window = {
      correlation,
      key: '{"actor.id":"alice"}',
      window: { at: NOON, value: 2, times: [NOON - HOUR, NOON] },
    };
    expect(contributingEntries(window, 1_000, past, engine, createCorrelator([FED, correlation]))).toHaveLength(20);
    expect(read).toBe(20);
  });

  it('leaves out an entry that cannot be written down, and lives on', () => {
    const correlation = counting('vm.deleted', 2);
    const engine = compile({ version: 'one', rules: [FED, correlation] });
    const stored = (['alice', JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 'alice'] as unknown[]).map(
      (id, i): Accepted => ({
        seq: i,
        id: `e${i}`,
        revision: 0,
        createdAt: NOON,
        occurredAt: NOON,
        body: { action: 'vm.deleted', actor: { id } },
      }),
    );
    const past = { entriesAt: () => stored };
    const window = { correlation, key: '{"actor.id":"alice"}', window: { at: NOON, value: 2, times: [NOON] } };
    const correlator = createCorrelator([FED, correlation]);
    expect(contributingEntries(window, 9, past, engine, correlator).map(({ entry }) => entry.id)).toEqual(['e0', 'e2']);
  });
});
