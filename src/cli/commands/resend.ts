/** `resend`: send dead deliveries again. */
import * as z from 'zod/mini';
import { counted } from '../../text/numbers.ts';
import { RESEND_PATH } from '../../web/operator.ts';
import { OK } from '../failure.ts';
import { safe } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, print, TEXT, targetUsage } from './command.ts';

const ANSWER = z.object({ resent: z.number() });

export const resend = defineCommand({
  summary: 'send dead deliveries again',
  usage: `usage: npm run tocsin -- resend [--receiver NAME] [--json] [--url URL]

Sends again what could not be delivered: dead deliveries become pending. Fix the receiver first.
The exit code is 0 even if there is nothing to send, or 1 if the Worker can't be asked.

  --receiver NAME   only deliveries to this receiver
  --json            print the Worker's answer, on one line
${targetUsage(20)}`,
  options: { ...ASK_OPTIONS, receiver: TEXT },
  async run({ url, json: asJson, receiver = null }, context) {
    const client = connect(url, context);
    const body = JSON.stringify({ receiver });
    const { answer, json } = await client.ask({ method: 'POST', path: RESEND_PATH, body }, ANSWER);
    print(context, asJson, json, [resentLine(answer.resent, receiver)]);
    return OK;
  },
});

/** `receiver`: whose deliveries were meant; null: all of them. */
export function resentLine(resent: number, receiver: string | null): string {
  const to = receiver === null ? '' : ` to ${safe(receiver)}`;
  if (resent === 0) return `No dead deliveries${to}.`;
  const deliveries = counted(resent, 'dead delivery', 'dead deliveries');
  return `${deliveries}${to} will be sent again now. Progress: npm run tocsin -- status`;
}
