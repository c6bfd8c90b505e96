import { expect, test } from 'vitest';
import { readId } from '../../src/text/ids.ts';

test.each([
  ['1', 1],
  ['42', 42],
  ['1790000000000123', 1_790_000_000_000_123],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', null],
  ['10000000000000000', null],
  ['0', null],
  ['01', null],
  ['-1', null],
  ['+1', null],
  ['1.5', null],
  ['1e3', null],
  ['0x1', null],
  [' 1', null],
  ['1\n', null],
  ['١', null],
  ['', null],
  [undefined, null],
])('%j is %j', (text, id) => expect(readId(text)).toBe(id));
