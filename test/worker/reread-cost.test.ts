/**
 * What reading again costs in workerd, counted: the hourly probe, and the re-read of the last day. Requests to the
 * upstream, calls of the ledger, and the rows that it reads and writes.
 */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it, vi } from 'vitest';
import type { Ledger } from '../../src/ledger/durable.ts';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, DIALECTS, HOUR, MINUTE, type World } from './world.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Of a page of 100 known entries. */
const PAGE_ROWS_READ = 500;

/** Counts the rows that are read from now on. */
async function countReads(world: World): Promise<() => number> {
  const cursors: { readonly rowsRead: number }[] = [];
  await runInDurableObject(world.stub, (_: Ledger, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    storage.sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
      const cursor = exec(query, ...binds);
      cursors.push(cursor);
      return cursor;
    }) as typeof storage.sql.exec;
  });
  return () => cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
}

describe.each(DIALECTS)('%s', (dialect) => {
  it('an hour costs one probe, and half a day its pages once', async () => {
    const world = await createWorld({ dialect });
    const now = Date.now();
    // A thousand entries in an hour: ten pages.
    await world.append(Array.from({ length: 1_000 }, (_, i) => entryAt(now - HOUR + 10_000 + i * 3_500, `e-${i}`)));
    await world.untilEnded();
    await world.tick();
    await world.countRows();
    const rowsRead = await countReads(world);

    await world.advance(30 * MINUTE);
    const quiet = await spent(world, rowsRead);
    expect(quiet).toMatchObject({ requests: 1, begin: 1, record: 1, kvPut: 0, reread: 0 });

    await world.advance(30 * MINUTE);
    const probe = await spent(world, rowsRead);
    // Oldest first, the last hour is read from its resume cursor, which is the end of the log.
    expect(probe).toMatchObject({ requests: 2, begin: 1, record: 2, kvPut: 0, reread: 1, recorded: 0 });
    // The state, with the checkpoint.
    expect(probe.rows).toBeLessThanOrEqual(2);
    // Each entry of the page is looked up by its id and compared.
    expect(probe.rowsRead - quiet.rowsRead).toBeLessThanOrEqual(PAGE_ROWS_READ);

    await world.advance(11 * HOUR);
    const total = { requests: 0, rows: 0, rowsRead: 0, reread: 0, ticks: 0 };
    for (; total.ticks < 14; total.ticks++) {
      const tick = await spent(world, rowsRead);
      expect(tick).toMatchObject({ kvPut: 0, begin: 1, recorded: 0 });
      expect(tick.requests).toBeLessThanOrEqual(11);
      total.requests += tick.requests;
      total.rows += tick.rows;
      total.rowsRead += tick.rowsRead;
      total.reread += tick.reread;
      await world.advance(30 * MINUTE);
    }
    expect(total.requests).toBe(total.ticks + total.reread);
    // Its pages, the probes of seven hours. Oldest first, nothing is re-read from before the first resume cursor.
    expect(total.reread).toBeLessThanOrEqual(11 + 8);
    if (dialect !== 'oldest-first') expect(total.reread).toBeGreaterThanOrEqual(10 + 7);
    expect((await world.status()).lateness).toMatchObject({ seen: null, again: null, problem: null });
    expect((await world.status()).lateness.rereadAt).not.toBeNull();
    // A row for each tick, since they are half an hour apart, and one for each that reads again.
    expect(total.rows).toBeLessThanOrEqual(2 * total.ticks);
    expect(total.rowsRead).toBeLessThanOrEqual(total.ticks * (quiet.rowsRead + 20) + total.reread * PAGE_ROWS_READ);
  });
});

/** What one tick costs. */
async function spent(world: World, rowsRead: () => number) {
  const before = { ...world.costs, rowsRead: rowsRead() };
  const { reread, recorded, stopped } = await world.tick();
  expect(stopped).toBe('scan ended');
  const { requests, begin, record, kvPut, rows } = world.costs;
  return {
    ...{ reread, recorded, requests: requests - before.requests, begin: begin - before.begin },
    ...{ record: record - before.record, kvPut: kvPut - before.kvPut, rows: rows - before.rows },
    rowsRead: rowsRead() - before.rowsRead,
  };
}
