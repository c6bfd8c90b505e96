/**
 * What happens in some worlds once everything has settled, over hours or days: a message that Slack never takes, a receiver
 * that is down, removed or not set until messages for it die, and thousands that wait for one receiver.
 *
 * Contract: it has its own randomness, so that the world before it is the same with and without it.
 */
import type { Store } from '../../src/ledger/store/store.ts';
import { type SlackHabits, WORKING } from './network.ts';
import type { Dice } from './random.ts';
import { addBurst, addLast } from './traffic.ts';
import type { Conditions } from './troubles.ts';
import type { Upstream } from './upstream.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How often the cron ticks where days must pass, ms. */
const SELDOM = 10 * MINUTE;
/** How far apart messages are that get through while one never does, ms. */
const THROUGH_EVERY = 20 * MINUTE;
/** A message that fails by itself for a day is tried hourly: by then it is dead. */
const OWN_FAILURES = 27 * HOUR;
/** So long that what was there from the beginning is certainly dead. */
const SEVEN_DAYS = 7 * DAY + 3 * HOUR;
/** What comes after this has not waited for seven days in the end. */
const BEFORE_LATER = 3.5 * HOUR;
/** So many messages for one receiver are thousands. */
const THOUSANDS = 2_000;
const DRAIN_HOURS_MAX = 4;

export type Ending = 'own failures' | 'down for seven days' | 'removed' | 'not set' | 'thousands';

/** Per ending: in which share of the worlds. */
const SHARES: readonly (readonly [ending: Ending, share: number])[] = [
  ['own failures', 0.02],
  ['down for seven days', 0.013],
  ['removed', 0.018],
  ['not set', 0.008],
  ['thousands', 0.015],
];

export interface EndingOptions {
  readonly world: World;
  readonly dice: Dice;
  readonly conditions: Conditions;
  readonly slack: SlackHabits;
  readonly disk: Store;
  readonly upstream: Upstream;
  /** The upstream's clock. */
  readonly clock: () => number;
  /** Ends the object where it stands, and starts it with what is deployed now. */
  readonly evict: () => void;
  /** Runs for so long, with a tick every so often. ms. */
  readonly runFor: (ms: number, everyMs: number) => Promise<void>;
}

/** Which one, if any. `mailTakesAlerts`: what is raised goes to mail too, so that it can die there. */
export function pickEnding(dice: Dice, mailTakesAlerts: boolean): Ending | null {
  let rest = dice.next();
  for (const [ending, share] of SHARES) {
    if (rest < share) return ending === 'removed' && !mailTakesAlerts ? 'not set' : ending;
    rest -= share;
  }
  return null;
}

/** Lets it happen. In the end everything works, and what can be delivered has been. */
export async function bringAbout(ending: Ending, options: EndingOptions): Promise<void> {
  options.world.note(`the ending: ${ending}`);
  // With a `Date` that stands still, each tick would read all that there is.
  options.upstream.faults = { ...options.upstream.faults, date: 'none' };
  await ENDINGS[ending](options);
  await options.runFor(HOUR, 5 * MINUTE);
}

const ENDINGS: Readonly<Record<Ending, (options: EndingOptions) => Promise<void>>> = {
  'own failures': async ({ dice, slack, disk, upstream, clock, runFor }) => {
    const { refusedAlert } = slack;
    const waits = "SELECT 1 FROM deliveries WHERE alert = ? AND state = 'pending'";
    if (refusedAlert === null || disk.all(waits, refusedAlert).length === 0) {
      const { last = 0 } = disk.all<{ last: number }>('SELECT max(id) AS last FROM alerts')[0] ?? {};
      slack.refusedAlert = last + dice.between(1, 12);
    }
    addLast(upstream.log, 'last', clock());
    for (let ms = 0; ms < OWN_FAILURES; ms += THROUGH_EVERY) {
      addLast(upstream.log, `through-${ms / THROUGH_EVERY}`, clock(), 1);
      await runFor(THROUGH_EVERY, 5 * MINUTE);
    }
  },

  'down for seven days': async ({ conditions, upstream, clock, runFor }) => {
    conditions.vendors = { ...WORKING, down: 'slack' };
    addLast(upstream.log, 'last', clock());
    await runFor(BEFORE_LATER, SELDOM);
    addLast(upstream.log, 'later', clock());
    await runFor(SEVEN_DAYS - BEFORE_LATER, SELDOM);
    conditions.vendors = WORKING;
  },

  removed: async ({ conditions, upstream, clock, evict, runFor }) => {
    conditions.vendors = { ...WORKING, down: 'mail' };
    addLast(upstream.log, 'last', clock());
    await runFor(HOUR / 2, 5 * MINUTE);
    conditions.mailName = `${conditions.mailName}-2`;
    conditions.vendors = WORKING;
    evict();
    await runFor(SEVEN_DAYS, SELDOM);
  },

  'not set': async ({ conditions, upstream, clock, evict, runFor }) => {
    conditions.isSlackSet = false;
    evict();
    addLast(upstream.log, 'last', clock());
    await runFor(BEFORE_LATER, SELDOM);
    addLast(upstream.log, 'later', clock());
    await runFor(SEVEN_DAYS - BEFORE_LATER, SELDOM);
    conditions.isSlackSet = true;
    evict();
  },

  thousands: async ({ world, dice, conditions, disk, upstream, clock, runFor }) => {
    const pending = (): number =>
      disk.all("SELECT 1 FROM deliveries WHERE state = 'pending' AND receiver = 'slack'").length;
    conditions.vendors = { ...WORKING, down: 'slack' };
    upstream.pageCap = 100;
    addBurst(upstream.log, clock(), dice.between(THOUSANDS + 100, 4_000));
    await runFor(10 * MINUTE, MINUTE);
    // After a short outage they are sent one by one; after a long one, most of them as a digest.
    const isLong = dice.chance(0.5);
    await runFor(isLong ? 3 * HOUR : 20 * MINUTE, 5 * MINUTE);
    if (pending() >= THOUSANDS) world.hit('slack: thousands wait');
    conditions.vendors = WORKING;
    for (let hours = 0; hours < DRAIN_HOURS_MAX && pending() > 0; hours++) await runFor(HOUR, 5 * MINUTE);
  },
};
