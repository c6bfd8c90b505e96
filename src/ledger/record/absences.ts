/**
 * Absences: what rules expect (`tocsin: absence`), and what had not come by the watermark.
 *
 * Contract: by the watermark, before which everything is recorded, in the commit that moves it: never by the clock, so that
 * nothing is missed while the log can't be read. Each is an act of `tocsin`, with the time that it is dated at, so that a
 * replay repeats it. At most `ABSENCES_MAX` at once; while more are due, each commit finds them. What was absent before a rule
 * was deployed, or before where the first read notifies nobody, is no alert.
 *
 * The groups of a rule are read when the first of them may be due, and then not before the next one may be: about once in
 * the time that is waited. When that is, is known in memory only.
 */
import { TOCSIN } from '../../alert/alert.ts';
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { ABSENCE, type AbsenceWindow, type CorrelationRule, type Engine, openWindow } from '../../sigma/index.ts';
import type { Notifying } from '../deliver/places.ts';
import type { Absence } from '../model.ts';
import type { OpenedAlert } from '../rpc.ts';
import { addAct } from '../store/alerts.ts';
import { readPass } from '../store/passes.ts';
import { withRecent } from '../store/recent.ts';
import type { Evaluated, State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { createEvaluation } from './evaluate.ts';
import { evaluatedAlways, watchedIn, windowsOf } from './evaluated.ts';
import { createEvaluationStore } from './evaluation-store.ts';
import { keepChanges, openedBy, openedIn } from './keep.ts';

/** The most absences that one commit puts into alerts: it must not take seconds. */
export const ABSENCES_MAX = 100;
/** The act of one. */
export const ABSENT = 'absent';

/** Before this, everything is recorded. */
export function completeUpTo({ watermark, gap }: Checkpoint): number {
  return gap === null ? watermark : Math.min(watermark, gap.from);
}

/** When the next absence may be due. */
export class AbsencesMemory {
  /** Nothing is before the watermark has passed this. */
  #dueAt = Number.NEGATIVE_INFINITY;
  /** Of which rules that is known. */
  #rules = '';

  /** Entries come that occurred then. */
  noteEntries(times: readonly number[], engine: Engine): void {
    const shortest = Math.min(...absencesIn(engine.correlations).map(({ timespanMs }) => timespanMs));
    this.#dueAt = Math.min(this.#dueAt, ...times.map((at) => at + shortest));
  }

  /** What was known may not have been stored. */
  reset(): void {
    this.#dueAt = Number.NEGATIVE_INFINITY;
  }

  /** What was absent by the watermark, and is in no alert yet. Mostly reads nothing. */
  due(store: Store, state: State, engine: Engine, watermark: number): readonly Absence[] {
    if (state.lastSeq === 0 || absencesIn(engine.correlations).length === 0) return [];
    const evaluated = state.evaluated ?? evaluatedAlways(engine);
    const rules = absencesIn(watchedIn(evaluated, engine));
    if (rules.length === 0) return [];
    const placeOf = windowsOf(evaluated);
    const places = rules.map((rule) => ({ rule, tag: placeOf(rule).tag }));
    const known = JSON.stringify(places.map(({ rule, tag }) => [rule.id, tag]));
    if (known !== this.#rules) this.reset();
    this.#rules = known;
    if (watermark <= this.#dueAt) return [];
    const found: Absence[] = [];
    let dueAt = Number.POSITIVE_INFINITY;
    for (const { rule, tag } of places) {
      const { id } = rule;
      const from = expectedFrom(store, state, evaluated, id);
      const rows = store.all<{ key: string; text: string }>(
        'SELECT key, text FROM windows WHERE rule = ? AND fingerprint = ? ORDER BY key',
        id,
        tag,
      );
      for (const { key, text } of rows) {
        const window = openWindow(rule, text) as AbsenceWindow;
        for (const { at } of window.elapse(watermark)) {
          if (at >= from) found.push({ rule, key, at });
        }
        dueAt = Math.min(dueAt, window.dueAt ?? Number.POSITIVE_INFINITY);
      }
    }
    // Those that are found are looked for again, until they are in alerts.
    if (found.length === 0) this.#dueAt = dueAt;
    return found.sort((a, b) => a.at - b.at).slice(0, ABSENCES_MAX);
  }
}

function absencesIn(correlations: readonly CorrelationRule[]): readonly CorrelationRule[] {
  return correlations.filter(({ type }) => type === ABSENCE);
}

/** What was absent before is no alert: nobody expected it, or should be notified of it. */
function expectedFrom(store: Store, { absentFrom }: State, { rules }: Evaluated, id: string): number {
  const pass = rules[id]?.pass ?? 0;
  const deployedAt = pass === 0 ? null : (readPass(store, pass)?.beganAt ?? null);
  return Math.max(absentFrom ?? Number.NEGATIVE_INFINITY, deployedAt ?? Number.NEGATIVE_INFINITY);
}

/** What is absent in a part of the log that is read without notifying is in no alert. */
export function withAbsentFrom(state: State, suppressBefore: number | null): State {
  if (suppressBefore === null) return state;
  return { ...state, absentFrom: Math.max(suppressBefore, state.absentFrom ?? suppressBefore) };
}

/** Puts absences into alerts, each for itself. Call it in a transaction; returns the state after it, which is not stored yet. */
export function alertOnAbsences(
  store: Store,
  setup: Notifying,
  state: State,
  absences: readonly Absence[],
  now: number,
): { readonly state: State; readonly opened: readonly OpenedAlert[] } {
  const { engine } = setup;
  const evaluated = state.evaluated ?? evaluatedAlways(engine);
  const placeOf = windowsOf(evaluated);
  const scope = { correlations: watchedIn(evaluated, engine), counts: () => true, backfill: null };
  const evaluation = createEvaluation(setup, scope);
  const opened: OpenedAlert[] = [];
  let next = state;
  for (const absence of absences) {
    const batch = evaluation.begin(createEvaluationStore(store, placeOf), next.lastAlert);
    batch.addAbsence(absence, next.lastSeq, { began: now, horizon: absence.at, suppressBefore: null });
    const changes = batch.changes();
    next = keepChanges(store, setup, changes, placeOf, next, now);
    const times = openedIn(changes).map(({ firstAt }) => firstAt);
    next = { ...next, recent: withRecent(next.recent ?? {}, [], times) };
    opened.push(...openedBy(changes));
    const detail = { at: absence.at };
    // An older one may have been superseded.
    const joined = changes.alerts.filter(({ id, count }) => count !== changes.before.get(id)?.count);
    for (const { id } of joined)
      addAct(store, { alert: id, act: ABSENT, who: TOCSIN, via: null, detail }, next.lastSeq, now);
  }
  return { state: next, opened };
}
