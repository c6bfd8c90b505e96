/**
 * Nothing severe hides: an attacker behind what is noisy, acknowledged, silenced, grouped, flooded, inhibited, of another level,
 * restarted or failing. Each row: how long after the attacker's entry each receiver is notified of it, by itself or by name in a
 * message.
 */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/notify/receiver.ts';
import { compile, type Level, type Rule } from '../../src/sigma/index.ts';
import { correlation } from '../support/rules.ts';
import { counting, createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, route, type Scene, SECOND } from './scene.ts';

const rule = (action: string, level: Level) => onAction(action, { level });
const HIGH = rule('vm.deleted', 'high');
const OTHER = rule('api_key.created', 'high');
const CRITICAL = rule('org.deleted', 'critical');
const MEDIUM = rule('vm.stopped', 'medium');
const RULES: readonly Rule[] = [HIGH, OTHER, CRITICAL, MEDIUM];
const FAILED: Outcome = { kind: 'retry', reason: 'HTTP 503', afterMs: null };

interface Notified {
  readonly at: number;
  readonly receiver: string;
  /** The ids of the entries whose alerts it shows. */
  readonly alerts: readonly number[];
}

/** Time that goes by in steps of five seconds, in which `during` may happen. */
function pass(
  scene: Scene,
  from: number,
  to: number,
  during: (now: number) => void = () => {},
  fails: readonly string[] = [],
) {
  const notified: Notified[] = [];
  for (let now = from; now <= to; now += 5 * SECOND) {
    during(now);
    const next = scene.ledger.nextAlarmAt(now);
    if (next !== null && next <= now) scene.ledger.watchdog(now);
    scene.send(now, ({ receiver, notification }) => {
      if (fails.includes(receiver)) return FAILED;
      if (notification.kind === 'group') {
        const { first, others } = notification.group;
        notified.push({ at: now, receiver, alerts: [first.alert.id, ...others.map(({ id }) => id)] });
      } else if ('alert' in notification) notified.push({ at: now, receiver, alerts: [notification.alert.id] });
      return { kind: 'delivered' };
    });
  }
  return notified;
}

let entries = 0;
function does(scene: Scene, action: string, now: number, actor = 'ci', client_ip = '192.0.2.1'): number {
  scene.record([entry(`e${entries++}`, now, { action, actor: { id: actor }, client_ip })], { now });
  return scene.store.all<{ alert: number }>('SELECT alert FROM matches ORDER BY seq DESC LIMIT 1')[0]?.alert ?? 0;
}

/** When a receiver was notified of the alert, after `since`: seconds. */
function seconds(notified: readonly Notified[], alert: number, since: number, receiver = 'slack'): number {
  const at = notified.find((of) => of.receiver === receiver && of.at >= since && of.alerts.includes(alert))?.at;
  return ((at ?? Number.POSITIVE_INFINITY) - since) / SECOND;
}

const acknowledge = (scene: Scene, alert: number, now: number) =>
  scene.ledger.act(
    { alerts: [alert], act: { act: 'acknowledge', comment: null }, who: 'bob', via: 'cli', seenLevel: null },
    now,
  );
const silence = (scene: Scene, endsAt: number, now: number) =>
  scene.ledger.silence(
    { silence: JSON.stringify({ matchers: { actor: 'ci' }, endsAt, comment: 'x' }), who: 'bob', via: 'cli' },
    now,
  );
/** `ci` deletes machines once a minute. */
const noise = (scene: Scene) => (now: number) => {
  if ((now - NOON) % MINUTE === 0) does(scene, 'vm.deleted', now);
};

type Row = readonly [
  name: string,
  scene: () => {
    readonly notified: readonly Notified[];
    readonly alert: number;
    readonly since: number;
    readonly receiver?: string;
  },
  most: number,
];

const T = NOON + 6 * HOUR;

