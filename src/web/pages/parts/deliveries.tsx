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
  group: 'The message of its group',
};

const STATUS: { readonly [state in DeliverySummary['state']]: string } = {
  waiting: 'Waiting',
  pending: 'Pending',
  bundled: 'Pending',
  delivered: 'Delivered',
  dead: 'Dead',
  suppressed: 'Suppressed',
};

/** A table with a row per message; and why nobody was notified of the other matches. */
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
          {rowsOf(deliveries).map((row) => (
            <Row {...row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface RowProps {
  readonly delivery: DeliverySummary;
  /** What it notified of, and the others that went or wait as it does. */
  readonly kinds: readonly string[];
}

/** What is in one message is one row. */
function rowsOf(deliveries: readonly DeliverySummary[]): readonly RowProps[] {
  const rows = new Map<unknown, { delivery: DeliverySummary; kinds: string[] }>();
  for (const delivery of deliveries) {
    const { id, receiver, what, state, reason, settledAt } = delivery;
    const isPart = state === 'bundled' || state === 'waiting' || (what !== 'group' && reason !== null);
    const key = isPart ? JSON.stringify([receiver, state, reason, settledAt]) : id;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { delivery, kinds: [what] });
    else row.kinds.push(what);
  }
  return [...rows.values()];
}

/** `Opened, 2 × update`. */
function kindsText(kinds: readonly string[]): string {
  const names = [...new Set(kinds)].map((what) => {
    const count = kinds.filter((other) => other === what).length;
    const name = (Object.hasOwn(KINDS, what) ? KINDS[what] : undefined) ?? what;
    return count === 1 ? name : `${numberText(count)} × ${name}`;
  });
  return names.map((name, i) => (i === 0 ? name : name.toLowerCase())).join(', ');
}

function Row({ delivery, kinds }: RowProps) {
  const { receiver, state, reason, attempts, queuedAt, dueAt, settledAt } = delivery;
  return (
    <tr>
      <th scope="row" data-label="Receiver">
        <UntrustedText text={receiver} max={80} />
      </th>
      <td data-label="Notification">
        <UntrustedText text={kindsText(kinds)} max={120} />
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
        {state === 'bundled' && <span class="sub">in one message with others</span>}
        {state === 'waiting' && (
          <span class="sub">
            not sent yet: for the message of its group, due <When at={dueAt} />
          </span>
        )}
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
        {attempts === 0 ? '–' : numberText(attempts)}
      </td>
    </tr>
  );
}
