/** Writes YAML, for files that people go on with. Pure. */
import { jsonLine } from '../text/invisible.ts';

/** What reads as the same text without quotes, in flow maps too. */
const PLAIN = /^[A-Za-z_][\w.-]*(?: [A-Za-z_][\w.-]*)*$/;
/** What some parser reads as something else than text. */
const SPECIAL = /^(?:true|false|null|yes|no|on|off|y|n)$/i;

/** A text, in quotes where it needs them. */
export function yamlText(text: string): string {
  return PLAIN.test(text) && !SPECIAL.test(text) ? text : jsonLine(text);
}

/** A map on one line. Its values are YAML. */
export function flowMap(entries: readonly (readonly [key: string, value: string])[]): string {
  return entries.length === 0 ? '{}' : `{ ${entries.map(([key, value]) => `${yamlText(key)}: ${value}`).join(', ')} }`;
}
