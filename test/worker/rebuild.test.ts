/** Rules that changed, in workerd: the first tick after a deploy begins their pass, the alarm goes on with it, and it ends. */
import { describe, expect, it } from 'vitest';
import type { Pass } from '../../src/ledger/store/passes.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { entryAt } from '../sandbox/odd.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { createWorld, MINUTE, sleep, type World } from './world.ts';

const CORRELATIONS = ruleSet.rules.filter((rule) => rule.kind === 'correlation');
const ENTRIES = 4_500;

/** Refusals within the last minutes, by several keys. */
function refusals(): LogRecord[] {
  const from = Date.now() - 4 * MINUTE;
  const fields = (i: number) => ({
    actor: { id: `key-${i % 7}`, type: 'api_key', name: 'exporter' },
    ...{ client_ip: `192.0.2.${i % 3}`, status_code: 403 },
  });
  return Array.from({ length: ENTRIES }, (_, i) =>
    entryAt(from + i * 20, `r-${String(i).padStart(5, '0')}`, fields(i)),
  );
}

const passes = async (world: World): Promise<Pass[]> =>
  (await world.sql<{ value: string }>('SELECT value FROM passes ORDER BY id')).map(({ value }) => JSON.parse(value));
/** By rule and group. When a window drops what its condition does not need depends on the size of batches. */
const windows = async (world: World) =>
  new Map(
    (
      await world.sql<{ rule: string; key: string; text: string }>(
        'SELECT rule, key, text FROM windows WHERE rule NOT GLOB ?',
        '*\n*',
      )
    ).map(({ rule, key, text }) => [`${rule} ${key}`, text.length < 200 ? text : 'long']),
  );
/** As after a deploy in which each rule means something else. */
const change = (world: World) =>
  world.editState(({ evaluated, ...state }) => ({
    ...state,
    ...(evaluated && { evaluated: { ...evaluated, version: 'before', rules: {} } }),
  }));

async function untilOver(world: World): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if ((await world.state()).evaluated?.passes.length === 0) return;
    await sleep(50);
  }
  throw new Error(`passes are not over: ${JSON.stringify(await passes(world))}`);
}

describe('a ledger whose rules changed', () => {
  it('has the same windows again, after steps of the alarm', { timeout: 120_000 }, async () => {
    const world = await createWorld({ dialect: 'sorted' });
    await world.append(refusals());
    await world.untilEnded({ requests: 100 });
    expect((await world.state()).lastSeq).toBeGreaterThanOrEqual(ENTRIES);
    const before = await windows(world);
    expect(before.size).toBeGreaterThan(5);
    const alerts = await world.sql('SELECT id, rule, count FROM alerts ORDER BY id');

    await change(world);
    await world.evict();
    await world.tick();
    const begun = await passes(world);
    expect(begun.length).toBeGreaterThan(0);
    await untilOver(world);

    const after = await passes(world);
    expect(after.every(({ outcome, skipped }) => outcome === 'done' && skipped === 0)).toBe(true);
    // More than one step has.
    expect(Math.max(...after.map(({ entries }) => entries))).toBeGreaterThanOrEqual(ENTRIES);
    expect(new Set(after.flatMap(({ rules }) => Object.keys(rules)))).toEqual(
      new Set(CORRELATIONS.map(({ id }) => id)),
    );
    const again = await windows(world);
    for (const [place, text] of before) expect([place, again.get(place)]).toEqual([place, text]);
    // What was evaluated before the deploy opens no alert and counts nowhere.
    expect(await world.sql('SELECT id, rule, count FROM alerts ORDER BY id')).toEqual(alerts);
    expect((await world.status()).passes).toEqual([]);
    // What steps read and write is counted, and far from a day's.
    const { spent } = (await world.state()).evaluated ?? {};
    expect(spent?.read).toBeGreaterThan(ENTRIES);
    expect(spent?.read).toBeLessThan(40 * ENTRIES);
    expect(spent?.written).toBeLessThan(ENTRIES);
  });

  it('goes on where the object died between two steps, and where the alarm was lost', {
    timeout: 120_000,
  }, async () => {
    const world = await createWorld({ dialect: 'sorted' });
    await world.append(refusals());
    await world.untilEnded({ requests: 100 });
    const before = await windows(world);
    await change(world);
    await world.evict();
    await world.tick();
    await world.abort();
    await world.deleteAlarm();
    await world.tick();
    await untilOver(world);
    const again = await windows(world);
    for (const [place, text] of before) expect([place, again.get(place)]).toEqual([place, text]);
  });
});

it('a backfill runs in steps of the alarm, beside the watch', { timeout: 120_000 }, async () => {
  const world = await createWorld({ dialect: 'sorted' });
  await world.append(refusals());
  await world.untilEnded({ requests: 100 });
  const opened = await world.sql<{ rule: string; count: number }>('SELECT rule, count FROM alerts ORDER BY rule, key');
  const [first] = opened;
  expect(first).toBeDefined();
  const rule = first?.rule ?? '';
  await world.editState((state) => {
    const { evaluated } = state;
    const of = evaluated?.rules[rule];
    if (evaluated === undefined || of === undefined) throw new Error('nothing evaluated it');
    return {
      ...state,
      evaluated: { ...evaluated, rules: { ...evaluated.rules, [rule]: { ...of, after: state.lastSeq } } },
    };
  });
  for (const table of ['alerts', 'matches', 'deliveries', 'groups']) await world.sql(`DELETE FROM ${table}`);
  await world.evict();
  const begun = await world.stub.backfill({ rule, since: Date.now() - 60 * MINUTE, notify: false, who: 'ada' });
  expect(begun).toMatchObject({ kind: 'begun', passes: [{ kind: 'backfill' }] });
  await untilOver(world);
  expect(await passes(world)).toMatchObject([{ outcome: 'done' }]);
  const due = opened.filter((each) => each.rule === rule);
  const got = await world.sql('SELECT rule, count, backfilled FROM alerts ORDER BY rule, key');
  expect(got).toEqual(due.map((each) => ({ ...each, backfilled: 1 })));
  expect(await world.sql('SELECT 1 FROM deliveries WHERE health IS NULL')).toEqual([]);
});
