/**
 * `backfill`: evaluate what is recorded with a rule that was not deployed then.
 *
 * Contract: the Worker does it, and goes on when this command is interrupted. Titles and names are printed as text only.
 */
import * as z from 'zod/mini';
import { titlesText } from '../../ledger/health/pass-words.ts';
import { counted } from '../../text/numbers.ts';
import { utcText } from '../../text/times.ts';
import { BACKFILL_CANCEL_PATH, BACKFILL_PATH } from '../../web/operator-paths.ts';
import { FAILED, OK } from '../failure.ts';
import type { OperatorClient } from '../operator-client.ts';
import { progress, safe, utc } from '../terminal.ts';
import {
  ASK_OPTIONS,
  type CliContext,
  connect,
  defineCommand,
  FLAG,
  print,
  TEXT,
  targetUsage,
  UsageError,
} from './command.ts';
import { readPastTime } from './past-time.ts';
import { PASS } from './status.ts';

const BEGUN = z.object({ passes: z.array(PASS), nothing: z.array(z.object({ rule: z.string(), title: z.string() })) });
const LISTED = z.object({ passes: z.array(PASS) });
const CANCELLED = z.object({ cancelled: z.nullable(PASS) });

export type PassAnswer = z.output<typeof PASS>;

/** How often the Worker is asked how far it is. */
const ASK_EVERY_MS = 2_000;

export const backfill = defineCommand({
  summary: 'evaluate what is recorded with a rule that is new or has changed',
  usage: `usage: npm run tocsin -- backfill --rule R --since TIME [--notify] [--no-wait] [--json] [--url URL]
       npm run tocsin -- backfill --status [--json] [--url URL]
       npm run tocsin -- backfill --cancel ID [--json] [--url URL]

Evaluates the entries that Tocsin has recorded with a rule that was deployed later, or that meant something else then. Its
matches open alerts, or join those that are there, marked as backfilled; nobody is notified, unless with --notify. It leaves out
what the rule has evaluated already, so it may be repeated. Reading and evaluating new entries goes on meanwhile.
To see before a deploy what a rule would find, use backtest. To read entries that are not recorded, use rewind.
The exit code is 0 if it is done, or goes on, and 1 if it was refused, stopped, or can't be asked.

  --rule R    its id, its name, its title, or the name of its file; of several, all that open alerts
  --since TIME
              a time such as 2026-01-31T00:00:00Z, or a duration back such as 2h or 7d
  --notify    notify people of what it finds, as if it happened now
  --no-wait   do not wait for its end
  --status    list the last backfills, and the rules that are being rebuilt since they changed
  --cancel ID end one; the alerts that it opened stay
  --json      print the Worker's answer, on one line, and do not wait
${targetUsage()}`,
  options: {
    ...ASK_OPTIONS,
    ...{ rule: TEXT, since: TEXT, notify: FLAG, status: FLAG, cancel: TEXT },
    'no-wait': FLAG,
  },
  async run({ url, json: asJson, rule, since, notify, status, cancel, 'no-wait': noWait }, context) {
    const isOrder = rule !== undefined || since !== undefined || notify || noWait;
    if (Number(isOrder) + Number(status) + Number(cancel !== undefined) > 1) {
      throw new UsageError('give --rule and --since, or --status, or --cancel: one of them');
    }
    if (status) {
      const { answer, json } = await connect(url, context).ask({ method: 'GET', path: BACKFILL_PATH }, LISTED);
      print(context, asJson, json, passesLines(answer.passes));
      return OK;
    }
    if (cancel !== undefined) {
      const request = {
        method: 'POST',
        path: BACKFILL_CANCEL_PATH,
        body: JSON.stringify({ id: readNumber(cancel) }),
      } as const;
      const { answer, json } = await connect(url, context).ask(request, CANCELLED);
      print(context, asJson, json, cancelledLines(answer.cancelled));
      return answer.cancelled === null ? FAILED : OK;
    }
    if (rule === undefined || rule === '') throw new UsageError('--rule is missing: which rule to evaluate');
    const from = readPastTime('since', since, context.now(), {
      missing: 'from when on entries are evaluated',
      future: 'a backfill is of the past',
    });
    const client = connect(url, context);
    const body = JSON.stringify({ rule, since: new Date(from).toISOString(), notify });
    const { answer, json } = await client.ask({ method: 'POST', path: BACKFILL_PATH, body }, BEGUN);
    print(context, asJson, json, begunLines(answer));
    if (asJson || noWait || answer.passes.length === 0) return OK;
    return wait(client, answer.passes, context);
  },
});

