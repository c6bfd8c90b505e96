/** re2js. */
import { RE2JS } from 're2js';

export function tester(source: string, flags: string): (text: string) => boolean {
  const regex = RE2JS.compile(source, flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0);
  return (text) => regex.test(text);
}
