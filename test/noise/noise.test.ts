import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isAbove } from '../../src/sigma/index.ts';
import { type EntryBody, type LogRecord, readPrecisely } from '../sandbox/record.ts';
import { BEHAVIOURS, OTHERS } from './behaviours/index.ts';
import { DAY, daysOf, HOUR } from './calendar.ts';
import { countNoise, logOfWeek, WEEK } from './noise.ts';
import { readNoiseOptions } from './options.ts';
import type { WatchedAlert } from './watch.ts';

const SEED = 7;

/** What a test has made already. */
const logs = new Map<string, readonly EntryBody[]>();
/** The first week of a behaviour, where everything is logged. */
function weekOf(name: string): readonly EntryBody[] {
  const log = logs.get(name) ?? recordsOf(name).map(({ body }) => body as EntryBody);
  logs.set(name, log);
  return log;
}

function recordsOf(name: string, dialect: 'reads' | 'changes' = 'reads'): LogRecord[] {
  const behaviour = [...BEHAVIOURS, ...OTHERS].find((each) => each.name === name);
  if (behaviour === undefined) throw new Error(`no behaviour is called ${name}`);
  return logOfWeek(behaviour, dialect, 'first', SEED);
}

const isKubeconfig = ({ path }: EntryBody): boolean => path.endsWith('/kubeconfig');
const isRefused = ({ status_code: status }: EntryBody): boolean => status >= 400 && status < 500;
const isChange = ({ method, path }: EntryBody): boolean => method !== 'GET' && !/\/(cost|availability)$/.test(path);

/** How many entries of one key lie in one window, at most. */
function busiest(log: readonly EntryBody[], keyOf: (entry: EntryBody) => string | undefined, withinMs: number): number {
  let most = 0;
  for (const of of Map.groupBy(log, keyOf).values()) {
    const times = of.map((entry) => readPrecisely(entry.created_at) as number);
    let first = 0;
    times.forEach((time, i) => {
      while ((times[first] as number) <= time - withinMs) first++;
      most = Math.max(most, i - first + 1);
    });
  }
  return most;
}

describe('a week of every behaviour', () => {
  it.each([...BEHAVIOURS, ...OTHERS].map(({ name }) => name))('%s: in order, within its time, each id once', (name) => {
    const records = recordsOf(name);
    logs.set(
      name,
      records.map(({ body }) => body as EntryBody),
    );
    expect(records.length).toBeGreaterThan(1_000);
    expect(new Set(records.map(({ body }) => (body as EntryBody).id)).size).toBe(records.length);
    const wrong = records.filter(({ createdAt, body }, i) => {
      const isInOrder = createdAt >= (records[i - 1]?.createdAt ?? WEEK) && createdAt < WEEK + 7 * DAY;
      const isAddress = isIP((body as EntryBody).client_ip) !== 0;
      return !isInOrder || !isAddress || readPrecisely((body as EntryBody).created_at) !== createdAt;
    });
    expect(wrong).toEqual([]);
  });

  it('is the same for the same seed, and another for another', () => {
    const [behaviour] = BEHAVIOURS;
    if (behaviour === undefined) throw new Error('no behaviour');
    const log = (seed: number) => logOfWeek(behaviour, 'reads', 'first', seed);
    expect(log(3)).toEqual(log(3));
    expect(log(3)).not.toEqual(log(4));
  });

  it('has a past that goes on into the week', () => {
    const behaviour = BEHAVIOURS.find(({ name }) => name === 'vacation-return');
    const records = logOfWeek(behaviour as (typeof BEHAVIOURS)[number], 'changes', 'later', SEED);
    expect(records[0]?.createdAt).toBeLessThan(WEEK - 40 * DAY);
  });
});

