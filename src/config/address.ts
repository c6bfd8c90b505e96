/**
 * The addresses that settings hold: where the upstream is, where people are told, where this Worker is itself.
 *
 * Contract: pure; what is wrong is said without the address, which may carry a secret.
 */
import { type Reading, value, wrong } from './setting.ts';

/**
 * The upstream's base URL without a slash at its end. https only, but for this very machine; nothing but scheme, host,
 * port and path, since the API key is sent there.
 */
export function parseBaseUrl(text: string): Reading<string> {
  const url = parseUrl(text);
  if (url === null) return wrong('is not a URL');
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password in it');
  if (url.protocol !== 'https:' && !isLocal(url)) return wrong('is not https, and the API key would be readable');
  if (url.search !== '' || text.includes('?')) return wrong('has a query');
  if (url.hash !== '' || text.includes('#')) return wrong('has a fragment');
  return value(`${url.origin}${url.pathname.replace(/\/+$/, '')}`);
}

/** Slack's hosts for incoming webhooks: the commercial one and GovSlack's (https://docs.slack.dev/govslack). */
const SLACK_HOSTS: readonly string[] = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** An incoming webhook's URL (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export function parseSlackWebhook(text: string): Reading<string> {
  const url = parseUrl(text);
  if (url === null) return wrong('is not a URL');
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password in it');
  if (isLocal(url)) return value(url.href);
  if (url.protocol !== 'https:') return wrong('is not https');
  if (!SLACK_HOSTS.includes(url.host)) return wrong(`is not at ${SLACK_HOSTS.join(' or ')}`);
  if (/^\/(?:triggers|workflows)\//.test(url.pathname)) {
    return wrong("is a Slack workflow's address, not an incoming webhook's");
  }
  if (!/^\/services\/[\w-]+\/[\w-]+\/[\w-]+$/.test(url.pathname))
    return wrong('is cut off: /services/ and three parts');
  if (/\/X{8,}$/i.test(url.pathname)) return wrong("is the example of Slack's documentation");
  if (url.search !== '' || url.hash !== '') return wrong('has something behind its path');
  return value(url.href);
}

/**
 * An address of somebody's own service, which is a secret: who knows it may write there. Its query may be part of it.
 */
export function parseServiceUrl(text: string): Reading<string> {
  const url = parseUrl(text);
  if (url === null) return wrong('is not a URL');
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password in it');
  if (url.protocol !== 'https:' && !isLocal(url)) return wrong('is not https');
  if (url.hash !== '' || text.includes('#')) return wrong('has a fragment');
  return value(url.href);
}

/** Scheme, host and port of where the Worker's pages are, without a slash at the end. */
export function parseOrigin(text: string): Reading<string> {
  const url = parseUrl(text);
  if (url === null) return wrong('is not a URL');
  if (url.username !== '' || url.password !== '') return wrong('has a user name or password in it');
  if (url.protocol !== 'https:' && !isLocal(url)) return wrong('is not https');
  if (url.pathname !== '/' || /[?#]/.test(text)) return wrong('has something behind its host');
  return value(url.origin);
}

/**
 * The host of a Cloudflare Access team, `<team>.cloudflareaccess.com`, from the host or its https address.
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

function parseUrl(text: string): URL | null {
  return /\s/.test(text) || !URL.canParse(text) ? null : new URL(text);
}

/** http to this very machine: for the demo and for tests. */
function isLocal(url: URL): boolean {
  return url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
