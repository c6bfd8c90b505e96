/** `status`: is it well, how far has it read, and what is wrong? The first word answers the first question. */
import * as z from 'zod/mini';
import { WRONG_COUNTED_MAX } from '../../alert/health-state.ts';
import { withAddress } from '../../alert/health-words.ts';
import { passText } from '../../ledger/health/pass-words.ts';
import { usageText } from '../../ledger/health/usage-words.ts';
import { RESTORE_BACK_MAX_MS } from '../../ledger/record/restore.ts';
import type { UsageStatus } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import { formatDuration } from '../../text/duration.ts';
import { escapeInvisible } from '../../text/invisible.ts';
import { cappedText, counted, numberText } from '../../text/numbers.ts';
import { STATUS_PATH } from '../../web/operator-paths.ts';
import { BLIND, DEGRADED, OK } from '../failure.ts';
import { ago, safe, section, table, utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, print, targetUsage } from './command.ts';

const number = z.number();
const text = z.string();
const SCAN = z.object({ began: z.nullable(number), steps: number, reached: z.nullable(number), flushing: z.boolean() });
const RECEIVER = z.object({
  name: text,
  state: z.enum(['healthy', 'unset', 'failing', 'unproven', 'removed']),
  reason: z.nullable(text),
  lastDeliveredAt: z.nullable(number),
  failingSince: z.nullable(number),
  pending: number,
  bundled: z.optional(number),
  waiting: z.optional(number),
  dead: number,
});
/** A pass over the recorded entries. */
export const PASS = z.object({
  ...{ id: number, kind: z.enum(['rebuild', 'backfill']), state: z.enum(['running', 'done', 'cancelled', 'stopped']) },
  ...{ problem: z.nullable(text), rules: z.array(z.object({ rule: text, title: text })) },
  ...{
    beganAt: number,
    endedAt: z.nullable(number),
    percent: number,
    waitsUntil: z.nullable(number),
    failures: number,
  },
  ...{ entries: number, skipped: number, matches: number, opened: number },
  backfill: z.nullable(z.object({ since: number, notify: z.boolean(), who: text })),
});
const STATUS = z.object({
  watching: z.enum(['not begun', 'watching', 'blind']),
  movedAt: z.nullable(number),
  failure: z.optional(z.nullable(z.object({ message: text, since: number, at: number }))),
  watermark: z.nullable(number),
  lagMs: z.nullable(number),
  checkpoint: z.nullable(z.object({ scan: z.nullable(SCAN) })),
  restored: z.optional(z.nullable(z.object({ at: number, to: number }))),
  ownReads: z.optional(z.nullable(z.object({ delayMs: number, at: number, count: number }))),
  keyTheft: z.optional(z.enum(['detected', 'no secret', 'shared', 'no read', 'no key'])),
  staged: number,
  lateness: z.optional(
    z.object({
      allowedMs: number,
      seen: z.nullable(z.object({ atLeastMs: number, atMostMs: number })),
      probedAt: z.optional(z.nullable(number)),
      rereadAt: z.optional(z.nullable(number)),
      again: z.optional(z.nullable(z.object({ depthMs: number, everyMs: number }))),
      problem: z.optional(z.nullable(text)),
    }),
  ),
  counters: z.nullable(
    z.object({
      ...{ recorded: number, quarantined: number, expired: number, overflowed: number },
      revisions: z.optional(number),
    }),
  ),
  usage: z.optional(
    z.nullable(
      z.object({
        plan: z.enum(['free', 'paid']),
        resetsAt: number,
        allowances: z.array(
          z.object({
            of: z.enum(['rowsWritten', 'rowsRead', 'visitorReads', 'kvWrites', 'requests', 'ledgerRequests']),
            used: number,
            limit: z.nullable(number),
            state: z.enum(['ok', 'near', 'reached']),
          }),
        ),
      }),
    ),
  ),
  rules: z.object({ version: text, count: number }),
  passes: z._default(z.array(PASS), []),
  receivers: z.array(RECEIVER),
  alerts: z.object({
    open: z.record(text, number),
    newest: z.array(z.object({ id: number, level: text, title: text, count: number, lastAt: number, status: text })),
  }),
  deliveries: z.object({
    ...{ pending: number, bundled: z.optional(number), waiting: z.optional(number), delivered: number },
    ...{ dead: number, suppressed: z._default(number, 0) },
  }),
  dead: z.array(z.object({ receiver: text, reason: text, settledAt: number })),
  waiting: z.array(z.object({ receiver: text, reason: text, dueAt: number })),
  healthAlerts: z.array(
    z.object({
      ...{ kind: text, since: number, count: number, summary: text },
      ...{ level: z.optional(text), headline: z.optional(text), hint: z.optional(text) },
    }),
  ),
  inQuarantine: z._default(number, 0),
  quarantine: z.array(z.object({ key: text, problem: text, firstAt: number })),
});
const PROBLEM = z.object({
  setting: text,
  severity: z.enum(['error', 'notice']),
  problem: text,
  meanwhile: text,
  hint: text,
});
const HEALTH = z.object({
  state: z.enum(['healthy', 'degraded', 'blind']),
  reasons: z.array(z.object({ kind: text, level: text, text })),
});
/** `status` is null if no ledger is bound. */
const ANSWER = z.object({
  health: HEALTH,
  status: z.nullable(STATUS),
  problems: z.array(PROBLEM),
});

