/** What the end of an attempt means: a row per decision. */
import { describe, expect, it } from 'vitest';
import {
  type AfterDelivery,
  afterAttempt,
  afterLostAttempt,
  NO_FAILURES,
  OUTAGE_MS,
  type ReceiverState,
  type Tried,
  UNTRIED,
} from '../../../src/ledger/deliver/after-attempt.ts';
import type { Outcome } from '../../../src/notify/receiver.ts';
import { DAY, HOUR, MINUTE, NOON, SECOND } from '../scene.ts';

const DELIVERED: Outcome = { kind: 'delivered' };
const retry = (afterMs: number | null = null): Outcome => ({ kind: 'retry', reason: 'HTTP 500', afterMs });
const slow = (afterMs: number | null = null): Outcome => ({ kind: 'slow down', reason: 'HTTP 429', afterMs });
const REFUSED: Outcome = { kind: 'refused', reason: 'revoked' };

/** The message arrived a little earlier, and the receiver may be sent to once a second. */
const REACHED_AT = NOON - 100;
const PACE = SECOND;
const PACED = REACHED_AT + PACE;

const FIRST: Tried = {
  ...{
    id: 7,
    own: NO_FAILURES,
    queuedAt: NOON - MINUTE,
    attempts: 1,
    failingSince: null,
    failedAt: null,
    isHealthAlert: false,
    isSevere: false,
  },
};

interface Row {
  readonly says: string;
  /** What differs from a receiver that was not tried, and after the attempt from what it was. */
  readonly receiver?: Partial<ReceiverState>;
  readonly tried?: Partial<Tried>;
  readonly outcome: Outcome;
  readonly becomes: Partial<ReceiverState>;
  readonly delivery: AfterDelivery;
  readonly isOwn?: true;
  /** How long its own failures have lasted then, to this one; absent: as before. */
  readonly ownMs?: number;
}

const pending = (dueAt: number | null, failingSince: number | null, reason = 'HTTP 500'): AfterDelivery => ({
  state: 'pending',
  dueAt,
  failingSince,
  failedAt: null,
  own: NO_FAILURES,
  reason,
});
const dead = (reason: string): AfterDelivery => ({ state: 'dead', reason });

/** A receiver that fails for an hour. */
const FAILING = { failingSince: NOON - HOUR, probes: 9, failures: 8, reason: 'HTTP 503' };
/** Others have got through since this message began to fail. */
const OTHERS_WORK = { deliveredAt: NOON - HOUR };
const LAST = { failedAt: NOON - HOUR - 1 };
const ITS_OWN = { failingSince: NOON - 2 * HOUR, ...LAST, queuedAt: NOON - 3 * HOUR, attempts: 5 };
const SPENT = {
  ...{ failingSince: NOON - DAY - HOUR, ...LAST, queuedAt: NOON - 2 * DAY, attempts: 30 },
  own: { ms: DAY - HOUR - 1, at: null },
};
const OLD = { queuedAt: NOON - 7 * DAY, attempts: 3 };
const NOT_OLD = { queuedAt: NOON - 7 * DAY + 1, attempts: 3 };

/** What a receiver becomes at its first failure. */
const FIRST_FAILURE = { failingSince: NOON, probes: 1, failures: 1, reason: 'HTTP 500', nextAt: PACED };

const SUCCESS: readonly Row[] = [
  {
    says: 'it is delivered, and the next one waits for the pace, from when it arrived',
    outcome: DELIVERED,
    becomes: { deliveredAt: NOON, nextAt: PACED },
    delivery: { state: 'delivered' },
  },
  {
    says: 'what it asked for before is kept',
    receiver: { nextAt: NOON + 3 * SECOND },
    outcome: DELIVERED,
    becomes: { deliveredAt: NOON },
    delivery: { state: 'delivered' },
  },
  {
    says: 'a receiver that asked to slow down no longer does',
    receiver: { slowed: 4 },
    outcome: DELIVERED,
    becomes: { deliveredAt: NOON, nextAt: PACED, slowed: 0 },
    delivery: { state: 'delivered' },
  },
  {
    says: 'a failing receiver works; a failure that is over soon was no outage',
    receiver: FAILING,
    tried: { failingSince: NOON - OUTAGE_MS + 1 },
    outcome: DELIVERED,
    becomes: { ...UNTRIED, deliveredAt: NOON, nextAt: PACED },
    delivery: { state: 'delivered' },
  },
  {
    says: 'what failed through an outage proves it: its end is remembered',
    receiver: FAILING,
    tried: { failingSince: NOON - OUTAGE_MS },
    outcome: DELIVERED,
    becomes: { ...UNTRIED, deliveredAt: NOON, nextAt: PACED, recoveredAt: NOON },
    delivery: { state: 'delivered' },
  },
  {
    says: 'and stays remembered',
    receiver: { recoveredAt: NOON - HOUR },
    outcome: DELIVERED,
    becomes: { deliveredAt: NOON, nextAt: PACED, recoveredAt: NOON - HOUR },
    delivery: { state: 'delivered' },
  },
];

