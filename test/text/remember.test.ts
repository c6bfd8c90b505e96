/** What a function of a text returned is remembered for texts that come again, within bounds. */
import { expect, it, vi } from 'vitest';
import { remember } from '../../src/text/remember.ts';

it('computes a text once, also where nothing is found', () => {
  const compute = vi.fn((text: string) => (text === '' ? null : text.length));
  const remembered = remember(compute);
  expect(['a', 'bb', 'a', '', 'bb', ''].map(remembered)).toEqual([1, 2, 1, null, 2, null]);
  expect(compute).toHaveBeenCalledTimes(3);
});

it('keeps no long text', () => {
  const compute = vi.fn((text: string) => text.length);
  const remembered = remember(compute);
  expect([remembered('x'.repeat(512)), remembered('x'.repeat(512))]).toEqual([512, 512]);
  expect([remembered('x'.repeat(513)), remembered('x'.repeat(513))]).toEqual([513, 513]);
  expect(compute).toHaveBeenCalledTimes(3);
});

it('forgets all when somebody varies them', () => {
  const compute = vi.fn((text: string) => text.length);
  const remembered = remember(compute);
  for (let i = 0; i < 1_000; i++) remembered(`text ${i}`);
  remembered('text 0');
  expect(compute).toHaveBeenCalledTimes(1_000);
  remembered('one more');
  expect(remembered('text 0')).toBe(6);
  expect(compute).toHaveBeenCalledTimes(1_002);
});
