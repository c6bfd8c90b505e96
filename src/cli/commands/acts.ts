/** `ack`, `assign`, `resolve`, `comment`: act on alerts, by name. */
import * as z from 'zod/mini';
import { RESOLVE_REASONS } from '../../alert/alert.ts';
import { ACKNOWLEDGED_MS } from '../../alert/status.ts';
import { API_ACTS_PATH } from '../../web/api/paths.ts';
import { FAILED, OK } from '../failure.ts';
import { utc } from '../terminal.ts';
import {
  ASK_OPTIONS,
  type CliContext,
  type Command,
  connect,
  defineCommand,
  FLAG,
  print,
  readAlertId,
  TEXT,
  targetUsage,
  UsageError,
} from './command.ts';

const ANSWER = z.object({
  outcomes: z.array(
    z.object({
      alert: z.number(),
      outcome: z.enum(['done', 'unchanged', 'missing', 'resolved before', 'raised']),
    }),
  ),
});
type Outcome = z.output<typeof ANSWER>['outcomes'][number];

/** The reasons as options: `true-positive`. */
const REASONS = RESOLVE_REASONS.map((reason) => reason.replace(' ', '-'));

const AUTHOR = `It is recorded with your name: of the token in TOCSIN_TOKEN; with LINK_SECRET, the address of \`git config user.email\`,
else USER, as what you say it is: "operator (as ada@example.com)".`;

const END = `The exit code is 1 if something was not done: the alert does not exist, or was resolved before.

`;

export const ack = defineCommand({
  summary: 'acknowledge alerts: you have them',
  usage: `usage: npm run tocsin -- ack ALERT… [--comment TEXT] [--json] [--url URL]

Acknowledges alerts: reminders end, for 24 hours, or until the level rises.
${AUTHOR}
${END}  --comment TEXT   what others should know
  --json           print the Worker's answer, on one line
${targetUsage(19, 'a responder')}`,
  options: { ...ASK_OPTIONS, comment: TEXT },
  allowPositionals: true,
  run: ({ url, json, comment = null }, context, alerts) =>
    act(context, url, json, alerts, { act: 'acknowledge', comment }, [
      `acknowledged until ${utc(context.now() + ACKNOWLEDGED_MS)}, or until its level rises`,
      'was acknowledged already',
    ]),
});

export const assign = defineCommand({
  summary: 'say who takes care of alerts',
  usage: `usage: npm run tocsin -- assign ALERT… NAME [--json] [--url URL]
       npm run tocsin -- assign ALERT… --nobody [--json] [--url URL]

Says who takes care of alerts. It acknowledges nothing.
${AUTHOR}
${END}  --nobody    nobody takes care of them any more
  --json      print the Worker's answer, on one line
${targetUsage(14, 'a responder')}`,
  options: { ...ASK_OPTIONS, nobody: FLAG },
  allowPositionals: true,
  run({ url, json, nobody }, context, given) {
    const to = nobody ? null : given.at(-1);
    if (to === undefined || (to !== null && given.length < 2)) {
      throw new UsageError('who takes care of it? Give a name after the alerts, or --nobody');
    }
    const alerts = to === null ? given : given.slice(0, -1);
    return act(
      ...([context, url, json, alerts, { act: 'assign', to }] as const),
      to === null ? ['nobody’s now', 'was nobody’s already'] : ['assigned', 'was assigned to them already'],
    );
  },
});

export const resolve = defineCommand({
  summary: 'resolve alerts: they are over',
  usage: `usage: npm run tocsin -- resolve ALERT… --reason REASON [--comment TEXT] [--json] [--url URL]

Resolves alerts: a later match opens another one.
${AUTHOR}
${END}  --reason REASON  ${REASONS.join(', ')}
  --comment TEXT   what others should know
  --json           print the Worker's answer, on one line
${targetUsage(19, 'a responder')}`,
  options: { ...ASK_OPTIONS, reason: TEXT, comment: TEXT },
  allowPositionals: true,
  run({ url, json, reason: given, comment = null }, context, alerts) {
    const reason = RESOLVE_REASONS[REASONS.indexOf(given ?? '')];
    if (reason === undefined) {
      throw new UsageError(`--reason is ${given === undefined ? 'missing' : 'unknown'}: use ${REASONS.join(', ')}`);
    }
    return act(context, url, json, alerts, { act: 'resolve', reason, comment }, [
      `resolved: ${reason}`,
      'was resolved so already',
    ]);
  },
});

export const comment = defineCommand({
  summary: 'write a comment on an alert',
  usage: `usage: npm run tocsin -- comment ALERT TEXT [--json] [--url URL]

Writes a comment on an alert, for those who read it later. It acknowledges nothing.
${AUTHOR}
${END}  --json      print the Worker's answer, on one line
${targetUsage(14, 'a responder')}`,
  options: ASK_OPTIONS,
  allowPositionals: true,
  run({ url, json }, context, [alert, text, ...more]) {
    if (alert === undefined || text === undefined) throw new UsageError('an alert and a text are needed');
    if (more.length > 0) throw new UsageError('the text must be one argument: put it in quotes');
    return act(context, url, json, [alert], { act: 'comment', comment: text }, [
      'commented',
      'has this comment already',
    ]);
  },
});

async function act(
  context: CliContext,
  url: string | undefined,
  asJson: boolean,
  given: readonly string[],
  what: object,
  words: Words,
): ReturnType<Command['run']> {
  if (given.length === 0) throw new UsageError('the number of an alert is missing');
  const alerts = given.map((text) => readAlertId('an alert', text));
  const body = JSON.stringify({ alerts, ...what, ...authorOf(context) });
  const { answer, json } = await connect(url, context).ask({ method: 'POST', path: API_ACTS_PATH, body }, ANSWER);
  print(
    context,
    asJson,
    json,
    answer.outcomes.map((each) => outcomeLine(each, words)),
  );
  return answer.outcomes.every(({ outcome }) => outcome === 'done' || outcome === 'unchanged') ? OK : FAILED;
}

/** Who acts, and by what, in the body of a request. */
export function authorOf({ user }: CliContext): { readonly as: string | null; readonly via: 'cli' } {
  return { as: user?.() ?? null, via: 'cli' };
}

/** What was done, and what is printed where it was so before. */
type Words = readonly [done: string, unchanged: string];

/** How it ended, in a line. */
export function outcomeLine({ alert, outcome }: Outcome, [done, unchanged]: Words): string {
  switch (outcome) {
    case 'done':
      return `Alert ${alert}: ${done}`;
    case 'unchanged':
      return `Alert ${alert}: ${unchanged}`;
    case 'missing':
      return `Alert ${alert}: there is no such alert. List them: npm run tocsin -- alerts --all`;
    case 'resolved before':
      return `Alert ${alert}: nothing was done, it was resolved before`;
    case 'raised':
      return `Alert ${alert}: nothing was done, its level has risen. Look at it: npm run tocsin -- why ${alert}`;
  }
}
