/** Routes in the ledger: who is notified, when, with whom it is grouped, and to whom it escalates. */

import { describe, expect, it } from 'vitest';
import { outageMessage } from '../../../src/ledger/deliver/group-message.ts';
import type { Route, RouteSettings, Routing } from '../../../src/routing/routing.ts';
import type { Level } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import {
  counting,
  createScene,
  DAY,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  route as receiver,
  type Scene,
  SECOND,
} from '../scene.ts';

const TYPE = { type: 'slack', secret: 'X', signingSecret: null } as const;
const RECEIVERS = ['slack', 'oncall', 'boss'].map((name) => receiver(name));

const route = (
  receivers: readonly string[],
  more: Partial<Omit<Route, 'settings'>> & { settings?: Partial<RouteSettings> } = {},
): Route => ({
  ...{ line: 1, match: {}, receivers, continue: false, routes: [] },
  ...more,
  settings: more.settings ?? {},
});
const tree = (root: Route, fallback?: string): Routing => ({
  receivers: RECEIVERS.map(({ name }) => ({ ...TYPE, name, minLevel: 'low' })),
  route: root,
  ...(fallback !== undefined && { fallback }),
});
const withRoutes = (routing: Routing, level: Level = 'high') =>
  createScene([onAction('vm.deleted', { level }), onAction('vm.stopped', { level })], {
    receivers: RECEIVERS,
    routing,
  });
const did = (action: string, id: string, at: number, actor = 'alice') =>
  entry(id, at, { action, actor: { id: actor, type: 'user' }, client_ip: '192.0.2.1' });
/** Whom each message that is ready by then goes to. */
const sent = (scene: Scene, now: number): string[] => {
  scene.makeDue(now);
  return scene
    .send(now)
    .filter(({ notification }) => !('health' in notification))
    .map(({ receiver: to, notification }) => `${to} ${notification.kind}`);
};
const decisions = ({ store }: Scene) =>
  store
    .all<{ decision: string | null }>('SELECT decision FROM matches ORDER BY alert, seq')
    .map((row) => decisionName(row.decision));

/** 2026-01-05 is a Monday; NOON lies at noon UTC. */
const OFFICE = {
  names: ['office'],
  ranges: [{ weekdays: [1, 2, 3, 4, 5], from: 9 * 60, to: 11 * 60, timeZone: 'UTC' }],
};

