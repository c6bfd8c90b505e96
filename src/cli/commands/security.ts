/** `security`: who signed in, and what did operators do? */
import * as z from 'zod/mini';
import { readId } from '../../text/ids.ts';
import { numberText } from '../../text/numbers.ts';
import { SECURITY_PATH } from '../../web/operator-paths.ts';
import { OK } from '../failure.ts';
import { safe, section, utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, print, TEXT, targetUsage, UsageError } from './command.ts';

const LOG = z.object({
  events: z.array(
    z.object({
      id: z.number(),
      at: z.number(),
      act: z.string(),
      who: z.string(),
      detail: z.nullable(z.string()),
      address: z.nullable(z.string()),
      agent: z.nullable(z.string()),
    }),
  ),
  next: z.nullable(z.number()),
  refusals: z.array(z.object({ from: z.number(), counts: z.record(z.string(), z.number()) })),
});

export const security = defineCommand({
  summary: 'who signed in, what operators did, and what was refused',
  usage: `usage: npm run tocsin -- security [--before ID] [--json] [--url URL]

Lists the events of the security log, newest first, 50 at a time, and how many requests were refused in the last 24 hours.
The exit code is 0, or 1 if the Worker can't be asked.

  --before ID   only events older than this one: the next page
  --json        print the Worker's answer, on one line
${targetUsage(16)}`,
  options: { ...ASK_OPTIONS, before: TEXT },
  async run({ url, json: asJson, before }, context) {
    if (before !== undefined && readId(before) === null) throw new UsageError('--before is not the id of an event');
    const path = before === undefined ? SECURITY_PATH : `${SECURITY_PATH}?before=${before}`;
    const { answer, json } = await connect(url, context).ask({ method: 'GET', path }, LOG);
    print(context, asJson, json, securityLines(answer, before === undefined));
    return OK;
  },
});

/** `isFirst`: the first page, which also has the refused requests. */
export function securityLines({ events, next, refusals }: z.output<typeof LOG>, isFirst: boolean): string[] {
  const none = isFirst ? 'No events yet.' : 'No older events.';
  const hours = refusals.map(({ from, counts }) => {
    const parts = Object.entries(counts).map(([why, count]) => `${safe(why)} ${numberText(count)}`);
    return `${utc(from)}  ${parts.join(', ')}`;
  });
  return [
    ...(events.length === 0 ? [none] : events.map(eventLine)),
    ...(next === null ? [] : [`Next page: --before ${next}`]),
    ...(isFirst
      ? section('Refused requests, by the hour', hours.length === 0 ? ['none in the last 24 hours'] : hours)
      : []),
  ];
}

function eventLine({ at, act, who, detail, address, agent }: z.output<typeof LOG>['events'][number]): string {
  const from = [address, agent].filter((part) => part !== null).map(safe);
  const what = `${safe(act).padEnd(16)}  ${safe(who)}${detail === null ? '' : `: ${safe(detail)}`}`;
  return `${utc(at)}  ${what}${from.length === 0 ? '' : `, from ${from.join(', ')}`}`;
}
