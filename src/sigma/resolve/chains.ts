/**
 * Correlations of correlations: their order, and the check that none refers to itself.
 *
 * Contract: each cycle is reported once, with its path, where it closes. Pure.
 */
import { truncate } from '../../yaml/diagnostics.ts';
import type { PlacedText } from '../../yaml/fields.ts';
import type { UnresolvedRule, UnresolvedRuleOf } from '../parse/unresolved.ts';
import { type PathStep, referenceOrder } from '../reference-order.ts';
import type { References } from './references.ts';

/** Steps of a cycle that the message names. */
const STEPS_MAX = 8;

type Correlation = UnresolvedRuleOf<'correlation'>;

/** Each correlation after those it refers to. In a cycle, one comes before one that it refers to. */
export function correlationsInOrder(drafts: readonly UnresolvedRule[], references: References): readonly Correlation[] {
  return referenceOrder(
    drafts.filter((draft) => draft.kind === 'correlation'),
    ({ correlation }) =>
      correlation.rules.flatMap((reference): [PlacedText, Correlation][] => {
        const target = references.get(reference.text);
        return target?.kind === 'correlation' ? [[reference, target]] : [];
      }),
    reportCycle,
  );
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
