/**
 * What the end of an attempt means: for its delivery, and for its receiver.
 *
 * Contract: pure; times are wall, in ms. A request to slow down is no failure: it moves the receiver's next attempt and
 * nothing else. Any other failure is the message's own where others got through since it began to fail, the one that ended an
 * outage not counted. Else it is the receiver's. A message whose own failures have lasted a
 * day, with others getting through to the end, is dead, and so is one that has waited for seven days, whatever the reason; a
 * failing receiver kills nothing sooner.
 */
import type { Outcome } from '../../notify/receiver.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What waits longer is dead. */
export const WAIT_MAX_MS = 7 * DAY_MS;
/** A message whose own failures last longer is dead. */
export const OWN_FAILURES_MAX_MS = DAY_MS;
/**
 * A failing receiver is tried again after a minute, doubled each time up to this; sooner where it took something not long ago:
 * after as long as it has taken nothing, so that one that fails now and then is hardly slower.
 */
export const PROBE_MAX_MS = 5 * MINUTE_MS;
const PROBE_LEAST_MS = 1_000;
/**
 * A message that fails while others get through is tried again after a minute, and then after as long as it has failed, up to
 * this; at high and critical as often as a failing receiver.
 */
const OWN_WAIT_MAX_MS = HOUR_MS;
/** A receiver that names no time is left alone for a second, doubled up to a minute; it may ask for an hour at most. */
const SLOW_FIRST_MS = 1_000;
const SLOW_MAX_MS = MINUTE_MS;
const ASKED_MAX_MS = HOUR_MS;
/** After so many requests in a row to slow down, other messages may go first for this long: it may be this one that is too much. */
const SLOWED_MAX = 3;
const SLOWED_ASIDE_MS = 5_000;
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
  /** Its failures since then, and those among them that were not of health alerts. */
  readonly probes: number;
  readonly failures: number;
  readonly reason: string | null;
  /** No attempt before this. */
  readonly nextAt: number;
  /** How often in a row it has asked to slow down. */
  readonly slowed: number;
  /** When it last took a message that had failed through an outage. */
  readonly recoveredAt: number | null;
}

export const UNTRIED: ReceiverState = {
  deliveredAt: null,
  failingSince: null,
  probes: 0,
  failures: 0,
  reason: null,
  nextAt: 0,
  slowed: 0,
  recoveredAt: null,
};

/** A delivery when its attempt ended. */
export interface Tried {
  readonly queuedAt: number;
  /** This one included. */
  readonly attempts: number;
  /** When its first failure was, and its last; null: it has not failed. */
  readonly failingSince: number | null;
  readonly failedAt: number | null;
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
      return failed(receiver, tried, outcome.reason, Math.max(paced, now + asked(outcome)), now);
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
  readonly isHealthAlert: boolean;
  readonly nextAt: number;
}

/** A receiver that failed, and not because of the message: the first failure may yet be the message's. */
export function failing(receiver: ReceiverState, failure: Failure, now: number): ReceiverState {
  const probes = receiver.probes + 1;
  return {
    ...receiver,
    failingSince: receiver.failingSince ?? now,
    probes,
    failures: receiver.failures + (failure.isHealthAlert ? 0 : 1),
    reason: failure.reason,
    nextAt: probes === 1 ? failure.nextAt : Math.max(failure.nextAt, now + probeWait(receiver, probes - 1, now)),
    slowed: 0,
  };
}

function failed(receiver: ReceiverState, tried: Tried, reason: string, paced: number, now: number): After {
  const failingSince = tried.failingSince ?? now;
  // A success in the future is another clock's.
  const { deliveredAt } = receiver;
  const othersSince = (at: number | null): boolean =>
    at !== null && deliveredAt !== null && deliveredAt > at && deliveredAt <= now;
  // A failure during an outage says nothing of the message.
  const since = Math.max(failingSince, receiver.recoveredAt ?? 0);
  const isOwn = tried.failingSince !== null && othersSince(since);
  const hasLasted = (deliveredAt ?? 0) - since >= OWN_FAILURES_MAX_MS;
  const isSpent = hasLasted && othersSince(tried.failedAt) && receiver.failingSince === null;
  const isOld = now - tried.queuedAt >= WAIT_MAX_MS;
  const failure = { reason, isHealthAlert: tried.isHealthAlert, nextAt: paced };
  const next = isOwn ? { ...receiver, nextAt: paced, slowed: 0 } : failing(receiver, failure, now);
  if (isSpent || isOld) {
    return { receiver: next, delivery: { state: 'dead', reason: givenUp(tried.attempts, reason, isSpent) }, isOwn };
  }
  // At least until the receiver may be asked again.
  const wait = isOwn ? ownWait(tried.isSevere, now - failingSince) : probeWait(receiver, next.probes, now);
  return {
    receiver: next,
    delivery: { state: 'pending', dueAt: Math.max(now + wait, next.nextAt), failingSince, failedAt: now, reason },
    isOwn,
  };
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
  const dueAt = slowed % SLOWED_MAX === 0 ? nextAt + SLOWED_ASIDE_MS : null;
  return {
    receiver: next,
    delivery: { state: 'pending', dueAt, failingSince: tried.failingSince, failedAt: tried.failedAt, reason },
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
  return { state: 'pending', dueAt, failingSince: tried.failingSince ?? now, failedAt: tried.failedAt, reason };
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
  return Math.min(Math.max(failedForMs, MINUTE_MS), isSevere ? PROBE_MAX_MS : OWN_WAIT_MAX_MS);
}

/** No attempt before this. A later time than any receiver may ask for is another clock's. */
export function notBefore({ nextAt }: ReceiverState, now: number): number {
  return nextAt > now + ASKED_MAX_MS ? now : nextAt;
}

function probeWait({ deliveredAt }: ReceiverState, failures: number, now: number): number {
  const nothingFor = deliveredAt === null ? PROBE_MAX_MS : Math.max(Math.abs(now - deliveredAt), PROBE_LEAST_MS);
  return Math.min(nothingFor, doubled(failures));
}

/** A minute, doubled each time, up to `PROBE_MAX_MS`. */
function doubled(failures: number): number {
  return Math.min(MINUTE_MS * 2 ** (failures - 1), PROBE_MAX_MS);
}
