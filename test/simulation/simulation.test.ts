/** A thousand seeds of the simulation; that a seed replays exactly; that the list of guards fits the code. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { frozenDigest } from './digest.ts';
import { GUARDS } from './guards.ts';
import { run } from './run.ts';

const SEEDS = 1000;
const AT_ONCE = 100;

describe('the simulation', () => {
  for (let from = 1; from <= SEEDS; from += AT_ONCE) {
    it(`passes seeds ${from} to ${from + AT_ONCE - 1}`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < from + AT_ONCE; seed++) {
        const { problems, schedule, digest } = await run(seed);
        const message = `seed ${seed} (npm run sim -- --seed ${seed})\n${schedule.slice(0, 20).join('\n')}`;
        expect(problems, message).toEqual([]);
        expect(digest, `seed ${seed} decides otherwise than before (npm run sim -- --freeze, if it is meant to)`).toBe(
          frozenDigest(seed),
        );
      }
    });
  }

  it('replays a seed exactly, and no two seeds alike', async () => {
    const [once, again, other] = [await run(7), await run(7), await run(8)];
    expect(again.schedule).toEqual(once.schedule);
    expect([...again.hits]).toEqual([...once.hits]);
    expect(other.schedule).not.toEqual(once.schedule);
  });

  it('hits every kind of fault', { timeout: 120_000 }, async () => {
    const hit = new Set<string>();
    for (let seed = 2001; seed <= 2160; seed++) for (const kind of (await run(seed)).hits.keys()) hit.add(kind);
    for (const kind of KINDS) expect([...hit]).toContain(kind);
  });
});

describe('the guards', () => {
  it.each(GUARDS)('$name: stands in the code once', async ({ file, find }) => {
    const text = await readFile(resolve(import.meta.dirname, '../..', file), 'utf8');
    expect(text.split(find)).toHaveLength(2);
  });
});

const KINDS = [
  ...['kv.get', 'ledger.begin', 'list', 'ledger.record', 'alarm.get', 'alarm.set'].flatMap((step) => [
    `crash: ${step}`,
    `fail: ${step}`,
    `slow: ${step}`,
  ]),
  ...['ledger.begin', 'ledger.record', 'alarm.get', 'kv.put', 'send slack'].map((step) => `twice: ${step}`),
  ...['kv: stale', 'kv: lost', 'kv: refused', 'kv: ahead'],
  ...['alarm: late', 'alarm: twice', 'alarm: never', 'cron: skipped', 'cron: doubled'],
  ...['ledger: evicted', 'rules: changed', 'operator: rewind', 'storage: failed'],
  ...['upstream: error', 'upstream: down', 'upstream: rejected cursor', 'upstream: expired cursor'],
  ...['upstream: same cursor again', 'upstream: empty page', 'upstream: page too large'],
  ...['opened', 'updated', 'resolved', 'opened, suppressed', 'resolved, suppressed', 'contributing'].map(
    (what) => `decided: ${what}`,
  ),
  ...['ahead', 'behind', 'missing', 'stuck', 'jumping'].map((what) => `date: ${what}`),
  ...['our clock: wandered', 'slow: answer'],
  ...['INTO alerts', 'INTO batches', 'INTO windows', 'INTO matches'].map((what) => `storage: refused ${what}`),
  ...['recorded', 'known', 'ask', 'refused'].map((how) => `released: ${how}`),
  ...['poll: overtaken', 'poll: budget', 'poll: scan ended', 'poll: failed'],
  ...['poll: a page came after it was over', 'crash: ledger.record, with a page asked for', 'tail: a gap'],
];
