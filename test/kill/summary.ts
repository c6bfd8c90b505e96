/** The outcome of a run, and its progress, as text. Pure. */
import { safe } from '../../src/cli/terminal.ts';
import { formatDuration } from '../../src/text/duration.ts';
import { counted, numberText } from '../../src/text/numbers.ts';
import type { Kill } from './kills.ts';
import type { Outcome, Progress } from './run.ts';

const PROBLEMS_SHOWN = 30;

/** `kill 37 of 100: workerd, recording` */
export function progressText(progress: Progress, times: number): string {
  switch (progress.at) {
    case 'start':
      return 'building the Worker, starting everything';
    case 'kill':
      return `kill ${progress.number} of ${times}: ${progress.kill.target}, ${progress.kill.moment}`;
    case 'calm':
      return `calm: ${numberText(progress.recorded)} of ${counted(progress.shown, 'entry', 'entries')} recorded, ${counted(progress.pending, 'message')} to deliver`;
  }
}

/** The summary, line by line. */
export function summaryLines(
  { kills, ticks, ms, entries, alerts, messages, problems }: Outcome,
  seed: number,
): string[] {
  return [
    `${counted(kills.length, 'kill')} in ${formatDuration(ms)}, seed ${seed}; what they hit:`,
    ...killLines(kills),
    `ticks     ${numberText(ticks.done)} done, ${numberText(ticks.failed)} failed or cut off`,
    `entries   ${numberText(entries.shown)} shown, ${numberText(entries.recorded)} recorded: ${entries.lost} lost, ${entries.doubled} doubled`,
    `alerts    ${numberText(alerts.expected)} expected, ${numberText(alerts.opened)} opened: ${alerts.lost} lost, ${alerts.doubled} doubled`,
    `messages  ${numberText(messages.deliveries)} deliveries, ${numberText(messages.received)} arrived: ${messages.lost} lost, ${messages.again} arrived again (allowed: the same delivery, each time an attempt whose answer was lost)`,
    ...problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  ✗ ${safe(problem)}`),
    ...(problems.length > PROBLEMS_SHOWN ? [`  … ${problems.length - PROBLEMS_SHOWN} more`] : []),
    problems.length === 0 ? 'nothing was lost' : counted(problems.length, 'problem'),
  ];
}

/** `  workerd     31  12 recording, 9 reading a page, 8 sending, 2 idle` */
function killLines(kills: readonly Kill[]): string[] {
  const byTarget = [...Map.groupBy(kills, ({ target }) => target)].sort(([, a], [, b]) => b.length - a.length);
  return byTarget.map(([target, all]) => {
    const moments = [...Map.groupBy(all, ({ moment }) => moment)].sort(([, a], [, b]) => b.length - a.length);
    const hit = moments.map(([moment, { length }]) => `${length} ${moment}`).join(', ');
    return `  ${target.padEnd(10)} ${String(all.length).padStart(3)}  ${hit}`;
  });
}
