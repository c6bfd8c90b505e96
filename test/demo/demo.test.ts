/** The demo, as a process. `.ci/run` runs it in every dialect. */

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../src/cli/wrangler.ts';
import { filesWith } from '../cli/files.ts';
import { runScript } from '../cli/run-command.ts';

const NO_KEY = { NIRVANA_LABS_API_KEY: '', SLACK_WEBHOOK_URL: '' };

test('reads the past, plays a scenario, notifies, and ends; prints one JSON object per line', async () => {
  const { code, out, err } = await runScript('test/demo/main.ts', ['--until', '1', '--json', '--seed', '7'], NO_KEY);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const first = (at: string) => events.findIndex((event) => event.at === at);
  expect(first('started')).toBe(0);
  expect(events[first('tick')]).toMatchObject({ recorded: expect.any(Number), stopped: 'scan ended' });
  expect(events[first('tick')].pages).toBeGreaterThan(5);
  expect(events[first('alert')]).toMatchObject({
    id: 1,
    title: 'API key deleted',
    evidence: expect.stringMatching(/=/),
  });
  // What is more severe may go first: each message is about an alert that was opened.
  const titles = new Map(events.filter(({ at }) => at === 'alert').map(({ id, title }) => [id, title.slice(0, 30)]));
  const [message, mail] = [events[first('message')], events[first('mail')]];
  expect(message.text).toContain(titles.get(message.alert));
  expect(first('alert')).toBeLessThan(first('message'));
  expect(mail.subject).toContain(titles.get(mail.alert)?.slice(0, 20));
  expect(first('alert')).toBeLessThan(first('mail'));
  expect(events.at(-1)).toMatchObject({ at: 'ended', how: 'done', alerts: expect.any(Number) });
  expect(events.filter(({ at }) => at === 'problem')).toEqual([]);
}, 60_000);

test('says why it failed if the alerts do not arrive in time', async () => {
  const { code, out } = await runScript('test/demo/main.ts', ['--until', '1000', '--timeout', '1'], NO_KEY);
  expect(code).toBe(1);
  expect(out).toMatch(/failed: in 1 s, of 1000 alerts, \d+ reached the Slack inbox and \d+ reached the mail inbox\n$/);
}, 60_000);

test('says that the port is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { code, out } = await runScript('test/demo/main.ts', ['--port', String(port)], NO_KEY);
  server.close();
  expect(code).toBe(1);
  expect(out).toContain(`port ${port} is taken`);
}, 60_000);

test.each([
  ['--help', 0, 'usage: npm run demo'],
  ['--until', 2, 'Try: npm run demo -- --help'],
])('"%s" exits with %i', async (args, code, text) => {
  const result = await runScript('test/demo/main.ts', [args], NO_KEY);
  expect(result.code).toBe(code);
  expect(result.out + result.err).toContain(text);
});

test('has a real API key nowhere on the disk, even where it is killed', async () => {
  const key = 'key-of-a-real-organization';
  let asked = '';
  const upstream = createHttpServer((request, response) => {
    asked = request.headers.authorization ?? asked;
    response.setHeader('content-type', 'application/json');
    response.end('{"items":[],"next_cursor":null}');
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const home = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  mkdirSync(join(home, 'tmp'));
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    TMPDIR: join(home, 'tmp'),
    NIRVANA_LABS_API_KEY: key,
    NIRVANA_LABS_BASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    SLACK_WEBHOOK_URL: '',
  };
  const child = spawn(process.execPath, ['test/demo/main.ts'], { cwd: ROOT, env, stdio: 'ignore', detached: true });
  const closed = new Promise((resolve) => child.once('close', resolve));
  try {
    await expect.poll(() => asked, { timeout: 50_000 }).toBe(`Bearer ${key}`);
    expect(filesWith([home, `${ROOT}.wrangler`], [key])).toEqual([]);
    child.kill('SIGKILL');
    await closed;
    expect(filesWith([home, `${ROOT}.wrangler`], [key])).toEqual([]);
  } finally {
    try {
      process.kill(-(child.pid ?? Number.NaN), 'SIGKILL');
    } catch {
      // All of it has ended.
    }
    upstream.closeAllConnections();
    upstream.close();
    rmSync(home, { recursive: true, force: true });
  }
}, 60_000);
