/** What came from the same actor or network before and after an entry. Pure. */

import { SIGN_IN_PATH } from '../../../access/session.ts';
import type { Activity, EntrySummary } from '../../../ledger/rpc.ts';
import { Card, lengthInWords } from './elements.tsx';
import { EntryTable } from './entry-table.tsx';
import { Code } from './untrusted-text.tsx';

interface ActivityProps {
  readonly of: 'actor' | 'network';
  readonly activity: Activity;
  readonly entry: EntrySummary;
  /** The caller has links, which open some of the entries only. */
  readonly isScoped: boolean;
}

const WORDS = {
  actor: { title: 'Actor activity', id: 'activity', none: 'This entry has no actor.', what: 'Entries of' },
  network: { title: 'Network activity', id: 'network', none: 'This entry has no address.', what: 'Entries from' },
} as const;

/** A card with the entries around this one, oldest first. */
export function ActivityCard({ of, activity, entry, isScoped }: ActivityProps) {
  const { value, withinMs, before, after, moreBefore, moreAfter, isIndexed, open } = activity;
  const { title, id, none, what } = WORDS[of];
  const around = [...before, entry, ...after].sort((a, b) => a.createdAt - b.createdAt || a.seq - b.seq);
  const within = lengthInWords(withinMs);
  return (
    <Card title={title} id={id}>
      {value === null ? (
        <p class="empty">{none}</p>
      ) : (
        <>
          <p>
            {what} <Code text={value} max={120} /> within {within} before and after this entry, oldest first.
          </p>
          {!isIndexed && <p class="note">Entries from before the last upgrade are not all searched yet.</p>}
          {moreBefore && <p class="quiet">… and earlier entries</p>}
          <EntryTable caption={`${title} around this entry`} entries={around} open={open} here={entry.id} />
          {moreAfter && <p class="quiet">… and later entries</p>}
          {around.length === 1 && (
            <p class="empty">
              No other entry of this {of} within {within}.
            </p>
          )}
          {isScoped && open.length < around.length - 1 && (
            <p class="quiet">
              Your link gives access to the entries of its alert. <a href={SIGN_IN_PATH}>Sign in</a> to see the others.
            </p>
          )}
        </>
      )}
    </Card>
  );
}
