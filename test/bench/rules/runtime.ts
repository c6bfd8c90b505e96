/** Runs a bundle in workerd, or in Node in a separate thread, with the same interface. */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';

export interface Running {
  /** Sends a request; returns the JSON of the response. Throws if it fails. */
  ask(path: string, body?: string): Promise<unknown>;
  stop(): Promise<void>;
}

export const RUNTIMES = ['node', 'workerd'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** The start of a runtime is not measured. */
export function start(runtime: Runtime, code: string): Promise<Running> {
  return runtime === 'node' ? startThread(code) : startWorkerd(code);
}

async function startThread(code: string): Promise<Running> {
  // Contexts created from now on have `gc`, so that their heap can be measured.
  setFlagsFromString('--expose-gc');
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const loaded = import('data:text/javascript;base64,' + Buffer.from(workerData).toString('base64'));
     parentPort.on('message', async ({ id, path, body }) => {
       const { default: served } = await loaded;
       const response = await served.fetch(new Request('http://node' + path, { method: 'POST', body }));
       parentPort.postMessage({ id, status: response.status, text: await response.text() });
     });`,
    { eval: true, workerData: code, resourceLimits: { maxOldGenerationSizeMb: 4_096 } },
  );
  let asked = 0;
  const waiting = new Map<number, (answer: { status: number; text: string }) => void>();
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  worker.once('error', fail);
  worker.on('message', ({ id, ...answer }: { id: number; status: number; text: string }) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  return {
    async ask(path, body = '') {
      const id = asked++;
      const answered = new Promise<{ status: number; text: string }>((resolve) => waiting.set(id, resolve));
      worker.postMessage({ id, path, body });
      return read(path, await Promise.race([answered, failed]));
    },
    async stop() {
      await worker.terminate();
    },
  };
}

async function startWorkerd(code: string): Promise<Running> {
  const { url, stop } = await serveWorkerd(code);
  return {
    async ask(path, body = '') {
      const response = await fetch(new URL(path, url), { method: 'POST', body });
      return read(path, { status: response.status, text: await response.text() });
    },
    stop,
  };
}

/** A Worker of one module, with these bindings, in workerd on this machine. */
export async function serveWorkerd(
  code: string,
  env: WorkerEnv = {},
): Promise<{ readonly url: URL; stop(): Promise<void> }> {
  const { Miniflare } = await import('miniflare');
  const manifest = { mainModule: 'main.mjs', modules: { 'main.mjs': { type: 'esm' as const, contents: code } } };
  const miniflare = new Miniflare({
    logRequests: false,
    telemetry: { enabled: false },
    workers: [{ config: { name: 'bench', ...COMPATIBILITY, manifest, env } }],
  });
  return { url: await miniflare.ready, stop: () => miniflare.dispose() };
}

type WorkerEnv = {
  readonly [name: string]: { readonly type: 'text'; readonly value: string } | { readonly type: 'worker-loader' };
};

/** As in wrangler.toml. */
export const COMPATIBILITY = { compatibilityDate: '2026-10-01', compatibilityFlags: ['nodejs_compat'] };

function read(path: string, { status, text }: { status: number; text: string }): unknown {
  if (status !== 200) throw new Error(`${path}: ${text}`);
  return JSON.parse(text);
}
