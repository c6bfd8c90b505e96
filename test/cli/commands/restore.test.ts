/** `npm run tocsin -- restore`: its words, and against the real app with a stand-in for Cloudflare's history of the storage. */
import { afterEach, describe, expect, it } from 'vitest';
import { type RestoreAnswer, restoreLines } from '../../../src/cli/commands/restore.ts';
import type { Recovery } from '../../../src/ledger/restore.ts';
import type { Store } from '../../../src/ledger/store/store.ts';
import { type CopiedTables, copyTables, putTables } from '../../support/copied-tables.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../local-tocsin.ts';
import { runTocsin } from '../run-command.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const PLAN: RestoreAnswer['plan'] = {
  to: Date.UTC(2026, 0, 31, 9, 30),
  entries: 1234,
  alertsOpened: 12,
  alertsChanged: 3,
  delivered: 11,
  deliveredFromBefore: 2,
  undelivered: 1,
};
const ORDER = { isUndo: false, suppress: false, origin: 'https://tocsin.example', now: NOW };

function lines(outcome: RestoreAnswer['outcome'], order: Partial<typeof ORDER> = {}, plan = {}): string {
  return restoreLines({ outcome, plan: { ...PLAN, ...plan } }, { ...ORDER, ...order }).join('\n');
}

describe('the answer for people', () => {
  const cases: readonly (readonly [
    sentence: string,
    text: string,
    has: readonly string[],
    hasNot: readonly string[],
  ])[] = [
    [
      'of a plan says first that nothing was done, and in UTC what would be',
      lines('planned'),
      [
        'NOTHING WAS DONE. This would take the ledger of https://tocsin.example back to 2026-01-31 09:30:00 UTC, 2h30m ago.',
        'about 1,234 recorded since: read again',
        'about 12 opened since: forgotten, and opened again',
        'about 3 from before with matches since',
        'about 11 about alerts delivered since: sent again where their alerts open again, unless with --suppress',
        'about 1 about alerts enqueued since, and not delivered: sent again',
        'about 2 from before, delivered since: sent once more, even with --suppress',
        'npm run tocsin -- restore --at 2026-01-31T09:30:00.000Z --yes',
        'To undo it, for 30 days: npm run tocsin -- restore --undo --yes --url ',
      ],
      ['Restored'],
    ],
    [
      'of a plan with --suppress says which messages are never sent',
      lines('planned', { suppress: true }),
      [
        'about 11 about alerts delivered since: not sent again, as --suppress asks',
        'about 1 about alerts enqueued since, and not delivered: not sent again',
        '--at 2026-01-31T09:30:00.000Z --suppress --yes',
      ],
      ['where their alerts open again'],
    ],
    [
      'of a planned undo repeats the undo',
      lines('planned', { isUndo: true }),
      ['restore --undo --yes --url '],
      ['--at'],
    ],
    [
      'says where not all was counted',
      lines('planned', {}, { delivered: 10_001 }),
      ['  more than 10,000 about alerts delivered since'],
      [],
    ],
    [
      'of a restore says what follows, and how to undo it',
      lines('restored'),
      [
        'Restored: the ledger is as it was on 2026-01-31 09:30:00 UTC',
        'The next tick begins to read again what is missing.',
        'To undo it, for 30 days: npm run tocsin -- restore --undo --yes --url ',
      ],
      ['NOTHING WAS DONE', 'To do it'],
    ],
    [
      'of a restore that is not confirmed says how to find out',
      lines('unconfirmed'),
      ['UNCONFIRMED', 'npm run tocsin -- status', 'ask again'],
      ['NOTHING WAS DONE', 'Restored: '],
    ],
  ];
  it.each(cases)('%s', (_, text, has, hasNot) => {
    for (const part of has) expect(text).toContain(part);
    for (const part of hasNot) expect(text).not.toContain(part);
  });
});

/** A store's history, one copy per call. */
function historyOf(store: Store): Recovery {
  const kept: CopiedTables[] = [copyTables(store)];
  const keep = async () => `${kept.push(copyTables(store)) - 1}`;
  return {
    current: keep,
    bookmarkFor: keep,
    restoreAt: async (bookmark) => {
      const found = kept[Number(bookmark)];
      if (found !== undefined) store.transaction(() => putTables(store, found));
    },
    abort: () => undefined,
  };
}

describe('against a ledger', () => {
  let local: LocalTocsin | null = null;
  afterEach(() => local?.stop());

  const start = async (recoveryOf?: (store: Store) => Recovery) => {
    local = await startLocalTocsin({}, recoveryOf);
    // The ledger has begun just now, and a restore goes back at least a minute.
    const began = Date.now() - 3_600_000;
    local.store.run("UPDATE state SET value = json_set(value, '$.startedAt', ?)", began);
    const { url } = local;
    return (args: string) => runTocsin(args.split(' '), { TOCSIN_URL: url, LINK_SECRET });
  };

  it('plans, restores and undoes, with exit code 0', async () => {
    const tocsin = await start(historyOf);
    const planned = await tocsin('restore --at 2m');
    expect(planned).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^NOTHING WAS DONE\./) });
    expect(local?.kv.has('rewind')).toBe(false);

    const restored = await tocsin('restore --at 2m --yes');
    expect(restored).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^Restored: the ledger is as it was /),
    });
    expect((await tocsin('status')).out).toMatch(
      /^Restored +to .* UTC, .* ago; to undo it: npm run tocsin -- restore --undo --yes$/m,
    );

    // The event from before it went back went with the rest.
    expect(local?.store.all('SELECT act, who, detail FROM security_log')).toEqual([
      { act: 'restore', who: 'operator secret', detail: expect.stringMatching(/^to .* UTC, /) },
    ]);

    expect((await tocsin('restore --undo')).out).toMatch(/^NOTHING WAS DONE\./);
    expect((await tocsin('restore --undo --yes')).out).toMatch(/^Restored: /);
  });

  it('prints the answer as JSON on one line', async () => {
    const tocsin = await start(historyOf);
    const { code, out } = await tocsin('restore --at 2m --json');
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(2);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'planned',
      plan: { entries: expect.any(Number), alertsOpened: 1, undelivered: 1, undo: expect.any(String) },
    });
  });

  it.each([
    ['a time from before the ledger began', 'restore --at 2h', 'the time is before this ledger began'],
    ['an undo without a restore', 'restore --undo --yes', 'the ledger was not restored'],
  ])('refuses %s with exit code 1', async (_, args, problem) => {
    const tocsin = await start(historyOf);
    const { code, out, err } = await tocsin(args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(problem);
    expect(err).toContain('Nothing was done.');
  });

  it('says clearly that there is nothing to restore from on a machine of your own', async () => {
    const tocsin = await start();
    for (const args of ['restore --at 2m', 'restore --at 2m --yes --json']) {
      expect(await tocsin(args)).toEqual({
        code: 1,
        out: '',
        err: `${local?.url} answered 422: point-in-time recovery is not available here: only a Worker on Cloudflare has it, not one on your machine\nNothing was done.\n`,
      });
    }
    expect(local?.kv.has('rewind')).toBe(false);
  });

  it('exits with 1 where the ledger does not confirm it', async () => {
    const tocsin = await start((store) => ({ ...historyOf(store), restoreAt: async () => undefined }));
    expect(await tocsin('restore --at 2m --yes')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^UNCONFIRMED: /),
    });
  });
});
