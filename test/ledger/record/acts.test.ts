/** What people and time do to alerts, and what receivers are notified of. */

import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../../src/alert/status.ts';
import { RESOLVED_MAX } from '../../../src/ledger/record/quiet.ts';
import type { Act, Acted } from '../../../src/ledger/rpc.ts';
import { compile, type Level } from '../../../src/sigma/index.ts';
import {
  ALLOWED_LATENESS,
  counting,
  createScene,
  DAY,
  deleted,
  entries,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  route,
  type Scene,
  SECOND,
} from '../scene.ts';

const RULE = onAction('vm.deleted');
const at = (level: Level) => ({ ...RULE, level });
const ACKNOWLEDGE: Act = { act: 'acknowledge', comment: 'on it' };
const COMMENT = { act: 'comment', comment: 'who was it?' } as const;
const RESOLVE: Act = { act: 'resolve', reason: 'expected', comment: null };

function act(scene: Scene, what: Act, now: number, more: { who?: string; alerts?: number[]; seenLevel?: Level } = {}) {
  const { who = 'alice@example.com', alerts = [1], seenLevel = null } = more;
  return scene.ledger.act({ alerts, act: what, who, via: 'cli', seenLevel }, now).map(({ outcome }) => outcome);
}

const statusOf = ({ store }: Scene) =>
  store.all<{ state: string }>('SELECT state FROM alerts').map(({ state }) => state);
const actsOf = ({ store }: Scene) =>
  store
    .all<{ act: string; who: string; seq: number; detail: string | null }>(
      'SELECT act, who, seq, detail FROM acts ORDER BY id',
    )
    .map(({ act: name, who, seq, detail }) => `${name} by ${who} after ${seq} ${detail ?? ''}`.trim());
/** The kinds of what is ready to be sent by then, and marks it as delivered. */
const sentKinds = (scene: Scene, now: number): string[] => {
  const kinds = scene.makeDue(now).map(({ kind }) => kind);
  scene.send(now);
  return kinds;
};

describe('acts of people', () => {
  it('are recorded with who, when, by what, and the last entry before them', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON), deleted('b', NOON)]);
    expect(act(scene, ACKNOWLEDGE, NOON + 1)).toEqual(['done']);
    expect(act(scene, { act: 'assign', to: 'bob' }, NOON + 2)).toEqual(['done']);
    scene.record([deleted('c', NOON)]);
    expect(act(scene, { act: 'comment', comment: 'it was me' }, NOON + 3, { who: 'bob' })).toEqual(['done']);
    expect(act(scene, { ...RESOLVE, act: 'resolve', reason: 'true positive', comment: 'done' }, NOON + 4)).toEqual([
      'done',
    ]);
    expect(actsOf(scene)).toEqual([
      'acknowledge by alice@example.com after 2 {"comment":"on it"}',
      'assign by alice@example.com after 2 {"to":"bob"}',
      'comment by bob after 3 {"comment":"it was me"}',
      'resolve by alice@example.com after 3 {"reason":"true positive","comment":"done"}',
    ]);
    expect(scene.store.all('SELECT state, assignee, resolution, wakes_at FROM alerts')).toEqual([
      {
        state: 'resolved',
        assignee: 'bob',
        resolution: `{"reason":"true positive","by":"alice@example.com","at":${NOON + 4},"comment":"done"}`,
        wakes_at: null,
      },
    ]);
  });

  const outcomes: readonly [string, (scene: Scene) => unknown, Acted['outcome']][] = [
    ['on an alert that is not there', (scene) => act(scene, ACKNOWLEDGE, NOON, { alerts: [7] })[0], 'missing'],
    ['twice by the same person', (scene) => [1, 2].map(() => act(scene, ACKNOWLEDGE, NOON)[0])[1], 'unchanged'],
    ['by another person', (scene) => ['a', 'b'].map((who) => act(scene, ACKNOWLEDGE, NOON, { who })[0])[1], 'done'],
    ['assigning twice', (scene) => [1, 2].map(() => act(scene, { act: 'assign', to: 'b' }, NOON)[0])[1], 'unchanged'],
    [
      'acknowledging what is resolved',
      (scene) => [RESOLVE, ACKNOWLEDGE].map((of) => act(scene, of, NOON)[0])[1],
      'resolved before',
    ],
    ['resolving twice', (scene) => [RESOLVE, RESOLVE].map((of) => act(scene, of, NOON)[0])[1], 'resolved before'],
    [
      'commenting on what is resolved',
      (scene) => [RESOLVE, { act: 'comment', comment: 'x' } as const].map((of) => act(scene, of, NOON)[0])[1],
      'done',
    ],
    ['the same comment twice', (scene) => [1, 2].map(() => act(scene, COMMENT, NOON)[0])[1], 'unchanged'],
    [
      'the same comment twice, with something between',
      (scene) => [COMMENT, ACKNOWLEDGE, COMMENT].map((of) => act(scene, of, NOON)[0])[2],
      'unchanged',
    ],
    [
      'another comment',
      (scene) => ['a', 'b'].map((comment) => act(scene, { ...COMMENT, comment }, NOON)[0])[1],
      'done',
    ],
    [
      'the same comment by another person',
      (scene) => ['a', 'b'].map((who) => act(scene, COMMENT, NOON, { who })[0])[1],
      'done',
    ],
    ['the same comment a day later', (scene) => [0, 24].map((h) => act(scene, COMMENT, NOON + h * HOUR)[0])[1], 'done'],
    ['who was shown a lower level', (scene) => act(scene, RESOLVE, NOON, { seenLevel: 'medium' })[0], 'raised'],
    ['who was shown its level', (scene) => act(scene, RESOLVE, NOON, { seenLevel: 'high' })[0], 'done'],
  ];
  it.each(outcomes)('%s', (_, doIt, outcome) => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON)]);
    expect(doIt(scene)).toBe(outcome);
  });

  it('are all stored or none', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    scene.failNext('INSERT INTO acts');
    expect(() => act(scene, RESOLVE, NOON, { alerts: [1, 2] })).toThrow('the disk is full');
    expect([statusOf(scene), actsOf(scene)]).toEqual([['open', 'open'], []]);
    expect(act(scene, RESOLVE, NOON, { alerts: [1, 2] })).toEqual(['done', 'done']);
  });
});

