/** The simulated KV: eventually consistent, sometimes lost, ahead, or refusing. */
import type { Dice } from './random.ts';
import type { World } from './world.ts';

export interface KvFaults {
  /** How old a read may be, in ms. */
  readonly staleMs: number;
  /** Per read: nothing is found. */
  readonly lost: number;
  /** Per write. */
  readonly refused: number;
}

export interface SimulatedKv {
  faults: KvFaults;
  read(keys: readonly string[]): Map<string, string | null>;
  write(key: string, value: string): void;
  /** What the last write left. */
  latest(key: string): string | null;
}

export function createKv(world: World, dice: Dice): SimulatedKv {
  const written = new Map<string, { at: number; value: string }[]>();
  const kv: SimulatedKv = {
    faults: { staleMs: 0, lost: 0, refused: 0 },
    read: (keys) => {
      if (dice.chance(kv.faults.lost)) {
        world.hit('kv: lost');
        return new Map(keys.map((key) => [key, null]));
      }
      const age = dice.between(0, kv.faults.staleMs);
      if (age > 1000) world.hit('kv: stale');
      return new Map(
        keys.map((key) => [key, written.get(key)?.findLast(({ at }) => at <= world.now() - age)?.value ?? null]),
      );
    },
    write: (key, value) => {
      if (dice.chance(kv.faults.refused)) {
        world.hit('kv: refused');
        throw new Error('KV refused: 429');
      }
      const list = written.get(key) ?? [];
      list.push({ at: world.now(), value });
      written.set(key, list);
    },
    latest: (key) => written.get(key)?.at(-1)?.value ?? null,
  };
  return kv;
}
