/**
 * Backfills: the matches that a rule would have had with entries from before it was deployed become alerts, marked as backfilled.
 *
 * Contract: call what writes in a transaction; passes do the work (pass.ts). A rule evaluates an entry once, with the meaning that
 * it has: a backfill leaves out what the rule has evaluated as it came, or in an earlier backfill. So it may be asked for
 * again, and further back, without doubling a match; one that was cancelled or stopped begins again, and finds what it has
 * put into alerts. It has windows of its own: while it runs, the watch evaluates the rule as ever.
 */
import { rulesNamed } from '../../routing/matchers.ts';
import { listedRules, type Rule } from '../../sigma/index.ts';
import { passesIn, shownPass } from '../health/passes.ts';
import type { Backfilled, BackfillRequest, ShownPass } from '../rpc.ts';
import { newPass, type Pass, readPass, writePass } from '../store/passes.ts';
import { type Evaluated, readState, type State, writeState } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { entryAfter, evaluatedBy } from './evaluated.ts';
import { reachMs } from './meaning.ts';
import { ended, type PassContext } from './pass.ts';

/** So many may wait for each other. */
const UNFINISHED_MAX = 20;

/** Begins the backfills of the rules that are named so; `now`: wall, ms. */
export function beginBackfill({ store, options }: PassContext, request: BackfillRequest, now: number): Backfilled {
  const stored = readState(store);
  if (stored === null) return refused('the ledger has not begun: nothing is recorded');
  const { engine } = options;
  const named = rulesNamed(request.rule, listedRules([...engine.rules.values()]));
  if (named.length === 0) return refused('no rule has this id, name, title or file');
  const rules = named.filter(({ alerts }) => alerts);
  if (rules.length === 0) return refused('the rule opens no alerts: only correlations count its matches');
  const evaluated = evaluatedBy(store, stored, engine, now, options.stepEntries);
  const state: State = { ...stored, evaluated };
  const unfinished = passesIn(store, evaluated).filter(({ backfill }) => backfill !== null);
  const twice = rules.find(({ id }) => unfinished.some((pass) => pass.state === 'running' && id in pass.rules));
  if (twice !== undefined) return refused(`“${twice.title}” is being backfilled already: wait for it, or cancel it`);
  if (unfinished.length + rules.length > UNFINISHED_MAX) {
    return refused(`at most ${UNFINISHED_MAX} backfills may wait for each other: wait for some, or cancel them`);
  }
  let { lastPass } = evaluated;
  const passes: Pass[] = [];
  const done: Rule[] = [];
  for (const rule of rules) {
    const pass = planned(store, state, rule, reachMs(rule, engine), request, lastPass + 1, now);
    if (pass === null) {
      done.push(rule);
      continue;
    }
    lastPass = pass.id;
    passes.push(pass);
    writePass(store, pass);
  }
  const next: Evaluated = { ...evaluated, lastPass, passes: [...evaluated.passes, ...passes.map(({ id }) => id)] };
  if (passes.length > 0) writeState(store, { ...state, evaluated: next });
  return {
    kind: 'begun',
    passes: passes.map((pass) => shownPass(store, pass, state, engine, now)),
    nothing: done.map(({ id, title }) => ({ rule: id, title })),
  };
}

function refused(problem: string): Backfilled {
  return { kind: 'refused', problem };
}

/** The pass for a rule; null: it has evaluated all that occurred since then. */
function planned(
  store: Store,
  { evaluated, lastSeq }: State,
  { id: rule }: Rule,
  reach: number,
  { since, notify, who }: BackfillRequest,
  id: number,
  now: number,
): Pass | null {
  const { meaning = '', after: until = 0, since: before = null } = evaluated?.rules[rule] ?? {};
  const [first] = store.all(
    'SELECT 1 FROM entries WHERE occurred_at >= ? AND occurred_at < ? AND seq <= ? LIMIT 1',
    since,
    before ?? Number.MAX_SAFE_INTEGER,
    until,
  );
  if (first === undefined) return null;
  const from = Math.min(until, entryAfter(store, since - 1 - reach, lastSeq));
  const planned = { seq: lastSeq, step: evaluated?.lastStep ?? 0 };
  return newPass({
    ...{ id, beganAt: now, rules: { [rule]: 0 }, planned, from, until },
    backfill: { meaning, since, before, notify, who },
  });
}

/** Ends a backfill, whose alerts stay; null: there is no such backfill, or it is over. */
export function cancelBackfill({ store, options }: PassContext, id: number, now: number): ShownPass | null {
  const state = readState(store);
  const pass = readPass(store, id);
  if (state === null || pass === null || pass.backfill === null || pass.state !== 'running') return null;
  const cancelled = ended(pass, 'cancelled', null, now);
  writePass(store, cancelled);
  const { evaluated } = state;
  if (evaluated !== undefined && cancelled.state === 'over')
    writeState(store, { ...state, evaluated: { ...evaluated, passes: evaluated.passes.filter((of) => of !== id) } });
  return shownPass(store, cancelled, state, options.engine, now);
}
