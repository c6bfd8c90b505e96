import { expect, test } from 'vitest';
import type { Outcome } from './run.ts';
import { progressText, summaryLines } from './summary.ts';

const OUTCOME: Outcome = {
  kills: [
    { target: 'upstream', moment: 'idle' },
    { target: 'workerd', moment: 'recording' },
    { target: 'workerd', moment: 'sending' },
    { target: 'workerd', moment: 'recording' },
  ],
  ticks: { done: 1200, failed: 3 },
  ms: 65_000,
  entries: { shown: 1364, recorded: 1363, lost: 1, doubled: 0 },
  alerts: { expected: 11, opened: 11, lost: 0, doubled: 0 },
  messages: { deliveries: 33, received: 35, lost: 0, again: 2 },
  problems: ['entry e\u001b[2J is not recorded'],
};

test('says what was hit, and what was counted', () => {
  expect(summaryLines(OUTCOME, 7)).toEqual([
    '4 kills in 1m5s, seed 7; what they hit:',
    '  workerd      3  2 recording, 1 sending',
    '  upstream     1  1 idle',
    'ticks     1,200 done, 3 failed or cut off',
    'entries   1,364 shown, 1,363 recorded: 1 lost, 0 doubled',
    'alerts    11 expected, 11 opened: 0 lost, 0 doubled',
    'messages  33 deliveries, 35 arrived: 0 lost, 2 arrived again (allowed: the same delivery, each time an attempt whose answer was lost)',
    expect.stringMatching(/^ {2}✗ entry e[^\p{Cc}]* is not recorded$/u),
    '1 problem',
  ]);
  expect(summaryLines({ ...OUTCOME, problems: [] }, 7).at(-1)).toBe('nothing was lost');
  const many = summaryLines({ ...OUTCOME, problems: Array.from({ length: 40 }, () => 'x') }, 7);
  expect(many.slice(-2)).toEqual(['  … 10 more', '40 problems']);
});

test('says how far it is', () => {
  const kill = { target: 'workerd', moment: 'reading a page' } as const;
  expect(progressText({ at: 'kill', number: 3, kill }, 100)).toBe('kill 3 of 100: workerd, reading a page');
  expect(progressText({ at: 'calm', recorded: 1200, shown: 1364, pending: 1 }, 100)).toBe(
    'calm: 1,200 of 1,364 entries recorded, 1 message to deliver',
  );
});
