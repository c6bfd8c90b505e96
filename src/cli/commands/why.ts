/** `why`: what opened an alert, and who was notified of it? */
import * as z from 'zod/mini';
import { actWording, statusWording } from '../../alert/act-wording.ts';
import { decisionsWording } from '../../alert/decision-wording.ts';
import { counted } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { operatorAlertPath } from '../../web/operator-paths.ts';
import { Failure, OK } from '../failure.ts';
import { safe, section, table, utc } from '../terminal.ts';
import { ALERT } from './alerts.ts';
import { ASK_OPTIONS, connect, defineCommand, print, readAlertId, targetUsage, UsageError } from './command.ts';

const DELIVERY = z.object({
  receiver: z.string(),
  what: z.string(),
  state: z.enum(['waiting', 'pending', 'bundled', 'delivered', 'dead', 'suppressed']),
  reason: z.nullable(z.string()),
  attempts: z.number(),
  queuedAt: z.number(),
  dueAt: z.number(),
  settledAt: z.nullable(z.number()),
});
const DECISION = z.object({
  notify: z.boolean(),
  kind: z.optional(z.string()),
  reason: z.string(),
  count: z.optional(z.number()),
  by: z.optional(z.number()),
  receivers: z.optional(z.array(z.string())),
});
const ACT = z.object({
  at: z.number(),
  act: z.string(),
  who: z.string(),
  via: z.nullable(z.string()),
  detail: z.nullable(z.record(z.string(), z.unknown())),
});
const MATCH = z.object({
  at: z.number(),
  entry: z.nullable(
    z.object({
      id: z.string(),
      revision: z.optional(z.number()),
      action: z.nullable(z.string()),
      actor: z.object({ id: z.nullable(z.string()), name: z.nullable(z.string()) }),
      target: z.object({ id: z.nullable(z.string()), type: z.nullable(z.string()) }),
    }),
  ),
  part: z.enum(['matched', 'contributing']),
  decisions: z.nullable(z.array(DECISION)),
  evidence: z.array(z.object({ selection: z.string(), field: z.nullable(z.string()), value: z.string() })),
  number: z._default(z.nullable(z.string()), null),
});
const ALERT_PAGE = z.object({
  alert: ALERT,
  timeline: z.array(MATCH),
  more: z.number(),
  moreContributing: z._default(z.number(), 0),
  deliveries: z.array(DELIVERY),
  acts: z.array(ACT),
});
/** Null: there is no such alert. */
const ANSWER = z.object({ alert: z.nullable(ALERT_PAGE) });

/** An alert with its matches and deliveries. Times are ms since the epoch. */
export type AlertAnswer = z.output<typeof ALERT_PAGE>;
type Match = AlertAnswer['timeline'][number];
type Delivery = AlertAnswer['deliveries'][number];

