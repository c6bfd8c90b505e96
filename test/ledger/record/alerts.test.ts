/** From matches to alerts: one a rule and key while it is unresolved, however often and in whatever order the entries are read. */

import { describe, expect, it } from 'vitest';
import type { Batch, Incoming } from '../../../src/ledger/rpc.ts';
import { compile } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import { differentValues, sameValues } from '../../support/look-alikes.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  entries,
  entry,
  HOUR,
  incoming,
  MINUTE,
  NOON,
  onAction,
  route,
  type Scene,
  SECOND,
} from '../scene.ts';

const RULE = onAction('vm.deleted');
const BY_ACTOR = onAction('vm.deleted', { tocsin: { ...RULE.tocsin, dedupBy: ['actor.id'] } });

/** A deletion by an actor with any id, also one that only JSON can write; undefined: without an id. */
function deletedBy(id: string, actor: unknown): Incoming {
  const written = typeof actor === 'number' && !Number.isFinite(actor) ? `${actor < 0 ? '-' : ''}1e400` : actor;
  const { text } = deleted(id, NOON, null, { actor: { id: written } });
  return incoming(id, NOON, written === actor ? text : text.replace(`"${written}"`, String(written)));
}
const BY_ALICE = { who: 'alice@example.com', via: 'cli', seenLevel: null } as const;
const BACKFILLED: Partial<Batch> = { suppressBefore: NOON + DAY };

type AlertRow = {
  id: number;
  key: string;
  begins: number;
  count: number;
  state: string;
  last_at: number;
  backfilled: number;
};
const alertsOf = ({ store }: Scene): AlertRow[] =>
  store.all<AlertRow>('SELECT id, key, begins, count, state, last_at, backfilled FROM alerts ORDER BY id');

