/** `resend`: send dead deliveries again. */
import * as z from 'zod/mini';
import { counted } from '../../text/numbers.ts';
import { RESEND_PATH } from '../../web/operator-paths.ts';
import { OK } from '../failure.ts';
import { safe } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, print, TEXT, targetUsage, UsageError } from './command.ts';

const ANSWER = z.object({ resent: z.number() });

export const resend = defineCommand({
  summary: 'send dead deliveries again',
  usage: `usage: npm run tocsin -- resend [--receiver NAME [--to NAME]] [--json] [--url URL]

Sends again what could not be delivered: dead deliveries become pending, and failing receivers are tried at once. Fix the
receiver first. With --to, what still waits for a receiver goes to the other one too: for one that was renamed or removed.
The exit code is 0 even if there is nothing to send, or 1 if the Worker can't be asked.

  --receiver NAME   only deliveries to this receiver
  --to NAME         send them to this receiver instead
  --json            print the Worker's answer, on one line
${targetUsage(20)}`,
  options: { ...ASK_OPTIONS, receiver: TEXT, to: TEXT },
  async run({ url, json: asJson, receiver = null, to = null }, context) {
    if (to !== null && receiver === null) throw new UsageError('--to needs --receiver: whose deliveries?');
    const client = connect(url, context);
    const body = JSON.stringify({ receiver, to });
    const { answer, json } = await client.ask({ method: 'POST', path: RESEND_PATH, body }, ANSWER);
    print(context, asJson, json, [resentLine(answer.resent, receiver, to, client.origin)]);
    return OK;
  },
});

/** `receiver`: whose deliveries were meant; null: all of them. `to`: who gets them instead. */
export function resentLine(resent: number, receiver: string | null, to: string | null, origin: string): string {
  const whose = receiver === null ? '' : ` to ${safe(receiver)}`;
  const progress = `Progress: npm run tocsin -- status --url ${origin}`;
  if (resent === 0 && to === null) {
    return `No dead deliveries${whose}. What is pending is sent by itself, and failing receivers are tried now. ${progress}`;
  }
  if (resent === 0) return `No dead or pending deliveries${whose}.`;
  if (to !== null)
    return `${counted(resent, 'delivery', 'deliveries')}${whose} will be sent to ${safe(to)} now. ${progress}`;
  return `${counted(resent, 'dead delivery', 'dead deliveries')}${whose} will be sent again now. ${progress}`;
}
