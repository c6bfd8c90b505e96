import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchEntry } from '../../src/routing/matchers.ts';
import { type RouteFacts, type RoutesDecision, routesOf } from '../../src/routing/routes.ts';
import type { RoutedReceiver, Routing } from '../../src/routing/routing.ts';
import { parseRouting } from '../../src/routing/routing-file.ts';
import { type RuleRoutes, ruleRoutes } from '../../src/routing/rule-routes.ts';
import { LEVELS, type Level } from '../../src/sigma/index.ts';

const TYPES = [{ type: 'slack', secret: 'SLACK_WEBHOOK_URL', signingSecret: null }];

/** Monday, 2026-01-05. */
const NOON = Date.parse('2026-01-05T12:00:00Z');
const EVENING = Date.parse('2026-01-05T20:00:00Z');
const MORNING = Date.parse('2026-01-06T08:00:00Z');

const RECEIVERS: readonly RoutedReceiver[] = [
  ...['team', 'oncall', 'mail', 'mail/2', 'backup'].map((name) => ({ name, minLevel: 'low' as const, problem: null })),
  { name: 'pager', minLevel: 'critical', problem: null },
];

function parse(text: string): Routing {
  const receivers = [...new Set(RECEIVERS.map(({ name }) => name.replace('/2', '')))].map((name) => ({
    ...{ name, type: 'slack', secret: `SECRET_${name.toUpperCase()}` },
    min_level: name === 'pager' ? 'critical' : 'low',
  }));
  const file = { path: 'routing.yml', text: `receivers: ${JSON.stringify(receivers)}\n${text}` };
  const { routing, problems } = parseRouting([file], TYPES, [], null);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (routing === null) throw new Error('no routing');
  return routing;
}

const FACTS: RouteFacts = {
  rule: 'r-1',
  level: 'high',
  tags: ['attack.persistence'],
  body: { actor: { id: 'k-1', name: 'ci', type: 'api_key' }, client_ip: '10.1.2.3', status_code: 200 },
};

/** `team`, or `team at` its time, and `not`: why each of the others gets nothing. */
function decide(text: string, facts: Partial<RouteFacts>, at = NOON) {
  const { to, not } = routesOf(parse(text), RECEIVERS, { ...FACTS, ...facts }, at);
  expect([...to, ...not].map(({ receiver }) => receiver).sort()).toEqual(RECEIVERS.map(({ name }) => name).sort());
  return {
    to: to.map(({ receiver, via, heldUntil }) => {
      const by = via.kind === 'route' ? `[${via.path.join()}]` : via.kind === 'fallback' ? via.because : 'default';
      return `${receiver} ${by}${heldUntil === null ? '' : ` at ${new Date(heldUntil).toISOString()}`}`;
    }),
    not: Object.fromEntries(not.map(({ receiver, reason }) => [receiver, reason])),
  };
}

