/**
 * The server of the demo's inbox page, on 127.0.0.1. It keeps what arrived, and signs the person at this machine in to
 * Tocsin: cookies belong to a host whatever its port, so it can set the cookie that the Worker would.
 */

import { createServer, type ServerResponse } from 'node:http';
import {
  type Item,
  inboxPage,
  itemsHtml,
  MAIL_SANDBOX,
  mailDocument,
  NEWS_PATH,
  OPEN_PATH,
  SCRIPT,
  SCRIPT_PATH,
  STYLE,
  STYLE_PATH,
} from './inbox-html.ts';
import type { Mail } from './mailbox.ts';

export interface InboxPage {
  /** Without a trailing slash. */
  readonly url: string;
  /** Opens Tocsin's pages, signed in. */
  readonly openUrl: string;
  addMessage(message: unknown): void;
  addMail(mail: Mail): void;
  /** Where `openUrl` leads, and the session's cookie, as `name=value`. */
  setTarget(url: string, cookie: string): void;
  stop(): Promise<void>;
}

const PAGE_CSP =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; img-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** A mail may have its own styles, and nothing else. */
const MAIL_CSP = `default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox ${MAIL_SANDBOX}`;

/** Starts it on a free port. */
export async function startInboxPage(): Promise<InboxPage> {
  const items: Item[] = [];
  let target: { readonly url: string; readonly cookie: string } | null = null;
  let host = '';

  const server = createServer((request, response) => {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cache-control', 'no-store');
    // A request under another host name comes from another site.
    if (request.headers.host !== host) return end(response, 421, 'text/plain', 'not here');
    const url = new URL(request.url ?? '/', `http://${host}`);
    const mail = /^\/mails\/(\d+)$/.exec(url.pathname)?.[1];
    if (mail !== undefined) {
      const found = items.find(({ id }) => id === Number(mail));
      if (found?.kind !== 'mail') return end(response, 404, 'text/plain', 'no such mail');
      response.setHeader('content-security-policy', MAIL_CSP);
      return end(response, 200, 'text/html', mailDocument(found.mail));
    }
    response.setHeader('content-security-policy', PAGE_CSP);
    switch (url.pathname) {
      case '/':
        return end(response, 200, 'text/html', inboxPage(items));
      case STYLE_PATH:
        return end(response, 200, 'text/css', STYLE);
      case SCRIPT_PATH:
        return end(response, 200, 'text/javascript', SCRIPT);
      case NEWS_PATH: {
        const after = Number(url.searchParams.get('after') ?? 0);
        const html = itemsHtml(items.filter(({ id }) => id > after));
        return end(response, 200, 'application/json', JSON.stringify({ html, last: items.at(-1)?.id ?? 0 }));
      }
      case OPEN_PATH:
        if (target === null) return end(response, 503, 'text/plain', 'the Worker is still starting: try again');
        response.setHeader('set-cookie', `${target.cookie}; HttpOnly; SameSite=Lax; Path=/`);
        response.setHeader('location', target.url);
        return end(response, 303, 'text/plain', '');
      default:
        return end(response, 404, 'text/plain', 'not found');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;

  const next = (): number => (items.at(-1)?.id ?? 0) + 1;
  return {
    url: `http://${host}`,
    openUrl: `http://${host}${OPEN_PATH}`,
    addMessage: (message) => void items.push({ kind: 'slack', id: next(), at: Date.now(), message }),
    addMail: (mail) => void items.push({ kind: 'mail', id: next(), at: Date.now(), mail }),
    setTarget: (url, cookie) => {
      target = { url, cookie };
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function end(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(text);
}
