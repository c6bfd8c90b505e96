/**
 * Four projects. `unit`: plain code in Node, in seconds, for every save. `slow`: also in Node, what takes longer (fuzzing,
 * hostile input, processes, the simulation, the demo). `worker`: the Worker in workerd, with its real KV, Durable Object
 * and alarms. `browser`: pages in a real browser. What is outside the Worker, the upstream and Slack, are real servers.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { contentVersion } from '../src/text/content-version.ts';

// There is nothing to ask of Cloudflare in a test.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] ??= 'false';
process.env['WRANGLER_SEND_METRICS'] ??= 'false';

const root = resolve(import.meta.dirname, '..');

/**
 * What tests of the ledger, the pages and the Worker alert on: a few rules that need no history, so that the pack can change
 * without them (test/support/pack). They stand in for src/rules.gen.ts; the pack itself is read by its own tests.
 */
const pack = resolve(root, '.vitest/pack');
mkdirSync(pack, { recursive: true });
execFileSync(
  process.execPath,
  [
    ...['src/cli/build-rules.ts', '--rules', 'test/support/pack', '--out', `${pack}/rules.gen.ts`],
    ...['--assets', `${pack}/assets`],
  ],
  { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] },
);
const alias = [{ find: /^.*\/rules\.gen\.ts$/, replacement: `${pack}/rules.gen.ts` }];

const tsconfig = readFileSync(resolve(root, 'tsconfig.json'), 'utf8');

/**
 * One file at a time, after the others: what runs there measures real time too, such as how long a receiver may take to answer,
 * and is several processes.
 */
const byItself = (groupOrder: number) => ({ maxWorkers: 1, sequence: { groupOrder } });

/** They end what hangs. A machine may be slow or busy: nothing is tested by how long it takes. */
const patience = { testTimeout: 120_000, hookTimeout: 120_000 };

const SLOW = ['test/**/*.slow.test.ts', 'test/{bench,demo,simulation}/**/*.test.ts'];
const BROWSER = ['test/browser/**/*.test.ts'];
const WORKER = ['test/worker/**/*.test.ts'];

export default defineConfig({
  test: {
    root,
    // What it keeps of compiled modules depends on this file too, and it would not notice a change.
    fsModuleCachePath: resolve(root, `node_modules/.vitest-cache/${contentVersion(tsconfig)}`),
    // Vitest leaves one core free, which is half of a small machine.
    maxWorkers: '100%',
    // A test's own words are for when it fails.
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          root,
          alias,
          isolate: false,
          ...patience,
          include: ['test/**/*.test.ts'],
          exclude: [...SLOW, ...BROWSER, ...WORKER],
        },
      },
      { test: { name: 'slow', root, alias, include: SLOW, ...patience } },
      { test: { name: 'browser', root, include: BROWSER, ...patience, ...byItself(1) } },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            // wrangler.toml names the bundle.
            main: `${root}/src/index.ts`,
            wrangler: { configPath: `${root}/wrangler.toml` },
            miniflare: {
              // The files of the rules above.
              assets: { directory: `${pack}/assets`, binding: 'ASSETS' },
              bindings: {
                NIRVANA_LABS_BASE_URL: inject('upstreamUrl'),
                NIRVANA_LABS_API_KEY: inject('upstreamKey'),
                SLACK_WEBHOOK_URL: inject('slackUrl'),
                LINK_SECRET: inject('linkSecret'),
                PUBLIC_URL: 'https://tocsin.example',
              },
              // wrangler.toml leaves it to who has an account for it.
              email: { send_email: [{ name: 'EMAIL' }] },
            },
          })),
        ],
        test: {
          name: 'worker',
          root,
          alias,
          include: WORKER,
          globalSetup: ['test/worker/global-setup.ts'],
          ...patience,
          ...byItself(2),
        },
      },
    ],
  },
});
