import { expect, test } from 'vitest';
import { type KillOptions, readOptions } from './options.ts';

const DEFAULTS: KillOptions = { times: 100, seed: 1, dialect: 'sorted', ownReads: true, json: false };
const words = (args: string): string[] => args.split(' ').filter((word) => word !== '');

test.each<[args: string, options: Partial<KillOptions>]>([
  ['', {}],
  ['--times 3 --seed 7', { times: 3, seed: 7 }],
  ['--dialect newest-first --json --no-own-reads', { dialect: 'newest-first', ownReads: false, json: true }],
])('"%s" is understood', (args, options) => {
  expect(readOptions(words(args))).toEqual({ kind: 'run', options: { ...DEFAULTS, ...options } });
});

test.each([
  ['--times 0', '--times must be a whole number from 1 to 10000, not "0"'],
  ['--times', "'--times <value>' argument missing"],
  ['--seed -1', '--seed'],
  ['--dialect sideways', '--dialect must be one of sorted, newest-first, oldest-first'],
  ['--until 3', "Unknown option '--until'"],
])('"%s" is wrong', (args, problem) => {
  expect(readOptions(words(args))).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
});

test('asks for help', () => {
  expect(readOptions(['--help'])).toEqual({ kind: 'help' });
});
