/**
 * Plans as steps: each asks one question, and each answer leads to the next step.
 *
 * Contract: going through the steps of a rule asks no more than is needed. It is one loop, and the most frequent
 * questions are answered in it without a call: a Worker that has just started runs calls slowest of all. Pure.
 */
import type { LoadedEntry } from './loaded.ts';
import { holds, type LeafPlan, type Plan } from './plan.ts';
import { asks, EQUALS, ONE_OF } from './question.ts';

/** A question, or, without a leaf, that the rule of the number `operand` matches. */
export interface Step {
  readonly leaf: LeafPlan | null;
  /** Those of the leaf. */
  readonly column: number;
  readonly op: number;
  readonly operand: unknown;
  /** Null: there is none left. */
  readonly yes: Step | null;
  readonly no: Step | null;
}

/** The first step of a rule's plan; after its last, whatever the answers, it goes on at `next`. */
export function firstStep(plan: Plan, rule: number, next: Step | null): Step | null {
  return createStep(plan, { leaf: null, column: NO_COLUMN, op: 0, operand: rule, yes: next, no: next }, next);
}

const NO_COLUMN = -1;

function createStep(plan: Plan, yes: Step | null, no: Step | null): Step | null {
  switch (plan.kind) {
    case 'leaf': {
      const { column, op, operand } = plan;
      return { leaf: plan, column: column ?? NO_COLUMN, op, operand, yes, no };
    }
    case 'not':
      return createStep(plan.of, no, yes);
    case 'and': {
      let next = yes;
      for (let i = plan.of.length - 1; i >= 0; i--) next = createStep(plan.of[i] as Plan, next, no);
      return next;
    }
    case 'or': {
      let next = no;
      for (let i = plan.of.length - 1; i >= 0; i--) next = createStep(plan.of[i] as Plan, yes, next);
      return next;
    }
  }
}

/** Goes through the steps, and puts the numbers of the rules that match into `found`. */
export function follow(first: Step | null, entry: LoadedEntry, found: number[]): void {
  const { columns } = entry;
  let step = first;
  while (step !== null) {
    const { column, op, operand } = step;
    let answer: boolean;
    if (column === NO_COLUMN) {
      if (step.leaf === null) found.push(operand as number);
      answer = step.leaf !== null && holds(step.leaf, entry);
    } else {
      const value = columns[column] ?? entry.prepare(column);
      if (typeof value === 'object') answer = holds(step.leaf as LeafPlan, entry);
      else if (op === EQUALS) answer = value === operand;
      else if (op === ONE_OF) answer = (operand as ReadonlySet<unknown>).has(value);
      else answer = asks(op, operand, value);
    }
    step = answer ? step.yes : step.no;
  }
}
