/**
 * The direction of the imports, checked: `node test/imports.ts` (part of `npm run check`), and a test.
 *
 * Contract: `importProblems` is pure, over the sources as text; each problem is one line that says which file, what it
 * does and what the house allows. CONTRIBUTING.md draws the map; the tables below are the map.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** From the roof to the ground: a file imports from its own floor and from those below it. First match counts. */
const FLOORS: readonly (readonly [name: string, files: RegExp])[] = [
  ['cli', /^cli\//],
  ['index', /^index\.ts$/],
  ['tick', /^tick\.ts$/],
  ['web', /^web\//],
  ['watch', /^watch\.ts$/],
  ['ledger/durable', /^ledger\/durable\.ts$/],
  ['ledger', /^ledger\//],
  ['alert', /^alert\/(?!routing)/],
  ['notify', /^notify\//],
  ['config', /^config(\.ts$|\/)/],
  ['rules', /^rules\.gen\.ts$/],
  ['alert/routing', /^alert\/routing/],
  ['access', /^access\//],
  ['sigma', /^sigma\//],
  ['audit-log', /^audit-log\//],
  ['duration', /^duration\.ts$/],
];

/** Who may import which modules that are not ours; nobody else may. */
const OUTSIDE: readonly { readonly module: RegExp; readonly may: RegExp; readonly why: string }[] = [
  {
    module: /^cloudflare:/,
    may: /^(index\.ts$|web\/|ledger\/durable\.ts$)/,
    why: 'only index.ts, web/ and ledger/durable.ts know the Workers runtime',
  },
  {
    module: /^node:/,
    may: /^(cli\/|ledger\/node-store\.ts$)/,
    why: 'only cli/ and ledger/store/node-store.ts know Node',
  },
  { module: /^hono(\/|$)/, may: /^(index\.ts$|web\/)/, why: 'only web/ answers requests' },
  { module: /^zod(\/|$)/, may: /^(audit-log|cli|web)\//, why: 'only what reads from outside checks what it reads' },
  { module: /^zod$/, may: /^$/, why: 'zod/mini is a tenth of its size in the bundle' },
  { module: /^yaml$/, may: /^sigma\/parse\/(yaml|lexemes)\.ts$/, why: 'YAML is read in one place, at build time' },
  { module: /^re2js$/, may: /^$/, why: 'it is only what the tests compare our own engine with' },
];

/** What the Worker's bundle is made of besides our own code. */
const BUNDLED = /^(cloudflare:|hono(\/|$)|zod\/mini$)/;

/** The core: no clock, no chance, no I/O. What lies in these and is none stands in `SHELL`. */
const CORE = /^(sigma|alert|access|ledger|config|notify)\/|^(config|duration)\.ts$/;
const SHELL = /^(ledger\/(durable|durable-store|node-store)\.ts|notify\/(post|(slack|email|webhook)\/send)\.ts)$/;
const IMPURE: readonly (readonly [words: RegExp, what: string])[] = [
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, 'reads the clock: `now` is a parameter'],
  [/\bMath\.random\(|\bcrypto\.(randomUUID|getRandomValues)\(/, 'throws dice: what is random is a parameter'],
  [/(?<![.\w])fetch\(|\bset(Timeout|Interval)\(/, 'does I/O: decisions return what is to be done'],
];

/** The problems of `src`, given as path below src → text; none is the rule. */
export function importProblems(sources: ReadonlyMap<string, string>): string[] {
  const files = [...sources].filter(([path]) => !path.endsWith('.d.ts'));
  const imports = new Map(files.map(([path, text]) => [path, importsOf(text)]));
  const problems: string[] = [];
  for (const [path, text] of files) {
    const floor = floorOf(path);
    if (floor < 0) problems.push(`src/${path}: has no floor: add it to the map in test/imports.ts`);
    for (const specifier of imports.get(path) ?? []) {
      const problem = specifier.startsWith('.') ? inside(path, floor, specifier) : outside(path, specifier);
      if (problem !== null) problems.push(`src/${path}: imports ${specifier}: ${problem}`);
    }
    if (!CORE.test(path) || SHELL.test(path)) continue;
    const code = withoutComments(text);
    for (const [words, what] of IMPURE) {
      const found = words.exec(code)?.[0];
      if (found !== undefined) problems.push(`src/${path}: \`${found}\` in the core ${what}`);
    }
  }
  return [...problems, ...bundleProblems(imports)];
}

function inside(path: string, floor: number, specifier: string): string | null {
  const target = resolve(path, specifier);
  if (target === null) return 'nothing in src imports from outside of src';
  const below = floorOf(target);
  if (below < 0 || below >= floor) return null;
  return `imports go downward only, and ${FLOORS[below]?.[0]} lies above ${FLOORS[floor]?.[0] ?? 'it'}`;
}

function outside(path: string, specifier: string): string | null {
  return OUTSIDE.find(({ module, may }) => module.test(specifier) && !may.test(path))?.why ?? null;
}

/** What index.ts reaches is the bundle: nothing of Node's, and no package that is only for building. */
function bundleProblems(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const reached = new Map<string, string>([['index.ts', 'index.ts']]);
  const problems: string[] = [];
  for (const [path, way] of reached) {
    for (const specifier of imports.get(path) ?? []) {
      const target = specifier.startsWith('.') ? resolve(path, specifier) : null;
      if (target !== null && !reached.has(target)) reached.set(target, `${way} → ${target}`);
      if (!specifier.startsWith('.') && !BUNDLED.test(specifier)) {
        problems.push(`src/${path}: ${specifier} would be in the Worker's bundle, by ${way}`);
      }
    }
  }
  return problems;
}

function floorOf(path: string): number {
  return FLOORS.findIndex(([, files]) => files.test(path));
}

/** Path below src; null where it leads out of it. */
function resolve(from: string, specifier: string): string | null {
  const { pathname } = new URL(specifier, `file:///src/${from}`);
  return pathname.startsWith('/src/') ? pathname.slice('/src/'.length) : null;
}

/** What a source imports at run time or for its types, as it is written. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text);
  const found = code.matchAll(
    /(?:^|[\n;])\s*(?:import|export)\b[^;'"`]*?\bfrom\s*(['"])(.+?)\1|(?:^|[\n;])\s*import\s*(['"])(.+?)\3|\bimport\(\s*(['"])(.+?)\5/g,
  );
  return [...new Set([...found].map((match) => match[2] ?? match[4] ?? match[6] ?? ''))];
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Every TypeScript file of src as path below it → text. */
export function readSources(): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL('../src/', import.meta.url).href);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(`${folder}${path}`, 'utf8')]));
}

if (import.meta.main) {
  const problems = importProblems(readSources());
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
