/** docs/routing.md: its example is right with the rules of the pack, and its tables have every key. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRuleFiles } from '../../src/cli/rule-files.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { MATCH_KEYS } from '../../src/routing/match-file.ts';
import { ROUTE_KEYS } from '../../src/routing/routes-file.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import { ruleRoutes } from '../../src/routing/rule-routes.ts';
import { TIME_KEYS } from '../../src/routing/times-file.ts';
import { parseRules } from '../../src/sigma/build.ts';

const TOP = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(TOP, 'docs/routing.md'), 'utf8');

test('the example has no problem', () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
  const { ruleSet } = parseRules(readRuleFiles(join(TOP, 'rules')));
  const { routing, problems } = parseRouting([{ path: 'routing.yml', text }], RECEIVER_TYPES, [], ruleSet.rules);
  expect(problems).toEqual([]);
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
