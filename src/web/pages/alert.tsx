/**
 * The page of an alert, what is needed first coming first: what happens next, the forms that act on it, its first match
 * with what matched marked, the facts, what to do, what was done, its notifications, the silences over it, the timeline of its
 * other entries, and other alerts of the same actor. Pure.
 */

import { actWording } from '../../alert/act-wording.ts';
import { isLive } from '../../alert/identity.ts';
import { PARTS } from '../../alert/links.ts';
import { nextStep } from '../../alert/next-step.ts';
import { lastToEnd } from '../../alert/silence.ts';
import type { AlertDetails, AlertList, AlertSummary } from '../../ledger/rpc.ts';
import { LEVELS, type Level, type Rule } from '../../sigma/index.ts';
import { counted } from '../../text/numbers.ts';
import type { Did } from '../act-paths.ts';
import { mayActOn } from '../policy.ts';
import { alertsPath } from './alerts.tsx';
import { ActCard, canAct, DidNote } from './parts/act-forms.tsx';
import { AlertFacts, type AlertFactsProps } from './parts/alert-facts.tsx';
import { AlertItems } from './parts/alert-list.tsx';
import { Deliveries } from './parts/deliveries.tsx';
import { Card, Level as LevelMark, When } from './parts/elements.tsx';
import { FalsePositives, TEXT_MAX } from './parts/rule-text.tsx';
import { page } from './parts/shell.tsx';
import { SilenceList } from './parts/silence-list.tsx';
import { Timeline } from './parts/timeline.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

interface AlertPageOptions extends AlertFactsProps {
  /** Other unresolved alerts of its actor; null: the caller may not see them, or it has none. */
  readonly others: AlertList | null;
  /** The other alerts of the message whose link the caller has. */
  readonly linked: readonly AlertSummary[];
  readonly token: string;
  readonly did: Did | null;
}

