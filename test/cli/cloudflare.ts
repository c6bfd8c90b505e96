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
  /** Secrets that were set: name → value. */
  readonly put: ReadonlyMap<string, string>;
  /** The ids of the KV namespaces that uploaded Workers had. */
  readonly namespaces: readonly string[];
  /** The paths of the static assets that an uploaded Worker has. */
  readonly assets: readonly string[];
  /** How often a Worker was uploaded. */
  uploads(): number;
  stop(): Promise<void>;
}

export interface CloudflareOptions {
  /** The id of a KV namespace that has the name wrangler gives the Worker's. */
  readonly leftNamespace?: string;
  /** Called with each request, `PUT …/workers/scripts/tocsin`; its answer waits for the promise. */
  readonly onRequest?: (request: string) => Promise<void>;
}

/** Starts one; `secrets` are the names of the Worker's secrets. Null: there is no Worker yet. */
export async function startCloudflare(
  secrets: readonly string[] | null,
  { leftNamespace, onRequest = async () => undefined }: CloudflareOptions = {},
): Promise<Cloudflare> {
  const put = new Map<string, string>();
  const namespaces: string[] = [];
  const assets: string[] = [];
  let uploads = 0;

  const answer = (method: string, path: string, query: URLSearchParams, body: string): unknown => {
    const worker = path.split('/workers/scripts/tocsin')[1];
    if (worker === '/secrets' && method === 'PUT') {
      const { name, text } = JSON.parse(body);
      put.set(name, text);
      return {};
    }
    if (worker === '/secrets-bulk' && method === 'PATCH') {
      // https://developers.cloudflare.com/api/resources/workers/subresources/scripts/subresources/secrets/
      const given: Record<string, { name: string; text: string }> = JSON.parse(body).secrets;
      for (const { name, text } of Object.values(given)) put.set(name, text);
      return {};
    }
    if (worker === '/secrets') return secrets?.map((name) => ({ name, type: 'secret_text' })) ?? NOT_FOUND;
    if (worker === '' && method === 'PUT') {
      uploads++;
      namespaces.push(/"namespace_id":"([0-9a-f]{32})"/.exec(body)?.[1] ?? '');
      return { id: 'tocsin', startup_time_ms: 1, available_on_subdomain: true, tag: 't' };
    }
    // https://developers.cloudflare.com/workers/static-assets/direct-upload/
    if (worker === '/assets-upload-session') {
      const manifest: Record<string, { hash: string }> = JSON.parse(body).manifest;
      assets.push(...Object.keys(manifest));
      return { jwt: UPLOAD_TOKEN, buckets: [Object.values(manifest).map(({ hash }) => hash)] };
    }
    if (path.endsWith('/workers/assets/upload')) return { jwt: UPLOAD_TOKEN };
    if (worker === '/settings') return { bindings: [] };
    if (worker === '/deployments') return { deployments: [] };
    if (worker === '/subdomain') return { enabled: true, previews_enabled: false };
    if (path.endsWith('/workers/services/tocsin')) return NOT_FOUND;
    if (path.endsWith('/workers/workers/tocsin'))
      return { id: 'w', subdomain: { enabled: true, previews_enabled: false } };
    if (path.endsWith('/workers/subdomain')) return { subdomain: SUBDOMAIN };
    if (path.endsWith('/accounts')) return [{ id: ACCOUNT, name: 'Acme' }];
    if (path.endsWith('/memberships')) return [{ account: { id: ACCOUNT, name: 'Acme' } }];
    if (path.endsWith('/storage/kv/namespaces')) {
      if (method !== 'GET') return leftNamespace === undefined ? { id: NEW_NAMESPACE, title: KV } : TAKEN;
      return leftNamespace === undefined || Number(query.get('page') ?? 1) > 1
        ? []
        : [{ id: leftNamespace, title: KV }];
    }
    return {};
  };

  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    request.on('end', () => {
      const { method = '', url = '' } = request;
      const { pathname: path, searchParams } = new URL(url, 'http://cloudflare.example');
      const result = answer(method, path, searchParams, body);
      const failed = result === NOT_FOUND || result === TAKEN;
      void onRequest(`${method} ${path}`).then(() => {
        response.writeHead(failed ? (result === TAKEN ? 400 : 404) : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ success: !failed, errors: failed ? [result] : [], messages: [], result }));
      });
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
    namespaces,
    assets,
    uploads: () => uploads,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Of an upload of assets: a JWT that does not expire in a test. */
const UPLOAD_TOKEN = `e30.${btoa(JSON.stringify({ exp: 4_000_000_000 }))}.e30`;
const KV = 'tocsin-kv';
/** The id of the KV namespace that it creates. */
export const NEW_NAMESPACE = 'f'.repeat(32);
const TAKEN = { code: 10014, message: 'a namespace with this account ID and title already exists' } as const;
const NOT_FOUND = { code: 10007, message: 'This Worker does not exist on your account.' } as const;
