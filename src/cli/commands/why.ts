/** `why`: what opened an alert, and who was notified of it? And what did an entry lead to, or why to nothing? */
import * as z from 'zod/mini';
import { actWording, statusWording } from '../../alert/act-wording.ts';
import { decisionsWording } from '../../alert/decision-wording.ts';
import { readId } from '../../text/ids.ts';
import { counted } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { apiAlertPath, apiEntryWhyPath } from '../../web/api/paths.ts';
import { OK } from '../failure.ts';
import { safe, section, table, utc } from '../terminal.ts';
import { ALERT } from './alerts.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, targetUsage, UsageError } from './command.ts';
import { ROUTES, silencesOver, whereLines } from './routes-lines.ts';
import type { SilenceAnswer } from './silence.ts';

const EVIDENCE = { selection: z.string(), field: z.nullable(z.string()), value: z.string() };
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
  evidence: z.array(z.object(EVIDENCE)),
  number: z._default(z.nullable(z.string()), null),
});
const ALERT_PAGE = z.object({
  alert: ALERT,
  timeline: z.array(MATCH),
  more: z.number(),
  moreContributing: z._default(z.number(), 0),
  deliveries: z.array(DELIVERY),
  acts: z.array(ACT),
  decided: z.record(z.string(), z.number()),
  ruleIsGone: z.boolean(),
  silencedBy: z.array(z.number()),
  routes: ROUTES,
});

const RULE = { rule: z.string(), title: z.string(), level: z.string() };
const FAILED = z.array(z.object({ ...EVIDENCE, excluded: z.boolean() }));
const MATCHED = z.object({
  ...RULE,
  alerts: z.boolean(),
  evidence: z.array(z.object(EVIDENCE)),
  countedBy: z.array(
    z.object({ rule: z.string(), title: z.string(), condition: z.string(), excludedBy: z._default(FAILED, []) }),
  ),
  joins: z.nullable(z.number()),
  silencedBy: z.array(z.number()),
  routes: ROUTES,
});
/** What an entry would lead to. */
export const ENTRY_WHY = z.object({
  matched: z.array(MATCHED),
  near: z.array(
    z.object({
      ...RULE,
      held: z.array(z.object(EVIDENCE)),
      failed: FAILED,
    }),
  ),
});
const RECORDED_WHY = z.extend(ENTRY_WHY, {
  isOwnRead: z.boolean(),
  rulesChanged: z.boolean(),
  parts: z.array(
    z.object({
      alert: ALERT,
      part: z.enum(['matched', 'contributing']),
      decisions: z.nullable(z.array(DECISION)),
    }),
  ),
});
export type EntryAnswer = z.output<typeof RECORDED_WHY>;

/** An alert with its matches and deliveries. Times are ms since the epoch. */
export type AlertAnswer = z.output<typeof ALERT_PAGE>;
type Match = AlertAnswer['timeline'][number];
type Delivery = AlertAnswer['deliveries'][number];

export const why = defineCommand({
  summary: 'show what an alert or an entry led to, and why',
  usage: `usage: npm run tocsin -- why ALERT|ENTRY [--entry] [--json] [--url URL]

Of an alert: what opened it, who was notified of what, what was suppressed and why, its matches, what was done about it, and
where a match like its last one goes now. ALERT is its number, as messages and \`alerts\` show it.
Of an entry, by its id: the alerts it is in, the rules that match it and where their alerts go; and if it opened nothing, which
rules came near, and what failed.
The exit code is 1 if there is no such alert or entry.

  --entry     the number is the id of an entry
  --json      print the Worker's answer, on one line
${targetUsage(14, 'a viewer')}`,
  options: { ...ASK_OPTIONS, entry: FLAG },
  allowPositionals: true,
  async run({ url, json: asJson, entry: isEntry }, context, [of, ...more]) {
    if (of === undefined) throw new UsageError('the number of an alert, or the id of an entry, is missing');
    if (more.length > 0) throw new UsageError('only one at a time');
    const client = connect(url, context);
    const alert = isEntry ? null : readId(of);
    if (alert !== null) {
      const { answer, json } = await client.ask({ method: 'GET', path: apiAlertPath(alert, 'why') }, ALERT_PAGE);
      print(context, asJson, json, asJson ? [] : whyLines(answer, await silencesOver(client, [answer])));
      return OK;
    }
    const { answer, json } = await client.ask({ method: 'GET', path: apiEntryWhyPath(of) }, RECORDED_WHY);
    const silences = asJson ? [] : await silencesOver(client, answer.matched);
    print(context, asJson, json, entryWhyLines(of, answer, silences));
    return OK;
  },
});