describe('a tree of routes', () => {
  it('decides whom a match goes to, and the decision says why not to others', () => {
    const scene = withRoutes(
      tree(route(['slack'], { routes: [route(['oncall'], { match: { levels: ['critical'] } })] })),
    );
    scene.record([did('vm.deleted', 'a', NOON)]);
    expect(sent(scene, NOON + MINUTE)).toEqual(['slack opened']);
    expect(decisions(scene)).toEqual(['opened: first match (slack), no route (oncall boss)']);
  });

  it('has a fallback for what is high and has no route', () => {
    const root = route([], { routes: [route(['slack'], { match: { actors: ['bob'] } })] });
    const scene = withRoutes(tree(root, 'boss'));
    scene.record([did('vm.deleted', 'a', NOON)]);
    expect(sent(scene, NOON + MINUTE)).toEqual(['boss opened']);
  });

  it('waits for the active times, and is one message then', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { activeTimes: OFFICE } })));
    scene.record([did('vm.deleted', 'a', NOON), did('vm.stopped', 'b', NOON, 'bob')]);
    expect(sent(scene, NOON + 20 * HOUR)).toEqual([]);
    const morning = Math.floor(NOON / DAY) * DAY + DAY + 9 * HOUR;
    expect(scene.store.all('SELECT DISTINCT due_at FROM groups WHERE due_at IS NOT NULL')).toEqual([
      { due_at: morning },
    ]);
    expect(sent(scene, morning)).toEqual(['slack group']);
    expect(scene.notifications("alert IS NOT NULL AND state = 'delivered' AND grp IS NULL")[0].group.kind).toBe(
      'active times',
    );
  });

  it('has times and digests of its own for each route, though they are of one receiver', () => {
    const at = (hour: number) => ({ names: ['one'], ranges: [{ ...OFFICE.ranges[0], from: hour * 60, to: 24 * 60 }] });
    const later = (hour: number, action: string) =>
      route(['slack'], {
        match: { levels: ['high'], fields: [['action', [action]]] },
        settings: { activeTimes: at(hour) as typeof OFFICE },
      });
    const held = withRoutes(tree(route(['slack'], { routes: [later(15, 'vm.deleted'), later(14, 'vm.stopped')] })));
    held.record([did('vm.deleted', 'a', NOON), did('vm.stopped', 'b', NOON, 'bob')]);
    expect(sent(held, NOON + 2 * HOUR)).toEqual(['slack opened']);
    expect(sent(held, NOON + 3 * HOUR - 1)).toEqual([]);
    expect(sent(held, NOON + 3 * HOUR)).toEqual(['slack opened']);
    const daily = (hour: number, action: string) =>
      route(['slack'], {
        match: { fields: [['action', [action]]] },
        settings: { digest: { minute: hour * 60, timeZone: 'UTC' } },
      });
    const digests = withRoutes(
      tree(route(['slack'], { routes: [daily(15, 'vm.deleted'), daily(14, 'vm.stopped')] })),
      'low',
    );
    digests.record([did('vm.deleted', 'a', NOON), did('vm.stopped', 'b', NOON, 'bob')]);
    expect(sent(digests, NOON + 2 * HOUR)).toEqual(['slack opened']);
    expect(sent(digests, NOON + 3 * HOUR - 1)).toEqual([]);
    expect(sent(digests, NOON + 3 * HOUR)).toEqual(['slack opened']);
  });

  it('held, a correlation inhibits nothing that is sent now', () => {
    const [fed, many] = [onAction('vm.deleted'), counting('vm.deleted', 2)];
    const held = route(['slack'], { match: { rules: [many.id] }, settings: { activeTimes: OFFICE } });
    const scene = createScene([fed, many], {
      receivers: RECEIVERS,
      routing: tree(route(['slack'], { routes: [held] })),
    });
    scene.record([did('vm.deleted', 'a', NOON), did('vm.deleted', 'b', NOON + 1)]);
    expect(sent(scene, NOON + MINUTE)).toEqual(['slack opened']);
  });

  it('outside of them, what is critical goes to the fallback at once', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { activeTimes: OFFICE } }), 'boss'), 'critical');
    scene.record([did('vm.deleted', 'a', NOON)]);
    expect(sent(scene, NOON + 5 * SECOND)).toEqual(['boss opened']);
    expect(decisions(scene)).toEqual(['outside active times (slack), no route (oncall), opened: first match (boss)']);
  });

  it('groups by what the route says, at every level', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { groupBy: 'rule' } })));
    scene.record([
      did('vm.deleted', 'a', NOON),
      did('vm.deleted', 'b', NOON, 'bob'),
      did('vm.stopped', 'c', NOON, 'carol'),
    ]);
    expect(sent(scene, NOON + MINUTE).sort()).toEqual(['slack group', 'slack opened']);
    const medium = withRoutes(tree(route(['slack'], { settings: { groupBy: { field: 'actor.id' } } })), 'medium');
    medium.record([did('vm.deleted', 'a', NOON), did('vm.stopped', 'b', NOON), did('vm.stopped', 'c', NOON, 'bob')]);
    expect(sent(medium, NOON + MINUTE).sort()).toEqual(['slack group', 'slack opened']);
  });

  it('has an interval of its own between the messages of a group', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { groupIntervalMs: MINUTE } })));
    scene.record([did('vm.deleted', 'a', NOON)]);
    expect(sent(scene, NOON + 30 * SECOND)).toEqual(['slack opened']);
    scene.record([did('vm.stopped', 'b', NOON + 40 * SECOND)], { now: NOON + 40 * SECOND });
    expect(sent(scene, NOON + 89 * SECOND)).toEqual([]);
    expect(sent(scene, NOON + 90 * SECOND)).toEqual(['slack opened']);
  });

  it('has no interval of its own between the messages with reminders', () => {
    const settings = { groupIntervalMs: MINUTE, repeatIntervalMs: 10 * MINUTE };
    const scene = withRoutes(tree(route(['slack'], { settings })));
    const came: { readonly [minute: number]: readonly string[] } = { 0: ['alice', 'bob'], 11: ['alice'], 20: ['bob'] };
    const got = Array.from({ length: 12 * 60 }, (_, minute) => {
      const now = NOON + minute * MINUTE;
      for (const actor of came[minute] ?? [])
        scene.record([did('vm.deleted', `${actor} ${minute}`, now, actor)], { now });
      return sent(scene, now).map((words) => `${minute} ${words}`);
    }).flat();
    // Four hours after the last one.
    expect(got).toEqual(['1 slack opened', '1 slack opened', '12 slack recurred', '252 slack recurred']);
  });

  it('has an interval of its own between reminders', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { repeatIntervalMs: 30 * MINUTE } })));
    scene.record([did('vm.deleted', 'a', NOON)]);
    sent(scene, NOON + MINUTE);
    scene.record([did('vm.deleted', 'b', NOON + 31 * MINUTE)], { now: NOON + 31 * MINUTE });
    expect(decisions(scene)).toEqual([
      'opened: first match (slack), no route (oncall boss)',
      'recurred: goes on, and nobody acted (slack), no route (oncall boss)',
    ]);
  });

  it.each<
    [string, RouteSettings['groupBy'], readonly [id: string | null, name: string | null, ip: string | null][], object]
  >([
    [
      'one actor',
      'rule',
      [
        ['u1', 'ci', '192.0.2.1'],
        ['u1', 'ci', '192.0.2.9'],
      ],
      { subject: 'ci', actors: 1 },
    ],
    [
      'one actor by id, with two names',
      'rule',
      [
        ['u1', 'ci', null],
        ['u1', 'cd', null],
      ],
      { actors: 1 },
    ],
    [
      'several actors',
      'rule',
      [
        ['u1', 'a', '192.0.2.1'],
        ['u2', 'b', '192.0.2.2'],
      ],
      { subject: null, actors: 2 },
    ],
    [
      'two actors of one name',
      'rule',
      [
        ['u1', 'ci', null],
        ['u2', 'ci', null],
      ],
      { subject: null, actors: 2 },
    ],
    [
      'an actor and nobody',
      'rule',
      [
        ['u1', 'ci', '192.0.2.1'],
        [null, null, '192.0.2.1'],
      ],
      { subject: null, actors: 1 },
    ],
    [
      'two actors at one address',
      'address',
      [
        ['u1', 'a', '192.0.2.1'],
        ['u2', 'b', '192.0.2.1'],
      ],
      { subject: null },
    ],
    [
      'nobody at one address',
      'address',
      [
        [null, null, '192.0.2.1'],
        [null, null, '192.0.2.1'],
      ],
      { subject: '192.0.2.1' },
    ],
    [
      'nobody in one network',
      'address',
      [
        [null, null, '192.0.2.1'],
        [null, null, '192.0.2.2'],
      ],
      { subject: null },
    ],
    [
      'two actors by a field',
      { field: 'target.id' },
      [
        ['u1', 'a', null],
        ['u2', 'b', null],
      ],
      { subject: null },
    ],
    [
      'nobody anywhere',
      { field: 'target.id' },
      [
        [null, null, null],
        [null, null, null],
      ],
      { subject: null, actors: 0 },
    ],
  ])('a group names whose its alerts are, where they are all of them: %s', (_, groupBy, who, expected) => {
    const rule = onAction('vm.deleted', { tocsin: { ...onAction('x').tocsin, dedupBy: ['number'] } });
    const scene = createScene([rule], {
      receivers: RECEIVERS,
      routing: tree(route(['slack'], { settings: { groupBy } })),
    });
    scene.record(
      who.map(([id, name, ip], number) =>
        entry(`e${number}`, NOON + number, {
          ...{ action: 'vm.deleted', number, target: { id: 'db' }, actor: { id, name } },
          ...(ip !== null && { client_ip: ip }),
        }),
      ),
    );
    const [message] = scene.makeDue(NOON + MINUTE);
    const { subject, distinct, alerts } = message.group;
    expect({ subject, ...distinct, alerts }).toMatchObject({ ...expected, alerts: 2 });
  });

  it('mentions whom the route says', () => {
    const scene = withRoutes(tree(route(['slack'], { settings: { mention: '@oncall' } })));
    scene.record([did('vm.deleted', 'a', NOON)]);
    expect(scene.notifications()[0].mention).toBe('@oncall');
  });

  describe('a group mentions', () => {
    const leaf = (action: string, mention?: string) =>
      route(['slack'], { match: { rules: [action] }, settings: mention === undefined ? {} : { mention } });
    const groupOf = (leaves: readonly Route[], actions: readonly string[], level: (action: string) => Level) => {
      const scene = createScene(
        [...new Set(actions)].map((action) => onAction(action, { level: level(action) })),
        { receivers: RECEIVERS, routing: tree(route(['slack'], { routes: leaves })) },
      );
      scene.record(actions.map((action, i) => did(action, `e${i}`, NOON + i)));
      return scene.makeDue(NOON + MINUTE)[0];
    };
    const high = (): Level => 'high';

    it('whom the route of any of its alerts does, not only that of the first', () => {
      const message = groupOf([leaf('a.a', '<!here>'), leaf('b.b')], ['a.a', 'b.b'], high);
      expect(message.group.first.alert.title).toBe('Seen: b.b');
      expect(message.mention).toEqual(['<!here>']);
    });

    it('each once, those of the most severe first, and at most five', () => {
      const actions = ['a.a', 'b.b', 'c.c', 'd.d', 'e.e', 'f.f', 'g.g', 'h.h'];
      const leaves = actions.map((action, i) => leaf(action, `@${Math.min(i, 6)}`));
      const message = groupOf(leaves, actions, (action) => (action === 'h.h' ? 'high' : 'medium'));
      expect(message.mention).toEqual(['@6', '@0', '@1', '@2', '@3']);
    });

    it('nobody where no route does', () => {
      expect(groupOf([], ['a.a', 'b.b'], high)).not.toHaveProperty('mention');
    });

    it('whom a decision does that is not shown, also where all are about one alert', () => {
      const of = (network: string, mention: string) =>
        route(['slack'], { match: { addresses: [network] }, settings: { mention } });
      const scene = withRoutes(
        tree(route(['slack'], { routes: [of('192.0.2.0/24', '@a'), of('198.51.100.0/24', '@b')] })),
      );
      scene.record(
        Array.from({ length: 10 }, (_, i) =>
          entry(`e${i}`, NOON + i, {
            ...{ action: 'vm.deleted', actor: { id: 'alice' } },
            client_ip: i === 0 ? '192.0.2.1' : '198.51.100.1',
          }),
        ),
      );
      expect(scene.makeDue(NOON + MINUTE)).toMatchObject([{ kind: 'opened', mention: ['@a', '@b'] }]);
      const pending = scene.store.all<{ id: number }>("SELECT id FROM deliveries WHERE state = 'pending'");
      const outage = { from: NOON, to: NOON + HOUR, messages: 1, healthMessages: 0, health: [] };
      expect(outageMessage(scene.store, pending, [], 3, outage)).toMatchObject({ mention: ['@a', '@b'] });
    });
  });

  it('sends what is not severe once a day, where the route says so', () => {
    const digest = { minute: 9 * 60, timeZone: 'UTC' };
    const scene = withRoutes(tree(route(['slack'], { settings: { digest } })), 'low');
    scene.record([did('vm.deleted', 'a', NOON), did('vm.stopped', 'b', NOON, 'bob')]);
    expect(sent(scene, NOON + 12 * HOUR)).toEqual([]);
    expect(sent(scene, Math.floor(NOON / DAY) * DAY + DAY + 9 * HOUR)).toEqual(['slack group']);
  });

  it('notifies that an alert is resolved, where the route says so', () => {
    for (const sendResolved of [true, undefined]) {
      const scene = withRoutes(tree(route(['slack'], { settings: { sendResolved } })));
      scene.record([did('vm.deleted', 'a', NOON)]);
      sent(scene, NOON + MINUTE);
      const resolve = { act: 'resolve', reason: 'expected', comment: null } as const;
      scene.ledger.act({ alerts: [1], act: resolve, who: 'bob', via: 'cli', seenLevel: null }, NOON + HOUR);
      expect(sent(scene, NOON + HOUR)).toEqual(sendResolved === true ? ['slack resolved'] : []);
    }
  });
});

