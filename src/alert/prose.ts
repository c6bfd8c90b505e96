/** Prose of our own or the operator's (a runbook, what to do), in the lines it was written in. Pure. */
import { trustedLine } from '../text/untrusted.ts';

/** Pieces of evidence, lines of a runbook, and so on, in one message. */
export const LINES = 8;
const LINE = 300;
/** No more is looked at. */
const PROSE = 8_000;

/** The lines of `text` that say something: the first few, and "…" where there are more. */
export function proseLines(text: string): string[] {
  const lines = text
    .slice(0, PROSE)
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .filter((line) => line.trim() !== '');
  return [...lines.slice(0, LINES).map((line) => trustedLine(line, LINE)), ...(lines.length > LINES ? ['…'] : [])];
}
