/** Which alert a match belongs to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AlertStatus, type PlacedAlert, placeMatch } from '../../src/alert/identity.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';

const REOPEN = 100;
const alert = (
  id: number,
  status: AlertStatus,
  firstAt: number,
  lastAt: number,
  level: Level = 'high',
): PlacedAlert => ({
  ...{ id, status, firstAt, lastAt, level },
  networks: ['office'],
});
const place = (
  alerts: readonly PlacedAlert[],
  at: number,
  level: Level = 'high',
  network: string | null = 'office',
) => {
  const placement = placeMatch(alerts, { at, level, network }, REOPEN);
  if (placement.kind === 'joins') return `joins ${placement.alert.id}${placement.isLate ? ', late' : ''}`;
  if (placement.status === 'past') return 'opens one of the past';
  const { previous, supersedes } = placement;
  return `opens one${previous === null ? '' : supersedes ? `, supersedes ${previous.id}` : ` after ${previous.id}`}`;
};

describe('placeMatch', () => {
  const open = alert(1, 'open', 1_000, 1_200);
  const resolved = alert(1, 'resolved', 1_000, 1_200);
  const past = alert(2, 'past', 500, 600);
  const rows: readonly [string, readonly PlacedAlert[], number, string][] = [
    ['the first match opens one', [], 1_000, 'opens one'],
    ['a match between first and last', [open], 1_100, 'joins 1'],
    ['a match soon after the last', [open], 1_299, 'joins 1'],
    ['a match as long after the last as the rule allows opens another', [open], 1_300, 'opens one, supersedes 1'],
    ['a match shortly before the first', [open], 901, 'joins 1'],
    ['a match long before the first opens one of the past', [open], 900, 'opens one of the past'],
    ['an acknowledged alert takes matches', [alert(1, 'acknowledged', 1_000, 1_200)], 1_250, 'joins 1'],
    ['a match after a resolved alert opens one', [resolved], 1_201, 'opens one after 1'],
    ['a match no later than its last one joins a resolved alert', [resolved], 1_200, 'joins 1, late'],
    ['a late match shortly before its first', [resolved], 901, 'joins 1, late'],
    ['a match long before it opens one', [resolved], 900, 'opens one after 1'],
    ['an alert of the past takes matches of its time', [open, past], 699, 'joins 2'],
    ['an alert of the past takes earlier ones', [open, past], 401, 'joins 2'],
    ['and none of another time', [open, past], 700, 'opens one of the past'],
    ['a live alert comes first', [resolved, alert(3, 'open', 1_150, 1_400)], 1_160, 'joins 3'],
    [
      'of two resolved ones the one that ends first',
      [alert(2, 'resolved', 900, 1_300), resolved],
      1_100,
      'joins 1, late',
    ],
    ['a resolved one takes what lies before a live one', [alert(2, 'resolved', 500, 600), open], 550, 'joins 2, late'],
    [
      'the last resolved one is the previous',
      [resolved, alert(2, 'resolved', 1_500, 1_600)],
      1_700,
      'opens one after 2',
    ],
  ];
  it.each(rows)('%s', (_, alerts, at, expected) => {
    expect(place(alerts, at)).toBe(expected);
  });

  const news: readonly [string, Level, Level, string | null, string][] = [
    ['the same level from a known network', 'high', 'high', 'office', 'joins 1, late'],
    ['from a new network', 'high', 'high', 'tor', 'opens one after 1'],
    ['without an address', 'high', 'high', null, 'joins 1, late'],
    ['a higher level', 'high', 'critical', 'office', 'opens one after 1'],
    ['a level that only now is severe', 'medium', 'high', 'office', 'opens one after 1'],
    ['a lower level', 'critical', 'high', 'office', 'joins 1, late'],
    ['from a new network, but not severe', 'medium', 'medium', 'tor', 'joins 1, late'],
    ['a higher level that is not severe', 'low', 'medium', 'office', 'joins 1, late'],
  ];
  it.each(news)('late in a resolved alert: %s', (_, level, of, network, expected) => {
    expect(place([alert(1, 'resolved', 1_000, 1_200, level)], 1_100, of, network)).toBe(expected);
  });

  it('does not depend on the order of the alerts', () => {
    const some = fc.uniqueArray(
      fc.record({
        id: fc.integer({ min: 1, max: 9 }),
        status: fc.constantFrom<AlertStatus>('resolved', 'past'),
        firstAt: fc.nat(500),
        lastAt: fc.integer({ min: 500, max: 900 }),
        level: fc.constantFrom(...LEVELS),
        networks: fc.constant([]),
      }),
      { selector: ({ id }) => id, maxLength: 5 },
    );
    fc.assert(
      fc.property(some, fc.nat(1_200), fc.constantFrom(...LEVELS), (alerts, at, level) => {
        expect(place(alerts, at, level)).toBe(place(alerts.toReversed(), at, level));
      }),
    );
  });
});
