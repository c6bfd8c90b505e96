/**
 * The pages of the quarantine: the list, and a record with its reason and its text. Pure.
 *
 * Contract: they change nothing. Only an operator releases and drops, so each page shows the commands.
 */

import { entryPath } from '../../access/link.ts';
import type { QuarantineCursor, QuarantinedDetails, QuarantinedSummary, QuarantineList } from '../../ledger/rpc.ts';
import { parseJson } from '../../text/json.ts';
import type { Caller } from '../context.ts';
import { cursorText, QUARANTINE_PAGE, quarantinedPath } from '../quarantine-path.ts';
import { Card, When } from './parts/elements.tsx';
import { prettyJson } from './parts/json-text.ts';
import { page } from './parts/shell.tsx';
import { Code, UntrustedText } from './parts/untrusted-text.tsx';

const ID_CHARS = 60;
const REASON_CHARS = 160;
/** Digits of a key's hash that commands need to find the record. */
const KEY_CHARS = 20;

interface QuarantineOptions {
  readonly caller: Caller;
  readonly list: QuarantineList;
  /** Null: the first page. */
  readonly before: QuarantineCursor | null;
}

/** The list, as a whole document. */
export function quarantinePage({ caller, list: { records, next }, before }: QuarantineOptions): string {
  return page({
    title: 'Quarantine',
    caller,
    children: (
      <>
        <h1>Quarantine</h1>
        <p class="lead">
          Records of the audit log that could not be read, or that crashed the ledger. They are not evaluated, and
          nobody is alerted of what is in them. They are deleted after RETENTION.
        </p>
        <section class="card" aria-label="Records in quarantine">
          {records.length === 0 ? (
            <p class="empty">{before === null ? 'Nothing is in quarantine.' : 'Nothing older is in quarantine.'}</p>
          ) : (
            <Records records={records} />
          )}
          <p class="pager">
            {before !== null && <a href={QUARANTINE_PAGE}>Newest</a>}
            {next !== null && (
              <a rel="next" href={`${QUARANTINE_PAGE}?before=${cursorText(next)}`}>
                Older
              </a>
            )}
          </p>
        </section>
        {records.length > 0 && <Commands name="ID" />}
      </>
    ),
  });
}

function Records({ records }: { records: readonly QuarantinedSummary[] }) {
  return (
    <div class="wide">
      <table class="cards">
        <caption class="unsighted">Records in quarantine, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Record</th>
            <th scope="col">Reason</th>
            <th scope="col">Quarantined</th>
          </tr>
        </thead>
        <tbody>
          {records.map(({ key, id, problem, firstAt, isRecorded }) => (
            <tr>
              <th scope="row" data-label="Record">
                <a href={quarantinedPath(key)}>
                  {id === null ? <Code text={key} max={KEY_CHARS} /> : <Code text={id} max={ID_CHARS} />}
                </a>
                {isRecorded && <span class="sub">recorded since</span>}
              </th>
              <td data-label="Reason">
                <UntrustedText text={problem} max={REASON_CHARS} />
              </td>
              <td data-label="Quarantined">
                <When at={firstAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One record, as a whole document. */
export function quarantinedPage(caller: Caller, record: QuarantinedDetails): string {
  const { key, id, problem, firstAt, isCut, isRecorded, text } = record;
  return page({
    title: 'Quarantined record',
    caller,
    children: (
      <>
        <header class="head">
          <p class="over">
            <a href={QUARANTINE_PAGE}>Quarantine</a>
          </p>
          <h1>{id === null ? 'Record without an ID' : <UntrustedText text={id} max={ID_CHARS} />}</h1>
          <p class="lead">
            Quarantined <When at={firstAt} />
          </p>
        </header>
        <p class="note">
          <strong>Reason:</strong> <UntrustedText text={problem} max={500} />
        </p>
        {isRecorded && (
          <p class="note">
            An entry with this ID is recorded. {id !== null && <a href={entryPath(id)}>Show the entry</a>}
          </p>
        )}
        <Card title="Record">
          {isCut && (
            <p class="note">Not all of it is kept. It is asked for again from the upstream when it is released.</p>
          )}
          <section class="code" tabindex={0} aria-label="Text of the record">
            <pre>
              <code>{parseJson(text) === undefined ? <UntrustedText text={text} /> : prettyJson(text)}</code>
            </pre>
          </section>
          <p class="quiet">
            Key: <Code text={key} />
          </p>
        </Card>
        <Commands name={key.slice(0, KEY_CHARS)} />
      </>
    ),
  });
}

function Commands({ name }: { name: string }) {
  return (
    <Card title="What to do">
      <ul>
        <li>
          Record it and evaluate it: <code>{`npm run tocsin -- quarantine release ${name}`}</code>
        </li>
        <li>
          Give it up: <code>{`npm run tocsin -- quarantine drop ${name}`}</code>
        </li>
      </ul>
      <p class="quiet">An operator runs these, where LINK_SECRET is set.</p>
    </Card>
  );
}
