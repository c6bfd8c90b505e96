/** `restore`: take the ledger back to a moment. Without --yes it only says what that would mean. */
import * as z from 'zod/mini';
import { RESTORE_COUNTED_MAX, restoreProblem } from '../../ledger/record/restore.ts';
import { cappedText, numberText } from '../../text/numbers.ts';
import { RESTORE_PATH, type RestoreOutcome } from '../../web/operator-paths.ts';
import { FAILED, OK } from '../failure.ts';
import { ago, table, utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, TEXT, targetUsage, UsageError } from './command.ts';
import { readPastTime } from './past-time.ts';

const number = z.number();
const PLAN = z.object({
  to: number,
  entries: number,
  alertsOpened: number,
  alertsChanged: number,
  delivered: number,
  deliveredFromBefore: number,
  undelivered: number,
});
const OUTCOMES = ['planned', 'restored', 'unconfirmed'] as const satisfies readonly RestoreOutcome[];
const ANSWER = z.object({ outcome: z.enum(OUTCOMES), plan: PLAN });

export type RestoreAnswer = z.output<typeof ANSWER>;

/** The object restarts, and its storage is replaced. */
const TIMEOUT_MS = 60_000;

export const restore = defineCommand({
  summary: 'take the ledger back to an earlier moment',
  usage: `usage: npm run tocsin -- restore --at TIME | --undo [--suppress] [--yes] [--json] [--url URL]

Takes the ledger, with all that Tocsin has stored, back to a moment of the last 30 days, by Cloudflare's point-in-time
recovery. Without --yes nothing is done: it says what would be forgotten, read again and sent again. What is missing
afterwards is read again from the audit log, so no entry is lost that the log still shows.
The exit code is 0 if it was planned or done, and 1 if it was not done or the Worker can't be asked.

  --at TIME   a time such as 2026-01-31T00:00:00Z, or a duration back such as 2h or 7d; at least a minute ago
  --undo      back to the moment just before the last restore
  --suppress  notify nobody of what happened before now
  --yes       do it
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, at: TEXT, undo: FLAG, suppress: FLAG, yes: FLAG },
  async run({ url, json: asJson, at: text, undo, suppress, yes }, context) {
    const at = readTarget(text, undo, context.now());
    const client = connect(url, context);
    const body = JSON.stringify({ at: at === null ? null : new Date(at).toISOString(), suppress, confirmed: yes });
    const request = { method: 'POST', path: RESTORE_PATH, body, timeoutMs: TIMEOUT_MS } as const;
    const { answer, json } = await client.ask(request, ANSWER);
    const order = { isUndo: undo, suppress, origin: client.origin, now: context.now() };
    print(context, asJson, json, restoreLines(answer, order));
    return answer.outcome === 'unconfirmed' ? FAILED : OK;
  },
});

/** The time to go back to, ms since the epoch; null: undo. */
function readTarget(text: string | undefined, undo: boolean, now: number): number | null {
  if (undo && text !== undefined) throw new UsageError('give --at or --undo, not both');
  if (undo) return null;
  const at = readPastTime('at', text, now, {
    missing: 'the moment to take the ledger back to, or --undo',
    future: 'a restore only goes back',
  });
  const problem = restoreProblem(at, now);
  if (problem !== null) throw new UsageError(`--at ${problem}`);
  return at;
}

interface RestoreOrder {
  readonly isUndo: boolean;
  readonly suppress: boolean;
  readonly origin: string;
  /** Wall, ms. */
  readonly now: number;
}

/** An answer for people. */
export function restoreLines({ outcome, plan }: RestoreAnswer, order: RestoreOrder): string[] {
  const { isUndo, suppress, origin, now } = order;
  const to = `${utc(plan.to)}, ${ago(now - plan.to)} ago`;
  const options = `${suppress ? ' --suppress' : ''} --yes`;
  const url = ` --url ${origin}`;
  switch (outcome) {
    case 'planned': {
      const target = isUndo ? '--undo' : `--at ${new Date(plan.to).toISOString()}`;
      return [
        `NOTHING WAS DONE. This would take the ledger of ${origin} back to ${to}.`,
        '',
        ...meaning(plan, suppress),
        '',
        `To do it:   npm run tocsin -- restore ${target}${options}${url}`,
        `To undo it, for 30 days: npm run tocsin -- restore --undo --yes${url}`,
      ];
    }
    case 'restored':
      return [
        `Restored: the ledger is as it was on ${to}.`,
        '',
        ...meaning(plan, suppress),
        '',
        `The next tick begins to read again what is missing. Progress: npm run tocsin -- status${url}`,
        `To undo it, for 30 days: npm run tocsin -- restore --undo --yes${url}`,
      ];
    case 'unconfirmed':
      return [
        `UNCONFIRMED: the ledger was asked to go back to ${to}, and does not say that it has.`,
        `See in a minute or two whether there is a line "Restored": npm run tocsin -- status${url}`,
        'If there is none, nothing was restored: ask again. The log has details: npx wrangler tail',
      ];
  }
}

/** What a restore means for entries, alerts and messages. */
function meaning(plan: RestoreAnswer['plan'], suppress: boolean): string[] {
  const about = (count: number): string =>
    count > RESTORE_COUNTED_MAX ? cappedText(count, RESTORE_COUNTED_MAX) : `about ${numberText(count)}`;
  const again = suppress
    ? 'not sent again, as --suppress asks'
    : 'sent again where their alerts open again, unless with --suppress';
  return table([
    [
      'Entries',
      `about ${numberText(plan.entries)} recorded since: read again as far as the audit log shows them, and evaluated again`,
    ],
    ['Alerts', `${about(plan.alertsOpened)} opened since: forgotten, and opened again where a current rule matches`],
    ['', 'Those have new numbers: links to them in old messages lead nowhere'],
    ['', `${about(plan.alertsChanged)} from before with matches since: as they were, then continued`],
    ['Messages', `${about(plan.delivered)} about alerts delivered since: ${again}`],
    ['', `${about(plan.undelivered)} about alerts enqueued since, and not delivered: ${again}`],
    ['', `${about(plan.deliveredFromBefore)} from before, delivered since: sent once more, even with --suppress`],
    ['', 'Health alerts: raised and resolved again where they still apply, even with --suppress'],
    ['Quarantine', 'what was released or dropped since is in it again; what was quarantined since is tried again'],
    ['Rewinds', 'those since are forgotten, and not applied again'],
  ]);
}
