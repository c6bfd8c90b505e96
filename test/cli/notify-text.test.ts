import { expect, test } from 'vitest';
import type { TestAnswer } from '../../src/cli/answer.ts';
import { allDelivered, resentLine, testLines } from '../../src/cli/notify-text.ts';

const DELIVERED = { receiver: 'slack', outcome: { kind: 'delivered' } } as const;
const LATER = { receiver: 'email', outcome: { kind: 'retry', reason: '429', afterMs: 90_000 } } as const;
const REFUSED = { receiver: 'siem', outcome: { kind: 'refused', reason: 'WEBHOOK_SECRET is not set' } } as const;

test.each<readonly [what: string, tested: TestAnswer['tested'], all: boolean]>([
  ['each took it', [DELIVERED], true],
  ['one has to try again', [DELIVERED, LATER], false],
  ['one refused', [REFUSED], false],
  ['there is none', [], false],
])('all is well only where each receiver took it: %s', (_, tested, all) => {
  expect(allDelivered({ tested })).toBe(all);
});

test('a line a receiver, with the reason', () => {
  expect(testLines({ tested: [DELIVERED, LATER, REFUSED] })).toEqual([
    'slack  delivered',
    'email  NOT DELIVERED, may work later (not before 1m30s): 429',
    'siem   REFUSED: WEBHOOK_SECRET is not set',
  ]);
  expect(testLines({ tested: [] }).join('\n')).toContain('NOBODY IS TOLD');
});

test('what is sent again', () => {
  expect(resentLine(0, null)).toBe('There is no dead delivery.');
  expect(resentLine(0, 'slack')).toBe('There is no dead delivery to slack.');
  expect(resentLine(1, null)).toMatch(/^1 dead delivery will be sent again now/);
  expect(resentLine(2, 'slack')).toMatch(/^2 dead deliveries to slack will/);
});

test('what others wrote commands no terminal', () => {
  const hostile = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
  const outcomes = [
    { kind: 'retry', reason: hostile, afterMs: null },
    { kind: 'refused', reason: hostile },
  ] as const;
  const lines = testLines({ tested: outcomes.map((outcome) => ({ receiver: hostile, outcome })) });
  for (const line of [...lines, resentLine(1, hostile)]) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