const TREE = `fallback: backup
times:
  office: {weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}
route:
  receiver: team
  routes:
    - match: {min_level: high}
      receiver: oncall
      continue: true
      routes:
        - match: {actor.type: user}
          receivers: [oncall, mail]
    - match: {client_ip: 10.0.0.0/8, level: [medium, high, critical]}
      receivers: [mail, oncall]
      active_times: office
    - match: {level: critical}
      receiver: pager
`;
describe('the tree', () => {
  test.each<readonly [what: string, facts: Partial<RouteFacts>, at: number, to: readonly string[]]>([
    ['the root takes what no other route does', { level: 'low' }, NOON, ['team []']],
    [
      'a route that continues, and the next one; each receiver once',
      {},
      NOON,
      ['oncall [0]', 'mail [1]', 'mail/2 [1]'],
    ],
    [
      'a route within it, in place of it',
      { body: { actor: { type: 'user' } } },
      NOON,
      ['oncall [0,0]', 'mail [0,0]', 'mail/2 [0,0]'],
    ],
    [
      'a route that does not continue is the last one',
      { level: 'critical' },
      NOON,
      ['oncall [0]', 'mail [1]', 'mail/2 [1]'],
    ],
    ['without it, the next one', { level: 'critical', body: {} }, NOON, ['oncall [0]', 'pager [2]']],
    [
      'outside its active times, what is not critical waits for them; another route leads to oncall now',
      {},
      EVENING,
      ['oncall [0]', 'mail [1] at 2026-01-06T08:00:00.000Z', 'mail/2 [1] at 2026-01-06T08:00:00.000Z'],
    ],
    [
      'medium waits, by whatever route it comes',
      { level: 'medium' },
      EVENING,
      [
        'oncall [1] at 2026-01-06T08:00:00.000Z',
        'mail [1] at 2026-01-06T08:00:00.000Z',
        'mail/2 [1] at 2026-01-06T08:00:00.000Z',
      ],
    ],
    [
      'what is critical goes to the fallback',
      { level: 'critical' },
      EVENING,
      ['oncall [0]', 'backup outside active times'],
    ],
    [
      'and again by its route when the times begin',
      { level: 'critical' },
      MORNING,
      ['oncall [0]', 'mail [1]', 'mail/2 [1]'],
    ],
  ])('%s', (_, facts, at, to) => {
    expect(decide(TREE, facts, at).to.sort()).toEqual([...to].sort());
  });

  test('says why every other receiver gets nothing', () => {
    expect(decide(TREE, {}).not).toEqual({
      team: 'no route',
      backup: 'no route',
      pager: "below the receiver's level",
    });
    expect(decide(TREE, { level: 'critical' }, EVENING).not).toEqual({
      team: 'no route',
      pager: 'no route',
      mail: 'outside active times',
      'mail/2': 'outside active times',
    });
  });

  test('the settings are those of the route that led there', () => {
    const routing = parse(
      'route: {receivers: [team, oncall, mail, backup, pager], mention: "@a", digest: daily at 09:00 UTC, routes: [{match: {level: low}, mention: "@b"}]}',
    );
    const settings = (level: Level) => routesOf(routing, RECEIVERS, { ...FACTS, level }, NOON).to[0]?.settings;
    expect(settings('low')).toEqual({ mention: '@b', digest: { minute: 540, timeZone: 'UTC' } });
    expect(settings('medium')).toEqual({
      mention: '@a',
      digest: { minute: 540, timeZone: 'UTC' },
    });
    // Nothing severe hides in a digest.
    expect(settings('high')).toEqual({ mention: '@a' });
  });
});

describe('without a tree', () => {
  test.each<readonly [level: Level, to: readonly string[]]>([
    ['informational', []],
    ['low', ['team', 'oncall', 'mail', 'mail/2', 'backup']],
    ['critical', ['team', 'oncall', 'mail', 'mail/2', 'backup', 'pager']],
  ])('everything goes to every receiver from its level on: %s', (level, to) => {
    for (const routing of [null, parse('')]) {
      const decision = routesOf(routing, RECEIVERS, { ...FACTS, level }, NOON);
      expect(decision.to).toEqual(
        to.map((receiver) => ({ receiver, via: { kind: 'default' }, settings: {}, heldUntil: null })),
      );
      expect(new Set(decision.not.map(({ reason }) => reason))).toEqual(
        new Set(to.length === RECEIVERS.length ? [] : ["below the receiver's level"]),
      );
    }
  });
});

describe('a rule with receivers of its own', () => {
  const own = (receivers: readonly string[], more: Partial<RouteFacts> = {}) => ({ receivers, ...more });
  test.each<readonly [what: string, text: string, facts: Partial<RouteFacts>, to: readonly string[]]>([
    ['goes to them, and not by the routes', TREE, own(['team', 'mail']), ['team []', 'mail []', 'mail/2 []']],
    ['also without a tree', '', own(['team']), ['team []']],
    ['from their level on', TREE, own(['team', 'pager']), ['team []']],
    ['at any time', TREE, own(['mail'], { level: 'medium' }), ['mail []', 'mail/2 []']],
    ['to the fallback, where it is severe and none takes it', TREE, own(['pager']), ['backup no route']],
    ['to nobody, where it is not', TREE, own(['pager'], { level: 'low' }), []],
  ])('%s', (_, text, facts, to) => {
    expect(decide(text, facts, EVENING).to).toEqual(to);
    const routing = parse(text);
    const all = { ...FACTS, ...facts };
    const decided = routesOf(routing, RECEIVERS, all, EVENING);
    const known = ruleRoutes(routing, RECEIVERS, all);
    expect(known.to.map(({ receiver }) => receiver.name)).toEqual(decided.to.map(({ receiver }) => receiver));
    expect(known.to.every(({ often }) => often === 'always')).toBe(true);
    expect(known.not).toEqual(decided.not);
  });
});

