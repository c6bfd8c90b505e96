/** The state of Tocsin in a word, its reasons, and how far the log has been read. Pure. */

import { type Health, type HealthState, WRONG_COUNTED_MAX } from '../../../alert/health-state.ts';
import { titlesText } from '../../../ledger/health/pass-words.ts';
import { mostUsed } from '../../../ledger/health/usage-words.ts';
import { PAGE_COUNTED_MAX } from '../../../ledger/model.ts';
import type { LedgerStatus, UsageStatus } from '../../../ledger/rpc.ts';
import { formatDuration } from '../../../text/duration.ts';
import { cappedText, counted, numberText } from '../../../text/numbers.ts';
import { QUARANTINE_PAGE } from '../../quarantine-path.ts';
import { capitalized, Figure, Level, lengthInWords, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

/** `className`: a class of the style sheet. */
export const STATE_WORDS: {
  readonly [state in HealthState]: { readonly label: string; readonly className: string; readonly meaning: string };
} = {
  healthy: {
    label: 'Healthy',
    className: 'good',
    meaning: 'The audit log is being read, its entries are evaluated, and somebody can be notified.',
  },
  degraded: {
    label: 'Degraded',
    className: 'warn',
    meaning: 'Tocsin is not blind, but something is wrong:',
  },
  blind: {
    label: 'Blind',
    className: 'bad',
    meaning: 'Entries are not read and evaluated, or nobody can be notified:',
  },
};

const REASON_MAX = 300;

interface WatchStatusProps {
  readonly health: Health;
  /** Null: there is no ledger. */
  readonly status: LedgerStatus | null;
  /** Wall clock, ms. */
  readonly now: number;
}

/** The state as the page's heading, the reasons, and the figures. */
export function WatchStatus({ health, status, now }: WatchStatusProps) {
  const { label, className, meaning } = STATE_WORDS[health.state];
  return (
    <section class={`watch ${className}`}>
      <h1>
        <span class="lamp" aria-hidden="true" />
        {label}
      </h1>
      <p>{meaning}</p>
      {health.reasons.length > 0 && (
        <ul class="evidence">
          {health.reasons.map(({ level, text }) => (
            <li>
              <Level level={level} /> <UntrustedText text={capitalized(text)} max={REASON_MAX} />
            </li>
          ))}
        </ul>
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
              , <a href={QUARANTINE_PAGE}>{cappedText(status.inQuarantine, WRONG_COUNTED_MAX)} in quarantine</a>
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
      {status.passes.map((pass) => (
        <Figure name={pass.kind === 'rebuild' ? 'Rebuilding' : 'Backfill'}>
          {pass.percent} %
          <span class="sub">
            <UntrustedText text={titlesText(pass.rules)} max={REASON_MAX} />
            {pass.kind === 'rebuild' && ', whose alerts are late until then'}
          </span>
        </Figure>
      ))}
      {status.usage && (
        <Figure name="Used today">
          <UsedToday usage={status.usage} />
        </Figure>
      )}
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

/** What of the plan's daily limits is used: the one that is nearest to its limit. */
function UsedToday({ usage }: { usage: UsageStatus }) {
  const most = mostUsed(usage);
  if (most === null) {
    const written = usage.allowances.find(({ of }) => of === 'rowsWritten')?.used ?? 0;
    return (
      <>
        {numberText(written)}
        <span class="sub">rows written since 00:00 UTC; no limits a day</span>
      </>
    );
  }
  return (
    <>
      {most.percent} %<span class="sub">of the plan's {most.of}, until 00:00 UTC</span>
    </>
  );
}

function Backlog({ status }: { status: LedgerStatus }) {
  const scan = status.checkpoint?.scan ?? null;
  const staged =
    status.staged === 0 ? null : <span class="sub">{cappedText(status.staged, PAGE_COUNTED_MAX)} staged</span>;
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
