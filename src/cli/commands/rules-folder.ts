/** The folder of rules that a command is about. */
import { relative } from 'node:path';
import { ROOT } from '../wrangler.ts';

/** By what `--rules` gives: where it is, and how it stands before the path of a file, such as `rules/`. */
export function rulesFolder(given: string | undefined): { readonly folder: string; readonly shown: string } {
  const folder = given ?? `${ROOT}rules`;
  const shown = `${(given ?? relative('.', folder)).replaceAll('\\', '/').replace(/\/+$/, '')}/`;
  return { folder, shown };
}
