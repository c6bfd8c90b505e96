/** A regular expression, read and ready: what a test asks of both at once. */
import { createRegexTest, prepareRegex } from '../../../src/sigma/regex/regex.ts';

export type Regex =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly problem: string };

export function createRegex(source: string, flags: string): Regex {
  const regex = prepareRegex(source, flags);
  // As the Worker gets it: what cannot be written as JSON is lost.
  return regex.ok ? { ok: true, test: createRegexTest(JSON.parse(JSON.stringify(regex.prepared))) } : regex;
}
