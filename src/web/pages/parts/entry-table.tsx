/** Entries as a table, one row each. Pure. */

import { entryPath } from '../../../access/link.ts';
import type { EntrySummary } from '../../../ledger/rpc.ts';
import { When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

interface EntryTableProps {
  readonly caption: string;
  readonly entries: readonly EntrySummary[];
  /** The ids the caller has access to; null: all. */
  readonly open?: readonly string[] | null;
  /** The entry whose page this is. */
  readonly here?: string;
}

/** The entries in the order given. */
export function EntryTable({ caption, entries, open = null, here }: EntryTableProps) {
  return (
    <div class="wide">
      <table class="cards">
        <caption class="unsighted">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => {
            const isHere = entry.id === here;
            const isOpen = !isHere && (open === null || open.includes(entry.id));
            return <Row entry={entry} isHere={isHere} path={isOpen ? entryPath(entry.id) : null} />;
          })}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly entry: EntrySummary;
  readonly isHere: boolean;
  /** Where the row leads; null: nowhere. */
  readonly path: string | null;
}

function Row({ entry, isHere, path }: RowProps) {
  const { action, actor, clientIp, statusCode } = entry;
  const what = action === null ? <span class="none">–</span> : <UntrustedText text={action} max={80} />;
  const sub = entry.path ?? entry.target.id;
  return (
    <tr class={isHere ? 'here' : undefined} aria-current={isHere ? 'true' : undefined}>
      <td data-label="When">
        <When at={entry.createdAt} />
      </td>
      <th scope="row" data-label="What">
        {path === null ? what : <a href={path}>{what}</a>}
        {isHere && <span class="quiet"> (this entry)</span>}
        {sub !== null && (
          <span class="sub">
            <UntrustedText text={sub} max={72} />
          </span>
        )}
      </th>
      <td data-label="Who">
        <UntrustedText text={actor.name ?? actor.id ?? 'unauthenticated caller'} max={48} />
      </td>
      <td data-label="From" class="tight">
        {clientIp === null ? '–' : <UntrustedText text={clientIp} max={48} />}
      </td>
      <td data-label="Status" class="tight">
        {statusCode === null ? '–' : <UntrustedText text={statusCode} max={12} />}
      </td>
    </tr>
  );
}
