/**
 * The health alert about entries that came back with other content.
 *
 * Contract: one a day at most, with the number of revisions since the last. The first is raised at once; what follows within
 * the day is counted, and raised by the watchdog when the day is over, even if nothing more is read. Times are wall, in ms.
 */
import type { RoutedReceiver } from '../../routing/routing.ts';
import { untrustedLine } from '../../text/untrusted.ts';
import { REVISIONS_MAX } from '../model.ts';
import type { ChangedEntries } from '../store/state.ts';
import type { Store } from '../store/store.ts';
import { raiseHealthAlert } from './health-alerts.ts';

const EVERY_MS = 24 * 60 * 60_000;
/** How much of an id the summary shows. */
const ID_CHARS = 80;

/** Adds what a batch found to what was found before; raises the health alert where it is due. */
export function reportChanged(
  store: Store,
  before: ChangedEntries | undefined,
  found: Omit<ChangedEntries, 'notifiedAt'>,
  receivers: readonly RoutedReceiver[],
  now: number,
): ChangedEntries {
  const changed: ChangedEntries = {
    notifiedAt: before?.notifiedAt ?? 0,
    recorded: (before?.recorded ?? 0) + found.recorded,
    refused: (before?.refused ?? 0) + found.refused,
    example: before?.example ?? found.example,
  };
  return raiseChanged(store, changed, receivers, now) ?? changed;
}

/** Raises the health alert if it is due; returns what is left to report after it. Null: it is not due. */
export function raiseChanged(
  store: Store,
  changed: ChangedEntries | undefined,
  receivers: readonly RoutedReceiver[],
  now: number,
): ChangedEntries | null {
  if (changed === undefined || now < (changedDueAt(changed) ?? Number.POSITIVE_INFINITY)) return null;
  raiseHealthAlert(store, 'changed-entries', summaryOf(changed), receivers, now);
  return { notifiedAt: now, recorded: 0, refused: 0, example: null };
}

/** When the health alert is due; null: there is nothing to report. */
export function changedDueAt(changed: ChangedEntries | undefined): number | null {
  if (changed === undefined || changed.recorded + changed.refused === 0) return null;
  return changed.notifiedAt + EVERY_MS;
}

function summaryOf({ recorded, refused, example }: ChangedEntries): string {
  const among = example === null ? '' : ` (one of them has the id ${untrustedLine(example, ID_CHARS)})`;
  const all = [
    recorded === 0
      ? []
      : `${counted(recorded, 'revision')} of entries recorded before${among}: evaluated like new entries`,
    refused === 0
      ? []
      : `${refused} or more reads of revisions that were not recorded: an id has at most ${REVISIONS_MAX}, ` +
        'and none dated before RETENTION or the first read',
  ];
  return `the audit log changed what it had shown. ${all.flat().join('. ')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
