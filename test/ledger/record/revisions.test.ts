/** Two records under one id: what is a revision, what it counts, who is notified of it, and what it costs. */
import { describe, expect, it } from 'vitest';
import { REWRITES_A_DAY } from '../../../src/ledger/record/revisions.ts';
import type { Incoming } from '../../../src/ledger/rpc.ts';
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
  type Scene,
  SECOND,
} from '../scene.ts';

const AT = NOON - MINUTE;
const FULL = {
  action: 'vm.created',
  actor: { id: 'alice', name: 'Alice', type: 'user' },
  client_ip: '203.0.113.1',
  method: 'POST',
  path: '/v1/vms',
  status_code: 200,
  user_agent: 'curl',
  target: { id: 't1', type: 'vm' },
};
const of = (fields: Readonly<Record<string, unknown>> = {}): Incoming => entry('a', AT, { ...FULL, ...fields });

type Row = { seq: number; id: string; revision: number; created_at: number; occurred_at: number; body: string };
const rows = ({ store }: Scene): Row[] => store.all<Row>('SELECT * FROM entries ORDER BY seq');
const revisions = (scene: Scene) => rows(scene).map(({ id, revision }) => `${id} ${revision}`);
const changedAlerts = (scene: Scene) =>
  scene.notifications("health = 'changed-entries'").map(({ health }) => health.summary);

/** As it is: the ledger's own count of both. */
const counters = ({ ledger }: Scene) => {
  const { revisions, revisionsRefused } = ledger.status(NOON).counters ?? {};
  return [revisions, revisionsRefused];
};

