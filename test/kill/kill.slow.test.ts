/** The kill test as a process, with a few kills. `npm run kill` runs a hundred. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScript } from '../cli/run-command.ts';

test('three kills lose nothing', async () => {
  const { code, out, err } = await runScript('test/kill/main.ts', ['--times', '3', '--seed', '3', '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { entries, alerts, messages, kills, problems } = JSON.parse(out);
  expect(problems).toEqual([]);
  expect(kills).toHaveLength(3);
  expect(entries).toMatchObject({ shown: entries.recorded, lost: 0, doubled: 0 });
  expect(alerts).toMatchObject({ expected: alerts.opened, lost: 0, doubled: 0 });
  expect(messages).toMatchObject({ lost: 0 });
  // A run in which nothing happens would lose nothing either.
  expect(entries.shown).toBeGreaterThan(500);
  expect(alerts.opened).toBeGreaterThan(3);
  expect(messages.received).toBeGreaterThanOrEqual(alerts.opened);
}, 900_000);

test('ends everything when it is interrupted, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-test-'));
  const child = spawn(process.execPath, ['test/kill/main.ts'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const folders = (): string[] => readdirSync(folder).filter((name) => name.startsWith('tocsin-'));
  const pidFile = (): string | undefined =>
    folders()
      .map((name) => join(folder, name, 'workerd.pid'))
      .find(existsSync);
  while (pidFile() === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  const workerd = readFileSync(pidFile() ?? '', 'utf8').trim();
  expect(runs(workerd)).toBe(true);
  child.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(folders()).toEqual([]);
  expect(runs(workerd)).toBe(false);
  rmSync(folder, { recursive: true });
}, 60_000);

/** Whether the process runs; one that has ended may still be listed, as a zombie. */
function runs(pid: string): boolean {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
}

test.each([
  ['--help', 0, 'usage: npm run kill'],
  ['--times=none', 2, 'Try: npm run kill -- --help'],
])('"%s" exits with %i', async (args, code, text) => {
  const result = await runScript('test/kill/main.ts', [args]);
  expect(result.code).toBe(code);
  expect(result.out + result.err).toContain(text);
});
