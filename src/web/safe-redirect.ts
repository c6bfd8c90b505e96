/** Makes a redirect target from a request safe: it stays on our own pages. Pure. */

const PATH_CHARS_MAX = 1024;

/**
 * The path, query and fragment in `text`; `/` if it is not a path on our own origin, which is that of the request's `url`.
 *
 * @example safeRedirect('//evil.example', 'https://tocsin.example/session') // '/'
 */
export function safeRedirect(text: string | null | undefined, url: string): string {
  if (text === null || text === undefined || text.length > PATH_CHARS_MAX) return '/';
  // Browsers read a backslash as a slash, and strip characters that could hide one.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text)) return '/';
  const { origin } = new URL(url);
  if (!URL.canParse(text, origin)) return '/';
  const to = new URL(text, origin);
  if (to.origin !== origin || to.pathname.startsWith('//')) return '/';
  return `${to.pathname}${to.search}${to.hash}`;
}
