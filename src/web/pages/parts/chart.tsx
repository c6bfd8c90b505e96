/**
 * Entries and alerts over time: two rows of bars on one axis, as SVG. What it shows is also there as a sentence and a
 * table. Pure.
 */

import type { Overview } from '../../../ledger/rpc.ts';
import { counted, numberText } from '../../../text/numbers.ts';
import { utcText } from '../../../text/times.ts';
import { lengthInWords, When } from './elements.tsx';

/** Units of the drawing, which is stretched to the width there is. */
const STEP = 10;
const GAP = 2;
const ENTRIES_HEIGHT = 100;
const ALERTS_HEIGHT = 40;
/** The height of a small count, so that it can be seen. */
const BAR_MIN = 3;

type ChartData = Overview['chart'];

/** A figure with the sums, the bars, the axis and the table. */
export function Chart({ chart }: { chart: ChartData }) {
  const { from, stepMs, entries, alerts } = chart;
  const steps = Math.max(entries.length, alerts.length);
  const sum = (of: readonly number[]): number => of.reduce((total, count) => total + count, 0);
  const labels = [0, 0.25, 0.5, 0.75, 1].map((part) => from + Math.round(part * steps) * stepMs);
  return (
    <figure class="chart">
      <figcaption>
        <span class="key entries">{counted(sum(entries), 'entry', 'entries')}</span>
        <span class="key alerts">{counted(sum(alerts), 'alert')}</span>
        <span class="quiet">
          in the last {lengthInWords(steps * stepMs)}, per {stepName(stepMs)}
        </span>
      </figcaption>
      <Bars name="Entries" counts={entries} steps={steps} height={ENTRIES_HEIGHT} from={from} stepMs={stepMs} />
      <Bars name="Alerts" counts={alerts} steps={steps} height={ALERTS_HEIGHT} from={from} stepMs={stepMs} />
      <div class="axis" aria-hidden="true">
        {labels.map((at) => (
          <When at={at} short />
        ))}
      </div>
      <details>
        <summary>Show as a table</summary>
        <ChartTable chart={chart} steps={steps} />
      </details>
    </figure>
  );
}

/** `hour`, `30 minutes`. */
function stepName(stepMs: number): string {
  return lengthInWords(stepMs).replace(/^1 /, '');
}

/** Newest first. */
function ChartTable({ chart, steps }: { chart: ChartData; steps: number }) {
  const { from, stepMs, entries, alerts } = chart;
  return (
    <section class="wide tall" tabindex={0} aria-label="Entries and alerts over time">
      <table>
        <caption class="unsighted">
          Entries and alerts in steps of {lengthInWords(stepMs)}, until {utcText(from + steps * stepMs, 'minutes')}
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
          {Array.from({ length: steps }, (_, i) => steps - 1 - i).map((i) => (
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
  );
}

interface BarsProps {
  readonly name: 'Entries' | 'Alerts';
  readonly counts: readonly number[];
  readonly steps: number;
  readonly height: number;
  readonly from: number;
  readonly stepMs: number;
}

function Bars({ name, counts, steps, height, from, stepMs }: BarsProps) {
  const peak = Math.max(0, ...counts);
  const at = utcText(from + Math.max(0, counts.indexOf(peak)) * stepMs, 'minutes');
  const peakText = peak === 0 ? 'none' : `peak: ${numberText(peak)} per ${stepName(stepMs)}`;
  const label = peak === 0 ? `${name}: none` : `${name}, ${peakText}, at ${at}`;
  return (
    <div class={`lane ${name.toLowerCase()}`}>
      <p aria-hidden="true">
        {name}
        <span class="quiet"> ({peakText})</span>
      </p>
      <svg
        viewBox={`0 0 ${Math.max(1, steps) * STEP} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <path class="ground" d={`M0 ${height - 0.5}H${steps * STEP}`} />
        {counts.map((count, i) => {
          if (count === 0) return null;
          const bar = Math.max(BAR_MIN, Math.round((count / peak) * (height - 2)));
          return <rect x={i * STEP + GAP / 2} y={height - bar} width={STEP - GAP} height={bar} />;
        })}
      </svg>
    </div>
  );
}
