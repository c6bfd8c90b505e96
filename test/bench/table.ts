/** What was measured, as a table. Pure. */
import type { Measured } from './measure.ts';

export interface Group {
  readonly title: string;
  /** The peer first. */
  readonly rows: readonly Measured[];
}

/** The groups as lines: each row's median, its 95th percentile, how many times its peer's, and how much more. */
export function tableLines(groups: readonly Group[]): string[] {
  const width = Math.max(
    ...groups.flatMap(({ title, rows }) => [title.length - 2, ...rows.map(({ name }) => name.length)]),
  );
  return groups.flatMap(({ title, rows }) => [
    '',
    `${title.padEnd(width + 2)}  ${['median', 'p95', 'of peer', 'adds'].map((head) => head.padStart(10)).join('')}`,
    ...rows.map(({ name, median, p95, ratio, adds }, i) => {
      const against = i === 0 ? ['peer', ''] : [`${ratio.toFixed(2)} x`, `${adds < 0 ? '' : '+'}${ms(adds)}`];
      return `  ${name.padEnd(width)}  ${[ms(median), ms(p95), ...against].map((cell) => cell.padStart(10)).join('')}`.trimEnd();
    }),
  ]);
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}
