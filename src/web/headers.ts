/**
 * The headers of every response: what browsers must not do with it, and where it was made. A handler that sets one of
 * them itself keeps it, as pages do with their content security policy.
 */
import type { MiddlewareHandler } from 'hono';
import type { WebEnv } from './context.ts';

/** Where a response was made: here, by the upstream, or from what the ledger stores. */
export const SOURCE_HEADER = 'x-tocsin-source';
export type Source = 'tocsin' | 'upstream' | 'ledger';

/** JSON and plain text need no script, style, frame or form. `sandbox`: the upstream may send HTML through the lookup. */
const CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";
/** One year, the minimum of https://hstspreload.org; without subdomains, which may belong to others. */
const HSTS = 'max-age=31536000';
/** Assets alone may be cached, and Cloudflare serves them. */
const NOT_CACHED = 'private, no-store';

/**
 * What a page could ask a browser for. There is no word for all of it, so each is named.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy#directives
 */
const FEATURES =
  'accelerometer autoplay camera display-capture encrypted-media fullscreen geolocation gyroscope hid ' +
  'idle-detection local-fonts magnetometer microphone midi payment picture-in-picture publickey-credentials-get ' +
  'screen-wake-lock serial storage-access usb window-management xr-spatial-tracking';
const PERMISSIONS = FEATURES.replace(/[\w-]+/g, '$&=()').replaceAll(' ', ', ');

/** The same for whatever it is, an asset too. */
const ALWAYS: { readonly [name: string]: string } = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': PERMISSIONS,
};

/** Sets the headers, after the handler has run. */
export const headers: MiddlewareHandler<WebEnv> = async (c, next) => {
  await next();
  const unlessSet = (name: string, value: string): void => {
    if (!c.res.headers.has(name)) c.header(name, value);
  };
  for (const [name, value] of Object.entries(ALWAYS)) c.header(name, value);
  if (c.req.url.startsWith('https:')) c.header('strict-transport-security', HSTS);
  unlessSet('content-security-policy', CSP);
  c.header('cache-control', NOT_CACHED);
  unlessSet(SOURCE_HEADER, 'tocsin' satisfies Source);
};

/**
 * The headers of the pages' assets, which the build writes for Cloudflare. Their names change with their contents, so they may
 * be kept for a year. Browsers ignore HSTS over http (RFC 6797, section 8.1).
 */
export const ASSET_HEADERS: { readonly [name: string]: string } = {
  ...ALWAYS,
  'strict-transport-security': HSTS,
  'content-security-policy': CSP,
  'cache-control': 'public, max-age=31536000, immutable',
  [SOURCE_HEADER]: 'tocsin' satisfies Source,
};

/**
 * Pages load, run and send nothing except from and to this address.
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
 */
const PAGE_CSP = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  // The list of alerts looks for news.
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of every page. A page's address may hold a link's pass, so it is never sent as a referrer. */
export const PAGE_HEADERS: { readonly [name: string]: string } = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': PAGE_CSP,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex, nofollow',
};
