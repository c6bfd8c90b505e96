/** Lines of JSON in a file, each on the disk before `append` returns. Half a line, which a kill may leave, counts for nothing. */
import { existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseJson } from '../../src/text/json.ts';

export interface Lines<Line> {
  /** What the file held when it was opened. */
  readonly lines: readonly Line[];
  append(line: Line): void;
}

/** Opens a file, which need not exist, to append to it. */
export function openLines<Line>(file: string): Lines<Line> {
  const lines = readLines<Line>(file);
  const isTorn = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'));
  const out = openSync(file, 'a');
  // The next line must not be part of the half one.
  if (isTorn) writeSync(out, '\n');
  return {
    lines,
    append(line) {
      writeSync(out, `${JSON.stringify(line)}\n`);
      fsyncSync(out);
    },
  };
}

/** The lines of a file; none if it does not exist. */
export function readLines<Line>(file: string): Line[] {
  const texts = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return texts.flatMap((text) => {
    const line = parseJson(text);
    return line === undefined ? [] : [line as Line];
  });
}