export const why = defineCommand({
  summary: 'show what opened an alert, and who was notified',
  usage: `usage: npm run tocsin -- why ALERT [--json] [--url URL]

Shows what opened an alert, who was notified of what, what was suppressed and why, its matches, and what was done about it.
ALERT is its number, as messages and \`alerts\` show it.
The exit code is 1 if there is no such alert.

  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: ASK_OPTIONS,
  allowPositionals: true,
  async run({ url, json: asJson }, context, [alert, ...more]) {
    if (alert === undefined) throw new UsageError('the number of an alert is missing');
    if (more.length > 0) throw new UsageError('only one alert at a time');
    const id = readAlertId('the alert', alert);
    const client = connect(url, context);
    const { answer, json } = await client.ask({ method: 'GET', path: operatorAlertPath(id) }, ANSWER);
    if (answer.alert === null) {
      throw new Failure(`${client.origin} has no alert ${id}`, 'List the alerts: npm run tocsin -- alerts --all');
    }
    print(context, asJson, json, whyLines(answer.alert));
    return OK;
  },
});

/** The alert for people. */
export function whyLines({ alert, timeline, more, moreContributing, deliveries, acts }: AlertAnswer): string[] {
  return [
    `Alert ${alert.id}  ${safe(alert.level).toUpperCase()}  ${safe(alert.title)}`,
    '',
    ...table([
      ['Rule', safe(alert.rule)],
      ['Dedup key', keyText(alert)],
      ['First match', utc(alert.firstAt)],
      ['Matches', `${counted(alert.count, 'match', 'matches')}, the last at ${utc(alert.lastAt)}`],
      ['Status', statusText(alert)],
    ]),
    ...section('Deliveries, oldest first', deliveries.map(deliveryText)),
    ...(deliveries.length === 0 ? ['', 'No deliveries: each match below says why.'] : []),
    ...section('Matches, oldest first', [
      ...timeline.flatMap(matchLines),
      ...(moreContributing > 0
        ? [`and ${counted(moreContributing, 'more entry', 'more entries')} that contributed`]
        : []),
      ...(more > 0 ? [`and ${counted(more, 'match that was', 'matches that were')} counted but not kept`] : []),
    ]),
    ...section(
      'What was done, oldest first',
      acts.map((act) => `${utc(act.at)}  ${safe(actWording(act))}`),
    ),
  ];
}

function keyText({ key }: AlertAnswer['alert']): string {
  const parts = key.map(({ field, value }) =>
    value === null ? `no ${safe(field)}` : `${safe(field)} = ${safe(value)}`,
  );
  return parts.length === 0 ? 'all matches of the rule' : parts.join(', ');
}

function statusText(alert: AlertAnswer['alert']): string {
  const assignee = alert.assignee === null ? '' : `, assigned to ${safe(alert.assignee)}`;
  return `${safe(statusWording(alert))}${alert.backfilled ? ', backfilled' : ''}${assignee}`;
}

function deliveryText({ receiver, what, state, reason, attempts, queuedAt, dueAt, settledAt }: Delivery): string {
  const head = `${utc(queuedAt)}  ${safe(what)} to ${safe(receiver)}: `;
  const because = reason === null ? '' : `: ${safe(reason)}`;
  switch (state) {
    case 'delivered':
      return `${head}delivered at ${utc(settledAt ?? queuedAt)}${attempts > 1 ? `, at attempt ${attempts}` : ''}${because}`;
    case 'pending':
      return `${head}pending${attempts > 0 ? `, ${counted(attempts, 'attempt')} so far` : ''}, next at ${utc(dueAt)}${because}`;
    case 'waiting':
      return `${head}waits for the message of its group`;
    case 'bundled':
      return `${head}in one message with others, which is pending`;
    case 'suppressed':
      return `${head}suppressed${because}`;
    case 'dead':
      return `${head}DEAD after ${counted(attempts, 'attempt')}${because}. Send again: npm run tocsin -- resend`;
  }
}

function matchLines({ at, entry, part, decisions, evidence, number }: Match): string[] {
  const found = evidence.map(
    ({ selection, field, value }) => `${safe(selection)}: ${field === null ? '' : `${safe(field)} = `}${safe(value)}`,
  );
  return [
    `${utc(at)}  ${entry === null ? 'an entry that is no longer stored' : entryText(entry)}`,
    ...(part === 'contributing' ? ['  contributed to the correlation'] : []),
    ...(decisions === null ? [] : [`  ${safe(decisionsWording(decisions))}`]),
    ...(number === null ? [] : [`  condition met: ${safe(number)}`]),
    ...(found.length === 0 ? [] : [`  matched ${found.join('; ')}`]),
  ];
}

/** Each part is cut by itself: a long name hides neither the target nor the id. */
const PART_WIDTH = 100;

function entryText({ id, revision = 0, action, actor, target }: NonNullable<Match['entry']>): string {
  const part = (text: string): string => oneLine(text, PART_WIDTH);
  const by = actor.name ?? actor.id;
  const on = [target.type, target.id].flatMap((text) => (text === null ? [] : part(text))).join(' ');
  const version = revision > 0 ? `, revision ${revision}` : '';
  return `${part(action ?? 'no action')}${by === null ? '' : ` by ${part(by)}`}${on === '' ? '' : ` on ${on}`} (entry ${part(id)}${version})`;
}
