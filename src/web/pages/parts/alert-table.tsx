/** Alerts, a row each: how grave, what, who, how often, and since when. */

import { alertPath } from '../../../access/link.ts';
import type { AlertSummary } from '../../../ledger/rpc.ts';
import { numberText } from '../../../text/numbers.ts';
import { Level, When } from './elements.tsx';
import { UntrustedText } from './untrusted-text.tsx';

const TITLE = 100;
const KEY = 80;

interface AlertTableProps {
  readonly caption: string;
  readonly alerts: readonly AlertSummary[];
}

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
            <th scope="col">State</th>
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
                  <UntrustedText text={alert.title} max={TITLE} />
                </a>
                <KeyParts parts={alert.key} class="sub" max={KEY} />
              </th>
              <td data-label="Matches" class="number">
                {numberText(alert.count)}
              </td>
              <td data-label="First">
                <When at={alert.begins} />
              </td>
              <td data-label="Last">
                <When at={alert.lastAt} />
              </td>
              <td data-label="State">
                {alert.state}
                {alert.backfilled && <span class="quiet"> (history)</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** An alert's dedup key: `actor.id 4f2c…`. */
export function KeyParts({ parts, class: name, max }: { parts: AlertSummary['key']; class?: string; max: number }) {
  if (parts.length === 0) return null;
  return (
    <span class={name}>
      {parts.map(({ field, value }, i) => (
        <>
          {i > 0 && ', '}
          <span class="quiet">
            <UntrustedText text={field} max={max} />
          </span>{' '}
          <code>
            <UntrustedText text={value} max={max} />
          </code>
        </>
      ))}
    </span>
  );
}