const SLOWED: readonly Row[] = [
  {
    says: 'the receiver is left alone as long as it asks; the message keeps its place, and nothing fails',
    outcome: slow(30 * SECOND),
    becomes: { nextAt: NOON + 30 * SECOND, slowed: 1 },
    delivery: pending(null, null, 'HTTP 429'),
  },
  {
    says: 'a second at least: a time of 0 is no leave to go on',
    outcome: slow(0),
    becomes: { nextAt: NOON + SECOND, slowed: 1 },
    delivery: pending(null, null, 'HTTP 429'),
  },
  {
    says: 'an hour at most',
    outcome: slow(7 * DAY),
    becomes: { nextAt: NOON + HOUR, slowed: 1 },
    delivery: pending(null, null, 'HTTP 429'),
  },
  ...[
    [1, SECOND],
    [2, 2 * SECOND],
    [4, 8 * SECOND],
    [5, 16 * SECOND],
    [7, MINUTE],
    [100, MINUTE],
  ].map(
    ([times = 0, wait = 0]): Row => ({
      says: `where it names no time, it is left alone for ${wait / SECOND} s, the ${times}th time in a row`,
      receiver: { slowed: times - 1 },
      outcome: slow(),
      becomes: { nextAt: NOON + wait, slowed: times },
      delivery: pending(null, null, 'HTTP 429'),
    }),
  ),
  ...[3, 6].map(
    (times): Row => ({
      says: `the ${times}th time in a row another message may go first, for five seconds`,
      receiver: { slowed: times - 1 },
      outcome: slow(10 * SECOND),
      becomes: { nextAt: NOON + 10 * SECOND, slowed: times },
      delivery: pending(NOON + 15 * SECOND, null, 'HTTP 429'),
    }),
  ),
  {
    says: 'a failing receiver goes on to fail, for all that is known, and so does its message',
    receiver: FAILING,
    tried: { failingSince: NOON - HOUR },
    outcome: slow(30 * SECOND),
    becomes: { nextAt: NOON + 30 * SECOND, slowed: 1 },
    delivery: pending(null, NOON - HOUR, 'HTTP 429'),
  },
  {
    says: 'a message that has not waited for seven days goes on to wait',
    tried: NOT_OLD,
    outcome: slow(30 * SECOND),
    becomes: { nextAt: NOON + 30 * SECOND, slowed: 1 },
    delivery: pending(null, null, 'HTTP 429'),
  },
  {
    says: 'one that has is dead',
    tried: OLD,
    outcome: slow(30 * SECOND),
    becomes: { nextAt: NOON + 30 * SECOND, slowed: 1 },
    delivery: dead('not delivered within 7 days (3 attempts): HTTP 429'),
  },
];

