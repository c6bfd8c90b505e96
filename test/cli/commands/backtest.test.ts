import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/access/seal.ts';
import { makeToken, TOKEN_BYTES } from '../../../src/access/viewer.ts';
import { createRandom } from '../../sandbox/random.ts';
import { SCENARIOS } from '../../sandbox/scenarios.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

const DELETED = `title: API key deleted
id: r-deleted
name: deleted
logsource: {product: nirvana, service: audit}
level: medium
detection: {selection: {action: api_key.deleted}, condition: selection}
`;
const MANY = (threshold: number) => `title: Many keys | deleted
id: r-many
correlation: {type: event_count, rules: [deleted], group-by: [actor.id], timespan: 1h, condition: {gte: ${threshold}}, generate: true}
level: high
`;
const QUIET = `title: VM made
id: r-made
logsource: {product: nirvana, service: audit}
level: low
detection: {selection: {action: vm.created}, condition: selection}
`;
const FROM = Date.UTC(2026, 0, 5, 12);
const MINUTE = 60_000;

/** An API key is deleted by Mallory, so many minutes after noon. */
const deletion = (minutes: number, actor = 'u-1') => ({
  id: `e-${minutes}`,
  created_at: new Date(FROM + minutes * MINUTE).toISOString(),
  action: 'api_key.deleted',
  actor: { id: actor, name: '`Mallory` | @all', type: 'user' },
  client_ip: '192.0.2.7',
  method: 'DELETE',
  path: `/v1/api_keys/${minutes}`,
});
const LOG = [0, 1, 2, 3, 60 * 24].map((minutes) => deletion(minutes));

let folder: string;
let rules: string;
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  rules = join(folder, 'rules');
  mkdirSync(join(rules, 'keys'), { recursive: true });
  put('rules/keys/deleted.yml', DELETED);
  put('rules/many.yml', MANY(3));
  put('rules/quiet.yml', QUIET);
  put('log.ndjson', LOG.map((entry) => JSON.stringify(entry)).join('\n'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]) {
  const { code, out, err } = await runTocsin(['backtest', '--rules', rules, ...args], {});
  const plain = (text: string) => text.replaceAll(folder, 'FOLDER').replace(/version [0-9a-z]+/g, 'version <rules>');
  return { code, out: plain(out), err: plain(err) };
}
const onFile = (...args: readonly string[]) => run('--file', join(folder, 'log.ndjson'), ...args);

