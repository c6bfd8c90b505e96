/**
 * Alerts for people: a list of them, and why one rang, or did not: when it opened, who was told of what, what was held
 * back and for what reason, how it grew, how it closed. Pure; whatever others wrote commands no terminal.
 */
import { closingWording, decisionWording } from '../alert/decision-wording.ts';
import { counted } from '../text/numbers.ts';
import type { AlertAnswer, AlertsAnswer } from './answer.ts';
import { safe, section, table, utc } from './text.ts';

type Line = AlertsAnswer['alerts'][number];
type Told = AlertAnswer['timeline'][number];
type Delivery = AlertAnswer['deliveries'][number];

/** The list as lines, newest first as it came. */
export function alertsLines({ alerts, next }: AlertsAnswer, all: boolean): string[] {
  if (alerts.length === 0) return [all ? 'There are no alerts.' : 'No alert is open. With --all: the closed ones too.'];
  return [
    ...alerts.map(
      ({ id, level, title, state, backfilled, count, begins }) =>
        `${String(id).padStart(5)}  ${safe(level).toUpperCase().padEnd(13)}  ${utc(begins)}  ${safe(title)}, ` +
        `${safe(state)}, ${counted(count, 'match', 'matches')}${backfilled ? ', read in silence' : ''}`,
    ),
    ...(next === null ? [] : [`There are more: --before ${next}`]),
  ];
}

/** Why an alert rang or did not, as lines. */
export function whyLines({ alert, timeline, more, deliveries, closing }: AlertAnswer): string[] {
  return [
    `Alert ${alert.id}  ${safe(alert.level).toUpperCase()}  ${safe(alert.title)}`,
    '',
    ...table([
      ['Rule', safe(alert.rule)],
      ['One alert for', keyText(alert)],
      ['Opened by', `a match at ${utc(alert.begins)}`],
      ['Matches', `${counted(alert.count, 'match', 'matches')} so far, the last at ${utc(alert.lastAt)}`],
      ['State', stateText(alert)],
    ]),
    ...section('Who was told of what, oldest first', deliveries.map(deliveryText)),
    ...(deliveries.length === 0 ? ['', NOBODY] : []),
    ...section('What each match brought about, in the order of time', [
      ...timeline.flatMap(matchText),
      ...(more > 0 ? [`and ${counted(more, 'match that was', 'matches that were')} counted and not kept`] : []),
    ]),
    ...section('At the end of its period', closing === null ? ['not yet'] : [safe(closingWording(closing))]),
  ];
}

const NOBODY = 'Nobody was told of it: each match below says why.';

function keyText({ key }: Line): string {
  const parts = key.map(({ field, value }) => `${safe(field)} = ${safe(value)}`);
  return parts.length === 0 ? 'all matches of the rule' : parts.join(', ');
}

function stateText({ state, begins, periodMs, backfilled }: Line): string {
  const end = utc(begins + periodMs);
  const said = state === 'open' ? `open; its period ends at ${end}` : `${safe(state)}; its period ended at ${end}`;
  return backfilled ? `${said}. It is history: it was read in silence` : said;
}

function deliveryText({ receiver, what, state, reason, attempts, queuedAt, dueAt, settledAt }: Delivery): string {
  const head = `${utc(queuedAt)}  ${safe(what)} to ${safe(receiver)}: `;
  const because = reason === null ? '' : `: ${safe(reason)}`;
  switch (state) {
    case 'delivered':
      return `${head}delivered at ${utc(settledAt ?? queuedAt)}${attempts > 1 ? `, at attempt ${attempts}` : ''}`;
    case 'pending':
      return `${head}on its way${attempts > 0 ? `, ${counted(attempts, 'attempt', 'attempts')} so far` : ''}, next at ${utc(dueAt)}${because}`;
    case 'suppressed':
      return `${head}held back${because}`;
    case 'dead':
      return `${head}DEAD after ${counted(attempts, 'attempt', 'attempts')}${because}. Again: npm run tocsin -- resend`;
  }
}

function matchText({ at, entry, part, decision, evidence, number }: Told): string[] {
  const who = entry === null ? 'an entry that is no longer kept' : entryText(entry);
  const found = evidence.map(
    ({ selection, field, value }) => `${safe(selection)}: ${field === null ? '' : `${safe(field)} = `}${safe(value)}`,
  );
  return [
    `${utc(at)}  ${who}`,
    ...(part === 'contributing' ? ['  contributed to the correlation'] : []),
    ...(decision === null ? [] : [`  ${safe(decisionWording(decision))}`]),
    ...(number === null ? [] : [`  completed ${safe(number)}`]),
    ...(found.length === 0 ? [] : [`  since ${found.join('; ')}`]),
  ];
}

function entryText({ id, action, actor, target }: NonNullable<Told['entry']>): string {
  const by = actor.name ?? actor.id;
  const on = [target.type, target.id].filter((part) => part !== null).join(' ');
  return safe(`${action ?? 'no action'}${by === null ? '' : ` by ${by}`}${on === '' ? '' : ` on ${on}`} (entry ${id})`);
}
