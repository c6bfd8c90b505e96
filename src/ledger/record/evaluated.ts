/**
 * Which rules have evaluated which of the recorded entries, and what a change of the rules leaves to passes (pass.ts).
 *
 * A correlation's windows hold what happened while it was deployed. Where it means something else than before (meaning.ts:
 * detection, condition, filter, group-by, field or timespan, also of a rule below it; not its level or texts), its windows mean
 * nothing any more; a new correlation has none. A pass builds them from the entries that are recorded.
 *
 * Contract: nothing evaluates an entry with windows that are not whole, and no rule evaluates an entry twice.
 * - The transaction that first sees other rules than the last one marks the changed correlations as *behind* and plans their
 *   passes; the watch goes on with all others. What is behind is evaluated by its pass alone, until that has come to the last
 *   entry: in the same transaction the watch takes over again. Only its alerts are late, by as long as its pass takes.
 * - Entries up to the change (`after`) only build windows: they were evaluated by the rule as it was, or before there was one.
 *   Those after it alert and notify as if the watch had evaluated them.
 * - A rule that changes again while it is behind leaves its pass for a new one, which alerts from where the first had come. A
 *   change back is a change: windows of before lack what came meanwhile.
 * - A pass begins at the first entry that windows still need: it occurred after the horizon of the last batch less the
 *   timespans. So it depends on nothing but what is recorded. Rules that need about as many entries share
 *   a pass, so that one that needs few does not wait for one that needs all; the shortest goes first.
 * - Windows are stored under a tag that no earlier pass has had, so that none of before counts, and none has to be deleted.
 */
import type { CorrelationRule, Engine } from '../../sigma/index.ts';
import { newPass, readPass, writePass } from '../store/passes.ts';
import type { Evaluated, RuleEvaluated, State } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import type { PlaceOf } from './evaluation-store.ts';
import { meaningOf, reachMs } from './meaning.ts';

/** The most entries of a step: about 0.2 s, and windows are written once for all of them. */
export const STEP_ENTRIES = 2_000;
/** Rules share a pass where none needs so many times the entries of another, or only a step of them. */
const SHARED_FACTOR = 8;

/** What evaluates entries now. Where the rules have changed since `state`, passes are planned and stored; `now`: wall, ms. */
export function evaluatedBy(
  store: Store,
  state: State,
  engine: Engine,
  now: number,
  stepEntries = STEP_ENTRIES,
): Evaluated {
  const before = state.evaluated ?? null;
  if (before?.version === engine.version) return before;
  const rules: Record<string, RuleEvaluated> = {};
  const changed: CorrelationRule[] = [];
  for (const rule of engine.rules.values()) {
    const meaning = meaningOf(rule, engine);
    const known = before?.rules[rule.id];
    const quiet = rule.alerts ? {} : { isQuiet: true as const };
    if (known?.meaning === meaning) {
      const { isQuiet, since: _, ...of } = known;
      // What it matched while it opened no alerts is in none.
      rules[rule.id] =
        isQuiet && rule.alerts ? { ...of, after: of.isBehind ? of.after : state.lastSeq } : { ...known, ...quiet };
      continue;
    }
    const after = rule.kind === 'correlation' && known?.isBehind ? comeTo(store, known) : state.lastSeq;
    rules[rule.id] = { meaning, pass: 0, after, ...quiet };
    if (rule.kind === 'correlation') changed.push(rule);
  }
  const plan = { passes: [], lastPass: 0, lastStep: 0, ...before, version: engine.version, rules };
  // A ledger without entries has nothing to build windows from.
  return state.lastSeq === 0 ? plan : withPasses(store, state, engine, plan, changed, now, stepEntries);
}

/** What evaluates entries where these rules have evaluated all that is recorded. */
export function evaluatedAlways(engine: Engine): Evaluated {
  const rules = [...engine.rules.values()].map((rule) => [rule.id, { meaning: '', pass: 0, after: 0 }] as const);
  return { version: engine.version, rules: Object.fromEntries(rules), passes: [], lastPass: 0, lastStep: 0 };
}

