import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type AlertsAnswer, alertsLines } from '../../../src/cli/commands/alerts.ts';
import { ruleSet } from '../../../src/rules.gen.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

const NOW = Date.UTC(2026, 0, 31, 3);
const MINUTE = 60_000;

const ALERT: AlertsAnswer['alerts'][number] = {
  ...{ id: 12, rule: 'r-1', title: 'API key deleted', level: 'high', status: 'open', backfilled: false, count: 11 },
  ...{ firstAt: NOW - 90 * MINUTE, lastAt: NOW, assignee: null, acknowledged: null, resolution: null, networks: 1 },
  key: [{ field: 'actor.id', value: 'u1' }],
  latest: { actor: { id: 'u1', name: 'Mallory Reed' }, clientIp: '192.0.2.7' },
};

test('the list is a table: who takes care of it, who it was, and from where', () => {
  const alerts: AlertsAnswer['alerts'] = [
    ALERT,
    {
      ...ALERT,
      ...{ id: 3, level: 'low', status: 'acknowledged', assignee: 'Ada', count: 2, latest: null, backfilled: true },
      acknowledged: { by: 'Ada', until: NOW },
    },
  ];
  expect(alertsLines({ alerts, next: 3, searchedTo: null }, 'unresolved', NOW)).toEqual([
    'ID  LEVEL    AGE  STATUS        ASSIGNEE  ACTOR         ADDRESS    MATCHES  TITLE',
    '12  HIGH   1h30m  open          –         Mallory Reed  192.0.2.7       11  API key deleted',
    ' 3  LOW    1h30m  acknowledged  Ada       u1            –                2  API key deleted (backfilled)',
    'Next page: --before 3',
  ]);
});

test('alerts of one actor that follow each other stand under one line, the most severe first', () => {
  const of = (
    id: number,
    level: string,
    actor: { id: string | null; name: string | null } = { id: 'u1', name: 'ci' },
  ) => ({
    ...{ ...ALERT, id, level },
    latest: { actor, clientIp: null },
  });
  const nobody = { id: null, name: null };
  const alerts = [
    of(112, 'low'),
    of(111, 'high'),
    of(110, 'low'),
    of(99, 'low', { id: 'u2', name: 'ci' }),
    of(98, 'low', nobody),
    { ...of(97, 'low', nobody), key: [] },
    of(96, 'low', { id: 'u3', name: 'a\u001b[2J\nb' }),
    of(95, 'low', { id: 'u3', name: null }),
  ];
  expect(alertsLines({ alerts, next: null, searchedTo: null }, 'all', NOW)).toEqual([
    ' ID    LEVEL    AGE  STATUS  ASSIGNEE  ACTOR    ADDRESS  MATCHES  TITLE',
    '3 alerts of ci',
    '  111  HIGH   1h30m  open    –         ci       –             11  API key deleted',
    '  112  LOW    1h30m  open    –         ci       –             11  API key deleted',
    '  110  LOW    1h30m  open    –         ci       –             11  API key deleted',
    ' 99    LOW    1h30m  open    –         ci       –             11  API key deleted',
    ' 98    LOW    1h30m  open    –         u1       –             11  API key deleted',
    ' 97    LOW    1h30m  open    –         –        –             11  API key deleted',
    '2 alerts of a\ufffd[2J b',
    '   96  LOW    1h30m  open    –         a\ufffd[2J b  –             11  API key deleted',
    '   95  LOW    1h30m  open    –         u3       –             11  API key deleted',
  ]);
});

test('a list without alerts says what to do, or where to search on', () => {
  const none = (next: number | null) => ({ alerts: [], next, searchedTo: next });
  expect(alertsLines(none(null), 'unresolved', NOW)).toEqual([
    'No alerts that are unresolved match. To list resolved alerts too: --all',
  ]);
  expect(alertsLines(none(null), 'all', NOW)).toEqual(['No alerts match.']);
  expect(alertsLines(none(7), 'all', NOW)).toEqual(['There may be more: --before 7']);
});

test('a long name takes the room of no other column', () => {
  const latest = { actor: { id: 'u1', name: 'M'.repeat(5_000) }, clientIp: '192.0.2.7' };
  const [, line] = alertsLines({ alerts: [{ ...ALERT, latest }], next: null, searchedTo: null }, 'all', NOW);
  expect(line).toMatch(/ M{39}… {2}192\.0\.2\.7 {7}11 {2}API key deleted$/);
});

