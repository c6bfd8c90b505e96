/**
 * The measured engines: this one, and that of another checkout of this repository, to compare two versions in one run.
 *
 * Contract: nothing of the other checkout is imported before `openCheckout`. It parses the same YAML with its own parser and
 * is bundled from its own sources.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Parsed } from '../../../src/sigma/build.ts';
import type { SourceFile } from '../../../src/yaml/yaml.ts';

export interface Checkout {
  /** The name of its engine in the tables. */
  readonly name: string;
  /** Its top folder; absolute. */
  readonly folder: string;
  /** The generated module (TypeScript) of rules. Throws if they have an error. */
  moduleOf(files: readonly SourceFile[]): string;
}

/** The entry point at run time, at build time, and the writer of the generated module. */
const SOURCES = { run: 'src/sigma/index.ts', build: 'src/sigma/build.ts', write: 'src/cli/build-rules.ts' } as const;

type BuildSource = Pick<typeof import('../../../src/sigma/build.ts'), 'parseRules' | 'problemText'>;
/** It takes the rules' files too in older checkouts. */
interface WriteSource {
  rulesModule(ruleSet: Parsed['ruleSet'], routing: null, files: readonly SourceFile[]): string;
}

/** What a folder lacks to be a checkout; null if nothing. */
export function missingInCheckout(folder: string): string | null {
  return Object.values(SOURCES).find((path) => !existsSync(join(folder, path))) ?? null;
}

/** The path of a checkout's entry point at run time. */
export function engineSourceOf(folder: string): string {
  return join(folder, SOURCES.run);
}

/** Opens a checkout, whose packages must be installed. */
export async function openCheckout(given: string): Promise<Checkout> {
  const folder = resolve(given);
  const load = async (path: string): Promise<unknown> => import(pathToFileURL(join(folder, path)).href);
  const { parseRules, problemText } = (await load(SOURCES.build)) as BuildSource;
  const { rulesModule } = (await load(SOURCES.write)) as WriteSource;
  const made = new WeakMap<readonly SourceFile[], string>();
  return {
    name: `engine of ${given}`,
    folder,
    moduleOf: (files) => {
      const known = made.get(files);
      if (known !== undefined) return known;
      // Revisions before the option `logsource` skip other logs without this.
      const { ruleSet, problems } = parseRules(files, { accepts: () => true } as object);
      const errors = problems.filter(({ severity }) => severity === 'error');
      if (errors.length > 0) throw new Error(`${given}: ${errors.map((problem) => problemText(problem)).join('\n')}`);
      const text = rulesModule(ruleSet, null, []);
      made.set(files, text);
      return text;
    },
  };
}
