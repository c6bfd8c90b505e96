/** Where a page leads to that somebody else may have written: to our own pages only. Pure. */

const LONGEST = 1024;

/** The path and query of a page of ours that `text` names; `/` where it names none. `url` is the request's own. */
export function safeRedirect(text: string | null | undefined, url: string): string {
  if (text === null || text === undefined || text.length > LONGEST) return '/';
  // A backslash is a slash to browsers, and what they strip could hide one.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text)) return '/';
  const { origin } = new URL(url);
  if (!URL.canParse(text, origin)) return '/';
  const to = new URL(text, origin);
  if (to.origin !== origin || to.pathname.startsWith('//')) return '/';
  return `${to.pathname}${to.search}`;
}
