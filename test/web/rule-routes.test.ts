/** Where the alerts of a rule go: on its page, and in short in the list, for trees of routes. */
import { describe, expect, it, test } from 'vitest';
import type { Routing } from '../../src/routing/routing.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import type { Level, Rule } from '../../src/sigma/index.ts';
import { rulePage } from '../../src/web/pages/rule.tsx';
import { rulesPage } from '../../src/web/pages/rules.tsx';
import { counting, onAction } from '../ledger/scene.ts';
import { VIEWER } from './app.ts';
import { cardText } from './card-text.ts';

const RECEIVERS = [
  { name: 'team', minLevel: 'low', problem: null },
  { name: 'oncall', minLevel: 'low', problem: null },
  { name: 'mail', minLevel: 'critical', problem: null },
  { name: 'mail/2', minLevel: 'critical', problem: null },
  { name: 'siem', minLevel: 'informational', problem: null, forPrograms: true },
] as const;
const HEAD = `receivers:
  - {name: team, type: slack, secret: A}
  - {name: oncall, type: slack, secret: B}
  - {name: mail, type: slack, secret: C, min_level: critical}
  - {name: siem, type: slack, secret: D, min_level: informational}
times: {office: {weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}, night: {from: 22:00, to: 06:00, time_zone: UTC}}
fallback: oncall
`;
const TYPES = [{ type: 'slack', secret: 'SLACK_WEBHOOK_URL', signingSecret: null }];

function routing(text: string): Routing {
  const { routing: read, problems } = parseRouting([{ path: 'routing.yml', text: HEAD + text }], TYPES, [], null);
  if (read === null) throw new Error(JSON.stringify(problems));
  return read;
}

const ruleOf = (level: Level): Rule => ({ ...onAction('deleted', { level }), tags: ['attack.impact'] });

/** What the page shows of a rule, and the list. */
function shown(setup: Parameters<typeof rulePage>[0]['setup'], rule: Rule, rules: readonly Rule[] = [rule]) {
  const html = rulePage({ caller: VIEWER, rule, activity: null, file: null, rules, setup });
  const list = rulesPage({ caller: VIEWER, rules: [rule], disabled: [], version: 'v', activity: [], setup });
  const [, cell = ''] = /data-label="Alerts go to">(.*?)<\/td>/.exec(list) ?? [];
  return {
    page: cardText(html, 'Where its alerts go')
      .split('\n')
      .filter((line) => line !== ''),
    list: cell.replace('<span class="sub">', '; ').replace(/<[^>]*>/g, ''),
  };
}

