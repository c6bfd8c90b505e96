/**
 * A fake of the part of Cloudflare's API that a deployment with wrangler uses, on a real port: an account with one Worker
 * or none. It records uploads and secrets.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const SUBDOMAIN = 'acme';
/** The address of the deployed Worker. */
export const DEPLOYED_URL = `https://tocsin.${SUBDOMAIN}.workers.dev`;

export interface Cloudflare {
  /** The environment that makes wrangler use this one. */
  readonly env: Readonly<Record<string, string>>;
  /** Secrets that were set one by one: name → value. */
  readonly put: ReadonlyMap<string, string>;
  /** How often a Worker was uploaded. */
  uploads(): number;
  stop(): Promise<void>;
}

/** Starts one; `secrets` are the names of the Worker's secrets. Null: there is no Worker yet. */
export async function startCloudflare(secrets: readonly string[] | null): Promise<Cloudflare> {
  const put = new Map<string, string>();
  let uploads = 0;

  const answer = (method: string, path: string, body: string): unknown => {
    const worker = path.split('/workers/scripts/tocsin')[1];
    if (worker === '/secrets' && method === 'PUT') {
      const { name, text } = JSON.parse(body);
      put.set(name, text);
      return {};
    }
    if (worker === '/secrets') return secrets?.map((name) => ({ name, type: 'secret_text' })) ?? NOT_FOUND;
    if (worker === '' && method === 'PUT') {
      uploads++;
      return { id: 'tocsin', startup_time_ms: 1, available_on_subdomain: true, tag: 't' };
    }
    if (worker === '/settings') return { bindings: [] };
    if (worker === '/deployments') return { deployments: [] };
    if (worker === '/subdomain') return { enabled: true, previews_enabled: false };
    if (path.endsWith('/workers/services/tocsin')) return NOT_FOUND;
    if (path.endsWith('/workers/workers/tocsin'))
      return { id: 'w', subdomain: { enabled: true, previews_enabled: false } };
    if (path.endsWith('/workers/subdomain')) return { subdomain: SUBDOMAIN };
    if (path.endsWith('/accounts')) return [{ id: ACCOUNT, name: 'Acme' }];
    if (path.endsWith('/memberships')) return [{ account: { id: ACCOUNT, name: 'Acme' } }];
    if (path.endsWith('/storage/kv/namespaces')) return method === 'GET' ? [] : { id: 'f'.repeat(32), title: 'kv' };
    return {};
  };

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const result = answer(request.method ?? '', (request.url ?? '').split('?')[0] ?? '', body);
      const failed = result === NOT_FOUND;
      response.writeHead(failed ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ success: !failed, errors: failed ? [NOT_FOUND] : [], messages: [], result }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
      CLOUDFLARE_API_TOKEN: 'a-token-for-nothing',
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
    },
    put,
    uploads: () => uploads,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const NOT_FOUND = { code: 10007, message: 'This Worker does not exist on your account.' } as const;
