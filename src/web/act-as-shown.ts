/**
 * An act on several alerts, each as the one who acts saw it: one whose level has risen since is left as it is.
 *
 * Contract: the outcomes are those of the ledger, one for each alert, in no particular order. What fails, fails for all that
 * come after it; the same act again does nothing more.
 */
import type { Act, Acted, LedgerOperator } from '../ledger/rpc.ts';
import type { Level } from '../sigma/index.ts';

/** An alert with the level that was shown; null: none was. */
export type Shown = readonly [alert: number, level: Level | null];

/** Acts on them. `by`: who acts, and by what. */
export async function actAsShown(
  ledger: Pick<LedgerOperator, 'act'>,
  alerts: readonly Shown[],
  act: Act,
  by: { readonly who: string; readonly via: string },
): Promise<readonly Acted[]> {
  const acted: Acted[] = [];
  for (const [level, of] of Map.groupBy(alerts, ([, shown]) => shown)) {
    acted.push(...(await ledger.act({ alerts: of.map(([id]) => id), act, ...by, seenLevel: level })));
  }
  return acted;
}
