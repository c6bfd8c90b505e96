/** The overview page: the state of Tocsin and its reasons, the open alerts, recent activity and the receivers. Pure. */

import type { SettingProblem } from '../../config/setting.ts';
import { PAGE_COUNTED_MAX } from '../../ledger/model.ts';
import type { Overview } from '../../ledger/rpc.ts';
import { isSevere, LEVELS } from '../../sigma/index.ts';
import { numberText } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { workerHealth } from '../health.ts';
import { alertsPath } from './alerts.tsx';
import { AlertItems } from './parts/alert-list.tsx';
import { Chart } from './parts/chart.tsx';
import { Card, Level } from './parts/elements.tsx';
import { EntryTable } from './parts/entry-table.tsx';
import { HealthAlerts, SettingProblems } from './parts/problems.tsx';
import { Receivers } from './parts/receivers.tsx';
import { page } from './parts/shell.tsx';
import { STATE_WORDS, WatchStatus } from './parts/watch-status.tsx';

export interface OverviewOptions {
  readonly caller: Caller;
  /** Null: there is no ledger. */
  readonly overview: Overview | null;
  readonly problems: readonly SettingProblem[];
  /** The Worker's address; null: not known. */
  readonly publicUrl: string | null;
  /** Wall clock, ms. */
  readonly now: number;
}

/** The whole document. */
export function overviewPage({ caller, overview, problems, publicUrl, now }: OverviewOptions): string {
  const status = overview?.status ?? null;
  const health = workerHealth(status, problems, now);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const notices = problems.filter(({ severity }) => severity === 'notice');
  const started = status !== null && status.watching !== 'not begun';
  return page({
    title: STATE_WORDS[health.state].label,
    caller,
    section: 'overview',
    children: (
      <>
        {overview !== null && started && <Severe open={overview.status.alerts.open} />}
        <WatchStatus health={health} status={status} now={now} />
        {!started && <NextSteps hasProblems={problems.length > 0} />}
        {overview !== null && started && <OpenAlerts overview={overview} now={now} />}
        {status !== null && status.healthAlerts.length > 0 && (
          <HealthAlerts alerts={status.healthAlerts} address={publicUrl} />
        )}
        {errors.length > 0 && <SettingProblems title="Settings to fix" problems={errors} />}
        {overview !== null && started && (
          <Card title="Entries and alerts over time">
            <Chart chart={overview.chart} />
          </Card>
        )}
        {status !== null && <Receivers receivers={status.receivers} dead={status.dead} />}
        {notices.length > 0 && <SettingProblems title="Settings to check" problems={notices} />}
        {overview !== null && started && (
          <Card title="Latest entries">
            {overview.newest.length === 0 ? (
              <p class="empty">No entry has been recorded yet.</p>
            ) : (
              <EntryTable caption="The entries recorded last" entries={overview.newest} />
            )}
          </Card>
        )}
      </>
    ),
  });
}

function NextSteps({ hasProblems }: { hasProblems: boolean }) {
  return (
    <Card title="Next steps">
      <ol class="steps">
        {hasProblems && <li>Fix the settings listed below. Each line has the command.</li>}
        <li>
          Wait for the first tick. <code>npx wrangler tail</code> shows one line a minute.
        </li>
        <li>
          Send a test notification: <code>npm run tocsin -- notify --test</code>
        </li>
        <li>
          Give others access: <code>npm run tocsin -- viewers add NAME</code>
        </li>
      </ol>
    </Card>
  );
}

/** Above all else: on a phone, the state of Tocsin itself takes the first screen. */
function Severe({ open }: { open: Overview['status']['alerts']['open'] }) {
  const severe = LEVELS.toReversed().filter((level) => isSevere(level) && (open[level] ?? 0) > 0);
  const total = severe.reduce((sum, level) => sum + (open[level] ?? 0), 0);
  if (total === 0) return null;
  return (
    <p class="next">
      {severe.map((level) => `${shownCount(open[level] ?? 0)} ${level}`).join(' and ')}{' '}
      {total === 1 ? 'alert is' : 'alerts are'} open: <a href="/alerts">acknowledge, silence, or see why</a>
    </p>
  );
}

function OpenAlerts({ overview, now }: { overview: Overview; now: number }) {
  const { open } = overview.status.alerts;
  const total = Object.values(open).reduce((sum, count) => sum + count, 0);
  const isCut = Object.values(open).some((count) => count > PAGE_COUNTED_MAX);
  return (
    <Card title="Open alerts" aside={<a href={alertsPath({ status: 'all' })}>All alerts</a>}>
      <ul class="levels">
        {LEVELS.toReversed().map((level) => (
          <li class={(open[level] ?? 0) === 0 ? 'zero' : undefined}>
            <a href={`/alerts?level=${level}`}>
              <span class="big">{shownCount(open[level] ?? 0)}</span> <Level level={level} />
            </a>
          </li>
        ))}
      </ul>
      {overview.open.length === 0 ? (
        <p class="empty">No open alerts.</p>
      ) : (
        <AlertItems alerts={overview.open} now={now} hasBoxes={false} />
      )}
      {overview.open.length < total && (
        <p>
          <a href="/alerts">All {isCut ? '' : `${numberText(total)} `}open alerts</a>
        </p>
      )}
    </Card>
  );
}

/** `50+` where there are more than are counted. */
function shownCount(count: number): string {
  return count > PAGE_COUNTED_MAX ? `${PAGE_COUNTED_MAX}+` : numberText(count);
}
