/**
 * An alert: what happened, how bad, who did it, what to do; then the entries with what matched marked in them, and what
 * was sent to whom, and what was held back and why.
 */

import { entryPath } from '../../access/link.ts';
import { closingWording, decisionWording } from '../../alert/decision-wording.ts';
import type { AlertDetails, DeliverySummary } from '../../ledger/rpc.ts';
import type { Rule } from '../../sigma/index.ts';
import { counted, numberText } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { KeyParts } from './parts/alert-table.tsx';
import { Card, Level, lengthInWords, When } from './parts/elements.tsx';
import { EntryWords, EvidenceWords } from './parts/entry-text.tsx';
import { page } from './parts/shell.tsx';
import { Code, UntrustedText } from './parts/untrusted-text.tsx';
import { stateInWords, whatInWords } from './parts/wording.ts';

export interface AlertOptions {
  readonly caller: Caller;
  readonly found: AlertDetails;
  /** Its rule as it is now; null where there is none any more. */
  readonly rule: Rule | null;
  /** Wall clock, ms. */
  readonly now: number;
}

type Moment = AlertDetails['timeline'][number];

const PROSE = 4_000;
/** So many are shown at once; the rest is folded away. */
const SHOWN = 20;

/** The whole document. */
export function alertPage({ caller, found, rule, now }: AlertOptions): string {
  const { alert, timeline, deliveries } = found;
  const pass = caller.kind === 'link' ? caller.pass : null;
  return page({
    title: alert.title,
    caller,
    at: 'alerts',
    children: (
      <>
        <header class="head">
          <p class="over">
            <Level level={alert.level} /> <span class={`state-${alert.state}`}>{alert.state}</span> Alert {alert.id}
            {alert.backfilled && ' · history: nobody was told'}
          </p>
          <h1>
            <UntrustedText text={alert.title} />
          </h1>
          {rule?.description != null && (
            <p class="lead">
              <UntrustedText text={rule.description} max={PROSE} />
            </p>
          )}
        </header>
        <Facts found={found} rule={rule} caller={caller} now={now} />
        {rule !== null && <WhatToDo rule={rule} />}
        <Card title="Timeline" aside={<span class="quiet">{counted(alert.count, 'match', 'matches')}</span>}>
          <Timeline timeline={timeline} pass={pass} />
          {found.more > 0 && (
            <p class="quiet">{counted(found.more, 'more match was', 'more matches were')} counted, and not kept.</p>
          )}
        </Card>
        <Card title="What was said">
          <Deliveries deliveries={deliveries} />
          {found.closing !== null && (
            <p>
              At the end of its period: <UntrustedText text={closingWording(found.closing)} max={PROSE} />
            </p>
          )}
        </Card>
      </>
    ),
  });
}

