/** Alerts as a table, one row each. Pure. */

import { alertPath } from '../../../access/link.ts';
import type { AlertSummary } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { Level, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

const TITLE_CHARS = 100;
const KEY_CHARS = 80;

interface AlertTableProps {
  readonly caption: string;
  readonly alerts: readonly AlertSummary[];
}

/** The alerts in the order given. */
export function AlertTable({ caption, alerts }: AlertTableProps) {
  return (
    <div class="wide">
      <table class="cards alerts">
        <caption class="unsighted">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">Level</th>
            <th scope="col">Alert</th>
            <th scope="col">Matches</th>
            <th scope="col">First</th>
            <th scope="col">Last</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <tr>
              <td data-label="Level">
                <Level level={alert.level} />
              </td>
              <th scope="row" data-label="Alert">
                <a href={alertPath(alert.id)}>
                  <UntrustedText text={alert.title} max={TITLE_CHARS} />
                </a>
                <KeyParts parts={alert.key} class="sub" max={KEY_CHARS} />
              </th>
              <td data-label="Matches" class="number">
                {numberText(alert.count)}
              </td>
              <td data-label="First">
                <When at={alert.firstAt} />
              </td>
              <td data-label="Last">
                <When at={alert.lastAt} />
              </td>
              <td data-label="Status">
                {alert.status}
                {alert.backfilled && <span class="quiet"> (backfilled)</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The dedup key of an alert: `actor.id 4f2c…`, or `no actor.id`. */
export function KeyParts({ parts, class: name, max }: { parts: AlertSummary['key']; class?: string; max: number }) {
  if (parts.length === 0) return null;
  return (
    <span class={name}>
      {parts.map(({ field, value }, i) => (
        <>
          {i > 0 && ', '}
          <span class="quiet">
            {value === null && 'no '}
            <UntrustedText text={field} max={max} />
          </span>
          {value !== null && ' '}
          {value !== null && (
            <code>
              <UntrustedText text={value} max={max} />
            </code>
          )}
        </>
      ))}
    </span>
  );
}
