import { describe, expect, test } from 'vitest';
import type { NamedRule } from '../../src/routing/matchers.ts';
import type { Route, Routing } from '../../src/routing/routing.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import { problemText } from '../../src/yaml/diagnostics.ts';

const TYPES = [{ type: 'slack', secret: 'SLACK_WEBHOOK_URL', signingSecret: null }];
const rule = (id: string, path: string, tags: readonly string[], name: string | null = null): NamedRule => ({
  ...{ id, path, tags, name, title: `Title of ${id}` },
});
const RULES = [
  rule('id-deleted', 'keys/api_key_deleted.yml', ['attack.persistence', 'attack.t1098.001']),
  rule('id-created', 'keys/api_key_created.yml', ['attack.persistence'], 'created'),
  rule('id-many', 'access/many_addresses.yml', ['attack.initial-access']),
];

/** Receivers `a`, `b`, `c` and `crit` (from critical on), in lines 1 to 5; the rest begins in line 6. */
const RECEIVERS = `receivers:
- {name: a, type: slack, secret: A}
- {name: b, type: slack, secret: B}
- {name: c, type: slack, secret: C}
- {name: crit, type: slack, secret: D, min_level: critical}
`;
const TIMES = `times:
  office: {weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}
`;

function parse(text: string, rules: readonly NamedRule[] | null = RULES) {
  const { routing, problems } = parseRouting([{ path: 'routing.yml', text }], TYPES, [], rules);
  return { routing, problems: problems.map((problem) => problemText(problem)) };
}

function compiled(text: string): Routing {
  const { routing, problems } = parse(RECEIVERS + text);
  expect(problems.filter((problem) => problem.includes(': error: '))).toEqual([]);
  if (routing === null) throw new Error('no routing');
  return routing;
}

test('a file without routes is as it was', () => {
  expect(Object.keys(compiled(''))).toEqual(['receivers']);
  expect(Object.keys(compiled('route:\n'))).toEqual(['receivers']);
});

test('the compiled form is plain data, and its settings are inherited', () => {
  const routing = compiled(`${TIMES}fallback: b
route:
  receiver: a
  group_by: rule
  mention: '@team'
  repeat_interval: 8h
  routes:
    - match: {min_level: high, tag: ATTACK.*}
      receivers: [b, c]
      mention: '@oncall'
      active_times: [office]
      escalate: [{after: 30m, to: a}, {after: 2h, to: crit}]
      send_resolved: true
      continue: true
      routes:
        - match: {rule: api_key_*}
          active_times: always
          mention: none
          escalate: none
          group_by: target.id
          group_interval: 10m
    - match: {level: low, actor: [ci, deploy], address: 10.0.0.0/8, status_code: 403, path: [/v1/a, /v1/b]}
      digest: daily at 09:00 Europe/Berlin
`);
  const office = { weekdays: [1, 2, 3, 4, 5], from: 540, to: 1020, timeZone: 'Europe/Berlin' };
  const root = { groupBy: 'rule', mention: '@team', repeatIntervalMs: 8 * 3_600_000 } as const;
  const severe: Route['settings'] = {
    ...root,
    mention: '@oncall',
    activeTimes: { names: ['office'], ranges: [office] },
    escalate: [
      { afterMs: 1_800_000, to: 'a' },
      { afterMs: 7_200_000, to: 'crit' },
    ],
    sendResolved: true,
  };
  const expected: Pick<Routing, 'route' | 'fallback'> = {
    fallback: 'b',
    route: {
      line: 10,
      match: {},
      receivers: ['a'],
      settings: root,
      continue: false,
      routes: [
        {
          line: 15,
          match: { levels: ['high', 'critical'], tags: ['attack.*'] },
          receivers: ['b', 'c'],
          settings: severe,
          continue: true,
          routes: [
            {
              line: 23,
              match: { rules: ['id-deleted', 'id-created'] },
              receivers: ['b', 'c'],
              settings: {
                ...severe,
                activeTimes: undefined,
                mention: undefined,
                escalate: undefined,
                groupBy: { field: 'target.id' },
                groupIntervalMs: 600_000,
              },
              continue: false,
              routes: [],
            },
          ],
        },
        {
          line: 29,
          match: {
            levels: ['low'],
            actors: ['ci', 'deploy'],
            addresses: ['10.0.0.0/8'],
            fields: [
              ['status_code', ['403']],
              ['path', ['/v1/a', '/v1/b']],
            ],
          },
          receivers: ['a'],
          settings: { ...root, digest: { minute: 540, timeZone: 'Europe/Berlin' } },
          continue: false,
          routes: [],
        },
      ],
    },
  };
  const { receivers, ...rest } = routing;
  expect(rest).toEqual(expected);
  expect(JSON.parse(JSON.stringify(routing))).toEqual(routing);
});

