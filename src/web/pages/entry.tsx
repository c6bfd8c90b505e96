/**
 * An entry: every field with what matched marked in it, which rules matched and why, its alerts, what the same actor
 * did around it, and its JSON to copy.
 */

import { alertPath, PASS_PARAM } from '../../access/link.ts';
import { decisionWording } from '../../alert/decision-wording.ts';
import type { EntryBody } from '../../audit-log/entry.ts';
import type { ActorActivity, EntryDetails, EntrySummary } from '../../ledger/rpc.ts';
import type { Evidence } from '../../sigma/index.ts';
import type { Caller } from '../context.ts';
import { Card, Level, lengthInWords, When } from './parts/elements.tsx';
import { EntryTable, EvidenceWords, Marked } from './parts/entry-text.tsx';
import { evidenceFor, fieldsOf } from './parts/fields.ts';
import { prettyJson } from './parts/json-text.ts';
import { page } from './parts/shell.tsx';
import { Code, UntrustedText } from './parts/untrusted-text.tsx';

/** A longer value is folded, and shown whole when it is opened. */
const FOLDED = 2_000;
/** More than this of a value makes a page nobody can open. */
const MOST = 200_000;
/** What the ledger keeps of an entry has 64 KB, and each of its characters may be written as six. */
const MOST_JSON = 400_000;

export interface EntryOptions {
  readonly caller: Caller;
  readonly found: EntryDetails;
  /** It came from the upstream: the ledger has not recorded it, or has it no more. */
  readonly unrecorded?: boolean;
}

/** The whole document. */
export function entryPage({ caller, found, unrecorded = false }: EntryOptions): string {
  const { entry, text, cut } = found;
  const pass = caller.kind === 'link' ? caller.pass : null;
  const evidence = [...found.rules, ...found.parts].flatMap((of) => of.evidence);
  return page({
    title: entry.action ?? 'Entry',
    caller,
    children: (
      <>
        <header class="head">
          <p class="over">
            Entry <Code text={entry.id} /> <CopyButton of="entry-json" name="Copy JSON" />
          </p>
          <h1>{entry.action === null ? 'Entry without an action' : <UntrustedText text={entry.action} max={200} />}</h1>
          <p class="lead">
            <When at={entry.createdAt} /> by{' '}
            <UntrustedText text={entry.actor.name ?? entry.actor.id ?? 'nobody'} max={120} />
            {entry.clientIp !== null && (
              <>
                {' from '}
                <Code text={entry.clientIp} max={80} />
              </>
            )}
          </p>
          <nav class="jumps" aria-label="On this page">
            <a href="#fields">Fields</a>
            {!unrecorded && <a href="#story">What else the actor did</a>}
            <a href="#json">JSON</a>
          </nav>
        </header>
        {unrecorded && (
          <p class="note">
            The ledger does not have this entry: it is older than what was read, was thrown out with age, or has not
            come yet. What stands here was asked of the upstream just now.
          </p>
        )}
        {cut && (
          <p class="note">
            It is larger than what is kept: long strings in it are cut, with their lengths noted.{' '}
            <a href={wholePath(entry.id, pass)}>The whole of it, from the upstream</a>
          </p>
        )}
        {!unrecorded && <Why found={found} caller={caller} />}
        <Card title="Fields" id="fields">
          <FieldTable body={bodyOf(text)} evidence={evidence} />
        </Card>
        {!unrecorded && <ActorActivityCard actorActivity={found.actorActivity} entry={entry} pass={pass} />}
        <Card title="JSON" id="json" aside={<CopyButton of="entry-json" name="Copy" />}>
          <Json text={text} whole={wholePath(entry.id, pass)} />
        </Card>
      </>
    ),
  });
}

/** Where the lookup answers with all of it, as JSON. */
function wholePath(id: string, pass: string | null): string {
  return `/v1/audit_logs/${encodeURIComponent(id)}${pass === null ? '' : `?${PASS_PARAM}=${pass}`}`;
}

/** Shown by the script only; without it the JSON can be selected. */
function CopyButton({ of, name }: { of: string; name: string }) {
  return (
    <button type="button" class="copy" data-copies={of} hidden>
      {name}
    </button>
  );
}

