/** The versions of an entry that came back with other content: when each was read, and what differed. Pure. */
import type { EntryDetails } from '../../../ledger/rpc.ts';
import { Card, When } from './elements.tsx';
import { Code } from './untrusted-text.tsx';

const VALUE_CHARS = 300;

/** A card about them; nothing for an entry that has only one. */
export function EntryVersions({ versions }: { versions: EntryDetails['versions'] }) {
  if (versions.length === 0) return null;
  return (
    <Card title="Revisions" id="revisions">
      <p>
        The audit log changed this entry after it was recorded. Each version was recorded and evaluated; this page shows
        the last one.
      </p>
      <ol class="reasons">
        {versions.map(({ revision, readAt, changes }) => (
          <li>
            <p>
              {revision === 0 ? 'First version' : `Revision ${revision}`}
              {readAt !== null && (
                <>
                  , read <When at={readAt} />
                </>
              )}
            </p>
            {revision > 0 && <Changes changes={changes} />}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Changes({ changes }: { changes: EntryDetails['versions'][number]['changes'] }) {
  if (changes.length === 0) return <p class="quiet">What differs is not stored.</p>;
  return (
    <ul class="evidence" aria-label="Changes">
      {changes.map(({ field, before, after }) => (
        <li>
          <span class="field">{field}</span>: <Value text={before} /> → <Value text={after} />
        </li>
      ))}
    </ul>
  );
}

function Value({ text }: { text: string | null }) {
  return text === null ? <>–</> : <Code text={text} max={VALUE_CHARS} />;
}
