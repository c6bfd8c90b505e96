import { expect, test } from 'vitest';
import { CORRELATION_TYPES } from '../../../src/sigma/rule.ts';
import { taskName, WAYS, windowTasks } from './tasks.ts';

test.each(CORRELATION_TYPES)('%s: each way fires as often on one hot group', (type) => {
  for (const size of [40, 300]) {
    const tasks = windowTasks([size]);
    const fired = Object.keys(WAYS).map((way) => tasks[taskName(way, type, size)]?.()(500));
    expect(new Set(fired).size, `${size}: ${fired.join(', ')}`).toBe(1);
  }
});

test.each(['value_avg', 'value_median'] as const)('%s: the condition holds at times, and not always', (type) => {
  const fired = windowTasks([300])[taskName('window', type, 300)]?.()(2_000);
  expect(fired).toBeGreaterThan(0);
  expect(fired).toBeLessThan(2_000);
});
