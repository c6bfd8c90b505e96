/**
 * The status for people, to be read at three in the morning: whether it is watching comes first, then how far, then
 * what waits, then what is wrong. Pure; whatever others wrote comes out as text that commands no terminal.
 */
import { LEVELS } from '../sigma/index.ts';
import { counted, numberText } from '../text/numbers.ts';
import type { StatusAnswer } from './answer.ts';
import { ago, safe, section, table, utc } from './text.ts';

type Status = NonNullable<StatusAnswer['status']>;
type Walk = NonNullable<NonNullable<Status['checkpoint']>['scan']>;

/** Without these nothing can be watched, whatever the ledger still believes. */
const NEEDED = ['NIRVANA_LABS_API_KEY', 'NIRVANA_LABS_BASE_URL', 'LEDGER'];

export type Headline = 'WATCHING' | 'BLIND' | 'NOT BEGUN' | 'NOT WATCHING';

/** Whether it is watching, in a word or two. */
export function headline({ status, problems }: StatusAnswer): Headline {
  const broken = problems.some(({ setting, severity }) => severity === 'error' && NEEDED.includes(setting));
  if (status?.watching === 'blind') return 'BLIND';
  if (status === null || broken) return 'NOT WATCHING';
  return status.watching === 'watching' ? 'WATCHING' : 'NOT BEGUN';
}

const MEANINGS: { readonly [word in Headline]: string } = {
  WATCHING: '',
  BLIND: 'Nothing new is read. Look at the settings below, then at the log: npx wrangler tail',
  'NOT BEGUN': 'No tick has come yet. The cron trigger ticks every minute where it is deployed.',
  'NOT WATCHING': 'The settings below say why.',
};

/** The status as lines; `now` is the wall clock in ms. */
export function statusLines(answer: StatusAnswer, origin: string, now: number): string[] {
  const { status, problems } = answer;
  const word = headline(answer);
  return [
    `${word}  ${origin}`,
    ...(MEANINGS[word] === '' ? [] : [MEANINGS[word]]),
    ...(status === null ? [] : ['', ...table(rows(status, now)), ...lists(status, now)]),
    ...section('Receivers', health(answer.receivers)),
    ...section(
      'Settings',
      problems.flatMap(({ setting, severity, problem, meanwhile, hint }) => [
        `${severity === 'error' ? 'ERROR ' : 'notice'}  ${safe(`${setting} ${problem}`)}`,
        `        meanwhile: ${safe(meanwhile)}`,
        `        to mend it: ${safe(hint)}`,
      ]),
    ),
  ];
}

function rows(status: Status, now: number): (readonly [string, string])[] {
  const { counters, deliveries, receivers, checkpoint } = status;
  const open = LEVELS.toReversed().filter((level) => (status.alerts.open[level] ?? 0) > 0);
  return [
    ['Seen through', status.watermark === null ? 'nothing yet' : `${utc(status.watermark)}, ${ago(status.lagMs)} ago`],
    ['Last moved', status.movedAt === null ? 'never' : `${utc(status.movedAt)}, ${ago(now - status.movedAt)} ago`],
    ...failing(status.failure ?? null, now),
    ['Backlog', backlog(checkpoint?.scan ?? null, status.staged)],
    [
      'Entries',
      counters === null
        ? 'none yet'
        : `${numberText(counters.recorded)} recorded, ${numberText(counters.quarantined)} in quarantine, ` +
          `${numberText(counters.expired)} too old when they came`,
    ],
    ['Rules', `${numberText(status.rules.count)}, version ${safe(status.rules.version)}`],
    ['Alerts open', open.map((level) => `${numberText(status.alerts.open[level] ?? 0)} ${level}`).join(', ') || 'none'],
    ['Receivers', receivers.map(safe).join(', ') || 'NONE: nobody is told'],
    [
      'Deliveries',
      `${numberText(deliveries.pending)} pending, ${numberText(deliveries.delivered)} delivered, ` +
        `${numberText(deliveries.dead)} ${deliveries.dead > 0 ? 'DEAD' : 'dead'}, ${numberText(deliveries.suppressed)} held back`,
    ],
  ];
}

/** Why ticks fail, where they do: in the upstream's words, or ours. */
function failing(failure: Status['failure'] | null, now: number): (readonly [string, string])[] {
  if (failure === null || failure === undefined) return [];
  const { message, since, at } = failure;
  return [['FAILING', `for ${ago(now - since)}, last ${utc(at)}: ${safe(message)}`]];
}

/** A line a receiver; those that are well say when they last took something. */
function health(receivers: StatusAnswer['receivers']): string[] {
  const width = Math.max(0, ...receivers.map(({ name }) => safe(name).length));
  return receivers.map(({ name, state, reason, lastDeliveredAt, failingSince, pending, dead }) => {
    const word = state === 'failing' || state === 'unset' ? state.toUpperCase() : state;
    const since = state === 'failing' && failingSince !== null ? ` since ${utc(failingSince)}` : '';
    const because = reason === null ? '' : `: ${safe(reason)}`;
    const last = lastDeliveredAt === null ? 'nothing delivered yet' : `last delivered ${utc(lastDeliveredAt)}`;
    const left = [pending > 0 ? `${numberText(pending)} pending` : '', dead > 0 ? `${numberText(dead)} DEAD` : ''];
    return [`${safe(name).padEnd(width)}  ${word}${since}${because}`, last, ...left]
      .filter((part) => part !== '')
      .join('; ');
  });
}

function backlog(scan: Walk | null, staged: number): string {
  const waiting = staged === 0 ? '' : `; ${numberText(staged)} entries staged`;
  if (scan === null) return `none${waiting}`;
  if (scan.flushing) return `a walk is read to its end and being recorded${waiting}`;
  const since = scan.began === null ? '' : `, begun ${utc(scan.began)}`;
  const reached = scan.reached === null ? '' : `, has come to ${utc(scan.reached)}`;
  return `a walk is under way: ${numberText(scan.steps)} pages so far${since}${reached}${waiting}`;
}

function lists(status: Status, now: number): string[] {
  return [
    ...section(
      'Alarms about Tocsin itself',
      status.healthAlerts.map(
        ({ kind, since, count: times, summary }) =>
          `${safe(kind)}, since ${utc(since)}${times > 1 ? `, ${numberText(times)} times` : ''}: ${safe(summary)}`,
      ),
    ),
    ...section(
      'Dead deliveries, newest first',
      status.dead.map(({ receiver, reason, settledAt }) => `${safe(receiver)}, ${utc(settledAt)}: ${safe(reason)}`),
    ),
    ...section(
      'Deliveries that wait',
      status.waiting.map(({ receiver, reason, dueAt }) => {
        const due = dueAt <= now ? 'due now' : `again in ${ago(dueAt - now)}`;
        return `${safe(receiver)}, ${due}: ${safe(reason)}`;
      }),
    ),
    ...section(
      'Newest alerts',
      status.alerts.newest.map(
        ({ id, level, title, count: matches, lastAt, state }) =>
          `${numberText(id)}  ${safe(level).toUpperCase().padEnd(8)}  ${safe(title)}, ${safe(state)}, ` +
          `${counted(matches, 'match', 'matches')}, last ${utc(lastAt)}`,
      ),
    ),
    ...section(
      'In quarantine',
      status.quarantine.map(({ key, problem, firstAt }) => `${safe(key)}, ${utc(firstAt)}: ${safe(problem)}`),
    ),
  ];
}
