/** What has been seen in a group, compared with a plain reference, and its bounds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openFirstSeen, STRETCHES_MAX } from '../../../src/sigma/correlate/first-seen.ts';
import type { Window } from '../../../src/sigma/correlate/window-event.ts';

/** Steps of a 64th of it are two long. */
const FORGET = 128;

function ruleOf(learn: number, timespanMs = FORGET) {
  return { timespanMs, condition: [{ op: 'gte', value: learn }] } as const;
}

interface Seen {
  readonly at: number;
  readonly value: string;
}

/** All matches that one more event causes, by all that came before: every event is looked at. */
function reference(learn: number) {
  const all: Seen[] = [];
  const isRecent = (at: number, earlier: number): boolean =>
    earlier <= at && Math.floor(at / 2) - Math.floor(earlier / 2) <= 64;
  const isNew = ({ at, value }: Seen, before: readonly Seen[]): boolean =>
    !before.some((each) => each.value === value && isRecent(at, each.at));
  const knownFor = (at: number, events: readonly Seen[]): number => {
    let since = at;
    for (const each of events.filter((of) => of.at <= at).sort((a, b) => b.at - a.at))
      if (isRecent(since, each.at)) since = each.at;
    return at - since;
  };
  return {
    see: (event: Seen): readonly number[] => {
      const before = [...all];
      all.push(event);
      const own = isNew(event, before) && knownFor(event.at, all) >= learn ? [event.at] : [];
      const later = before.filter(({ at, value }) => {
        const others = all.filter((each) => each.value !== value || each.at !== at);
        return (
          at > event.at && isNew({ at, value }, others) && knownFor(at, before) < learn && knownFor(at, all) >= learn
        );
      });
      // One for each value and time.
      const distinct = new Set(later.map(({ at, value }) => `${at} ${value}`));
      return [...own, ...[...distinct].map((text) => Number(text.split(' ')[0]))].sort((a, b) => a - b);
    },
  };
}

/** An event: how much later than the one before, by how much it comes late, and its value. */
const steps = fc.array(
  fc.record({
    step: fc.oneof(fc.nat(3), fc.nat(40), fc.integer({ min: 100, max: 140 })),
    late: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(60)),
    value: fc.constantFrom('a', 'b', 'c', 'd', 'ä', 'x'.repeat(90)),
    reopens: fc.nat(4).map((n) => n === 0),
  }),
  { maxLength: 60, size: 'max' },
);

describe('a window of first_seen', () => {
  test('returns what all that came before says, in whatever order it comes', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(1, 10, 50, 128), (stream, learn) => {
        const rule = ruleOf(learn);
        const plain = reference(learn);
        let window: Window = openFirstSeen(rule, null);
        let newest = 1_000;
        for (const { step, late, value, reopens } of stream) {
          newest += step;
          const at = newest - late;
          const found = window.add({ at, rules: [0], value }, newest - 60, true);
          expect(found?.ends ?? []).toEqual(plain.see({ at, value }));
          if (found !== null) expect([found.at, found.times]).toEqual([found.ends?.[0], [found.at]]);
          if (reopens) window = openFirstSeen(rule, window.save());
        }
        expect(window.dropped).toBe(0);
      }),
      { numRuns: 1_500 },
    );
  });

  test('alerts on all that the order of time would alert on', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(10, 60, 128), (stream, learn) => {
        const matches = (events: readonly Seen[]): Set<string> => {
          const window = openFirstSeen(ruleOf(learn), null);
          const found = new Set<string>();
          for (const { at, value } of events)
            for (const end of window.add({ at, rules: [0], value }, Number.NEGATIVE_INFINITY, true)?.ends ?? [])
              found.add(`${end}`);
          return found;
        };
        let newest = 1_000;
        const events = stream.map(({ step, late, value }) => {
          newest += step;
          return { at: newest - late, value };
        });
        const inOrder = matches(events.toSorted((a, b) => a.at - b.at));
        const asTheyCame = matches(events);
        expect([...inOrder].filter((end) => !asTheyCame.has(end))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  const add = (window: Window, at: number, value: string, horizon = at) =>
    window.add({ at, rules: [0], value }, horizon) !== null;

  test('keeps no more than its bound, drops what was seen least recently, and says so', () => {
    const window = openFirstSeen(ruleOf(1, 1e9), null);
    for (let i = 0; i < STRETCHES_MAX; i++) add(window, i * 100_000, `value ${i}`, 0);
    expect(window.dropped).toBe(0);
    const at = STRETCHES_MAX * 100_000;
    // Seen again, so it is not the least recent.
    expect(add(window, at, 'value 0', 0)).toBe(false);
    expect(add(window, at, 'one more', 0)).toBe(true);
    expect(window.dropped).toBeGreaterThan(0);
    expect(window.dropped).toBeLessThan(STRETCHES_MAX / 10);
    expect(add(window, at, `value ${STRETCHES_MAX - 1}`, 0)).toBe(false);
    expect(add(window, at, 'value 0', 0)).toBe(false);
  });

  test('is stored in less than 1 MB', () => {
    const window = openFirstSeen(ruleOf(1, 1e9), null);
    for (let i = 0; i < 2 * STRETCHES_MAX; i++) add(window, Date.UTC(2026, 0, 5) + i, `§${i}${'x'.repeat(200)}`, 0);
    expect(window.save().length).toBeLessThan(700_000);
  });

  test('forgets what no event can meet any more', () => {
    const window = openFirstSeen(ruleOf(1), null);
    for (let i = 0; i < 10_000; i++) add(window, i, `value ${i}`);
    expect(window.dropped).toBe(0);
    expect(window.save().length).toBeLessThan(4_000);
  });

  test('mostly stays as it was stored', () => {
    const day = 24 * 60 * 60_000;
    const window = openFirstSeen(ruleOf(7 * day, 30 * day), null);
    const saved = new Set<string>();
    for (let minute = 0; minute < 24 * 60; minute++) {
      add(window, minute * 60_000, `value ${minute % 3}`);
      saved.add(window.save());
    }
    expect(saved.size).toBeLessThan(12);
  });

  test.each([
    '',
    '[]',
    '[2,"first_seen",1,[1,2]]',
    '[1,"event_count",[],[],[]]',
    '[1,"first_seen",1,[1]]',
    '[1,"first_seen",1,[1,2],["a",1,"x"]]',
  ])('of what it can not read (%s), it begins again', (text) => {
    const window = openFirstSeen(ruleOf(1), text);
    expect(add(window, 5, 'a')).toBe(false);
    expect(add(window, 6, 'b')).toBe(true);
  });
});
