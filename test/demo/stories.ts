/**
 * The stand-in upstream as the demo wants it: two hours of an ordinary organization behind it, ordinary traffic from now
 * on, and soon the first of the stories that somebody should hear about.
 */
import { live } from '../sandbox/live.ts';
import { createOrganization } from '../sandbox/organization.ts';
import type { Dialect } from '../sandbox/query.ts';
import { createRandom } from '../sandbox/random.ts';
import { SCENARIO_NAMES, SCENARIOS, type ScenarioName } from '../sandbox/scenarios.ts';
import { startSandbox } from '../sandbox/server.ts';

/** A first start reads an hour back: nine pages of this, or all seventeen where only the oldest can be asked for. */
const PAST_MS = 2 * 60 * 60_000;
const PAST_PER_DAY = 20_000;
const ENTRIES_PER_SECOND = 2;
/** When stories begin, counted from the first tick: all three soon, and then one now and then. */
const FIRST_STORY_MS = 1_500;
const NEXT_STORY_MS = 5_000;
const LATER_STORY_MS = 25_000;
const STORY_LENGTH_MS = 3_000;

export interface StandIn {
  readonly url: string;
  readonly apiKey: string;
  /** How many entries it has so far. */
  readonly entries: number;
  /** Begins the stories. */
  play(): void;
  stop(): Promise<void>;
}

export interface StandInOptions {
  readonly dialect: Dialect;
  readonly seed: number;
  readonly onStory: (name: ScenarioName, entries: number) => void;
}

/** Starts the stand-in with its past and ordinary traffic. */
export async function startStandIn({ dialect, seed, onStory }: StandInOptions): Promise<StandIn> {
  const sandbox = await startSandbox({ dialect, seed });
  const organization = createOrganization(seed);
  const now = sandbox.now();
  sandbox.append(...organization.between(now - PAST_MS, now, { entriesPerDay: PAST_PER_DAY, rhythm: 'flat' }));
  const traffic = live(sandbox, { seed, organization, entriesPerSecond: ENTRIES_PER_SECOND, scenarioEveryMs: 0 });
  const random = createRandom(seed ^ 0x70c51);
  let told = 0;
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    const name = SCENARIO_NAMES[told % SCENARIO_NAMES.length] as ScenarioName;
    const records = SCENARIOS[name](sandbox.now(), random, STORY_LENGTH_MS);
    sandbox.append(...records);
    onStory(name, records.length);
    told++;
    timer = setTimeout(tell, told < SCENARIO_NAMES.length ? NEXT_STORY_MS : LATER_STORY_MS);
  };
  return {
    url: sandbox.url,
    apiKey: sandbox.apiKey,
    get entries() {
      return sandbox.log.size;
    },
    play: () => {
      timer ??= setTimeout(tell, FIRST_STORY_MS);
    },
    stop: () => {
      clearTimeout(timer);
      traffic.stop();
      return sandbox.stop();
    },
  };
}
