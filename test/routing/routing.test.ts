import { expect, test } from 'vitest';
import { decideRoute, type RoutedReceiver } from '../../src/routing/routing.ts';
import { LEVELS } from '../../src/sigma/index.ts';

const to = (from: RoutedReceiver['minLevel']): RoutedReceiver => ({ name: 'oncall', minLevel: from, problem: null });

test.each([
  ['informational', LEVELS],
  ['low', ['low', 'medium', 'high', 'critical']],
  ['high', ['high', 'critical']],
  ['critical', ['critical']],
] as const)('from %s on a receiver hears of %j', (from, heard) => {
  expect(LEVELS.filter((level) => decideRoute(to(from), level).send)).toEqual(heard);
});

test('why it does not hear of an alert is said', () => {
  expect(decideRoute(to('high'), 'medium')).toEqual({
    send: false,
    reason: 'below its level: it hears of high and above',
  });
});

test('a receiver that has no setting is sent to all the same: its delivery is dead, and told', () => {
  expect(decideRoute({ ...to('low'), problem: 'SLACK_WEBHOOK_URL is not set' }, 'high')).toEqual({ send: true });
});
