/**
 * Passes over the recorded entries: one builds the windows of correlations that changed (evaluated.ts), another puts the
 * matches of the past into alerts (backfill.ts).
 *
 * Contract: entries are evaluated in the order of their numbers, in steps. A step is a transaction of its own, begun by the
 * alarm, and by the first tick after a deploy, so that a small ledger is through before anything else is evaluated.
 * - It starts where the stored position says, and moves that position in the same transaction: one that dies has done nothing,
 *   and one that comes twice finds nothing left to do. Between steps, entries are recorded as ever.
 * - It is bounded in entries, windows, matches and characters, and on the free plan all steps of a day in rows.
 * - That it was tried is stored before it begins. One that fails, or kills the object, is tried again with half as many
 *   entries, less and less often; where a single entry still fails, that is quarantined and left out. Not while the storage
 *   takes no writes: that is no entry's fault.
 * - What was evicted meanwhile is not there any more. It is older than what windows need, unless a day's rows did not suffice
 *   for weeks.
 * - The clock decides only which day it is, and when a failed step is tried again: set back, it allows a day's rows once more.
 */
import { type CorrelationRule, type Engine, type Rule, withRulesBelow } from '../../sigma/index.ts';
import type { Notifying } from '../deliver/places.ts';
import { raiseHealthAlert } from '../health/health-alerts.ts';
import { hasRowsLeft, nextDayAt, passesIn, spentToday } from '../health/passes.ts';
import type { Accepted, ScanContext } from '../model.ts';
import type { DayUsage } from '../rpc.ts';
import { type Pass, writePass } from '../store/passes.ts';
import { withRecent } from '../store/recent.ts';
import { type AcceptedRow, acceptedOrNull } from '../store/rows.ts';
import { type Evaluated, type RuleEvaluated, readState, type State, writeState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { type LedgerContext, requireState } from './context.ts';
import { createEvaluation, type Scope } from './evaluate.ts';
import { evaluatedBy, membersOf, ownersOf, STEP_ENTRIES, windowsOf } from './evaluated.ts';
import { createEvaluationStore, type PlaceOf } from './evaluation-store.ts';
import { keepChanges, openedIn } from './keep.ts';
import { quarantine } from './quarantine.ts';

/** A step ends when it has opened so many windows, or so much text of them; put so many matches into alerts; or read so much. */
const WINDOWS_MAX = 1_000;
const WINDOW_CHARS_MAX = 16 * 1024 * 1024;
const MATCHES_MAX = 200;
const ENTRY_CHARS_MAX = 8 * 1024 * 1024;
/** Entries read at once: each may have 64 K characters. */
const READ_AT_ONCE = 50;
/** Windows deleted at once. */
const CLEARED_MAX = 1_000;
/** After a failure, and after each further one twice as long. */
const RETRY_MS = 30_000;
const RETRY_MAX_MS = 10 * 60_000;
/** A single entry is tried so often. */
const ALONE_MAX = 3;
/** A backfill that opens more alerts is one of a rule that nobody would deploy. */
const OPENED_MAX = 1_000;
const TOO_MANY = `it has opened ${OPENED_MAX} alerts: try the rule on the past with backtest, and make it narrower`;
const CHANGED = 'the rule was changed or removed meanwhile';
const NO_RULE = 'its rules were changed again, or removed';

/** Plans what a change of the rules needs, and does the next step, if one is due. `isSound`: the storage takes writes. */
export function runStep(context: LedgerContext, memory: PassesMemory, isSound: () => boolean, now: number): void {
  if (memory.areOver) return;
  const { store } = context;
  const pass = store.transaction(() => nextPass(context, now));
  if (pass === null || (pass.tries > 0 && !isSound())) return;
  store.transaction(() => writePass(store, { ...pass, tries: pass.tries + 1, triedAt: now }));
  store.transaction(() => step(context, pass, now));
}

/** Whether all passes are known to be over, and none can come unless somebody asks for one; in memory only. */
export interface PassesMemory {
  areOver: boolean;
}

/** When the next step is due; null: nothing is to be done. Reads nothing where all passes are over. */
export function nextStepAt({ store, options }: LedgerContext, memory: PassesMemory, now: number): number | null {
  const state = memory.areOver ? null : readState(store);
  if (!state?.evaluated) return null;
  memory.areOver = state.evaluated.version === options.engine.version && state.evaluated.passes.length === 0;
  if (memory.areOver) return null;
  const times = passesIn(store, state.evaluated)
    .filter((pass) => hasWork(pass, state, options.engine))
    .map((pass) => retryAt(pass, now));
  if (times.length === 0) return null;
  return hasRowsLeft(store, state, now) ? Math.min(...times) : nextDayAt(now);
}

/** When a pass may be worked on. */
function retryAt({ tries, triedAt }: Pass, now: number): number {
  if (tries === 0) return now;
  const at = triedAt + Math.min(RETRY_MS * 2 ** (tries - 1), RETRY_MAX_MS);
  // A longer wait than any is our clock set back meanwhile.
  return at - now > RETRY_MAX_MS ? now : Math.max(now, at);
}

/** Whether a step would change anything. What waits at the last entry for a rule of another pass has nothing to do. */
function hasWork(pass: Pass, { evaluated, lastSeq }: State, engine: Engine): boolean {
  if (evaluated === undefined) return false;
  if (pass.state === 'clearing' || pass.backfill !== null || pass.position < lastSeq) return true;
  const members = membersOf(pass.id, evaluated, engine);
  return members.length === 0 || wholeOf(members, evaluated, engine).length > 0;
}

function nextPass({ store, options }: LedgerContext, now: number): Pass | null {
  const stored = readState(store);
  if (stored === null) return null;
  const evaluated = evaluatedBy(store, stored, options.engine, now, options.stepEntries);
  const state = { ...stored, evaluated };
  if (evaluated.passes.length === 0) return null;
  if (evaluated !== stored.evaluated) writeState(store, state);
  if (!hasRowsLeft(store, state, now)) return null;
  const due = passesIn(store, evaluated).find(
    (pass) => hasWork(pass, state, options.engine) && retryAt(pass, now) <= now,
  );
  return due ?? null;
}

/** What a step needs of a ledger. */
export interface PassContext {
  readonly store: Store;
  readonly options: Notifying & Pick<LedgerContext['options'], 'stepEntries'>;
}

/**
 * One step of a pass, as it was before the step was tried. Call it in a transaction. `upTo`: a replay goes as far as is known,
 * whatever that costs.
 */
export function step(context: PassContext, pass: Pass, now: number, upTo: number | null = null): void {
  const { store } = context;
  const before = store.meter?.saved();
  const state = requireState(store);
  const done = pass.state === 'clearing' ? clear(store, pass, state) : advance(context, pass, state, now, upTo);
  writePass(store, done.pass);
  const evaluated = done.state.evaluated as Evaluated;
  const after = store.meter?.saved();
  writeState(store, {
    ...done.state,
    evaluated: {
      ...evaluated,
      passes: evaluated.passes.filter((id) => id !== pass.id || done.pass.state !== 'over'),
      ...(before && after && { spent: withSpent(evaluated, before, after, now) }),
    },
  });
}

function withSpent(of: Evaluated, before: DayUsage, after: DayUsage, now: number): NonNullable<Evaluated['spent']> {
  const { day, read, written } = spentToday(of, now);
  return {
    day,
    read: read + after.rowsRead - before.rowsRead,
    written: written + after.rowsWritten - before.rowsWritten,
  };
}

interface Stepped {
  readonly pass: Pass;
  readonly state: State;
}

/** Evaluates the next entries. */
function advance(context: PassContext, pass: Pass, state: State, now: number, upTo: number | null): Stepped {
  const { store, options } = context;
  const { engine, stepEntries = STEP_ENTRIES } = options;
  const evaluated = state.evaluated as Evaluated;
  const work = workOf(pass, evaluated, engine);
  if (typeof work === 'string') return { pass: ended(pass, 'stopped', work, now), state };
  const last = pass.until ?? state.lastSeq;
  const most = Math.max(1, Math.floor(stepEntries / 2 ** pass.tries));
  if (pass.tries > Math.log2(stepEntries) + ALONE_MAX) {
    return { pass: leaveOut(context, pass, last, now), state };
  }
  const batch = createEvaluation(options, work.scope).begin(
    createEvaluationStore(store, work.placeOf),
    state.lastAlert,
  );
  let { position } = pass;
  let count = 0;
  let chars = 0;
  const isFull = (): boolean => {
    if (upTo !== null) return position >= upTo;
    const { windows, chars: windowChars, matches } = batch.size();
    const isLarge = windows >= WINDOWS_MAX || windowChars >= WINDOW_CHARS_MAX || chars >= ENTRY_CHARS_MAX;
    return count >= most || isLarge || matches >= MATCHES_MAX;
  };
  while (position < last && !isFull()) {
    const left = upTo === null ? most - count : upTo - position;
    const rows = entriesAfter(store, position, last, Math.min(READ_AT_ONCE, left));
    const contextOf = scanContextsOf(store, rows);
    for (const row of rows) {
      position = row.seq;
      count++;
      chars += row.body.length;
      const entry = row.mark === 'own' ? null : acceptedOrNull(row);
      if (entry !== null)
        batch.add({ entry, matches: engine.evaluate(entry.body, entry.occurredAt) }, contextOf(entry));
      if (isFull()) break;
    }
    // The rest was evicted.
    if (rows.length === 0) position = last;
  }
  const changes = batch.changes();
  const act = lastAct(store);
  const kept = keepChanges(store, options, changes, work.placeOf, state, now);
  const opened = openedIn(changes);
  const recent = withRecent(
    state.recent ?? {},
    [],
    opened.map(({ firstAt }) => firstAt),
  );
  const scratch = changes.windows
    .map(({ rule }) => work.placeOf(rule).rule)
    .filter((name) => name.endsWith(ownOf(pass)));
  const decides = position > work.decidesAfter;
  const lastStep = evaluated.lastStep + (decides ? 1 : 0);
  const moved: Pass = {
    ...pass,
    ...{ position, tries: 0, entries: pass.entries + count },
    ...{ matches: pass.matches + batch.size().matches, opened: pass.opened + opened.length },
    scratch: [...new Set([...pass.scratch, ...scratch])],
    steps: decides ? [...pass.steps, { number: lastStep, seq: state.lastSeq, act, position }] : pass.steps,
  };
  const next = { ...kept, recent, evaluated: { ...evaluated, lastStep } };
  if (moved.opened >= OPENED_MAX && pass.backfill !== null) {
    return { pass: ended(moved, 'stopped', TOO_MANY, now), state: next };
  }
  return position < last ? { pass: moved, state: next } : arrived(moved, next, engine, now);
}

/** What the entries of a pass are evaluated by. */
interface Work {
  readonly scope: Scope;
  readonly placeOf: PlaceOf;
  /** Nothing is decided about the entries up to this one. */
  readonly decidesAfter: number;
}

/** What is left of a pass; or why nothing is. */
function workOf(pass: Pass, evaluated: Evaluated, engine: Engine): Work | string {
  const { backfill } = pass;
  const rules: readonly Rule[] =
    backfill === null
      ? membersOf(pass.id, evaluated, engine)
      : Object.keys(pass.rules).flatMap((id) =>
          evaluated.rules[id]?.meaning === backfill.meaning ? (engine.rules.get(id) ?? []) : [],
        );
  if (rules.length === 0) return backfill === null ? NO_RULE : CHANGED;
  const all = withRulesBelow(rules, engine.rules);
  const correlations = engine.correlations.filter((rule) => all.has(rule));
  const ids = new Set(rules.map(({ id }) => id));
  const live = windowsOf(evaluated);
  const own = ownOf(pass);
  if (backfill !== null) {
    const { since, before, notify } = backfill;
    const isMeant = ({ occurredAt: at }: Accepted): boolean => at >= since && (before === null || at < before);
    return {
      scope: { correlations, counts: ({ id }, entry) => ids.has(id) && isMeant(entry), backfill: { notify } },
      placeOf: ({ id }) => ({ rule: `${id}${own}`, tag: '' }),
      decidesAfter: 0,
    };
  }
  const afterOf = (id: string): number => evaluated.rules[id]?.after ?? 0;
  return {
    scope: { correlations, counts: ({ id }, { seq }) => ids.has(id) && seq > afterOf(id), backfill: null },
    // The watch has windows of its own of what did not change.
    placeOf: (rule) => (ownersOf(rule).some((id) => ids.has(id)) ? live(rule) : { rule: `${rule.id}${own}`, tag: '' }),
    decidesAfter: Math.min(...rules.map(({ id }) => afterOf(id))),
  };
}

/** The end of the names under which the windows are stored that are only a pass's own. */
function ownOf({ id }: Pass): string {
  return `\n${id}`;
}

/** A pass that has come to its last entry. */
function arrived(pass: Pass, state: State, engine: Engine, now: number): Stepped {
  const evaluated = state.evaluated as Evaluated;
  const rules = { ...evaluated.rules };
  const { backfill } = pass;
  if (backfill !== null) {
    for (const id of Object.keys(pass.rules)) {
      const of = rules[id];
      if (of !== undefined)
        rules[id] = { ...of, since: Math.min(of.since ?? Number.POSITIVE_INFINITY, backfill.since) };
    }
    return { pass: ended(pass, 'done', null, now), state: { ...state, evaluated: { ...evaluated, rules } } };
  }
  const members = membersOf(pass.id, evaluated, engine);
  const whole = wholeOf(members, evaluated, engine);
  for (const { id } of whole) {
    const { isBehind: _, ...of } = rules[id] as RuleEvaluated;
    rules[id] = of;
  }
  const isOver = whole.length === members.length;
  return {
    pass: isOver ? ended(pass, 'done', null, now) : pass,
    state: { ...state, evaluated: { ...evaluated, rules } },
  };
}

/** Of the members of a pass that is at the last entry, those that refer to nothing that is still behind. */
function wholeOf(
  members: readonly CorrelationRule[],
  { rules }: Evaluated,
  engine: Engine,
): readonly CorrelationRule[] {
  const isBehind = (rule: Rule, rest: readonly Rule[]): boolean =>
    rules[rule.id]?.isBehind === true && !rest.includes(rule);
  // Without those that wait for a rule of another pass, others may be left that refer to them.
  let whole = members;
  for (let count = -1; count !== whole.length; ) {
    count = whole.length;
    const rest = whole;
    whole = rest.filter((rule) => ![...withRulesBelow([rule], engine.rules)].some((below) => isBehind(below, rest)));
  }
  return whole;
}

/** A pass that has ended so. */
export function ended(pass: Pass, outcome: NonNullable<Pass['outcome']>, problem: string | null, now: number): Pass {
  const state = pass.scratch.length > 0 ? 'clearing' : 'over';
  return { ...pass, state, outcome, problem, endedAt: now, tries: 0 };
}

/** Deletes windows that were only the pass's own. */
function clear(store: Store, pass: Pass, state: State): Stepped {
  const deleted = store.all(
    `DELETE FROM windows WHERE (rule, key) IN
       (SELECT windows.rule, windows.key FROM json_each(?) AS own JOIN windows ON windows.rule = own.value LIMIT ${CLEARED_MAX}) RETURNING 1`,
    JSON.stringify(pass.scratch),
  );
  const groups = Object.entries(state.groups ?? {}).filter(([name]) => !pass.scratch.includes(name));
  return {
    pass: { ...pass, tries: 0, ...(deleted.length < CLEARED_MAX && { state: 'over', scratch: [] }) },
    state: { ...state, groups: Object.fromEntries(groups) },
  };
}

/** Quarantines the next entry, which can't be evaluated, and goes on after it. */
function leaveOut({ store, options }: PassContext, pass: Pass, last: number, now: number): Pass {
  const [row] = entriesAfter(store, pass.position, last, 1);
  if (row === undefined) return { ...pass, tries: 0, position: last };
  const problem = 'rules that changed could not evaluate it: it is recorded, and they do not count it';
  quarantine(store, [{ id: row.id, problem, text: row.body, readAt: row.occurred_at }], now);
  raiseHealthAlert(store, 'quarantine', `an entry was quarantined: ${problem}`, options.receivers, now);
  return { ...pass, tries: 0, position: row.seq, skipped: pass.skipped + 1 };
}

/** The next entries, those that were evicted apart. */
function entriesAfter(store: Store, seq: number, last: number, most: number): readonly AcceptedRow[] {
  return store.all<AcceptedRow>(
    `SELECT seq, id, revision, created_at, occurred_at, body, mark FROM entries WHERE seq > ? AND seq <= ?
     ORDER BY seq LIMIT ?`,
    seq,
    last,
    most,
  );
}

type BatchRow = { first_seq: number; last_seq: number; began: number; horizon: number; suppress_before: number | null };

/** How these entries were read. The row of a batch may have been evicted before its entries: then nothing waits for older ones. */
function scanContextsOf(store: Store, rows: readonly AcceptedRow[]): (entry: Accepted) => ScanContext {
  const batches = store.all<BatchRow>(
    `SELECT first_seq, last_seq, began, horizon, suppress_before FROM batches
     WHERE first_seq >= coalesce((SELECT max(first_seq) FROM batches WHERE first_seq <= ?1), 0) AND first_seq <= ?2`,
    rows[0]?.seq ?? 0,
    rows.at(-1)?.seq ?? 0,
  );
  return ({ seq, occurredAt }) => {
    const of = batches.find((batch) => batch.first_seq <= seq && seq <= batch.last_seq);
    if (of === undefined) return { began: occurredAt, horizon: occurredAt, suppressBefore: null };
    return { began: of.began, horizon: of.horizon, suppressBefore: of.suppress_before };
  };
}

function lastAct(store: Store): number {
  return store.all<{ id: number | null }>('SELECT max(id) AS id FROM acts')[0]?.id ?? 0;
}
