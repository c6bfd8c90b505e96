/**
 * Windows kept in memory.
 *
 * Contract: bounded: of each correlation the groups longest untouched go first, and are counted. Pure but for that.
 */
import type { Windows } from './correlator.ts';
import { groupText } from './groups.ts';
import type { Window } from './happening.ts';
import { openWindow } from './window.ts';

/** Of one correlation. */
const GROUPS_MOST = 100_000;

export interface MemoryWindows extends Windows {
  /** How many groups have gone because there were too many. */
  readonly dropped: number;
}

export function createMemoryWindows(groupsMost = GROUPS_MOST): MemoryWindows {
  /** Rule id → group → window; a Map keeps the order of what was touched. */
  const kept = new Map<string, Map<string, Window>>();
  let dropped = 0;
  return {
    open: (rule, group) => {
      let windows = kept.get(rule.id);
      if (windows === undefined) {
        windows = new Map();
        kept.set(rule.id, windows);
      }
      const key = groupText(group);
      const known = windows.get(key);
      // Who was touched when matters only once some may have to go.
      if (known !== undefined && windows.size * 2 <= groupsMost) return known;
      const window = known ?? openWindow(rule, null);
      windows.delete(key);
      windows.set(key, window);
      if (windows.size > groupsMost) {
        const [longest = key] = windows.keys();
        windows.delete(longest);
        dropped++;
      }
      return window;
    },
    get dropped() {
      return dropped;
    },
  };
}
