import { describe, expect, it } from 'vitest';
import { EVERY_ALERT } from '../../../src/ledger/alert-query.ts';
import type { Views } from '../../../src/ledger/read/views.ts';
import { evict } from '../../../src/ledger/record/retention.ts';
import type { AlertQuery } from '../../../src/ledger/rpc.ts';
import { DAMAGED } from '../../../src/ledger/store/rows.ts';
import { readState } from '../../../src/ledger/store/state.ts';
import { compile } from '../../../src/sigma/index.ts';
import { scopeIn } from '../../support/scope.ts';
import { counting, DAY, entry, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';
import { DELETED, deletion, ids, MANY, QUIET, staged } from './views-scene.ts';

describe('an alert', () => {
  it('that does not exist is null', () => {
    const { views } = staged([]);
    for (const id of [1, 0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER]) expect(views.alert(id, null)).toBeNull();
  });

  it('has its entries by time, and its notifications, or why there were none', () => {
    const receivers = [route('slack'), route('pager', { minLevel: 'critical' })];
    const { scene, views } = staged([DELETED], receivers);
    scene.record(Array.from({ length: 11 }, (_, i) => deletion(`d${10 - i}`, NOON - i * SECOND)));
    scene.record([deletion('late', NOON - 4.5 * SECOND)]);
    const page = views.alert(1, null);
    expect(page?.alert).toMatchObject({
      count: 12,
      status: 'open',
      level: 'high',
      key: [{ field: 'actor.id', value: 'alice' }],
    });
    expect(page?.timeline.map(({ entry }) => entry?.id)).toEqual([
      ...['d0', 'd1', 'd2', 'd3', 'd4', 'd5', 'late', 'd6', 'd7', 'd8', 'd9', 'd10'],
    ]);
    expect(page?.timeline[0]).toMatchObject({
      part: 'matched',
      decisions: [
        { kind: 'opened', reason: 'first match', receivers: ['slack'] },
        { notify: false, reason: "below the receiver's level", receivers: ['pager'] },
      ],
    });
    expect(page?.timeline[0]?.evidence).toEqual([{ selection: 'selection', field: 'action', value: 'vm.deleted' }]);
    expect(page?.deliveries.map(({ receiver, what, state }) => [receiver, what, state])).toEqual([
      ['slack', 'opened', 'waiting'],
      ['slack', 'updated', 'waiting'],
    ]);
    expect(page).toMatchObject({ more: 0, acts: [] });
  });

  it('counts matches that were not stored, and has what was done with it', () => {
    const { scene, views } = staged([DELETED]);
    scene.record(Array.from({ length: 150 }, (_, i) => deletion(`d${i}`, NOON - MINUTE + i * 100)));
    expect(views.alert(1, null)?.timeline).toHaveLength(100);
    expect(views.alert(1, null)?.more).toBe(50);
    expect(views.alert(1, null)?.deliveries.map(({ what }) => what)).toEqual(['opened', 'updated', 'updated']);
    const of = { alerts: [1], who: 'Ada', via: 'page', seenLevel: null };
    scene.ledger.act({ ...of, act: { act: 'acknowledge', comment: 'on it' } }, NOON + MINUTE);
    expect(views.alert(1, null)).toMatchObject({
      alert: { status: 'acknowledged', acknowledged: { by: 'Ada', count: 150 }, resolution: null },
    });
    scene.ledger.act({ ...of, act: { act: 'assign', to: 'Bob' } }, NOON + 2 * MINUTE);
    scene.ledger.act({ ...of, act: { act: 'resolve', reason: 'expected', comment: null } }, NOON + 3 * MINUTE);
    const page = views.alert(1, null);
    expect(page).toMatchObject({
      alert: {
        ...{ status: 'resolved', count: 150, assignee: 'Bob', acknowledged: null },
        resolution: { reason: 'expected', by: 'Ada', at: NOON + 3 * MINUTE, comment: null },
      },
      acts: [
        { act: 'acknowledge', who: 'Ada', via: 'page', at: NOON + MINUTE, detail: { comment: 'on it' } },
        { act: 'assign', detail: { to: 'Bob' } },
        { act: 'resolve', detail: { reason: 'expected' } },
      ],
    });
    // Somebody knows: what waited is not sent.
    expect(new Set(page?.deliveries.map(({ state, reason }) => `${state}: ${reason}`))).toEqual(
      new Set(['suppressed: acknowledged by Ada']),
    );
  });

  it('has what happens next, the alert before it, the silences over it, and why nobody was notified', () => {
    const { scene, views } = staged([DELETED]);
    const later = NOON + 8 * DAY;
    scene.record([deletion('first', NOON)]);
    scene.record([deletion('a', later), deletion('b', later + MINUTE)], { now: later + MINUTE });
    const silence = (matchers: object, startsAt: number, endsAt: number) => {
      const asked = { matchers, startsAt, endsAt, comment: 'x' };
      scene.ledger.silence({ silence: JSON.stringify(asked), who: 'Ada', via: 'page' }, later + MINUTE);
    };
    silence({ actor: 'alice' }, later, later + DAY);
    silence({ rule: DELETED.id }, later + 2 * DAY, later + 3 * DAY);
    silence({ actor: 'bob' }, later, later + DAY);
    silence({ actor: 'alice', level: 'low' }, later, later + DAY);
    expect(views.alert(2, null)).toMatchObject({
      previous: { id: 1, count: 1, status: 'resolved' },
      next: {
        notified: { slack: { count: 1, deferred: { kind: 'recurred', to: later + 4 * 60 * MINUTE } } },
        ...{ escalations: [], silencedUntil: null, resolvesAt: null },
      },
      silences: [{ id: 2 }, { id: 1 }],
      decided: {},
    });
    expect(views.alert(1, null)).toMatchObject({ previous: null, next: { resolvesAt: null } });
    const many = staged([DELETED]);
    many.scene.record(Array.from({ length: 150 }, (_, i) => deletion(`d${i}`, NOON - MINUTE + i * 100)));
    expect(many.views.alert(1, null)?.decided).toEqual({ deferred: 50 });
  });

  it('is shown where what is stored of it is damaged', () => {
    const { scene, views } = staged([DELETED]);
    scene.record([deletion('a', NOON)]);
    scene.store.run("UPDATE alerts SET notified = '{', escalations = '[', decided = ''");
    expect(views.alert(1, null)).toMatchObject({ next: { notified: {}, escalations: [] }, decided: {} });
  });

  it('says how many more entries contributed than it has, as the message does', () => {
    const { scene, views } = staged([{ ...DELETED, alerts: false }, counting('vm.deleted', 50)]);
    scene.record(Array.from({ length: 50 }, (_, i) => deletion(`d${i}`, NOON - MINUTE + i * 100)));
    const page = views.alert(1, null);
    expect(page?.timeline.map(({ part }) => part).filter((part) => part === 'contributing')).toHaveLength(20);
    // 49 before the one that matched.
    expect(page).toMatchObject({ more: 0, moreContributing: 29 });
  });

  it('says that no more contributed where all of them are there', () => {
    const { scene, views } = staged([{ ...DELETED, alerts: false }, counting('vm.deleted', 5)]);
    scene.record(Array.from({ length: 8 }, (_, i) => deletion(`d${i}`, NOON - MINUTE + i * 100)));
    expect(views.alert(1, null)).toMatchObject({ alert: { count: 4 }, moreContributing: 0 });
  });

  it('outlives its entries: the match is there, the entry is null', () => {
    const { scene, views } = staged([DELETED, MANY]);
    scene.record([1, 2, 3].map((i) => deletion(`d${i}`, NOON - i * SECOND)));
    const state = readState(scene.store);
    if (state === null) throw new Error('no state');
    const later = { ...state, latestBegan: NOON + 31 * DAY, evictedAt: 0 };
    evict(scene.store, later, {
      retentionMs: 30 * DAY,
      engine: compile({ version: 'one', rules: [] }),
    });
    expect(scene.count('entries')).toBe(0);
    for (const id of [1, 2]) {
      const page = views.alert(id, null);
      expect(page?.timeline).toHaveLength(3);
      expect(page?.timeline.every(({ entry }) => entry === null)).toBe(true);
      expect(page?.timeline[0]?.evidence[0]?.value).toBe('vm.deleted');
    }
    expect(views.entry('d1', null)).toBeNull();
    expect(views.entry('d1', scopeIn(scene.store, 1))).toBeNull();
    expect(views.rules().every(({ lastEntry }) => lastEntry === null)).toBe(true);
    expect(views.overview(NOON).newest).toEqual([]);
  });
});

describe('alerts', () => {
  const rules = [DELETED, onAction('key.deleted', { level: 'low' })];

  /** 120 alerts, every third of a low level; those of the first hour closed by an older version. */
  function crowd(): { scene: Scene; views: Views } {
    const { scene, views } = staged(rules);
    scene.record(
      Array.from({ length: 120 }, (_, i) =>
        entry(`e${i}`, NOON - 30 * MINUTE + i * SECOND, {
          action: i % 3 === 0 ? 'key.deleted' : 'vm.deleted',
          actor: { id: `actor ${i}` },
        }),
      ),
    );
    scene.store.run("UPDATE alerts SET state = 'closed' WHERE id <= 50");
    scene.store.run("UPDATE alerts SET state = 'resolved' WHERE id = 60");
    return { scene, views };
  }

  /** The ids of every page, one after another. */
  function paged(views: Views, query: Partial<AlertQuery>): number[][] {
    const pages: number[][] = [];
    let before: number | null = null;
    do {
      const list = views.alerts({ ...EVERY_ALERT, ...query, before });
      pages.push(list.alerts.map(({ id }) => id));
      before = list.next;
    } while (before !== null && pages.length < 20);
    return pages;
  }

  const down = (from: number, to: number, which = (_: number) => true) =>
    Array.from({ length: from - to + 1 }, (_, i) => from - i).filter(which);

  it('come newest first, fifty to a page, each once', () => {
    const { views } = crowd();
    expect(paged(views, { status: 'all' })).toEqual([down(120, 71), down(70, 21), down(20, 1)]);
    expect(paged(views, { status: 'unresolved' })).toEqual([down(120, 71), down(70, 51, (id) => id !== 60)]);
  });

  it.each([
    ['by level', { status: 'all', level: 'low' }, (id: number) => id % 3 === 1],
    ['by rule', { status: 'all', rule: DELETED.id }, (id: number) => id % 3 !== 1],
    ['open, by level', { status: 'unresolved', level: 'low' }, (id: number) => id % 3 === 1 && id > 50],
    ['by both that exclude each other', { status: 'all', level: 'low', rule: DELETED.id }, () => false],
    ['by an unknown level', { status: 'all', level: "' OR 1=1" }, () => false],
  ] as const)('are found %s', (_, query, which) => {
    const { views } = crowd();
    const isThere = (id: number) => which(id) && (query.status === 'all' || id !== 60);
    expect(paged(views, query).flat()).toEqual(down(120, 1, isThere));
  });

  it('have no next page where exactly fifty are left', () => {
    const { views } = crowd();
    expect(views.alerts({ ...EVERY_ALERT, before: 51 }).next).toBeNull();
    expect(views.alerts({ ...EVERY_ALERT, before: 52 }).next).toBe(2);
  });
});

describe('alerts are found', () => {
  const TAGGED = onAction('key.deleted', { level: 'low', tags: ['attack.T1098'] });

  /** 1: alice, a high one in progress. 2: Bob, low, resolved. 3: alice's low one. 4: unauthenticated, assigned to nobody. */
  function some(): { scene: Scene; views: Views } {
    const { scene, views } = staged([DELETED, TAGGED]);
    const of = (id: string, at: number, action: string, actor: object | null, address: string) =>
      entry(id, at, { action, actor, client_ip: address });
    const alice = { id: 'a-1', name: 'Alice Ärger', type: 'user' };
    scene.record([
      of('e1', NOON - 9 * MINUTE, 'vm.deleted', alice, '192.0.2.7'),
      of('e2', NOON - 8 * MINUTE, 'key.deleted', { id: 'b-2', name: 'Bob', type: 'user' }, '198.51.100.9'),
      of('e3', NOON - 7 * MINUTE, 'key.deleted', alice, '203.0.113.5'),
      of('e4', NOON - 6 * MINUTE, 'vm.deleted', null, '203.0.113.9'),
      of('e5', NOON - 2 * MINUTE, 'vm.deleted', alice, '198.51.100.77'),
    ]);
    const act = { who: 'Ada', via: 'api', seenLevel: null };
    scene.ledger.act({ ...act, alerts: [1, 3], act: { act: 'assign', to: 'Ada' } }, NOON);
    scene.ledger.act({ ...act, alerts: [1], act: { act: 'acknowledge', comment: null } }, NOON);
    scene.ledger.act({ ...act, alerts: [2], act: { act: 'resolve', reason: 'expected', comment: null } }, NOON);
    return { scene, views };
  }

  it.each<[string, Partial<AlertQuery>, number[]]>([
    ['by status', { status: 'unresolved' }, [4, 3, 1]],
    ['by status', { status: 'open' }, [4, 3]],
    ['by status', { status: 'acknowledged' }, [1]],
    ['by status', { status: 'resolved' }, [2]],
    ['by an actor’s id', { actor: 'a-1' }, [3, 1]],
    ['by an actor’s name, in any case', { actor: 'alice ärger' }, [3, 1]],
    ['by a part of an actor’s name only where text is asked for', { actor: 'alice' }, []],
    ['by text in an actor', { text: 'äRG' }, [3, 1]],
    ['by text in the last match’s address', { text: '198.51.100' }, [2, 1]],
    ['by text in the key', { text: '203.0.113.9' }, [4]],
    ['by text in the title', { text: DELETED.title.slice(1).toUpperCase() }, [4, 1]],
    ['by text, in which nothing is a pattern', { text: '%' }, []],
    ['by a tag, in any case', { tag: 'ATTACK.t1098' }, [3, 2]],
    ['by a tag that no rule has', { tag: 'attack' }, []],
    ['by assignee', { assignee: 'ada' }, [3, 1]],
    ['by nobody as assignee', { assignee: '' }, [4, 2]],
    ['by when it was last seen', { since: NOON - 6 * MINUTE }, [4, 1]],
    ['by when it began', { until: NOON - 8 * MINUTE }, [1]],
    ['by both times', { since: NOON - 8 * MINUTE, until: NOON - 6 * MINUTE }, [3, 2, 1]],
    ['by all of several', { status: 'unresolved', actor: 'a-1', level: 'low', assignee: 'Ada' }, [3]],
    ['so many at most', { most: 2 }, [4, 3]],
    ['no more than fifty, and at least one', { most: -7 }, [4]],
  ])('%s: %o', (_, query, ids) => {
    const { views } = some();
    expect(views.alerts({ ...EVERY_ALERT, ...query }).alerts.map(({ id }) => id)).toEqual(ids);
  });

  it('with who the last match is of, from where, and from how many networks', () => {
    const { scene, views } = some();
    expect(views.alerts(EVERY_ALERT).alerts.at(-1)).toMatchObject({
      latest: {
        action: 'vm.deleted',
        actor: { id: 'a-1', name: 'Alice Ärger', type: 'user' },
        clientIp: '198.51.100.77',
      },
      networks: 2,
    });
    scene.store.run("UPDATE entries SET body = '{' WHERE id = 'e5'");
    expect(views.alert(1, null)?.alert.latest).toEqual({
      ...{ action: DAMAGED, clientIp: null },
      actor: { id: null, name: null, type: null },
    });
    expect(views.alerts({ ...EVERY_ALERT, text: 'x' }).alerts).toEqual([]);
    scene.store.run("DELETE FROM entries WHERE id = 'e5'");
    expect(views.overview(NOON).open.find(({ id }) => id === 1)?.latest).toBeNull();
    expect(views.entry('e1', null)?.parts[0]?.alert.latest).toBeNull();
  });
});

describe('a long list of alerts', () => {
  const RARE = 37;

  /** 5,000 alerts; every tenth is open; a few are of a rule of their own, all of them critical. */
  function long(): Views {
    const { scene, views } = staged([DELETED]);
    scene.store.run(
      `WITH RECURSIVE ids (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 5000)
       INSERT INTO alerts (id, rule, key, begins, period, state, backfilled, count, first_seq, last_seq, last_at, level, title, key_parts)
       SELECT id, iif(id % 613 = ${RARE}, 'rare', 'often'), id, id, 1, iif(id % 10 = 0 OR id % 613 = ${RARE}, 'open', 'closed'),
         0, 1, 1, 1, id, iif(id % 613 = ${RARE}, 'critical', 'low'), iif(id % 613 = ${RARE}, 'rare title', 'title'), '[]' FROM ids`,
    );
    return views;
  }

  it.each([
    ['all, by rule', { status: 'all', level: null, rule: 'rare' }],
    ['all, by level', { status: 'all', level: 'critical', rule: null }],
    ['open, by rule', { status: 'unresolved', level: null, rule: 'rare' }],
    ['all, by text', { text: 'rare title' }],
    ['open, by text', { status: 'unresolved', text: 'rare title' }],
    ['open, by status', { status: 'open', rule: 'rare' }],
    ['open, by both', { status: 'unresolved', level: 'critical', rule: 'rare' }],
  ] as const)('is searched a part at a time, and nothing is left out: %s', (_, query) => {
    const views = long();
    const found: number[] = [];
    let before: number | null = null;
    for (let pages = 0; pages === 0 || before !== null; pages++) {
      const list: ReturnType<Views['alerts']> = views.alerts({ ...EVERY_ALERT, ...query, before });
      expect(list.searchedTo).toBe(list.next);
      found.push(...list.alerts.map(({ id }) => id));
      before = list.next;
      expect(pages).toBeLessThan(15);
    }
    expect(found).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => n * 613 + RARE).filter((id) => id <= 5000));
  });

  it('is counted up to fifty of a level for the front page, and whole for an operator', () => {
    const { scene, views } = staged([DELETED]);
    scene.record(Array.from({ length: 60 }, (_, i) => deletion(`d${i}`, NOON - i * SECOND, `a${i}`)));
    const { status, open } = views.overview(NOON);
    expect(status).toMatchObject({
      alerts: { open: { high: 51 } },
      receivers: [{ waiting: 51 }],
      deliveries: { waiting: 51 },
    });
    expect(open).toHaveLength(20);
    expect(scene.ledger.status(NOON)).toMatchObject({ alerts: { open: { high: 60 } }, receivers: [{ waiting: 60 }] });
  });
});

