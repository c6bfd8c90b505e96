/**
 * The gap: what a tick's pages do not reach, in a log that lists the newest entries first, ignores filters, and whose cursors
 * do not last until the next tick.
 *
 * Contract: pure. What was read is recorded all the same, and reading goes on; the gap stays in the checkpoint, is reported,
 * and is tried again every fifteen scans, until one reads it.
 */
import type { Checkpoint, Gap } from './checkpoint.ts';
import { type ActiveScan, followedTo, readsFrom } from './scan.ts';

/** A scan ends every minute or so. They are counted, since the clock that dates them may stand still. */
const TRY_EVERY_SCANS = 15;
/** So many cursors in a row must be lost, without the scan coming any farther, until it is given up. */
const LOST_MAX = 2;

/** Whether the next scan reads the gap too. */
export function isGapDue({ gap }: Checkpoint): boolean {
  return gap !== null && gap.scansLeft <= 0;
}

/** Whether cursors do not last until the next tick, and the log is longer than the pages of one. */
export function losesCursors({ scan }: Checkpoint): boolean {
  return scan !== null && scan.cursorsLost >= LOST_MAX;
}

/** Whether the pages of this tick, all read, end a scan that will not come farther. */
export function isUnreachable(checkpoint: ActiveScan): boolean {
  const { scan, gap } = checkpoint;
  if (scan.direction !== 'backward') return false;
  return losesCursors(checkpoint) || (gap !== null && scan.cursorsLost > 0);
}

/** The scan given up: what is staged is recorded next, and the rest is the gap. */
export function givenUp(checkpoint: ActiveScan, allowedLatenessMs: number): ActiveScan {
  const { scan } = checkpoint;
  // Without an order, what was read could have been from anywhere.
  const unreadBefore = followedTo(checkpoint, allowedLatenessMs) ?? scan.began ?? checkpoint.watermark;
  return { ...checkpoint, scan: { ...scan, cursor: null, flushing: true, unreadBefore } };
}

/** The gap after a scan has ended. */
export function gapAfter(checkpoint: Checkpoint): Gap | null {
  const { scan, gap } = checkpoint;
  if (scan === null) return gap;
  const bound = readsFrom({ ...checkpoint, scan });
  if (scan.unreadBefore !== null) {
    return { from: Math.min(gap?.from ?? bound, bound), to: scan.unreadBefore, scansLeft: TRY_EVERY_SCANS };
  }
  if (gap === null || bound <= gap.from) return null;
  return { ...gap, scansLeft: gap.scansLeft - 1 };
}
