/** A stored decision as one short name, for tests that compare many: `opened: first match`, `grouped`, `contributing`. */
import type { ShownDecision } from '../../src/alert/decision-wording.ts';

/** `stored`: the column `decision` or `closing`; null of an entry that only contributed to a correlation. */
export function decisionName(stored: string | null): string {
  return stored === null ? 'contributing' : nameOf(JSON.parse(stored) as ShownDecision);
}

function nameOf({ kind, reason, count }: ShownDecision): string {
  return `${kind === undefined ? '' : `${kind}: `}${reason}${count === undefined ? '' : ` ${count}`}`;
}
