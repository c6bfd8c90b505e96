/** A receiver without its setting: it takes nothing, and says why. What goes to it is dead, listed, and told elsewhere. */
import type { Receiver } from './receiver.ts';

/** A receiver that refuses everything for `problem`, which holds no secret. */
export function createUnset(name: string, problem: string): Receiver {
  return { name, send: () => Promise.resolve({ kind: 'refused', reason: problem }) };
}
