/** Runs over entries in memory, and the public face that offers them. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { createMemoryWindows } from '../../../src/sigma/correlate/sequence.ts';
import { entryTime } from '../../../src/sigma/evaluate/entry-time.ts';
import { createSequence } from '../../../src/sigma/index.ts';
import { correlation } from '../../support/rules.ts';
import { engineOf, ruleWith } from '../rules.ts';

const ENGINE = engineOf(
  `${ruleWith('sel: {a: 1}\ncondition: sel')}name: one\n`,
  `title: Two
id: c-1
correlation: {type: event_count, rules: [one], timespan: 10s, condition: {gte: 2}, generate: true}
`,
);

const NOON = Date.UTC(2026, 0, 5, 12);

describe('a sequence', () => {
  test('returns what each entry satisfies and which correlations match', () => {
    const sequence = createSequence(ENGINE);
    const results = [0, 5, 15].map((second) => {
      const { matches, correlationMatches } = sequence.add({ a: 1 }, NOON + second * 1_000);
      return [
        matches.map(({ rule }) => rule.id),
        correlationMatches.map(({ rule, window: fired }) => [rule.id, fired.at - NOON]),
      ];
    });
    expect(results).toEqual([
      [['r-1'], []],
      [['r-1'], [['c-1', 5_000]]],
      [['r-1'], []],
    ]);
  });

  test('reads times from the entries, or with `timeOf`', () => {
    const own = createSequence(ENGINE);
    own.add({ a: 1, created_at: '2026-01-05T12:00:00Z' });
    expect(own.add({ a: 1, created_at: '2026-01-05T12:00:09.999Z' }).correlationMatches).toHaveLength(1);
    const other = createSequence(ENGINE, { timeOf: ({ t }) => (typeof t === 'number' ? t : null) });
    other.add({ a: 1, t: 0 });
    expect(other.add({ a: 1, t: 10_000 }).correlationMatches).toEqual([]);
    expect(other.add({ a: 1, t: 10_001.9 }).correlationMatches[0]?.window.at).toBe(10_001);
  });

  test.each([[{}], [{ created_at: 'noon' }], [{ created_at: null, timestamp: 5 }]])('refuses %o: no time', (body) => {
    expect(() => createSequence(ENGINE).add(body)).toThrow('no valid time');
  });

  test('accepts late entries up to `latenessMs`', () => {
    const late = (latenessMs?: number) => {
      const sequence = createSequence(ENGINE, latenessMs === undefined ? {} : { latenessMs });
      sequence.add({ a: 1 }, NOON);
      sequence.add({}, NOON + 60_000);
      sequence.add({ a: 1 }, NOON + 60_000);
      return sequence.add({ a: 1 }, NOON + 1_000).correlationMatches.length;
    };
    expect([late(), late(60_000), late(Number.POSITIVE_INFINITY)]).toEqual([0, 1, 1]);
  });
});

describe('a correlation of correlations', () => {
  const engine = engineOf(
    `${ruleWith('sel: {a: 1}\ncondition: sel')}name: one\n`,
    `title: Some
id: some
name: some
correlation: {type: event_count, rules: [one], timespan: 60s, condition: {gte: 3}}
`,
    `title: Some, again and again
id: again
correlation: {type: event_count, rules: [some], timespan: 20m, condition: {gte: 4}}
`,
  );

  // Some clocks are coarse: then several share an instant.
  test.each([
    ['at six times', [0, 10, 20, 30, 40, 50]],
    ['at four times', [0, 20, 40, 60, 60, 60]],
    ['at one time', [0, 0, 0, 0, 0, 0]],
  ])('six %s: matches in every order in which they come', (_, seconds) => {
    for (const order of permutations(seconds)) {
      const sequence = createSequence(engine, { latenessMs: 600_000 });
      const ids = order.flatMap((second) =>
        sequence.add({ a: 1 }, NOON + second * 1_000).correlationMatches.map(({ rule }) => rule.id),
      );
      expect(ids, String(order)).toContain('again');
    }
  });

  test('five match in no order', () => {
    for (const order of permutations([0, 20, 40, 60, 60])) {
      const sequence = createSequence(engine, { latenessMs: 600_000 });
      const ids = order.flatMap((second) =>
        sequence.add({ a: 1 }, NOON + second * 1_000).correlationMatches.map(({ rule }) => rule.id),
      );
      expect(ids, String(order)).not.toContain('again');
    }
  });
});

describe('when an entry happened', () => {
  test.each([
    [{ created_at: '2026-01-05T12:00:00Z' }, NOON],
    [{ created_at: '2026-01-05T12:00:00.123456Z' }, NOON + 123],
    [{ timestamp: '2026-01-05 13:00:00,5 +0100' }, NOON + 500],
    [{ '@timestamp': '2026-01-05T12:00' }, NOON],
    [{ time: '2026-01-05' }, NOON - 43_200_000],
    [{ time: NOON }, NOON],
    [{ time: NOON / 1_000 + 0.25 }, NOON + 250],
    [{ timestamp: 0, created_at: NOON }, NOON],
    [{ created_at: 'Mon, 05 Jan 2026 12:00:00 GMT' }, null],
    [{ created_at: '2026-13-05T12:00:00Z' }, null],
    [{ created_at: 1e300 }, null],
    [{ created_at: Number.NaN }, null],
    [{ created_at: {} }, null],
    [{}, null],
  ])('%o: %s', (body, time) => {
    expect(entryTime(body)).toBe(time);
  });
});

describe('windows in memory', () => {
  const group = (value: string) => [{ field: 'who', value }];

  test('are the same for a rule and group', () => {
    const windows = createMemoryWindows();
    const [a, b] = [correlation('a', ['d']), correlation('b', ['d'])];
    expect(windows.open(a, group('x'))).toBe(windows.open(a, group('x')));
    expect(windows.open(a, group('x'))).not.toBe(windows.open(a, group('y')));
    expect(windows.open(a, group('x'))).not.toBe(windows.open(b, group('x')));
  });

  test('go where they are too many, the longest untouched first', () => {
    const windows = createMemoryWindows(2);
    const rule = correlation('a', ['d']);
    const [x, y] = [windows.open(rule, group('x')), windows.open(rule, group('y'))];
    expect(windows.open(rule, group('x'))).toBe(x);
    windows.open(rule, group('z'));
    expect(windows.dropped).toBe(1);
    expect(windows.open(rule, group('x'))).toBe(x);
    expect(windows.open(rule, group('y'))).not.toBe(y);
  });

  test('that were touched while there were few are remembered for it', () => {
    const windows = createMemoryWindows(4);
    const rule = correlation('a', ['d']);
    const [x, y] = [windows.open(rule, group('x')), windows.open(rule, group('y'))];
    for (const name of ['x', 'z', '1', '2']) windows.open(rule, group(name));
    expect(windows.open(rule, group('x'))).toBe(x);
    expect(windows.open(rule, group('y'))).not.toBe(y);
  });
});

describe('the public face', () => {
  test('does what its example says', async () => {
    const face = resolve(import.meta.dirname, '../../../src/sigma/index.ts');
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(face, 'utf8')) ?? [];
    const code = example.replace(/^ \* ?/gm, '');
    const promised = [...code.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line);
    expect(promised.length).toBeGreaterThan(0);
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      const module = code.replace(/'\.\/(index|build)\.ts'/g, (_, door) =>
        JSON.stringify(pathToFileURL(resolve(face, `../${door}.ts`)).href),
      );
      await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(module)}`);
      expect(log.mock.calls.map((words) => words.join(' '))).toEqual(promised);
    } finally {
      log.mockRestore();
    }
  });
});

function permutations<T>(of: readonly T[]): readonly (readonly T[])[] {
  if (of.length === 0) return [[]];
  return of.flatMap((first, place) => permutations(of.toSpliced(place, 1)).map((rest) => [first, ...rest]));
}