describe('what makes each behaviour', () => {
  const rows: readonly (readonly [name: string, what: string, is: (log: readonly EntryBody[]) => boolean])[] = [
    [
      'key-broker',
      'a key makes more than 200 keys, and nearly all are used and deleted',
      (log) => {
        const made = log.filter((entry) => entry.action === 'api_key.created' && entry.actor?.type === 'api_key');
        const used = new Set(log.map(({ actor }) => actor?.id));
        const deleted = new Set(
          log.filter(({ action }) => action === 'api_key.deleted').map(({ target }) => target?.id),
        );
        const all = made.map(({ target }) => target?.id);
        return all.length > 200 && all.every((id) => used.has(id)) && all.filter((id) => !deleted.has(id)).length < 20;
      },
    ],
    [
      'kubectl-users',
      'seven people or more read more than 200 kubeconfigs',
      (log) => log.filter(isKubeconfig).length > 200 && actorsOf(log.filter(isKubeconfig)) >= 7,
    ],
    [
      'expired-keys',
      'six keys are refused for days, one of them many times in five minutes',
      (log) => {
        const refused = log.filter(({ status_code, actor }) => status_code === 401 && actor?.type === 'api_key');
        return actorsOf(refused) === 6 && busiest(refused, ({ actor }) => actor?.id, 5 * 60_000) > 35;
      },
    ],
    [
      'ipv6-privacy',
      'somebody changes things from four addresses of one /64 in an hour',
      (log) =>
        mostAddresses(
          log.filter(({ client_ip }) => client_ip.includes(':')),
          HOUR,
        ) >= 4,
    ],
    ['github-actions', 'one key has a hundred addresses', (log) => mostAddresses(log, 7 * DAY) > 100],
    [
      'expired-sessions',
      'a person is refused a hundred times in five minutes',
      (log) => busiest(log.filter(isRefused), ({ actor }) => actor?.id, 5 * 60_000) > 100,
    ],
    [
      'waiting-for-cluster',
      'a kubeconfig is asked for with 404, 409 and 425, and then read',
      (log) =>
        [404, 409, 425, 200].every((status) =>
          log.some((entry) => isKubeconfig(entry) && entry.status_code === status),
        ),
    ],
    [
      'sdk-under-429',
      'a key is answered 429 more than a hundred times in five minutes',
      (log) =>
        busiest(
          log.filter(({ status_code }) => status_code === 429),
          ({ actor }) => actor?.id,
          5 * 60_000,
        ) > 100,
    ],
    [
      'nat-office',
      'more than 25 people have one address, and more than 25 refusals in five minutes',
      (log) => {
        const office = log.filter(({ client_ip }) => client_ip === '198.18.50.1');
        return (
          actorsOf(office) > 25 && busiest(office.filter(isRefused), ({ client_ip }) => client_ip, 5 * 60_000) > 25
        );
      },
    ],
    [
      'terraform',
      'a key makes 50 changes and 50 deletions in ten minutes',
      (log) =>
        busiest(log.filter(isChange), ({ actor, method }) => `${actor?.id} ${method}`, 10 * 60_000) > 50 &&
        busiest(
          log.filter(({ method }) => method === 'DELETE'),
          ({ actor }) => actor?.id,
          10 * 60_000,
        ) > 50,
    ],
    [
      'delete-and-poll',
      'what was deleted is answered 404, for somebody a hundred times',
      (log) => {
        const deleted = new Set(log.filter(({ method }) => method === 'DELETE').map(({ path }) => path));
        const gone = log.filter(({ path, status_code }) => status_code === 404 && deleted.has(path));
        return Math.max(...[...Map.groupBy(gone, ({ actor }) => actor?.id).values()].map(({ length }) => length)) > 100;
      },
    ],
    [
      'train-and-mobile',
      'somebody changes things from four networks in an hour',
      (log) => mostAddresses(log.filter(isChange), HOUR, networkOf) >= 4,
    ],
    [
      'console-pricing',
      'hundreds of POST and PATCH that change nothing',
      (log) =>
        ['POST', 'PATCH'].every(
          (method) => log.filter((entry) => entry.method === method && !isChange(entry)).length > 300,
        ),
    ],
    [
      'weekend-janitor',
      'a key deletes 90 things in ten minutes of a weekend',
      (log) => {
        const weekend = log.filter(({ created_at }) => new Date(created_at).getUTCDay() % 6 === 0);
        return (
          busiest(
            weekend.filter(({ method }) => method === 'DELETE'),
            ({ actor }) => actor?.id,
            10 * 60_000,
          ) > 90
        );
      },
    ],
    [
      'vacation-return',
      'somebody reads 80 things in an hour, and all kubeconfigs',
      (log) => {
        const own = log.filter(({ actor }) => actor?.name === 'Renate Vogel');
        const key = log.filter((entry) => entry.actor?.name === 'renate-laptop-2' && isKubeconfig(entry));
        return busiest(own, ({ method }) => method, HOUR) > 80 && new Set(key.map(({ path }) => path)).size === 3;
      },
    ],
  ];

  it.each(rows)('%s: %s', (name, _what, is) => {
    expect(is(weekOf(name))).toBe(true);
  });

  it('is there for all of them', () => {
    expect(rows.map(([name]) => name)).toEqual(BEHAVIOURS.map(({ name }) => name).slice(1));
  });
});

