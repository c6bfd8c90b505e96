/**
 * Entries and alerts over time: two rows of bars on one axis, drawn here. What it shows is also a sentence and a table,
 * for those who can't see it. Pure.
 */

import type { Overview } from '../../../ledger/rpc.ts';
import { counted, numberText } from '../../../text/numbers.ts';
import { lengthInWords, When } from './elements.tsx';

/** Units of the drawing; it is stretched to the width there is. */
const STEP = 10;
const GAP = 2;
const ENTRIES_HEIGHT = 100;
const ALERTS_HEIGHT = 40;
/** What is not nothing can be seen. */
const LEAST = 3;

export function Chart({ chart }: { chart: Overview['chart'] }) {
  const { from, stepMs, entries, alerts } = chart;
  const steps = Math.max(entries.length, alerts.length);
  const until = from + steps * stepMs;
  const sum = (of: readonly number[]): number => of.reduce((total, count) => total + count, 0);
  const step = lengthInWords(stepMs);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => from + Math.round((part * steps) / 1) * stepMs);
  return (
    <figure class="chart">
      <figcaption>
        <span class="key entries">{counted(sum(entries), 'entry', 'entries')}</span>
        <span class="key alerts">{counted(sum(alerts), 'alert')}</span>
        <span class="quiet">
          in the last {lengthInWords(steps * stepMs)}, by {step.replace(/^1 /, '')}
        </span>
      </figcaption>
      <Bars name="Entries" of={entries} steps={steps} height={ENTRIES_HEIGHT} from={from} stepMs={stepMs} />
      <Bars name="Alerts" of={alerts} steps={steps} height={ALERTS_HEIGHT} from={from} stepMs={stepMs} />
      <div class="axis" aria-hidden="true">
        {marks.map((at) => (
          <When at={at} short />
        ))}
      </div>
      <details>
        <summary>The same as a table</summary>
        <section class="wide tall" tabindex={0} aria-label="Entries and alerts over time">
          <table>
            <caption class="unsighted">
              Entries and alerts in steps of {step}, until {new Date(until).toISOString().slice(0, 16)}
            </caption>
            <thead>
              <tr>
                <th scope="col">From</th>
                <th scope="col" class="number">
                  Entries
                </th>
                <th scope="col" class="number">
                  Alerts
                </th>
              </tr>
            </thead>
            <tbody>
              {Array.from({ length: steps }, (_, i) => i)
                .reverse()
                .map((i) => (
                  <tr>
                    <th scope="row">
                      <When at={from + i * stepMs} short />
                    </th>
                    <td class="number">{numberText(entries[i] ?? 0)}</td>
                    <td class="number">{numberText(alerts[i] ?? 0)}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}

interface BarsProps {
  readonly name: 'Entries' | 'Alerts';
  readonly of: readonly number[];
  readonly steps: number;
  readonly height: number;
  readonly from: number;
  readonly stepMs: number;
}

function Bars({ name, of, steps, height, from, stepMs }: BarsProps) {
  const most = Math.max(0, ...of);
  const peak = of.indexOf(most);
  const at = new Date(from + Math.max(0, peak) * stepMs).toISOString().slice(0, 16).replace('T', ' ');
  const words = most === 0 ? `${name}: none` : `${name}: at most ${numberText(most)} in one step, from ${at} UTC`;
  return (
    <div class={`lane ${name.toLowerCase()}`}>
      <p aria-hidden="true">
        {name}
        <span class="quiet"> {most === 0 ? 'none' : `at most ${numberText(most)}`}</span>
      </p>
      <svg
        viewBox={`0 0 ${Math.max(1, steps) * STEP} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <path class="ground" d={`M0 ${height - 0.5}H${steps * STEP}`} />
        {of.map((count, i) => {
          if (count === 0) return null;
          const tall = Math.max(LEAST, Math.round((count / most) * (height - 2)));
          return <rect x={i * STEP + GAP / 2} y={height - tall} width={STEP - GAP} height={tall} />;
        })}
      </svg>
    </div>
  );
}
