/** What `npx wrangler …`, as the documents say, does where nothing is installed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../src/cli/wrangler.ts';

const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = '#!/usr/bin/env node\nconsole.log("downloaded");\n';

/** A tar archive. https://www.gnu.org/software/tar/manual/html_node/Standard.html */
function tar(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(`package/${name}`, 0);
    header.write('0000755\0', 100);
    header.write(`${text.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    const sum = [...header].reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, '\0'))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A registry whose newest wrangler is not the one of the lock file. */
const wrangler = { name: 'wrangler', version: '9.9.9', bin: { wrangler: 'wrangler.js' } };
const archive = gzipSync(tar({ 'package.json': JSON.stringify(wrangler), 'wrangler.js': PROGRAM }));
const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
const registry = createServer((request, response) => {
  if (request.url?.endsWith('.tgz')) return response.end(archive);
  const dist = { tarball: `${address()}/wrangler.tgz`, integrity };
  response.setHeader('content-type', 'application/json');
  return response.end(
    JSON.stringify({
      name: 'wrangler',
      'dist-tags': { latest: '9.9.9' },
      versions: { '9.9.9': { ...wrangler, dist } },
    }),
  );
});
const address = () => `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
beforeAll(() => new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve)));
afterAll(() => registry.close());

/** Runs npx in a copy of the repository where nothing is installed, with these settings of npm. */
function npx(name: string, settings: string): Promise<{ readonly code: number | null; readonly text: string }> {
  const copy = join(folder, name);
  mkdirSync(join(copy, 'docs'), { recursive: true });
  cpSync(`${ROOT}package.json`, join(copy, 'package.json'));
  writeFileSync(join(copy, '.npmrc'), settings);
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([variable]) => !/^npm_/i.test(variable))),
    npm_config_registry: address(),
    npm_config_cache: join(copy, 'cache'),
    npm_config_userconfig: join(copy, 'none'),
  };
  const child = spawn('npx', ['wrangler', 'tail'], { cwd: join(copy, 'docs'), env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, text })));
}

const SETTINGS = readFileSync(`${ROOT}.npmrc`, 'utf8');

test('npx runs nothing but what is installed', async () => {
  const { code, text } = await npx('as-it-is', SETTINGS);
  expect(text).toContain('npx canceled due to missing packages');
  expect({ code, ran: text.includes('downloaded') }).toEqual({ code: 1, ran: false });
});

test('without that setting it would run the newest of the registry', async () => {
  const { code, text } = await npx('without', SETTINGS.replace('yes=false', ''));
  expect({ code, text }).toEqual({ code: 0, text: expect.stringContaining('downloaded') });
});
