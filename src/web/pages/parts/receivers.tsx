/** The receivers and their health, with the deliveries that failed for good. Pure. */

import { PAGE_COUNTED_MAX } from '../../../ledger/model.ts';
import type { LedgerStatus, ReceiverHealth } from '../../../ledger/rpc.ts';
import type { RoutedReceiver } from '../../../routing/routing.ts';
import { cappedText, numberText } from '../../../text/numbers.ts';
import { Card, Level, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

const TEXT_MAX = 300;
const NOBODY = 'alerts are recorded, but nobody is notified';

/** `className`: a class of the style sheet. */
const STATES: { readonly [state in ReceiverHealth['state']]: { readonly label: string; readonly className: string } } =
  {
    healthy: { label: 'Healthy', className: 'good' },
    unset: { label: 'Not configured', className: 'bad' },
    failing: { label: 'Failing', className: 'bad' },
    unproven: { label: 'Not used yet', className: 'neutral' },
    removed: { label: 'Removed', className: 'bad' },
  };

/** That nobody is notified, and where it stands what to do; nothing where some receiver can be used. */
export function Unnotified({ receivers }: { receivers: readonly RoutedReceiver[] }) {
  if (receivers.some(({ problem }) => problem === null)) return null;
  return (
    <p class="note bad">
      {receivers.length === 0 ? 'No receiver is configured' : 'No receiver can be used'}: alerts are recorded, but
      nobody is notified. <a href="/">The overview</a> shows what is missing, and how to set it.
    </p>
  );
}

/** A card with a row per receiver. */
export function Receivers({ receivers, dead }: Pick<LedgerStatus, 'receivers' | 'dead'>) {
  return (
    <Card title="Receivers" id="receivers">
      {receivers.length === 0 ? (
        <p class="note bad">No receiver is configured: {NOBODY}.</p>
      ) : (
        <section class="wide" tabindex={0} aria-label="Receivers and their health">
          <table class="cards">
            <caption class="unsighted">Receivers and their health</caption>
            <thead>
              <tr>
                <th scope="col">Receiver</th>
                <th scope="col">Health</th>
                <th scope="col">Minimum level</th>
                <th scope="col">Last delivery</th>
                <th scope="col">Pending</th>
                <th scope="col">Dead</th>
              </tr>
            </thead>
            <tbody>
              {receivers.map((receiver) => (
                <Row receiver={receiver} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {dead.length > 0 && <DeadDeliveries dead={dead} />}
    </Card>
  );
}

function Row({ receiver }: { receiver: ReceiverHealth }) {
  const { label, className } = STATES[receiver.state];
  return (
    <tr>
      <th scope="row" data-label="Receiver" class="tight">
        <UntrustedText text={receiver.name} max={TEXT_MAX} />
      </th>
      <td data-label="Health">
        <span class={`health ${className}`}>{label}</span>
        {receiver.reason !== null && (
          <span class="sub">
            <UntrustedText text={receiver.reason} max={TEXT_MAX} />
          </span>
        )}
        {receiver.failingSince !== null && (
          <span class="sub">
            since <When at={receiver.failingSince} />
          </span>
        )}
      </td>
      <td data-label="Minimum level">{receiver.minLevel === null ? '–' : <Level level={receiver.minLevel} />}</td>
      <td data-label="Last delivery">
        <When at={receiver.lastDeliveredAt} />
      </td>
      <td data-label="Pending" class="number">
        {cappedText(receiver.pending, PAGE_COUNTED_MAX)}
        {receiver.bundled > 0 && (
          <span class="sub">{cappedText(receiver.bundled, PAGE_COUNTED_MAX)} in a message with others</span>
        )}
        {receiver.waiting > 0 && (
          <span class="sub">{cappedText(receiver.waiting, PAGE_COUNTED_MAX)} waiting for a group’s message</span>
        )}
      </td>
      <td data-label="Dead" class="number">
        {receiver.dead > 0 ? <strong class="bad">{cappedText(receiver.dead, PAGE_COUNTED_MAX)}</strong> : '0'}
      </td>
    </tr>
  );
}

function DeadDeliveries({ dead }: { dead: LedgerStatus['dead'] }) {
  return (
    <details>
      <summary>Dead deliveries: the last {numberText(dead.length)}</summary>
      <ul class="problems">
        {dead.map(({ receiver, reason, settledAt }) => (
          <li class="bad">
            <strong>
              <UntrustedText text={receiver} max={TEXT_MAX} />
            </strong>{' '}
            <UntrustedText text={reason} max={TEXT_MAX} />
            <span class="sub">
              <When at={settledAt} />
            </span>
          </li>
        ))}
      </ul>
      <p class="quiet">
        Once the cause is fixed, resend them: <code>npm run tocsin -- resend</code>
      </p>
    </details>
  );
}
