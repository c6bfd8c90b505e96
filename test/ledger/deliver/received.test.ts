/** A receiver that was sent nothing of an alert is not notified of its end. */

import { describe, expect, it } from 'vitest';
import type { Act } from '../../../src/ledger/rpc.ts';
import type { RoutedReceiver } from '../../../src/routing/routing.ts';
import type { Level } from '../../../src/sigma/index.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  route,
  type Scene,
  SECOND,
} from '../scene.ts';

const ACKNOWLEDGE: Act = { act: 'acknowledge', comment: null };
const RESOLVE: Act = { act: 'resolve', reason: 'expected', comment: null };
/** From Saturday on. */
const WEEKEND = { names: ['weekend'], ranges: [{ weekdays: [6], from: 0, to: 60, timeZone: 'UTC' }] };
const APP = route('slack', { edits: true });
const PAGER = route('slack', { edits: true, forPrograms: true });
const HOOK = route('slack', { forPrograms: true });

const sceneOf = (level: Level, receiver: RoutedReceiver, isHeld = false): Scene =>
  createScene([onAction('vm.deleted', { level }), counting('vm.deleted', 3, { level: 'high' })], {
    receivers: [receiver],
    routing: {
      receivers: [],
      route: {
        ...{ line: 1, match: {}, receivers: ['slack'], continue: false, routes: [] },
        settings: { sendResolved: true, ...(isHeld && { activeTimes: WEEKEND }) },
      },
    },
  });
const act = (scene: Scene, what: Act, now: number, alerts = [1]) =>
  scene.ledger.act({ alerts, act: what, who: 'ada', via: 'cli', seenLevel: null }, now);
/** What is sent about alerts by then: the kinds, each with its alert. */
const sent = (scene: Scene, now: number): readonly string[] => {
  scene.makeDue(now);
  return scene.send(now).flatMap(({ notification: of }) => ('alert' in of ? [`${of.kind} ${of.alert.id}`] : []));
};
const match = (scene: Scene, count: number, at = NOON, prefix = 'e') =>
  scene.record(
    Array.from({ length: count }, (_, i) => deleted(`${prefix}${i}`, at + i)),
    { now: at },
  );

describe('an alert that is resolved before its message is sent', () => {
  it.each<[string, RoutedReceiver, boolean]>([
    ['people', route('slack'), false],
    ['people, outside of active times', route('slack'), true],
    ['who edits', APP, false],
    ['incidents, outside of active times', PAGER, true],
    ['programs, outside of active times', HOOK, true],
  ])('has no end for %s', (_, receiver, isHeld) => {
    for (const acts of [[RESOLVE], [ACKNOWLEDGE, RESOLVE]]) {
      const scene = sceneOf('high', receiver, isHeld);
      match(scene, 1);
      acts.forEach((what, i) => {
        expect(act(scene, what, NOON + (i + 1) * SECOND)).toEqual([{ alert: 1, outcome: 'done' }]);
      });
      expect([...sent(scene, NOON + MINUTE), ...sent(scene, NOON + 7 * DAY)]).toEqual([]);
    }
  });
});

it.each([route('slack'), APP, PAGER, HOOK])(
  'one that was sent ends, also where an act suppressed what followed',
  (to) => {
    const scene = sceneOf('high', to);
    match(scene, 1);
    expect(sent(scene, NOON + MINUTE)).toEqual(['opened 1']);
    match(scene, 1, NOON + 2 * MINUTE, 'later');
    act(scene, ACKNOWLEDGE, NOON + 3 * MINUTE);
    act(scene, RESOLVE, NOON + 4 * MINUTE);
    expect(sent(scene, NOON + HOUR)).toContain('resolved 1');
  },
);

it('one whose message was evicted ends', () => {
  const scene = sceneOf('high', route('slack'));
  match(scene, 1);
  sent(scene, NOON + MINUTE);
  scene.store.run('DELETE FROM deliveries');
  act(scene, RESOLVE, NOON + HOUR);
  expect(sent(scene, NOON + HOUR)).toEqual(['resolved 1']);
});

describe('an alert that a correlation inhibited', () => {
  /** Alert 1 waits and is inhibited by alert 2; or it was inhibited by it as it matched. */
  const inhibited = (waits: boolean, level: Level = 'medium'): Scene => {
    const scene = createScene(
      [onAction('vm.deleted', { level }), counting('vm.deleted', waits ? 3 : 1, { level: 'high' })],
      {
        routing: {
          receivers: [],
          route: {
            ...{ line: 1, match: {}, receivers: ['slack'], continue: false, routes: [] },
            settings: { sendResolved: true },
          },
        },
      },
    );
    match(scene, waits ? 3 : 1);
    return scene;
  };

  it.each([true, false])('ends where the correlation’s message was sent (it waited: %s)', (waits) => {
    const scene = inhibited(waits);
    expect(sent(scene, NOON + MINUTE)).toEqual(['opened 2']);
    act(scene, RESOLVE, NOON + HOUR);
    expect(sent(scene, NOON + HOUR)).toEqual(['resolved 1']);
  });

  it.each([true, false])('has no end where that was not sent (it waited: %s)', (waits) => {
    for (const alerts of [[2], [1, 2], [2, 1]]) {
      const scene = inhibited(waits);
      act(scene, RESOLVE, NOON + SECOND, alerts);
      act(scene, RESOLVE, NOON + HOUR, [1]);
      expect(sent(scene, NOON + 2 * HOUR)).toEqual([]);
    }
  });

  it('has no end where only another message of the correlation was sent', () => {
    const scene = createScene(
      [
        onAction('vm.deleted', { level: 'medium' }),
        counting('vm.deleted', 1, { level: 'high', groupBy: ['client_ip'] }),
      ],
      {
        routing: {
          receivers: [],
          route: {
            ...{ line: 1, match: {}, receivers: ['slack'], continue: false, routes: [] },
            settings: { sendResolved: true },
          },
        },
      },
    );
    const by = (id: string, at: number, actor: string) =>
      scene.record([deleted(id, at, actor, { client_ip: '192.0.2.1' })], { now: at });
    by('a', NOON, 'alice');
    expect(sent(scene, NOON + MINUTE)).toEqual(['opened 2']);
    // It goes on, and inhibits alert 3.
    by('b', NOON + 5 * HOUR, 'bob');
    act(scene, RESOLVE, NOON + 5 * HOUR + SECOND, [2]);
    act(scene, RESOLVE, NOON + 6 * HOUR, [3, 1]);
    expect(sent(scene, NOON + 7 * HOUR).toSorted()).toEqual(['resolved 1', 'resolved 2']);
  });
});
