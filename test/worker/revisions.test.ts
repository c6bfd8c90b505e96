/** Two records under one id, from the upstream's answer to the pages, in workerd's own SQLite; and what comparing costs there. */
import { describe, expect, it } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, DIALECTS, MINUTE, type World } from './world.ts';

async function versions(world: World): Promise<string[]> {
  const rows = await world.sql<{ id: string; revision: number; body: string }>(
    'SELECT id, revision, body FROM entries ORDER BY seq',
  );
  return rows.map(({ id, revision, body }) => `${id} ${revision} ${JSON.parse(body).path}`).sort();
}

describe.each(DIALECTS)('%s: two records under one id', (dialect) => {
  it('in one page, and another one later: each is recorded once, however often it is read', async () => {
    const world = await createWorld({ dialect });
    const at = Date.now() - 2 * MINUTE;
    const twice = (path: string) => entryAt(at, 'twice', { path });
    await world.append([twice('/a'), twice('/b'), entryAt(at + 1, 'once', { path: '/c' })]);
    await world.untilEnded();
    expect(await versions(world)).toHaveLength(3);
    await world.append([twice('/later'), entryAt(at + 1, 'once', { path: '/c', user_agent: 'another' })]);
    for (let n = 0; n < 3; n++) {
      await world.advance(MINUTE / 2);
      await world.untilEnded();
      await world.evict();
    }
    const paths = (await versions(world)).map((each) => each.replace(/^twice \d/, 'twice'));
    expect(paths.sort()).toEqual(['once 0 /c', 'twice /a', 'twice /b', 'twice /later']);
    const { counters, healthAlerts } = await world.status();
    expect(counters).toMatchObject({ recorded: 4, revisions: 2, revisionsRefused: 0 });
    expect(healthAlerts).toMatchObject([{ kind: 'changed-entries' }]);
  });

  it('and an unchanged hour costs no row for comparing', async () => {
    const world = await createWorld({ dialect });
    const at = Date.now() - MINUTE;
    await world.append(Array.from({ length: 90 }, (_, i) => entryAt(at + i, `e-${i}`)));
    await world.append([entryAt(at, 'e-0', { path: '/other' })]);
    await world.untilEnded();
    await world.untilEnded();
    await world.delivered();
    await world.countRows();
    for (let n = 0; n < 3; n++) expect(await world.tick()).toMatchObject({ recorded: 0, known: 91 });
    expect(world.costs.rows).toBe(0);
  });
});

describe('looking up a page of known entries', () => {
  it('reads as few rows as by the id alone, where ids were unique', async () => {
    const world = await createWorld();
    const at = Date.now() - MINUTE;
    await world.append(Array.from({ length: 100 }, (_, i) => entryAt(at + i, `e-${i}`)));
    await world.untilEnded();
    await world.inStorage(({ sql }) => {
      sql.exec('CREATE TABLE by_id (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)');
      sql.exec('INSERT INTO by_id SELECT seq, id FROM entries');
    });
    const ids = JSON.stringify(Array.from({ length: 100 }, (_, i) => `e-${i}`));
    const read = (query: string): Promise<number> =>
      world.inStorage(({ sql }) => {
        const cursor = sql.exec(query, ids);
        expect(cursor.toArray()).toHaveLength(100);
        return cursor.rowsRead;
      });
    const before = await read('SELECT id FROM by_id WHERE id IN (SELECT value FROM json_each(?))');
    const reads: string[] = [];
    await world.inStorage(({ sql }) => {
      const exec = sql.exec.bind(sql);
      sql.exec = ((query: string, ...binds: SqlStorageValue[]) => {
        if (query.includes('JOIN entries ON')) reads.push(query);
        return exec(query, ...binds);
      }) as typeof sql.exec;
    });
    await world.tick();
    expect(reads).toHaveLength(1);
    expect(await read(reads[0] ?? '')).toBeLessThanOrEqual(before);
  });
});
