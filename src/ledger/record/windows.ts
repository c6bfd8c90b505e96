/**
 * The windows of one batch: each is opened once from what is stored, and returned once to be stored.
 *
 * Contract: changes nothing itself. Every opened window gets at least one event.
 */
import { keyText } from '../../alert/key.ts';
import { type CorrelationRule, openWindow, type Window, type Windows } from '../../sigma/index.ts';
import type { StoredWindow, TouchedWindow } from '../model.ts';

export interface BatchWindows extends Windows {
  /** The windows that were opened, as they are now. */
  touched(): readonly TouchedWindow[];
}

/** `stored` returns a stored window; null where nothing is stored. */
export function createBatchWindows(stored: (rule: CorrelationRule, key: string) => StoredWindow | null): BatchWindows {
  const opened = new Map<string, OpenedWindow>();
  return {
    open: (rule, group) => {
      const key = keyText(group);
      const place = `${rule.id}\n${key}`;
      const known = opened.get(place);
      if (known !== undefined) return known;
      const before = stored(rule, key);
      const window = new OpenedWindow(rule, key, before === null, openWindow(rule, before?.text ?? null));
      opened.set(place, window);
      return window;
    },
    touched: () =>
      [...opened.values()].map((window) => {
        const { rule, key, isNew, newest, dropped } = window;
        return { rule, key, isNew, newest, dropped, text: window.save() };
      }),
  };
}

/** A window that remembers its newest event. */
class OpenedWindow implements Window {
  readonly rule: CorrelationRule;
  readonly key: string;
  readonly isNew: boolean;
  readonly #window: Window;
  newest = Number.NEGATIVE_INFINITY;

  constructor(rule: CorrelationRule, key: string, isNew: boolean, window: Window) {
    this.rule = rule;
    this.key = key;
    this.isNew = isNew;
    this.#window = window;
  }

  add(...[windowEvent, horizon, findLater]: Parameters<Window['add']>) {
    this.newest = Math.max(this.newest, windowEvent.at);
    return this.#window.add(windowEvent, horizon, findLater);
  }

  save(): string {
    return this.#window.save();
  }

  get dropped(): number {
    return this.#window.dropped;
  }
}