describe('a record under the id of a recorded entry', () => {
  it.each([
    ['action', { action: 'vm.deleted' }],
    ['actor id', { actor: { ...FULL.actor, id: 'bob' } }],
    ['actor type', { actor: { ...FULL.actor, type: 'api_key' } }],
    ['actor', { actor: null }],
    ['client_ip', { client_ip: '203.0.113.2' }],
    ['client_ip, missing', { client_ip: undefined }],
    ['created_at', { created_at: new Date(AT + 1).toISOString() }],
    ['method', { method: 'GET' }],
    ['path', { path: '/v1/vms/' }],
    ['status_code', { status_code: 403 }],
    ['status_code’s type', { status_code: '200' }],
    ['target id', { target: { id: 't2', type: 'vm' } }],
    ['target type', { target: { id: 't1', type: 'vpc' } }],
    ['target', { target: null }],
    ['more in target', { target: { id: 't1', type: 'vm', name: 'x' } }],
    ['empty, not missing', { action: '' }],
  ])('with another %s is a revision', (_, fields) => {
    const scene = createScene();
    scene.record([of()]);
    const body = { id: 'a', created_at: new Date(AT).toISOString(), ...FULL, ...fields };
    const createdAt = Date.parse(body.created_at);
    expect(scene.record([incoming('a', createdAt, JSON.stringify(body))])).toMatchObject({ recorded: 1, known: 0 });
    expect(rows(scene)).toMatchObject([
      { seq: 1, id: 'a', revision: 0, body: of().text },
      { seq: 2, id: 'a', revision: 1, created_at: createdAt, occurred_at: createdAt, body: JSON.stringify(body) },
    ]);
    expect(counters(scene)).toEqual([1, 0]);
    expect(changedAlerts(scene)).toHaveLength(1);
  });

  it.each([
    ['user agent', { user_agent: 'wget' }],
    ['actor name', { actor: { ...FULL.actor, name: null } }],
    ['field that is not known', { request_id: 'r-1' }],
    ['missing target’s null', { target: { id: 't1', type: 'vm', name: null } }],
    ['order of the target’s fields', { target: { type: 'vm', id: 't1' } }],
    ['way to write the time', { created_at: new Date(AT).toISOString().replace('Z', '+00:00') }],
  ])('with another %s is the same, and replaces the stored body', (_, fields) => {
    const scene = createScene([onAction('vm.created')]);
    scene.record([of()]);
    const notified = scene.count('deliveries');
    const again = of(fields);
    expect(scene.record([again])).toMatchObject({ recorded: 0, known: 1 });
    expect(rows(scene)).toMatchObject([{ seq: 1, id: 'a', revision: 0, body: again.text }]);
    expect(counters(scene)).toEqual([0, 0]);
    expect(scene.count('deliveries')).toBe(notified);
    expect(scene.record([again])).toMatchObject({ recorded: 0, known: 1 });
  });

  it('null and missing are one', () => {
    const scene = createScene();
    scene.record([of({ target: undefined })]);
    scene.record([of({ target: null })]);
    expect(revisions(scene)).toEqual(['a 0']);
  });

  it('in the same page is a revision, whichever comes first', () => {
    for (const page of [
      [of(), of({ path: '/other' })],
      [of({ path: '/other' }), of()],
    ]) {
      const scene = createScene();
      expect(scene.record(page)).toMatchObject({ recorded: 2 });
      expect(rows(scene).map(({ body }) => JSON.parse(body).path)).toEqual(
        page.map(({ text }) => JSON.parse(text).path),
      );
      expect(revisions(scene)).toEqual(['a 0', 'a 1']);
      expect(scene.record(page.toReversed())).toMatchObject({ recorded: 0, known: 2 });
    }
  });

  it('three times in a page: the same text, and two others', () => {
    const scene = createScene();
    scene.record([of(), of(), of({ path: '/b' }), of({ user_agent: 'x' }), of({ path: '/c' }), of({ path: '/b' })]);
    expect(rows(scene).map(({ body }) => JSON.parse(body).path)).toEqual(['/v1/vms', '/b', '/c']);
  });

  it('in the same page with an earlier time is the first, and the later one its revision', () => {
    const scene = createScene();
    scene.record([entry('a', AT), entry('a', AT - SECOND)]);
    expect(rows(scene).map(({ revision, occurred_at: at }) => [revision, at])).toEqual([
      [0, AT - SECOND],
      [1, AT],
    ]);
  });

  it('differs beyond what is stored of a long field', () => {
    const scene = createScene();
    const long = (end: string) => of({ path: `/${'x'.repeat(70_000)}${end}` });
    scene.record([long('1')]);
    expect(scene.record([long('1')])).toMatchObject({ recorded: 0, known: 1 });
    expect(scene.record([long('2')])).toMatchObject({ recorded: 1 });
    expect(scene.record([long('1'), long('2')])).toMatchObject({ recorded: 0, known: 2 });
    expect(revisions(scene)).toEqual(['a 0', 'a 1']);
  });

  it('has an id that is stored as a hash', () => {
    const scene = createScene();
    const id = 'ä'.repeat(200);
    scene.record([entry(id, AT)]);
    scene.record([entry(id, AT, { action: 'x' })]);
    expect(scene.store.all('SELECT revision FROM entries ORDER BY seq')).toEqual([{ revision: 0 }, { revision: 1 }]);
    expect(scene.record([entry(id, AT), entry(id, AT, { action: 'x' })])).toMatchObject({ recorded: 0, known: 2 });
  });

  it('is recorded whole where what is stored is damaged', () => {
    const scene = createScene([counting('vm.created', 2), onAction('vm.created')]);
    scene.record([of()]);
    scene.store.run("UPDATE entries SET body = '{'");
    expect(scene.record([of()])).toMatchObject({ recorded: 1 });
    expect(scene.record([of()])).toMatchObject({ recorded: 0, known: 1 });
  });

  it('which crashes the ledger can be quarantined, though the first is recorded', () => {
    const scene = createScene();
    scene.record([of()]);
    const crash = (one: Incoming) =>
      scene.ledger.quarantineCandidate({ id: one.id, problem: 'it crashed the ledger: no', text: one.text }, NOON);
    expect([1, 2, 3].map(() => crash(of({ user_agent: 'other' })))).toEqual([false, false, false]);
    expect([1, 2, 3].map(() => crash(of({ path: '/poison' })))).toEqual([false, false, true]);
    expect(scene.record([of({ path: '/poison' })])).toMatchObject({ recorded: 0 });
  });
});

