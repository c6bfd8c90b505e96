/**
 * `npm run build`, after the rules: bundles the Worker into `.worker/index.js`, minified, with its source map beside it. wrangler
 * takes it as it is.
 *
 * Contract: the same sources give the same files. A warning is an error, since what it is about would fail in the Worker; then
 * nothing is written. A file is written only if it changed, so that file watchers don't fire.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { rolldown } from 'rolldown';
import { writeIfChanged } from './build-assets.ts';
import { exitCode, Failure, OK } from './failure.ts';
import { err, printCrashes } from './terminal.ts';
import { ROOT } from './wrangler.ts';

/** The modules that workerd has. */
const BUILT_IN = /^(?:cloudflare|node):/;
/** As wrangler has them. https://developers.cloudflare.com/workers/wrangler/bundling/#conditional-exports */
const CONDITIONS = ['workerd', 'worker', 'browser'];

/** Bundles `input`, a path below the repository's folder: the name of each file → its text. Throws a `Failure` if it can't. */
export async function bundleWorker(input: string): Promise<ReadonlyMap<string, string>> {
  const warnings: string[] = [];
  try {
    const bundle = await rolldown({
      input,
      cwd: ROOT,
      external: BUILT_IN,
      platform: 'browser',
      resolve: { conditionNames: CONDITIONS },
      // Constants of other modules too, wherever they are used: that is smaller.
      optimization: { inlineConst: { mode: 'all' } },
      onLog: (level, { message }) => {
        if (level === 'warn') warnings.push(message);
      },
    });
    const { output } = await bundle.generate({ minify: true, comments: false, sourcemap: true, codeSplitting: false });
    await bundle.close();
    if (warnings.length > 0) throw new Error(warnings.join('\n'));
    return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : String(file.source)]));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new Failure("the Worker can't be built", stripVTControlCharacters(problem).trim());
  }
}

if (import.meta.main) {
  printCrashes();
  process.exitCode = await exitCode(async () => {
    const files = await bundleWorker('src/index.ts');
    const folder = join(ROOT, '.worker');
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of files) writeIfChanged(join(folder, name), text);
    return OK;
  }, err);
}
