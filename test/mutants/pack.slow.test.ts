/** The tests of the rules that come with Tocsin notice when a rule is changed. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { mutantsOf, readPack, SHARE_MIN } from './run.ts';

test('at least 97 of 100 mutants of the pack are caught by its own tests', () => {
  const all = [...mutantsOf(readPack(resolve(import.meta.dirname, '../../rules')))];
  const survivors = all.filter(({ isCaught }) => !isCaught);
  const listed = survivors.map(({ path, rule, what }) => `${path}: ${rule.title}: ${what}`);
  expect(all.length).toBeGreaterThan(200);
  expect(1 - survivors.length / all.length, listed.join('\n')).toBeGreaterThanOrEqual(SHARE_MIN);
}, 600_000);
