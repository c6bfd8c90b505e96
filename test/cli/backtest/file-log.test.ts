import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileLog } from '../../../src/cli/backtest/file-log.ts';
import { Failure } from '../../../src/cli/failure.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const body = (n: number, more: object = {}) => ({
  id: `e${n}`,
  created_at: new Date(Date.UTC(2026, 0, 5, 12, n)).toISOString(),
  ...more,
});
const line = (seq: number, more: object = {}) => ({
  seq,
  revision: 0,
  occurredAt: 0,
  read: null,
  entry: body(seq),
  ...more,
});

async function read(text: string) {
  const path = join(folder, 'log');
  writeFileSync(path, text);
  const log = await readFileLog(path);
  const ids: string[] = [];
  const progress = [log.done()];
  for await (const some of log.entries) {
    ids.push(...some.map(({ id }) => id));
    progress.push(log.done());
  }
  expect(progress).toEqual(progress.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  return {
    ids,
    acts: log.acts,
    done: Math.round((log.done() ?? 0) * 1_000) / 1_000,
    notes: log.notes().map((note) => note.replaceAll(path, 'LOG')),
  };
}
const ndjson = (...values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

describe("lines of Tocsin's export", () => {
  it('are entries in their order', async () => {
    const read2 = await read(ndjson(line(1), line(2), line(7)));
    expect(read2).toEqual({ ids: ['e1', 'e2', 'e7'], acts: [], done: 1, notes: [] });
  });

  it('begin with what people did', async () => {
    const act = {
      seq: 1,
      at: 5,
      act: 'resolve',
      who: 'Ada',
      via: 'api',
      detail: null,
      rule: 'r',
      key: '{}',
      firstAt: 1,
    };
    const { ids, acts } = await read(ndjson({ act }, { act }, line(1), line(2)));
    expect([ids, acts]).toEqual([
      ['e1', 'e2'],
      [act, act],
    ]);
  });

  it('count once where an export was appended to another', async () => {
    const { ids, notes } = await read(ndjson(line(1), line(2), line(3), line(2), line(3), line(4)));
    expect([ids, notes]).toEqual([['e1', 'e2', 'e3', 'e4'], ["2 entries are left out: their numbers don't rise."]]);
  });

  it('that can’t be read are counted', async () => {
    const { ids, notes } = await read(
      `${ndjson(line(1), line(2, { entry: null }))}{"seq":3\n${ndjson(line(4), body(5))}`,
    );
    expect([ids, notes]).toEqual([['e1', 'e4'], ["3 records can't be read. The first: LOG:3: not JSON."]]);
  });
});

describe("what the audit log's API has", () => {
  const sorted = ['e1', 'e2', 'e3'];

  it.each([
    ['a line each', ndjson(body(1), body(2), body(3))],
    ['newest first', ndjson(body(3), body(2), body(1))],
    ['pages, a line each', ndjson({ items: [body(3), body(2)] }, { items: [body(1)], pagination: null })],
    ['a page over lines', JSON.stringify({ items: [body(3), body(1), body(2)] }, null, 2)],
    ['a list', JSON.stringify([body(2), body(3), body(1)])],
    ['pages that overlap', ndjson({ items: [body(1), body(2)] }, { items: [body(2), body(3)] })],
  ])('is sorted by time: %s', async (name, text) => {
    const { ids, notes, done } = await read(text);
    expect([ids, done]).toEqual([sorted, 1]);
    expect(notes).toEqual(name.includes('overlap') ? ['1 entry is left out: their ids had come before.'] : []);
  });

  it('of which some can’t be read, has the rest', async () => {
    const { ids, notes } = await read(ndjson(body(2), { id: 'x' }, { items: [7, body(1)] }, line(3)));
    expect([ids, notes]).toEqual([['e1', 'e2'], ["3 records can't be read. The first: LOG:2: no created_at."]]);
  });

  it('is as much as there is, in flat memory', async () => {
    const { ids } = await read(ndjson(...Array.from({ length: 5_000 }, (_, i) => body(5_000 - i))));
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([5_000, 'e1', 'e5000']);
  });
});

describe('what is no log is refused', () => {
  it.each([
    ['', 'LOG has no entries'],
    ['\n\n', 'LOG has no entries'],
    ['{"items": []}', 'LOG has no entries'],
    ['hello', 'no entry in LOG can be read: LOG:1: not JSON'],
    ['{"title": "a rule"}', 'no entry in LOG can be read: LOG:1: no id'],
  ])('%j', async (text, problem) => {
    const failure = await read(text).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).message.replaceAll(join(folder, 'log'), 'LOG')).toBe(problem);
  });

  it('a file that is not there, and a folder', async () => {
    await expect(readFileLog(join(folder, 'none'))).rejects.toThrow(/none can't be read: ENOENT/);
    await expect(readFileLog(folder)).rejects.toThrow(/can't be read: EISDIR/);
  });
});
