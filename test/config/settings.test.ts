/** What the repository's files say of the settings, compared with the settings there are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BINDINGS, SETTINGS } from '../../src/config/config.ts';
import { receiverSettings } from '../../src/config/receivers.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';

const textOf = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const sorted = (names: Iterable<string | undefined>) => [...names].toSorted();

/** What is set by `wrangler secret put`, before the first deployment or after it. */
const SECRETS: readonly string[] = [
  ...[
    'NIRVANA_LABS_API_KEY',
    'LINK_SECRET',
    'LINK_SECRET_PREVIOUS',
    'HEARTBEAT_URL',
    'SLACK_BOT_TOKEN',
    'SLACK_SIGNING_SECRET',
    'PAGERDUTY_WEBHOOK_SECRET',
    'PAGERDUTY_API_TOKEN',
  ],
  ...RECEIVER_TYPES.flatMap(({ secret, signingSecret }) => [
    secret,
    ...(signingSecret === null ? [] : [signingSecret]),
  ]),
];
const ALL: readonly string[] = [...SETTINGS, ...receiverSettings(RECEIVER_TYPES, null)];
const { cloudflare } = JSON.parse(textOf('package.json')) as { cloudflare: { bindings: Record<string, unknown> } };
/** What the Deploy button asks for: the secrets of the receivers that most people use, not of every type. */
const ASKED = Object.keys(cloudflare.bindings);

describe('the files that list settings by hand', () => {
  test('package.json describes secrets that exist, and all that are not a receiver’s', () => {
    for (const name of ASKED) expect(SECRETS).toContain(name);
    expect(ASKED).toEqual(expect.arrayContaining(['NIRVANA_LABS_API_KEY', 'LINK_SECRET', 'HEARTBEAT_URL']));
  });

  test('package.json describes every secret of each receiver type it offers', () => {
    for (const { secret, signingSecret } of RECEIVER_TYPES) {
      if (signingSecret !== null) expect(ASKED.includes(signingSecret)).toBe(ASKED.includes(secret));
    }
    expect(ASKED).toContain(RECEIVER_TYPES[0]?.secret);
  });

  test('.dev.vars.example has the same secrets, each once, empty, with a comment before it', () => {
    const lines = textOf('.dev.vars.example').split('\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual(ASKED.map((name) => `${name}=`));
    for (const name of ASKED) expect(lines[lines.indexOf(`${name}=`) - 1]).toMatch(/^# .{20}/);
  });

  test('README.md has a row for each setting', () => {
    const rows = textOf('README.md').matchAll(/^\| `([A-Z_]+)` /gm);
    expect(sorted([...rows].map(([, name]) => name))).toEqual(sorted(ALL));
  });

  test('wrangler.toml has a line for each setting that is not a secret', () => {
    const lines = textOf('wrangler.toml').matchAll(/^# ([A-Z_]+) = "/gm);
    const open = ALL.filter((name) => ![...SECRETS, 'PUBLIC_URL', 'NIRVANA_LABS_BASE_URL'].includes(name));
    expect(sorted([...lines].map(([, name]) => name))).toEqual(sorted(open));
  });

  test('src/bindings.d.ts declares every setting that is not a receiver’s, and every binding', () => {
    const env = /interface Env \{([\s\S]*?)\n {2}\}/.exec(textOf('src/bindings.d.ts'))?.[1] ?? '';
    const declared = [...env.matchAll(/^ {4}(\w+)\??:/gm)].map(([, name]) => name);
    const bindings = [...BINDINGS, ...RECEIVER_TYPES.flatMap((type) => type.bindings)];
    expect(sorted(declared)).toEqual(sorted([...SETTINGS, ...bindings]));
  });
});
