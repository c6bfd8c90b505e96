/**
 * Two kinds of tests: those of plain code run in Node, those of the Worker (test/worker) in workerd, with its real KV,
 * Durable Object and alarms. What is outside the Worker, the upstream and Slack, are real servers, started once.
 */
import { resolve } from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

// There is nothing to ask of Cloudflare in a test.
process.env['CLOUDFLARE_CF_FETCH_ENABLED'] ??= 'false';
process.env['WRANGLER_SEND_METRICS'] ??= 'false';

const root = resolve(import.meta.dirname, '..');

export default defineConfig({
  test: {
    root,
    // A test's own words are for when it fails.
    silent: 'passed-only',
    projects: [
      {
        test: { name: 'node', root, include: ['test/**/*.test.ts'], exclude: ['test/worker/**'], environment: 'node' },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: `${root}/wrangler.toml` },
            miniflare: {
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
        test: { name: 'worker', root, include: ['test/worker/**/*.test.ts'], globalSetup: ['test/worker/outside.ts'] },
      },
    ],
  },
});
