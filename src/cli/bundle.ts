/**
 * `npm run bundle`: builds the Worker as a deployment would, prints its size, and fails where it has grown too large.
 */
import { Failure } from './failure.ts';
import { type RunWrangler, runWrangler } from './wrangler.ts';

/**
 * Ours, to notice when something large gets in by mistake: all of zod alone would add 91 KiB. Cloudflare takes 3 MB
 * (developers.cloudflare.com/workers/platform/limits/#worker-size).
 */
const MOST_BYTES = 150 * 1024;

/** Builds without deploying, and returns the size as a line. Throws a `Failure` where that does not do. */
export async function buildBundle(wrangler: RunWrangler): Promise<string> {
  const { code, stdout, stderr, steps } = await wrangler(['deploy', '--dry-run'], { show: false });
  if (code !== 0) throw new Failure('the Worker can’t be built', `${stdout}${stderr}`.trim());
  const bytes = gzippedBytes(steps);
  if (bytes === null) throw new Failure('wrangler does not say how large the bundle is', `${stdout}${stderr}`.trim());
  const size = `the bundle has ${kib(bytes)} gzipped`;
  if (bytes > MOST_BYTES)
    throw new Failure(
      `${size}, more than ${kib(MOST_BYTES)}`,
      'What got in? wrangler deploy --dry-run --metafile --outdir DIR says it.',
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
  try {
    process.stdout.write(`${await buildBundle(runWrangler)}\n`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(`${error.message}\n${error.hint}\n`);
    process.exitCode = error.code;
  }
}
