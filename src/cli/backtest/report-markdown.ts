/**
 * What a backtest found, as Markdown for the comment of a pull request. Pure.
 *
 * Contract: what others wrote is in code spans on one line, where it is no markup and mentions nobody.
 */
import type { PastAlert } from '../../backtest/backtest.ts';
import type { RuleSummary } from '../../backtest/summary.ts';
import { counted, numberText } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { utc } from '../terminal.ts';
import { actorOf, bySeverity, changedRules, changeText, notifiedText, type Report, requestOf } from './report.ts';

/** By this an older comment is found, and replaced. */
export const COMMENT_MARK = '<!-- tocsin backtest -->';
const TEXT_CHARS = 160;

/** The report as Markdown. */
export function reportMarkdown(report: Report): string {
  const { result, against, notes, samples } = report;
  const { entries, from, to } = result;
  const span = from === null || to === null ? '' : `, ${utc(from)} to ${utc(to)}`;
  const lines = [
    COMMENT_MARK,
    '### Backtest of the rules',
    '',
    `${counted(entries, 'entry', 'entries')}${span}.`,
    ...notes.map((note) => `\n> ${code(note)}`),
    ...result.problems.map((problem) => `\n> Tocsin would have reported: ${code(problem)}`),
    '',
  ];
  if (against === null) {
    const alerting = bySeverity(report.summaries.filter(({ alerts }) => alerts > 0));
    const total = alerting.reduce((sum, { alerts }) => sum + alerts, 0);
    lines.push(total === 0 ? '**No alerts.**' : `**${counted(total, 'alert')}.**`, '');
    if (total > 0) lines.push(...table(alerting.map(summaryRow)));
    lines.push(
      ...details(
        'Alerts',
        alerting.flatMap((summary) => summary.samples),
        total,
        samples,
      ),
    );
    return `${lines.join('\n')}\n`;
  }
  const { difference } = against;
  const { added, removed, changed, same } = difference;
  const isSame = added.length + removed.length + changed.length === 0;
  lines.push(
    isSame
      ? `**No other alerts than with ${code(against.ref)}**: ${counted(same, 'alert')} the same.`
      : `**${changeText(difference)}** against ${code(against.ref)}, ${numberText(same)} the same.`,
    '',
  );
  const rows = changedRules(report, against);
  if (rows.length > 0) lines.push(...table(rows));
  lines.push(
    ...details('Added', added.slice(0, samples), added.length, samples),
    ...details('Removed', removed.slice(0, samples), removed.length, samples),
    ...details(
      'Changed',
      changed.slice(0, samples).map(({ after }) => after),
      changed.length,
      samples,
    ),
  );
  return `${lines.join('\n')}\n`;
}

function summaryRow({ rule, alerts, notified, matches }: RuleSummary): readonly string[] {
  return [rule.level.toUpperCase(), ...[alerts, notified, matches].map(numberText), rule.title];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(['level', 'alerts', 'notified', 'matches', 'rule']),
    '| --- | ---: | ---: | ---: | --- |',
    ...rows.map((row) => line(row.map((cell, i) => (i === row.length - 1 ? code(cell) : cell)))),
    '',
  ];
}

/** Alerts that open with a click; empty without alerts, or with `samples` 0. */
function details(title: string, alerts: readonly PastAlert[], total: number, samples: number): string[] {
  if (alerts.length === 0 || samples === 0) return [];
  const shown = alerts.length < total ? `${numberText(alerts.length)} of ${numberText(total)}` : numberText(total);
  return [
    `<details><summary>${title} (${shown})</summary>`,
    '',
    '| first match | level | rule | who | what | matches | notified |',
    '| --- | --- | --- | --- | --- | ---: | --- |',
    ...alerts.map((alert) => {
      const { firstAt, level, title: rule, opening, count } = alert;
      const cells = [utc(firstAt), level, code(rule), code(actorOf(opening)), code(requestOf(opening))];
      return `| ${cells.join(' | ')} | ${numberText(count)} | ${code(notifiedText(alert))} |`;
    }),
    '',
    '</details>',
    '',
  ];
}

/** Text as code: in a table, a bar would end the cell even there. */
function code(text: string): string {
  const line = oneLine(text, TEXT_CHARS).replaceAll('`', "'").replaceAll('|', '\\|');
  return line === '' ? '–' : `\`${line}\``;
}