describe('tries the rules on a file', () => {
  test('by rule and day, with samples', async () => {
    const { code, out, err } = await onFile();
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(`5 entries, 2026-01-05 12:00:00 UTC to 2026-01-06 12:00:00 UTC. 3 rules of version <rules>.

2 alerts (1 a day, 2 on 2026-01-05), all notified. Messages: everybody 4.

LEVEL   ALERTS  NOTIFIED  MATCHES  PER DAY, FROM 01-05  RULE
HIGH         1         1        2  1·                   Many keys | deleted
MEDIUM       1         1        5  1·                   API key deleted

Did not match (1)
  VM made

HIGH  Many keys | deleted (many.yml)
  2026-01-05 12:02:00 UTC  \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/2; 2 matches, notified everybody; entry e-2

MEDIUM  API key deleted (keys/deleted.yml)
  2026-01-05 12:00:00 UTC  \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/0; 5 matches, notified everybody; entry e-0
`);
  });

  test('of the rules that are named', async () => {
    const { out } = await onFile('deleted', '--samples', '0');
    expect(out).toContain('1 rule of version');
    expect(out).not.toContain('Many keys');
    expect(out).not.toContain('/v1/api_keys/');
    expect(await onFile('delete')).toMatchObject({ code: 2, err: 'there is no rule "delete"\nIs it "deleted"?\n' });
    expect(await onFile('keys')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Is it "Many keys | deleted"?'),
    });
    expect(await onFile('zzz')).toMatchObject({
      code: 2,
      err: expect.stringContaining('its id, name, title, or file'),
    });
  });

  test('where nothing opens an alert', async () => {
    put('rules/many.yml', MANY(30).replace(', generate: true', ''));
    const { code, out } = await onFile();
    expect([code, out.split('\n').slice(2)]).toEqual([
      0,
      [
        'No alerts.',
        '',
        'Matched, without an alert of their own',
        '          5  API key deleted',
        '',
        'Did not match (2)',
        '  Many keys | deleted',
        '  VM made',
        '',
      ],
    ]);
  });

  test('with the receivers that routing.yml declares', async () => {
    put('rules/routing.yml', 'receivers: [{name: team, type: slack, min_level: high}]\n');
    const { out } = await onFile();
    expect(out).toContain('2 alerts (1 a day, 2 on 2026-01-05), 1 notified. Messages: team 2.');
    expect(out).toContain("5 matches, not notified: below the receiver's min_level; entry e-0");
  });

  test('as JSON', async () => {
    const { out } = await onFile('--json');
    const json = JSON.parse(out);
    expect(json).toMatchObject({
      ...{ entries: 5, before: 0, from: FROM, to: FROM + 24 * 60 * MINUTE, problems: [], notes: [] },
      rules: [
        { id: 'r-deleted', title: 'API key deleted', matches: 5, alerts: 1, notified: 1, notifications: 2 },
        { id: 'r-many', matches: 2, alerts: 1, samples: [{ opening: { id: 'e-2' }, notified: { everybody: 2 } }] },
        { id: 'r-made', matches: 0, alerts: 0, days: [] },
      ],
      messages: { everybody: 4 },
    });
    expect(json.rules[0].days).toEqual([
      { day: FROM - 12 * 60 * MINUTE, matches: 4, alerts: 1, notifications: 1 },
      { day: FROM + 12 * 60 * MINUTE, matches: 1, alerts: 0, notifications: 1 },
    ]);
  });

  test('as Markdown, in which nothing that others wrote is markup', async () => {
    const { out } = await onFile('--markdown');
    expect(out).toBe(`<!-- tocsin backtest -->
### Backtest of the rules

5 entries, 2026-01-05 12:00:00 UTC to 2026-01-06 12:00:00 UTC.

**2 alerts.**

| level | alerts | notified | matches | rule |
| --- | ---: | ---: | ---: | --- |
| HIGH | 1 | 1 | 2 | \`Many keys \\| deleted\` |
| MEDIUM | 1 | 1 | 5 | \`API key deleted\` |

<details><summary>Alerts (2)</summary>

| first match | level | rule | who | what | matches | notified |
| --- | --- | --- | --- | --- | ---: | --- |
| 2026-01-05 12:02:00 UTC | high | \`Many keys \\| deleted\` | \`'Mallory' \\| @all\` | \`DELETE /v1/api_keys/2\` | 2 | \`notified everybody\` |
| 2026-01-05 12:00:00 UTC | medium | \`API key deleted\` | \`'Mallory' \\| @all\` | \`DELETE /v1/api_keys/0\` | 5 | \`notified everybody\` |

</details>

`);
  });

  test('what can’t be read is reported', async () => {
    put('log.ndjson', `${JSON.stringify(LOG[0])}\n{"id": 7}\n`);
    const { code, out } = await onFile();
    expect([code, out.split('\n')[1]]).toEqual([0, "1 record can't be read. The first: FOLDER/log.ndjson:2: no id."]);
    put('log.ndjson', '');
    expect(await onFile()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^FOLDER\/log.ndjson has no entries\nIt must/),
    });
    put('rules/many.yml', 'title: x\n');
    expect(await onFile()).toMatchObject({ code: 1, err: expect.stringContaining('many.yml:1') });
  });
});

