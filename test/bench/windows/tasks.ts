/** A hot group as tasks that are asked for by name: the way, the type, and how many lie within a timespan. */
import { CORRELATION_TYPES, type CorrelationType } from '../../../src/sigma/rule.ts';
import type { Task } from '../rules/serve.ts';
import { boundedWindow, happeningAt, keptOf, naiveFilter, storedWindow, type Way } from './hot-group.ts';

export const WAYS: { readonly [way: string]: Way } = {
  window: boundedWindow,
  stored: storedWindow,
  naive: naiveFilter,
};

/** Makes the happenings only. */
export const NOTHING = 'nothing';

export function windowTasks(sizes: readonly number[]): { readonly [name: string]: () => Task } {
  const tasks: Record<string, () => Task> = {};
  for (const type of CORRELATION_TYPES) {
    for (const size of sizes) {
      for (const [way, open] of [...Object.entries(WAYS), [NOTHING, () => () => false] as const]) {
        tasks[taskName(way, type, size)] = () => hotGroup(open, type, size);
      }
    }
  }
  return tasks;
}

export function taskName(way: string, type: CorrelationType, size: number): string {
  return `${way} ${type} ${size}`;
}

/** Goes on where it stopped the last time; hot from the beginning. */
function hotGroup(open: Way, type: CorrelationType, size: number): Task {
  let at = keptOf(size);
  const see = open(
    type,
    Array.from({ length: at }, (_, i) => happeningAt(type, i, size)),
  );
  return (count) => {
    let fired = 0;
    for (const end = at + count; at < end; at++) if (see(happeningAt(type, at, size))) fired++;
    return fired;
  };
}
