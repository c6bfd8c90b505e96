/** The state of Tocsin as the Worker sees it: what its ledger knows, and what is wrong with its settings. Pure. */
import { type Health, healthOf } from '../alert/health-state.ts';
import { preventsWatching, type SettingProblem } from '../config/setting.ts';
import type { LedgerStatus } from '../ledger/rpc.ts';

/** The state; `status` null: there is no ledger. A notice about a setting is nothing wrong. */
export function workerHealth(status: LedgerStatus | null, problems: readonly SettingProblem[], now: number): Health {
  const wrong = problems.filter(({ severity }) => severity === 'error');
  const settings = wrong.map((each) => ({
    setting: each.setting,
    problem: each.problem,
    isNeeded: preventsWatching([each]),
  }));
  return healthOf(status, settings, now);
}