describe('nothing severe has no receiver', () => {
  const NARROW =
    'fallback: backup\nroute: {routes: [{match: {actor.type: user}, receivers: [team, oncall, mail]}, {match: {tag: x}, receiver: pager}]}';
  test.each<readonly [what: string, text: string, facts: Partial<RouteFacts>, to: readonly string[]]>([
    ['no route takes it', NARROW, {}, ['backup no route']],
    ['no route takes it, and it is not severe', NARROW, { level: 'medium' }, []],
    ['its receiver has another level', NARROW, { tags: ['x'] }, ['backup no route']],
    ['its receiver has its level', NARROW, { tags: ['x'], level: 'critical' }, ['pager [1]']],
    [
      'the fallback is outside of its own times',
      'fallback: mail\ntimes: {t: {from: 00:00, to: 00:01, time_zone: UTC}}\nroute: {receivers: [mail], active_times: t}',
      { level: 'critical' },
      ['mail []', 'mail/2 []'],
    ],
  ])('%s', (_, text, facts, to) => {
    expect(decide(text, facts).to).toEqual(to);
  });
});

/** A route as it is written, and a plain reading of it. */
interface Written {
  readonly match?: { readonly level?: readonly Level[]; readonly 'actor.type'?: string; readonly tag?: string };
  readonly receivers?: readonly string[];
  readonly continue?: boolean;
  readonly mention?: string;
  readonly repeat_interval?: string;
  readonly active_times?: string;
  readonly routes?: readonly Written[];
}

interface Expected {
  readonly receivers: readonly string[];
  readonly path: string;
  readonly mention: string | null;
  readonly repeat: string | null;
  readonly times: string;
}

function takes({ match = {} }: Written, { level, tags, body }: RouteFacts): boolean {
  if (match.level !== undefined && !match.level.includes(level)) return false;
  if (match['actor.type'] !== undefined && (body['actor'] as { type: string }).type !== match['actor.type'])
    return false;
  return match.tag === undefined || tags.some((tag) => tag.startsWith((match.tag ?? '').replace('*', '')));
}

function reference(route: Written, facts: RouteFacts, above: Expected): Expected[] {
  const own: Expected = {
    receivers: route.receivers ?? above.receivers,
    path: above.path,
    mention: route.mention === undefined ? above.mention : route.mention === 'none' ? null : route.mention,
    repeat: route.repeat_interval ?? above.repeat,
    times: route.active_times ?? above.times,
  };
  const found: Expected[] = [];
  for (let i = 0; i < (route.routes ?? []).length; i++) {
    const below = route.routes?.[i];
    if (below === undefined || !takes(below, facts)) continue;
    const leaves = reference(below, facts, { ...own, path: own.path === '' ? `${i}` : `${own.path},${i}` });
    found.push(...leaves);
    if (leaves.length > 0 && below.continue !== true) return found;
  }
  return found.length > 0 || own.receivers.length === 0 ? found : [own];
}

/**
 * What is known of a rule before there is an entry has what was decided for one, and what it finds to be so always is so.
 * `taken`: the paths of the innermost routes that take the entry.
 */
function expectAgreement(
  known: RuleRoutes,
  { to, not }: RoutesDecision,
  body: RouteFacts['body'],
  taken: readonly string[],
): void {
  const isTaken = (path: readonly number[]) => taken.some((each) => `${each},`.startsWith(`${path.join()},`));
  const reached = known.routes?.filter(
    ({ conditions, unless }) => conditions.every((match) => matchEntry(match, body)) && !unless.some(isTaken),
  );
  expect(reached?.map(({ path }) => path.join())).toEqual(taken);
  const often = new Map(known.to.map(({ receiver, often: how }) => [receiver.name, how]));
  for (const { receiver, via } of to) {
    expect(often.has(receiver)).toBe(true);
    if (via.kind === 'fallback') expect(known.fallback).toContain(via.because);
    if (via.kind !== 'route') continue;
    const led = reached?.find(({ path }) => path.join() === via.path.join());
    expect(led?.to.map(({ name }) => name)).toContain(receiver);
  }
  for (const { receiver } of not) expect(often.get(receiver)).not.toBe('always');
  for (const each of known.not) expect(not).toContainEqual(each);
}