/** The whole document. */
export function alertPage({
  caller,
  details,
  rule,
  isDisabled,
  now,
  others,
  linked,
  token,
  did,
}: AlertPageOptions): string {
  const { alert, timeline, more, moreContributing, acts, next, silences } = details;
  const lasting = silences.filter(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  const longest = lastToEnd(lasting);
  const first = timeline.find(({ part }) => part === 'matched');
  const steps = stepsBefore(first, timeline);
  const rest = timeline.filter((item) => item !== first && !steps.includes(item));
  const aside = `${counted(alert.count, 'match', 'matches')}${first === undefined ? '' : ', the first above'}`;
  const sentence = nextStep({ ...alert, ...next, level: levelOf(alert.level) }, now, longest);
  return page({
    title: alert.title,
    caller,
    section: 'alerts',
    children: (
      <>
        <header class="head">
          <p class="over">
            <LevelMark level={alert.level} /> <span class={`state-${alert.status}`}>{alert.status}</span>{' '}
            {lasting.length > 0 && <strong>silenced</strong>} Alert {alert.id}
            {alert.backfilled && ' · backfilled: nobody was notified'}
          </p>
          <h1>
            <UntrustedText text={alert.title} />
          </h1>
          <p class="next">
            {sentence.map((part) => (typeof part === 'number' ? <When at={part} /> : <UntrustedText text={part} />))}
          </p>
          <nav class="jump" aria-label="On this page">
            <span class="quiet">Go to:</span>
            {isLive(alert.status) && mayActOn(caller, alert.id) && <a href={`#${PARTS.acknowledge}`}>Acknowledge</a>}
            <a href={`#${PARTS.silence}`}>{canAct(caller) ? 'Silence' : 'Silence (sign in)'}</a>
            {first !== undefined && <a href={`#${PARTS.why}`}>Why it alerted</a>}
          </nav>
          {rule?.description != null && (
            <p class="lead">
              <UntrustedText text={rule.description} max={TEXT_MAX} />
            </p>
          )}
        </header>
        <DidNote did={did} />
        <ActCard
          caller={caller}
          alert={alert}
          token={token}
          notCovering={notCovering(rule, details)}
          silencedUntil={longest?.endsAt ?? null}
          others={others === null || others.next !== null ? [] : others.alerts}
          linked={linked}
        />
        {first !== undefined && (
          <Card title="Why it alerted" id={PARTS.why}>
            <Timeline timeline={[...steps, first]} />
          </Card>
        )}
        <AlertFacts caller={caller} details={details} rule={rule} isDisabled={isDisabled} now={now} />
        {rule !== null && <WhatToDo rule={rule} />}
        {acts.length > 0 && (
          <Card title="What was done">
            <ul class="reasons">
              {acts.map((act) => (
                <li>
                  <When at={act.at} /> <UntrustedText text={actWording(act)} max={TEXT_MAX} />
                </li>
              ))}
            </ul>
          </Card>
        )}
        <Card title="Notifications">
          <Deliveries details={details} />
        </Card>
        {lasting.length > 0 && (
          <Card title="Silences over it now">
            <SilenceList
              silences={lasting}
              now={now}
              token={null}
              titleOf={(id) => (id === rule?.id ? rule.title : id)}
              actor={alert.latest?.actor ?? null}
            />
          </Card>
        )}
        {(first === undefined || rest.length + moreContributing + more > 0) && (
          <Card title="Timeline" aside={<span class="quiet">{aside}</span>}>
            {(first === undefined || rest.length > 0) && <Timeline timeline={rest} />}
            {moreContributing > 0 && (
              <p class="quiet">… and {counted(moreContributing, 'more entry', 'more entries')} that contributed.</p>
            )}
            {more > 0 && (
              <p class="quiet">{counted(more, 'more match was', 'more matches were')} counted but not stored.</p>
            )}
          </Card>
        )}
        {linked.length > 0 && (
          <Card title={linked.length === 1 ? 'The other alert of the message' : 'The other alerts of the message'}>
            <AlertItems alerts={linked} now={now} hasBoxes={false} />
          </Card>
        )}
        {others !== null && others.alerts.length > 0 && <Others alert={alert} others={others} now={now} />}
      </>
    ),
  });
}

/** Longer than a sequence of steps is a count, which the first match has in words. */
const STEPS_MAX = 5;

/** What led to the first match of a correlation, where that is a few steps. */
function stepsBefore(first: AlertDetails['timeline'][number] | undefined, timeline: AlertDetails['timeline']) {
  const steps = timeline.filter(({ part, at }) => part === 'contributing' && first !== undefined && at <= first.at);
  return steps.length > STEPS_MAX ? [] : steps;
}

/** Of what the buttons silence, what would not cover the alert: it has entries of others, or not all are known. */
function notCovering(rule: Rule | null, { timeline, more, moreContributing, alert }: AlertDetails) {
  const { actor, clientIp } = alert.latest ?? {};
  const isWhole = more + moreContributing === 0 && timeline.every(({ entry }) => entry !== null);
  const isAll = (holds: (entry: NonNullable<AlertDetails['timeline'][number]['entry']>) => boolean): boolean =>
    rule?.kind !== 'correlation' || (isWhole && timeline.every(({ entry }) => entry !== null && holds(entry)));
  return {
    actor: !isAll((entry) => (actor?.id == null ? entry.actor.name === actor?.name : entry.actor.id === actor.id)),
    address: !isAll((entry) => entry.clientIp === clientIp),
  };
}

function levelOf(text: string): Level {
  return LEVELS.find((level) => level === text) ?? 'high';
}

/** `4 alerts of ci-deploy`, this one included. */
function Others({ alert, others, now }: { alert: AlertSummary; others: AlertList; now: number }) {
  const actor = alert.latest?.actor;
  const name = actor?.name ?? actor?.id ?? '';
  const isUnresolved = isLive(alert.status);
  const count = others.alerts.length + (isUnresolved ? 1 : 0);
  return (
    <section class="card">
      <header>
        <h2>
          {others.next === null ? counted(count, 'open alert') : `More than ${counted(count, 'open alert')}`} of{' '}
          <UntrustedText text={name} max={60} />
          {isUnresolved && ', with this one'}
        </h2>
        <a href={alertsPath({ actor: actor?.id ?? name })}>Act on all of them</a>
      </header>
      <AlertItems alerts={others.alerts} now={now} hasBoxes={false} />
    </section>
  );
}

function WhatToDo({ rule }: { rule: Rule }) {
  const { runbook } = rule.tocsin;
  if (runbook === null && rule.falsepositives.length === 0) return null;
  return (
    <Card title="What to do">
      {runbook !== null && (
        <p class="prose">
          <UntrustedText text={runbook} max={TEXT_MAX} />
        </p>
      )}
      {rule.falsepositives.length > 0 && (
        <>
          <h3>Known false positives</h3>
          <FalsePositives rule={rule} />
        </>
      )}
    </Card>
  );
}