function readNumber(text: string): number {
  const id = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
  if (id === null) throw new UsageError(`--cancel must be a number that --status shows, not ${JSON.stringify(text)}`);
  return id;
}

/** Asks until they are over, or wait for the next day. */
async function wait(client: OperatorClient, begun: readonly PassAnswer[], context: CliContext): Promise<number> {
  const ids = begun.map(({ id }) => id);
  const { pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = context;
  for (;;) {
    await pause(ASK_EVERY_MS);
    const { answer } = await client.ask({ method: 'GET', path: BACKFILL_PATH }, LISTED);
    const passes = answer.passes.filter(({ id }) => ids.includes(id)).sort((a, b) => a.id - b.id);
    const left = passes.filter(({ state }) => state === 'running');
    const waits = left.find(({ waitsUntil }) => waitsUntil !== null);
    if (left.length === 0 || waits !== undefined) {
      progress('');
      context.out(`${[...passes.flatMap(passLines), waits === undefined ? LIST_THEM : GOES_ON].join('\n')}\n`);
      return passes.every(({ state }) => state === 'done' || state === 'running') ? OK : FAILED;
    }
    const [first] = left;
    if (first !== undefined)
      progress(`${first.percent} % of ${safe(titlesText(first.rules))}, ${counted(first.opened, 'alert')} opened`);
  }
}

const LIST_THEM = 'Its alerts are in: npm run tocsin -- alerts --all';
const GOES_ON = 'It goes on by itself. Progress: npm run tocsin -- backfill --status';

/** What has begun, for people. */
export function begunLines({ passes, nothing }: z.output<typeof BEGUN>): string[] {
  return [
    ...passes.map(({ id, rules, backfill: of }) => {
      const since = of === null ? '' : ` since ${utc(of.since)}`;
      const notified = of?.notify ? 'people are notified' : 'nobody is notified';
      return `Begun: ${safe(titlesText(rules))} on what is recorded${since}; ${notified}. To end it: npm run tocsin -- backfill --cancel ${id}`;
    }),
    ...nothing.map(
      (rule) =>
        `Nothing to do for ${safe(titlesText([rule]))}: it has evaluated all that is recorded since then, as it came or in a backfill.`,
    ),
  ];
}

/** The last passes, for people. */
export function passesLines(passes: readonly PassAnswer[]): string[] {
  return passes.length === 0 ? ['No rule was backfilled, and none has changed.'] : passes.flatMap(passLines);
}

const STATES: { readonly [state in PassAnswer['state']]: string } = {
  running: 'under way',
  done: 'done',
  cancelled: 'CANCELLED',
  stopped: 'STOPPED',
};

function passLines(pass: PassAnswer): string[] {
  const { id, kind, state, rules, percent, beganAt, problem, waitsUntil, backfill: of } = pass;
  const { entries, matches, opened, skipped } = pass;
  const what = of === null ? 'rebuilt since it changed' : `backfill since ${utcText(of.since, 'minutes')} by ${of.who}`;
  const wait = waitsUntil === null ? '' : `, goes on at ${utcText(waitsUntil, 'minutes')} with the next day's rows`;
  const where = state === 'running' ? `${STATES.running}, ${percent} %${wait}` : STATES[state];
  const found =
    kind === 'rebuild' && matches === 0
      ? []
      : [counted(matches, 'match', 'matches'), `${counted(opened, 'alert')} opened`];
  const left = skipped === 0 ? [] : [`${counted(skipped, 'entry', 'entries')} left out and quarantined`];
  const counts = [counted(entries, 'entry', 'entries'), ...found, ...left].join(', ');
  return [
    `${id}  ${safe(`${titlesText(rules)}: ${where}${problem === null ? '' : `: ${problem}`}`)}`,
    `   ${safe(`${what}, begun ${utcText(beganAt, 'minutes')}; ${counts}`)}`,
  ];
}

function cancelledLines(pass: PassAnswer | null): string[] {
  if (pass !== null) return [...passLines(pass), 'The alerts that it opened stay.'];
  return ['Nothing was cancelled: no backfill with this number is under way. See --status.'];
}
