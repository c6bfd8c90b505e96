/**
 * The page of an alert: the facts, what to do, the timeline of its entries with what matched marked, and its
 * notifications. Pure.
 */

import { actWording } from '../../alert/act-wording.ts';
import type { Rule } from '../../sigma/index.ts';
import { counted } from '../../text/numbers.ts';
import { AlertFacts, type AlertFactsProps } from './parts/alert-facts.tsx';
import { Deliveries } from './parts/deliveries.tsx';
import { Card, Level, When } from './parts/elements.tsx';
import { FalsePositives, TEXT_MAX } from './parts/rule-text.tsx';
import { page } from './parts/shell.tsx';
import { Timeline } from './parts/timeline.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

/** The whole document. */
export function alertPage({ caller, details, rule, now }: AlertFactsProps): string {
  const { alert, timeline, deliveries, more, moreContributing, acts } = details;
  return page({
    title: alert.title,
    caller,
    section: 'alerts',
    children: (
      <>
        <header class="head">
          <p class="over">
            <Level level={alert.level} /> <span class={`state-${alert.status}`}>{alert.status}</span> Alert {alert.id}
            {alert.backfilled && ' · backfilled: nobody was notified'}
          </p>
          <h1>
            <UntrustedText text={alert.title} />
          </h1>
          {rule?.description != null && (
            <p class="lead">
              <UntrustedText text={rule.description} max={TEXT_MAX} />
            </p>
          )}
        </header>
        <AlertFacts caller={caller} details={details} rule={rule} now={now} />
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
        <Card title="Timeline" aside={<span class="quiet">{counted(alert.count, 'match', 'matches')}</span>}>
          <Timeline timeline={timeline} />
          {moreContributing > 0 && (
            <p class="quiet">… and {counted(moreContributing, 'more entry', 'more entries')} that contributed.</p>
          )}
          {more > 0 && (
            <p class="quiet">{counted(more, 'more match was', 'more matches were')} counted but not stored.</p>
          )}
        </Card>
        <Card title="Notifications">
          <Deliveries deliveries={deliveries} />
        </Card>
      </>
    ),
  });
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
