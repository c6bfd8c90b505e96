/**
 * Text that somebody else wrote, on a page: whatever it holds, it stays where it stands, runs in its own direction,
 * and what can't be seen in it is shown by name. Pure; escaping is hono/jsx's, which does it to every string.
 */
import { oneLine, safeSlice } from '../../../text/untrusted.ts';

/**
 * What shows nothing, or moves others about: controls, marks of direction, zero-width and private characters, every
 * space but the ordinary, and half a surrogate pair.
 */
const UNSEEN =
  /((?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB])\1*/gu;
/** More marks on one letter than any language has: they climb over the lines above and below. */
const STACKED = /(\p{M}{4})\p{M}+/gu;
/** Unseen characters named one by one: in a text shown whole, and in one shown shortened. The rest is only counted. */
const NAMED = 200;
const NAMED_IN_SHORT = 12;

export interface UntrustedTextProps {
  readonly text: string;
  /** At most so many characters, "…" where it was cut. */
  readonly max?: number;
}

/** The text in a direction of its own; in place of what can't be seen its name, such as `U+202E`. */
export function UntrustedText({ text, max }: UntrustedTextProps) {
  const shown = max === undefined || text.length <= max ? text : `${safeSlice(text, max - 1)}…`;
  if (shown === '') return <span class="none">(empty)</span>;
  return <bdi>{pieces(shown, max === undefined ? NAMED : NAMED_IN_SHORT)}</bdi>;
}

/** A name or id to be copied: as `UntrustedText`, in the letters of code. */
export function Code(props: UntrustedTextProps) {
  return (
    <code>
      <UntrustedText {...props} />
    </code>
  );
}

/** For titles and attributes, where nothing can be marked: one line without what can't be seen. */
export function plainText(text: string, max: number): string {
  return oneLine(text, max);
}

function pieces(text: string, most: number) {
  const found = [];
  let from = 0;
  let named = 0;
  const tame = text.replace(STACKED, '$1\uFFFC');
  for (const match of tame.matchAll(UNSEEN)) {
    if (match.index > from) found.push(tame.slice(from, match.index));
    from = match.index + match[0].length;
    if (++named <= most) found.push(<Unseen character={match[1] ?? ''} times={[...match[0]].length} />);
  }
  if (from < tame.length) found.push(tame.slice(from));
  if (named > most) found.push(<span class="unseen">{`and ${named - most} more unseen`}</span>);
  return found;
}

function Unseen({ character, times }: { character: string; times: number }) {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return <span class="unseen">{`U+${code}${times > 1 ? ` ×${times}` : ''}`}</span>;
}