describe('compares with the rules of a Git ref', () => {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: folder, stdio: 'pipe' });
  beforeEach(() => {
    git('init', '-q', '-b', 'main');
    git('add', 'rules');
    git('commit', '-qm', 'rules');
  });

  test('which are the same', async () => {
    const { code, out } = await onFile('--diff', 'main');
    expect([code, out.split('\n').slice(2)]).toEqual([
      0,
      [
        'No other alerts than with main: 2 alerts the same.',
        'Messages: everybody 4; with this change everybody 4.',
        '',
      ],
    ]);
  });

  test('what a change adds, takes away and changes', async () => {
    put('rules/many.yml', MANY(30));
    put('rules/keys/deleted.yml', DELETED.replace('medium', 'critical'));
    put(
      'rules/quiet.yml',
      `${QUIET.replace('vm.created', 'api_key.*').replace('VM made', 'About keys')}tocsin: {dedup: {by: [path]}}\n`,
    );
    const { out } = await onFile('--diff', 'main');
    expect(
      out.split('\n').slice(2).join('\n'),
    ).toBe(`Against main: 5 alerts added, 1 removed, 1 changed, 0 alerts the same.
Messages: everybody 4; with this change everybody 4.

LEVEL              ALERTS  NOTIFIED  MATCHES  RULE
MEDIUM → CRITICAL  1       1         5        API key deleted
HIGH               1 → 0   1 → 0     2 → 0    Many keys | deleted
LOW                0 → 5   0 → 5     0 → 5    About keys

Added
  2026-01-05 12:00:00 UTC  LOW  About keys: \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/0; 1 match, notified everybody; entry e-0
  2026-01-05 12:01:00 UTC  LOW  About keys: \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/1; 1 match, notified everybody; entry e-1
  2026-01-05 12:02:00 UTC  LOW  About keys: \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/2; 1 match, notified everybody; entry e-2
  and 2 more

Removed
  2026-01-05 12:02:00 UTC  HIGH  Many keys | deleted: \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/2; 2 matches, notified everybody; entry e-2

Changed
  2026-01-05 12:00:00 UTC  CRITICAL  API key deleted: \`Mallory\` | @all from 192.0.2.7: DELETE /v1/api_keys/0; 5 matches, notified everybody; entry e-0 (was medium, notified everybody)
`);
    const { out: markdown } = await onFile('--diff', 'main', '--markdown', '--samples', '1');
    expect(markdown).toContain('**5 alerts added, 1 removed, 1 changed** against `main`, 0 the same.');
    expect(markdown).toContain('| LOW | 0 → 5 | 0 → 5 | 0 → 5 | `About keys` |');
    expect(markdown).toContain('<details><summary>Added (1 of 5)</summary>');
    const json = JSON.parse((await onFile('--diff', 'main', '--json')).out);
    expect([json.against.ref, json.against.added.length, json.against.same]).toEqual(['main', 5, 0]);
    expect((await onFile('--diff', 'main', 'r-many')).out).toContain(
      'Against main: 0 alerts added, 1 removed, 0 changed',
    );
  });

  test('a rule that is new, and one that is gone', async () => {
    rmSync(join(rules, 'many.yml'));
    put('rules/new.yml', QUIET.replace('r-made', 'r-new').replace('VM made', 'New one'));
    const { out } = await onFile('--diff', 'HEAD');
    expect(out).toContain('HIGH   1 → 0   1 → 0     2 → 0    Many keys | deleted (gone)');
    expect(out).toContain('LOW    0       0         0        New one (new)');
  });

  test('a ref that is not there, or has no rules', async () => {
    expect(await onFile('--diff', 'gone')).toMatchObject({
      code: 2,
      err: expect.stringContaining('gone is no commit'),
    });
    expect(await onFile('--diff=--help')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--help is no commit'),
    });
    git('rm', '-rq', '--cached', 'rules');
    git('commit', '-qm', 'none');
    expect(await onFile('--diff', 'main')).toMatchObject({
      code: 1,
      err: expect.stringContaining('main has no rules in'),
    });
  });
});

