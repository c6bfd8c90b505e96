/** docs/routing.md: its example is right with the rules of the pack, and its tables have every key. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRuleFiles } from '../../src/cli/rule-files.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { MATCH_KEYS } from '../../src/routing/match-file.ts';
import { routesOf } from '../../src/routing/routes.ts';
import { ROUTE_KEYS } from '../../src/routing/routes-file.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import { ruleRoutes } from '../../src/routing/rule-routes.ts';
import { TIME_KEYS } from '../../src/routing/times-file.ts';
import { parseRules } from '../../src/sigma/build.ts';
import type { Level } from '../../src/sigma/index.ts';

const TOP = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(TOP, 'docs/routing.md'), 'utf8');

/** The routing below a heading of the page. */
function read(heading: string) {
  const [, below = ''] = PAGE.split(`\n## ${heading}\n`);
  const text = /```yaml\n([\s\S]*?)```/.exec(below)?.[1] ?? '';
  const { ruleSet } = parseRules(readRuleFiles(join(TOP, 'rules')).rules);
  const { routing, problems } = parseRouting([{ path: 'routing.yml', text }], RECEIVER_TYPES, [], ruleSet.rules);
  expect(problems).toEqual([]);
  return routing;
}

/** By day and by night, in Berlin. */
const [DAY, NIGHT] = [Date.UTC(2026, 0, 31, 12), Date.UTC(2026, 0, 31, 2)];

test.each<[level: Level, day: readonly string[], night: readonly string[]]>([
  ['critical', ['pager', 'team'], ['pager', 'team']],
  ['high', ['team, escalated to pager'], ['team, escalated to pager']],
  ['medium', ['team'], ['team, held']],
  ['low', [], []],
])('with quiet nights, what is %s goes to %j by day and %j by night', (level, ...expected) => {
  const routing = read('Quiet nights, critical pages');
  const receivers = (routing?.receivers ?? []).map(({ name, minLevel }) => ({ name, minLevel, problem: null }));
  const goes = [DAY, NIGHT].map((at) =>
    routesOf(routing, receivers, { rule: 'a', level, tags: [], body: {} }, at).to.map(
      ({ receiver, heldUntil, settings: { escalate = [] } }) =>
        [
          receiver,
          ...(heldUntil === null ? [] : ['held']),
          ...(level === 'high' ? escalate.map(({ to }) => `escalated to ${to}`) : []),
        ].join(', '),
    ),
  );
  expect(goes).toEqual(expected);
});

test('the example has no problem', () => {
  const routing = read('An example');
  expect(routing?.route?.routes).toHaveLength(5);
  const receivers = (routing?.receivers ?? []).map(({ name, minLevel }) => ({ name, minLevel, problem: null }));
  const { to } = ruleRoutes(routing, receivers, { rule: 'another', level: 'medium', tags: [] });
  expect(to.map(({ receiver }) => receiver.name)).toEqual(['team', 'siem']);
});

test.each([
  ['The keys of a route', ROUTE_KEYS],
  ['What a route matches', MATCH_KEYS],
  ['Times', TIME_KEYS],
])('“%s” has every key', (heading, keys) => {
  const [, below = ''] = PAGE.split(`\n## ${heading}\n`);
  const rows = [...(below.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key);
  expect(rows).toEqual(keys);
});