describe('with a Tocsin', () => {
  let local: LocalTocsin;
  const user = () => 'ada@example.com';
  const tocsin = (...args: readonly string[]) =>
    runTocsin(args, { TOCSIN_URL: local.url, LINK_SECRET }, undefined, user);
  const json = async (...args: readonly string[]) => JSON.parse((await tocsin(...args, '--json')).out);
  const ids = async (...args: readonly string[]): Promise<number[]> =>
    (await json('alerts', ...args)).alerts.map(({ id }: { id: number }) => id);
  beforeAll(async () => {
    local = await startLocalTocsin();
  });
  afterAll(() => local.stop());

  it('lists, filters, and acts on what it lists', async () => {
    const all = await json('alerts', '--all');
    const [first] = all.alerts as [AlertsAnswer['alerts'][number]];
    const actor = first.latest?.actor.name ?? '';
    expect(actor).not.toBe('');
    expect(await ids('--actor', actor.toUpperCase())).toContain(first.id);
    expect(await ids('--actor', 'nobody we know')).toEqual([]);
    expect(await ids('--level', first.level, '--rule', first.rule)).toContain(first.id);
    expect(await ids('--text', first.title.slice(2, 8), '--since', '2h', '--limit', '1')).toHaveLength(1);
    expect(await ids('--until', '1d')).toEqual([]);
    const { out } = await tocsin('alerts');
    expect(out).toContain('ASSIGNEE');
    expect(out).toContain(actor);

    const id = String(first.id);
    expect(await tocsin('ack', id, '4711', '--comment', 'on it')).toEqual({
      ...{ code: 1, err: '' },
      out: expect.stringMatching(
        new RegExp(
          `^Alert ${id}: acknowledged until \\d{4}-.* UTC, or until its level rises\\nAlert 4711: there is no such alert. List them: npm run tocsin -- alerts --all\\n$`,
        ),
      ),
    });
    expect(await tocsin('ack', id)).toMatchObject({ code: 0, out: `Alert ${id}: was acknowledged already\n` });
    expect(await ids('--status', 'acknowledged')).toEqual([first.id]);
    expect(await tocsin('assign', id, 'Ada Lovelace')).toMatchObject({ code: 0, out: `Alert ${id}: assigned\n` });
    expect(await ids('--assignee', 'ada lovelace')).toEqual([first.id]);
    expect(await tocsin('comment', id, 'a rotation, says Bob')).toMatchObject({ code: 0 });
    expect(await tocsin('assign', id, '--nobody')).toMatchObject({ code: 0 });
    expect(await ids('--nobody')).toContain(first.id);
    expect(await tocsin('resolve', id, '--reason', 'false-positive')).toMatchObject({
      out: `Alert ${id}: resolved: false positive\n`,
    });
    expect(await tocsin('resolve', id, '--reason', 'expected')).toMatchObject({
      ...{ code: 1, out: `Alert ${id}: nothing was done, it was resolved before\n` },
    });
    expect(await ids('--status', 'resolved')).toEqual([first.id]);
    const why = await tocsin('why', id);
    expect(why.out).toContain('resolved by operator (as ada@example.com): false positive');
    expect(why.out).toContain('operator (as ada@example.com) acknowledged it (cli): “on it”');
    expect(why.out).toContain('assigned it to Ada Lovelace (cli)');
    expect(why.out).toContain('commented (cli): “a rotation, says Bob”');
    expect((await tocsin('security')).out).toMatch(/alert act.*resolve/);
  });

  it('says why an entry led to something, and why another did not', async () => {
    const entries = local.store.all<{ id: string; seq: number }>(
      'SELECT id, seq FROM entries WHERE mark IS NULL AND seq NOT IN (SELECT seq FROM matches) LIMIT 1',
    );
    const nothing = await tocsin('why', entries[0]?.id ?? '');
    expect([nothing.code, nothing.err]).toEqual([0, '']);
    expect(nothing.out).toMatch(/No rule matches it|Rules that match it/);
    const [matched] = local.store.all<{ id: string }>(
      'SELECT id FROM entries WHERE seq IN (SELECT seq FROM matches) LIMIT 1',
    );
    const something = await tocsin('why', matched?.id ?? '');
    expect(something.out).toMatch(/Its alerts\n {2}Alert \d+ /);
    expect(something.out).toMatch(/to slack: everything goes there \(no routes in rules\/routing\.yml\)/);
    expect(await tocsin('why', '4711', '--entry')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('none with this id') },
    });
    expect(await tocsin('why', '4711')).toMatchObject({ code: 1, err: expect.stringContaining('none with this id') });
  });

  it('says where an alert goes, and an entry by the rules of a Tocsin', async () => {
    expect((await tocsin('route', '1')).out).toMatch(
      /^Alert 1 .*\n\nA match like its last one goes now\n {2}to slack: everything goes there \(no routes in rules\/routing\.yml\)\n$/,
    );
    expect(await tocsin('route', '4711')).toMatchObject({ code: 1, err: expect.stringContaining('none with this id') });
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
    try {
      const file = join(folder, 'entry.json');
      const request = { method: 'DELETE', path: '/v1/api_keys/k-1', status_code: 204 };
      const body = { action: 'api_key.deleted', actor: { id: 'u-7', type: 'user' }, ...request };
      writeFileSync(file, JSON.stringify(body));
      const { code, out } = await tocsin('route', file, '--url', local.url);
      expect([code, out]).toEqual([
        0,
        expect.stringMatching(/^Rules that match it\n(?: .*\n)* {2}MEDIUM {2}API key deleted /),
      ]);
      expect(out).toContain('to slack: everything goes there (no routes in rules/routing.yml)');
      expect(await tocsin('route', file, '--url', local.url, '--rules', 'x')).toMatchObject({ code: 2 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('silences, lists silences, and ends one', async () => {
    expect((await tocsin('silence', 'list')).out).toContain('There are no silences');
    const made = await tocsin(
      ...[
        'silence',
        'add',
        '--address',
        '192.0.2.0/24',
        '--level',
        'low',
        '--level',
        'high',
        '--field',
        'actor.type=user',
      ],
      ...['--for', '2h', '--comment', 'a move of the office'],
    );
    expect([made.code, made.err]).toEqual([0, '']);
    expect(made.out).toMatch(
      /^Silence 1 {2}ends .* UTC\n {2}address 192\.0\.2\.0\/24, level low or high, actor\.type user\n {2}by operator \(as ada@example\.com\) \(cli\): a move of the office\n {2}has suppressed nothing\n$/,
    );
    expect((await tocsin('silence', 'list')).out).toBe(made.out);
    expect((await tocsin('silence', 'expire', '1')).out).toMatch(
      /^Silence 1 {2}over since .*, ended by operator \(as ada/,
    );
    expect(await tocsin('silence', 'expire', '9')).toMatchObject({
      ...{ code: 1, err: expect.stringMatching(/\nCheck it\. Silences are listed by: .* silence list\n$/) },
    });
    const ofRule = (...names: readonly string[]) =>
      tocsin('silence', 'add', ...names.flatMap((name) => ['--rule', name]), '--for', '1h', '--comment', 'x');
    const idsIn = (file: string) =>
      ruleSet.rules.filter(({ path }) => path.endsWith(`/${file}.yml`)).map(({ id }) => id);
    const [deleted] = idsIn('nirvana_audit_api_key_deleted');
    const burst = idsIn('nirvana_audit_client_error_burst');
    const byTitle = await ofRule('API key deleted');
    expect(byTitle.out).toContain(`\n  rule ${deleted}\n`);
    expect(byTitle.out).not.toContain('Note');
    for (const command of ['route', 'why']) {
      expect((await tocsin(command, '1')).out).toMatch(
        /goes now\n {2}to nobody until \d{4}-.* UTC: silence 2 \(operator \(as ada@example\.com\): x\) is over it\n$/,
      );
    }
    expect(await tocsin('alerts', '--level', 'sever')).toMatchObject({
      ...{ code: 1, err: expect.stringMatching(/\nCheck the options: --help lists them\.\n$/) },
    });
    const byFile = await ofRule('nirvana_audit_client_error_burst');
    expect(byFile.out).toContain(`\n  rule ${burst.join(' or ')}\n`);
    expect(byFile.out).toMatch(/\nNote: it is over 4 rules:\n(?: {2}.* \([0-9a-f-]{36}\)\n){4}$/);
    expect(await ofRule('API key deletd')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('did you mean "API key deleted"?') },
    });
    expect(await tocsin('silence', 'add', '--level', 'low', '--for', '2h', '--comment', 'x')).toMatchObject({
      ...{ code: 1, err: expect.stringContaining('must have a rule, an actor or an address') },
    });
  });

  it.each([
    [['ack'], 'the number of an alert is missing'],
    [['ack', 'x'], 'an alert must be a positive whole number'],
    [['assign', '1'], 'who takes care of it?'],
    [['resolve', '1'], '--reason is missing: use true-positive, expected, false-positive, duplicate'],
    [['resolve', '1', '--reason', 'tired'], '--reason is unknown'],
    [['comment', '1'], 'an alert and a text are needed'],
    [['comment', '1', 'two', 'words'], 'put it in quotes'],
    [['alerts', '--status', 'closed'], '--status must be one of'],
    [['alerts', '--since', 'yesterday'], '--since is neither'],
    [['alerts', '--limit', '0'], '--limit must be a positive whole number'],
    [['silence'], 'add, list or expire ID is missing'],
    [['silence', 'add', '--rule', 'x', '--for', '2h'], '--comment is missing'],
    [['silence', 'add', '--rule', 'x', '--comment', 'y'], 'give --for 2h, or --until TIME'],
    [['silence', 'add', '--rule', 'x', '--comment', 'y', '--for', 'long'], '--for must be a duration'],
    [['silence', 'add', '--rule', 'x', '--comment', 'y', '--until', 'later'], '--until must be a time'],
    [['silence', 'add', '--field', 'x', '--comment', 'y', '--for', '2h'], '--field must be FIELD=VALUE'],
    [['silence', 'expire'], 'the silence must be a positive whole number'],
    [['why'], 'is missing'],
  ])('a wrong call says what to do: %j', async (args, problem) => {
    const { code, err } = await tocsin(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(problem)]);
  });

  it('a filter that the Worker refuses is shown with what to do', async () => {
    expect(await tocsin('alerts', '--level', 'terrible')).toMatchObject({
      ...{ code: 1, err: expect.stringMatching(/level: is not one of informational, low/) },
    });
  });
});
