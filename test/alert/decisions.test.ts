/** Which alert a match belongs to, and whether receivers are notified of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertState } from '../../src/alert/alert.ts';
import {
  type ClosingDecision,
  type ClosingInput,
  decideClosing,
  decideNotification,
  findOpenAlert,
  type NotifyDecision,
  type NotifyInput,
} from '../../src/alert/decisions.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';

const alert = (begins: number, state: AlertState = 'open', periodMs = 60) => ({ begins, periodMs, state });

describe('findOpenAlert', () => {
  const rows: readonly [string, readonly ReturnType<typeof alert>[], number, number | null][] = [
    ['the first match opens one', [], 100, null],
    ['a match at its beginning', [alert(100)], 100, 100],
    ['a match in its period', [alert(100)], 159, 100],
    ['the period’s end is outside', [alert(100)], 160, null],
    ['a late match joins the one that begins after it', [alert(100)], 41, 100],
    ['unless a whole period lies between', [alert(100)], 40, null],
    ['the one whose period holds it comes before the one that begins after it', [alert(100), alert(150)], 120, 100],
    ['the younger of two whose periods hold it', [alert(100), alert(120)], 130, 120],
    ['the nearest of two that begin after it', [alert(150), alert(130)], 100, 130],
    ['closed ones still take late matches', [alert(100, 'closed')], 110, 100],
    ['resolved ones take none', [alert(100, 'resolved')], 110, null],
    ['a resolved one does not hide another', [alert(105, 'resolved'), alert(100)], 110, 100],
    ['each has its own period', [alert(100, 'open', 10), alert(90, 'open', 100)], 115, 90],
  ];
  it.each(rows)('%s', (_, alerts, at, begins) => {
    expect(findOpenAlert(alerts, at)?.begins ?? null).toBe(begins);
  });

  it('does not depend on the order of the alerts, nor change it', () => {
    const some = fc.array(
      fc.record({ begins: fc.nat(300), periodMs: fc.constant(60), state: fc.constant('open' as const) }),
    );
    fc.assert(
      fc.property(some, fc.nat(300), (alerts, at) => {
        const copy = alerts.map((each) => ({ ...each }));
        expect(findOpenAlert(alerts, at)?.begins).toBe(findOpenAlert(alerts.toReversed(), at)?.begins);
        expect(alerts).toEqual(copy);
      }),
    );
  });
});

const route = (from: Level, problem: string | null = null): RoutedReceiver => ({
  name: `from ${from}`,
  minLevel: from,
  problem,
});

describe('decideNotification', () => {
  const live: NotifyInput = { level: 'high', suppress: false, joins: null, receivers: [route('low')] };
  const joins = (count: number, backfilled = false) => ({ backfilled, count });
  const opened = (reason: 'first match' | 'first live match'): NotifyDecision => ({
    notify: true,
    kind: 'opened',
    reason,
  });
  const grown = (count: number): NotifyDecision => ({
    notify: true,
    kind: 'updated',
    reason: 'count reached',
    count,
  });
  const notNotified = (reason: Extract<NotifyDecision, { notify: false }>['reason']): NotifyDecision => ({
    notify: false,
    reason,
  });
  const rows: readonly [string, NotifyInput, NotifyDecision][] = [
    ['the first match is notified', live, opened('first match')],
    ['the next is not', { ...live, joins: joins(1) }, notNotified('grouped')],
    ['a backfilled match is not', { ...live, suppress: true }, notNotified('backfilled')],
    [
      'a backfilled match of a backfilled alert is not',
      { ...live, suppress: true, joins: joins(1, true) },
      notNotified('backfilled'),
    ],
    [
      'a backfilled match of a notified alert is not',
      { ...live, suppress: true, joins: joins(1) },
      notNotified('backfilled'),
    ],
    ['the first live match of a backfilled alert is', { ...live, joins: joins(1, true) }, opened('first live match')],
    ['the ninth match is not', { ...live, joins: joins(8) }, notNotified('grouped')],
    ['the tenth is', { ...live, joins: joins(9) }, grown(10)],
    ['the eleventh is not', { ...live, joins: joins(10) }, notNotified('grouped')],
    ['the thousandth is', { ...live, joins: joins(999) }, grown(1000)],
    ['a backfilled tenth match is not', { ...live, suppress: true, joins: joins(9) }, notNotified('backfilled')],
    ['a tenth match that is the first live one opens', { ...live, joins: joins(9, true) }, opened('first live match')],
    ['informational is not', { ...live, level: 'informational' }, notNotified('informational')],
    ['nor is its tenth match', { ...live, level: 'informational', joins: joins(9) }, notNotified('informational')],
    ['low is', { ...live, level: 'low' }, opened('first match')],
    [
      'informational is, where a receiver asks for it',
      { ...live, level: 'informational', receivers: [route('high'), route('informational')] },
      opened('first match'),
    ],
    [
      'no receiver takes its level',
      { ...live, receivers: [route('critical')] },
      notNotified('no receiver of its level'),
    ],
    ['one of two does', { ...live, receivers: [route('critical'), route('high')] }, opened('first match')],
    [
      'a receiver that cannot be reached is one',
      { ...live, receivers: [route('low', 'SLACK_WEBHOOK_URL is not set')] },
      opened('first match'),
    ],
    ['without a receiver nobody is notified', { ...live, receivers: [] }, notNotified('no receiver')],
    ['nor of the tenth match', { ...live, receivers: [], joins: joins(9) }, notNotified('no receiver')],
    ['a further match is grouped before that', { ...live, receivers: [], joins: joins(1) }, notNotified('grouped')],
    ['backfilled comes before that', { ...live, suppress: true, receivers: [] }, notNotified('backfilled')],
    ['informational does, too', { ...live, level: 'informational', receivers: [] }, notNotified('informational')],
  ];
  it.each(rows)('%s', (_, input, decision) => {
    expect(decideNotification(input)).toEqual(decision);
  });

  it('is the same for every level except informational', () => {
    expect(LEVELS.filter((level) => decideNotification({ ...live, level }).notify)).toEqual([
      'low',
      'medium',
      'high',
      'critical',
    ]);
  });

  it('notifies at powers of ten only', () => {
    const notified = Array.from({ length: 20_000 }, (_, i) => i + 1).filter(
      (count) => decideNotification({ ...live, joins: joins(count) }).notify,
    );
    expect(notified.map((count) => count + 1)).toEqual([10, 100, 1_000, 10_000]);
  });
});

describe('decideClosing', () => {
  const grown: ClosingInput = { level: 'high', backfilled: false, count: 2, receivers: [route('low')] };
  const resolved: ClosingDecision = { notify: true, kind: 'resolved', reason: 'its period closed after growth' };
  const notNotified = (reason: Extract<ClosingDecision, { notify: false }>['reason']): ClosingDecision => ({
    notify: false,
    reason,
  });
  const rows: readonly [string, ClosingInput, ClosingDecision][] = [
    ['an alert with further matches is notified', grown, resolved],
    ['an alert without further matches is not', { ...grown, count: 1 }, notNotified('did not grow')],
    [
      'a backfilled alert is not, whatever its count',
      { ...grown, backfilled: true, count: 100 },
      notNotified('backfilled'),
    ],
    ['informational is not', { ...grown, level: 'informational' }, notNotified('informational')],
    ['unless a receiver asks', { ...grown, level: 'informational', receivers: [route('informational')] }, resolved],
    ['without a receiver', { ...grown, receivers: [] }, notNotified('no receiver')],
    [
      'no receiver takes its level',
      { ...grown, receivers: [route('critical')] },
      notNotified('no receiver of its level'),
    ],
  ];
  it.each(rows)('%s', (_, input, decision) => {
    expect(decideClosing(input)).toEqual(decision);
  });
});
