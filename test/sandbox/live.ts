/**
 * Keeps a sandbox's log going with time: ordinary traffic, and the scenarios in turn.
 */

import type { Sandbox } from './app.ts';
import { createOrganization, type Organization } from './organization.ts';
import { createRandom } from './random.ts';
import type { LogRecord } from './record.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenarios.ts';

export interface LiveOptions {
  readonly seed?: number;
  /** Whose traffic: by default the seed's. Give the one whose past fills the log, so that they are the same people. */
  readonly organization?: Organization;
  readonly entriesPerSecond?: number;
  /** From one scenario's beginning to the next's, ms; the first comes after the first such time. 0: none. */
  readonly scenarioEveryMs?: number;
  /** How long a scenario is told, ms. */
  readonly scenarioLengthMs?: number;
  readonly onScenario?: (name: ScenarioName, records: readonly LogRecord[]) => void;
}

const TICK_MS = 200;
const DAY_S = 86_400;

/** Begins at once; `stop` ends it. A scenario's records appear one by one, at their own times. */
export function live(sandbox: Sandbox, options: LiveOptions = {}): { stop(): void } {
  const { seed = 1, entriesPerSecond = 2, scenarioEveryMs = 15_000, scenarioLengthMs, onScenario } = options;
  const organization = options.organization ?? createOrganization(seed);
  const random = createRandom(seed ^ 0x57041);
  let told = 0;
  let upTo = sandbox.now();
  let nextScenarioAt = upTo + scenarioEveryMs;
  const timer = setInterval(() => {
    const now = sandbox.now();
    if (now <= upTo) return;
    sandbox.append(...organization.between(upTo, now, { entriesPerDay: entriesPerSecond * DAY_S, rhythm: 'flat' }));
    upTo = now;
    if (scenarioEveryMs <= 0 || now < nextScenarioAt) return;
    nextScenarioAt += scenarioEveryMs;
    const name = SCENARIO_NAMES[told++ % SCENARIO_NAMES.length] as ScenarioName;
    const records = SCENARIOS[name](now, random, scenarioLengthMs);
    sandbox.append(...records);
    onScenario?.(name, records);
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
