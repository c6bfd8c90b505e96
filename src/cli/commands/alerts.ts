/** `alerts`: which alerts are there? */
import * as z from 'zod/mini';
import { groupsByActor } from '../../alert/by-actor.ts';
import { counted } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { API_ALERTS_PATH } from '../../web/api/paths.ts';
import { OK } from '../failure.ts';
import { ago, safe } from '../terminal.ts';
import {
  ASK_OPTIONS,
  connect,
  defineCommand,
  FLAG,
  print,
  readAlertId,
  TEXT,
  targetUsage,
  UsageError,
} from './command.ts';
import { readPastTime } from './past-time.ts';

const STATUSES = ['unresolved', 'open', 'acknowledged', 'resolved', 'all'] as const;

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
  latest: z.nullable(
    z.object({
      actor: z.object({ id: z.nullable(z.string()), name: z.nullable(z.string()) }),
      clientIp: z.nullable(z.string()),
    }),
  ),
  networks: z.number(),
});
const ANSWER = z.object({
  alerts: z.array(ALERT),
  next: z.nullable(z.number()),
  searchedTo: z.nullable(z.number()),
});

/** A page of alerts; `next` is the `before` of the next page. */
export type AlertsAnswer = z.output<typeof ANSWER>;

export const alerts = defineCommand({
  summary: 'list the alerts that are not resolved, or others',
  usage: `usage: npm run tocsin -- alerts [filters] [--before ID] [--limit N] [--json] [--url URL]

Lists the alerts that are not resolved, newest first, 50 at a time: when each began, who takes care of it, and who it was and
from where, by its last match. Alerts of one actor that follow each other stand together, the most severe first.
Filters narrow the list; an alert must pass all of them.
The exit code is 0, or 1 if the Worker can't be asked.

  --status STATUS   ${STATUSES.join(', ')} (default: unresolved)
  --all             the same as --status all
  --level LEVEL     only of this level
  --rule RULE       only of this rule: its id, its name, its title, or the name of its file
  --actor ACTOR     only of this actor, by id or name
  --tag TAG         only of rules with this tag, such as attack.t1098
  --assignee NAME   only what somebody takes care of; --nobody: what nobody does
  --since TIME      only what was still going on then: RFC 3339, or a duration back from now (2h)
  --until TIME      only what had begun by then
  --text TEXT       only with this in the title, the dedup key, the actor or the address
  --before ID       only alerts older than this one: the next page
  --limit N         at most so many
  --json            print the Worker's answer, on one line
${targetUsage(20, 'a viewer')}`,
  options: {
    ...ASK_OPTIONS,
    ...{ status: TEXT, all: FLAG, level: TEXT, rule: TEXT, actor: TEXT, tag: TEXT, assignee: TEXT, nobody: FLAG },
    ...{ since: TEXT, until: TEXT, text: TEXT, before: TEXT, limit: TEXT },
  },
  async run({ url, json: asJson, all, nobody, ...given }, context) {
    const { status = all ? 'all' : 'unresolved', level, rule, actor, tag, text } = given;
    if (!STATUSES.some((known) => known === status)) {
      throw new UsageError(`--status must be one of ${STATUSES.join(', ')}, not ${JSON.stringify(status)}`);
    }
    const now = context.now();
    const time = (option: 'since' | 'until'): string | undefined => {
      if (given[option] === undefined) return undefined;
      const words = { missing: 'a time', future: 'give a time in the past' };
      return new Date(readPastTime(option, given[option], now, words)).toISOString();
    };
    const number = (option: 'before' | 'limit'): string | undefined =>
      given[option] === undefined ? undefined : String(readAlertId(`--${option}`, given[option]));
    const asked = {
      ...{ status, level, rule, actor, tag, text, assignee: nobody ? '' : given.assignee },
      ...{ since: time('since'), until: time('until'), before: number('before'), most: number('limit') },
    };
    const query = new URLSearchParams(Object.entries(asked).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));
    const { answer, json } = await connect(url, context).ask(
      { method: 'GET', path: `${API_ALERTS_PATH}?${query}` },
      ANSWER,
    );
    print(context, asJson, json, alertsLines(answer, status, now));
    return OK;
  },
});

const COLUMNS = ['ID', 'LEVEL', 'AGE', 'STATUS', 'ASSIGNEE', 'ACTOR', 'ADDRESS', 'MATCHES', 'TITLE'] as const;
/** The columns that count: they are aligned to the right. */
const NUMBERS: ReadonlySet<number> = new Set([0, 2, 7]);
/** What others wrote takes the room of no other column. */
const WIDTH_MAX = 40;

/** Before the rows of a group; other rows have the same room behind the id. */
const INDENT = '  ';

/** A table of the alerts, in the Worker's order, newest first: those of one actor that follow each other under one line. */
export function alertsLines({ alerts: list, next, searchedTo }: AlertsAnswer, status: string, now: number): string[] {
  const older = next === null ? [] : [`${searchedTo === null ? 'Next page' : 'There may be more'}: --before ${next}`];
  if (list.length === 0) {
    const hint = status === 'all' ? '' : ' To list resolved alerts too: --all';
    return older.length > 0 ? older : [`No alerts${status === 'all' ? '' : ` that are ${status}`} match.${hint}`];
  }
  const groups = groupsByActor(list).map((alerts) => ({ alerts, rows: alerts.map((alert) => cellsOf(alert, now)) }));
  const all = [COLUMNS, ...groups.flatMap(({ rows }) => rows)];
  const widths = COLUMNS.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  const hasGroups = groups.length < list.length;
  const line = (row: readonly string[], isInGroup = false): string => {
    const [id = '', ...rest] = row.map((cell, i) =>
      NUMBERS.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
    );
    const first = isInGroup ? `${INDENT}${id}` : hasGroups ? `${id}${INDENT}` : id;
    return [first, ...rest].join('  ').trimEnd();
  };
  const lines = groups.flatMap(({ alerts: [first], rows }) => {
    if (rows.length === 1) return rows.map((row) => line(row));
    return [`${counted(rows.length, 'alert')} of ${actorOf(first)}`, ...rows.map((row) => line(row, true))];
  });
  return [line(COLUMNS), ...lines, ...older];
}

function cell(text: string | null | undefined): string {
  return oneLine(text ?? '–', WIDTH_MAX) || '–';
}

/** By the last match, else by the dedup key. */
function actorOf(alert: AlertsAnswer['alerts'][number]): string {
  const { name, id } = alert.latest?.actor ?? { name: null, id: null };
  return cell(name ?? id ?? actorIn(alert));
}

function cellsOf(alert: AlertsAnswer['alerts'][number], now: number): readonly string[] {
  const { latest, assignee, count, backfilled, level, title } = alert;
  return [
    ...[String(alert.id), cell(level).toUpperCase(), ago(Math.max(0, now - alert.firstAt))],
    ...[alert.status === 'past' ? 'resolved' : alert.status, cell(assignee), actorOf(alert), cell(latest?.clientIp)],
    ...[String(count), `${safe(title)}${backfilled ? ' (backfilled)' : ''}`],
  ];
}

function actorIn({ key }: Pick<AlertsAnswer['alerts'][number], 'key'>): string | null {
  return key.find(({ field }) => field === 'actor.name' || field === 'actor.id')?.value ?? null;
}
