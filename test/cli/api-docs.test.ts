/** The examples of docs/api.md, run one after the other, as they stand there. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../src/access/seal.ts';
import { makeToken, TOKEN_BYTES } from '../../src/access/viewer.ts';
import { API_ALERTS_PATH } from '../../src/web/api/paths.ts';
import { POLICY } from '../../src/web/policy.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from './local-tocsin.ts';

const TEXT = readFileSync('docs/api.md', 'utf8');
const EXAMPLES = [...TEXT.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.trim().split('\n'));

let local: LocalTocsin;
let env: NodeJS.Dict<string>;
beforeAll(async () => {
  const { id, token } = makeToken(new Uint8Array(TOKEN_BYTES), LINK_SECRET);
  const record = { hash: await sha256(token), name: 'Ada', createdAt: 0, expiresAt: null, role: 'responder' };
  const stored = new Map([[`viewer:${id}`, JSON.stringify(record)]]);
  const get = async (keys: string | readonly string[]) =>
    typeof keys === 'string' ? (stored.get(keys) ?? null) : new Map(keys.map((key) => [key, stored.get(key) ?? null]));
  const put = async (key: string, value: string) => void stored.set(key, value);
  local = await startLocalTocsin({ KV: { get, put, delete: async () => undefined, list: async () => ({ keys: [] }) } });
  const [entry] = local.store.all<{ id: string }>(
    'SELECT id FROM entries WHERE seq IN (SELECT seq FROM matches) LIMIT 1',
  );
  env = { PATH: process.env.PATH, TOCSIN: local.url, TOKEN: token, ENTRY: entry?.id };
});
afterAll(() => local.stop());

function run(command: string): Promise<{ status: string; body: string }> {
  const child = spawn('bash', ['-c', `${command} -w ' %{http_code}'`], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve({ status: out.slice(-3), body: out.slice(0, -4) }));
  });
}

test.each(EXAMPLES)('%s', async (command) => {
  const { status, body } = await run(command);
  expect([status, body]).toEqual([expect.stringMatching(/^20[01]$/), expect.stringMatching(/^\{/)]);
  expect(Object.keys(JSON.parse(body) as object)).not.toContain('message');
});

test('every route of the API has one', () => {
  const asked = EXAMPLES.map((command) => {
    const path = /\$TOCSIN([^"?]*)/.exec(command)?.[1] ?? '';
    const method = / -d | -X POST /.test(command) ? 'POST' : 'GET';
    return `${method} ${path.replace(/\/(?:\d+|\$ENTRY)(?=\/|$)/, '/:id')}`;
  });
  const routes = POLICY.filter(([, path]) => path.startsWith('/api/')).map(([method, path]) => `${method} ${path}`);
  expect(routes).toContain(`GET ${API_ALERTS_PATH}`);
  expect([...new Set(asked)].sort()).toEqual(routes.toSorted());
});