test.each([
  ['mon-fri', [1, 2, 3, 4, 5]],
  ['Monday:Friday', [1, 2, 3, 4, 5]],
  ['fri-mon', [0, 1, 5, 6]],
  ['[sat, sun]', [0, 6]],
  ['[mon, wed-thu]', [1, 3, 4]],
  ['sunday', [0]],
])('weekdays %s', (written, weekdays) => {
  const text = `times: {t: [{weekdays: ${written}, time_zone: UTC}]}\nfallback: a\nroute: {receivers: [a, b, c, crit], active_times: t}\n`;
  const { route } = compiled(text);
  expect(route?.settings.activeTimes?.ranges).toEqual([{ weekdays, from: 0, to: 1440, timeZone: 'UTC' }]);
});

const ALL_DAY = { weekdays: [0, 1, 2, 3, 4, 5, 6], from: 0, to: 1440, timeZone: 'UTC' };

test('dates and holidays, in order', () => {
  const range = '{dates: [2026-12-31, 02-29], holidays: 12-25, time_zone: UTC}';
  const { route } = compiled(
    `times: {business_hours: ${range}}\nfallback: a\nroute: {receivers: [a, b, c, crit], active_times: business_hours}\n`,
  );
  expect(route?.settings.activeTimes?.ranges).toEqual([
    { ...ALL_DAY, dates: ['02-29', '2026-12-31'], holidays: ['12-25'] },
  ]);
});

test.each([
  ['22:00', '06:00', 1320, 360],
  ['00:00', '24:00', 0, 1440],
  ['"08:30"', '"24:00"', 510, 1440],
])('times from %s to %s', (from, to, begin, end) => {
  const text = `times: {t: {from: ${from}, to: ${to}, time_zone: America/New_York}}\nfallback: a\nroute: {receivers: [a, b, c, crit], active_times: t}\n`;
  expect(compiled(text).route?.settings.activeTimes?.ranges).toEqual([
    { weekdays: [0, 1, 2, 3, 4, 5, 6], from: begin, to: end, timeZone: 'America/New_York' },
  ]);
});

test.each([
  ['by its file', 'api_key_deleted', ['id-deleted']],
  ['by its name', 'created', ['id-created']],
  ['by its id', 'id-many', ['id-many']],
  ['several', '[created, many_addresses]', ['id-created', 'id-many']],
  ['once, however it is named', '[created, api_key_created, api_*]', ['id-created', 'id-deleted']],
])('a rule is named %s', (_, written, rules) => {
  const { route } = compiled(`route: {receivers: [a, c, crit], routes: [{match: {rule: ${written}}, receiver: b}]}\n`);
  expect(route?.routes[0]?.match).toEqual({ rules });
});

test('without the rules, what names them is not checked', () => {
  const text = `${RECEIVERS}route: {receivers: [a, b, c, crit], routes: [{match: {rule: any, tag: other}}]}\n`;
  expect(parse(text, null).problems).toEqual([]);
});

