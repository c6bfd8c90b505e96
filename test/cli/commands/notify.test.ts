import { expect, test } from 'vitest';
import { allDelivered, type TestAnswer, testLines } from '../../../src/cli/commands/notify.ts';
import { resentLine } from '../../../src/cli/commands/resend.ts';

const DELIVERED = { receiver: 'slack', outcome: { kind: 'delivered' } } as const;
const LATER = { receiver: 'email', outcome: { kind: 'retry', reason: '503', afterMs: 90_000 } } as const;
const SLOW = { receiver: 'chat', outcome: { kind: 'slow down', reason: '429', afterMs: null } } as const;
const REFUSED = { receiver: 'siem', outcome: { kind: 'refused', reason: 'WEBHOOK_SECRET is not set' } } as const;

test.each<readonly [what: string, tested: TestAnswer['tested'], all: boolean]>([
  ['every one delivered', [DELIVERED], true],
  ['one to retry', [DELIVERED, LATER], false],
  ['one that asks to slow down', [DELIVERED, SLOW], false],
  ['one refused', [REFUSED], false],
  ['no receivers', [], false],
])('all are delivered only if every receiver took the test: %s', (_, tested, all) => {
  expect(allDelivered({ tested })).toBe(all);
});

test('one line per receiver, with the reason', () => {
  expect(testLines({ tested: [DELIVERED, LATER, SLOW, REFUSED] })).toEqual([
    'slack  delivered',
    'email  NOT DELIVERED, may work after 1m30s: 503',
    'chat   NOT DELIVERED, may work later: 429',
    'siem   NOT DELIVERED: WEBHOOK_SECRET is not set',
  ]);
  expect(testLines({ tested: [] }).join('\n')).toContain('NOBODY IS NOTIFIED');
});

const URL = 'https://tocsin.example';

test('how many deliveries are sent again', () => {
  expect(resentLine(0, null, null, URL)).toMatch(/^No dead deliveries\. What is pending is sent by itself/);
  expect(resentLine(0, 'slack', null, URL)).toMatch(
    /^No dead deliveries to slack\. .*status --url https:\/\/tocsin\.example$/,
  );
  expect(resentLine(0, 'slack', 'mail', URL)).toBe('No dead or pending deliveries to slack.');
  expect(resentLine(1, null, null, URL)).toMatch(/^1 dead delivery will be sent again now/);
  expect(resentLine(2, 'slack', null, URL)).toMatch(/^2 dead deliveries to slack will/);
  expect(resentLine(2, 'slack', 'mail', URL)).toMatch(/^2 deliveries to slack will be sent to mail now/);
});

test('prints no character that a terminal would interpret', () => {
  const hostile = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
  const outcomes = [
    { kind: 'retry', reason: hostile, afterMs: null },
    { kind: 'slow down', reason: hostile, afterMs: 1 },
    { kind: 'refused', reason: hostile },
  ] as const;
  const lines = testLines({ tested: outcomes.map((outcome) => ({ receiver: hostile, outcome })) });
  for (const line of [...lines, resentLine(1, hostile, hostile, URL), resentLine(1, hostile, null, URL)])
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});
