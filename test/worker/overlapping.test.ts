/** Overlapping ticks: several polls at once, and slow ones that others overtake. */
import { describe, expect, it } from 'vitest';
import type { AuditLog, Page } from '../../src/audit-log/entry.ts';
import { createSampleLog, expectRecordedAndDelivered } from './sample-log.ts';
import { createWorld, DIALECTS, MINUTE } from './world.ts';

describe.each(DIALECTS)('%s: ticks that overlap', (dialect) => {
  it.each([2, 3, 5])('%i polls at once', async (many) => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now(), { size: 450 });
    await world.append(sample.records);
    const polls = await Promise.all(Array.from({ length: many }, () => world.poll()));
    expect(polls.some(({ stopped }) => stopped === 'overtaken')).toBe(true);
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it('five polls of one page at once, three times, with evictions in between', async () => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now(), { size: 450 });
    await world.append(sample.records);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 5 }, () => world.poll({ requests: 1 })));
      await world.evict();
    }
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });

  it.each([1, 2, 3])('a slow one whose page %i arrives after others have done all the work', async (held) => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now() - MINUTE);
    await world.append(sample.records);
    const reached = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { auditLog } = world.deps();
    let n = 0;
    const slow: AuditLog = {
      get requests() {
        return auditLog.requests;
      },
      async list(query): Promise<Page> {
        const page = await auditLog.list(query);
        if (++n !== held) return page;
        reached.resolve();
        await release.promise;
        return page;
      },
    };
    const running = world.poll({ auditLog: slow });
    await reached.promise;
    const later = createSampleLog(Date.now(), { prefix: 'later', spanMs: 4 * MINUTE });
    await world.append(later.records);
    await world.untilEnded();
    await world.untilEnded();
    const before = await world.state();
    release.resolve();
    expect((await running).stopped).toBe('overtaken');
    expect((await world.state()).checkpoint).toEqual(before.checkpoint);
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample, later);
  });

  it('one with an old checkpoint does not undo later ones', async () => {
    const world = await createWorld({ dialect });
    const sample = createSampleLog(Date.now(), { size: 450 });
    await world.append(sample.records);
    const reached = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const { ledger } = world;
    const slow = {
      ...ledger,
      begin: async (input: Parameters<typeof ledger.begin>[0]) => {
        const begun = await ledger.begin(input);
        reached.resolve();
        await release.promise;
        return begun;
      },
    };
    const running = world.poll({ ledger: slow });
    await reached.promise;
    await world.untilEnded();
    release.resolve();
    await running;
    await world.untilEnded();
    await expectRecordedAndDelivered(world, sample);
  });
});
