/**
 * The page of an entry: its revisions, its alerts and the rules that match it, every field with what matched marked, what came
 * from the same actor and network around it, and the JSON to copy. Pure.
 */

import { ENTRY_ID } from '../../audit-log/client.ts';
import type { EntryDetails } from '../../ledger/rpc.ts';
import type { Caller } from '../context.ts';
import { ActivityCard } from './parts/activity.tsx';
import { Card, When } from './parts/elements.tsx';
import { EntryMatches } from './parts/entry-matches.tsx';
import { EntryVersions } from './parts/entry-versions.tsx';
import { FieldTable } from './parts/field-table.tsx';
import { prettyJson } from './parts/json-text.ts';
import { page } from './parts/shell.tsx';
import { Code, UntrustedText } from './parts/untrusted-text.tsx';

/** The ledger stores 64 KB of an entry, and each character may be escaped as six. */
const JSON_CHARS_MAX = 400_000;

export interface EntryOptions {
  readonly caller: Caller;
  readonly details: EntryDetails;
  /** It was read from the upstream: the ledger does not have it. */
  readonly unrecorded?: boolean;
}

/** The whole document. */
export function entryPage({ caller, details, unrecorded = false }: EntryOptions): string {
  const { entry, text, cut } = details;
  const evidence = [...details.rules, ...details.parts].flatMap((of) => of.evidence);
  const wholePath = lookupPath(entry.id);
  return page({
    title: entry.action ?? 'Entry',
    caller,
    children: (
      <>
        <Head details={details} unrecorded={unrecorded} />
        {unrecorded && (
          <p class="note">
            This entry is not in the ledger: it was created before the first read, was deleted because it is older than
            RETENTION, or has not been read yet. It was read from the upstream just now.
          </p>
        )}
        {cut && (
          <p class="note">
            This entry is too large to store whole: long strings in it are cut, with their lengths noted.{' '}
            {wholePath !== null && <a href={wholePath}>Full entry, from the upstream</a>}
          </p>
        )}
        <EntryVersions versions={details.versions} />
        {!unrecorded && <EntryMatches details={details} caller={caller} />}
        <Card title="Fields" id="fields">
          <FieldTable text={text} evidence={evidence} />
        </Card>
        {!unrecorded && (
          <ActivityCard of="actor" activity={details.actorActivity} entry={entry} isScoped={caller.kind === 'link'} />
        )}
        {details.networkActivity !== null && (
          <ActivityCard
            of="network"
            activity={details.networkActivity}
            entry={entry}
            isScoped={caller.kind === 'link'}
          />
        )}
        <Card title="JSON" id="json" aside={<CopyButton label="Copy" />}>
          <Json text={text} wholePath={wholePath} />
        </Card>
      </>
    ),
  });
}

function Head({
  details: { entry, versions, networkActivity },
  unrecorded,
}: {
  details: EntryDetails;
  unrecorded: boolean;
}) {
  const actor = entry.actor.name ?? entry.actor.id;
  return (
    <header class="head">
      <p class="over">
        Entry <Code text={entry.id} /> <CopyButton label="Copy JSON" />
      </p>
      <h1>{entry.action === null ? 'Entry without an action' : <UntrustedText text={entry.action} max={200} />}</h1>
      <p class="lead">
        <When at={entry.createdAt} /> {actor === null ? 'unauthenticated' : 'by '}
        {actor !== null && <UntrustedText text={actor} max={120} />}
        {entry.clientIp !== null && (
          <>
            {' from '}
            <Code text={entry.clientIp} max={80} />
          </>
        )}
      </p>
      <nav class="jumps" aria-label="On this page">
        {versions.length > 0 && <a href="#revisions">Revisions</a>}
        <a href="#fields">Fields</a>
        {!unrecorded && <a href="#activity">Actor activity</a>}
        {networkActivity !== null && <a href="#network">Network activity</a>}
        <a href="#json">JSON</a>
      </nav>
    </header>
  );
}

/** Where the lookup has the whole entry as JSON; null if it can't be asked for that id. */
function lookupPath(id: string): string | null {
  return ENTRY_ID.test(id) ? `/v1/audit_logs/${id}` : null;
}

/** Copies the JSON. Shown by the script only; without it the JSON can be selected. */
function CopyButton({ label }: { label: string }) {
  return (
    <button type="button" class="copy" data-copies="entry-json" hidden>
      {label}
    </button>
  );
}

function Json({ text, wholePath }: { text: string; wholePath: string | null }) {
  const pretty = prettyJson(text);
  if (pretty.length > JSON_CHARS_MAX) {
    return (
      <p>This entry is too long to show here. {wholePath !== null && <a href={wholePath}>Full entry as JSON</a>}</p>
    );
  }
  return (
    <section class="code" tabindex={0} aria-label="JSON of the entry">
      <pre>
        <code id="entry-json">{pretty}</code>
      </pre>
    </section>
  );
}