describe('outside of the active times, of what is critical', () => {
  const MORNINGS = { ...OFFICE, ranges: [{ ...OFFICE.ranges[0], to: 12 * 60 + 30 }] } as typeof OFFICE;
  const scene = (settings: RouteSettings = {}): Scene => {
    const made = withRoutes(
      tree(route(['slack'], { settings: { activeTimes: MORNINGS, ...settings } }), 'boss'),
      'critical',
    );
    made.record([did('vm.deleted', 'a', NOON)]);
    expect(sent(made, NOON + 5 * SECOND)).toEqual(['slack opened']);
    return made;
  };
  const act = (of: Scene, what: Parameters<Scene['ledger']['act']>[0]['act'], now: number) =>
    of.ledger.act({ alerts: [1], act: what, who: 'bob', via: 'cli', seenLevel: null }, now);

  it('a reminder goes to the fallback', () => {
    const of = scene();
    of.record([did('vm.deleted', 'b', NOON + 20 * MINUTE)], { now: NOON + 20 * MINUTE });
    expect(sent(of, NOON + HOUR - 1)).toEqual([]);
    sent(of, NOON + HOUR);
    expect(sent(of, NOON + HOUR + 5 * SECOND)).toEqual(['boss recurred']);
  });

  it('the fallback is notified of the end of an acknowledgement', () => {
    const of = scene();
    act(of, { act: 'acknowledge', comment: null }, NOON + 10 * MINUTE);
    of.record([did('vm.deleted', 'b', NOON + 20 * MINUTE)], { now: NOON + 20 * MINUTE });
    const ends = NOON + DAY + 40 * MINUTE;
    sent(of, ends);
    expect(sent(of, ends + MINUTE)).toEqual(['boss recurred']);
  });

  it('a receiver is notified that it is resolved, where its route says so, at any time', () => {
    const of = scene({ sendResolved: true });
    act(of, { act: 'resolve', reason: 'expected', comment: null }, NOON + 2 * HOUR);
    expect(sent(of, NOON + 2 * HOUR)).toEqual(['slack resolved']);
  });
});

