/** The front page: is it watching, what happened, what is open, does anybody hear of it, and what is wrong. */

import type { Child } from 'hono/jsx';
import type { SettingProblem } from '../../config/setting.ts';
import type { Overview, ReceiverHealth } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import { counted, numberText } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { AlertTable } from './parts/alert-table.tsx';
import { Chart } from './parts/chart.tsx';
import { Card, Level, lengthInWords, When } from './parts/elements.tsx';
import { EntryTable } from './parts/entry-text.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

type Status = Overview['status'];

export interface FrontOptions {
  readonly caller: Caller;
  /** Null: there is no ledger to ask. */
  readonly overview: Overview | null;
  readonly problems: readonly SettingProblem[];
  /** Wall clock, ms. */
  readonly now: number;
}

const WORDS = 300;

/** The whole document. */
export function frontPage({ caller, overview, problems, now }: FrontOptions): string {
  const status = overview?.status ?? null;
  const stand = standing(status, problems);
  const errors = problems.filter(({ severity }) => severity === 'error');
  const notices = problems.filter(({ severity }) => severity === 'notice');
  const begun = status !== null && status.watching !== 'not begun';
  return page({
    title: stand.word,
    caller,
    at: 'front',
    children: (
      <>
        <Standing stand={stand} status={status} now={now} />
        {!begun && <FirstSteps problems={problems} />}
        {status !== null && status.healthAlerts.length > 0 && <Alarms status={status} />}
        {errors.length > 0 && <Problems title="Settings to mend" problems={errors} />}
        {overview !== null && begun && (
          <>
            <OpenAlerts overview={overview} />
            <Card title="Entries and alerts over time">
              <Chart chart={overview.chart} />
            </Card>
          </>
        )}
        {overview !== null && <Receivers receivers={overview.status.receivers} status={overview.status} />}
        {notices.length > 0 && <Problems title="Settings to look at" problems={notices} />}
        {overview !== null && begun && (
          <Card title="Recorded last">
            {overview.newest.length === 0 ? (
              <p class="empty">No entry has been recorded yet.</p>
            ) : (
              <EntryTable caption="The entries recorded last" entries={overview.newest} pass={null} />
            )}
          </Card>
        )}
      </>
    ),
  });
}

/** Without these nothing can be watched, whatever the ledger still believes. */
const NEEDED = ['NIRVANA_LABS_API_KEY', 'NIRVANA_LABS_BASE_URL', 'LEDGER'];

interface Stand {
  readonly word: 'Watching' | 'Blind' | 'Not begun' | 'Not watching';
  readonly tone: 'good' | 'bad' | 'calm';
  readonly meaning: string;
}

function standing(status: Status | null, problems: readonly SettingProblem[]): Stand {
  const broken = problems.some(({ setting, severity }) => severity === 'error' && NEEDED.includes(setting));
  if (status?.watching === 'blind') {
    return { word: 'Blind', tone: 'bad', meaning: 'No walk has ended and none has moved: nothing new is read.' };
  }
  if (status === null || broken) {
    return { word: 'Not watching', tone: 'bad', meaning: 'The settings below say why.' };
  }
  if (status.watching === 'watching') {
    return { word: 'Watching', tone: 'good', meaning: 'The audit log is being read, and every entry is evaluated.' };
  }
  return { word: 'Not begun', tone: 'calm', meaning: 'No tick has come yet. The cron trigger ticks once a minute.' };
}