describe('one alert a rule and key', () => {
  it('is opened by the first match, notified once per receiver, and updated by the next', () => {
    const scene = createScene([RULE], { receivers: [route('slack'), route('mail')] });
    const { opened } = scene.record([deleted('a', NOON - HOUR / 2), deleted('b', NOON - 9 * MINUTE)]);
    expect(opened).toHaveLength(1);
    expect(opened[0]).toMatchObject({
      rule: 'vm.deleted',
      level: 'high',
      decisions: [{ notify: true, kind: 'opened', reason: 'first match' }],
      evidence: 'action=vm.deleted',
    });
    scene.record([deleted('c', NOON)]);
    expect(alertsOf(scene)).toMatchObject([
      { key: '{"actor.id":"alice"}', begins: NOON - HOUR / 2, count: 3, last_at: NOON },
    ]);
    expect(scene.store.all('SELECT receiver FROM deliveries ORDER BY id')).toEqual([
      { receiver: 'slack' },
      { receiver: 'mail' },
    ]);
    expect(scene.count('matches')).toBe(3);
  });

  it('is another for another key, and after seven days', () => {
    const scene = createScene([RULE]);
    const later = NOON + 7 * DAY;
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    scene.record([deleted('d', later - 1, 'bob'), deleted('c', later)], { now: later });
    expect(alertsOf(scene).map(({ key, begins }) => [key, begins])).toEqual([
      ['{"actor.id":"alice"}', NOON],
      ['{"actor.id":"bob"}', NOON],
      ['{"actor.id":"alice"}', later],
    ]);
    expect(alertsOf(scene).map(({ state, count }) => [state, count])).toEqual([
      ['resolved', 1],
      ['open', 2],
      ['open', 1],
    ]);
    expect(scene.store.all('SELECT previous, resolution FROM alerts ORDER BY id')).toEqual([
      { previous: null, resolution: `{"reason":"superseded","by":"tocsin","at":${later},"comment":null}` },
      { previous: null, resolution: null },
      { previous: 1, resolution: null },
    ]);
  });

  it.each([
    [HOUR, 2],
    [HOUR + 1, 1],
    [30 * DAY, 1],
  ])('is another after what the rule says instead: %i ms', (dedupReopenMs, alerts) => {
    const scene = createScene([onAction('vm.deleted', { tocsin: { ...RULE.tocsin, dedupReopenMs } })]);
    scene.record([deleted('a', NOON)]);
    scene.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    expect(alertsOf(scene)).toHaveLength(alerts);
  });

  it('superseded, is resolved for those who change what they show', () => {
    const receivers = [route('slack'), route('pager', { forPrograms: true })];
    const scene = createScene([onAction('vm.deleted')], { receivers });
    scene.record([deleted('a', NOON)]);
    const later = NOON + 8 * DAY;
    scene.record([deleted('b', later)], { now: later });
    scene.record([deleted('c', later + 1)], { now: later + 1 });
    const sent = scene.notifications("alert IS NOT NULL AND receiver = 'pager'");
    expect(sent.map(({ kind, alert }) => `${kind} ${alert.id}`)).toEqual(['opened 1', 'opened 2', 'resolved 1']);
    expect(scene.notifications("receiver = 'slack' AND notification ->> '$.kind' = 'resolved'")).toEqual([]);
  });

  it('takes a late match', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('b', NOON)]);
    scene.record([deleted('a', NOON - 2 * MINUTE)]);
    expect(alertsOf(scene)).toMatchObject([{ begins: NOON - 2 * MINUTE, count: 2, last_at: NOON }]);
  });

  it('dates an entry of the future at the beginning of its scan', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON + 300 * DAY), deleted('b', NOON)]);
    expect(alertsOf(scene)).toMatchObject([{ begins: NOON, count: 2 }]);
  });

  it('keeps its first hundred matches with their evidence, and counts them all', () => {
    const scene = createScene([RULE]);
    scene.record(entries(100, NOON - MINUTE, 1).map(({ id, createdAt }) => deleted(id, createdAt)));
    scene.record(entries(50, NOON - MINUTE, 1, 'f').map(({ id, createdAt }) => deleted(id, createdAt)));
    expect([alertsOf(scene)[0]?.count, scene.count('matches')]).toEqual([150, 100]);
  });

  it('survives hostile keys: each its own', () => {
    const scene = createScene([RULE]);
    const actors = [
      'x'.repeat(5_000),
      `${'x'.repeat(4_999)}y`,
      '\ud800',
      '\ufffd',
      '{"actor.id":"alice"}',
      '__proto__',
      '',
      ['a'],
      { a: 1 },
      7,
    ];
    const page = actors.map((actor, i) => deleted(`e${i}`, NOON, actor));
    scene.record(page);
    expect(alertsOf(scene)).toHaveLength(actors.length);
    scene.reopened().record(page.map(({ createdAt }, i) => deleted(`again${i}`, createdAt, actors[i])));
    expect(alertsOf(scene).map(({ count }) => count)).toEqual(actors.map(() => 2));
  });

  it.each(differentValues)('are two where %s', (_, a, b) => {
    const scene = createScene([BY_ACTOR]);
    scene.record([deletedBy('a', a), deletedBy('b', b)]);
    expect(alertsOf(scene).map(({ count }) => count)).toEqual([1, 1]);
    // What is stored is found again.
    scene.reopened().record([deletedBy('c', b), deletedBy('d', a)]);
    expect(alertsOf(scene).map(({ count }) => count)).toEqual([2, 2]);
  });

  it.each(sameValues)('are one where %s', (_, a, b) => {
    const scene = createScene([BY_ACTOR]);
    scene.record([deletedBy('a', a)]);
    scene.reopened().record([deletedBy('b', b)]);
    expect(alertsOf(scene).map(({ count }) => count)).toEqual([2]);
  });

  it('are of the address where there is no actor, and of neither where there is none', () => {
    const scene = createScene([RULE]);
    const from = (id: string, client_ip: unknown, actor: unknown = null) => deleted(id, NOON, actor, { client_ip });
    scene.record([from('a', '192.0.2.1'), from('b', '2001:db8::1'), from('c', null), from('d', '', '')]);
    scene.record([from('e', '::ffff:192.0.2.1'), from('f', '2001:db8::2'), deletedBy('g', undefined)]);
    scene.record([from('h', '192.0.2.1', '192.0.2.1')]);
    const shown = scene.store.all<{ key_parts: string; count: number }>('SELECT key_parts, count FROM alerts');
    expect(shown.map(({ key_parts: key, count }) => [JSON.parse(key), count])).toEqual([
      [[{ field: 'client_ip', value: '192.0.2.1' }], 2],
      [[{ field: 'client_ip', value: '2001:db8::/64' }], 2],
      [
        [
          { field: 'actor.id', value: null },
          { field: 'client_ip', value: null },
        ],
        2,
      ],
      [[{ field: 'actor.id', value: '' }], 1],
      [[{ field: 'actor.id', value: '192.0.2.1' }], 1],
    ]);
  });

  it('an informational one is stored and not notified', () => {
    const scene = createScene([{ ...RULE, level: 'informational' }]);
    expect(scene.record([deleted('a', NOON)]).opened).toMatchObject([
      { decisions: [{ notify: false, reason: "below the receiver's level" }] },
    ]);
    expect([scene.count('alerts'), scene.count('deliveries')]).toEqual([1, 0]);
  });

  it('a rule that only feeds others opens none', () => {
    const scene = createScene([{ ...RULE, alerts: false }]);
    expect(scene.record([deleted('a', NOON)]).opened).toEqual([]);
  });
});

