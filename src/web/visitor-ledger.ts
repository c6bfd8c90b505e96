/**
 * The ledger as visitors read it: within what of the day's reads is for them, so that no visitor can keep Tocsin from watching.
 *
 * Contract: a view throws `BudgetSpent` where that is used up; `createApp` answers it. The operator's routes read the ledger
 * itself.
 */
import type { LedgerVisitors, VisitorViews } from '../ledger/rpc.ts';

/** Visitors have used what of the day's reads is for them, until then (wall, ms). */
export class BudgetSpent extends Error {
  readonly until: number;

  constructor(until: number) {
    super("the visitors' part of the day's reads is used up");
    this.until = until;
  }
}

/** Each has its row in the test that counts what it reads (test/worker/rows-read.test.ts). */
export const VIEWS = Object.keys({
  overview: 0,
  entry: 0,
  entryText: 0,
  alert: 0,
  linked: 0,
  alerts: 0,
  logLines: 0,
  actLog: 0,
  alertWhy: 0,
  alertRoute: 0,
  entryWhy: 0,
  textWhy: 0,
  silences: 0,
  rules: 0,
  quarantine: 0,
  quarantined: 0,
  securityLog: 0,
} satisfies Record<keyof VisitorViews, 0>) as readonly (keyof VisitorViews)[];

/** The views of a ledger, for visitors. */
export function visitorLedger(ledger: LedgerVisitors): VisitorViews {
  const views = VIEWS.map((name) => [
    name,
    async (...args: Parameters<LedgerVisitors['view']>[1]) => {
      const viewed = await ledger.view(name, args);
      if (viewed.kind === 'spent') throw new BudgetSpent(viewed.until);
      return viewed.value;
    },
  ]);
  return Object.fromEntries(views) as VisitorViews;
}
