/**
 * The health of each receiver: when a message was last delivered to it, since when it fails and why, and when that makes
 * it unhealthy.
 *
 * A receiver without a usable setting is unhealthy at once (`RoutedReceiver.problem`; nothing is tried). One failure may be
 * the message's own, so a receiver is unhealthy after two in a row with no message getting through: at once where the last
 * was a refusal that is in no doubt, and nothing has got through for a minute; else after `FAILING_MS`. A request to slow down is no failure. Failures to deliver health alerts are stored
 * but make no receiver unhealthy: a health alert causes no other. Times are wall, in ms.
 */
import type { Outcome } from '../../notify/receiver.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { OUTAGE_MS, PROBE_MAX_MS, type ReceiverState, UNTRIED } from '../deliver/after-attempt.ts';
import { countBundled, countDead, countPending, countWaiting, isWaitedFor, readWaitedFor } from '../deliver/outbox.ts';
import { readReceivers } from '../deliver/receivers.ts';
import type { ReceiverHealth } from '../rpc.ts';
import type { Store } from '../store/store.ts';

const MINUTE_MS = 60_000;
/** How long failures are tolerated, the default of BLIND_AFTER too. By then several attempts have failed. */
const FAILING_MS = OUTAGE_MS;
if (!(FAILING_MS > 2 * PROBE_MAX_MS)) throw new Error('a receiver must be tried again before it is unhealthy');
/** One failure may be the message's own. */
const FAILURES_IN_A_ROW = 2;

/** A receiver that is not set any more, as its problem says. */
export interface RemovedReceiver {
  readonly name: string;
  readonly problem: string;
}

/** Reads the receivers that are not set any more, for which messages wait. */
export type Removed = () => readonly RemovedReceiver[];

/** Which they may be is read once: while a process runs, no receiver is removed. */
export function createRemoved(store: Store, receivers: readonly RoutedReceiver[]): Removed {
  let names: readonly string[] | null = null;
  return () => {
    names ??= readWaitedFor(store).filter((name) => receivers.every((receiver) => receiver.name !== name));
    return names.filter((name) => isWaitedFor(store, name)).map((name) => ({ name, problem: REMOVED }));
  };
}

const REMOVED = 'it is not set any more: send what waits elsewhere with resend --receiver NAME --to NAME';

/** The time from which its failures make a receiver unhealthy; null: they do not. */
export function unhealthyFrom({ failingSince, failures }: ReceiverState): number | null {
  return failingSince === null || failures < FAILURES_IN_A_ROW ? null : failingSince + FAILING_MS;
}

/** Whether the attempt that just ended proves the receiver unhealthy. */
export function provesUnhealthy(health: ReceiverState, outcome: Outcome, now: number): boolean {
  const from = unhealthyFrom(health);
  if (from === null) return false;
  const tookNothing = health.deliveredAt === null || Math.abs(now - health.deliveredAt) >= MINUTE_MS;
  if (outcome.kind === 'refused' && health.probes >= FAILURES_IN_A_ROW && tookNothing) return true;
  return (outcome.kind === 'refused' || outcome.kind === 'retry') && now >= from;
}

/**
 * The health of every receiver, in the order they are configured, and of removed ones for which something waits. Reads only
 * indexes, and counts up to `most` of each.
 */
export function receiversHealth(
  store: Store,
  receivers: readonly RoutedReceiver[],
  removed: Removed,
  most: number,
): readonly ReceiverHealth[] {
  const known = readReceivers(store);
  const withOthers = countBundled(store, most);
  const countsOf = (name: string) => {
    const [bundled, waiting] = [withOthers.get(name) ?? 0, countWaiting(store, name, most)];
    const pending = countPending(store, name, most) + bundled;
    return { pending, bundled, waiting, dead: countDead(store, name, most) };
  };
  const configured = receivers.map(({ name, minLevel, problem }): ReceiverHealth => {
    const { deliveredAt, failingSince, reason } = known.get(name) ?? UNTRIED;
    return {
      name,
      minLevel,
      state: stateOf(problem, deliveredAt, failingSince),
      reason: problem ?? reason,
      lastDeliveredAt: deliveredAt,
      failingSince: problem === null ? failingSince : null,
      ...countsOf(name),
    };
  });
  return [
    ...configured,
    ...removed().map(
      ({ name, problem }): ReceiverHealth => ({
        ...{ name, minLevel: null, state: 'removed', reason: problem },
        lastDeliveredAt: known.get(name)?.deliveredAt ?? null,
        failingSince: null,
        ...countsOf(name),
      }),
    ),
  ];
}

function stateOf(
  problem: string | null,
  deliveredAt: number | null,
  failingSince: number | null,
): ReceiverHealth['state'] {
  if (problem !== null) return 'unset';
  if (failingSince !== null) return 'failing';
  return deliveredAt === null ? 'unproven' : 'healthy';
}

/** Why a receiver is unhealthy, as its health alert says it. */
export function unhealthyReason(name: string, reason: string): string {
  return `nothing reaches the receiver ${name}: ${reason}`;
}
