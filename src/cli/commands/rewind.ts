/** `rewind`: read the log again from an earlier time. */
import * as z from 'zod/mini';
import { rewindText } from '../../audit-log/checkpoint-text.ts';
import { REWIND_PATH } from '../../web/operator-paths.ts';
import { OK } from '../failure.ts';
import { utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, TEXT, targetUsage } from './command.ts';
import { readPastTime } from './past-time.ts';

/** The id of the rewind. */
const ANSWER = z.object({ accepted: z.string() });

export const rewind = defineCommand({
  summary: 'read the log again from an earlier time, for entries that were missed',
  usage: `usage: npm run tocsin -- rewind --to TIME [--suppress] [--json] [--url URL]

Reads the audit log again from an earlier time, and records and evaluates the entries that are not recorded. What is recorded
is neither recorded, evaluated nor notified again: for a rule that is new or has changed, use backfill.
The exit code is 0 if the Worker accepted it, and 1 if it did not or can't be asked.

  --to TIME   a time such as 2026-01-31T00:00:00Z, or a duration back such as 2h or 7d
  --suppress  notify nobody of what is found and happened before now
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, to: TEXT, suppress: FLAG },
  async run({ url, json: asJson, to: text, suppress }, context) {
    const to = readPastTime('to', text, context.now(), {
      missing: 'the time from which to read the log again',
      future: 'a rewind only goes back',
    });
    const body = rewindText({ id: crypto.randomUUID(), to, suppress });
    const { json } = await connect(url, context).ask({ method: 'POST', path: REWIND_PATH, body }, ANSWER);
    const quietly = suppress ? ', without notifying anybody of what happened before now' : '';
    print(context, asJson, json, [
      `Accepted: the log will be read again from ${utc(to)}${quietly}.`,
      'It takes effect within about two minutes. Progress: npm run tocsin -- status',
    ]);
    return OK;
  },
});