describe('growth', () => {
  /** Matches `from` to `to`, a second apart, each of a page its own. */
  const grow = (scene: Scene, from: number, to: number, more: Partial<Batch> = {}) => {
    for (let i = from; i <= to; i++) scene.record([deleted(`g${i}`, NOON - 40 * MINUTE + i * SECOND)], more);
  };
  const notified = (scene: Scene) =>
    scene.notifications().map(({ kind, alert, entry }) => [kind, alert.count, entry.id]);

  it('notifies when the count reaches ten, with the tenth match', () => {
    const scene = createScene([RULE]);
    grow(scene, 1, 9);
    expect(notified(scene)).toEqual([['opened', 1, 'g1']]);
    grow(scene, 10, 12);
    expect(notified(scene)).toEqual([
      ['opened', 1, 'g1'],
      ['updated', 10, 'g10'],
    ]);
    const decisions = scene.store
      .all<{ decision: string | null }>('SELECT decision FROM matches ORDER BY seq')
      .map((row) => decisionName(row.decision));
    const deferred = (count: number) => Array.from({ length: count }, () => 'deferred');
    expect(decisions).toEqual(['opened: first match', ...deferred(8), 'updated: count grown tenfold', ...deferred(2)]);
  });

  it('notifies at ten, a hundred and a thousand, even within one page', () => {
    const scene = createScene([RULE]);
    const page = entries(1_200, NOON - 30 * MINUTE, SECOND).map(({ id, createdAt }) => deleted(id, createdAt));
    for (let i = 0; i < page.length; i += 100) scene.record(page.slice(i, i + 100));
    expect(notified(scene).map(([kind, count]) => [kind, count])).toEqual([
      ['opened', 1],
      ['updated', 10],
      ['updated', 100],
      ['updated', 1_000],
    ]);
    // The hundred first matches, and the one that reached a thousand.
    expect(scene.count('matches')).toBe(101);
  });

  it('does not come from entries that are read again', () => {
    const scene = createScene([RULE]);
    for (let i = 0; i < 4; i++) grow(scene, 1, 9);
    expect(notified(scene)).toHaveLength(1);
  });

  it('passed by backfilled matches is notified with the next live one', () => {
    const scene = createScene([RULE]);
    grow(scene, 1, 9);
    grow(scene, 10, 10, BACKFILLED);
    expect(notified(scene)).toEqual([['opened', 1, 'g1']]);
    grow(scene, 11, 20);
    expect(notified(scene)).toEqual([
      ['opened', 1, 'g1'],
      ['updated', 11, 'g11'],
    ]);
  });

  it('counts the backfilled ones for the first live match, which opens', () => {
    const scene = createScene([RULE]);
    grow(scene, 1, 9, BACKFILLED);
    grow(scene, 10, 11);
    expect(notified(scene)).toEqual([['opened', 10, 'g10']]);
  });

  it('is not notified if the transaction fails, and is by the next', () => {
    const scene = createScene([RULE]);
    grow(scene, 1, 9);
    scene.failNext('INSERT INTO deliveries');
    expect(() => grow(scene, 10, 10)).toThrow('the disk is full');
    expect(notified(scene)).toHaveLength(1);
    grow(scene, 10, 10);
    expect(notified(scene)).toHaveLength(2);
  });

  it('rewrites no index: one row for the alert, one with its index for the match', () => {
    const scene = createScene([RULE]);
    grow(scene, 1, 2);
    const sql: string[] = [];
    scene.watch((statement) => sql.push(statement));
    grow(scene, 3, 3);
    const updates = sql.filter((statement) => /(INTO|UPDATE) alerts/.test(statement));
    expect(updates).toHaveLength(1);
    expect(updates[0]).not.toMatch(/\b(rule|key|begins|level|state|wakes_at|resolves_at)\b/);
  });
});

