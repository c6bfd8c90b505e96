/**
 * The health alert about what can't be read: the log is longer than the pages of a tick, and the upstream's cursors do not
 * last until the next one (audit-log/gap.ts).
 *
 * Contract: call it in the transaction that moves the checkpoint. Reads and writes nothing while everything can be read.
 */
import type { Checkpoint } from '../../audit-log/checkpoint.ts';
import { losesCursors } from '../../audit-log/gap.ts';
import type { RoutedReceiver } from '../../routing/routing.ts';
import { utcText } from '../../text/times.ts';
import type { Store } from '../store/store.ts';
import { raiseHealthAlert, resolveHealthAlert } from './health-alerts.ts';

const WHY = "the log is longer than the pages of a tick, and Nirvana Labs' cursors do not last until the next";

/** Raises the alert when it begins and at each attempt in vain, and resolves it. */
export function checkUnread(
  store: Store,
  before: Checkpoint,
  after: Checkpoint,
  receivers: readonly RoutedReceiver[],
  now: number,
): void {
  if (!isUnread(after)) {
    if (isUnread(before)) resolveHealthAlert(store, 'unread-entries', 'nothing is left unread', receivers, now);
    return;
  }
  const isInVain = after.gap !== null && after.gap.scansLeft > (before.gap?.scansLeft ?? -1);
  if (isUnread(before) && !isInVain) return;
  raiseHealthAlert(store, 'unread-entries', summaryOf(after), receivers, now);
}

function isUnread(checkpoint: Checkpoint): boolean {
  // What is staged is recorded once the scan is given up: then there is a gap.
  const { scan, gap } = checkpoint;
  return gap !== null || (losesCursors(checkpoint) && (scan?.staged === false || scan?.direction === 'forward'));
}

function summaryOf({ gap }: Checkpoint): string {
  if (gap === null) return `no newer entries are read: ${WHY}`;
  const [from, to] = [gap.from, gap.to].map((at) => utcText(at, 'minutes') ?? new Date(at).toISOString());
  return `entries created from ${from} to ${to} are not read, newer ones are: ${WHY}`;
}