describe('an upstream that goes to and fro', () => {
  it('between two versions has them recorded once each', () => {
    const scene = createScene();
    scene.record([of()]);
    scene.record([of({ path: '/b' })]);
    const written = scene.written(() => {
      for (let n = 0; n < 50; n++) scene.record([of(n % 2 === 0 ? {} : { path: '/b' })], { ends: false });
    });
    expect(written).toBe(0);
    expect(revisions(scene)).toEqual(['a 0', 'a 1']);
  });

  it('has at most ten revisions of an id, and says that there were more', () => {
    const scene = createScene([onAction('vm.created')]);
    scene.record([of()]);
    for (let n = 0; n < 11; n++) scene.record([of({ path: `/${n}` })]);
    expect(revisions(scene)).toHaveLength(11);
    expect(counters(scene)).toEqual([10, 1]);
    // Read again at every tick, it costs no more rows than a quiet log.
    const tick = (n: number) =>
      scene.written(() => scene.record([of({ path: `/more/${n}` })], { now: NOON + n * MINUTE, began: NOON }));
    expect(Array.from({ length: 16 }, (_, n) => tick(n))).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    expect(revisions(scene)).toHaveLength(11);
    expect(counters(scene)).toEqual([10, 4]);
    expect(changedAlerts(scene)).toHaveLength(1);
    scene.ledger.watchdog(NOON + DAY);
    expect(changedAlerts(scene)[1]).toBe(
      'the audit log changed what it had shown. 9 revisions of entries recorded before (one of them has the id a): ' +
        'evaluated like new entries. 4 or more reads of revisions that were not recorded: an id has at most 10, and none dated ' +
        'before RETENTION or the first read',
    );
  });

  it('in what does not count has no more than a few bodies replaced a day', () => {
    const scene = createScene();
    const page = (n: number) =>
      entries(100, NOON - 2 * MINUTE, 1).map((one) =>
        incoming(one.id, one.createdAt, one.text.replace('{', `{"request_id":"r-${n}-${one.id}",`)),
      );
    scene.record(page(0));
    const written = [...Array(40).keys()].map((n) => scene.written(() => scene.record(page(n + 1), { ends: false })));
    // A body each, and the state; then nothing.
    expect(written).toEqual([...Array(20).fill(101), ...Array(20).fill(0)]);
    expect(20 * 100).toBe(REWRITES_A_DAY);
    expect(rows(scene)[0]?.body).toContain('r-20-');
    expect(scene.written(() => scene.record(page(99), { ends: false, now: NOON + DAY }))).toBe(101);
    expect(changedAlerts(scene)).toEqual([]);
  });
});

