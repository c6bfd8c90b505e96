/**
 * How a test of the receivers went, and what a resend came to, for people. Pure; whatever others wrote commands no
 * terminal.
 */

import { counted } from '../text/numbers.ts';
import type { TestAnswer } from './answer.ts';
import { ago, safe } from './text.ts';

/** Whether there is a receiver, and each took the test. */
export function allDelivered({ tested }: TestAnswer): boolean {
  return tested.length > 0 && tested.every(({ outcome }) => outcome.kind === 'delivered');
}

/** A line a receiver. */
export function testLines({ tested }: TestAnswer): string[] {
  if (tested.length === 0) {
    return [
      'NOBODY IS TOLD: no receiver is set.',
      'Set one: npx wrangler secret put SLACK_WEBHOOK_URL (or EMAIL_TO, WEBHOOK_URL; README.md says more).',
    ];
  }
  const width = Math.max(...tested.map(({ receiver }) => safe(receiver).length));
  return tested.map(({ receiver, outcome }) => `${safe(receiver).padEnd(width)}  ${outcomeText(outcome)}`);
}

function outcomeText(outcome: TestAnswer['tested'][number]['outcome']): string {
  switch (outcome.kind) {
    case 'delivered':
      return 'delivered';
    case 'retry': {
      const wait = outcome.afterMs === null ? '' : ` (not before ${ago(outcome.afterMs)})`;
      return `NOT DELIVERED, may work later${wait}: ${safe(outcome.reason)}`;
    }
    case 'refused':
      return `REFUSED: ${safe(outcome.reason)}`;
  }
}

/** What a resend came to. */
export function resentLine(resent: number, receiver: string | null): string {
  const whose = receiver === null ? '' : ` to ${safe(receiver)}`;
  if (resent === 0) return `There is no dead delivery${whose}.`;
  return `${counted(resent, 'dead delivery', 'dead deliveries')}${whose} will be sent again now. "npm run tocsin -- status" shows how that goes.`;
}
