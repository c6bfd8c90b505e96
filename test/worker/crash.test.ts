/** A poll that dies at every step, and the ledger with it: afterwards everything is recorded and told once. */
import { describe, expect, it } from 'vitest';
import type { AuditLog } from '../../src/audit-log/entry.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { type CheckpointKv, type PollDeps, poll } from '../../src/poller/poll.ts';
import { expectDelivered, expectRecorded, expectTold, story } from './story.ts';
import { createWorld, DIALECTS, MINUTE, sleep, type World } from './world.ts';

/** What the poll meets at its n-th step. */
interface Fate {
  readonly step: number;
  readonly when: 'before' | 'after';
  /** `dies`: the poll stops there. `fails`: that one call throws. */
  readonly how: 'dies' | 'fails';
}

/** The poll's outside with that fate, and the steps it has come to. */
function fated(deps: PollDeps, fate: Fate | null) {
  const steps: string[] = [];
  const death = Promise.withResolvers<'dead'>();
  let dead = false;
  const meet = (): Promise<never> => {
    if (fate?.how === 'fails') return Promise.reject(new Error('lost on the way'));
    dead = true;
    death.resolve('dead');
    return new Promise(() => {});
  };
  const step = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (dead) return new Promise(() => {});
      const here = steps.push(name);
      if (here === fate?.step && fate.when === 'before') return meet();
      const result = await call(...args);
      return here === fate?.step && fate.when === 'after' ? meet() : result;
    };
  };
  const kv: CheckpointKv = { get: step('kv.get', deps.kv.get), put: step('kv.put', deps.kv.put) };
  const ledger: LedgerApi = {
    begin: step('begin', deps.ledger.begin),
    record: step('record', deps.ledger.record),
    flush: step('flush', deps.ledger.flush),
    quarantineCandidate: step('quarantineCandidate', deps.ledger.quarantineCandidate),
    recordFailedTick: step('recordFailedTick', deps.ledger.recordFailedTick),
  };
  const auditLog: AuditLog = {
    get requests() {
      return deps.auditLog.requests;
    },
    list: step('list', (query) => deps.auditLog.list(query)),
  };
  const done = (changed: PollDeps): Promise<unknown> => Promise.race([poll(changed).catch((e) => e), death.promise]);
  return { steps, run: () => done({ ...deps, kv, ledger, auditLog }) };
}

async function withStory(dialect: (typeof DIALECTS)[number]) {
  const world = await createWorld({ dialect });
  const told = story(Date.now());
  await world.append(told.records);
  return { world, told };
}

async function recover(world: World): Promise<void> {
  // Only a ledger that lives can be evicted.
  await world.status();
  await world.evict();
  await world.untilEnded();
  await world.poll();
}

const EXPECTED_STEPS: Readonly<Record<(typeof DIALECTS)[number], readonly string[]>> = {
  sorted: ['kv.get', 'begin', 'list', 'record', 'list', 'record', 'list', 'record', 'kv.put'],
  'oldest-first': ['kv.get', 'begin', 'list', 'record', 'list', 'record', 'list', 'record', 'kv.put'],
  'newest-first': [
    ...['kv.get', 'begin', 'list', 'record', 'list', 'record', 'list', 'record'],
    ...['flush', 'flush', 'flush', 'kv.put'],
  ],
};

describe.each(DIALECTS)('%s: a poll', (dialect) => {
  it('that nothing happens to takes these steps', async () => {
    const { world, told } = await withStory(dialect);
    const { steps, run } = fated(world.deps(), null);
    await run();
    expect(steps).toEqual(EXPECTED_STEPS[dialect]);
    await expectTold(world, told);
  });

  const fates = EXPECTED_STEPS[dialect].flatMap((name, index) =>
    (['dies', 'fails'] as const).flatMap((how) =>
      (['before', 'after'] as const).map((when): Fate & { name: string } => ({ name, step: index + 1, when, how })),
    ),
  );
  it.each(fates)('$how $when step $step, $name', async (fate) => {
    const { world, told } = await withStory(dialect);
    const { steps, run } = fated(world.deps(), fate);
    await run();
    expect(steps.length).toBeGreaterThanOrEqual(fate.step);
    await recover(world);
    await expectTold(world, told);
  });

  it.each([1, 2, 3, 5, 8, 13, 21, 34])(
    'whose ledger is killed under it, %i ms from its beginning',
    async (ms) => {
      const { world, told } = await withStory(dialect);
      await world.status();
      const running = world.poll().catch((error) => error);
      await sleep(ms);
      await world.kill();
      await running;
      await recover(world);
      expect((await world.status()).quarantine).toEqual([]);
      // An attempt that was cut off is made again after its minute: what it sent is sent twice then.
      await world.advance(2 * MINUTE);
      await expectRecorded(world, told);
      await expectDelivered(world, 'at least once', told);
    },
    40_000,
  );

  it('that dies at one step after another, tick after tick, a page at a time', async () => {
    const { world, told } = await withStory(dialect);
    for (let n = 1; n <= 16; n++) {
      const fate: Fate = { step: 1 + ((n * 5) % 7), when: n % 2 === 0 ? 'before' : 'after', how: 'dies' };
      const { run } = fated(world.deps({ requests: 1 }), fate);
      await run();
      await world.status();
      if (n % 3 === 0) await world.evict();
    }
    await recover(world);
    await expectTold(world, told);
  });
});
