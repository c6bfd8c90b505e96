import { expect, test } from 'vitest';
import { type DemoOptions, readOptions } from './options.ts';

const DEFAULTS: DemoOptions = { until: null, timeoutMs: 60_000, dialect: 'sorted', seed: 1, port: 0, json: false };

const RIGHT: readonly (readonly [args: string, options: Partial<DemoOptions>])[] = [
  ['', {}],
  ['--until 3', { until: 3 }],
  ['--until=3 --timeout=9', { until: 3, timeoutMs: 9_000 }],
  ['--dialect newest-first', { dialect: 'newest-first' }],
  ['--dialect oldest-first --seed 0 --port 8787 --json', { dialect: 'oldest-first', seed: 0, port: 8787, json: true }],
];

test.each(RIGHT)('"%s" is understood', (args, options) => {
  expect(readOptions(words(args), false)).toEqual({ kind: 'run', options: { ...DEFAULTS, ...options } });
});

const WRONG: readonly (readonly [args: string, problem: string])[] = [
  ['--until', "'--until <value>' argument missing"],
  ['--until 0', '--until must be a whole number from 1 to 10000, not "0"'],
  ['--until 1.5', '--until must be a whole number'],
  ['--until -1', '--until'],
  ['--until three', 'not "three"'],
  ['--timeout 5', '--timeout needs --until N'],
  ['--until 1 --timeout 1e9', '--timeout must be a whole number from 1 to 86400'],
  ['--dialect sideways', '--dialect must be one of sorted, newest-first, oldest-first'],
  ['--seed x', '--seed must be a whole number'],
  ['--port 65536', '--port must be a whole number from 0 to 65535'],
  ['--json=yes', '--json'],
  ['--untill 3', "Unknown option '--untill'"],
  ['3', "Unexpected argument '3'"],
];

test.each(WRONG)('"%s" is refused with a reason', (args, problem) => {
  expect(readOptions(words(args), false)).toEqual({ kind: 'wrong', problem: expect.stringContaining(problem) });
});

test('--help overrides other options', () => {
  expect(readOptions(['--until', '0', '--help'], false)).toEqual({ kind: 'help' });
});

test.each(['--dialect sorted', '--seed 1'])('"%s" is refused if the real audit log is watched', (args) => {
  expect(readOptions(words(args), true)).toEqual({
    kind: 'wrong',
    problem: expect.stringContaining('is for the simulated audit log'),
  });
  expect(readOptions(['--until', '1'], true)).toMatchObject({ kind: 'run' });
});

function words(args: string): string[] {
  return args.split(' ').filter((word) => word !== '');
}
