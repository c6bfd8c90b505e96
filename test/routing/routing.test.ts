import { expect, test } from 'vitest';
import { decideRoute, type RoutedReceiver } from '../../src/routing/routing.ts';
import { LEVELS } from '../../src/sigma/index.ts';

const to = (from: RoutedReceiver['minLevel']): RoutedReceiver => ({ name: 'oncall', minLevel: from, problem: null });

test.each([
  ['informational', LEVELS],
  ['low', ['low', 'medium', 'high', 'critical']],
  ['high', ['high', 'critical']],
  ['critical', ['critical']],
] as const)('a receiver with min_level %s is notified of %j', (from, levels) => {
  expect(LEVELS.filter((level) => decideRoute(to(from), level).send)).toEqual(levels);
});

test('the reason names the minimum level', () => {
  expect(decideRoute(to('high'), 'medium')).toEqual({
    send: false,
    reason: "below the receiver's minimum level, high",
  });
});

test('a receiver with a problem is still routed to: its delivery is dead, and visible', () => {
  expect(decideRoute({ ...to('low'), problem: 'SLACK_WEBHOOK_URL is not set' }, 'high')).toEqual({ send: true });
});
