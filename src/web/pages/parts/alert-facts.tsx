/** The facts of an alert at a glance: who, from where, how often, when, and by which rule. Pure. */

import { alertPath, entryPath, rulePath } from '../../../access/link.ts';
import { statusWording } from '../../../alert/act-wording.ts';
import type { AlertDetails, AlertHeadline, AlertSummary } from '../../../ledger/rpc.ts';
import type { Rule } from '../../../sigma/index.ts';
import { counted, numberText } from '../../../text/numbers.ts';
import type { Caller } from '../../context.ts';
import { KeyParts } from './alert-list.tsx';
import { Ago, Figure, lengthInWords, When } from './elements.tsx';
import { Code, UntrustedText } from './untrusted-text.tsx';

export interface AlertFactsProps {
  readonly caller: Caller;
  readonly details: AlertDetails;
  /** The current rule; null if it was removed or disabled. */
  readonly rule: Rule | null;
  /** Whether it is disabled. */
  readonly isDisabled: boolean;
  /** Wall clock, ms. */
  readonly now: number;
}

/** A card of figures. */
export function AlertFacts({ caller, details, rule, isDisabled, now }: AlertFactsProps) {
  const { alert, timeline } = details;
  const latest = timeline.findLast(({ entry, part }) => entry !== null && part === 'matched')?.entry ?? null;
  return (
    <dl class="figures card">
      <div class="broad">
        <dt>Who</dt>
        <dd>
          <Actors timeline={timeline} />
          <KeyParts parts={alert.key} class="sub" max={120} />
          {latest !== null && (
            <span class="sub">
              <a href={`${entryPath(latest.id)}#activity`}>What else the actor did</a>
            </span>
          )}
        </dd>
      </div>
      <Figure name="From">
        <Addresses timeline={timeline} />
      </Figure>
      <Figure name="How many">
        {counted(alert.count, 'match', 'matches')}
        {details.previous !== null && (
          <span class="sub">
            before it <PreviousAlert caller={caller} alert={details.previous} now={now} />
          </span>
        )}
      </Figure>
      <Times alert={alert} now={now} />
      <Figure name="Rule">
        {caller.kind === 'link' ? (
          <UntrustedText text={rule?.title ?? alert.title} />
        ) : (
          <a href={rulePath(alert.rule)}>
            <UntrustedText text={rule?.title ?? alert.rule} max={120} />
          </a>
        )}
        {rule === null && <span class="sub">{isDisabled ? 'disabled' : 'no longer one of the rules'}</span>}
      </Figure>
    </dl>
  );
}

/** Of the same rule and key. A link to one alert does not open another. */
function PreviousAlert({ caller, alert, now }: { caller: Caller; alert: AlertHeadline; now: number }) {
  const words = `alert ${alert.id}`;
  return (
    <>
      {caller.kind === 'link' ? words : <a href={alertPath(alert.id)}>{words}</a>},{' '}
      {counted(alert.count, 'match', 'matches')}, <Ago at={alert.lastAt} now={now} />
    </>
  );
}

function Times({ alert, now }: { alert: AlertSummary; now: number }) {
  const isSingle = alert.lastAt === alert.firstAt;
  return (
    <>
      <Figure name={isSingle ? 'When' : 'First'}>
        <When at={alert.firstAt} />
        <span class="sub">{agoText(now - alert.firstAt)}</span>
      </Figure>
      {!isSingle && (
        <Figure name="Last">
          <When at={alert.lastAt} />
          <span class="sub">{agoText(now - alert.lastAt)}</span>
        </Figure>
      )}
      <Figure name="Status">
        <UntrustedText text={statusWording(alert)} max={200} />
        {alert.assignee !== null && (
          <span class="sub">
            assigned to <UntrustedText text={alert.assignee} max={80} />
          </span>
        )}
      </Figure>
    </>
  );
}

type Timeline = AlertDetails['timeline'];

/** More names or addresses than this are only counted. */
const VALUES_MAX = 3;

function Actors({ timeline }: { timeline: Timeline }) {
  const actors = timeline.flatMap(({ entry }) => entry?.actor ?? []);
  const isUnauthenticated = actors.length > 0 && actors.every(({ id, name }) => id === null && name === null);
  const names = [...new Set(actors.flatMap(({ name }) => name ?? []))];
  return <Values of={names} missing={isUnauthenticated ? 'unauthenticated' : '–'} isCode={false} />;
}

function Addresses({ timeline }: { timeline: Timeline }) {
  const addresses = [...new Set(timeline.flatMap(({ entry }) => entry?.clientIp ?? []))];
  return <Values of={addresses} missing="–" isCode />;
}

function Values({ of, missing, isCode }: { of: readonly string[]; missing: string; isCode: boolean }) {
  if (of.length === 0) return <span class="none">{missing}</span>;
  return (
    <>
      {of.slice(0, VALUES_MAX).map((text) => (
        <span class="line">{isCode ? <Code text={text} max={80} /> : <UntrustedText text={text} max={80} />}</span>
      ))}
      {of.length > VALUES_MAX && <span class="sub">and {numberText(of.length - VALUES_MAX)} more</span>}
    </>
  );
}

function agoText(ms: number): string {
  return ms >= 0 ? `${lengthInWords(ms)} ago` : `in ${lengthInWords(-ms)}`;
}
