import { expect, test } from 'vitest';
import { runScript } from '../cli/run-command.ts';
import { compare, quantile } from './measure.ts';
import { readOptions } from './options.ts';
import { gridLines, tableLines } from './table.ts';

test.each([
  [[1, 2, 3], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 1, 5],
  [[7], 0.95, 7],
  [[], 0.5, Number.NaN],
])('of %j the quantile %f is %f', (values, q, expected) => {
  expect(quantile(values, q)).toBe(expected);
});

test('each is measured as often, warmed up, in turns, and against the first', async () => {
  let clock = 0;
  const order: string[] = [];
  const subject = (name: string, ms: number) => ({
    name,
    go: async () => {
      order.push(name);
      clock += ms;
    },
  });
  const measured = await compare([subject('a', 2), subject('b', 5)], { rounds: 3, warmUp: 1 }, () => clock);
  expect(order.join('')).toBe('abbaabba');
  expect(measured).toEqual([
    { name: 'a', samples: 3, median: 2, p95: 2, ratio: 1, adds: 0 },
    { name: 'b', samples: 3, median: 5, p95: 5, ratio: 2.5, adds: 3 },
  ]);
  expect(tableLines([{ title: 'A title', rows: measured }])).toEqual([
    '',
    'A title      median       p95   of peer      adds',
    '  a          2.0 ms    2.0 ms      peer',
    '  b          5.0 ms    5.0 ms    2.50 x   +3.0 ms',
  ]);
});

test('a grid is written with the units of its columns', () => {
  const grid = {
    title: 'A title',
    columns: [
      { name: 'an entry', unit: 'ns' as const },
      { name: 'of peer', unit: 'times' as const },
      { name: 'heap', unit: 'bytes' as const },
    ],
    rows: [
      { name: 'peer', cells: [1234.4, 1, 2048] },
      { name: 'another', cells: [2468.8, 2, null] },
      { name: 'a third', cells: [Number.NaN, 12345.6, null] },
    ],
    notes: ['A note.'],
  };
  expect(gridLines(grid)).toEqual([
    '',
    'A title',
    '           an entry   of peer     heap',
    '  peer     1,234 ns    1.00 x  2.0 KiB',
    '  another  2,469 ns    2.00 x        -',
    '  a third         -  12,346 x        -',
    '  A note.',
  ]);
});

test('what runs before is not measured', async () => {
  let clock = 0;
  const advance = (ms: number) => async () => {
    clock += ms;
  };
  const one = { name: 'a', before: advance(10), go: advance(1) };
  const [measured] = await compare([one], { rounds: 2, warmUp: 0 }, () => clock);
  expect(measured?.median).toBe(1);
  expect(clock).toBe(22);
});

test('another checkout is optional, and is its folder as given', () => {
  expect(readOptions([])).toMatchObject({ against: null });
  expect(readOptions(['--only', 'rules', '--against', '.'])).toMatchObject({ sections: ['rules'], against: '.' });
  expect(readOptions(['--against', 'docs'])).toContain('src/sigma/index.ts');
});

test('what went wrong is not measured', async () => {
  const wrong = { name: 'a', go: () => Promise.reject(new Error('answers 500')) };
  await expect(compare([wrong], { rounds: 1, warmUp: 0 }, () => 0)).rejects.toThrow('answers 500');
});

test.each([
  ['--help', 0, 'usage: npm run bench'],
  ['--rounds=0', 2, '--rounds must be a whole number from 1'],
  ['--fast', 2, 'Try: npm run bench -- --help'],
  ['--only=roles', 2, '--only must be one of rules, windows, regex, lookup, path, backtest, not "roles"'],
  ['--entries=7', 2, '--entries must be a whole number from 100'],
  ['--against=docs', 2, '--against must be the folder of a checkout, but "docs" has no src/sigma/index.ts'],
])('"%s" ends with %i', async (args, code, text) => {
  const ended = await runScript('test/bench/main.ts', [args]);
  expect(ended.code).toBe(code);
  expect(ended.out + ended.err).toContain(text);
});
