/**
 * Why a text is not a supported regular expression.
 *
 * Contract: thrown while parsing, and only caught in prepared.ts. The message quotes the construct and has its place,
 * counted from 1.
 */
export class Refusal extends Error {
  constructor(construct: string, at: number, why: string) {
    super(`\`${construct}\` at character ${at + 1}: ${why}`);
  }
}

/** Groups of Perl that RE2 does not have. */
const GROUPS: readonly (readonly [beginning: RegExp, what: string])[] = [
  [/^\(\?[=!]/, 'look-ahead'],
  [/^\(\?<[=!]/, 'look-behind'],
  [/^\(\?>/, 'an atomic group'],
  [/^\(\?\(/, 'a conditional'],
  [/^\(\?#/, 'a comment'],
  [/^\(\?\|/, 'a branch reset'],
  [/^\(\?P=/, 'a back-reference'],
  [/^\(\?(?:[R&]|P>|[+-]?\d)/, 'a recursion'],
  [/^\(\?C/, 'a callout'],
  [/^\(\?(?:P?<|')/, 'a name like this'],
  [/^\(\*/, 'a verb'],
];

/** The refusal of a group that begins with `(?` or `(*`. */
export function refusedGroup(source: string, at: number): Refusal {
  const rest = source.slice(at);
  for (const [beginning, what] of GROUPS) {
    const found = beginning.exec(rest);
    if (found !== null) return new Refusal(found[0], at, `${what} is not supported`);
  }
  return new Refusal(rest.slice(0, 4), at, 'not a group; flags are i, m, s and U');
}

/** What to write instead of an escape that RE2 does not have. */
const INSTEAD: { readonly [letter: string]: string } = {
  Z: String.raw`write \z, or \n?\z`,
  h: String.raw`write [ \t]`,
  H: String.raw`write [^ \t]`,
  N: String.raw`write [^\n]`,
  R: String.raw`write (?:\r\n|\n)`,
  e: String.raw`write \x1b`,
  u: String.raw`write \x{…}`,
  C: 'write (?s:.)',
};

/** The refusal of an escape. */
export function refusedEscape(letter: string, at: number, inClass: boolean): Refusal {
  const written = `\\${letter}`;
  if (/[1-9gk]/.test(letter)) return new Refusal(written, at, 'a back-reference is not supported');
  if (inClass && /[bBAzQdDwWsSpP]/.test(letter)) return new Refusal(written, at, 'not allowed in a class');
  const instead = INSTEAD[letter];
  return new Refusal(written, at, `not supported${instead === undefined ? '' : `: ${instead}`}`);
}