describe('escalation', () => {
  const escalate = [
    { afterMs: 30 * MINUTE, to: 'oncall' },
    { afterMs: HOUR, to: 'boss' },
  ];
  const scene = (): Scene => {
    const made = withRoutes(tree(route(['slack'], { settings: { escalate } })));
    made.record([did('vm.deleted', 'a', NOON)]);
    return made;
  };
  const acknowledge = (of: Scene, now: number) =>
    of.ledger.act(
      { alerts: [1], act: { act: 'acknowledge', comment: null }, who: 'bob', via: 'cli', seenLevel: null },
      now,
    );

  it('waits while a silence covers the alert', () => {
    const of = scene();
    sent(of, NOON + MINUTE);
    const silence = { matchers: { actor: 'alice' }, endsAt: NOON + 50 * MINUTE, comment: 'x' };
    of.ledger.silence({ silence: JSON.stringify(silence), who: 'bob', via: 'cli' }, NOON + 10 * MINUTE);
    const got = Array.from({ length: 6 * 60 }, (_, minute) =>
      sent(of, NOON + minute * MINUTE).map((words) => `${minute} ${words}`),
    ).flat();
    expect(got).toEqual(['51 oncall opened', '61 boss opened']);
  });

  it('notifies the next when nobody has acknowledged in time, each once', () => {
    const of = scene();
    const got = Array.from({ length: 6 * 60 }, (_, minute) =>
      sent(of, NOON + minute * MINUTE).map((words) => `${minute} ${words}`),
    ).flat();
    expect(got).toEqual(['1 slack opened', '31 oncall opened', '61 boss opened']);
    expect(of.store.all('SELECT act, who, detail FROM acts')).toEqual([
      { act: 'escalated', who: 'tocsin', detail: '{"receivers":["oncall"],"to":["oncall"]}' },
      { act: 'escalated', who: 'tocsin', detail: '{"receivers":["boss"],"to":["boss"]}' },
    ]);
    expect(of.notifications("receiver = 'oncall' AND health IS NULL")[0]).toMatchObject({
      reason: 'nobody acknowledged it in time',
    });
  });

  /** The minutes after noon in which there are messages. */
  const minutes = (of: Scene, until: number): string[] =>
    Array.from({ length: until }, (_, minute) =>
      sent(of, NOON + minute * MINUTE).map((words) => `${minute} ${words}`),
    ).flat();
  const hours = (from: number, to: number): RouteSettings['activeTimes'] => ({
    names: ['times'],
    ranges: [{ weekdays: [0, 1, 2, 3, 4, 5, 6], from: from * 60, to: to * 60, timeZone: 'UTC' }],
  });
  const night = (level: Level, from: number, to: number, more: readonly Route[] = []): Scene => {
    const settings = { escalate, activeTimes: hours(from, to) };
    const day = route(['slack'], { settings, continue: true });
    return withRoutes(tree(route([], { routes: [day, ...more] }), 'boss'), level);
  };

  it('counts from when it was read, where that was late', () => {
    const of = withRoutes(tree(route(['slack'], { settings: { escalate } })));
    of.record([did('vm.deleted', 'a', NOON - 45 * MINUTE)]);
    expect(minutes(of, 180)).toEqual(['1 slack opened', '31 oncall opened', '61 boss opened']);
  });

  it('counts from when its message is sent, where that waits for active times', () => {
    const of = night('high', 14, 20);
    of.record([did('vm.deleted', 'a', NOON)]);
    expect(minutes(of, 240)).toEqual(['120 slack opened', '151 oncall opened', '181 boss opened']);
  });

  it('counts from the first message, where others wait', () => {
    const of = night('high', 14, 20, [route(['oncall'], { settings: { escalate: [{ afterMs: HOUR, to: 'boss' }] } })]);
    of.record([did('vm.deleted', 'a', NOON)]);
    expect(minutes(of, 110)).toEqual(['1 oncall opened', '61 boss opened']);
  });

  it.each<[Level, string[]]>([
    ['high', ['1 slack opened', '1260 oncall opened', '1260 boss opened']],
    ['critical', ['1 slack opened', '31 oncall opened', '61 boss opened']],
  ])('waits for active times once they are over, except for what is critical: %s', (level, got) => {
    const of = night(level, 9, 12.25);
    of.record([did('vm.deleted', 'a', NOON)]);
    expect(minutes(of, 24 * 60).filter((words) => !words.includes('recurred'))).toEqual(got);
  });

  it('does not begin where nobody can acknowledge it: of the past', () => {
    const of = withRoutes(tree(route(['slack'], { settings: { escalate } })));
    const later = NOON + 8 * DAY;
    of.record([did('vm.deleted', 'live', later)], { now: later });
    sent(of, later + MINUTE);
    acknowledge(of, later + MINUTE);
    of.record([did('vm.deleted', 'a', NOON), did('vm.deleted', 'b', NOON + MINUTE)], { now: later + 2 * MINUTE });
    const got = Array.from({ length: 20 * 60 }, (_, minute) =>
      sent(of, later + minute * MINUTE).map((words) => `${minute} ${words}`),
    ).flat();
    expect(got).toEqual(['6 slack opened']);
    expect(of.store.all("SELECT escalations, wakes_at FROM alerts WHERE state = 'past'")).toEqual([
      { escalations: null, wakes_at: null },
    ]);
  });

  it.each([
    [10, []],
    [45, ['oncall opened']],
  ])('ends with the acknowledgement, after %i minutes', (minutes, then) => {
    const of = scene();
    const got: string[] = [];
    for (let minute = 1; minute < 180; minute++) {
      if (minute === minutes) acknowledge(of, NOON + minute * MINUTE);
      got.push(...sent(of, NOON + minute * MINUTE));
    }
    expect(got).toEqual(['slack opened', ...then]);
  });

  it('goes on after a restart, and to somebody who was removed it is nobody', () => {
    const of = scene().reopened({ receivers: RECEIVERS.filter(({ name }) => name !== 'oncall') });
    const got = Array.from({ length: 90 }, (_, minute) => sent(of, NOON + minute * MINUTE)).flat();
    expect(got).toEqual(['slack opened', 'boss opened']);
  });

  it('is set on the alarm', () => {
    const of = scene();
    sent(of, NOON + MINUTE);
    expect(of.ledger.nextAlarmAt(NOON + 15 * MINUTE)).toBeLessThanOrEqual(NOON + 30 * MINUTE);
  });
});
