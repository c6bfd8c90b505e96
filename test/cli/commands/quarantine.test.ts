import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import {
  listLines,
  type QuarantineAnswer,
  type QuarantinedRecord,
  type ReleasedRecord,
  releasedLine,
  showLines,
} from '../../../src/cli/commands/quarantine.ts';
import { entryAt } from '../../sandbox/odd.ts';
import type { LogRecord } from '../../sandbox/record.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

const NOW = Date.UTC(2026, 0, 31, 3);
const HOSTILE = '<script>\u001b]0;b\u0007\u009b31m\r\nc\u202ed';
const UNSAFE = /[\p{Cc}\p{Bidi_Control}]/u;

const RECORD: QuarantinedRecord = {
  key: `invalid:${'0123456789abcdef'.repeat(4)}`,
  id: 'a-1',
  problem: 'no created_at',
  firstAt: NOW,
  isCut: false,
  isRecorded: false,
  text: '{"id":"a-1","created_at":null}',
};

test('one line per record, with the beginning of its key', () => {
  const records = [RECORD, { ...RECORD, id: null, problem: 'no id', isRecorded: true }];
  expect(listLines({ records, next: '5.x' }, false)).toEqual([
    'invalid:0123456789ab  2026-01-31 03:00:00 UTC  a-1: no created_at',
    'invalid:0123456789ab  2026-01-31 03:00:00 UTC  no id: no id; recorded since',
    'Next page: --before 5.x',
  ]);
  expect(listLines({ records: [], next: null }, false)).toEqual(['Nothing is in quarantine.']);
});

test('a record is shown with its text, indented', () => {
  expect(showLines(RECORD).join('\n')).toBe(`Key          ${RECORD.key}
Id           a-1
Quarantined  2026-01-31 03:00:00 UTC
Reason       no created_at

{
  "id": "a-1",
  "created_at": null
}`);
});

test('nothing that others wrote is interpreted by a terminal', () => {
  const records: QuarantineAnswer['records'] = [{ ...RECORD, id: HOSTILE, problem: HOSTILE }];
  const texts = [JSON.stringify({ [HOSTILE]: HOSTILE }), HOSTILE, `${'['.repeat(30_000)}${']'.repeat(30_000)}`];
  const shown = texts.flatMap((text) => showLines({ ...RECORD, id: HOSTILE, problem: HOSTILE, text }));
  const released: ReleasedRecord[] = [
    { name: HOSTILE, kind: 'recorded', key: HOSTILE, opened: [{ id: 1, title: HOSTILE, level: HOSTILE }] },
    { name: HOSTILE, kind: 'known', key: HOSTILE },
    { name: HOSTILE, kind: 'failed', key: HOSTILE, problem: HOSTILE },
    { name: HOSTILE, kind: 'refused', key: HOSTILE, problem: HOSTILE },
    { name: HOSTILE, kind: 'missing' },
    { name: HOSTILE, kind: 'ambiguous', keys: [HOSTILE, HOSTILE] },
  ];
  const lines = [...listLines({ records, next: null }, false), ...shown, ...released.map(releasedLine)];
  for (const line of lines) expect(line).not.toMatch(UNSAFE);
  expect(lines.join('').length).toBeLessThan(4_000_000);
});

