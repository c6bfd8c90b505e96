/** Crons that run into each other: several polls at once, and slow ones that are overtaken. */
import { describe, expect, it } from 'vitest';
import type { AuditLog, Page } from '../../src/audit-log/entry.ts';
import { expectTold, story } from './story.ts';
import { createWorld, DIALECTS, MINUTE } from './world.ts';

describe.each(DIALECTS)('%s: ticks that overlap', (dialect) => {
  it.each([2, 3, 5])('%i polls at once', async (many) => {
    const world = await createWorld({ dialect });
    const told = story(Date.now(), { size: 450 });
    await world.append(told.records);
    const polls = await Promise.all(Array.from({ length: many }, () => world.poll()));
    expect(polls.some(({ stopped }) => stopped === 'overtaken')).toBe(true);
    await world.untilEnded();
    await expectTold(world, told);
  });

  it('five polls at once, three times over, of a page each, the ledger evicted between', async () => {
    const world = await createWorld({ dialect });
    const told = story(Date.now(), { size: 450 });
    await world.append(told.records);
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 5 }, () => world.poll({ requests: 1 })));
      await world.evict();
    }
    await world.untilEnded();
    await expectTold(world, told);
  });

  it.each([1, 2, 3])('a slow one, its page %i delayed until others have done all the work', async (held) => {
    const world = await createWorld({ dialect });
    const told = story(Date.now() - MINUTE);
    await world.append(told.records);
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
    const later = story(Date.now(), { prefix: 'later', spanMs: 4 * MINUTE });
    await world.append(later.records);
    await world.untilEnded();
    await world.untilEnded();
    const before = await world.state();
    release.resolve();
    expect((await running).stopped).toBe('overtaken');
    expect((await world.state()).checkpoint).toEqual(before.checkpoint);
    await world.untilEnded();
    await expectTold(world, told, later);
  });

  it('one that read KV and the checkpoint long ago does not undo what came after', async () => {
    const world = await createWorld({ dialect });
    const told = story(Date.now(), { size: 450 });
    await world.append(told.records);
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
    await expectTold(world, told);
  });
});
