/**
 * Untrusted text on a page: it can't move or hide the text around it, and invisible characters in it are shown by name.
 * Pure. JSX escapes every string (jsx-runtime.ts).
 */
import { INVISIBLE } from '../../../text/invisible.ts';
import { oneLine, safeSlice } from '../../../text/untrusted.ts';

/** The same character, once or more. */
const RUN = new RegExp(`(${INVISIBLE.source})\\1*`, 'gu');
/** More combining marks on one letter than any language has; they would cover the lines above and below. */
const STACKED = /(\p{M}{4})\p{M}+/gu;
/** Invisible characters shown by name, in a text without and with `max`. The rest is only counted. */
const NAMED_MAX = 200;
const NAMED_SHORT_MAX = 12;

export interface UntrustedTextProps {
  readonly text: string;
  /** At most so many characters, the last one "…" if the text was cut. */
  readonly max?: number;
}

/** The text, isolated in its direction, with names such as `U+202E` for invisible characters. */
export function UntrustedText({ text, max }: UntrustedTextProps) {
  const shown = max === undefined || text.length <= max ? text : `${safeSlice(text, max - 1)}…`;
  if (shown === '') return <span class="none">(empty)</span>;
  return <bdi>{pieces(shown, max === undefined ? NAMED_MAX : NAMED_SHORT_MAX)}</bdi>;
}

/** As `UntrustedText`, in a monospaced font: for names and ids. */
export function Code(props: UntrustedTextProps) {
  return (
    <code>
      <UntrustedText {...props} />
    </code>
  );
}

/** For titles and attributes, which can't have markup: one line without invisible characters. */
export function plainText(text: string, max: number): string {
  return oneLine(text, max);
}

function pieces(text: string, namedMax: number) {
  const found = [];
  let from = 0;
  let named = 0;
  const unstacked = text.replace(STACKED, '$1\uFFFC');
  for (const match of unstacked.matchAll(RUN)) {
    if (match.index > from) found.push(unstacked.slice(from, match.index));
    from = match.index + match[0].length;
    if (++named <= namedMax) found.push(<Invisible character={match[1] ?? ''} times={[...match[0]].length} />);
  }
  if (from < unstacked.length) found.push(unstacked.slice(from));
  if (named > namedMax) found.push(<span class="unseen">{`and ${named - namedMax} more invisible`}</span>);
  return found;
}

function Invisible({ character, times }: { character: string; times: number }) {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return <span class="unseen">{`U+${code}${times > 1 ? ` ×${times}` : ''}`}</span>;
}
