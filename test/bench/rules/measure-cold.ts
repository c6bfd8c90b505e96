/**
 * Measures the first request of a new Worker, and how long it takes to be ready: each time in a new isolate from workerd's
 * loader, against an empty Worker that only reads the entries.
 */
import { compare } from '../measure.ts';
import type { Bundle } from './build.ts';
import { COMPATIBILITY, serveWorkerd } from './runtime.ts';

export interface Cold {
  readonly name: string;
  /** ms more than the empty Worker: of the whole first request, to load and start, and for the entries. */
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
      ...${JSON.stringify(COMPATIBILITY)},
      mainModule: 'main.js',
      modules: { 'main.js': env['CODE_' + index] },
    });
    return env.LOADER.get(index + '-' + id, load).getEntrypoint().fetch(request);
  },
};`;

/** By name, the empty Worker's first. */
export type Bundles = ReadonlyMap<string, Bundle>;

/** Measures the first request, with these entries. */
export async function startCold(bundles: Bundles, entries: readonly object[], rounds: number): Promise<Cold[]> {
  return withLoader(bundles, rounds, async (measure) => {
    const post = { method: 'POST', body: JSON.stringify(entries) };
    const together = await measure('', post);
    const start = await measure('?make', {});
    return [...bundles].slice(1).map(([name, { gzippedBytes }]) => {
      const [togetherMs = Number.NaN, startMs = Number.NaN] = [together.get(name), start.get(name)];
      return { name, startMs, entriesMs: togetherMs - startMs, togetherMs, gzippedBytes };
    });
  });
}

/** From the module loaded to the first entry evaluated, by name; ms more than the empty Worker takes to read the entry. */
export async function startReady(
  bundles: Bundles,
  entry: object,
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const post = { method: 'POST', body: JSON.stringify([entry]) };
  return withLoader(bundles, rounds, (measure) => measure('', post, true));
}

/**
 * Sends a request to new isolates in turns; `loaded`: after one that only loads the Worker, which is not measured. Returns
 * how many ms more than the empty Worker each one takes, by name.
 */
type Measure = (query: string, init: RequestInit, loaded?: boolean) => Promise<ReadonlyMap<string, number>>;

async function withLoader<T>(bundles: Bundles, rounds: number, run: (measure: Measure) => Promise<T>): Promise<T> {
  const list = [...bundles];
  const texts = list.map(([, { code }], i) => [`CODE_${i}`, { type: 'text', value: code }] as const);
  const { url, stop } = await serveWorkerd(LOADER, { ...Object.fromEntries(texts), LOADER: { type: 'worker-loader' } });
  let used = 0;
  const ask = async (path: string, init: RequestInit): Promise<void> => {
    const response = await fetch(new URL(path, url), init);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`the first request is answered with ${response.status}: ${text}`);
  };
  const measure: Measure = async (query, init, loaded = false) => {
    const subjects = list.map(([name], i) => ({
      name,
      before: async () => {
        used++;
        if (loaded) await ask(`/${i}/${used}`, {});
      },
      go: async () => ask(`/${i}/${used}${query}`, init),
    }));
    const measured = await compare(subjects, { rounds, warmUp: 2 }, () => performance.now());
    return new Map(measured.map(({ name, adds }) => [name, adds]));
  };
  try {
    return await run(measure);
  } finally {
    await stop();
  }
}