const FAILURES: readonly Row[] = [
  {
    says: 'the first failure may be the message’s: the next message is tried at once',
    outcome: retry(),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON),
  },
  ...[
    [1, MINUTE, 2 * MINUTE],
    [2, 2 * MINUTE, 4 * MINUTE],
    [3, 4 * MINUTE, 5 * MINUTE],
    [4, 5 * MINUTE, 5 * MINUTE],
    [40, 5 * MINUTE, 5 * MINUTE],
  ].map(
    ([probes = 0, wait = 0, own = 0]): Row => ({
      says: `after ${probes} of them the receiver is tried again in ${wait / MINUTE} min, with another message`,
      receiver: { ...FAILING, probes },
      outcome: retry(),
      becomes: { probes: probes + 1, failures: 9, reason: 'HTTP 500', nextAt: NOON + wait },
      delivery: pending(NOON + Math.max(wait, own), NOON),
    }),
  ),
  ...[
    [10 * SECOND, 10 * SECOND],
    [3 * MINUTE, 2 * MINUTE],
    [20, SECOND],
    // The clock was set back.
    [-HOUR, 2 * MINUTE],
  ].map(
    ([ago = 0, wait = 0]): Row => ({
      says: `${ago} ms after it took something, in ${wait} ms`,
      receiver: { deliveredAt: NOON - ago, failingSince: NOON - 5, probes: 2, failures: 2, reason: 'HTTP 503' },
      outcome: retry(),
      becomes: { probes: 3, failures: 3, reason: 'HTTP 500', nextAt: Math.max(PACED, NOON + wait) },
      delivery: pending(Math.max(PACED, NOON + Math.max(wait, Math.min(Math.abs(ago), 4 * MINUTE))), NOON),
    }),
  ),
  {
    says: 'no earlier than the receiver asks',
    outcome: retry(10 * MINUTE),
    becomes: { failingSince: NOON, probes: 1, failures: 1, reason: 'HTTP 500', nextAt: NOON + 10 * MINUTE },
    delivery: pending(NOON + 10 * MINUTE, NOON),
  },
  {
    says: 'an hour later at most, whatever it asks',
    receiver: FAILING,
    outcome: retry(7 * DAY),
    becomes: { probes: 10, failures: 9, reason: 'HTTP 500', nextAt: NOON + HOUR },
    delivery: pending(NOON + HOUR, NOON),
  },
  {
    says: 'a time in the past is no wait',
    outcome: retry(-DAY),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON),
  },
  {
    says: 'a refusal is a failure like another: somebody may put it right',
    receiver: FAILING,
    tried: { failingSince: NOON - HOUR },
    outcome: REFUSED,
    becomes: { probes: 10, failures: 9, reason: 'revoked', nextAt: NOON + 5 * MINUTE },
    delivery: pending(NOON + 5 * MINUTE, NOON - HOUR, 'revoked'),
  },
  {
    says: 'that of a health alert probes the receiver, and is not counted against it',
    receiver: FAILING,
    tried: { isHealthAlert: true },
    outcome: retry(),
    becomes: { probes: 10, reason: 'HTTP 500', nextAt: NOON + 5 * MINUTE },
    delivery: pending(NOON + 5 * MINUTE, NOON),
  },
  {
    says: 'one after requests to slow down ends those',
    receiver: { slowed: 2 },
    outcome: retry(),
    becomes: { failingSince: NOON, probes: 1, failures: 1, reason: 'HTTP 500', nextAt: PACED, slowed: 0 },
    delivery: pending(NOON + MINUTE, NOON),
  },
  {
    says: 'a day of them kills nothing while nothing gets through',
    receiver: { ...FAILING, failingSince: NOON - 2 * DAY, deliveredAt: NOON - 3 * DAY },
    tried: SPENT,
    outcome: REFUSED,
    becomes: { probes: 10, failures: 9, reason: 'revoked', nextAt: NOON + 5 * MINUTE },
    delivery: pending(NOON + 5 * MINUTE, NOON - DAY - HOUR, 'revoked'),
  },
  {
    says: 'nor do seven days less a millisecond',
    receiver: FAILING,
    tried: NOT_OLD,
    outcome: retry(),
    becomes: { probes: 10, failures: 9, reason: 'HTTP 500', nextAt: NOON + 5 * MINUTE },
    delivery: pending(NOON + 5 * MINUTE, NOON),
  },
  {
    says: 'what has waited for seven days is dead, with the last reason',
    receiver: FAILING,
    tried: { ...OLD, attempts: 1 },
    outcome: REFUSED,
    becomes: { probes: 10, failures: 9, reason: 'revoked', nextAt: NOON + 5 * MINUTE },
    delivery: dead('not delivered within 7 days (1 attempt): revoked'),
  },
];

/** What a receiver becomes that has taken nothing for an hour. */
const IN_DOUBT = { failingSince: NOON, reason: 'HTTP 500', nextAt: NOON + 10 * SECOND, retryAt: NOON + 5 * MINUTE };
/** What it counts for, from the last failure to this one. */
const PROVEN = HOUR + 1;