const rows: readonly Row[] = [
  [
    'in an open alert that is noisy, from another network',
    () => {
      const scene = createScene(RULES);
      pass(scene, NOON, T - 5 * SECOND, noise(scene));
      const alert = does(scene, 'vm.deleted', T, 'ci', '198.51.100.7');
      return { notified: pass(scene, T, T + 20 * MINUTE), alert, since: T };
    },
    600,
  ],
  [
    'in an acknowledged one, from another network',
    () => {
      const scene = createScene(RULES);
      pass(scene, NOON, NOON + HOUR, noise(scene));
      acknowledge(scene, 1, NOON + HOUR);
      pass(scene, NOON + HOUR, T - 5 * SECOND, noise(scene));
      const alert = does(scene, 'vm.deleted', T, 'ci', '198.51.100.7');
      return { notified: pass(scene, T, T + 20 * MINUTE), alert, since: T };
    },
    60,
  ],
  [
    'in an acknowledged one, with something critical',
    () => {
      const scene = createScene(RULES);
      does(scene, 'vm.deleted', NOON);
      acknowledge(scene, 1, NOON + MINUTE);
      const alert = does(scene, 'org.deleted', T);
      return { notified: pass(scene, T, T + MINUTE), alert, since: T };
    },
    5,
  ],
  [
    'under a silence, with something critical',
    () => {
      const scene = createScene(RULES);
      silence(scene, T + 10 * HOUR, NOON);
      does(scene, 'vm.deleted', NOON + MINUTE);
      const alert = does(scene, 'org.deleted', T);
      return { notified: pass(scene, T, T + MINUTE), alert, since: T };
    },
    5,
  ],
  [
    'under a silence, at high: when it ends',
    () => {
      const scene = createScene(RULES);
      silence(scene, T, NOON);
      const alert = does(scene, 'vm.deleted', T - MINUTE);
      return { notified: pass(scene, T - MINUTE, T + 5 * MINUTE), alert, since: T };
    },
    60,
  ],
  [
    'under a silence of somebody else with a part in the same alert: its reminder',
    () => {
      const byTarget = onAction('vm.deleted', { level: 'high', tocsin: { ...HIGH.tocsin, dedupBy: ['target.id'] } });
      const scene = createScene([byTarget]);
      const target = { id: 'vm-1' };
      ['mallory', 'ci'].forEach((id, i) => {
        const now = NOON + i * MINUTE;
        scene.record([entry(`t${i}`, now, { action: 'vm.deleted', actor: { id }, target })], { now });
      });
      silence(scene, NOON + 3 * DAY, NOON + 2 * MINUTE);
      pass(scene, NOON, NOON + 10 * MINUTE);
      const since = NOON + 10 * MINUTE;
      return { notified: pass(scene, since, NOON + 5 * HOUR), alert: 1, since };
    },
    4 * 3600,
  ],
  [
    'raised under a silence: when it ends, though a reminder is hours away',
    () => {
      const scene = createScene([MEDIUM]);
      does(scene, 'vm.stopped', NOON);
      pass(scene, NOON, NOON + HOUR);
      silence(scene, T, NOON + HOUR);
      const engine = compile({ version: 'two', rules: [{ ...MEDIUM, level: 'high' }] });
      const raised = scene.reopened({ engine });
      const alert = does(raised, 'vm.stopped', T - HOUR);
      pass(raised, T - HOUR, T - 5 * SECOND);
      return { notified: pass(raised, T, T + HOUR), alert, since: T };
    },
    600,
  ],
  [
    'counted by a correlation that is at its reminder, of which a receiver of incidents is not notified',
    () => {
      const both = correlation('both', [HIGH.id, OTHER.id], {
        ...{ groupBy: ['actor.id'], timespanMs: 10 * MINUTE, condition: [{ op: 'gte', value: 1 }] as const },
      });
      const receivers = [route('pager', { forPrograms: true, edits: true })];
      const scene = createScene([HIGH, OTHER, { ...both, level: 'high' }], { receivers });
      does(scene, 'vm.deleted', NOON);
      pass(scene, NOON, T - 5 * SECOND);
      scene.record([entry('second', T, { action: 'api_key.created', actor: { id: 'ci' } })], { now: T });
      const [alert] = scene.store.all<{ id: number }>('SELECT id FROM alerts WHERE rule = ?', OTHER.id);
      const notified = pass(scene, T, T + 20 * MINUTE);
      return { notified, alert: alert?.id ?? 0, since: T, receiver: 'pager' };
    },
    600,
  ],
  [
    'within the interval of a group, at high',
    () => {
      const scene = createScene(RULES);
      // An alert each twenty minutes: its group's interval grows to four hours.
      const rules = Array.from({ length: 40 }, (_, i) => rule(`a${i}`, 'high'));
      const busy = scene.reopened({ engine: compile({ version: 'busy', rules: [...RULES, ...rules] }) });
      let n = 0;
      pass(busy, NOON, T - 5 * SECOND, (now) => {
        if ((now - NOON) % (20 * MINUTE) === 0) does(busy, `a${n++}`, now);
      });
      const alert = does(busy, 'api_key.created', T);
      return { notified: pass(busy, T, T + 20 * MINUTE), alert, since: T };
    },
    600,
  ],
  [
    'within the interval of a group, with something critical',
    () => {
      const scene = createScene(RULES);
      pass(scene, NOON, NOON + HOUR, noise(scene));
      const alert = does(scene, 'org.deleted', NOON + HOUR + SECOND);
      return { notified: pass(scene, NOON + HOUR + SECOND, NOON + HOUR + MINUTE), alert, since: NOON + HOUR + SECOND };
    },
    5,
  ],
  ...(['api_key.created', 'org.deleted'] as const).map(
    (action): Row => [
      `in a flood of 5,000 at high, ${action}`,
      () => {
        const scene = createScene(RULES);
        for (let page = 0; page < 50; page++) {
          const now = NOON + page * SECOND;
          const flood = Array.from({ length: 100 }, (_, i) =>
            entry(`f${page}-${i}`, now, { action: 'vm.deleted', actor: { id: `actor ${page * 100 + i}` } }),
          );
          scene.record(flood, { now });
        }
        const since = NOON + MINUTE;
        pass(scene, NOON, since - 5 * SECOND);
        const alert = does(scene, action, since);
        return { notified: pass(scene, since, since + 10 * MINUTE), alert, since };
      },
      action === 'org.deleted' ? 5 : 30,
    ],
  ),
  [
    'counted by a correlation that is less severe',
    () => {
      const scene = createScene([...RULES, counting('org.deleted', 1, { level: 'high' })]);
      scene.record([entry('c', NOON, { action: 'org.deleted', actor: { id: 'ci' } })], { now: NOON });
      return { notified: pass(scene, NOON, NOON + MINUTE), alert: 1, since: NOON };
    },
    5,
  ],
  [
    'counted by a correlation: its message names it',
    () => {
      const scene = createScene([...RULES, counting('vm.deleted', 1, { level: 'high' })]);
      scene.record([entry('c', NOON, { action: 'vm.deleted', actor: { id: 'ci' } })], { now: NOON });
      const notified = pass(scene, NOON, NOON + MINUTE);
      const [message] = scene.notifications("state = 'delivered'");
      expect(message.inhibited).toMatchObject([{ id: 1, title: HIGH.title }]);
      return { notified, alert: 2, since: NOON };
    },
    30,
  ],
  [
    'in an alert that was below a receiver’s level',
    () => {
      const scene = createScene(RULES, { receivers: [route('slack'), route('pager', { minLevel: 'critical' })] });
      does(scene, 'vm.stopped', NOON);
      pass(scene, NOON, NOON + MINUTE);
      const engine = compile({ version: 'two', rules: RULES.map((of) => ({ ...of, level: 'critical' as const })) });
      const raised = scene.reopened({ engine });
      const alert = does(raised, 'vm.stopped', T);
      return { notified: pass(raised, T, T + MINUTE), alert, since: T, receiver: 'pager' };
    },
    5,
  ],
  [
    'before a restart',
    () => {
      const scene = createScene(RULES);
      const alert = does(scene, 'vm.deleted', NOON);
      return { notified: pass(scene.reopened(), NOON + 10 * SECOND, NOON + MINUTE), alert, since: NOON };
    },
    30,
  ],
  [
    'in an outage of three hours: by another receiver',
    () => {
      const scene = createScene(RULES, { receivers: [route('slack'), route('mail', { minLevel: 'critical' })] });
      const alert = does(scene, 'vm.deleted', NOON);
      return {
        notified: pass(scene, NOON, NOON + 3 * HOUR, undefined, ['slack']),
        alert,
        since: NOON,
        receiver: 'mail',
      };
    },
    660,
  ],
  [
    'in an outage of three hours: by its own when that is over',
    () => {
      const scene = createScene(RULES, { receivers: [route('slack')] });
      const alert = does(scene, 'vm.deleted', NOON);
      pass(scene, NOON, NOON + 3 * HOUR, undefined, ['slack']);
      const since = NOON + 3 * HOUR + 5 * SECOND;
      return { notified: pass(scene, since, since + 10 * MINUTE), alert, since };
    },
    300,
  ],
];

describe('an attacker', () => {
  it.each(rows)('%s', (_, play, most) => {
    const { notified, alert, since, receiver } = play();
    expect(seconds(notified, alert, since, receiver)).toBeLessThanOrEqual(most);
  });
});

it('a week that nobody acts in has reminders still', () => {
  const scene = createScene(RULES);
  const notified = pass(scene, NOON, NOON + 30 * MINUTE, noise(scene));
  expect(notified.length).toBeGreaterThan(0);
  for (let day = 1; day <= 3; day++) {
    const from = NOON + day * DAY;
    does(scene, 'vm.deleted', from);
    expect(pass(scene, from, from + 5 * HOUR).length, `day ${day}`).toBeGreaterThan(0);
  }
});