describe('the health alert about revisions', () => {
  it('is one a day, with the count of what came since', () => {
    const scene = createScene();
    scene.record(entries(9, AT, 1));
    const change = (n: number, now: number) =>
      scene.record([entry(`e0000${n}`, AT + n, { action: 'changed' })], { now });
    change(0, NOON);
    change(1, NOON + HOUR);
    change(2, NOON + DAY - 1);
    expect(changedAlerts(scene)).toEqual([
      expect.stringContaining('1 revision of entries recorded before (one of them has the id e00000)'),
    ]);
    scene.ledger.watchdog(NOON + DAY - 1);
    expect(changedAlerts(scene)).toHaveLength(1);
    expect(scene.ledger.nextAlarmAt(NOON + DAY - 1)).toBeLessThanOrEqual(NOON + DAY);
    scene.ledger.watchdog(NOON + DAY);
    scene.ledger.watchdog(NOON + DAY);
    expect(changedAlerts(scene).slice(1)).toEqual([
      expect.stringContaining('2 revisions of entries recorded before (one of them has the id e00001)'),
    ]);
    change(3, NOON + DAY + HOUR);
    scene.ledger.watchdog(NOON + DAY + 2 * HOUR);
    expect(changedAlerts(scene)).toHaveLength(2);
    change(4, NOON + 2 * DAY);
    expect(changedAlerts(scene)[2]).toContain('2 revisions');
    scene.ledger.watchdog(NOON + 9 * DAY);
    expect(changedAlerts(scene)).toHaveLength(3);
    expect(counters(scene)).toEqual([5, 0]);
  });

  it('is rolled back with its batch', () => {
    const scene = createScene();
    scene.record([of()]);
    scene.failNext('INTO state');
    expect(() => scene.record([of({ path: '/b' })])).toThrow('the disk is full');
    expect([changedAlerts(scene), revisions(scene)]).toEqual([[], ['a 0']]);
    scene.record([of({ path: '/b' })]);
    expect([changedAlerts(scene).length, revisions(scene)]).toEqual([1, ['a 0', 'a 1']]);
  });
});

