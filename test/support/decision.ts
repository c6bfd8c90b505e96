/** Stored decisions as one short text, for tests that compare many: `opened: first match`, `grouped`, `contributing`. */
import type { ShownDecision } from '../../src/alert/decision-wording.ts';

/**
 * `stored`: the column `decision`; null of an entry that only contributed to a correlation. Where receivers are decided about
 * differently: `opened: first match (slack), grouped (mail)`. Without receivers: ``.
 */
export function decisionName(stored: string | null): string {
  if (stored === null) return 'contributing';
  return (JSON.parse(stored) as readonly ShownDecision[]).map(nameOf).join(', ');
}

function nameOf({ kind, reason, receivers }: ShownDecision): string {
  return `${kind === undefined ? '' : `${kind}: `}${reason}${receivers === undefined ? '' : ` (${receivers.join(' ')})`}`;
}
