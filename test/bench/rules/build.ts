/**
 * Bundles the measured modules like a Worker, with everything known at build time in them.
 *
 * Contract: writes into `folder` only.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { rulesModule } from '../../../src/cli/build-rules.ts';
import type { DetectionRule, RuleSet } from '../../../src/sigma/rule.ts';
import { conditionOf, type PlainRule } from './condition.ts';
import { handWritten } from './hand-written.ts';
import { adapterOf, ajvStandalone } from './peers.ts';

export const ENGINE = 'this engine';
export const HAND_WRITTEN = 'hand-written';
/** The cost of preparing an entry for the peers. */
export const PREPARED = '(folding for the peers)';

export interface Bundle {
  readonly code: string;
  readonly gzippedBytes: number;
}

/** The source of a subject: its imports, and the expression that creates it. */
interface Written {
  readonly imports: readonly string[];
  readonly make: string;
}

export interface RulesToBuild {
  readonly ruleSet: RuleSet;
  /** Names of subjects. */
  readonly names: readonly string[];
  readonly folder: string;
}

/** Bundles all subjects in one module, by name. */
export async function bundleAll({ ruleSet, names, folder }: RulesToBuild): Promise<Bundle> {
  const written = names.map((name, i) => [name, write(name, i, ruleSet, folder)] as const);
  return bundle(folder, [
    `import { serve } from ${path('./serve.ts')};`,
    ...written.flatMap(([, { imports }]) => imports),
    `export default serve({ subjects: {`,
    ...written.map(([name, { make }]) => `  ${JSON.stringify(name)}: () => ${make},`),
    '} });',
  ]);
}

/** Bundles one subject as a Worker that evaluates what it receives; null for the empty Worker. */
export async function bundleOne(name: string | null, ruleSet: RuleSet, folder: string): Promise<Bundle> {
  const { imports, make } = name === null ? { imports: [], make: 'null' } : write(name, 0, ruleSet, folder);
  return bundle(folder, [
    `import { serveCold } from ${path('./serve-cold.ts')};`,
    ...imports,
    `export default serveCold(${make});`,
  ]);
}

/** Bundles a module from lines of source. */
export async function bundle(folder: string, lines: readonly string[]): Promise<Bundle> {
  const entry = `${folder}/entry.ts`;
  writeFileSync(entry, lines.join('\n'));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    // The code that ajv generates imports ajv.
    nodePaths: [fileOf('../peers/node_modules/')],
    logLevel: 'silent',
  });
  const code = outputFiles[0]?.text ?? '';
  return { code, gzippedBytes: gzipSync(code, { level: 9 }).length };
}

/** The path of a file relative to `base`, quoted for an import. */
export function path(relative: string, base = import.meta.url): string {
  return JSON.stringify(fileOf(relative, base));
}

function fileOf(relative: string, base = import.meta.url): string {
  return fileURLToPath(new URL(relative, base).href);
}

function write(name: string, i: number, ruleSet: RuleSet, folder: string): Written {
  const subject = `subject${i}`;
  const data = (value: unknown): string => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
  const file = (text: string, kind = 'js'): string => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${subject}.${kind}`, text);
    return JSON.stringify(`${folder}/${subject}.${kind}`);
  };
  switch (name) {
    case ENGINE:
      return {
        imports: [
          `import { engineSubject as ${subject} } from ${path('./engine.ts')};`,
          `import { ruleCode, ruleSet } from ${file(rulesModule(ruleSet, null, []), 'ts')};`,
        ],
        make: `${subject}(ruleSet, ruleCode)`,
      };
    case HAND_WRITTEN: {
      const source = handWritten(detectionsOf(ruleSet), fileOf('./prepared.ts'));
      return {
        imports: [
          `import { matched as ${subject} } from ${file(source)};`,
          `import { subjectOf as ${subject}Of } from ${path('./subject.ts')};`,
        ],
        make: `${subject}Of(${subject})`,
      };
    }
    case PREPARED:
      return {
        imports: [
          `import { prepare as ${subject} } from ${path('./prepared.ts')};`,
          `import { subjectOfRules as ${subject}Of } from ${path('./subject.ts')};`,
        ],
        make: `${subject}Of([{ id: 'none', test: (record) => record.method === '' }], ${subject})`,
      };
    case 'ajv':
      return {
        imports: [
          `import * as ${subject}Compiled from ${file(ajvStandalone(plainRules(ruleSet)))};`,
          `import { create as ${subject} } from ${JSON.stringify(adapterOf(name))};`,
        ],
        make: `${subject}(${data(detectionsOf(ruleSet).map(({ id }) => id))}, ${subject}Compiled)`,
      };
    default:
      return {
        imports: [`import { create as ${subject} } from ${JSON.stringify(adapterOf(name))};`],
        make: `${subject}(${data(plainRules(ruleSet))})`,
      };
  }
}

export function detectionsOf({ rules }: RuleSet): DetectionRule[] {
  return rules.filter((rule): rule is DetectionRule => rule.kind === 'detection');
}

export function plainRules(ruleSet: RuleSet): PlainRule[] {
  return detectionsOf(ruleSet).map(({ id, expression }) => ({ id, condition: conditionOf(expression) }));
}
