import { expect, test } from 'vitest';
import { routesOf } from '../../src/routing/routes.ts';
import type { RoutedReceiver } from '../../src/routing/routing.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';

const to = (from: RoutedReceiver['minLevel']): RoutedReceiver => ({ name: 'oncall', minLevel: from, problem: null });
const decide = (receiver: RoutedReceiver, level: Level) =>
  routesOf(null, [receiver], { rule: 'r', level, tags: [], body: {} }, 0);

test.each([
  ['informational', LEVELS],
  ['low', ['low', 'medium', 'high', 'critical']],
  ['high', ['high', 'critical']],
  ['critical', ['critical']],
] as const)('a receiver with min_level %s is notified of %j', (from, levels) => {
  expect(LEVELS.filter((level) => decide(to(from), level).to.length > 0)).toEqual(levels);
});

test('the reason is the level', () => {
  expect(decide(to('high'), 'medium')).toEqual({
    to: [],
    not: [{ receiver: 'oncall', reason: "below the receiver's level", minLevel: 'high' }],
  });
});

test('a receiver with a problem is still routed to: its delivery is dead, and visible', () => {
  const { to: routed } = decide({ ...to('low'), problem: 'SLACK_WEBHOOK_URL is not set' }, 'high');
  expect(routed.map(({ receiver }) => receiver)).toEqual(['oncall']);
});