describe('routing', () => {
  const receivers = [
    route('all', { minLevel: 'informational' }),
    route('usual'),
    route('pager', { minLevel: 'critical' }),
  ];
  const sent = ({ store }: Scene) =>
    store.all('SELECT receiver, state, reason, settled_at FROM deliveries ORDER BY id');

  it('sends to receivers that take the level, and the decision says why not to the others', () => {
    const scene = createScene([RULE], { receivers });
    scene.record([deleted('a', NOON)]);
    expect(sent(scene)).toEqual([
      { receiver: 'all', state: 'waiting', reason: null, settled_at: null },
      { receiver: 'usual', state: 'waiting', reason: null, settled_at: null },
    ]);
    const decided = scene.store.all<{ decision: string }>('SELECT decision FROM matches');
    expect(decided.map(({ decision }) => decisionName(decision))).toEqual([
      "opened: first match (all usual), below the receiver's level (pager)",
    ]);
    scene.makeDue(NOON + MINUTE);
    expect(receivers.map(({ name }) => scene.outbox.take(name, NOON + MINUTE).kind)).toEqual(['due', 'due', 'nothing']);
  });

  it('notifies a receiver that asks for informational alerts', () => {
    const scene = createScene([{ ...RULE, level: 'informational' }], { receivers });
    expect(scene.record([deleted('a', NOON)]).opened).toMatchObject([
      {
        decisions: [
          { notify: true, kind: 'opened', reason: 'first match', receivers: ['all'] },
          { notify: false, reason: "below the receiver's level", receivers: ['usual', 'pager'] },
        ],
      },
    ]);
    expect(sent(scene)).toMatchObject([{ receiver: 'all', state: 'waiting' }]);
  });

  it('decides that no receiver takes the level, and stores no delivery', () => {
    const scene = createScene([{ ...RULE, level: 'medium' }], {
      receivers: [route('pager', { minLevel: 'critical' })],
    });
    expect(scene.record([deleted('a', NOON)]).opened).toMatchObject([
      { decisions: [{ notify: false, reason: "below the receiver's level" }] },
    ]);
    expect(scene.count('deliveries')).toBe(0);
  });

  it('sends also where a receiver has a problem: it waits, and can be seen to wait', () => {
    const scene = createScene([RULE], { receivers: [route('slack', { problem: 'SLACK_WEBHOOK_URL is not set' })] });
    scene.record([deleted('a', NOON)]);
    scene.makeDue(NOON + MINUTE);
    expect(sent(scene)).toMatchObject([{ receiver: 'slack', state: 'pending' }]);
  });

  it('without a receiver, decides nothing', () => {
    const scene = createScene([RULE], { receivers: [] });
    expect(scene.record([deleted('a', NOON)]).opened).toMatchObject([{ decisions: [] }]);
  });

  it('of a receiver that programs read, is a message by itself, at once', () => {
    const scene = createScene([RULE], { receivers: [route('hook', { forPrograms: true }), route('slack')] });
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    expect(sent(scene).map(({ receiver, state }) => `${receiver} ${state}`)).toEqual([
      'hook pending',
      'slack waiting',
      'hook pending',
      'slack waiting',
    ]);
  });
});

describe('the status of an alert', () => {
  it('stays open, however late it is', () => {
    const scene = createScene([{ ...RULE, level: 'critical' }]);
    scene.record([deleted('a', NOON - HOUR)]);
    scene.record([], { now: NOON + 300 * DAY, save: true });
    expect(alertsOf(scene)).toMatchObject([{ state: 'open' }]);
  });

  it('resolved, it takes a late match without a notification, and what is new opens another', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - MINUTE)]);
    scene.ledger.act({ ...BY_ALICE, alerts: [1], act: { act: 'resolve', reason: 'expected', comment: null } }, NOON);
    scene.record([deleted('late', NOON - 2 * MINUTE)]);
    expect(alertsOf(scene)).toMatchObject([{ state: 'resolved', count: 2 }]);
    scene.record([deleted('b', NOON)]);
    expect(alertsOf(scene).map(({ state, count }) => [state, count])).toEqual([
      ['resolved', 2],
      ['open', 1],
    ]);
  });

  it('closed by an older version, it is resolved', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - MINUTE)]);
    scene.store.run("UPDATE alerts SET state = 'closed'");
    scene.record([deleted('b', NOON)]);
    expect(alertsOf(scene).map(({ state, count }) => [state, count])).toEqual([
      ['closed', 1],
      ['open', 1],
    ]);
  });
});

