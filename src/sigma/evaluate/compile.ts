/**
 * From rules to the engine that evaluates entries: questions about fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Evidence, Match, Rule, RuleSet } from '../rule.ts';
import { createCodeSearch, type RuleCode } from './code.ts';
import { explain } from './interpreter.ts';
import { createFieldTable } from './loaded.ts';
import { createCodeMachine, createPlainMachine, createSelectiveMachine, type Machine } from './machine.ts';
import { createPlan, type Plan } from './plan.ts';

/** Rules made ready. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections an entry satisfies, in the rules' order, each with its evidence. */
  evaluate(body: EntryBody): Match[];
}

export interface CompileOptions {
  /** The rules as code (`codeOf` of the same rules): what begins sooner. */
  readonly code?: RuleCode | undefined;
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

/** Compiles a set of rules. Throws only where a rule holds what `parseRules` would have refused. */
export function compile(
  ruleSet: RuleSet,
  { code, masksFrom = MASKS_FROM, warmAfter = WARM_AFTER }: CompileOptions = {},
): Engine {
  // Whoever has code may never need the rest of the rules.
  const rules = once(() => new Map(ruleSet.rules.map((rule) => [rule.id, rule])));
  const detections = once(() => ruleSet.rules.filter((rule) => rule.kind === 'detection'));
  const correlations = once(() => ruleSet.rules.filter((rule) => rule.kind === 'correlation'));
  const table = createFieldTable();
  const plans = (often: boolean): readonly Plan[] =>
    detections().map((rule) => createPlan(rule.expression, table, often));
  const createSteps = (often: boolean) => createPlainMachine(plans(often), table);
  const byCode = code && createCodeMachine(createCodeSearch(code, detections, table), () => createSteps(false));
  const createWarm = (): Machine =>
    detections().length < masksFrom
      ? (byCode ?? createSteps(true))
      : createSelectiveMachine(plans(true), table, byCode);
  let findMatches = byCode ?? createSteps(false);
  let seen = 0;
  return {
    version: ruleSet.version,
    get rules() {
      return rules();
    },
    get correlations() {
      return correlations();
    },
    evaluate: (body) => {
      if (seen++ === warmAfter) findMatches = createWarm();
      const found: number[] = [];
      findMatches(body, found);
      return found.map((rule) => createMatch(detections()[rule] as DetectionRule, body));
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
