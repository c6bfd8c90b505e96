/**
 * The simulated operator of the quarantine: now and then releases what is there, or drops it. Each call may crash, fail, be
 * slow, get no answer or be made twice, like any other.
 */
import type { FreshRecord, Released } from '../../src/ledger/rpc.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { SimulatedObject } from './object.ts';
import type { Dice } from './random.ts';
import type { Upstream } from './upstream.ts';
import type { World } from './world.ts';

export interface OperatorOptions {
  readonly world: World;
  readonly dice: Dice;
  readonly upstream: Upstream;
  readonly disk: Store;
  readonly object: SimulatedObject;
  readonly ourClock: () => number;
  /** An entry was shown to us at this time, by our clock. */
  readonly shown: (id: string, at: number) => void;
}

export interface Operator {
  /** How many records were taken out of quarantine. */
  readonly released: number;
  /** What a release said and did not do, as sentences. */
  readonly problems: readonly string[];
  /** Goes through all that is in quarantine. */
  act(): Promise<void>;
}

export function createOperator(options: OperatorOptions): Operator {
  const { world, dice, upstream, disk, object, ourClock, shown } = options;
  let released = 0;
  const problems: string[] = [];
  const isThere = (key: string): boolean => disk.all('SELECT 1 FROM quarantine WHERE key = ?', key).length > 0;
  const release = (key: string, fresh: FreshRecord | null): Promise<Released> =>
    object.call('operator: release', async (host) => {
      const before = isThere(key);
      const releasing = host.release(key, fresh);
      // The ledger is done by now, whatever becomes of the alarm and of the answer.
      if (before && !isThere(key)) released++;
      const isStill = isThere(key);
      const result = await releasing;
      world.hit(`released: ${result.kind}`);
      if (isStill && (result.kind === 'recorded' || result.kind === 'known'))
        problems.push(`${key} was released (${result.kind}) and is still in quarantine`);
      return result;
    });
  const settle = async (key: string): Promise<void> => {
    if (dice.chance(0.1)) {
      await object.call('operator: drop', (host) => host.drop([key]));
      return;
    }
    const first = await release(key, null);
    if (first.kind !== 'ask' || upstream.down !== null) return;
    const body = upstream.show(first.id);
    const readAt = ourClock();
    if (body !== null) shown(first.id, readAt);
    await release(key, { text: body === null ? null : JSON.stringify(body), readAt });
  };
  return {
    problems,
    get released() {
      return released;
    },
    act: async () => {
      const rows = disk.all<{ key: string }>("SELECT key FROM quarantine WHERE state = 'quarantined' ORDER BY key");
      for (const { key } of rows) await settle(key).catch(() => {});
    },
  };
}
