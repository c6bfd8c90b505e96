import { expect, test } from 'vitest';
import { createRandom } from '../sandbox/random.ts';
import { planKill, type Target } from './kills.ts';

function plan(seed: number, times: number) {
  const random = createRandom(seed);
  let last: Target | null = null;
  return Array.from({ length: times }, () => {
    const planned = planKill(random, last);
    last = planned.target;
    return planned;
  });
}

test('plans the same kills for the same seed', () => {
  expect(plan(5, 50)).toEqual(plan(5, 50));
  expect(plan(5, 50)).not.toEqual(plan(6, 50));
});

test('a hundred kills hit every process, and every moment of the Worker', () => {
  const planned = plan(1, 100);
  expect(new Set(planned.map(({ target }) => target))).toEqual(
    new Set(['workerd', 'worker', 'upstream', 'slack', 'email', 'webhook', 'everything']),
  );
  const ofWorker = planned.filter(({ target }) => target === 'worker' || target === 'workerd');
  expect(new Set(ofWorker.map(({ wanted }) => wanted))).toEqual(
    new Set([null, 'starting', 'reading a page', 'recording', 'sending']),
  );
});
