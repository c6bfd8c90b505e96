/** `notify --test`: does every receiver work? */
import * as z from 'zod/mini';
import { TEST_PATH } from '../../web/operator-paths.ts';
import { FAILED, OK } from '../failure.ts';
import { ago, safe } from '../terminal.ts';
import { ASK_OPTIONS, connect, defineCommand, FLAG, print, targetUsage, UsageError } from './command.ts';

/** A test sends to every receiver, each with a time limit of its own. */
const TIMEOUT_MS = 60_000;

const OUTCOME = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delivered') }),
  z.object({ kind: z.literal('slow down'), reason: z.string(), afterMs: z.nullable(z.number()) }),
  z.object({ kind: z.literal('retry'), reason: z.string(), afterMs: z.nullable(z.number()) }),
  z.object({ kind: z.literal('refused'), reason: z.string() }),
]);
const ANSWER = z.object({ tested: z.array(z.object({ receiver: z.string(), outcome: OUTCOME })) });

/** The outcome of a test, by receiver. */
export type TestAnswer = z.output<typeof ANSWER>;

export const notify = defineCommand({
  summary: 'send a test alert to every receiver',
  usage: `usage: npm run tocsin -- notify --test [--json] [--url URL]

Sends a test alert to every receiver and shows whether it was delivered.
The exit code is 0 if every receiver took it, and 1 if one did not, or none is set.

  --test      required, to confirm that messages will be sent
  --json      print the Worker's answer, on one line
${targetUsage()}`,
  options: { ...ASK_OPTIONS, test: FLAG },
  async run({ url, json: asJson, test }, context) {
    if (!test) throw new UsageError('this command only sends tests: add --test');
    const request = { method: 'POST', path: TEST_PATH, timeoutMs: TIMEOUT_MS } as const;
    const { answer, json } = await connect(url, context).ask(request, ANSWER);
    print(context, asJson, json, testLines(answer));
    return allDelivered(answer) ? OK : FAILED;
  },
});

/** Whether there is a receiver, and every one took the test. */
export function allDelivered({ tested }: TestAnswer): boolean {
  return tested.length > 0 && tested.every(({ outcome }) => outcome.kind === 'delivered');
}

/** One line per receiver. */
export function testLines({ tested }: TestAnswer): string[] {
  if (tested.length === 0) {
    return [
      'NOBODY IS NOTIFIED: no receiver is set.',
      'Set one, such as Slack: npx wrangler secret put SLACK_WEBHOOK_URL. docs/receivers.md lists them all.',
    ];
  }
  const width = Math.max(...tested.map(({ receiver }) => safe(receiver).length));
  return tested.map(({ receiver, outcome }) => `${safe(receiver).padEnd(width)}  ${outcomeText(outcome)}`);
}

function outcomeText(outcome: TestAnswer['tested'][number]['outcome']): string {
  switch (outcome.kind) {
    case 'delivered':
      return 'delivered';
    case 'slow down':
    case 'retry': {
      const wait = outcome.afterMs === null ? '' : ` after ${ago(outcome.afterMs)}`;
      return `NOT DELIVERED, may work${wait === '' ? ' later' : wait}: ${safe(outcome.reason)}`;
    }
    case 'refused':
      return `NOT DELIVERED: ${safe(outcome.reason)}`;
  }
}
