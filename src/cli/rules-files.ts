/** The files of a folder of rules: read whole, in one order. I/O, in Node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../yaml/yaml.ts';

const ROUTING = ['routing.yml', 'routing.yaml'] as const;

/**
 * Every `.yml` and `.yaml` below the folder but the routing: the rules and, below `lists/`, the values of placeholders.
 * By path, with `/` between its parts. Throws where it cannot be read.
 */
export function readRuleFiles(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.ya?ml$/.test(path) && !isRouting(path))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));
}

/** The routing files of the folder: none, one, or both by mistake. */
export function readRoutingFiles(folder: string): readonly SourceFile[] {
  return ROUTING.filter((path) => existsSync(join(folder, path))).map((path) => ({
    path,
    text: readFileSync(join(folder, path), 'utf8'),
  }));
}

function isRouting(path: string): boolean {
  return (ROUTING as readonly string[]).includes(path);
}