describe('what is wrong is reported with its place and what to do', () => {
  /** A root that leads to every receiver; the route is in line 9, and its text begins at column 7. */
  const of = (route: string) => `route:\n  receivers: [a, b, c, crit]\n  routes:\n    - ${route}\n`;
  const rows: readonly (readonly [what: string, text: string, ...problems: string[]])[] = [
    [
      'an unknown receiver',
      of('{receiver: d}'),
      '9:18: error: there is no receiver of this name (known: a, b, c, crit)',
    ],
    [
      'a misspelled receiver',
      of('{receiver: crti}'),
      '9:18: error: there is no receiver of this name (did you mean "crit"?)',
    ],
    ['one of several', of('{receivers: [a, d]}'), '9:23: error: there is no receiver of this name'],
    [
      'both keys',
      of('{receiver: a, receivers: [b]}'),
      '9:21: error: there are "receiver" and "receivers" (list them all in "receivers")',
    ],
    ['a receiver twice', of('{receivers: [a, a]}'), '9:23: error: "receivers" has this value twice (remove it)'],
    ['no receivers', of('{receivers: []}'), '9:19: error: "receivers" has no value (add one, or remove the key)'],
    [
      'a receiver no route leads to',
      'route: {receivers: [a, b, c]}',
      '5:10: notice: no route leads to the receiver "crit" (name it in a route, or remove it)',
    ],
    [
      'a route without a receiver',
      'fallback: a\nroute: {routes: [{match: {level: high}}, {receivers: [b, c, crit]}]}',
      '7:18: error: this route leads to no receiver (add "receiver: NAME")',
    ],
    [
      'a root without a receiver and a fallback',
      'route: {routes: [{match: {level: low}, receivers: [a, b, c, crit]}]}',
      '6:8: error: what no route matches has no receiver, however severe it is (add "fallback: NAME", a receiver, beside "receivers:")',
      '6:51: notice: "crit" gets nothing by this route',
    ],
    [
      'a root that matches',
      'route: {match: {level: high}, receivers: [a, b, c, crit]}',
      '6:9: error: the root has no "match" (it takes everything; add a route below "routes:")',
    ],
    ['a root that is a list', 'route: [{receiver: a}]', '6:8: error: "route" must be a map, not a list'],
    [
      'routes that are a map',
      'route: {receivers: [a, b, c, crit], routes: {receiver: a}}',
      '6:45: error: "routes" is a list, not a map (begin each route with "- ")',
    ],
    [
      'a route that is text',
      of('oncall'),
      '9:7: error: a route is a map of keys, not text (its keys: match, receiver,',
    ],
    ['a misspelled key', of('{recieve: a}'), '9:8: error: unknown key "recieve" (did you mean "receiver"?)'],
    [
      'a key of Alertmanager',
      of('{matchers: [level="high"]}'),
      '9:8: error: "matchers" is not a key here (write "match: {level: [high, critical]}")',
    ],
    [
      'another key of Alertmanager',
      of('{active_time_intervals: [x]}'),
      '9:8: error: "active_time_intervals" is not a key here (it is "active_times")',
    ],
    [
      'times as Alertmanager calls them',
      `${of('{receiver: a}')}time_intervals: []\n`,
      '10:1: error: "time_intervals" is not a key here (it is "times")',
    ],
    ['a key twice', of('{receiver: a, receiver: b}'), '9:21: error: duplicate key "receiver"'],

    [
      'a route after one that takes everything',
      `${of('{receiver: a}')}    - {match: {level: high}, receiver: b}\n`,
      '10:7: error: no match reaches this route: the one in line 9 takes everything (put it before that one, or add "continue: true" there)',
    ],
    [
      'a route after one that takes more',
      `${of('{match: {min_level: medium}}')}    - {match: {level: critical, tag: attack.*}}\n`,
      '10:7: error: no match reaches this route: the one in line 9 takes all that it matches',
    ],
    [
      'a route after one with a wider pattern',
      `${of('{match: {tag: attack.*}}')}    - {match: {tag: attack.t*}}\n`,
      '10:7: error: no match reaches this route',
    ],
    [
      'a route after one with a wider range',
      `${of('{match: {client_ip: 10.0.0.0/8}}')}    - {match: {address: 10.1.0.0/16}}\n`,
      '10:7: error: no match reaches this route',
    ],
    [
      'a route after one with the same field',
      `${of('{match: {actor.type: [user, api_key]}}')}    - {match: {actor.type: user, level: low}}\n`,
      '10:7: error: no match reaches this route',
    ],
    [
      'a route after one that takes every level',
      `${of('{match: {min_level: informational}}')}    - {match: {tag: attack.*}}\n`,
      '10:7: error: no match reaches this route: the one in line 9 takes all that it matches',
    ],
    [
      'a route after one that takes all that its parent does',
      of('{match: {level: high}, routes: [{match: {min_level: medium}}, {match: {tag: attack.*}}]}'),
      '9:69: error: no match reaches this route: the one in line 9 takes all that it matches',
    ],
    [
      'a level that its parent has not',
      of('{match: {level: high}, routes: [{match: {level: low}}]}'),
      '9:47: error: no match reaches this route: it has no level in common with the routes around it',
    ],
    [
      'a rule that its parent has not',
      of('{match: {rule: created}, routes: [{match: {rule: many_addresses}}]}'),
      '9:49: error: no match reaches this route: it has no rule in common',
    ],

    [
      'an unknown level',
      of('{match: {level: severe}}'),
      '9:23: error: "severe" is not a valid level (known: informational,',
    ],
    [
      'a misspelled level in a list',
      of('{match: {level: [high, critcal]}}'),
      '9:30: error: "critcal" is not a valid level (did you mean "critical"?)',
    ],
    [
      'two ways to say levels',
      of('{match: {level: high, min_level: low}}'),
      '9:29: error: there are "level" and "min_level" (remove one of them)',
    ],
    [
      'an unknown rule',
      of('{match: {rule: api_key_delted}}'),
      '9:22: error: no rule is named so (did you mean "api_key_deleted"?)',
    ],
    ['a pattern of no rule', of('{match: {rule: vm_*}}'), '9:22: error: no rule is named so (name it by its file'],
    [
      'a pattern of rules that begins anyhow',
      of('{match: {rule: "*_deleted"}}'),
      '9:22: error: "*" stands at the end only (list several values)',
    ],
    [
      'a pattern of tags with two wildcards',
      of('{match: {tag: attack.*.*}}'),
      '9:21: error: "*" stands at the end only',
    ],
    [
      'a tag of no rule',
      of('{match: {tag: attack.persistance}}'),
      '9:21: notice: no rule has this tag (did you mean "attack.persistence"?)',
    ],
    [
      'a misspelled field',
      of('{match: {actor_type: user}}'),
      '9:16: error: entries have no such field (did you mean "actor.type"?)',
    ],
    [
      'a misspelled matcher',
      of('{match: {levle: high}}'),
      '9:16: error: entries have no such field (did you mean "level"?)',
    ],
    ['an unknown field', of('{match: {region: eu}}'), '9:16: warning: entries have no field "region" (known: level,'],
    [
      'a value that its field never has',
      of('{match: {actor.type: apikey}}'),
      '9:28: warning: "actor.type" never has this value (did you mean "api_key"?)',
    ],
    [
      'a number beyond all',
      of('{match: {status_code: [403, 4xx]}}'),
      '9:35: warning: "status_code" never has this value (it is a number from 100 to 599)',
    ],
    [
      'a value that nobody has seen',
      of('{match: {action: vm.deletd}}'),
      '9:24: notice: no known "action" has this value (did you mean "vm.deleted"?)',
    ],
    ['no field', of('{match: {"a b": eu}}'), '9:16: error: entries have no such field (known: level,'],
    [
      'a wildcard in a field',
      of('{match: {path: /v1/*}}'),
      '9:22: notice: the value of a field is compared as it is, "*" too (only "tag" and "rule" have wildcards)',
    ],
    [
      'null as a value',
      of('{match: {actor.name: null}}'),
      '9:28: error: this must be a value or a list of values, not null',
    ],
    [
      'a map as a value',
      of('{match: {actor: {type: user}}}'),
      '9:23: error: "actor" must be a value or a list of values, not a map',
    ],
    [
      'no address',
      of('{match: {client_ip: 10.0.0}}'),
      '9:27: error: this is not an address or a range (such as 192.0.2.7, or 192.0.2.0/24)',
    ],
    [
      'a range that begins in the middle',
      of('{match: {address: 10.0.0.7/8}}'),
      '9:25: error: this range begins in the middle (did you mean 10.0.0.0/8?)',
    ],
    [
      'two ways to say addresses',
      of('{match: {address: 10.0.0.1, client_ip: 10.0.0.2}}'),
      '9:35: error: "client_ip" is the address that "address" has (remove one of them)',
    ],
    [
      'match as a list',
      of('{match: [level]}'),
      '9:15: error: "match" must be a map, not a list (such as "match: {level',
    ],

    [
      'a duration without a unit',
      of('{repeat_interval: "30"}'),
      '9:25: error: "repeat_interval" must be a duration (with its unit: "30s" for seconds',
    ],
    [
      'a number as a duration',
      of('{repeat_interval: 30}'),
      '9:25: error: "repeat_interval" must be text, not a number',
    ],
    [
      'two units',
      of('{group_interval: 1h30m}'),
      '9:24: error: "group_interval" must be a duration (one number and one unit: "90m")',
    ],
    ['too short', of('{group_interval: 5s}'), '9:24: error: "group_interval" must be between 1m and 1d'],
    ['too long', of('{escalate: {after: 8d, to: b}, receiver: a}'), '9:26: error: "after" must be between 1m and 7d'],
    ['a list to group by', of('{group_by: [rule]}'), '9:18: error: "group_by" must be text, not a list'],
    [
      'a misspelled field to group by',
      of('{group_by: target_id}'),
      '9:18: error: entries have no such field (did you mean "target.id"?)',
    ],
    [
      'a mention of nothing',
      of('{mention: "\\u200b"}'),
      '9:17: error: "mention" must be one line of visible text (such as "@oncall", or none)',
    ],
    ['a mention of two lines', of('{mention: "@a\\n@b"}'), '9:17: error: "mention" must be one line'],
    [
      'send_resolved as text',
      of('{send_resolved: yes}'),
      '9:23: error: "send_resolved" must be true or false, not text',
    ],

    [
      'an escalation to itself',
      of('{receiver: a, escalate: {after: 30m, to: a}}'),
      '9:31: error: this route escalates from "a" to itself (escalate to another receiver, or write "escalate: none")',
    ],
    [
      'an inherited escalation to itself',
      of('{receiver: b, escalate: {after: 30m, to: a}, routes: [{receiver: a, match: {level: low}}]}'),
      '9:72: error: this route escalates from "a" to itself',
    ],
    [
      'an escalation that comes back',
      of('{receiver: a, escalate: [{after: 30m, to: b}, {after: 1h, to: b}]}'),
      '9:53: error: the escalation comes back to "b" (name each receiver once)',
    ],
    [
      'steps in the wrong order',
      of('{receiver: a, escalate: [{after: 1h, to: b}, {after: 30m, to: c}]}'),
      '9:52: error: this step comes no later than the one before it',
    ],
    [
      'an escalation to nobody',
      of('{escalate: {after: 30m}}'),
      '9:18: error: the escalation has no "to" (such as "escalate: {after: 30m, to: NAME}")',
    ],
    [
      'an escalation to an unknown receiver',
      of('{receiver: a, escalate: {after: 30m, to: bb}}'),
      '9:48: error: there is no receiver of this name',
    ],
    [
      'an escalation that is text',
      of('{escalate: 30m}'),
      '9:18: error: "escalate" is a map or a list of maps, not text',
    ],

    [
      'a digest without a time zone',
      of('{digest: daily at 09:00}'),
      '9:16: error: "digest" must be a daily time (such as "daily at 09:00 Europe/Berlin")',
    ],
    ['a digest at no time', of('{digest: daily at 25:00 UTC}'), '9:16: error: "digest" must be a daily time'],
    [
      'a digest in no time zone',
      of('{digest: daily at 09:00 Europe/Berln}'),
      '9:16: error: "digest" must end in the name of a time zone (did you mean "Europe/Berlin"?)',
    ],
    [
      'a digest of what is severe',
      of('{match: {min_level: high}, digest: daily at 09:00 UTC}'),
      '9:34: notice: high and critical alerts are in no daily digest (remove "digest")',
    ],
    [
      'a receiver from a higher level on',
      of('{match: {level: [low, medium]}, receiver: crit}'),
      '9:49: notice: "crit" gets nothing by this route: its min_level is critical (lower its min_level)',
    ],

    [
      'active times without a fallback',
      TIMES + of('{active_times: office}'),
      '11:8: error: outside of these times, what is critical has no receiver (add "fallback: NAME"',
    ],
    [
      'unknown active times',
      `fallback: a\n${TIMES}${of('{active_times: [offise]}')}`,
      '8:3: notice: no route and no rule uses these times',
      '12:23: error: there are no times of this name (did you mean "office"?)',
    ],
    ['times that nothing uses', TIMES, '7:3: notice: no route and no rule uses these times (remove them)'],
    ['an unknown fallback', 'fallback: d', '6:11: error: there is no receiver of this name (known: a, b, c, crit)'],
    [
      'a fallback from critical on',
      'fallback: crit',
      '6:11: error: the fallback takes high and critical alerts, and its min_level is critical (lower it)',
    ],
    ['a fallback that is a list', 'fallback: [a, b]', '6:11: error: "fallback" must be text, not a list'],
  ];
  test.each(rows)('%s', (_, text, ...problems) => {
    const found = parse(RECEIVERS + text);
    for (const [i, problem] of problems.entries()) expect(found.problems[i]).toContain(`routing.yml:${problem}`);
    expect(found.problems).toHaveLength(problems.length);
    expect(found.routing === null).toBe(problems.some((problem) => problem.includes(': error: ')));
  });

  const timesOf = (range: string) =>
    `fallback: a\nroute: {receivers: [a, b, c, crit], active_times: t}\ntimes:\n  t: ${range}\n`;
  test.each([
    [
      'no time zone',
      '{from: 09:00, to: 17:00}',
      '6: error: these times have no "time_zone" (such as "time_zone: Europe/Berlin", or UTC)',
    ],
    [
      'a misspelled time zone',
      '{time_zone: Europe/Berln}',
      '18: error: "time_zone" must be the name of a time zone (did you mean "Europe/Berlin"?)',
    ],
    [
      'an offset',
      '{time_zone: "+02:00"}',
      '18: error: "time_zone" must be the name of a time zone (such as Europe/Berlin, or UTC)',
    ],
    ['an abbreviation', '{time_zone: EST}', '18: error: "time_zone" must be the name of a time zone'],
    [
      'the key of Alertmanager',
      '{location: Europe/Berlin}',
      '7: error: "location" is not a key here (it is "time_zone")',
    ],
    [
      'no time',
      '{from: 9am, time_zone: UTC}',
      '13: error: "from" must be a time of the day (two digits each: 09:00, up to 24:00)',
    ],
    ['an hour of one digit', '{from: 9:00, time_zone: UTC}', '13: error: "from" must be a time of the day'],
    ['a time after the day', '{to: 24:01, time_zone: UTC}', '11: error: "to" must be a time of the day'],
    ['a number', '{from: 900, time_zone: UTC}', '13: error: "from" must be text, not a number'],
    [
      'an end that is the begin',
      '{from: 09:00, to: 09:00, time_zone: UTC}',
      '13: error: this range has no minute: it ends when it begins (for whole days, remove "from" and "to")',
    ],
    [
      'a begin at the end of the day',
      '{from: 24:00, to: 06:00, time_zone: UTC}',
      '13: error: this range has no minute',
    ],
    [
      'an end at midnight, of no range',
      '{from: 22:00, to: 00:00, time_zone: UTC}',
      '13: error: this range has no minute',
    ],
    [
      'no weekday',
      '{weekdays: workdays, time_zone: UTC}',
      '17: error: this is not a weekday or a range (such as mon-fri, or [sat, sun])',
    ],
    ['three ends', '{weekdays: mon-wed-fri, time_zone: UTC}', '17: error: this is not a weekday or a range'],
    [
      'a day of the month',
      '{days_of_month: 1, time_zone: UTC}',
      '7: error: "days_of_month" is not a key here (write "dates")',
    ],
    [
      'what is not a date',
      '{holidays: [12-24, 02-30], time_zone: UTC}',
      '25: error: this is not a date (such as 2026-12-25, or 12-25 for every year)',
    ],
    ['a date as in Germany', '{dates: 24.12.2026, time_zone: UTC}', '14: error: this is not a date'],
    ['a date twice', '{dates: [12-24, 12-24], time_zone: UTC}', '22: error: "dates" has this value twice'],
    [
      'a date in one word',
      '{holiday: 12-24, time_zone: UTC}',
      '7: error: "holiday" is not a key here (it is "holidays")',
    ],
    ['text', 'weekdays', '6: error: times are a map of keys or a list of maps, not text (such as "office-hours:'],
    ['no range', '[]', '6: error: these times have no range'],
  ])('times: %s', (_, range, problem) => {
    const { problems, routing } = parse(RECEIVERS + timesOf(range));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`routing.yml:9:${problem}`);
    expect(routing).toBeNull();
  });

  test('a wrong receiver is reported once, and its name is known', () => {
    const text = 'receivers: [{name: a, type: slak}]\nroute: {receiver: a}\n';
    expect(parse(text).problems).toEqual([
      'routing.yml:1:29: error: "slak" is not a valid type (did you mean "slack"?)',
    ]);
  });

  test('more routes than anybody reads', () => {
    const many = `route:\n  receivers: [a, b, c, crit]\n  routes:\n${'    - {match: {level: low}, continue: true}\n'.repeat(200)}`;
    expect(parse(RECEIVERS + many).problems).toEqual(['routing.yml:208:7: error: there are more than 200 routes']);
  });
});

