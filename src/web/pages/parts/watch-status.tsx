/** Whether Tocsin is watching: the state in a word or two, why, and how far the log has been read. Pure. */

import { preventsWatching, type SettingProblem } from '../../../config/setting.ts';
import { QUARANTINE_COUNTED_MAX } from '../../../ledger/model.ts';
import type { LedgerStatus } from '../../../ledger/rpc.ts';
import { formatDuration } from '../../../text/duration.ts';
import { cappedText, counted, numberText } from '../../../text/numbers.ts';
import { QUARANTINE_PAGE } from '../../quarantine-path.ts';
import { Figure, lengthInWords, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

export interface WatchState {
  readonly label: 'Watching' | 'Blind' | 'Not started' | 'Not watching';
  /** A class of the style sheet. */
  readonly className: 'good' | 'bad' | 'neutral';
  readonly meaning: string;
}

/** The state to show; `status` null: there is no ledger. */
export function watchState(status: LedgerStatus | null, problems: readonly SettingProblem[]): WatchState {
  if (status?.watching === 'blind') {
    return { label: 'Blind', className: 'bad', meaning: 'There is no progress in reading the audit log.' };
  }
  if (status === null || preventsWatching(problems)) {
    return { label: 'Not watching', className: 'bad', meaning: 'The settings below say why.' };
  }
  if (status.watching === 'watching') {
    const meaning = 'The audit log is being read, and its entries are evaluated.';
    return { label: 'Watching', className: 'good', meaning };
  }
  const meaning = 'No tick has run yet. Once deployed, the cron trigger runs one every minute.';
  return { label: 'Not started', className: 'neutral', meaning };
}

interface WatchStatusProps {
  readonly state: WatchState;
  /** Null: there is no ledger. */
  readonly status: LedgerStatus | null;
  /** Wall clock, ms. */
  readonly now: number;
}

/** The state as the page's heading, the failure if ticks fail, and the figures. */
export function WatchStatus({ state, status, now }: WatchStatusProps) {
  return (
    <section class={`watch ${state.className}`}>
      <h1>
        <span class="lamp" aria-hidden="true" />
        {state.label}
      </h1>
      <p>{state.meaning}</p>
      {status !== null && status.failure !== null && (
        <p class="note bad">
          <strong>The last read failed:</strong> <UntrustedText text={status.failure.message} max={300} />
          <span class="sub">
            since <When at={status.failure.since} />
          </span>
        </p>
      )}
      {status !== null && status.watching !== 'not begun' && <Figures status={status} now={now} />}
    </section>
  );
}

function Figures({ status, now }: { status: LedgerStatus; now: number }) {
  const recorded = status.counters?.recorded ?? 0;
  return (
    <dl class="figures">
      <Figure name="Complete up to">
        <When at={status.watermark} />
        {status.lagMs !== null && <span class="sub">{lengthInWords(status.lagMs)} ago</span>}
      </Figure>
      <Figure name="Last read">
        <When at={status.movedAt} />
        {status.movedAt !== null && <span class="sub">{lengthInWords(now - status.movedAt)} ago</span>}
      </Figure>
      {status.ownReads !== null && (
        <Figure name="Visible within">
          {lengthInWords(status.ownReads.delayMs)}
          <span class="sub">by Tocsin's own reads</span>
        </Figure>
      )}
      <Figure name="Backlog">
        <Backlog status={status} />
      </Figure>
      <Figure name="Lateness">
        <Lateness lateness={status.lateness} />
      </Figure>
      <Figure name="Entries">
        {numberText(recorded)}
        <span class="sub">
          recorded
          {status.inQuarantine > 0 && (
            <>
              , <a href={QUARANTINE_PAGE}>{cappedText(status.inQuarantine, QUARANTINE_COUNTED_MAX)} in quarantine</a>
            </>
          )}
        </span>
      </Figure>
      <Figure name="Rules">
        <a href="/rules">{numberText(status.rules.count)}</a>
        <span class="sub">
          version <UntrustedText text={status.rules.version} max={20} />
        </span>
      </Figure>
    </dl>
  );
}

/** How late the latest entry of the last 24 hours became visible. */
function Lateness({ lateness: { seen, allowedMs } }: Pick<LedgerStatus, 'lateness'>) {
  return (
    <>
      {seen === null ? 'none' : `up to ${formatDuration(Math.ceil(seen.atMostMs / 1000) * 1000)}`}
      <span class="sub">in the last 24 hours, {formatDuration(allowedMs)} allowed</span>
    </>
  );
}

function Backlog({ status }: { status: LedgerStatus }) {
  const scan = status.checkpoint?.scan ?? null;
  const staged =
    status.staged === 0 ? null : <span class="sub">{counted(status.staged, 'entry', 'entries')} staged</span>;
  if (scan === null) return <>none{staged ?? <span class="sub">the last scan is complete</span>}</>;
  if (scan.flushing) return <>being recorded{staged}</>;
  return (
    <>
      scan in progress
      <span class="sub">
        {counted(scan.steps, 'page')} so far
        {scan.reached !== null && (
          <>
            , reached <When at={scan.reached} />
          </>
        )}
      </span>
      {staged}
    </>
  );
}
