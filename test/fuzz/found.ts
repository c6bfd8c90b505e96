/** What no output may have, and what two outputs must have alike. Pure. */
import { INVISIBLE } from '../../src/text/invisible.ts';
import { SECRET_PARTS } from './texts.ts';

/** Characters that command a terminal or hide others, in what people read; line breaks where they are ours. */
export function invisibleIn(text: string, isLines = false): string | null {
  const found = (isLines ? text.replaceAll('\n', '') : text).match(INVISIBLE)?.[0];
  if (found === undefined) return null;
  return `U+${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')} stands raw`;
}

/** A secret in an output, as it is or as JSON, HTML or a URL may write any of its characters, also one within another. */
export function secretIn(text: string): string | null {
  const layers = [text];
  for (let plain = readOnce(text); plain !== layers.at(-1) && layers.length <= 8; plain = readOnce(plain))
    layers.push(plain);
  for (const part of SECRET_PARTS) {
    const forms = [part, encodeURIComponent(part), btoa(part).replace(/.=*$/, ''), btoa(`x${part}`).slice(2, -4)];
    if (forms.some((form) => layers.some((layer) => layer.includes(form)))) return `a secret is shown: ${part}`;
  }
  return null;
}

/** What a reader of JSON, HTML or a URL makes of a text. */
function readOnce(text: string): string {
  const character = (code: string, base: number): string => String.fromCharCode(Number.parseInt(code, base));
  return text
    .replace(/\\+u00([2-7][\da-f])/gi, (_, hex: string) => character(hex, 16))
    .replace(/\\+\//g, '/')
    .replace(/%([2-7][\da-f])/gi, (_, hex: string) => character(hex, 16))
    .replace(/&#x0*([2-7][\da-f]);/gi, (_, hex: string) => character(hex, 16))
    .replace(/&#0*(3[2-9]|[4-9]\d|1[01]\d|12[0-6]);/g, (_, decimal: string) => character(decimal, 10))
    .replaceAll('&amp;', '&');
}

/** Where two lists differ, in a line; null: nowhere. */
export function difference(expected: readonly string[], found: readonly string[]): string | null {
  const at = expected.findIndex((each, i) => each !== found[i]);
  if (at < 0 && found.length === expected.length) return null;
  const place = at < 0 ? expected.length : at;
  return `at ${place}: ${JSON.stringify(found[place] ?? 'the end')} in place of ${JSON.stringify(expected[place] ?? 'the end')}`;
}

/** The first problem of several checks. */
export function firstOf(...problems: readonly (string | null)[]): string | null {
  return problems.find((problem) => problem !== null) ?? null;
}
