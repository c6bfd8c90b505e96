/**
 * What the end of an attempt means: for its delivery, and for its receiver.
 *
 * Contract: pure; times are wall, in ms. A request to slow down is no failure: it moves the receiver's next attempt and
 * nothing else. Any other failure is
 *
 * - the message's own, where another message got through since this one last failed; or since it first failed, while no other
 *   message fails (it is alone);
 * - in doubt, where another got through since it first failed, and several have failed since; or where it failed in an outage,
 *   that outage is over, and it fails again;
 * - the receiver's in all other cases. The success that ends an outage does not show that a failure was the message's own.
 *
 * A failure in doubt counts for the receiver's health, unless the message has long failed by itself. It makes the messages
 * that have failed before wait for minutes, and the others for seconds. A message is dead when its own failures add up to a
 * day (`OwnFailures`), or when it has waited for seven days, whatever the reason. A failing receiver kills nothing sooner.
 */
import type { Outcome } from '../../notify/receiver.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What waits longer is dead. */
export const WAIT_MAX_MS = 7 * DAY_MS;
/** A message whose own failures add up to more is dead. */
export const OWN_FAILURES_MAX_MS = DAY_MS;
/** From one to the next they count as no more than this: there may have been an outage in between. */
const OWN_COUNTED_MS = 2 * HOUR_MS;
/**
 * A failing receiver is tried again after a minute, doubled each time up to this; sooner where it took something not long ago:
 * after as long as it has taken nothing, so that one that fails now and then is hardly slower.
 */
export const PROBE_MAX_MS = 5 * MINUTE_MS;
const PROBE_LEAST_MS = 1_000;
/** After a failure in doubt, a message that has not failed waits no longer than this. */
const DOUBT_WAIT_MAX_MS = 10_000;
/**
 * A message that fails while others get through is tried again after as long as it has failed, a minute to an hour; at high
 * and critical after half of that, five seconds at least.
 */
const OWN_WAIT_MAX_MS = HOUR_MS;
const OWN_WAIT_LEAST_MS = MINUTE_MS;
const SEVERE_WAIT_LEAST_MS = 5_000;
/** How much later than others a message is tried that may be the reason why the receiver refuses or slows down. */
const OTHERS_FIRST_MS = 5_000;
/** A receiver that names no time is left alone for a second, doubled up to a minute; it may ask for an hour at most. */
const SLOW_FIRST_MS = 1_000;
const SLOW_MAX_MS = MINUTE_MS;
const ASKED_MAX_MS = HOUR_MS;
/** After so many requests in a row to slow down, other messages go first: it may be this one that is too much. */
const SLOWED_MAX = 3;
/** A failure that is over sooner was no outage. */
export const OUTAGE_MS = 15 * MINUTE_MS;

if (!(ASKED_MAX_MS < OWN_FAILURES_MAX_MS && OWN_WAIT_MAX_MS < OWN_FAILURES_MAX_MS && DAY_MS < WAIT_MAX_MS)) {
  throw new Error('a delivery must be tried again before it is dead');
}

/** What is remembered of a receiver. */
export interface ReceiverState {
  /** The last success. */
  readonly deliveredAt: number | null;
  /** Since when it fails; null: it does not, as far as is known. */
  readonly failingSince: number | null;
  /** Its failures since then, without those in doubt. */
  readonly probes: number;
  /** All of them, without those of health alerts. */
  readonly failures: number;
  readonly reason: string | null;
  /** No attempt before this. */
  readonly nextAt: number;
  /** Nothing that has failed is tried again before this. */
  readonly retryAt: number;
  /** How often in a row it has asked to slow down. */
  readonly slowed: number;
  /** When it last took a message that had failed through an outage. */
  readonly recoveredAt: number | null;
  /** The delivery that failed last, since the last success; null: none did. */
  readonly failedOf: number | null;
}

export const UNTRIED: ReceiverState = {
  deliveredAt: null,
  failingSince: null,
  probes: 0,
  failures: 0,
  reason: null,
  nextAt: 0,
  retryAt: 0,
  slowed: 0,
  recoveredAt: null,
  failedOf: null,
};