describe('the dialect in which only changes are logged', () => {
  const log = recordsOf('expired-sessions', 'changes').map(({ body }) => body as EntryBody);

  it('has no reads but refused ones', () => {
    expect(log.some(({ method, status_code }) => method === 'GET' && status_code < 400)).toBe(false);
    expect(log.some(({ method }) => method === 'PATCH')).toBe(true);
  });

  it('names nobody where a session has expired', () => {
    const expired = log.filter(({ status_code }) => status_code === 401);
    expect(expired.length).toBeGreaterThan(100);
    expect(expired.every(({ actor }) => actor === null)).toBe(true);
  });
});

describe('counting', () => {
  const alert = (rule: string, level: WatchedAlert['level'], openedAt: number): WatchedAlert => {
    return { id: openedAt, rule, level, openedAt, entries: [] };
  };
  const count = (alerts: readonly WatchedAlert[], slack = 0) =>
    countNoise(
      { alerts, messages: Array.from({ length: slack }, () => ({ at: WEEK + DAY, receiver: 'slack', alerts: [] })) },
      WEEK,
      7,
    );

  it('counts by rule, level and day, the most severe first, and nothing from before', () => {
    const alerts = [
      alert('a', 'low', WEEK - 1),
      alert('a', 'low', WEEK),
      alert('a', 'low', WEEK + DAY - 1),
      alert('b', 'medium', WEEK + 2 * DAY),
    ];
    expect(count(alerts).rules).toEqual([
      { rule: 'b', level: 'medium', perDay: [0, 0, 1, 0, 0, 0, 0] },
      { rule: 'a', level: 'low', perDay: [2, 0, 0, 0, 0, 0, 0] },
    ]);
    expect(isAbove('medium', 'low')).toBe(true);
  });

  it.each([
    ['one medium alert each day', [0, 1, 2].map((day) => alert('a', 'medium', WEEK + day * DAY)), 5, []],
    ['many low alerts', [1, 2, 3].map((ms) => alert('a', 'low', WEEK + ms)), 0, []],
    [
      'two in a day, of two rules',
      [alert('a', 'medium', WEEK), alert('b', 'high', WEEK + 1)],
      0,
      ['2 alerts at medium or above in a day: at most 1 is allowed'],
    ],
    ['a critical one', [alert('a', 'critical', WEEK)], 0, ['1 critical: none is allowed']],
    ['six messages', [], 6, ['6 messages to slack in a day: at most 5 are allowed']],
  ] as const)('%s', (_what, alerts, messages, problems) => {
    expect(count(alerts, messages).problems).toEqual(problems);
  });
});

describe('the command line', () => {
  it('takes behaviours in their order, and everything without any', () => {
    const read = readNoiseOptions(['--behaviour', 'terraform', '--behaviour', 'key-broker', '--start', 'later']);
    expect(read).toMatchObject({
      kind: 'run',
      options: { behaviours: ['key-broker', 'terraform'], starts: ['later'], dialects: ['reads', 'changes'], seed: 1 },
    });
    expect(readNoiseOptions([])).toMatchObject({ options: { behaviours: BEHAVIOURS.map(({ name }) => name) } });
    expect(readNoiseOptions(['--others'])).toMatchObject({ options: { behaviours: OTHERS.map(({ name }) => name) } });
  });

  it.each([
    [['--behaviour', 'terrafrom'], '--behaviour terrafrom: it must be one of company'],
    [['--seed', 'x'], '--seed must be a whole number'],
    [['--rules'], "Unknown option '--rules'"],
  ])('refuses %j', (args, problem) => {
    expect(readNoiseOptions(args)).toMatchObject({ kind: 'wrong', problem: expect.stringContaining(problem) });
  });
});

describe('local days', () => {
  it('know when clocks change', () => {
    const hours = (at: number): string => new Date(at).toISOString().slice(0, 16);
    const nineOn = (from: number, to: number) => daysOf('America/New_York', from, to).map((day) => hours(day.at(9)));
    const saturday = Date.UTC(2026, 2, 7, 12);
    expect(nineOn(saturday, saturday + DAY)).toEqual(['2026-03-07T14:00', '2026-03-08T13:00']);
  });
});

function actorsOf(log: readonly EntryBody[]): number {
  return new Set(log.map(({ actor }) => actor?.id)).size;
}

function networkOf(address: string): string {
  return address.includes(':') ? address.split(':').slice(0, 4).join(':') : address.split('.').slice(0, 3).join('.');
}

/** From how many addresses, at most, one actor asks within so long of its own. */
function mostAddresses(log: readonly EntryBody[], withinMs: number, by = (address: string): string => address): number {
  let most = 0;
  for (const of of Map.groupBy(
    log,
    ({ actor, created_at }) => `${actor?.id} ${Math.floor(Date.parse(created_at) / withinMs)}`,
  ).values()) {
    most = Math.max(most, new Set(of.map(({ client_ip }) => by(client_ip))).size);
  }
  return most;
}
