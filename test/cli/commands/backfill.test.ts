import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { begunLines, type PassAnswer, passesLines } from '../../../src/cli/commands/backfill.ts';
import { BACKFILL_PATH } from '../../../src/web/operator-paths.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

const NOW = Date.UTC(2026, 0, 31, 3);
const RULE = 'nirvana_audit_api_key_deleted';
const HOSTILE = 'a\u001b]0;b\u0007\u009b31m\r\nc\u202ed';

const PASS: PassAnswer = {
  ...{ id: 7, kind: 'backfill', state: 'running', problem: null, beganAt: NOW, endedAt: null, percent: 40 },
  ...{ waitsUntil: null, failures: 0, entries: 70_000, skipped: 0, matches: 1, opened: 1 },
  rules: [{ rule: 'many', title: 'Many refusals' }],
  backfill: { since: NOW - 7 * 24 * 60 * 60_000, notify: false, who: 'operator secret' },
};

test('two lines per pass: whose, how far it is or how it ended, and what it found', () => {
  const over = { ...PASS, state: 'done', percent: 100, entries: 1, matches: 12, opened: 3 } as const;
  const passes: readonly PassAnswer[] = [
    { ...PASS, waitsUntil: Date.UTC(2026, 1, 1) },
    over,
    { ...over, state: 'stopped', problem: 'the rule was changed', skipped: 1 },
    { ...over, kind: 'rebuild', state: 'cancelled', backfill: null, matches: 0, opened: 0 },
  ];
  expect(
    passesLines(passes).join('\n'),
  ).toBe(`7  “Many refusals”: under way, 40 %, goes on at 2026-02-01 00:00 UTC with the next day's rows
   backfill since 2026-01-24 03:00 UTC by operator secret, begun 2026-01-31 03:00 UTC; 70,000 entries, 1 match, 1 alert opened
7  “Many refusals”: done
   backfill since 2026-01-24 03:00 UTC by operator secret, begun 2026-01-31 03:00 UTC; 1 entry, 12 matches, 3 alerts opened
7  “Many refusals”: STOPPED: the rule was changed
   backfill since 2026-01-24 03:00 UTC by operator secret, begun 2026-01-31 03:00 UTC; 1 entry, 12 matches, 3 alerts opened, 1 entry left out and quarantined
7  “Many refusals”: CANCELLED
   rebuilt since it changed, begun 2026-01-31 03:00 UTC; 1 entry`);
  expect(passesLines([])).toEqual(['No rule was backfilled, and none has changed.']);
});

test('nothing that others wrote is interpreted by a terminal', () => {
  const rules = [{ rule: HOSTILE, title: HOSTILE }];
  const passes = [{ ...PASS, rules, problem: HOSTILE, backfill: { since: NOW, notify: true, who: HOSTILE } }];
  for (const line of [...passesLines(passes), ...begunLines({ passes, nothing: rules })])
    expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
});

describe('with a Tocsin', () => {
  let local: LocalTocsin;
  beforeAll(async () => {
    local = await startLocalTocsin();
    // As if the rule were deployed only now.
    const [rule] = local.store.all<{ id: string }>('SELECT rule AS id FROM alerts');
    local.store.run(
      `UPDATE state SET value = json_set(value, '$.evaluated.rules."' || ? || '".after', value ->> '$.lastSeq')`,
      rule?.id ?? '',
    );
    for (const table of ['alerts', 'matches', 'deliveries', 'activity']) local.store.run(`DELETE FROM ${table}`);
  });
  afterAll(() => local.stop());

  /** Each time it would wait, the Worker's alarm rings. */
  const run = (...args: readonly string[]) =>
    runTocsin(
      ['backfill', ...args],
      { TOCSIN_URL: local.url, LINK_SECRET },
      () => Date.now(),
      () => null,
      () => local.deliver(),
    );

  it('waits until it is done, and says what it found', async () => {
    const { code, out, err } = await run('--rule', RULE, '--since', '7d');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(
      /^Begun: “API key deleted” on what is recorded since .*; nobody is notified\. To end it: .* --cancel 1\n/,
    );
    expect(out).toMatch(/\n1 {2}“API key deleted”: done\n.*, 1 match, 1 alert opened\nIts alerts are in: /);
    expect(local.store.all('SELECT backfilled, count FROM alerts')).toEqual([{ backfilled: 1, count: 1 }]);
    expect(local.inbox.messages).toEqual([]);
  });

  it('has nothing to do the second time', async () => {
    const { code, out } = await run('--rule', RULE, '--since', '7d');
    expect(code).toBe(0);
    expect(out).toMatch(/^Nothing to do for “API key deleted”: it has evaluated all/);
  });

  it('lists, and prints the answer as JSON', async () => {
    const { code, out } = await run('--status', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ passes: [{ id: 1, kind: 'backfill', state: 'done' }] });
  });

  it('cancels only what is under way', async () => {
    const { code, out } = await run('--cancel', '1');
    expect(code).toBe(1);
    expect(out).toMatch(/^Nothing was cancelled/);
  });

  it('says why it is refused', async () => {
    const { code, err } = await run('--rule', 'nothing', '--since', '7d');
    expect(code).toBe(1);
    expect(err).toContain('no rule has this id, name, title or file');
  });

  it('is in the security log', () => {
    const log = local.store.all("SELECT detail FROM security_log WHERE act = 'backfill' ORDER BY id");
    expect(log[0]).toEqual({ detail: expect.stringMatching(`^since .* UTC, rule ${RULE}$`) });
    expect(log.map(({ detail }) => detail)).toContain('cancel 1');
  });

  it.each([
    [['--since', '7d'], '--rule is missing'],
    [['--rule', 'x'], '--since is missing'],
    [['--rule', 'x', '--since', '2999-01-01T00:00:00Z'], '--since is in the future'],
    [['--rule', 'x', '--status'], 'one of them'],
    [['--cancel', 'x'], '--cancel must be a number that --status shows, not "x"'],
  ])('%j is called wrongly', async (args, problem) => {
    const { code, err } = await run(...args);
    expect(code).toBe(2);
    expect(err).toContain(problem);
  });

  it('takes no body that means nothing', async () => {
    const { store } = local;
    const before = store.all('SELECT count(*) AS n FROM passes');
    for (const body of [
      '',
      '{}',
      '{"rule":"x","since":"soon","notify":true}',
      '{"rule":7,"since":"2026-01-01","notify":1}',
    ]) {
      const answer = await fetch(new URL(BACKFILL_PATH, local.url), { method: 'POST', body });
      expect(answer.status).toBe(404);
    }
    expect(store.all('SELECT count(*) AS n FROM passes')).toEqual(before);
  });
});