function Standing({ stand, status, now }: { stand: Stand; status: Status | null; now: number }) {
  return (
    <section class={`standing ${stand.tone}`}>
      <h1>
        <span class="lamp" aria-hidden="true" />
        {stand.word}
      </h1>
      <p>{stand.meaning}</p>
      {status !== null && status.failure !== null && (
        <p class="note bad">
          <strong>The last tick failed.</strong> <UntrustedText text={status.failure.message} max={WORDS} />
          <span class="sub">
            since <When at={status.failure.since} />
          </span>
        </p>
      )}
      {status !== null && status.watching !== 'not begun' && (
        <dl class="figures">
          <Figure name="Seen through">
            <When at={status.watermark} />
            {status.lagMs !== null && <span class="sub">{lengthInWords(status.lagMs)} behind now</span>}
          </Figure>
          <Figure name="Last walk moved">
            <When at={status.movedAt} />
            {status.movedAt !== null && <span class="sub">{lengthInWords(now - status.movedAt)} ago</span>}
          </Figure>
          <Figure name="Backlog">
            <Backlog status={status} />
          </Figure>
          <Figure name="Entries">
            {numberText(status.counters?.recorded ?? 0)}
            <span class="sub">
              recorded
              {(status.counters?.quarantined ?? 0) > 0 &&
                `, ${numberText(status.counters?.quarantined ?? 0)} in quarantine`}
            </span>
          </Figure>
          <Figure name="Rules">
            <a href="/rules">{numberText(status.rules.count)}</a>
            <span class="sub">
              version <UntrustedText text={status.rules.version} max={20} />
            </span>
          </Figure>
        </dl>
      )}
    </section>
  );
}

