/**
 * Correlations of correlations: in which order, and that none refers back to itself.
 *
 * Contract: bounded in depth; a cycle is reported once, with its way, where it closes. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import type { References } from './references.ts';

/** Correlations over one another. */
const DEPTH_LIMIT = 16;
/** Of a cycle, so many steps are told. */
const STEPS_MAX = 8;

type Correlation = UnresolvedRuleOf<'correlation'>;

export interface Chains {
  /** Those referred to before those that refer to them. */
  readonly ordered: readonly Correlation[];
  /** Those that have been reported: part of a cycle, or too deep. */
  readonly unsound: ReadonlySet<UnresolvedRule>;
}

interface Step {
  readonly draft: Correlation;
  readonly references: ArrayIterator<PlacedText>;
  /** How the one before it refers to it. */
  readonly by: string;
  depth: number;
}

export function chainsOf(drafts: readonly UnresolvedRule[], references: References): Chains {
  const ordered: Correlation[] = [];
  const unsound = new Set<UnresolvedRule>();
  const depths = new Map<UnresolvedRule, number>();
  for (const first of drafts) {
    if (first.kind !== 'correlation' || depths.has(first)) continue;
    // A stack of our own: chains are as long as their authors like.
    const stack: Step[] = [];
    const open = new Set<UnresolvedRule>();
    const enter = (draft: Correlation, by: string) => {
      stack.push({ draft, references: draft.correlation.rules.values(), by, depth: 1 });
      open.add(draft);
    };
    const leave = ({ draft, depth }: Step) => {
      stack.pop();
      open.delete(draft);
      depths.set(draft, depth);
      ordered.push(draft);
    };
    enter(first, first.header.name ?? first.header.id);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = top.references.next().value;
      const target = reference === undefined ? undefined : references.get(reference.text);
      if (reference === undefined) {
        leave(top);
        const below = stack.at(-1);
        if (below !== undefined) deepen(below, top.depth, top.draft, unsound);
      } else if (target?.kind === 'correlation') {
        const known = depths.get(target);
        if (open.has(target)) reportCycle(stack, target, reference, unsound);
        else if (known === undefined) enter(target, reference.text);
        else deepen(top, known, target, unsound);
      }
    }
  }
  return { ordered, unsound };
}

/** Notes that a correlation stands over one of this depth. */
function deepen(step: Step, below: number, target: UnresolvedRule, unsound: Set<UnresolvedRule>): void {
  step.depth = Math.max(step.depth, below + 1);
  if (step.depth <= DEPTH_LIMIT || unsound.has(step.draft) || unsound.has(target)) return;
  unsound.add(step.draft);
  const { correlation, report } = step.draft;
  const [first] = correlation.rules;
  if (first === undefined) return;
  report.error(first.place, `a chain of more than ${DEPTH_LIMIT} correlations over one another`, 'make it shorter');
}

function reportCycle(
  stack: readonly Step[],
  target: UnresolvedRule,
  reference: PlacedText,
  unsound: Set<UnresolvedRule>,
): void {
  const from = stack.findIndex(({ draft }) => draft === target);
  const cycle = stack.slice(from);
  for (const { draft } of cycle) unsound.add(draft);
  const { report } = cycle.at(-1)?.draft ?? target;
  if (cycle.length === 1) {
    report.error(reference.place, 'the correlation refers to itself', 'it refers to other rules');
    return;
  }
  const way = cycle.slice(0, STEPS_MAX).map(({ by }) => truncate(by));
  if (cycle.length > STEPS_MAX) way.push(`… ${cycle.length - STEPS_MAX} more …`);
  report.error(
    reference.place,
    `a cycle of correlations: ${way.join(' → ')} → ${truncate(reference.text)}`,
    'leave one of these references out',
  );
}
