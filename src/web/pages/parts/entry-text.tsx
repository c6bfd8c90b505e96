/**
 * An entry as one reads it: what was done to what, by whom, from where, by which request, and how it ended; what made
 * a rule match is marked where it stands. Every word of it may be an attacker's.
 */

import type { Child } from 'hono/jsx';
import { entryPath } from '../../../access/link.ts';
import type { EntryView } from '../../../alert/notification.ts';
import type { EntrySummary } from '../../../ledger/rpc.ts';
import type { Evidence } from '../../../sigma/index.ts';
import { When } from './elements.tsx';
import { evidenceFor } from './fields.ts';
import { UntrustedText } from './untrusted-text.tsx';

/** In lists a long value says no more than its beginning; the entry's page has it whole. */
const VALUE = 160;
const NAME = 80;

interface EntryWordsProps {
  readonly entry: EntryView;
  readonly evidence?: readonly Evidence[];
}

/** Three lines: what; who and from where; the request. */
export function EntryWords({ entry, evidence = [] }: EntryWordsProps) {
  const { actor, target } = entry;
  const part = (field: string, text: string | null, max = VALUE) =>
    text === null ? null : <Part field={field} text={text} evidence={evidence} max={max} />;
  return (
    <div class="words">
      <p class="what">
        <strong>{part('action', entry.action) ?? <None of="action" />}</strong>
        {(target.type !== null || target.id !== null) && (
          <>
            {' on '}
            {part('target.type', target.type, NAME)} <code>{part('target.id', target.id)}</code>
          </>
        )}
      </p>
      <p>
        {'by '}
        {part('actor.name', actor.name, NAME) ?? (actor.id === null ? <None of="actor" /> : null)}{' '}
        {actor.id !== null && (
          <>
            {part('actor.type', actor.type, NAME)} <code>{part('actor.id', actor.id)}</code>
          </>
        )}
        {entry.clientIp !== null && (
          <>
            {' from '}
            <code>{part('client_ip', entry.clientIp, NAME)}</code>
          </>
        )}
      </p>
      {(entry.path !== null || entry.method !== null || entry.statusCode !== null) && (
        <p class="request">
          <code>
            {part('method', entry.method, NAME)} {part('path', entry.path)}
          </code>
          {entry.statusCode !== null && <> → {part('status_code', entry.statusCode, NAME)}</>}
        </p>
      )}
      <Elsewhere entry={entry} evidence={evidence} />
    </div>
  );
}

function None({ of }: { of: string }) {
  return <span class="none">(no {of})</span>;
}

function Part({
  field,
  text,
  evidence,
  max,
}: {
  field: string;
  text: string;
  evidence: readonly Evidence[];
  max: number;
}) {
  const found = evidenceFor({ path: field, text, kind: 'text' }, evidence);
  const shown = <UntrustedText text={text} max={max} />;
  return found.length === 0 ? shown : <Marked evidence={found}>{shown}</Marked>;
}

/** What matched, marked; which selection it was is told to those who can't see the mark, and to those who point at it. */
export function Marked({ evidence, children }: { evidence: readonly Evidence[]; children?: Child }) {
  const selections = [...new Set(evidence.map(({ selection }) => selection))].join(', ');
  return (
    <mark title={`matched: ${selections}`}>
      <span class="unsighted">matched: </span>
      {children}
    </mark>
  );
}

const SHOWN = [
  'action',
  'actor.id',
  'actor.name',
  'actor.type',
  'target.id',
  'target.type',
  'client_ip',
  'method',
  'path',
];
const SHOWN_TOO = ['status_code'];

/** Evidence of fields that the three lines do not show. */
function Elsewhere({ entry, evidence }: { entry: EntryView; evidence: readonly Evidence[] }) {
  const rest = evidence.filter(({ field }) => field === null || ![...SHOWN, ...SHOWN_TOO].includes(field));
  if (rest.length === 0) return null;
  return (
    <ul class="evidence" aria-label={`More of what matched in entry ${entry.id.slice(0, 36)}`}>
      {rest.map((of) => (
        <li>
          <EvidenceWords evidence={of} />
        </li>
      ))}
    </ul>
  );
}

/** One piece of evidence by itself: `path = /v1/api_keys (selection)`. */
export function EvidenceWords({ evidence: { selection, field, value } }: { evidence: Evidence }) {
  return (
    <>
      <code>{field === null ? 'any field' : <UntrustedText text={field} max={NAME} />}</code> ={' '}
      <mark>
        <UntrustedText text={value} max={VALUE} />
      </mark>{' '}
      <span class="quiet">
        (<UntrustedText text={selection} max={NAME} />)
      </span>
    </>
  );
}

interface EntryTableProps {
  readonly caption: string;
  readonly entries: readonly EntrySummary[];
  readonly pass: string | null;
  /** Ids that may be followed; null: all. */
  readonly open?: readonly string[] | null;
  /** The entry whose page it is. */
  readonly here?: string;
}

/** Entries, a row each. */
export function EntryTable({ caption, entries, pass, open = null, here }: EntryTableProps) {
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
            const words =
              entry.action === null ? <None of="action" /> : <UntrustedText text={entry.action} max={NAME} />;
            const follow = entry.id !== here && (open === null || open.includes(entry.id));
            const sub = entry.path ?? entry.target.id;
            return (
              <tr class={entry.id === here ? 'here' : undefined} aria-current={entry.id === here ? 'true' : undefined}>
                <td data-label="When">
                  <When at={entry.createdAt} />
                </td>
                <th scope="row" data-label="What">
                  {follow ? <a href={entryPath(entry.id, pass)}>{words}</a> : words}
                  {entry.id === here && <span class="quiet"> (this entry)</span>}
                  {sub !== null && (
                    <span class="sub">
                      <UntrustedText text={sub} max={72} />
                    </span>
                  )}
                </th>
                <td data-label="Who">
                  <UntrustedText text={entry.actor.name ?? entry.actor.id ?? '(nobody)'} max={48} />
                </td>
                <td data-label="From" class="tight">
                  {entry.clientIp === null ? '–' : <UntrustedText text={entry.clientIp} max={48} />}
                </td>
                <td data-label="Status" class="tight">
                  {entry.statusCode === null ? '–' : <UntrustedText text={entry.statusCode} max={12} />}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