function Figure({ name, children }: { name: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Backlog({ status }: { status: Status }) {
  const scan = status.checkpoint?.scan ?? null;
  const staged =
    status.staged === 0 ? null : <span class="sub">{counted(status.staged, 'entry', 'entries')} staged</span>;
  if (scan === null) return <>none{staged ?? <span class="sub">the last walk came to its end</span>}</>;
  if (scan.flushing) return <>being recorded{staged}</>;
  return (
    <>
      a walk is under way
      <span class="sub">
        {counted(scan.steps, 'page')} so far
        {scan.reached !== null && (
          <>
            , has come to <When at={scan.reached} />
          </>
        )}
      </span>
      {staged}
    </>
  );
}

function FirstSteps({ problems }: { problems: readonly SettingProblem[] }) {
  return (
    <Card title="What to do next">
      <ol class="steps">
        {problems.length > 0 && <li>Mend what is listed below: each line says with which command.</li>}
        <li>
          Wait for the first tick. <code>npx wrangler tail</code> shows it, one line a minute.
        </li>
        <li>
          Ring once to see that somebody hears: <code>npm run tocsin -- notify --test</code>
        </li>
        <li>
          Let others look: <code>npm run tocsin -- viewers add NAME</code>
        </li>
      </ol>
    </Card>
  );
}

function Alarms({ status }: { status: Status }) {
  return (
    <Card title="Alarms about Tocsin itself">
      <ul class="problems">
        {status.healthAlerts.map(({ kind, since, count, summary }) => (
          <li class="bad">
            <strong>
              <UntrustedText text={kind.replace(':', ' ')} max={WORDS} />
            </strong>{' '}
            <UntrustedText text={summary} max={WORDS} />
            <span class="sub">
              since <When at={since} />
              {count > 1 && `, ${numberText(count)} times`}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Problems({ title, problems }: { title: string; problems: readonly SettingProblem[] }) {
  return (
    <Card title={title}>
      <ul class="problems">
        {problems.map(({ setting, severity, problem, meanwhile, hint }) => (
          <li class={severity === 'error' ? 'bad' : 'warn'}>
            <strong>
              <code>{setting}</code>
            </strong>{' '}
            <UntrustedText text={problem} max={WORDS} />
            <span class="sub">
              Meanwhile: <Quoted text={meanwhile} />
            </span>
            <span class="sub">
              To mend it: <Quoted text={hint} />
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Our own words, in which backticks stand around what is to be typed. */
function Quoted({ text }: { text: string }) {
  return <>{text.split('`').map((part, i) => (i % 2 === 1 ? <code>{part}</code> : part))}</>;
}

function OpenAlerts({ overview }: { overview: Overview }) {
  const { open } = overview.status.alerts;
  const all = Object.values(open).reduce((sum, count) => sum + count, 0);
  return (
    <Card title="Open alerts" aside={<a href="/alerts?state=all">All alerts</a>}>
      <ul class="levels">
        {LEVELS.toReversed().map((level) => (
          <li class={(open[level] ?? 0) === 0 ? 'zero' : undefined}>
            <a href={`/alerts?level=${level}`}>
              <span class="big">{numberText(open[level] ?? 0)}</span> <Level level={level} />
            </a>
          </li>
        ))}
      </ul>
      {overview.open.length === 0 ? (
        <p class="empty">None is open. A quiet night so far.</p>
      ) : (
        <AlertTable caption="Open alerts, the gravest first" alerts={overview.open} />
      )}
      {overview.open.length < all && (
        <p>
          <a href="/alerts">All {numberText(all)} open alerts</a>
        </p>
      )}
    </Card>
  );
}

const HEALTH: { readonly [state in ReceiverHealth['state']]: { readonly word: string; readonly tone: string } } = {
  healthy: { word: 'Healthy', tone: 'good' },
  unset: { word: 'Not set', tone: 'bad' },
  failing: { word: 'Failing', tone: 'bad' },
  unproven: { word: 'Not proven yet', tone: 'calm' },
};

function Receivers({ receivers, status }: { receivers: readonly ReceiverHealth[]; status: Status }) {
  return (
    <Card title="Receivers" id="receivers">
      {receivers.length === 0 ? (
        <p class="note bad">There is no receiver: alerts are found and kept, but nobody is told.</p>
      ) : (
        <section class="wide" tabindex={0} aria-label="Receivers and their health">
          <table class="cards">
            <caption class="unsighted">Receivers and their health</caption>
            <thead>
              <tr>
                <th scope="col">Receiver</th>
                <th scope="col">Health</th>
                <th scope="col">Hears from</th>
                <th scope="col">Delivered last</th>
                <th scope="col">On their way</th>
                <th scope="col">Dead</th>
              </tr>
            </thead>
            <tbody>
              {receivers.map((receiver) => (
                <Receiver receiver={receiver} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {status.dead.length > 0 && <Dead dead={status.dead} />}
    </Card>
  );
}

function Receiver({ receiver }: { receiver: ReceiverHealth }) {
  const { word, tone } = HEALTH[receiver.state];
  return (
    <tr>
      <th scope="row" data-label="Receiver" class="tight">
        <UntrustedText text={receiver.name} max={WORDS} />
      </th>
      <td data-label="Health">
        <span class={`health ${tone}`}>{word}</span>
        {receiver.reason !== null && (
          <span class="sub">
            <UntrustedText text={receiver.reason} max={WORDS} />
          </span>
        )}
        {receiver.failingSince !== null && (
          <span class="sub">
            since <When at={receiver.failingSince} />
          </span>
        )}
      </td>
      <td data-label="Hears from">
        <Level level={receiver.minLevel} />
      </td>
      <td data-label="Delivered last">
        <When at={receiver.lastDeliveredAt} />
      </td>
      <td data-label="On their way" class="number">
        {numberText(receiver.pending)}
      </td>
      <td data-label="Dead" class="number">
        {receiver.dead > 0 ? <strong class="bad">{numberText(receiver.dead)}</strong> : '0'}
      </td>
    </tr>
  );
}

function Dead({ dead }: { dead: Status['dead'] }) {
  return (
    <details>
      <summary>What could not be delivered, the last {numberText(dead.length)}</summary>
      <ul class="problems">
        {dead.map(({ receiver, reason, settledAt }) => (
          <li class="bad">
            <strong>
              <UntrustedText text={receiver} max={WORDS} />
            </strong>{' '}
            <UntrustedText text={reason} max={WORDS} />
            <span class="sub">
              <When at={settledAt} />
            </span>
          </li>
        ))}
      </ul>
      <p class="quiet">
        To send them again once it is mended: <code>npm run tocsin -- resend</code>
      </p>
    </details>
  );
}