/** The state of the Worker. Times are ms since the epoch. */
export type StatusAnswer = z.output<typeof ANSWER>;
type Status = z.output<typeof STATUS>;

export const status = defineCommand({
  summary: 'show whether it reads, evaluates and notifies, and what is wrong',
  usage: `usage: npm run tocsin -- status [--json] [--url URL]

Shows whether Tocsin reads, evaluates and notifies, and what is wrong; how far it has read, the state of its receivers,
what is waiting and what failed. The first word, and the exit code:

  0  HEALTHY   nothing is wrong
  3  DEGRADED  something is wrong, but it is not blind
  4  BLIND     entries are not read or evaluated, or nobody can be notified
  1            Tocsin can't be asked
  2            the command line or LINK_SECRET is wrong

  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: ASK_OPTIONS,
  async run({ url, json: asJson }, context) {
    const client = connect(url, context);
    const { answer, json } = await client.ask({ method: 'GET', path: STATUS_PATH }, ANSWER);
    print(context, asJson, json, statusLines(answer, client.origin, context.now()));
    return CODES[answer.health.state];
  },
});

type State = StatusAnswer['health']['state'];

const CODES: { readonly [state in State]: number } = { healthy: OK, degraded: DEGRADED, blind: BLIND };

/** The status for people; `now` is the wall clock in ms. */
export function statusLines(answer: StatusAnswer, origin: string, now: number): string[] {
  const { health, status, problems } = answer;
  return [
    `${health.state.toUpperCase()}  ${origin}`,
    ...health.reasons.map(({ level, text: why }) => `  ${safe(level).toUpperCase().padEnd(8)}  ${safe(why)}`),
    ...(status === null ? [] : ['', ...table(rows(status, now)), ...lists(status, origin, now)]),
    ...section('Receivers', receiverLines(status?.receivers ?? [])),
    ...section(
      'Settings',
      problems.flatMap(({ setting, severity, problem, meanwhile, hint }) => [
        `${severity === 'error' ? 'ERROR ' : 'notice'}  ${safe(`${setting} ${problem}`)}`,
        `        meanwhile: ${safe(meanwhile)}`,
        `        fix: ${safe(hint)}`,
      ]),
    ),
  ];
}

function revisionsText(revisions: number): string {
  return revisions === 0 ? '' : `, ${numberText(revisions)} of the recorded are revisions of others`;
}

function rows(status: Status, now: number): (readonly [string, string])[] {
  const { counters, deliveries, receivers, checkpoint, watermark, movedAt } = status;
  const open = LEVELS.toReversed().filter((level) => (status.alerts.open[level] ?? 0) > 0);
  return [
    ['Complete up to', watermark === null ? 'nothing yet' : `${utc(watermark)}, ${ago(status.lagMs)} ago`],
    ['Last read', movedAt === null ? 'never' : `${utc(movedAt)}, ${ago(now - movedAt)} ago`],
    ...failureRow(status.failure ?? null, now),
    ...restoredRow(status.restored ?? null, now),
    ...visibleRow(status.ownReads ?? null),
    ...theftRow(status.keyTheft),
    ['Backlog', backlogText(checkpoint?.scan ?? null, status.staged)],
    ...latenessRow(status.lateness),
    ...rereadRow(status.lateness, now),
    [
      'Entries',
      counters === null
        ? 'none yet'
        : `${numberText(counters.recorded)} recorded, ` +
          `${cappedText(status.inQuarantine, WRONG_COUNTED_MAX)} in quarantine, ` +
          `${numberText(counters.expired)} skipped (older than RETENTION)` +
          revisionsText(counters.revisions ?? 0),
    ],
    ['Rules', `${numberText(status.rules.count)}, version ${safe(status.rules.version)}`],
    ...status.passes.map(passRow),
    ['Open alerts', open.map((level) => `${numberText(status.alerts.open[level] ?? 0)} ${level}`).join(', ') || 'none'],
    ['Receivers', receivers.map(({ name }) => safe(name)).join(', ') || 'NONE: nobody is notified'],
    [
      'Deliveries',
      `${pendingText(deliveries)}, ${numberText(deliveries.delivered)} delivered, ` +
        `${numberText(deliveries.dead)} ${deliveries.dead > 0 ? 'DEAD' : 'dead'}, ` +
        `${numberText(deliveries.suppressed)} suppressed`,
    ],
    ...usageRow(status.usage ?? null),
  ];
}

/** What of the plan's daily limits is used. */
function usageRow(usage: UsageStatus | null): (readonly [string, string])[] {
  return usage === null ? [] : [['Today', usageText(usage)]];
}

/** Why ticks fail, if they do. */
function failureRow(failure: NonNullable<Status['failure']> | null, now: number): (readonly [string, string])[] {
  if (failure === null) return [];
  const { message, since, at } = failure;
  return [['FAILING', `for ${ago(now - since)}, last ${utc(at)}: ${safe(message)}`]];
}

function passRow(pass: z.output<typeof PASS>): readonly [string, string] {
  if (pass.kind === 'backfill') return ['Backfill', safe(passText(pass))];
  return ['Rebuilding', `${safe(passText(pass))}. Until then alerts of what changed are late`];
}

/** A restore of the last 30 days: so long it can be undone. */
function restoredRow(restored: NonNullable<Status['restored']> | null, now: number): (readonly [string, string])[] {
  if (restored === null || now - restored.at > RESTORE_BACK_MAX_MS) return [];
  return [
    [
      'Restored',
      `to ${utc(restored.to)}, ${ago(now - restored.at)} ago; to undo it: npm run tocsin -- restore --undo --yes`,
    ],
  ];
}

/** How late entries became visible. */
function latenessRow(lateness: Status['lateness']): (readonly [string, string])[] {
  if (lateness === undefined) return [];
  const { allowedMs, seen } = lateness;
  const allowed = `ALLOWED_LATENESS is ${formatDuration(allowedMs)}`;
  if (seen === null) return [['Lateness', `no late entry in the last 24 hours; ${allowed}`]];
  const [least, most] = [seen.atLeastMs, seen.atMostMs].map((ms) => formatDuration(Math.ceil(ms / 1000) * 1000));
  return [['Lateness', `${least} to ${most} for the latest entry of the last 24 hours; ${allowed}`]];
}

/** When the log was last read again for late entries. */
function rereadRow(lateness: Status['lateness'], now: number): (readonly [string, string])[] {
  if (lateness?.probedAt === undefined) return [];
  const { probedAt, rereadAt, again, problem } = lateness;
  const when = (at: number | null | undefined): string => (typeof at === 'number' ? `${ago(now - at)} ago` : 'not yet');
  const often = again
    ? `; since a late entry, the last ${formatDuration(again.depthMs)} every ${formatDuration(again.everyMs)}`
    : '';
  const last = `newest page ${when(probedAt)}, last day ${when(rereadAt)}${often}`;
  return [['Re-reads', problem ? `${last}; LAST GIVEN UP: ${safe(problem)}` : last]];
}

/** How soon the upstream shows an entry, if our own reads in its log prove it. */
function visibleRow(ownReads: NonNullable<Status['ownReads']> | null): (readonly [string, string])[] {
  if (ownReads === null) return [];
  const { delayMs, at, count } = ownReads;
  return [['Visible within', `${ago(delayMs)}, by ${counted(count, 'read')} of Tocsin's own, last ${utc(at)}`]];
}

const THEFT_WORDS: { readonly [theft in NonNullable<Status['keyTheft']>]: string } = {
  detected: 'detected: if others use the API key of Tocsin, there is an alert',
  'no secret': 'not detectable: LINK_SECRET is not set',
  shared: 'not detected: API_KEY_SHARED is "true"',
  'no read': "not detectable: no read of Tocsin's own has come back through the audit log",
  'no key': "not detectable: the audit log names no API key as the actor of Tocsin's reads",
};

/** Whether it would be noticed if others used the API key. */
function theftRow(theft: Status['keyTheft']): (readonly [string, string])[] {
  return theft === undefined ? [] : [['Key theft', THEFT_WORDS[theft]]];
}

function backlogText(scan: z.output<typeof SCAN> | null, staged: number): string {
  const waiting = staged === 0 ? '' : `; ${counted(staged, 'entry', 'entries')} staged`;
  if (scan === null) return `none${waiting}`;
  if (scan.flushing) return `scan read to its end, being recorded${waiting}`;
  const since = scan.began === null ? '' : `, started ${utc(scan.began)}`;
  const reached = scan.reached === null ? '' : `, reached ${utc(scan.reached)}`;
  return `scan in progress: ${counted(scan.steps, 'page')} so far${since}${reached}${waiting}`;
}

const STATE_WORDS: { readonly [state in Status['receivers'][number]['state']]: string } = {
  healthy: 'healthy',
  unset: 'NOT CONFIGURED',
  failing: 'FAILING',
  unproven: 'not used yet',
  removed: 'REMOVED',
};

/** `217 pending (214 in a message with others), 2 waiting for a group's message`. */
function pendingText({
  pending,
  bundled = 0,
  waiting = 0,
}: Status['deliveries'] | Status['receivers'][number]): string {
  return (
    `${numberText(pending)} pending${bundled > 0 ? ` (${numberText(bundled)} in a message with others)` : ''}` +
    (waiting > 0 ? `, ${numberText(waiting)} waiting for a group's message` : '')
  );
}

/** One line per receiver. */
function receiverLines(receivers: Status['receivers']): string[] {
  const width = Math.max(0, ...receivers.map(({ name }) => safe(name).length));
  return receivers.map((receiver) => {
    const { name, state, reason, lastDeliveredAt, failingSince, pending, waiting = 0, dead } = receiver;
    const word = STATE_WORDS[state];
    const since = state === 'failing' && failingSince !== null ? ` since ${utc(failingSince)}` : '';
    const because = reason === null ? '' : `: ${safe(reason)}`;
    const last = lastDeliveredAt === null ? 'nothing delivered yet' : `last delivered ${utc(lastDeliveredAt)}`;
    const left = [pending + waiting > 0 ? pendingText(receiver) : '', dead > 0 ? `${numberText(dead)} DEAD` : ''];
    return [`${safe(name).padEnd(width)}  ${word}${since}${because}`, last, ...left]
      .filter((part) => part !== '')
      .join('; ');
  });
}

function lists(status: Status, origin: string, now: number): string[] {
  return [
    ...section(
      'Health alerts',
      status.healthAlerts.flatMap(({ kind, level, headline = kind, since, count, summary, hint = '' }) => [
        `${level === undefined ? '' : `${safe(level).toUpperCase()}  `}${safe(headline)}, since ${utc(since)}${count > 1 ? `, ${numberText(count)} times` : ''}: ${safe(summary)}`,
        ...(hint === ''
          ? []
          : [`        what to do: ${escapeInvisible(withAddress(hint, origin).replaceAll('\n', ' '))}`]),
      ]),
    ),
    ...section(
      'Dead deliveries, newest first',
      status.dead.map(({ receiver, reason, settledAt }) => `${safe(receiver)}, ${utc(settledAt)}: ${safe(reason)}`),
    ),
    ...section(
      'Waiting deliveries',
      status.waiting.map(({ receiver, reason, dueAt }) => {
        const due = dueAt <= now ? 'due now' : `next attempt in ${ago(dueAt - now)}`;
        return `${safe(receiver)}, ${due}: ${safe(reason)}`;
      }),
    ),
    ...section(
      'Newest alerts',
      status.alerts.newest.map(
        ({ id, level, title, count, lastAt, status: of }) =>
          `${numberText(id)}  ${safe(level).toUpperCase().padEnd(8)}  ${safe(title)}, ${safe(of)}, ` +
          `${counted(count, 'match', 'matches')}, last ${utc(lastAt)}`,
      ),
    ),
    ...section(
      'In quarantine: npm run tocsin -- quarantine list',
      status.quarantine.map(({ key, problem, firstAt }) => `${safe(key)}, ${utc(firstAt)}: ${safe(problem)}`),
    ),
  ];
}
