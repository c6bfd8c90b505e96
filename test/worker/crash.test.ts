/** A poll, and then the ledger, stopped at every step: afterwards everything is recorded and delivered once. */
import { describe, expect, it } from 'vitest';
import type { AuditLog } from '../../src/audit-log/entry.ts';
import type { LedgerApi } from '../../src/ledger/rpc.ts';
import { type CheckpointKv, type PollDeps, poll } from '../../src/poller/poll.ts';
import { createSampleLog, expectDelivered, expectRecorded, expectRecordedAndDelivered } from './sample-log.ts';
import { createWorld, DIALECTS, MINUTE, sleep, type World } from './world.ts';

/** A fault at the poll's n-th step. */
interface Fault {
  readonly step: number;
  readonly when: 'before' | 'after';
  /** `stops`: the poll stops there. `fails`: that one call throws. */
  readonly how: 'stops' | 'fails';
}

/** The poll with that fault, and the steps it has made. */
function withFault(deps: PollDeps, fault: Fault | null) {
  const steps: string[] = [];
  const stop = Promise.withResolvers<'stopped'>();
  let stopped = false;
  const inject = (): Promise<never> => {
    if (fault?.how === 'fails') return Promise.reject(new Error('lost on the way'));
    stopped = true;
    stop.resolve('stopped');
    return new Promise(() => {});
  };
  const step = <A extends unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (stopped) return new Promise(() => {});
      const here = steps.push(name);
      if (here === fault?.step && fault.when === 'before') return inject();
      const result = await call(...args);
      return here === fault?.step && fault.when === 'after' ? inject() : result;
    };
  };
  const kv: CheckpointKv = { get: step('kv.get', deps.kv.get), put: step('kv.put', deps.kv.put) };
  const ledger: LedgerApi = {
    begin: step('begin', deps.ledger.begin),
    record: step('record', deps.ledger.record),
    flush: step('flush', deps.ledger.flush),
    quarantineCandidate: step('quarantineCandidate', deps.ledger.quarantineCandidate),
    recordFailedTick: step('recordFailedTick', deps.ledger.recordFailedTick),
    canRecord: step('canRecord', deps.ledger.canRecord),
  };
  const auditLog: AuditLog = {
    get requests() {
      return deps.auditLog.requests;
    },
    list: step('list', (query) => deps.auditLog.list(query)),
  };
  const done = (changed: PollDeps): Promise<unknown> => Promise.race([poll(changed).catch((e) => e), stop.promise]);
  return { steps, run: () => done({ ...deps, kv, ledger, auditLog }) };
}

async function withSample(dialect: (typeof DIALECTS)[number]) {
  const world = await createWorld({ dialect });
  const sample = createSampleLog(Date.now());
  await world.append(sample.records);
  return { world, sample };
}

async function recover(world: World): Promise<void> {
  // Only a running ledger can be evicted.
  await world.status();
  await world.evict();
  await world.untilEnded();
  await world.poll();
}

/** Each page but the last is recorded while the next is asked for. */
const EXPECTED_STEPS: Readonly<Record<(typeof DIALECTS)[number], readonly string[]>> = {
  sorted: ['kv.get', 'begin', 'list', 'list', 'record', 'list', 'record', 'record', 'kv.put'],
  'oldest-first': ['kv.get', 'begin', 'list', 'list', 'record', 'list', 'record', 'record', 'kv.put'],
  'newest-first': [
    ...['kv.get', 'begin', 'list', 'list', 'record', 'list', 'record', 'record'],
    ...['flush', 'flush', 'flush', 'kv.put'],
  ],
};

describe.each(DIALECTS)('%s: a poll', (dialect) => {
  it('without a fault makes these steps', async () => {
    const { world, sample } = await withSample(dialect);
    const { steps, run } = withFault(world.deps(), null);
    await run();
    expect(steps).toEqual(EXPECTED_STEPS[dialect]);
    await expectRecordedAndDelivered(world, sample);
  });

  const faults = EXPECTED_STEPS[dialect].flatMap((name, index) =>
    (['stops', 'fails'] as const).flatMap((how) =>
      (['before', 'after'] as const).map((when): Fault & { name: string } => ({ name, step: index + 1, when, how })),
    ),
  );
  it.each(faults)('$how $when step $step, $name', async (fault) => {
    const { world, sample } = await withSample(dialect);
    const { steps, run } = withFault(world.deps(), fault);
    await run();
    expect(steps.length).toBeGreaterThanOrEqual(fault.step);
    await recover(world);
    await expectRecordedAndDelivered(world, sample);
  });

  it.each([1, 2, 3, 5, 8, 13, 21, 34])(
    'whose ledger is killed under it, %i ms from its beginning',
    async (ms) => {
      const { world, sample } = await withSample(dialect);
      await world.status();
      const running = world.poll().catch((error) => error);
      await sleep(ms);
      await world.abort();
      await running;
      await recover(world);
      expect((await world.status()).quarantine).toEqual([]);
      // An interrupted attempt is repeated after a minute, so its message may be sent twice.
      await world.advance(2 * MINUTE);
      await expectRecorded(world, sample);
      await expectDelivered(world, 'at least once', sample);
    },
    40_000,
  );

  it('of one page that stops at a different step each tick', async () => {
    const { world, sample } = await withSample(dialect);
    for (let n = 1; n <= 16; n++) {
      const fault: Fault = { step: 1 + ((n * 5) % 7), when: n % 2 === 0 ? 'before' : 'after', how: 'stops' };
      const { run } = withFault(world.deps({ requests: 1 }), fault);
      await run();
      await world.status();
      if (n % 3 === 0) await world.evict();
    }
    await recover(world);
    await expectRecordedAndDelivered(world, sample);
  });
});