describe('the overview page', () => {
  it('counts entries and alerts of the last day in steps of half an hour, the last of which holds now', () => {
    const { scene, views } = staged([DELETED]);
    const step = 30 * MINUTE;
    scene.record(
      [
        entry('first-ms', NOON),
        entry('last-ms', NOON + step - 1),
        deletion('next', NOON + step),
        deletion('ahead', NOON + 2 * step),
      ],
      { now: NOON + 2 * step },
    );
    const chart = (now: number) => views.overview(now).chart;
    expect(chart(NOON + step)).toMatchObject({ from: NOON - 46 * step, stepMs: step });
    expect(chart(NOON + step).entries).toEqual([...Array(46).fill(0), 2, 1]);
    expect(chart(NOON + step).alerts).toEqual([...Array(47).fill(0), 1]);
    expect(chart(NOON + step - 1).entries).toEqual([...Array(47).fill(0), 2]);
    expect(chart(NOON + 2 * step).entries).toEqual([...Array(45).fill(0), 2, 1, 1]);
    expect(chart(NOON + 49 * step - 1).entries).toEqual([1, 1, ...Array(46).fill(0)]);
    expect(chart(NOON + 10 * DAY).entries).toEqual(Array(48).fill(0));
  });

  it('shows open alerts, the most severe and then the newest first, twenty at most', () => {
    const levels = ['low', 'critical', 'medium', 'informational', 'high'] as const;
    const rules = levels.map((level) => onAction(level, { level }));
    const { scene, views } = staged(rules, [route('slack', { minLevel: 'informational' })]);
    scene.record(
      Array.from({ length: 30 }, (_, i) =>
        entry(`e${i}`, NOON - 30 * MINUTE + i * SECOND, { action: levels[i % 5], actor: { id: `a${i}` } }),
      ),
    );
    scene.store.run("UPDATE alerts SET state = 'closed' WHERE level = 'critical' AND id < 10");
    const open = views.overview(NOON).open;
    expect(open.map(({ level }) => level)).toEqual([
      ...Array(4).fill('critical'),
      ...Array(6).fill('high'),
      ...Array(6).fill('medium'),
      ...Array(4).fill('low'),
    ]);
    const critical = open.filter(({ level }) => level === 'critical').map(({ firstAt }) => firstAt);
    expect(critical).toEqual(critical.toSorted((a, b) => b - a));
  });

  it('shows the entries recorded last, how each receiver fares, and the status', () => {
    const receivers = [route('slack'), route('mail', { problem: 'EMAIL_TO is not set' })];
    const { scene, views } = staged([DELETED], receivers);
    scene.record(Array.from({ length: 15 }, (_, i) => entry(`e${i}`, NOON - i * SECOND)));
    scene.record([deletion('late', NOON - 2 * MINUTE)]);
    const overview = views.overview(NOON);
    expect(ids(overview.newest)).toEqual(['late', ...['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8']]);
    expect(overview.status.receivers).toMatchObject([
      { name: 'slack', state: 'unproven', pending: 0, waiting: 1, dead: 0 },
      { name: 'mail', state: 'unset', reason: 'EMAIL_TO is not set' },
    ]);
    expect(overview.status).toEqual(scene.ledger.status(NOON));
  });

  it('of a ledger that has not begun is empty', () => {
    const { views } = staged([]);
    expect(views.overview(NOON)).toMatchObject({ open: [], newest: [], chart: { entries: Array(48).fill(0) } });
  });
});

