/** The rule files of a folder: read whole, in one order. I/O, in Node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from '../sigma/parse/yaml.ts';

/** What lies in the folder of rules and is none: the routing, and lists of values for rules. */
const OTHERS = /^(routing\.ya?ml$|lists\/)/;
const ROUTING = ['routing.yml', 'routing.yaml'] as const;

/** Every `.yml` and `.yaml` below the folder, by path, with `/` between its parts. Throws where it cannot be read. */
export function readRuleFiles(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /\.ya?ml$/.test(path) && !OTHERS.test(path))
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
