/**
 * The demo's upstream: a sandbox with two hours of an ordinary organization, ordinary traffic from now on, and soon the
 * first scenario that should open an alert.
 */
import { live } from '../sandbox/live.ts';
import { createOrganization } from '../sandbox/organization.ts';
import type { Dialect } from '../sandbox/query.ts';
import { createRandom } from '../sandbox/random.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../sandbox/scenarios.ts';
import { startSandbox } from '../sandbox/server.ts';

/** A first start reads an hour back: nine pages of this, or all seventeen if the log can only be read from its oldest. */
const PAST_MS = 2 * 60 * 60_000;
const PAST_PER_DAY = 20_000;
const ENTRIES_PER_SECOND = 2;
/** When scenarios begin, from the first tick: each of them once soon, then one now and then. */
const FIRST_SCENARIO_MS = 1_500;
const NEXT_SCENARIO_MS = 5_000;
const LATER_SCENARIO_MS = 25_000;
const SCENARIO_LENGTH_MS = 3_000;

export interface DemoUpstream {
  readonly url: string;
  readonly apiKey: string;
  /** Entries so far. */
  readonly entries: number;
  /** Begins the scenarios. */
  play(): void;
  stop(): Promise<void>;
}

export interface UpstreamOptions {
  readonly dialect: Dialect;
  readonly seed: number;
  readonly onScenario: (name: ScenarioName, entries: number) => void;
}

/** Starts the sandbox with its past and ordinary traffic. */
export async function startUpstream({ dialect, seed, onScenario }: UpstreamOptions): Promise<DemoUpstream> {
  const sandbox = await startSandbox({ dialect, seed });
  const organization = createOrganization(seed);
  const now = sandbox.now();
  sandbox.append(...organization.between(now - PAST_MS, now, { entriesPerDay: PAST_PER_DAY, rhythm: 'flat' }));
  const traffic = live(sandbox, { seed, organization, entriesPerSecond: ENTRIES_PER_SECOND, scenarioEveryMs: 0 });
  const random = createRandom(seed ^ 0x70c51);
  let played = 0;
  let timer: NodeJS.Timeout | undefined;
  const playNext = (): void => {
    const name = SCENARIO_NAMES[played % SCENARIO_NAMES.length] as ScenarioName;
    const records = SCENARIOS[name](sandbox.now(), random, SCENARIO_LENGTH_MS);
    sandbox.append(...records);
    onScenario(name, records.length);
    played++;
    timer = setTimeout(playNext, played < SCENARIO_NAMES.length ? NEXT_SCENARIO_MS : LATER_SCENARIO_MS);
  };
  return {
    url: sandbox.url,
    apiKey: sandbox.apiKey,
    get entries() {
      return sandbox.log.size;
    },
    play: () => {
      timer ??= setTimeout(playNext, FIRST_SCENARIO_MS);
    },
    stop: () => {
      clearTimeout(timer);
      traffic.stop();
      return sandbox.stop();
    },
  };
}
