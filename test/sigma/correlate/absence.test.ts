/** What is absent, compared with a plain reference; and the bounds of what is kept. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openAbsence } from '../../../src/sigma/correlate/absence.ts';
import type { AbsenceWindow } from '../../../src/sigma/correlate/window-event.ts';

const RULE = { timespanMs: 10 };

const add = (window: AbsenceWindow, at: number) => window.add({ at, rules: [0], value: null }, at);
const ends = (window: AbsenceWindow, watermark: number) => window.elapse(watermark).map(({ at }) => at);

/** Every event by whose time nothing follows for the timespan, before the watermark. */
function absences(times: readonly number[], watermark: number): readonly number[] {
  const distinct = [...new Set(times)].sort((a, b) => a - b);
  return distinct
    .filter((time) => !distinct.some((other) => other > time && other <= time + 10))
    .map((time) => time + 10)
    .filter((end) => end < watermark);
}

describe('an absence', () => {
  test('is each time that nothing came, whatever the order and however the watermark moves', () => {
    const step = fc.record({
      step: fc.oneof(fc.nat(4), fc.nat(30)),
      late: fc.nat(8),
      isRead: fc.boolean(),
      reopens: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50, size: 'max' }), (steps) => {
        let window = openAbsence(RULE, null);
        const times: number[] = [];
        const found: number[] = [];
        let newest = 1_000;
        for (const { step, late, isRead, reopens } of steps) {
          newest += step;
          const at = newest - late;
          times.push(at);
          expect(add(window, at)).toBeNull();
          // Nothing comes later than 8.
          if (isRead) {
            const dueAt = window.dueAt;
            const more = ends(window, newest - 8);
            expect(more.length > 0).toBe(dueAt !== null && dueAt < newest - 8);
            found.push(...more);
          }
          if (reopens) window = openAbsence(RULE, window.save());
        }
        found.push(...ends(window, newest + 100));
        expect(found).toEqual(absences(times, newest + 100));
        expect(window.dropped).toBe(0);
      }),
      { numRuns: 1_500 },
    );
  });

  test('is returned once, with the time of the last event, and again after the next one', () => {
    const window = openAbsence(RULE, null);
    add(window, 100);
    expect(window.elapse(110)).toEqual([]);
    expect(window.elapse(111)).toEqual([{ at: 110, value: 100, times: [100] }]);
    const saved = openAbsence(RULE, window.save());
    expect([ends(saved, 1_000), saved.dueAt]).toEqual([[], null]);
    add(saved, 500);
    expect([saved.dueAt, ends(saved, 1_000)]).toEqual([510, [510]]);
  });

  test('comes at the last moment that is in time', () => {
    const window = openAbsence(RULE, null);
    add(window, 100);
    add(window, 110);
    add(window, 121);
    expect(ends(window, 122)).toEqual([120]);
  });

  test('of what happened before one that was returned, nothing is known', () => {
    const window = openAbsence(RULE, null);
    add(window, 100);
    expect(ends(window, 200)).toEqual([110]);
    add(window, 50);
    expect(ends(window, 200)).toEqual([]);
    // It was read again, and shows that the absence was none.
    add(window, 105);
    expect(ends(window, 200)).toEqual([115]);
  });

  test('each is returned once, the oldest first', () => {
    const window = openAbsence(RULE, null);
    for (let at = 0; at < 500; at += 100) add(window, at);
    expect([ends(window, 200), ends(window, 400), ends(window, 1_000), ends(window, 1_000)]).toEqual([
      [10, 110],
      [210, 310],
      [410],
      [],
    ]);
  });

  test('those that wait are bounded', () => {
    const window = openAbsence(RULE, null);
    for (let at = 0; at < 100_000; at += 100) add(window, Date.UTC(2026, 0, 5) + at);
    expect(window.dropped).toBe(500);
    expect(window.save().length).toBeLessThan(20_000);
    expect(ends(window, Number.POSITIVE_INFINITY)).toHaveLength(500);
  });

  test.each([
    '',
    '[]',
    '[1,"first_seen",1,[]]',
    '[2,"absence",1,[1,2]]',
    '[1,"absence",1,[1]]',
    '[1,"absence",1,[1,"x"]]',
  ])('of what it can not read (%s), it begins again', (text) => {
    const window = openAbsence(RULE, text);
    expect([window.dueAt, ends(window, Number.POSITIVE_INFINITY)]).toEqual([null, []]);
  });
});
