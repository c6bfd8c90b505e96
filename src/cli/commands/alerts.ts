/** `alerts`: which alerts are there? */
import * as z from 'zod/mini';
import { statusWording } from '../../alert/act-wording.ts';
import { counted } from '../../text/numbers.ts';
import { ALERTS_PATH } from '../../web/operator-paths.ts';
import { OK } from '../failure.ts';
import { safe, utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, readAlertId, TEXT, targetUsage } from './command.ts';

/** An alert as the Worker lists it. Times are ms since the epoch. */
export const ALERT = z.object({
  id: z.number(),
  rule: z.string(),
  title: z.string(),
  level: z.string(),
  status: z.enum(['open', 'acknowledged', 'resolved', 'past']),
  backfilled: z.boolean(),
  count: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
  assignee: z.nullable(z.string()),
  acknowledged: z.nullable(z.object({ by: z.string(), until: z.number() })),
  resolution: z.nullable(z.object({ reason: z.string(), by: z.string(), comment: z.nullable(z.string()) })),
  key: z.array(z.object({ field: z.string(), value: z.nullable(z.string()) })),
});
const ANSWER = z.object({ alerts: z.array(ALERT), next: z.nullable(z.number()) });

/** A page of alerts; `next` is the `before` of the next page. */
export type AlertsAnswer = z.output<typeof ANSWER>;

export const alerts = defineCommand({
  summary: 'list the open alerts, or all',
  usage: `usage: npm run tocsin -- alerts [--all] [--before ID] [--json] [--url URL]

Lists the open alerts, newest first, 50 at a time.
The exit code is 0, or 1 if the Worker can't be asked.

  --all         list resolved alerts too
  --before ID   only alerts older than this one: the next page
  --json        print the Worker's answer, on one line
${targetUsage(16)}`,
  options: { ...ASK_OPTIONS, all: FLAG, before: TEXT },
  async run({ url, json: asJson, all, before }, context) {
    const page = before === undefined ? '' : `&before=${readAlertId('--before', before)}`;
    const path = `${ALERTS_PATH}?state=${all ? 'all' : 'open'}${page}`;
    const { answer, json } = await connect(url, context).ask({ method: 'GET', path }, ANSWER);
    print(context, asJson, json, alertsLines(answer, all));
    return OK;
  },
});

/** One line per alert, in the Worker's order: newest first. */
export function alertsLines({ alerts: list, next }: AlertsAnswer, all: boolean): string[] {
  if (list.length === 0) return [all ? 'No alerts.' : 'No open alerts. List resolved alerts too: --all'];
  return [
    ...list.map(
      (alert) =>
        `${String(alert.id).padStart(5)}  ${safe(alert.level).toUpperCase().padEnd(13)}  ${utc(alert.firstAt)}  ` +
        `${safe(alert.title)}, ${safe(statusWording(alert))}, ${counted(alert.count, 'match', 'matches')}${alert.backfilled ? ', backfilled' : ''}`,
    ),
    ...(next === null ? [] : [`Next page: --before ${next}`]),
  ];
}
