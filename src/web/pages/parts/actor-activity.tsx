/** What the same actor did before and after an entry. Pure. */

import { SIGN_IN_PATH } from '../../../access/session.ts';
import type { ActorActivity as Activity, EntrySummary } from '../../../ledger/rpc.ts';
import { Card, lengthInWords } from './elements.tsx';
import { EntryTable } from './entry-table.tsx';
import { Code } from './untrusted-text.tsx';

interface ActorActivityProps {
  readonly activity: Activity;
  readonly entry: EntrySummary;
  /** Of the caller's link, or null. */
  readonly pass: string | null;
}

/** A card with the entries around this one, oldest first. */
export function ActorActivity({ activity, entry, pass }: ActorActivityProps) {
  const { actor, withinMs, before, after, moreBefore, moreAfter, open } = activity;
  const around = [...before, entry, ...after].sort((a, b) => a.createdAt - b.createdAt || a.seq - b.seq);
  const within = lengthInWords(withinMs);
  return (
    <Card title="Actor activity" id="activity">
      {actor === null ? (
        <p class="empty">This entry has no actor.</p>
      ) : (
        <>
          <p>
            What <Code text={actor} max={120} /> did within {within} before and after this entry, oldest first.
          </p>
          {moreBefore && <p class="quiet">… and earlier entries</p>}
          <EntryTable
            caption="What the same actor did around this entry"
            entries={around}
            pass={pass}
            open={open}
            here={entry.id}
          />
          {moreAfter && <p class="quiet">… and later entries</p>}
          {around.length === 1 && <p class="empty">No other entry of this actor within {within}.</p>}
          {pass !== null && open.length < around.length - 1 && (
            <p class="quiet">
              Your link gives access to the entries of its alert. <a href={SIGN_IN_PATH}>Sign in</a> to see the others.
            </p>
          )}
        </>
      )}
    </Card>
  );
}
