/**
 * `npm run bundle`: builds the Worker as a deployment would, prints its size, and fails if its code is too large. The rules are
 * not counted: how many there are is the user's choice.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { exitCode, Failure, OK } from './failure.ts';
import { err, out, printCrashes } from './terminal.ts';
import { ROOT, type RunWrangler, runWrangler } from './wrangler.ts';

/**
 * Our own limit, to notice a large dependency that gets in by mistake: all of zod would add 91 KiB. Cloudflare allows 3 MB
 * (developers.cloudflare.com/workers/platform/limits/#worker-size). It was 150 KiB until alerts had status, groups, silences,
 * routes, pages and an API to act on them, and a Slack app and PagerDuty that act back; 180 KiB until rules learned what was
 * seen, were tuned, and built their windows from what is recorded.
 */
const CODE_GZIPPED_BYTES_MAX = 200 * 1024;

/**
 * Builds without deploying; returns the size as a line. Throws a `Failure` if the build fails or its code is too large.
 * `readRules`: the module with the rules, after the build.
 */
export async function buildBundle(wrangler: RunWrangler, readRules: () => string = builtRules): Promise<string> {
  const { code, stdout, stderr, steps } = await wrangler(['deploy', '--dry-run'], { show: false });
  if (code !== 0) throw new Failure("the Worker can't be built", `${stdout}${stderr}`.trim());
  const bytes = gzippedBytes(steps);
  if (bytes === null) throw new Failure('wrangler did not report the size of the bundle', `${stdout}${stderr}`.trim());
  const rules = gzipSync(readRules()).length;
  const ofCode = bytes - rules;
  const size = `the bundle has ${kib(bytes)} gzipped: ${kib(ofCode)} code, ${kib(rules)} rules`;
  if (ofCode > CODE_GZIPPED_BYTES_MAX)
    throw new Failure(
      `${size}; the code may have ${kib(CODE_GZIPPED_BYTES_MAX)}`,
      '.worker/index.js.map says which module each part of it is from.',
    );
  return size;
}

function builtRules(): string {
  return readFileSync(join(ROOT, 'src/rules.gen.ts'), 'utf8');
}

function gzippedBytes(steps: readonly { readonly [field: string]: unknown }[]): number | null {
  const size = steps.find(({ type }) => type === 'deploy')?.bundle_size;
  if (typeof size !== 'object' || size === null || !('gzip_bytes' in size)) return null;
  return typeof size.gzip_bytes === 'number' ? size.gzip_bytes : null;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

if (import.meta.main) {
  printCrashes();
  process.exitCode = await exitCode(async () => {
    out(`${await buildBundle(runWrangler)}\n`);
    return OK;
  }, err);
}
