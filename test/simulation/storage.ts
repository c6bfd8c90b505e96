/**
 * The simulated storage: a database that refuses writes now and then, for hours, or those of one table; that is full; that
 * fails at one entry; and that keeps what was evicted, for the comparison.
 */
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import type { Store, Value } from '../../src/ledger/store/store.ts';
import type { Dice } from './random.ts';
import { Lost, type World } from './world.ts';

/** An entry whose text has this crashes the storage. */
export const POISON = 'the storage fails at this entry';

/** What recording an entry writes; '' is anything. */
export const WRITES = [
  '',
  'INTO entries',
  'INTO batches',
  'INTO windows',
  'INTO alerts',
  'INTO matches',
  'INTO deliveries',
  'INTO staging',
] as const;

/** The tables that eviction leaves nothing of, and where their rows go. */
const KEPT = { entries: 'kept_entries', batches: 'kept_batches' } as const;

/** All entries that were ever recorded; `evicted_after`: the number of the last entry when one was evicted. */
export const ALL_ENTRIES = `SELECT *, NULL AS evicted_after FROM entries UNION ALL SELECT * FROM ${KEPT.entries} ORDER BY seq`;
export const ALL_BATCHES = `SELECT *, NULL AS evicted_after FROM batches UNION ALL SELECT * FROM ${KEPT.batches} ORDER BY first_seq`;

export interface SimulatedStorage {
  /** What the ledger has. */
  readonly store: Store;
  /** The same without faults. */
  readonly disk: Store & { close(): void };
  /** Per write: it fails. */
  fails: number;
  /** Writes with this part fail, at this rate. */
  refused: { readonly part: string; readonly rate: number } | null;
  /** Takes so many pages more; null: any number. */
  limit(pages: number | null): void;
  /** Keeps what will be evicted. The ledger's tables are there. */
  keepEvicted(): void;
  /** Runs `work` without faults. */
  calmly<T>(work: () => T): T;
}

export function createStorage(world: World, dice: Dice): SimulatedStorage {
  const disk = nodeStore();
  let isCalm = false;
  const check = (sql: string, binds: readonly Value[]): void => {
    if (isCalm) return;
    const { refused, fails } = storage;
    const isRefused = refused !== null && sql.includes(refused.part) && dice.chance(refused.rate);
    if (isRefused || dice.chance(fails)) {
      world.hit(isRefused ? `storage: refused ${refused?.part || 'some'}` : 'storage: failed');
      throw new Lost('the storage failed');
    }
    const isPoison = /INTO (entries|staging)/.test(sql) && binds.some((bind) => String(bind).includes(POISON));
    if (isPoison) {
      world.hit('storage: failed at one entry');
      throw new Lost('the storage failed at an entry');
    }
  };
  const full = (error: unknown): never => {
    if (String(error).includes('full')) world.hit('storage: full');
    throw error;
  };
  const storage: SimulatedStorage = {
    disk,
    fails: 0,
    refused: null,
    limit: (pages) => {
      const [size] = disk.all<{ page_count: number }>('PRAGMA page_count');
      const most = pages === null ? 1_000_000 : (size?.page_count ?? 0) + pages;
      disk.all(`PRAGMA max_page_count = ${most}`);
    },
    keepEvicted: () => {
      for (const [table, kept] of Object.entries(KEPT)) {
        disk.run(`CREATE TEMP TABLE IF NOT EXISTS ${kept} AS SELECT *, 0 AS evicted_after FROM ${table} WHERE false`);
        const columns = disk.all<{ name: string }>(`PRAGMA table_info(${table})`).map(({ name }) => `OLD.${name}`);
        disk.run(
          `CREATE TEMP TRIGGER IF NOT EXISTS ${kept}_from BEFORE DELETE ON main.${table} BEGIN INSERT INTO ${kept}
           SELECT ${columns.join(', ')}, value ->> '$.lastSeq' FROM state; END`,
        );
      }
    },
    calmly: (work) => {
      isCalm = true;
      try {
        return work();
      } finally {
        isCalm = false;
      }
    },
    store: {
      ...disk,
      run: (sql, ...binds) => {
        check(sql, binds);
        try {
          disk.run(sql, ...binds);
        } catch (error) {
          full(error);
        }
      },
    },
  };
  return storage;
}
