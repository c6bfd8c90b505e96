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
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import { type Checkout, engineSourceOf } from './checkout.ts';
import { conditionOf, type PlainRule } from './condition.ts';
import { handWritten, type Log } from './hand-written.ts';
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
  /** The rules' files: for the other checkout. */
  readonly files: readonly SourceFile[];
  /** Another checkout, whose engine is a subject under its name; null for none. */
  readonly against?: Checkout | null;
  /** The audit log if missing. */
  readonly log?: Log;
  /** A folder for the generated sources. */
  readonly folder: string;
}

/** Bundles all subjects in one module, by name. */
export async function bundleAll(names: readonly string[], rules: RulesToBuild): Promise<Bundle> {
  const { folder } = rules;
  const written = names.map((name, i) => [name, write(name, i, rules)] as const);
  return bundle(folder, [
    `import { serve } from ${path('./serve.ts')};`,
    ...written.flatMap(([, { imports }]) => imports),
    `export default serve({ subjects: {`,
    ...written.map(([name, { make }]) => `  ${JSON.stringify(name)}: () => ${make},`),
    '} });',
  ]);
}

/** Bundles one subject as a Worker that evaluates what it receives; null for the empty Worker. */
export async function bundleOne(name: string | null, rules: RulesToBuild): Promise<Bundle> {
  const { imports, make } = name === null ? { imports: [], make: null } : write(name, 0, rules);
  return bundle(rules.folder, [
    `import { serveCold } from ${path('./serve-cold.ts')};`,
    ...imports,
    `export default serveCold(${make === null ? 'null' : `() => ${make}`});`,
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
    external: ['node:crypto'],
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

function write(name: string, i: number, { ruleSet, files, against, log = 'audit', folder }: RulesToBuild): Written {
  const subject = `subject${i}`;
  const data = (value: unknown): string => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
  const file = (text: string, kind = 'js'): string => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${subject}.${kind}`, text);
    return JSON.stringify(`${folder}/${subject}.${kind}`);
  };
  const engine = (checkout: string, module: string): Written => ({
    imports: [
      `import { engineSubject as ${subject} } from ${path('./engine.ts')};`,
      `import { compile as ${subject}Compile } from ${JSON.stringify(engineSourceOf(checkout))};`,
      `import { ruleCode as ${subject}Code, ruleSet as ${subject}Rules } from ${file(module, 'ts')};`,
    ],
    // The rules read no derived field.
    make: `${subject}(${subject}Compile(${subject}Rules, { code: ${subject}Code, derived: new Map(${subject}Code.derived?.map((field) => [field, () => undefined])) }))`,
  });
  if (against !== null && name === against?.name) return engine(against.folder, against.moduleOf(files));
  switch (name) {
    case ENGINE:
      return engine(fileOf('../../../'), rulesModule(ruleSet, [], null));
    case HAND_WRITTEN: {
      const source = handWritten(detectionsOf(ruleSet), fileOf('./prepared.ts'), log);
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
          `import * as ${subject}Compiled from ${file(compiledByAjv(ruleSet))};`,
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

/** Compiling thousands of schemas takes long: once for all bundles of the same rules. */
const byAjv = new WeakMap<RuleSet, string>();

function compiledByAjv(ruleSet: RuleSet): string {
  const compiled = byAjv.get(ruleSet) ?? ajvStandalone(plainRules(ruleSet));
  byAjv.set(ruleSet, compiled);
  return compiled;
}

/** The detections of rules, as the engine numbers them. */
export function detectionsOf({ rules }: RuleSet): DetectionRule[] {
  return rules.filter((rule): rule is DetectionRule => rule.kind === 'detection');
}

/** The detections of rules, for translation. */
export function plainRules(ruleSet: RuleSet): PlainRule[] {
  return detectionsOf(ruleSet).map(({ id, expression }) => ({ id, condition: conditionOf(expression) }));
}