const OWN: readonly Row[] = [
  ...[
    [false, 2 * HOUR, HOUR],
    [false, 10 * MINUTE, 10 * MINUTE],
    [false, 40 * SECOND, MINUTE],
    [false, 2 * DAY, HOUR],
    [true, 2 * DAY, HOUR],
    [true, HOUR, 30 * MINUTE],
    [true, 10 * MINUTE, 5 * MINUTE],
    [true, 2 * SECOND, 5 * SECOND],
  ].map(
    ([isSevere = false, failedFor = 0, wait = 0]): Row => ({
      says: `it says nothing of the receiver; having failed for ${Number(failedFor) / SECOND} s it waits for ${Number(wait) / SECOND} s${isSevere ? ' at high or critical' : ''}`,
      receiver: { deliveredAt: NOON - 1 },
      tried: { ...ITS_OWN, failingSince: NOON - Number(failedFor), failedAt: NOON - 2, isSevere: isSevere === true },
      outcome: retry(),
      becomes: { nextAt: PACED },
      delivery: pending(Math.max(NOON + Number(wait), PACED + 5 * SECOND), NOON - Number(failedFor)),
      isOwn: true,
      ownMs: 2,
    }),
  ),
  {
    says: 'a refusal too',
    receiver: OTHERS_WORK,
    tried: { ...ITS_OWN, attempts: 20 },
    outcome: REFUSED,
    becomes: { nextAt: PACED },
    delivery: pending(NOON + HOUR, NOON - 2 * HOUR, 'revoked'),
    isOwn: true,
    ownMs: PROVEN,
  },
  {
    says: 'where the receiver asks to be left alone, this message leaves it alone, and goes behind others then',
    receiver: { deliveredAt: NOON - 1 },
    tried: { ...ITS_OWN, failingSince: NOON - 20 * SECOND, failedAt: NOON - 2, isSevere: true },
    outcome: retry(30 * MINUTE),
    becomes: { nextAt: PACED },
    delivery: pending(NOON + 30 * MINUTE, NOON - 20 * SECOND),
    isOwn: true,
    ownMs: 2,
  },
  {
    says: 'a message that has not failed before has none of its own',
    receiver: OTHERS_WORK,
    outcome: retry(),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON),
  },
  {
    says: 'nor where the last success was before it began to fail',
    receiver: { deliveredAt: NOON - 2 * HOUR },
    tried: ITS_OWN,
    outcome: retry(),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'where what got through had waited through the outage in which this one failed, it is in doubt',
    receiver: { ...OTHERS_WORK, recoveredAt: OTHERS_WORK.deliveredAt },
    tried: ITS_OWN,
    outcome: retry(),
    becomes: { ...IN_DOUBT, failures: 1 },
    delivery: pending(NOON + 5 * MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'but the receiver’s, where it has failed since the outage ended',
    receiver: { ...OTHERS_WORK, recoveredAt: OTHERS_WORK.deliveredAt },
    tried: { ...ITS_OWN, failedAt: NOON - MINUTE },
    outcome: retry(),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'nor where a clock that was set back says that something got through',
    receiver: { deliveredAt: NOON + HOUR },
    tried: ITS_OWN,
    outcome: retry(),
    becomes: FIRST_FAILURE,
    delivery: pending(NOON + MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'it is its own while nothing else is sent, but no longer counts for its death',
    receiver: { ...OTHERS_WORK, failedOf: FIRST.id },
    tried: { ...ITS_OWN, failedAt: NOON - 20 * MINUTE, own: { ms: DAY - 1, at: null } },
    outcome: retry(),
    becomes: { nextAt: PACED },
    delivery: pending(NOON + 5 * MINUTE, NOON - 2 * HOUR),
    isOwn: true,
  },
  {
    says: 'where another one fails too it is in doubt: the receiver fails, and only what has failed waits for it',
    receiver: { ...OTHERS_WORK, failedOf: FIRST.id + 1 },
    tried: { ...ITS_OWN, failedAt: NOON - 20 * MINUTE },
    outcome: retry(10 * MINUTE),
    becomes: { ...IN_DOUBT, failures: 1 },
    delivery: pending(NOON + 10 * MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'it does not count for its health, where others have gone before it more than once',
    receiver: { ...OTHERS_WORK, failedOf: FIRST.id + 1 },
    tried: { ...ITS_OWN, failedAt: NOON - 20 * MINUTE, own: { ms: 2 * HOUR + 1, at: NOON - HOUR } },
    outcome: retry(),
    becomes: IN_DOUBT,
    delivery: pending(NOON + 5 * MINUTE, NOON - 2 * HOUR),
  },
  {
    says: 'soon after something got through, the waits are short',
    receiver: { deliveredAt: NOON - 16 * SECOND, failedOf: FIRST.id + 1 },
    tried: { ...ITS_OWN, failingSince: NOON - MINUTE, failedAt: NOON - SECOND },
    outcome: retry(),
    becomes: { ...IN_DOUBT, failures: 1, nextAt: NOON + 2 * SECOND, retryAt: NOON + MINUTE },
    delivery: pending(NOON + MINUTE, NOON - MINUTE),
  },
  {
    says: 'a day of them less a millisecond does not kill it',
    receiver: OTHERS_WORK,
    tried: { ...SPENT, own: { ms: DAY - PROVEN - 1, at: null } },
    outcome: REFUSED,
    becomes: { nextAt: PACED },
    delivery: pending(NOON + HOUR, NOON - DAY - HOUR, 'revoked'),
    isOwn: true,
    ownMs: DAY - 1,
  },
  {
    says: 'a day of them does',
    receiver: OTHERS_WORK,
    tried: SPENT,
    outcome: REFUSED,
    becomes: { nextAt: PACED },
    delivery: dead('failed for a day while others were delivered (30 attempts): revoked'),
    isOwn: true,
  },
  {
    says: 'it counts from the last one that counted',
    receiver: OTHERS_WORK,
    tried: { ...ITS_OWN, own: { ms: HOUR, at: NOON - 90 * MINUTE } },
    outcome: retry(),
    becomes: { nextAt: PACED },
    delivery: pending(NOON + HOUR, NOON - 2 * HOUR),
    isOwn: true,
    ownMs: HOUR + 90 * MINUTE,
  },
  {
    says: 'between two failures no more than two hours count',
    receiver: OTHERS_WORK,
    tried: { ...SPENT, failedAt: NOON - 20 * HOUR, own: { ms: DAY - 2 * HOUR - 1, at: null } },
    outcome: retry(),
    becomes: { nextAt: PACED },
    delivery: pending(NOON + HOUR, NOON - DAY - HOUR),
    isOwn: true,
    ownMs: DAY - 1,
  },
  {
    says: 'not while the receiver fails',
    receiver: { ...FAILING, ...OTHERS_WORK },
    tried: SPENT,
    outcome: retry(),
    becomes: { nextAt: PACED },
    delivery: pending(NOON + HOUR, NOON - DAY - HOUR),
    isOwn: true,
    ownMs: DAY,
  },
];

describe.each([
  ['a success', SUCCESS],
  ['a request to slow down', SLOWED],
  ['a failure of the receiver', FAILURES],
  ['a failure of the message’s own', OWN],
])('%s:', (_, rows) => {
  it.each(rows)('$says', ({ receiver = {}, tried = {}, outcome, becomes, delivery, isOwn = false, ownMs }) => {
    const before: ReceiverState = { ...UNTRIED, ...receiver };
    const attempt = { reachedAt: REACHED_AT, outcome, paceMs: PACE };
    const after = afterAttempt(before, { ...FIRST, ...tried }, attempt, NOON);
    const hasFailed = outcome.kind === 'retry' || outcome.kind === 'refused';
    const own = ownMs === undefined ? (tried.own ?? NO_FAILURES) : { ms: ownMs, at: NOON };
    const failedAt = hasFailed ? NOON : (tried.failedAt ?? null);
    expect(after).toEqual({
      receiver: { ...before, ...(hasFailed ? { failedOf: FIRST.id } : {}), ...becomes },
      delivery: delivery.state === 'pending' ? { ...delivery, failedAt, own } : delivery,
      isOwn,
    });
  });
});

describe('an attempt that was interrupted:', () => {
  const REASON = 'the attempt was interrupted: the message may have arrived';
  it.each<[string, Partial<Tried>, AfterDelivery]>([
    ['the first is repeated at once', {}, pending(null, NOON, REASON)],
    ['after the second, others go first', { attempts: 2 }, pending(NOON + MINUTE, NOON, REASON)],
    ['after the third, for longer', { attempts: 3 }, pending(NOON + 2 * MINUTE, NOON, REASON)],
    ['for five minutes at most', { attempts: 30 }, pending(NOON + 5 * MINUTE, NOON, REASON)],
    ['it goes on to fail since it did', { failingSince: NOON - 1 }, pending(null, NOON - 1, REASON)],
    ['it is not dead, however long it has waited: it may have arrived', OLD, pending(NOON + 2 * MINUTE, NOON, REASON)],
  ])('%s', (_, tried, after) => {
    expect(afterLostAttempt({ ...FIRST, ...tried }, NOON)).toEqual(after);
  });
});
