/** Whether a receiver is notified of a match, and why: a row for each step, and for what lies at its edge. */
import { describe, expect, it } from 'vitest';
import {
  decideNotify,
  deferredAfterAct,
  type Notified,
  type NotifyAlert,
  type NotifyMatch,
  type NotifyRoute,
  notifiedAfter,
  notifiedOfDeferred,
  repeatInterval,
} from '../../src/alert/notify.ts';
import type { Level } from '../../src/sigma/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T = 100 * DAY;

const match = (of: Partial<NotifyMatch> = {}): NotifyMatch => ({
  ...{ at: T, level: 'high', isBackfilled: false, isLate: false, silence: null, inhibitedBy: null },
  ...of,
});
const alert = (of: Partial<NotifyAlert> = {}): NotifyAlert => ({
  ...{ level: 'high', count: 2, networks: 1, previousAt: T - 1, acknowledgedCount: null, isPast: false },
  dedupPeriodMs: HOUR,
  ...of,
});
const route = (of: Partial<NotifyRoute> = {}): NotifyRoute => ({
  unrouted: null,
  minLevel: 'low',
  repeatMs: null,
  ...of,
});
const notified = (of: Partial<Notified> = {}): Notified => ({
  ...{ level: 'high', count: 1, networks: 1, at: T - HOUR, reminders: 0, spread: null, deferred: null },
  ...of,
});

interface Row {
  readonly match?: Partial<NotifyMatch>;
  readonly alert?: Partial<NotifyAlert>;
  readonly route?: Partial<NotifyRoute>;
  /** Null: not notified yet. */
  readonly notified?: Partial<Notified> | null;
}

const decide = (row: Row): string => {
  const before = row.notified === null ? null : notified(row.notified);
  const decision = decideNotify(match(row.match), alert(row.alert), route(row.route), before);
  if (decision.notify) return `${decision.kind}: ${decision.reason}`;
  if (decision.reason !== 'deferred') return decision.reason;
  return `${decision.deferred.kind} in ${(decision.deferred.to - T) / HOUR} h`;
};
const medium = { match: { level: 'medium' }, alert: { level: 'medium' } } as const;
const critical = { match: { level: 'critical' }, alert: { level: 'critical' } } as const;

