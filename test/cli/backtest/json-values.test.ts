import { describe, expect, it } from 'vitest';
import { jsonValues } from '../../../src/cli/backtest/json-values.ts';

/** What is read of a text that comes in pieces of so many characters. */
async function read(text: string, size: number) {
  async function* chunks() {
    for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
  }
  const wrong: string[] = [];
  const values = [];
  for await (const some of jsonValues(chunks(), (line, problem) => wrong.push(`${line}: ${problem}`)))
    values.push(...some);
  return { values: values.map(({ line, value }) => [line, value]), wrong };
}

describe.each([1, 3, 1_000])('values of a text, %i characters at a time', (size) => {
  it.each<[string, string, unknown[], string[]]>([
    ['nothing', '', [], []],
    ['nothing but lines', '\n\n', [], []],
    [
      'a line each',
      '{"a":1}\n{"a":2}\n',
      [
        [1, { a: 1 }],
        [2, { a: 2 }],
      ],
      [],
    ],
    [
      'without an end',
      '{"a":1}\r\n\n7',
      [
        [1, { a: 1 }],
        [3, 7],
      ],
      [],
    ],
    ['one on one line', '[{"a":1},\t2]', [[1, [{ a: 1 }, 2]]], []],
    ['one over all lines', '\n{\n  "items": [\n    {"a": 1}\n  ]\n}\n', [[1, { items: [{ a: 1 }] }]], []],
    ['one list over all lines', '[{"a": 1},\n{"a": 2}]', [[1, [{ a: 1 }, { a: 2 }]]], []],
    [
      'a line that is wrong',
      '{"a":1}\n{"a":\n{"a":3}',
      [
        [1, { a: 1 }],
        [3, { a: 3 }],
      ],
      ['2: not JSON'],
    ],
    ['a first line that is cut', '{"id":"x\n{"a":2}', [[2, { a: 2 }]], ['1: not JSON']],
    ['text', 'hello\nworld', [], ['1: not JSON', '2: not JSON']],
    ['one that does not end', '{\n "a": 1\n', [], ['1: not JSON']],
  ])('%s', async (_, text, values, wrong) => {
    expect(await read(text, size)).toEqual({ values, wrong });
  });
});
