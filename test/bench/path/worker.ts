/** The Worker as it is deployed, built once, in workerd with a new ledger each time. */
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from 'miniflare';
import { SCHEDULED_PATH } from '../../demo/worker.ts';
import type { Bundle } from '../../kill/bundle.ts';

export interface BenchedWorker {
  /** Runs the cron trigger. */
  tick(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. `onLog` gets each line of its log. */
export async function startBundle(
  bundle: Bundle,
  settings: Readonly<Record<string, string>>,
  onLog: (message: string) => void,
): Promise<BenchedWorker> {
  const worker: V4WorkerOptions = {
    ...bundle.worker,
    name: 'tocsin',
    modules: [{ type: 'ESModule', path: join(bundle.folder, bundle.main) }],
    modulesRoot: bundle.folder,
    bindings: settings,
  };
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: '127.0.0.1',
      port: 0,
      cf: false,
      logRequests: false,
      telemetry: { enabled: false },
      unsafeTriggerHandlers: true,
      handleStructuredLogs: ({ message }) => onLog(message),
      workers: [worker],
    }),
  );
  const url = await miniflare.ready;
  return {
    tick: async () => {
      await (await fetch(new URL(SCHEDULED_PATH, url))).text();
    },
    stop: () => miniflare.dispose(),
  };
}