describe('what waits when somebody acts', () => {
  it.each([
    [ACKNOWLEDGE, 'acknowledged by alice@example.com'],
    [RESOLVE, 'resolved by alice@example.com'],
  ])('is not sent after %j', (what, reason) => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON)]);
    act(scene, what, NOON + SECOND);
    expect(sentKinds(scene, NOON + HOUR)).toEqual([]);
    expect(scene.store.all('SELECT state, reason FROM deliveries WHERE health IS NULL')).toEqual([
      { state: 'suppressed', reason },
    ]);
  });

  it.each([{ act: 'assign', to: 'bob' } as const, { act: 'comment', comment: 'x' } as const])(
    'is sent after %j',
    (what) => {
      const scene = createScene([RULE]);
      scene.record([deleted('a', NOON)]);
      act(scene, what, NOON + SECOND);
      expect(sentKinds(scene, NOON + HOUR)).toEqual(['opened']);
    },
  );

  it.each<[string, Act, readonly string[]]>([
    ['is sent where it names new networks: nobody had seen them', ACKNOWLEDGE, ['updated']],
    ['is not sent though it names new networks, once it is resolved', RESOLVE, []],
  ])('%s', (_, what, sent) => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON, 'alice', { client_ip: '192.0.2.1' })]);
    sentKinds(scene, NOON + MINUTE);
    scene.record([deleted('b', NOON + 2 * MINUTE, 'alice', { client_ip: '198.51.100.1' })], { now: NOON + 2 * MINUTE });
    act(scene, what, NOON + 3 * MINUTE);
    expect(sentKinds(scene, NOON + HOUR)).toEqual(sent);
  });

  it.each<[string, Level, number[], readonly string[]]>([
    ['is sent where it lists a severe alert that nobody acted on', 'high', [2], ['opened']],
    ['is not sent where what it lists is acted on at once', 'high', [2, 1], []],
    ['is not sent where what it lists is acted on at once, in whatever order', 'high', [1, 2], []],
    ['is not sent for what it lists at medium', 'medium', [2], []],
  ])('%s', (_, level, alerts, sent) => {
    for (const what of [ACKNOWLEDGE, RESOLVE]) {
      const scene = createScene([at(level), counting(RULE.id, 3, { level: 'high' })]);
      scene.record([1, 2, 3].map((i) => deleted(`e${i}`, NOON + i)));
      expect(act(scene, what, NOON + SECOND, { alerts })).toEqual(alerts.map(() => 'done'));
      const messages = scene.makeDue(NOON + HOUR);
      expect(messages.map(({ kind }) => kind)).toEqual(sent);
      for (const { inhibited } of messages) expect(inhibited).toMatchObject([{ id: 1 }]);
    }
  });

  it('was shown with what it lists: the entries are on the page, and receivers are notified when it comes back', () => {
    const scene = createScene([at('medium'), counting(RULE.id, 1, { level: 'high' })]);
    scene.record([deleted('a', NOON)]);
    const page = scene.views.alert(2, null);
    expect(page?.timeline.map(({ entry: of }) => of?.id)).toEqual(['a']);
    act(scene, ACKNOWLEDGE, NOON + SECOND, { alerts: [2] });
    expect([sentKinds(scene, NOON + HOUR), statusOf(scene)]).toEqual([[], ['open', 'acknowledged']]);
    scene.record([deleted('b', NOON + 5 * HOUR)], { now: NOON + 5 * HOUR });
    const [message] = scene.makeDue(NOON + 5 * HOUR + MINUTE);
    expect(message).toMatchObject({ kind: 'recurred', reason: 'back after a quiet period', alert: { id: 1 } });
  });

  it('is sent where the level rose after they had looked', () => {
    const scene = createScene([RULE]);
    scene.record([deleted('a', NOON)]);
    const critical = scene.reopened({ engine: compile({ version: 'two', rules: [at('critical')] }) });
    critical.record([deleted('b', NOON)]);
    expect(act(critical, RESOLVE, NOON + SECOND, { seenLevel: 'high' })).toEqual(['raised']);
    expect(sentKinds(critical, NOON + HOUR)).toEqual(['raised']);
  });
});

