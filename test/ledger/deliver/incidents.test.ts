/** Receivers that programs read, and of them those where each alert is an incident that pages people, as PagerDuty. */

import { describe, expect, it } from 'vitest';
import { NO_LINKS } from '../../../src/alert/links.ts';
import { render } from '../../../src/notify/pagerduty/event.ts';
import type { RouteSettings } from '../../../src/routing/routing.ts';
import { compile, type Level } from '../../../src/sigma/index.ts';
import { correlation } from '../../support/rules.ts';
import { createScene, DAY, deleted, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from '../scene.ts';

const HOOK = route('hook', { forPrograms: true });
const PAGER = route('pager', { forPrograms: true, edits: true });
/** 2026-01-05 is a Monday; NOON lies at noon UTC. */
const OFFICE = { names: ['office'], ranges: [{ weekdays: [1, 2], from: 9 * 60, to: 11 * 60, timeZone: 'UTC' }] };
const MORNING = Math.floor(NOON / DAY) * DAY + DAY + 9 * HOUR;

const sceneOf = (level: Level, settings: RouteSettings = {}): Scene =>
  createScene([onAction('vm.deleted', { level })], {
    receivers: [HOOK, PAGER],
    routing: {
      receivers: [],
      route: { line: 1, match: {}, receivers: ['hook', 'pager'], continue: false, routes: [], settings },
    },
  });
/** Whom each message that is ready by then goes to, with the alerts that it is about. */
const sent = (scene: Scene, now: number, to = /./): string[] => {
  scene.makeDue(now);
  return scene
    .send(now)
    .filter(({ receiver, notification }) => to.test(receiver) && !('health' in notification))
    .map(({ receiver, notification: of }) => {
      if (of.kind === 'group') return `${receiver} ${of.group.kind}: ${of.group.alerts}`;
      return `${receiver} ${of.kind}: alert ${'alert' in of ? of.alert.id : ''}`;
    });
};

describe('a receiver that programs read', () => {
  it('gets each alert by itself, at once', () => {
    const scene = sceneOf('high');
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    expect(sent(scene, NOON)).toEqual(
      ['hook', 'pager'].flatMap((to) => [1, 2].map((id) => `${to} opened: alert ${id}`)),
    );
  });

  it.each<[string, Level, RouteSettings, number]>([
    ['outside of active times', 'high', { activeTimes: OFFICE }, MORNING],
    ['what a route sends once a day', 'low', { digest: { minute: 9 * 60, timeZone: 'UTC' } }, MORNING],
  ])('waits for the time of the day, and then each alert is sent by itself: %s', (_, level, settings, at) => {
    const scene = sceneOf(level, settings);
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    expect(sent(scene, at - 1)).toEqual([]);
    expect(sent(scene, at, /hook/)).toEqual(['hook opened: alert 1', 'hook opened: alert 2']);
    expect(sent(scene, at + MINUTE)).toEqual([]);
  });

  it.each<[string, Level, RouteSettings, readonly string[]]>([
    ['by itself', 'high', { activeTimes: OFFICE }, ['pager opened: alert 1', 'pager opened: alert 2']],
    ['one incident', 'low', { digest: { minute: 9 * 60, timeZone: 'UTC' } }, ['pager digest: 2']],
  ])('where alerts are incidents, what waited for the time is %s', (_, level, settings, got) => {
    const scene = sceneOf(level, settings);
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    expect(sent(scene, MORNING, /pager/)).toEqual(got);
  });

  it('gets what is critical at once, outside of active times', () => {
    const scene = sceneOf('critical', { activeTimes: OFFICE });
    scene.record([deleted('a', NOON)]);
    expect(sent(scene, NOON)).toEqual(['hook opened: alert 1', 'pager opened: alert 1']);
  });

  it('is not notified in the morning of what was acknowledged at night', () => {
    const scene = sceneOf('high', { activeTimes: OFFICE });
    scene.record([deleted('a', NOON), deleted('b', NOON, 'bob')]);
    const by = { who: 'ada', via: 'cli', seenLevel: null };
    scene.ledger.act({ alerts: [1], act: { act: 'acknowledge', comment: null }, ...by }, NOON + HOUR);
    sent(scene, NOON + HOUR);
    expect(sent(scene, MORNING)).toEqual(['hook opened: alert 2', 'pager opened: alert 2']);
  });
});

describe('where each alert is an incident', () => {
  const flood = (scene: Scene, count: number, from = 0): void => {
    for (let i = 0; i < count; i++) {
      const at = NOON + (from + i) * SECOND;
      scene.record([deleted(`e${from + i}`, at, `actor ${from + i}`)], { now: at });
    }
  };

  it('a rule is one in a flood, after the first one of it', () => {
    const scene = sceneOf('critical');
    flood(scene, 40);
    // The 20th begins the flood, and goes by itself.
    expect(sent(scene, NOON + 40 * SECOND, /pager/)).toEqual(
      Array.from({ length: 20 }, (_, i) => `pager opened: alert ${i + 1}`),
    );
    expect(sent(scene, NOON + 2 * MINUTE)).toEqual(['pager critical flood: 20']);
    flood(scene, 10, 120);
    expect(sent(scene, NOON + 130 * SECOND, /pager/)).toEqual([]);
    expect(sent(scene, NOON + 3 * MINUTE + 10 * SECOND)).toEqual(['pager critical flood: 10']);
  });

  it.each<[Level, number, number, string]>([
    // The 20th begins the flood, and goes by itself if it is severe.
    ['critical', 70 * SECOND, 20, 'tocsin/flood/vm.deleted'],
    ['high', 2 * HOUR, 20, 'tocsin/flood/vm.deleted'],
    ['medium', 5 * HOUR, 19, 'tocsin/digest'],
  ])('is one at %s too where each message of it has one alert, %i ms apart', (level, everyMs, single, incident) => {
    const scene = sceneOf(level);
    flood(scene, 19);
    const keys: string[] = [];
    for (let i = 19; i < 23; i++) {
      const at = NOON + 19 * SECOND + (i - 19) * everyMs;
      scene.record([deleted(`e${i}`, at, `actor ${i}`)], { now: at });
      for (let now = at; now < at + everyMs; now += MINUTE) {
        scene.makeDue(now);
        const got = scene
          .send(now)
          .filter(({ receiver, notification: of }) => receiver === 'pager' && !('health' in of));
        keys.push(...got.map(({ notification: of }) => `${render(of, NO_LINKS).dedup_key}`));
      }
    }
    const alone = Array.from({ length: single }, (_, i) => `tocsin/alert/${i + 1}/vm.deleted`);
    expect(keys).toEqual([...alone, ...Array(23 - single).fill(incident)]);
  });

  it('a digest is one, though it has one alert', () => {
    const scene = sceneOf('low', { digest: { minute: 9 * 60, timeZone: 'UTC' } });
    scene.record([deleted('a', NOON)]);
    expect(sent(scene, MORNING)).toEqual(['hook opened: alert 1', 'pager digest: 1']);
  });

  it('and programs get each', () => {
    const scene = sceneOf('critical');
    flood(scene, 40);
    expect(sent(scene, NOON + 40 * SECOND, /hook/)).toHaveLength(40);
  });

  it('no flood is made of what goes on', () => {
    const scene = sceneOf('critical');
    scene.record([deleted('first', NOON)]);
    for (let i = 1; i < 300; i++) scene.record([deleted(`e${i}`, NOON + i * SECOND)], { now: NOON + i * SECOND });
    const got = sent(scene, NOON + 10 * MINUTE, /pager/);
    expect(got[0]).toBe('pager opened: alert 1');
    expect(new Set(got.slice(1))).toEqual(new Set(['pager updated: alert 1']));
  });

  it('nobody is reminded: it does that itself', () => {
    const scene = sceneOf('critical');
    for (let i = 0; i < 12; i++) {
      const at = NOON + i * HOUR;
      scene.record([deleted(`e${i}`, at)], { now: at });
      sent(scene, at);
    }
    const rows = scene.store.all<{ kind: string; receiver: string; state: string; reason: string | null }>(
      "SELECT DISTINCT receiver, notification ->> '$.kind' AS kind, state, reason FROM deliveries WHERE alert IS NOT NULL ORDER BY 1, 2",
    );
    expect(rows).toEqual([
      { receiver: 'hook', kind: 'opened', state: 'delivered', reason: null },
      { receiver: 'hook', kind: 'recurred', state: 'delivered', reason: null },
      { receiver: 'pager', kind: 'opened', state: 'delivered', reason: null },
      {
        ...{ receiver: 'pager', kind: 'recurred', state: 'suppressed' },
        reason: 'it reminds people of its incidents itself',
      },
    ]);
  });
});

describe('where each alert is an incident, a correlation whose reminder is not sent', () => {
  const LATER = NOON + 5 * HOUR;
  const [HERE, ELSEWHERE] = ['192.0.2.1', '198.51.100.1'];
  const by = (id: string, at: number, action: string, address: string) =>
    entry(id, at, { action, actor: { id: 'ci' }, client_ip: address });
  const rules = (first: Level, second: Level) => {
    const seen = [onAction('vm.deleted', { level: first }), onAction('api_key.created', { level: second })];
    const condition = [{ op: 'gte' as const, value: 1 }];
    const ids = seen.map(({ id }) => id);
    return [...seen, correlation('both', ids, { groupBy: ['actor.id'], timespanMs: MINUTE, condition, level: 'high' })];
  };
  /** The correlation is alert 2, which opens at noon, and in its first message alert 1. */
  const opened = (first: Level, second: Level, more = false): Scene => {
    const scene = createScene(rules(first, second), { receivers: [PAGER] });
    scene.record([by('a', NOON, 'vm.deleted', HERE), ...(more ? [by('b', NOON, 'api_key.created', ELSEWHERE)] : [])]);
    expect(sent(scene, NOON)[0]).toBe('pager opened: alert 2');
    return scene;
  };
  const later = (scene: Scene, action: string, address: string): readonly string[] => {
    scene.record([by('later', LATER, action, address)], { now: LATER });
    return sent(scene, LATER);
  };

  it.each<[string, Level]>([
    ['what opens', 'high'],
    ['what opens and is not severe', 'medium'],
  ])('is in no place of %s', (_, level) => {
    expect(later(opened('high', level), 'api_key.created', HERE)).toEqual(['pager opened: alert 3']);
  });

  it('is in no place of what comes from another network', () => {
    expect(later(opened('high', 'high', true), 'vm.deleted', ELSEWHERE)).toEqual(['pager updated: alert 1']);
  });

  it('is in no place of what is raised', () => {
    const scene = opened('medium', 'high');
    const raised = scene.reopened({ engine: compile({ version: 'two', rules: rules('high', 'high') }) });
    expect(later(raised, 'vm.deleted', HERE)).toEqual(['pager raised: alert 1']);
  });

  it('lets nobody be reminded of what it counts', () => {
    expect(later(opened('high', 'high'), 'vm.deleted', HERE)).toEqual([]);
  });

  it('lists what its next message is in place of', () => {
    expect(later(opened('high', 'high'), 'api_key.created', ELSEWHERE)).toEqual(['pager updated: alert 2']);
  });
});
