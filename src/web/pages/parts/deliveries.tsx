/** The notifications of an alert: to which receiver, of what, and whether each was delivered. Pure. */

import { notNotifiedWording } from '../../../alert/decision-wording.ts';
import type { AlertDetails, DeliverySummary } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

/** A kind that is missing here, of another version, is shown as it is stored. */
const KINDS: { readonly [what: string]: string } = {
  opened: 'Opened',
  raised: 'Raised',
  updated: 'Update',
  recurred: 'Goes on',
  resolved: 'Resolved',
  group: 'With others',
};

const STATUS: { readonly [state in DeliverySummary['state']]: string } = {
  waiting: 'Waiting',
  pending: 'Pending',
  bundled: 'With others',
  delivered: 'Delivered',
  dead: 'Dead',
  suppressed: 'Suppressed',
};

/** A table with a row per delivery; and why nobody was notified of the other matches. */
export function Deliveries({ details: { deliveries, timeline, decided } }: { details: AlertDetails }) {
  const counts: { [reason: string]: number } = { ...decided };
  for (const { notify, reason, receivers } of timeline.flatMap(({ decisions }) => decisions ?? [])) {
    if (!notify) counts[reason] = (counts[reason] ?? 0) + (receivers?.length ?? 1);
  }
  const reasons = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return (
    <>
      {deliveries.length === 0 ? (
        <p class="empty">Nobody was notified. Each match says why.</p>
      ) : (
        <Table deliveries={deliveries} />
      )}
      {reasons.length > 0 && (
        <>
          <h3>Why there were no more</h3>
          <ul class="tags">
            {reasons.map(([reason, count]) => (
              <li>
                <UntrustedText text={notNotifiedWording(reason)} max={120} />: {numberText(count)}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Table({ deliveries }: { deliveries: readonly DeliverySummary[] }) {
  return (
    <section class="wide" tabindex={0} aria-label="Notifications by receiver">
      <table class="cards">
        <caption class="unsighted">Notifications by receiver, sent and suppressed</caption>
        <thead>
          <tr>
            <th scope="col">Receiver</th>
            <th scope="col">Notification</th>
            <th scope="col">Status</th>
            <th scope="col">Time</th>
            <th scope="col">Attempts</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <Row delivery={delivery} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ delivery }: { delivery: DeliverySummary }) {
  const { receiver, what, state, reason, attempts, queuedAt, dueAt, settledAt } = delivery;
  return (
    <tr>
      <th scope="row" data-label="Receiver">
        <UntrustedText text={receiver} max={80} />
      </th>
      <td data-label="Notification">
        <UntrustedText text={(Object.hasOwn(KINDS, what) ? KINDS[what] : undefined) ?? what} max={80} />
      </td>
      <td data-label="Status">
        <span class={`delivery ${state === 'bundled' || state === 'waiting' ? 'pending' : state}`}>
          {STATUS[state]}
        </span>
        {reason !== null && (
          <span class="sub">
            <UntrustedText text={reason} max={400} />
          </span>
        )}
        {state === 'bundled' && <span class="sub">in one message with others; pending</span>}
        {state === 'waiting' && <span class="sub">for the message of its group</span>}
        {state === 'pending' && (
          <span class="sub">
            next attempt <When at={dueAt} />
          </span>
        )}
      </td>
      <td data-label="Time">
        <When at={settledAt ?? queuedAt} />
      </td>
      <td data-label="Attempts" class="number">
        {state === 'suppressed' || state === 'bundled' || state === 'waiting' ? '–' : numberText(attempts)}
      </td>
    </tr>
  );
}
