/**
 * From rules to the engine that evaluates entries: questions about fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Evidence, Match, Rule, RuleSet } from '../rule.ts';
import { explain } from './evidence.ts';
import { createFieldTable, type LoadedEntry } from './loaded.ts';
import { createCandidates } from './masks.ts';
import { createPlan, type Plan } from './plan.ts';
import { firstStep, follow, type Step } from './step.ts';

/** Rules made ready. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections an entry satisfies, in the rules' order, each with its evidence. */
  evaluate(body: EntryBody): Match[];
}

export interface CompileOptions {
  /** From so many detections on, what entries' values rule out is remembered. */
  readonly masksFrom?: number;
  /** After so many entries more is prepared: a short life is better without. */
  readonly warmAfter?: number;
}

/** Many a match is only counted: what it says is put together when it is asked for. */
function createMatch(rule: DetectionRule, body: EntryBody): Match {
  let evidence: readonly Evidence[] | null = null;
  return {
    rule,
    get evidence() {
      evidence ??= explain(rule.expression, body);
      return evidence;
    },
  };
}

/** Fewer are sooner asked one by one. */
const MASKS_FROM = 16;
const WARM_AFTER = 500;

/** Puts the numbers of the detections that an entry satisfies into `found`. */
type Machine = (entry: LoadedEntry, found: number[]) => void;

/** All of them, one after the other. */
function createPlainMachine(plans: readonly Plan[]): Machine {
  let first: Step | null = null;
  for (let rule = plans.length - 1; rule >= 0; rule--) first = firstStep(plans[rule] as Plan, rule, first);
  return (entry, found) => follow(first, entry, found);
}

/** Those only that what is remembered does not rule out. */
function createSelectiveMachine(plans: readonly Plan[]): Machine {
  const steps = plans.map((plan, rule) => firstStep(plan, rule, null));
  const candidates = createCandidates(plans);
  const chosen = new Int32Array(plans.length);
  return (entry, found) => {
    const count = candidates(entry, chosen);
    for (let i = 0; i < count; i++) follow(steps[chosen[i] as number] as Step | null, entry, found);
  };
}

/** Compiles a set of rules. Throws only where a rule holds what `parseRules` would have refused. */
export function compile(
  ruleSet: RuleSet,
  { masksFrom = MASKS_FROM, warmAfter = WARM_AFTER }: CompileOptions = {},
): Engine {
  const detections = ruleSet.rules.filter((rule) => rule.kind === 'detection');
  const table = createFieldTable();
  const createPlans = (often: boolean) => detections.map((rule) => createPlan(rule.expression, table, often));
  let findMatches = createPlainMachine(createPlans(false));
  let seen = 0;
  return {
    version: ruleSet.version,
    rules: new Map(ruleSet.rules.map((rule) => [rule.id, rule])),
    correlations: ruleSet.rules.filter((rule) => rule.kind === 'correlation'),
    evaluate: (body) => {
      if (seen++ === warmAfter) {
        const plans = createPlans(true);
        findMatches = detections.length < masksFrom ? createPlainMachine(plans) : createSelectiveMachine(plans);
      }
      const found: number[] = [];
      findMatches(table.load(body), found);
      return found.map((rule) => createMatch(detections[rule] as DetectionRule, body));
    },
  };
}