describe('a secret in the place of anything is shown to nobody', () => {
  const SECRETS = [
    'https://hooks.slack.com/services/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',
    'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3',
    'aB3dE5fG7hI9jK1lM3nO5pQ7',
    'oncall@example.com',
    'nv-live-4f9c0a7be1d2',
  ];
  const PLACES: readonly ((secret: string) => object)[] = [
    (secret) => ({ route: { receiver: secret } }),
    (secret) => ({ route: { receiver: 'a', [secret]: 1 } }),
    (secret) => ({ route: secret }),
    (secret) => ({ fallback: secret }),
    (secret) => ({ [secret]: 'a' }),
    (secret) => ({ times: { [secret]: { time_zone: 'UTC' } } }),
    (secret) => ({ times: { t: { [secret]: 'UTC', time_zone: 'UTC' } } }),
    (secret) => ({ times: { t: { time_zone: secret } } }),
    (secret) => ({ times: { t: { time_zone: 'UTC', from: secret } } }),
    (secret) => ({ times: { t: { time_zone: 'UTC', weekdays: secret } } }),
    (secret) => ({ times: { t: secret } }),
    ...[
      'repeat_interval',
      'group_interval',
      'active_times',
      'digest',
      'escalate',
      'send_resolved',
      'continue',
      'routes',
    ].map((key) => (secret: string) => ({ route: { receiver: 'a', [key]: secret } })),
    (secret) => ({ route: { receiver: 'a', escalate: { after: secret, to: secret, [secret]: 1 } } }),
    ...['level', 'min_level', 'rule', 'tag', 'address', 'client_ip'].map((key) => (secret: string) => ({
      route: { receiver: 'a', routes: [{ match: { [key]: secret } }] },
    })),
    (secret) => ({ route: { receiver: 'a', routes: [{ match: { [secret]: null } }] } }),
    (secret) => ({ route: { receiver: 'a', routes: [{ match: { [secret]: 'x' } }] } }),
    (secret) => ({ route: { receiver: 'a', group_by: secret } }),
  ];
  test.each(SECRETS)('%s', (secret) => {
    for (const place of PLACES) {
      const text = JSON.stringify({ receivers: [{ name: 'a', type: 'slack' }], ...place(secret) });
      const problems = parse(text).problems;
      expect(problems.join('\n'), text).not.toContain(secret);
      expect(problems.length, text).toBeGreaterThan(0);
    }
  });
});
