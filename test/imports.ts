/**
 * Checks the direction of imports: `npm run imports` (part of `npm run check`), and a test.
 *
 * Contract: `importProblems` is pure, over the texts of the sources. Each problem is one line that names the file, the
 * import and the rule it breaks. Type-only imports count. Three rules:
 *
 * 1. A file imports from its own folder of `src/` and from those below it (`FOLDERS`, from the top down).
 * 2. The files and subfolders of a folder import each other in one direction only: no cycles, at any depth.
 * 3. `sigma/` has two doors: other folders import only `sigma/index.ts` (run time) or `sigma/build.ts` (build time).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { err, printCrashes } from '../src/cli/terminal.ts';

/** From the top down. `*.gen.ts` is written by the build. */
const FOLDERS = [
  'cli',
  'index.ts',
  'web',
  'backtest',
  'poller',
  'ledger',
  'notify',
  'config',
  'alert',
  'rules.gen.ts',
  'assets.gen.ts',
  'routing',
  'audit-log',
  'sigma',
  'access',
  'yaml',
  'http',
  'text',
] as const;

/** `sigma/` is usable on its own: it imports only these folders. */
const BELOW_SIGMA: readonly string[] = ['sigma', 'yaml', 'text'];
const DOORS: readonly string[] = ['sigma/index.ts', 'sigma/build.ts'];