/** The alert for people. */
export function whyLines(answer: AlertAnswer, silences: readonly SilenceAnswer[] = []): string[] {
  const { alert, timeline, more, moreContributing, deliveries, acts, decided, ruleIsGone } = answer;
  return [
    `Alert ${alert.id}  ${safe(alert.level).toUpperCase()}  ${safe(alert.title)}`,
    '',
    ...table([
      ['Rule', `${safe(alert.rule)}${ruleIsGone ? ', which was removed or disabled' : ''}`],
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
      ...Object.entries(decided).map(
        ([reason, count]) => `  ${counted(count, 'decision')}: ${safe(decisionsWording([{ notify: false, reason }]))}`,
      ),
    ]),
    ...section(
      'What was done, oldest first',
      acts.map((act) => `${utc(act.at)}  ${safe(actWording(act))}`),
    ),
    ...section('A match like the last one goes now', whereLines(answer, silences)),
  ];
}

/** An entry for people. */
export function entryWhyLines(
  id: string,
  answer: EntryAnswer,
  silences: readonly SilenceAnswer[] = [],
): readonly string[] {
  const { parts, isOwnRead, rulesChanged } = answer;
  return [
    `Entry ${safe(id)}`,
    ...(isOwnRead ? ['It is one of Tocsin’s own reads: no rule sees it.'] : []),
    ...(rulesChanged ? ['The rules have changed since it was evaluated: what follows about rules is as of now.'] : []),
    ...section(
      'Its alerts',
      parts.flatMap(({ alert, part, decisions }) => [
        `Alert ${alert.id}  ${safe(alert.level).toUpperCase()}  ${safe(alert.title)}, ${statusText(alert)}`,
        ...(part === 'contributing' ? ['  it contributed to the correlation'] : []),
        ...(decisions === null ? [] : [`  ${safe(decisionsWording(decisions))}`]),
      ]),
    ),
    ...textWhyLines(answer, silences, new Set(parts.map(({ alert }) => alert.rule))),
  ];
}

/** Which rules match, and which came near. `known`: rules whose alerts are shown already. */
export function textWhyLines(
  { matched, near }: z.output<typeof ENTRY_WHY>,
  silences: readonly SilenceAnswer[] = [],
  known: ReadonlySet<string> = new Set(),
): readonly string[] {
  return [
    ...section(
      'Rules that match it',
      matched.flatMap((of) => [
        headline(of),
        `  matched ${of.evidence.map(evidenceText).join('; ')}`,
        ...(of.alerts ? [] : ['  it opens no alerts of its own']),
        ...of.countedBy.map(({ title, condition, excludedBy }) =>
          excludedBy.length === 0
            ? `  counted by ${safe(title)}, which needs ${safe(condition)}`
            : `  not counted by ${safe(title)}: excluded by ${excludedBy.map(evidenceText).join('; ')}`,
        ),
        ...(of.alerts && of.joins !== null && !known.has(of.rule)
          ? [`  falls into alert ${of.joins}, whose matches are not all kept`]
          : []),
        ...(of.alerts ? whereLines(of, silences).map((line) => `  ${line}`) : []),
      ]),
    ),
    ...(matched.length === 0 ? ['', 'No rule matches it.'] : []),
    ...section(
      'Rules that came near, the nearest first',
      near.flatMap((of) => [
        headline(of),
        `  held: ${of.held.map(evidenceText).join('; ')}`,
        ...of.failed.map((each) => `  ${each.excluded ? 'excluded by' : 'failed'}: ${evidenceText(each)}`),
      ]),
    ),
  ];
}

function headline({ level, title, rule }: { level: string; title: string; rule: string }): string {
  return `${safe(level).toUpperCase()}  ${safe(title)} (${safe(rule)})`;
}

function evidenceText({ selection, field, value }: z.output<z.ZodMiniObject<typeof EVIDENCE>>): string {
  return `${safe(selection)}: ${field === null ? '' : `${safe(field)} = `}${safe(value)}`;
}

function keyText({ key }: AlertAnswer['alert']): string {
  const parts = key.map(({ field, value }) =>
    value === null ? `no ${safe(field)}` : `${safe(field)} = ${safe(value)}`,
  );
  return parts.length === 0 ? 'all matches of the rule' : parts.join(', ');
}

/** Each name is cut by itself: a long one hides nothing after it. */
function statusText({ acknowledged, resolution, status, ...alert }: AlertAnswer['alert']): string {
  const part = (text: string): string => oneLine(text, PART_WIDTH);
  const words = statusWording({
    status,
    acknowledged: acknowledged && { by: part(acknowledged.by) },
    resolution: resolution && { reason: part(resolution.reason), by: part(resolution.by) },
  });
  const assignee = alert.assignee === null ? '' : `, assigned to ${part(alert.assignee)}`;
  return `${words}${alert.backfilled ? ', backfilled' : ''}${assignee}`;
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
  const found = evidence.map(evidenceText);
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