describe('asks a Tocsin', () => {
  let local: LocalTocsin;
  let token: string;
  beforeAll(async () => {
    const made = makeToken(new Uint8Array(TOKEN_BYTES), LINK_SECRET);
    ({ token } = made);
    const record = { hash: await sha256(token), name: 'Vera', createdAt: 0, expiresAt: null, role: 'viewer' };
    const stored = new Map([[`viewer:${made.id}`, JSON.stringify(record)]]);
    const get = async (keys: string | readonly string[]) =>
      typeof keys === 'string'
        ? (stored.get(keys) ?? null)
        : new Map(keys.map((key) => [key, stored.get(key) ?? null]));
    const put = async (key: string, value: string) => void stored.set(key, value);
    local = await startLocalTocsin({
      KV: { get, put, delete: async () => undefined, list: async () => ({ keys: [] }) },
    });
    // From before the ledger began.
    local.upstream.append(...SCENARIOS['api key deleted'](Date.now() - 20 * 60 * MINUTE, createRandom(2), 1_000));
  });
  afterAll(() => local.stop());
  const ask = (env: NodeJS.Dict<string>, ...args: readonly string[]) =>
    runTocsin(['backtest', '--rules', rules, ...args], { TOCSIN_URL: local.url, ...env });

  test('for what its ledger has, and says where that begins', async () => {
    const { code, out, err } = await ask({ LINK_SECRET }, '--since', '2d', '--json');
    expect([code, err]).toEqual([0, '']);
    const { entries, rules: of, notes } = JSON.parse(out);
    expect(entries).toBe(local.store.all('SELECT 1 FROM entries').length);
    expect(of[0]).toMatchObject({ id: 'r-deleted', matches: 1, alerts: 1 });
    expect(notes).toEqual([
      expect.stringMatching(
        /^The ledger has entries from .* on, and only these count: set TOCSIN_TOKEN to a viewer token/,
      ),
    ]);
  });

  test('with a viewer token for what is from before, by the lookup', async () => {
    const { code, out, err } = await ask({ TOCSIN_TOKEN: token }, '--since', '2d', '--json');
    expect([code, err]).toEqual([0, '']);
    const { entries, rules: of, notes } = JSON.parse(out);
    const recorded = local.store.all('SELECT 1 FROM entries').length;
    expect(entries).toBeGreaterThan(recorded);
    expect(of[0]).toMatchObject({ id: 'r-deleted', matches: 2, alerts: 2 });
    expect(notes).toEqual([
      expect.stringMatching(/^The ledger has entries from .*: \d+ earlier entries come from the lookup\.$/),
    ]);
  });

  test('what is from before the time fills windows', async () => {
    const { out } = await ask({ LINK_SECRET }, '--since', '0s', '--json');
    const { entries, before, rules: of, notes } = JSON.parse(out);
    expect([entries, before > 0, of[0].alerts, notes]).toEqual([0, true, 0, []]);
  });

  test('and saves what it has, for later', async () => {
    const saved = join(folder, 'saved.ndjson');
    const [alert] = local.store.all<{ id: number }>('SELECT id FROM alerts LIMIT 1');
    await runTocsin(['ack', String(alert?.id)], { TOCSIN_URL: local.url, LINK_SECRET });
    const asked = await ask({ LINK_SECRET }, '--since', '2d', '--save', saved, '--json');
    const again = await runTocsin(['backtest', '--rules', rules, '--file', saved, '--json'], {});
    const [a, b] = [asked, again].map(({ out }) => ({ ...JSON.parse(out), notes: [] }));
    expect(a).toEqual(b);
    expect(readFileSync(saved, 'utf8').split('\n')[0]).toContain('"act":{"id":1');
    expect(await ask({ LINK_SECRET }, '--since', '2d', '--save', folder)).toMatchObject({
      code: 1,
      err: expect.stringContaining("can't be written"),
    });
  });

  test('that is not there, or does not let it in', async () => {
    expect(
      await runTocsin(['backtest', '--rules', rules, '--since', '1h'], {
        TOCSIN_URL: 'http://127.0.0.1:1',
        LINK_SECRET,
      }),
    ).toMatchObject({ code: 1, err: expect.stringContaining("can't be reached") });
    expect(await ask({ LINK_SECRET: [...LINK_SECRET].reverse().join('') }, '--since', '1h')).toMatchObject({
      code: 1,
      err: expect.stringContaining('denied access'),
    });
  });
});

test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
  ['nothing can be reached', ['--url', 'http://127.0.0.1:9'], { LINK_SECRET }, "http://127.0.0.1:9 can't be reached"],
  ['there is no secret', [], {}, 'LINK_SECRET is not set here'],
])('where %s, it says where else entries come from', async (_, args, env, problem) => {
  const { err } = await runTocsin(['backtest', '--rules', rules, '--since', '1h', ...args], env);
  expect(err.startsWith(problem)).toBe(true);
  expect(err).toContain('"npm run demo" runs these rules on a simulated log');
  expect(err).toContain('--file reads an export');
});

describe('is called wrongly', () => {
  test.each<[readonly string[], string]>([
    [[], 'say where the entries come from: --since 30d asks the Tocsin at --url, --file and --stdin read an export'],
    [['--since', '1h', '--stdin'], '--since, --file and --stdin exclude each other'],
    [['--stdin', '--save', 'x'], '--save is for what --since reads'],
    [['--stdin', '--url', 'http://localhost'], '--url is for --since'],
    [['--stdin', '--json', '--markdown'], '--markdown and --json exclude each other'],
    [['--stdin', '--samples', 'x'], '--samples must be a whole number from 0 to 1000, not "x"'],
    [['--since', 'tomorrow'], '--since'],
    [['--since', '2999-01-01T00:00:00Z'], '--since is in the future: give a time in the past'],
  ])('%j', async (args, problem) => {
    const { code, err } = await runTocsin(['backtest', '--rules', rules, ...args], { LINK_SECRET });
    expect([code, err.startsWith(problem)]).toEqual([2, true]);
  });

  test('a folder that is not there', async () => {
    const { code, err } = await runTocsin(['backtest', '--rules', join(folder, 'gone'), '--stdin'], {});
    expect([code, err]).toEqual([1, expect.stringContaining("gone can't be read")]);
  });
});
