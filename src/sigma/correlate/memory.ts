/**
 * Windows kept in memory.
 *
 * Contract: bounded. Each correlation's least recently used groups are dropped first, and counted. No I/O.
 */

import type { CorrelationRule } from '../rule.ts';
import type { Windows } from './correlator.ts';
import { groupText } from './groups.ts';
import { openWindow } from './window.ts';
import type { Window } from './window-event.ts';

/** Per correlation. */
const GROUPS_MAX = 100_000;

export interface MemoryWindows extends Windows {
  /** How many groups were dropped because there were too many. */
  readonly dropped: number;
}

interface MemoryWindow {
  readonly window: Window;
  /** When it was last used, counted in uses. */
  lastUse: number;
}

export function createMemoryWindows(groupsMax = GROUPS_MAX): MemoryWindows {
  /** Rule id → group → window. Above half of the maximum, a map is kept in order of last use. */
  const kept = new Map<string, Map<string, MemoryWindow>>();
  let uses = 0;
  let dropped = 0;

  const add = (windows: Map<string, MemoryWindow>, key: string, rule: CorrelationRule): Window => {
    const window = openWindow(rule, null);
    const isFew = windows.size * 2 <= groupsMax;
    windows.set(key, { window, lastUse: ++uses });
    if (isFew && windows.size * 2 > groupsMax) {
      const inOrder = [...windows].sort(([, a], [, b]) => a.lastUse - b.lastUse);
      windows.clear();
      for (const [group, each] of inOrder) windows.set(group, each);
    }
    if (windows.size > groupsMax) {
      const [oldest = key] = windows.keys();
      windows.delete(oldest);
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
      known.lastUse = ++uses;
      // The order only matters when groups may be dropped soon.
      if (windows.size * 2 > groupsMax) {
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
