/** `npm run build`: the Worker's bundle. That it works is tested where it runs: `npm run kill`, the demo, the bench of the path. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bundleWorker } from '../../src/cli/build-worker.ts';
import { Failure } from '../../src/cli/failure.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'worker-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bundle = (text: string) => {
  const path = join(folder, 'index.ts');
  writeFileSync(path, text);
  return bundleWorker(path);
};

test('the Worker is one module, the same each time, with a source map', async () => {
  const files = await bundleWorker('src/index.ts');
  expect([...files.keys()].sort()).toEqual(['index.js', 'index.js.map']);
  const code = files.get('index.js') ?? '';
  expect(code.slice(-200)).toMatch(
    /export\{[\w$]+ as Ledger,[\w$]+ as default\};\n\/\/# sourceMappingURL=index\.js\.map\n?$/,
  );
  // Of what it imports, all is built into workerd.
  const imported = [...code.matchAll(/(?<![\w$.])import[^"';]*["']([^"']+)["']/g)].map(([, name]) => name);
  expect(imported.sort()).toEqual(['cloudflare:workers', 'node:crypto']);
  const { sources } = JSON.parse(files.get('index.js.map') ?? '') as { readonly sources: readonly string[] };
  expect(sources).toContain('../src/ledger/durable.ts');
  expect(await bundleWorker('src/index.ts')).toEqual(files);
});

test('text is bundled as it is, and comments are not', async () => {
  const files = await bundle(`/*! License */ export default { a: "é \\u{1f514} \\0\`\${" }; // why`);
  const code = files.get('index.js') ?? '';
  expect(code).not.toMatch(/License|why/);
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  expect(module.default).toEqual({ a: `é \u{1f514} \0\`\${` });
});

test.each([
  ['a missing module', 'import "./nowhere.ts";', './nowhere.ts'],
  ['a missing package', 'import a from "not-installed"; export default a;', 'not-installed'],
  ['a missing export', 'import { a } from "./index.ts"; export default a;', '"a" is not exported'],
  ['a syntax error', 'export default (', 'index.ts:1:17'],
])('%s is an error with its place, in plain text', async (_, text, hint) => {
  const failure = await bundle(text).catch((error) => error);
  expect(failure).toBeInstanceOf(Failure);
  expect(failure.message).toBe("the Worker can't be built");
  expect(failure.hint).toContain(hint);
  expect(failure.hint).toContain('index.ts');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colors begin with it.
  expect(failure.hint).not.toMatch(/\u001b/);
});
