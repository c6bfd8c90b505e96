/**
 * The ways to find the rules that an entry satisfies.
 *
 * Contract: each finds the same, in the rules' order. Pure, except for what the masks remember.
 */
import type { EntryBody } from '../rule.ts';
import type { CodeSearch } from './code.ts';
import type { FieldTable } from './loaded.ts';
import { createCandidates } from './masks.ts';
import type { Plan } from './plan.ts';
import { firstStep, follow, type Step } from './step.ts';

/** Puts the numbers of the rules that an entry satisfies into `found`. */
export type Machine = (body: EntryBody, found: number[]) => void;

/** Asks all rules, one after the other. */
export function createPlainMachine(plans: readonly Plan[], table: FieldTable): Machine {
  let first: Step | null = null;
  for (let rule = plans.length - 1; rule >= 0; rule--) first = firstStep(plans[rule] as Plan, rule, first);
  return (body, found) => follow(first, table.load(body), found);
}

/** Where a larger part of the rules is left than this, code is through with all of them sooner. */
const CODE_FROM = 0.25;

/** Asks those only that what is remembered does not rule out; where that is of little help, all, by the code there is. */
export function createSelectiveMachine(
  plans: readonly Plan[],
  table: FieldTable,
  byCode: Machine | undefined,
): Machine {
  const steps = plans.map((plan, rule) => firstStep(plan, rule, null));
  const candidates = createCandidates(plans);
  const chosen = new Int32Array(plans.length);
  return (body, found) => {
    const entry = table.load(body);
    const count = candidates(entry, chosen);
    if (byCode !== undefined && count > CODE_FROM * plans.length) {
      byCode(body, found);
      return;
    }
    for (let i = 0; i < count; i++) follow(steps[chosen[i] as number] as Step | null, entry, found);
  };
}

/** Goes by the rules' code where the entry is one that it is for; by another machine, made then, where it is not. */
export function createCodeMachine(search: CodeSearch, createOther: () => Machine): Machine {
  let other: Machine | null = null;
  return (body, found) => {
    if (search(body, found)) return;
    other ??= createOther();
    other(body, found);
  };
}
