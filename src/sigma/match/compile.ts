/**
 * From rules to the engine that evaluates entries: closures over fields that are read once.
 *
 * Contract: evaluation never throws, whatever the entry; it runs in time linear in the entry's size. What makes a
 * rule match is told as evidence. Pure.
 */
import type { CorrelationRule, DetectionRule, EntryBody, Expression, Leaf, Match, Rule, RuleSet } from '../rule.ts';
import { evidenceOf } from './evidence.ts';
import { type CompiledLeaf, createLeaf, type LeafTest } from './leaf.ts';
import { LoadedEntry } from './loaded.ts';

/** Rules made ready. */
export interface Engine {
  readonly version: string;
  readonly rules: ReadonlyMap<string, Rule>;
  readonly correlations: readonly CorrelationRule[];
  /** The detections an entry satisfies, in the rules' order, each with its evidence. */
  evaluate(body: EntryBody): Match[];
}

/** An expression made ready: what it tests, what that costs, and its parts to explain it by. */
export type Compiled =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Compiled[]; readonly cost: number; readonly test: LeafTest }
  | { readonly kind: 'not'; readonly of: Compiled; readonly cost: number; readonly test: LeafTest }
  | (CompiledLeaf & { readonly kind: 'leaf'; readonly leaf: Leaf; readonly field: number });

/** Compiles a set of rules. Throws only where a rule holds what `parseRules` would have refused. */
export function compile(ruleSet: RuleSet): Engine {
  const fields = createFields();
  const detections = ruleSet.rules
    .filter((rule): rule is DetectionRule => rule.kind === 'detection')
    .map((rule) => ({ rule, compiled: compileExpression(rule.expression, fields.indexOf) }));
  const paths = fields.paths;
  return {
    version: ruleSet.version,
    rules: new Map(ruleSet.rules.map((rule) => [rule.id, rule])),
    correlations: ruleSet.rules.filter((rule): rule is CorrelationRule => rule.kind === 'correlation'),
    evaluate: (body) => {
      const entry = new LoadedEntry(body, paths);
      const matches: Match[] = [];
      for (const { rule, compiled } of detections) {
        if (compiled.test(entry)) matches.push({ rule, evidence: evidenceOf(compiled, entry) });
      }
      return matches;
    },
  };
}

/** Numbers the fields that the rules ask for. */
function createFields() {
  const paths: (string | null)[] = [];
  const known = new Map<string | null, number>();
  const indexOf = (path: string | null): number => {
    const index = known.get(path) ?? paths.length;
    if (index === paths.length) {
      paths.push(path);
      known.set(path, index);
    }
    return index;
  };
  return { paths, indexOf };
}

function compileExpression(expression: Expression, indexOf: (path: string | null) => number): Compiled {
  switch (expression.kind) {
    case 'leaf': {
      return { kind: 'leaf', leaf: expression, field: indexOf(expression.field), ...createLeaf(expression, indexOf) };
    }
    case 'not': {
      const of = compileExpression(expression.of, indexOf);
      return { kind: 'not', of, cost: of.cost, test: (entry) => !of.test(entry) };
    }
    case 'and':
    case 'or': {
      const of = expression.of.map((child) => compileExpression(child, indexOf)).sort((a, b) => a.cost - b.cost);
      const cost = of.reduce((sum, child) => sum + child.cost, 0);
      const tests = of.map((child) => child.test);
      return { kind: expression.kind, of, cost, test: expression.kind === 'and' ? every(tests) : some(tests) };
    }
  }
}

function every(tests: readonly LeafTest[]): LeafTest {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (entry) => {
    for (const test of tests) if (!test(entry)) return false;
    return true;
  };
}

function some(tests: readonly LeafTest[]): LeafTest {
  const [only] = tests;
  if (only !== undefined && tests.length === 1) return only;
  return (entry) => {
    for (const test of tests) if (test(entry)) return true;
    return false;
  };
}
