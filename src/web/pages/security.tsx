/** The security log: events, newest first, and the refused requests of the last 24 hours. For operators. Pure. */

import type { SecurityLog } from '../../ledger/rpc.ts';
import { numberText } from '../../text/numbers.ts';
import type { Caller } from '../context.ts';
import { SECURITY_PAGE } from '../security-path.ts';
import { Card, When } from './parts/elements.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

const WHO_CHARS = 100;
const DETAIL_CHARS = 300;
const AGENT_CHARS = 80;

interface SecurityOptions {
  readonly caller: Caller;
  readonly log: SecurityLog;
  /** Null: the first page. */
  readonly before: number | null;
}

/** The whole document. */
export function securityPage({ caller, log: { events, next, refusals }, before }: SecurityOptions): string {
  return page({
    title: 'Security log',
    caller,
    section: 'security',
    children: (
      <>
        <h1>Security log</h1>
        <p class="lead">
          Sign-ins, links opened, and what operators did, for a year. The Worker’s log has each as a line too.
        </p>
        <section class="card" aria-label="Events">
          {events.length === 0 ? (
            <p class="empty">{before === null ? 'No events yet.' : 'No older events.'}</p>
          ) : (
            <Events events={events} />
          )}
          <p class="pager">
            {before !== null && <a href={SECURITY_PAGE}>Newest</a>}
            {next !== null && (
              <a rel="next" href={`${SECURITY_PAGE}?before=${next}`}>
                Older
              </a>
            )}
          </p>
        </section>
        {before === null && <Refusals refusals={refusals} />}
      </>
    ),
  });
}

function Events({ events }: Pick<SecurityLog, 'events'>) {
  return (
    <div class="wide">
      <table class="cards">
        <caption class="unsighted">Events, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Who</th>
            <th scope="col">From</th>
            <th scope="col">Time</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ at, act, who, detail, address, agent }) => (
            <tr>
              <th scope="row" data-label="Event">
                <UntrustedText text={act} max={WHO_CHARS} />
                <Sub text={detail} max={DETAIL_CHARS} />
              </th>
              <td data-label="Who">
                <UntrustedText text={who} max={WHO_CHARS} />
              </td>
              <td data-label="From">
                {address === null ? '–' : <UntrustedText text={address} max={WHO_CHARS} />}
                <Sub text={agent} max={AGENT_CHARS} />
              </td>
              <td data-label="Time">
                <When at={at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Sub({ text, max }: { text: string | null; max: number }) {
  if (text === null) return null;
  return (
    <span class="sub">
      <UntrustedText text={text} max={max} />
    </span>
  );
}

function Refusals({ refusals }: Pick<SecurityLog, 'refusals'>) {
  return (
    <Card title="Refused requests, last 24 hours">
      {refusals.length === 0 ? (
        <p class="empty">None.</p>
      ) : (
        <ul>
          {refusals.map(({ from, counts }) => (
            <li>
              <When at={from} short />:{' '}
              {Object.entries(counts)
                .map(([why, count]) => `${why} ${numberText(count)}`)
                .join(', ')}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
