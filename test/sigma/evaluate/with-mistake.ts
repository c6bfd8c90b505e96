/**
 * Makes a mistake (mistakes.ts) in a copy of `src/sigma`.
 *
 * Contract: all of the copy has the mistake, as if somebody had really made it: the code is compared with the interpreter
 * beside it, not with the correct one. Throws if the text to replace is not there exactly once.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Implementation, interpreterOf } from './agreement.ts';
import type { Mistake } from './mistakes.ts';

const SRC = resolve(import.meta.dirname, '../../../src');

/** Runs something with an implementation that has the mistake. */
export async function withMistake<T>({ file, find, replace }: Mistake, run: (made: Implementation) => T): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'tocsin-mistake-'));
  try {
    for (const folder of ['sigma', 'text']) await cp(join(SRC, folder), join(copy, folder), { recursive: true });
    const path = join(copy, 'sigma', file);
    const text = await readFile(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} must have this exactly once: ${find}`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
    const load = (module: string) => import(pathToFileURL(join(copy, 'sigma', module)).href);
    const [{ codeOf }, { compile }, { holds }, { Values }] = await Promise.all(
      ['codegen/generate.ts', 'engine.ts', 'evaluate/interpreter.ts', 'evaluate/values.ts'].map(load),
    );
    return run({ codeOf, compile, interpret: interpreterOf(holds, Values) });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
