import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openLines, readLines } from './lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what was appended is there after every start', () => {
  const file = join(folder, 'whole');
  expect(readLines(file)).toEqual([]);
  openLines(file).append({ n: 1 });
  const again = openLines(file);
  expect(again.lines).toEqual([{ n: 1 }]);
  again.append({ n: 2 });
  expect(readLines(file)).toEqual([{ n: 1 }, { n: 2 }]);
});

test('half a line counts for nothing, and spoils none after it', () => {
  const file = join(folder, 'torn');
  writeFileSync(file, '{"n":1}\n{"n":');
  const torn = openLines(file);
  expect(torn.lines).toEqual([{ n: 1 }]);
  torn.append({ n: 3 });
  expect(readFileSync(file, 'utf8')).toBe('{"n":1}\n{"n":\n{"n":3}\n');
  expect(readLines(file)).toEqual([{ n: 1 }, { n: 3 }]);
});
