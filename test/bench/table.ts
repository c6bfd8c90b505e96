/** Formats measurements as tables. Pure. */
import type { Measured } from './measure.ts';

export interface Group {
  readonly title: string;
  /** The peer first. */
  readonly rows: readonly Measured[];
}

/** The groups as lines: each row's median and 95th percentile, and the median compared with the peer's. */
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

/** The unit of a column. */
export type Unit = 'count' | 'ns' | 'us' | 'ms' | 'bytes' | 'times';

export interface Grid {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly unit: Unit }[];
  /** Null if not measured or unknown. */
  readonly rows: readonly { readonly name: string; readonly cells: readonly (number | null)[] }[];
  /** Explanations. */
  readonly notes?: readonly string[];
}

/** A grid as lines. */
export function gridLines({ title, columns, rows, notes = [] }: Grid): string[] {
  const cells = rows.map((row) => columns.map(({ unit }, i) => written(row.cells[i] ?? null, unit)));
  const first = Math.max(...rows.map(({ name }) => name.length)) + 2;
  const widths = columns.map(({ name }, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)) + 2);
  const line = (name: string, texts: readonly string[]): string =>
    `${name.padEnd(first)}${texts.map((text, i) => text.padStart(widths[i] ?? 0)).join('')}`.trimEnd();
  return [
    '',
    title,
    line(
      '',
      columns.map(({ name }) => name),
    ),
    ...rows.map(({ name }, i) => line(`  ${name}`, cells[i] ?? [])),
    ...notes.map((note) => `  ${note}`),
  ];
}

function written(value: number | null, unit: Unit): string {
  if (value === null || Number.isNaN(value)) return '-';
  switch (unit) {
    case 'count':
      return whole(value);
    case 'ns':
      return `${whole(value)} ns`;
    case 'us':
      return `${value.toFixed(1)} µs`;
    case 'ms':
      return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
    case 'bytes':
      return `${(value / 1024).toFixed(1)} KiB`;
    case 'times':
      return `${value < 100 ? value.toFixed(2) : whole(value)} x`;
  }
}

/** A number without decimals, with thousands separators. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
