import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runTocsin } from '../run-command.ts';

const RULES = `title: API key deleted
id: r-deleted
name: deleted
logsource: {product: nirvana, service: audit}
tags: [attack.impact]
level: high
detection: {selection: {action: api_key.deleted}, condition: selection}
---
title: Many API keys deleted
id: r-many
correlation: {type: event_count, rules: [deleted], group-by: [actor.id], timespan: 1h, condition: {gte: 3}, generate: true}
level: critical
`;
const ROUTING = `receivers:
  - {name: oncall, type: slack}
  - {name: team, type: slack, secret: TEAM}
  - {name: log, type: webhook, min_level: critical}
fallback: oncall
times: {office: {weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}}
route:
  receiver: team
  active_times: office
  routes:
    - match: {level: critical}
      receivers: [oncall, log]
      active_times: always
      mention: '@oncall'
      escalate: {after: 30m, to: team}
`;
const ENTRY = { id: 'e-1', created_at: '2026-01-05T12:00:00Z', action: 'api_key.deleted', actor: { id: 'u-1' } };
/** A Monday, in the morning and in the evening. */
const MORNING = '2026-01-05T10:00:00Z';
const EVENING = '2026-01-05T20:00:00Z';

let folder: string;
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  put('rules.yml', RULES);
  put('routing.yml', ROUTING);
  put('entry.json', JSON.stringify(ENTRY));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  runTocsin(['route', join(folder, 'entry.json'), '--rules', folder, ...args], {});

describe('shows where the alerts of an entry would go', () => {
  test('by a route, and of a correlation that it may complete', async () => {
    expect(await run('--at', MORNING)).toEqual({
      code: 0,
      err: '',
      out: `An entry of 2026-01-05 12:00:00 UTC, its alerts at 2026-01-05 10:00:00 UTC; by routing.yml

HIGH  API key deleted (rules.yml)
  to team: by route, line 8
     active_times office (mon-fri 09:00-17:00 Europe/Berlin)
  not to oncall: no route leads there
  not to log: its min_level is critical

CRITICAL  Many API keys deleted (rules.yml), if this entry completes it
  to oncall: by route.routes[0], line 11
     mention @oncall; escalate to team after 30m
  to log: by route.routes[0], line 11
     mention @oncall; escalate to team after 30m
  not to team: no route leads there
`,
    });
  });

  test('outside of active times', async () => {
    expect((await run('--at', EVENING)).out).toContain(
      '  to team: by route, line 8, held until its active times begin at 2026-01-06 08:00:00 UTC\n',
    );
  });

  test('by the fallback', async () => {
    put('rules.yml', RULES.replace('level: high', 'level: critical'));
    put('routing.yml', ROUTING.replace('match: {level: critical}', 'match: {level: low}'));
    const { out } = await run('--at', EVENING);
    expect(out).toContain('  to oncall: the fallback: critical, outside the active times of its route\n');
    expect(out).toContain('  not to team: outside of the active times: the fallback is notified\n');
  });

  test('without routes, and without a routing', async () => {
    put('routing.yml', ROUTING.slice(0, ROUTING.indexOf('fallback:')));
    expect((await run()).out).toContain('  to team: everything goes there (no routes in rules/routing.yml)\n');
    rmSync(join(folder, 'routing.yml'));
    expect((await run()).out).toContain(
      '  to every receiver whose secret is set: everything goes there (no routes in rules/routing.yml)\n',
    );
  });

  test('that no rule matches', async () => {
    put('entry.json', '{"action": "vm.created"}');
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringContaining('\nNo rule matches it: nobody is notified.\n'),
    });
  });

  test('as JSON', async () => {
    const { out } = await run('--at', EVENING, '--json');
    expect(JSON.parse(out)).toMatchObject({
      at: Date.parse(EVENING),
      routing: true,
      rules: [
        {
          rule: { id: 'r-deleted', title: 'API key deleted', level: 'high', path: 'rules.yml' },
          part: 'matches',
          to: [
            {
              receiver: 'team',
              via: { kind: 'route', path: [], line: 8 },
              heldUntil: Date.parse('2026-01-06T08:00:00Z'),
            },
          ],
          not: [
            { receiver: 'oncall', reason: 'no route' },
            { receiver: 'log', reason: "below the receiver's level", minLevel: 'critical' },
          ],
        },
        { rule: { id: 'r-many' }, part: 'counts' },
      ],
    });
  });
});

describe('says what is wrong, and what to do', () => {
  test.each([
    ['no JSON', 'entry.json', '{', 1, /entry\.json is not JSON\nENTRY\.json holds one entry/],
    ['a list', 'entry.json', '[]', 1, /entry\.json is a list\n/],
    ['null', 'entry.json', 'null', 1, /entry\.json is not an object\n/],
    ['a page', 'entry.json', '{"items": []}', 1, /is a page of entries\nTake one of its "items"/],
    [
      'a wrong rule',
      'rules.yml',
      'title: x\n',
      1,
      /rules\.yml:1:1: error: .*\nthe rules have \d+ errors?\nCorrect them/,
    ],
    ['a wrong routing', 'routing.yml', 'route: {}\n', 1, /routing\.yml:1:1: error: the file lists no receivers/],
  ] as const)('%s', async (_, name, text, code, problem) => {
    put(name, text);
    const result = await run();
    expect(result).toMatchObject({ code, out: '' });
    expect(result.err).toMatch(problem);
  });

  test.each([
    [['route'], 2, 'the file with the entry is missing\nTry: npm run tocsin -- route --help'],
    [['route', 'a', 'b'], 2, 'only one entry at a time'],
    [['route', 'a', '--at', 'noon'], 2, '--at must be a time such as 2026-01-31T22:30:00Z'],
    [['route', '/missing.json'], 1, "/missing.json can't be read: ENOENT"],
    [['route', 'package.json', '--rules', '/missing'], 1, "/missing can't be read: ENOENT"],
  ] as const)('%j', async (args, code, problem) => {
    expect(await runTocsin(args, {})).toMatchObject({ code, out: '', err: expect.stringContaining(problem) });
  });

  test('prints nothing that commands a terminal', async () => {
    put('rules.yml', RULES.replace('title: API key deleted', 'title: "a\\e[2J\\u202eb"'));
    put('entry.json', JSON.stringify({ ...ENTRY, created_at: '\u001b[2J' }));
    const { out, err } = await run();
    expect(out).toContain('HIGH');
    expect((out + err).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});
