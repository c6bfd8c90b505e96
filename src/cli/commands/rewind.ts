/** `rewind`: read the log again from an earlier time. */
import * as z from 'zod/mini';
import { rewindText } from '../../audit-log/checkpoint-text.ts';
import { readStartAt } from '../../config/values.ts';
import { REWIND_PATH } from '../../web/operator.ts';
import { OK } from '../failure.ts';
import { utc } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, TEXT, targetUsage, UsageError } from './command.ts';

/** The id of the rewind. */
const ANSWER = z.object({ accepted: z.string() });

export const rewind = defineCommand({
  summary: 'read the log again from an earlier time',
  usage: `usage: npm run tocsin -- rewind --to TIME [--suppress] [--json] [--url URL]

Reads the log again from an earlier time. Nothing is recorded or notified twice.
The exit code is 0 if the Worker accepted it, and 1 if it did not or can't be asked.

  --to TIME   a time such as 2026-01-31T00:00:00Z, or a duration back such as 2h or 7d
  --suppress  record and evaluate, but notify nobody of what happened before now
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, to: TEXT, suppress: FLAG },
  async run({ url, json: asJson, to: text, suppress }, context) {
    const to = readTime(text, context.now());
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

/** ms since the epoch; never in the future. */
function readTime(text: string | undefined, now: number): number {
  const read = readStartAt({ to: text }, 'to');
  switch (read.kind) {
    case 'absent':
      throw new UsageError('--to is missing: the time from which to read the log again');
    case 'wrong':
      throw new UsageError(`--to ${read.problem}`);
    case 'value': {
      const to = read.value.kind === 'at' ? read.value.ms : now - read.value.agoMs;
      if (to > now) throw new UsageError('--to is in the future: a rewind only goes back');
      if (to < 0) throw new UsageError('--to is before 1970');
      return to;
    }
  }
}