describe('an id counts once', () => {
  const ALERTING = onAction('vm.deleted', { level: 'high' });

  it('in the alert of a detection', () => {
    const scene = createScene([ALERTING]);
    scene.record([deleted('a', AT), deleted('b', AT)]);
    scene.record([deleted('a', AT, 'alice', { path: '/x' }), deleted('a', AT + 1, 'alice', { path: '/y' })]);
    expect(scene.store.all('SELECT count, last_seq FROM alerts')).toEqual([{ count: 2, last_seq: 2 }]);
    expect(scene.count('matches')).toBe(2);
    expect(scene.count('deliveries', 'alert IS NOT NULL')).toBe(1);
  });

  it('in the alert of a detection, beyond the matches that are stored', () => {
    const scene = createScene([ALERTING]);
    scene.record(Array.from({ length: 100 }, (_, i) => deleted(`m${i}`, AT + i)));
    scene.record([deleted('late', AT + 500)]);
    expect(scene.count('matches')).toBe(101 - 1);
    scene.record([deleted('late', AT + 500, 'alice', { path: '/x' })]);
    expect(scene.store.all('SELECT count FROM alerts')).toEqual([{ count: 101 }]);
  });

  it('but another rule, key or period that it matches has its own alert, and people are notified', () => {
    const scene = createScene([ALERTING, onAction('key.deleted')]);
    scene.record([deleted('a', AT), entry('b', AT), deleted('c', NOON - 50 * MINUTE)]);
    const before = scene.count('deliveries', 'alert IS NOT NULL');
    scene.record([
      deleted('a', AT, 'mallory'),
      deleted('b', AT, 'bob'),
      entry('c', NOON - 50 * MINUTE, { action: 'key.deleted' }),
    ]);
    expect(scene.store.all('SELECT rule, key, count FROM alerts ORDER BY id').slice(before)).toEqual([
      { rule: 'key.deleted', key: expect.stringContaining('alice'), count: 1 },
      { rule: 'vm.deleted', key: expect.stringContaining('mallory'), count: 1 },
      { rule: 'vm.deleted', key: expect.stringContaining('bob'), count: 1 },
    ]);
    expect(scene.count('deliveries', 'alert IS NOT NULL')).toBe(before + 3);
  });

  it.each([
    ['event_count', {}],
    ['value_count', { type: 'value_count', fields: ['path'] }],
    ['value_sum', { type: 'value_sum', fields: ['status_code'] }],
  ] as const)('in a window: a log that is written again makes no burst (%s)', (_, more) => {
    const quiet = onAction('vm.deleted', { alerts: false });
    const scene = createScene([quiet, counting('vm.deleted', 4, more)]);
    const log = (n: number) =>
      [0, 1, 2].map((i) => deleted(`d${i}`, AT + i, 'alice', { path: `/${i}/${n}`, status_code: 1 }));
    for (let n = 0; n < 4; n++) scene.record(log(n));
    expect(scene.count('entries')).toBe(12);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('d3', AT + 3, 'alice', { path: '/3', status_code: 1 })]);
    expect(scene.store.all('SELECT rule, count FROM alerts')).toEqual([{ rule: 'many vm.deleted', count: 1 }]);
  });

  it('in a window: in the same page too', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 2)]);
    scene.record([deleted('a', AT, 'alice', { path: '/1' }), deleted('a', AT, 'alice', { path: '/2' })]);
    expect([scene.count('entries'), scene.count('alerts')]).toEqual([2, 0]);
  });

  it('but a revision that is the first to match counts, and so does one of another group', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 3)]);
    scene.record([deleted('a', AT), deleted('b', AT + 1), entry('c', AT + 2)]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('c', AT + 2)]);
    expect(scene.store.all('SELECT key, count FROM alerts')).toMatchObject([{ count: 1 }]);
    scene.record([deleted('a', AT, 'bob'), deleted('b', AT + 1, 'bob'), deleted('c', AT + 2, 'bob')]);
    expect(scene.count('alerts')).toBe(2);
  });

  it('but a revision that was moved out of every window of the first counts', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 2)]);
    const far = AT - 10 * MINUTE;
    scene.record([deleted('x', far), deleted('a', AT)]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('a', far + 1)]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('a', far)]);
    expect(scene.count('alerts')).toBe(1);
  });

  it('by the versions that counted: one that did not is in nobody’s way', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 2)]);
    // 10 minutes each: the second counts nothing beside the first, the third is far from the first.
    scene.record([deleted('a', NOON - 30 * MINUTE)]);
    scene.record([deleted('a', NOON - 22 * MINUTE)]);
    scene.record([deleted('b', NOON - 14 * MINUTE)]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('a', NOON - 15 * MINUTE)]);
    expect(scene.count('alerts')).toBe(1);
  });

  it('in temporal correlations with all rules that its versions satisfy', () => {
    const [created, gone] = [onAction('vm.created', { alerts: false }), onAction('vm.deleted', { alerts: false })];
    const both = counting('vm.created', 2, { type: 'temporal', rules: [created.id, gone.id] });
    const scene = createScene([created, gone, both]);
    scene.record([entry('a', AT, { action: 'vm.created' }), entry('b', AT + 1, { action: 'vm.created' })]);
    scene.record([entry('b', AT + 1, { action: 'vm.created', path: '/2' })]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([deleted('b', AT + 1)]);
    expect(scene.count('alerts')).toBe(1);
  });

  it('in the entries that contributed', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 3)]);
    scene.record([deleted('a', AT, 'alice', { path: '/1' }), deleted('a', AT, 'alice', { path: '/2' })]);
    scene.record([deleted('b', AT + 1), deleted('c', AT + 2)]);
    expect(scene.store.all('SELECT seq, decision IS NULL AS contributed FROM matches ORDER BY seq')).toEqual([
      { seq: 1, contributed: 1 },
      { seq: 3, contributed: 1 },
      { seq: 4, contributed: 0 },
    ]);
  });

  it('where the correlation below has matched because of a revision', () => {
    const low = onAction('vm.deleted', { alerts: false });
    const many = counting('vm.deleted', 2, { alerts: false });
    const again = counting(many.id, 2, { id: 'again' });
    const scene = createScene([low, many, again]);
    scene.record([deleted('a', AT), deleted('b', AT + 1)]);
    scene.record([deleted('a', AT, 'alice', { path: '/2' }), deleted('b', AT + 1, 'alice', { path: '/2' })]);
    expect(scene.count('alerts')).toBe(0);
    scene.record([entry('c', AT + 2)]);
    scene.record([deleted('c', AT + 2)]);
    expect(scene.count('alerts')).toBe(1);
  });
});