describe('rules', () => {
  it('tell how often they matched, when last, and on which entry', () => {
    const { scene, views } = staged([DELETED, MANY, QUIET]);
    scene.record([1, 2, 3, 4].map((i) => deletion(`d${i}`, NOON - MINUTE + i * SECOND)));
    scene.record([entry('read', NOON)]);
    expect(views.rules()).toEqual([
      { rule: QUIET.id, matched: 1, lastAt: NOON, lastEntry: 'read' },
      { rule: MANY.id, matched: 2, lastAt: NOON - MINUTE + 4 * SECOND, lastEntry: 'd4' },
      { rule: DELETED.id, matched: 4, lastAt: NOON - MINUTE + 4 * SECOND, lastEntry: 'd4' },
    ]);
  });
});

describe('a damaged row', () => {
  it('is shown as damaged in its place, and breaks no page', () => {
    const { scene, views } = staged([DELETED]);
    scene.record([deletion('d1', NOON - 2 * SECOND), deletion('é', NOON - SECOND), deletion('d3', NOON)]);
    const spoil = ['not json', '[]', 'null', '{"id":'];
    for (const text of spoil) {
      scene.store.run('UPDATE entries SET body = ? WHERE seq = 2', text);
      scene.store.run('UPDATE matches SET evidence = ?', text === '[]' ? '[1]' : text);
      scene.store.run('UPDATE alerts SET key_parts = ?', text === '[]' ? '[{"field":1}]' : text);
      scene.store.run('UPDATE deliveries SET notification = ?', text);
      const alert = views.alert(1, null);
      expect(alert?.alert.key).toEqual([{ field: '', value: DAMAGED }]);
      expect(alert?.timeline).toHaveLength(3);
      expect(alert?.timeline[1]?.evidence[0]?.value).toBe(DAMAGED);
      expect(alert?.deliveries).toHaveLength(1);
      expect(views.entry('d1', null)?.actorActivity.after).toHaveLength(2);
      const page = views.entry('é', null);
      expect(page).toMatchObject({ text, parts: [{ alert: { id: 1 } }] });
      expect(page?.rules).toEqual([]);
      if (text !== '[]') {
        expect(page?.entry).toMatchObject({ action: DAMAGED, createdAt: NOON - SECOND });
        expect(views.entryText('é', null)).toBeNull();
      }
      expect(views.overview(NOON).newest).toHaveLength(3);
      expect(views.alerts(EVERY_ALERT).alerts).toHaveLength(1);
      expect(views.rules()).toHaveLength(1);
    }
  });
});
