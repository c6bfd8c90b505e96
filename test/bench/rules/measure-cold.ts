/**
 * Measures the first request of a new Worker with 100 entries: each time in a new isolate from workerd's loader, against an
 * empty Worker that only reads them.
 */
import { compare } from '../measure.ts';
import type { Bundle } from './build.ts';
import type { BenchEntry } from './entries.ts';
import { COMPATIBILITY_DATE, serveWorkerd } from './runtime.ts';

export interface Cold {
  readonly name: string;
  /** ms more than the empty Worker: to load and start, for the entries, and for the whole first request. */
  readonly startMs: number;
  readonly entriesMs: number;
  readonly togetherMs: number;
  readonly gzippedBytes: number;
}

/** Loads the Worker named in the path, under an id that is used once. */
const LOADER = `
export default {
  fetch(request, env) {
    const [, index, id] = new URL(request.url).pathname.split('/');
    const load = () => ({
      compatibilityDate: ${JSON.stringify(COMPATIBILITY_DATE)},
      mainModule: 'main.js',
      modules: { 'main.js': env['CODE_' + index] },
    });
    return env.LOADER.get(index + '-' + id, load).getEntrypoint().fetch(request);
  },
};`;

/** `bundles`: by name, the empty Worker's first. */
export async function startCold(
  bundles: ReadonlyMap<string, Bundle>,
  entries: readonly BenchEntry[],
  rounds: number,
): Promise<Cold[]> {
  const list = [...bundles];
  const texts = list.map(([, { code }], i) => [`CODE_${i}`, { type: 'text', value: code }] as const);
  const { url, stop } = await serveWorkerd(LOADER, { ...Object.fromEntries(texts), LOADER: { type: 'worker-loader' } });
  try {
    const body = JSON.stringify(entries);
    let used = 0;
    const ask = async (path: string, init: RequestInit): Promise<string> => {
      const response = await fetch(new URL(path, url), init);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`the first request is answered with ${response.status}: ${text}`);
      return text;
    };
    const post = { method: 'POST', body };
    const together = await compare(
      list.map(([name], i) => ({ name, go: async () => void (await ask(`/${i}/${used++}`, post)) })),
      { rounds, warmUp: 2 },
      () => performance.now(),
    );
    const start = await compare(
      list.map(([name], i) => ({ name, go: async () => void (await ask(`/${i}/${used++}`, {})) })),
      { rounds, warmUp: 2 },
      () => performance.now(),
    );
    return list.slice(1).map(([name, { gzippedBytes }], i) => {
      const adds = (measured: typeof together): number => measured[i + 1]?.adds ?? Number.NaN;
      const togetherMs = adds(together);
      const startMs = adds(start);
      return { name, startMs, entriesMs: togetherMs - startMs, togetherMs, gzippedBytes };
    });
  } finally {
    await stop();
  }
}