describe('a tree of routes', () => {
  it.each<readonly [what: string, text: string, level: Level, page: readonly string[], list: string]>([
    [
      'the root alone',
      'route: {receivers: [team, mail]}',
      'high',
      [
        ...['by routing.yml', 'To team', 'by route, line 8', 'not to mail, mail/2: its min_level is critical'],
        'not to oncall, siem: no route leads there',
      ],
      'team',
    ],
    [
      'by level and tag: it is decided',
      'route: {receiver: team, routes: [{match: {level: low}, receiver: siem}, {match: {tag: attack.*}, receiver: oncall}]}',
      'high',
      [
        ...['by routing.yml', 'To oncall', 'by route.routes[1], line 8'],
        ...['not to team, siem: no route leads there', 'not to mail, mail/2: its min_level is critical'],
      ],
      'oncall',
    ],
    [
      'by the entry: a condition, and what is left for the root',
      'route: {receiver: team, routes: [{match: {actor.type: [api_key, user], address: 10.0.0.0/8}, receivers: [mail, oncall], group_by: rule}]}',
      'medium',
      [
        ...['by routing.yml', 'To oncall if address is 10.0.0.0/8, and actor.type is api_key or user'],
        ...['by route.routes[0], line 8', 'group_by rule', 'not to mail, mail/2: its min_level is critical'],
        ...['To team', 'by route, line 8, unless route.routes[0] takes it', 'not to siem: no route leads there'],
      ],
      '; in some cases team, oncall',
    ],
    [
      'to a receiver in every case, by different routes; and once where several lead to it',
      'route: {receiver: team, routes: [{match: {actor: bob}, receivers: [team, siem], continue: true}, {match: {actor: ann}, receiver: team}]}',
      'low',
      [
        ...['by routing.yml', 'To team, siem if actor is bob', 'by route.routes[0], line 8'],
        ...['To team if actor is ann', 'by route.routes[1], line 8'],
        ...['To team', 'by route, line 8, unless route.routes[0] or route.routes[1] takes it'],
        ...['not to oncall: no route leads there', 'not to mail, mail/2: its min_level is critical'],
        'A receiver gets an alert once: where several routes lead to it, by the first whose times are active.',
      ],
      'team; in some cases siem',
    ],
    [
      'active times and a digest, for programs too',
      'route: {receivers: [team, siem], active_times: office, digest: daily at 09:00 UTC, repeat_interval: 4h}',
      'medium',
      [
        ...['by routing.yml', 'To team, siem', 'by route, line 8'],
        'repeat_interval 4h; active_times office (mon-fri 09:00-17:00 Europe/Berlin); digest daily at 09:00 UTC',
        'at other times, held until its active times begin',
        ...['not to oncall: no route leads there', 'not to mail, mail/2: its min_level is critical'],
      ],
      'team, siem',
    ],
    [
      'what is high is in no digest, and waits for active times',
      'route: {receiver: team, active_times: office, digest: daily at 09:00 UTC, escalate: {after: 30m, to: oncall}}',
      'high',
      [
        ...['by routing.yml', 'To team', 'by route, line 8'],
        'active_times office (mon-fri 09:00-17:00 Europe/Berlin); escalate to oncall after 30m',
        'at other times, held until its active times begin',
        ...['not to oncall, siem: no route leads there', 'not to mail, mail/2: its min_level is critical'],
      ],
      'team',
    ],
    [
      'outside of active times, what is critical goes to the fallback',
      'route: {receivers: [team, mail], active_times: [office, night], send_resolved: true}',
      'critical',
      [
        ...['by routing.yml', 'To team, mail, mail/2', 'by route, line 8'],
        'active_times office, night (mon-fri 09:00-17:00 Europe/Berlin; 22:00-06:00 UTC); send_resolved true',
        'at other times, the fallback is notified',
        ...['To oncall in some cases', 'the fallback: critical, outside the active times of its route'],
        'not to siem: no route leads there',
      ],
      '; in some cases team, oncall, mail',
    ],
    [
      'active times of the fallback itself: it gets what is critical at any time',
      'route: {receiver: oncall, active_times: office}',
      'critical',
      [
        ...[
          'by routing.yml',
          'To oncall',
          'by route, line 8',
          'active_times office (mon-fri 09:00-17:00 Europe/Berlin)',
        ],
        'not to team, mail, mail/2, siem: no route leads there',
      ],
      'oncall',
    ],
    [
      'what is severe and has no route goes to the fallback',
      'route: {routes: [{match: {actor: bob}, receiver: team}]}',
      'high',
      [
        ...['by routing.yml', 'To team if actor is bob', 'by route.routes[0], line 8'],
        ...['To oncall in some cases', 'the fallback: no route leads anywhere'],
        ...['not to mail, mail/2: its min_level is critical', 'not to siem: no route leads there'],
      ],
      '; in some cases team, oncall',
    ],
    [
      'what is severe and whose receivers have another level, too',
      'route: {receiver: team, routes: [{match: {min_level: high}, receiver: mail}]}',
      'high',
      [
        ...[
          'by routing.yml',
          'To nobody',
          'by route.routes[0], line 8',
          'not to mail, mail/2: its min_level is critical',
        ],
        ...['To oncall', 'the fallback: no route leads anywhere', 'not to team, siem: no route leads there'],
      ],
      'oncall',
    ],
    [
      'what is not severe has no fallback',
      'route: {routes: [{match: {min_level: high}, receiver: team}]}',
      'medium',
      [
        ...['by routing.yml', 'Nobody is notified of them.', 'not to team, oncall, siem: no route leads there'],
        'not to mail, mail/2: its min_level is critical',
      ],
      'nobody',
    ],
    [
      'a file without routes',
      '',
      'high',
      [
        ...[
          'routing.yml has no routes',
          'To team, oncall, siem',
          'everything goes there (no routes in rules/routing.yml)',
        ],
        'not to mail, mail/2: its min_level is critical',
      ],
      'team, oncall, siem',
    ],
  ])('%s', (_, text, level, page, list) => {
    expect(shown({ routing: routing(text), receivers: RECEIVERS }, ruleOf(level))).toEqual({ page, list });
  });

  test('of a correlation, conditions are of the entry that completes it', () => {
    const setup = {
      routing: routing('route: {receiver: team, routes: [{match: {actor: bob}, receiver: siem}]}'),
      receivers: RECEIVERS,
    };
    expect(shown(setup, counting('deleted', 3)).page.slice(0, 2)).toEqual([
      'by routing.yml',
      'The conditions are about the entry that completes the correlation.',
    ]);
    const without = { routing: routing('route: {receiver: team}'), receivers: RECEIVERS };
    expect(shown(without, counting('deleted', 3)).page[1]).toBe('To team');
  });

  test('more routes than anybody reads are counted', () => {
    const many = Array.from({ length: 40 }, (_, i) => `{match: {actor: a${i}}, receiver: team}`);
    const { page } = shown(
      { routing: routing(`route: {receiver: team, routes: [${many}]}`), receivers: RECEIVERS },
      ruleOf('low'),
    );
    expect(page.filter((line) => line.startsWith('by route'))).toHaveLength(30);
    expect(page).toContain('And by 11 more routes of routing.yml.');
  });
});