describe('a revision', () => {
  it('is evaluated with the same result when its batch comes twice', () => {
    const scene = createScene([onAction('vm.deleted')]);
    scene.record([entry('a', AT)]);
    scene.record([deleted('a', AT)]);
    scene.record([deleted('a', AT)]);
    expect([scene.count('entries'), scene.count('alerts')]).toEqual([2, 1]);
  });

  it('dated before RETENTION, or before the first read, is refused, and the health alert says so', () => {
    const scene = createScene([], { retentionMs: 30 * MINUTE });
    scene.record([of()]);
    const dated = (at: number) => entry('a', at, FULL);
    expect(scene.record([dated(NOON - 31 * MINUTE)])).toMatchObject({ recorded: 0, expired: 1 });
    expect(scene.record([dated(NOON - 61 * MINUTE)])).toMatchObject({ recorded: 0, expired: 0 });
    expect(counters(scene)).toEqual([0, 2]);
    expect(changedAlerts(scene)).toEqual([
      expect.stringContaining('1 or more reads of revisions that were not recorded: an id has at most 10'),
    ]);
  });

  it('of an entry that was evicted is a new entry', () => {
    const scene = createScene([], { retentionMs: HOUR });
    scene.record([entry('old', NOON - 50 * MINUTE)]);
    const later = NOON + 2 * HOUR;
    scene.record([entry('b', later)], { now: later });
    expect(scene.ids()).toEqual(['b']);
    scene.record([entry('old', later - MINUTE)], { now: later });
    expect(revisions(scene)).toEqual(['b 0', 'old 0']);
    // The first version is dated where everything was evicted.
    expect(scene.record([entry('old', NOON - 50 * MINUTE)], { now: later })).toMatchObject({ recorded: 0, expired: 1 });
  });

  it('stays when the version before it is evicted', () => {
    const scene = createScene([], { retentionMs: 2 * HOUR });
    scene.record([entry('a', NOON - 50 * MINUTE)]);
    scene.record([entry('a', NOON - MINUTE)]);
    const later = NOON + 90 * MINUTE;
    scene.record([entry('b', later)], { now: later });
    expect(revisions(scene)).toEqual(['a 1', 'b 0']);
    scene.record([entry('a', NOON - MINUTE, { action: 'x' })], { now: later });
    expect(revisions(scene)).toEqual(['a 1', 'b 0', 'a 2']);
  });

  it('is staged beside what is staged, and recorded after it', () => {
    const scene = createScene();
    const huge = of({ user_agent: 'u'.repeat(600_000), path: '/huge' });
    expect(scene.stage([of(), of({ path: '/b' })])).toMatchObject({ staged: 2 });
    expect(scene.stage([of({ path: '/b' }), of({ user_agent: 'other' }), huge])).toMatchObject({ staged: 1 });
    expect(scene.stage([huge])).toMatchObject({ staged: 0 });
    expect(scene.ledger.status(NOON).staged).toBe(3);
    scene.stage([entry('a', AT - SECOND)], { ends: true });
    scene.flush();
    scene.flush();
    expect(rows(scene).map(({ revision, body }) => [revision, JSON.parse(body).path])).toEqual([
      [0, undefined],
      [1, '/v1/vms'],
      [2, '/b'],
      [3, '/huge'],
    ]);
    expect(scene.count('staging')).toBe(0);
    expect(changedAlerts(scene)).toHaveLength(1);
  });

  it('is staged no more often than an id may have revisions', () => {
    const scene = createScene();
    for (let n = 0; n < 15; n++) scene.stage([of({ path: `/${n}` })]);
    expect(scene.ledger.status(NOON).staged).toBe(11);
    expect(counters(scene)).toEqual([0, 2]);
  });
});

describe('comparing', () => {
  it('writes nothing where nothing has changed', () => {
    const scene = createScene();
    const page = entries(100, NOON - 2 * MINUTE, 1);
    scene.record(page);
    expect(scene.written(() => scene.record(page, { ends: false }))).toBe(0);
  });
});
