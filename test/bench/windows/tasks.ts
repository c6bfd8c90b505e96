/** A hot group as tasks by name: the implementation, the type, and the number of events within a timespan. */
import { CORRELATION_TYPES, type SigmaCorrelationType } from '../../../src/sigma/rule.ts';
import type { Task } from '../rules/serve.ts';
import { boundedWindow, eventAt, keptOf, naiveFilter, storedWindow, type Way } from './hot-group.ts';

export const WAYS: { readonly [way: string]: Way } = {
  window: boundedWindow,
  stored: storedWindow,
  naive: naiveFilter,
};

/** Only creates the events. */
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

export function taskName(way: string, type: SigmaCorrelationType, size: number): string {
  return `${way} ${type} ${size}`;
}

/** Continues where the last run stopped; hot from the start. */
function hotGroup(open: Way, type: SigmaCorrelationType, size: number): Task {
  let at = keptOf(size);
  const see = open(
    type,
    Array.from({ length: at }, (_, i) => eventAt(type, i, size)),
  );
  return (count) => {
    let fired = 0;
    for (const end = at + count; at < end; at++) if (see(eventAt(type, at, size))) fired++;
    return fired;
  };
}