/** Which folders may import which outside modules. */
const OUTSIDE: readonly { readonly module: RegExp; readonly may: RegExp; readonly why: string }[] = [
  {
    module: /^cloudflare:/,
    may: /^(index\.ts$|web\/|ledger\/durable\.ts$)/,
    why: 'only index.ts, web/ and ledger/durable.ts know the Workers runtime',
  },
  {
    module: /^node:(?!crypto$)/,
    may: /^(cli\/|ledger\/store\/node-store\.ts$)/,
    why: 'only cli/ and ledger/store/node-store.ts know Node',
  },
  { module: /^hono(\/|$)/, may: /^(index\.ts$|web\/)/, why: 'only web/ answers requests' },
  {
    module: /^zod(\/|$)/,
    may: /^cli\//,
    why: 'the Worker parses with text/shape.ts, which is a twentieth of the size',
  },
  { module: /^zod$/, may: /^$/, why: 'zod/mini is a tenth of its size in the bundle' },
  {
    module: /^node:crypto$/,
    may: /^(cli\/|text\/(sha256|hmac)\.ts$)/,
    why: 'text/sha256.ts and text/hmac.ts have what must not be awaited',
  },
  { module: /^yaml$/, may: /^yaml\//, why: 'YAML is parsed in one place, at build time' },
  { module: /^re2js$/, may: /^$/, why: 'only tests use it, to compare our own engine with' },
];

/** Outside modules that may be in the Worker's bundle. */
const BUNDLED = /^(cloudflare:|hono(\/|$)|node:crypto$)/;

/** The core reads no clock, uses no random numbers and does no I/O. `SHELL`: the exceptions in these folders. */
const CORE = /^(sigma|alert|routing|access|ledger|config|notify|yaml|text|http)\//;
const SHELL =
  /^(ledger\/(durable|store\/(durable|node)-store)\.ts|http\/(post|deadline)\.ts|notify\/[a-z]+\/send\.ts)$/;
const IMPURE: readonly (readonly [words: RegExp, what: string])[] = [
  [/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, 'reads the clock: `now` is a parameter'],
  [/\bMath\.random\(|\bcrypto\.(randomUUID|getRandomValues)\(/, 'is random: random values are parameters'],
  [/(?<![.\w])fetch\(|\bset(Timeout|Interval)\(/, 'does I/O: decisions return what to do'],
];

/** The problems in `sources` (path below src → text). */
export function importProblems(sources: ReadonlyMap<string, string>): string[] {
  const files = [...sources].filter(([path]) => !path.endsWith('.d.ts'));
  const imports = new Map(files.map(([path, text]) => [path, importsOf(text)]));
  const problems: string[] = [];
  for (const [path, text] of files) {
    if (rankOf(path) < 0) problems.push(`src/${path}: is in no folder that test/imports.ts lists: add it there`);
    for (const specifier of imports.get(path) ?? []) {
      const problem = specifier.startsWith('.') ? inside(path, specifier) : outside(path, specifier);
      if (problem !== null) problems.push(`src/${path}: imports ${specifier}: ${problem}`);
    }
    if (!CORE.test(path) || SHELL.test(path)) continue;
    const code = withoutComments(text);
    for (const [words, what] of IMPURE) {
      const found = words.exec(code)?.[0];
      if (found !== undefined) problems.push(`src/${path}: \`${found}\` in the core ${what}`);
    }
  }
  return [...problems, ...cycleProblems(imports), ...bundleProblems(imports)];
}

function inside(path: string, specifier: string): string | null {
  const target = resolve(path, specifier);
  if (target === null) return 'src imports nothing from outside src';
  const [from, to] = [folderOf(path), folderOf(target)];
  if (from === to) return null;
  if (rankOf(target) >= 0 && rankOf(target) < rankOf(path))
    return `imports go downward only, and ${to} is above ${from}`;
  if (from === 'sigma' && !BELOW_SIGMA.includes(to))
    return `sigma is usable on its own: it imports ${BELOW_SIGMA.join(', ')} only`;
  if (to === 'sigma' && !DOORS.includes(target)) return `sigma has two doors: ${DOORS.join(' and ')}`;
  return null;
}

/**
 * Cycles among the children of each folder. An import between two files counts as one between the first folders (or
 * files) in which their paths differ.
 */
function cycleProblems(imports: ReadonlyMap<string, readonly string[]>): string[] {
  /** Folder → child → the children it imports, each with an import that shows it. */
  const graphs = new Map<string, Map<string, Map<string, string>>>();
  for (const [path, specifiers] of imports) {
    for (const specifier of specifiers) {
      const target = specifier.startsWith('.') ? resolve(path, specifier) : null;
      if (target === null || target === path) continue;
      const [from, to] = [path.split('/'), target.split('/')];
      const depth = from.findIndex((part, index) => part !== to[index]);
      const folder = from.slice(0, depth).join('/');
      const graph = graphs.get(folder) ?? new Map<string, Map<string, string>>();
      graphs.set(folder, graph);
      const child = from[depth] ?? '';
      graph.set(child, (graph.get(child) ?? new Map()).set(to[depth] ?? '', `${path} → ${target}`));
    }
  }
  return [...graphs].flatMap(([folder, graph]) => {
    const cycle = cycleIn(graph);
    return cycle === null ? [] : [`src/${folder}: a cycle: ${cycle.join(', ')}`];
  });
}

/** The imports of one cycle; null without a cycle. */
function cycleIn(graph: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] | null {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): string[] | null => {
    const at = trail.indexOf(node);
    if (at >= 0) {
      const around = [...trail.slice(at), node];
      return around.slice(1).map((to, index) => graph.get(around[index] ?? '')?.get(to) ?? '');
    }
    if (done.has(node)) return null;
    trail.push(node);
    for (const next of graph.get(node)?.keys() ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    trail.pop();
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== null) return cycle;
  }
  return null;
}

function folderOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function rankOf(path: string): number {
  return (FOLDERS as readonly string[]).indexOf(folderOf(path));
}

function outside(path: string, specifier: string): string | null {
  return OUTSIDE.find(({ module, may }) => module.test(specifier) && !may.test(path))?.why ?? null;
}

/** The bundle is what index.ts reaches: no Node modules, and no packages that are only for building. */
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

/** The path below src; null if it is outside. */
function resolve(from: string, specifier: string): string | null {
  const { pathname } = new URL(specifier, `file:///src/${from}`);
  return pathname.startsWith('/src/') ? pathname.slice('/src/'.length) : null;
}

/** The specifiers that a source imports, for run time or types, as written. */
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

/** Every TypeScript file of src: path below src → text. */
export function readSources(): ReadonlyMap<string, string> {
  const folder = fileURLToPath(new URL('../src/', import.meta.url).href);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  return new Map(paths.map((path) => [path.replaceAll('\\', '/'), readFileSync(`${folder}${path}`, 'utf8')]));
}

if (import.meta.main) {
  printCrashes();
  const problems = importProblems(readSources());
  for (const problem of problems) err(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
