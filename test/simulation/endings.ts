/**
 * What happens in some worlds once everything has settled, over hours or days: a message that Slack never takes, a receiver
 * that is down, removed or not set until messages for it die, thousands of alerts within minutes, a noisy day, and weeks in
 * which hardly anything happens.
 *
 * Contract: it has its own randomness, so that the world before it is the same with and without it.
 */
import type { Store } from '../../src/ledger/store/store.ts';
import { type SlackHabits, WORKING } from './network.ts';
import type { Dice } from './random.ts';
import { addBurst, addLast, addNoise } from './traffic.ts';
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
/** A day in which alerts go on, and what it takes for an acknowledgement of its first hours to end. */
const NOISY_HOURS = 32;
/** So long before an alert that it is not part of it. */
const LONG_BEFORE = 7.5 * DAY;

export type Ending =
  | 'own failures'
  | 'down for seven days'
  | 'removed'
  | 'not set'
  | 'thousands'
  | 'a noisy day'
  | 'quiet weeks';

/** Per ending: in which share of the worlds. */
const SHARES: readonly (readonly [ending: Ending, share: number])[] = [
  ['own failures', 0.02],
  ['down for seven days', 0.013],
  ['removed', 0.018],
  ['not set', 0.008],
  ['thousands', 0.015],
];

/** Those that came later, with dice of their own. */
const LATE_SHARES: readonly (readonly [ending: Ending, share: number])[] = [
  ['a noisy day', 0.05],
  ['quiet weeks', 0.06],
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
  /** Somebody acts on some alerts. */
  readonly act: () => void;
  /** The operator has the log read again from then on, ms. */
  readonly rewind: (to: number) => void;
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

/** One of those that came later, if any. */
export function pickLate(dice: Dice): Ending | null {
  let rest = dice.next();
  for (const [ending, share] of LATE_SHARES) {
    if (rest < share) return ending;
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
      // One of those at high, each of which leads its message.
      slack.refusedAlert = last + 1 + 3 * dice.between(0, 3);
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
    const waiting = (): number =>
      disk.all("SELECT 1 FROM deliveries WHERE state IN ('waiting', 'pending', 'bundled') AND receiver = 'slack'")
        .length;
    conditions.vendors = { ...WORKING, down: 'slack' };
    upstream.pageCap = 100;
    addBurst(upstream.log, clock(), dice.between(THOUSANDS + 100, 4_000));
    await runFor(10 * MINUTE, MINUTE);
    if (waiting() >= THOUSANDS) world.hit('slack: thousands wait');
    const isLong = dice.chance(0.5);
    await runFor(isLong ? 3 * HOUR : 20 * MINUTE, 5 * MINUTE);
    conditions.vendors = WORKING;
    for (let hours = 0; hours < DRAIN_HOURS_MAX && waiting() > 0; hours++) await runFor(HOUR, 5 * MINUTE);
  },

  'a noisy day': async ({ dice, upstream, clock, act, runFor }) => {
    for (let hours = 0; hours < NOISY_HOURS; hours++) {
      addNoise(upstream.log, `noise-${hours}`, clock(), hours);
      // Somebody looks after it in the beginning; their acknowledgement ends a day later.
      if (hours < NOISY_HOURS - 26 && dice.chance(0.3)) act();
      await runFor(HOUR, SELDOM);
    }
  },

  // All of it is shorter than what is kept.
  'quiet weeks': async ({ dice, upstream, clock, act, rewind, runFor }) => {
    addNoise(upstream.log, 'before', clock(), 0);
    await runFor(HOUR, SELDOM);
    // What shows up only now is from long before the alerts that are open. A log that lists by arrival would begin with it.
    if (upstream.isByTime && dice.chance(0.6)) {
      const now = clock();
      addNoise(upstream.log, 'long before', now - LONG_BEFORE, 0, now);
      rewind(now - LONG_BEFORE - HOUR);
      await runFor(HOUR, SELDOM);
    }
    if (dice.chance(0.5)) act();
    // What comes then is another alert.
    await runFor(7.25 * DAY, 6 * HOUR);
    addNoise(upstream.log, 'again', clock(), 0);
    await runFor(HOUR, SELDOM);
    if (dice.chance(0.5)) act();
    await runFor(14.25 * DAY, 6 * HOUR);
    addNoise(upstream.log, 'last', clock(), 0);
    await runFor(5 * HOUR, SELDOM);
  },
};
