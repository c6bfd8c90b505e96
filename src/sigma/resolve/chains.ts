/**
 * Correlations of correlations: their order, and the checks that no chain is a cycle or too long.
 *
 * Contract: each cycle is reported once, with its path, where it closes. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import { type PathStep, referenceOrder } from '../reference-order.ts';
import type { References } from './references.ts';

/** Correlations in one chain. */
const DEPTH_MAX = 16;
/** Steps of a cycle that the message names. */
const STEPS_MAX = 8;

type Correlation = UnresolvedRuleOf<'correlation'>;

export interface Chains {
  /** Each correlation after those it refers to. */
  readonly ordered: readonly Correlation[];
  /** Correlations that are part of a cycle or a chain that is too long; they have been reported. */
  readonly invalid: ReadonlySet<UnresolvedRule>;
}

export function chainsOf(drafts: readonly UnresolvedRule[], references: References): Chains {
  const invalid = new Set<UnresolvedRule>();
  const correlationsBelow = ({ correlation }: Correlation) =>
    correlation.rules.flatMap((reference): [PlacedText, Correlation][] => {
      const target = references.get(reference.text);
      return target?.kind === 'correlation' ? [[reference, target]] : [];
    });
  const ordered = referenceOrder(
    drafts.filter((draft) => draft.kind === 'correlation'),
    correlationsBelow,
    (cycle, closing) => {
      for (const { node } of cycle) invalid.add(node);
      reportCycle(cycle, closing);
    },
  );

  const depths = new Map<Correlation, number>();
  for (const draft of ordered) {
    const below = correlationsBelow(draft).map(([, target]) => target);
    const depth = 1 + Math.max(0, ...below.map((target) => depths.get(target) ?? 0));
    depths.set(draft, depth);
    // One report per chain: what refers to an invalid correlation is left out anyway.
    if (depth <= DEPTH_MAX || invalid.has(draft) || below.some((target) => invalid.has(target))) continue;
    invalid.add(draft);
    const [first] = draft.correlation.rules;
    if (first === undefined) continue;
    draft.report.error(first.place, `a chain of more than ${DEPTH_MAX} correlations`, 'make it shorter');
  }
  return { ordered, invalid };
}

function reportCycle(cycle: readonly PathStep<Correlation, PlacedText>[], closing: PlacedText): void {
  const report = cycle.at(-1)?.node.report;
  if (cycle.length === 1) {
    report?.error(closing.place, 'the correlation refers to itself', 'it can only refer to other rules');
    return;
  }
  const path = cycle
    .slice(0, STEPS_MAX)
    .map(({ node, by }) => truncate(by?.text ?? node.header.name ?? node.header.id));
  if (cycle.length > STEPS_MAX) path.push(`… ${cycle.length - STEPS_MAX} more …`);
  const message = `a cycle of correlations: ${path.join(' → ')} → ${truncate(closing.text)}`;
  report?.error(closing.place, message, 'remove one of these references');
}
