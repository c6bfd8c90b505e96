import { expect, test } from 'vitest';
import { allDelivered, type TestAnswer, testLines } from '../../../src/cli/commands/notify.ts';
import { resentLine } from '../../../src/cli/commands/resend.ts';

const DELIVERED = { receiver: 'slack', outcome: { kind: 'delivered' } } as const;
const LATER = { receiver: 'email', outcome: { kind: 'retry', reason: '429', afterMs: 90_000 } } as const;
const REFUSED = { receiver: 'siem', outcome: { kind: 'refused', reason: 'WEBHOOK_SECRET is not set' } } as const;

test.each<readonly [what: string, tested: TestAnswer['tested'], all: boolean]>([
  ['every one delivered', [DELIVERED], true],
  ['one to retry', [DELIVERED, LATER], false],
  ['one refused', [REFUSED], false],
  ['no receivers', [], false],
])('all are delivered only if every receiver took the test: %s', (_, tested, all) => {
  expect(allDelivered({ tested })).toBe(all);
});

test('one line per receiver, with the reason', () => {
  expect(testLines({ tested: [DELIVERED, LATER, REFUSED] })).toEqual([
    'slack  delivered',
    'email  NOT DELIVERED, may work after 1m30s: 429',
    'siem   NOT DELIVERED: WEBHOOK_SECRET is not set',
  ]);
  expect(testLines({ tested: [] }).join('\n')).toContain('NOBODY IS NOTIFIED');
});

test('how many deliveries are sent again', () => {
  expect(resentLine(0, null)).toBe('No dead deliveries.');
  expect(resentLine(0, 'slack')).toBe('No dead deliveries to slack.');
  expect(resentLine(1, null)).toMatch(/^1 dead delivery will be sent again now/);
  expect(resentLine(2, 'slack')).toMatch(/^2 dead deliveries to slack will/);
});

test('prints no character that a terminal would interpret', () => {
  const hostile = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
  const outcomes = [
    { kind: 'retry', reason: hostile, afterMs: null },
    { kind: 'refused', reason: hostile },
  ] as const;
  const lines = testLines({ tested: outcomes.map((outcome) => ({ receiver: hostile, outcome })) });
  for (const line of [...lines, resentLine(1, hostile)]) expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
