/** The clocks of an answer: what was asked for is never dated later than it was read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earliest, isFuture, latest } from '../../src/audit-log/clocks.ts';

const NOON = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;

describe('the clocks of an answer', () => {
  it.each([
    ['both agree', { askedAt: NOON, answeredAt: NOON + 200, date: NOON }, NOON - 200, NOON + 200],
    ['without a Date, ours counts', { askedAt: NOON, answeredAt: NOON + 50, date: null }, NOON, NOON + 50],
    ['Date ahead', { askedAt: NOON, answeredAt: NOON, date: NOON + 10 * MINUTE }, NOON, NOON + 10 * MINUTE],
    ['Date behind', { askedAt: NOON, answeredAt: NOON, date: NOON - 10 * MINUTE }, NOON - 10 * MINUTE, NOON],
    [
      'Date from the end of a slow answer',
      { askedAt: NOON - 10 * MINUTE, answeredAt: NOON - 9 * MINUTE, date: NOON },
      NOON - 10 * MINUTE,
      NOON,
    ],
    [
      'the same, with our clock ahead',
      { askedAt: NOON + 10 * MINUTE, answeredAt: NOON + 11 * MINUTE, date: NOON },
      NOON - MINUTE,
      NOON + 11 * MINUTE,
    ],
    [
      'our clock was ahead, and set back meanwhile',
      { askedAt: NOON + 10 * MINUTE, answeredAt: NOON, date: NOON },
      NOON,
      NOON,
    ],
  ])('%s', (_, times, first, last) => {
    expect(earliest(times)).toBe(first);
    expect(latest(times)).toBe(last);
  });

  it('an entry is of the future if it is by both clocks, and by more than 5 s', () => {
    const times = { askedAt: NOON, answeredAt: NOON + 1_000, date: NOON - MINUTE };
    expect(isFuture(NOON + 6_000, times)).toBe(false);
    expect(isFuture(NOON + 6_001, times)).toBe(true);
    expect(isFuture(NOON + 6_001, { ...times, date: NOON + 2_000 })).toBe(false);
  });

  it('one wrong clock, a slow answer and a Date in whole seconds date nothing later than it was read', () => {
    const off = fc.integer({ min: -120 * MINUTE, max: 120 * MINUTE });
    const took = fc.nat(MINUTE);
    fc.assert(
      fc.property(off, took, took, took, fc.boolean(), (wrong, beforeRead, afterRead, afterDate, isOurs) => {
        const asked = NOON;
        const read = asked + beforeRead;
        const dated = read + afterRead;
        const [ours, theirs] = isOurs ? [wrong, 0] : [0, wrong];
        const times = {
          askedAt: asked + ours,
          answeredAt: dated + afterDate + ours,
          date: Math.floor((dated + theirs) / 1_000) * 1_000,
        };
        expect(earliest(times)).toBeLessThanOrEqual(read);
        expect(isFuture(read, times)).toBe(false);
      }),
    );
  });
});