describe('with a Tocsin', () => {
  let local: LocalTocsin;
  const tocsin = (args: string) => runTocsin(args.split(' '), { TOCSIN_URL: local.url, LINK_SECRET });
  const malformed = (id: string): LogRecord => ({
    createdAt: Date.now() - 60_000,
    appearsAt: 0,
    body: { id, created_at: 'never', name: HOSTILE },
  });
  beforeAll(async () => {
    local = await startLocalTocsin();
    local.upstream.append(...Array.from({ length: 60 }, (_, i) => malformed(`bad-${i}`)));
    await local.tick();
  });
  afterAll(() => local.stop());

  it('lists in pages, and shows by id or the beginning of a key', async () => {
    const { code, out } = await tocsin('quarantine list');
    const lines = out.trimEnd().split('\n');
    expect([code, lines.length]).toEqual([0, 51]);
    const next = /^Next page: --before (\S+)$/.exec(lines.at(-1) ?? '')?.[1];
    expect((await tocsin(`quarantine list --before ${next}`)).out.trimEnd().split('\n')).toHaveLength(10);
    const key = lines[0]?.slice(0, 20) ?? '';
    for (const name of ['bad-3', key]) {
      const shown = await tocsin(`quarantine show ${name}`);
      expect(shown.code).toBe(0);
      expect(shown.out).toContain('Reason       unreadable created_at\n');
      expect(shown.out).toContain('"name": "<script>\\u001b]0;b\\u0007\\u009b31m\\r\\nc\\u202ed"\n');
    }
    expect(JSON.parse((await tocsin('quarantine list --json')).out).records).toHaveLength(50);
    expect((await tocsin('status')).out).toContain('60 in quarantine');
  });

  it.each([
    ['quarantine', 'list, show, release or drop is missing'],
    ['quarantine eat', 'unknown action "eat": use list, show, release or drop'],
    ['quarantine show', 'the id of a record is missing'],
    ['quarantine show a b', 'only one record at a time'],
    ['quarantine list a', 'list takes no id'],
    ['quarantine release', 'the id of a record is missing, or --all'],
    ['quarantine release a --all', 'give ids or --all, not both'],
    ['quarantine drop --all', 'add --yes'],
    ['quarantine show a --all', '--all is not for quarantine show'],
    ['quarantine release a --before x', '--before is not for quarantine release'],
  ])('"%s" is a wrong call: nothing is done', async (args, problem) => {
    expect(await tocsin(args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(problem) });
  });

  it('what does not exist is reported, with what to do', async () => {
    expect(await tocsin('quarantine show none')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/none is not in quarantine: .*\n.*quarantine list/),
    });
    for (const action of ['release', 'drop']) {
      expect(await tocsin(`quarantine ${action} none`)).toMatchObject({
        code: 1,
        out: expect.stringMatching(
          /none is not in quarantine: .*\n(?:.*\n)*List them: npm run tocsin -- quarantine list\n$/,
        ),
      });
    }
    expect(await tocsin('quarantine list --before x')).toMatchObject({
      code: 1,
      err: expect.stringContaining('`before` must be a `next` of this list'),
    });
  });

  it('refuses what is still malformed, with the problem, and goes on with the others', async () => {
    // From before what is read again, so that no tick records it.
    const right = entryAt(Date.now() - 20 * 60_000, 'bad-x', { action: 'api_key.deleted', status_code: 204 });
    local.upstream.append(malformed('bad-x'));
    await local.tick();
    local.upstream.append({ ...right, appearsAt: 0 });
    const { code, out } = await tocsin('quarantine release bad-2 bad-x');
    expect(code).toBe(1);
    expect(out).toContain("bad-2: NOT RELEASED, it can't be recorded: unreadable created_at\n");
    expect(out).toMatch(/^bad-x: recorded; it opened MEDIUM API key deleted \(alert \d+\)$/m);
    expect(out).toContain('Released: 1 record. Not released: 1 record.\n');
    expect(local.store.all("SELECT 1 FROM entries WHERE id = 'bad-x'")).toHaveLength(1);
    expect((await tocsin('quarantine show bad-2')).code).toBe(0);
    expect(await tocsin('quarantine release bad-x')).toMatchObject({ code: 1 });
    expect(local.store.all("SELECT 1 FROM entries WHERE id = 'bad-x'")).toHaveLength(1);
  });

  it('drops one, then all; then there is nothing, and that is well', async () => {
    expect(await tocsin('quarantine drop bad-5')).toMatchObject({ code: 0, out: 'Dropped: 1 record.\n' });
    expect((await tocsin('quarantine show bad-5')).code).toBe(1);
    const released = JSON.parse((await tocsin('quarantine release --all --json')).out).released;
    expect(released).toHaveLength(59);
    expect(await tocsin('quarantine drop --all --yes')).toMatchObject({ code: 0, out: 'Dropped: 59 records.\n' });
    for (const args of ['list', 'release --all', 'drop --all --yes']) {
      expect(await tocsin(`quarantine ${args}`)).toMatchObject({ code: 0, out: 'Nothing is in quarantine.\n' });
    }
    await local.tick();
    // What was released and is malformed again is there again; what was dropped is not.
    expect((await tocsin('quarantine list')).out).toMatch(
      /^invalid:\S+ {2}[^\n]* bad-x: unreadable created_at; recorded since\n$/,
    );
  });
});
