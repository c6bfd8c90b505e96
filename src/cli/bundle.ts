/**
 * `npm run bundle`: builds the Worker as a deployment would, prints its size, and fails if it is too large.
 */
import { exitCode, Failure, OK } from './failure.ts';
import { err, out, printCrashes } from './terminal.ts';
import { type RunWrangler, runWrangler } from './wrangler.ts';

/**
 * Our own limit, to notice a large dependency that gets in by mistake: all of zod would add 91 KiB. Cloudflare allows 3 MB
 * (developers.cloudflare.com/workers/platform/limits/#worker-size). It was 150 KiB until alerts had status, groups, silences,
 * routes, pages and an API to act on them, and a Slack app and PagerDuty that act back.
 */
const GZIPPED_BYTES_MAX = 180 * 1024;

/** Builds without deploying; returns the size as a line. Throws a `Failure` if the build fails or is too large. */
export async function buildBundle(wrangler: RunWrangler): Promise<string> {
  const { code, stdout, stderr, steps } = await wrangler(['deploy', '--dry-run'], { show: false });
  if (code !== 0) throw new Failure("the Worker can't be built", `${stdout}${stderr}`.trim());
  const bytes = gzippedBytes(steps);
  if (bytes === null) throw new Failure('wrangler did not report the size of the bundle', `${stdout}${stderr}`.trim());
  const size = `the bundle has ${kib(bytes)} gzipped`;
  if (bytes > GZIPPED_BYTES_MAX)
    throw new Failure(
      `${size}, more than ${kib(GZIPPED_BYTES_MAX)}`,
      '.worker/index.js.map says which module each part of it is from.',
    );
  return size;
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
