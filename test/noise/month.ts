/**
 * An ordinary month of a whole company: people in three time zones, their weeks and weekends, keys, and most of the ordinary
 * behaviours, each on about half of the days. Stories lie over it.
 */
import { createRandom } from '../sandbox/random.ts';
import type { Behaviour } from './behaviours/behaviour.ts';
import { consolePricing } from './behaviours/console-pricing.ts';
import { deleteAndPoll } from './behaviours/delete-and-poll.ts';
import { expiredSessions } from './behaviours/expired-sessions.ts';
import { githubActions } from './behaviours/github-actions.ts';
import { keyBroker } from './behaviours/key-broker.ts';
import { kubectlUsers } from './behaviours/kubectl-users.ts';
import { terraform } from './behaviours/terraform.ts';
import { trainAndMobile } from './behaviours/train-and-mobile.ts';
import { waitingForCluster } from './behaviours/waiting-for-cluster.ts';
import { weekendJanitor } from './behaviours/weekend-janitor.ts';
import { DAY } from './calendar.ts';
import { type Company, createCompany } from './company.ts';
import { live } from './life.ts';
import type { Start } from './noise.ts';
import { createWorld, type World } from './world.ts';

/** A Monday. In the month, New York changes its clocks, and Berlin. */
export const MONTH = Date.UTC(2026, 2, 2);
export const MONTH_DAYS = 28;
const PAST_DAYS = 10;
const HEADCOUNT = 24;
/** How many of them the behaviours are about. */
const BUSY = 10;

const PARTS: readonly Behaviour[] = [
  kubectlUsers,
  githubActions,
  expiredSessions,
  waitingForCluster,
  consolePricing,
  trainAndMobile,
  deleteAndPoll,
  terraform,
  weekendJanitor,
  keyBroker,
];

export interface Month {
  readonly world: World;
  readonly company: Company;
}

/** `first`: Tocsin is new, and the log begins with the month. `later`: it has watched for ten days. */
export function createMonth(seed: number, start: Start): Month {
  const from = start === 'first' ? MONTH : MONTH - PAST_DAYS * DAY;
  const span = { from, countedFrom: MONTH, to: MONTH + MONTH_DAYS * DAY };
  const company = createCompany(createRandom(seed), HEADCOUNT);
  const world = createWorld(span, seed + 1);
  live(world, company);
  const busy = { ...company, people: company.people.slice(0, BUSY) };
  PARTS.forEach(({ add }, i) => {
    const isOn = (day: number): boolean => createRandom(seed + day * 31 + i).chance(0.5);
    add({ ...world, days: (zone) => world.days(zone).filter(({ number }) => isOn(number)) }, busy);
  });
  return { world, company };
}
