/** The simulated world itself: what a crash, a hang and a reset do to a process, and that its time is the world's. */
import { expect, it } from 'vitest';
import type { Host } from '../../src/ledger/host.ts';
import { createObject } from './object.ts';
import { createDice } from './random.ts';
import { createWorld, NO_STEP_FAULTS, type StepFaults } from './world.ts';

const SURE = { crash: 0, hang: 0, fail: 0, twice: 0, slow: 0 };

/** What a process that takes a step with these faults does. */
async function taken(faults: Partial<StepFaults>, seed = 1) {
  const world = createWorld(0, createDice(seed));
  const did: string[] = [];
  world.spawn(
    'a process',
    async () => {
      setTimeout(() => did.push('timer'), 10_000);
      await world.step('outside', () => void did.push('done'), { ...SURE, ...faults });
      did.push('went on');
    },
    () => did.push('ended'),
    () => did.push('failed'),
  );
  await world.run(1_000_000);
  return did;
}

it('a step is done, and the process goes on; its timers end with it', async () => {
  expect(await taken({})).toEqual(['done', 'went on', 'ended']);
});

it.each([1, 2, 3, 4, 5, 6])('a crash ends the process, timers and all, before or after the step (%i)', async (seed) => {
  expect(['', 'done']).toContain((await taken({ crash: 1 }, seed)).join());
});

it.each([1, 2, 3, 4, 5, 6])('an answer that never comes stops only who waits for it (%i)', async (seed) => {
  const did = await taken({ hang: 1 }, seed);
  expect(did).toContain('timer');
  expect(did).not.toContain('went on');
});

it.each([1, 2, 3, 4, 5, 6])('a failed step was done or not (%i)', async (seed) => {
  expect(['failed', 'done,failed']).toContain((await taken({ fail: 1 }, seed)).join());
});

it('is done twice', async () => {
  expect(await taken({ twice: 1 })).toEqual(['done', 'done', 'went on', 'ended']);
});

it('time is the world’s: timers ring in their order, whatever the machine does', async () => {
  const world = createWorld(0, createDice(1));
  const times: number[] = [];
  world.spawn('a process', async () => {
    for (const ms of [3_600_000, 1_000]) setTimeout(() => times.push(world.now()), ms);
    clearTimeout(setTimeout(() => times.push(-1), 5));
    AbortSignal.timeout(60_000).addEventListener('abort', () => times.push(world.now()));
    await new Promise(() => {});
  });
  await world.run(4_000_000);
  expect(times).toEqual([1_000, 60_000, 3_600_000]);
});

it('a reset fails the calls that are under way, and starts again', async () => {
  const world = createWorld(0, createDice(1));
  let starts = 0;
  const object = createObject({
    ...{
      world,
      dice: createDice(2),
      faults: () => NO_STEP_FAULTS,
      alarmFaults: () => ({ late: 0, twice: 0, never: 0 }),
    },
    start: () => {
      starts++;
      return {} as Host;
    },
  });
  const ended: string[] = [];
  const call = (work: () => Promise<string>) =>
    world.spawn(
      'a caller',
      () => object.call('work', work),
      (answer) => ended.push(answer),
      (error) => ended.push(String(error)),
    );
  call(() => new Promise((resolve) => setTimeout(() => resolve('late'), 60_000)));
  world.at(10_000, object.reset);
  await world.run(100_000);
  call(async () => 'answered');
  await world.run(200_000);
  expect(ended).toEqual(['Lost: the object was reset', 'answered']);
  expect(starts).toBe(2);
});