function Why({ found, caller }: { found: EntryDetails; caller: Caller }) {
  const { rules, parts, rulesChanged } = found;
  const pass = caller.kind === 'link' ? caller.pass : null;
  return (
    <Card title="Why it matters">
      {rules.length === 0 && parts.length === 0 && <p class="empty">No rule matches it, and no alert counts it.</p>}
      {parts.length > 0 && (
        <>
          <h3>Its alerts</h3>
          <ul class="reasons">
            {parts.map(({ alert, part, decision }) => (
              <li>
                <p>
                  <Level level={alert.level} />{' '}
                  <a href={alertPath(alert.id, pass)}>
                    <UntrustedText text={alert.title} max={120} />
                  </a>{' '}
                  <span class="quiet">
                    Alert {alert.id}, {alert.state}
                  </span>
                </p>
                <p class="quiet">
                  {part === 'matched' ? 'Matched' : 'Contributed to a correlation'}
                  {decision !== null && <UntrustedText text={`. ${decisionWording(decision)}`} max={300} />}
                </p>
              </li>
            ))}
          </ul>
        </>
      )}
      {rules.length > 0 && (
        <>
          <h3>The rules that match it{rulesChanged && ', as they are now'}</h3>
          {rulesChanged && <p class="quiet">The rules have changed since it was evaluated.</p>}
          <ul class="reasons">
            {rules.map((rule) => (
              <li>
                <p>
                  <Level level={rule.level} />{' '}
                  {caller.kind === 'link' ? (
                    <UntrustedText text={rule.title} max={120} />
                  ) : (
                    <a href={`/rules/${encodeURIComponent(rule.id)}`}>
                      <UntrustedText text={rule.title} max={120} />
                    </a>
                  )}
                </p>
                <ul class="evidence" aria-label="Because">
                  {rule.evidence.map((of) => (
                    <li>
                      <EvidenceWords evidence={of} />
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

/** The fields of its JSON; none where it is not an object. */
function bodyOf(text: string): EntryBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as EntryBody) : {};
  } catch {
    return {};
  }
}

function FieldTable({ body, evidence }: { body: EntryBody; evidence: readonly Evidence[] }) {
  const { fields, more } = fieldsOf(body);
  return (
    <>
      <table class="fields">
        <caption class="unsighted">Every field of the entry</caption>
        <colgroup>
          <col />
          <col />
        </colgroup>
        <thead class="unsighted">
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => {
            const found = evidenceFor(field, evidence);
            return (
              <tr class={found.length > 0 ? 'matched' : undefined}>
                <th scope="row">
                  <Code text={field.path} max={200} />
                </th>
                <td>
                  {found.length > 0 ? (
                    <Marked evidence={found}>
                      <Value text={field.text} kind={field.kind} />
                    </Marked>
                  ) : (
                    <Value text={field.text} kind={field.kind} />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {more && <p class="quiet">There are more: the JSON below has them all.</p>}
    </>
  );
}

function Value({ text, kind }: { text: string; kind: 'text' | 'other' }) {
  if (kind === 'other' && text.length <= FOLDED) {
    return (
      <code class="other">
        <UntrustedText text={text} />
      </code>
    );
  }
  if (text.length <= FOLDED) return <UntrustedText text={text} />;
  return (
    <details>
      <summary>
        <UntrustedText text={text} max={120} /> <span class="quiet">({text.length} characters)</span>
      </summary>
      <p class="whole">
        <UntrustedText text={text} max={MOST} />
      </p>
    </details>
  );
}

function ActorActivityCard({
  actorActivity,
  entry,
  pass,
}: {
  actorActivity: ActorActivity;
  entry: EntrySummary;
  pass: string | null;
}) {
  const around = [...actorActivity.before, entry, ...actorActivity.after].sort(
    (a, b) => a.createdAt - b.createdAt || a.seq - b.seq,
  );
  const within = lengthInWords(actorActivity.withinMs);
  return (
    <Card title="The same actor, before and after" id="story">
      {actorActivity.actor === null ? (
        <p class="empty">The entry names no actor, so there is no story to tell.</p>
      ) : (
        <>
          <p>
            What <Code text={actorActivity.actor} max={120} /> did within {within} of it, in the order of time.
          </p>
          {actorActivity.moreBefore && <p class="quiet">… and more before these</p>}
          <EntryTable
            caption="What the same actor did around this entry"
            entries={around}
            pass={pass}
            open={actorActivity.open}
            here={entry.id}
          />
          {actorActivity.moreAfter && <p class="quiet">… and more after these</p>}
          {around.length === 1 && <p class="empty">Nothing else was recorded of this actor within {within}.</p>}
          {pass !== null && actorActivity.open.length < around.length - 1 && (
            <p class="quiet">
              Your link opens the entries of its own alert. <a href="/sign-in">Sign in</a> to open the others.
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function Json({ text, whole }: { text: string; whole: string }) {
  const pretty = prettyJson(text);
  if (pretty.length > MOST_JSON) {
    return (
      <p>
        It is too long for a page. <a href={whole}>The whole of it, as JSON</a>
      </p>
    );
  }
  return (
    <section class="code" tabindex={0} aria-label="The entry’s JSON">
      <pre>
        <code id="entry-json">{pretty}</code>
      </pre>
    </section>
  );
}