describe('backfilled', () => {
  it('is opened without notifying; the first live match notifies', () => {
    const scene = createScene([RULE]);
    expect(scene.record([deleted('a', NOON - 9 * MINUTE)], BACKFILLED).opened).toMatchObject([
      { decisions: [{ notify: false, reason: 'backfilled' }] },
    ]);
    expect(scene.count('deliveries')).toBe(0);
    scene.record([deleted('b', NOON - 8 * MINUTE)]);
    expect(scene.notifications()).toMatchObject([
      {
        kind: 'opened',
        alert: { count: 2, firstAt: NOON - 9 * MINUTE, lastAt: NOON - 8 * MINUTE },
        entry: { id: 'b' },
      },
    ]);
    scene.record([deleted('c', NOON - 7 * MINUTE)]);
    expect(scene.notifications()).toHaveLength(1);
    expect(alertsOf(scene)).toMatchObject([{ backfilled: 0, count: 3 }]);
  });

  it('ends at the given time: entries created after it notify', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - 2 * HOUR + HOUR), deleted('b', NOON - MINUTE, 'bob')], {
      suppressBefore: NOON - MINUTE,
    });
    expect(scene.store.all('SELECT alert FROM deliveries')).toEqual([{ alert: 2 }]);
  });

  it('joining an alert that people were notified of notifies nobody, and does not make it backfilled', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('b', NOON)]);
    scene.record([deleted('a', NOON - MINUTE)], BACKFILLED);
    expect([alertsOf(scene)[0]?.backfilled, scene.count('deliveries')]).toEqual([0, 1]);
  });
});

describe('windows', () => {
  const fed = onAction('vm.deleted', { alerts: false });
  const many = counting('vm.deleted', 3);

  it('fire over pages, by group', () => {
    const scene = createScene([fed, many]);
    scene.record([
      deleted('a', NOON - 9 * MINUTE),
      deleted('b', NOON - 8 * MINUTE),
      deleted('x', NOON - 7 * MINUTE, 'bob'),
    ]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('c', NOON)]);
    expect(alertsOf(scene)).toMatchObject([{ key: '{"actor.id":"alice"}', begins: NOON, count: 1 }]);
    expect(scene.notifications()[0]).toMatchObject({
      window: { type: 'event_count', value: 3, timespanMs: 10 * MINUTE, condition: '3 or more' },
    });
  });

  it('are completed by a late entry, and the match is dated at the window’s end', () => {
    const scene = createScene([fed, many]);
    scene.record([deleted('a', NOON - 2 * MINUTE), deleted('c', NOON)]);
    scene.record([deleted('b', NOON - MINUTE)]);
    expect(alertsOf(scene)).toMatchObject([{ begins: NOON, count: 1 }]);
  });

  it('count an entry once, though it satisfies two of their rules', () => {
    const other = onAction('vm.deleted', { id: 'other', alerts: false });
    const scene = createScene([fed, other, counting('vm.deleted', 2, { rules: ['vm.deleted', 'other'] })]);
    scene.record([deleted('a', NOON)]);
    expect(scene.count('alerts')).toBe(0);
  });

  it('are not fed by what is known', () => {
    const scene = createScene([fed, many]);
    for (let i = 0; i < 5; i++) scene.record([deleted('a', NOON), deleted('b', NOON)]);
    expect(scene.count('alerts')).toBe(0);
  });

  it('dedup by what the rule says, else by their group', () => {
    const byTarget = { ...many, tocsin: { ...many.tocsin, dedupBy: ['target.id'] } };
    const scene = createScene([fed, byTarget]);
    scene.record([1, 2, 3].map((i) => entry(`e${i}`, NOON, { action: 'vm.deleted', target: { id: 't' } })));
    expect(alertsOf(scene)).toMatchObject([{ key: '{"target.id":"t"}' }]);
  });

  it('are one row a group and page', () => {
    const scene = createScene([fed, counting('vm.deleted', 1_000)]);
    const page = (prefix: string) =>
      entries(100, NOON - MINUTE, 1, prefix).map(({ id, createdAt }) => deleted(id, createdAt));
    scene.record(page('a'));
    const rows = scene.written(() => scene.record(page('b')));
    // 100 entries, their batch, the window, how often the rule matched, the state.
    expect(rows).toBe(104);
  });
});

