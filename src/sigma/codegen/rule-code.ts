/** The rules as code: what generate.ts writes and engine.ts runs. */
import { leavesIn } from '../formula.ts';
import type { DetectionRule, Leaf } from '../rule.ts';
import type { IndexData } from './candidates.ts';
import type { Fields, ReadFields } from './fields.ts';

/** A detection is its number among the detections. */
export interface RuleCode {
  readonly read: ReadFields;
  /** The derived fields that it must be compiled with. */
  readonly derived: readonly string[];
  readonly index: IndexData;
  /** Whether an entry satisfies a detection. Compiled by the runtime when first called. */
  readonly rules: readonly ((fields: Fields) => unknown)[];
}

/** All leaves of the rules: code refers to a leaf by its place in this list. */
export function leavesOf(rules: readonly DetectionRule[]): readonly Leaf[] {
  return rules.flatMap(({ expression }) => leavesIn(expression));
}
