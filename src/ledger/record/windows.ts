/**
 * The windows of one batch: each is opened once from what is stored, and returned once to be stored.
 *
 * Contract: changes nothing itself. Every opened window gets at least one event, or time passes in it. What is as
 * it was stored is not returned: an event of `first_seen` mostly shows nothing new.
 */
import { keyText } from '../../alert/key.ts';
import {
  ABSENCE,
  type AbsenceWindow,
  type CorrelationRule,
  openWindow,
  type Window,
  type WindowMatch,
  type Windows,
} from '../../sigma/index.ts';
import type { StoredWindow, TouchedWindow } from '../model.ts';

export interface BatchWindows extends Windows {
  /** The opened windows that have changed, as they are now. */
  touched(): readonly TouchedWindow[];
  /** What was absent by a watermark from a group, given by its key, of an `absence` rule; the oldest first. */
  elapse(rule: CorrelationRule, key: string, watermark: number): readonly WindowMatch[];
  /** How many they are, and how many characters were stored of them. */
  size(): { readonly windows: number; readonly chars: number };
}

/**
 * Windows that stay open from batch to batch, the least recently opened first, where nobody else reads what is stored of them:
 * in a backtest, which would else parse and write most of them for each batch.
 */
export type OpenWindows = Map<string, OpenedWindow>;
/** Beyond so many, the least recently opened are stored. */
const OPEN_MAX = 10_000;

/** `stored` returns a stored window; null where nothing is stored. `kept`: those that stay open. */
export function createBatchWindows(
  stored: (rule: CorrelationRule, key: string) => StoredWindow | null,
  kept: OpenWindows | null = null,
): BatchWindows {
  const opened = new Map<string, OpenedWindow>();
  let chars = 0;
  const openAt = (rule: CorrelationRule, key: string): OpenedWindow => {
    const place = `${rule.id}\n${key}`;
    const known = opened.get(place);
    if (known !== undefined) return known;
    // What is absent is looked for in what is stored.
    const open = rule.type === ABSENCE ? null : kept;
    const again = open?.get(place);
    open?.delete(place);
    const before = again === undefined ? stored(rule, key) : null;
    chars += before?.text?.length ?? 0;
    const window = again?.again() ?? new OpenedWindow(rule, key, before);
    open?.set(place, window);
    opened.set(place, window);
    return window;
  };
  return {
    open: (rule, group) => openAt(rule, keyText(group)),
    elapse: (rule, key, watermark) => openAt(rule, key).elapse(watermark),
    touched: () =>
      (kept === null ? [...opened.values()] : toStore(opened, kept)).flatMap((window) => {
        const { rule, key, before, newest, dropped } = window;
        const text = window.save();
        return text === before?.text ? [] : [{ rule, key, isNew: before === null, newest, dropped, text }];
      }),
    size: () => ({ windows: opened.size, chars }),
  };
}

/** Of those that are open: absences, what is new, what has dropped something, and what is open no longer. */
function toStore(opened: OpenWindows, kept: OpenWindows): readonly OpenedWindow[] {
  const due = [...opened.values()].filter(
    ({ rule, before, dropped }) => before === null || dropped > 0 || rule.type === ABSENCE,
  );
  for (const [place, window] of kept) {
    if (kept.size <= OPEN_MAX || opened.has(place)) break;
    kept.delete(place);
    due.push(window);
  }
  return due;
}

/** A window that remembers its newest event. */
export class OpenedWindow implements Window {
  readonly rule: CorrelationRule;
  readonly key: string;
  /** As it is stored; null: it is not. */
  before: StoredWindow | null;
  readonly #window: Window;
  #droppedBefore = 0;
  newest = Number.NEGATIVE_INFINITY;

  constructor(rule: CorrelationRule, key: string, before: StoredWindow | null) {
    this.rule = rule;
    this.key = key;
    this.before = before;
    this.#window = openWindow(rule, before?.text ?? null);
  }

  add(...[windowEvent, horizon, findLater]: Parameters<Window['add']>) {
    this.newest = Math.max(this.newest, windowEvent.at);
    return this.#window.add(windowEvent, horizon, findLater);
  }

  elapse(watermark: number): readonly WindowMatch[] {
    const found = (this.#window as AbsenceWindow).elapse(watermark);
    this.newest = Math.max(this.newest, ...found.map(({ value }) => value));
    return found;
  }

  save(): string {
    return this.#window.save();
  }

  /** For the next batch. Its text is not known any more. */
  again(): this {
    this.before = { text: null };
    this.#droppedBefore = this.#window.dropped;
    return this;
  }

  get dropped(): number {
    return this.#window.dropped - this.#droppedBefore;
  }
}