describe('an acknowledgement', () => {
  const quiet = (level: Level) => {
    const scene = createScene([at(level)]);
    scene.record([deleted('a', NOON)]);
    sentKinds(scene, NOON + MINUTE);
    act(scene, ACKNOWLEDGE, NOON + 2 * MINUTE);
    return scene;
  };

  it('ends after a day, and nobody is notified where nothing came', () => {
    const scene = quiet('high');
    expect(sentKinds(scene, NOON + DAY)).toEqual([]);
    expect(statusOf(scene)).toEqual(['acknowledged']);
    expect(sentKinds(scene, NOON + DAY + 2 * MINUTE)).toEqual([]);
    expect(statusOf(scene)).toEqual(['open']);
    expect(actsOf(scene)[1]).toBe('acknowledgement ended by tocsin after 1 {"receivers":[]}');
    expect(scene.ledger.nextAlarmAt(NOON + DAY + 3 * MINUTE)).not.toBeNull();
  });

  it('and is notified where matches came meanwhile', () => {
    const scene = quiet('high');
    scene.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    expect(sentKinds(scene, NOON + DAY)).toEqual([]);
    sentKinds(scene, NOON + DAY + 2 * MINUTE);
    expect(sentKinds(scene, NOON + DAY + 3 * MINUTE)).toEqual(['recurred']);
    expect(scene.notifications().at(-1)).toMatchObject({
      kind: 'recurred',
      reason: 'its acknowledgement ended',
      alert: { count: 2 },
    });
    expect(sentKinds(scene, NOON + 9 * DAY)).toEqual([]);
  });

  it('ends when the level rises', () => {
    const scene = quiet('medium');
    const later = scene.reopened({ engine: compile({ version: 'two', rules: [at('high')] }) });
    later.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    expect(statusOf(scene)).toEqual(['open']);
    expect(sentKinds(later, NOON + 2 * HOUR)).toEqual(['raised']);
  });

  it('is for what was seen: ten times as many are notified', () => {
    const scene = quiet('high');
    for (let i = 0; i < 9; i++) scene.record([deleted(`m${i}`, NOON + HOUR + i)], { now: NOON + HOUR });
    sentKinds(scene, NOON + HOUR + 5 * MINUTE);
    expect(scene.notifications().map(({ kind, alert }) => `${kind} ${alert.count}`)).toEqual([
      'opened 1',
      'updated 10',
    ]);
  });
});

describe('nobody acts', () => {
  it('at high: reminders after 4 hours, 8, 16, and then a day, while it goes on', () => {
    const scene = createScene([at('high')]);
    const got: string[] = [];
    for (let minute = 0; minute <= 4 * 24 * 60; minute += 10) {
      const now = NOON + minute * MINUTE;
      scene.record([deleted(`m${minute}`, now)], { now });
      for (const kind of sentKinds(scene, now + 5 * MINUTE)) got.push(`${kind} ${Math.floor(minute / 60)}h`);
    }
    // Each reminder says how many there are, so that the next tenth time is far.
    expect(got).toEqual([
      'opened 0h',
      'updated 1h',
      'recurred 5h',
      'recurred 13h',
      'recurred 29h',
      'recurred 53h',
      'recurred 77h',
    ]);
  });

  it('one match alone is followed by no reminder', () => {
    const scene = createScene([at('high')]);
    scene.record([deleted('a', NOON)]);
    expect(sentKinds(scene, NOON + MINUTE)).toEqual(['opened']);
    for (let hour = 1; hour < 72; hour++) expect(sentKinds(scene, NOON + hour * HOUR)).toEqual([]);
  });

  it('a second one is notified after four hours, once; and not where it was resolved', () => {
    for (const isResolved of [false, true]) {
      const scene = createScene([at('high')]);
      scene.record([deleted('a', NOON), deleted('b', NOON + 5 * MINUTE)], { now: NOON + 5 * MINUTE });
      sentKinds(scene, NOON + 6 * MINUTE);
      if (isResolved) act(scene, RESOLVE, NOON + HOUR);
      const got: string[] = [];
      for (let hour = 1; hour < 72; hour++) got.push(...sentKinds(scene, NOON + hour * HOUR + MINUTE));
      expect(got).toEqual(isResolved ? [] : ['recurred']);
    }
  });
});

