/** Deployments with the real wrangler, to a fake Cloudflare. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ROOT } from '../../src/cli/wrangler.ts';
import { type Cloudflare, DEPLOYED_URL, startCloudflare } from './cloudflare.ts';
import { runScript } from './run-command.ts';

const KEY = 'key-of-nirvana';
const SECRET = '0123456789abcdef0123456789abcdef';

let cloudflare: Cloudflare | null = null;
afterEach(() => cloudflare?.stop());

async function deploy(secrets: readonly string[] | null) {
  cloudflare = await startCloudflare(secrets);
  const settings = { NIRVANA_LABS_API_KEY: KEY, LINK_SECRET: SECRET };
  const before = readFileSync(`${ROOT}wrangler.toml`, 'utf8');
  const result = await runScript('src/cli/deploy.ts', [], { ...cloudflare.env, ...settings });
  expect(readFileSync(`${ROOT}wrangler.toml`, 'utf8')).toBe(before);
  for (const secret of [KEY, SECRET]) expect(result.out + result.err).not.toContain(secret);
  return { ...result, uploads: cloudflare.uploads(), put: Object.fromEntries(cloudflare.put) };
}

test('the first deployment uploads the Worker, and then sets its address', async () => {
  const { code, out, uploads, put } = await deploy(null);
  expect({ code, uploads, put }).toEqual({ code: 0, uploads: 1, put: { PUBLIC_URL: DEPLOYED_URL } });
  expect(out).toContain(`Deployed: ${DEPLOYED_URL}. It reads the log every minute.`);
  expect(out).toContain(`Links in messages use ${DEPLOYED_URL} (PUBLIC_URL).`);
  expect(out).toMatch(/env\.RATE_LIMIT/);
}, 120_000);

test('a later deployment keeps the address', async () => {
  const { code, uploads, put } = await deploy(['NIRVANA_LABS_API_KEY', 'LINK_SECRET', 'EMAIL_TO', 'PUBLIC_URL']);
  expect({ code, uploads, put }).toEqual({ code: 0, uploads: 1, put: {} });
}, 120_000);