describe('decideNotify', () => {
  const rows: readonly [string, Row, string][] = [
    ['1. backfilled', { match: { isBackfilled: true }, notified: null }, 'backfilled'],
    ['1. silenced, though nobody was notified', { match: { silence: 7 }, notified: null }, 'silenced'],
    ['1. late in a resolved alert', { match: { isLate: true } }, 'late in a resolved alert'],
    ['1. of the past, medium', { ...medium, alert: { isPast: true }, notified: null }, 'from before the alert'],
    ['1. of the past, high', { alert: { isPast: true }, notified: null }, 'opened: first match'],
    ['1. below the level', { route: { minLevel: 'critical' }, notified: null }, "below the receiver's level"],
    [
      '1. the match’s own level counts',
      { match: { level: 'low' }, route: { minLevel: 'high' } },
      "below the receiver's level",
    ],
    ['1. no route', { route: { unrouted: 'no route' }, notified: null }, 'no route'],
    ['2. inhibited', { match: { inhibitedBy: 3 }, notified: null }, 'inhibited'],
    ['1 before 2', { match: { inhibitedBy: 3, silence: 7 } }, 'silenced'],
    ['3. first match', { notified: null }, 'opened: first match'],
    ['3. a receiver that joined later', { alert: { count: 5_000 }, notified: null }, 'opened: first match'],
    [
      '3. acknowledged before this receiver was notified',
      { alert: { acknowledgedCount: 1 }, notified: null },
      'opened: first match',
    ],
    ['4. raised', { match: { level: 'critical' }, alert: { level: 'critical' } }, 'raised: level raised'],
    [
      '4. raised though acknowledged',
      { match: { level: 'critical' }, alert: { level: 'critical', acknowledgedCount: 1 } },
      'raised: level raised',
    ],
    [
      '4. a lower match of a raised alert',
      { match: { level: 'high' }, alert: { level: 'critical' }, notified: { level: 'critical', at: T } },
      'recurred in 1 h',
    ],
    ['5. a new network', { alert: { networks: 2 } }, 'updated: new network'],
    ['5. though acknowledged', { alert: { networks: 2, acknowledgedCount: 2 } }, 'updated: new network'],
    [
      '5. not at medium',
      { match: { level: 'medium' }, alert: { level: 'medium', networks: 2 }, notified: { level: 'medium' } },
      'grouped',
    ],
    [
      '5. a second one four hours after the first',
      { alert: { networks: 3 }, notified: { networks: 2, spread: { times: 1, at: T - 4 * HOUR } } },
      'updated: new network',
    ],
    [
      '5. a second one sooner',
      { alert: { networks: 3 }, notified: { networks: 2, at: T - HOUR, spread: { times: 1, at: T - HOUR } } },
      'recurred in 3 h',
    ],
    [
      '5. a third one eight hours after the second',
      {
        alert: { networks: 4 },
        notified: { networks: 3, reminders: 5, at: T, spread: { times: 2, at: T - 7 * HOUR } },
      },
      'updated in 1 h',
    ],
    [
      '5. sooner, and acknowledged: it waits for its time all the same',
      { alert: { networks: 3, acknowledgedCount: 2 }, notified: { networks: 2, spread: { times: 1, at: T - HOUR } } },
      'updated in 3 h',
    ],
    ['6. acknowledged', { alert: { acknowledgedCount: 1, count: 9 } }, 'acknowledged'],
    ['6. up to ten times the count', { alert: { acknowledgedCount: 5, count: 50 } }, 'updated: count grown tenfold'],
    ['7. ten times the count', { alert: { count: 10 } }, 'updated: count grown tenfold'],
    ['7. nine times', { alert: { count: 9 } }, 'recurred in 3 h'],
    ['7. from ten to a hundred', { alert: { count: 99 }, notified: { count: 10 } }, 'recurred in 3 h'],
    [
      '7. ten times the networks, medium',
      { ...medium, alert: { level: 'medium', networks: 10, count: 12 }, notified: { level: 'medium', count: 11 } },
      'updated: networks grown tenfold',
    ],
    ['5. of the past, a new network', { alert: { isPast: true, networks: 2 } }, 'updated: new network'],
    ['8. of the past: no reminder', { alert: { isPast: true }, notified: { at: T - 4 * HOUR } }, 'grouped'],
    ['8. of the past, sooner', { alert: { isPast: true } }, 'grouped'],
    [
      '8. of the past: a network waits for its time all the same',
      {
        alert: { isPast: true, networks: 3 },
        notified: { networks: 2, at: T - HOUR, spread: { times: 1, at: T - HOUR } },
      },
      'updated in 3 h',
    ],
    ['8. high: four hours later', { notified: { at: T - 4 * HOUR } }, 'recurred: goes on, and nobody acted'],
    ['8. high: sooner', { notified: { at: T - 4 * HOUR + 1 } }, `recurred in ${1 / HOUR} h`],
    [
      '8. critical: an hour later',
      { ...critical, notified: { level: 'critical', at: T - HOUR } },
      'recurred: goes on, and nobody acted',
    ],
    ['8. after a reminder, twice as long', { notified: { at: T - 4 * HOUR, reminders: 1 } }, 'recurred in 4 h'],
    ['8. the route’s repeat_interval', { route: { repeatMs: HOUR } }, 'recurred: goes on, and nobody acted'],
    ['8. a late match', { match: { at: T - 9 * HOUR }, notified: { at: T } }, 'recurred in 4 h'],
    [
      '8. medium: after a quiet hour',
      {
        ...medium,
        alert: { level: 'medium', previousAt: T - HOUR - 1 },
        notified: { level: 'medium', at: T - 4 * HOUR },
      },
      'recurred: back after a quiet period',
    ],
    [
      '8. medium: after exactly an hour',
      { ...medium, alert: { level: 'medium', previousAt: T - HOUR }, notified: { level: 'medium', at: T - 4 * HOUR } },
      'grouped',
    ],
    [
      '8. medium: quiet, but it was notified not long ago',
      {
        ...medium,
        alert: { level: 'medium', previousAt: T - HOUR - 1 },
        notified: { level: 'medium', at: T - 3 * HOUR },
      },
      'grouped',
    ],
    [
      '9. high and acknowledged, grown tenfold since, and back after a quiet hour: no reminder',
      {
        alert: { acknowledgedCount: 1, count: 11, previousAt: T - HOUR - 1 },
        notified: { count: 10, at: T - DAY },
      },
      'grouped',
    ],
    [
      '8. the same at medium is one',
      {
        ...medium,
        alert: { level: 'medium', acknowledgedCount: 1, count: 11, previousAt: T - HOUR - 1 },
        notified: { level: 'medium', count: 10, at: T - DAY },
      },
      'recurred: back after a quiet period',
    ],
    ['9. medium, soon after', { ...medium, notified: { level: 'medium', at: T - DAY } }, 'grouped'],
  ];
  it.each(rows)('%s', (_, row, expected) => {
    expect(decide(row)).toBe(expected);
  });
});

