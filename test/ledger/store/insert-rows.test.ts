/** Rows are the same whether they are inserted one by one or as JSON. */
import { expect, it } from 'vitest';
import { insertRows } from '../../../src/ledger/store/insert-rows.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import type { Value } from '../../../src/ledger/store/store.ts';

const ROWS: readonly (readonly Value[])[] = [
  [1, 'a', null],
  [2, 'it\'s "quoted" \\ and 🔔', 1_767_615_842_032],
  [3, '', -0.5],
  [4, '{"json": [1, null]}', 0],
];

it.each([{ isPerRow: false }, { isPerRow: true }])('keeps values and order: $isPerRow', ({ isPerRow }) => {
  const store = { ...nodeStore(), isPerRow };
  store.run('CREATE TABLE things (place INTEGER PRIMARY KEY AUTOINCREMENT, id INTEGER, name TEXT, number NUMERIC)');
  insertRows(store, 'things', ['id', 'name', 'number'], ROWS);
  insertRows(store, 'things', ['id', 'name', 'number'], []);
  const stored = store.all('SELECT id, name, number, typeof(number) AS type FROM things ORDER BY place');
  expect(stored.map(({ id, name, number }) => [id, name, number])).toEqual(ROWS);
  expect(stored.map(({ type }) => type)).toEqual(['null', 'integer', 'real', 'integer']);
});
