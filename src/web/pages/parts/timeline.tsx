/**
 * The timeline of an alert: its entries with what matched in them, and whether somebody was notified and why. Repeats of an
 * action by the same actor from the same address, of which nobody was notified, are folded. Pure.
 */

import { entryPath } from '../../../access/link.ts';
import { decisionsWording } from '../../../alert/decision-wording.ts';
import type { AlertDetails } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { lengthInWords, When } from './elements.tsx';
import { EntryText, EvidenceText } from './entry-text.tsx';
import { UntrustedText } from './untrusted-text.tsx';

type TimelineItem = AlertDetails['timeline'][number];

/** The rest is folded. */
const UNFOLDED_MAX = 5;
/** Fewer repeats are shown. */
const REPEATS_MIN = 2;

/** Oldest first. */
export function Timeline({ timeline }: { timeline: readonly TimelineItem[] }) {
  if (timeline.length === 0)
    return <p class="empty">All entries of this alert are older than RETENTION and were deleted.</p>;
  const runs = runsOf(timeline);
  const rest = runs.slice(UNFOLDED_MAX);
  return (
    <>
      <ol class="timeline">
        {runs.slice(0, UNFOLDED_MAX).map((run) => (
          <Run run={run} />
        ))}
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{numberText(rest.flat().length)} more</summary>
          <ol class="timeline">
            {rest.map((run) => (
              <Run run={run} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

/** Items that follow each other and repeat the first of them. */
function runsOf(timeline: readonly TimelineItem[]): readonly (readonly TimelineItem[])[] {
  const runs: TimelineItem[][] = [];
  let last: string | null = null;
  for (const item of timeline) {
    const kind = kindOf(item);
    const isNotified = item.decisions?.some(({ notify }) => notify) ?? false;
    if (kind !== null && kind === last && !isNotified) runs.at(-1)?.push(item);
    else runs.push([item]);
    last = kind;
  }
  return runs.flatMap((run) => (run.length > REPEATS_MIN ? [run] : run.map((item) => [item])));
}

/** Null: it repeats nothing. */
function kindOf({ entry, part, number }: TimelineItem): string | null {
  if (entry === null || number !== null) return null;
  return JSON.stringify([part, entry.action, entry.actor.id, entry.actor.name, entry.clientIp]);
}

/** `12 more vm.deleted in 4 seconds`, below the first. */
function Run({ run: [first, ...repeats] }: { run: readonly TimelineItem[] }) {
  if (first === undefined) return null;
  if (repeats.length === 0) return <Item item={first} />;
  const length = lengthInWords((repeats.at(-1)?.at ?? first.at) - first.at);
  return (
    <>
      <Item item={first} />
      <li class="repeats">
        <details>
          <summary>
            {numberText(repeats.length)} more <UntrustedText text={first.entry?.action ?? ''} max={60} /> in {length}
          </summary>
          <ol class="timeline">
            {repeats.map((item) => (
              <Item item={item} />
            ))}
          </ol>
        </details>
      </li>
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
