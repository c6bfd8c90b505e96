/** src keeps to the direction of imports, and the check reports every violation. */
import { expect, test } from 'vitest';
import { importProblems, importsOf, readSources } from './imports.ts';

test('src has no problems', () => {
  const sources = readSources();
  expect(sources.size).toBeGreaterThan(50);
  expect(importProblems(sources)).toEqual([]);
});

const WRONG: readonly (readonly [what: string, path: string, text: string, problem: string])[] = [
  [
    'upward',
    'sigma/a.ts',
    "import { x } from '../ledger/b.ts';",
    'imports go downward only, and ledger is above sigma',
  ],
  ['upward, for a type', 'alert/a.ts', "import type { X } from '../web/b.ts';", 'web is above alert'],
  [
    'over several lines',
    'access/a.ts',
    "import {\n  x,\n  y,\n} from '../audit-log/a.ts';",
    'audit-log is above access',
  ],
  ['re-exported', 'config/a.ts', "export * from '../notify/b.ts';", 'notify is above config'],
  ['at run time', 'sigma/a.ts', "const b = await import('../cli/b.ts');", 'cli is above sigma'],
  ['from the tests', 'cli/a.ts', "import { x } from '../../test/b.ts';", 'src imports nothing from outside src'],
  ['Node in the core', 'sigma/a.ts', "import 'node:fs';", 'only cli/ and ledger/store/node-store.ts know Node'],
  ['the runtime in the core', 'ledger/a.ts', "import { env } from 'cloudflare:workers';", 'know the Workers runtime'],
  ['Hono in the core', 'alert/a.ts', "import { Hono } from 'hono';", 'only web/ answers requests'],
  ['the engine that tests compare ours with', 'sigma/a.ts', "import { RE2JS } from 're2js';", 'only tests use it'],
  ['zod in the Worker', 'audit-log/a.ts', "import * as z from 'zod/mini';", 'text/shape.ts'],
  ['all of zod', 'cli/a.ts', "import * as z from 'zod';", 'zod/mini is a tenth of its size'],
  ['an unlisted folder', 'utils/a.ts', '', 'is in no folder that'],
  ['the clock in the core', 'ledger/a.ts', 'const at = Date.now();', '`Date.now(` in the core reads the clock'],
  ['randomness in the core', 'alert/a.ts', 'return Math.random();', '`Math.random(` in the core is random'],
  ['past the doors of sigma', 'alert/a.ts', "import { x } from '../sigma/rule.ts';", 'sigma has two doors'],
  ['sigma with another folder', 'sigma/a.ts', "import { x } from '../access/b.ts';", 'sigma is usable on its own'],
  ['I/O in the core', 'sigma/a.ts', "await fetch('https://example.com');", '`fetch(` in the core does I/O'],
];

test.each(WRONG)('is reported: %s', (_, path, text, problem) => {
  const problems = importProblems(new Map([[path, text]]));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`src/${path}: `);
  expect(problems[0]).toContain(problem);
});

test.each([
  ['between files', 'alert/a.ts', './b.ts', 'alert/b.ts', './a.ts', 'src/alert: a cycle'],
  ['between folders', 'ledger/x/a.ts', '../y/b.ts', 'ledger/y/c.ts', '../x/d.ts', 'src/ledger: a cycle'],
])('a cycle is reported: %s', (_, from, to, back, forth, problem) => {
  const sources = new Map([
    [from, `import type { A } from '${to}';`],
    [back, `import { b } from '${forth}';`],
  ]);
  expect(importProblems(sources)).toEqual([expect.stringContaining(problem)]);
});

const RIGHT: readonly (readonly [what: string, path: string, text: string])[] = [
  ['downward', 'ledger/a.ts', "import { x } from '../alert/b.ts';"],
  ['in the same folder', 'sigma/a.ts', "import { x } from './b.ts';"],
  ['through a door of sigma', 'alert/a.ts', "import { x } from '../sigma/index.ts';"],
  ['Node in the CLI', 'cli/a.ts', "import { readFileSync } from 'node:fs';"],
  [
    'a comment',
    'sigma/a.ts',
    "/* import 'node:fs' */ // Date.now()\n * import x from '../web/b.ts'".replace('\n *', '\n //'),
  ],
  ["a method's name", 'ledger/a.ts', 'await receiver.fetch(1);'],
];

test.each(RIGHT)('is allowed: %s', (_, path, text) => {
  expect(importProblems(new Map([[path, text]]))).toEqual([]);
});

test('build-time packages in the bundle are reported', () => {
  const sources = new Map([
    ['index.ts', "import { poll } from './poller/poll.ts';"],
    ['poller/poll.ts', "import { parse } from '../yaml/yaml.ts';"],
    ['yaml/yaml.ts', "import { parse } from 'yaml';"],
  ]);
  expect(importProblems(sources)).toEqual([
    "src/yaml/yaml.ts: yaml would be in the Worker's bundle, by index.ts → poller/poll.ts → yaml/yaml.ts",
  ]);
});

test('finds every form of import', () => {
  const text = `import a from './a.ts';
import './b.ts';
export { c } from "./c.ts";
import type { D } from './d.ts';
const e = import('./e.ts');`;
  expect(importsOf(text)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts']);
});