test('a rule with receivers of its own', () => {
  const rule = ruleOf('high');
  const tuned = { ...rule, tocsin: { ...rule.tocsin, receivers: ['oncall', 'mail'] } };
  expect(shown({ routing: routing('route: {receivers: [team, mail]}'), receivers: RECEIVERS }, tuned)).toEqual({
    page: [
      ...['by tuning.yml', 'To oncall', 'by rules/tuning.yml', 'not to mail, mail/2: its min_level is critical'],
      'not to team, siem: no route leads there',
    ],
    list: 'oncall',
  });
});

describe('whom there is to notify', () => {
  test('without a routing, every receiver of its level', () => {
    expect(shown({ routing: null, receivers: RECEIVERS }, ruleOf('critical'))).toEqual({
      page: [
        'there is no routing.yml',
        'To team, oncall, mail, mail/2, siem',
        'everything goes there (no routes in rules/routing.yml)',
      ],
      list: 'team, oncall, mail, siem',
    });
    expect(shown({ routing: null, receivers: RECEIVERS.slice(0, 3) }, ruleOf('informational'))).toEqual({
      page: [
        ...['there is no routing.yml', 'Nobody is notified of them.', 'not to team, oncall: its min_level is low'],
        'not to mail: its min_level is critical',
      ],
      list: 'nobody',
    });
  });

  test('where no receiver is configured, nobody; and where to see what to do', () => {
    const nobody =
      'alerts are recorded, but nobody is notified. [/] The overview shows what is missing, and how to set it.';
    expect(shown({ routing: null, receivers: [] }, ruleOf('high'))).toEqual({
      page: ['there is no routing.yml', `No receiver is configured: ${nobody}`],
      list: 'nobody',
    });
    const broken = [{ name: 'team', minLevel: 'low', problem: 'SLACK_WEBHOOK_URL is not set' }] as const;
    expect(shown({ routing: null, receivers: broken }, ruleOf('high')).page).toEqual([
      ...['there is no routing.yml', `No receiver can be used: ${nobody}`],
      ...[
        'To team (can’t be used: SLACK_WEBHOOK_URL is not set)',
        'everything goes there (no routes in rules/routing.yml)',
      ],
    ]);
  });

  test('a rule that opens no alerts says so, and who counts it', () => {
    const rule = { ...ruleOf('high'), alerts: false };
    const counts = counting('deleted', 3, { title: 'Many <deleted>' });
    expect(shown({ routing: null, receivers: RECEIVERS }, rule, [rule, counts, onAction('other')])).toEqual({
      page: [
        'It opens no alerts itself: nobody is notified of its matches. What counts them:',
        `[/rules/${encodeURIComponent(counts.id)}] Many <deleted>`,
      ],
      list: '–',
    });
  });

  test('what routing.yml says is text', () => {
    const text = 'route: {receiver: team, mention: "<b>x", routes: [{match: {actor: "<i>\\u202e"}, receiver: siem}]}';
    const html = rulePage({
      ...{ caller: VIEWER, rule: ruleOf('high'), activity: null, file: null, rules: [] },
      setup: { routing: routing(text), receivers: RECEIVERS },
    });
    expect(html).not.toMatch(/<[bi]>|\u202e/);
    expect(cardText(html, 'Where its alerts go')).toContain('To siem if actor is <i>U+202E');
  });
});
