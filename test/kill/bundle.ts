/** The Worker as it is deployed, built once: its bundle, and its bindings as wrangler.toml has them. */
import { join } from 'node:path';
import type { unstable_getMiniflareWorkerOptions } from 'wrangler';
import { ROOT, runWrangler } from '../../src/cli/wrangler.ts';

export interface Bundle {
  readonly folder: string;
  /** The module, below the folder. */
  readonly main: string;
  /** For miniflare, as JSON can hold it. */
  readonly worker: ReturnType<typeof unstable_getMiniflareWorkerOptions>['workerOptions'];
}

/** Builds it into `folder`. Throws with wrangler's words if that fails. */
export async function buildWorker(folder: string): Promise<Bundle> {
  const { code, stdout, stderr } = await runWrangler(['deploy', '--dry-run', '--outdir', folder], { show: false });
  if (code !== 0) throw new Error(`the Worker can't be built: ${stdout}${stderr}`);
  const { unstable_getMiniflareWorkerOptions: optionsOf } = await import('wrangler');
  return { folder, main: 'index.js', worker: optionsOf(join(ROOT, 'wrangler.toml')).workerOptions };
}
