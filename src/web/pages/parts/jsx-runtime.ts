/**
 * What the JSX of pages compiles to: each element is its HTML at once. In place of hono/jsx, which can also do state, streams
 * and promises, for 4 KiB of the bundle; the types are its own. Pure.
 *
 * Contract: every text and every attribute's value is escaped; only what an element here has made is taken as HTML. null,
 * undefined and booleans show nothing. An attribute that is null or undefined is left out, and so is one of `BOOLEAN` that is
 * false.
 */
import type { JSX } from 'hono/jsx/jsx-runtime';
import { escaped, Html, htmlOf } from '../../../text/html.ts';

export type { JSX };

type Props = Readonly<Record<string, unknown>>;
type Component = (props: Props) => unknown;

/** They have no end tag. */
const EMPTY = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/;
/** Of HTML's boolean attributes those that pages have. */
const BOOLEAN = /^(?:autofocus|checked|defer|disabled|hidden|open|required|selected)$/;

/** An element; `tag` is its name, or a component. The compiler calls it. */
export function jsx(tag: string | Component, props: Props): JSX.Element {
  return new Html(typeof tag === 'string' ? element(tag, props) : htmlOf(tag(props))) as unknown as JSX.Element;
}

/** With several children; and in development, with a key. */
export { jsx as jsxDEV, jsx as jsxs };

/** `<>…</>`. */
export function Fragment({ children }: Props): JSX.Element {
  return children as JSX.Element;
}

function element(tag: string, { children, ...attributes }: Props): string {
  let start = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (BOOLEAN.test(name)) start += value === false ? '' : ` ${name}=""`;
    else start += ` ${name}="${escaped(value)}"`;
  }
  return EMPTY.test(tag) ? `${start}/>` : `${start}>${htmlOf(children)}</${tag}>`;
}
