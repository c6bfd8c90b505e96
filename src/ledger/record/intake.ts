/**
 * Takes new entries in, inside the transaction of their batch.
 *
 * Contract: entries are numbered, stored and evaluated in that order, and what evaluation decides (windows, alerts,
 * matches, deliveries) is stored with them. What is behind (evaluated.ts) is left to its pass. What can't be read
 * or evaluated is quarantined, counted and raised as a health alert; the rest is recorded.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import type { Engine } from '../../sigma/index.ts';
import type { Notifying } from '../deliver/places.ts';
import { raiseHealthAlert } from '../health/health-alerts.ts';
import type { Accepted, InvalidRecord, ScanContext } from '../model.ts';
import type { OpenedAlert } from '../rpc.ts';
import { matchesOf } from '../store/derived-fields.ts';
import { withRecent } from '../store/recent.ts';
import type { Evaluated, State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { accept, type Unrecorded } from './dedupe.ts';
import { indexFilled, indexOlder } from './entry-index.ts';
import { createEvaluation, type Evaluation } from './evaluate.ts';
import { evaluatedBy, watchedIn, windowsOf } from './evaluated.ts';
import { createEvaluationStore } from './evaluation-store.ts';
import { keepChanges, openedBy, openedIn } from './keep.ts';
import { isQuarantineFull, quarantine } from './quarantine.ts';
import type { OpenWindows } from './windows.ts';

export interface IntakeResult {
  /** The state after it, not stored yet. */
  readonly state: State;
  readonly recorded: number;
  readonly quarantined: number;
  readonly opened: readonly OpenedAlert[];
  /** The recorded revisions. */
  readonly revisions: readonly Accepted[];
}

/** Takes in `entries`, which are new and in order; `malformed` records go straight to quarantine. */
export type Intake = (
  state: State,
  entries: readonly Unrecorded[],
  malformed: readonly InvalidRecord[],
  scanContext: ScanContext,
  now: number,
) => IntakeResult;

/** A block of entries from before there was an index is indexed so often, while the day has rows for it. */
const INDEX_OLDER_EVERY_MS = 10 * 60_000;

/**
 * Creates the intake of a ledger. Evaluation reads the past from the same store. `stepEntries`: of a pass that it plans.
 * `kept`: windows that stay open.
 */
export function createIntake(
  store: Store,
  setup: Notifying & { readonly stepEntries?: number; readonly kept?: OpenWindows },
): Intake {
  const { engine, receivers } = setup;
  const evaluationOf = createWatch(setup);
  return (state, entries, malformed, scanContext, now) => {
    const { matched, invalid } = matchEntries(entries, engine);
    const quarantined = quarantineInvalid(store, [...malformed, ...invalid], receivers, now);
    const counters = { ...state.counters, quarantined: state.counters.quarantined + quarantined };
    if (matched.length === 0) {
      return { state: { ...state, counters }, opened: [], quarantined, recorded: 0, revisions: [] };
    }
    const evaluated = evaluatedBy(store, state, engine, now, setup.stepEntries);
    const placeOf = windowsOf(evaluated);
    const accepted = accept(store, matched, state.lastSeq, scanContext, engine.version);
    const batch = evaluationOf(evaluated).begin(createEvaluationStore(store, placeOf), state.lastAlert, setup.kept);
    for (const each of accepted) batch.add(each, scanContext);
    const changes = batch.changes();
    const lastSeq = state.lastSeq + accepted.length;
    indexFilled(store, state.lastSeq, lastSeq);
    const isDue = Math.floor(now / INDEX_OLDER_EVERY_MS) !== Math.floor(state.savedAt / INDEX_OLDER_EVERY_MS);
    const olderIndexed = isDue ? indexOlder(store, lastSeq, state.olderIndexed, now) : state.olderIndexed;
    const occurredAt = accepted.map(({ entry }) => entry.occurredAt);
    const kept = keepChanges(store, setup, changes, placeOf, { ...state, counters, lastSeq }, now);
    const next: State = {
      ...kept,
      evaluated,
      ...(olderIndexed && { olderIndexed }),
      recent: withRecent(
        state.recent ?? {},
        occurredAt,
        // Not `firstAt`: a late match may move that into another step.
        openedIn(changes).map(({ firstSeq }) => occurredAt[firstSeq - state.lastSeq - 1] ?? now),
      ),
      counters: { ...kept.counters, recorded: counters.recorded + accepted.length },
    };
    const revisions = accepted.map(({ entry }) => entry).filter(({ revision }) => revision > 0);
    return { state: next, opened: openedBy(changes), quarantined, recorded: accepted.length, revisions };
  };
}

/** The evaluation of what is not behind. */
function createWatch(setup: Notifying): (evaluated: Evaluated) => Evaluation {
  let last: { readonly of: string; readonly evaluation: Evaluation } | null = null;
  return (evaluated) => {
    const correlations = watchedIn(evaluated, setup.engine);
    const of = JSON.stringify(correlations.map(({ id }) => id));
    if (last?.of !== of) {
      last = { of, evaluation: createEvaluation(setup, { correlations, counts: () => true, backfill: null }) };
    }
    return last.evaluation;
  };
}

/** Parses entries and matches their detections. Evaluation throws only by a bug; the entry is invalid then. */
function matchEntries(entries: readonly Unrecorded[], engine: Engine) {
  const invalid: InvalidRecord[] = [];
  const matched = entries.flatMap((incoming) => {
    try {
      return [{ incoming, ...(incoming.matched ?? matchEntry(incoming, engine)) }];
    } catch (error) {
      const { id, text, occurredAt: readAt } = incoming;
      invalid.push({ id, problem: `evaluation failed: ${String(error)}`, text, readAt });
      return [];
    }
  });
  return { matched, invalid };
}

function matchEntry({ text, occurredAt, mark }: Unrecorded, engine: Engine) {
  const body: EntryBody = JSON.parse(text);
  return { body, matches: matchesOf(body, occurredAt, mark ?? null, engine) };
}

/** Returns how many were not in quarantine yet. */
function quarantineInvalid(
  store: Store,
  invalid: readonly InvalidRecord[],
  receivers: readonly RoutedReceiver[],
  now: number,
): number {
  const quarantined = quarantine(store, invalid, now);
  if (quarantined > 0) {
    const kept = isQuarantineFull(store) ? '. They are so many that only their ids and the reasons are kept' : '';
    const summary = `${quarantined} or more audit-log records could not be read and were quarantined${kept}`;
    raiseHealthAlert(store, 'quarantine', summary, receivers, now);
  }
  return quarantined;
}