function Facts({ found, rule, caller, now }: AlertOptions) {
  const { alert } = found;
  const ends = alert.begins + alert.periodMs;
  const once = alert.lastAt === alert.begins;
  const pass = caller.kind === 'link' ? caller.pass : null;
  const shown = found.timeline.findLast(({ entry, part }) => entry !== null && part === 'matched')?.entry?.id ?? null;
  return (
    <dl class="figures card">
      <div class="broad">
        <dt>Who</dt>
        <dd>
          <Actors timeline={found.timeline} />
          <KeyParts parts={alert.key} class="sub" max={120} />
          {shown !== null && (
            <span class="sub">
              <a href={`${entryPath(shown, pass)}#story`}>What else they did</a>
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>From</dt>
        <dd>
          <Addresses timeline={found.timeline} />
        </dd>
      </div>
      <div>
        <dt>How often</dt>
        <dd>{counted(alert.count, 'match', 'matches')}</dd>
      </div>
      <div>
        <dt>{once ? 'When' : 'First'}</dt>
        <dd>
          <When at={alert.begins} />
          <span class="sub">{ago(now - alert.begins)}</span>
        </dd>
      </div>
      {!once && (
        <div>
          <dt>Last</dt>
          <dd>
            <When at={alert.lastAt} />
            <span class="sub">{ago(now - alert.lastAt)}</span>
          </dd>
        </div>
      )}
      <div>
        <dt>Period</dt>
        <dd>
          {lengthInWords(alert.periodMs)}
          <span class="sub">
            {alert.state === 'open' ? 'until ' : 'ended '}
            <When at={ends} />
          </span>
        </dd>
      </div>
      <div>
        <dt>Rule</dt>
        <dd>
          {caller.kind === 'link' ? (
            <UntrustedText text={rule?.title ?? alert.title} />
          ) : (
            <a href={`/rules/${encodeURIComponent(alert.rule)}`}>
              <UntrustedText text={rule?.title ?? alert.rule} max={120} />
            </a>
          )}
          {rule === null && <span class="sub">it is no longer among the rules</span>}
        </dd>
      </div>
    </dl>
  );
}

/** The names in the timeline, each once; `NAMES` of them at most. */
const NAMES = 3;

function Actors({ timeline }: { timeline: AlertDetails['timeline'] }) {
  const names = new Set(timeline.flatMap(({ entry }) => entry?.actor.name ?? []));
  return <Several of={[...names]} none="(no name)" code={false} />;
}

function Addresses({ timeline }: { timeline: AlertDetails['timeline'] }) {
  const addresses = new Set(timeline.flatMap(({ entry }) => entry?.clientIp ?? []));
  return <Several of={[...addresses]} none="(no address)" code />;
}

function Several({ of, none, code }: { of: readonly string[]; none: string; code: boolean }) {
  if (of.length === 0) return <span class="none">{none}</span>;
  return (
    <>
      {of.slice(0, NAMES).map((text) => (
        <span class="line">{code ? <Code text={text} max={80} /> : <UntrustedText text={text} max={80} />}</span>
      ))}
      {of.length > NAMES && <span class="sub">and {numberText(of.length - NAMES)} more</span>}
    </>
  );
}

function ago(ms: number): string {
  return ms >= 0 ? `${lengthInWords(ms)} ago` : `${lengthInWords(-ms)} ahead of now`;
}

function WhatToDo({ rule }: { rule: Rule }) {
  const { runbook } = rule.tocsin;
  if (runbook === null && rule.falsepositives.length === 0) return null;
  return (
    <Card title="What to do">
      {runbook !== null && (
        <p class="prose">
          <UntrustedText text={runbook} max={PROSE} />
        </p>
      )}
      {rule.falsepositives.length > 0 && (
        <>
          <h3>Harmless if it is</h3>
          <ul>
            {rule.falsepositives.map((of) => (
              <li>
                <UntrustedText text={of} max={PROSE} />
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Timeline({ timeline, pass }: { timeline: AlertDetails['timeline']; pass: string | null }) {
  if (timeline.length === 0) return <p class="empty">None of its entries is kept any more.</p>;
  const rest = timeline.slice(SHOWN);
  return (
    <>
      <ol class="timeline">
        {timeline.slice(0, SHOWN).map((moment) => (
          <MomentItem moment={moment} pass={pass} />
        ))}
      </ol>
      {rest.length > 0 && (
        <details>
          <summary>{numberText(rest.length)} more</summary>
          <ol class="timeline" start={SHOWN + 1}>
            {rest.map((moment) => (
              <MomentItem moment={moment} pass={pass} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

const PARTS = { matched: 'matched', contributing: 'contributing' } as const;

function MomentItem({ moment, pass }: { moment: Moment; pass: string | null }) {
  const { entry, evidence, part } = moment;
  return (
    <li class={part}>
      <p class="moment">
        <When at={moment.at} /> <span class={`part ${part}`}>{PARTS[part]}</span>
        {entry !== null && (
          <a href={entryPath(entry.id, pass)}>
            Entry{' '}
            <code>
              <UntrustedText text={entry.id} max={40} />
            </code>
          </a>
        )}
      </p>
      {entry === null ? (
        <>
          <p class="none">The entry is older than retention, and gone. What matched was:</p>
          <ul class="evidence">
            {evidence.map((of) => (
              <li>
                <EvidenceWords evidence={of} />
              </li>
            ))}
          </ul>
        </>
      ) : (
        <EntryWords entry={entry} evidence={evidence} />
      )}
      {moment.number !== null && (
        <p>
          Completed <UntrustedText text={moment.number} max={300} />
        </p>
      )}
      {moment.decision !== null && (
        <p class="quiet">
          <UntrustedText text={decisionWording(moment.decision)} max={300} />
        </p>
      )}
    </li>
  );
}

function Deliveries({ deliveries }: { deliveries: readonly DeliverySummary[] }) {
  if (deliveries.length === 0) {
    return <p class="empty">Nothing was sent to anybody. The timeline says why, match by match.</p>;
  }
  return (
    <section class="wide" tabindex={0} aria-label="What was sent to whom">
      <table class="cards">
        <caption class="unsighted">What was sent to whom, and what was held back</caption>
        <thead>
          <tr>
            <th scope="col">To</th>
            <th scope="col">What</th>
            <th scope="col">State</th>
            <th scope="col">When</th>
            <th scope="col">Attempts</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <tr>
              <th scope="row" data-label="To">
                <UntrustedText text={delivery.receiver} max={80} />
              </th>
              <td data-label="What">
                <UntrustedText text={whatInWords(delivery.what)} max={80} />
              </td>
              <td data-label="State">
                <span class={`delivery ${delivery.state}`}>{stateInWords(delivery.state)}</span>
                {delivery.reason !== null && (
                  <span class="sub">
                    <UntrustedText text={delivery.reason} max={400} />
                  </span>
                )}
                {delivery.state === 'pending' && (
                  <span class="sub">
                    next attempt <When at={delivery.dueAt} />
                  </span>
                )}
              </td>
              <td data-label="When">
                <When at={delivery.settledAt ?? delivery.queuedAt} />
              </td>
              <td data-label="Attempts" class="number">
                {delivery.state === 'suppressed' ? '–' : numberText(delivery.attempts)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
