/**
 * An entry in a few lines: what was done to what, by whom, from where, by which request. What made a rule match is
 * marked. All of it is untrusted text. Pure.
 */
import type { Child } from 'hono/jsx';
import type { EntryView } from '../../../alert/notification.ts';
import type { Evidence } from '../../../sigma/index.ts';
import { evidenceFor } from './fields.ts';
import { UntrustedText } from './untrusted-text.tsx';

/** Longer values are cut in lists; the entry's page has them whole. */
const VALUE_CHARS = 160;
const NAME_CHARS = 80;

interface EntryTextProps {
  readonly entry: EntryView;
  readonly evidence: readonly Evidence[];
}

/** Three lines: the action and its target; the actor and the address; the request. Then the rest of the evidence. */
export function EntryText({ entry, evidence }: EntryTextProps) {
  const { action, actor, target, clientIp, method, path, statusCode } = entry;
  const part = (field: string, text: string | null, max = VALUE_CHARS) =>
    text === null ? null : <FieldText field={field} text={text} evidence={evidence} max={max} />;
  return (
    <div class="words">
      <p class="what">
        <strong>{part('action', action) ?? <span class="none">–</span>}</strong>
        {(target.type !== null || target.id !== null) && (
          <>
            {' on '}
            {part('target.type', target.type, NAME_CHARS)} <code>{part('target.id', target.id)}</code>
          </>
        )}
      </p>
      <p>
        {actor.name === null && actor.id === null ? <span class="none">unauthenticated</span> : 'by '}
        {part('actor.name', actor.name, NAME_CHARS)}{' '}
        {actor.id !== null && (
          <>
            {part('actor.type', actor.type, NAME_CHARS)} <code>{part('actor.id', actor.id)}</code>
          </>
        )}
        {clientIp !== null && (
          <>
            {' from '}
            <code>{part('client_ip', clientIp, NAME_CHARS)}</code>
          </>
        )}
      </p>
      {(path !== null || method !== null || statusCode !== null) && (
        <p class="request">
          <code>
            {part('method', method, NAME_CHARS)} {part('path', path)}
          </code>
          {statusCode !== null && <> → {part('status_code', statusCode, NAME_CHARS)}</>}
        </p>
      )}
      <OtherEvidence entry={entry} evidence={evidence} />
    </div>
  );
}

interface FieldTextProps {
  readonly field: string;
  readonly text: string;
  readonly evidence: readonly Evidence[];
  readonly max: number;
}

function FieldText({ field, text, evidence, max }: FieldTextProps) {
  const found = evidenceFor({ path: field, text, kind: 'text' }, evidence);
  const shown = <UntrustedText text={text} max={max} />;
  return found.length === 0 ? shown : <Marked evidence={found}>{shown}</Marked>;
}

/** Marks what matched. The names of the selections are in the title, and screen readers read that it matched. */
export function Marked({ evidence, children }: { evidence: readonly Evidence[]; children?: Child }) {
  const selections = [...new Set(evidence.map(({ selection }) => selection))].join(', ');
  return (
    <mark title={`matched: ${selections}`}>
      <span class="unsighted">matched: </span>
      {children}
    </mark>
  );
}

/** The fields that `EntryText` shows. */
const FIELDS: readonly string[] = [
  'action',
  'actor.id',
  'actor.name',
  'actor.type',
  'target.id',
  'target.type',
  'client_ip',
  'method',
  'path',
  'status_code',
];

function OtherEvidence({ entry, evidence }: EntryTextProps) {
  const rest = evidence.filter(({ field }) => field === null || !FIELDS.includes(field));
  if (rest.length === 0) return null;
  return (
    <ul class="evidence" aria-label={`Other evidence in entry ${entry.id.slice(0, 36)}`}>
      {rest.map((of) => (
        <li>
          <EvidenceText evidence={of} />
        </li>
      ))}
    </ul>
  );
}

/** One piece of evidence: `path = /v1/api_keys (selection)`. */
export function EvidenceText({ evidence: { selection, field, value } }: { evidence: Evidence }) {
  return (
    <>
      <code>{field === null ? 'any field' : <UntrustedText text={field} max={NAME_CHARS} />}</code> ={' '}
      <mark>
        <UntrustedText text={value} max={VALUE_CHARS} />
      </mark>{' '}
      <span class="quiet">
        (<UntrustedText text={selection} max={NAME_CHARS} />)
      </span>
    </>
  );
}