/** The failures of a message between which others got through. */
export interface OwnFailures {
  /** The time from each to the next, added up, ms. */
  readonly ms: number;
  /** When the last one was; null: there was none. */
  readonly at: number | null;
}

export const NO_FAILURES: OwnFailures = { ms: 0, at: null };

/** A delivery when its attempt ended. */
export interface Tried {
  readonly id: number;
  readonly queuedAt: number;
  /** This one included. */
  readonly attempts: number;
  /** When its first failure was, and its last; null: it has not failed. */
  readonly failingSince: number | null;
  readonly failedAt: number | null;
  readonly own: OwnFailures;
  readonly isHealthAlert: boolean;
  /** It is of level high or critical. */
  readonly isSevere: boolean;
}

/** An attempt: how it ended, and the least time between two messages to its receiver. */
export interface Attempt {
  /** The latest time at which the message may have reached the receiver. */
  readonly reachedAt: number;
  readonly outcome: Outcome;
  readonly paceMs: number;
}

export type AfterDelivery =
  | { readonly state: 'delivered' }
  /** `dueAt`: it is set aside until then. Null: it is ready, in its place. */
  | {
      readonly state: 'pending';
      readonly dueAt: number | null;
      readonly failingSince: number | null;
      readonly failedAt: number | null;
      readonly own: OwnFailures;
      readonly reason: string;
    }
  | { readonly state: 'dead'; readonly reason: string };

export interface After {
  readonly receiver: ReceiverState;
  readonly delivery: AfterDelivery;
  /** The failure was the message's own. */
  readonly isOwn: boolean;
}

/** Decides. */
export function afterAttempt(receiver: ReceiverState, tried: Tried, attempt: Attempt, now: number): After {
  const { outcome, reachedAt, paceMs } = attempt;
  const paced = Math.max(receiver.nextAt, reachedAt + paceMs);
  switch (outcome.kind) {
    case 'delivered':
      return {
        receiver: working(receiver, tried.failingSince, paced, now),
        delivery: { state: 'delivered' },
        isOwn: false,
      };
    case 'slow down':
      return slowedDown(receiver, tried, outcome, paced, now);
    case 'retry':
    case 'refused':
      return failed(receiver, tried, { reason: outcome.reason, paced, askedUntil: now + asked(outcome) }, now);
  }
}

/**
 * A receiver that took something, if only a test (`failingSince` null). That it took what had failed before for long proves
 * that there was an outage.
 */
export function working(
  receiver: ReceiverState,
  failingSince: number | null,
  nextAt: number,
  now: number,
): ReceiverState {
  const recoveredAt = failingSince !== null && now - failingSince >= OUTAGE_MS ? now : receiver.recoveredAt;
  return { ...UNTRIED, deliveredAt: now, nextAt, recoveredAt };
}

interface Failure {
  readonly reason: string;
  readonly nextAt: number;
  /** The failure may be the message's own. */
  readonly isDoubtful: boolean;
  /** It counts for the receiver's health. */
  readonly counts: boolean;
}

/** A receiver that failed, and not surely because of the message: the first failure may yet be the message's. */
export function failing(receiver: ReceiverState, failure: Failure, now: number): ReceiverState {
  const probes = receiver.probes + (failure.isDoubtful ? 0 : 1);
  const pause = failure.isDoubtful ? doubtWait(receiver, now) : probes === 1 ? 0 : probeWait(receiver, probes - 1, now);
  return {
    ...receiver,
    failingSince: receiver.failingSince ?? now,
    probes,
    failures: receiver.failures + (failure.counts ? 1 : 0),
    reason: failure.reason,
    nextAt: Math.max(failure.nextAt, pause === 0 ? 0 : now + pause),
    retryAt: failure.isDoubtful ? now + retryWait(receiver, now) : receiver.retryAt,
    slowed: 0,
  };
}

type Whose = 'own' | 'own, alone' | 'in doubt' | "the receiver's";