describe('when the rules change', () => {
  const fed = onAction('vm.deleted', { alerts: false });
  const engineOf = (...rules: Parameters<typeof createScene>[0] & object) => compile({ version: 'two', rules });

  it('windows go on where only what becomes of matches has', () => {
    const scene = createScene([fed, counting('vm.deleted', 3)]);
    scene.record([deleted('a', NOON), deleted('b', NOON)]);
    const tocsin = { runbook: null, dedupBy: ['client_ip'], dedupPeriodMs: MINUTE, dedupReopenMs: null };
    const changed = engineOf(
      { ...fed, level: 'low', alerts: true },
      counting('vm.deleted', 3, { level: 'critical', tocsin }),
    );
    scene.reopened({ engine: changed }).record([deleted('c', NOON)]);
    expect(scene.store.all("SELECT level FROM alerts WHERE rule = 'many vm.deleted'")).toEqual([{ level: 'critical' }]);
  });

  it('words alone change nothing', () => {
    const scene = createScene([fed, counting('vm.deleted', 3)]);
    scene.record([deleted('a', NOON), deleted('b', NOON)]);
    scene
      .reopened({ engine: engineOf(fed, counting('vm.deleted', 3, { title: 'Other words', tags: ['new'] })) })
      .record([deleted('c', NOON)]);
    expect(scene.count('alerts')).toBe(1);
  });

  it('open alerts stay, and take the matches of the changed rule', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON - MINUTE)]);
    scene.reopened({ engine: engineOf({ ...RULE, title: 'Changed' }) }).record([deleted('b', NOON)]);
    expect(alertsOf(scene)).toMatchObject([{ count: 2, state: 'open' }]);
  });
});

describe('replay', () => {
  it('of the same entries by the same batches gives the same alerts, and says the same', () => {
    const short = { runbook: null, dedupBy: null, dedupPeriodMs: 12 * MINUTE, dedupReopenMs: null };
    const rules = [{ ...RULE, tocsin: short }, counting('vm.deleted', 3, { timespanMs: MINUTE, tocsin: short })];
    const story = entries(200, NOON - 40 * MINUTE, 11 * SECOND).map(({ id, createdAt }, i) =>
      deleted(id, createdAt - (i % 7 === 0 ? 4 * MINUTE : 0), ['alice', 'bob', 'carol'][i % 3], {
        client_ip: `192.0.${i < 120 ? 2 : 3}.1`,
      }),
    );
    const run = () => {
      const scene = createScene(rules);
      for (let i = 0; i < story.length; i += 23) {
        const page = story.slice(i, i + 23);
        scene.record(page, { began: Math.max(...page.map(({ createdAt }) => createdAt)) });
      }
      return scene;
    };
    const first = run();
    const seqs = first.store.all<{ id: string; created_at: number; body: string }>(
      'SELECT id, created_at, body FROM entries ORDER BY seq',
    );
    const batches = first.store.all<{ first_seq: number; last_seq: number; began: number }>(
      'SELECT * FROM batches ORDER BY first_seq',
    );
    const again = createScene(rules);
    for (const { first_seq, last_seq, began } of batches) {
      const part = seqs.slice(first_seq - 1, last_seq);
      again.record(
        part.map(({ id, created_at, body }) => incoming(id, created_at, body)),
        { began },
      );
    }
    for (const table of ['alerts', 'matches', 'windows', 'activity', 'deliveries']) {
      expect(again.store.all(`SELECT * FROM ${table}`)).toEqual(first.store.all(`SELECT * FROM ${table}`));
    }
    expect(first.count('alerts')).toBeGreaterThan(3);
    for (const kind of ['opened', 'updated']) {
      expect(first.count('deliveries', `notification ->> '$.kind' = '${kind}'`), kind).toBeGreaterThan(1);
    }
    expect(first.count('matches', 'decision IS NULL')).toBeGreaterThan(3);
  });
});