test('random trees are read as a plain reading of them does', () => {
  const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 2 });
  const match = fc.record(
    {
      level: fc.uniqueArray(fc.constantFrom(...LEVELS), { minLength: 3 }),
      'actor.type': fc.constantFrom('user', 'api_key'),
      tag: fc.constantFrom('attack.*', 'attack.persistence', 'cve.*'),
    },
    { requiredKeys: [] },
  );
  const own = {
    receivers: maybe(
      fc.uniqueArray(fc.constantFrom('team', 'oncall', 'mail', 'pager'), { minLength: 1, maxLength: 3 }),
    ),
    mention: maybe(fc.constantFrom('@a', '@b', 'none')),
    repeat_interval: maybe(fc.constantFrom('1h', '8h')),
    active_times: maybe(fc.constantFrom('day', 'night', 'always')),
  };
  /** Routes with so many levels below them. */
  const routes = (depth: number): fc.Arbitrary<Written[]> => {
    const below = depth === 0 ? {} : { routes: routes(depth - 1) };
    const written = fc.record({ ...own, match: maybe(match), continue: fc.constantFrom(true, true, false), ...below });
    return fc.array(written as fc.Arbitrary<Written>, { maxLength: 3 });
  };
  const root = fc.record({ ...own, routes: routes(2) }) as fc.Arbitrary<Written>;
  const facts = fc.record({
    rule: fc.constant('r-1'),
    level: fc.constantFrom(...LEVELS),
    tags: fc.subarray(['attack.persistence', 'attack.impact', 'cve.2026.1']),
    body: fc.record({ actor: fc.record({ type: fc.constantFrom('user', 'api_key') }) }),
  });
  const HEAD = `receivers: ${JSON.stringify(
    ['team', 'oncall', 'mail', 'backup', 'pager'].map((name) => ({
      ...{ name, type: 'slack', secret: `S_${name.toUpperCase()}` },
      min_level: name === 'pager' ? 'critical' : 'low',
    })),
  )}
fallback: backup
times: {day: {from: 06:00, to: 18:00, time_zone: UTC}, night: {from: 18:00, to: 06:00, time_zone: UTC}}
`;
  let compared = 0;
  fc.assert(
    fc.property(root, fc.array(facts, { minLength: 20, maxLength: 20 }), fc.boolean(), (written, all, isDay) => {
      const text = `${HEAD}route: ${JSON.stringify(written)}\n`;
      const { routing, problems } = parseRouting([{ path: 'routing.yml', text }], TYPES, [], null);
      // Routes that nothing reaches, or that lead nowhere, are refused: routes-file.test.ts has them.
      fc.pre(routing !== null && problems.every(({ severity }) => severity === 'notice'));
      compared++;
      const at = isDay ? NOON : EVENING;
      const isNow = ({ times }: Expected) => times === 'always' || times === (isDay ? 'day' : 'night');
      const later = Date.parse(isDay ? '2026-01-05T18:00:00Z' : '2026-01-06T06:00:00Z');
      for (const each of all) {
        const leaves = reference(written, each, {
          receivers: [],
          path: '',
          mention: null,
          repeat: null,
          times: 'always',
        });
        const expected: { [receiver: string]: unknown } = {};
        let isDiverted = false;
        for (const { name, minLevel } of RECEIVERS) {
          const mine = leaves.filter(({ receivers }) => receivers.includes(name.replace('/2', '')));
          const leaf = mine.find(isNow) ?? mine[0];
          if (LEVELS.indexOf(each.level) < LEVELS.indexOf(minLevel) || leaf === undefined) continue;
          if (!isNow(leaf) && each.level === 'critical' && name !== 'backup') {
            isDiverted = true;
            continue;
          }
          const repeatMs = leaf.repeat === null ? null : leaf.repeat === '1h' ? 3_600_000 : 28_800_000;
          expected[name] = [leaf.path, leaf.mention, repeatMs, isNow(leaf) ? null : later];
        }
        const isSevere = each.level === 'high' || each.level === 'critical';
        if (isDiverted || (isSevere && Object.keys(expected).length === 0))
          expected['backup'] ??= ['fallback', null, null, null];
        const { to, not } = routesOf(routing, RECEIVERS, each, at);
        expectAgreement(
          ruleRoutes(routing, RECEIVERS, each),
          { to, not },
          each.body,
          leaves.map(({ path }) => path),
        );
        const found = to.map(({ receiver, via, settings: { mention, repeatIntervalMs }, heldUntil }) => [
          receiver,
          [via.kind === 'route' ? via.path.join() : via.kind, mention ?? null, repeatIntervalMs ?? null, heldUntil],
        ]);
        expect(Object.fromEntries(found), text).toEqual(expected);
        expect(to.length + not.length).toBe(RECEIVERS.length);
      }
    }),
    { numRuns: 60 },
  );
  expect(compared).toBeGreaterThanOrEqual(60);
});
