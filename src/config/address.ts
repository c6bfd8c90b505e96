/**
 * URLs in settings: of the upstream, of this Worker, of services that are notified.
 *
 * Contract: pure. A problem never holds the URL, which may carry a secret.
 */
import { after, type Reading, value, wrong } from './setting.ts';

/**
 * The upstream's base URL without a trailing slash. https only, except on this machine; nothing but scheme, host, port
 * and path, since the API key is sent there.
 */
export function parseBaseUrl(text: string): Reading<string> {
  return after(parseHttpsUrl(text, 'is not https: the API key could be read on the way'), (url) => {
    if (url.search !== '' || text.includes('?')) return wrong('has a query');
    if (url.hash !== '' || text.includes('#')) return wrong('has a fragment');
    return value(`${url.origin}${url.pathname.replace(/\/+$/, '')}`);
  });
}

/** The URL of a user's own service. It is a secret: anyone holding it can write there. Its query may be part of it. */
export function parseServiceUrl(text: string): Reading<string> {
  return after(parseHttpsUrl(text), (url) =>
    url.hash !== '' || text.includes('#') ? wrong('has a fragment') : value(url.href),
  );
}

/** Scheme, host and port where the Worker's pages are, without a trailing slash. */
export function parseOrigin(text: string): Reading<string> {
  return after(parseHttpsUrl(text), (url) =>
    url.pathname !== '/' || /[?#]/.test(text) ? wrong('has more than scheme, host and port') : value(url.origin),
  );
}

/**
 * The host of a Cloudflare Access team, `<team>.cloudflareaccess.com`, from the host or its https URL.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
export function parseTeamDomain(text: string): Reading<string> {
  const host = text
    .toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\/$/, '');
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.cloudflareaccess\.com$/.test(host)) return value(host);
  return wrong('is not <team>.cloudflareaccess.com');
}

/** An https URL without user name and password; on this machine http too. */
export function parseHttpsUrl(text: string, notHttps = 'is not https'): Reading<URL> {
  if (/\s/.test(text) || !URL.canParse(text)) return wrong('is not a URL');
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password in it');
  return url.protocol === 'https:' || isLocal(url) ? value(url) : wrong(notHttps);
}

/** http to this machine: for the demo and for tests. */
export function isLocal(url: URL): boolean {
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
