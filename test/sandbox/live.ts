/** Adds to a sandbox's log as time passes: ordinary traffic, and the scenarios in turn. */

import type { Sandbox } from './app.ts';
import { createOrganization, type Organization } from './organization.ts';
import { createRandom } from './random.ts';
import type { LogRecord } from './record.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from './scenarios.ts';

export interface LiveOptions {
  readonly seed?: number;
  /** By default the seed's. Pass the organization whose past is in the log, so that its actors stay the same. */
  readonly organization?: Organization;
  readonly entriesPerSecond?: number;
  /** Between the beginnings of two scenarios, ms, and before the first. 0: no scenarios. */
  readonly scenarioEveryMs?: number;
  /** The length of a scenario, ms. */
  readonly scenarioLengthMs?: number;
  readonly onScenario?: (name: ScenarioName, records: readonly LogRecord[]) => void;
}

const TICK_MS = 200;
const DAY_S = 86_400;

/** Starts at once; `stop` ends it. A scenario's records appear one by one, at their own times. */
export function live(sandbox: Sandbox, options: LiveOptions = {}): { stop(): void } {
  const { seed = 1, entriesPerSecond = 2, scenarioEveryMs = 15_000, scenarioLengthMs, onScenario } = options;
  const organization = options.organization ?? createOrganization(seed);
  const random = createRandom(seed ^ 0x57041);
  let played = 0;
  let upTo = sandbox.now();
  let nextScenarioAt = upTo + scenarioEveryMs;
  const timer = setInterval(() => {
    const now = sandbox.now();
    if (now <= upTo) return;
    sandbox.append(...organization.between(upTo, now, { entriesPerDay: entriesPerSecond * DAY_S, rhythm: 'flat' }));
    upTo = now;
    if (scenarioEveryMs <= 0 || now < nextScenarioAt) return;
    nextScenarioAt += scenarioEveryMs;
    const name = SCENARIO_NAMES[played++ % SCENARIO_NAMES.length] as ScenarioName;
    const records = SCENARIOS[name](now, random, scenarioLengthMs);
    sandbox.append(...records);
    onScenario?.(name, records);
  }, TICK_MS);
  return { stop: () => clearInterval(timer) };
}