function whose(receiver: ReceiverState, tried: Tried, now: number): Whose {
  const { deliveredAt, failedOf } = receiver;
  // A time in the future is another clock's.
  const recoveredAt = (receiver.recoveredAt ?? 0) <= now ? (receiver.recoveredAt ?? 0) : 0;
  const gotThroughSince = (at: number | null): boolean =>
    at !== null && deliveredAt !== null && deliveredAt > Math.max(at, recoveredAt) && deliveredAt <= now;
  if (gotThroughSince(tried.failedAt)) return 'own';
  if (gotThroughSince(tried.failingSince))
    return failedOf === null || failedOf === tried.id ? 'own, alone' : 'in doubt';
  const hasJustRecovered = recoveredAt !== 0 && deliveredAt === recoveredAt;
  const failedInOutage = tried.failedAt !== null && tried.failedAt < recoveredAt;
  return hasJustRecovered && failedInOutage ? 'in doubt' : "the receiver's";
}

interface FailedAttempt {
  readonly reason: string;
  readonly paced: number;
  /** The receiver asks to be left alone until then. */
  readonly askedUntil: number;
}

function failed(
  receiver: ReceiverState,
  tried: Tried,
  { reason, paced, askedUntil }: FailedAttempt,
  now: number,
): After {
  const of = whose(receiver, tried, now);
  const [isOwn, isDoubtful] = [of === 'own' || of === 'own, alone', of === 'in doubt'];
  // Where others get through, the wait that it asks for is this message's.
  const nextAt = of === "the receiver's" ? Math.max(paced, askedUntil) : paced;
  // More than one counted failure.
  const isKnown = isDoubtful && tried.own.ms > OWN_COUNTED_MS;
  const failure = { reason, nextAt, isDoubtful, counts: !tried.isHealthAlert && !isKnown };
  const next = {
    ...(isOwn ? { ...receiver, nextAt: paced, slowed: 0 } : failing(receiver, failure, now)),
    failedOf: tried.id,
  };
  const own = of === 'own' ? withOne(tried, now) : tried.own;
  const isSpent = of === 'own' && receiver.failingSince === null && own.ms >= OWN_FAILURES_MAX_MS;
  if (isSpent || now - tried.queuedAt >= WAIT_MAX_MS) {
    return { receiver: next, delivery: { state: 'dead', reason: givenUp(tried.attempts, reason, isSpent) }, isOwn };
  }
  const failingSince = tried.failingSince ?? now;
  const wait = ownWait(tried.isSevere, now - failingSince);
  const behindOthers = Math.max(askedUntil, next.nextAt + OTHERS_FIRST_MS);
  const dueAt = {
    own: Math.max(now + wait, behindOthers),
    // It may be an outage all the same.
    'own, alone': Math.max(now + Math.min(wait, PROBE_MAX_MS), behindOthers),
    'in doubt': Math.max(next.retryAt, askedUntil),
    "the receiver's": Math.max(now + probeWait(receiver, next.probes, now), next.nextAt),
  }[of];
  return { receiver: next, delivery: { state: 'pending', dueAt, failingSince, failedAt: now, own, reason }, isOwn };
}

/** With one more: it counts from the last that did, or else from the message's last failure. */
function withOne({ own, failedAt }: Tried, now: number): OwnFailures {
  const lasted = Math.max(0, now - (own.at ?? failedAt ?? now));
  return { ms: own.ms + Math.min(lasted, OWN_COUNTED_MS), at: now };
}

