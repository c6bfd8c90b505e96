/**
 * Passes over the recorded entries (../record/pass.ts) as people are shown them, and what of the day's rows is left for them.
 *
 * Contract: read-only. Where no pass is under way, it reads nothing that the state does not have.
 */
import type { Engine } from '../../sigma/index.ts';
import type { ShownPass } from '../rpc.ts';
import { lastPasses, type Pass, readPass } from '../store/passes.ts';
import type { Evaluated, State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { canPass, DAY_MS } from './usage.ts';

/** The passes that are not over, in the order in which they are worked on: windows first, and of those what is nearest to its end. */
export function passesIn(store: Store, evaluated: Evaluated | undefined): readonly Pass[] {
  const passes = (evaluated?.passes ?? []).flatMap((id) => readPass(store, id) ?? []);
  const rank = ({ backfill, position }: Pass): number => (backfill === null ? -position : 1);
  return passes.sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}

/** Whether the day has rows left for a step. */
export function hasRowsLeft(store: Store, { evaluated }: State, now: number): boolean {
  const { read, written } = spentToday(evaluated, now);
  return store.meter === undefined || canPass(read, written, store.meter.saved(), store.meter.plan);
}

/** The rows that passes have read and written today. */
export function spentToday(evaluated: Evaluated | undefined, now: number): NonNullable<Evaluated['spent']> {
  const day = Math.floor(now / DAY_MS);
  return evaluated?.spent?.day === day ? evaluated.spent : { day, read: 0, written: 0 };
}

/** When the day's rows begin again. */
export function nextDayAt(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** Those that are not over. */
export function shownUnfinished(store: Store, state: State | null, engine: Engine, now: number): readonly ShownPass[] {
  if (state === null) return [];
  return passesIn(store, state.evaluated).map((pass) => shownPass(store, pass, state, engine, now));
}

/** The last passes, the newest first, whether they are over or not. */
export function shownPasses(
  store: Store,
  state: State | null,
  engine: Engine,
  most: number,
  now: number,
): readonly ShownPass[] {
  return state === null ? [] : lastPasses(store, most).map((pass) => shownPass(store, pass, state, engine, now));
}

/** As people are shown it. */
export function shownPass(store: Store, pass: Pass, state: State, engine: Engine, now: number): ShownPass {
  const { id, outcome, problem, beganAt, endedAt, entries, matches, opened, skipped, backfill } = pass;
  const isRunning = outcome === null;
  return {
    ...{ id, kind: backfill === null ? 'rebuild' : 'backfill', state: outcome ?? 'running', problem },
    ...{ beganAt, endedAt, entries, matches, opened, skipped },
    rules: Object.keys(pass.rules).map((rule) => ({ rule, title: engine.rules.get(rule)?.title ?? rule })),
    percent: isRunning ? percentOf(pass, state.lastSeq) : 100,
    waitsUntil: isRunning && !hasRowsLeft(store, state, now) ? nextDayAt(now) : null,
    failures: isRunning ? pass.tries : 0,
    backfill: backfill && { since: backfill.since, notify: backfill.notify, who: backfill.who },
  };
}

/** How far it has come. Never all of it: then it would be over. */
function percentOf({ from, position, until }: Pass, lastSeq: number): number {
  const whole = Math.max(1, (until ?? lastSeq) - from);
  return Math.min(99, Math.floor(((position - from) / whole) * 100));
}