describe('an alert that is quiet', () => {
  const moveTo = (scene: Scene, watermark: number) =>
    scene.record([], { now: watermark + ALLOWED_LATENESS, save: true });

  it.each<[Level, string]>([
    ['informational', 'resolved'],
    ['low', 'resolved'],
    ['medium', 'resolved'],
    ['high', 'open'],
    ['critical', 'open'],
  ])('for two weeks at %s is %s', (level, status) => {
    const scene = createScene([at(level)]);
    scene.record([deleted('a', NOON)]);
    moveTo(scene, NOON + QUIET_MS - 1);
    expect(statusOf(scene)).toEqual(['open']);
    moveTo(scene, NOON + QUIET_MS);
    expect(statusOf(scene)).toEqual([status]);
    expect(actsOf(scene)).toEqual(status === 'open' ? [] : ['resolved by tocsin after 1 {"reason":"quiet"}']);
  });

  it('counts from its last match', () => {
    const scene = createScene([at('low')]);
    scene.record([deleted('a', NOON)]);
    scene.record([deleted('b', NOON + 6 * DAY)], { now: NOON + 6 * DAY });
    moveTo(scene, NOON + QUIET_MS);
    moveTo(scene, NOON + 6 * DAY + QUIET_MS - 1);
    expect(statusOf(scene)).toEqual(['open']);
    moveTo(scene, NOON + 6 * DAY + QUIET_MS);
    expect(statusOf(scene)).toEqual(['resolved']);
  });

  it('is not resolved once its level rose', () => {
    const scene = createScene([at('low')]);
    scene.record([deleted('a', NOON)]);
    const later = scene.reopened({ engine: compile({ version: 'two', rules: [at('high')] }) });
    later.record([deleted('b', NOON + HOUR)], { now: NOON + HOUR });
    moveTo(later, NOON + 100 * DAY);
    expect(statusOf(scene)).toEqual(['open']);
  });

  it('does not wait for the next save; the quiet tick after it writes nothing', () => {
    const scene = createScene([at('low')]);
    scene.record([deleted('a', NOON)]);
    const tick = (watermark: number) => scene.written(() => scene.record([], { now: watermark + ALLOWED_LATENESS }));
    tick(NOON + QUIET_MS - 2);
    expect(tick(NOON + QUIET_MS - 1)).toBe(0);
    expect(tick(NOON + QUIET_MS)).toBeGreaterThan(0);
    expect(tick(NOON + QUIET_MS + 1)).toBe(0);
  });

  it('says so to programs that were notified of it', () => {
    const scene = createScene([at('low')], { receivers: [route('hook', { forPrograms: true }), route('slack')] });
    scene.record([deleted('a', NOON)]);
    moveTo(scene, NOON + QUIET_MS);
    const kinds = scene.store.all("SELECT receiver, notification ->> '$.kind' AS kind FROM deliveries ORDER BY id");
    expect(kinds).toEqual([
      { receiver: 'hook', kind: 'opened' },
      { receiver: 'slack', kind: 'opened' },
      { receiver: 'hook', kind: 'resolved' },
    ]);
  });

  it('is resolved with others in bounded numbers a commit', () => {
    const scene = createScene([at('low')], { receivers: [] });
    const actors = RESOLVED_MAX + 100;
    const page = entries(actors, NOON - HOUR, 1).map(({ id, createdAt }, i) => deleted(id, createdAt, `actor ${i}`));
    for (let i = 0; i < page.length; i += 100) scene.record(page.slice(i, i + 100), { now: NOON });
    const resolved = [1, 2, 3].map(() => {
      moveTo(scene, NOON + QUIET_MS);
      return scene.count('alerts', "state = 'resolved'");
    });
    expect(resolved).toEqual([RESOLVED_MAX, actors, actors]);
  });

  it('is found by an index', () => {
    const { store } = createScene([RULE]);
    const sql =
      'EXPLAIN QUERY PLAN SELECT * FROM alerts WHERE resolves_at IS NOT NULL AND resolves_at <= ? ORDER BY resolves_at';
    expect(JSON.stringify(store.all(sql, NOON))).toMatch(/USING INDEX alerts_to_resolve/);
    const due =
      'EXPLAIN QUERY PLAN SELECT * FROM alerts WHERE wakes_at IS NOT NULL AND wakes_at <= ? ORDER BY wakes_at';
    expect(JSON.stringify(store.all(due, NOON))).toMatch(/USING INDEX alerts_to_wake/);
  });
});