function slowedDown(
  receiver: ReceiverState,
  tried: Tried,
  { reason, afterMs }: Extract<Outcome, { kind: 'slow down' }>,
  paced: number,
  now: number,
): After {
  const slowed = receiver.slowed + 1;
  // A time of 0 is no leave to ask without a pause.
  const wait =
    afterMs === null
      ? Math.min(SLOW_FIRST_MS * 2 ** (slowed - 1), SLOW_MAX_MS)
      : Math.min(Math.max(afterMs, SLOW_FIRST_MS), ASKED_MAX_MS);
  const nextAt = Math.max(paced, now + wait);
  const next = { ...receiver, nextAt, slowed };
  if (now - tried.queuedAt >= WAIT_MAX_MS) {
    return {
      receiver: next,
      delivery: { state: 'dead', reason: givenUp(tried.attempts, reason, false) },
      isOwn: false,
    };
  }
  const dueAt = slowed % SLOWED_MAX === 0 ? nextAt + OTHERS_FIRST_MS : null;
  return {
    receiver: next,
    delivery: {
      ...{ state: 'pending', dueAt, failingSince: tried.failingSince, failedAt: tried.failedAt },
      own: tried.own,
      reason,
    },
    isOwn: false,
  };
}

/** How long the receiver asks to be left alone, ms. */
function asked(outcome: Outcome): number {
  return outcome.kind === 'retry' ? Math.min(outcome.afterMs ?? 0, ASKED_MAX_MS) : 0;
}

/** An attempt whose end nobody knows: the first is repeated at once, further ones let others go first. */
export function afterLostAttempt(tried: Tried, now: number): Extract<AfterDelivery, { readonly state: 'pending' }> {
  const reason = 'the attempt was interrupted: the message may have arrived';
  const dueAt = tried.attempts < 2 ? null : now + doubled(tried.attempts - 1);
  const { failingSince, failedAt, own } = tried;
  return { state: 'pending', dueAt, failingSince: failingSince ?? now, failedAt, own, reason };
}

/** Why a delivery that waited too long without an attempt is dead. */
export function neverTried(problem: string): string {
  return `it waited for 7 days: ${problem}`;
}

function givenUp(attempts: number, reason: string, isSpent: boolean): string {
  const after = isSpent ? 'failed for a day while others were delivered' : 'not delivered within 7 days';
  return `${after} (${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}): ${reason}`;
}

function ownWait(isSevere: boolean, failedForMs: number): number {
  const wait = isSevere ? Math.max(failedForMs / 2, SEVERE_WAIT_LEAST_MS) : Math.max(failedForMs, OWN_WAIT_LEAST_MS);
  return Math.min(Math.ceil(wait), OWN_WAIT_MAX_MS);
}

/**
 * No delivery that was set aside until `dueAt` is tried before this: it waits for its own time, and for that of all that has
 * failed. Later times than either can be are another clock's.
 */
export function retryNotBefore(dueAt: number, { retryAt }: ReceiverState, now: number): number {
  return Math.max(dueAt > now + 2 * ASKED_MAX_MS ? now : dueAt, retryAt > now + PROBE_MAX_MS ? now : retryAt);
}

/** No attempt before this. A later time than any receiver may ask for is another clock's. */
export function notBefore({ nextAt }: ReceiverState, now: number): number {
  return nextAt > now + ASKED_MAX_MS ? now : nextAt;
}

function probeWait(receiver: ReceiverState, failures: number, now: number): number {
  return Math.min(Math.max(nothingFor(receiver, now), PROBE_LEAST_MS), doubled(failures));
}

/** In doubt, what has not failed waits for an eighth of the time in which nothing got through, ten seconds at most. */
function doubtWait(receiver: ReceiverState, now: number): number {
  return Math.min(Math.ceil(nothingFor(receiver, now) / 8), DOUBT_WAIT_MAX_MS);
}

/** And what has failed waits for all of that time, one to five minutes. */
function retryWait(receiver: ReceiverState, now: number): number {
  return Math.min(Math.max(nothingFor(receiver, now), MINUTE_MS), PROBE_MAX_MS);
}

/** How long it has taken nothing, ms. */
function nothingFor({ deliveredAt }: ReceiverState, now: number): number {
  return deliveredAt === null ? PROBE_MAX_MS : Math.abs(now - deliveredAt);
}

/** A minute, doubled each time, up to `PROBE_MAX_MS`. */
function doubled(failures: number): number {
  return Math.min(MINUTE_MS * 2 ** (failures - 1), PROBE_MAX_MS);
}
