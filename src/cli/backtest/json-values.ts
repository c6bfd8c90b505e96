/**
 * The JSON values of a text that comes in pieces: one on each line, or one over all of its lines.
 *
 * Contract: a line that is not JSON is passed to `wrong`, and the rest is read. A text is one value if its first line is not
 * JSON and ends in an opening bracket or a comma, as people and `jq` indent it; that is read whole, the rest in flat memory.
 */
import { parseJson } from '../../text/json.ts';

export interface JsonValue {
  /** Its line, from 1. */
  readonly line: number;
  readonly value: unknown;
}

type Wrong = (line: number, problem: string) => void;

const OPENS = /[[{,]\s*$/;
const NO_JSON = 'not JSON';

export async function* jsonValues(chunks: AsyncIterable<string>, wrong: Wrong): AsyncGenerator<readonly JsonValue[]> {
  let [rest, line, isWhole, isFirst] = ['', 0, false, true];
  const read = (lines: readonly string[]): JsonValue[] =>
    lines.flatMap((text) => {
      line++;
      if (text.trim() === '') return [];
      const value = parseJson(text);
      if (value === undefined) wrong(line, NO_JSON);
      return value === undefined ? [] : [{ line, value }];
    });
  for await (const chunk of chunks) {
    rest += chunk;
    if (isFirst) {
      const first = /^\s*(\S.*)\r?\n/.exec(rest)?.[1];
      if (first === undefined) continue;
      isFirst = false;
      isWhole = OPENS.test(first) && parseJson(first) === undefined;
    }
    if (isWhole) continue;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    const values = read(lines);
    if (values.length > 0) yield values;
  }
  yield isWhole ? wholeValue(rest, wrong) : read(rest.split('\n'));
}

function wholeValue(text: string, wrong: Wrong): readonly JsonValue[] {
  const value = parseJson(text);
  if (value === undefined) wrong(1, NO_JSON);
  return value === undefined ? [] : [{ line: 1, value }];
}