describe('repeatInterval', () => {
  const rows: readonly [Level, readonly number[]][] = [
    ['critical', [1, 2, 4, 4, 4]],
    ['high', [4, 8, 16, 24, 24]],
    ['medium', [4, 8, 16, 32, 64]],
    ['low', [4, 8, 16, 32, 64]],
  ];
  it.each(rows)('%s: hours after each reminder', (level, hours) => {
    expect(hours.map((_, reminders) => repeatInterval(level, null, reminders) / HOUR)).toEqual(hours);
  });
  it('ends at seven days, and at what a route says where that is longer', () => {
    expect(repeatInterval('low', null, 1_000)).toBe(7 * DAY);
    expect(repeatInterval('critical', 12 * HOUR, 3)).toBe(12 * HOUR);
  });
});

describe('what was notified', () => {
  const decided = (row: Row) => {
    const before = row.notified === null ? null : notified(row.notified);
    const [m, a] = [match(row.match), alert(row.alert)];
    return notifiedAfter(decideNotify(m, a, route(row.route), before), m, a, before);
  };
  it('opened', () => {
    expect(decided({ notified: null, alert: { count: 1 } })).toEqual(notified({ at: T, count: 1 }));
  });
  it('nothing where nobody was notified', () => {
    expect(decided({ notified: null, match: { silence: 1 } })).toBeNull();
  });
  it('a deferred reminder is remembered, and nothing else changes', () => {
    expect(decided({})).toEqual(notified({ deferred: { to: T + 3 * HOUR, kind: 'recurred' } }));
  });
  it('where new networks wait for a reminder, an acknowledgement leaves them', () => {
    const waits = decided({
      alert: { networks: 3 },
      notified: { networks: 2, at: T - 2 * HOUR, spread: { times: 1, at: T - HOUR } },
    });
    expect(waits?.deferred).toEqual({ to: T + 2 * HOUR, kind: 'recurred', networksAt: T + 3 * HOUR });
    expect(deferredAfterAct(waits?.deferred ?? null)).toEqual({ to: T + 3 * HOUR, kind: 'updated' });
  });
  it.each([
    ['nothing', null, null],
    ['a reminder', { to: T, kind: 'recurred' } as const, null],
    ['new networks', { to: T, kind: 'updated' } as const, { to: T, kind: 'updated' }],
  ])('what was deferred once somebody acknowledged: %s', (_, before, after) => {
    expect(deferredAfterAct(before)).toEqual(after);
  });
  it('a deferred one that went out', () => {
    const waits = notified({ deferred: { to: T + 3 * HOUR, kind: 'recurred' } });
    expect(notifiedOfDeferred('recurred', T + 3 * HOUR, alert({ count: 7 }), waits)).toEqual(
      notified({ at: T + 3 * HOUR, count: 7, reminders: 1 }),
    );
  });
  it('new networks have a counter of their own', () => {
    expect(decided({ alert: { networks: 2 } })).toEqual(
      notified({ at: T, count: 2, networks: 2, spread: { times: 1, at: T } }),
    );
    const again = notifiedOfDeferred('updated', T, alert({ networks: 5 }), notified({ spread: { times: 1, at: 1 } }));
    expect(again).toMatchObject({ networks: 5, reminders: 0, spread: { times: 2, at: T } });
  });
  it('raised begins the reminders again', () => {
    expect(decided({ ...critical, notified: { reminders: 3 } })).toMatchObject({ level: 'critical', reminders: 0 });
  });
  it('a late match does not set the time back', () => {
    expect(decided({ match: { at: T - DAY }, alert: { count: 10 }, notified: { at: T } })).toMatchObject({ at: T });
  });
});
