import { expect, test } from 'vitest';
import { type Route, routed } from '../../src/routing/routing.ts';
import { LEVELS } from '../../src/sigma/index.ts';

const to = (from: Route['from']): Route => ({ name: 'oncall', from, problem: null });

test.each([
  ['informational', LEVELS],
  ['low', ['low', 'medium', 'high', 'critical']],
  ['high', ['high', 'critical']],
  ['critical', ['critical']],
] as const)('from %s on a receiver hears of %j', (from, heard) => {
  expect(LEVELS.filter((level) => routed(to(from), level).send)).toEqual(heard);
});

test('why it does not hear of an alert is said', () => {
  expect(routed(to('high'), 'medium')).toEqual({
    send: false,
    reason: 'below its level: it hears of high and above',
  });
});

test('a receiver that has no setting is sent to all the same: its delivery is dead, and told', () => {
  expect(routed({ ...to('low'), problem: 'SLACK_WEBHOOK_URL is not set' }, 'high')).toEqual({ send: true });
});
