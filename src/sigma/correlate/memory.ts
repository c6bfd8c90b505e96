/**
 * Windows kept in memory.
 *
 * Contract: bounded: of each correlation the groups longest untouched go first, and are counted. Pure but for that.
 */

import type { CorrelationRule } from '../rule.ts';
import type { Windows } from './correlator.ts';
import { groupText } from './groups.ts';
import { openWindow } from './window.ts';
import type { Window } from './window-event.ts';

/** Of one correlation. */
const GROUPS_MOST = 100_000;

export interface MemoryWindows extends Windows {
  /** How many groups have gone because there were too many. */
  readonly dropped: number;
}

interface MemoryWindow {
  readonly window: Window;
  /** When it was last touched: the number of that touch. */
  touched: number;
}

export function createMemoryWindows(groupsMost = GROUPS_MOST): MemoryWindows {
  /** Rule id → group → window. More than half as many as there may be lie in the order in which they were touched. */
  const kept = new Map<string, Map<string, MemoryWindow>>();
  let touches = 0;
  let dropped = 0;

  const add = (windows: Map<string, MemoryWindow>, key: string, rule: CorrelationRule): Window => {
    const window = openWindow(rule, null);
    const isFew = windows.size * 2 <= groupsMost;
    windows.set(key, { window, touched: ++touches });
    if (isFew && windows.size * 2 > groupsMost) {
      const inOrder = [...windows].sort(([, a], [, b]) => a.touched - b.touched);
      windows.clear();
      for (const [group, each] of inOrder) windows.set(group, each);
    }
    if (windows.size > groupsMost) {
      const [longest = key] = windows.keys();
      windows.delete(longest);
      dropped++;
    }
    return window;
  };

  return {
    open: (rule, group) => {
      let windows = kept.get(rule.id);
      if (windows === undefined) {
        windows = new Map();
        kept.set(rule.id, windows);
      }
      const key = groupText(group);
      const known = windows.get(key);
      if (known === undefined) return add(windows, key, rule);
      known.touched = ++touches;
      // The order matters only once some may have to go.
      if (windows.size * 2 > groupsMost) {
        windows.delete(key);
        windows.set(key, known);
      }
      return known.window;
    },
    get dropped() {
      return dropped;
    },
  };
}
