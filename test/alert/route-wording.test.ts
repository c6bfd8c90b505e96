/** Routes in words: each setting, each condition and each reason. */
import { describe, expect, test } from 'vitest';
import {
  conditionWording,
  heldWording,
  settingsWording,
  shownVia,
  unroutedWording,
  viaWording,
} from '../../src/alert/route-wording.ts';
import type { Via } from '../../src/routing/routes.ts';
import type { RouteSettings } from '../../src/routing/routing.ts';
import type { TimeRange } from '../../src/text/time-ranges.ts';

const MINUTE = 60_000;
const times = (weekdays: readonly number[], from = 540, to = 1020, more: Partial<TimeRange> = {}): RouteSettings => ({
  activeTimes: { names: ['office'], ranges: [{ weekdays, from, to, timeZone: 'Europe/Berlin', ...more }] },
});

test.each<readonly [settings: RouteSettings, words: string]>([
  [{}, ''],
  [{ escalate: [] }, ''],
  [{ groupBy: 'address' }, 'group_by address'],
  [{ groupBy: { field: 'target.id' } }, 'group_by target.id'],
  [{ groupIntervalMs: 90_000, repeatIntervalMs: 4 * 60 * MINUTE }, 'group_interval 1m30s; repeat_interval 4h'],
  [{ mention: '@a', sendResolved: false }, 'mention @a; send_resolved false'],
  [
    {
      escalate: [
        { afterMs: 30 * MINUTE, to: 'leads' },
        { afterMs: 60 * MINUTE, to: 'boss' },
      ],
    },
    'escalate to leads after 30m, to boss after 1h',
  ],
  [{ digest: { minute: 545, timeZone: 'UTC' } }, 'digest daily at 09:05 UTC'],
  [times([1, 2, 3, 4, 5]), 'active_times office (mon-fri 09:00-17:00 Europe/Berlin)'],
  [times([0, 6], 0, 1440), 'active_times office (sat, sun Europe/Berlin)'],
  [
    times([0, 1, 2, 3, 4, 5, 6], 540, 720, { holidays: ['01-01', '12-24', '12-25', '12-26', '12-31'] }),
    'active_times office (09:00-12:00 Europe/Berlin, not on 01-01, 12-24, 12-25 and 2 more)',
  ],
  [
    times([1, 2, 3, 4, 5], 0, 1440, { dates: ['2026-12-24'] }),
    'active_times office (mon-fri on 2026-12-24 Europe/Berlin)',
  ],
  [times([0, 1, 5, 6], 1320, 360), 'active_times office (mon, fri-sun 22:00-06:00 Europe/Berlin)'],
  [times([0, 1, 2, 3, 4, 5, 6], 0, 1440), 'active_times office (Europe/Berlin)'],
  [
    {
      activeTimes: {
        names: ['day', 'night'],
        ranges: [
          { weekdays: [3], from: 0, to: 60, timeZone: 'UTC' },
          { weekdays: [4], from: 0, to: 60, timeZone: 'UTC' },
        ],
      },
    },
    'active_times day, night (wed 00:00-01:00 UTC; thu 00:00-01:00 UTC)',
  ],
])('%j', (settings, words) => {
  expect(settingsWording(settings)).toBe(words);
});

describe('reasons', () => {
  test.each<readonly [via: Via, words: string]>([
    [{ kind: 'default' }, 'everything goes there (no routes in rules/routing.yml)'],
    [{ kind: 'route', path: [], line: 8 }, 'by route, line 8'],
    [{ kind: 'route', path: [], line: 0 }, 'by rules/tuning.yml'],
    [{ kind: 'route', path: [1, 0], line: 12 }, 'by route.routes[1].routes[0], line 12'],
    [{ kind: 'fallback', because: 'no route' }, 'the fallback: no route leads anywhere'],
    [
      { kind: 'fallback', because: 'outside active times' },
      'the fallback: critical, outside the active times of its route',
    ],
  ])('%j', (via, words) => {
    expect(viaWording(shownVia(via))).toBe(words);
  });

  test.each([
    ["below the receiver's level", 'critical', 'its min_level is critical'],
    ["below the receiver's level", null, "below the receiver's min_level"],
    ['no route', 'low', 'no route leads there'],
    ['outside active times', 'low', 'outside of the active times: the fallback is notified'],
    ['of another version', 'low', 'of another version'],
  ])('%s, %s', (reason, minLevel, words) => {
    expect(unroutedWording({ reason, minLevel })).toBe(words);
  });

  test('held', () => {
    expect(heldWording(null)).toBe('held until its active times begin');
    expect(heldWording('noon')).toBe('held until its active times begin at noon');
  });
});

test('conditions: of each route, what of the entry it compares, and nothing else', () => {
  expect(conditionWording([])).toBe('');
  expect(
    conditionWording([
      { levels: ['high'], rules: ['r-1'], tags: ['attack.*'], actors: ['ci', 'bob'], addresses: ['10.0.0.0/8'] },
      { fields: [['actor.type', ['api_key', 'user']]] },
    ]),
  ).toBe('actor is ci or bob, and address is 10.0.0.0/8, and actor.type is api_key or user');
});
