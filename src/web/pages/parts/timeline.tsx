/** The timeline of an alert: its entries with what matched in them, and whether somebody was notified and why. Pure. */

import { entryPath } from '../../../access/link.ts';
import { decisionsWording } from '../../../alert/decision-wording.ts';
import type { AlertDetails } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { When } from './elements.tsx';
import { EntryText, EvidenceText } from './entry-text.tsx';
import { UntrustedText } from './untrusted-text.tsx';

type TimelineItem = AlertDetails['timeline'][number];

/** The rest is folded. */
const UNFOLDED_MAX = 20;

/** Oldest first. */
export function Timeline({ timeline }: { timeline: readonly TimelineItem[] }) {
  if (timeline.length === 0)
    return <p class="empty">All entries of this alert are older than RETENTION and were deleted.</p>;
  const rest = timeline.slice(UNFOLDED_MAX);
  return (
    <>
      <ol class="timeline">
        {timeline.slice(0, UNFOLDED_MAX).map((item) => (
          <Item item={item} />
        ))}
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{numberText(rest.length)} more</summary>
          <ol class="timeline" start={UNFOLDED_MAX + 1}>
            {rest.map((item) => (
              <Item item={item} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

function Item({ item }: { item: TimelineItem }) {
  const { at, entry, evidence, part, number, decisions } = item;
  return (
    <li class={part}>
      <p class="moment">
        <When at={at} /> <span class={`part ${part}`}>{part}</span>
        {entry !== null && (
          <a href={entryPath(entry.id)}>
            Entry{' '}
            <code>
              <UntrustedText text={entry.id} max={40} />
            </code>
          </a>
        )}
        {entry !== null && entry.revision > 0 && <span class="quiet"> revision {entry.revision}</span>}
      </p>
      {entry === null ? (
        <>
          <p class="none">The entry is older than RETENTION and was deleted. What matched in it:</p>
          <ul class="evidence">
            {evidence.map((of) => (
              <li>
                <EvidenceText evidence={of} />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <EntryText entry={entry} evidence={evidence} />
      )}
      {number !== null && (
        <p>
          Condition met: <UntrustedText text={number} max={300} />
        </p>
      )}
      {decisions !== null && (
        <p class="quiet">
          <UntrustedText text={decisionsWording(decisions)} max={300} />
        </p>
      )}
    </li>
  );
}
