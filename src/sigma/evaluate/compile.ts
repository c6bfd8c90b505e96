/**
 * Compiles rules into an engine that evaluates entries.
 *
 * Contract: evaluation never throws, whatever the entry, and takes time linear in its size. Matches have evidence. Pure
 * except for what the engine caches.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Evidence, Match, Rule, RuleSet } from '../rule.ts';
import { createCodeSearch, type RuleCode } from './code.ts';
import { explain } from './interpreter.ts';
import { createFieldTable } from './loaded.ts';
import { createCodeMachine, createPlainMachine, createSelectiveMachine, type Machine } from './machine.ts';
import { createPlan, type Plan } from './plan.ts';

/** Compiled rules. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections that an entry satisfies, in the rules' order, with their evidence. */
  evaluate(body: EntryBody): Match[];
}

export interface CompileOptions {
  /** The generated code (`codeOf`) of the same rules, for a faster start. */
  readonly code?: RuleCode | undefined;
  /** From this many detections on, which rules a value excludes is cached. */
  readonly masksFrom?: number;
  /** After this many entries, more is prepared; not worth it for a short life. */
  readonly warmAfter?: number;
}

/** The evidence is computed on access: many matches are only counted. */
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

/** Fewer rules are faster one by one. */
const MASKS_FROM = 16;
const WARM_AFTER = 500;

/** Compiles a set of rules. Throws only if a rule has something that `parseRules` would have rejected. */
export function compile(
  ruleSet: RuleSet,
  { code, masksFrom = MASKS_FROM, warmAfter = WARM_AFTER }: CompileOptions = {},
): Engine {
  // With generated code, the rules themselves may never be needed.
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