/** The correlations that the watch evaluates. */
export function watchedIn({ rules }: Evaluated, engine: Engine): readonly CorrelationRule[] {
  return engine.correlations.filter(({ id }) => rules[id]?.isBehind !== true);
}

/** The rules that a pass is building the windows of. */
export function membersOf(pass: number, { rules }: Evaluated, engine: Engine): readonly CorrelationRule[] {
  return engine.correlations.filter(({ id }) => rules[id]?.isBehind === true && rules[id].pass === pass);
}

/** Where the windows of rules are stored. Those of copies belong to the correlations that have them. */
export function windowsOf({ rules }: Evaluated): PlaceOf {
  const tagOf = (id: string): string => `${rules[id]?.meaning ?? ''}.${rules[id]?.pass ?? 0}`;
  return (rule) => ({ rule: rule.id, tag: ownersOf(rule).map(tagOf).join() });
}

/** The rules of which a rule's windows are a part: itself, or of a copy those whose filters it has. */
export function ownersOf({ id, filteredBy = [id] }: CorrelationRule): readonly string[] {
  return filteredBy;
}

/** The last entry that a rule which is behind has evaluated, and may have alerted on. */
function comeTo(store: Store, { pass, after }: RuleEvaluated): number {
  return Math.max(after, readPass(store, pass)?.position ?? after);
}

/** The plan with passes for what has changed. */
function withPasses(
  store: Store,
  state: State,
  engine: Engine,
  plan: Evaluated,
  changed: readonly CorrelationRule[],
  now: number,
  stepEntries: number,
): Evaluated {
  const horizon = lastHorizon(store);
  const fromOf = (rule: CorrelationRule): number =>
    Math.min(plan.rules[rule.id]?.after ?? 0, entryAfter(store, horizon - reachMs(rule, engine), state.lastSeq));
  const froms = new Map(changed.map((rule) => [rule, fromOf(rule)]));
  const groups = Map.groupBy(changed, (rule) => sharedBy(state.lastSeq - (froms.get(rule) ?? 0), stepEntries));
  const rules = { ...plan.rules };
  const passes = [...plan.passes];
  let { lastPass } = plan;
  for (const [, members] of [...groups].sort(([a], [b]) => a - b)) {
    const id = ++lastPass;
    const from = Math.min(...members.map((rule) => froms.get(rule) ?? 0));
    const isNeeded = from < state.lastSeq;
    for (const { id: rule } of members) {
      const of = rules[rule] as RuleEvaluated;
      rules[rule] = { ...of, pass: id, ...(isNeeded && { isBehind: true }) };
    }
    if (!isNeeded) continue;
    passes.push(id);
    const afters = Object.fromEntries(members.map(({ id: rule }) => [rule, plan.rules[rule]?.after ?? 0]));
    const when = { beganAt: now, planned: { seq: state.lastSeq, step: plan.lastStep } };
    writePass(store, newPass({ id, ...when, rules: afters, backfill: null, from, until: null }));
  }
  return { ...plan, rules, passes, lastPass };
}

/** Rules with the same number share a pass. */
function sharedBy(entries: number, stepEntries: number): number {
  return Math.max(0, Math.ceil(Math.log(Math.max(1, entries) / stepEntries) / Math.log(SHARED_FACTOR)));
}

/** No entry that windows wait for occurred before that. */
function lastHorizon(store: Store): number {
  const last = store.all<{ horizon: number }>('SELECT horizon FROM batches ORDER BY first_seq DESC LIMIT 1')[0];
  return last?.horizon ?? 0;
}

/** The number before the first entry that occurred after a time; the last, where none did. */
export function entryAfter(store: Store, at: number, lastSeq: number): number {
  const first = store.all<{ seq: number | null }>('SELECT min(seq) AS seq FROM entries WHERE occurred_at > ?', at)[0]
    ?.seq;
  return first === null || first === undefined ? lastSeq : first - 1;
}
