/** One field of a vendor's answer. Pure. */
import { parseJson } from '../text/json.ts';

/** A field of the JSON object in `body`; undefined if there is no such object, as in an answer that was cut. */
export function jsonField(body: string, name: string): unknown {
  const value = parseJson(body);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** Its `code`, a positive whole number; null: it has none. */
export function codeOf(body: string): number | null {
  const code = jsonField(body, 'code');
  return typeof code === 'number' && Number.isInteger(code) && code > 0 ? code : null;
}

/** ` (code 10015)`; '' without one. All of an answer that gets into a reason: its text may repeat the URL, a secret. */
export function codeText(body: string): string {
  const code = codeOf(body);
  return code === null ? '' : ` (code ${code})`;
}

/** The beginning of an object in JSON. Enough of it is never read to parse it. */
export function beginsObject(body: string): boolean {
  return body.trimStart().startsWith('{');
}
